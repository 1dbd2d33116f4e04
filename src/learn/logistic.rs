//! Logistic regression by Newton's method.
//!
//! The objective is scikit-learn's (`LogisticRegression`, L2): `C · Σ wᵢ · logloss(yᵢ, ŷᵢ) + ½ ‖β‖²`, the intercept
//! not penalised. It is strictly convex in β, so there is one minimum, and it is finite as soon as both classes are
//! there: separable examples, constant features and more features than examples all have an answer.

use ndarray::{Array1, ArrayView2};
use smartcore::linalg::basic::arrays::{Array, Array2 as _, MutArray as _};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::cholesky::CholeskyDecomposable as _;

use super::FitError;
use crate::base::math;

/// How a fit is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Inverse strength of the penalty, scikit-learn's `C`: finite and above zero.
    pub c: f64,
    /// Newton steps after which it is given up.
    pub max_steps: u32,
    /// The fit is there when no component of the mean gradient is larger.
    pub tolerance: f64,
}

impl Settings {
    /// The usual settings with this inverse penalty strength.
    pub fn with_c(c: f64) -> Self {
        Self { c, max_steps: 100, tolerance: 1e-10 }
    }
}

/// What a fit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One coefficient a column.
    pub coefficients: Vec<f64>,
    /// The intercept.
    pub intercept: f64,
    /// The objective at the minimum, as scikit-learn writes it.
    pub objective: f64,
    /// Newton steps taken.
    pub steps: u32,
}

/// Fits rows × columns `x` (standardised; no missing values) to labels `y`, each example weighted by `weights` (1 if none).
///
/// Newton's method with the step halved until the objective does not rise (Armijo's test would reject the last
/// steps, which are at the limit of rounding). The sums run over the examples in their order, so that the result is
/// the same on every machine.
pub fn fit(x: ArrayView2<'_, f64>, y: &[f64], weights: Option<&[f64]>, settings: Settings) -> Result<Fit, FitError> {
    let ones;
    let weights = match weights {
        Some(weights) => weights,
        None => {
            ones = vec![1.0; y.len()];
            &ones
        }
    };
    check(x, y, weights, settings)?;
    let x = x.as_standard_layout();
    let problem = Problem {
        rows: x.as_slice().unwrap_or_default(),
        columns: x.ncols(),
        y,
        weights,
        penalty: 1.0 / settings.c,
        total_weight: weights.iter().sum(),
    };
    // The intercept is last. It starts at the logit of the base rate, which halves the work.
    let mut beta = vec![0.0; problem.columns + 1];
    let base = y.iter().zip(weights).map(|(y, w)| y * w).sum::<f64>() / problem.total_weight;
    beta[problem.columns] = math::logit(base);
    let mut loss = problem.loss(&beta);
    let mut worst = f64::INFINITY;
    for steps in 0..settings.max_steps {
        let (gradient, hessian) = problem.derivatives(&beta);
        worst = gradient.iter().fold(0.0, |worst: f64, g| worst.max(g.abs())) / problem.total_weight;
        if worst <= settings.tolerance {
            let intercept = beta.pop().unwrap_or_default();
            return Ok(Fit { coefficients: beta, intercept, objective: loss * settings.c, steps });
        }
        let stuck = FitError::NotConverged { steps, gradient: worst };
        let step = solve(&hessian, &gradient).ok_or_else(|| stuck.clone())?;
        (beta, loss) = problem.descend(&beta, &step, loss).ok_or(stuck)?;
    }
    Err(FitError::NotConverged { steps: settings.max_steps, gradient: worst })
}

fn check(x: ArrayView2<'_, f64>, y: &[f64], weights: &[f64], settings: Settings) -> Result<(), FitError> {
    if !(settings.c.is_finite() && settings.c > 0.0) {
        return Err(FitError::Strength(settings.c));
    }
    if x.nrows() != y.len() || weights.len() != y.len() {
        return Err(FitError::Lengths { rows: x.nrows(), labels: y.len(), weights: weights.len() });
    }
    if let Some(((row, column), found)) = x.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(FitError::NotFinite { row, column: column.to_string(), found: *found });
    }
    if let Some(row) = y.iter().position(|label| *label != 0.0 && *label != 1.0) {
        return Err(FitError::Label { row, found: y[row] });
    }
    if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
        return Err(FitError::Weight { row, found: weights[row] });
    }
    let mut labels = y.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(label, _)| *label);
    let first = labels.next().ok_or(FitError::Empty)?;
    if labels.all(|label| label == first) { Err(FitError::OneClass { label: first }) } else { Ok(()) }
}

/// The objective divided by C, over flat row-major examples.
struct Problem<'a> {
    rows: &'a [f64],
    columns: usize,
    y: &'a [f64],
    weights: &'a [f64],
    penalty: f64,
    total_weight: f64,
}

impl Problem<'_> {
    fn row(&self, at: usize) -> &[f64] {
        &self.rows[at * self.columns..(at + 1) * self.columns]
    }

    fn logit(&self, at: usize, beta: &[f64]) -> f64 {
        let mut logit = beta[self.columns];
        for (value, coefficient) in self.row(at).iter().zip(beta) {
            logit += value * coefficient;
        }
        logit
    }

    fn loss(&self, beta: &[f64]) -> f64 {
        let mut loss = 0.0;
        for (at, (y, weight)) in self.y.iter().zip(self.weights).enumerate() {
            let logit = self.logit(at, beta);
            // −ln σ(z) of the label that was: softplus keeps full precision on both sides.
            loss += weight * math::softplus(if *y == 1.0 { -logit } else { logit });
        }
        let norm: f64 = beta[..self.columns].iter().map(|b| b * b).sum();
        loss + 0.5 * self.penalty * norm
    }

    /// Gradient, and the lower triangle of the Hessian by rows.
    fn derivatives(&self, beta: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let size = self.columns + 1;
        let mut gradient = vec![0.0; size];
        let mut hessian = vec![0.0; size * size];
        for (at, (y, weight)) in self.y.iter().zip(self.weights).enumerate() {
            let row = self.row(at);
            let p = math::sigmoid(self.logit(at, beta));
            let residual = weight * (p - y);
            let curvature = weight * p * (1.0 - p);
            for (i, value) in row.iter().enumerate() {
                gradient[i] += residual * value;
                let scaled = curvature * value;
                for (h, other) in hessian[i * size..=i * size + i].iter_mut().zip(row) {
                    *h += scaled * other;
                }
                hessian[self.columns * size + i] += scaled;
            }
            gradient[self.columns] += residual;
            hessian[size * size - 1] += curvature;
        }
        for i in 0..self.columns {
            gradient[i] += self.penalty * beta[i];
            hessian[i * size + i] += self.penalty;
        }
        (gradient, hessian)
    }

    /// The first of the full, half, quarter, … step at which the objective does not rise.
    fn descend(&self, beta: &[f64], step: &[f64], loss: f64) -> Option<(Vec<f64>, f64)> {
        // Sums of this many terms differ by rounding alone: a rise within it is none.
        let slack = 1e-13 * loss.abs().max(1.0);
        let mut length = 1.0;
        for _ in 0..50 {
            let moved: Vec<f64> = beta.iter().zip(step).map(|(b, s)| b - length * s).collect();
            let reached = self.loss(&moved);
            if reached <= loss + slack {
                return Some((moved, reached));
            }
            length *= 0.5;
        }
        None
    }
}

/// Solves the symmetric positive definite system whose lower triangle is given, by smartcore's Cholesky
/// decomposition. None if it is not positive definite in floating point.
fn solve(lower: &[f64], right: &[f64]) -> Option<Vec<f64>> {
    let size = right.len();
    let mut matrix: DenseMatrix<f64> = DenseMatrix::zeros(size, size);
    for i in 0..size {
        for j in 0..=i {
            matrix.set((i, j), lower[i * size + j]);
            matrix.set((j, i), lower[i * size + j]);
        }
    }
    let right: DenseMatrix<f64> = DenseMatrix::from_iterator(right.iter().copied(), size, 1, 0);
    let solved = matrix.cholesky_solve_mut(right).ok()?;
    let solved: Array1<f64> = (0..size).map(|i| *solved.get((i, 0))).collect();
    solved.iter().all(|value| value.is_finite()).then(|| solved.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use ndarray::{Array2, array};

    fn random(seed: u64, rows: usize, columns: usize) -> (Array2<f64>, Vec<f64>) {
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
        assert_eq!(
            fit(x.view(), &[1.0, 0.0], Some(&[1.0, -1.0]), settings),
            Err(FitError::Weight { row: 1, found: -1.0 })
        );
        for c in [0.0, -1.0, f64::INFINITY] {
            assert_eq!(fit(x.view(), &[1.0, 0.0], None, Settings::with_c(c)), Err(FitError::Strength(c)));
        }
        let infinite = array![[1.0], [f64::INFINITY]];
        assert!(matches!(fit(infinite.view(), &[1.0, 0.0], None, settings), Err(FitError::NotFinite { row: 1, .. })));
        let hurried = Settings { max_steps: 1, ..settings };
        assert!(matches!(fit(x.view(), &[1.0, 0.0], None, hurried), Err(FitError::NotConverged { steps: 1, .. })));
    }

    #[test]
    fn huge_values_end_in_an_answer_or_an_error_but_never_in_nan() {
        let x = array![[1e200], [-1e200], [1e-200]];
        if let Ok(fitted) = fit(x.view(), &[1.0, 0.0, 1.0], None, Settings::with_c(1.0)) {
            assert!(fitted.coefficients[0].is_finite() && fitted.intercept.is_finite());
        }
    }

    #[derive(serde::Deserialize)]
    struct Golden {
        x: Vec<[f64; 5]>,
        y: Vec<f64>,
        weights: Vec<f64>,
        fits: Vec<GoldenFit>,
    }

    #[derive(serde::Deserialize)]
    struct GoldenFit {
        c: f64,
        weighted: bool,
        coefficients: Vec<f64>,
        intercept: f64,
        objective: f64,
        log_loss: f64,
    }

    #[test]
    fn scikit_learn_finds_the_same_minimum() {
        // Written by tests/reference/scores_and_logistic_sklearn.py.
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/logistic_sklearn.json")).expect("the golden file");
        let x = Array2::from(golden.x);
        let z = crate::learn::Scaling::of(&x).apply(&x);
        assert!(golden.fits.len() >= 10);
        for expected in golden.fits {
            let weights = expected.weighted.then_some(golden.weights.as_slice());
            let found = fit(z.view(), &golden.y, weights, Settings::with_c(expected.c)).expect("an ordinary problem");
            let p: Vec<f64> = z
                .rows()
                .into_iter()
                .map(|row| row.iter().zip(&found.coefficients).map(|(a, b)| a * b).sum::<f64>() + found.intercept)
                .map(math::sigmoid)
                .collect();
            let log_loss = crate::stats::score(&golden.y, &p).expect("probabilities").log_loss;
            let near = |found: f64, expected: f64, tolerance: f64, what: &str| {
                assert!((found - expected).abs() <= tolerance, "{what}: {found} and not {expected}");
            };
            near(log_loss, expected.log_loss, 1e-10, "log loss");
            near(found.objective, expected.objective, 1e-9 * expected.objective.max(1.0), "objective");
            near(found.intercept, expected.intercept, 1e-7, "intercept");
            for (found, expected) in found.coefficients.iter().zip(&expected.coefficients) {
                near(*found, *expected, 1e-7, "coefficient");
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
}
