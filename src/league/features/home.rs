//! `league_home` and the margin ratings that it needs: what the home floor was worth lately.

use super::{Fold, LEAGUE_KEY, push, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, TEAMS, TeamId};

/// Points that the home floor is taken to be worth before any game is known.
const START: f64 = 2.5;
/// Share of a game's surprise by which the home edge moves: about the last 300 games count.
const HOME_STEP: f64 = 0.003;
/// Share of a game's surprise by which a rating moves.
const RATING_STEP: f64 = 0.025;
/// A surprise counts for at most so many points: a rout says little more than a clear win.
const CAP: f64 = 20.0;
/// Share of a rating that is kept between seasons.
const CARRY: f64 = 0.75;

/// Ratings in points of margin, and the home edge, learned together by the surprise of each game.
#[derive(Debug, Clone)]
pub struct Margins {
    ratings: [f64; TEAMS.len()],
    home_edge: f64,
}

impl Default for Margins {
    fn default() -> Self {
        Self { ratings: [0.0; TEAMS.len()], home_edge: START }
    }
}

impl Margins {
    /// A team's rating: the margin that it would win by against an average team on a neutral floor.
    pub fn rating(&self, team: TeamId) -> f64 {
        self.ratings[team.index()]
    }

    /// A season begins: ratings keep three quarters, the home edge stays.
    pub fn begin_season(&mut self) {
        self.ratings.iter_mut().for_each(|rating| *rating *= CARRY);
    }

    /// Learns a played game of any phase; a game to come changes nothing.
    pub fn learn(&mut self, game: &Game) {
        let Some(score) = game.score else { return };
        let margin = f64::from(score.home) - f64::from(score.visitor);
        let floor = if game.neutral { 0.0 } else { self.home_edge };
        let surprise = margin - (self.rating(game.home) - self.rating(game.visitor) + floor);
        let step = RATING_STEP * surprise.clamp(-CAP, CAP);
        self.ratings[game.home.index()] += step;
        self.ratings[game.visitor.index()] -= step;
        if !game.neutral {
            self.home_edge += HOME_STEP * surprise;
        }
    }
}

/// The league's home edge.
#[derive(Debug, Default)]
pub struct Home(Margins);

impl Fold for Home {
    fn view() -> FeatureView {
        view_of(
            "league_home",
            "league",
            "What the home floor was worth lately, teams' strength taken out. It has fallen and risen over the years, \
             and a model with a fixed home advantage drifts.",
            &[("home_edge", "points", "Moves by 0.003 of each game's surprise, so that about 300 games count.")],
        )
    }

    fn begin_season(&mut self) {
        self.0.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        push(rows, LEAGUE_KEY, day, &[self.0.home_edge]);
    }

    fn learn(&mut self, game: &Game) {
        self.0.learn(game);
    }
}
