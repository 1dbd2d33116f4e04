//! The lab's sixth page: have the inputs or the predictions moved?

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use crate::base::Date;
use crate::flows::alerts::raise;
use crate::flows::present::monitoring::{
    DRIFT_BOUND, Window, alert_numbers, check_windows, drift_rows, drift_words, presets, rule_name,
};
use crate::flows::present::{date_medium, decimal, plural, share, span_text};
use crate::monitoring::{Alert, DriftReport, default_rules};
use crate::ui::context::Sess;
use crate::ui::widgets::{DayInput, Feature, PageHead, ProblemBox, Simulated, Skeleton, TableScroll, with_session};

/// Alerts that stand open; earlier ones are behind a click.
const SHOWN_ALERTS: usize = 5;

/// Drift and alerts.
#[component]
pub fn Monitoring() -> impl IntoView {
    view! {
        <PageHead
            kicker="Lab, 6 of 6"
            title="Monitoring"
            lead="Holds the model’s inputs and its predictions in one window of games against another, and lists the alerts that the rules have raised."
        />
        {with_session(|session| view! { <MonitoringPage session /> })}
    }
}

/// The windows as the address carries them.
fn windows_of(query: &leptos_router::params::ParamsMap) -> Option<(Window, Window)> {
    let day = |name: &str| query.get(name)?.parse::<Date>().ok();
    Some(((day("ref_from")?, day("ref_to")?), (day("from")?, day("to")?)))
}

fn address_of((reference, current): (Window, Window)) -> String {
    format!("/lab/monitoring?ref_from={}&ref_to={}&from={}&to={}", reference.0, reference.1, current.0, current.1)
}

#[component]
fn MonitoringPage(session: Sess) -> impl IntoView {
    let query = use_query_map();
    let days = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.days().await }
    });
    let revision = session.with_value(|session| session.revision());
    let as_of = move || {
        revision.track();
        session.with_value(|session| session.active().as_of)
    };
    let kind = move || {
        revision.track();
        session.with_value(|session| session.source_kind())
    };
    let known = Memo::new(move |_| days.get().and_then(Result::ok).map(|days| presets(&days, as_of())));
    let windows = Memo::new(move |_| {
        let asked = query.with(windows_of);
        asked.or_else(|| known.get().and_then(|known| known.first().map(|preset| (preset.reference, preset.current))))
    });
    let report = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        let asked = query.with(windows_of);
        async move {
            let windows = match asked {
                Some(windows) => windows,
                None => {
                    let known = presets(&session.days().await?, session.active().as_of);
                    let Some(first) = known.first() else { return Ok(None) };
                    (first.reference, first.current)
                }
            };
            session.drift(windows.0, windows.1).await.map(Some)
        }
    });
    let report_view = move || match report.get() {
        Some(Ok(Some(report))) => {
            let stale = windows.get().is_some_and(|w| w != (report.reference, report.current));
            view! { <div class="flow" aria-busy=stale.to_string()>{report_view(&report)}</div> }.into_any()
        }
        Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
        Some(Ok(None)) => {
            view! { <p class="empty">"There are too few played games in this data to compare two windows."</p> }
                .into_any()
        }
        None => view! { <Skeleton label="Comparing the windows" lines=10 /> }.into_any(),
    };
    view! {
        {move || view! { <Simulated kind=kind() /> }}
        <section class="block">
            <h2>"Windows"</h2>
            {move || {
                windows.get().map(|now| view! { <WindowForm now known=known.get().unwrap_or_default() /> })
            }}
        </section>
        <section class="block" aria-live="polite">{report_view}</section>
        <Alerts session />
    }
}

/// The alerts that were raised.
#[component]
fn Alerts(session: Sess) -> impl IntoView {
    let alerts = LocalResource::new(move || {
        let session = session.get_value();
        session.revision().track();
        async move { session.alerts().await }
    });
    view! {
        <section class="block">
            <h2>"Alerts of the daily pipeline"</h2>
            {move || match alerts.get() {
                None => view! { <Skeleton label="Loading the alerts" lines=3 /> }.into_any(),
                Some(Err(problem)) => view! { <ProblemBox problem /> }.into_any(),
                Some(Ok(alerts)) => alerts_view(alerts).into_any(),
            }}
        </section>
    }
}

#[component]
fn WindowForm(now: (Window, Window), known: Vec<crate::flows::present::monitoring::Preset>) -> impl IntoView {
    let navigate = use_navigate();
    let (reference, current) = now;
    let ends = [reference.0, reference.1, current.0, current.1].map(RwSignal::new);
    let wanted = move || {
        let [a, b, c, d] = ends.map(|end| end.get());
        ((a, b), (c, d))
    };
    let wrong = Signal::derive(move || {
        let (reference, current) = wanted();
        check_windows(reference, current).err()
    });
    let options = || NavigateOptions { scroll: false, ..NavigateOptions::default() };
    let go = navigate.clone();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if wrong.get_untracked().is_none() {
            go(&address_of(untrack(wanted)), options());
        }
    };
    let chips = known
        .into_iter()
        .map(|preset| {
            let chosen = (preset.reference, preset.current) == now;
            let go = navigate.clone();
            let to = address_of((preset.reference, preset.current));
            view! {
                <button class="preset" type="button" aria-pressed=chosen.to_string() on:click=move |_| go(&to, options())>
                    {preset.label}
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="presets" role="group" aria-label="Usual comparisons">{chips}</div>
        <form class="form windows" on:submit=submit>
            <fieldset class="pair">
                <legend>"Reference"</legend>
                <DayInput label="First day of the reference" value=ends[0] />
                <span aria-hidden="true">"to"</span>
                <DayInput label="Last day of the reference" value=ends[1] />
            </fieldset>
            <fieldset class="pair">
                <legend>"Current"</legend>
                <DayInput label="First day of the current window" value=ends[2] />
                <span aria-hidden="true">"to"</span>
                <DayInput label="Last day of the current window" value=ends[3] />
            </fieldset>
            <button type="submit" disabled=move || wrong.get().is_some()>"Compare"</button>
        </form>
        <p class="field-error" role="alert">{move || wrong.get()}</p>
    }
}

fn report_view(report: &DriftReport) -> impl IntoView + use<> {
    let over = report.drift_share > DRIFT_BOUND;
    let rows = drift_rows(report)
        .into_iter()
        .map(|row| {
            view! {
                <tr data-testid="drift-row" data-drifted=row.drifted.to_string()>
                    <th scope="row"><Feature name=row.column /></th>
                    <td><span class="flag" data-on=row.drifted.to_string()>{if row.drifted { "drifted" } else { "steady" }}</span></td>
                    <td>{row.test}</td>
                    <td class="num">{row.statistic}</td>
                    <td class="num">{row.evidence}</td>
                    <td class="num">{row.means.0}</td>
                    <td class="num">{row.means.1}</td>
                    <td class="num">{row.missing.0}</td>
                    <td class="num">{row.missing.1}</td>
                    <td class="num">{row.sizes.0}</td>
                    <td class="num">{row.sizes.1}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <h2>"Drift"</h2>
        <div class="score-line">
            <p class="figure" data-testid="drift-score" data-over=over.to_string()>{decimal(report.drift_share, 2)}</p>
            <div>
                <p>{drift_words(report)}</p>
                <p class="small">
                    {format!(
                        "{} against {}. {} of the current window’s feature values are missing.",
                        span_text(report.current), span_text(report.reference), share(report.missing_share)
                    )}
                </p>
                <div class="bound-bar" data-over=over.to_string() aria-hidden="true"
                    style:--value=format!("{:.2}%", report.drift_share * 100.0)
                    style:--bound=format!("{:.0}%", DRIFT_BOUND * 100.0)><span></span></div>
            </div>
        </div>
        {broken_rules(report)}
        <TableScroll label="Drift of every column">
            <table>
                <thead>
                    <tr>
                        <th scope="col" rowspan="2">"Column"</th>
                        <th scope="col" rowspan="2"><span class="visually-hidden">"Verdict"</span></th>
                        <th scope="col" rowspan="2">"Test"</th>
                        <th class="num" scope="col" rowspan="2">"Statistic"</th>
                        <th class="num" scope="col" rowspan="2">"p"</th>
                        <th class="span" scope="colgroup" colspan="2">"Mean"</th>
                        <th class="span" scope="colgroup" colspan="2">"Missing"</th>
                        <th class="span" scope="colgroup" colspan="2">"Values"</th>
                    </tr>
                    <tr>
                        <th class="num" scope="col">"then"</th><th class="num" scope="col">"now"</th>
                        <th class="num" scope="col">"then"</th><th class="num" scope="col">"now"</th>
                        <th class="num" scope="col">"then"</th><th class="num" scope="col">"now"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableScroll>
        <p class="small">
            "With many games even small differences come out as drifted, and one column in twenty does by chance: "
            "look at the means before acting."
        </p>
    }
}

/// The alerts that the rules raise over the windows that are shown.
fn broken_rules(report: &DriftReport) -> impl IntoView + use<> {
    let alerts = raise(&default_rules(), report.current.1, Some(report), &[]);
    (!alerts.is_empty()).then(|| view! { <ol class="alerts">{alerts.into_iter().map(alert_row).collect_view()}</ol> })
}

fn alerts_view(alerts: Vec<Alert>) -> AnyView {
    if alerts.is_empty() {
        return view! {
            <p class="empty">"The daily pipeline has raised no alert over this data. Its rules watch drift above 0.3, log loss above 0.8, missing features above 5% and features older than 72 hours at tip-off."</p>
        }
        .into_any();
    }
    let mut newest = alerts;
    let earlier = newest.split_off(newest.len().min(SHOWN_ALERTS));
    let rest = (!earlier.is_empty()).then(|| {
        let words = plural(earlier.len() as u64, "earlier alert");
        view! { <details><summary>{words}</summary><ol class="alerts">{earlier.into_iter().map(alert_row).collect_view()}</ol></details> }
    });
    view! { <ol class="alerts">{newest.into_iter().map(alert_row).collect_view()}</ol>{rest} }.into_any()
}

fn alert_row(alert: Alert) -> impl IntoView {
    view! {
        <li class="alert" data-testid="alert-row" data-rule=alert.rule.clone()>
            <time datetime=alert.day.to_string()>{date_medium(alert.day)}</time>
            <strong>{rule_name(&alert.rule)}</strong>
            <span class="num">{alert_numbers(&alert)}</span>
            <span>{alert.message}</span>
        </li>
    }
}
