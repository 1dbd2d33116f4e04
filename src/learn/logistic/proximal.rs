//! Proximal Newton, for a penalty with an L1 part.
//!
//! Each step minimises the objective with the loss replaced by its second-order model and the L1 part kept as it is,
//! and then searches along the line to that minimum (Lee, Sun and Saunders 2014, "Proximal Newton-type methods for
//! minimizing composite functions", SIAM J. Optim. 24; with coordinate descent inside: Yuan, Ho and Lin 2012, "An
//! improved GLMNET for L1-regularized logistic regression", JMLR 13).

use super::problem::{Point, Problem};
use super::quadratic::{Quadratic, violation};
use super::{FitError, Settings, newton};

/// Share of the decrease that the model promises which a step must bring.
const SUFFICIENT: f64 = 1e-4;

/// The minimum from this start, and the steps to it.
pub(super) fn minimise(problem: &Problem<'_>, start: Point, settings: Settings) -> Result<(Point, u32), FitError> {
    let mut here = start;
    let mut there = here.clone();
    let floor_of = |size: &f64| if size.is_finite() { 8.0 * f64::EPSILON * size } else { 0.0 };
    let floor: Vec<f64> = problem.magnitudes().iter().map(floor_of).collect();
    let enough = settings.tolerance * problem.total_weight;
    let mut worst = f64::INFINITY;
    for steps in 0..settings.max_steps {
        let subgradient = subgradient(problem, &here);
        worst = newton::largest(subgradient.iter().copied());
        // Of large values no gradient comes out nearer to 0 than rounding lets it.
        if subgradient.iter().zip(&floor).all(|(found, floor)| *found <= enough.max(*floor)) {
            // A start may have brought −0.
            here.beta.iter_mut().for_each(|b| *b += 0.0);
            return Ok((here, steps));
        }
        let stuck = FitError::NotConverged { steps, gradient: worst / problem.total_weight };
        if !worst.is_finite() {
            return Err(stuck);
        }
        let model = Quadratic::new(&here.beta, &here.gradient, problem.hessian(&here), problem.lasso);
        let target = model.minimise((1e-6 * worst).max(0.1 * enough));
        if !target.iter().all(|b| b.is_finite()) || target == here.beta || !search(problem, &here, &target, &mut there)
        {
            return Err(stuck);
        }
        std::mem::swap(&mut here, &mut there);
    }
    Err(FitError::NotConverged { steps: settings.max_steps, gradient: worst / problem.total_weight })
}

/// The smallest subgradient of the objective, component by component, without signs.
fn subgradient(problem: &Problem<'_>, point: &Point) -> Vec<f64> {
    let of = |(j, (b, slope)): (usize, (&f64, &f64))| {
        violation(*b, *slope, if j == problem.columns { 0.0 } else { problem.lasso })
    };
    point.beta.iter().zip(&point.gradient).enumerate().map(of).collect()
}

/// Moves `there` to the first of the full, half, quarter, … way to the target that brings enough, if there is one.
fn search(problem: &Problem<'_>, here: &Point, target: &[f64], there: &mut Point) -> bool {
    let slack = newton::rounding(here.loss);
    let linear: f64 = here.gradient.iter().zip(target.iter().zip(&here.beta)).map(|(g, (to, b))| g * (to - b)).sum();
    let norm = |beta: &[f64]| beta[..problem.columns].iter().map(|b| b.abs()).sum::<f64>();
    let promised = (linear + problem.lasso * (norm(target) - norm(&here.beta))).min(0.0);
    // The whole way is the target itself: its zeros are exact.
    there.beta.copy_from_slice(target);
    let mut length = 1.0;
    for _ in 0..50 {
        problem.evaluate_again(there);
        if there.loss <= here.loss + SUFFICIENT * length * promised + slack {
            return true;
        }
        length *= 0.5;
        for (moved, (b, to)) in there.beta.iter_mut().zip(here.beta.iter().zip(target)) {
            *moved = b + length * (to - b);
        }
    }
    false
}
