//! How far a job is.

use leptos::prelude::*;

use crate::flows::present::{bytes, count};
use crate::ui::context::Doing;

/// A bar with words; without a known total it only moves.
#[component]
pub fn Progress(
    /// How far.
    doing: Doing,
    /// Whether its units are bytes.
    #[prop(default = false)]
    in_bytes: bool,
) -> impl IntoView {
    let Doing { task, done, total } = doing;
    let known = total > 0;
    let units = if in_bytes { bytes } else { count };
    let words = if known { format!("{task}: {} of {}", units(done), units(total)) } else { task.clone() };
    view! {
        <div class="progress">
            <p aria-live="polite">{words}</p>
            <progress
                max=known.then(|| total.to_string())
                value=known.then(|| done.to_string())
                aria-label=task
            ></progress>
        </div>
    }
}
