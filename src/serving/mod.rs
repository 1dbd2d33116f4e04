//! Versions and visitors become predictions, and results become outcomes.

mod prediction;
mod rollout;

pub use prediction::{DayLog, Prediction, Settled};
pub use rollout::{Rollout, Variant};
