//! What a training came to: its scores, beside others, in curves and in slices.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::flows::evaluate::{Evaluation, Trained};
use crate::flows::present::chart::Chart;
use crate::flows::present::evaluation::{
    alarm_words, distribution_chart, importance_rows, no_rival_words, parts_words, reliability_chart, rival_rows,
    roc_chart, slice_tables,
};
use crate::flows::present::training::{FeatureBar, coefficient_rows, dropped_rows, outcome_words, score_rows};
use crate::flows::train::TrainOutcome;
use crate::ui::charts::Plot;
use crate::ui::context::{Activity, Sess, Training as State, href};
use crate::ui::widgets::{Feature, FeatureBars, Head, Table};

/// The result, if there is one.
pub fn result_view(session: Sess, activity: Activity) -> AnyView {
    let (trained, registered) = match activity.training.get() {
        State::Done(trained) => (trained, None),
        State::Registered(trained, version) => (trained, Some(version)),
        _ => return ().into_any(),
    };
    let whole = trained.clone();
    let Trained { outcome, evaluation, .. } = *trained;
    let scores = score_rows(&outcome.holdout)
        .into_iter()
        .map(|row| {
            view! { <div><dt>{row.name}</dt><dd>{row.value}</dd><dd class="small">{row.reading}</dd></div> }
        })
        .collect_view();
    let action = match registered {
        Some(version) => view! {
            <p><a class="button" href=href(&format!("/lab/models?version={}", version.replace('+', "%2B")))>"Open version "{version.clone()}</a></p>
        }
        .into_any(),
        None => view! { <RegisterButton session activity trained=*whole /> }.into_any(),
    };
    let alarm =
        alarm_words(&evaluation).map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> });
    view! {
        <section class="block" data-testid="train-result">
            <h2>"Result"</h2>
            <p>{outcome_words(&outcome)}</p>
            {alarm}
            <dl class="scores">{scores}</dl>
            {action}
            <h3 class="apart">"Beside others, on the same games"</h3>
            {rivals(&evaluation)}
            <p class="small">{parts_words(&evaluation)}</p>
            {curves(&evaluation)}
            {bars("What it leans on", IMPORTANCE, importance_rows(&evaluation))}
            {bars("Coefficients", COEFFICIENTS, coefficient_rows(&outcome.model))}
            {dropped(&outcome)}
            <h3 class="apart">"In slices"</h3>
            {slices(&evaluation)}
        </section>
    }
    .into_any()
}

const IMPORTANCE: &str = "How much the log loss rises when a feature's values are shuffled among the hold-out's games: mean of ten shuffles.";
const COEFFICIENTS: &str =
    "Each on its scaled feature: what one standard deviation more adds to the log-odds of a home win.";

fn rivals(evaluation: &Evaluation) -> impl IntoView + use<> {
    let rows = rival_rows(evaluation)
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <td class="wraps">{row.name}</td>
                    <td class="num">{row.log_loss}</td>
                    <td class="num">{row.difference}</td>
                    <td class="num">{row.p_value}</td>
                    <td>{row.verdict}</td>
                </tr>
            }
        })
        .collect_view();
    let note = no_rival_words(evaluation).map(|words| view! { <p class="small">{words}</p> });
    view! {
        <Table
            title="The model beside other forecasts"
            columns=&[
                Head::Text("Forecast"),
                Head::Number("Log loss"),
                Head::Number("Model less it (95 %)"),
                Head::Number("p"),
                Head::Text("The model is"),
            ]
        >
            {rows}
        </Table>
        {note}
    }
}

fn curves(evaluation: &Evaluation) -> impl IntoView + use<> {
    let plot = |chart: Option<Chart>, heading: &'static str, caption: &'static str| {
        chart.map(|chart| view! { <div><h3>{heading}</h3><Plot chart=Some(chart) caption /></div> })
    };
    view! {
        <div class="curves">
            {plot(
                Some(reliability_chart(evaluation)),
                "Reliability",
                "What was said against what was seen, in tenths; the lines are 95 % intervals (Wilson), the diagonal is perfection.",
            )}
            {plot(roc_chart(evaluation), "ROC", "Home wins called against false calls, as the threshold falls.")}
            {plot(
                Some(distribution_chart(evaluation)),
                "Distribution",
                "How many games got which probability; the part that the home side won in front.",
            )}
        </div>
    }
}

/// Bars under a heading; nothing where there are none.
fn bars(title: &'static str, words: &'static str, bars: Vec<FeatureBar>) -> impl IntoView + use<> {
    (!bars.is_empty()).then(|| {
        view! {
            <h3 class="apart">{title}</h3>
            <p class="small">{words}</p>
            <FeatureBars title bars />
        }
    })
}

fn dropped(outcome: &TrainOutcome) -> impl IntoView + use<> {
    let rows = dropped_rows(outcome);
    (!rows.is_empty()).then(|| {
        let rows = rows.into_iter().map(|(feature, why)| view! { <li><Feature name=feature />": "{why}</li> });
        view! {
            <h3 class="apart">"Dropped before the search"</h3>
            <ul class="plain-list">{rows.collect_view()}</ul>
        }
    })
}

fn slices(evaluation: &Evaluation) -> impl IntoView + use<> {
    slice_tables(evaluation)
        .into_iter()
        .map(|table| {
            let rows = table
                .rows
                .into_iter()
                .map(|row| {
                    view! {
                        <tr>
                            <td>{row.name}</td>
                            <td class="num">{row.games}</td>
                            <td class="num">{row.log_loss}</td>
                            <td class="num">{row.said}</td>
                            <td class="num">{row.seen}</td>
                        </tr>
                    }
                })
                .collect_view();
            view! {
                <details>
                    <summary>"By "{table.by.clone()}</summary>
                    <Table
                        title=format!("Scores by {}", table.by)
                        columns=&[
                            Head::Text("Games"),
                            Head::Number("Count"),
                            Head::Number("Log loss"),
                            Head::Number("Said"),
                            Head::Number("Seen"),
                        ]
                    >
                        {rows}
                    </Table>
                </details>
            }
        })
        .collect_view()
}

#[component]
fn RegisterButton(session: Sess, activity: Activity, trained: Trained) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let trained = StoredValue::new(trained);
    let register = move |_| {
        busy.set(true);
        problem.set(None);
        let session = session.get_value();
        let Trained { outcome, recorded, .. } = trained.get_value();
        spawn_local(async move {
            match session.register(outcome, recorded).await {
                Ok(version) => {
                    activity.training.update(|state| {
                        if let State::Done(trained) = state {
                            *state = State::Registered(trained.clone(), version.version);
                        }
                    });
                }
                Err(why) => {
                    let _ = problem.try_set(Some(why));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <p class="actions">
            <button class="primary" type="button" data-testid="train-register" disabled=move || busy.get() on:click=register>
                "Register this model"
            </button>
            <span class="small">"It enters at Staging; nobody sees it as the champion before you promote it."</span>
        </p>
        {move || problem.get().map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> })}
    }
}
