//! Forecasts in slices: where the model is good and where it is not.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use serde::{Deserialize, Serialize};

use super::judging::Forecast;
use crate::base::Date;
use crate::league::{GameLog, Phase, TeamId};
use crate::stats::{ScoreError, Scores, score};

/// The model's scores over some of the games.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// What the games are told apart by: `month`, `phase`, `favourite`, `rest` or `team`.
    pub by: String,
    /// Which of them these are.
    pub name: String,
    /// How it went.
    pub scores: Scores,
    /// Mean probability of the home side; for a team, of the team.
    pub mean_forecast: f64,
    /// Share that came true.
    pub observed: f64,
}

/// A game's label and forecast under a slice.
type Row = (f64, f64);

/// Cuts the played games among these by month, phase, the favourite's probability, who is rested, and team. Phases aside, the
/// regular season is taken. A team has the games of both sides, seen from its own.
///
/// # Errors
/// Where the forecasts cannot be scored.
pub fn slices(log: &GameLog, games: &[Forecast]) -> Result<Vec<Slice>, ScoreError> {
    let mut rows: BTreeMap<(usize, usize, String), Vec<Row>> = BTreeMap::new();
    let mut add =
        |by: usize, place: usize, name: String, row: Row| rows.entry((by, place, name)).or_default().push(row);
    let rest = rest_days(log);
    for game in games {
        let Some(home_won) = game.home_won else { continue };
        let row = (f64::from(home_won), game.prob_home);
        let phase = Phase::ALL.iter().position(|phase| *phase == game.phase).unwrap_or_default();
        add(1, phase, game.phase.words().to_owned(), row);
        if game.phase != Phase::Regular {
            continue;
        }
        // A season begins in October.
        add(0, (game.date.month() as usize + 2) % 12, game.date.format("%B").to_string(), row);
        let (place, name) = favourite(game.prob_home);
        add(2, place, name.to_owned(), row);
        if let Some((home, visitor)) = rest.get(&game.game_id) {
            let (place, name) = rested(*home, *visitor);
            add(3, place, name.to_owned(), row);
        }
        add(4, 0, game.home.abbreviation().to_owned(), row);
        add(4, 0, game.visitor.abbreviation().to_owned(), (1.0 - row.0, 1.0 - row.1));
    }
    let of = |((by, _, name), rows): ((usize, usize, String), Vec<Row>)| {
        let (y, p): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let by = ["month", "phase", "favourite", "rest", "team"][by].to_owned();
        Ok(Slice { by, name, scores: score(&y, &p)?, mean_forecast: mean(&p), observed: mean(&y) })
    };
    rows.into_iter().map(of).collect()
}

/// Where the favourite's probability lies.
fn favourite(prob_home: f64) -> (usize, &'static str) {
    match prob_home.max(1.0 - prob_home) {
        p if p < 0.6 => (0, "below .6"),
        p if p < 0.7 => (1, ".6 to .7"),
        p if p < 0.8 => (2, ".7 to .8"),
        _ => (3, ".8 and more"),
    }
}

/// Who comes from a game the day before.
fn rested(home: i64, visitor: i64) -> (usize, &'static str) {
    match (home <= 1, visitor <= 1) {
        (false, false) => (0, "neither played yesterday"),
        (true, false) => (1, "home played yesterday"),
        (false, true) => (2, "visitor played yesterday"),
        (true, true) => (3, "both played yesterday"),
    }
}

/// Days since either side's game before, by the game's id; a season's first games are left out.
fn rest_days(log: &GameLog) -> BTreeMap<String, (i64, i64)> {
    let mut last: BTreeMap<TeamId, (u16, Date)> = BTreeMap::new();
    let mut rest = BTreeMap::new();
    for game in log.games() {
        let mut since = |team: TeamId| {
            let before = last.insert(team, (game.season, game.date));
            before.filter(|(season, _)| *season == game.season).map(|(_, day)| (game.date - day).num_days())
        };
        if let (Some(home), Some(visitor)) = (since(game.home), since(game.visitor)) {
            rest.insert(game.id.clone(), (home, visitor));
        }
    }
    rest
}
