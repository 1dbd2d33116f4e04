//! Parameters, metrics and tags in tables with a column a run.

use leptos::prelude::*;

use crate::flows::present::compare::{
    CompareRow, MetricRow, ParamTable, metric_rows, param_table, run_label, tag_table,
};
use crate::tracking::Run;
use crate::ui::widgets::TableScroll;

/// The tables.
pub(super) fn tables_view(runs: &[Run]) -> impl IntoView + use<> {
    let all: Vec<&Run> = runs.iter().collect();
    let labels: Vec<String> = runs.iter().enumerate().map(|(number, run)| run_label(number, run)).collect();
    let (params, tags) = (param_table(&all), tag_table(&all));
    view! {
        <section class="block" data-testid="compare-params">
            <h2>"Parameters that differ"</h2>
            {differing(&labels, "Parameters that differ", &params, "They were given the same parameters.")}
            {same("Parameters that are the same in all", &params)}
        </section>
        <section class="block" data-testid="compare-metrics">
            <h2>"Metrics"</h2>
            {metrics_table(&labels, metric_rows(&all))}
        </section>
        <section class="block">
            <h2>"Tags that differ"</h2>
            {differing(&labels, "Tags that differ", &tags, "Their tags are the same.")}
            {same("Tags that are the same in all", &tags)}
        </section>
    }
}

fn head(labels: &[String], what: &'static str, number: bool) -> impl IntoView + use<> {
    let heads = labels.iter().map(
        |label| view! { <th scope="col" class="run-head" class:num=number title=label.clone()>{label.clone()}</th> },
    );
    let heads = heads.collect_view();
    view! { <thead><tr><th scope="col">{what}</th>{heads}</tr></thead> }
}

fn differing(labels: &[String], title: &'static str, table: &ParamTable, none: &'static str) -> AnyView {
    if table.differing.is_empty() {
        return view! { <p class="small">{none}</p> }.into_any();
    }
    let row = |row: &CompareRow| {
        let cells = row.values.iter().map(|value| view! { <td class="found">{value.clone()}</td> }).collect_view();
        view! { <tr><th scope="row">{row.name.clone()}</th>{cells}</tr> }
    };
    let (head, rows) = (head(labels, "Name", false), table.differing.iter().map(row).collect_view());
    view! {
        <TableScroll label=title>
            <table class="compared">{head}<tbody>{rows}</tbody></table>
        </TableScroll>
    }
    .into_any()
}

fn same(title: &'static str, table: &ParamTable) -> Option<impl IntoView + use<>> {
    let row = |(name, value): &(String, String)| {
        view! { <tr><th scope="row">{name.clone()}</th><td class="found">{value.clone()}</td></tr> }
    };
    let rows = table.same.iter().map(row).collect_view();
    let words = format!("{title}: {}", table.same.len());
    (!table.same.is_empty()).then(|| {
        view! {
            <details>
                <summary>{words}</summary>
                <TableScroll label=title><table><tbody>{rows}</tbody></table></TableScroll>
            </details>
        }
    })
}

fn metrics_table(labels: &[String], rows: Vec<MetricRow>) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="small">"None of them has a metric."</p> }.into_any();
    }
    let row = |row: MetricRow| {
        let cell = |(value, best): (String, bool)| {
            let word = best.then(|| view! { <span class="visually-hidden">" (the best)"</span> });
            view! { <td class="num" data-best=best.to_string()>{value}{word}</td> }
        };
        let cells = row.values.into_iter().zip(row.best).map(cell).collect_view();
        view! { <tr><th scope="row">{row.name}</th>{cells}</tr> }
    };
    let (head, body) = (head(labels, "Metric", true), rows.into_iter().map(row).collect_view());
    view! {
        <TableScroll label="Metrics">
            <table class="compared">{head}<tbody>{body}</tbody></table>
        </TableScroll>
    }
    .into_any()
}
