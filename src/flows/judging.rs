//! Forecasts of games beside other forecasts of the same games.

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::league::features::{Elo, expected_home_win};
use crate::league::{Game, GameLog, Phase, TeamId};
use crate::stats::{Paired, ScoreError, Scores, log_loss_of, paired, score};

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

/// Scores of a set of played games.
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

/// Share of a season's played regular-season games that the home side won.
pub fn home_rate(log: &GameLog, season: u16) -> Option<f64> {
    let regular = log.games().iter().filter(|game| game.season == season && game.phase == Phase::Regular);
    let won: Vec<bool> = regular.filter_map(Game::home_won).collect();
    (!won.is_empty()).then(|| won.iter().filter(|won| **won).count() as f64 / won.len() as f64)
}

/// Plain Elo's probability for each game of the log, before it was played.
pub fn elo_forecasts(log: &GameLog) -> Vec<f64> {
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

impl Forecast {
    /// Of a game: by the model, by the home-win rate of the season before, by Elo, and by others.
    pub fn of(game: &Game, [model, rate, elo]: [f64; 3], against: Option<f64>) -> Self {
        Self {
            game_id: game.id.clone(),
            date: game.date,
            season: game.season,
            phase: game.phase,
            home: game.home,
            visitor: game.visitor,
            prob_home: model,
            prob_home_rate: rate,
            prob_elo: elo,
            prob_against: against,
            home_won: game.home_won(),
        }
    }
}

/// Labels and probabilities of the played games that have this probability.
pub fn scored(games: &[Forecast], of: impl Fn(&Forecast) -> Option<f64>) -> (Vec<f64>, Vec<f64>) {
    games.iter().filter_map(|game| Some((f64::from(game.home_won?), of(game)?))).unzip()
}

/// Scores the forecasts of the played games among these. Others are told of only where there may be some.
///
/// # Errors
/// Where no game was played, or a probability is none.
pub fn compare(games: &[Forecast], with_against: bool) -> Result<Comparison, ScoreError> {
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
