//! Searches by name: what `train --search NAME` and the training page offer.

use crate::league::features::feature_sets;
use crate::learn::trees::BoostedParams;
use crate::learn::{CalibrationMethod, EstimatorSpace, EstimatorSpec, FeatureSet, Method, SearchSpec, Space, Split};

/// Strengths that are tried where nobody says otherwise, chosen on the seasons 2015 to 2017.
pub const STRENGTHS: [f64; 4] = [0.01, 0.03, 0.1, 1.0];

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
pub const NAMES: [&str; 6] = ["default", "baselines", "linear", "trees", "blend", "wide"];

/// Features that are forecasts by themselves: Elo, and the margin rating.
const BASELINES: [&str; 2] = ["elo_edge", "margin_edge"];

/// A search by its name.
pub fn named(name: &str) -> Option<SearchSpec> {
    let search = |estimators: Vec<EstimatorSpace>, features: Vec<FeatureSet>, calibrations: &[CalibrationMethod]| {
        let (half_lives, calibrations) = (vec![HALF_LIFE], calibrations.to_vec());
        let space = Space { estimators, features, half_lives, calibrations };
        SearchSpec { space, method: Method::Grid, split: Split::WalkForward }
    };
    let plain = [CalibrationMethod::None];
    match name {
        "default" => Some(default_search(&STRENGTHS)),
        "baselines" => Some(search(
            vec![EstimatorSpace::Baseline { feature: BASELINES.map(str::to_owned).to_vec() }],
            feature_sets()
                .into_iter()
                .filter(|set| BASELINES.iter().all(|name| set.features.iter().any(|f| f == name)))
                .take(1)
                .collect(),
            &plain,
        )),
        "linear" => Some(search(
            vec![logistic(&[0.001, 0.01, 0.1, 1.0], &[0.0, 0.5, 1.0])],
            feature_sets(),
            &[CalibrationMethod::None, CalibrationMethod::Platt],
        )),
        "trees" => Some(search(vec![boosted(), forest()], feature_sets(), &plain)),
        "blend" => Some(search(vec![blend(&[0.1, 10.0])], feature_sets(), &plain)),
        "wide" => {
            let all = vec![logistic(&[0.001, 0.01, 0.1, 1.0], &[0.0, 0.5]), boosted(), forest(), blend(&[1.0])];
            let spec = search(all, feature_sets(), &CalibrationMethod::ALL);
            Some(SearchSpec { method: Method::Halving { factor: 3 }, ..spec })
        }
        _ => None,
    }
}

fn logistic(c: &[f64], l1_ratio: &[f64]) -> EstimatorSpace {
    EstimatorSpace::LogisticRegression { c: c.to_vec(), l1_ratio: l1_ratio.to_vec() }
}

fn boosted() -> EstimatorSpace {
    EstimatorSpace::GradientBoostedTrees {
        trees: vec![60, 150],
        learning_rate: vec![0.05],
        max_depth: vec![1, 2, 3],
        min_leaf: vec![50],
    }
}

fn forest() -> EstimatorSpace {
    EstimatorSpace::RandomForest { trees: vec![100], max_depth: vec![4, 6], min_leaf: vec![50] }
}

fn blend(c: &[f64]) -> EstimatorSpace {
    let boosted = BoostedParams { trees: 80, learning_rate: 0.05, max_depth: 2, min_leaf: 50, ..Default::default() };
    let members = vec![
        EstimatorSpec::LogisticRegression { c: 0.003, l1_ratio: 0.0 },
        EstimatorSpec::GradientBoostedTrees(boosted),
    ];
    EstimatorSpace::StackedBlend { members, c: c.to_vec() }
}
