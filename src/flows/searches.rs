//! Searches by name: what `train --search NAME` and the training page offer.

use crate::league::features::feature_sets;
use crate::learn::{CalibrationMethod, EstimatorSpace, FeatureSet, Method, SearchSpec, Space, Split};

/// Strengths that are tried where nobody says otherwise, chosen on the seasons 2015 to 2017.
pub const STRENGTHS: [f64; 6] = [0.001, 0.003, 0.01, 0.03, 0.1, 1.0];

/// Seasons after which a game counts half: the league changes, and old games teach less.
pub const HALF_LIFE: f64 = 4.0;

/// The search that is made where nobody says otherwise: logistic regression at these strengths on the default features, each
/// season predicted from those before it.
pub fn default_search(strengths: &[f64]) -> SearchSpec {
    let logistic = EstimatorSpace::LogisticRegression { c: strengths.to_vec(), l1_ratio: vec![0.0] };
    SearchSpec {
        space: Space {
            estimators: vec![logistic],
            features: vec![default_features()],
            half_lives: vec![HALF_LIFE],
            calibrations: vec![CalibrationMethod::None],
        },
        method: Method::Grid,
        split: Split::WalkForward,
    }
}

/// The features of the default model.
pub fn default_features() -> FeatureSet {
    feature_sets().swap_remove(0)
}

/// Names of the searches.
pub const NAMES: [&str; 5] = ["default", "linear", "trees", "blend", "wide"];

/// A search by its name.
pub fn named(name: &str) -> Option<SearchSpec> {
    match name {
        "default" => Some(default_search(&STRENGTHS)),
        _ => None,
    }
}
