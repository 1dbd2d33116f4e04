//! Which columns the table has.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::Page;
use super::table::{possible_columns, shown_columns};
use crate::flows::present::runs::Column;

/// A list of all columns by kind, unfolded on demand.
#[component]
pub(super) fn ColumnsChooser(page: Page) -> impl IntoView {
    let view = page.view;
    let shown = shown_columns(page);
    let sought = RwSignal::new(String::new());
    let is_open = RwSignal::new(false);
    let usual = move |_| view.update(|view| view.columns = None);
    let lists = move || {
        is_open.get().then(|| {
            let mut kinds: Vec<(&'static str, Vec<Column>)> = Vec::new();
            for column in possible_columns(page) {
                match kinds.last_mut() {
                    Some((kind, columns)) if *kind == column.kind() => columns.push(column),
                    _ => kinds.push((column.kind(), vec![column])),
                }
            }
            let group = |(kind, columns): (&'static str, Vec<Column>)| {
                let ticks = columns.into_iter().map(|column| tick(page, shown, sought, column)).collect_view();
                view! { <fieldset><legend>{kind}</legend>{ticks}</fieldset> }
            };
            kinds.into_iter().map(group).collect_view()
        })
    };
    view! {
        <details class="chooser" data-testid="columns" on:toggle=move |event| is_open.set(opened(&event))>
            <summary>"Columns"</summary>
            <div class="chooser-panel">
                <input type="text" aria-label="Find a column" placeholder="Find a column" autocomplete="off" spellcheck="false"
                    prop:value=move || sought.get() on:input=move |event| sought.set(event_target_value(&event)) />
                <div class="chooser-lists">{lists}</div>
                <button type="button" class="quiet" on:click=usual>"The usual columns"</button>
            </div>
        </details>
    }
}

fn opened(event: &web_sys::Event) -> bool {
    use leptos::wasm_bindgen::JsCast as _;
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| element.has_attribute("open"))
}

fn tick(
    page: Page,
    shown: Memo<std::sync::Arc<Vec<Column>>>,
    sought: RwSignal<String>,
    column: Column,
) -> impl IntoView + use<> {
    let label = column.label().to_owned();
    let identifier = column.identifier();
    let (of_hidden, of_checked) = (label.to_lowercase(), column.clone());
    let hidden = move || sought.with(|sought| !of_hidden.contains(&sought.trim().to_lowercase()));
    let checked = move || shown.with(|shown| shown.contains(&of_checked));
    let change = move |event| {
        let mut columns = shown.with_untracked(|shown| shown.to_vec());
        columns.retain(|other| *other != column);
        if event_target_checked(&event) {
            columns.push(column.clone());
            in_order(&mut columns, &possible_columns(page));
        }
        page.view.update(|view| view.columns = Some(columns));
    };
    view! {
        <label class="tick" hidden=hidden>
            <input type="checkbox" data-column=identifier prop:checked=checked on:change=change />
            <span>{label}</span>
        </label>
    }
}

/// Puts the column that came last behind the last one of its kind that stands before it in the list of all.
fn in_order(columns: &mut Vec<Column>, all: &[Column]) {
    let places: BTreeMap<&Column, usize> = all.iter().enumerate().map(|(at, column)| (column, at)).collect();
    let Some(new) = columns.pop() else { return };
    let after = columns.iter().rposition(|other| other.kind() == new.kind() && places.get(other) < places.get(&new));
    let kind_start = columns.iter().position(|other| other.kind() == new.kind());
    let at = after.map_or(kind_start.unwrap_or(columns.len()), |at| at + 1);
    columns.insert(at, new);
}
