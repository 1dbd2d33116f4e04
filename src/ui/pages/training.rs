//! The lab's third page: a search in several workers, watched live.

mod form;
mod result;

use leptos::prelude::*;

use self::form::TrainingForm;
use self::result::result_view;
use crate::flows::evaluate::Trained;
use crate::flows::present::plural;
use crate::flows::present::training::{loss_curve, search_words, trial_chart, trial_rows};
use crate::ui::charts::Plot;
use crate::ui::context::{Activity, Doing, Sess, Training as State, href};
use crate::ui::session::{JobEvent, SavedSearch, Session};
use crate::ui::widgets::{Head, PageHead, Progress, Simulated, Table, with_session};

/// Training.
#[component]
pub fn Training() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 3 of 6"
            title="Training"
            lead="Tries settings in as many workers as there are processors, each judged on games it has not seen, scores the best on a hold-out and refits it on everything known."
        />
        {with_session(|session| view! { <TrainingPage session /> })}
    }
}

#[component]
fn TrainingPage(session: Sess) -> impl IntoView {
    let activity = expect_context::<Activity>();
    let revision = session.with_value(|session| session.revision());
    let kind = move || {
        revision.track();
        session.with_value(|session| session.source_kind())
    };
    // The form starts anew with another dataset, and keeps what was typed through every other change.
    let dataset = Memo::new(move |_| {
        revision.track();
        session.with_value(|session| session.active().manifest.digest)
    });
    view! {
        {move || view! { <Simulated kind=kind() /> }}
        <div class="with-margin" data-side="left">
            <section class="margin form-margin">{move || { dataset.track(); view! { <TrainingForm session /> } }}</section>
            <div class="stack">
                <Interrupted session activity />
                <section class="block" aria-live="polite">{move || state_view(session, activity)}</section>
                <Trials activity />
                {move || result_view(session, activity)}
            </div>
        </div>
    }
}

/// Starts a search and lets the page show it.
pub(super) fn start_training(session: Sess, activity: Activity, search: SavedSearch) {
    activity.begun.set((js_sys::Date::now(), search.trials.len() as u64));
    activity.trials.set(search.trials.clone());
    activity.training.set(State::Running {
        doing: Doing { task: "Preparing the features".into(), done: 0, total: 0 },
        paused: false,
    });
    session.with_value(|session| session.train(search, move |event| on_training(activity, event)));
}

fn on_training(activity: Activity, event: JobEvent<Trained>) {
    let state = activity.training;
    match event {
        JobEvent::Progress(task, done, total) => state.update(|state| {
            if let State::Running { doing, .. } = state {
                *doing = Doing { task, done, total };
            }
        }),
        JobEvent::Trial(trial) => activity.trials.update(|trials| trials.push(trial)),
        JobEvent::Done(trained) => {
            activity.trials.set(trained.outcome.trials.clone());
            state.set(State::Done(Box::new(trained)));
        }
        JobEvent::Refused(rejection) => state.set(State::Failed(rejection.message)),
        JobEvent::Cancelled => state.set(State::Cancelled),
        JobEvent::Failed(problem) => state.set(State::Failed(problem)),
    }
}

fn state_view(session: Sess, activity: Activity) -> AnyView {
    match activity.training.get() {
        State::Idle => view! {
            <p class="empty">"Nothing has been trained since this page was opened. Choose the seasons and press Train."</p>
        }
        .into_any(),
        State::Running { doing, paused } => running_view(session, activity, doing, paused).into_any(),
        State::Done(_) => view! { <p><strong>"Done."</strong>" Register the model below to keep it."</p> }.into_any(),
        State::Registered(_, version) => view! {
            <p>
                <strong>"Registered as version "{version}"."</strong>" It entered at Staging. "
                <a href=href("/lab/models")>"See it among the models"</a>
            </p>
        }
        .into_any(),
        State::Cancelled => {
            view! { <p class="outcome" data-state="cancelled">"Cancelled. Nothing was stored."</p> }.into_any()
        }
        State::Failed(problem) => view! {
            <p class="outcome" data-tone="bad" role="alert"><strong>"The training failed. "</strong>{problem}</p>
        }
        .into_any(),
    }
}

fn running_view(session: Sess, activity: Activity, doing: Doing, paused: bool) -> impl IntoView {
    let cancel = move |_| session.with_value(Session::cancel_training);
    let toggle = move |_| {
        activity.training.update(|state| {
            if let State::Running { paused, .. } = state {
                *paused = !*paused;
            }
        });
        if paused {
            session.with_value(Session::resume_training);
        } else {
            session.with_value(Session::pause_training);
        }
    };
    let (done, total) = (doing.done, doing.total);
    let words = move || {
        let (since, begun) = activity.begun.get();
        let seconds = (js_sys::Date::now() - since) / 1000.0;
        activity.trials.with(|trials| search_words(trials, (done, total), begun, seconds))
    };
    view! {
        <p class="small" data-testid="train-best">{words}</p>
        <div class="job" data-testid="train-progress">
            <Progress doing />
            <button type="button" data-testid="train-pause" aria-pressed=paused.to_string() on:click=toggle>
                {if paused { "Go on" } else { "Pause" }}
            </button>
            <button type="button" data-testid="train-cancel" on:click=cancel>"Cancel"</button>
        </div>
    }
}

/// Trials that the leaderboard shows before it is unfolded.
const SHOWN: usize = 12;

/// The leaderboard, live, with its chart.
#[component]
fn Trials(activity: Activity) -> impl IntoView {
    let trials = activity.trials;
    let chart = Memo::new(move |_| trials.with(|trials| trial_chart(trials)));
    let curve = Memo::new(move |_| trials.with(|trials| loss_curve(trials)));
    let all = RwSignal::new(false);
    let more = move || trials.read().len().saturating_sub(SHOWN);
    let rows = move || {
        trials
            .with(|trials| trial_rows(trials))
            .into_iter()
            .take(if all.get() { usize::MAX } else { SHOWN })
            .map(|row| {
                let problem = row.problem.map(|problem| view! { <span class="field-error">{problem}</span> });
                view! {
                    <tr data-testid="trial-row" data-best=row.best.to_string()>
                        <td class="num">{row.number}</td>
                        <td class="num">{row.log_loss}</td>
                        <td class="wraps">{row.setting}{problem}</td>
                        <td class="num">{row.folds}</td>
                        <td class="num">{row.brier}</td>
                        <td class="num">{row.accuracy}</td>
                        <td class="num">{row.auc}</td>
                        <td>{row.best.then_some("best")}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    view! {
        <Show when=move || !trials.read().is_empty()>
            <section class="block">
                <h2>"Leaderboard"</h2>
                <p class="small">"Scores on the validation games, pooled over the folds. Less log loss is better."</p>
                <Plot chart caption="Log loss of each trial in the order in which they ended; the line is the best so far, the ring the best." />
                <Show when=move || curve.read().is_some()>
                    <Plot chart=curve caption="Log loss of the best boosted trees so far, by their number; the ring marks the least." />
                </Show>
                <Table
                    title="Trials, the best first"
                    columns=&[
                        Head::Number("Trial"),
                        Head::Number("Log loss"),
                        Head::Text("Setting"),
                        Head::Number("Folds"),
                        Head::Number("Brier"),
                        Head::Number("Accuracy"),
                        Head::Number("AUC"),
                        Head::Text(""),
                    ]
                >
                    {rows}
                </Table>
                <Show when=move || more() != 0>
                    <button type="button" data-testid="trials-all" on:click=move |_| all.update(|all| *all = !*all)>
                        {move || if all.get() { "The best alone".to_owned() } else { format!("And {} more", more()) }}
                    </button>
                </Show>
            </section>
        </Show>
    }
}

/// A search that a reload or a worker's end has interrupted, to go on with or to forget.
#[component]
fn Interrupted(session: Sess, activity: Activity) -> impl IntoView {
    let idle = Memo::new(move |_| matches!(&*activity.training.read(), State::Idle | State::Failed(_)));
    let found = LocalResource::new(move || {
        idle.track();
        let session = session.get_value();
        async move { session.interrupted_search().await }
    });
    let gone = RwSignal::new(false);
    move || {
        let saved = found.get().flatten().filter(|_| idle.get() && !gone.get())?;
        let words = format!(
            "A search as of {} was interrupted after {}.",
            saved.spec.as_of,
            plural(saved.trials.len() as u64, "trial")
        );
        let go_on = move |_| start_training(session, activity, saved.clone());
        let forget = move |_| {
            session.with_value(Session::discard_search);
            gone.set(true);
        };
        Some(view! {
            <div class="strip" data-testid="train-interrupted">
                <p>{words}</p>
                <p class="actions">
                    <button class="primary" type="button" data-testid="train-resume" on:click=go_on>"Go on"</button>
                    <button type="button" on:click=forget>"Forget it"</button>
                </p>
            </div>
        })
    }
}
