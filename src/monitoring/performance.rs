//! How logged predictions turned out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::registry::Stage;
use crate::serving::{DayLog, Prediction};
use crate::stats::{Scores, score};

/// A version's predictions in a window of days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// The version.
    pub version: String,
    /// Predictions logged.
    pub predicted: u64,
    /// Scores over those whose game is settled; none while no game is.
    pub scores: Option<Scores>,
    /// Mean share of missing features over all its predictions.
    pub missing: f64,
}

/// Each version over the days of a window (both ends included), in the order of the versions' numbers.
///
/// A version scored in the shadow is judged on the same games as the one that was shown, so two entries with the same
/// count can be compared directly.
pub fn performance(logs: &[DayLog], window: (Date, Date)) -> Vec<Performance> {
    let mut by_version: BTreeMap<(Vec<u64>, &str), Tally> = BTreeMap::new();
    for log in in_window(logs, window) {
        for (prediction, outcome) in log.with_outcomes() {
            by_version.entry(version_order(&prediction.version)).or_default().add(prediction, outcome);
        }
    }
    by_version
        .into_iter()
        .map(|((_, version), tally)| Performance {
            version: version.to_owned(),
            predicted: tally.predicted,
            scores: tally.scores(),
            missing: tally.missing / tally.predicted as f64,
        })
        .collect()
}

/// Scores of what visitors of the champion were shown: the predictions that were in Production when they were logged,
/// whatever their version. None while no game of the window is settled.
pub fn served(logs: &[DayLog], window: (Date, Date)) -> Option<Scores> {
    let mut tally = Tally::default();
    for log in in_window(logs, window) {
        for (prediction, outcome) in log.with_outcomes().filter(|(prediction, _)| prediction.stage == Stage::Production)
        {
            tally.add(prediction, outcome);
        }
    }
    tally.scores()
}

fn in_window(logs: &[DayLog], (first, last): (Date, Date)) -> impl Iterator<Item = &DayLog> {
    logs.iter().filter(move |log| first <= log.day && log.day <= last)
}

#[derive(Default)]
struct Tally {
    y: Vec<f64>,
    p: Vec<f64>,
    predicted: u64,
    missing: f64,
}

impl Tally {
    fn add(&mut self, prediction: &Prediction, outcome: Option<bool>) {
        self.predicted += 1;
        self.missing += prediction.missing;
        if let Some(home_won) = outcome {
            self.y.push(if home_won { 1.0 } else { 0.0 });
            self.p.push(prediction.prob_home);
        }
    }

    fn scores(&self) -> Option<Scores> {
        score(&self.y, &self.p).ok()
    }
}

/// Versions by their numbers, so that 1.10.0 follows 1.9.0.
fn version_order(version: &str) -> (Vec<u64>, &str) {
    (version.split(['.', '-']).map(|part| part.parse().unwrap_or(u64::MAX)).collect(), version)
}
