//! What to train: chosen, typed, checked.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::start_training;
use crate::flows::present::training_form::{
    CALIBRATIONS, Choice, Form, METHODS, Problems, SEARCHES, SELECTIONS, SPLITS,
};
use crate::flows::present::{date_medium, season_label};
use crate::ui::context::{Activity, Sess, Training as State, href};

/// Strengths that the form offers first: from a strong pull to nearly none.
const STRENGTHS: &str = "0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1";

/// Feature sets by name, with what they are.
const FEATURES: [Choice; 4] = [
    ("", "As the search says"),
    ("default", "Those of the default model"),
    ("ratings", "Ratings, rest and travel"),
    ("wide", "All of them"),
];

/// The form.
#[component]
pub fn TrainingForm(session: Sess) -> impl IntoView {
    let activity = expect_context::<Activity>();
    let active = session.with_value(|session| session.active());
    let (seasons, as_of) = (active.seasons.clone(), active.as_of);
    let form = RwSignal::new(Form {
        seasons: (seasons.first().copied().unwrap_or_default(), seasons.last().copied().unwrap_or_default()),
        search: "default".into(),
        strengths: STRENGTHS.into(),
        features: String::new(),
        calibration: String::new(),
        selection: String::new(),
        method: String::new(),
        split: "walk-forward".into(),
        seed: "7".into(),
    });
    let checked = Memo::new(move |_| form.with(|form| form.spec(as_of)));
    let problems = Signal::derive(move || checked.with(|checked| checked.clone().err().unwrap_or_default()));
    let problem = move |of: fn(&Problems) -> Option<String>| Signal::derive(move || problems.with(of));
    let running = move || matches!(&*activity.training.read(), State::Running { .. });
    let start = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let (false, Ok(spec)) = (running(), checked.get_untracked()) {
            start_training(session, activity, session.with_value(|session| session.new_search(spec)));
        }
    };
    let own = move || form.with(|form| form.search == "own");
    view! {
        <form class="form" on:submit=start novalidate>
            <DataSelect session />
            <fieldset class="pair">
                <legend>"Seasons"</legend>
                <SeasonSelect label="First season" seasons=seasons.clone() form first=true />
                <span aria-hidden="true">"to"</span>
                <SeasonSelect label="Last season" seasons form first=false />
            </fieldset>
            <FieldError id="seasons-error" message=problem(|problems| problems.seasons.clone()) />
            <ChoiceField label="What to try" choices=&SEARCHES form of=|form| &mut form.search />
            <Show when=own>
                <label>
                    <span>"Strengths to try (C)"</span>
                    <textarea
                        rows="3"
                        spellcheck="false"
                        prop:value=move || form.with(|form| form.strengths.clone())
                        on:input=move |event| form.update(|form| form.strengths = event_target_value(&event))
                        aria-describedby="strengths-error strengths-help"
                        aria-invalid=move || problem(|problems| problems.strengths.clone()).get().is_some().to_string()
                    ></textarea>
                </label>
                <p class="small" id="strengths-help">"A small C pulls all weights toward zero; a large one lets them follow the data."</p>
                <FieldError id="strengths-error" message=problem(|problems| problems.strengths.clone()) />
            </Show>
            <ChoiceField label="Features" choices=&FEATURES form of=|form| &mut form.features />
            <HowItIsSearched form problem=problems />
            <p class="small">{move || checked.with(|checked| checked.as_ref().ok().and_then(trials_words))}</p>
            <button
                class="primary"
                type="submit"
                data-testid="train-start"
                disabled=move || running() || checked.with(Result::is_err)
            >
                "Train"
            </button>
        </form>
    }
}

/// The data to train on, which all pages then show; an import is added on the data page.
#[component]
fn DataSelect(session: Sess) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let datasets = session.with_value(|session| session.datasets());
    let options = datasets
        .iter()
        .enumerate()
        .map(|(at, info)| {
            let words = format!("{}, as of {}", info.manifest.source, date_medium(info.as_of));
            view! { <option value=at.to_string() selected=info.active>{words}</option> }
        })
        .collect_view();
    let chosen = move |event| {
        let Some(info) = event_target_value(&event).parse::<usize>().ok().and_then(|at| datasets.get(at).cloned())
        else {
            return;
        };
        let session = session.get_value();
        spawn_local(async move {
            let _ = problem.try_set(session.activate(info.dataset).await.err());
        });
    };
    view! {
        <label>
            <span>"Data"</span>
            <select data-testid="train-data" on:change=chosen>{options}</select>
        </label>
        <p class="small"><a href=href("/lab/data")>"Import other games"</a></p>
        <FieldError id="data-error" message=problem.into() />
    }
}

/// What few will change.
#[component]
fn HowItIsSearched(form: RwSignal<Form>, problem: Signal<Problems>) -> impl IntoView {
    let problem = move |of: fn(&Problems) -> Option<String>| Signal::derive(move || problem.with(of));
    view! {
        <details>
            <summary>"How it is searched"</summary>
            <div class="form">
                <ChoiceField label="Drop features first" choices=&SELECTIONS form of=|form| &mut form.selection />
                <ChoiceField label="Calibration" choices=&CALIBRATIONS form of=|form| &mut form.calibration />
                <ChoiceField label="Settings" choices=&METHODS form of=|form| &mut form.method />
                <ChoiceField label="Judged" choices=&SPLITS form of=|form| &mut form.split />
                <FieldError id="split-error" message=problem(|problems| problems.split.clone()) />
                <label>
                    <span>"Seed"</span>
                    <input
                        type="text"
                        inputmode="numeric"
                        autocomplete="off"
                        prop:value=move || form.with(|form| form.seed.clone())
                        on:input=move |event| form.update(|form| form.seed = event_target_value(&event))
                        aria-describedby="seed-error"
                        aria-invalid=move || problem(|problems| problems.seed.clone()).get().is_some().to_string()
                    />
                </label>
                <FieldError id="seed-error" message=problem(|problems| problems.seed.clone()) />
            </div>
        </details>
    }
}

/// How many settings will be tried.
fn trials_words(spec: &crate::flows::train::TrainSpec) -> Option<String> {
    let settings = spec.search.space.settings().ok()?.len();
    Some(match spec.search.method {
        crate::learn::Method::Random { trials } => format!("{} of {settings} settings.", trials.min(settings)),
        _ => format!("{settings} settings."),
    })
}

/// A list of choices for one field of the form.
#[component]
fn ChoiceField(
    label: &'static str,
    choices: &'static [Choice],
    form: RwSignal<Form>,
    of: fn(&mut Form) -> &mut String,
) -> impl IntoView {
    let chosen = move |event| form.update(|form| *of(form) = event_target_value(&event));
    let value = move || of(&mut form.get()).clone();
    let options = choices
        .iter()
        .map(|(name, words)| view! { <option value=*name selected=move || value() == *name>{*words}</option> })
        .collect_view();
    view! {
        <label>
            <span>{label}</span>
            <select on:change=chosen>{options}</select>
        </label>
    }
}

#[component]
fn SeasonSelect(label: &'static str, seasons: Vec<u16>, form: RwSignal<Form>, first: bool) -> impl IntoView {
    let value = move || form.with(|form| if first { form.seasons.0 } else { form.seasons.1 });
    let chosen = move |event| {
        if let Ok(season) = event_target_value(&event).parse() {
            form.update(|form| *if first { &mut form.seasons.0 } else { &mut form.seasons.1 } = season);
        }
    };
    view! {
        <select aria-label=label on:change=chosen aria-describedby="seasons-error">
            {seasons
                .into_iter()
                .map(|season| {
                    view! {
                        <option value=season.to_string() selected=move || value() == season>{season_label(season)}</option>
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
