//! One game's join, told row by row.

use leptos::prelude::*;

use crate::base::Date;
use crate::features::{FeatureView, Verdict};
use crate::flows::feature_report::ExplainedJoin;
use crate::flows::present::features::{ExplainedKey, explained};
use crate::ui::context::Sess;
use crate::ui::session::Problem;
use crate::ui::widgets::{DayInput, Head, Skeleton, Table};

const CANDIDATES: [Head; 4] =
    [Head::Text("Speaks of"), Head::Text("What became of it"), Head::Text("Known at"), Head::Text("Says")];

/// The point-in-time explainer: a day, one of its games, a view.
#[component]
pub(super) fn Explainer(session: Sess, day: Date, views: Vec<FeatureView>) -> impl IntoView {
    let day = RwSignal::new(day);
    let names: Vec<String> = views.into_iter().map(|view| view.name).collect();
    let view_name = RwSignal::new(names.iter().find(|name| *name == "team_elo").cloned().unwrap_or_default());
    let chosen = RwSignal::new(None::<String>);
    // One question for all three: of the day's games the chosen one, or the first.
    let answer = LocalResource::new(move || {
        let (session, day, chosen, view) = (session.get_value(), day.get(), chosen.get(), view_name.get());
        async move {
            let games = session.games_to_explain(day).await?;
            let wanted = games.iter().find(|(id, _)| Some(id) == chosen.as_ref()).or(games.first());
            let told = match wanted.map(|(id, _)| id.clone()) {
                Some(game) => session.explain(game, view).await?,
                None => None,
            };
            Ok::<_, Problem>((games, told))
        }
    });
    let shown = move || match answer.get() {
        None => view! { <Skeleton label="Joining" lines=5 /> }.into_any(),
        Some(Err(problem)) => view! { <p class="strip" data-tone="bad" role="alert">{problem}</p> }.into_any(),
        Some(Ok((_, None))) => view! { <p class="empty">"No game of this data is on that day."</p> }.into_any(),
        Some(Ok((_, Some(told)))) => told_view(&told).into_any(),
    };
    let games = move || {
        let games = answer.get().and_then(Result::ok).map(|(games, _)| games).unwrap_or_default();
        let chosen = chosen.get_untracked();
        let option = |(id, words): (String, String)| {
            let selected = Some(&id) == chosen.as_ref();
            view! { <option value=id selected=selected>{words}</option> }
        };
        games.into_iter().map(option).collect_view()
    };
    view! {
        <section class="block" data-testid="explainer">
            <h2>"How a game’s features were joined"</h2>
            <div class="form windows">
                <label class="field">"Day "<DayInput label="Day of the game" value=day /></label>
                <label class="field">"Game "<select on:change=move |event| chosen.set(Some(event_target_value(&event)))>
                    {games}
                </select></label>
                <label class="field">"View "<select on:change=move |event| view_name.set(event_target_value(&event))>
                    {names.into_iter().map(|name| {
                        let value = name.clone();
                        let selected = name.clone();
                        view! { <option value=value selected=move || view_name.get() == selected>{name}</option> }
                    }).collect_view()}
                </select></label>
            </div>
            <div class="flow" aria-live="polite">{shown}</div>
        </section>
    }
}

fn told_view(told: &ExplainedJoin) -> impl IntoView + use<> {
    let (words, keys) = explained(told);
    view! {
        <p>{words}</p>
        {keys.into_iter().map(key_view).collect_view()}
    }
}

fn key_view(key: ExplainedKey) -> impl IntoView {
    let points = key
        .rows
        .iter()
        .map(|row| {
            let joined = row.verdict == Verdict::Joined;
            view! { <span class="point" data-joined=joined.to_string() style:--at=format!("{:.2}%", row.place)></span> }
        })
        .collect_view();
    let rows = key
        .rows
        .into_iter()
        .map(|row| {
            let joined = row.verdict == Verdict::Joined;
            view! {
                <tr data-testid="candidate" data-joined=joined.to_string()>
                    <th scope="row">{row.event_at}</th>
                    <td>{if joined { view! { <strong>{row.reason}</strong> }.into_any() } else { row.reason.into_any() }}</td>
                    <td>{row.known_at}</td>
                    <td>{row.values}</td>
                </tr>
            }
        })
        .collect_view();
    let title = format!("Candidates of {}", key.name);
    view! {
        <h3>{key.name}</h3>
        <div class="time-line" aria-hidden="true">
            {points}
            <span class="asked" style:--at=format!("{:.2}%", key.asked)></span>
        </div>
        <Table title columns=&CANDIDATES>{rows}</Table>
    }
}
