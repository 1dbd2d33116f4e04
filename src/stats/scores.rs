//! How good probabilities were.

use serde::{Deserialize, Serialize};

/// Scores of probability forecasts of a yes or no, on the same examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Examples scored.
    pub n: u64,
    /// Mean negative log likelihood, natural logarithm.
    pub log_loss: f64,
    /// Mean squared error of the probability (Brier 1950).
    pub brier: f64,
    /// Share of examples on the right side of one half.
    pub accuracy: f64,
    /// Area under the ROC curve, ties counted half; none if only one class is there.
    pub auc: Option<f64>,
    /// Expected calibration error with ten bins of equal width.
    pub ece: f64,
}
