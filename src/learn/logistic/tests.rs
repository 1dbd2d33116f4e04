//! Ridge fits of small problems, starts, and what cannot be fitted.

use super::*;
use crate::base::{Seed, math};
use ndarray::{Array2, array};

/// Normal features, all of which raise the odds, and labels drawn from them.
pub(super) fn random(seed: u64, rows: usize, columns: usize) -> (Array2<f64>, Vec<f64>) {
    let mut rng = Seed(seed).rng();
    let x = Array2::from_shape_fn((rows, columns), |_| rng.normal(0.0, 1.0));
    let y = x.rows().into_iter().map(|row| f64::from(rng.uniform() < math::sigmoid(row.sum() + 0.3))).collect();
    (x, y)
}

#[test]
fn the_gradient_vanishes_at_the_fit() {
    let (x, y) = random(1, 300, 4);
    let fitted = fit(x.view(), &y, None, Settings::with_c(0.7)).expect("an ordinary problem");
    let sum = |column: usize| -> f64 {
        (0..x.nrows())
            .map(|row| {
                let logit: f64 = x.row(row).iter().zip(&fitted.coefficients).map(|(a, b)| a * b).sum();
                (math::sigmoid(logit + fitted.intercept) - y[row]) * if column < 4 { x[[row, column]] } else { 1.0 }
            })
            .sum()
    };
    for column in 0..4 {
        assert!((0.7 * sum(column) + fitted.coefficients[column]).abs() < 1e-7);
    }
    assert!(sum(4).abs() < 1e-7);
}

#[test]
fn a_weight_of_two_is_the_example_twice() {
    let (x, y) = random(2, 80, 3);
    let weights: Vec<f64> = (0..80).map(|at| [1.0, 2.0, 0.0][at % 3]).collect();
    let rows: Vec<usize> = (0..80).flat_map(|at| vec![at; [1, 2, 0][at % 3]]).collect();
    let repeated_y: Vec<f64> = rows.iter().map(|row| y[*row]).collect();
    let weighted = fit(x.view(), &y, Some(&weights), Settings::with_c(0.5)).expect("weighted");
    let repeated =
        fit(x.select(ndarray::Axis(0), &rows).view(), &repeated_y, None, Settings::with_c(0.5)).expect("repeated");
    for (a, b) in weighted.coefficients.iter().zip(&repeated.coefficients) {
        assert!((a - b).abs() < 1e-9);
    }
}

#[test]
fn separable_examples_have_a_finite_answer() {
    let x = array![[-2.0], [-1.0], [1.0], [2.0]];
    let y = [0.0, 0.0, 1.0, 1.0];
    for c in [1e-3, 1.0, 1e6] {
        let fitted = fit(x.view(), &y, None, Settings::with_c(c)).expect("the penalty keeps it finite");
        assert!(fitted.coefficients[0] > 0.0 && fitted.coefficients[0].is_finite());
        assert!(fitted.intercept.abs() < 1e-6, "{}", fitted.intercept);
    }
}

#[test]
fn a_constant_feature_gets_no_coefficient() {
    let (mut x, y) = random(3, 100, 2);
    x.column_mut(1).fill(0.0);
    let fitted = fit(x.view(), &y, None, Settings::with_c(1.0)).expect("the penalty makes it definite");
    assert_eq!(fitted.coefficients[1], 0.0);
}

#[test]
fn more_features_than_examples_have_an_answer() {
    let (x, _) = random(4, 6, 20);
    let y = [0.0, 1.0, 0.0, 1.0, 1.0, 0.0];
    let fitted = fit(x.view(), &y, None, Settings::with_c(1.0)).expect("the penalty makes it definite");
    assert!(fitted.coefficients.iter().all(|value| value.is_finite()));
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let x = array![[1.0], [2.0]];
    let settings = Settings::with_c(1.0);
    let empty = Array2::<f64>::zeros((0, 1));
    assert_eq!(fit(empty.view(), &[], None, settings), Err(FitError::Empty));
    assert_eq!(fit(x.view(), &[0.0, 1.0], Some(&[0.0, 0.0]), settings), Err(FitError::Empty));
    assert_eq!(fit(x.view(), &[1.0, 1.0], None, settings), Err(FitError::OneClass { label: 1.0 }));
    assert_eq!(fit(x.view(), &[1.0], None, settings), Err(FitError::Lengths { rows: 2, labels: 1, weights: 1 }));
    assert_eq!(fit(x.view(), &[1.0, 0.5], None, settings), Err(FitError::Label { row: 1, found: 0.5 }));
    assert_eq!(fit(x.view(), &[1.0, 0.0], Some(&[1.0, -1.0]), settings), Err(FitError::Weight { row: 1, found: -1.0 }));
    for c in [0.0, -1.0, f64::INFINITY] {
        assert_eq!(fit(x.view(), &[1.0, 0.0], None, Settings::with_c(c)), Err(FitError::Strength(c)));
    }
    for ratio in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let found = fit(x.view(), &[1.0, 0.0], None, Settings::with_penalty(1.0, ratio));
        assert!(matches!(found, Err(FitError::L1Ratio(found)) if found.total_cmp(&ratio).is_eq()), "{ratio}");
    }
    assert_eq!(
        FitError::L1Ratio(1.5).to_string(),
        "the L1 share of the penalty is 1.5: expected a number from 0 (L2) to 1 (L1)"
    );
    let infinite = array![[1.0], [f64::INFINITY]];
    assert!(matches!(fit(infinite.view(), &[1.0, 0.0], None, settings), Err(FitError::NotFinite { row: 1, .. })));
    let missing = array![[f64::NAN], [1.0]];
    for ratio in [0.0, 0.5, 1.0] {
        let settings = Settings::with_penalty(1.0, ratio);
        assert!(matches!(fit(missing.view(), &[1.0, 0.0], None, settings), Err(FitError::NotFinite { row: 0, .. })));
        let hurried = Settings { max_steps: 1, ..Settings::with_penalty(10.0, ratio) };
        assert!(matches!(fit(x.view(), &[1.0, 0.0], None, hurried), Err(FitError::NotConverged { steps: 1, .. })));
    }
}

#[test]
fn huge_values_end_in_an_answer_or_an_error_but_never_in_nan() {
    for size in [1e3, 1e8, 1e160, 1e200, f64::MAX] {
        let x = array![[size, 1.0], [-size, -0.5], [1e-200, 0.25], [0.5 * size, -1.0]];
        for ratio in [0.0, 0.5, 1.0] {
            match fit(x.view(), &[1.0, 0.0, 1.0, 0.0], None, Settings::with_penalty(1.0, ratio)) {
                Ok(fitted) => {
                    assert!(fitted.coefficients.iter().all(|b| b.is_finite()) && fitted.intercept.is_finite());
                }
                Err(error) => assert!(matches!(error, FitError::NotConverged { .. }), "{error}"),
            }
        }
    }
}

#[test]
fn smartcore_agrees() {
    use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
    let (x, y) = random(5, 400, 3);
    let ours = fit(x.view(), &y, None, Settings::with_c(2.0)).expect("an ordinary problem");
    let labels: Vec<u32> = y.iter().map(|label| *label as u32).collect();
    let theirs = LogisticRegression::fit(&x, &labels, LogisticRegressionParameters::default().with_alpha(0.5))
        .expect("an ordinary problem");
    for (column, coefficient) in ours.coefficients.iter().enumerate() {
        assert!((coefficient - theirs.coefficients()[[0, column]]).abs() < 1e-3);
    }
}

#[test]
fn a_gradient_that_overflows_is_not_taken_for_a_small_one() {
    let x = array![[f64::MAX], [f64::MAX], [1.0]];
    for ratio in [0.0, 0.5, 1.0] {
        let found = fit(x.view(), &[1.0, 0.0, 1.0], Some(&[1e10; 3]), Settings::with_penalty(1.0, ratio));
        assert!(matches!(found, Err(FitError::NotConverged { steps: 0, .. })), "{found:?}");
    }
}

#[test]
fn no_feature_at_all_leaves_the_base_rate() {
    let x = Array2::<f64>::zeros((4, 0));
    for ratio in [0.0, 0.5, 1.0] {
        let settings = Settings::with_penalty(1.0, ratio);
        let fitted = fit(x.view(), &[1.0, 0.0, 1.0, 1.0], None, settings).expect("an intercept");
        assert!(fitted.coefficients.is_empty());
        assert!((fitted.intercept - math::ln(3.0)).abs() < 1e-9);
    }
}

#[test]
fn a_start_does_not_change_the_answer() {
    let (x, y) = random(6, 200, 5);
    for ratio in [0.0, 0.4, 1.0] {
        let settings = Settings::with_penalty(0.05, ratio);
        let cold = fit(x.view(), &y, None, settings).expect("an ordinary problem");
        let mut at_the_end = cold.coefficients.clone();
        at_the_end.push(cold.intercept);
        let far = vec![1e9; 6];
        let opposite: Vec<f64> = at_the_end.iter().map(|b| -b).collect();
        for start in [&at_the_end, &far, &opposite, &vec![-0.0; 6]] {
            let warm = fit_from(x.view(), &y, None, settings, start).expect("the same problem");
            for (warm, cold) in warm.coefficients.iter().zip(&cold.coefficients) {
                assert!((warm - cold).abs() < 1e-8, "{warm} {cold}");
                assert!(ratio == 0.0 || *warm != 0.0 || warm.is_sign_positive());
            }
            assert!((warm.intercept - cold.intercept).abs() < 1e-8);
        }
        assert_eq!(fit_from(x.view(), &y, None, settings, &at_the_end).expect("at the end").steps, 0);
    }
}

#[test]
fn a_start_that_cannot_be_says_why() {
    let (x, y) = random(6, 20, 2);
    let from = |start: &[f64]| fit_from(x.view(), &y, None, Settings::with_c(1.0), start);
    assert_eq!(from(&[0.0; 2]), Err(FitError::StartLength { expected: 3, found: 2 }));
    assert_eq!(from(&[0.0, f64::INFINITY, 0.0]), Err(FitError::Start { place: 1, found: f64::INFINITY }));
}

#[test]
fn the_loss_at_the_base_rate_is_the_loss_there() {
    let (x, y) = random(7, 50, 3);
    let weights: Vec<f64> = (0..50).map(|at| f64::from(at % 4)).collect();
    let problem = Problem::new(x.view(), &y, &weights, Settings::with_penalty(0.3, 0.5));
    let evaluated = problem.evaluate(problem.base_rate()).loss;
    assert!((problem.loss_at_base_rate() - evaluated).abs() < 1e-12 * evaluated);
}
