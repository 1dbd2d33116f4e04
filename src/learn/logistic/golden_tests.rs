//! Fits against scikit-learn's. The golden file is written by tests/reference/scores_and_logistic_sklearn.py.

use ndarray::Array2;

use super::*;
use crate::base::math;

#[derive(serde::Deserialize)]
struct Golden {
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    weights: Vec<f64>,
    #[serde(default)]
    fits: Vec<GoldenFit>,
    sparse_fits: Vec<GoldenFit>,
    wide: Option<Box<Golden>>,
}

#[derive(serde::Deserialize)]
struct GoldenFit {
    c: f64,
    #[serde(default)]
    l1_ratio: f64,
    weighted: bool,
    coefficients: Vec<f64>,
    intercept: f64,
    objective: f64,
    log_loss: f64,
}

/// How near ours must be.
struct Near {
    log_loss: f64,
    /// Relative to an objective above 1.
    objective: f64,
    coefficients: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/logistic_sklearn.json")).expect("the golden file")
}

fn standardised(golden: &Golden) -> Array2<f64> {
    let x = Array2::from_shape_fn((golden.x.len(), golden.x[0].len()), |(row, column)| golden.x[row][column]);
    crate::learn::Scaling::of(&x).apply(&x)
}

fn compare(golden: &Golden, expected: &GoldenFit, tolerance: &Near) -> Fit {
    let z = standardised(golden);
    let weights = expected.weighted.then_some(golden.weights.as_slice());
    let settings = Settings::with_penalty(expected.c, expected.l1_ratio);
    let found = fit(z.view(), &golden.y, weights, settings).expect("an ordinary problem");
    let p: Vec<f64> = z
        .rows()
        .into_iter()
        .map(|row| row.iter().zip(&found.coefficients).map(|(a, b)| a * b).sum::<f64>() + found.intercept)
        .map(math::sigmoid)
        .collect();
    let log_loss = crate::stats::score(&golden.y, &p).expect("probabilities").log_loss;
    let near = |found: f64, expected_value: f64, tolerance: f64, what: &str| {
        let (c, ratio) = (expected.c, expected.l1_ratio);
        assert!(
            (found - expected_value).abs() <= tolerance,
            "{what} of C {c}, L1 {ratio}: {found}, not {expected_value}"
        );
    };
    near(log_loss, expected.log_loss, tolerance.log_loss, "log loss");
    near(found.objective, expected.objective, tolerance.objective * expected.objective.max(1.0), "objective");
    near(found.intercept, expected.intercept, tolerance.coefficients, "intercept");
    assert_eq!(found.coefficients.len(), expected.coefficients.len());
    for (found, expected) in found.coefficients.iter().zip(&expected.coefficients) {
        near(*found, *expected, tolerance.coefficients, "coefficient");
    }
    found
}

#[test]
fn scikit_learn_finds_the_same_minimum() {
    let golden = golden();
    assert!(golden.fits.len() >= 10);
    for expected in &golden.fits {
        compare(&golden, expected, &Near { log_loss: 1e-10, objective: 1e-9, coefficients: 1e-7 });
    }
}

#[test]
fn scikit_learn_leaves_out_the_same_features() {
    let tall = golden();
    let wide = tall.wide.as_deref().expect("a second problem");
    let mut left_out = 0;
    for (golden, expected) in [&tall, wide].into_iter().flat_map(|g| g.sparse_fits.iter().map(move |fit| (g, fit))) {
        let found = compare(golden, expected, &Near { log_loss: 1e-10, objective: 1e-12, coefficients: 1e-8 });
        for (found, expected) in found.coefficients.iter().zip(&expected.coefficients) {
            assert_eq!(*found == 0.0, *expected == 0.0, "C {}: {found} and {expected}", golden.weights.len());
            if *found == 0.0 {
                assert!(found.is_sign_positive());
                left_out += 1;
            }
        }
        assert!(found.steps < 20, "{} steps", found.steps);
    }
    assert!(tall.sparse_fits.len() + wide.sparse_fits.len() >= 40 && left_out > 100, "{left_out}");
}
