//! The lab's second page: what is known of teams and of the league, what is served, and how a game's features were joined.

mod explain;
mod served;

use leptos::prelude::*;

use self::explain::Explainer;
use self::served::{MaterializeOutcome, Serving};
use crate::base::morning;
use crate::features::{FeatureView, OnlineView};
use crate::flows::feature_report::{FeatureReport, ViewReport};
use crate::flows::features::served_of;
use crate::flows::present::data::profile_tables;
use crate::flows::present::features::{Ends, behind_words, view_head};
use crate::flows::present::{date_medium, season_label};
use crate::ui::context::Sess;
use crate::ui::pages::data::profile::numbers_table;
use crate::ui::session::Problem;
use crate::ui::widgets::{Feature, Head, PageHead, ProblemBox, Simulated, Skeleton, Table, with_session};

/// The feature store.
#[component]
pub fn Features() -> impl IntoView {
    provide_context(MaterializeOutcome(RwSignal::new(None)));
    view! {
        <PageHead
            kicker="Lab, 2 of 6"
            title="Features"
            lead="What was known of every team on the morning of each day: computed once, joined to games for training and prediction, and kept for looking up."
        />
        {with_session(|session| view! { <FeaturesPage session /> })}
    }
}

#[component]
fn FeaturesPage(session: Sess) -> impl IntoView {
    let revision = session.with_value(|session| session.revision());
    let kind = move || {
        revision.track();
        session.with_value(|session| session.source_kind())
    };
    let loaded = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        let manifest = session.active().manifest;
        async move {
            let (report, served) = (session.features().await?, session.served_features().await?);
            let models = session.models().await?;
            let ends = Ends::of(&manifest, models.iter().map(|row| (&row.version, row.stage)));
            Ok::<_, Problem>((report, served, manifest.source, ends))
        }
    });
    let shown = move || match loaded.get() {
        None => view! { <Skeleton label="Computing the views" lines=10 /> }.into_any(),
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok((report, served, source, ends))) => page_view(session, &report, &served, &source, &ends).into_any(),
    };
    view! {
        {move || view! { <Simulated kind=kind() /> }}
        {shown}
    }
}

fn page_view(
    session: Sess,
    report: &FeatureReport,
    served: &[OnlineView],
    source: &str,
    ends: &Ends,
) -> impl IntoView + use<> {
    let now = morning(report.day).timestamp_millis();
    let season = report.season.map_or_else(|| "no season".to_owned(), |year| format!("season {}", season_label(year)));
    let words = format!(
        "As known on the morning of {}. Distributions and missing shares are of the values as they were joined to the games of {season}.",
        date_medium(report.day)
    );
    let of_view = |view: &ViewReport| view_block(view, served_of(served, &view.view, source), ends, now);
    let views = report.views.iter().map(of_view).collect_view();
    let defined: Vec<FeatureView> = report.views.iter().map(|of| of.view.clone()).collect();
    let teams = report.views.iter().filter(|of| of.view.entities == ["team"]);
    let teams = teams.map(|of| (of.view.clone(), served_of(served, &of.view, source).cloned())).collect();
    view! {
        {behind_words(report).map(|words| view! { <p class="strip notice" role="note" data-testid="behind">{words}</p> })}
        <Serving session day=report.day teams />
        <section class="block">
            <h2>"Views"</h2>
            <p class="small">{words}</p>
            <div class="flow" data-testid="feature-views">{views}</div>
        </section>
        <Explainer session day=report.game_day.unwrap_or(report.day) views=defined />
    }
}

const SCHEMA: [Head; 4] = [Head::Text("Feature"), Head::Text("Type"), Head::Text("Unit"), Head::Text("What it says")];

fn view_block(report: &ViewReport, served: Option<&OnlineView>, ends: &Ends, now: i64) -> impl IntoView + use<> {
    let head = view_head(report, served, ends, now);
    let fields = report
        .view
        .fields
        .iter()
        .map(|field| {
            view! {
                <tr>
                    <th scope="row"><Feature name=field.name.clone() /></th>
                    <td>{field.dtype.name()}</td>
                    <td>{field.unit.clone()}</td>
                    <td>{field.description.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    let numbers = profile_tables(&report.profile).numbers;
    let (name, shown, description) = (head.name.clone(), head.name.clone(), report.view.description.clone());
    let of = format!("the features of {name}");
    view! {
        <details data-testid="feature-view" data-view=shown>
            <summary class="view-head">
                <code>{head.name}</code>
                <span class="chip" data-fresh=head.colour data-testid="freshness">{head.colour}</span>
                <span class="small">{head.facts}</span>
            </summary>
            <div class="flow">
                <p>{description}</p>
                <p class="small" data-testid="view-lineage">{head.lineage}</p>
                <p class="small">{head.fresh}". Missing: "{head.missing}"."</p>
                <Table title=format!("Schema of {name}") columns=&SCHEMA>{fields}</Table>
                {(!numbers.is_empty()).then(|| numbers_table(&of, numbers))}
            </div>
        </details>
    }
}
