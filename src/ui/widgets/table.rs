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

/// The head of a column.
#[derive(Debug, Clone, Copy)]
pub enum Head {
    /// Over texts.
    Text(&'static str),
    /// Over figures, which stand at the right.
    Number(&'static str),
}

/// A table with one row of heads, in its own frame. The title is for a screen reader: what stands above it says the same.
#[component]
pub fn Table(
    /// What the table holds.
    #[prop(into)]
    title: String,
    /// The heads of its columns.
    columns: &'static [Head],
    /// Its rows.
    children: Children,
) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|head| match *head {
            Head::Text(name) => view! { <th scope="col">{name}</th> }.into_any(),
            Head::Number(name) => view! { <th class="num" scope="col">{name}</th> }.into_any(),
        })
        .collect_view();
    view! {
        <TableScroll label=title.clone()>
            <table>
                <caption class="visually-hidden">{title}</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{children()}</tbody>
            </table>
        </TableScroll>
    }
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
