//! Runs and models for other browsers and other tools, and theirs for this one.

use gloo::file::futures::read_as_bytes;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{File, FileList};

use super::data::exports::{download_bytes, saved_words};
use super::data::import::{drop_anywhere, listed};
use crate::flows::exchange::bundle::MOST_BYTES;
use crate::flows::present::bytes;
use crate::ui::context::Sess;
use crate::ui::session::{Outgoing, Problem};

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
    let take = move |files: Option<FileList>| {
        for file in listed(files) {
            spawn_local(async move {
                told.set(Some(taken(session, file).await));
            });
        }
    };
    let input = NodeRef::<html::Input>::new();
    let picked = move |_| {
        let Some(input) = input.get() else { return };
        take(input.files());
        // The same file can be picked again.
        input.set_value("");
    };
    let over = drop_anywhere(take);
    let answer = move || {
        told.get().map(|outcome| {
            let (tone, words) = match outcome {
                Ok(words) => ("good", words),
                Err(problem) => ("bad", problem),
            };
            view! { <p class="strip notice" data-tone=tone data-testid="exchange-answer">{words}</p> }
        })
    };
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
                "Choose a bundle or a zip archive of an mlruns folder, or drop it anywhere on this page. It is checked first; what does not hold is refused whole."
            </p>
            <label class="file">
                <span class="button">"Choose a file"</span>
                <input class="visually-hidden" type="file" accept=".zip,.bundle" data-testid="exchange-input" node_ref=input
                    on:change=picked />
            </label>
            <div aria-live="polite">{answer}</div>
            <Show when=move || over.get()>
                <div class="drop-veil" aria-hidden="true"><p>"Drop the file to import it"</p></div>
            </Show>
        </section>
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

/// Reads a file and takes it in.
async fn taken(session: Sess, file: File) -> Result<String, Problem> {
    let name = file.name();
    if file.size() > MOST_BYTES as f64 {
        let (size, most) = (bytes(file.size() as u64), bytes(MOST_BYTES as u64));
        return Err(format!(
            "{name} was not imported: it has {size}, and at most {most} are read. Nothing was changed."
        ));
    }
    let bytes = read_as_bytes(&file.into()).await;
    let bytes = bytes.map_err(|error| format!("{name} could not be read: {error}. Nothing was changed."))?;
    session.get_value().incoming(&name, &bytes).await
}
