//! Outcomes become drift reports, performance and alerts.
//!
//! [`compare`] holds two windows of any columns against each other, [`performance`] scores settled predictions, and
//! [`evaluate`] raises what broke a rule. `docs/monitoring.md` has the choices and their reasons.

mod alert;
mod drift;
mod number;
mod performance;
mod report;
mod watch;

pub use alert::{
    Alert, AlertRule, DRIFT_SCORE, LOG_LOSS, MISSING_FEATURES, Observation, SOURCE_UNAVAILABLE, STALE_FEATURES,
    default_rules, evaluate, source_unavailable,
};
pub use drift::{Column, Data, P_THRESHOLD, compare, drift_share, is_continuous};
pub use performance::{Performance, performance, served};
pub use report::{ColumnDrift, DriftReport, Evidence, PREDICTION};
pub use watch::{LEAST_GAMES, WINDOW_DAYS, observe, window};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
