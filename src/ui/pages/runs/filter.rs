//! The filter box: what is typed is searched for at once, what is wrong is underlined, what could follow is offered.

use leptos::html;
use leptos::prelude::*;

use super::Page;
use crate::flows::present::runs::{Offer, error_parts, offers};

/// Where the person is in the box.
#[derive(Clone, Copy)]
struct Typing {
    page: Page,
    field: NodeRef<html::Input>,
    /// What is offered.
    offered: RwSignal<Vec<Offer>>,
    /// Which of it is chosen by the arrow keys.
    chosen: RwSignal<Option<usize>>,
}

impl Typing {
    /// Takes what is in the box, and offers what could follow.
    fn typed(self) {
        let Some(field) = self.field.get_untracked() else { return };
        let text = field.value();
        self.page.view.update(|view| view.filter.clone_from(&text));
        self.offer();
    }

    fn offer(self) {
        let Some(field) = self.field.get_untracked() else { return };
        let units = field.selection_start().ok().flatten().unwrap_or_default() as usize;
        let text = field.value();
        let strict = self.page.view.with_untracked(|view| view.strict);
        self.chosen.set(None);
        self.offered.set(self.page.table.with_untracked(|table| offers(&text, units, table, strict)));
    }

    fn close(self) {
        self.offered.set(Vec::new());
        self.chosen.set(None);
    }

    /// Puts an offer into the box and goes on behind it.
    fn take(self, at: usize) {
        let Some(offer) = self.offered.with_untracked(|offered| offered.get(at).cloned()) else { return };
        let Some(field) = self.field.get_untracked() else { return };
        field.set_value(&offer.text);
        let _ = field.focus();
        let units = offer.cursor as u32;
        let _ = field.set_selection_range(units, units);
        self.typed();
    }

    /// Does what a key asks for; gives whether it asked for something.
    fn key(self, event: &web_sys::KeyboardEvent) -> bool {
        let count = self.offered.with_untracked(Vec::len);
        let step = |to: fn(usize, usize) -> usize, first: usize| {
            self.chosen.update(|chosen| *chosen = Some(chosen.map_or(first, |at| to(at, count))));
            true
        };
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if count == 0 => {
                self.offer();
                true
            }
            "ArrowDown" => step(|at, count| (at + 1) % count, 0),
            "ArrowUp" => step(|at, count| (at + count - 1) % count, count - 1),
            "Escape" if count > 0 => {
                self.close();
                true
            }
            "Enter" | "Tab" if count > 0 => match self.chosen.get_untracked() {
                Some(at) => {
                    self.take(at);
                    true
                }
                None => {
                    self.close();
                    event.key() == "Enter"
                }
            },
            " " if event.ctrl_key() => {
                self.offer();
                true
            }
            _ => false,
        }
    }
}

/// The box with its offers and its error.
#[component]
pub(super) fn FilterBox(page: Page) -> impl IntoView {
    let view = page.view;
    let typing =
        Typing { page, field: NodeRef::new(), offered: RwSignal::new(Vec::new()), chosen: RwSignal::new(None) };
    let filter = Memo::new(move |_| view.with(|view| view.filter.clone()));
    let scrolled = RwSignal::new(0);
    let parts = move || {
        let at = page.error.with(|error| error.as_ref().map(|error| error.at.clone()));
        at.map(|at| {
            let (before, wrong, after) = error_parts(&filter.get(), at);
            view! { {before}<mark data-testid="filter-mark">{wrong}</mark>{after} }
        })
    };
    let said = move || page.error.with(|error| error.as_ref().map(|error| error.message.clone()));
    let is_open = move || typing.offered.with(|offered| !offered.is_empty());
    let pressed = move |event: web_sys::KeyboardEvent| {
        if typing.key(&event) {
            event.prevent_default();
        }
    };
    let strict = move |event| view.update(|view| view.strict = event_target_checked(&event));
    view! {
        <div class="filter">
            <label for="runs-filter" class="small">"Filter"</label>
            <div class="filter-box">
                <div class="filter-mirror" aria-hidden="true">
                    <span style:translate=move || format!("{}px 0", -scrolled.get())>{parts}</span>
                </div>
                <input
                    id="runs-filter"
                    type="text"
                    role="combobox"
                    data-testid="filter"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder="metrics.log_loss < 0.62 AND params.estimator = 'logistic_regression'"
                    aria-autocomplete="list"
                    aria-controls="runs-offers"
                    aria-describedby="runs-filter-error"
                    aria-expanded=move || is_open().to_string()
                    aria-invalid=move || page.error.with(Option::is_some).to_string()
                    aria-activedescendant=move || typing.chosen.get().map(offer_id)
                    node_ref=typing.field
                    prop:value=move || filter.get()
                    on:input=move |_| typing.typed()
                    on:keydown=pressed
                    on:blur=move |_| typing.close()
                    on:scroll=move |_| scrolled.set(typing.field.get_untracked().map_or(0, |field| field.scroll_left()))
                />
                <ul id="runs-offers" class="offers" role="listbox" aria-label="What could follow" hidden=move || !is_open()>
                    {move || offer_list(typing)}
                </ul>
            </div>
            <p class="field-error" id="runs-filter-error" role="alert" data-testid="filter-error">{said}</p>
            <label class="tick">
                <input type="checkbox" data-testid="strict" prop:checked=move || view.with(|view| view.strict) on:change=strict />
                <span>"MLflow’s grammar alone"</span>
            </label>
        </div>
    }
}

fn offer_id(at: usize) -> String {
    format!("runs-offer-{at}")
}

fn offer_list(typing: Typing) -> impl IntoView {
    let item = move |(at, offer): (usize, Offer)| {
        let is_chosen = move || typing.chosen.get() == Some(at);
        // The box keeps the focus.
        let take = move |event: web_sys::MouseEvent| {
            event.prevent_default();
            typing.take(at);
        };
        view! {
            <li id=offer_id(at) role="option" data-testid="offer" aria-selected=move || is_chosen().to_string() on:mousedown=take>
                <code>{offer.word}</code><span class="small">{offer.hint}</span>
            </li>
        }
    };
    typing.offered.get().into_iter().enumerate().map(item).collect_view()
}
