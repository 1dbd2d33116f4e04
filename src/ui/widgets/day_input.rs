//! A day to be chosen.

use leptos::prelude::*;

use crate::base::Date;

/// A field for a day; what is no day changes nothing.
#[component]
pub fn DayInput(
    /// Which day, for a screen reader.
    label: &'static str,
    /// The day.
    value: RwSignal<Date>,
) -> impl IntoView {
    let changed = move |event| {
        if let Ok(day) = event_target_value(&event).parse() {
            value.set(day);
        }
    };
    view! { <input type="date" aria-label=label prop:value=move || value.get().to_string() on:change=changed /> }
}
