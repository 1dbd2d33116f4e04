//! The door of the lab leads to its first page.

use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Goes to the data.
#[component]
pub fn Index() -> impl IntoView {
    // The router itself adds the path that the site is served under.
    view! { <Redirect path="/lab/data" /> }
}
