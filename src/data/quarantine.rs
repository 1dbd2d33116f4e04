//! Rows that were refused, kept with the reasons.

use serde::{Deserialize, Serialize};

use super::Violation;

/// A refused row as it was read, with every violation found in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The raw fields by name.
    pub raw: serde_json::Map<String, serde_json::Value>,
    /// Why it was refused.
    pub violations: Vec<Violation>,
}
