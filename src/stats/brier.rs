//! The Brier score in its parts.

use serde::{Deserialize, Serialize};

use super::scores::{ECE_BINS, ScoreError, bin_of, check};

/// What the Brier score is made of: `brier = reliability − resolution + uncertainty`, to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BrierParts {
    /// How far forecasts lie from what came true in their bin; lower is better.
    pub reliability: f64,
    /// How far bins lie from the base rate, with what forecasts tell apart within a bin; higher is better.
    pub resolution: f64,
    /// What the base rate leaves open, whatever the forecast: `ō (1 − ō)`.
    pub uncertainty: f64,
}

/// Murphy's decomposition (1973) over ten bins of equal width, with the two terms within bins that make it exact for
/// forecasts that differ within a bin added to the resolution (Stephenson, Coelho and Jolliffe 2008, "Two extra components in
/// the Brier score decomposition").
///
/// # Errors
/// Where the forecasts cannot be scored.
pub fn brier_parts(y: &[f64], p: &[f64]) -> Result<BrierParts, ScoreError> {
    check(y, p)?;
    let n = y.len() as f64;
    let base = y.iter().sum::<f64>() / n;
    // Count, sum of forecasts, sum of labels.
    let mut bins = [(0.0, 0.0, 0.0); ECE_BINS];
    for (y, p) in y.iter().zip(p) {
        let bin = &mut bins[bin_of(*p, ECE_BINS)];
        *bin = (bin.0 + 1.0, bin.1 + p, bin.2 + y);
    }
    let means = bins.map(|(n, p, y): (f64, f64, f64)| (p / n.max(1.0), y / n.max(1.0)));
    let mut parts = BrierParts { reliability: 0.0, resolution: 0.0, uncertainty: base * (1.0 - base) };
    for ((count, ..), (p, y)) in bins.iter().zip(&means) {
        parts.reliability += count * (p - y) * (p - y) / n;
        parts.resolution += count * (y - base) * (y - base) / n;
    }
    for (y, p) in y.iter().zip(p) {
        let (mean_p, mean_y) = means[bin_of(*p, ECE_BINS)];
        // Covariance of forecast and label within the bin, twice, less the variance of the forecast within it.
        parts.resolution += (2.0 * (y - mean_y) * (p - mean_p) - (p - mean_p) * (p - mean_p)) / n;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        brier: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        y: Vec<f64>,
        p: Vec<f64>,
        brier: f64,
        reliability: f64,
        resolution: f64,
        uncertainty: f64,
    }

    #[test]
    fn numpy_gives_the_same_parts_and_they_add_up() {
        // Written by tests/reference/comparison_scipy.py.
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/comparison_scipy.json")).expect("the golden file");
        assert!(golden.brier.len() >= 5);
        for case in golden.brier {
            let found = brier_parts(&case.y, &case.p).expect("valid forecasts");
            let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12, "{a} and not {b}");
            near(found.reliability, case.reliability);
            near(found.resolution, case.resolution);
            near(found.uncertainty, case.uncertainty);
            near(found.reliability - found.resolution + found.uncertainty, case.brier);
        }
    }

    #[test]
    fn certain_and_right_resolves_all_that_is_uncertain() {
        let found = brier_parts(&[1.0, 0.0, 1.0, 0.0], &[1.0, 0.0, 1.0, 0.0]).expect("valid forecasts");
        assert_eq!((found.reliability, found.resolution, found.uncertainty), (0.0, 0.25, 0.25));
        assert_eq!(brier_parts(&[], &[]), Err(ScoreError::Empty));
    }
}
