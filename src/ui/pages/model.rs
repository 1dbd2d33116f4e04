//! One version: how it came to be, what the gate says of it, its files, and what was done to it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_query_map;

use super::deleted::{DeleteVersion, DeletedRow};
use super::exchange::SaveAs;
use super::profile::RecordedAs;
use super::runs::artifacts::Artifacts;
use crate::base::days_between;
use crate::flows::present::lineage::Node;
use crate::flows::present::models::{METRICS, check_rows, event_line, learned_from, metric, stage_meaning};
use crate::flows::present::{date_medium, plural};
use crate::registry::Stay;
use crate::ui::context::{Sess, href};
use crate::ui::session::{Edit, Outgoing, VersionView};
use crate::ui::widgets::{Facts, PageHead, ProblemBox, Skeleton, with_session};

/// The page of a version.
#[component]
pub fn Model() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, Models"
            title="Model version"
            lead="How it came to be, what the gate says of it, and what it has done since."
        />
        {with_session(|session| view! { <ModelPage session /> })}
    }
}

#[component]
fn ModelPage(session: Sess) -> impl IntoView {
    let query = use_query_map();
    let name = Memo::new(move |_| query.read().get("version").unwrap_or_default());
    let found = LocalResource::new(move || {
        let (session, name) = (session.get_value(), name.get());
        session.revision().track();
        async move { session.version(&name).await }
    });
    move || match found.get() {
        None => view! { <Skeleton label="Loading the version" lines=8 /> }.into_any(),
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok(None)) => view! { <NotThere session name=name.get() /> }.into_any(),
        Some(Ok(Some(found))) => version_view(session, found).into_any(),
    }
}

fn version_view(session: Sess, found: VersionView) -> impl IntoView {
    let VersionView { row, aliases, tags, description, lineage, reigns } = found;
    let name = row.version.version.clone();
    let numbers = METRICS
        .into_iter()
        .map(|(key, label)| view! { <div><dt>{label}</dt><dd>{metric(&row.version, key)}</dd></div> })
        .collect_view();
    let artifacts = row.run.as_ref().map(|run| run.artifacts.clone()).unwrap_or_default();
    let run = row.version.run_id.clone();
    let address = format!("models:/{}/{name}", row.version.name);
    let (also, local) = (aliases.clone(), row.local);
    let facts = vec![
        ("Address", address),
        ("Learned from", learned_from(&row.version)),
        ("In Production", reign_words(&reigns)),
        ("Tags", words_or(tags.iter().map(|(key, value)| format!("{key} = {value}")), "none")),
    ];
    let trail = row
        .events
        .iter()
        .map(|event| {
            let (at, line) = event_line(event);
            view! { <li><time>{at}</time><span>{line}</span></li> }
        })
        .collect_view();
    view! {
        <section class="block" data-testid="version-page" data-version=name.clone()>
            <header class="version-head">
                <h2 class="version">{row.version.name.clone()}" "{name.clone()}</h2>
                <span class="chip" data-stage=row.stage.to_string()>{row.stage.to_string()}</span>
                {aliases.iter().map(|alias| view! { <span class="chip" data-testid="alias">"@"{alias.clone()}</span> }).collect_view()}
                <span class="small">{stage_meaning(row.stage)}</span>
            </header>
            {(!description.is_empty()).then(|| view! { <p data-testid="description">{description.clone()}</p> })}
            <dl class="numbers">{numbers}</dl>
            <Facts facts />
            <p class="actions">
                <a class="button" href=href(&format!("/lab/models?version={}", name.replace('+', "%2B")))>"Move it to another stage"</a>
                <a href=href(&format!("/lab/runs?run={run}"))>"Open its run"</a>
            </p>
            <p class="actions">
                <SaveAs session what=Outgoing::Onnx(name.clone()) label="Save as ONNX for MLflow (zip)" testid="save-onnx" />
            </p>
        </section>
        <section class="block">
            <h2>"Where it came from"</h2>
            <LineageGraph steps=lineage />
        </section>
        <section class="block">
            <h2>"The gate before Production"</h2>
            <GateChecks session version=name.clone() />
        </section>
        <section class="block">
            <Artifacts session artifacts />
        </section>
        <section class="block">
            <h2>"Names and words"</h2>
            <RecordedAs session />
            <Edits session version=name.clone() aliases description />
            <h3>"Delete"</h3>
            <DeleteVersion session version=name aliases=also local />
        </section>
        <section class="block">
            <h2>"History"</h2>
            <ol class="trail">{trail}</ol>
        </section>
    }
}

/// What a version's page says where there is none: it may be deleted.
#[component]
fn NotThere(session: Sess, name: String) -> impl IntoView {
    let wanted = name.clone();
    let deleted = LocalResource::new(move || {
        let (session, wanted) = (session.get_value(), wanted.clone());
        async move {
            let found = session.deleted_versions().await.unwrap_or_default();
            found.into_iter().find(|row| row.version.version == wanted)
        }
    });
    let told = RwSignal::new(None);
    let problem = move || told.get().and_then(Result::err).map(|problem| view! { <ProblemBox problem /> });
    move || {
        match deleted.get() {
        None => view! { <Skeleton label="Loading the version" lines=8 /> }.into_any(),
        Some(None) => view! {
            <p class="empty">"No version "{name.clone()}" is registered here. "<a href=href("/lab/models")>"See those that are."</a></p>
        }
        .into_any(),
        Some(Some(row)) => view! {
            <section class="block" data-testid="version-deleted">
                <h2>"Deleted"</h2>
                <p>"This version is out of sight. "<a href=href("/lab/models")>"See those that are not."</a></p>
                <ul class="kept"><li><DeletedRow session row told /></li></ul>
                {problem}
            </section>
        }
        .into_any(),
    }
    }
}

fn words_or(words: impl Iterator<Item = String>, none: &str) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { none.to_owned() } else { words.join(", ") }
}

fn reign_words(reigns: &[Stay]) -> String {
    let one = |stay: &Stay| {
        let from = date_medium(stay.from.date_naive());
        match stay.to {
            None => format!("since {from}"),
            Some(to) => {
                let days = days_between(stay.from.date_naive(), to.date_naive()).max(0) as u64;
                format!("{from} to {} ({})", date_medium(to.date_naive()), plural(days, "day"))
            }
        }
    };
    words_or(reigns.iter().map(one), "never")
}

/// The steps from left to right, or from above to below on a narrow page.
#[component]
fn LineageGraph(steps: Vec<Vec<Node>>) -> impl IntoView {
    let node = |node: Node| {
        let lines = node.lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
        view! {
            <div class="lineage-node" data-known=node.known.to_string()>
                <p class="kicker">{node.place.title()}</p>
                <p class="name">{node.name}</p>
                <ul>{lines}</ul>
            </div>
        }
    };
    let step = |nodes: Vec<Node>| view! { <li>{nodes.into_iter().map(node).collect_view()}</li> };
    view! { <ol class="lineage" data-testid="lineage">{steps.into_iter().map(step).collect_view()}</ol> }
}

/// Every question of the gate with its answer, against the version that is in Production now.
#[component]
fn GateChecks(session: Sess, version: String) -> impl IntoView {
    let asked = LocalResource::new(move || {
        let (session, version) = (session.get_value(), version.clone());
        async move { session.gate(version).await }
    });
    move || match asked.get() {
        None => view! { <Skeleton label="Asking the gate" lines=4 /> }.into_any(),
        Some(Err(why)) => {
            view! { <p class="strip" data-tone="bad">"The gate could not be asked: "{why}</p> }.into_any()
        }
        Some(Ok(report)) => {
            let rows = check_rows(&report)
                .into_iter()
                .map(|row| {
                    view! {
                        <li data-testid="gate-check">
                            <span>{row.question}</span>
                            <strong data-tone=row.tone>{row.answer}</strong>
                            <span class="figures">{row.detail}</span>
                        </li>
                    }
                })
                .collect_view();
            view! { <ul class="checks" aria-label="Questions of the gate">{rows}</ul> }.into_any()
        }
    }
}

/// Aliases and the description, changed by hand.
#[component]
fn Edits(session: Sess, version: String, aliases: Vec<String>, description: String) -> impl IntoView {
    let alias = RwSignal::new(String::new());
    let text = RwSignal::new(description);
    let problem = RwSignal::new(None::<String>);
    let version = StoredValue::new(version);
    let edit = move |edit: Edit| {
        problem.set(None);
        let (session, version) = (session.get_value(), version.get_value());
        spawn_local(async move {
            if let Err(why) = session.edit_version(version, edit).await {
                let _ = problem.try_set(Some(why));
            }
        });
    };
    let own = aliases.into_iter().filter(|alias| !["champion", "challenger"].contains(&alias.as_str()));
    let taken = own
        .map(|alias| {
            let (words, gone) = (format!("Take @{alias} away"), alias.clone());
            view! { <button class="quiet" type="button" on:click=move |_| edit(Edit::DeleteAlias(gone.clone()))>{words}</button> }
        })
        .collect_view();
    view! {
        <form class="inline" on:submit=move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            edit(Edit::SetAlias(alias.get_untracked().trim().to_owned()));
        }>
            <label>
                <span>"Alias: it moves here from the version that has it"</span>
                <input type="text" data-testid="alias-input" autocomplete="off" prop:value=move || alias.get()
                    on:input=move |event| alias.set(event_target_value(&event)) />
            </label>
            <button type="submit" data-testid="alias-set">"Set the alias"</button>
            {taken}
        </form>
        <form class="inline" on:submit=move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            edit(Edit::Describe(text.get_untracked()));
        }>
            <label>
                <span>"Description"</span>
                <textarea rows="2" data-testid="describe-input" prop:value=move || text.get()
                    on:input=move |event| text.set(event_target_value(&event))></textarea>
            </label>
            <button type="submit" data-testid="describe">"Keep the description"</button>
        </form>
        {move || problem.get().map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> })}
    }
}
