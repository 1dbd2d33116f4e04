//! Formulas on slices: scores of forecasts and their comparison, two-sample tests.

mod brier;
mod correlation;
mod curves;
mod kolmogorov;
mod paired;
mod scores;
pub mod special;
mod two_sample;

pub use brier::{BrierParts, brier_parts};
pub use correlation::pearson;
pub use curves::{brier_skill, histogram, histograms, log_loss_skill, roc_curve, skill};
pub use kolmogorov::kolmogorov_sf;
pub use paired::{Paired, paired};
pub use scores::{CalibrationBin, ECE_BINS, ScoreError, Scores, calibration_bins, ece_by_chance, log_loss_of, score};
pub use two_sample::{CategoryCounts, EXACT_UP_TO, TwoSample, TwoSampleError, chi_square, ks};

/// Where the standard normal distribution has 97.5 % below it: the half-width of a 95 % interval, in standard errors.
const NORMAL_97_5: f64 = 1.959_963_984_540_054;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod two_sample_tests;
