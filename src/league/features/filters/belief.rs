//! What two filters expect of one game: from the morning's strengths and effects to an edge, and the edge taken apart.

use crate::base::math;
use crate::league::features::kalman::Estimate;

/// Seven figures of a game that the filters know the effects of, in the order of [`EFFECTS`]. An effect is in points
/// of softened margin for each unit of its figure.
pub const FIGURES: usize = 7;

/// Names of the figures.
pub const EFFECTS: [&str; FIGURES] =
    ["home_edge", "back_to_back_home", "back_to_back_visitor", "third_in_four", "rest", "travel", "margin_rating"];

/// Parts of an edge.
pub const PARTS: usize = 6;

/// Names of an edge's parts, in plain words.
pub const PART_NAMES: [&str; PARTS] =
    ["strength", "home floor", "back-to-backs", "third game in four nights", "rest", "travel"];

/// The part that each figure belongs to; the strengths are the part 0.
const PART_OF: [usize; FIGURES] = [1, 2, 2, 3, 4, 5, 1];

/// Variance of a game's softened margin about its expectation in the filter that sees it whole, in points².
pub const WHOLE_NOISE: f64 = 97.0;
/// The same of the two parts in the filter that sees them apart: what was made of the chances, and the chances.
pub const CONVERSION_NOISE: f64 = 135.0;
/// See [`CONVERSION_NOISE`].
pub const CHANCES_NOISE: f64 = 45.5;
/// Covariance of the two parts: who takes more shots misses more of them.
pub const COMMON_NOISE: f64 = -42.1;
/// Variance of their sum.
pub const SPLIT_NOISE: f64 = CONVERSION_NOISE + CHANCES_NOISE + 2.0 * COMMON_NOISE;

/// Of one side on a game's morning, what figures are made of.
#[derive(Debug, Clone, Copy)]
pub struct Side {
    /// `team_schedule.rest_days`.
    pub rest: f64,
    /// `team_schedule.back_to_back`.
    pub back_to_back: f64,
    /// `team_schedule.third_in_four`.
    pub third_in_four: f64,
    /// `team_schedule.distance`, in km.
    pub distance: f64,
    /// `team_elo.margin_rating`.
    pub margin_rating: f64,
}

/// The figures of a game. A journey that is not known, as to a neutral floor, counts as none on both sides; anything
/// else that is missing makes its figure NaN.
pub fn figures(home: &Side, visitor: &Side, neutral: bool) -> [f64; FIGURES] {
    let on = if neutral { 0.0 } else { 1.0 };
    let rest = |side: &Side| side.rest.clamp(1.0, 4.0);
    let journeys = home.distance - visitor.distance;
    [
        on,
        home.back_to_back * on,
        visitor.back_to_back * on,
        (home.third_in_four - visitor.third_in_four) * on,
        rest(home) - rest(visitor),
        if journeys.is_nan() { 0.0 } else { journeys / 1000.0 },
        home.margin_rating * on,
    ]
}

/// What a filter, or a part of one, believes that bears on one game.
#[derive(Debug, Clone, Copy)]
pub struct Belief {
    /// The home side's strength.
    pub home: Estimate,
    /// The visitor's.
    pub visitor: Estimate,
    /// What each figure is worth.
    pub effects: [Estimate; FIGURES],
}

impl Belief {
    /// The expected softened margin in points, by [`PART_NAMES`].
    fn parts(&self, figures: &[f64; FIGURES]) -> [f64; PARTS] {
        let mut parts = [0.0; PARTS];
        parts[0] = self.home.mean - self.visitor.mean;
        for ((part, effect), figure) in PART_OF.iter().zip(&self.effects).zip(figures) {
            parts[*part] += effect.mean * figure;
        }
        parts
    }

    /// The expected softened margin in points.
    pub fn mean(&self, figures: &[f64; FIGURES]) -> f64 {
        self.parts(figures).iter().sum()
    }

    /// How far off that may be, the game's own noise apart: a variance in points².
    pub fn variance(&self, figures: &[f64; FIGURES]) -> f64 {
        let of_effects = self.effects.iter().zip(figures).map(|(effect, figure)| figure * figure * effect.variance);
        self.home.variance + self.visitor.variance + of_effects.sum::<f64>()
    }
}

/// What both filters believe of a game.
#[derive(Debug, Clone, Copy)]
pub struct Beliefs {
    /// The filter that sees the margin whole.
    pub whole: Belief,
    /// The one that sees it in two parts: the sum of both.
    pub split: Belief,
    /// The game's figures.
    pub figures: [f64; FIGURES],
}

impl Beliefs {
    /// The belief of each filter with the standard deviation of the margin by it, the game's noise included.
    fn each(&self) -> [(&Belief, f64); 2] {
        let deviation = |belief: &Belief, noise: f64| math::sqrt(belief.variance(&self.figures) + noise);
        [(&self.whole, deviation(&self.whole, WHOLE_NOISE)), (&self.split, deviation(&self.split, SPLIT_NOISE))]
    }

    /// The expected margin of each filter in standard deviations: the chance of a home win by it is Φ of this.
    pub fn scores(&self) -> [f64; 2] {
        self.each().map(|(belief, deviation)| belief.mean(&self.figures) / deviation)
    }

    /// The mean of both.
    pub fn edge(&self) -> f64 {
        let [whole, split] = self.scores();
        (whole + split) / 2.0
    }

    /// The edge taken apart.
    pub fn parts(&self) -> EdgeParts {
        let (mut values, mut per_point) = ([0.0; PARTS], 0.0);
        for (belief, deviation) in self.each() {
            for (value, part) in values.iter_mut().zip(belief.parts(&self.figures)) {
                *value += part / deviation / 2.0;
            }
            per_point += 1.0 / deviation / 2.0;
        }
        EdgeParts { names: PART_NAMES, values, points: 1.0 / per_point }
    }
}

/// What a game's `filter_edge` is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgeParts {
    /// What each part is, in plain words.
    pub names: [&'static str; PARTS],
    /// The parts in the edge's unit, standard deviations of the margin; above 0 they speak for the home side. Their sum
    /// is the edge, but for rounding. NaN where something is not known.
    pub values: [f64; PARTS],
    /// Points of margin that one such unit is worth in this game: a value times this is the part in points.
    pub points: f64,
}
