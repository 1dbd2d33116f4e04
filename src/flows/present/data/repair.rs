//! A refused row as it is looked through and repaired: its fields, what is wrong with it, and the edits of a form.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{count, plural};
use crate::data::{Encoding, Kind, Quarantined, Violation};
use crate::league::{Game, games_contract};

/// How many rows a page of the quarantine has.
pub const PAGE: usize = 10;
/// A list of texts that is longer than this is typed and not picked.
const PICKED_AT_MOST: usize = 40;

/// A field of the form that repairs a row: a leaf of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairField {
    /// The leaf's path, such as `score.home`.
    pub path: String,
    /// What it means.
    pub label: String,
    /// What is allowed, in a few words.
    pub allowed: String,
    /// Its value as text; empty for null.
    pub value: String,
    /// The texts that it can be picked from, the present one among them; none where it is typed.
    pub choices: Option<Vec<String>>,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// What a row is called, and the first thing that is wrong with it.
pub fn row_title(row: &Quarantined) -> String {
    let place = match (&row.locus.file, row.rows.as_slice()) {
        (Some(file), []) => file.clone(),
        (Some(file), rows) => format!("{}, {file}", rows_text(rows)),
        (None, []) => row.locus.to_string(),
        (None, rows) => rows_text(rows),
    };
    let errors = row.violations.iter().filter(|violation| violation.is_error());
    let mut rules: Vec<&str> = errors.map(|violation| violation.kind.as_str()).collect();
    rules.dedup();
    if rules.is_empty() { place } else { format!("{place}: {}", rules.join(", ")) }
}

fn rows_text(rows: &[u64]) -> String {
    let numbers: Vec<String> = rows.iter().map(|row| count(*row)).collect();
    format!("{} {}", if rows.len() == 1 { "Row" } else { "Rows" }, numbers.join(" and "))
}

/// The row as its source has it, name by name.
pub fn raw_values(row: &Quarantined) -> Vec<(String, String)> {
    row.raw.iter().map(|(name, value)| (name.clone(), text_of(value))).collect()
}

/// A violation as a sentence about the row, with its place where that is known.
pub fn violation_words(violation: &Violation) -> String {
    let path = violation.path();
    let of = match (&violation.locus.column, path.is_empty()) {
        (Some(column), _) => format!("{column}: "),
        (None, false) => format!("{path}: "),
        (None, true) => String::new(),
    };
    let word = if violation.is_error() { "" } else { " (a warning)" };
    format!("{of}{}; found {}{word}", violation.msg, violation.found())
}

/// The fields of the form: those that something is wrong with first, each part in the order of the contract.
pub fn repair_fields(row: &Quarantined, violations: &[Violation]) -> Vec<RepairField> {
    let contract = games_contract();
    let mut fields: Vec<RepairField> = Vec::new();
    for leaf in &contract.leaves {
        let Some((field, needed)) = contract.field(&leaf.path) else { continue };
        let value = text_at(row, &leaf.path);
        let allowed = if needed { field.kind.words() } else { format!("{}, or nothing", field.kind.words()) };
        fields.push(RepairField {
            path: leaf.path.clone(),
            label: field.description.trim_end_matches('.').to_owned(),
            allowed,
            choices: choices(&field.kind, row.encoding, needed, &value),
            problems: problems_of(violations, &leaf.path),
            value,
        });
    }
    // The sort is stable: the order of the contract stays within each part.
    fields.sort_by_key(|field| field.problems.is_empty());
    fields
}

/// What is wrong with a leaf, a sentence each.
pub fn problems_of(violations: &[Violation], leaf: &str) -> Vec<String> {
    let about = violations.iter().filter(|violation| is_about(&violation.path(), leaf));
    about.map(|violation| violation.msg.clone()).collect()
}

/// Whether a finding at a path is about a leaf: at the leaf, or at an object around it.
fn is_about(path: &str, leaf: &str) -> bool {
    !path.is_empty() && leaf.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn choices(kind: &Kind, encoding: Encoding, needed: bool, value: &str) -> Option<Vec<String>> {
    let mut texts = match (kind, encoding) {
        (Kind::OneOf { values }, _) if values.len() <= PICKED_AT_MOST => values.clone(),
        (Kind::Flag, Encoding::Typed) => vec!["true".to_owned(), "false".to_owned()],
        _ => return None,
    };
    if !needed {
        texts.insert(0, String::new());
    }
    if !texts.iter().any(|text| text == value) {
        texts.insert(0, value.to_owned());
    }
    Some(texts)
}

fn text_at(row: &Quarantined, path: &str) -> String {
    path.split('.').try_fold(&row.record, |value, step| value.get(step)).map_or_else(String::new, text_of)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The edits that a form holds: the values that are not those of the row, by path, in the types that the row's source
/// has. What does not read as the field's type stays text, for the check to refuse.
pub fn edits(row: &Quarantined, values: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let changed = values.iter().filter(|(path, text)| text_at(row, path) != **text);
    changed.map(|(path, text)| (path.clone(), edit(row.encoding, path, text))).collect()
}

fn edit(encoding: Encoding, path: &str, text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let kind = games_contract().field(path).map(|(field, _)| &field.kind);
    match (encoding, kind) {
        (Encoding::Typed, Some(Kind::Integer { .. } | Kind::Number { .. })) => {
            let number = serde_json::from_str(text.trim()).ok().filter(Value::is_number);
            number.unwrap_or_else(|| text.into())
        }
        (Encoding::Typed, Some(Kind::Flag)) => match text {
            "true" => true.into(),
            "false" => false.into(),
            _ => text.into(),
        },
        _ => text.into(),
    }
}

/// What a row would be if it was let in.
pub fn game_words(game: &Game) -> String {
    let score = game.score.map_or_else(String::new, |score| format!(" {}–{}", score.visitor, score.home));
    format!("{} at {}{score}, {} ({})", game.visitor, game.home, game.date, game.id)
}

/// The answer to "check again".
pub fn rechecked_words(game: Option<&Game>, violations: &[Violation]) -> String {
    match game {
        Some(game) if violations.is_empty() => {
            format!("It keeps every promise and can be released: {}.", game_words(game))
        }
        Some(game) => {
            format!("It can be released: {}. It has {}.", game_words(game), plural(violations.len() as u64, "warning"))
        }
        None => {
            let errors = violations.iter().filter(|violation| violation.is_error()).count();
            format!("It still breaks {}.", plural(errors as u64, "promise"))
        }
    }
}

/// Which rows a page shows, and the words for it: `rows 11 to 20 of 34`. A page beyond the last is the last.
pub fn page_of(rows: usize, page: usize) -> (std::ops::Range<usize>, String) {
    let page = page.min(rows.saturating_sub(1) / PAGE);
    let start = page * PAGE;
    let end = rows.min(start + PAGE);
    let words = format!("rows {} to {} of {}", count(start as u64 + 1), count(end as u64), count(rows as u64));
    (start..end, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locus;
    use crate::data::RawRecord;
    use serde_json::json;

    fn record() -> Value {
        json!({
            "id": "0022300001", "date": "2023-10-24", "season": "2023", "phase": "regular", "neutral": "0",
            "home": "DEN", "visitor": "LAL", "score": { "home": "abc", "visitor": "107" },
            "home_box": null, "visitor_box": null,
        })
    }

    fn row(encoding: Encoding, record: Value) -> Quarantined {
        let file = Locus::file("games.csv");
        let raw = RawRecord { encoding, ..RawRecord::typed(&file, 12, record) };
        let (_, violations) = games_contract().check(&raw);
        Quarantined::new(&raw, violations)
    }

    #[test]
    fn what_is_broken_comes_first_and_then_the_contract_s_order() {
        let row = row(Encoding::Text, record());
        assert_eq!(row.violations.len(), 1, "{:?}", row.violations);
        let fields = repair_fields(&row, &row.violations);
        assert_eq!(fields.len(), games_contract().leaves.len());
        assert_eq!((fields[0].path.as_str(), fields[0].value.as_str()), ("score.home", "abc"));
        assert_eq!(fields[0].problems, [row.violations[0].msg.clone()]);
        assert_eq!(fields[0].label, "The home side's points");
        assert!(fields[0].allowed.contains("from 0 to 300"), "{}", fields[0].allowed);
        let rest: Vec<&str> = fields[1..].iter().map(|field| field.path.as_str()).collect();
        let expected: Vec<&str> = games_contract().leaves.iter().map(|leaf| leaf.path.as_str()).collect();
        assert_eq!(rest, expected.into_iter().filter(|path| *path != "score.home").collect::<Vec<_>>());
    }

    #[test]
    fn a_team_is_picked_and_what_is_none_of_them_stays_visible() {
        let mut record = record();
        record["home"] = "XYZ".into();
        let row = row(Encoding::Text, record);
        let fields = repair_fields(&row, &row.violations);
        let home = fields.iter().find(|field| field.path == "home").unwrap();
        let choices = home.choices.as_ref().unwrap();
        assert_eq!((choices[0].as_str(), choices.len()), ("XYZ", 31));
        assert!(fields.iter().find(|field| field.path == "date").unwrap().choices.is_none());
    }

    #[test]
    fn only_what_was_changed_is_an_edit_and_it_has_the_source_s_type() {
        let values = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let text = row(Encoding::Text, record());
        let found =
            edits(&text, &values(&[("score.home", "119"), ("home", "DEN"), ("home_box.fga", ""), ("neutral", "")]));
        let expected = json!({ "score.home": "119", "neutral": null });
        assert_eq!(serde_json::to_value(found).unwrap(), expected);
        let typed = row(Encoding::Typed, record());
        let form = values(&[("score.home", "119"), ("neutral", "true"), ("season", "2023x"), ("id", "7")]);
        let expected = json!({ "score.home": 119, "neutral": true, "season": "2023x", "id": "7" });
        assert_eq!(serde_json::to_value(edits(&typed, &form)).unwrap(), expected);
    }

    #[test]
    fn an_edited_row_keeps_its_contract() {
        let row = row(Encoding::Text, record());
        let values = [("score.home".to_owned(), "119".to_owned())].into();
        let edits: Vec<(String, Value)> = edits(&row, &values).into_iter().collect();
        let edited = row.edited(&edits);
        let (checked, violations) = games_contract().check(&edited);
        assert!(checked.is_some() && violations.is_empty(), "{violations:?}");
    }

    #[test]
    fn a_row_is_called_by_its_place_and_its_faults() {
        let mut row = row(Encoding::Text, record());
        assert_eq!(row_title(&row), format!("Row 12, games.csv: {}", row.violations[0].kind));
        row.rows = vec![12, 1_300];
        row.violations.clear();
        assert_eq!(row_title(&row), "Rows 12 and 1,300, games.csv");
        assert!(raw_values(&row).iter().any(|(name, value)| name == "home" && value == "DEN"));
    }

    #[test]
    fn a_finding_about_an_object_is_one_about_each_of_its_fields() {
        assert!(is_about("score", "score.home") && is_about("score.home", "score.home"));
        assert!(!is_about("score", "scores.home") && !is_about("", "score.home") && !is_about("score.home", "score"));
    }

    #[test]
    fn pages_are_of_ten_rows_and_the_last_is_the_rest() {
        assert_eq!(page_of(34, 0), (0..10, "rows 1 to 10 of 34".to_owned()));
        assert_eq!(page_of(34, 3), (30..34, "rows 31 to 34 of 34".to_owned()));
        assert_eq!(page_of(34, 9).0, 30..34);
        assert_eq!(page_of(10, 1).0, 0..10);
    }

    #[test]
    fn the_answer_of_a_check_says_whether_it_can_be_released() {
        let row = row(Encoding::Text, record());
        assert_eq!(rechecked_words(None, &row.violations), "It still breaks 1 promise.");
        assert!(violation_words(&row.violations[0]).contains("score.home: "));
        let game: Game = serde_json::from_value(json!({
            "id": "1", "date": "2023-10-24", "season": 2023, "phase": "regular", "neutral": false,
            "home": "DEN", "visitor": "LAL", "score": { "home": 119, "visitor": 107 },
        }))
        .unwrap();
        let words = rechecked_words(Some(&game), &[]);
        assert_eq!(words, "It keeps every promise and can be released: LAL at DEN 107–119, 2023-10-24 (1).");
    }
}
