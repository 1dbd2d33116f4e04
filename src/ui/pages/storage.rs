//! The lab's last page: what this browser keeps, how much room it takes, taken along as a back-up, put back, deleted.

use gloo::file::futures::read_as_bytes;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{File, FileList};

use super::data::exports::{download, saved_words};
use super::data::import::{drop_anywhere, listed};
use super::data::left_out_view;
use crate::flows::present::bytes;
use crate::flows::present::data::choice_label;
use crate::flows::present::storage::{
    Replaced, Room, deletion_question, kind_rows, newer_words, persistence_words, removal_question, replaced,
    restore_question, room_words, taken, total_words,
};
use crate::ui::context::Sess;
use crate::ui::session::{DatasetInfo, Planned, Problem, Stored};
use crate::ui::widgets::{Answer, Head, PageHead, ProblemBox, Skeleton, Table, with_session};

/// The largest back-up that is read into memory, in bytes.
const LARGEST: f64 = 1_073_741_824.0;

const KINDS: [Head; 4] = [Head::Text("What"), Head::Number("Documents"), Head::Number("Size"), Head::Number("Share")];
const CHANGE: [Head; 3] = [Head::Text("What"), Head::Number("Now"), Head::Number("In the back-up")];

/// Room, back-up, restore, deletion.
#[component]
pub fn Storage() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, kept in this browser"
            title="Storage"
            lead="What you import, train and promote is kept in this browser and nowhere else. Here is how much that is, and how to take it along."
        />
        {with_session(|session| view! { <StoragePage session /> })}
    }
}

/// Where on the page a question is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// At an imported dataset, by its digest.
    Import(String),
    /// Under the back-up.
    Restore,
    /// At the end.
    Delete,
}

/// A change that waits for a yes.
#[derive(Clone)]
struct Asked {
    at: Place,
    question: String,
    verb: &'static str,
    done: String,
    rows: Vec<Replaced>,
    planned: Planned,
}

/// What the page asks and tells.
#[derive(Clone, Copy)]
struct State {
    session: Sess,
    asked: RwSignal<Option<Asked>>,
    told: RwSignal<Option<Result<String, Problem>>>,
    busy: RwSignal<bool>,
}

impl State {
    /// Asks before a planned change, or tells why there is none.
    fn ask(self, planned: Result<Planned, Problem>, ask: impl FnOnce(Planned) -> Asked) {
        self.busy.set(false);
        match planned {
            Ok(planned) => {
                self.told.set(None);
                self.asked.set(Some(ask(planned)));
            }
            Err(problem) => {
                self.asked.set(None);
                self.told.set(Some(Err(problem)));
            }
        }
    }

    fn carry_out(self) {
        let Some(Asked { planned, done, .. }) = self.asked.get_untracked() else { return };
        self.busy.set(true);
        spawn_local(async move {
            let outcome = self.session.get_value().carry_out(planned).await;
            self.asked.set(None);
            self.busy.set(false);
            self.told.set(Some(outcome.map(|()| done)));
        });
    }

    fn restore(self, files: Option<FileList>) {
        let mut files = listed(files);
        if self.busy.get_untracked() || files.is_empty() {
            return;
        }
        if files.len() > 1 {
            self.told
                .set(Some(Err("Choose one back-up: each replaces all that is kept. Nothing was changed.".to_owned())));
            return;
        }
        let file = files.remove(0);
        self.busy.set(true);
        spawn_local(async move {
            let name = file.name();
            let planned = read(self.session, file).await;
            self.ask(planned, |planned| Asked {
                at: Place::Restore,
                question: restore_question(&name, &planned.there, &planned.after),
                verb: "Replace everything",
                done: format!("{name} is restored: {}.", total_words(&planned.after)),
                rows: replaced(&planned.there, &planned.after),
                planned,
            });
        });
    }

    fn remove(self, info: DatasetInfo, size: u64) {
        spawn_local(async move {
            let called = choice_label(&info.manifest, false);
            let planned = self.session.get_value().plan_removal(&info.dataset).await;
            self.ask(planned, |planned| Asked {
                at: Place::Import(info.manifest.digest.hex()),
                question: removal_question(&called, size, info.active),
                verb: "Delete it",
                done: format!("{called} is deleted."),
                rows: Vec::new(),
                planned,
            });
        });
    }

    fn delete(self) {
        spawn_local(async move {
            let planned = self.session.get_value().plan_deletion().await;
            self.ask(planned, |planned| Asked {
                at: Place::Delete,
                question: deletion_question(&planned.there),
                verb: "Delete everything",
                done: "Everything of this site in this browser is deleted.".to_owned(),
                rows: Vec::new(),
                planned,
            });
        });
    }
}

/// Reads a file that may be a back-up.
async fn read(session: Sess, file: File) -> Result<Planned, Problem> {
    let name = file.name();
    if file.size() > LARGEST {
        return Err(format!(
            "{name} cannot be restored: it has {}, and at most {} can be read here. Nothing was changed.",
            bytes(file.size() as u64),
            bytes(LARGEST as u64)
        ));
    }
    let bytes = read_as_bytes(&file.into()).await;
    let bytes = bytes.map_err(|error| format!("{name} could not be read: {error}. Nothing was changed."))?;
    session.get_value().read_backup(&name, &bytes).await
}

#[component]
fn StoragePage(session: Sess) -> impl IntoView {
    let state = State { session, asked: RwSignal::new(None), told: RwSignal::new(None), busy: RwSignal::new(false) };
    let loaded = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { (session.room().await, session.stored().await) }
    });
    let shown = move || match loaded.get() {
        None => view! { <Skeleton label="Looking at the store" /> }.into_any(),
        Some((room, stored)) => view! {
            <RoomSection room />
            {match stored {
                Ok(stored) => kept_section(state, stored).into_any(),
                Err(problem) => view! { <ProblemBox problem /> }.into_any(),
            }}
        }
        .into_any(),
    };
    view! {
        <div aria-live="polite" data-testid="storage-answer"><Answer told=state.told testid="storage-told" /></div>
        {shown}
        <BackupSection state />
        <DeleteSection state />
    }
}

/// How much room there is.
#[component]
fn RoomSection(room: Room) -> impl IntoView {
    let bar = taken(&room).map(|part| {
        let value = format!("{:.2}", part * 100.0);
        view! {
            <div class="room" role="meter" aria-label="Room that is taken, in percent" aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=value.clone() style:--value=format!("{value}%")><span></span></div>
        }
    });
    view! {
        <section class="block" data-testid="room">
            <h2>"Room"</h2>
            {bar}
            <p class="measure">{room_words(&room)}</p>
            <p class="measure">{persistence_words(&room)}</p>
        </section>
    }
}

fn kept_section(state: State, stored: Stored) -> impl IntoView {
    if stored.kinds.is_empty() {
        return view! {
            <section class="block" data-testid="kept">
                <h2>"What is kept"</h2>
                <p class="empty">"Nothing yet: what came with the site is not counted."</p>
            </section>
        }
        .into_any();
    }
    let total = total_words(&stored.kinds);
    let newer = newer_words(&stored.newer);
    let newer = newer.map(|words| view! { <p class="strip" data-tone="warn" data-testid="newer">{words}</p> });
    let rows = kind_rows(&stored.kinds)
        .into_iter()
        .map(|row| {
            view! {
                <tr data-testid="kind" data-kind=row.kind>
                    <th scope="row">{row.name}</th>
                    <td class="num">{row.documents}</td>
                    <td class="num">{row.size}</td>
                    <td class="num">{row.share}</td>
                </tr>
            }
        })
        .collect_view();
    let imports = (!stored.imports.is_empty()).then(|| {
        let rows = stored.imports.into_iter().map(|(info, size)| import_row(state, info, size)).collect_view();
        view! { <h3>"Imported datasets"</h3><ul class="kept">{rows}</ul> }
    });
    view! {
        <section class="block" data-testid="kept">
            <h2>"What is kept"</h2>
            <p class="small">{format!("In all {total}. What came with the site is not counted.")}</p>
            <Table title="What is kept, by kind" columns=&KINDS>{rows}</Table>
            {newer}
            {left_out_view(stored.left_out)}
            {imports}
        </section>
    }
    .into_any()
}

fn import_row(state: State, info: DatasetInfo, size: u64) -> impl IntoView {
    let called = choice_label(&info.manifest, false);
    let place = Place::Import(info.manifest.digest.hex());
    let label = format!("Delete {called}");
    let remove = move |_| state.remove(info.clone(), size);
    view! {
        <li data-testid="kept-import">
            <span>{called}</span>
            <span class="small num">{bytes(size)}</span>
            <button class="quiet" type="button" aria-label=label data-testid="remove-import"
                disabled=move || state.busy.get() on:click=remove>"Delete"</button>
            <Question state place />
        </li>
    }
}

/// A back-up is saved and read.
#[component]
fn BackupSection(state: State) -> impl IntoView {
    let saved = RwSignal::new(String::new());
    let save = move |_| {
        saved.set("Writing the file…".to_owned());
        let session = state.session.get_value();
        spawn_local(async move {
            saved.set(saved_words(session.back_up().await.and_then(|exported| download(&exported))));
        });
    };
    let input = NodeRef::<html::Input>::new();
    let picked = move |_| {
        let Some(input) = input.get() else { return };
        state.restore(input.files());
        // The same file can be picked again.
        input.set_value("");
    };
    let over = drop_anywhere(move |files| state.restore(files));
    view! {
        <section class="block" data-testid="backup" data-over=move || over.get().to_string()>
            <h2>"Back-up"</h2>
            <p class="measure">
                "One file with all that is kept. It can be restored here or in another browser, and "
                <code>"linelogic --store FILE"</code>
                " opens it on the command line."
            </p>
            <p class="actions">
                <button class="primary" type="button" data-testid="back-up" on:click=save>"Save a back-up"</button>
                <span class="small" aria-live="polite" data-testid="saved">{saved}</span>
            </p>
            <h3>"Restore"</h3>
            <p class="measure">
                "Choose a back-up, or drop it anywhere on this page. It is checked first, and nothing is replaced before you say so."
            </p>
            <label class="file">
                <span class="button">"Choose a back-up"</span>
                <input class="visually-hidden" type="file" accept=".jsonl,.ndjson,application/jsonl"
                    data-testid="restore-input" node_ref=input on:change=picked />
            </label>
            <Question state place=Place::Restore />
            <Show when=move || over.get()>
                <div class="drop-veil" aria-hidden="true"><p>"Drop the back-up to look at it"</p></div>
            </Show>
        </section>
    }
}

#[component]
fn DeleteSection(state: State) -> impl IntoView {
    view! {
        <section class="block">
            <h2>"Delete everything"</h2>
            <p class="measure">
                "Imports, runs, models and settings of this browser go, and so does the random number by which you are told from other visitors. What came with the site stays."
            </p>
            <p class="actions">
                <button type="button" data-testid="delete-all" disabled=move || state.busy.get()
                    on:click=move |_| state.delete()>"Delete everything of this browser"</button>
            </p>
            <Question state place=Place::Delete />
        </section>
    }
}

/// The question before a change, at the place where it was called for.
#[component]
fn Question(state: State, place: Place) -> impl IntoView {
    move || state.asked.get().filter(|asked| asked.at == place).map(|asked| question_view(state, asked))
}

fn question_view(state: State, asked: Asked) -> impl IntoView {
    let leave = NodeRef::<html::Button>::new();
    // The answer that changes nothing is the one at hand.
    Effect::new(move |_| {
        if let Some(button) = leave.get() {
            let _ = button.focus();
        }
    });
    let close_on_escape = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            state.asked.set(None);
        }
    };
    let rows = asked.rows;
    let change = (!rows.is_empty()).then(|| {
        let row = |row: Replaced| {
            view! {
                <tr><th scope="row">{row.name}</th><td class="num">{row.before}</td><td class="num">{row.after}</td></tr>
            }
        };
        view! {
            <Table title="What is replaced" columns=&CHANGE>{rows.into_iter().map(row).collect_view()}</Table>
        }
    });
    view! {
        <div class="confirm" role="group" aria-label="Confirm" data-testid="confirm" on:keydown=close_on_escape>
            <p role="alert">{asked.question}</p>
            {change}
            <p class="actions">
                <button type="button" data-testid="carry-out" disabled=move || state.busy.get()
                    on:click=move |_| state.carry_out()>{asked.verb}</button>
                <button class="quiet" type="button" node_ref=leave on:click=move |_| state.asked.set(None)>"Leave it"</button>
            </p>
        </div>
    }
}
