//! A season range and a few strengths become a model with its run.
//!
//! The known games are parted by time. The last part is the hold-out, which no trial sees: the latest whole
//! seasons with at least 200 known games if two seasons are left before them, else the last quarter of the games. On the rest
//! each strength is scored walk-forward, every season predicted from the seasons before it. The best strength is scored
//! on the hold-out by a model that has not seen it, and then refitted on everything known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest, Instant, Seed};
use crate::data::SourceKind;
use crate::features::TrainingFrame;
use crate::league::GameLog;
use crate::league::features::{FEATURE_VERSION, frame};
use crate::learn::{Fold, Model, SearchError, age_weights, best, day_start, predict, train, validate, walk_forward};
use crate::stats::{Scores, score};
use crate::tracking::{MetricPoint, Run, RunStatus};

/// Strengths that are tried where nobody says otherwise, chosen on the seasons 2015 to 2017.
pub const STRENGTHS: [f64; 6] = [0.001, 0.003, 0.01, 0.03, 0.1, 1.0];

/// Seasons after which a game counts half: the league changes, and old games teach less.
pub const HALF_LIFE: f64 = 4.0;

/// Fewest known games that can be parted into training, validation and hold-out.
pub const NEEDED_GAMES: usize = 100;

/// Fewest games of a hold-out that is made of whole seasons.
const HOLDOUT_GAMES: usize = 200;

/// Most strengths that one search tries.
const MOST_STRENGTHS: usize = 100;

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
    frame: TrainingFrame,
    spec: TrainSpec,
    provenance: Provenance,
    /// Rows whose result is known, ascending; those from `holdout` on are held out.
    rows: Vec<usize>,
    holdout: usize,
    folds: Vec<Fold>,
    trials: Vec<Trial>,
}

impl From<SearchError> for TrainError {
    fn from(error: SearchError) -> Self {
        TrainError::Fit(error.to_string())
    }
}

impl TrainJob {
    /// Computes features and splits; the trials are still to come.
    pub fn new(log: &GameLog, spec: TrainSpec, provenance: Provenance) -> Result<Self, TrainError> {
        check(&spec)?;
        Self::from_frame(frame(&log.as_of(spec.as_of)), spec, provenance)
    }

    /// The same with features that were computed before, of the whole log: its features are those of each game's morning
    /// in any case, and labels of `spec.as_of` and later are not read.
    pub fn from_frame(frame: TrainingFrame, spec: TrainSpec, provenance: Provenance) -> Result<Self, TrainError> {
        check(&spec)?;
        let known = |row: &usize| {
            let in_range = (spec.seasons.0..=spec.seasons.1).contains(&frame.groups[*row]);
            in_range && frame.days[*row] < spec.as_of && !frame.y[*row].is_nan()
        };
        let rows: Vec<usize> = (0..frame.y.len()).filter(known).collect();
        let too_few = TrainError::TooFewGames { found: rows.len(), needed: NEEDED_GAMES };
        if rows.len() < NEEDED_GAMES {
            return Err(too_few);
        }
        let holdout = holdout_start(&frame, &rows);
        let folds = walk_forward(&frame, &rows[..holdout]);
        if folds.is_empty() || holdout == rows.len() {
            return Err(too_few);
        }
        Ok(Self { frame, spec, provenance, rows, holdout, folds, trials: Vec::new() })
    }

    /// Number of trials in all.
    pub fn total(&self) -> usize {
        self.spec.strengths.len()
    }

    /// Runs the next trial; none when all are done.
    pub fn step(&mut self) -> Result<Option<Trial>, TrainError> {
        let index = self.trials.len();
        let Some(c) = self.spec.strengths.get(index).copied() else { return Ok(None) };
        let scores = validate(&self.frame, &self.folds, c, HALF_LIFE, FEATURE_VERSION)?;
        let trial = Trial { index, c, scores };
        self.trials.push(trial.clone());
        Ok(Some(trial))
    }

    /// Runs the trials that are left, refits the best setting and closes the run.
    pub fn finish(mut self, started_at: Instant, ended_at: Instant) -> Result<TrainOutcome, TrainError> {
        while self.step()?.is_some() {}
        let tried: Vec<(f64, f64)> = self.trials.iter().map(|trial| (trial.c, trial.scores.log_loss)).collect();
        let c = best(&tried).ok_or_else(|| TrainError::Spec("there are no strengths to try".to_owned()))?;
        let (seen, held_out) = self.rows.split_at(self.holdout);
        let p = predict(&self.fit(seen, c)?, &self.frame, held_out);
        let y: Vec<f64> = held_out.iter().map(|row| self.frame.y[*row]).collect();
        let holdout = score(&y, &p).map_err(|error| TrainError::Fit(error.to_string()))?;
        let model = self.fit(&self.rows, c)?;
        let day = |row: Option<&usize>| row.map_or(self.spec.as_of, |row| self.frame.days[*row]);
        let holdout_days = (day(held_out.first()), day(held_out.last()));
        let run = self.run(&model, &holdout, holdout_days, (started_at, ended_at))?;
        Ok(TrainOutcome {
            run,
            model,
            holdout,
            holdout_days,
            trained_through: day(self.rows.last()),
            provenance: self.provenance,
            trials: self.trials,
        })
    }

    fn fit(&self, rows: &[usize], c: f64) -> Result<Model, TrainError> {
        let weights = age_weights(&self.frame, rows, HALF_LIFE);
        train(&self.frame, rows, Some(&weights), c, FEATURE_VERSION).map_err(|error| TrainError::Fit(error.to_string()))
    }

    fn run(
        &self,
        model: &Model,
        holdout: &Scores,
        holdout_days: (Date, Date),
        (started_at, ended_at): (Instant, Instant),
    ) -> Result<Run, TrainError> {
        let code_version = env!("CARGO_PKG_VERSION");
        let identity = (&self.spec, self.provenance, code_version, FEATURE_VERSION, started_at);
        let id = Digest::of_json(&identity).map_err(|error| TrainError::Spec(error.to_string()))?;
        let strengths: Vec<String> = self.spec.strengths.iter().map(f64::to_string).collect();
        let (first, last) = self.spec.seasons;
        let params = [
            ("estimator", model.estimator.clone()),
            ("seasons", format!("{first}..{last}")),
            ("as_of", self.spec.as_of.to_string()),
            ("strengths", strengths.join(",")),
            ("c", model.c.to_string()),
            ("age_half_life_seasons", HALF_LIFE.to_string()),
            ("games", self.rows.len().to_string()),
            ("holdout_games", (self.rows.len() - self.holdout).to_string()),
            ("holdout_from", holdout_days.0.to_string()),
            ("holdout_to", holdout_days.1.to_string()),
        ];
        let tags = [("code_version", code_version.to_owned()), ("seed", self.spec.seed.0.to_string())];
        Ok(Run {
            id: id.hex()[..32].to_owned(),
            experiment: self.spec.experiment.clone(),
            name: format!("logistic regression {first}..{last} as of {}", self.spec.as_of),
            status: RunStatus::Finished,
            started_at,
            ended_at,
            params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            metrics: self.metrics(holdout),
            tags: tags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            data_version: self.provenance.data_version,
            feature_version: FEATURE_VERSION.to_owned(),
            model_digest: Some(model.digest()),
        })
    }

    /// The hold-out's scores, and each trial's validation log loss with the trial as its step.
    fn metrics(&self, holdout: &Scores) -> BTreeMap<String, Vec<MetricPoint>> {
        let mut metrics: BTreeMap<String, Vec<MetricPoint>> =
            holdout.named().map(|(name, value)| (name.to_owned(), vec![MetricPoint { value, step: 0 }])).collect();
        let point = |trial: &Trial| MetricPoint { value: trial.scores.log_loss, step: trial.index as u32 };
        metrics.insert("validation_log_loss".to_owned(), self.trials.iter().map(point).collect());
        metrics
    }
}

fn check(spec: &TrainSpec) -> Result<(), TrainError> {
    let wrong = |text: String| Err(TrainError::Spec(text));
    if spec.seasons.0 > spec.seasons.1 {
        return wrong(format!("the first season {} is after the last {}", spec.seasons.0, spec.seasons.1));
    }
    if spec.strengths.is_empty() || spec.strengths.len() > MOST_STRENGTHS {
        return wrong(format!("{} strengths to try: expected 1 to {MOST_STRENGTHS}", spec.strengths.len()));
    }
    match spec.strengths.iter().find(|c| !(c.is_finite() && **c > 0.0)) {
        Some(c) => wrong(format!("the strength {c} cannot be tried: expected a finite number above 0")),
        None => Ok(()),
    }
}

/// Where in `rows` the hold-out begins.
fn holdout_start(frame: &TrainingFrame, rows: &[usize]) -> usize {
    let new_season = |at: &usize| *at > 0 && frame.groups[rows[*at]] != frame.groups[rows[at - 1]];
    let mut starts: Vec<usize> = (0..rows.len()).filter(new_season).collect();
    // The second season's start leaves one season before it: too little to validate on by season.
    starts.splice(..starts.len().min(1), []);
    let whole = starts.into_iter().rev().find(|start| rows.len() - start >= HOLDOUT_GAMES);
    whole.unwrap_or_else(|| day_start(frame, rows, rows.len() * 3 / 4))
}

#[cfg(test)]
#[path = "train_tests.rs"]
mod tests;
