//! A game: possessions times efficiency, then the box totals that go with the points.

use super::strength::League;
use crate::base::{Date, Rng, days_between};
use crate::league::team::distance_km;
use crate::league::{BoxTotals, Game, Score, TEAMS, TeamId};

/// Possessions of a side in regulation, of two teams of ordinary pace.
const PACE: f64 = 101.5;
/// Points per 100 possessions of ordinary sides on a neutral floor.
const EFFICIENCY: f64 = 109.9;
/// Home advantage in points per 100 possessions of margin, before rest and travel.
const HOME: f64 = 1.68;
/// Spread of a game's possessions.
const PACE_CHANCE: f64 = 3.6;
/// Spread of what both sides' efficiency shares in a game.
const SHARED_CHANCE: f64 = 4.4;
/// Spread of a side's own efficiency in a game.
const OWN_CHANCE: f64 = 8.68;
/// What a side loses on the second of two days in a row, in points per 100 possessions of margin.
const BACK_TO_BACK: f64 = 1.7;
/// What it loses in its third game in four nights.
const THIRD_IN_FOUR: f64 = 0.6;
/// What it gains from three days of rest or more.
const RESTED: f64 = 0.4;
/// What it loses for a thousand kilometres travelled since its last game, at most three of them.
const TRAVEL: f64 = 0.25;

/// How tired the teams are: the last days each played, and where.
#[derive(Debug, Clone)]
pub(super) struct Legs {
    teams: Vec<(Vec<Date>, Option<TeamId>)>,
}

impl Default for Legs {
    fn default() -> Self {
        Self { teams: vec![(Vec::new(), None); TEAMS.len()] }
    }
}

impl Legs {
    /// Points per 100 possessions that a side has lost by rest and travel when it comes to an arena.
    fn tired(&self, team: TeamId, arena: TeamId, day: Date) -> f64 {
        let (days, last_arena) = &self.teams[team.index()];
        let mut tired = 0.0;
        if let Some(last) = days.last() {
            let rest = days_between(*last, day);
            tired += if rest <= 1 { BACK_TO_BACK } else { 0.0 };
            tired -= if (4..=10).contains(&rest) { RESTED } else { 0.0 };
            // Two games in the three days before.
            let recent = days.iter().filter(|before| days_between(**before, day) <= 3).count();
            tired += if recent >= 2 { THIRD_IN_FOUR } else { 0.0 };
        }
        let travelled = distance_km(last_arena.unwrap_or(team), arena) / 1000.0;
        tired + TRAVEL * travelled.min(3.0)
    }

    fn played(&mut self, team: TeamId, arena: TeamId, day: Date) {
        let (days, last_arena) = &mut self.teams[team.index()];
        days.push(day);
        if days.len() > 4 {
            days.remove(0);
        }
        *last_arena = Some(arena);
    }
}

/// Plays a game: fills in its score and its box totals.
pub(super) fn play(game: &mut Game, league: &League, legs: &mut Legs, rng: &mut Rng) {
    let (home, visitor) = (league.of(game.home), league.of(game.visitor));
    let tired = [game.home, game.visitor].map(|team| legs.tired(team, game.home, game.date));
    // What a side loses is half in what it scores and half in what it gives away.
    let margin = HOME - tired[0] + tired[1];
    let mut pace = PACE + home.pace + visitor.pace + rng.normal(0.0, PACE_CHANCE);
    let shared = rng.normal(0.0, SHARED_CHANCE);
    let ratings = [
        EFFICIENCY + home.attack - visitor.defence + margin / 2.0 + shared + rng.normal(0.0, OWN_CHANCE),
        EFFICIENCY + visitor.attack - home.defence - margin / 2.0 + shared + rng.normal(0.0, OWN_CHANCE),
    ];
    let mut points = ratings.map(|rating| (rating * pace / 100.0).round().max(50.0));
    while points[0] == points[1] {
        // Five minutes more, about a tenth of the game.
        pace += 10.4;
        points = points.map(|points| points + rng.normal(11.2, 3.8).round().max(2.0));
    }
    let [home_points, visitor_points] = points.map(|points| points as u16);
    game.score = Some(Score { home: home_points, visitor: visitor_points });
    game.home_box = Some(box_of(home_points, pace, rng));
    game.visitor_box = Some(box_of(visitor_points, pace, rng));
    legs.played(game.home, game.home, game.date);
    legs.played(game.visitor, game.home, game.date);
}

/// Totals that these points can come from in so many possessions: free throws and threes are drawn, twos are what is
/// left of the points, rebounds follow the misses, and the attempts close the count of possessions.
fn box_of(points: u16, pace: f64, rng: &mut Rng) -> BoxTotals {
    let points = i64::from(points);
    let whole = |value: f64, least: i64, most: i64| (value.round() as i64).clamp(least, most);
    let fta = whole(rng.normal(22.3, 5.6), 5, 50);
    let ftm = whole(rng.normal(0.775 * fta as f64, 1.9), 0, fta);
    let tov = whole(rng.normal(14.1, 3.6), 4, 28);
    let from_the_field = points - ftm;
    let mut threes = whole(rng.normal(0.125 * points as f64 - 1.5, 2.9), 2, from_the_field / 3 - 2);
    if (from_the_field - 3 * threes) % 2 != 0 {
        threes += 1;
    }
    let made = threes + (from_the_field - 3 * threes) / 2;
    let attempts = |oreb: i64| (pace + oreb as f64 - tov as f64 - 0.44 * fta as f64).round() as i64;
    let misses = (attempts(10) - made).max(8);
    let oreb = whole(rng.normal(0.222 * misses as f64, 2.9), 1, misses);
    // Attempts never fall below the shots made and the misses that the side took down itself.
    let fga = attempts(oreb).max(made + oreb);
    let total = |value: i64| u16::try_from(value).unwrap_or(0);
    BoxTotals { fga: total(fga), fta: total(fta), oreb: total(oreb), tov: total(tov) }
}
