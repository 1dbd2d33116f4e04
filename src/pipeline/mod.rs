//! Steps become plans and reports.
//!
//! A plan says which steps there are, what each does and which it needs; it never runs them. A flow runs them and leaves
//! a [`Report`].

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::registry::GateReport;

/// One step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// What it does, for people.
    pub does: &'static str,
    /// Steps whose outcome it takes; each stands before it in the plan.
    pub needs: &'static [&'static str],
}

const fn step(name: &'static str, needs: &'static [&'static str], does: &'static str) -> Step {
    Step { name, does, needs }
}

/// What is done every morning, in order.
pub const DAILY: [Step; 10] = [
    step("ingest", &[], "take note of the manifest of the data at hand"),
    step("validate", &["ingest"], "hold the games known this morning against the rules over the whole set"),
    step("features", &["validate"], "compute every game's features from what was known before it"),
    step("materialise", &["features"], "bring the rows that predictions are served from up to the morning"),
    step("route", &["ingest"], "find the champion and the challenger, and how visitors are split"),
    step("predict", &["materialise", "route"], "score the day's games with every version that serves"),
    step("log", &["predict"], "write the day's predictions down before the games"),
    step("settle", &["validate"], "add the results of earlier days to their predictions"),
    step("drift", &["features", "route"], "compare the last two weeks with the year before them"),
    step("alerts", &["log", "settle", "drift"], "hold drift, log loss, missing and stale features against the rules"),
];

/// What is done every week, in order.
pub const WEEKLY: [Step; 9] = [
    step("history", &[], "take every game whose result is known"),
    step("features", &["history"], "compute every game's features from what was known before it"),
    step("promote", &["features"], "let the version that was in Staging for a week take over if the gate lets it pass"),
    step("search", &["features"], "try a few strengths, each scored walk-forward"),
    step("evaluate", &["search"], "score the best on the hold-out, which no trial has seen"),
    step("run", &["evaluate"], "write the run down"),
    step("register", &["run"], "give the model a version"),
    step("stage", &["promote", "register"], "let the version enter at Staging"),
    step("compare", &["stage"], "ask the gate: the version against Production on the same games"),
];

/// Whether a step changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It did its work.
    Ran,
    /// There was nothing to do, or it was done before.
    Skipped,
}

/// How one step went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step's name.
    pub name: String,
    /// Whether it did anything.
    pub outcome: Outcome,
    /// What came out or why there was nothing to do, for people.
    pub detail: String,
}

impl StepReport {
    /// A step that did its work.
    pub fn ran(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Ran, detail: detail.into() }
    }

    /// A step that had nothing to do.
    pub fn skipped(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), outcome: Outcome::Skipped, detail: detail.into() }
    }
}

/// How a pipeline went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `daily` or `weekly`.
    pub pipeline: String,
    /// The morning on which it ran: nothing later was seen.
    pub as_of: Date,
    /// Whether it only said what it would do.
    pub dry_run: bool,
    /// Its steps in order.
    pub steps: Vec<StepReport>,
    /// The version that a weekly run came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the gate says about that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateReport>,
    /// What it says about the version that was in Staging for a week, where a weekly run asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<GateReport>,
    /// Documents written.
    pub written: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_needs_only_steps_before_it() {
        for plan in [&DAILY[..], &WEEKLY[..]] {
            for (place, step) in plan.iter().enumerate() {
                for need in step.needs {
                    let before = plan[..place].iter().any(|earlier| earlier.name == *need);
                    assert!(before, "{} needs {need}, which does not stand before it", step.name);
                }
            }
        }
    }
}
