//! Against scikit-learn's decision trees, XGBoost's boosted ones and its Shapley values.

use ndarray::Array2;

use super::{BoostedParams, ForestParams, Kind, SplitFeatures, Tree, Trees, fit_boosted, fit_forest};
use crate::base::Seed;

/// Written by tests/reference/trees_sklearn_xgboost.py.
#[derive(serde::Deserialize)]
struct Golden {
    x: Vec<[Option<f64>; 5]>,
    holes: Vec<[Option<f64>; 5]>,
    new: Vec<[Option<f64>; 5]>,
    y: Vec<f64>,
    weights: Vec<f64>,
    gini: Vec<Gini>,
    boosted: Vec<Boosting>,
}

#[derive(serde::Deserialize)]
struct Gini {
    max_depth: u32,
    min_leaf: u32,
    probabilities: Vec<f64>,
}

#[derive(serde::Deserialize)]
struct Boosting {
    name: String,
    settings: Settings,
    logits: Vec<f64>,
    #[serde(default)]
    foreign: Vec<Tree>,
    #[serde(default)]
    contributions: Vec<[f64; 6]>,
}

#[derive(serde::Deserialize)]
struct Settings {
    trees: u32,
    learning_rate: f64,
    max_depth: u32,
    min_child_weight: f64,
    l2: f64,
}

fn golden() -> Golden {
    let text = include_str!("../../../tests/golden/trees_sklearn_xgboost.json");
    serde_json::from_str(text).expect("the golden file")
}

fn matrix(rows: &[[Option<f64>; 5]]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), 5), |(row, column)| rows[row][column].unwrap_or(f64::NAN))
}

#[test]
fn scikit_learn_grows_the_same_gini_trees() {
    let golden = golden();
    let (x, new) = (matrix(&golden.x), matrix(&golden.new));
    assert!(golden.gini.len() >= 4);
    for case in &golden.gini {
        let params = ForestParams {
            trees: 1,
            max_depth: case.max_depth,
            min_leaf: case.min_leaf,
            features: SplitFeatures::Count(5),
            bootstrap: false,
        };
        let params = params.check().expect("they can be");
        let model = fit_forest(x.view(), &golden.y, Some(&golden.weights), &params, Seed(1)).expect("both labels");
        for (row, expected) in x.rows().into_iter().chain(new.rows()).zip(&case.probabilities) {
            let found = model.probability(&row.to_vec());
            assert!((found - expected).abs() < 1e-12, "depth {}: {found} and not {expected}", case.max_depth);
        }
    }
}

#[test]
fn xgboost_grows_the_same_boosted_trees() {
    let golden = golden();
    assert!(golden.boosted.len() >= 4);
    for case in &golden.boosted {
        let x = matrix(if case.name == "holes" { &golden.holes } else { &golden.x });
        let params = BoostedParams {
            trees: case.settings.trees,
            learning_rate: case.settings.learning_rate,
            max_depth: case.settings.max_depth,
            min_child_weight: case.settings.min_child_weight,
            l2: case.settings.l2,
            ..BoostedParams::default()
        };
        let params = params.check().expect("they can be");
        let model = fit_boosted(x.view(), &golden.y, Some(&golden.weights), &params, Seed(1)).expect("both labels");
        for (row, expected) in x.rows().into_iter().zip(&case.logits) {
            let found = model.raw(&row.to_vec());
            assert!((found - expected).abs() < 1e-4, "{}: {found} and not {expected}", case.name);
        }
    }
}

#[test]
fn xgboost_explains_its_trees_alike() {
    let golden = golden();
    let x = matrix(&golden.holes);
    let case = golden.boosted.into_iter().find(|case| !case.foreign.is_empty()).expect("one has its trees");
    assert!(case.contributions.len() >= 40);
    let rate =
        golden.y.iter().zip(&golden.weights).map(|(y, w)| y * w).sum::<f64>() / golden.weights.iter().sum::<f64>();
    let model = Trees { kind: Kind::Boosted, base: crate::base::math::logit(rate), trees: case.foreign };
    assert_eq!(model.check(5), Ok(()));
    for (row, expected) in x.rows().into_iter().zip(&case.contributions) {
        let (average, added) = model.contributions(&row.to_vec());
        for (found, expected) in added.iter().chain([&average]).zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} and not {expected}");
        }
    }
}
