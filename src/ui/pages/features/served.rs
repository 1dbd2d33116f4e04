//! What is served: materialising, and a team's features with the status of each.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::base::{Date, morning};
use crate::features::{Action, FeaturePlan, FeatureView, OnlineView, Status};
use crate::flows::present::features::{ServedFeature, ServedView, lookup, materialized_words, status_words, teams};
use crate::flows::present::plural;
use crate::ui::context::Sess;
use crate::ui::session::Problem;
use crate::ui::widgets::{Feature, Head, Table};

const SERVED: [Head; 4] = [Head::Text("Feature"), Head::Number("Value"), Head::Text("Unit"), Head::Text("Status")];

/// The served rows, and how new ones come in.
#[component]
pub(super) fn Serving(
    session: Sess,
    day: Date,
    /// The views of teams, each with what is served of it.
    teams: Vec<(FeatureView, Option<OnlineView>)>,
) -> impl IntoView {
    let plan = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.feature_plan().await }
    });
    let (busy, outcome) = (RwSignal::new(false), expect_context::<MaterializeOutcome>().0);
    let run = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let session = session.get_value();
        spawn_local(async move {
            let done = session.materialize().await.map(|done| materialized_words(&done));
            outcome.set(Some(done));
            busy.try_set(false);
        });
    };
    let said = move || match outcome.get() {
        None => ().into_any(),
        Some(Ok(words)) => view! { <p class="strip" data-testid="materialized">{words}</p> }.into_any(),
        Some(Err(problem)) => view! { <p class="strip" data-tone="bad">{problem}</p> }.into_any(),
    };
    let planned = move || plan.get().map(|plan| plan.map_or_else(|problem| problem, |plan| plan_words(&plan)));
    view! {
        <section class="block">
            <h2>"Served"</h2>
            <p>
                "The online store keeps the newest row of every team. The daily pipeline predicts from it and writes the numbers "
                "down; a row that is older than its view allows is withheld. Materialising goes on from where the last run "
                "ended, in this browser."
            </p>
            <p class="small" data-testid="feature-plan">{planned}</p>
            <p class="actions">
                <button type="button" data-testid="materialize" disabled=move || busy.get() on:click=run>
                    {move || if busy.get() { "Materialising …" } else { "Materialise up to this morning" }}
                </button>
            </p>
            <div aria-live="polite">{said}</div>
            <Lookup day views=teams />
        </section>
    }
}

/// What the last materialising of this page said; it outlives the page's being drawn anew after it.
#[derive(Clone, Copy)]
pub(super) struct MaterializeOutcome(pub(super) RwSignal<Option<Result<String, Problem>>>);

fn plan_words(plan: &FeaturePlan) -> String {
    if plan.changes.is_empty() {
        return format!("{} applied, nothing to change.", plural(plan.unchanged as u64, "definition"));
    }
    let created = plan.changes.iter().filter(|change| change.action == Action::Create).count();
    let changed = plan.changes.len() - created;
    format!(
        "Plan: {} to create, {} to change, {} unchanged. It is applied with the next run.",
        plural(created as u64, "definition"),
        changed,
        plan.unchanged
    )
}

#[component]
fn Lookup(day: Date, views: Vec<(FeatureView, Option<OnlineView>)>) -> impl IntoView {
    let team = RwSignal::new(teams().first().map_or(0, |(key, _)| *key));
    let now = morning(day).timestamp_millis();
    let options = teams()
        .into_iter()
        .map(|(key, name)| view! { <option value=key.to_string() selected=move || team.get() == key>{name}</option> })
        .collect_view();
    let changed = move |event| {
        if let Ok(key) = event_target_value(&event).parse() {
            team.set(key);
        }
    };
    let rows = move || {
        let views: Vec<_> = views.iter().map(|(view, served)| (view, served.as_ref())).collect();
        lookup(&views, team.get(), now).into_iter().map(served_view).collect_view()
    };
    view! {
        <details data-testid="lookup">
            <summary>"Look a team up"</summary>
            <div class="flow">
                <div class="form windows">
                    <label class="field">"Team "<select on:change=changed>{options}</select></label>
                </div>
                <Table title="Served features of the team" columns=&SERVED>{rows}</Table>
            </div>
        </details>
    }
}

/// A view's name over its features.
fn served_view(of: ServedView) -> impl IntoView {
    let feature = |row: ServedFeature| {
        let present = row.status == Status::Present;
        view! {
            <tr data-testid="served-feature" data-status=row.status.name()>
                <th scope="row"><Feature name=row.name /></th>
                <td class="num">{row.value}</td>
                <td>{row.unit}</td>
                <td><span class="flag" data-on=(!present).to_string() title=status_words(row.status)>{row.status.name()}</span></td>
            </tr>
        }
    };
    view! {
        <tr class="group"><th colspan="4" scope="rowgroup"><code>{of.view}</code>" "<span class="small">{of.age}</span></th></tr>
        {of.features.into_iter().map(feature).collect_view()}
    }
}
