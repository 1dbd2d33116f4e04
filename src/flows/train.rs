//! A season range and a few strengths become a model with its run.

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest, Instant, Seed};
use crate::data::SourceKind;
use crate::league::GameLog;
use crate::learn::Model;
use crate::stats::Scores;
use crate::tracking::Run;

/// What to train on and what to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    /// First and last season (starting years) whose games are used, as far as they are known by `as_of`.
    pub seasons: (u16, u16),
    /// Nothing later is seen.
    pub as_of: Date,
    /// Inverse penalty strengths to try (scikit-learn's `C`).
    pub strengths: Vec<f64>,
    /// All chance comes from it.
    pub seed: Seed,
    /// Experiment that the run belongs to.
    pub experiment: String,
}

/// One setting that was tried, scored walk-forward inside the training seasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, from 0.
    pub index: usize,
    /// Inverse penalty strength.
    pub c: f64,
    /// Scores on the validation folds, pooled.
    pub scores: Scores,
}

/// Where the data came from, for the run's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Digest of the manifest.
    pub data_version: Digest,
    /// Simulated or real.
    pub source_kind: SourceKind,
}

/// A finished training, not yet registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainOutcome {
    /// Its record.
    pub run: Run,
    /// The model, refitted with the best strength on everything known.
    pub model: Model,
    /// Every trial.
    pub trials: Vec<Trial>,
    /// Scores on the hold-out, which no trial has seen.
    pub holdout: Scores,
    /// Days of the hold-out.
    pub holdout_days: (Date, Date),
    /// The last day whose results the model was trained on.
    pub trained_through: Date,
    /// Where the data came from.
    pub provenance: Provenance,
}

/// Why a training cannot be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum TrainError {
    /// Too few games for training, validation and hold-out.
    #[error("{found} played games are too few to train on: {needed} are needed")]
    TooFewGames {
        /// Games found.
        found: usize,
        /// Games needed.
        needed: usize,
    },
    /// The spec cannot be tried.
    #[error("{0}")]
    Spec(String),
    /// The optimiser did not get there.
    #[error("{0}")]
    Fit(String),
}

/// A search over strengths, one trial a step, so that a worker can pause between steps.
#[derive(Debug)]
pub struct TrainJob {
    _spec: TrainSpec,
}

impl TrainJob {
    /// Computes features and splits; the trials are still to come.
    pub fn new(log: &GameLog, spec: TrainSpec, provenance: Provenance) -> Result<Self, TrainError> {
        let _ = (log, &spec, provenance);
        todo!()
    }

    /// Number of trials in all.
    pub fn total(&self) -> usize {
        todo!()
    }

    /// Runs the next trial; none when all are done.
    pub fn step(&mut self) -> Result<Option<Trial>, TrainError> {
        todo!()
    }

    /// Refits the best setting and closes the run.
    pub fn finish(self, started_at: Instant, ended_at: Instant) -> Result<TrainOutcome, TrainError> {
        let _ = (started_at, ended_at);
        todo!()
    }
}
