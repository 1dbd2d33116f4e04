//! Logistic regression with a ridge, lasso or elastic-net penalty.
//!
//! The objective is scikit-learn's (`LogisticRegression`), with ρ its `l1_ratio`:
//! `C · Σ wᵢ · logloss(yᵢ, ŷᵢ) + (1 − ρ)/2 · ‖β‖² + ρ · ‖β‖₁`, the intercept not penalised. It is convex and grows without
//! bound in every direction as soon as both classes are there, so that there is a finite minimum for separable examples,
//! constant features and more features than examples too. With ρ < 1 it is the only one; with ρ = 1 there may be others
//! as low where features depend on one another linearly.
//!
//! With ρ = 0 the solver is Newton's method, otherwise proximal Newton. Sums run over the examples in their order,
//! so that the result is the same on every machine.

mod newton;
mod problem;
mod proximal;
mod quadratic;

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod l1_tests;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties;
#[cfg(test)]
mod tests;

use ndarray::ArrayView2;

use super::FitError;
use problem::{Point, Problem};

/// How a fit is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Inverse strength of the penalty, scikit-learn's `C`: finite and above zero.
    pub c: f64,
    /// Share of the penalty that is on ‖β‖₁, scikit-learn's `l1_ratio`: 0 is ridge (L2), 1 is lasso (L1).
    pub l1_ratio: f64,
    /// Newton steps after which it is given up.
    pub max_steps: u32,
    /// The fit is there when no component of the mean gradient is larger; with an L1 part, of the smallest subgradient.
    pub tolerance: f64,
}

impl Settings {
    /// The usual settings with this inverse strength of an L2 penalty.
    pub fn with_c(c: f64) -> Self {
        Self::with_penalty(c, 0.0)
    }

    /// The usual settings with this inverse penalty strength and this share of L1 in it, from 0 to 1.
    pub fn with_penalty(c: f64, l1_ratio: f64) -> Self {
        Self { c, l1_ratio, max_steps: 100, tolerance: 1e-10 }
    }
}

/// What a fit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One coefficient a column. Those that an L1 part leaves out are exactly 0, never −0.
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
/// Starts at coefficients of 0 and the base rate's logit.
///
/// # Errors
/// If settings, shapes or values are not as said, if only one class has weight, or if the minimum is not reached.
pub fn fit(x: ArrayView2<'_, f64>, y: &[f64], weights: Option<&[f64]>, settings: Settings) -> Result<Fit, FitError> {
    run(x, y, weights, settings, None)
}

/// [`fit`] from the coefficients and then the intercept in `start`, such as the answer for the neighbouring strength on
/// a path: it saves steps.
///
/// The start does not change what is found beyond the tolerance, but it does change **its last bits**: what must be the
/// same bit for bit needs the same start. A start that is worse than the usual one is not used, and one from which the
/// minimum is not reached is given up for the usual one.
///
/// # Errors
/// As [`fit`], and if `start` has not one finite number a column and one more.
pub fn fit_from(
    x: ArrayView2<'_, f64>,
    y: &[f64],
    weights: Option<&[f64]>,
    settings: Settings,
    start: &[f64],
) -> Result<Fit, FitError> {
    run(x, y, weights, settings, Some(start))
}

fn run(
    x: ArrayView2<'_, f64>,
    y: &[f64],
    weights: Option<&[f64]>,
    settings: Settings,
    start: Option<&[f64]>,
) -> Result<Fit, FitError> {
    let ones;
    let weights = match weights {
        Some(weights) => weights,
        None => {
            ones = vec![1.0; y.len()];
            &ones
        }
    };
    check(x, y, weights, settings)?;
    let problem = Problem::new(x, y, weights, settings);
    if let Some(start) = start {
        check_start(start, x.ncols())?;
        let near = problem.evaluate(start.to_vec());
        if near.loss < problem.loss_at_base_rate()
            && let Ok(found) = minimise(&problem, near, settings)
        {
            return Ok(found);
        }
    }
    minimise(&problem, problem.evaluate(problem.base_rate()), settings)
}

fn minimise(problem: &Problem<'_>, start: Point, settings: Settings) -> Result<Fit, FitError> {
    let (point, steps) = if settings.l1_ratio == 0.0 {
        newton::minimise(problem, start, settings)?
    } else {
        proximal::minimise(problem, start, settings)?
    };
    let mut coefficients = point.beta;
    let intercept = coefficients.pop().unwrap_or_default();
    Ok(Fit { coefficients, intercept, objective: point.loss * settings.c, steps })
}

fn check(x: ArrayView2<'_, f64>, y: &[f64], weights: &[f64], settings: Settings) -> Result<(), FitError> {
    if !(settings.c.is_finite() && settings.c > 0.0) {
        return Err(FitError::Strength(settings.c));
    }
    if !(0.0..=1.0).contains(&settings.l1_ratio) {
        return Err(FitError::L1Ratio(settings.l1_ratio));
    }
    if x.nrows() != y.len() || weights.len() != y.len() {
        return Err(FitError::Lengths { rows: x.nrows(), labels: y.len(), weights: weights.len() });
    }
    // Looked through twice where one is there: without places it is several times as fast.
    if !x.iter().all(|value| value.is_finite())
        && let Some(((row, column), found)) = x.indexed_iter().find(|(_, value)| !value.is_finite())
    {
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

fn check_start(start: &[f64], columns: usize) -> Result<(), FitError> {
    if start.len() != columns + 1 {
        return Err(FitError::StartLength { expected: columns + 1, found: start.len() });
    }
    match start.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(FitError::Start { place, found: start[place] }),
        None => Ok(()),
    }
}
