//! Runs and models for other browsers and other tools, and theirs for this one.

use gloo::file::futures::read_as_bytes;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{File, FileSystemDirectoryEntry};

use super::data::exports::{download_bytes, saved_words};
use super::data::import::{all_dropped, listed};
use crate::flows::exchange::bundle::MOST_BYTES;
use crate::flows::present::bytes;
use crate::ui::context::Sess;
use crate::ui::session::{Dropped, Outgoing, Problem};
use crate::ui::widgets::Answer;

/// A button that writes a file and hands it to the browser's download.
#[component]
pub(super) fn SaveAs(session: Sess, what: Outgoing, label: &'static str, testid: &'static str) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let what = StoredValue::new(what);
    let save = move |_| {
        busy.set(true);
        said.set("Writing the file…".to_owned());
        let session = session.get_value();
        spawn_local(async move {
            let saved = session.outgoing(what.get_value()).await;
            let saved = saved.and_then(|file| download_bytes(&file.file_name, file.media_type, &file.bytes));
            let _ = said.try_set(saved_words(saved));
            let _ = busy.try_set(false);
        });
    };
    view! {
        <button type="button" data-testid=testid disabled=move || busy.get() on:click=save>{label}</button>
        " "<span class="small" aria-live="polite">{said}</span>
    }
}

/// Everything that leaves and enters.
#[component]
pub(super) fn Exchange(session: Sess) -> impl IntoView {
    let told = RwSignal::new(None::<Result<String, Problem>>);
    let reading = RwSignal::new(0_u32);
    let take = move |coming: Incoming| {
        reading.update(|reading| *reading += 1);
        spawn_local(async move {
            let outcome = taken(session, coming).await;
            // The page may have been left meanwhile.
            let _ = told.try_set(Some(outcome));
            let _ = reading.try_update(|reading| *reading -= 1);
        });
    };
    let over = all_dropped(move |transfer| {
        let Dropped { files, folders } = Dropped::of(&transfer);
        files.into_iter().map(Incoming::File).chain(folders.into_iter().map(Incoming::Dropped)).for_each(take);
    });
    let busy = move || (reading.get() > 0).then(|| view! { <p class="small">"Reading …"</p> });
    view! {
        <section class="block" data-testid="exchange" data-over=move || over.get().to_string()>
            <h2>"To others, and from them"</h2>
            <p class="measure">
                "A bundle is the registry with its runs and their files, signed with this browser’s key; another browser or the command line opens it. An MLflow store opens in MLflow 3.17."
            </p>
            <p class="actions"><SaveAs session what=Outgoing::Bundle label="Save a signed bundle" testid="save-bundle" /></p>
            <p class="actions"><SaveAs session what=Outgoing::Mlflow label="Save an MLflow store (zip)" testid="save-mlflow" /></p>
            <h3>"Reports"</h3>
            <p class="measure">"An experiment as one page that opens from disk and can be sent."</p>
            <Reports session />
            <h3>"Import"</h3>
            <p class="measure">
                "Choose a bundle, an mlruns folder or a zip archive of one, or drop it anywhere on this page. It is checked first; what does not hold is refused whole."
            </p>
            <Choose take />
            <div aria-live="polite">{busy}<Answer told testid="exchange-answer" /></div>
            <Show when=move || over.get()>
                <div class="drop-veil" aria-hidden="true"><p>"Drop it to import it"</p></div>
            </Show>
        </section>
    }
}

/// Something that is to come in.
enum Incoming {
    File(File),
    /// All files of a folder that was chosen.
    Chosen(Vec<File>),
    /// A folder that was dropped.
    Dropped(FileSystemDirectoryEntry),
}

/// Files and folders for who does not drop them.
#[component]
fn Choose(take: impl Fn(Incoming) + Copy + 'static) -> impl IntoView {
    let (file, folder) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    // The same can be picked again.
    let files_of = |input: NodeRef<html::Input>| {
        let input = input.get_untracked()?;
        let files = listed(input.files());
        input.set_value("");
        Some(files)
    };
    let picked = move |_| files_of(file).into_iter().flatten().map(Incoming::File).for_each(take);
    let chosen = move |_| {
        if let Some(files) = files_of(folder).filter(|files| !files.is_empty()) {
            take(Incoming::Chosen(files));
        }
    };
    view! {
        <p class="actions">
            <label class="file">
                <span class="button">"Choose a file"</span>
                <input class="visually-hidden" type="file" accept=".zip,.bundle" data-testid="exchange-input" node_ref=file
                    on:change=picked />
            </label>
            <label class="file">
                <span class="button">"Choose a folder"</span>
                <input class="visually-hidden" type="file" prop:webkitdirectory=true data-testid="exchange-folder"
                    node_ref=folder on:change=chosen />
            </label>
        </p>
    }
}

/// A report of each experiment.
#[component]
fn Reports(session: Sess) -> impl IntoView {
    let experiments = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.experiments().await.unwrap_or_default() }
    });
    let reports = move || {
        let names = experiments.get().unwrap_or_default();
        names
            .into_iter()
            .map(|name| {
                view! {
                    <li>
                        <span>{name.clone()}</span>
                        " "<SaveAs session what=Outgoing::Report(name) label="Save the report" testid="save-report" />
                    </li>
                }
            })
            .collect_view()
    };
    view! { <ul class="plain-list wide">{reports}</ul> }
}

/// Reads what comes in and takes it.
async fn taken(session: Sess, coming: Incoming) -> Result<String, Problem> {
    let session = session.get_value();
    let file = match coming {
        Incoming::File(file) => file,
        Incoming::Chosen(files) => return session.incoming_files(files).await,
        Incoming::Dropped(folder) => return session.incoming_folder(folder).await,
    };
    let name = file.name();
    if file.size() > MOST_BYTES as f64 {
        let (size, most) = (bytes(file.size() as u64), bytes(MOST_BYTES as u64));
        return Err(format!(
            "{name} was not imported: it has {size}, and at most {most} are read. Nothing was changed."
        ));
    }
    let bytes = read_as_bytes(&file.into()).await;
    let bytes = bytes.map_err(|error| format!("{name} could not be read: {error}. Nothing was changed."))?;
    session.incoming(&name, &bytes).await
}
