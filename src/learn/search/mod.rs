//! Hyperparameter search as a job that can be parted, stopped and resumed.
//!
//! A [`Search`] says which trials may run now ([`Search::ready`]) and takes their results in any order
//! ([`Search::take`]). A trial depends on its setting, its folds and the seed alone, so that the leaderboard is the same
//! whoever runs the trials, in whatever order, on however many workers. What was done is the list of trials: with the
//! same spec it can go on from them.

mod space;

pub use space::{EstimatorSpace, FeatureSet, MOST_POINTS, Space, SpaceError};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fold, Judged, Setting, Split};
use crate::base::Seed;
use crate::features::TrainingFrame;
use crate::stats::Scores;

/// How the points of a space are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Method {
    /// Every point on every fold.
    Grid,
    /// Points drawn without replacement, each on every fold.
    Random {
        /// How many.
        trials: usize,
    },
    /// Successive halving (Jamieson and Talwalkar 2016): every point on the newest fold; the best 1/factor of them on
    /// factor times as many of the newest folds; and so on until the best are judged on all.
    Halving {
        /// Share that goes on: one in so many.
        factor: usize,
    },
}

impl Method {
    /// In words.
    pub fn summary(self) -> String {
        match self {
            Method::Grid => "grid".to_owned(),
            Method::Random { trials } => format!("{trials} random draws"),
            Method::Halving { factor } => format!("successive halving by {factor}"),
        }
    }
}

/// What to search, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchSpec {
    /// What may be tried.
    pub space: Space,
    /// How it is gone through.
    pub method: Method,
    /// How trials are judged.
    pub split: Split,
}

/// A trial to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit {
    /// Rung of successive halving, from 0; 0 otherwise.
    pub rung: usize,
    /// The setting, from 0.
    pub index: usize,
}

/// A trial that was run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Which it is.
    #[serde(flatten)]
    pub unit: Unit,
    /// What was tried.
    pub setting: Setting,
    /// Folds that it was judged on.
    pub folds: usize,
    /// Scores on them, pooled; none if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// Of boosted trees, the pooled log loss after so many of them; empty for others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<(u32, f64)>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Trial {
    /// Its log loss; infinite if it failed.
    pub fn log_loss(&self) -> f64 {
        self.scores.map_or(f64::INFINITY, |scores| scores.log_loss)
    }
}

/// Why a search cannot be, or came to nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum SearchError {
    /// The space cannot be searched.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A number of the method cannot be.
    #[error("{what} is {found}: expected {expected}")]
    Method {
        /// Which.
        what: String,
        /// What it is.
        found: usize,
        /// What it may be.
        expected: String,
    },
    /// Trials are not done.
    #[error("{left} trials are still to be run")]
    Unfinished {
        /// How many.
        left: usize,
    },
    /// Every trial failed.
    #[error("every trial failed, the first because {first}")]
    AllFailed {
        /// Why the first one did.
        first: String,
    },
}

/// A search with what was done of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    settings: Vec<Setting>,
    /// Folds of each rung, counted from the newest.
    rungs: Vec<usize>,
    factor: usize,
    done: BTreeMap<Unit, Trial>,
}

impl Search {
    /// A search over this many folds.
    ///
    /// # Errors
    /// Where there is nothing that can be tried.
    pub fn new(spec: &SearchSpec, folds: usize, seed: Seed) -> Result<Self, SearchError> {
        let wrong = |what: &str, found: usize, expected: &str| {
            Err(SearchError::Method { what: what.to_owned(), found, expected: expected.to_owned() })
        };
        let (settings, rungs, factor) = match spec.method {
            Method::Grid => (spec.space.settings()?, vec![folds], 1),
            Method::Random { trials: 0 } => return wrong("the number of draws", 0, "at least 1"),
            Method::Random { trials } => (spec.space.draw(trials, seed)?, vec![folds], 1),
            Method::Halving { factor } if !(2..=10).contains(&factor) => return wrong("the factor", factor, "2 to 10"),
            Method::Halving { factor } => {
                let settings = spec.space.settings()?;
                let rungs = rungs(settings.len(), folds, factor);
                (settings, rungs, factor)
            }
        };
        Ok(Self { settings, rungs, factor, done: BTreeMap::new() })
    }

    /// What is tried, by the numbers of the trials.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Trials in all, over every rung.
    pub fn total(&self) -> usize {
        (0..self.rungs.len()).map(|rung| self.size(rung)).sum()
    }

    /// Trials done.
    pub fn done(&self) -> usize {
        self.done.len()
    }

    /// Settings that are judged on a rung.
    fn size(&self, rung: usize) -> usize {
        (0..rung).fold(self.settings.len(), |left, _| left.div_ceil(self.factor))
    }

    /// Trials that may be run now, in order: those of the lowest rung that is not done.
    pub fn ready(&self) -> Vec<Unit> {
        let open = |rung: usize| -> Option<Vec<Unit>> {
            let wanted = self.survivors(rung)?;
            let units = wanted.into_iter().map(|index| Unit { rung, index });
            Some(units.filter(|unit| !self.done.contains_key(unit)).collect())
        };
        (0..self.rungs.len()).map_while(open).find(|units| !units.is_empty()).unwrap_or_default()
    }

    /// The settings of a rung; none while the rung below is not done.
    fn survivors(&self, rung: usize) -> Option<Vec<usize>> {
        if rung == 0 {
            return Some((0..self.settings.len()).collect());
        }
        let below = self.ranked(rung - 1);
        if below.len() < self.size(rung - 1) {
            return None;
        }
        let mut kept: Vec<usize> = below.iter().take(self.size(rung)).map(|trial| trial.unit.index).collect();
        kept.sort_unstable();
        Some(kept)
    }

    /// The trials done of a rung, the best first, of equals the one with the lower number.
    fn ranked(&self, rung: usize) -> Vec<&Trial> {
        let mut trials: Vec<&Trial> = self.done.values().filter(|trial| trial.unit.rung == rung).collect();
        trials.sort_by(|a, b| a.log_loss().total_cmp(&b.log_loss()).then(a.unit.index.cmp(&b.unit.index)));
        trials
    }

    /// Runs a trial. `folds` are all of the search's, in the order of time.
    pub fn run(&self, unit: Unit, frame: &TrainingFrame, folds: &[Fold], version: &str, seed: Seed) -> Trial {
        let setting = self.settings[unit.index].clone();
        let judged = &folds[folds.len() - self.rungs[unit.rung].min(folds.len())..];
        let folds = judged.len();
        match setting.validate(frame, judged, version, seed) {
            Ok(Judged { scores, curve }) => Trial { unit, setting, folds, scores: Some(scores), curve, error: None },
            Err(error) => {
                Trial { unit, setting, folds, scores: None, curve: Vec::new(), error: Some(error.to_string()) }
            }
        }
    }

    /// Takes a trial that was run, here or by an earlier session. One that is not of this search is left out.
    pub fn take(&mut self, trial: Trial) {
        let known = self.settings.get(trial.unit.index).is_some_and(|setting| *setting == trial.setting);
        if known && trial.unit.rung < self.rungs.len() {
            self.done.insert(trial.unit, trial);
        }
    }

    /// Every trial done, the best first: those of higher rungs, which were judged on more, before those of lower ones.
    pub fn leaderboard(&self) -> Vec<&Trial> {
        let mut seen = std::collections::BTreeSet::new();
        let ranked = (0..self.rungs.len()).rev().flat_map(|rung| self.ranked(rung));
        ranked.filter(|trial| seen.insert(trial.unit.index)).collect()
    }

    /// Every trial done, in the order of rungs and numbers.
    pub fn trials(&self) -> Vec<Trial> {
        self.done.values().cloned().collect()
    }

    /// The best trial.
    ///
    /// # Errors
    /// While trials are still to be run, and if all have failed.
    pub fn best(&self) -> Result<&Trial, SearchError> {
        let left = self.total() - self.done();
        if left > 0 {
            return Err(SearchError::Unfinished { left });
        }
        let best = self.leaderboard().into_iter().find(|trial| trial.scores.is_some());
        best.ok_or_else(|| {
            let first = self.done.values().find_map(|trial| trial.error.clone()).unwrap_or_default();
            SearchError::AllFailed { first }
        })
    }
}

/// Folds of each rung: 1, factor, factor², … as long as a choice is left, and all folds at the end.
fn rungs(settings: usize, folds: usize, factor: usize) -> Vec<usize> {
    let mut rungs = Vec::new();
    let (mut left, mut judged) = (settings, 1);
    while judged < folds && left > 1 {
        rungs.push(judged);
        left = left.div_ceil(factor);
        judged = judged.saturating_mul(factor);
    }
    rungs.push(folds);
    rungs
}

#[cfg(test)]
#[path = "../search_tests.rs"]
mod tests;
