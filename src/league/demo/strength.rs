//! Hidden strengths that move within and between seasons: first-order autoregressions.

use crate::base::{Date, Rng, Seed, days_between, math};
use crate::league::{TEAMS, TeamId};

/// Spread of the teams' net rating in points per 100 possessions.
const NET_SD: f64 = 5.0;
/// Spread of the teams' pace in possessions.
const PACE_SD: f64 = 1.6;
/// What is left of a strength after the 174 days of a season.
const KEPT_IN_SEASON: f64 = 0.85;
/// What is left of it after a summer.
const KEPT_IN_SUMMER: f64 = 0.72;
/// Days of a season.
const SEASON_DAYS: f64 = 174.0;

/// One team's hidden state.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Strength {
    /// Points per 100 possessions that it scores above the league.
    pub(super) attack: f64,
    /// Points per 100 possessions that it takes from its opponents.
    pub(super) defence: f64,
    /// Possessions that it adds to a game.
    pub(super) pace: f64,
}

/// All teams' strengths, and the day they are of.
#[derive(Debug, Clone)]
pub(super) struct League {
    teams: Vec<Strength>,
    day: Option<Date>,
    rng: Rng,
}

/// One step of an autoregression that keeps its spread: what is left, and a new part.
fn step(value: f64, kept: f64, sd: f64, rng: &mut Rng) -> f64 {
    kept * value + rng.normal(0.0, sd * math::sqrt(1.0 - kept * kept))
}

impl League {
    pub(super) fn new(seed: Seed) -> Self {
        let mut rng = seed.rng();
        let side = NET_SD / math::sqrt(2.0);
        let teams = (0..TEAMS.len())
            .map(|_| Strength {
                attack: rng.normal(0.0, side),
                defence: rng.normal(0.0, side),
                pace: rng.normal(0.0, PACE_SD),
            })
            .collect();
        let mut league = Self { teams, day: None, rng };
        league.settle();
        league
    }

    pub(super) fn of(&self, team: TeamId) -> Strength {
        self.teams[team.index()]
    }

    /// Moves every strength to a day of the season.
    pub(super) fn advance_to(&mut self, day: Date) {
        let days = self.day.map_or(0, |before| days_between(before, day).max(0));
        self.day = Some(day);
        if days > 0 {
            self.shift(math::pow(KEPT_IN_SEASON, days as f64 / SEASON_DAYS));
        }
    }

    /// Moves every strength over the summer.
    pub(super) fn off_season(&mut self) {
        self.day = None;
        self.shift(KEPT_IN_SUMMER);
        self.settle();
    }

    fn shift(&mut self, kept: f64) {
        let side = NET_SD / math::sqrt(2.0);
        for team in &mut self.teams {
            team.attack = step(team.attack, kept, side, &mut self.rng);
            team.defence = step(team.defence, kept, side, &mut self.rng);
            team.pace = step(team.pace, kept, PACE_SD, &mut self.rng);
        }
    }

    /// Puts the league's means at zero and the spread of its net ratings at [`NET_SD`], so that a season's figures
    /// do not hang on the luck of thirty draws.
    fn settle(&mut self) {
        let count = self.teams.len() as f64;
        let mean = |part: fn(&Strength) -> f64, teams: &[Strength]| teams.iter().map(part).sum::<f64>() / count;
        let attack = mean(|team| team.attack, &self.teams);
        let defence = mean(|team| team.defence, &self.teams);
        let pace = mean(|team| team.pace, &self.teams);
        for team in &mut self.teams {
            team.attack -= attack;
            team.defence -= defence;
            team.pace -= pace;
        }
        let square = |team: &Strength| (team.attack + team.defence) * (team.attack + team.defence);
        let spread = math::sqrt(self.teams.iter().map(square).sum::<f64>() / count);
        let scale = NET_SD / spread.max(1e-9);
        for team in &mut self.teams {
            team.attack *= scale;
            team.defence *= scale;
        }
    }
}
