//! What a search may try.

use serde::{Deserialize, Serialize};

use crate::base::Seed;
use crate::learn::trees::{BoostedParams, ForestParams};
use crate::learn::{CalibrationMethod, EstimatorSpec, ParamError, Setting};

/// Values to try of one estimator's parameters; every combination is a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum EstimatorSpace {
    /// Logistic regression.
    LogisticRegression {
        /// Inverse strengths.
        c: Vec<f64>,
        /// Shares of the absolute values in the penalty.
        l1_ratio: Vec<f64>,
    },
    /// Gradient-boosted trees; what is not named here is as [`BoostedParams`] has it.
    GradientBoostedTrees {
        /// How many trees.
        trees: Vec<u32>,
        /// Shares of a leaf's value that count.
        learning_rate: Vec<f64>,
        /// Splits on the longest path.
        max_depth: Vec<u32>,
        /// Fewest examples of a leaf.
        min_leaf: Vec<u32>,
    },
    /// A random forest; what is not named here is as [`ForestParams`] has it.
    RandomForest {
        /// How many trees.
        trees: Vec<u32>,
        /// Splits on the longest path.
        max_depth: Vec<u32>,
        /// Fewest examples of a leaf.
        min_leaf: Vec<u32>,
    },
    /// A stacked blend.
    StackedBlend {
        /// Its members.
        members: Vec<EstimatorSpec>,
        /// Inverse strengths of the pull to the even mean.
        c: Vec<f64>,
    },
    /// One feature alone.
    Baseline {
        /// The features, one a point.
        feature: Vec<String>,
    },
}

impl EstimatorSpace {
    fn points(&self) -> Vec<EstimatorSpec> {
        match self {
            EstimatorSpace::LogisticRegression { c, l1_ratio } => pairs(l1_ratio, c)
                .map(|(l1_ratio, c)| EstimatorSpec::LogisticRegression { c: *c, l1_ratio: *l1_ratio })
                .collect(),
            EstimatorSpace::GradientBoostedTrees { trees, learning_rate, max_depth, min_leaf } => {
                let shape = pairs(max_depth, min_leaf);
                let point =
                    |((max_depth, min_leaf), (trees, learning_rate)): ((&u32, &u32), (&u32, &f64))| BoostedParams {
                        trees: *trees,
                        learning_rate: *learning_rate,
                        max_depth: *max_depth,
                        min_leaf: *min_leaf,
                        ..BoostedParams::default()
                    };
                let points = shape.flat_map(|shape| pairs(trees, learning_rate).map(move |steps| (shape, steps)));
                points.map(point).map(EstimatorSpec::GradientBoostedTrees).collect()
            }
            EstimatorSpace::RandomForest { trees, max_depth, min_leaf } => {
                let shape = pairs(max_depth, min_leaf);
                let points = shape.flat_map(|shape| trees.iter().map(move |trees| (shape, trees)));
                let point = |((max_depth, min_leaf), trees): ((&u32, &u32), &u32)| ForestParams {
                    trees: *trees,
                    max_depth: *max_depth,
                    min_leaf: *min_leaf,
                    ..ForestParams::default()
                };
                points.map(point).map(EstimatorSpec::RandomForest).collect()
            }
            EstimatorSpace::StackedBlend { members, c } => {
                c.iter().map(|c| EstimatorSpec::StackedBlend { members: members.clone(), c: *c }).collect()
            }
            EstimatorSpace::Baseline { feature } => {
                feature.iter().map(|feature| EstimatorSpec::Baseline { feature: feature.clone() }).collect()
            }
        }
    }
}

/// Every pair, the second running faster.
fn pairs<'a, A, B>(first: &'a [A], second: &'a [B]) -> impl Iterator<Item = (&'a A, &'a B)> {
    first.iter().flat_map(move |a| second.iter().map(move |b| (a, b)))
}

/// Features under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureSet {
    /// Its name, for people.
    pub name: String,
    /// Its features.
    pub features: Vec<String>,
}

/// A search space: every estimator with every feature set, half-life and calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// Estimators with the values of their parameters.
    pub estimators: Vec<EstimatorSpace>,
    /// Feature sets.
    pub features: Vec<FeatureSet>,
    /// Groups (seasons) after which an example counts half.
    pub half_lives: Vec<f64>,
    /// Calibrations.
    pub calibrations: Vec<CalibrationMethod>,
}

/// Most points of a space.
pub const MOST_POINTS: usize = 10_000;

/// Why a space cannot be searched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum SpaceError {
    /// An axis without values.
    #[error("the search space is empty: {axis} has no value to try")]
    Empty {
        /// The axis.
        axis: String,
    },
    /// Too many points.
    #[error("the search space has {found} points: expected at most {MOST_POINTS}")]
    TooLarge {
        /// Points found.
        found: usize,
    },
    /// A value that cannot be tried.
    #[error("the search space has a point that cannot be tried: {0}")]
    Invalid(#[from] ParamError),
}

impl Space {
    /// Every point, in the order of the axes: estimators, their parameters, feature sets, half-lives, calibrations.
    ///
    /// # Errors
    /// If there is none, or too many, and at the first that cannot be tried.
    pub fn settings(&self) -> Result<Vec<Setting>, SpaceError> {
        let estimators: Vec<EstimatorSpec> = self.estimators.iter().flat_map(EstimatorSpace::points).collect();
        let axes = [
            ("estimators", estimators.len()),
            ("features", self.features.len()),
            ("half_lives", self.half_lives.len()),
            ("calibrations", self.calibrations.len()),
        ];
        if let Some((axis, _)) = axes.iter().find(|(_, values)| *values == 0) {
            return Err(SpaceError::Empty { axis: (*axis).to_owned() });
        }
        let found = axes.iter().map(|(_, values)| *values).fold(1, usize::saturating_mul);
        if found > MOST_POINTS {
            return Err(SpaceError::TooLarge { found });
        }
        let mut settings = Vec::with_capacity(found);
        for (estimator, set) in pairs(&estimators, &self.features) {
            for (half_life, calibration) in pairs(&self.half_lives, &self.calibrations) {
                let (feature_set, features) = (set.name.clone(), set.features.clone());
                let (half_life, calibration) = (*half_life, *calibration);
                let setting = Setting { estimator: estimator.clone(), feature_set, features, half_life, calibration };
                setting.check()?;
                settings.push(setting);
            }
        }
        Ok(settings)
    }

    /// This many of its points, drawn without replacement; all of them if there are not more.
    ///
    /// # Errors
    /// As [`Space::settings`].
    pub fn draw(&self, count: usize, seed: Seed) -> Result<Vec<Setting>, SpaceError> {
        let mut settings = self.settings()?;
        seed.child("draw").rng().shuffle(&mut settings);
        settings.truncate(count);
        Ok(settings)
    }
}
