//! What was found in a set, as far as it is kept: memory grows with what is kept, not with the source.

use serde::{Deserialize, Serialize};

use super::{Quarantined, Severity, Violation};

/// How many violations and refused rows are kept; beyond it they are counted.
pub const KEPT: usize = 1000;
/// How many pairs of rule and column are counted apart; the rest is counted by rule alone.
const GROUPS: usize = 200;
/// Rows that a group names as examples.
const EXAMPLES: usize = 5;

/// How often a rule was broken in a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// The rule.
    #[serde(rename = "type")]
    pub kind: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The source's column; none where the row or the set is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How often.
    pub count: u64,
    /// The first rows that broke it.
    pub rows: Vec<u64>,
}

/// Findings of a check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The first violations in the order of the source, at most as many as are kept.
    pub violations: Vec<Violation>,
    /// How many there were in all.
    pub violation_count: u64,
    /// How many of all keep something out.
    #[serde(default)]
    pub error_count: u64,
    /// All of them, counted by rule and column, the first found first.
    #[serde(default)]
    pub rules: Vec<RuleCount>,
    /// The first refused rows, at most as many as are kept.
    pub quarantined: Vec<Quarantined>,
    /// What was passed over and why, such as `preseason games`, with its count of rows.
    pub skipped: Vec<(String, u64)>,
}

impl Findings {
    /// Findings that are these violations alone.
    pub fn of(violations: Vec<Violation>) -> Self {
        let mut findings = Self::default();
        violations.into_iter().for_each(|violation| findings.note(violation, usize::MAX));
        findings
    }

    /// Counts a violation, and keeps it while fewer than `kept` are.
    pub fn note(&mut self, violation: Violation, kept: usize) {
        self.violation_count += 1;
        self.error_count += u64::from(violation.is_error());
        self.count(&violation);
        if self.violations.len() < kept {
            self.violations.push(violation);
        }
    }

    fn count(&mut self, violation: &Violation) {
        let full = self.rules.len() >= GROUPS;
        let at = self.group(violation, violation.locus.column.as_deref()).or_else(|| {
            // Names of columns can be made up without end; rules cannot.
            full.then(|| self.group(violation, None)).flatten()
        });
        let at = at.unwrap_or_else(|| {
            self.rules.push(RuleCount {
                kind: violation.kind.clone(),
                severity: violation.severity,
                column: violation.locus.column.clone().filter(|_| !full),
                count: 0,
                rows: Vec::new(),
            });
            self.rules.len() - 1
        });
        let group = &mut self.rules[at];
        group.count += 1;
        if let Some(row) = violation.locus.row
            && group.rows.len() < EXAMPLES
            && !group.rows.contains(&row)
        {
            group.rows.push(row);
        }
    }

    fn group(&self, violation: &Violation, column: Option<&str>) -> Option<usize> {
        self.rules.iter().position(|group| {
            group.kind == violation.kind && group.severity == violation.severity && group.column.as_deref() == column
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locus;
    use serde_json::Value;

    fn broken(kind: &str, column: &str, row: u64) -> Violation {
        Violation::error(kind, Locus::file("f").at_row(row).at_column(column), Value::Null, "m")
    }

    #[test]
    fn all_are_counted_by_rule_and_column_and_some_are_kept() {
        let mut findings = Findings::default();
        for row in 0..100 {
            findings.note(broken("a", "x", row), 10);
            findings.note(broken("a", "y", row), 10);
        }
        assert_eq!((findings.violation_count, findings.error_count, findings.violations.len()), (200, 200, 10));
        let groups: Vec<_> = findings
            .rules
            .iter()
            .map(|group| (group.column.as_deref().unwrap(), group.count, group.rows.len()))
            .collect();
        assert_eq!(groups, [("x", 100, 5), ("y", 100, 5)]);
    }

    #[test]
    fn a_source_cannot_make_groups_without_end() {
        let mut findings = Findings::default();
        for column in 0..10_000 {
            findings.note(broken("extra_forbidden", &column.to_string(), 1), 10);
        }
        assert_eq!(findings.rules.len(), GROUPS + 1);
        assert_eq!(findings.rules.iter().map(|group| group.count).sum::<u64>(), 10_000);
    }
}
