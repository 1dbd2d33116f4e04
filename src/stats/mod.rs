//! Formulas on slices: scores of forecasts, two-sample tests.

mod scores;

pub use scores::{CalibrationBin, ECE_BINS, ScoreError, Scores, calibration_bins, log_loss_of, score};
