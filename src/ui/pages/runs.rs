//! The lab's fourth page: every training, back-test and search that was recorded.

pub mod artifacts;
mod columns;
mod filter;
mod open;
mod picked;
mod table;

use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use self::columns::ColumnsChooser;
use self::filter::FilterBox;
use self::open::OpenSection;
use self::picked::Picked;
use self::table::RunsTable;
use crate::flows::present::runs::{Line, RunsView, Shown, found_words, lines, parent_rows, search};
use crate::tracking::RunTable;
use crate::tracking::search::FilterError;
use crate::ui::context::{Sess, href};
use crate::ui::widgets::{PageHead, ProblemBox, Skeleton, with_session};

/// How long the address waits for the next change, in milliseconds: browsers do not let a page write it at every key.
const PAUSE: u32 = 250;

/// Runs.
#[component]
pub fn Runs() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 4 of 6"
            title="Runs"
            lead="Every training, back-test and search that was recorded here: looked through, set side by side, and cleared away."
        />
        {with_session(|session| view! { <RunsPage session /> })}
    }
}

#[component]
fn RunsPage(session: Sess) -> impl IntoView {
    let loaded = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.run_table().await }
    });
    // The page stays as it is while the runs are read again after a change.
    let table = RwSignal::new(None::<Arc<RunTable>>);
    let problem = RwSignal::new(None);
    Effect::new(move |_| match loaded.get() {
        None => {}
        Some(Ok(read)) => table.set(Some(read)),
        Some(Err(why)) => problem.set(Some(why)),
    });
    let is_there = Memo::new(move |_| table.with(Option::is_some));
    move || match (problem.get(), is_there.get()) {
        (Some(problem), _) => view! { <ProblemBox problem /> }.into_any(),
        (None, false) => view! { <Skeleton label="Loading the runs" lines=10 /> }.into_any(),
        (None, true) => {
            let table = Signal::derive(move || table.get().unwrap_or_default());
            view! { <Loaded session table /> }.into_any()
        }
    }
}

/// What the parts of the page have in common.
#[derive(Clone, Copy)]
struct Page {
    session: Sess,
    /// Every run.
    table: Signal<Arc<RunTable>>,
    /// What is shown, as the address says it.
    view: RwSignal<RunsView>,
    /// The rows that were found; while the filter is wrong, those that were found before.
    found: Signal<Arc<Vec<usize>>>,
    /// What is wrong with the filter.
    error: Signal<Option<FilterError>>,
    /// The rows as lines.
    lines: Signal<Arc<Vec<Line>>>,
}

/// The rows that were found, and what is wrong with the filter.
type Searched = (Arc<Vec<usize>>, Option<FilterError>);

#[component]
fn Loaded(session: Sess, table: Signal<Arc<RunTable>>) -> impl IntoView {
    let view = in_the_address();
    let asked =
        Memo::new(move |_| view.with(|view| (view.filter.clone(), view.strict, view.order.clone(), view.shown)));
    let last = StoredValue::new(None::<Arc<Vec<usize>>>);
    let searched = ArcMemo::<Searched>::new(move |_| {
        let (filter, strict, order, shown) = asked.get();
        match search(&table.get(), &filter, strict, order.as_ref(), shown) {
            Ok(rows) => {
                let rows = Arc::new(rows);
                last.set_value(Some(Arc::clone(&rows)));
                (rows, None)
            }
            Err(error) => {
                // An address may come with a wrong filter, before anything was found.
                let all = || search(&table.get(), "", strict, None, shown).map(Arc::new).unwrap_or_default();
                (last.get_value().unwrap_or_else(all), Some(error))
            }
        }
    });
    let (found_of, error_of) = (searched.clone(), searched);
    let found = Signal::derive(move || found_of.with(|(rows, _)| Arc::clone(rows)));
    let error = Signal::derive(move || error_of.with(|(_, error)| error.clone()));
    let parents = Memo::new(move |_| Arc::new(parent_rows(&table.get())));
    let folding = Memo::new(move |_| view.with(|view| (view.flat, view.unfolded.clone())));
    let lines = Memo::new(move |_| {
        let (table, (flat, unfolded)) = (table.get(), folding.get());
        let is_unfolded = |row: usize| unfolded.contains(table.id(row));
        // Rows of the table before this one are not looked at.
        let found: Vec<usize> = found.get().iter().copied().filter(|row| *row < table.len()).collect();
        Arc::new(lines(&found, &parents.get(), flat, is_unfolded))
    });
    let page = Page { session, table, view, found, error, lines: lines.into() };
    let words = move || found_words(&table.get(), &found.get(), &lines.get(), view.with(|view| view.shown));
    view! {
        <section class="runs">
            <ViewTabs page />
            <FilterBox page />
            <div class="runs-bar">
                <p class="small" aria-live="polite" data-testid="runs-count">{words}</p>
                <label class="tick">
                    <input
                        type="checkbox"
                        data-testid="runs-group"
                        prop:checked=move || view.with(|view| !view.flat)
                        on:change=move |event| view.update(|view| view.flat = !event_target_checked(&event))
                    />
                    <span>"Trials under their search"</span>
                </label>
                <ColumnsChooser page />
            </div>
            <Picked page />
            <RunsTable page />
            <OpenSection page />
        </section>
    }
}

/// Active runs, or those in the trash.
#[component]
fn ViewTabs(page: Page) -> impl IntoView {
    let Page { table, view, .. } = page;
    let counts = Memo::new(move |_| {
        let table = table.get();
        (table.len() - table.deleted(), table.deleted())
    });
    let tab = move |shown: Shown, words: &'static str, testid: &'static str| {
        let count = move || if shown == Shown::Active { counts.get().0 } else { counts.get().1 };
        let show = move |_| {
            view.update(|view| {
                view.shown = shown;
                view.selected.clear();
            });
        };
        view! {
            <button type="button" class="preset" data-testid=testid
                aria-pressed=move || (view.with(|view| view.shown) == shown).to_string() on:click=show>
                {words}" "{count}
            </button>
        }
    };
    view! {
        <p class="presets">
            {tab(Shown::Active, "Runs", "view-active")} {tab(Shown::Deleted, "Trash", "view-deleted")}
        </p>
    }
}

/// The view as the address says it; changes of it are written there after a pause.
fn in_the_address() -> RwSignal<RunsView> {
    let search = use_location().search;
    let navigate = StoredValue::new_local(use_navigate());
    let view = RwSignal::new(RunsView::parse(&search.get_untracked()));
    let pending = StoredValue::new_local(None::<Timeout>);
    let written = StoredValue::new(view.with_untracked(RunsView::query));
    let write = move || {
        let Some(query) = view.try_with_untracked(RunsView::query) else { return };
        if written.get_value() == query {
            return;
        }
        written.set_value(query.clone());
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate.with_value(|navigate| navigate(&format!("/lab/runs{query}"), options));
    };
    Effect::new(move |_| {
        view.track();
        pending.set_value(Some(Timeout::new(PAUSE, write)));
    });
    // The address is changed from outside by the browser's way back and by links to this page.
    Effect::new(move |before: Option<String>| {
        let now = RunsView::parse(&search.get());
        let query = now.query();
        if before.is_some() && query != written.get_value() {
            written.set_value(query.clone());
            view.set(now);
        }
        query
    });
    on_cleanup(move || pending.dispose());
    view
}

/// The address of a comparison of runs.
fn compare_href(runs: Vec<String>) -> String {
    let view = crate::flows::present::runs::CompareView { runs, ..Default::default() };
    href(&format!("/lab/compare{}", view.query()))
}
