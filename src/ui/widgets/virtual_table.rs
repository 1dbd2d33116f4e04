//! A table of any length: only the rows in sight are on the page.
//!
//! Rows have one height. Two empty rows, as high as what is left out above and below, keep the scroll bar true; scrolling
//! moves the window by [`CHUNK`] rows at a time, so that most frames change nothing. The first frame of a list has the rows
//! in sight alone. The table holds the focus and names its active row to a screen reader, which is told of every row's place among
//! all.

use gloo::timers::callback::Timeout;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;

/// Height of a row in pixels; the style has the same.
const ROW: f64 = 36.0;

/// By how many rows the window moves.
const CHUNK: usize = 8;

/// Rows that are kept on the page above and below those in sight.
const OVERSCAN: usize = 12;

/// For what height there are rows in any case, in pixels.
const HEIGHT: f64 = 640.0;

/// For what height there are rows before it is known: as much as a screen shows below what stands above a table.
const FIRST_HEIGHT: f64 = 480.0;

/// How long the rows out of sight wait for those in sight, in milliseconds.
const MOMENT: u32 = 100;

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
    /// Tells lists apart, in whatever way they differ.
    #[prop(into)]
    listing: Signal<u64>,
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
    let sight = Sight::new(listing);
    let window = sight.window(listing, total);
    // A shorter list may end above the active row.
    Effect::new(move |_| {
        let last = total.get().saturating_sub(1);
        if active.get_untracked() > last {
            active.set(last);
        }
    });
    let pressed = move |event: web_sys::KeyboardEvent| {
        let held = event.ctrl_key() || event.meta_key() || event.alt_key();
        // The head's buttons have keys of their own.
        if !held && !in_head(&event) && on_key(&event.key(), active, total.get_untracked(), sight, act) {
            event.prevent_default();
        }
    };
    let width = move || widths.with(|widths| format!("{}ch", widths.iter().sum::<u32>()));
    let each = move || {
        let (first, last) = window.get();
        (first..last).map(|at| (at, key(at))).collect::<Vec<_>>()
    };
    view! {
        <div class="virtual" node_ref=sight.frame on:scroll=move |_| sight.scrolled()>
            <table
                role="treegrid"
                tabindex="0"
                aria-label=label
                aria-rowcount=move || (total.get() + 1).to_string()
                aria-activedescendant=move || (total.get() > 0).then(|| row_id(active.get()))
                style:--width=width
                on:keydown=pressed
            >
                <colgroup>{move || columns(&widths.get())}</colgroup>
                <thead>{head.run()}</thead>
                {spacer(Signal::derive(move || window.get().0))}
                <tbody>
                    <For each key=|item| *item children=move |(at, _)| row(at) />
                </tbody>
                {spacer(Signal::derive(move || total.get().saturating_sub(window.get().1)))}
            </table>
        </div>
    }
}

fn in_head(event: &web_sys::KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| element.closest("thead").ok().flatten().is_some())
}

fn columns(widths: &[u32]) -> impl IntoView + use<> {
    // On a phone the column that stays leaves room for the others.
    let width =
        |(at, width): (usize, &u32)| if at == 0 { format!("min({width}ch, 55vw)") } else { format!("{width}ch") };
    widths.iter().enumerate().map(width).map(|width| view! { <col style:width=width /> }).collect_view()
}

/// A row as high as those that are left out.
fn spacer(rows: Signal<usize>) -> impl IntoView {
    view! {
        <tbody aria-hidden="true" class="spacer">
            <tr style:height=move || format!("{}px", rows.get() as f64 * ROW)></tr>
        </tbody>
    }
}

/// What is seen of the table.
#[derive(Clone, Copy)]
struct Sight {
    /// The element that scrolls.
    frame: NodeRef<html::Div>,
    /// How far it is scrolled down, in pixels.
    top: RwSignal<f64>,
    /// How high it is.
    height: RwSignal<f64>,
    /// The list whose first frame has been drawn.
    drawn: RwSignal<Option<u64>>,
}

impl Sight {
    fn new(listing: Signal<u64>) -> Self {
        let sight = Self {
            frame: NodeRef::new(),
            top: RwSignal::new(0.0),
            height: RwSignal::new(FIRST_HEIGHT),
            drawn: RwSignal::new(None),
        };
        let waiting = StoredValue::new_local(None::<Timeout>);
        Effect::new(move |_| {
            sight.frame.track();
            let listing = listing.get();
            // Measured before it is drawn, it would be laid out for that alone.
            let rest = Timeout::new(MOMENT, move || {
                sight.measure();
                sight.drawn.set(Some(listing));
            });
            waiting.set_value(Some(rest));
        });
        let resized = window_event_listener(leptos::ev::resize, move |_| sight.measure());
        on_cleanup(move || resized.remove());
        sight
    }

    /// The rows that are on the page.
    fn window(self, listing: Signal<u64>, total: Signal<usize>) -> Memo<(usize, usize)> {
        Memo::new(move |_| {
            let is_drawn = self.drawn.get() == Some(listing.get());
            window_of(self.top.get(), self.height.get(), is_drawn, total.get())
        })
    }

    fn measure(self) {
        if let Some(frame) = self.frame.get_untracked() {
            // One that is hidden has no height yet.
            self.height.set(f64::from(frame.client_height()).max(HEIGHT));
        }
    }

    fn scrolled(self) {
        if let Some(frame) = self.frame.get_untracked() {
            self.top.set(f64::from(frame.scroll_top()));
        }
    }

    /// Scrolls no further than it takes to see a row below the head.
    fn bring(self, at: usize) {
        let Some(frame) = self.frame.get_untracked() else { return };
        let height = f64::from(frame.client_height());
        // The head covers as much as a row.
        let (above, below) = (at as f64 * ROW, (at as f64 + 2.0) * ROW - height);
        let top = f64::from(frame.scroll_top());
        let wanted = if top > above { above } else { top.max(below) };
        if (wanted - top).abs() >= 1.0 {
            frame.set_scroll_top(wanted as i32);
        }
    }

    fn sideways(self, way: i32) {
        if let Some(frame) = self.frame.get_untracked() {
            frame.set_scroll_left(frame.scroll_left() + way * SIDEWAYS);
        }
    }

    /// Rows by which a page moves on.
    fn page(self) -> usize {
        ((self.height.get_untracked() / ROW) as usize).saturating_sub(2).max(1)
    }
}

/// The id of a row, by its place.
pub fn row_id(at: usize) -> String {
    format!("row-{at}")
}

/// The rows that are on the page: from the first to before the last.
fn window_of(top: f64, height: f64, is_drawn: bool, total: usize) -> (usize, usize) {
    let in_sight = (height / ROW).ceil() as usize + 1;
    // Rows that are kept for scrolling come after the first frame.
    let (step, margin) = if is_drawn { (CHUNK, OVERSCAN) } else { (1, 0) };
    let first = (top / ROW).max(0.0) as usize / step * step;
    let last = (first + step + in_sight + margin).min(total);
    (first.saturating_sub(margin).min(last), last)
}

/// Does what a key asks for; gives whether it asked for something.
fn on_key(
    key: &str,
    active: RwSignal<usize>,
    total: usize,
    sight: Sight,
    act: Callback<(RowAction, usize), bool>,
) -> bool {
    let Some(last) = total.checked_sub(1) else { return false };
    let at = active.get_untracked().min(last);
    let to = match key {
        "ArrowDown" => (at + 1).min(last),
        "ArrowUp" => at.saturating_sub(1),
        "PageDown" => (at + sight.page()).min(last),
        "PageUp" => at.saturating_sub(sight.page()),
        "Home" => 0,
        "End" => last,
        " " => return act.run((RowAction::Pick, at)),
        "Enter" => return act.run((RowAction::Open, at)),
        "ArrowRight" => {
            if !act.run((RowAction::Unfold, at)) {
                sight.sideways(1);
            }
            return true;
        }
        "ArrowLeft" => {
            if !act.run((RowAction::Fold, at)) {
                sight.sideways(-1);
            }
            return true;
        }
        _ => return false,
    };
    active.set(to);
    sight.bring(to);
    true
}
