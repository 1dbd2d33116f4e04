//! What can be done with the runs that are picked: compare, move to the trash, restore, purge.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Page, compare_href};
use crate::flows::present::runs::{
    Shown, called, deleted_words, picked_words, purge_question, purged_words, restored_words,
};
use crate::ui::session::Problem;

/// What was done last: words, and what takes it back.
#[derive(Clone, Default)]
struct Done {
    lines: Vec<String>,
    tone: &'static str,
    undo: Vec<String>,
}

/// What an action needs.
#[derive(Clone, Copy)]
struct Actions {
    page: Page,
    busy: RwSignal<bool>,
    asking: RwSignal<bool>,
    done: RwSignal<Done>,
}

impl Actions {
    /// The picked runs in the order of the rows, and behind them those that the filter hides.
    fn picked(self) -> Vec<String> {
        let Page { table, view, found, .. } = self.page;
        let table = table.get_untracked();
        view.with_untracked(|view| {
            let rows = found.get_untracked();
            let seen = rows.iter().filter(|row| **row < table.len()).copied();
            let rest = table.newest_first();
            let mut left = view.selected.clone();
            seen.chain(rest).map(|row| table.id(row).to_owned()).filter(|id| left.remove(id)).collect()
        })
    }

    fn settle(self, outcome: Result<Done, Problem>) {
        // The page may have been left meanwhile.
        let _ = self.busy.try_set(false);
        let _ = self.asking.try_set(false);
        let is_done = outcome.is_ok();
        let done = outcome.unwrap_or_else(|problem| Done { lines: vec![problem], tone: "bad", undo: Vec::new() });
        if is_done {
            let _ = self.page.view.try_update(|view| view.selected.clear());
        }
        let _ = self.done.try_set(done);
    }

    fn delete(self) {
        let (session, ids) = (self.page.session.get_value(), self.picked());
        self.busy.set(true);
        spawn_local(async move {
            let moved = session.delete_runs(&ids).await;
            self.settle(moved.map(|moved| Done {
                lines: vec![deleted_words(moved.len(), ids.len())],
                tone: "good",
                undo: moved,
            }));
        });
    }

    fn restore(self, ids: Vec<String>) {
        let session = self.page.session.get_value();
        self.busy.set(true);
        spawn_local(async move {
            let back = session.restore_runs(&ids).await;
            self.settle(back.map(|back| Done {
                lines: vec![restored_words(back.len())],
                tone: "good",
                undo: Vec::new(),
            }));
        });
    }

    fn purge(self) {
        let (session, ids, table) = (self.page.session.get_value(), self.picked(), self.page.table.get_untracked());
        self.busy.set(true);
        spawn_local(async move {
            let named = |id: &str| {
                table.row_of(id).map_or_else(|| id.to_owned(), |row| called(table.run(row).name, id).to_owned())
            };
            let purged = session.purge_runs(&ids).await;
            self.settle(purged.map(|purged| Done {
                tone: if purged.kept.is_empty() { "good" } else { "warn" },
                lines: purged_words(&purged, named),
                undo: Vec::new(),
            }));
        });
    }
}

/// The bar over the table.
#[component]
pub(super) fn Picked(page: Page) -> impl IntoView {
    let actions = Actions {
        page,
        busy: RwSignal::new(false),
        asking: RwSignal::new(false),
        done: RwSignal::new(Done::default()),
    };
    let view = page.view;
    let count = Memo::new(move |_| view.with(|view| view.selected.len()));
    let shown = Memo::new(move |_| view.with(|view| view.shown));
    // What was done on one side of the page is no news on the other.
    Effect::new(move |before: Option<Shown>| {
        let now = shown.get();
        if before.is_some_and(|before| before != now) {
            actions.done.set(Done::default());
            actions.asking.set(false);
        }
        now
    });
    let clear = move |_| view.update(|view| view.selected.clear());
    let buttons = move || match shown.get() {
        Shown::Active => active_buttons(actions, count).into_any(),
        Shown::Deleted => trash_buttons(actions).into_any(),
    };
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="picked" role="group" aria-label="What is picked">
                <p data-testid="picked">{move || picked_words(count.get())}</p>
                <p class="actions">
                    {buttons} <button type="button" class="quiet" on:click=clear>"Pick none"</button>
                </p>
            </div>
        </Show>
        <Show when=move || actions.asking.get() && { count.get() > 0 }>
            <div class="confirm" role="alertdialog" aria-label="Purge">
                <p>{move || purge_question(count.get())}</p>
                <p class="actions">
                    <button type="button" class="primary" data-testid="purge-confirm" disabled=move || actions.busy.get()
                        on:click=move |_| actions.purge()>"Delete for good"</button>
                    <button type="button" class="quiet" on:click=move |_| actions.asking.set(false)>"Leave them"</button>
                </p>
            </div>
        </Show>
        <div aria-live="polite" data-testid="runs-done">{move || done_view(actions)}</div>
    }
}

fn done_view(actions: Actions) -> impl IntoView {
    let Done { lines, tone, undo } = actions.done.get();
    let lines = lines.into_iter().map(|line| view! { <p class="strip" data-tone=tone>{line}</p> }).collect_view();
    let undo = (!undo.is_empty()).then(|| {
        view! {
            <button type="button" class="quiet" data-testid="undo" on:click=move |_| actions.restore(undo.clone())>"Take it back"</button>
        }
    });
    view! { {lines} {undo} }
}

fn active_buttons(actions: Actions, count: Memo<usize>) -> impl IntoView {
    let Page { view, table, found, .. } = actions.page;
    let address = move || {
        // The address follows what is picked and how it is ordered.
        view.with(|_| ());
        table.track();
        found.track();
        compare_href(actions.picked())
    };
    view! {
        <Show when=move || { count.get() > 1 }>
            <a class="button" data-testid="compare" href=address>"Compare"</a>
        </Show>
        <button type="button" data-testid="delete" disabled=move || actions.busy.get() on:click=move |_| actions.delete()>
            "Move to the trash"
        </button>
    }
}

fn trash_buttons(actions: Actions) -> impl IntoView {
    view! {
        <button type="button" data-testid="restore" disabled=move || actions.busy.get()
            on:click=move |_| actions.restore(actions.picked())>"Restore"</button>
        <button type="button" data-testid="purge" disabled=move || actions.busy.get()
            on:click=move |_| actions.asking.set(true)>"Delete for good …"</button>
    }
}
