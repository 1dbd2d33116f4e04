//! Platt's and beta calibration: logistic regressions with one and two features.

use ndarray::Array2;

use super::{Calibration, Examples, inside};
use crate::base::math;
use crate::learn::{FitError, Settings, fit};

/// Almost no penalty, on standardised features and weights that sum to 1: coefficients of ordinary examples move by about
/// 1e-8 at most, and separable examples and features that follow from each other still have one answer. `betacal` has
/// one as small, on what it is given.
const SETTINGS: Settings = Settings { c: 1e11, l1_ratio: 0.0, max_steps: 200, tolerance: 1e-12 };

pub(super) fn platt(examples: &Examples) -> Result<Calibration, FitError> {
    let one = examples.weight_of(1.0);
    let zero = examples.weight_of(0.0);
    let smooth = |y: &f64| if *y == 1.0 { (one + 1.0) / (one + 2.0) } else { 1.0 / (zero + 2.0) };
    let targets: Vec<f64> = examples.y.iter().map(smooth).collect();
    let logit: Vec<f64> = examples.p.iter().map(|p| math::logit(inside(*p))).collect();
    let line = minimum(&[&logit], &targets, &examples.weights)?;
    let line = if line.slopes[0] < 0.0 { minimum(&[], &targets, &examples.weights)? } else { line };
    finite(Calibration::Platt { slope: line.slope(0), intercept: line.intercept })
}

pub(super) fn beta(examples: &Examples) -> Result<Calibration, FitError> {
    let yes: Vec<f64> = examples.p.iter().map(|p| math::ln(inside(*p))).collect();
    let no: Vec<f64> = examples.p.iter().map(|p| -math::ln_1p(-inside(*p))).collect();
    let on = |columns: &[&[f64]]| minimum(columns, &examples.y, &examples.weights);
    let both = on(&[&yes, &no])?;
    if both.slopes[0] >= 0.0 && both.slopes[1] >= 0.0 {
        return finite(Calibration::Beta { a: both.slopes[0], b: both.slopes[1], c: both.intercept });
    }
    // `betacal` looks at a first, and leaves out b only where a is not negative.
    if both.slopes[0] < 0.0 {
        let without_a = on(&[&no])?;
        if without_a.slopes[0] >= 0.0 {
            return finite(Calibration::Beta { a: 0.0, b: without_a.slopes[0], c: without_a.intercept });
        }
    }
    if both.slopes[1] < 0.0 {
        let without_b = on(&[&yes])?;
        if without_b.slopes[0] >= 0.0 {
            return finite(Calibration::Beta { a: without_b.slopes[0], b: 0.0, c: without_b.intercept });
        }
    }
    finite(Calibration::Beta { a: 0.0, b: 0.0, c: on(&[])?.intercept })
}

/// A calibration that its own check refuses is no answer.
fn finite(calibration: Calibration) -> Result<Calibration, FitError> {
    match calibration.check() {
        Ok(()) => Ok(calibration),
        Err(_) => Err(FitError::NotConverged { steps: SETTINGS.max_steps, gradient: f64::INFINITY }),
    }
}

/// A straight line on the logit scale.
struct Line {
    slopes: Vec<f64>,
    intercept: f64,
}

impl Line {
    /// The slope of a column, 0 where it was left out.
    fn slope(&self, column: usize) -> f64 {
        self.slopes.get(column).copied().unwrap_or(0.0)
    }
}

/// The line with the least weighted log loss against targets from 0 to 1.
fn minimum(columns: &[&[f64]], targets: &[f64], weights: &[f64]) -> Result<Line, FitError> {
    let scales: Vec<(f64, Option<f64>)> = columns.iter().map(|column| scale(column)).collect();
    let total: f64 = weights.iter().sum();
    let rows = targets.len();
    // A target t is the label 1 with the weight t and the label 0 with the weight 1 − t: the same loss.
    let x = Array2::from_shape_fn((2 * rows, columns.len()), |(row, column)| {
        let (mean, scale) = scales[column];
        scale.map_or(0.0, |scale| (columns[column][row % rows] - mean) / scale)
    });
    let y: Vec<f64> = (0..2 * rows).map(|row| if row < rows { 1.0 } else { 0.0 }).collect();
    let parts = targets.iter().copied().chain(targets.iter().map(|t| 1.0 - t));
    let weights: Vec<f64> = parts.zip(weights.iter().cycle()).map(|(part, weight)| part * (weight / total)).collect();
    let found = fit(x.view(), &y, Some(&weights), SETTINGS)?;
    let mut line = Line { slopes: Vec::new(), intercept: found.intercept };
    for (coefficient, (mean, scale)) in found.coefficients.iter().zip(scales) {
        // A column that does not vary is 0 throughout and has the coefficient 0.
        let slope = scale.map_or(0.0, |scale| coefficient / scale);
        line.intercept -= slope * mean;
        line.slopes.push(slope);
    }
    Ok(line)
}

/// Mean and population standard deviation of a column; no deviation where it does not vary but for rounding.
fn scale(column: &[f64]) -> (f64, Option<f64>) {
    let n = column.len() as f64;
    let mean = column.iter().sum::<f64>() / n;
    let scale = math::sqrt(column.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n);
    (mean, (scale > 10.0 * f64::EPSILON * mean.abs()).then_some(scale))
}
