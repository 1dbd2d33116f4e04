//! Which rows of a table satisfy a condition.

use super::filter::{Attribute, Clause, Condition, Field, Test};
use crate::tracking::table::TextColumn;
use crate::tracking::{RunTable, USER};

/// Of every row whether the condition holds.
pub fn mask(condition: &Condition, table: &RunTable) -> Vec<bool> {
    match condition {
        Condition::All(parts) => fold(parts, table, true, |all, one| all && one),
        Condition::Any(parts) => fold(parts, table, false, |any, one| any || one),
        Condition::Not(part) => mask(part, table).into_iter().map(|holds| !holds).collect(),
        Condition::Clause(clause) => clause_mask(clause, table),
    }
}

fn fold(parts: &[Condition], table: &RunTable, of_none: bool, join: fn(bool, bool) -> bool) -> Vec<bool> {
    let mut all = vec![of_none; table.len()];
    for part in parts {
        for (all, one) in all.iter_mut().zip(mask(part, table)) {
            *all = join(*all, one);
        }
    }
    all
}

fn clause_mask(clause: &Clause, table: &RunTable) -> Vec<bool> {
    let test = &clause.test;
    match &clause.field {
        Field::Metric(name) => match table.metric(name) {
            Some(column) => column.iter().map(|value| test.of_number(value)).collect(),
            None => vec![test.of_number(None); table.len()],
        },
        Field::Param(name) => word_mask(table.param(name), test, table.len()),
        Field::Tag(name) => word_mask(table.tag(name), test, table.len()),
        Field::Attribute(attribute) => attribute_mask(*attribute, test, table),
        Field::Dataset(key) => {
            let of_data = |row| table.data_version(row).map(|digest| key.of(digest));
            (0..table.len()).map(|row| test.of_text(of_data(row).as_deref())).collect()
        }
    }
}

/// Tests each word once, however many rows have it.
fn word_mask(column: Option<&TextColumn>, test: &Test, rows: usize) -> Vec<bool> {
    let missing = test.of_text(None);
    let Some(column) = column else { return vec![missing; rows] };
    let passed: Vec<bool> = column.words().map(|word| test.of_text(Some(word))).collect();
    (0..rows).map(|row| column.code(row).map_or(missing, |code| passed[code])).collect()
}

fn attribute_mask(attribute: Attribute, test: &Test, table: &RunTable) -> Vec<bool> {
    let runs = table.runs();
    let time = |time: crate::base::Instant| test.of_number(Some(time.timestamp_millis() as f64));
    match attribute {
        Attribute::StartTime => runs.map(|run| time(run.started_at)).collect(),
        Attribute::EndTime => runs.map(|run| time(run.ended_at)).collect(),
        Attribute::RunId => runs.map(|run| test.of_text(Some(run.id))).collect(),
        Attribute::RunName => runs.map(|run| test.of_text(Some(run.name))).collect(),
        Attribute::Status => runs.map(|run| test.of_text(Some(run.status.as_str()))).collect(),
        Attribute::UserId => word_mask(table.tag(USER), test, table.len()),
        Attribute::ArtifactUri => runs.map(|run| test.of_text(Some(&run.artifact_uri()))).collect(),
    }
}

impl Test {
    /// Whether a number passes. No test of a text is put to a number.
    fn of_number(&self, value: Option<f64>) -> bool {
        match (self, value) {
            (Test::Missing { not }, value) => value.is_some() == *not,
            (Test::Number(comparator, than), Some(value)) => comparator.holds(value, *than),
            (Test::NumberIn { of, not }, Some(value)) => of.contains(&value) != *not,
            _ => false,
        }
    }

    /// Whether a text passes.
    fn of_text(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return matches!(self, Test::Missing { not: false }) };
        match self {
            Test::Missing { not } => *not,
            Test::Number(..) | Test::NumberIn { .. } => number(value).is_some_and(|value| self.of_number(Some(value))),
            Test::Text { is, not } => (value == is) != *not,
            Test::TextIn { of, not } => of.iter().any(|one| one == value) != *not,
            Test::Like { pattern, ignore_case: false, not } => like(value, pattern) != *not,
            Test::Like { pattern, ignore_case: true, not } => {
                like(&value.to_ascii_lowercase(), &pattern.to_ascii_lowercase()) != *not
            }
        }
    }
}

/// The finite number that a text is.
pub fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether a text matches a pattern whose `%` stands for any text and whose `_` stands for one character.
fn like(text: &str, pattern: &str) -> bool {
    let [text, pattern]: [Vec<char>; 2] = [text, pattern].map(|text| text.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the latest `%` is, and how far the text goes that it stands for.
    let mut open: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(place) {
            Some('%') => {
                open = Some((place, at));
                place += 1;
            }
            Some(wanted) if *wanted == '_' || *wanted == text[at] => {
                place += 1;
                at += 1;
            }
            _ => {
                let Some((percent, until)) = open else { return false };
                open = Some((percent, until + 1));
                (place, at) = (percent + 1, until + 1);
            }
        }
    }
    pattern[place..].iter().all(|rest| *rest == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_as_in_sqlite() {
        for (text, pattern, expected) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("abc", "abc", true),
            ("abc", "ABC", false),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "a_c", true),
            ("abc", "_", false),
            ("a.c", "a.c", true),
            ("abc", "a.c", false),
            ("aXbXc", "a%X_", true),
            ("aXbXc", "%X%X%X%", false),
            ("line\nline", "line%line", true),
            ("é", "_", true),
            ("%", "\\%", false),
        ] {
            assert_eq!(like(text, pattern), expected, "{text:?} LIKE {pattern:?}");
        }
    }

    #[test]
    fn only_finite_numbers_are_numbers() {
        assert_eq!([" 1e-3 ", "-2", "inf", "nan", "", "0x1", "1,5"].map(number), {
            let mut found = [None; 7];
            (found[0], found[1]) = (Some(0.001), Some(-2.0));
            found
        });
    }
}
