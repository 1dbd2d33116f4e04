//! The page's sections. Each is added to a text; what comes from outside goes through [`text`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::html::{Cell, counted, number, row, table, text};
use super::{HistoryRow, JUDGED, ReportInput, VersionRow, charts};
use crate::base::{Digest, Instant};
use crate::tracking::{Run, RunStatus};

/// Metrics that come first, in this order.
const FIRST_METRICS: [&str; 5] = [JUDGED, "brier", "accuracy", "auc", "ece"];
/// Metrics and parameters that are columns of the table of runs.
const METRIC_COLUMNS: usize = 6;
const PARAMETER_COLUMNS: usize = 4;
/// Rows that a list other than the runs has at most.
const MOST_ROWS: usize = 40;
/// Characters of a value in a cell, and of one that has a line to itself.
const CELL: usize = 40;
const LINE: usize = 300;

/// A time that is not broken over two lines.
fn time(at: Instant) -> String {
    format!("<span class=\"t\">{}</span>", at.format("%Y-%m-%d %H:%M"))
}

fn short(id: &str) -> String {
    text(&id.chars().take(8).collect::<String>(), 8)
}

/// What a run is called, and its first digits.
fn name(run: &Run) -> String {
    format!("{} <code>{}</code>", text(&run.name, 60), short(&run.id))
}

/// What a list leaves out.
fn left_out(into: &mut String, all: usize, shown: usize, what: &str) {
    if all > shown {
        let _ = writeln!(into, "<p class=\"note\">{} more {what} left out.</p>", all - shown);
    }
}

pub(super) fn summary(into: &mut String, input: &ReportInput<'_>, runs: &[&Run], best: Option<&Run>) {
    let trials = runs.iter().filter(|run| run.parent.is_some()).count();
    let days: BTreeSet<String> = runs.iter().map(|run| run.started_at.format("%Y-%m-%d").to_string()).collect();
    let mut facts = vec![("Runs", runs.len().to_string())];
    if trials > 0 {
        facts.push(("Of these trials of a search", trials.to_string()));
    }
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        facts.push(("From", first.clone()));
        facts.push(("To", last.clone()));
    }
    if let Some(best) = best {
        let value = |metric: &str| best.metric(metric).map(number);
        facts.extend(value(JUDGED).map(|value| ("Best log loss", value)));
        facts.extend(value("accuracy").map(|value| ("Its accuracy", value)));
    }
    let production = input.versions.iter().find(|version| version.stage == "Production");
    facts.push(("In Production", production.map_or_else(|| "none".to_owned(), |version| text(&version.version, 40))));
    into.push_str("<dl class=\"facts\">");
    for (name, value) in facts {
        let _ = write!(into, "<div><dt>{name}</dt><dd>{value}</dd></div>");
    }
    into.push_str("</dl>\n");
}

/// Parameters of which not all runs have the same value, those with short values first.
pub(super) fn differing(runs: &[&Run]) -> Vec<String> {
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.params.keys()).collect();
    let differs = |name: &&&String| runs.iter().any(|run| run.params.get(**name) != runs[0].params.get(**name));
    let mut differing: Vec<String> = names.iter().filter(differs).map(|name| (**name).clone()).collect();
    let longest = |name: &String| runs.iter().filter_map(|run| run.params.get(name)).map(String::len).max();
    differing.sort_by_cached_key(|name| (longest(name) > Some(CELL), name.clone()));
    differing
}

fn metrics(runs: &[&Run]) -> Vec<String> {
    let there: BTreeSet<&str> = runs.iter().flat_map(|run| run.metrics.keys().map(String::as_str)).collect();
    let first = FIRST_METRICS.iter().filter(|name| there.contains(**name)).copied();
    let others = there.iter().filter(|name| !FIRST_METRICS.contains(name)).copied();
    first.chain(others).map(str::to_owned).collect()
}

/// The table of runs, in so many bytes.
pub(super) fn runs(into: &mut String, runs: &[&Run], differing: &[String], most: usize) {
    into.push_str("<section><h2>Runs</h2>\n");
    if runs.is_empty() {
        into.push_str("<p>No run yet.</p></section>\n");
        return;
    }
    let metrics: Vec<String> = metrics(runs).into_iter().take(METRIC_COLUMNS).collect();
    let parameters: Vec<&String> = differing.iter().take(PARAMETER_COLUMNS).collect();
    // What a narrow screen shows before it is scrolled: the run and what it is judged by.
    let mut head = vec![("Run".to_owned(), false)];
    head.extend(metrics.iter().map(|name| (text(name, CELL), true)));
    head.push(("Started".to_owned(), false));
    head.extend(parameters.iter().map(|name| (text(name, CELL), false)));
    let (mut rows, mut shown) = (String::new(), 0);
    for run in runs {
        let status = if run.status == RunStatus::Finished { String::new() } else { format!(" ({:?})", run.status) };
        let mut cells = vec![Cell::Text(format!("{}{status}", name(run)))];
        cells.extend(metrics.iter().map(|metric| Cell::Number(run.metric(metric))));
        cells.push(Cell::Text(time(run.started_at)));
        let value = |name: &&String| text(run.params.get(*name).map_or("–", String::as_str), CELL);
        cells.extend(parameters.iter().map(|name| Cell::Text(value(name))));
        let row = row(&cells);
        if rows.len() + row.len() > most {
            break;
        }
        rows.push_str(&row);
        shown += 1;
    }
    let which = if shown < runs.len() {
        format!(
            "The {shown} with the least log loss of {}; {} are left out to keep this page small.",
            runs.len(),
            runs.len() - shown
        )
    } else {
        "The least log loss first.".to_owned()
    };
    let _ = writeln!(into, "<p class=\"note\">{which}</p>");
    into.push_str(&table("Runs", &head, &rows));
    into.push_str("</section>\n");
}

pub(super) fn parameters(into: &mut String, differing: &[String], runs: &[&Run]) {
    if differing.is_empty() {
        return;
    }
    into.push_str("<section><h2>Parameters that differ</h2>\n");
    let mut rows = String::new();
    for name in differing.iter().take(MOST_ROWS) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for run in runs {
            *counts.entry(run.params.get(name).map_or("–", String::as_str)).or_default() += 1;
        }
        let mut values: Vec<(&str, usize)> = counts.into_iter().collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let mut shown: Vec<String> = values
            .iter()
            .take(6)
            .map(|(value, count)| format!("{} <small>×{count}</small>", text(value, CELL)))
            .collect();
        if values.len() > shown.len() {
            shown.push(format!("<small>{} more values</small>", values.len() - shown.len()));
        }
        rows.push_str(&row(&[Cell::Text(text(name, CELL)), Cell::Text(shown.join(", "))]));
    }
    into.push_str(&table("Parameters that differ", &[("Parameter".into(), false), ("Values".into(), false)], &rows));
    left_out(into, differing.len(), MOST_ROWS, "parameters are");
    into.push_str("</section>\n");
}

/// Names and values, a line each.
fn list<'a>(into: &mut String, title: &str, pairs: impl Iterator<Item = (&'a String, String)>) {
    let _ = write!(into, "<h3>{title}</h3><dl class=\"pairs\">");
    for (name, value) in pairs.take(MOST_ROWS) {
        let _ = write!(into, "<dt>{}</dt><dd>{value}</dd>", text(name, CELL));
    }
    into.push_str("</dl>\n");
}

pub(super) fn best(into: &mut String, run: &Run, forecasts: &[(f64, f64)]) {
    let _ = writeln!(into, "<section><h2>The best run</h2>\n<p>{}, {}</p>", name(run), time(run.started_at));
    if forecasts.is_empty() {
        into.push_str(
            "<p class=\"note\">Its predictions of the hold-out are not in the store, so no curve is drawn.</p>\n",
        );
    } else {
        let games = counted(forecasts.len(), "game");
        let _ = writeln!(into, "<p class=\"note\">On the {games} of its hold-out, which no trial has seen.</p>");
        into.push_str(&charts::charts(forecasts));
    }
    into.push_str("<div class=\"columns\"><div>");
    let last = metrics(&[run]);
    list(into, "Metrics", last.iter().filter_map(|name| Some((name, number(run.metric(name)?)))));
    into.push_str("</div><div>");
    list(into, "Parameters", run.params.iter().map(|(name, value)| (name, text(value, LINE))));
    into.push_str("</div></div></section>\n");
}

/// The best run's search: its trials if they are runs, else the points that it recorded.
pub(super) fn leaderboard(into: &mut String, best: &Run, runs: &[&Run]) {
    let search = best.parent.as_ref().unwrap_or(&best.id);
    let judged = |run: &Run| run.metric("validation_log_loss").or_else(|| run.metric(JUDGED));
    let trials = runs.iter().filter(|run| run.parent.as_ref() == Some(search));
    let mut rows: Vec<(f64, String)> = trials.filter_map(|run| Some((judged(run)?, name(run)))).collect();
    if rows.is_empty() {
        let points = best.metrics.get("validation_log_loss").map_or(&[][..], Vec::as_slice);
        rows = points.iter().map(|point| (point.value, format!("trial {}", point.step + 1))).collect();
    }
    if rows.len() < 2 {
        return;
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    let all = rows.len();
    let lines: String = rows
        .into_iter()
        .take(MOST_ROWS)
        .map(|(value, name)| row(&[Cell::Text(name), Cell::Number(Some(value))]))
        .collect();
    into.push_str("<section><h2>Leaderboard of its search</h2>\n");
    let head = [("Trial".to_owned(), false), ("validation log loss".to_owned(), true)];
    into.push_str(&table("Leaderboard of its search", &head, &lines));
    left_out(into, all, MOST_ROWS, "trials are");
    into.push_str("</section>\n");
}

pub(super) fn origins(into: &mut String, runs: &[&Run], data: &BTreeMap<Digest, String>) {
    let mut by_digest: BTreeMap<Digest, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for run in runs {
        if let Some(digest) = run.data_version {
            let entry = by_digest.entry(digest).or_default();
            entry.0 += 1;
            entry.1.extend(run.feature_version.as_deref());
        }
    }
    if by_digest.is_empty() {
        return;
    }
    let line = |(digest, (count, features)): (&Digest, &(usize, BTreeSet<&str>))| {
        let features: Vec<String> = features.iter().take(6).map(|version| text(version, CELL)).collect();
        row(&[
            Cell::Text(format!("<code class=\"digest\">{digest}</code>")),
            Cell::Text(text(data.get(digest).map_or("–", String::as_str), 120)),
            Cell::Text(features.join(", ")),
            Cell::Number(Some(*count as f64)),
        ])
    };
    let rows: String = by_digest.iter().take(MOST_ROWS).map(line).collect();
    into.push_str("<section><h2>Data and features</h2>\n");
    let head = [("Manifest", false), ("Data", false), ("Features", false), ("Runs", true)];
    into.push_str(&table("Data and features", &head.map(|(name, number)| (name.to_owned(), number)), &rows));
    left_out(into, by_digest.len(), MOST_ROWS, "manifests are");
    into.push_str("</section>\n");
}

pub(super) fn registry(into: &mut String, versions: &[VersionRow], history: &[HistoryRow]) {
    into.push_str("<section><h2>Registry</h2>\n");
    if versions.is_empty() {
        into.push_str("<p>No version yet.</p></section>\n");
        return;
    }
    let rows: String = versions.iter().rev().take(MOST_ROWS).map(version_row).collect();
    let head = ["Version", "Stage", "Model", "Run", "Registered"].map(|name| (name.to_owned(), false));
    into.push_str(&table("Versions", &head, &rows));
    left_out(into, versions.len(), MOST_ROWS, "versions are");
    let line = |entry: &HistoryRow| {
        row(&[
            Cell::Text(time(entry.at)),
            Cell::Text(text(&entry.version, CELL)),
            Cell::Text(text(&entry.what, CELL)),
            Cell::Text(text(&entry.actor, CELL)),
            Cell::Text(text(&entry.reason, LINE)),
        ])
    };
    let rows: String = history.iter().rev().take(MOST_ROWS).map(line).collect();
    into.push_str("<h3>History</h3>\n");
    let head = ["When", "Version", "What", "Who", "Why"].map(|name| (name.to_owned(), false));
    into.push_str(&table("History", &head, &rows));
    left_out(into, history.len(), MOST_ROWS, "earlier entries are");
    into.push_str("</section>\n");
}

fn version_row(version: &VersionRow) -> String {
    let stage = text(&version.stage, CELL);
    row(&[
        Cell::Text(text(&version.version, CELL)),
        Cell::Text(format!("<span class=\"stage\" data-stage=\"{stage}\">{stage}</span>")),
        Cell::Text(text(&version.summary, 80)),
        Cell::Text(format!("<code>{}</code>", short(&version.run_id))),
        Cell::Text(time(version.registered_at)),
    ])
}
