//! The address names no page.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::context::href;
use crate::ui::shell::LAB;

/// Says so, and offers the way back.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found" />
        <header class="page-head">
            <p class="kicker">"404"</p>
            <h1>"There is no page here"</h1>
            <p class="lead">"The address may have been mistyped, or the page has moved. These exist:"</p>
        </header>
        <ul class="plain-list">
            <li><a href=href("/")>"Tonight’s games"</a></li>
            {LAB
                .into_iter()
                .map(|(route, words)| view! { <li><a href=href(route)>"Lab: "{words}</a></li> })
                .collect_view()}
            <li><a href=href("/about")>"How the numbers are made"</a></li>
        </ul>
    }
}
