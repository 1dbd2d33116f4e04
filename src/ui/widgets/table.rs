//! Facts in two columns, and tables that scroll inside the page.

use leptos::prelude::*;

/// Labels with their values.
#[component]
pub fn Facts(
    /// In the order in which they stand.
    facts: Vec<(&'static str, String)>,
) -> impl IntoView {
    view! {
        <dl class="facts">
            {facts
                .into_iter()
                .map(|(label, value)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> })
                .collect_view()}
        </dl>
    }
}

/// A frame in which a wide table scrolls by itself, reachable by keyboard.
#[component]
pub fn TableScroll(
    /// What the table holds, for a screen reader.
    #[prop(into)]
    label: String,
    /// The table.
    children: Children,
) -> impl IntoView {
    view! { <div class="table-scroll" role="region" aria-label=label tabindex="0">{children()}</div> }
}

/// A feature's name, which may break after an underscore.
#[component]
pub fn Feature(
    /// The name.
    name: String,
) -> impl IntoView {
    let parts = name.split_inclusive('_').map(|part| view! { {part.to_owned()}<wbr /> }).collect_view();
    view! { <code>{parts}</code> }
}
