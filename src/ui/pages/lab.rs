//! The door of the lab leads to its first page.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use crate::ui::context::href;

/// Goes to the data.
#[component]
pub fn Index() -> impl IntoView {
    view! { <Redirect path=href("/lab/data") /> }
}
