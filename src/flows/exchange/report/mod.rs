//! An experiment as one page that opens from disk: no network, no server, readable without its script and on paper.
//!
//! The page stays under [`MOST_BYTES`]: every text is clipped, every list but the runs has a most, and of the runs those with the
//! best judged metric are shown that fit; the page says how many it leaves out.

mod charts;
mod gather;
mod html;
mod sections;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use gather::{Experiment, report_of};

use crate::base::{Digest, Instant};
use crate::tracking::{Run, RunStatus};

/// Bytes that the page stays under.
pub const MOST_BYTES: usize = 300_000;
/// The metric that runs are ordered by, the least first.
pub const JUDGED: &str = "log_loss";

/// The page around the sections; names in double braces are filled in.
const TEMPLATE: &str = include_str!("template.html");

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// The experiment's name.
    pub experiment: &'a str,
    /// When the report is made.
    pub made_at: Instant,
    /// The experiment's runs in any order; those in the trash are left out.
    pub runs: &'a [Run],
    /// Label (0 or 1) and probability of every example of the [`best`] run's hold-out; empty if they are not known.
    pub forecasts: &'a [(f64, f64)],
    /// The registry's versions, as they are now.
    pub versions: &'a [VersionRow],
    /// What happened in the registry, in order.
    pub history: &'a [HistoryRow],
    /// What is known of data by the digest of its manifest, in words.
    pub data: &'a BTreeMap<Digest, String>,
}

/// A model version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Its number.
    pub version: String,
    /// Its stage.
    pub stage: String,
    /// The run that it came from.
    pub run_id: String,
    /// What it is, such as `logistic regression, C=0.1`.
    pub summary: String,
    /// When it was registered.
    pub registered_at: Instant,
}

/// An entry of the registry's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// From when it holds.
    pub at: Instant,
    /// The version.
    pub version: String,
    /// What happened.
    pub what: String,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// The finished run with the least judged metric; of equal ones the newest.
pub fn best(runs: &[Run]) -> Option<&Run> {
    let finished = |run: &&Run| run.deleted_at.is_none() && run.status == RunStatus::Finished;
    let first = ordered(runs.iter().filter(finished)).into_iter().next();
    first.filter(|run| run.metric(JUDGED).is_some())
}

/// Runs by the judged metric, those without it last; of equal ones the newest first.
fn ordered<'a>(runs: impl Iterator<Item = &'a Run>) -> Vec<&'a Run> {
    let mut runs: Vec<&Run> = runs.collect();
    let judged = |run: &Run| run.metric(JUDGED).unwrap_or(f64::INFINITY);
    runs.sort_by(|a, b| {
        judged(a).total_cmp(&judged(b)).then(b.started_at.cmp(&a.started_at)).then_with(|| a.id.cmp(&b.id))
    });
    runs
}

/// The page.
pub fn report(input: &ReportInput<'_>) -> String {
    let runs = ordered(input.runs.iter().filter(|run| run.deleted_at.is_none()));
    let best = best(input.runs);
    let mut rest = String::new();
    if let Some(best) = best {
        sections::best(&mut rest, best, input.forecasts);
        sections::leaderboard(&mut rest, best, &runs);
    }
    sections::origins(&mut rest, &runs, input.data);
    sections::registry(&mut rest, input.versions, input.history);
    let mut head = String::new();
    sections::summary(&mut head, input, &runs, best);
    let differing = sections::differing(&runs);
    let mut parameters = String::new();
    sections::parameters(&mut parameters, &differing, &runs);
    let title = html::text(input.experiment, 120);
    let made = input.made_at.format("%Y-%m-%d %H:%M UTC").to_string();
    // What is left after all else is the table's.
    let used = TEMPLATE.len() + 3 * title.len() + head.len() + parameters.len() + rest.len();
    let mut table = String::new();
    sections::runs(&mut table, &runs, &differing, MOST_BYTES.saturating_sub(used + 20_000));
    let body = [head, table, parameters, rest].concat();
    let filled = [("title", title.as_str()), ("made", &made), ("version", env!("CARGO_PKG_VERSION")), ("body", &body)];
    html::fill(TEMPLATE, &filled)
}
