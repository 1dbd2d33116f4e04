//! The profile of a dataset's columns, computed when it is asked for.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::quarantine::is_open;
use crate::data::Profile;
use crate::flows::present::data::{Bars, ColumnHead, FIGURES, NumberRow, ValueRow, profile_tables};
use crate::flows::present::plural;
use crate::ui::context::Sess;
use crate::ui::session::{DatasetInfo, Problem};
use crate::ui::widgets::{Skeleton, TableScroll};

/// The profile of a dataset, computed when it is opened.
#[component]
pub(super) fn ColumnProfile(session: Sess, info: DatasetInfo, called: String) -> impl IntoView {
    let profile = RwSignal::new(None::<Result<Profile, Problem>>);
    let asked = StoredValue::new(false);
    let dataset = info.dataset.clone();
    let toggled = move |event: web_sys::Event| {
        if !is_open(&event) || asked.get_value() {
            return;
        }
        asked.set_value(true);
        let (session, dataset) = (session.get_value(), dataset.clone());
        spawn_local(async move {
            let answer = session.profile(dataset).await;
            // What has failed can be asked for again by opening it again.
            asked.set_value(answer.is_ok());
            profile.set(Some(answer));
        });
    };
    let shown = move || match profile.get() {
        None => view! { <Skeleton label="Computing the profile" lines=5 /> }.into_any(),
        Some(Err(problem)) => view! { <p class="strip" data-tone="bad" role="alert">{problem}</p> }.into_any(),
        Some(Ok(profile)) => profile_view(&profile, &called).into_any(),
    };
    view! {
        <details data-testid="profile" on:toggle=toggled>
            <summary>"Column profile"</summary>
            {shown}
        </details>
    }
}

fn profile_view(profile: &Profile, of: &str) -> impl IntoView + use<> {
    let tables = profile_tables(profile);
    let sampled = tables.numbers.iter().find_map(|row| row.note);
    let rows = plural(profile.rows, "game");
    view! {
        <p class="small">
            {format!("Of {rows}. Quantiles by linear interpolation, standard deviation with n − 1. ")}
            {sampled}
        </p>
        {(!tables.numbers.is_empty()).then(|| numbers_table(of, tables.numbers))}
        {(!tables.values.is_empty()).then(|| values_table(of, tables.values))}
    }
}

fn head_cells(head: ColumnHead) -> impl IntoView {
    view! {
        <th scope="row"><code>{head.name}</code></th>
        <td class="num">{head.nulls}</td>
        <td class="num">{head.distinct}</td>
    }
}

pub(in crate::ui::pages) fn numbers_table(of: &str, rows: Vec<NumberRow>) -> impl IntoView + use<> {
    let head = FIGURES.into_iter().map(|name| view! { <th class="num" scope="col">{name}</th> }).collect_view();
    let body = rows
        .into_iter()
        .map(|row| {
            let figures = row.figures.into_iter().map(|figure| view! { <td class="num">{figure}</td> }).collect_view();
            let histogram = row.histogram.map(|bars| histogram(&row.column.name, bars));
            view! { <tr data-testid="profile-number">{head_cells(row.column)}<td>{histogram}</td>{figures}</tr> }
        })
        .collect_view();
    view! {
        <TableScroll label=format!("Numbers of {of}")>
            <table>
                <caption>"Numbers"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th class="num" scope="col">"Nulls"</th>
                        <th class="num" scope="col">"Distinct"</th>
                        <th scope="col">"Histogram"</th>
                        {head}
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </TableScroll>
    }
}

fn values_table(of: &str, rows: Vec<ValueRow>) -> impl IntoView + use<> {
    let body = rows
        .into_iter()
        .map(|row| {
            let frequent = row
                .frequent
                .into_iter()
                .map(|(value, n)| view! { <li><code>{value}</code>" "<span class="small">{n}</span></li> })
                .collect_view();
            let kind = row.column.kind;
            let (first, last) = row.ends;
            view! {
                <tr data-testid="profile-value">
                    {head_cells(row.column)}
                    <td>{kind}</td>
                    <td>{first}</td>
                    <td>{last}</td>
                    <td><ul class="frequent">{frequent}</ul></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableScroll label=format!("Texts, days and flags of {of}")>
            <table>
                <caption>"Texts, days and flags"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th class="num" scope="col">"Nulls"</th>
                        <th class="num" scope="col">"Distinct"</th>
                        <th scope="col">"Values"</th>
                        <th scope="col">"First"</th>
                        <th scope="col">"Last"</th>
                        <th scope="col">"Most frequent, with their counts"</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </TableScroll>
    }
}

/// Bars side by side, as high as their bins are full.
fn histogram(column: &str, bars: Bars) -> impl IntoView + use<> {
    let words = format!("Histogram of {column}: {}", bars.words);
    let width = bars.heights.len();
    let bars = bars
        .heights
        .into_iter()
        .enumerate()
        .map(|(at, height)| {
            // What is not empty can be seen.
            let height = if height > 0.0 { (height * 24.0).max(1.0) } else { 0.0 };
            view! {
                <rect x=format!("{:.2}", at as f64 + 0.08) y=format!("{:.2}", 24.0 - height) width="0.84"
                    height=format!("{height:.2}") />
            }
        })
        .collect_view();
    view! {
        <svg class="histogram" role="img" aria-label=words viewBox=format!("0 0 {width} 24") preserveAspectRatio="none">
            {bars}
        </svg>
    }
}
