//! A rule that the fields of a contract cannot say, with what its documentation needs.

use serde::Serialize;

use super::Severity;

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The source's form: a row that is short, a row without its partner.
    Form,
    /// One record.
    Record,
    /// Records against one another, or the set as a whole.
    Set,
}

/// A named rule. Checks that are not a field's own are declared as constants of this type, so that what is documented
/// is what is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its name, the `type` of its violations.
    pub name: &'static str,
    /// What it looks at.
    pub scope: Scope,
    /// How much a violation of it weighs.
    pub severity: Severity,
    /// The dimension of data quality, in the words of the Open Data Contract Standard.
    pub dimension: &'static str,
    /// What it demands, as a sentence.
    pub demands: &'static str,
}

impl Rule {
    /// A rule whose violations keep their row out.
    pub const fn error(name: &'static str, scope: Scope, dimension: &'static str, demands: &'static str) -> Self {
        Self { name, scope, severity: Severity::Error, dimension, demands }
    }

    /// A rule whose violations are only shown.
    pub const fn warning(name: &'static str, scope: Scope, dimension: &'static str, demands: &'static str) -> Self {
        Self { name, scope, severity: Severity::Warning, dimension, demands }
    }
}
