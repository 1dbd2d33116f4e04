//! The table of runs.

use std::sync::Arc;

use leptos::prelude::*;

use super::Page;
use crate::flows::present::runs::{Column, Line, Shown, all_columns, called, cell, default_columns, width};
use crate::tracking::RunTable;
use crate::ui::widgets::{RowAction, VirtualTable, row_id};

/// Width of the first column, in characters.
const NAME: u32 = 36;

/// The columns that are shown: those that were chosen, or the usual ones.
pub(super) fn shown_columns(page: Page) -> Memo<Arc<Vec<Column>>> {
    let Page { table, view, .. } = page;
    let chosen = Memo::new(move |_| view.with(|view| view.columns.clone()));
    Memo::new(move |_| {
        let table = table.get();
        let usual = || {
            let names = |all: &mut dyn Iterator<Item = &str>| all.map(str::to_owned).collect::<Vec<_>>();
            default_columns(&names(&mut table.metric_names()), &names(&mut table.param_names()))
        };
        Arc::new(chosen.get().unwrap_or_else(usual))
    })
}

/// The table.
#[component]
pub(super) fn RunsTable(page: Page) -> impl IntoView {
    let Page { table, view, lines, .. } = page;
    let columns = shown_columns(page);
    let active = RwSignal::new(0_usize);
    let total = Signal::derive(move || lines.with(|lines| lines.len()));
    let widths = Signal::derive(move || {
        let columns = columns.get();
        table.with(|table| {
            std::iter::once(NAME).chain(columns.iter().map(|column| width(table, column))).collect::<Vec<_>>()
        })
    });
    // Rows are made anew when their columns or their runs are other ones.
    let generation = Memo::new(move |before: Option<&u64>| {
        table.track();
        columns.track();
        before.copied().unwrap_or_default() + 1
    });
    let listing = Memo::new(move |before: Option<&u64>| {
        lines.track();
        generation.track();
        before.copied().unwrap_or_default() + 1
    });
    let key = move |at: usize| {
        let generation = generation.get();
        lines.with(|lines| match lines.get(at) {
            // A search that is unfolded is another row than one that is folded.
            Some(line) => (line.row * 2 + usize::from(line.unfolded), generation * 4096 + line.trials as u64),
            None => (usize::MAX, generation),
        })
    };
    let row = move |at: usize| match lines.with_untracked(|lines| lines.get(at).cloned()) {
        Some(line) => run_row(page, &table.get_untracked(), &columns.get_untracked(), at, &line, active),
        None => ().into_any(),
    };
    let act = Callback::new(move |(action, at): (RowAction, usize)| {
        let Some(line) = lines.with_untracked(|lines| lines.get(at).cloned()) else { return false };
        act_on(page, action, &line)
    });
    let head = move || head_row(page, columns).into_any();
    let is_empty = move || total.get() == 0;
    let none = move || {
        let shown = view.with(|view| view.shown);
        let there =
            |table: &RunTable| if shown == Shown::Deleted { table.deleted() } else { table.len() - table.deleted() };
        let filtered = table.with(|table| there(table) > 0);
        is_empty().then(|| {
            let words = if filtered {
                "No run is as the filter says."
            } else if shown == Shown::Deleted {
                "The trash is empty."
            } else {
                "There is nothing here yet: a training, a search or a back-test is recorded by itself."
            };
            view! { <p class="empty" data-testid="runs-empty">{words}</p> }
        })
    };
    view! {
        <div data-testid="runs-table" hidden=is_empty>
            <VirtualTable label="Runs" total listing widths head=head key row active act />
        </div>
        {none}
    }
}

fn act_on(page: Page, action: RowAction, line: &Line) -> bool {
    let id = page.table.with_untracked(|table| table.id(line.row).to_owned());
    match action {
        RowAction::Pick => pick(page, &id),
        RowAction::Open => page.view.update(|view| view.open = Some(id)),
        RowAction::Unfold if line.trials > 0 && !line.unfolded => page.view.update(|view| {
            view.unfolded.insert(id);
        }),
        RowAction::Fold if line.unfolded => page.view.update(|view| {
            view.unfolded.remove(&id);
        }),
        RowAction::Unfold | RowAction::Fold => return false,
    }
    true
}

/// Picks a run, or leaves it.
fn pick(page: Page, id: &str) {
    page.view.update(|view| {
        if !view.selected.remove(id) {
            view.selected.insert(id.to_owned());
        }
    });
}

fn head_row(page: Page, columns: Memo<Arc<Vec<Column>>>) -> impl IntoView {
    let Page { view, table, found, .. } = page;
    let all_picked = move || {
        let (found, table) = (found.get(), table.get());
        let picked = |row: &usize| *row < table.len() && view.with(|view| view.selected.contains(table.id(*row)));
        !found.is_empty() && found.iter().all(picked)
    };
    let pick_all = move |event| {
        let (found, table, on) = (found.get_untracked(), table.get_untracked(), event_target_checked(&event));
        view.update(|view| {
            view.selected.clear();
            if on {
                view.selected.extend(found.iter().map(|row| table.id(*row).to_owned()));
            }
        });
    };
    let heads = move || columns.get().iter().map(|column| head_cell(page, column)).collect_view();
    view! {
        <tr aria-rowindex="1">
            <th scope="col" class="name">
                <span class="name-cell">
                    <input type="checkbox" aria-label="Pick all that were found" data-testid="pick-all"
                        prop:checked=all_picked on:change=pick_all />
                    <span>"Run"</span>
                </span>
            </th>
            {heads}
        </tr>
    }
}

fn head_cell(page: Page, column: &Column) -> impl IntoView + use<> {
    let view = page.view;
    let (kind, label, number) = (column.kind(), column.label().to_owned(), column.is_number());
    let (of_sort, of_click, identifier) = (column.clone(), column.clone(), column.identifier());
    let sorted = Memo::new(move |_| view.with(|view| view.aria_sort(&of_sort)));
    let title = format!("{kind}: {label}");
    view! {
        <th scope="col" class:num=number aria-sort=sorted title=title data-column=identifier>
            <button type="button" class="sort" on:click=move |_| view.update(|view| view.order_by(&of_click))>
                <span>{label}</span>
                <span class="way" aria-hidden="true"></span>
            </button>
        </th>
    }
}

fn run_row(
    page: Page,
    table: &RunTable,
    columns: &[Column],
    at: usize,
    line: &Line,
    active: RwSignal<usize>,
) -> AnyView {
    let view = page.view;
    let run = table.run(line.row);
    let id = StoredValue::new(run.id.to_owned());
    let is_picked = move || id.with_value(|id| view.with(|view| view.selected.contains(id)));
    let is_open = move || id.with_value(|id| view.with(|view| view.open.as_ref() == Some(id)));
    let cells = columns
        .iter()
        .map(|column| {
            let text = cell(table, line.row, column);
            let title = text.clone();
            view! { <td class:num=column.is_number() title=title>{text}</td> }
        })
        .collect_view();
    let name = called(run.name, run.id).to_owned();
    let (label, title) = (format!("Pick {name}"), name.clone());
    let open = move |_| view.update(|view| view.open = Some(id.get_value()));
    let fold = (line.trials > 0).then(|| fold_button(page, line, id));
    view! {
        <tr
            id=row_id(at)
            data-testid="run-row"
            data-run=id.get_value()
            data-trial=line.is_trial.to_string()
            data-found=line.found.to_string()
            data-active=move || (active.get() == at).then_some("true")
            data-open=move || is_open().then_some("true")
            aria-rowindex=(at + 2).to_string()
            attr:aria-level=if line.is_trial { "2" } else { "1" }
            aria-selected=move || is_picked().to_string()
            aria-expanded=(line.trials > 0).then(|| line.unfolded.to_string())
            on:mousedown=move |_| active.set(at)
        >
            <th scope="row" class="name">
                <span class="name-cell">
                    <input type="checkbox" tabindex="-1" aria-label=label data-testid="pick"
                        prop:checked=is_picked on:change=move |_| id.with_value(|id| pick(page, id)) />
                    <button type="button" class="run-name" tabindex="-1" title=title data-testid="open-run" on:click=open>{name}</button>
                    {fold}
                </span>
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

fn fold_button(page: Page, line: &Line, id: StoredValue<String>) -> impl IntoView + use<> {
    let line = line.clone();
    let (count, action) = (line.trials, if line.unfolded { RowAction::Fold } else { RowAction::Unfold });
    let label = format!("{} {count} trials", if line.unfolded { "Fold" } else { "Unfold" });
    let testid = id.with_value(|_| "fold");
    view! {
        <button type="button" class="fold" tabindex="-1" data-testid=testid data-unfolded=line.unfolded.to_string()
            aria-label=label on:click=move |_| { act_on(page, action, &line); }>{count}</button>
    }
}

/// Every column that can be shown.
pub(super) fn possible_columns(page: Page) -> Vec<Column> {
    page.table.with(|table| all_columns(table))
}
