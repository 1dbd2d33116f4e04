//! Two Kalman filters over softened margins, whose mean is the edge that the default model reads.
//!
//! Both estimate the thirty teams' strengths beside what the floor, tired legs, rest, journeys and a good home side are
//! worth. One sees the margin whole; the other sees it in two parts, the points that a surplus of chances to score is
//! worth and what was made of the chances, which move on their own. Kalman 1960 for the filter; Glickman and Stern 1998
//! for strengths of teams that drift within a season and between seasons. The formulas and how the constants were found:
//! `docs/features.md`.

mod belief;
mod views;

pub use belief::{Belief, Beliefs, EFFECTS, EdgeParts, FIGURES, Side, figures};
pub use views::{LeagueFilters, TeamFilters};

use belief::{CHANCES_NOISE, COMMON_NOISE, CONVERSION_NOISE, SPLIT_NOISE, WHOLE_NOISE};

use super::home::Margins;
use super::kalman::Estimate;
use super::schedule::Schedule;
use super::{Fold, margin, possessions};
use crate::base::{Date, math};
use crate::league::{Game, TEAMS, TeamId};

/// Points beyond which a margin counts ever less.
const SOFT: f64 = 15.0;
/// Points that a chance to score is worth.
const CHANCE: f64 = 0.9;
/// What a summer adds to the variance of the home edge of a whole filter.
const HOME_SUMMER: f64 = 0.1;
/// Variance of each effect of a whole filter before any game; all but the home edge start at 0 and do not drift.
const EFFECT_VARIANCES: [f64; FIGURES] = [0.25, 1.3, 1.3, 1.3, 0.33, 0.33, 0.01];

/// How a block of strengths starts and drifts: variances in points².
#[derive(Debug)]
struct Drift {
    /// Variance of a strength before any game.
    start: f64,
    /// Share of a strength that is kept between seasons.
    carry: f64,
    /// What a summer adds to its variance.
    summer: f64,
    /// What a day of the season adds to it.
    day: f64,
    /// Points that the home floor is taken to be worth before any game.
    home: f64,
    /// Blocks that the filter's effects are divided among: their variances start with this share.
    share: f64,
}

const WHOLE: Drift = Drift { start: 13.0, carry: 0.66, summer: 1.95, day: 0.019, home: 2.2, share: 1.0 };
const CONVERSION: Drift = Drift { start: 14.0, carry: 0.65, summer: 2.9, day: 0.02, home: 1.75, share: 0.5 };
const CHANCES: Drift = Drift { start: 2.0, carry: 0.65, summer: 0.85, day: 0.008, home: 0.55, share: 0.5 };

/// What a margin counts for: near 0 itself, and of a rout little more than of a clear win.
fn softened(margin: f64) -> f64 {
    SOFT * math::asinh(margin / SOFT)
}

/// Points that the home side's surplus of chances is worth; none without box totals.
fn surplus(game: &Game) -> Option<f64> {
    possessions(game)?;
    Some(CHANCE * (game.home_box?.chances() - game.visitor_box?.chances()))
}

impl Estimate {
    fn plus(self, other: Estimate) -> Estimate {
        Estimate { mean: self.mean + other.mean, variance: self.variance + other.variance }
    }

    /// Learns an observation that it enters with a slope; see [`News`].
    fn learn(&mut self, slope: f64, news: News) {
        let reach = self.variance * slope;
        self.mean += reach * news.pull;
        self.variance -= reach * reach * news.weight;
    }
}

/// What a game tells a block: with S the variance matrix of the observations and d their surprises, the block's entry of
/// S⁻¹d and its diagonal entry of S⁻¹.
#[derive(Debug, Clone, Copy)]
struct News {
    pull: f64,
    weight: f64,
}

/// The news of a single observation.
fn news(surprise: f64, variance: f64) -> News {
    News { pull: surprise / variance, weight: 1.0 / variance }
}

/// The news of two observations whose noise has a covariance, from each one's surprise and variance.
fn news_of_two(surprise: [f64; 2], variance: [f64; 2], covariance: f64) -> [News; 2] {
    let determinant = variance[0] * variance[1] - covariance * covariance;
    [(0, 1), (1, 0)].map(|(own, other)| News {
        pull: (variance[other] * surprise[own] - covariance * surprise[other]) / determinant,
        weight: variance[other] / determinant,
    })
}

/// Strengths and effects in one observed quantity. Covariances between them are left out, so that each is a row of its
/// team's or of the league's.
#[derive(Debug, Clone)]
struct Block {
    drift: &'static Drift,
    teams: [Estimate; TEAMS.len()],
    effects: [Estimate; FIGURES],
}

impl Block {
    fn new(drift: &'static Drift) -> Self {
        let mut effects = EFFECT_VARIANCES.map(|variance| Estimate { mean: 0.0, variance: variance * drift.share });
        effects[0].mean = drift.home;
        Self { drift, teams: [Estimate { mean: 0.0, variance: drift.start }; TEAMS.len()], effects }
    }

    /// A summer has passed.
    fn carry_over(&mut self) {
        let Drift { carry, summer, share, .. } = self.drift;
        for team in &mut self.teams {
            team.mean *= carry;
            team.variance = carry * carry * team.variance + summer;
        }
        self.effects[0].variance += HOME_SUMMER * share;
    }

    /// A night has passed within a season.
    fn begin_day(&mut self) {
        self.teams.iter_mut().for_each(|team| team.variance += self.drift.day);
    }

    fn belief(&self, game: &Game) -> Belief {
        Belief { home: self.teams[game.home.index()], visitor: self.teams[game.visitor.index()], effects: self.effects }
    }

    fn learn(&mut self, game: &Game, figures: &[f64; FIGURES], news: News) {
        self.teams[game.home.index()].learn(1.0, news);
        self.teams[game.visitor.index()].learn(-1.0, news);
        for (effect, figure) in self.effects.iter_mut().zip(figures) {
            effect.learn(*figure, news);
        }
    }
}

/// Both filters, with the schedule and the ratings that their figures are made of, so that they need the games alone.
#[derive(Debug)]
struct Filters {
    whole: Block,
    conversion: Block,
    chances: Block,
    schedule: Schedule,
    margins: Margins,
    /// What figures are made of, of each team that plays on the running day, as it was on the day's morning.
    sides: [Option<Side>; TEAMS.len()],
    /// Whether a season has begun, so that the next one carries over.
    begun: bool,
    /// Whether the running season has not had its first morning: the summer's drift is all that it brings.
    is_opening: bool,
}

impl Default for Filters {
    fn default() -> Self {
        Self {
            whole: Block::new(&WHOLE),
            conversion: Block::new(&CONVERSION),
            chances: Block::new(&CHANCES),
            schedule: Schedule::default(),
            margins: Margins::default(),
            sides: [None; TEAMS.len()],
            begun: false,
            is_opening: true,
        }
    }
}

impl Filters {
    fn blocks(&mut self) -> [&mut Block; 3] {
        [&mut self.whole, &mut self.conversion, &mut self.chances]
    }

    fn begin_season(&mut self) {
        if self.begun {
            self.blocks().into_iter().for_each(Block::carry_over);
        }
        (self.begun, self.is_opening) = (true, true);
        self.schedule.begin_season();
        self.margins.begin_season();
    }

    /// A morning comes, of a day with these games.
    fn begin_day(&mut self, day: Date, games: &[Game]) {
        if !self.is_opening {
            self.blocks().into_iter().for_each(Block::begin_day);
        }
        self.is_opening = false;
        for team in games.iter().flat_map(|game| [game.home, game.visitor]) {
            self.sides[team.index()] = Some(self.side(team, day, games));
        }
    }

    fn side(&self, team: TeamId, day: Date, games: &[Game]) -> Side {
        let [rest, back_to_back, third_in_four, distance] = self.schedule.values(team, day, games);
        Side { rest, back_to_back, third_in_four, distance, margin_rating: self.margins.rating(team) }
    }

    /// Learns a played game of any phase; of a game to come the schedule alone.
    fn learn(&mut self, game: &Game) {
        let sides = (self.sides[game.home.index()], self.sides[game.visitor.index()]);
        if let (Some(margin), (Some(home), Some(visitor))) = (margin(game), sides) {
            let figures = figures(&home, &visitor, game.neutral);
            self.learn_whole(game, &figures, softened(margin));
            self.learn_split(game, &figures, softened(margin));
        }
        self.schedule.learn(game);
        self.margins.learn(game);
    }

    fn learn_whole(&mut self, game: &Game, figures: &[f64; FIGURES], margin: f64) {
        let belief = self.whole.belief(game);
        let news = news(margin - belief.mean(figures), belief.variance(figures) + WHOLE_NOISE);
        self.whole.learn(game, figures, news);
    }

    /// Without box totals the sum of the two parts is all that is seen, and both learn from it.
    fn learn_split(&mut self, game: &Game, figures: &[f64; FIGURES], margin: f64) {
        let beliefs = [self.conversion.belief(game), self.chances.belief(game)];
        let mean = beliefs.map(|belief| belief.mean(figures));
        let variance = beliefs.map(|belief| belief.variance(figures));
        let [of_conversion, of_chances] = match surplus(game) {
            Some(surplus) => news_of_two(
                [margin - surplus - mean[0], surplus - mean[1]],
                [variance[0] + CONVERSION_NOISE, variance[1] + CHANCES_NOISE],
                COMMON_NOISE,
            ),
            None => [news(margin - (mean[0] + mean[1]), variance[0] + variance[1] + SPLIT_NOISE); 2],
        };
        self.conversion.learn(game, figures, of_conversion);
        self.chances.learn(game, figures, of_chances);
    }
}

#[cfg(test)]
mod tests;
