//! Versions and visitors become predictions, and results become outcomes.

pub mod bucket;
mod prediction;
mod rollout;

pub use prediction::{DayLog, Picks, Prediction, Settled, pick_right};
pub use rollout::{Assignment, CHALLENGER, CHAMPION, DEFAULT_SALT, Rollout, RolloutError, Variant};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
