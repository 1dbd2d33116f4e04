//! Formulas on slices: scores of forecasts, two-sample tests.

mod scores;

pub use scores::Scores;
