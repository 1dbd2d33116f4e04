//! The lab's third page: a search in the worker, watched live.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::base::Seed;
use crate::flows::present::season_label;
use crate::flows::present::training::{
    check_seasons, coefficient_rows, outcome_words, parse_seed, parse_strengths, score_rows, trial_chart, trial_rows,
};
use crate::flows::searches::default_search;
use crate::flows::train::{TrainOutcome, TrainSpec};
use crate::ui::charts::TrialPlot;
use crate::ui::context::{Activity, Doing, Sess, Training as State, href};
use crate::ui::session::{JobEvent, SavedSearch, Session};
use crate::ui::widgets::{Feature, PageHead, Progress, Simulated, TableScroll, with_session};

/// Strengths that the form offers first: from a strong pull to nearly none.
const STRENGTHS: &str = "0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1";

/// Training.
#[component]
pub fn Training() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 3 of 5"
            title="Training"
            lead="Tries a few strengths of regularisation, each judged on seasons it has not seen, refits the best one and scores it on a hold-out."
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
                <section class="block" aria-live="polite">{move || state_view(session, activity)}</section>
                <Trials activity />
                {move || result_view(session, activity)}
            </div>
        </div>
    }
}

#[component]
fn TrainingForm(session: Sess) -> impl IntoView {
    let activity = expect_context::<Activity>();
    let active = session.with_value(|session| session.active());
    let seasons = active.seasons.clone();
    let first = RwSignal::new(seasons.first().copied().unwrap_or_default());
    let last = RwSignal::new(seasons.last().copied().unwrap_or_default());
    let strengths = RwSignal::new(STRENGTHS.to_owned());
    let seed = RwSignal::new("7".to_owned());
    let running = move || matches!(&*activity.training.read(), State::Running { .. });
    let range = move || check_seasons((first.get(), last.get()));
    let parsed = move || strengths.with(|text| parse_strengths(text));
    let seeded = move || seed.with(|text| parse_seed(text));
    let ready = move || !running() && range().is_ok() && parsed().is_ok() && seeded().is_ok();
    let as_of = active.as_of;
    let start = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let (false, Ok(()), Ok(strengths), Ok(seed)) = (running(), range(), parsed(), seeded()) {
            let seasons = (first.get_untracked(), last.get_untracked());
            let experiment = "lab".to_owned();
            let spec = TrainSpec {
                seasons,
                as_of,
                selection: Vec::new(),
                search: default_search(&strengths),
                seed: Seed(seed),
                experiment,
            };
            start_training(session, activity, session.with_value(|session| session.new_search(spec)));
        }
    };
    view! {
        <form class="form" on:submit=start novalidate>
            <fieldset class="pair">
                <legend>"Seasons"</legend>
                <SeasonSelect label="First season" seasons=seasons.clone() value=first />
                <span aria-hidden="true">"to"</span>
                <SeasonSelect label="Last season" seasons value=last />
            </fieldset>
            <FieldError id="seasons-error" message=Signal::derive(move || range().err()) />
            <label>
                <span>"Strengths to try (C)"</span>
                <textarea
                    rows="3"
                    spellcheck="false"
                    prop:value=move || strengths.get()
                    on:input=move |event| strengths.set(event_target_value(&event))
                    aria-describedby="strengths-error strengths-help"
                    aria-invalid=move || parsed().is_err().to_string()
                ></textarea>
            </label>
            <p class="small" id="strengths-help">"A small C pulls all weights toward zero; a large one lets them follow the data."</p>
            <FieldError id="strengths-error" message=Signal::derive(move || parsed().err()) />
            <label>
                <span>"Seed"</span>
                <input
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    prop:value=move || seed.get()
                    on:input=move |event| seed.set(event_target_value(&event))
                    aria-describedby="seed-error"
                    aria-invalid=move || seeded().is_err().to_string()
                />
            </label>
            <FieldError id="seed-error" message=Signal::derive(move || seeded().err()) />
            <button class="primary" type="submit" data-testid="train-start" disabled=move || !ready()>"Train"</button>
        </form>
    }
}

#[component]
fn SeasonSelect(label: &'static str, seasons: Vec<u16>, value: RwSignal<u16>) -> impl IntoView {
    let chosen = move |event| {
        if let Ok(season) = event_target_value(&event).parse() {
            value.set(season);
        }
    };
    view! {
        <select aria-label=label on:change=chosen aria-describedby="seasons-error">
            {seasons
                .into_iter()
                .map(|season| {
                    view! {
                        <option value=season.to_string() selected=move || value.get() == season>{season_label(season)}</option>
                    }
                })
                .collect_view()}
        </select>
    }
}

#[component]
fn FieldError(id: &'static str, message: Signal<Option<String>>) -> impl IntoView {
    view! { <p class="field-error" id=id role="alert">{move || message.get()}</p> }
}

fn start_training(session: Sess, activity: Activity, search: SavedSearch) {
    activity.trials.set(search.trials.clone());
    activity.training.set(State::Running {
        doing: Doing { task: "Preparing the features".into(), done: 0, total: 0 },
        paused: false,
    });
    session.with_value(|session| session.train(search, move |event| on_training(activity, event)));
}

fn on_training(activity: Activity, event: JobEvent<TrainOutcome>) {
    let state = activity.training;
    match event {
        JobEvent::Progress(task, done, total) => state.update(|state| {
            if let State::Running { doing, .. } = state {
                *doing = Doing { task, done, total };
            }
        }),
        JobEvent::Trial(trial) => activity.trials.update(|trials| trials.push(trial)),
        JobEvent::Done(outcome) => {
            activity.trials.set(outcome.trials.clone());
            state.set(State::Done(Box::new(outcome)));
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
    view! {
        <div class="job" data-testid="train-progress">
            <Progress doing />
            <button type="button" data-testid="train-pause" aria-pressed=paused.to_string() on:click=toggle>
                {if paused { "Go on" } else { "Pause" }}
            </button>
            <button type="button" data-testid="train-cancel" on:click=cancel>"Cancel"</button>
        </div>
    }
}

/// The live table, with its chart.
#[component]
fn Trials(activity: Activity) -> impl IntoView {
    let trials = activity.trials;
    let chart = Memo::new(move |_| trials.with(|trials| trial_chart(trials)));
    let rows = move || {
        trials
            .with(|trials| trial_rows(trials))
            .into_iter()
            .map(|row| {
                view! {
                    <tr data-testid="trial-row" data-best=row.best.to_string()>
                        <td class="num">{row.number}</td>
                        <td>{row.setting}<span class="field-error">{row.problem}</span></td>
                        <td class="num">{row.log_loss}</td>
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
                <h2>"Trials"</h2>
                <p class="small">"Scores on the validation seasons, pooled. Less log loss is better."</p>
                <TrialPlot chart />
                <TableScroll label="Trials">
                    <table>
                        <thead>
                            <tr>
                                <th class="num" scope="col">"Trial"</th>
                                <th scope="col">"Setting"</th>
                                <th class="num" scope="col">"Log loss"</th>
                                <th class="num" scope="col">"Brier"</th>
                                <th class="num" scope="col">"Accuracy"</th>
                                <th class="num" scope="col">"AUC"</th>
                                <th scope="col"><span class="visually-hidden">"Mark"</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </TableScroll>
            </section>
        </Show>
    }
}

fn result_view(session: Sess, activity: Activity) -> AnyView {
    let (outcome, registered) = match activity.training.get() {
        State::Done(outcome) => (outcome, None),
        State::Registered(outcome, version) => (outcome, Some(version)),
        _ => return ().into_any(),
    };
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
        None => view! { <RegisterButton session activity outcome=(*outcome).clone() /> }.into_any(),
    };
    view! {
        <section class="block" data-testid="train-result">
            <h2>"Result"</h2>
            <p>{outcome_words(&outcome)}</p>
            <dl class="scores">{scores}</dl>
            {action}
            <h3 class="apart">"Coefficients"</h3>
            <p class="small">"Each on its scaled feature: what one standard deviation more adds to the log-odds of a home win."</p>
            {coefficient_bars(&outcome)}
        </section>
    }
    .into_any()
}

fn coefficient_bars(outcome: &TrainOutcome) -> impl IntoView + use<> {
    let rows = coefficient_rows(&outcome.model)
        .into_iter()
        .map(|row| {
            let length = format!("{:.2}%", row.length.abs() * 50.0);
            let sign = if row.length < 0.0 { "minus" } else { "plus" };
            view! {
                <tr>
                    <th scope="row"><Feature name=row.feature /></th>
                    <td class="num">{row.value}</td>
                    <td class="bar-cell" aria-hidden="true">
                        <span class="coef-bar" data-sign=sign style:--length=length></span>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="coefficients">
            <caption class="visually-hidden">"Coefficients, the weightiest first"</caption>
            <tbody>{rows}</tbody>
        </table>
    }
}

#[component]
fn RegisterButton(session: Sess, activity: Activity, outcome: TrainOutcome) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let outcome = StoredValue::new(outcome);
    let register = move |_| {
        busy.set(true);
        problem.set(None);
        let session = session.get_value();
        let outcome = outcome.get_value();
        spawn_local(async move {
            match session.register(outcome.clone()).await {
                Ok(version) => {
                    activity.training.set(State::Registered(Box::new(outcome), version.version));
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
