//! What was found, by rule.

use leptos::prelude::*;

use crate::data::Findings;
use crate::flows::present::data::{Example, RuleGroup, rule_groups, skipped_text};
use crate::flows::present::{count, plural};
use crate::ui::widgets::{Head, Table};

const PLACES: [Head; 5] =
    [Head::Text("File"), Head::Number("Row"), Head::Text("Column"), Head::Text("Found"), Head::Text("Expected")];

/// What was found in this, as a sentence and a table a rule; nothing if nothing was.
pub(super) fn findings_view(findings: &Findings, of: &str, open: bool) -> impl IntoView + use<> {
    let skipped = skipped_text(findings).map(|words| view! { <p class="small">{words}</p> });
    let groups = rule_groups(findings);
    let all = (!groups.is_empty()).then(|| {
        let rules = plural(groups.len() as u64, "rule");
        let title = format!("{} of {rules}", plural(findings.violation_count, "finding"));
        // A single rule needs no further click.
        let only = groups.len() == 1;
        let shown = RwSignal::new(None::<bool>);
        let filter = filter_view(&groups, shown);
        let groups = groups.into_iter().map(|group| rule_view(group, of, only, shown)).collect_view();
        view! {
            <details data-testid="violations" open=open>
                <summary>{title}</summary>
                {filter}
                <div class="rules">{groups}</div>
            </details>
        }
    });
    view! { {skipped}{all} }
}

/// Buttons that leave errors or warnings out; nothing where there is one kind alone.
fn filter_view(groups: &[RuleGroup], shown: RwSignal<Option<bool>>) -> impl IntoView + use<> {
    let findings =
        |refused: bool| groups.iter().filter(|group| group.refused == refused).map(|group| group.count).sum();
    let (errors, warnings): (u64, u64) = (findings(true), findings(false));
    (errors > 0 && warnings > 0).then(|| {
        let button = |of: Option<bool>, severity: &'static str, n: u64| {
            view! {
                <button class="preset" type="button" data-testid="severity" data-severity=severity
                    aria-pressed=move || (shown.get() == of).to_string() on:click=move |_| shown.set(of)>
                    {format!("{severity} ({})", count(n))}
                </button>
            }
        };
        view! {
            <div class="presets" role="group" aria-label="Show findings of severity">
                {button(None, "All", errors + warnings)}
                {button(Some(true), "Errors", errors)}
                {button(Some(false), "Warnings", warnings)}
            </div>
        }
    })
}

fn rule_view(group: RuleGroup, of: &str, open: bool, shown: RwSignal<Option<bool>>) -> impl IntoView + use<> {
    let RuleGroup { rule, demands, dimension, refused, count: broken, columns, examples, rows, more } = group;
    let severity = if refused { "error" } else { "warning" };
    let consequence = if refused { "A row that breaks it is refused." } else { "A row that breaks it is let in." };
    let columns: Vec<String> = columns.iter().map(|(name, n)| format!("{name} ({})", count(*n))).collect();
    let columns = (!columns.is_empty()).then(|| view! { <p class="small">"Columns: "{columns.join(", ")}</p> });
    let table = (!examples.is_empty()).then(|| examples_table(format!("Rows that break {rule}, {of}"), examples));
    view! {
        <details class="rule" data-testid="rule" data-rule=rule.clone() data-severity=severity open=open
            hidden=move || shown.get().is_some_and(|of| of != refused)>
            <summary>
                <code>{rule.clone()}</code>
                <span class="flag" data-on=refused.to_string()>{severity}</span>
                <span>{dimension}</span>
                <span class="num">{plural(broken, "finding")}</span>
            </summary>
            <p>{demands.map(|demands| format!("{demands} "))}{consequence}</p>
            {columns}
            {table}
            {rows.map(|words| view! { <p class="small">{words}</p> })}
            {more.map(|words| view! { <p class="small">{words}</p> })}
        </details>
    }
}

fn examples_table(title: String, examples: Vec<Example>) -> impl IntoView {
    let rows = examples
        .into_iter()
        .map(|example| {
            view! {
                <tr>
                    <td>{example.file}</td>
                    <td class="num">{example.row}</td>
                    <td><code>{example.column}</code></td>
                    <td class="found">{example.found}</td>
                    <td class="found wide">{example.expected}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table title columns=&PLACES>{rows}</Table>
    }
}
