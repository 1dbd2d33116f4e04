//! Rules that watch a number, and what they raise.

use serde::{Deserialize, Serialize};

use crate::base::Date;

/// A bound on a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRule {
    /// Its name: `drift_score`, `log_loss`, `missing_features`.
    pub name: String,
    /// Raises above this.
    pub above: f64,
    /// What it watches and what to do, for people.
    pub description: String,
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// The day it speaks of.
    pub day: Date,
    /// What was found.
    pub value: f64,
    /// The rule's bound at that time.
    pub above: f64,
    /// What it means, for people.
    pub message: String,
}
