//! `team_kalman` and `league_kalman_home`: ratings in points of margin that know how sure they are.

use super::{Fold, LEAGUE_KEY, margin, push, team_key, view_of};
use crate::base::{Date, math};
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, TEAMS, TeamId};

/// Variance of a game's margin about its expectation, in points². This and all below: `docs/features.md`, on how they
/// were found.
const NOISE: f64 = 153.0;
/// Before any game: every team at 0 with this variance.
const START_VARIANCE: f64 = 20.0;
/// Share of a strength that is kept between seasons.
const CARRY: f64 = 0.7;
/// What a summer adds to a strength's variance.
const SEASON_NOISE: f64 = 4.5;
/// What a day of the season adds to it.
const DAY_NOISE: f64 = 0.03;
/// The home edge before any game.
const HOME: Estimate = Estimate { mean: 2.75, variance: 0.25 };
/// What a summer adds to the home edge's variance.
const HOME_SEASON_NOISE: f64 = 0.1;

/// A normal distribution over something in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl Estimate {
    /// Takes its share of a game's surprise: the gain is its variance by the game's.
    fn correct(&mut self, sign: f64, surprise: f64, variance: f64) {
        self.mean += sign * self.variance / variance * surprise;
        self.variance -= self.variance * self.variance / variance;
    }

    fn values(&self) -> [f64; 2] {
        [self.mean, math::sqrt(self.variance)]
    }
}

/// A Kalman filter (Kalman 1960; Glickman and Stern 1998 for football) over the teams' strengths and the home edge.
/// Covariances between them are left out: each keeps its own variance alone.
#[derive(Debug, Clone)]
pub struct Kalman {
    teams: [Estimate; TEAMS.len()],
    home: Estimate,
    /// Whether a season has begun, so that the next one carries over.
    begun: bool,
}

impl Default for Kalman {
    fn default() -> Self {
        Self { teams: [Estimate { mean: 0.0, variance: START_VARIANCE }; TEAMS.len()], home: HOME, begun: false }
    }
}

impl Kalman {
    /// A season begins: from the second on, m ← 0.7 m, v ← 0.49 v + 4.5; the home edge keeps its mean and gains 0.1 of
    /// variance.
    fn begin_season(&mut self) {
        if self.begun {
            for team in &mut self.teams {
                team.mean *= CARRY;
                team.variance = CARRY * CARRY * team.variance + SEASON_NOISE;
            }
            self.home.variance += HOME_SEASON_NOISE;
        }
        self.begun = true;
    }

    /// A morning comes: every strength may have moved overnight.
    fn begin_day(&mut self) {
        self.teams.iter_mut().for_each(|team| team.variance += DAY_NOISE);
    }

    /// Learns a played game of any phase; a game to come changes nothing.
    fn learn(&mut self, game: &Game) {
        let Some(margin) = margin(game) else { return };
        let (home, visitor) = (self.teams[game.home.index()], self.teams[game.visitor.index()]);
        let floor = if game.neutral { Estimate { mean: 0.0, variance: 0.0 } } else { self.home };
        let surprise = margin - (home.mean - visitor.mean + floor.mean);
        let variance = home.variance + visitor.variance + floor.variance + NOISE;
        self.teams[game.home.index()].correct(1.0, surprise, variance);
        self.teams[game.visitor.index()].correct(-1.0, surprise, variance);
        if !game.neutral {
            self.home.correct(1.0, surprise, variance);
        }
    }
}

/// The teams' rows.
#[derive(Debug, Default)]
pub struct Strengths(Kalman);

impl Fold for Strengths {
    fn view() -> FeatureView {
        view_of(
            "team_kalman",
            "team",
            "Strength in points of margin by a Kalman filter: a normal distribution for each team, moved by the surprise \
             of every game, of any phase, and widened by every day and summer.",
            &[
                ("strength", "points", "Mean: the margin against an average team on a neutral floor."),
                ("strength_sd", "points", "Standard deviation: how far off the mean may be."),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.0.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        self.0.begin_day();
        for team in TeamId::all() {
            push(rows, team_key(team), day, &self.0.teams[team.index()].values());
        }
    }

    fn learn(&mut self, game: &Game) {
        self.0.learn(game);
    }
}

/// The league's row.
#[derive(Debug, Default)]
pub struct HomeEdge(Kalman);

impl Fold for HomeEdge {
    fn view() -> FeatureView {
        view_of(
            "league_kalman_home",
            "league",
            "The home edge that the filter of team_kalman learns beside the strengths.",
            &[
                ("home_edge", "points", "Mean: what the home floor adds to the margin."),
                ("home_edge_sd", "points", "Standard deviation: how far off the mean may be."),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.0.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        self.0.begin_day();
        push(rows, LEAGUE_KEY, day, &self.0.home.values());
    }

    fn learn(&mut self, game: &Game) {
        self.0.learn(game);
    }
}
