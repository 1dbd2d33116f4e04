//! A table of any length: only the rows in sight are on the page.
//!
//! Rows have one height. Two empty rows, as high as what is left out above and below, keep the scroll bar true; scrolling
//! moves the window by [`CHUNK`] rows at a time, so that most frames change nothing. The table holds the focus and names
//! its active row to a screen reader, which is told of every row's place among all.

use leptos::html;
use leptos::prelude::*;

/// Height of a row in pixels; the style has the same.
const ROW: f64 = 36.0;

/// By how many rows the window moves.
const CHUNK: usize = 8;

/// Rows that are kept on the page above and below those in sight.
const OVERSCAN: usize = 12;

/// How far a key moves the columns, in pixels.
const SIDEWAYS: i32 = 120;

/// What a person did to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAction {
    /// Space.
    Pick,
    /// Enter.
    Open,
    /// To the right: unfold what is folded under it.
    Unfold,
    /// To the left: fold it.
    Fold,
}

/// A table whose rows are made as they come into sight.
#[component]
pub fn VirtualTable<Key, Row>(
    /// What the table holds, for a screen reader.
    #[prop(into)]
    label: String,
    /// How many rows there are.
    total: Signal<usize>,
    /// The least width of each column, in characters; the first column stays in sight.
    widths: Signal<Vec<u32>>,
    /// The head's row.
    #[prop(into)]
    head: ViewFn,
    /// What a row is, whatever its place; a row with another key is made anew.
    key: Key,
    /// Makes a row: its place, and attributes that it must carry.
    row: Row,
    /// The row that keys act upon.
    active: RwSignal<usize>,
    /// What to do when a key acts upon a row; gives whether it did something.
    act: Callback<(RowAction, usize), bool>,
) -> impl IntoView
where
    Key: Fn(usize) -> (usize, u64) + Send + Sync + 'static,
    Row: Fn(usize) -> AnyView + Clone + Send + Sync + 'static,
{
    let frame = NodeRef::<html::Div>::new();
    let (top, height) = (RwSignal::new(0.0_f64), RwSignal::new(640.0_f64));
    let measure = move || {
        if let Some(frame) = frame.get_untracked() {
            height.set(f64::from(frame.client_height()));
        }
    };
    Effect::new(move |_| {
        frame.track();
        measure();
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    let window = Memo::new(move |_| window_of(top.get(), height.get(), total.get()));
    let scrolled = move |_| {
        if let Some(frame) = frame.get_untracked() {
            top.set(f64::from(frame.scroll_top()));
        }
    };
    // A shorter list may end above the active row.
    Effect::new(move |_| {
        let last = total.get().saturating_sub(1);
        if active.get_untracked() > last {
            active.set(last);
        }
    });
    let pressed = move |event: web_sys::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let page = (height.get_untracked() / ROW) as usize;
        if on_key(&event.key(), active, total.get_untracked(), page.saturating_sub(2).max(1), frame, act) {
            event.prevent_default();
        }
    };
    let spacer = move |rows: Signal<usize>| {
        view! {
            <tbody aria-hidden="true" class="spacer">
                <tr style:height=move || format!("{}px", rows.get() as f64 * ROW)></tr>
            </tbody>
        }
    };
    let columns = move || {
        let widths = widths.get();
        widths.into_iter().map(|width| view! { <col style:width=format!("{width}ch") /> }).collect_view()
    };
    let width = move || widths.with(|widths| format!("{}ch", widths.iter().sum::<u32>()));
    view! {
        <div class="virtual" node_ref=frame on:scroll=scrolled>
            <table
                role="treegrid"
                tabindex="0"
                aria-label=label
                aria-rowcount=move || (total.get() + 1).to_string()
                aria-activedescendant=move || (total.get() > 0).then(|| row_id(active.get()))
                style:--width=width
                on:keydown=pressed
            >
                <colgroup>{columns}</colgroup>
                <thead>{head.run()}</thead>
                {spacer(Signal::derive(move || window.get().0))}
                <tbody>
                    <For
                        each=move || {
                            let (first, last) = window.get();
                            (first..last).map(|at| (at, key(at))).collect::<Vec<_>>()
                        }
                        key=|item| *item
                        children=move |(at, _)| row(at)
                    />
                </tbody>
                {spacer(Signal::derive(move || total.get().saturating_sub(window.get().1)))}
            </table>
        </div>
    }
}

/// The id of a row, by its place.
pub fn row_id(at: usize) -> String {
    format!("row-{at}")
}

/// The rows that are on the page: from the first to before the last.
fn window_of(top: f64, height: f64, total: usize) -> (usize, usize) {
    let in_sight = (height / ROW).ceil() as usize + 1;
    let first = (top / ROW).max(0.0) as usize / CHUNK * CHUNK;
    let last = (first + CHUNK + in_sight + OVERSCAN).min(total);
    (first.saturating_sub(OVERSCAN).min(last), last)
}

/// Does what a key asks for; gives whether it asked for something.
fn on_key(
    key: &str,
    active: RwSignal<usize>,
    total: usize,
    page: usize,
    frame: NodeRef<html::Div>,
    act: Callback<(RowAction, usize), bool>,
) -> bool {
    let Some(last) = total.checked_sub(1) else { return false };
    let at = active.get_untracked().min(last);
    let sideways = |way: i32| {
        if let Some(frame) = frame.get_untracked() {
            frame.set_scroll_left(frame.scroll_left() + way * SIDEWAYS);
        }
        true
    };
    let to = match key {
        "ArrowDown" => (at + 1).min(last),
        "ArrowUp" => at.saturating_sub(1),
        "PageDown" => (at + page).min(last),
        "PageUp" => at.saturating_sub(page),
        "Home" => 0,
        "End" => last,
        " " => return act.run((RowAction::Pick, at)),
        "Enter" => return act.run((RowAction::Open, at)),
        "ArrowRight" => return act.run((RowAction::Unfold, at)) || sideways(1),
        "ArrowLeft" => return act.run((RowAction::Fold, at)) || sideways(-1),
        _ => return false,
    };
    active.set(to);
    bring_into_sight(frame, to);
    true
}

/// Scrolls no further than it takes to see a row below the head.
fn bring_into_sight(frame: NodeRef<html::Div>, at: usize) {
    let Some(frame) = frame.get_untracked() else { return };
    let height = f64::from(frame.client_height());
    let (above, below) = (at as f64 * ROW, (at as f64 + 2.0) * ROW - height);
    let top = f64::from(frame.scroll_top());
    // The head covers as much as a row.
    let wanted = if top > above { above } else { top.max(below) };
    if (wanted - top).abs() >= 1.0 {
        frame.set_scroll_top(wanted as i32);
    }
}
