//! The lab's second page: what is known of teams and of the league, what is served, and how a game's features were joined.

mod explain;
mod served;

use leptos::prelude::*;

use self::explain::Explainer;
use self::served::{MaterializeOutcome, Serving};
use crate::base::morning;
use crate::features::OnlineView;
use crate::flows::feature_report::{FeatureReport, ViewReport};
use crate::flows::present::data::profile_tables;
use crate::flows::present::features::view_head;
use crate::flows::present::{date_medium, season_label};
use crate::ui::context::Sess;
use crate::ui::pages::data::profile::numbers_table;
use crate::ui::session::Problem;
use crate::ui::widgets::{Feature, PageHead, ProblemBox, Simulated, Skeleton, TableScroll, with_session};

/// The feature store.
#[component]
pub fn Features() -> impl IntoView {
    provide_context(MaterializeOutcome(RwSignal::new(None)));
    view! {
        <PageHead
            kicker="Lab, 2 of 5"
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
        async move { Ok::<_, Problem>((session.features().await?, session.served_features().await?)) }
    });
    let shown = move || match loaded.get() {
        None => view! { <Skeleton label="Computing the views" lines=10 /> }.into_any(),
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok((report, served))) => page_view(session, &report, &served).into_any(),
    };
    view! {
        {move || view! { <Simulated kind=kind() /> }}
        {shown}
    }
}

fn page_view(session: Sess, report: &FeatureReport, served: &[OnlineView]) -> impl IntoView + use<> {
    let now = morning(report.day).timestamp_millis();
    let season = report.season.map_or_else(|| "no season".to_owned(), |year| format!("season {}", season_label(year)));
    let words = format!(
        "As known on the morning of {}. Distributions and missing shares are of the values as they were joined to the games of {season}.",
        date_medium(report.day)
    );
    let views = report.views.iter().map(|view| view_block(view, served, now)).collect_view();
    let defined: Vec<_> = report.views.iter().map(|of| of.view.clone()).collect();
    view! {
        <Serving session day=report.day views=defined.clone() served=served.to_vec() />
        <section class="block">
            <h2>"Views"</h2>
            <p class="small">{words}</p>
            <div class="flow" data-testid="feature-views">{views}</div>
        </section>
        <Explainer session day=report.day views=defined />
    }
}

fn view_block(report: &ViewReport, served: &[OnlineView], now: i64) -> impl IntoView + use<> {
    let head = view_head(report, served, now);
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
            <summary>
                <code>{head.name}</code>" "
                <span class="chip" data-fresh=head.colour data-testid="freshness">{head.colour}</span>
                " "<span class="small">{head.facts}</span>
            </summary>
            <div class="flow">
                <p>{description}</p>
                <p class="small">{head.lineage}". "{head.fresh}". Missing: "{head.missing}"."</p>
                <TableScroll label=format!("Schema of {name}")>
                    <table>
                        <caption>"Schema"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Feature"</th>
                                <th scope="col">"Type"</th>
                                <th scope="col">"Unit"</th>
                                <th scope="col">"What it says"</th>
                            </tr>
                        </thead>
                        <tbody>{fields}</tbody>
                    </table>
                </TableScroll>
                {(!numbers.is_empty()).then(|| numbers_table(&of, numbers))}
            </div>
        </details>
    }
}
