//! Word of what other tabs do.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::context::Opened;
use super::session::Problem;

/// Says when another tab has changed this browser's store, once the pages show it as it is now.
#[component]
pub fn StoreNews() -> impl IntoView {
    let opened = expect_context::<Opened>();
    let told = RwSignal::new(None::<Result<(), Problem>>);
    Effect::new(move |_| {
        if let Some(Ok(session)) = opened.get() {
            session.with_value(|session| session.on_changed_elsewhere(move |outcome| told.set(Some(outcome))));
        }
    });
    let pathname = use_location().pathname;
    // On another page it is no news any more.
    Effect::new(move |_| {
        pathname.track();
        told.set(None);
    });
    let strip = move || {
        told.get().map(|outcome| {
            let (tone, words) = match outcome {
                Ok(()) => (
                    "none",
                    "This browser’s store was changed in another tab; the page shows it as it is now.".to_owned(),
                ),
                Err(problem) => (
                    "bad",
                    format!("This browser’s store was changed in another tab and could not be loaded again: {problem}"),
                ),
            };
            view! {
                <p class="strip notice" data-tone=tone>
                    {words}" "
                    <button class="quiet" type="button" on:click=move |_| told.set(None)>"Dismiss"</button>
                </p>
            }
        })
    };
    view! { <div role="status" data-testid="store-news">{strip}</div> }
}
