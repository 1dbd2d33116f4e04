//! `team_elo`: ratings that carry over between seasons.

use super::home::Margins;
use super::{Fold, push, team_key, view_of};
use crate::base::{Date, math};
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, TEAMS, TeamId};

/// FiveThirtyEight's constants ("How we calculate NBA Elo ratings", 2015).
const START: f64 = 1500.0;
const MEAN: f64 = 1505.0;
const K: f64 = 20.0;
/// Rating points that the home floor is worth.
const HOME: f64 = 100.0;
/// Share of a rating that is kept between seasons.
const CARRY: f64 = 0.75;

/// FiveThirtyEight's Elo ratings. Every played game moves them, whatever its phase.
#[derive(Debug, Clone)]
pub struct Elo {
    ratings: [f64; TEAMS.len()],
    /// Whether a season has begun, so that the next one carries over.
    begun: bool,
}

impl Default for Elo {
    fn default() -> Self {
        Self { ratings: [START; TEAMS.len()], begun: false }
    }
}

/// Probability that the home side wins, from the ratings of both: 1 / (1 + 10^(−d / 400)), where d is the difference plus
/// 100 for the home floor, or without it on a neutral one.
pub fn expected_home_win(home: f64, visitor: f64, neutral: bool) -> f64 {
    expected(home - visitor + if neutral { 0.0 } else { HOME })
}

/// Probability of a win by the side with this edge in rating, floor included.
fn expected(edge: f64) -> f64 {
    math::sigmoid(edge * std::f64::consts::LN_10 / 400.0)
}

impl Elo {
    /// A team's rating.
    pub fn rating(&self, team: TeamId) -> f64 {
        self.ratings[team.index()]
    }

    /// A season begins: from the second on, R ← 0.75 R + 0.25 · 1505.
    pub fn begin_season(&mut self) {
        if self.begun {
            self.ratings.iter_mut().for_each(|rating| *rating = CARRY * *rating + (1.0 - CARRY) * MEAN);
        }
        self.begun = true;
    }

    /// Moves both ratings by a played game: by K · ((margin + 3)^0.8 / (7.5 + 0.006 · d)) · (result − expected), where d is
    /// the winner's edge in rating with the home floor counted. A game to come moves nothing.
    pub fn learn(&mut self, game: &Game) {
        self.learn_on(game, if game.neutral { 0.0 } else { HOME });
    }

    /// The same on a floor that is worth so many points to the home side; gives the points that it won, 0 for a game to
    /// come.
    pub(super) fn learn_on(&mut self, game: &Game, floor: f64) -> f64 {
        let (Some(score), Some(home_won)) = (game.score, game.home_won()) else { return 0.0 };
        let edge = self.rating(game.home) - self.rating(game.visitor) + floor;
        let winners_edge = if home_won { edge } else { -edge };
        let margin = f64::from(score.home.abs_diff(score.visitor));
        // No two teams were ever 1,000 points apart; made-up ratings may be, and the multiplier must not turn over.
        let multiplier = math::pow(margin + 3.0, 0.8) / (7.5 + 0.006 * winners_edge).max(1.0);
        let moved = K * multiplier * (f64::from(home_won) - expected(edge));
        self.ratings[game.home.index()] += moved;
        self.ratings[game.visitor.index()] -= moved;
        moved
    }
}

/// The ratings of the view: Elo's, and those in points of margin.
#[derive(Debug, Default)]
pub struct Ratings {
    elo: Elo,
    margins: Margins,
}

impl Fold for Ratings {
    fn view() -> FeatureView {
        view_of(
            "team_elo",
            "team",
            "Ratings that carry over between seasons. FiveThirtyEight's Elo: K = 20, home floor +100, margin-of-victory \
             multiplier, three quarters carried over. Beside it a rating in points of margin. Games of every phase \
             move both.",
            &[
                ("elo", "Elo points", "The Elo rating; about 28 points are one point of margin."),
                (
                    "margin_rating",
                    "points",
                    "Margin against an average team on a neutral floor; moves by 0.025 of each game's surprise.",
                ),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.elo.begin_season();
        self.margins.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        for team in TeamId::all() {
            push(rows, team_key(team), day, &[self.elo.rating(team), self.margins.rating(team)]);
        }
    }

    fn learn(&mut self, game: &Game) {
        self.elo.learn(game);
        self.margins.learn(game);
    }
}
