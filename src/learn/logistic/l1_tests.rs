//! Fits with an L1 part, and the derivatives of both kinds.

use ndarray::{Array2, Axis, array};

use super::tests::random;
use super::*;
use crate::base::{Seed, math};

fn fitted(x: &Array2<f64>, y: &[f64], c: f64, l1_ratio: f64) -> Fit {
    fit(x.view(), y, None, Settings::with_penalty(c, l1_ratio)).expect("an ordinary problem")
}

#[test]
fn derivatives_are_those_of_finite_differences() {
    for (seed, rows, columns, ratio) in [(1, 30, 3, 0.0), (2, 64, 4, 0.3), (3, 65, 11, 0.7), (4, 200, 7, 1.0)] {
        let (x, y) = random(seed, rows, columns);
        let mut rng = Seed(seed).child("place").rng();
        let weights: Vec<f64> = y.iter().map(|_| rng.uniform()).collect();
        let problem = Problem::new(x.view(), &y, &weights, Settings::with_penalty(0.5, ratio));
        for _ in 0..5 {
            let beta: Vec<f64> = (0..=columns).map(|_| rng.normal(0.0, 1.0)).collect();
            let here = problem.evaluate(beta.clone());
            let hessian = problem.hessian(&here);
            for j in 0..=columns {
                let step = 1e-5;
                let moved = |by: f64| {
                    let mut beta = beta.clone();
                    beta[j] += by;
                    problem.evaluate(beta)
                };
                let (before, after) = (moved(-step), moved(step));
                // The L1 part is linear between the two as long as no sign changes.
                let l1 = if j == columns { 0.0 } else { problem.lasso * beta[j].signum() };
                let slope = (after.loss - before.loss) / (2.0 * step) - l1;
                assert!((slope - here.gradient[j]).abs() < 1e-6 * (1.0 + slope.abs()), "{slope} {}", here.gradient[j]);
                for i in j..=columns {
                    let curve = (after.gradient[i] - before.gradient[i]) / (2.0 * step);
                    let found = hessian[i * (columns + 1) + j];
                    assert!((curve - found).abs() < 1e-6 * (1.0 + curve.abs()), "{curve} {found}");
                }
            }
        }
    }
}

#[test]
fn a_little_l1_is_nearly_l2() {
    let (x, y) = random(11, 250, 6);
    let ridge = fitted(&x, &y, 0.2, 0.0);
    let mut last = f64::INFINITY;
    for ratio in [1e-2, 1e-4, 1e-6, 1e-9] {
        let net = fitted(&x, &y, 0.2, ratio);
        let gaps = net.coefficients.iter().zip(&ridge.coefficients).map(|(a, b)| (a - b).abs());
        let gap = gaps.fold((net.intercept - ridge.intercept).abs(), f64::max);
        assert!(gap < last && gap < ratio, "{ratio}: {gap}");
        last = gap;
    }
}

#[test]
fn a_path_of_rising_penalty_ends_with_nothing_but_the_base_rate() {
    let (x, y) = random(12, 300, 8);
    let base = y.iter().sum::<f64>() / 300.0;
    for ratio in [0.3, 1.0] {
        let mut objective_over_c = 0.0;
        let mut start = vec![0.0; 9];
        let mut last = Vec::new();
        for c in [10.0, 1.0, 0.1, 0.03, 0.01, 0.001] {
            let found = fit_from(x.view(), &y, None, Settings::with_penalty(c, ratio), &start).expect("a path");
            assert!(found.objective / c >= objective_over_c, "a stronger penalty never costs less");
            objective_over_c = found.objective / c;
            start.clone_from(&found.coefficients);
            start.push(found.intercept);
            last = start.clone();
        }
        assert!(last[..8].iter().all(|b| b.to_bits() == 0), "{last:?}");
        assert!((last[8] - math::logit(base)).abs() < 1e-9);
        let cold = fitted(&x, &y, 0.001, ratio);
        assert_eq!((cold.steps, cold.intercept.to_bits()), (0, math::logit(base).to_bits()));
    }
}

#[test]
fn the_first_feature_enters_where_theory_says() {
    // At the base rate the largest |gradient| is the penalty up to which nothing enters.
    let (x, y) = random(13, 200, 4);
    let weights = vec![1.0; 200];
    let problem = Problem::new(x.view(), &y, &weights, Settings::with_penalty(1.0, 1.0));
    let slopes = problem.evaluate(problem.base_rate()).gradient;
    let largest = slopes[..4].iter().fold(0.0, |most: f64, g| most.max(g.abs()));
    let entered = |c: f64| fitted(&x, &y, c, 1.0).coefficients.iter().filter(|b| **b != 0.0).count();
    assert_eq!((entered(0.999_999 / largest), entered(1.000_001 / largest)), (0, 1));
}

#[test]
fn separable_examples_have_a_finite_answer() {
    let x = array![[-2.0, 0.1], [-1.0, -0.1], [1.0, 0.2], [2.0, -0.3]];
    let y = [0.0, 0.0, 1.0, 1.0];
    for ratio in [0.5, 1.0] {
        for c in [1e-3, 1.0, 1e3, 1e6] {
            let found = fitted(&x, &y, c, ratio);
            assert!(found.coefficients.iter().all(|b| b.is_finite()) && found.intercept.is_finite());
            assert!(c < 1.0 || found.coefficients[0] > 0.0);
        }
    }
}

#[test]
fn a_feature_that_is_zero_throughout_is_left_out() {
    let (mut x, y) = random(14, 100, 3);
    x.column_mut(1).fill(0.0);
    for ratio in [0.2, 1.0] {
        assert_eq!(fitted(&x, &y, 10.0, ratio).coefficients[1].to_bits(), 0);
        let settings = Settings::with_penalty(10.0, ratio);
        let warm = fit_from(x.view(), &y, None, settings, &[0.1, 0.2, 0.1, 0.3]).expect("an ordinary problem");
        assert_eq!(warm.coefficients[1].to_bits(), 0);
    }
}

#[test]
fn more_features_than_examples_have_an_answer() {
    let (x, _) = random(15, 8, 30);
    let y = [0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    for ratio in [0.3, 1.0] {
        for c in [0.5, 5.0, 100.0] {
            let found = fitted(&x, &y, c, ratio);
            assert!(found.coefficients.iter().all(|b| b.is_finite()));
            // With L1 alone there is a minimum with no more features than examples.
            assert!(ratio < 1.0 || found.coefficients.iter().filter(|b| **b != 0.0).count() <= 8);
        }
    }
}

#[test]
fn features_that_nearly_or_wholly_depend_on_one_another_do_not_hold_it_up() {
    let (mut x, y) = random(16, 300, 4);
    let mut rng = Seed(16).child("noise").rng();
    for row in 0..300 {
        x[[row, 1]] = x[[row, 0]] + 1e-6 * rng.normal(0.0, 1.0);
        x[[row, 3]] = -x[[row, 2]];
    }
    for ratio in [0.1, 1.0] {
        for c in [0.1, 100.0, 1e5] {
            let found = fitted(&x, &y, c, ratio);
            assert!(found.steps < 30, "{} steps", found.steps);
        }
    }
}

#[test]
fn a_weight_of_two_is_the_example_twice() {
    let (x, y) = random(17, 90, 5);
    let weights: Vec<f64> = (0..90).map(|at| [1.0, 2.0, 0.0][at % 3]).collect();
    let rows: Vec<usize> = (0..90).flat_map(|at| vec![at; [1, 2, 0][at % 3]]).collect();
    let repeated_y: Vec<f64> = rows.iter().map(|row| y[*row]).collect();
    for ratio in [0.4, 1.0] {
        let settings = Settings::with_penalty(0.1, ratio);
        let weighted = fit(x.view(), &y, Some(&weights), settings).expect("weighted");
        let repeated = fitted(&x.select(Axis(0), &rows), &repeated_y, 0.1, ratio);
        for (a, b) in weighted.coefficients.iter().zip(&repeated.coefficients) {
            assert!((a - b).abs() < 1e-9);
        }
    }
}

#[test]
fn values_of_any_scale_converge_as_far_as_rounding_lets_them() {
    let (x, y) = random(18, 200, 3);
    for scale in [1e-6, 1e3, 1e6, 1e9] {
        let found = fitted(&(&x * scale), &y, 1.0, 1.0);
        assert!(found.coefficients.iter().all(|b| b.is_finite()), "{scale}");
    }
}
