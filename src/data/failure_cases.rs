//! Violations as a table: Pandera's failure cases, one row a failing cell.
//!
//! Columns, names of checks, values and order are those of `SchemaErrors.failure_cases` of a lazy validation with
//! `coerce=True`: what is wrong with the columns first, then values that are not of their column's type, then column by
//! column, in each nulls, duplicates and checks. Rows of our own rules stand behind their column's checks, and those of
//! the set at the end. Where we differ is held by a test against Pandera's own rows.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::contract::{Contract, Field, Kind};
use super::record::Encoding;
use super::{Findings, Violation};

/// The columns.
pub const COLUMNS: [&str; 6] = ["schema_context", "column", "check", "check_number", "failure_case", "index"];

/// A failure case, one text a column; empty where Pandera has a null.
pub type Row = [String; 6];

/// Where a failure case stands among the others, as far as its column does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    UnknownColumn,
    MissingColumn,
    Coercion,
    Column,
    /// Rules of the set.
    Set,
}

/// What is checked in a column, in Pandera's order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Check {
    NotNullable,
    Unique,
    Numbered(usize, String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    group: Group,
    /// Where the column stands, and its name.
    column: (usize, String),
    check: Check,
    file: Option<String>,
    row: Option<u64>,
    failure_case: String,
    name: String,
    context: &'static str,
}

/// The kept violations as failure cases, in Pandera's order.
pub fn rows(contract: &Contract, findings: &Findings) -> Vec<Row> {
    let places = places(contract, findings);
    let mut cases: Vec<Case> = Vec::new();
    for violation in &findings.violations {
        let case = case(contract, violation, &places);
        // Pandera names every member of a group of duplicates.
        cases.extend(first_member(&case, violation));
        cases.push(case);
    }
    let mut seen = HashSet::new();
    cases.retain(|case| {
        seen.insert((case.name.clone(), case.column.1.clone(), case.file.clone(), case.row)) || !case.is_once()
    });
    // The sort is stable: within a check, rows stay in the order of the source.
    cases.sort_by(|a, b| {
        let key = |case: &Case| (case.group, case.column.0, case.check.clone(), case.file.clone(), case.row);
        key(a).cmp(&key(b))
    });
    let records = records(findings);
    cases
        .into_iter()
        .map(|case| {
            let in_records = records.contains(&case.file);
            case.row(in_records)
        })
        .collect()
}

/// The kept violations as a CSV file.
pub fn csv(contract: &Contract, findings: &Findings) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = writer.write_record(COLUMNS);
    for row in rows(contract, findings) {
        let _ = writer.write_record(row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Files that hold records without a header: their rows are counted from 1, and those of a table from 2.
fn records(findings: &Findings) -> HashSet<Option<String>> {
    let typed = findings.quarantined.iter().filter(|row| row.encoding == Encoding::Typed);
    let refused = typed.map(|row| row.locus.file.clone());
    // Where no row of a file was refused, its name tells.
    let named = findings.violations.iter().map(|violation| violation.locus.file.clone());
    let json = |file: &Option<String>| {
        file.as_ref().is_some_and(|name| [".json", ".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end)))
    };
    refused.chain(named.filter(json)).collect()
}

/// Where columns stand, by the source's names, as far as the violations tell it.
fn places(contract: &Contract, findings: &Findings) -> BTreeMap<String, usize> {
    let mut places: BTreeMap<String, usize> =
        contract.leaves.iter().enumerate().map(|(at, leaf)| (leaf.path.clone(), at)).collect();
    for violation in &findings.violations {
        let path = violation.path();
        if let (Some(column), Some(at)) = (&violation.locus.column, position(contract, &path)) {
            places.entry(column.clone()).or_insert(at);
        }
    }
    places
}

/// Where a field stands; an object stands where its first value does.
fn position(contract: &Contract, path: &str) -> Option<usize> {
    contract.field(path).map(|(field, _)| field.leaf)
}

fn case(contract: &Contract, violation: &Violation, places: &BTreeMap<String, usize>) -> Case {
    let path = violation.path();
    let column = violation.locus.column.clone().unwrap_or_else(|| path.clone());
    let field = contract.field(&path).map(|(field, _)| field);
    let kind = violation.kind.as_str();
    // A header's row is 1, and what it lacks has no way from a record.
    let group = match kind {
        "extra_forbidden" => Group::UnknownColumn,
        "missing" if violation.loc.is_empty() => Group::MissingColumn,
        _ if field.is_some() && is_type(kind) => Group::Coercion,
        _ if column.is_empty() => Group::Set,
        _ => Group::Column,
    };
    let (check, name) = check(contract, violation, field, group);
    let of_schema = matches!(group, Group::UnknownColumn | Group::MissingColumn);
    let composite = check == Check::Unique && contract.key.len() > 1;
    let failure_case = match kind {
        _ if of_schema => column.clone(),
        "missing" => String::new(),
        _ => plain(&violation.input),
    };
    let at = position(contract, &path).or_else(|| places.get(&column).copied()).unwrap_or(usize::MAX);
    Case {
        group,
        column: (at, column),
        check,
        file: violation.locus.file.clone(),
        row: violation.locus.row.filter(|_| !of_schema),
        failure_case,
        name,
        context: if of_schema || composite || group == Group::Set { "DataFrameSchema" } else { "Column" },
    }
}

/// The row that had a key first, where the violation says it and it is in the same file.
fn first_member(case: &Case, violation: &Violation) -> Option<Case> {
    let first = violation.ctx.get("first").filter(|_| case.check == Check::Unique)?;
    let row = first["row"].as_u64()?;
    (first["file"].as_str() == case.file.as_deref()).then(|| Case { row: Some(row), ..case.clone() })
}

impl Case {
    /// Whether it is told once, however often it was found.
    fn is_once(&self) -> bool {
        matches!(self.group, Group::UnknownColumn | Group::MissingColumn) || self.check == Check::Unique
    }

    fn row(self, in_records: bool) -> Row {
        let of_schema = matches!(self.group, Group::UnknownColumn | Group::MissingColumn);
        let number = match self.check {
            Check::Numbered(number, _) if !of_schema && self.group != Group::Coercion => number.to_string(),
            _ => String::new(),
        };
        // Pandera counts the frame's rows from 0; we count a table's header as row 1, and records from 1.
        let first = if in_records { 1 } else { 2 };
        let index = self.row.map_or_else(String::new, |row| row.saturating_sub(first).to_string());
        let column = if of_schema { String::new() } else { self.column.1 };
        [self.context.to_owned(), column, self.name, number, self.failure_case, index]
    }
}

/// Which check it is, and its name.
fn check(contract: &Contract, violation: &Violation, field: Option<&Field>, group: Group) -> (Check, String) {
    let kind = violation.kind.as_str();
    let own = field.map(|field| checks(&field.kind)).unwrap_or_default();
    let numbered = |number: usize, name: String| (Check::Numbered(number, name.clone()), name);
    match (group, kind) {
        (Group::UnknownColumn, _) => numbered(0, "column_in_schema".to_owned()),
        (Group::MissingColumn, _) => numbered(0, "column_in_dataframe".to_owned()),
        (Group::Coercion, _) => numbered(0, format!("coerce_dtype('{}')", field.map_or("str", dtype))),
        (_, "missing") => (Check::NotNullable, "not_nullable".to_owned()),
        (_, "duplicate_id") if contract.key.len() > 1 => (Check::Unique, "multiple_fields_uniqueness".to_owned()),
        (_, "duplicate_id") => (Check::Unique, "field_uniqueness".to_owned()),
        _ => match own.iter().position(|(types, _)| types.contains(&kind)) {
            Some(at) => numbered(at, own[at].1.clone()),
            // Our own rules are counted on behind a column's checks, in the order of their declaration.
            None => {
                let rule = contract.rules.iter().position(|rule| rule.name == kind).unwrap_or(contract.rules.len());
                numbered(own.len() + rule, kind.to_owned())
            }
        },
    }
}

/// The checks that Pandera has for a kind's bounds, each with the types of its violations.
fn checks(kind: &Kind) -> Vec<(&'static [&'static str], String)> {
    const RANGE: &[&str] = &["greater_than_equal", "less_than_equal"];
    const LENGTH: &[&str] = &["string_too_short", "string_too_long"];
    const FORM: &[&str] = &["string_pattern_mismatch"];
    const ONE_OF: &[&str] = &["literal_error"];
    fn range(min: Option<String>, max: Option<String>) -> Vec<(&'static [&'static str], String)> {
        match (min, max) {
            (Some(min), Some(max)) => vec![(RANGE, format!("in_range({min}, {max})"))],
            (Some(min), None) => vec![(RANGE, format!("greater_than_or_equal_to({min})"))],
            (None, Some(max)) => vec![(RANGE, format!("less_than_or_equal_to({max})"))],
            (None, None) => Vec::new(),
        }
    }
    match kind {
        Kind::Integer { min, max } => range(min.map(|min| min.to_string()), max.map(|max| max.to_string())),
        // Python writes a number of floating point with its point.
        Kind::Number { min, max } => range(min.map(|min| format!("{min:?}")), max.map(|max| format!("{max:?}"))),
        Kind::Day { min, max } => range(min.map(|min| min.to_string()), max.map(|max| max.to_string())),
        Kind::OneOf { values } => {
            let quoted: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
            vec![(ONE_OF, format!("isin([{}])", quoted.join(", ")))]
        }
        Kind::Text { min_length, max_length, pattern } => {
            let or_none = |bound: &Option<usize>| bound.map_or_else(|| "None".to_owned(), |bound| bound.to_string());
            let mut all = Vec::new();
            if min_length.is_some() || max_length.is_some() {
                all.push((LENGTH, format!("str_length({}, {})", or_none(min_length), or_none(max_length))));
            }
            all.extend(pattern.map(|pattern| (FORM, format!("str_matches('{}')", pattern.expression))));
            all
        }
        Kind::Flag | Kind::Instant | Kind::Object(_) | Kind::List(_) => Vec::new(),
    }
}

/// Whether a violation says that a value is not of its field's type.
fn is_type(kind: &str) -> bool {
    kind.ends_with("_type")
        || kind.ends_with("_parsing")
        || ["int_from_float", "int_parsing_size", "finite_number", "timezone_aware"].contains(&kind)
}

fn dtype(field: &Field) -> &'static str {
    match (&field.kind, field.nullable) {
        (Kind::Integer { .. }, true) => "Int64",
        (Kind::Integer { .. }, false) => "int64",
        (Kind::Number { .. }, _) => "float64",
        (Kind::Flag, true) => "boolean",
        (Kind::Flag, false) => "bool",
        (Kind::Day { .. }, _) => "date",
        (Kind::Instant, _) => "datetime64[ns, UTC]",
        _ => "str",
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
