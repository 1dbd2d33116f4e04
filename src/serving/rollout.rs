//! Which visitor sees which version.

use serde::{Deserialize, Serialize};

use crate::registry::Stage;

/// One arm of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name: `champion` or `challenger`.
    pub name: String,
    /// The stage whose version it serves.
    pub stage: Stage,
    /// Share of visitors, 0 to 1; all shares sum to 1.
    pub weight: f64,
}

/// An A/B set-up: visitors are split by a hash of their id and the salt, the same visitor always the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Makes this split independent of every other.
    pub salt: String,
    /// The arms, in the order of their buckets.
    pub variants: Vec<Variant>,
}
