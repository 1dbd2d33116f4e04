//! A training or a back-test as runs and their files, as they are kept.
//!
//! A training is one run, and each trial of its search a run of its own below it. Files are kept once by their digest
//! ([`Blob`]); a run names them by path:
//!
//! | file | of | what |
//! |---|---|---|
//! | `model.json` | training | the model, by whose digest a version is known |
//! | `metadata.json` | training | where it came from and how it was judged |
//! | `features.json` | training | what it reads, and what the selection dropped |
//! | `predictions.csv` | training, back-test | the games that the model had not seen, with their probabilities |
//! | `leaderboard.csv` | training | every trial |
//! | `reliability.svg`, `roc.svg` | training, back-test | curves over the same games |
//! | `seasons.json` | back-test | every season's scores |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::plots::{reliability_svg, roc_svg};
use crate::base::{Digest, Instant};
use crate::flows::backtest::Backtest;
use crate::flows::documents::{self, RETRIES};
use crate::flows::register::MODEL_FILE;
use crate::flows::registry::busy;
use crate::flows::train::{TrainError, TrainOutcome};
use crate::league::features::FEATURE_VERSION;
use crate::league::{Game, GameLog};
use crate::learn::{SearchSpec, Trial};
use crate::ports::{Batch, Store, StoreError};
use crate::stats::Scores;
use crate::tracking::compare::PREDICTIONS;
use crate::tracking::{Artifact, Blob, MetricPoint, Run, RunStatus, USER};

/// Tag that says what a run is: `training`, `trial` or `backtest`.
pub const KIND: &str = "kind";

/// Runs and their files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The training or the back-test.
    pub run: Run,
    /// The trials of its search, in the order of rungs and numbers.
    pub trials: Vec<Run>,
    /// The bytes of their files.
    pub blobs: Vec<Blob>,
}

impl Recorded {
    /// Says on every run who recorded it, as MLflow does in its tag `mlflow.user`. What a run says itself stays.
    #[must_use]
    pub fn by(mut self, user: Option<&str>) -> Self {
        if let Some(user) = user {
            for run in std::iter::once(&mut self.run).chain(&mut self.trials) {
                run.tags.entry(USER.to_owned()).or_insert_with(|| user.to_owned());
            }
        }
        self
    }

    /// Adds everything to what a batch writes.
    ///
    /// # Errors
    /// Where a run cannot be written as JSON.
    pub fn put(&self, batch: &mut Batch) -> Result<(), StoreError> {
        documents::put(batch, &self.run)?;
        self.trials.iter().try_for_each(|trial| documents::put(batch, trial))?;
        self.blobs.iter().try_for_each(|blob| documents::put(batch, blob))
    }
}

/// Keeps a run with its files, whatever others commit in between. The same again changes nothing.
///
/// # Errors
/// Where the store does not take it.
pub async fn keep_recorded<S: Store>(store: &S, recorded: &Recorded) -> Result<(), StoreError> {
    for _ in 0..RETRIES {
        let (base, there) = documents::load_one::<Run, S>(store, &recorded.run.id).await?;
        if there.is_some() {
            return Ok(());
        }
        let mut batch = Batch { base, ..Batch::default() };
        recorded.put(&mut batch)?;
        match documents::commit(store, batch).await {
            Err(StoreError::Stale { .. }) => {}
            other => return other.map(|_| ()),
        }
    }
    Err(busy())
}

/// Files of a run that is being recorded.
#[derive(Default)]
struct Files {
    artifacts: Vec<Artifact>,
    blobs: Vec<Blob>,
}

impl Files {
    fn add(&mut self, path: &str, text: &str) {
        let (artifact, blob) = Blob::artifact(path, text.as_bytes());
        self.artifacts.push(artifact);
        self.blobs.push(blob);
    }

    fn add_json<T: Serialize>(&mut self, path: &str, value: &T) -> Result<(), TrainError> {
        let text = serde_json::to_string_pretty(value).map_err(|error| TrainError::Spec(error.to_string()))?;
        self.add(path, &text);
        Ok(())
    }

    fn into_run(mut self, run: &mut Run) -> Vec<Blob> {
        self.artifacts.sort_by(|a, b| a.path.cmp(&b.path));
        run.artifacts = self.artifacts;
        self.blobs
    }
}

/// A training with its trials and files. `log` holds the games of its hold-out.
///
/// # Errors
/// Where something of it cannot be written as JSON.
pub fn record(outcome: &TrainOutcome, log: &GameLog) -> Result<Recorded, TrainError> {
    let mut files = Files::default();
    files.add_json(MODEL_FILE, &outcome.model)?;
    files.add_json("metadata.json", &metadata(outcome))?;
    let dropped = outcome.dropped.get(&outcome.setting.feature_set);
    let features = json!({
        "feature_version": FEATURE_VERSION,
        "feature_set": outcome.setting.feature_set,
        "features": outcome.setting.features,
        "dropped": dropped.map_or(&[][..], Vec::as_slice),
    });
    files.add_json("features.json", &features)?;
    let games: BTreeMap<&str, &Game> = log.games().iter().map(|game| (game.id.as_str(), game)).collect();
    let held_out: Vec<(&Game, f64)> =
        outcome.predictions.iter().filter_map(|(id, p)| Some((*games.get(id.as_str())?, *p))).collect();
    add_predictions(&mut files, &held_out)?;
    files.add("leaderboard.csv", &leaderboard(&outcome.trials)?);
    let mut run = outcome.run.clone();
    run.tags.insert(KIND.to_owned(), "training".to_owned());
    let trials =
        outcome.trials.iter().enumerate().map(|(at, trial)| trial_run(&run, at, trial)).collect::<Result<_, _>>()?;
    let blobs = files.into_run(&mut run);
    Ok(Recorded { run, trials, blobs })
}

fn metadata(outcome: &TrainOutcome) -> serde_json::Value {
    let run = &outcome.run;
    json!({
        "run_id": run.id,
        "name": run.name,
        "setting": outcome.setting,
        "trained_through": outcome.trained_through,
        "holdout_days": outcome.holdout_days,
        "holdout": outcome.holdout,
        "data_version": outcome.provenance.data_version,
        "source_kind": outcome.provenance.source_kind,
        "feature_version": run.feature_version,
        "code_version": run.tags.get("code_version"),
        "seed": run.tags.get("seed"),
        "model_digest": run.model_digest,
    })
}

/// The predictions as a table, and the curves over those that are known.
fn add_predictions(files: &mut Files, predictions: &[(&Game, f64)]) -> Result<(), TrainError> {
    files.add(PREDICTIONS, &predictions_csv(predictions)?);
    let known = predictions.iter().filter_map(|(game, p)| Some((f64::from(u8::from(game.home_won()?)), *p)));
    let (y, p): (Vec<f64>, Vec<f64>) = known.unzip();
    if let Ok(svg) = reliability_svg(&y, &p) {
        files.add("reliability.svg", &svg);
    }
    // A curve needs games of both outcomes.
    if let Ok(svg) = roc_svg(&y, &p) {
        files.add("roc.svg", &svg);
    }
    Ok(())
}

fn predictions_csv(predictions: &[(&Game, f64)]) -> Result<String, TrainError> {
    let rows = predictions.iter().map(|(game, p)| {
        let won = game.home_won().map_or_else(String::new, |won| u8::from(won).to_string());
        let row = [&game.date.to_string(), &game.home.to_string(), &game.visitor.to_string(), &p.to_string(), &won];
        std::iter::once(game.id.clone()).chain(row.into_iter().cloned()).collect()
    });
    table(&["game_id", "date", "home", "visitor", "prob_home", "home_won"], rows)
}

fn leaderboard(trials: &[Trial]) -> Result<String, TrainError> {
    let rows = trials.iter().enumerate().map(|(at, trial)| {
        let score =
            |of: fn(&Scores) -> f64| trial.scores.as_ref().map_or_else(String::new, |scores| of(scores).to_string());
        vec![
            at.to_string(),
            trial.unit.rung.to_string(),
            trial.folds.to_string(),
            trial.setting.summary(),
            score(|scores| scores.log_loss),
            score(|scores| scores.brier),
            score(|scores| scores.accuracy),
            trial.error.clone().unwrap_or_default(),
        ]
    });
    table(&["trial", "rung", "folds", "setting", "log_loss", "brier", "accuracy", "error"], rows)
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<String, TrainError> {
    let told = |error: &dyn std::fmt::Display| TrainError::Spec(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head).map_err(|error| told(&error))?;
    for row in rows {
        writer.write_record(row).map_err(|error| told(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| told(&error))?;
    String::from_utf8(bytes).map_err(|error| told(&error))
}

/// A trial as a run below its training.
fn trial_run(parent: &Run, at: usize, trial: &Trial) -> Result<Run, TrainError> {
    let id = Digest::of_json(&(&parent.id, trial.unit)).map_err(|error| TrainError::Spec(error.to_string()))?;
    let setting = &trial.setting;
    let params = [
        ("estimator", setting.estimator.name().to_owned()),
        ("feature_set", setting.feature_set.clone()),
        ("calibration", setting.calibration.to_string()),
        ("age_half_life_seasons", setting.half_life.to_string()),
        ("folds", trial.folds.to_string()),
        ("rung", trial.unit.rung.to_string()),
    ];
    let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(setting.estimator.params());
    let scored = trial.scores.iter().flat_map(|scores| {
        scores
            .named()
            .map(|(name, value)| (format!("validation_{name}"), vec![MetricPoint::new(value, 0)]))
            .collect::<Vec<_>>()
    });
    let mut metrics: BTreeMap<String, Vec<MetricPoint>> = scored.collect();
    if !trial.curve.is_empty() {
        let points = trial.curve.iter().map(|(trees, loss)| MetricPoint::new(*loss, i64::from(*trees))).collect();
        metrics.insert("validation_log_loss_by_trees".to_owned(), points);
    }
    let mut tags: BTreeMap<String, String> = parent
        .tags
        .iter()
        .filter(|(key, _)| ["code_version", "seed"].contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    tags.insert(KIND.to_owned(), "trial".to_owned());
    tags.extend(trial.error.as_ref().map(|why| ("error".to_owned(), why.clone())));
    Ok(Run {
        id: id.hex()[..32].to_owned(),
        experiment: parent.experiment.clone(),
        name: format!("trial {}: {}", at + 1, setting.summary()),
        status: if trial.error.is_some() { RunStatus::Failed } else { RunStatus::Finished },
        started_at: parent.started_at,
        ended_at: parent.ended_at,
        params: params.collect(),
        metrics,
        tags,
        data_version: parent.data_version,
        feature_version: parent.feature_version.clone(),
        model_digest: None,
        parent: Some(parent.id.clone()),
        artifacts: Vec::new(),
        spec: serde_json::to_value(trial.unit).ok(),
        deleted_at: None,
    })
}

/// What was asked of a back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestSpec {
    /// First and last season.
    pub seasons: (u16, u16),
    /// What every season tried on those before it.
    pub search: SearchSpec,
    /// The morning that it was made on: later results are not seen.
    pub as_of: Option<crate::base::Date>,
}

/// A back-test as a run: the pooled scores, each season's with the season as its step, and every game's forecast.
///
/// # Errors
/// Where something of it cannot be written as JSON.
pub fn record_backtest(
    found: &Backtest,
    spec: &BacktestSpec,
    log: &GameLog,
    data_version: Digest,
    code_version: &str,
    (started_at, ended_at): (Instant, Instant),
) -> Result<Recorded, TrainError> {
    let told = |error: serde_json::Error| TrainError::Spec(error.to_string());
    let mut files = Files::default();
    files.add_json("seasons.json", &found.seasons)?;
    let games: BTreeMap<&str, &Game> = log.games().iter().map(|game| (game.id.as_str(), game)).collect();
    let forecasts: Vec<(&Game, f64)> =
        found.games.iter().filter_map(|one| Some((*games.get(one.game_id.as_str())?, one.prob_home))).collect();
    add_predictions(&mut files, &forecasts)?;
    let mut metrics: BTreeMap<String, Vec<MetricPoint>> =
        found.pooled.model.named().map(|(name, value)| (name.to_owned(), vec![MetricPoint::new(value, 0)])).collect();
    for season in &found.seasons {
        for (name, value) in season.scores.model.named() {
            let points = metrics.entry(format!("season_{name}")).or_default();
            points.push(MetricPoint::new(value, i64::from(season.season)));
        }
    }
    let (first, last) = spec.seasons;
    let params = [
        ("seasons", format!("{first}..{last}")),
        ("search", spec.search.method.summary()),
        ("split", spec.search.split.summary()),
        ("games", found.games.len().to_string()),
    ];
    let identity = (spec, data_version, code_version, FEATURE_VERSION, started_at);
    let id = Digest::of_json(&identity).map_err(|error| TrainError::Spec(error.to_string()))?;
    let tags = [("code_version", code_version), (KIND, "backtest")];
    let owned = |(name, value): (&str, String)| (name.to_owned(), value);
    let mut run = Run {
        id: id.hex()[..32].to_owned(),
        experiment: "backtest".to_owned(),
        name: format!("back-test {first}..{last}"),
        status: RunStatus::Finished,
        started_at,
        ended_at,
        params: params.into_iter().map(owned).collect(),
        metrics,
        tags: tags.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        data_version: Some(data_version),
        feature_version: Some(found.feature_version.clone()),
        model_digest: None,
        parent: None,
        artifacts: Vec::new(),
        spec: Some(serde_json::to_value(spec).map_err(told)?),
        deleted_at: None,
    };
    let blobs = files.into_run(&mut run);
    Ok(Recorded { run, trials: Vec::new(), blobs })
}
