//! Formulas on slices: scores of forecasts and their comparison, two-sample tests.

mod brier;
mod kolmogorov;
mod paired;
mod scores;
pub mod special;
mod two_sample;

pub use brier::{BrierParts, brier_parts};
pub use kolmogorov::kolmogorov_sf;
pub use paired::{Paired, paired};
pub use scores::{CalibrationBin, ECE_BINS, ScoreError, Scores, calibration_bins, log_loss_of, score};
pub use two_sample::{CategoryCounts, EXACT_UP_TO, TwoSample, TwoSampleError, chi_square, ks};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod two_sample_tests;
