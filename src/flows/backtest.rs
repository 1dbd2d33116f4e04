//! Walk forward by season start: each season predicted by a model that saw only earlier ones.
//!
//! For season s the strength is chosen inside the seasons before s (each of them predicted from those before
//! it), the model is trained on all of them, and every game of s is predicted with its features as they were at tip-off.
//! Scores are over the regular season, beside three forecasts of the same games: the home-win rate of the season
//! before, plain Elo, and other people's forecasts where they are given.

use serde::{Deserialize, Serialize};

use super::forecasts::Forecasts;
use super::judging::{BEST_OF_MARKETS, Comparison, Forecast, compare, elo_forecasts, home_rate, scored};
use super::slices::Slice;

use crate::base::Seed;
use crate::features::TrainingFrame;
use crate::league::features::{FEATURE_VERSION, frame};
use crate::league::{GameLog, Phase};
use crate::learn::{LearnError, Search, SearchError, SearchSpec, Setting, SplitError, predict};
use crate::stats::{BrierParts, CalibrationBin, ECE_BINS, ScoreError, brier_parts, calibration_bins};

/// Where the chance of a back-test comes from.
const SEED: Seed = Seed(1);

/// One season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeasonReport {
    /// The year in which it starts.
    pub season: u16,
    /// Games of earlier seasons that the model was trained on.
    pub trained_on: u64,
    /// The setting that the earlier seasons chose.
    pub setting: Setting,
    /// Whether the model was better than any market has been over a season: a sign that something leaks.
    pub too_good: bool,
    /// How it went.
    #[serde(flatten)]
    pub scores: Comparison,
}

/// A whole back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// Version of the model's features.
    pub feature_version: String,
    /// Each season.
    pub seasons: Vec<SeasonReport>,
    /// All seasons' games together.
    pub pooled: Comparison,
    /// The parts of the model's Brier score over all of them.
    pub brier_parts: BrierParts,
    /// Reliability of the model over all of them.
    pub calibration: Vec<CalibrationBin>,
    /// The model's scores in slices, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slice>,
    /// Every game of the seasons, of any phase, in the order of (date, id).
    #[serde(skip)]
    pub games: Vec<Forecast>,
}

/// Why there is no back-test.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BacktestError {
    /// The range of seasons is empty or not in the data.
    #[error("season {season} is not in the data, which has {found}")]
    NoSeason {
        /// The season that was asked for.
        season: u16,
        /// The seasons there are.
        found: String,
    },
    /// Nothing came before it.
    #[error("season {season} has no earlier season in the data to train on: begin later")]
    NothingBefore {
        /// The season.
        season: u16,
    },
    /// No played regular-season game.
    #[error("season {season} has no played regular-season game to score")]
    NothingPlayed {
        /// The season.
        season: u16,
    },
    /// A season's model could not be trained.
    #[error("season {season}: {error}")]
    Search {
        /// The season.
        season: u16,
        /// Why.
        error: SeasonError,
    },
    /// The forecasts could not be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

/// Why a season has no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SeasonError {
    /// The seasons before cannot be parted.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The search came to nothing.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The best setting could not be fitted to all of them.
    #[error(transparent)]
    Learn(#[from] LearnError),
}

/// Back-tests the seasons from the first to the last of `seasons` (starting years). `progress` hears of each season as it begins.
pub fn backtest(
    log: &GameLog,
    seasons: (u16, u16),
    search: &SearchSpec,
    against: Option<&Forecasts>,
    progress: &mut dyn FnMut(u16),
) -> Result<Backtest, BacktestError> {
    check(log, seasons)?;
    let frame = frame(log);
    let elo = elo_forecasts(log);
    let mut reports = Vec::new();
    let mut games = Vec::new();
    for season in seasons.0..=seasons.1 {
        progress(season);
        let (trained_on, setting, probabilities) =
            season_model(&frame, season, search).map_err(|error| BacktestError::Search { season, error })?;
        let rate = home_rate(log, season - 1).ok_or(BacktestError::NothingPlayed { season: season - 1 })?;
        let rows = (0..log.games().len()).filter(|row| log.games()[*row].season == season);
        let of_season: Vec<Forecast> = rows
            .zip(probabilities)
            .map(|(row, prob_home)| {
                let game = &log.games()[row];
                Forecast::of(game, [prob_home, rate, elo[row]], against.and_then(|others| others.of(game)))
            })
            .collect();
        let scores = compare(&regular(&of_season), against.is_some()).map_err(|error| match error {
            ScoreError::Empty => BacktestError::NothingPlayed { season },
            other => BacktestError::Score(other),
        })?;
        let too_good = scores.model.log_loss < BEST_OF_MARKETS;
        reports.push(SeasonReport { season, trained_on, setting, too_good, scores });
        games.extend(of_season);
    }
    games.sort_by(|a, b| (a.date, &a.game_id).cmp(&(b.date, &b.game_id)));
    let judged = regular(&games);
    let (y, p) = scored(&judged, |game| Some(game.prob_home));
    Ok(Backtest {
        feature_version: FEATURE_VERSION.to_owned(),
        pooled: compare(&judged, against.is_some())?,
        brier_parts: brier_parts(&y, &p)?,
        calibration: calibration_bins(&y, &p, ECE_BINS)?,
        seasons: reports,
        slices: Vec::new(),
        games,
    })
}

fn regular(games: &[Forecast]) -> Vec<Forecast> {
    games.iter().filter(|game| game.phase == Phase::Regular).cloned().collect()
}

fn check(log: &GameLog, (first, last): (u16, u16)) -> Result<(), BacktestError> {
    let known = log.seasons();
    let found = || known.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    // An empty range names its first season, which then lies behind its last.
    let wanted = if first > last { first..=first } else { first..=last };
    for season in wanted {
        if first > last || !known.contains(&season) {
            return Err(BacktestError::NoSeason { season, found: found() });
        }
        // The season before itself must be there: its home-win rate is the baseline.
        if !known.contains(&season.saturating_sub(1)) || season == 0 {
            return Err(BacktestError::NothingBefore { season });
        }
    }
    Ok(())
}

/// Trains on the seasons before and predicts the season: games trained on, the setting, and a probability a game.
fn season_model(
    frame: &TrainingFrame,
    season: u16,
    spec: &SearchSpec,
) -> Result<(u64, Setting, Vec<f64>), SeasonError> {
    let all = 0..frame.y.len();
    let before: Vec<usize> = all.clone().filter(|row| frame.groups[*row] < season && !frame.y[*row].is_nan()).collect();
    let of_season: Vec<usize> = all.filter(|row| frame.groups[*row] == season).collect();
    let folds = spec.split.folds(frame, &before)?;
    let mut search = Search::new(spec, folds.len(), SEED)?;
    while let Some(unit) = search.ready().into_iter().next() {
        let trial = search.run(unit, frame, &folds, FEATURE_VERSION, SEED);
        search.take(trial);
    }
    let setting = search.best()?.setting.clone();
    let model = setting.fit(frame, &before, FEATURE_VERSION, SEED)?;
    Ok((before.len() as u64, setting, predict(&model, frame, &of_season)))
}

/// The predictions as CSV: `game_id,date,home,visitor,prob_home`, one row a game of the seasons.
pub fn to_csv(games: &[Forecast]) -> String {
    let mut out = String::from("game_id,date,home,visitor,prob_home\n");
    for game in games {
        let quoted = game.game_id.contains([',', '"', '\n', '\r']);
        let id = if quoted { format!("\"{}\"", game.game_id.replace('"', "\"\"")) } else { game.game_id.clone() };
        out.push_str(&format!("{id},{},{},{},{}\n", game.date, game.home, game.visitor, game.prob_home));
    }
    out
}

#[cfg(test)]
#[path = "backtest_tests.rs"]
mod tests;
