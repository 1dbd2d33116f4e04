//! A dataset, and what was found in it, as files to keep.

use gloo::file::{Blob, ObjectUrl};
use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use crate::data::Findings;
use crate::flows::export::{Export, Exported, failure_cases};
use crate::protocol::DatasetRef;
use crate::ui::context::Sess;
use crate::ui::session::{DatasetInfo, Problem};

/// How long a file stays at hand for the browser's download, in milliseconds.
const KEPT_FOR: u32 = 60_000;

/// The files that a dataset can be written as.
#[component]
pub(super) fn Exports(session: Sess, info: DatasetInfo) -> impl IntoView {
    let state = RwSignal::new(String::new());
    let found = info.findings.violation_count > 0 || info.quarantined > 0;
    let button = |what: Export, words: &'static str| {
        let dataset = info.dataset.clone();
        let save = move |_| save(session, dataset.clone(), what, state);
        view! { <button class="quiet" type="button" data-testid="export" data-what=format!("{what:?}") on:click=save>{words}</button> }
    };
    view! {
        <div class="exports">
            <p class="small">"Save as a file:"</p>
            <p class="actions">
                {button(Export::Backup, "Back-up (JSON Lines)")}
                {button(Export::Games, "Games (CSV)")}
                {found.then(|| button(Export::FailureCases, "Failure cases (CSV)"))}
                {(info.quarantined > 0).then(|| button(Export::Quarantine, "Quarantine (JSON Lines)"))}
            </p>
            <p class="small" aria-live="polite">{state}</p>
        </div>
    }
}

fn save(session: Sess, dataset: DatasetRef, what: Export, state: RwSignal<String>) {
    let session = session.get_value();
    state.set("Writing the file…".to_owned());
    spawn_local(async move {
        let saved = session.export(dataset, what).await.and_then(|exported| download(&exported));
        state.set(saved_words(saved));
    });
}

/// The failure cases of files that were refused, which no dataset has.
pub(super) fn failure_cases_of(findings: &Findings) -> impl IntoView + use<> {
    let state = RwSignal::new(String::new());
    let findings = StoredValue::new(findings.clone());
    let save = move |_| {
        let exported = Exported {
            file_name: "refused-failure-cases.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            text: findings.with_value(failure_cases),
        };
        state.set(saved_words(download(&exported)));
    };
    view! {
        <p class="actions">
            <button type="button" data-testid="export" data-what="FailureCases" on:click=save>"Save the failure cases (CSV)"</button>
            <span class="small" aria-live="polite">{state}</span>
        </p>
    }
}

/// What became of a file that was to be saved.
pub(in crate::ui::pages) fn saved_words(saved: Result<String, Problem>) -> String {
    match saved {
        Ok(name) => format!("Saved as {name}."),
        Err(problem) => format!("It could not be saved: {problem}"),
    }
}

/// Hands a file to the browser's download; gives its name.
pub(in crate::ui::pages) fn download(exported: &Exported) -> Result<String, Problem> {
    download_bytes(&exported.file_name, &exported.media_type, exported.text.as_bytes())
}

/// The same of bytes.
pub(in crate::ui::pages) fn download_bytes(file_name: &str, media_type: &str, bytes: &[u8]) -> Result<String, Problem> {
    let url = ObjectUrl::from(Blob::new_with_options(bytes, Some(media_type)));
    let failed = || "the browser takes no downloads from this page".to_owned();
    let link = document().create_element("a").map_err(|_| failed())?;
    let link: web_sys::HtmlAnchorElement = link.dyn_into().map_err(|_| failed())?;
    link.set_href(&url);
    link.set_download(file_name);
    link.click();
    // The download reads the address after this call has ended.
    Timeout::new(KEPT_FOR, move || drop(url)).forget();
    Ok(file_name.to_owned())
}
