//! Two datasets side by side: what was added, removed and changed.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::data::ManifestDiff;
use crate::flows::present::count;
use crate::flows::present::data::{
    ChangedField, GameRow, LISTED, changed_fields, choice_label, diff_words, game_rows, rest_words,
};
use crate::protocol::DatasetRef;
use crate::ui::context::Sess;
use crate::ui::session::{DatasetInfo, Problem};
use crate::ui::widgets::{Head, Table};

const GAMES: [Head; 4] = [Head::Text("Game"), Head::Text("Day"), Head::Text("Teams"), Head::Number("Score")];
const CHANGES: [Head; 4] = [Head::Text("Game"), Head::Text("Field"), Head::Text("Before"), Head::Text("After")];

/// Two selects and what differs between what they name.
#[component]
pub(super) fn CompareSection(session: Sess) -> impl IntoView {
    let revision = session.with_value(|session| session.revision());
    let datasets = Memo::new(move |_| {
        revision.track();
        session.with_value(|session| session.datasets())
    });
    view! {
        <section class="block" data-testid="compare">
            <h2>"Compare two datasets"</h2>
            {move || {
                let datasets = datasets.get();
                if datasets.len() < 2 {
                    view! { <p class="small">"There is one dataset: import another one, or another revision of it, to compare them."</p> }
                        .into_any()
                } else {
                    view! { <Compare session datasets /> }.into_any()
                }
            }}
        </section>
    }
}

#[component]
fn Compare(session: Sess, datasets: Vec<DatasetInfo>) -> impl IntoView {
    // The two that came last, the older one first; the published one is the first of all.
    let (before, after) = match datasets.len() {
        2 => (RwSignal::new(0_usize), RwSignal::new(1_usize)),
        _ => (RwSignal::new(2), RwSignal::new(1)),
    };
    let labels: Vec<String> =
        datasets.iter().map(|info| choice_label(&info.manifest, info.dataset == DatasetRef::Published)).collect();
    let found = RwSignal::new(None::<Result<ManifestDiff, Problem>>);
    let busy = RwSignal::new(false);
    let datasets = StoredValue::new(datasets);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let named = |at: usize| datasets.with_value(|list| list.get(at).map(|info| info.dataset.clone()));
        let (Some(old), Some(new)) = (named(before.get_untracked()), named(after.get_untracked())) else { return };
        busy.set(true);
        let session = session.get_value();
        spawn_local(async move {
            found.set(Some(session.diff(old, new, LISTED).await));
            busy.set(false);
        });
    };
    let outcome = move || match found.get() {
        None => ().into_any(),
        Some(Err(problem)) => view! { <p class="strip" data-tone="bad">{problem}</p> }.into_any(),
        Some(Ok(diff)) => diff_view(&diff).into_any(),
    };
    view! {
        <form class="form compare" on:submit=submit>
            {select("before", "Before", &labels, before, found)}
            {select("after", "After", &labels, after, found)}
            <button type="submit" data-testid="compare-start" disabled=move || busy.get()>"Compare"</button>
        </form>
        <div aria-live="polite" data-testid="compare-result">{outcome}</div>
    }
}

fn select(
    name: &'static str,
    label: &'static str,
    labels: &[String],
    picked: RwSignal<usize>,
    found: RwSignal<Option<Result<ManifestDiff, Problem>>>,
) -> impl IntoView + use<> {
    let now = picked.get_untracked();
    let options = labels
        .iter()
        .enumerate()
        .map(|(at, words)| view! { <option value=at.to_string() selected=at == now>{words.clone()}</option> })
        .collect_view();
    let change = move |event| {
        if let Ok(at) = event_target_value(&event).parse() {
            picked.set(at);
            // What is shown is always what the selects name.
            found.set(None);
        }
    };
    view! {
        <label>
            <span>{label}</span>
            <select name=name on:change=change>{options}</select>
        </label>
    }
}

fn diff_view(diff: &ManifestDiff) -> impl IntoView + use<> {
    let state = if diff.is_empty() { "same" } else { "different" };
    let changed = changed_fields(diff);
    view! {
        <div class="rules" data-state=state>
            <p><strong>{diff_words(diff)}</strong></p>
            {games("Added", diff.added, game_rows(&diff.first_added))}
            {games("Removed", diff.removed, game_rows(&diff.first_removed))}
            {changes(diff.changed, diff.first_changed.len(), changed)}
        </div>
    }
}

fn games(title: &'static str, all: u64, rows: Vec<GameRow>) -> Option<impl IntoView + use<>> {
    let more = rest_words(all, rows.len());
    let cells = |row: GameRow| {
        view! {
            <tr>
                <th scope="row"><code>{row.id}</code></th>
                <td>{row.day}</td>
                <td>{row.teams}</td>
                <td class="num">{row.score}</td>
            </tr>
        }
    };
    (all > 0).then(|| {
        view! {
            <details class="rule" open=true>
                <summary>{format!("{title}: {}", count(all))}</summary>
                <Table title=format!("{title} games") columns=&GAMES>{rows.into_iter().map(cells).collect_view()}</Table>
                {more.map(|words| view! { <p class="small">{words}</p> })}
            </details>
        }
    })
}

fn changes(all: u64, listed: usize, fields: Vec<ChangedField>) -> Option<impl IntoView + use<>> {
    let more = rest_words(all, listed);
    let cells = |change: ChangedField| {
        view! {
            <tr>
                <th scope="row"><code>{change.id}</code></th>
                <td><code>{change.field}</code></td>
                <td class="found">{change.before}</td>
                <td class="found">{change.after}</td>
            </tr>
        }
    };
    (all > 0).then(|| {
        view! {
            <details class="rule" open=true>
                <summary>{format!("Changed: {}", count(all))}</summary>
                <Table title="Changed games" columns=&CHANGES>{fields.into_iter().map(cells).collect_view()}</Table>
                {more.map(|words| view! { <p class="small">{words}</p> })}
            </details>
        }
    })
}
