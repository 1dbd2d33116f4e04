//! A broken promise, as a value.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::Locus;

/// How much a violation weighs: an error keeps its row out, a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row is let in and the finding is shown.
    Warning,
    /// The row goes to quarantine.
    Error,
}

/// One broken promise: where, what was found, and what was expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// The rule's name; Pydantic's error types where one fits (`missing`, `int_parsing`,
    /// `greater_than_equal`, …), otherwise ours (`team_twice_a_day`, …).
    #[serde(rename = "type")]
    pub kind: String,
    /// How much it weighs.
    pub severity: Severity,
    /// File, row and column.
    pub locus: Locus,
    /// What was found, cut to a readable length.
    pub found: String,
    /// What was expected, as the rest of the sentence "expected …".
    pub expected: String,
}

impl Violation {
    /// A violation that keeps its row out. `found` is cut to 80 characters.
    pub fn error(kind: &str, locus: Locus, found: &str, expected: impl Into<String>) -> Self {
        let mut cut: String = found.chars().take(80).collect();
        if cut.len() < found.len() {
            cut.push('…');
        }
        Self { kind: kind.to_owned(), severity: Severity::Error, locus, found: cut, expected: expected.into() }
    }

    /// The same as [`Violation::error`], but the row is let in.
    pub fn warning(kind: &str, locus: Locus, found: &str, expected: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(kind, locus, found, expected) }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {} [{}]", self.locus, self.found, self.expected, self.kind)
    }
}
