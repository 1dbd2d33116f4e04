//! The lab's first page: which data there is, what was found in it, and how more comes in.

mod compared;
mod contracts;
pub(super) mod exports;
mod findings;
mod history;
pub(super) mod import;
pub(super) mod profile;
mod quarantine;
mod repair;

use leptos::prelude::*;
use leptos::task::spawn_local;

use self::compared::CompareSection;
use self::contracts::ContractsSection;
use self::exports::Exports;
use self::findings::findings_view;
use self::history::HistorySection;
use self::import::ImportSection;
use self::profile::ColumnProfile;
use self::quarantine::{Quarantine, Repairs};
use crate::flows::datasets::LeftOut;
use crate::flows::present::data::{
    by_source, choice_label, counts, dataset_name, facts, left_out_words, revision_words,
};
use crate::flows::present::plural;
use crate::protocol::DatasetRef;
use crate::ui::context::Sess;
use crate::ui::session::DatasetInfo;
use crate::ui::widgets::{Facts, PageHead, Simulated, with_session};

/// Datasets and imports.
#[component]
pub fn Data() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 1 of 6"
            title="Data"
            lead="What the pages compute on. Every row was checked against a contract; what did not keep it was refused and is listed here."
        />
        {with_session(|session| view! { <DataPage session /> })}
    }
}

#[component]
fn DataPage(session: Sess) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let repairs = Repairs::new();
    let revision = session.with_value(|session| session.revision());
    let kind = move || {
        revision.track();
        session.with_value(|session| session.source_kind())
    };
    let rows = move || {
        revision.track();
        let datasets = session.with_value(|session| session.datasets());
        sources(session, datasets, problem, repairs).collect_view()
    };
    let left_out = move || {
        revision.track();
        left_out_view(session.with_value(|session| session.left_out()))
    };
    view! {
        {move || view! { <Simulated kind=kind() /> }}
        <ImportSection session />
        <section class="block">
            <h2>"Sources"</h2>
            {move || problem.get().map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> })}
            <div aria-live="polite" data-testid="release-answer">
                {move || repairs.told.get().map(|words| view! { <p class="strip">{words}</p> })}
            </div>
            <div class="entries">{rows}</div>
            {left_out}
        </section>
        <HistorySection session />
        <CompareSection session />
        <ContractsSection />
    }
}

/// What is kept of datasets and not shown, each with the reason.
pub(super) fn left_out_view(left_out: Vec<LeftOut>) -> impl IntoView {
    let line = |left: LeftOut| {
        view! { <p class="strip" data-tone="warn" data-testid="left-out">{left_out_words(&left)}</p> }
    };
    left_out.into_iter().map(line).collect_view()
}

/// The newest revision of every source, with the earlier ones folded under it.
fn sources(
    session: Sess,
    datasets: Vec<DatasetInfo>,
    problem: RwSignal<Option<String>>,
    repairs: Repairs,
) -> impl Iterator<Item = impl IntoView + use<>> {
    let listed: Vec<_> = datasets.iter().map(|info| (&info.manifest, info.dataset == DatasetRef::Published)).collect();
    let groups = by_source(&listed);
    groups.into_iter().map(move |group| {
        let mut rows = group.into_iter().filter_map(|at| datasets.get(at).cloned());
        let newest = rows.next().map(|info| dataset_row(session, info, problem, repairs));
        let earlier: Vec<DatasetInfo> = rows.collect();
        // The one that is shown on every page must be seen.
        let open = earlier.iter().any(|info| info.active);
        let earlier = (!earlier.is_empty()).then(|| {
            let title = plural(earlier.len() as u64, "earlier revision");
            let rows = earlier.into_iter().map(|info| dataset_row(session, info, problem, repairs)).collect_view();
            view! {
                <details class="earlier" data-testid="earlier" open=open>
                    <summary>{title}</summary>
                    <div class="entries">{rows}</div>
                </details>
            }
        });
        view! { <div>{newest}{earlier}</div> }
    })
}

fn dataset_row(session: Sess, info: DatasetInfo, problem: RwSignal<Option<String>>, repairs: Repairs) -> impl IntoView {
    let published = info.dataset == DatasetRef::Published;
    let name = dataset_name(&info.manifest, published);
    let revision = revision_words(&info.manifest);
    let called = choice_label(&info.manifest, published);
    let dataset = info.dataset.clone();
    let activate = move |_| {
        let dataset = dataset.clone();
        let session = session.get_value();
        spawn_local(async move {
            problem.set(session.activate(dataset).await.err());
        });
    };
    let control = if info.active {
        view! { <span class="chip" data-tone="on">"Shown on every page"</span> }.into_any()
    } else {
        let label = format!("Show this one on every page: {called}");
        view! { <button type="button" on:click=activate aria-label=label>"Show this one"</button> }.into_any()
    };
    let numbers = counts(&info.manifest)
        .into_iter()
        .map(|(label, value)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> })
        .collect_view();
    view! {
        <article class="entry" data-testid="dataset-row" data-active=info.active.to_string() data-digest=info.manifest.digest.hex()>
            <header>
                <h3>{name}</h3>
                {revision.map(|words| view! { <span class="small">{words}</span> })}
                <code title=info.manifest.digest.to_string()>{info.manifest.digest.short()}</code>
                {control}
            </header>
            <dl class="numbers">{numbers}</dl>
            <details>
                <summary>"Where it came from"</summary>
                <Facts facts=facts(&info.manifest, info.as_of, &info.seasons) />
            </details>
            {findings_view(&info.findings, &called, false)}
            <Quarantine session info=info.clone() repairs />
            <ColumnProfile session info=info.clone() called />
            <Exports session info=info.clone() />
        </article>
    }
}
