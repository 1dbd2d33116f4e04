//! The refused rows of a dataset, page by page.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::repair::RepairRow;
use crate::data::Quarantined;
use crate::flows::present::data::page_of;
use crate::flows::present::plural;
use crate::ui::context::Sess;
use crate::ui::session::{DatasetInfo, Problem};
use crate::ui::widgets::Skeleton;

/// What outlives the list of datasets, which is drawn anew after every release.
#[derive(Clone, Copy)]
pub(super) struct Repairs {
    /// The dataset whose quarantine is open, by its digest.
    pub(super) open: RwSignal<Option<String>>,
    /// What became of the last release.
    pub(super) told: RwSignal<Option<String>>,
}

impl Repairs {
    pub(super) fn new() -> Self {
        Self { open: RwSignal::new(None), told: RwSignal::new(None) }
    }
}

/// Whether a `details` element that has told of a toggle is open.
pub(super) fn is_open(event: &web_sys::Event) -> bool {
    event_target::<web_sys::Element>(event).has_attribute("open")
}

/// The quarantine of a dataset, loaded when it is opened; nothing where it has none.
#[component]
pub(super) fn Quarantine(session: Sess, info: DatasetInfo, repairs: Repairs) -> impl IntoView {
    if info.quarantined == 0 {
        return ().into_any();
    }
    let digest = info.manifest.digest.hex();
    let open = repairs.open.get_untracked().as_ref() == Some(&digest);
    let rows = RwSignal::new(None::<Result<Vec<Quarantined>, Problem>>);
    let dataset = info.dataset.clone();
    let load = move || {
        let (session, dataset) = (session.get_value(), dataset.clone());
        spawn_local(async move { rows.set(Some(session.quarantine(dataset).await)) });
    };
    if open {
        load();
    }
    let toggled = move |event: web_sys::Event| {
        if is_open(&event) {
            repairs.open.set(Some(digest.clone()));
            if rows.with_untracked(Option::is_none) {
                load();
            }
        } else if repairs.open.get_untracked().as_ref() == Some(&digest) {
            repairs.open.set(None);
        }
    };
    let kept = info.quarantined as u64;
    let all = info.manifest.quarantined;
    let more = (all > kept).then(|| {
        let words = format!("{} were refused in all; the first are kept here.", plural(all, "row"));
        view! { <p class="small">{words}</p> }
    });
    let list = move || match rows.get() {
        None => view! { <Skeleton label="Loading the refused rows" lines=3 /> }.into_any(),
        Some(Err(problem)) => view! { <p class="strip" data-tone="bad" role="alert">{problem}</p> }.into_any(),
        Some(Ok(rows)) => view! { <Rows session info=info.clone() rows repairs /> }.into_any(),
    };
    view! {
        <details data-testid="quarantine" open=open on:toggle=toggled>
            <summary>{format!("Quarantine: {} to look through", plural(kept, "row"))}</summary>
            {more}
            {list}
        </details>
    }
    .into_any()
}

#[component]
fn Rows(session: Sess, info: DatasetInfo, rows: Vec<Quarantined>, repairs: Repairs) -> impl IntoView {
    let page = RwSignal::new(0_usize);
    let total = rows.len();
    let rows = StoredValue::new(rows);
    let shown = move || page_of(total, page.get());
    let list = move || {
        let (range, _) = shown();
        range
            .filter_map(|at| rows.with_value(|rows| rows.get(at).cloned()).map(|row| (at, row)))
            .map(|(at, row)| view! { <RepairRow session info=info.clone() at row repairs /> })
            .collect_view()
    };
    let pages = (total > page_of(total, 0).0.len()).then(|| {
        let last = move || shown().0.end >= total;
        view! {
            <nav class="actions" aria-label="Pages of the quarantine">
                <button type="button" disabled=move || page.get() == 0
                    on:click=move |_| page.update(|page| *page = page.saturating_sub(1))>"Earlier rows"</button>
                <button type="button" disabled=last on:click=move |_| page.update(|page| *page += 1)>"Later rows"</button>
                <span class="small" aria-live="polite">{move || shown().1}</span>
            </nav>
        }
    });
    view! {
        {pages}
        <div class="rules">{list}</div>
    }
}
