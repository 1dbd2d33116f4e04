//! Runs side by side: parameters that differ, metrics, their course, and forecasts of the same games.

mod curves;
mod tables;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use self::curves::{Courses, ForecastCurves, Parallel};
use self::tables::tables_view;
use crate::flows::present::compare::run_label;
use crate::flows::present::runs::CompareView;
use crate::tracking::Run;
use crate::ui::context::{Sess, href};
use crate::ui::session::Problem;
use crate::ui::widgets::{PageHead, ProblemBox, Skeleton, with_session};

/// The comparison.
#[component]
pub fn Compare() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 4 of 6"
            title="Runs side by side"
            lead="What they were given and what came of it: what differs first, and then how their forecasts differ on the same games."
        />
        {with_session(|session| view! { <ComparePage session /> })}
    }
}

/// The runs that are compared, in the order of the address.
pub(super) type Compared = Arc<Vec<Run>>;

/// Goes to an address.
type Navigate = Box<dyn Fn(&str, NavigateOptions)>;

/// Changes what the address says.
#[derive(Clone, Copy)]
pub(super) struct Address {
    view: Memo<CompareView>,
    navigate: StoredValue<Navigate, LocalStorage>,
}

impl Address {
    fn new() -> Self {
        let search = use_location().search;
        let navigate = use_navigate();
        Self {
            view: Memo::new(move |_| CompareView::parse(&search.get())),
            navigate: StoredValue::new_local(Box::new(move |to, options| navigate(to, options))),
        }
    }

    /// Shows another view.
    pub(super) fn change(self, change: impl FnOnce(&mut CompareView)) {
        let mut view = self.view.get_untracked();
        change(&mut view);
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        self.navigate.with_value(|navigate| navigate(&format!("/lab/compare{}", view.query()), options));
    }
}

#[component]
fn ComparePage(session: Sess) -> impl IntoView {
    let address = Address::new();
    let asked = Memo::new(move |_| address.view.with(|view| view.runs.clone()));
    let loaded = LocalResource::new(move || {
        let (session, ids) = (session.get_value(), asked.get());
        session.revision().track();
        async move { session.runs(&ids).await.map(|found| parted(ids, found)) }
    });
    move || match loaded.get() {
        None => view! { <Skeleton label="Loading the runs" lines=10 /> }.into_any(),
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok((runs, missing))) => {
            let missing = missing.into_iter().map(missing_line).collect_view();
            let few = (runs.len() < 2).then(|| {
                view! {
                    <p class="empty">
                        "A comparison takes two runs or more. "<a href=href("/lab/runs")>"Pick them on the runs page."</a>
                    </p>
                }
            });
            let body = (runs.len() > 1).then(|| view! { <Body session address runs=Arc::new(runs) /> });
            view! { {missing} {few} {body} }.into_any()
        }
    }
}

fn missing_line(id: String) -> impl IntoView {
    view! { <p class="strip" data-tone="warn">"The run "<code>{id}</code>" is not in this browser."</p> }
}

/// The runs that were found, and the ids of which there is no run.
fn parted(ids: Vec<String>, found: Vec<Option<Run>>) -> (Vec<Run>, Vec<String>) {
    let (mut runs, mut missing) = (Vec::new(), Vec::new());
    for (id, found) in ids.into_iter().zip(found) {
        match found {
            Some(run) => runs.push(run),
            None => missing.push(id),
        }
    }
    (runs, missing)
}

#[component]
fn Body(session: Sess, address: Address, runs: Compared) -> impl IntoView {
    let forecasts = {
        let runs = Arc::clone(&runs);
        LocalResource::new(move || {
            let (session, runs) = (session.get_value(), Arc::clone(&runs));
            async move {
                let runs: Vec<&Run> = runs.iter().collect();
                session.forecasts(&runs).await.map(Arc::new)
            }
        })
    };
    let curves = {
        let runs = Arc::clone(&runs);
        move || match forecasts.get() {
            None => view! { <Skeleton label="Reading the predictions" /> }.into_any(),
            Some(Err(problem)) => problem_line(problem).into_any(),
            Some(Ok(all)) => view! { <ForecastCurves runs=Arc::clone(&runs) all /> }.into_any(),
        }
    };
    view! {
        {legend(address, &runs)}
        {tables_view(&runs)}
        <Courses address runs=Arc::clone(&runs) />
        <Parallel address runs />
        {curves}
    }
}

fn problem_line(problem: Problem) -> impl IntoView {
    view! { <p class="strip" data-tone="bad">"The predictions could not be read: "{problem}</p> }
}

/// The runs with their numbers and colours, and ways to leave one out or to put it first.
fn legend(address: Address, runs: &[Run]) -> impl IntoView + use<> {
    let item = |(number, run): (usize, &Run)| {
        let (id, first) = (run.id.clone(), run.id.clone());
        let leave = move |_| address.change(|view| view.runs.retain(|other| *other != id));
        let put_first = move |_| {
            address.change(|view| {
                view.runs.retain(|other| *other != first);
                view.runs.insert(0, first.clone());
            });
        };
        let label = run_label(number, run);
        let (leave_label, first_label) = (format!("Leave {label} out"), format!("Hold the others against {label}"));
        let opened = crate::flows::present::runs::RunsView { open: Some(run.id.clone()), ..Default::default() };
        let to = href(&format!("/lab/runs{}", opened.query()));
        view! {
            <li data-testid="compared" data-run=run.id.clone()>
                <span class="swatch" data-series=(number % 8 + 1).to_string() aria-hidden="true"></span>
                <a href=to>{label}</a>
                <span class="actions">
                    {(number > 0).then(|| view! { <button type="button" class="quiet" aria-label=first_label on:click=put_first>"Put first"</button> })}
                    <button type="button" class="quiet" aria-label=leave_label on:click=leave>"Leave out"</button>
                </span>
            </li>
        }
    };
    view! { <ol class="legend">{runs.iter().enumerate().map(item).collect_view()}</ol> }
}
