//! Formulas on slices: scores of forecasts, two-sample tests.

mod kolmogorov;
mod scores;
pub mod special;
mod two_sample;

pub use kolmogorov::kolmogorov_sf;
pub use scores::{CalibrationBin, ECE_BINS, ScoreError, Scores, calibration_bins, log_loss_of, score};
pub use two_sample::{CategoryCounts, EXACT_UP_TO, TwoSample, TwoSampleError, chi_square, ks};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod two_sample_tests;
