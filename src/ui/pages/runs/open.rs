//! The run that is open.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::Page;
use super::artifacts::Artifacts;
use crate::flows::present::runs::open::{facts, metric_rows, note, tag_rows, trials_words};
use crate::flows::present::runs::{called, deleted_text};
use crate::flows::train::TrainSpec;
use crate::tracking::{NOTE, Run};
use crate::ui::context::{Activity, Sess, Training, href};
use crate::ui::pages::training::start_training;
use crate::ui::session::OpenRun;
use crate::ui::widgets::{Facts, Head, ProblemBox, Skeleton, Table};

/// The open run under the table, if one is open.
#[component]
pub(super) fn OpenSection(page: Page) -> impl IntoView {
    let Page { session, table, view, .. } = page;
    let open = Memo::new(move |_| view.with(|view| view.open.clone()));
    let loaded = LocalResource::new(move || {
        let (session, table, open) = (session.get_value(), table.get(), open.get());
        async move {
            match open {
                Some(id) => Some(session.open_run(&table, &id).await),
                None => None,
            }
        }
    });
    move || match (open.get(), loaded.get().flatten()) {
        (None, _) => ().into_any(),
        (Some(_), None) => view! { <Skeleton label="Loading the run" /> }.into_any(),
        (Some(_), Some(Err(problem))) => view! { <ProblemBox problem /> }.into_any(),
        (Some(id), Some(Ok(None))) => {
            view! { <p class="empty">"The run "<code>{id}</code>" is not in this browser."</p> }.into_any()
        }
        (Some(id), Some(Ok(Some(run)))) if run.run.id != id => {
            view! { <Skeleton label="Loading the run" /> }.into_any()
        }
        (Some(_), Some(Ok(Some(run)))) => view! { <OpenView page run /> }.into_any(),
    }
}

#[component]
fn OpenView(page: Page, run: OpenRun) -> impl IntoView {
    let Page { session, view, .. } = page;
    let OpenRun { run, parent, trials, versions, manifest, published } = run;
    let title = NodeRef::<html::H2>::new();
    Effect::new(move |_| {
        if let Some(title) = title.get() {
            // It stands under a long table.
            title.scroll_into_view();
            let _ = title.focus();
        }
    });
    let close = move |_| view.update(|view| view.open = None);
    let versions = (!versions.is_empty()).then(|| {
        let link = |(version, stage): (crate::registry::ModelVersion, crate::registry::Stage)| {
            let to = href(&format!("/lab/models?version={}", version.version));
            view! { <li><a href=to>{version.version.clone()}</a>" "<span class="chip" data-stage=stage.to_string()>{stage.to_string()}</span></li> }
        };
        view! { <h3>"Registered from it"</h3><ul class="plain-list">{versions.into_iter().map(link).collect_view()}</ul> }
    });
    let deleted = run.deleted_at.map(|at| view! { <p class="strip" data-tone="warn">{deleted_text(at)}"."</p> });
    let facts = facts(&run, manifest.as_ref(), published);
    let artifacts = run.artifacts.clone();
    let (shown, id) = (called(&run.name, &run.id).to_owned(), run.id.clone());
    view! {
        <section class="block open-run" data-testid="open-run-section" data-run=id>
            <header class="open-head">
                <h2 tabindex="-1" node_ref=title>{shown}</h2>
                <button type="button" class="quiet" data-testid="close-run" on:click=close>"Close"</button>
            </header>
            {deleted}
            <Facts facts />
            {again(session, &run)}
            {family(page, parent, trials)}
            {versions}
            <div class="two">
                {params_table(&run)}
                {metrics_table(&run)}
            </div>
            <Artifacts session artifacts />
            <Notes session run=run.clone() />
            <Tags session run />
        </section>
    }
}

/// A search of the same settings on the data that is active now, where the run says what was asked for.
fn again(session: Sess, run: &Run) -> Option<impl IntoView + use<>> {
    let spec: TrainSpec = serde_json::from_value(run.spec.clone()?).ok()?;
    let activity = expect_context::<Activity>();
    let navigate = use_navigate();
    let running = move || matches!(&*activity.training.read(), Training::Running { .. });
    let start = move |_| {
        start_training(session, activity, session.with_value(|session| session.new_search(spec.clone())));
        navigate("/lab/training", NavigateOptions::default());
    };
    Some(view! {
        <p class="actions">
            <button type="button" data-testid="train-again" disabled=running on:click=start>"Train with these settings"</button>
            <span class="small">"On the data that the pages show now."</span>
        </p>
    })
}

/// The search that it is a trial of, and its own trials.
fn family(page: Page, parent: Option<(String, String)>, trials: Vec<(String, String)>) -> impl IntoView {
    let link = move |(id, name): (String, String)| {
        let open = move |_| page.view.update(|view| view.open = Some(id.clone()));
        view! { <button type="button" class="run-name" on:click=open>{name}</button> }
    };
    let parent = parent.map(|parent| view! { <p>"A trial of "{link(parent)}</p> });
    let children = (!trials.is_empty()).then(|| {
        let words = trials_words(trials.len());
        let all = trials.iter().map(|(id, _)| id.clone()).collect();
        let listed = trials.into_iter().map(|trial| view! { <li>{link(trial)}</li> }).collect_view();
        view! {
            <details>
                <summary>{words}</summary>
                <ul class="plain-list wide">{listed}</ul>
            </details>
            <p><a href=super::compare_href(all)>"Compare its trials"</a></p>
        }
    });
    view! { {parent} {children} }
}

const PARAMS: [Head; 2] = [Head::Text("Parameter"), Head::Text("Value")];

fn params_table(run: &Run) -> impl IntoView + use<> {
    let row = |(key, value): (&String, &String)| {
        view! { <tr><th scope="row">{key.clone()}</th><td class="found">{value.clone()}</td></tr> }
    };
    let rows = run.params.iter().map(row).collect_view();
    let none = run.params.is_empty().then(|| view! { <p class="small">"It has no parameters."</p> });
    view! {
        <div>
            <h3>"Parameters"</h3>
            {none}
            <Table title="Parameters of the run" columns=&PARAMS>{rows}</Table>
        </div>
    }
}

const METRICS: [Head; 3] = [Head::Text("Metric"), Head::Number("Last value"), Head::Number("Points")];

fn metrics_table(run: &Run) -> impl IntoView + use<> {
    let row = |(name, value, points): (String, String, String)| {
        view! { <tr><th scope="row">{name}</th><td class="num">{value}</td><td class="num">{points}</td></tr> }
    };
    let rows = metric_rows(run).into_iter().map(row).collect_view();
    let none = run.metrics.is_empty().then(|| view! { <p class="small">"It has no metrics."</p> });
    view! {
        <div>
            <h3>"Metrics"</h3>
            {none}
            <Table title="Metrics of the run" columns=&METRICS>{rows}</Table>
        </div>
    }
}

#[component]
fn Notes(session: Sess, run: Run) -> impl IntoView {
    let text = RwSignal::new(note(&run));
    let said = RwSignal::new(String::new());
    let id = run.id;
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let (session, id, words) = (session.get_value(), id.clone(), text.get_untracked());
        spawn_local(async move {
            let outcome = session.note_run(&id, &words).await;
            let _ = said.try_set(outcome.err().unwrap_or_else(|| "Kept.".to_owned()));
        });
    };
    view! {
        <form class="form note" on:submit=save>
            <label>
                <span>"Note"</span>
                <textarea rows="2" data-testid="run-note" prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))></textarea>
            </label>
            <p class="actions"><button type="submit">"Keep the note"</button><span class="small" aria-live="polite">{said}</span></p>
        </form>
    }
}

#[component]
fn Tags(session: Sess, run: Run) -> impl IntoView {
    let (key, value) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let problem = RwSignal::new(None::<String>);
    let id = StoredValue::new(run.id.clone());
    let set = move |key: String, value: Option<String>| {
        let session = session.get_value();
        spawn_local(async move {
            let outcome = session.tag_run(&id.get_value(), &key, value.as_deref()).await;
            let _ = problem.try_set(outcome.err());
        });
    };
    let add = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        set(key.get_untracked().trim().to_owned(), Some(value.get_untracked()));
    };
    let row = |(name, text): (String, String)| {
        let (label, gone) = (format!("Take the tag {name} away"), name.clone());
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="found">{text}</td>
                <td><button type="button" class="quiet" aria-label=label on:click=move |_| set(gone.clone(), None)>"Take away"</button></td>
            </tr>
        }
    };
    let rows = tag_rows(&run).into_iter().map(row).collect_view();
    let has_some = run.tags.keys().any(|key| key != NOTE);
    view! {
        <h3>"Tags"</h3>
        {has_some.then(|| view! { <Table title="Tags of the run" columns=&TAGS>{rows}</Table> })}
        <form class="form tag-form" on:submit=add>
            <label><span>"Tag"</span><input type="text" autocomplete="off" prop:value=move || key.get()
                on:input=move |event| key.set(event_target_value(&event)) /></label>
            <label><span>"Value"</span><input type="text" autocomplete="off" prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event)) /></label>
            <button type="submit">"Set the tag"</button>
        </form>
        {move || problem.get().map(|words| view! { <p class="field-error" role="alert">{words}</p> })}
    }
}

const TAGS: [Head; 3] = [Head::Text("Tag"), Head::Text("Value"), Head::Text("")];
