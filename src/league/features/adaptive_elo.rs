//! `team_elo_adaptive` and `league_elo_home`: Elo ratings whose home advantage is learned with them.

use super::elo::Elo;
use super::{Fold, LEAGUE_KEY, push, team_key, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, TeamId};

/// Elo points that the home floor is taken to be worth before any game, and toward which each season begins. This and
/// the two below: `docs/features.md`, on how they were found.
const HOME: f64 = 70.0;
/// Share of the points that a game moves by which the home advantage moves too.
const HOME_STEP: f64 = 0.02;
/// Share of the home advantage's distance from [`HOME`] that is kept between seasons.
const HOME_CARRY: f64 = 0.75;

/// The ratings of `team_elo` with a home advantage that follows the games.
#[derive(Debug, Clone)]
pub struct AdaptiveElo {
    elo: Elo,
    home: f64,
}

impl Default for AdaptiveElo {
    fn default() -> Self {
        Self { elo: Elo::default(), home: HOME }
    }
}

impl AdaptiveElo {
    /// A team's rating.
    pub fn rating(&self, team: TeamId) -> f64 {
        self.elo.rating(team)
    }

    /// Elo points that the home floor is worth now.
    pub fn home(&self) -> f64 {
        self.home
    }

    /// A season begins: ratings as in [`Elo::begin_season`], and H ← 70 + 0.75 · (H − 70).
    pub fn begin_season(&mut self) {
        self.elo.begin_season();
        self.home = HOME + HOME_CARRY * (self.home - HOME);
    }

    /// Learns a played game of any phase; on a neutral floor the home advantage neither counts nor moves.
    pub fn learn(&mut self, game: &Game) {
        if game.neutral {
            self.elo.learn_on(game, 0.0);
        } else {
            self.home += HOME_STEP * self.elo.learn_on(game, self.home);
        }
    }
}

/// The teams' rows.
#[derive(Debug, Default)]
pub struct Teams(AdaptiveElo);

impl Fold for Teams {
    fn view() -> FeatureView {
        view_of(
            "team_elo_adaptive",
            "team",
            "Elo as in team_elo, but with the home advantage of league_elo_home in place of the fixed 100. Games of every \
             phase move it.",
            &[("elo", "Elo points", "The Elo rating.")],
        )
    }

    fn begin_season(&mut self) {
        self.0.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        for team in TeamId::all() {
            push(rows, team_key(team), day, &[self.0.rating(team)]);
        }
    }

    fn learn(&mut self, game: &Game) {
        self.0.learn(game);
    }
}

/// The league's row.
#[derive(Debug, Default)]
pub struct HomeAdvantage(AdaptiveElo);

impl Fold for HomeAdvantage {
    fn view() -> FeatureView {
        view_of(
            "league_elo_home",
            "league",
            "What the home floor is worth in Elo points, learned online from the surprises of team_elo_adaptive. It \
             starts at 70 and each season keeps three quarters of the distance from there.",
            &[("home_elo", "Elo points", "Moves by 0.02 of the points that each game not on a neutral floor moves.")],
        )
    }

    fn begin_season(&mut self) {
        self.0.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        push(rows, LEAGUE_KEY, day, &[self.0.home()]);
    }

    fn learn(&mut self, game: &Game) {
        self.0.learn(game);
    }
}
