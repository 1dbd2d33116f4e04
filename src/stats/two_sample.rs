//! Do two samples come from one distribution? The Kolmogorov–Smirnov test for continuous values and the chi-squared
//! test for categories, each with the p-value that scipy gives.

use std::collections::BTreeMap;

use super::kolmogorov::kolmogorov_sf;
use super::special::chi2_sf;

/// What a two-sample test came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoSample {
    /// The test's statistic; infinite where chi-squared meets a category that the reference does not have.
    pub statistic: f64,
    /// Probability of a statistic at least as large if both samples come from one distribution.
    pub p_value: f64,
    /// Values of the reference that were used.
    pub reference_n: usize,
    /// Values of the current sample that were used.
    pub current_n: usize,
}

/// Why two samples cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TwoSampleError {
    /// Nothing is in the reference.
    #[error("the reference sample has no value: at least one is needed")]
    EmptyReference,
    /// Nothing is in the current sample.
    #[error("the current sample has no value: at least one is needed")]
    EmptyCurrent,
}

/// Up to this many values in the larger sample the p-value is exact, as in scipy's mode `auto`.
pub const EXACT_UP_TO: usize = 10_000;

/// The two-sided two-sample Kolmogorov–Smirnov test, `scipy.stats.ks_2samp(…, method="auto", nan_policy="omit")`.
///
/// NaNs are left out; ties and infinities count as values. The p-value is exact while neither sample has more than
/// [`EXACT_UP_TO`] values, else that of the one-sample statistic at the effective size round(n·m / (n + m)).
pub fn ks(reference: &[f64], current: &[f64]) -> Result<TwoSample, TwoSampleError> {
    let (reference, current) = (sorted(reference), sorted(current));
    if reference.is_empty() {
        return Err(TwoSampleError::EmptyReference);
    }
    if current.is_empty() {
        return Err(TwoSampleError::EmptyCurrent);
    }
    let (n, m) = (reference.len(), current.len());
    let (steps, distance) = largest_gap(&reference, &current);
    let (statistic, p_value) = if n.max(m) <= EXACT_UP_TO {
        let common = gcd(n, m);
        let lcm = (n / common) as f64 * m as f64;
        let h = steps / common as u64;
        let p = if n == m { p_outside_square(n as u64, h) } else { p_outside(n, m, common, h) };
        (h as f64 / lcm, p)
    } else {
        let (n, m) = (n.max(m) as f64, n.min(m) as f64);
        (distance, kolmogorov_sf(round_half_even(n * m / (n + m)), distance))
    };
    Ok(TwoSample { statistic, p_value: p_value.clamp(0.0, 1.0), reference_n: n, current_n: m })
}

fn sorted(values: &[f64]) -> Vec<f64> {
    // −0 and 0 are one value; adding 0 makes them so.
    let mut kept: Vec<f64> = values.iter().filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
    kept.sort_unstable_by(f64::total_cmp);
    kept
}

/// The largest gap between the two empirical distribution functions: |i·m − j·n| as a whole number, and as scipy's
/// floating-point difference i/n − j/m.
fn largest_gap(reference: &[f64], current: &[f64]) -> (u64, f64) {
    let (n, m) = (reference.len(), current.len());
    let (mut i, mut j, mut steps, mut distance) = (0, 0, 0, 0.0_f64);
    while i < n || j < m {
        let value = match (reference.get(i), current.get(j)) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(a), None) => *a,
            (None, Some(b)) => *b,
            (None, None) => break,
        };
        while i < n && reference[i] <= value {
            i += 1;
        }
        while j < m && current[j] <= value {
            j += 1;
        }
        steps = steps.max((i as u64 * m as u64).abs_diff(j as u64 * n as u64));
        distance = distance.max((i as f64 / n as f64 - j as f64 / m as f64).abs());
    }
    (steps, distance)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Rounds as numpy does: halves to the even neighbour.
fn round_half_even(value: f64) -> u64 {
    libm::rint(value) as u64
}

/// P(D ≥ h/n) for two samples of n values: the share of lattice paths that leave the strip |x − y| < h, by the
/// reflection principle in Horner's form (Gnedenko and Korolyuk 1951).
fn p_outside_square(n: u64, h: u64) -> f64 {
    if h == 0 {
        return 1.0;
    }
    let mut p = 0.0;
    for k in (0..=n / h).rev() {
        let mut product = 1.0;
        for j in 0..h {
            // In signed numbers: a factor is zero or negative where the reflected path does not exist.
            let top = n as i64 - (k * h) as i64 - j as i64;
            product = top as f64 * product / (n + k * h + j + 1) as f64;
        }
        p = product * (1.0 - p);
    }
    2.0 * p
}

/// P(D ≥ h/lcm(n, m)): the share of lattice paths from (0, 0) to (m, n) that touch |x·n − y·m|/gcd ≥ h.
///
/// For the paths to (x, y) the share outside is the mean of the shares at the two points before it, weighted by the
/// ways through them: P(x, y) = P(x, y−1)·y/(x+y) + P(x−1, y)·x/(x+y). Sums of positive terms only, so the smallest
/// p-values keep their digits. J. L. Hodges, *The significance probability of the Smirnov two-sample test*, 1958.
fn p_outside(n: usize, m: usize, common: usize, h: u64) -> f64 {
    if h == 0 {
        return 1.0;
    }
    let (long, short) = (n.max(m), n.min(m));
    let (x_step, y_step) = ((short / common) as u64, (long / common) as u64);
    // The column before: share outside at each y; what was never inside is outside.
    let mut column = vec![1.0_f64; short + 1];
    for x in 0..=long {
        let level = x as u64 * x_step;
        // y is inside where |x·x_step − y·y_step| < h.
        let lowest = if level < h { 0 } else { ((level - h) / y_step + 1) as usize };
        let highest = (((level + h).div_ceil(y_step)).saturating_sub(1) as usize).min(short);
        if lowest > 0 && lowest <= short + 1 {
            column[lowest - 1] = 1.0;
        }
        for y in lowest..=highest {
            column[y] = match (x, y) {
                (0, 0) => 0.0,
                (0, _) => column[y - 1],
                (_, 0) => column[0],
                _ => (column[y - 1] * y as f64 + column[y] * x as f64) / (x + y) as f64,
            };
        }
    }
    column[short]
}

/// Counts by category: (reference, current).
pub type CategoryCounts<K> = BTreeMap<K, (u64, u64)>;

/// Pearson's chi-squared test of the current counts against the reference's shares, as Evidently does it:
/// `scipy.stats.chisquare(current, reference · n_current / n_reference)`, degrees of freedom one less than categories.
///
/// A category that is new in the current sample has an expectation of 0, so the statistic is infinite and p is 0.
/// With a single category there is nothing to differ in: the statistic is 0 and p is 1 (scipy says NaN).
pub fn chi_square<K: Ord>(counts: &CategoryCounts<K>) -> Result<TwoSample, TwoSampleError> {
    let reference_n: u64 = counts.values().map(|count| count.0).sum();
    let current_n: u64 = counts.values().map(|count| count.1).sum();
    if reference_n == 0 {
        return Err(TwoSampleError::EmptyReference);
    }
    if current_n == 0 {
        return Err(TwoSampleError::EmptyCurrent);
    }
    let factor = current_n as f64 / reference_n as f64;
    let mut statistic = 0.0;
    let mut categories = 0_u32;
    for &(reference, current) in counts.values().filter(|count| **count != (0, 0)) {
        let expected = reference as f64 * factor;
        let difference = current as f64 - expected;
        statistic += difference * difference / expected;
        categories += 1;
    }
    let p_value = chi2_sf(statistic, f64::from(categories - 1));
    Ok(TwoSample { statistic, p_value, reference_n: reference_n as usize, current_n: current_n as usize })
}
