//! Lines of runs laid over one another.

use std::sync::Arc;

use leptos::prelude::*;

use super::{Address, Compared};
use crate::flows::present::compare::{
    Forecasts, PairedRow, axis_rows, course_chart, course_metrics, default_axes, paired_rows, paired_words,
    parallel_chart, possible_axes, reliability, roc, run_label, usual_metric,
};
use crate::flows::present::runs::Column;
use crate::tracking::Run;
use crate::ui::charts::Plot;
use crate::ui::widgets::{Head, Table, TableScroll};

fn refs(runs: &[Run]) -> Vec<&Run> {
    runs.iter().collect()
}

/// The course of one metric in every run.
#[component]
pub(super) fn Courses(address: Address, runs: Compared) -> impl IntoView {
    let metrics = course_metrics(&refs(&runs));
    if metrics.is_empty() {
        return view! {
            <section class="block">
                <h2>"Course of a metric"</h2>
                <p class="small">"None of these runs has a metric with more than one point."</p>
            </section>
        }
        .into_any();
    }
    let chosen = Memo::new({
        let runs = Arc::clone(&runs);
        move |_| address.view.with(|view| usual_metric(&refs(&runs), view.metric.as_deref())).unwrap_or_default()
    });
    let chart = Signal::derive(move || course_chart(&refs(&runs), &chosen.get()));
    let choose = move |event| address.change(|view| view.metric = Some(event_target_value(&event)));
    let options = metrics
        .into_iter()
        .map(|name| {
            let value = name.clone();
            view! { <option value=value.clone() selected=move || chosen.get() == value>{name}</option> }
        })
        .collect_view();
    view! {
        <section class="block" data-testid="courses">
            <h2>"Course of a metric"</h2>
            <form class="form narrow" on:submit=move |event| event.prevent_default()>
                <label><span>"Metric"</span><select on:change=choose>{options}</select></label>
            </form>
            <Plot chart caption="Its value by step; the numbers at the ends are those of the runs." />
            <p class="small">{move || chart.with(|chart| chart.as_ref().map(|chart| chart.sentence.clone()))}</p>
        </section>
    }
    .into_any()
}

/// Parallel coordinates.
#[component]
pub(super) fn Parallel(address: Address, runs: Compared) -> impl IntoView {
    let possible = possible_axes(&refs(&runs));
    if possible.len() < 2 {
        return view! {
            <section class="block">
                <h2>"Parallel coordinates"</h2>
                <p class="small">"These runs differ in fewer than two parameters and metrics: there is nothing to draw."</p>
            </section>
        }
        .into_any();
    }
    let axes = Memo::new({
        let runs = Arc::clone(&runs);
        move |_| {
            let chosen = address.view.with(|view| view.axes.clone());
            Arc::new(chosen.unwrap_or_else(|| default_axes(&refs(&runs))))
        }
    });
    let chart = Signal::derive({
        let runs = Arc::clone(&runs);
        move || parallel_chart(&refs(&runs), &axes.get())
    });
    let ticks = possible.iter().map(|column| axis_tick(address, axes, possible.clone(), column.clone())).collect_view();
    let table = move || axes_table(&runs, &axes.get());
    let width = move || format!("{}rem", axes.with(|axes| axes.len()) * 6);
    let is_empty = move || chart.with(Option::is_none);
    view! {
        <section class="block" data-testid="parallel">
            <h2>"Parallel coordinates"</h2>
            <details class="chooser">
                <summary>"Axes"</summary>
                <div class="chooser-panel"><div class="chooser-lists"><fieldset>{ticks}</fieldset></div></div>
            </details>
            <div class="table-scroll" role="region" tabindex="0" aria-label="Parallel coordinates" hidden=is_empty>
                <div class="wide-plot" style:--least=width>
                    <Plot chart caption="A line is a run; an axis goes from its least value to its greatest, words in their order." />
                </div>
            </div>
            <p class="small" hidden=move || !is_empty()>"Choose two axes or more."</p>
            <details>
                <summary>"The numbers"</summary>
                {table}
            </details>
        </section>
    }
    .into_any()
}

fn axis_tick(
    address: Address,
    axes: Memo<Arc<Vec<Column>>>,
    possible: Vec<Column>,
    column: Column,
) -> impl IntoView + use<> {
    let label = column.label().to_owned();
    let of_checked = column.clone();
    let checked = move || axes.with(|axes| axes.contains(&of_checked));
    let change = move |event| {
        let on = event_target_checked(&event);
        let now = axes.get_untracked();
        let keep = |other: &&Column| if **other == column { on } else { now.contains(other) };
        let chosen = possible.iter().filter(keep).cloned().collect();
        address.change(|view| view.axes = Some(chosen));
    };
    view! { <label class="tick"><input type="checkbox" prop:checked=checked on:change=change /><span>{label}</span></label> }
}

fn axes_table(runs: &[Run], axes: &[Column]) -> impl IntoView + use<> {
    let heads = runs.iter().enumerate().map(|(number, run)| {
        view! { <th scope="col" class="run-head">{run_label(number, run)}</th> }
    });
    let heads = heads.collect_view();
    let row = |(name, values): (String, Vec<String>)| {
        let cells = values.into_iter().map(|value| view! { <td class="found">{value}</td> }).collect_view();
        view! { <tr><th scope="row">{name}</th>{cells}</tr> }
    };
    let rows = axis_rows(&refs(runs), axes).into_iter().map(row).collect_view();
    view! {
        <TableScroll label="The numbers of the parallel coordinates">
            <table class="compared"><thead><tr><th scope="col">"Axis"</th>{heads}</tr></thead><tbody>{rows}</tbody></table>
        </TableScroll>
    }
}

const PAIRED: [Head; 5] = [
    Head::Text("Run"),
    Head::Number("Games of both"),
    Head::Number("Log loss less the first one’s (95 %)"),
    Head::Number("p-value"),
    Head::Text("It is"),
];

/// Reliability, ROC and the paired differences.
#[component]
pub(super) fn ForecastCurves(runs: Compared, all: Arc<Vec<Option<Forecasts>>>) -> impl IntoView {
    let without: Vec<usize> = (0..all.len()).filter(|at| all[*at].as_ref().is_none_or(Forecasts::is_empty)).collect();
    let words = paired_words(all.len(), &without);
    let (reliability, roc) = (reliability(&all), roc(&all));
    let first = run_label(0, &runs[0]);
    let rows = paired_rows(&all);
    let paired = (!rows.is_empty()).then(|| {
        let row = |row: PairedRow| {
            let tone = match row.verdict.as_str() {
                "better" => "good",
                "worse" => "bad",
                _ => "none",
            };
            let label = run_label(row.number, &runs[row.number]);
            view! {
                <tr data-testid="paired-row">
                    <th scope="row">{label}</th>
                    <td class="num">{row.games}</td>
                    <td class="num">{row.difference}</td>
                    <td class="num">{row.p_value}</td>
                    <td data-tone=tone>{row.verdict}</td>
                </tr>
            }
        };
        let rows = rows.into_iter().map(row).collect_view();
        view! {
            <h3>"Against "{first}", game by game"</h3>
            <Table title="Differences on the same games" columns=&PAIRED>{rows}</Table>
        }
    });
    let plot = |title: &'static str, chart: Option<crate::flows::present::chart::Chart>, caption: &'static str| {
        chart.map(|chart| {
            let sentence = chart.sentence.clone();
            let chart = Signal::stored(Some(chart));
            view! { <div><h3>{title}</h3><Plot chart caption /><p class="small">{sentence}</p></div> }
        })
    };
    view! {
        <section class="block" data-testid="forecast-curves">
            <h2>"Forecasts of the hold-out"</h2>
            {words.map(|words| view! { <p class="strip" data-testid="no-predictions">{words}</p> })}
            <div class="curves">
                {plot("Reliability", reliability, "What was said, to the right, against what came true; on the diagonal both agree.")}
                {plot("ROC", roc, "Home wins found against false alarms; the further to the upper left, the better.")}
            </div>
            {paired}
        </section>
    }
}
