//! A version goes out of sight, and comes back.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::profile::who;
use crate::flows::present::models::{deletion_question, event_line};
use crate::flows::present::plural;
use crate::ui::context::Sess;
use crate::ui::session::{DeletedVersion, Problem};
use crate::ui::widgets::Answer;

/// Deletes a version after a question and for a reason.
#[component]
pub(super) fn DeleteVersion(session: Sess, version: String, aliases: Vec<String>, local: bool) -> impl IntoView {
    let asking = RwSignal::new(false);
    let question = deletion_question(&version, &aliases, local);
    let label = format!("Delete {version} …");
    let version = StoredValue::new(version);
    let question = StoredValue::new(question);
    view! {
        <p class="actions">
            <button type="button" data-testid="delete-version" aria-expanded=move || asking.get().to_string()
                on:click=move |_| asking.set(true)>{label}</button>
        </p>
        <Show when=move || asking.get()>
            <Confirm session version=version.get_value() question=question.get_value() asking />
        </Show>
    }
}

#[component]
fn Confirm(session: Sess, version: String, question: String, asking: RwSignal<bool>) -> impl IntoView {
    let why = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let field = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let go = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        problem.set(None);
        let (session, version, why) = (session.get_value(), version.clone(), why.get_untracked());
        spawn_local(async move {
            // Where it is done, the page shows the version as deleted, and this question is gone.
            if let Err(told) = session.delete_version(version, &why).await {
                let _ = problem.try_set(Some(told));
            }
            let _ = busy.try_set(false);
        });
    };
    let close_on_escape = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            asking.set(false);
        }
    };
    view! {
        <form class="confirm" data-testid="delete-question" on:submit=go on:keydown=close_on_escape>
            <p role="alert">{question}</p>
            <label>
                <span>"Why, for the trail"</span>
                <textarea rows="2" data-testid="delete-why" node_ref=field prop:value=move || why.get()
                    on:input=move |event| why.set(event_target_value(&event))></textarea>
            </label>
            <p class="small">"Recorded as "{move || who(session)}"."</p>
            <p class="actions">
                <button class="primary" type="submit" data-testid="delete-confirm" disabled=move || busy.get()>"Delete it"</button>
                <button class="quiet" type="button" on:click=move |_| asking.set(false)>"Leave it"</button>
            </p>
            {move || problem.get().map(|words| view! { <p class="strip" data-tone="bad" role="alert">{words}</p> })}
        </form>
    }
}

/// Every deleted version, behind a click.
#[component]
pub(super) fn DeletedVersions(session: Sess) -> impl IntoView {
    let found = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.deleted_versions().await.unwrap_or_default() }
    });
    let told = RwSignal::new(None::<Result<String, Problem>>);
    let rows = Signal::derive(move || found.get().unwrap_or_default());
    let count = Memo::new(move |_| rows.with(Vec::len));
    view! {
        <Show when=move || { count.get() > 0 }>
            <details class="deleted" data-testid="deleted-versions">
                <summary>{move || plural(count.get() as u64, "deleted version")}</summary>
                <ul class="kept">
                    {move || rows.get().into_iter().map(|row| view! { <li><DeletedRow session row told /></li> }).collect_view()}
                </ul>
            </details>
        </Show>
        <div aria-live="polite"><Answer told testid="restore-answer" /></div>
    }
}

/// A deleted version with its way back.
#[component]
pub(super) fn DeletedRow(
    session: Sess,
    row: DeletedVersion,
    told: RwSignal<Option<Result<String, Problem>>>,
) -> impl IntoView {
    let (at, line) = event_line(&row.event);
    let name = row.version.version;
    let label = format!("Restore {name}");
    let version = name.clone();
    let busy = RwSignal::new(false);
    let restore = move |_| {
        busy.set(true);
        let (session, version) = (session.get_value(), version.clone());
        spawn_local(async move {
            let outcome = session.restore_version(version.clone()).await;
            let _ = told.try_set(Some(outcome.map(|()| format!("{version} is restored, to Archived."))));
            let _ = busy.try_set(false);
        });
    };
    view! {
        <div data-testid="deleted-version" data-version=name.clone()>
            <strong class="version">{name.clone()}</strong>
            <p class="small"><time>{at}</time>": "{line}</p>
        </div>
        <button type="button" aria-label=label data-testid="restore-version" disabled=move || busy.get() on:click=restore>
            "Restore"
        </button>
    }
}
