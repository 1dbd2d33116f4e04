//! Newton's method, for a penalty that is smooth.

use ndarray::Array1;
use smartcore::linalg::basic::arrays::{Array, Array2 as _, MutArray as _};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::cholesky::CholeskyDecomposable as _;

use super::problem::{Point, Problem};
use super::{FitError, Settings};

/// The minimum from this start, and the steps to it.
///
/// The step is halved until the objective does not rise (Armijo's test would reject the last steps, which are at the
/// limit of rounding).
pub(super) fn minimise(problem: &Problem<'_>, start: Point, settings: Settings) -> Result<(Point, u32), FitError> {
    let mut here = start;
    let mut there = here.clone();
    let mut worst = f64::INFINITY;
    for steps in 0..settings.max_steps {
        worst = largest(here.gradient.iter().map(|g| g.abs())) / problem.total_weight;
        if worst <= settings.tolerance {
            return Ok((here, steps));
        }
        let stuck = FitError::NotConverged { steps, gradient: worst };
        let Some(step) = solve(&problem.hessian(&here), &here.gradient) else { return Err(stuck) };
        if !descend(problem, &here, &step, &mut there) {
            return Err(stuck);
        }
        std::mem::swap(&mut here, &mut there);
    }
    Err(FitError::NotConverged { steps: settings.max_steps, gradient: worst })
}

/// Moves `there` to the first of the full, half, quarter, … step at which the objective does not rise, if there is one.
fn descend(problem: &Problem<'_>, here: &Point, step: &[f64], there: &mut Point) -> bool {
    let slack = rounding(here.loss);
    let mut length = 1.0;
    for _ in 0..50 {
        for (moved, (b, s)) in there.beta.iter_mut().zip(here.beta.iter().zip(step)) {
            *moved = b - length * s;
        }
        problem.evaluate_again(there);
        if there.loss <= here.loss + slack {
            return true;
        }
        length *= 0.5;
    }
    false
}

/// The largest of some sizes, or 0 of none. One that is NaN counts as infinite: sums that overflowed are not small.
pub(super) fn largest(sizes: impl Iterator<Item = f64>) -> f64 {
    let larger = |most: f64, size: f64| if size.is_nan() { f64::INFINITY } else { most.max(size) };
    sizes.fold(0.0, larger)
}

/// By how much losses of this size differ by rounding alone: a rise within it is none.
pub(super) fn rounding(loss: f64) -> f64 {
    1e-13 * loss.abs().max(1.0)
}

/// Solves the symmetric positive definite system whose lower triangle is given, by smartcore's Cholesky
/// decomposition. None if it is not positive definite in floating point.
pub(super) fn solve(lower: &[f64], right: &[f64]) -> Option<Vec<f64>> {
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
