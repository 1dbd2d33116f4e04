//! Isotonic regression by pooling adjacent violators.

use super::{Calibration, Examples};

/// Probabilities that lie closer are one: scikit-learn's `np.finfo(np.float64).resolution`.
const RESOLUTION: f64 = 1e-15;

/// The rising map with the least weighted squared error, as scikit-learn's `IsotonicRegression`: equal probabilities are
/// one point with the mean of their labels, and points in the middle of a level stretch are left out.
pub(super) fn fit(examples: Examples) -> Calibration {
    let (x, y, weights) = merged(&examples);
    let y = pooled(y, weights);
    // The same map without them: a point between two of its own height says nothing.
    let kept = |at: &usize| *at == 0 || *at + 1 == y.len() || y[*at] != y[at - 1] || y[*at] != y[at + 1];
    let kept: Vec<usize> = (0..y.len()).filter(kept).collect();
    Calibration::Isotonic {
        x: kept.iter().map(|at| x[*at]).collect(),
        y: kept.iter().map(|at| y[*at].clamp(0.0, 1.0)).collect(),
    }
}

/// Distinct probabilities, ascending, with the weighted mean of their labels and the sum of their weights.
fn merged(examples: &Examples) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let Examples { p, y, weights } = examples;
    let mut order: Vec<usize> = (0..p.len()).collect();
    // By label within ties, as scikit-learn sorts: sums then run in the same order. The last bits of a weighted mean
    // decide whether two levels are equal.
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]).then(y[*a].total_cmp(&y[*b])).then(a.cmp(b)));
    let (mut xs, mut means, mut totals) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = order.as_slice();
    while let Some(first) = rest.first() {
        let end = rest.iter().position(|at| p[*at] - p[*first] >= RESOLUTION).unwrap_or(rest.len());
        let (mut total, mut sum) = (0.0, 0.0);
        for at in &rest[..end] {
            total += weights[*at];
            sum += y[*at] * weights[*at];
        }
        xs.push(p[*first]);
        means.push(sum / total);
        totals.push(total);
        rest = &rest[end..];
    }
    (xs, means, totals)
}

/// The non-falling values nearest to `y` in weighted squares (Ayer et al. 1955), in the order of operations of
/// `scipy.optimize.isotonic_regression`: forward from a fall while the next value is not above the pool, then back.
fn pooled(y: Vec<f64>, weights: Vec<f64>) -> Vec<f64> {
    // Value, weight and length of each level.
    let mut levels: Vec<(f64, f64, usize)> = Vec::new();
    let mut at = 0;
    while at < y.len() {
        let mut level = (y[at], weights[at], 1);
        at += 1;
        if let Some(previous) = levels.pop_if(|previous| previous.0 >= level.0) {
            let mut sum = previous.1 * previous.0 + level.1 * level.0;
            level = (0.0, level.1 + previous.1, level.2 + previous.2);
            level.0 = sum / level.1;
            while at < y.len() && level.0 >= y[at] {
                sum += weights[at] * y[at];
                level.1 += weights[at];
                level = (sum / level.1, level.1, level.2 + 1);
                at += 1;
            }
            while let Some(previous) = levels.pop_if(|previous| previous.0 >= level.0) {
                sum += previous.1 * previous.0;
                level.1 += previous.1;
                level = (sum / level.1, level.1, level.2 + previous.2);
            }
        }
        levels.push(level);
    }
    levels.into_iter().flat_map(|(value, _, length)| std::iter::repeat_n(value, length)).collect()
}

/// The value at `p` of straight lines through the points, level outside them; NaN where `p` is NaN or there is no point.
pub(super) fn interpolate(x: &[f64], y: &[f64], p: f64) -> f64 {
    let right = x.partition_point(|point| *point < p);
    match (right.checked_sub(1), right) {
        _ if p.is_nan() || x.is_empty() || x.len() != y.len() => f64::NAN,
        (None, right) => y[right],
        (Some(left), right) if right == x.len() => y[left],
        (Some(left), right) => {
            // The share first: a slope between two points that almost touch could overflow.
            let share = (p - x[left]) / (x[right] - x[left]);
            // Rounding must not lift it over the point on the right, where the next stretch starts.
            (y[left] + (y[right] - y[left]) * share).min(y[right])
        }
    }
}
