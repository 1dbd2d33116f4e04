//! What was found, grouped by rule.

use super::super::count;
use crate::data::{Findings, Rule, Severity, Violation};
use crate::league::games_contract;
use crate::league::providers::form_rules;

/// How many rows of a rule are shown as examples.
pub const EXAMPLES: usize = 10;

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleGroup {
    /// Its name.
    pub rule: String,
    /// What it demands; none for a rule of a field, whose examples say it.
    pub demands: Option<&'static str>,
    /// The dimension of data quality, in the words of the Open Data Contract Standard.
    pub dimension: &'static str,
    /// Whether a violation keeps its row out.
    pub refused: bool,
    /// How often it was broken.
    pub count: u64,
    /// The columns in which it was, each with how often; of the row or the set as a whole there is none.
    pub columns: Vec<(String, u64)>,
    /// The first violations that are kept.
    pub examples: Vec<Example>,
    /// The first rows, as an editor counts them, where no example of the rule is kept: `Rows 12, 40`.
    pub rows: Option<String>,
    /// The words for what the examples leave out.
    pub more: Option<String>,
}

/// A violation as a row of its rule's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The file, or a dash.
    pub file: String,
    /// Row as an editor counts it, or a dash.
    pub row: String,
    /// Column, or a dash.
    pub column: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

/// Every rule that was broken: those that keep rows out first, then the most frequent first.
pub fn rule_groups(findings: &Findings) -> Vec<RuleGroup> {
    let mut groups: Vec<RuleGroup> = Vec::new();
    for counted in &findings.rules {
        let group = group(&mut groups, &counted.kind, counted.severity);
        group.count += counted.count;
        if let Some(column) = &counted.column {
            match group.columns.iter_mut().find(|(name, _)| name == column) {
                Some((_, count)) => *count += counted.count,
                None => group.columns.push((column.clone(), counted.count)),
            }
        }
    }
    for violation in &findings.violations {
        let group = group(&mut groups, &violation.kind, violation.severity);
        if group.examples.len() < EXAMPLES {
            group.examples.push(example(violation));
        }
    }
    for group in &mut groups {
        if group.examples.is_empty() {
            group.rows = first_rows(findings, group);
        }
        // Of what was found by an earlier version of the site only the violations are known.
        group.count = group.count.max(group.examples.len() as u64);
        let rest = group.count - group.examples.len() as u64;
        group.more = (rest > 0).then(|| format!("and {} more", count(rest)));
        group.columns.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    groups.sort_by(|a, b| b.refused.cmp(&a.refused).then(b.count.cmp(&a.count)).then_with(|| a.rule.cmp(&b.rule)));
    groups
}

fn group<'g>(groups: &'g mut Vec<RuleGroup>, rule: &str, severity: Severity) -> &'g mut RuleGroup {
    let refused = severity == Severity::Error;
    let at = groups.iter().position(|group| group.rule == rule && group.refused == refused).unwrap_or_else(|| {
        groups.push(RuleGroup {
            rule: rule.to_owned(),
            demands: named(rule).map(|named| named.demands),
            dimension: dimension(rule),
            refused,
            count: 0,
            columns: Vec::new(),
            examples: Vec::new(),
            rows: None,
            more: None,
        });
        groups.len() - 1
    });
    &mut groups[at]
}

/// The rows that are counted as the first of a rule.
fn first_rows(findings: &Findings, group: &RuleGroup) -> Option<String> {
    let of_it = findings
        .rules
        .iter()
        .filter(|counted| counted.kind == group.rule && (counted.severity == Severity::Error) == group.refused);
    let mut rows: Vec<u64> = of_it.flat_map(|counted| counted.rows.iter().copied()).collect();
    rows.sort_unstable();
    rows.dedup();
    let words: Vec<String> = rows.iter().take(EXAMPLES).map(|row| count(*row)).collect();
    (!words.is_empty()).then(|| format!("Rows {}", words.join(", ")))
}

/// A rule beyond the fields, by its name.
fn named(rule: &str) -> Option<&'static Rule> {
    games_contract().rules.iter().copied().chain(form_rules()).find(|known| known.name == rule)
}

/// A field's own rule asks that its value is there or that it conforms.
fn dimension(rule: &str) -> &'static str {
    match rule {
        // Whether a value, a column or a part of a file's head is missing.
        "missing" => "completeness",
        _ => named(rule).map_or("conformity", |named| named.dimension),
    }
}

fn example(violation: &Violation) -> Example {
    let dash = || "–".to_owned();
    let of_the_path = || Some(violation.path()).filter(|path| !path.is_empty());
    Example {
        file: violation.locus.file.clone().unwrap_or_else(dash),
        row: violation.locus.row.map_or_else(dash, count),
        column: violation.locus.column.clone().or_else(of_the_path).unwrap_or_else(dash),
        found: violation.found(),
        expected: violation.msg.clone(),
    }
}

/// What was passed over, as a sentence; none if nothing was.
pub fn skipped_text(findings: &Findings) -> Option<String> {
    if findings.skipped.is_empty() {
        return None;
    }
    let parts: Vec<String> = findings.skipped.iter().map(|(what, n)| format!("{what} ({})", count(*n))).collect();
    Some(format!("Rows passed over: {}.", parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locus;

    fn broken(rule: &str, column: &str, row: u64) -> Violation {
        let locus = Locus::file("games.csv").at_row(row).at_column(column);
        Violation::error(rule, locus, "abc".into(), "Input should be a whole number")
    }

    #[test]
    fn a_rule_is_one_group_whatever_its_columns() {
        let mut violations: Vec<Violation> =
            (0..12).map(|row| broken("int_parsing", "home_score", 1_000 + row)).collect();
        violations.push(broken("int_parsing", "visitor_score", 7));
        violations.push(Violation::warning("tie", Locus::file("games.csv").at_row(9), 7.into(), "No tie"));
        let groups = rule_groups(&Findings::of(violations));
        assert_eq!(groups.len(), 2);
        let first = &groups[0];
        assert_eq!((first.rule.as_str(), first.count, first.refused), ("int_parsing", 13, true));
        assert_eq!(first.columns, [("home_score".to_owned(), 12), ("visitor_score".to_owned(), 1)]);
        assert_eq!((first.examples.len(), first.more.as_deref()), (EXAMPLES, Some("and 3 more")));
        assert_eq!((first.examples[0].row.as_str(), first.examples[0].column.as_str()), ("1,000", "home_score"));
        assert_eq!((groups[1].refused, groups[1].examples[0].column.as_str()), (false, "–"));
    }

    #[test]
    fn rules_that_keep_rows_out_come_first_and_then_the_most_frequent() {
        let warning = |row| Violation::warning("w", Locus::file("f").at_row(row), 7.into(), "m");
        let violations =
            vec![warning(1), warning(2), warning(3), broken("b", "x", 1), broken("a", "x", 1), broken("a", "x", 2)];
        let names: Vec<String> = rule_groups(&Findings::of(violations)).into_iter().map(|group| group.rule).collect();
        assert_eq!(names, ["a", "b", "w"]);
    }

    #[test]
    fn what_is_only_counted_is_in_the_count() {
        let mut findings = Findings::default();
        (0..40).for_each(|row| findings.note(broken("int_parsing", "home_score", row), 3));
        let groups = rule_groups(&findings);
        assert_eq!((groups[0].count, groups[0].examples.len()), (40, 3));
        assert_eq!(groups[0].more.as_deref(), Some("and 37 more"));
    }

    #[test]
    fn where_no_example_is_kept_the_first_rows_are_named() {
        let mut findings = Findings::default();
        (0..3).for_each(|row| findings.note(broken("a", "x", row), 3));
        (0..2).for_each(|row| findings.note(broken("b", "x", 2_000 + row), 3));
        findings.note(broken("b", "y", 7), 3);
        let groups = rule_groups(&findings);
        assert_eq!((groups[0].rows.as_deref(), groups[1].rows.as_deref()), (None, Some("Rows 7, 2,000, 2,001")));
        assert_eq!(groups[1].more.as_deref(), Some("and 3 more"));
    }

    #[test]
    fn every_group_has_a_dimension() {
        let violations = ["int_parsing", "missing", "team_twice_a_day"].map(|rule| broken(rule, "x", 1)).to_vec();
        let groups = rule_groups(&Findings::of(violations));
        let told: Vec<_> = groups.iter().map(|group| (group.rule.as_str(), group.dimension)).collect();
        let expected = [("int_parsing", "conformity"), ("missing", "completeness"), ("team_twice_a_day", "uniqueness")];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_rule_of_the_contract_says_what_it_demands() {
        let rule = games_contract().rules[0];
        let findings = Findings::of(vec![broken(rule.name, "x", 1)]);
        assert_eq!(rule_groups(&findings)[0].demands, Some(rule.demands));
        assert_eq!(rule_groups(&Findings::of(vec![broken("int_parsing", "x", 1)]))[0].demands, None);
    }

    #[test]
    fn nothing_is_said_where_nothing_was_found() {
        assert_eq!(rule_groups(&Findings::default()), []);
        assert_eq!(skipped_text(&Findings::default()), None);
        let skipped = vec![("preseason games".to_owned(), 1_200)];
        let findings = Findings { skipped, ..Findings::default() };
        assert_eq!(skipped_text(&findings).as_deref(), Some("Rows passed over: preseason games (1,200)."));
    }
}
