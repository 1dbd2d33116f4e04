//! A training judged on its hold-out: beside the home-win rate, Elo and the version in Production on the same games.

use std::collections::BTreeMap;

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::judging::{BEST_OF_MARKETS, Comparison, Forecast, compare, elo_forecasts, home_rate, scored};
use super::rival::{forecasts, judged_rows};
use super::slices::{Slice, slices};
use crate::base::Seed;
use crate::features::TrainingFrame;
use crate::flows::record::Recorded;
use crate::flows::train::TrainOutcome;
use crate::league::{GameLog, Phase};
use crate::learn::permutation_importance;
use crate::registry::ModelVersion;
use crate::stats::{
    BrierParts, CalibrationBin, ECE_BINS, ScoreError, Scores, brier_parts, calibration_bins, histograms, roc_curve,
    skill,
};

/// Everything that is said of a model on games that it has not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Its scores, and those of others on the same games. The version in Production stands under `against`.
    pub scores: Comparison,
    /// Share of the home-win rate's log loss that the model saves: 0 is no better, 1 perfect.
    pub skill: f64,
    /// The version in Production that it was held against, or why it was not.
    pub rival: Result<String, String>,
    /// Whether it was better over a regular season than any market has been: a sign that something leaks.
    pub too_good: bool,
    /// The parts of its Brier score.
    pub brier_parts: BrierParts,
    /// Its reliability.
    pub calibration: Vec<CalibrationBin>,
    /// Its ROC curve: share of home losses and of home wins that are called home wins, by falling threshold.
    pub roc: Vec<(f64, f64)>,
    /// How many forecasts lie in each twentieth from 0 to 1: of games that the home side lost, and that it won.
    pub distribution: [Vec<u64>; 2],
    /// How much the log loss rises when a feature is shuffled among the games, the weightiest first.
    pub importance: Vec<FeatureImportance>,
    /// Its scores in slices.
    pub slices: Vec<Slice>,
}

/// What a model leans on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureImportance {
    /// The feature.
    pub feature: String,
    /// Mean rise of the log loss over [`REPEATS`] shuffles.
    pub mean: f64,
    /// Its standard deviation over them.
    pub sd: f64,
}

/// How often each feature is shuffled.
pub const REPEATS: usize = 10;

/// Bars of the distribution.
const BARS: usize = 20;

/// A training with what is said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// The training.
    pub outcome: TrainOutcome,
    /// Judged on its hold-out.
    pub evaluation: Evaluation,
    /// As it is kept.
    pub recorded: Recorded,
}

/// Fewest regular-season games that can be too good to be true.
const WHOLE_SEASON: u64 = 1_000;

/// Judges a training on its hold-out. `frame` is of the same games, for the version in Production.
///
/// # Errors
/// Where none of the games of the hold-out is in the log.
pub fn evaluate(
    log: &GameLog,
    frame: &TrainingFrame,
    outcome: &TrainOutcome,
    production: Option<&ModelVersion>,
) -> Result<Evaluation, ScoreError> {
    let given: BTreeMap<&str, f64> = outcome.predictions.iter().map(|(id, p)| (id.as_str(), *p)).collect();
    let (elo, rows) = (elo_forecasts(log), judged_rows(frame, outcome.holdout_days));
    let rival = production.ok_or_else(|| "no version is in Production".to_owned()).and_then(|version| {
        let p = forecasts(frame, version, &rows, outcome.holdout_days.0)?;
        let by_id: BTreeMap<&str, f64> = rows.iter().map(|row| frame.ids[*row].as_str()).zip(p).collect();
        Ok((version.version.clone(), by_id))
    });
    let mut rates: BTreeMap<u16, f64> = BTreeMap::new();
    let mut games = Vec::with_capacity(given.len());
    for (at, game) in log.games().iter().enumerate() {
        let Some(p) = given.get(game.id.as_str()) else { continue };
        // The first season of all has none before it; its own games may not tell.
        let rate = *rates.entry(game.season).or_insert_with(|| home_rate(log, game.season - 1).unwrap_or(0.5));
        let theirs = rival.as_ref().ok().and_then(|(_, p)| p.get(game.id.as_str()).copied());
        games.push(Forecast::of(game, [*p, rate, elo[at]], theirs));
    }
    let scores = compare(&games, rival.is_ok())?;
    let (y, p) = scored(&games, |game| Some(game.prob_home));
    let regular: Vec<Forecast> = games.iter().filter(|game| game.phase == Phase::Regular).cloned().collect();
    let too_good = compare(&regular, false).is_ok_and(|Comparison { model: Scores { n, log_loss, .. }, .. }| {
        n >= WHOLE_SEASON && log_loss < BEST_OF_MARKETS
    });
    Ok(Evaluation {
        skill: skill(scores.model.log_loss, scores.home_rate.log_loss).unwrap_or_default(),
        rival: rival.map(|(version, _)| version),
        too_good,
        brier_parts: brier_parts(&y, &p)?,
        calibration: calibration_bins(&y, &p, ECE_BINS)?,
        roc: roc_curve(&y, &p)?
            .into_iter()
            .map(|(false_positive, true_positive, _)| (false_positive, true_positive))
            .collect(),
        distribution: histograms(&y, &p, BARS)?,
        importance: importance(frame, &rows, outcome)?,
        slices: slices(log, &games)?,
        scores,
    })
}

/// Of the model that was judged, on the games that it was judged on.
fn importance(
    frame: &TrainingFrame,
    rows: &[usize],
    outcome: &TrainOutcome,
) -> Result<Vec<FeatureImportance>, ScoreError> {
    let judged = &outcome.judged;
    let Ok(columns) = judged.columns_of(frame) else { return Ok(Vec::new()) };
    let x = frame.x.select(Axis(0), rows).select(Axis(1), &columns);
    let y: Vec<f64> = rows.iter().map(|row| frame.y[*row]).collect();
    let found = permutation_importance(&|values| judged.predict(values), x.view(), &y, REPEATS, Seed(1))?;
    let mut importance: Vec<FeatureImportance> = found
        .into_iter()
        .map(|one| FeatureImportance { feature: judged.features[one.column].clone(), mean: one.mean, sd: one.sd })
        .collect();
    importance.sort_by(|a, b| b.mean.total_cmp(&a.mean).then_with(|| a.feature.cmp(&b.feature)));
    Ok(importance)
}
