//! A season range and a search become a model with its run.
//!
//! The known games are parted by time. The last part is the hold-out, which no trial sees: the latest whole
//! seasons with at least 200 known games if two seasons are left before them, else the last quarter of the games. On the rest
//! each setting is judged by the search's split. The best is scored on the hold-out by a model that has not seen it, and then
//! refitted on everything known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest, Instant, Seed};
use crate::data::SourceKind;
use crate::features::TrainingFrame;
use crate::league::GameLog;
use crate::league::features::{FEATURE_VERSION, frame};
use crate::learn::{
    CalibrationMethod, Dropped, EstimatorSpec, Fold, LearnError, Model, Search, SearchError, SearchSpec, Selection,
    Setting, SplitError, Trial, Unit, day_start, predict,
};
use crate::stats::{Scores, score};
use crate::tracking::{MetricPoint, Run, RunStatus};

/// Fewest known games that can be parted into training, validation and hold-out.
pub const NEEDED_GAMES: usize = 100;

/// Fewest games of a hold-out that is made of whole seasons.
const HOLDOUT_GAMES: usize = 200;

/// What to train on and what to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    /// First and last season (starting years) whose games are used, as far as they are known by `as_of`.
    pub seasons: (u16, u16),
    /// Nothing later is seen.
    pub as_of: Date,
    /// Features that are dropped before the search, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<Selection>,
    /// What to try, and how trials are judged.
    pub search: SearchSpec,
    /// All chance comes from it.
    pub seed: Seed,
    /// Experiment that the run belongs to.
    pub experiment: String,
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
    /// The model, refitted with the best setting on everything known.
    pub model: Model,
    /// The model that was judged on the hold-out, fitted with the same setting on the rest.
    pub judged: Model,
    /// The best setting.
    pub setting: Setting,
    /// What the selection dropped of each feature set, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, Vec<Dropped>>,
    /// Every trial, in the order of rungs and numbers.
    pub trials: Vec<Trial>,
    /// Scores on the hold-out, which no trial has seen.
    pub holdout: Scores,
    /// The games of the hold-out, each with the probability that it was given by a model that had not seen them.
    pub predictions: Vec<(String, f64)>,
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

/// A training: its search can be run one trial a step, parted among several workers, stopped and resumed.
#[derive(Debug, Clone)]
pub struct TrainJob {
    frame: TrainingFrame,
    spec: TrainSpec,
    provenance: Provenance,
    /// Rows whose result is known, ascending; those from `holdout` on are held out.
    rows: Vec<usize>,
    holdout: usize,
    folds: Vec<Fold>,
    search: Search,
    dropped: BTreeMap<String, Vec<Dropped>>,
}

impl From<SearchError> for TrainError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Space(_) | SearchError::Method { .. } => TrainError::Spec(error.to_string()),
            SearchError::Unfinished { .. } | SearchError::AllFailed { .. } => TrainError::Fit(error.to_string()),
        }
    }
}

impl From<SplitError> for TrainError {
    fn from(error: SplitError) -> Self {
        TrainError::Spec(error.to_string())
    }
}

impl From<LearnError> for TrainError {
    fn from(error: LearnError) -> Self {
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
        let folds = spec.search.split.folds(&frame, &rows[..holdout])?;
        if folds.is_empty() || holdout == rows.len() {
            return Err(too_few);
        }
        let mut narrowed = spec.search.clone();
        let dropped = select(&frame, &rows[..holdout], &folds, &spec.selection, &mut narrowed)?;
        let search = Search::new(&narrowed, folds.len(), spec.seed)?;
        Ok(Self { frame, spec, provenance, rows, holdout, folds, search, dropped })
    }

    /// Folds that trials are judged on.
    pub fn folds(&self) -> &[Fold] {
        &self.folds
    }

    /// The search, with what was done of it.
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// Runs a trial that is ready, without taking it: several may run at once.
    pub fn run(&self, unit: Unit) -> Trial {
        self.search.run(unit, &self.frame, &self.folds, FEATURE_VERSION, self.spec.seed)
    }

    /// Takes a trial that was run here, by another worker or in an earlier session.
    pub fn take(&mut self, trial: Trial) {
        self.search.take(trial);
    }

    /// Every game with its features, as trials read them.
    pub fn frame(&self) -> &TrainingFrame {
        &self.frame
    }

    /// Runs the next trial; none when all are done.
    pub fn step(&mut self) -> Option<Trial> {
        let unit = self.search.ready().into_iter().next()?;
        let trial = self.run(unit);
        self.take(trial.clone());
        Some(trial)
    }

    /// Runs the trials that are left, refits the best setting and closes the run.
    pub fn finish(mut self, started_at: Instant, ended_at: Instant) -> Result<TrainOutcome, TrainError> {
        while self.step().is_some() {}
        let setting = self.search.best()?.setting.clone();
        let (seen, held_out) = self.rows.split_at(self.holdout);
        let judged = self.fit(seen, &setting)?;
        let p = predict(&judged, &self.frame, held_out);
        let y: Vec<f64> = held_out.iter().map(|row| self.frame.y[*row]).collect();
        let holdout = score(&y, &p).map_err(|error| TrainError::Fit(error.to_string()))?;
        let model = self.fit(&self.rows, &setting)?;
        let day = |row: Option<&usize>| row.map_or(self.spec.as_of, |row| self.frame.days[*row]);
        let holdout_days = (day(held_out.first()), day(held_out.last()));
        let run = self.record(&setting, &model, &holdout, holdout_days, (started_at, ended_at))?;
        Ok(TrainOutcome {
            run,
            model,
            judged,
            setting,
            holdout,
            predictions: held_out.iter().map(|row| self.frame.ids[*row].clone()).zip(p).collect(),
            holdout_days,
            trained_through: day(self.rows.last()),
            provenance: self.provenance,
            trials: self.search.trials(),
            dropped: self.dropped,
        })
    }

    fn fit(&self, rows: &[usize], setting: &Setting) -> Result<Model, LearnError> {
        setting.fit(&self.frame, rows, FEATURE_VERSION, self.spec.seed)
    }

    fn record(
        &self,
        setting: &Setting,
        model: &Model,
        holdout: &Scores,
        holdout_days: (Date, Date),
        (started_at, ended_at): (Instant, Instant),
    ) -> Result<Run, TrainError> {
        let code_version = env!("CARGO_PKG_VERSION");
        let identity = (&self.spec, self.provenance, code_version, FEATURE_VERSION, started_at);
        let id = Digest::of_json(&identity).map_err(|error| TrainError::Spec(error.to_string()))?;
        let (first, last) = self.spec.seasons;
        let SearchSpec { method, split, .. } = self.spec.search;
        let params = [
            ("estimator", setting.estimator.name().to_owned()),
            ("seasons", format!("{first}..{last}")),
            ("as_of", self.spec.as_of.to_string()),
            ("search", method.summary()),
            ("split", split.summary()),
            ("trials", self.search.total().to_string()),
            ("feature_set", setting.feature_set.clone()),
            ("features", setting.features.join(",")),
            ("selection", written(&self.spec.selection)),
            ("dropped", self.dropped.get(&setting.feature_set).map_or_else(String::new, |dropped| reasons(dropped))),
            ("calibration", setting.calibration.to_string()),
            ("age_half_life_seasons", setting.half_life.to_string()),
            ("games", self.rows.len().to_string()),
            ("holdout_games", (self.rows.len() - self.holdout).to_string()),
            ("holdout_from", holdout_days.0.to_string()),
            ("holdout_to", holdout_days.1.to_string()),
            ("trained_through", self.rows.last().map_or(self.spec.as_of, |row| self.frame.days[*row]).to_string()),
        ];
        let params = params.into_iter().map(|(name, value)| (name.to_owned(), value));
        let tags = [("code_version", code_version.to_owned()), ("seed", self.spec.seed.0.to_string())];
        Ok(Run {
            id: id.hex()[..32].to_owned(),
            experiment: self.spec.experiment.clone(),
            name: format!("{} {first}..{last} as of {}", setting.estimator.title(), self.spec.as_of),
            status: RunStatus::Finished,
            started_at,
            ended_at,
            params: params.chain(setting.estimator.params()).collect(),
            metrics: self.metrics(holdout),
            tags: tags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            data_version: Some(self.provenance.data_version),
            feature_version: Some(FEATURE_VERSION.to_owned()),
            model_digest: Some(model.digest()),
            parent: None,
            artifacts: Vec::new(),
            spec: serde_json::to_value(&self.spec).ok(),
            deleted_at: None,
        })
    }

    /// The hold-out's scores, and each trial's validation log loss with its place among the trials as its step.
    fn metrics(&self, holdout: &Scores) -> BTreeMap<String, Vec<MetricPoint>> {
        let mut metrics: BTreeMap<String, Vec<MetricPoint>> =
            holdout.named().map(|(name, value)| (name.to_owned(), vec![MetricPoint::new(value, 0)])).collect();
        let trials = self.search.trials();
        let point =
            |(step, trial): (usize, &Trial)| trial.scores.map(|scores| MetricPoint::new(scores.log_loss, step as i64));
        metrics.insert("validation_log_loss".to_owned(), trials.iter().enumerate().filter_map(point).collect());
        metrics
    }
}

/// Narrows every feature set by the selections, one after the other, on the training's rows alone.
fn select(
    frame: &TrainingFrame,
    rows: &[usize],
    folds: &[Fold],
    selections: &[Selection],
    search: &mut SearchSpec,
) -> Result<BTreeMap<String, Vec<Dropped>>, TrainError> {
    let mut all = BTreeMap::new();
    if selections.is_empty() {
        return Ok(all);
    }
    let settings = search.space.settings().map_err(SearchError::from)?;
    let half_life = settings.first().map_or(1.0, |setting| setting.half_life);
    for set in &mut search.space.features {
        let mut dropped = Vec::new();
        for selection in selections {
            let estimator = EstimatorSpec::LogisticRegression { c: 1.0, l1_ratio: 0.0 };
            let (feature_set, features) = (set.name.clone(), set.features.clone());
            let setting = Setting { estimator, feature_set, features, half_life, calibration: CalibrationMethod::None };
            let found = selection.dropped(frame, rows, folds, &setting)?;
            set.features.retain(|name| !found.iter().any(|dropped| dropped.feature == *name));
            dropped.extend(found);
        }
        all.insert(set.name.clone(), dropped);
    }
    Ok(all)
}

fn written(selections: &[Selection]) -> String {
    selections.iter().map(Selection::to_string).collect::<Vec<_>>().join(" ")
}

fn reasons(dropped: &[Dropped]) -> String {
    let reason = |dropped: &Dropped| format!("{}: {}", dropped.feature, dropped.why);
    dropped.iter().map(reason).collect::<Vec<_>>().join("; ")
}

fn check(spec: &TrainSpec) -> Result<(), TrainError> {
    let (first, last) = spec.seasons;
    if first > last {
        return Err(TrainError::Spec(format!("the first season {first} is after the last {last}")));
    }
    Ok(())
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
