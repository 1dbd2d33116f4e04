//! Files come in: picked or dropped, several as one set.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use web_sys::{DataTransfer, File, FileList};

use super::exports::failure_cases_of;
use super::findings::findings_view;
use crate::flows::datasets::ImportChange;
use crate::flows::ingest::StageReport;
use crate::flows::present::data::{formats, imported_words, stage_rows};
use crate::flows::present::plural;
use crate::ui::context::{Activity, Doing, Import, Sess};
use crate::ui::session::{Imported, JobEvent, JobHandle};
use crate::ui::widgets::{Head, Progress, Table};

const STAGES: [Head; 6] = [
    Head::Text("Stage"),
    Head::Number("Rows in"),
    Head::Number("Rows out"),
    Head::Number("Refused"),
    Head::Number("Size"),
    Head::Number("Time"),
];

/// Where files come in, and what became of them.
#[component]
pub(super) fn ImportSection(session: Sess) -> impl IntoView {
    let activity = expect_context::<Activity>();
    let input = NodeRef::<html::Input>::new();
    let start = move |files: Option<FileList>| start_import(session, activity, listed(files));
    let picked = move |_| {
        let Some(input) = input.get() else { return };
        start(input.files());
        // The same file can be picked again after it was mended.
        input.set_value("");
    };
    let over = drop_anywhere(start);
    view! {
        <section class="block import" data-over=move || over.get().to_string()>
            <h2>"Bring in a season"</h2>
            <p>
                "Pick one or more files, or drop them anywhere on this page: together they are one set. They are read and checked in this tab and sent nowhere."
            </p>
            <label class="file">
                <span class="button">"Choose files"</span>
                <input
                    class="visually-hidden"
                    type="file"
                    multiple
                    accept=".csv,.json,.jsonl,.ndjson,text/csv,application/json,application/jsonl"
                    data-testid="import-input"
                    node_ref=input
                    on:change=picked
                />
            </label>
            <details class="formats">
                <summary>"Which files can be read"</summary>
                <dl class="facts">
                    {formats()
                        .into_iter()
                        .map(|about| view! { <div><dt>{about.title}</dt><dd>{about.known_by}</dd></div> })
                        .collect_view()}
                </dl>
            </details>
            <Status session />
            <Show when=move || over.get()>
                <div class="drop-veil" aria-hidden="true"><p>"Drop the files to import them"</p></div>
            </Show>
        </section>
    }
}

/// Listens for files dropped anywhere; the signal says whether one is held over the page.
pub(in crate::ui::pages) fn drop_anywhere(start: impl Fn(Option<FileList>) + 'static) -> RwSignal<bool> {
    all_dropped(move |transfer| start(transfer.files()))
}

/// The same for files and folders.
pub(in crate::ui::pages) fn all_dropped(start: impl Fn(DataTransfer) + 'static) -> RwSignal<bool> {
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
        if let Some(transfer) = event.data_transfer() {
            start(transfer);
        }
    });
    on_cleanup(move || {
        drag.remove();
        leave.remove();
        dropped.remove();
    });
    over
}

/// The files of a list.
pub(in crate::ui::pages) fn listed(files: Option<FileList>) -> Vec<File> {
    let at = |files: &FileList| (0..files.length()).filter_map(|at| files.get(at)).collect();
    files.as_ref().map(at).unwrap_or_default()
}

fn start_import(session: Sess, activity: Activity, files: Vec<File>) {
    let state = activity.import;
    let Some(first) = files.first() else { return };
    if matches!(&*state.read_untracked(), Import::Running { .. }) {
        return;
    }
    let name = match files.len() {
        1 => first.name(),
        many => plural(many as u64, "file"),
    };
    let doing = Doing { task: format!("Reading {name}"), done: 0, total: 0 };
    state.set(Import::Running { name, doing, handle: None });
    let handle = session.with_value(|session| session.import(files, move |event| on_import(state, event)));
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
        JobEvent::Done(imported) => state.set(Import::Done(Box::new(imported))),
        JobEvent::Refused(rejection) => state.set(Import::Refused(Box::new(rejection))),
        JobEvent::Cancelled => state.set(Import::Cancelled),
        JobEvent::Failed(problem) => state.set(Import::Failed(problem)),
    }
}

/// A running import with its button to stop, and what became of the last one.
#[component]
fn Status(session: Sess) -> impl IntoView {
    let state = expect_context::<Activity>().import;
    // Progress comes many times a second: what can be pressed and what is read out must stay as it is meanwhile.
    let running = Memo::new(move |_| match &*state.read() {
        Import::Running { name, handle, .. } => Some((name.clone(), *handle)),
        _ => None,
    });
    let doing = move || match &*state.read() {
        Import::Running { doing, .. } => Some(view! { <Progress doing=doing.clone() in_bytes=true /> }),
        _ => None,
    };
    let job = move || {
        running.get().map(|(name, handle)| {
            let cancel = move |_| cancel(session, handle);
            view! {
                <div class="job" data-state="running">
                    {doing}
                    <button type="button" data-testid="import-stop" on:click=cancel
                        aria-label=format!("Stop importing {name}")>"Stop"</button>
                </div>
            }
        })
    };
    let told = move || match running.get() {
        Some((name, _)) => view! { <p class="visually-hidden">"Importing "{name}</p> }.into_any(),
        None => outcome(state.get_untracked()),
    };
    view! {
        <div data-testid="import-status">
            {job}
            <div aria-live="polite">{told}</div>
        </div>
    }
}

fn outcome(state: Import) -> AnyView {
    match state {
        Import::Idle | Import::Running { .. } => ().into_any(),
        Import::Done(imported) => done_view(&imported).into_any(),
        Import::Refused(rejection) => view! {
            <div class="outcome" data-state="refused" data-tone="bad">
                <p><strong>"Refused. "</strong>{rejection.message.clone()}</p>
                {findings_view(&rejection.findings, "the refused files", true)}
                {(rejection.findings.violation_count > 0).then(|| failure_cases_of(&rejection.findings))}
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

/// What an import has brought, and what its stages did.
fn done_view(imported: &Imported) -> impl IntoView + use<> {
    let Imported { info, stages, change } = imported;
    let change_word = match change {
        ImportChange::New => "new",
        ImportChange::Revision(_) => "revision",
        ImportChange::Same(_) => "same",
    };
    view! {
        <div class="outcome" data-state="done" data-change=change_word>
            <p><strong>{imported_words(&info.manifest, &info.seasons, *change)}</strong></p>
            {stages_table(stages)}
            {findings_view(&info.findings, "this import", false)}
        </div>
    }
}

fn stages_table(stages: &[StageReport]) -> impl IntoView + use<> {
    let rows = stage_rows(stages)
        .into_iter()
        .map(|row| {
            view! {
                <tr data-testid="stage">
                    <th scope="row">{row.stage}</th>
                    <td class="num">{row.rows_in}</td>
                    <td class="num">{row.rows_out}</td>
                    <td class="num">{row.refused}</td>
                    <td class="num">{row.bytes}</td>
                    <td class="num">{row.time}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table title="What each stage of the import did" columns=&STAGES>{rows}</Table>
    }
}
