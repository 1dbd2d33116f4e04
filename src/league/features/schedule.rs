//! `team_schedule`: rest and travel. It needs the schedule alone, no result.

use std::collections::VecDeque;

use super::{Fold, push, team_key, view_of};
use crate::base::{Date, days_between, math};
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, TEAMS, TeamId};

/// Days of rest beyond this make no difference; a season's first game has so many.
const REST_CAP: i64 = 7;

/// Mean radius of the Earth in kilometres (IUGG).
const EARTH_KM: f64 = 6371.0088;

/// Great-circle distance in kilometres between two teams' arenas, by the haversine formula (Sinnott 1984).
pub fn distance_km(from: TeamId, to: TeamId) -> f64 {
    let radians = |degrees: f64| degrees * (std::f64::consts::PI / 180.0);
    let (a, b) = (from.team(), to.team());
    let half = |x: f64, y: f64| {
        let sine = math::sin((radians(y) - radians(x)) / 2.0);
        sine * sine
    };
    let h = half(a.latitude, b.latitude)
        + math::cos(radians(a.latitude)) * math::cos(radians(b.latitude)) * half(a.longitude, b.longitude);
    2.0 * EARTH_KM * math::asin(math::sqrt(h.min(1.0)))
}

/// A game that a team had, with its floor; none where it is not known.
#[derive(Debug, Clone, Copy)]
struct Stop {
    day: Date,
    floor: Option<TeamId>,
}

/// The last games of every team in the running season.
#[derive(Debug, Default)]
pub struct Schedule {
    teams: [VecDeque<Stop>; TEAMS.len()],
}

/// Where a game is played: the home side's city, or nowhere known on a neutral floor.
fn floor(game: &Game) -> Option<TeamId> {
    (!game.neutral).then_some(game.home)
}

impl Schedule {
    /// The view's values of a team on a day's morning.
    pub(super) fn values(&self, team: TeamId, day: Date, games: &[Game]) -> [f64; 4] {
        let rest = self.rest(team, day);
        [rest as f64, f64::from(rest <= 1), f64::from(self.third_in_four(team, day)), self.travel(team, games)]
    }

    fn rest(&self, team: TeamId, day: Date) -> i64 {
        self.teams[team.index()].back().map_or(REST_CAP, |last| days_between(last.day, day).min(REST_CAP))
    }

    /// Whether a game on this day is the third within four nights.
    fn third_in_four(&self, team: TeamId, day: Date) -> bool {
        self.teams[team.index()].iter().filter(|stop| days_between(stop.day, day) <= 3).count() >= 2
    }

    /// Kilometres from the last floor to today's; a season begins at home. Null on a day without a game, and where only
    /// one of the two floors is known. From one neutral floor to the next there is no travel: such games are played on
    /// one site.
    fn travel(&self, team: TeamId, games: &[Game]) -> f64 {
        let Some(game) = games.iter().find(|game| game.home == team || game.visitor == team) else { return f64::NAN };
        let from = self.teams[team.index()].back().map_or(Some(team), |last| last.floor);
        match (from, floor(game)) {
            (Some(from), Some(to)) => distance_km(from, to),
            (None, None) => 0.0,
            _ => f64::NAN,
        }
    }
}

impl Fold for Schedule {
    fn view() -> FeatureView {
        view_of(
            "team_schedule",
            "team",
            "Rest and travel before a game on the day. It follows from the schedule alone: a scheduled game counts \
             whether or not its result is known.",
            &[
                (
                    "rest_days",
                    "days",
                    "Days since the last game: 1 is a game yesterday; at most 7, as before the first.",
                ),
                ("back_to_back", "flag", "1 if there was a game yesterday."),
                ("third_in_four", "flag", "1 if a game on this day is the third within four nights."),
                (
                    "distance",
                    "km",
                    "Great-circle distance from the last game's city to today's; null on a day without a game and to or \
                     from a neutral floor.",
                ),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.teams = Default::default();
    }

    fn write(&mut self, day: Date, games: &[Game], rows: &mut FeatureRows) {
        for team in TeamId::all() {
            push(rows, team_key(team), day, &self.values(team, day, games));
        }
    }

    fn learn(&mut self, game: &Game) {
        for team in [game.home, game.visitor] {
            let stops = &mut self.teams[team.index()];
            if stops.len() == 4 {
                stops.pop_front();
            }
            stops.push_back(Stop { day: game.date, floor: floor(game) });
        }
    }
}
