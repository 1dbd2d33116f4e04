//! Walk forward by season start: each season predicted by a model that saw only earlier ones.
//!
//! For season s the strength is chosen inside the seasons before s (each of them predicted from those before
//! it), the model is trained on all of them, and every game of s is predicted with its features as they were at tip-off.
//! Scores are over the regular season, beside three forecasts of the same games: the home-win rate of the season
//! before, plain Elo, and other people's forecasts where they are given.

mod slices;

pub use slices::{Slice, slices};

use serde::{Deserialize, Serialize};

use super::forecasts::Forecasts;
use super::train::{HALF_LIFE, STRENGTHS};
use crate::base::Date;
use crate::features::TrainingFrame;
use crate::league::features::{Elo, FEATURE_VERSION, expected_home_win, frame};
use crate::league::{Game, GameLog, Phase, TeamId};
use crate::learn::{SearchError, age_weights, choose, predict, train, walk_forward};
use crate::stats::{
    BrierParts, CalibrationBin, ECE_BINS, Paired, ScoreError, Scores, brier_parts, calibration_bins, log_loss_of,
    paired, score,
};

/// Log loss over a season below which a forecast is not believed: bookmakers' closing lines, which know who is injured, reached
/// .593 in their best season from 2018 to 2021.
pub const BEST_OF_MARKETS: f64 = 0.59;

/// A game with its forecasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The game.
    pub game_id: String,
    /// Its day.
    pub date: Date,
    /// Its season.
    pub season: u16,
    /// Its part of the season.
    pub phase: Phase,
    /// The home side.
    pub home: TeamId,
    /// The visitor.
    pub visitor: TeamId,
    /// Probability that the home side wins, before tip-off, by the model.
    pub prob_home: f64,
    /// The same by the season before's home-win rate.
    pub prob_home_rate: f64,
    /// The same by plain Elo.
    pub prob_elo: f64,
    /// The same by the other forecasts; none where they have no such game.
    pub prob_against: Option<f64>,
    /// Whether the home side won; none while the game is to come.
    pub home_won: Option<bool>,
}

/// The other forecasts and the model on the games that both have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// Scored games that the other forecasts have.
    pub matched: u64,
    /// Scored games that they do not have.
    pub unmatched: u64,
    /// Their scores on the matched games; none if there are none.
    pub theirs: Option<Scores>,
    /// The model's on the same games.
    pub ours: Option<Scores>,
    /// The model's log loss less theirs, game by game.
    pub difference: Option<Paired>,
}

/// Scores of a set of played regular-season games.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The model.
    pub model: Scores,
    /// The home-win rate of the season before.
    pub home_rate: Scores,
    /// Plain Elo.
    pub elo: Scores,
    /// The model's log loss less that of the home-win rate, game by game.
    pub less_home_rate: Option<Paired>,
    /// The model's log loss less that of Elo, game by game.
    pub less_elo: Option<Paired>,
    /// The other forecasts, if they were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
}

/// One season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeasonReport {
    /// The year in which it starts.
    pub season: u16,
    /// Games of earlier seasons that the model was trained on.
    pub trained_on: u64,
    /// The strength that the earlier seasons chose.
    pub c: f64,
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
        error: SearchError,
    },
    /// The forecasts could not be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

/// Back-tests the seasons from the first to the last of `seasons` (starting years). `progress` hears of each season as it begins.
pub fn backtest(
    log: &GameLog,
    seasons: (u16, u16),
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
        let (trained_on, c, probabilities) =
            season_model(&frame, season).map_err(|error| BacktestError::Search { season, error })?;
        let rate = home_rate(log, season - 1).ok_or(BacktestError::NothingPlayed { season: season - 1 })?;
        let rows = (0..log.games().len()).filter(|row| log.games()[*row].season == season);
        let of_season: Vec<Forecast> = rows
            .zip(probabilities)
            .map(|(row, prob_home)| forecast(&log.games()[row], [prob_home, rate, elo[row]], against))
            .collect();
        let scores = compare(&of_season, against.is_some()).map_err(|error| match error {
            ScoreError::Empty => BacktestError::NothingPlayed { season },
            other => BacktestError::Score(other),
        })?;
        let too_good = scores.model.log_loss < BEST_OF_MARKETS;
        reports.push(SeasonReport { season, trained_on, c, too_good, scores });
        games.extend(of_season);
    }
    games.sort_by(|a, b| (a.date, &a.game_id).cmp(&(b.date, &b.game_id)));
    let (y, p) = scored(&games, |game| Some(game.prob_home));
    Ok(Backtest {
        feature_version: FEATURE_VERSION.to_owned(),
        pooled: compare(&games, against.is_some())?,
        brier_parts: brier_parts(&y, &p)?,
        calibration: calibration_bins(&y, &p, ECE_BINS)?,
        seasons: reports,
        slices: Vec::new(),
        games,
    })
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

/// Trains on the seasons before and predicts the season: games trained on, the strength, and a probability a game.
fn season_model(frame: &TrainingFrame, season: u16) -> Result<(u64, f64, Vec<f64>), SearchError> {
    let all = 0..frame.y.len();
    let before: Vec<usize> = all.clone().filter(|row| frame.groups[*row] < season && !frame.y[*row].is_nan()).collect();
    let of_season: Vec<usize> = all.filter(|row| frame.groups[*row] == season).collect();
    let c = choose(frame, &walk_forward(frame, &before), &STRENGTHS, HALF_LIFE, FEATURE_VERSION)?;
    let weights = age_weights(frame, &before, HALF_LIFE);
    let model = train(frame, &before, Some(&weights), c, FEATURE_VERSION)?;
    Ok((before.len() as u64, c, predict(&model, frame, &of_season)))
}

/// Share of a season's played regular-season games that the home side won.
fn home_rate(log: &GameLog, season: u16) -> Option<f64> {
    let regular = log.games().iter().filter(|game| game.season == season && game.phase == Phase::Regular);
    let won: Vec<bool> = regular.filter_map(Game::home_won).collect();
    (!won.is_empty()).then(|| won.iter().filter(|won| **won).count() as f64 / won.len() as f64)
}

/// Plain Elo's probability for each game of the log, before it was played.
fn elo_forecasts(log: &GameLog) -> Vec<f64> {
    let mut elo = Elo::default();
    let mut forecasts = vec![0.5; log.games().len()];
    for season in log.seasons() {
        elo.begin_season();
        let rows: Vec<usize> = (0..forecasts.len()).filter(|row| log.games()[*row].season == season).collect();
        for day in rows.chunk_by(|a, b| log.games()[*a].date == log.games()[*b].date) {
            for row in day {
                let game = &log.games()[*row];
                forecasts[*row] = expected_home_win(elo.rating(game.home), elo.rating(game.visitor), game.neutral);
            }
            day.iter().for_each(|row| elo.learn(&log.games()[*row]));
        }
    }
    forecasts
}

fn forecast(game: &Game, [model, rate, elo]: [f64; 3], against: Option<&Forecasts>) -> Forecast {
    Forecast {
        game_id: game.id.clone(),
        date: game.date,
        season: game.season,
        phase: game.phase,
        home: game.home,
        visitor: game.visitor,
        prob_home: model,
        prob_home_rate: rate,
        prob_elo: elo,
        prob_against: against.and_then(|forecasts| forecasts.of(game)),
        home_won: game.home_won(),
    }
}

/// Labels and probabilities of the played regular-season games that have this probability.
fn scored(games: &[Forecast], of: impl Fn(&Forecast) -> Option<f64>) -> (Vec<f64>, Vec<f64>) {
    let regular = games.iter().filter(|game| game.phase == Phase::Regular);
    regular.filter_map(|game| Some((f64::from(game.home_won?), of(game)?))).unzip()
}

fn compare(games: &[Forecast], with_against: bool) -> Result<Comparison, ScoreError> {
    let of = |probability: fn(&Forecast) -> Option<f64>| {
        let (y, p) = scored(games, probability);
        score(&y, &p)
    };
    let model = of(|game| Some(game.prob_home))?;
    let both = with_against.then(|| {
        let theirs = of(|game| game.prob_against).ok();
        let ours = of(|game| game.prob_against.map(|_| game.prob_home)).ok();
        let matched = theirs.map_or(0, |scores| scores.n);
        let difference = difference(games, |game| game.prob_against);
        Against { matched, unmatched: model.n - matched, theirs, ours, difference }
    });
    Ok(Comparison {
        model,
        home_rate: of(|game| Some(game.prob_home_rate))?,
        elo: of(|game| Some(game.prob_elo))?,
        less_home_rate: difference(games, |game| Some(game.prob_home_rate)),
        less_elo: difference(games, |game| Some(game.prob_elo)),
        against: both,
    })
}

/// The model's log loss less another forecast's, on the scored games that have both.
fn difference(games: &[Forecast], other: fn(&Forecast) -> Option<f64>) -> Option<Paired> {
    let (y, theirs) = scored(games, other);
    let (_, ours) = scored(games, |game| other(game).map(|_| game.prob_home));
    let losses = |p: &[f64]| -> Vec<f64> { y.iter().zip(p).map(|(y, p)| log_loss_of(*y, *p)).collect() };
    paired(&losses(&ours), &losses(&theirs))
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
