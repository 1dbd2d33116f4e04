//! The lab's first page: which data there is, what was found in it, and how more comes in.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::data::Findings;
use crate::flows::present::data::{FORMATS, counts, dataset_name, facts, imported_words, skipped_text, violation_rows};
use crate::protocol::DatasetRef;
use crate::ui::context::{Activity, Doing, Import, Sess};
use crate::ui::session::{DatasetInfo, Imported, JobEvent, JobHandle};
use crate::ui::widgets::{Facts, PageHead, Progress, Simulated, TableScroll, with_session};

/// Datasets and imports.
#[component]
pub fn Data() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 1 of 4"
            title="Data"
            lead="What the pages compute on. Every row was checked against a contract; what did not keep it was refused and is listed here."
        />
        {with_session(|session| view! { <DataPage session /> })}
    }
}

#[component]
fn DataPage(session: Sess) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let revision = session.with_value(|session| session.revision());
    let kind = move || {
        revision.track();
        session.with_value(|session| session.source_kind())
    };
    let rows = move || {
        revision.track();
        let datasets = session.with_value(|session| session.datasets());
        datasets.into_iter().map(|info| dataset_row(session, info, problem)).collect_view()
    };
    view! {
        {move || view! { <Simulated kind=kind() /> }}
        <ImportSection session />
        <section class="block">
            <h2>"Datasets"</h2>
            {move || problem.get().map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> })}
            <div class="entries">{rows}</div>
        </section>
    }
}

fn dataset_row(session: Sess, info: DatasetInfo, problem: RwSignal<Option<String>>) -> impl IntoView {
    let published = info.dataset == DatasetRef::Published;
    let name = dataset_name(&info.manifest, published);
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
        let label = format!("Show {name} on every page");
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
                <code title=info.manifest.digest.to_string()>{info.manifest.digest.short()}</code>
                {control}
            </header>
            <dl class="numbers">{numbers}</dl>
            <details>
                <summary>"Where it came from"</summary>
                <Facts facts=facts(&info.manifest, info.as_of, &info.seasons) />
            </details>
            {findings_view(&info.findings, false)}
        </article>
    }
}

/// What was found, as a sentence and a table; nothing if nothing was.
fn findings_view(findings: &Findings, open: bool) -> impl IntoView + use<> {
    let skipped = skipped_text(findings).map(|words| view! { <p class="small">{words}</p> });
    let (rows, more) = violation_rows(findings);
    let table = (!rows.is_empty()).then(|| {
        let title = format!("{} in the file", crate::flows::present::plural(findings.violation_count, "finding"));
        let body = rows
            .into_iter()
            .map(|row| {
                view! {
                    <tr data-tone=if row.refused { "bad" } else { "warn" }>
                        <td class="num">{row.row}</td>
                        <td><code>{row.column}</code></td>
                        <td class="found">{row.found}</td>
                        <td>{row.expected}</td>
                        <td><code>{row.rule}</code></td>
                        <td>{if row.refused { "refused" } else { "let in" }}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <details data-testid="violations" open=open>
                <summary>{title.clone()}</summary>
                <TableScroll label=title>
                    <table>
                        <thead>
                            <tr>
                                <th class="num" scope="col">"Row"</th>
                                <th scope="col">"Column"</th>
                                <th scope="col">"Found"</th>
                                <th scope="col">"Expected"</th>
                                <th scope="col">"Rule"</th>
                                <th scope="col">"The row was"</th>
                            </tr>
                        </thead>
                        <tbody>{body}</tbody>
                    </table>
                </TableScroll>
                {more.map(|words| view! { <p class="small">{words}</p> })}
            </details>
        }
    });
    view! { {skipped}{table} }
}

#[component]
fn ImportSection(session: Sess) -> impl IntoView {
    let activity = expect_context::<Activity>();
    let input = NodeRef::<html::Input>::new();
    let start = move |file: web_sys::File| start_import(session, activity, file);
    let picked = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            start(file);
        }
        // The same file can be picked again after it was mended.
        input.set_value("");
    };
    let over = drop_anywhere(start);
    view! {
        <section class="block import" data-over=move || over.get().to_string()>
            <h2>"Bring in a season"</h2>
            <p>
                "Pick a file or drop it anywhere on this page. It is read and checked in this tab and sent nowhere."
            </p>
            <label class="file">
                <span class="button">"Choose a file"</span>
                <input
                    class="visually-hidden"
                    type="file"
                    accept=".csv,.json,text/csv,application/json"
                    data-testid="import-input"
                    node_ref=input
                    on:change=picked
                />
            </label>
            <details class="formats">
                <summary>"Which files can be read"</summary>
                <dl class="facts">
                    {FORMATS
                        .into_iter()
                        .map(|(name, known_by)| view! { <div><dt>{name}</dt><dd>{known_by}</dd></div> })
                        .collect_view()}
                </dl>
            </details>
            <div data-testid="import-status" aria-live="polite">
                {move || import_state(session, activity.import.get())}
            </div>
            <Show when=move || over.get()>
                <div class="drop-veil" aria-hidden="true"><p>"Drop the file to import it"</p></div>
            </Show>
        </section>
    }
}

/// Listens for files dropped anywhere; the signal says whether one is held over the page.
fn drop_anywhere(start: impl Fn(web_sys::File) + 'static) -> RwSignal<bool> {
    let over = RwSignal::new(false);
    let has_files = |event: &web_sys::DragEvent| {
        event.data_transfer().is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0))
    };
    let drag = window_event_listener(ev::dragover, move |event| {
        if has_files(&event) {
            event.prevent_default();
            if !over.get_untracked() {
                over.set(true);
            }
        }
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        if event.related_target().is_none() {
            over.set(false);
        }
    });
    let dropped = window_event_listener(ev::drop, move |event| {
        if !has_files(&event) {
            return;
        }
        event.prevent_default();
        over.set(false);
        if let Some(file) = event.data_transfer().and_then(|t| t.files()).and_then(|files| files.get(0)) {
            start(file);
        }
    });
    on_cleanup(move || {
        drag.remove();
        leave.remove();
        dropped.remove();
    });
    over
}

fn start_import(session: Sess, activity: Activity, file: web_sys::File) {
    let state = activity.import;
    if matches!(&*state.read_untracked(), Import::Running { .. }) {
        return;
    }
    let name = file.name();
    let doing = Doing { task: format!("Reading {name}"), done: 0, total: 0 };
    state.set(Import::Running { name, doing, handle: None });
    let handle = session.with_value(|session| session.import(vec![file], move |event| on_import(state, event)));
    state.update(|state| {
        if let Import::Running { handle: slot, .. } = state {
            *slot = Some(handle);
        }
    });
}

fn on_import(state: RwSignal<Import>, event: JobEvent<Imported>) {
    match event {
        JobEvent::Progress(task, done, total) => state.update(|state| {
            if let Import::Running { doing, .. } = state {
                *doing = Doing { task, done, total };
            }
        }),
        JobEvent::Trial(_) => {}
        JobEvent::Done(imported) => state.set(Import::Done(Box::new(imported.info))),
        JobEvent::Refused(rejection) => state.set(Import::Refused(Box::new(rejection))),
        JobEvent::Cancelled => state.set(Import::Cancelled),
        JobEvent::Failed(problem) => state.set(Import::Failed(problem)),
    }
}

fn import_state(session: Sess, state: Import) -> AnyView {
    match state {
        Import::Idle => ().into_any(),
        Import::Running { name, doing, handle } => {
            let cancel = move |_| cancel(session, handle);
            view! {
                <div class="job" data-state="running">
                    <Progress doing />
                    <button type="button" on:click=cancel aria-label=format!("Stop importing {name}")>"Stop"</button>
                </div>
            }
            .into_any()
        }
        Import::Done(info) => view! {
            <div class="outcome" data-state="done">
                <p><strong>{imported_words(&info.manifest, &info.seasons)}</strong></p>
                {findings_view(&info.findings, false)}
            </div>
        }
        .into_any(),
        Import::Refused(rejection) => view! {
            <div class="outcome" data-state="refused" data-tone="bad">
                <p><strong>"Refused. "</strong>{rejection.message.clone()}</p>
                {findings_view(&rejection.findings, true)}
            </div>
        }
        .into_any(),
        Import::Cancelled => {
            view! { <p class="outcome" data-state="cancelled">"Stopped. Nothing has changed."</p> }.into_any()
        }
        Import::Failed(problem) => view! {
            <div class="outcome" data-state="failed" data-tone="bad">
                <p><strong>"The import failed, and nothing has changed. "</strong>{problem}</p>
            </div>
        }
        .into_any(),
    }
}

fn cancel(session: Sess, handle: Option<JobHandle>) {
    if let Some(handle) = handle {
        session.with_value(|session| session.cancel(handle));
    }
}
