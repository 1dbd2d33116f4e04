//! Violations as a table: Pandera's failure cases, one row a failing cell.
//!
//! Columns, names of checks and values are those of `SchemaErrors.failure_cases` of a lazy validation. Rows are in the
//! order in which the violations were found.

use super::contract::{Contract, Kind};
use super::{Findings, Violation};
use serde_json::Value;

/// The columns.
pub const COLUMNS: [&str; 6] = ["schema_context", "column", "check", "check_number", "failure_case", "index"];

/// A failure case, one text a column; empty where Pandera has a null.
pub fn row(contract: &Contract, violation: &Violation) -> [String; 6] {
    let path = violation.path();
    let column = match (&violation.locus.column, path.is_empty()) {
        (Some(column), _) => column.clone(),
        (None, false) => path.clone(),
        (None, true) => String::new(),
    };
    let of_schema = matches!(violation.kind.as_str(), "extra_forbidden")
        || violation.locus.row == Some(1) && violation.kind == "missing";
    let (check, number) = check(contract, violation, &path, of_schema);
    let context = if of_schema || column.is_empty() { "DataFrameSchema" } else { "Column" };
    // Pandera counts rows of the frame from 0; the header is the file's row 1.
    let index = match violation.locus.row {
        Some(row) if !of_schema => row.saturating_sub(2).to_string(),
        _ => String::new(),
    };
    let (column, case) = match (of_schema, violation.kind.as_str()) {
        (true, _) => (String::new(), column),
        _ => (column, plain(&violation.input)),
    };
    [context.to_owned(), column, check, number.to_owned(), case, index]
}

/// The name of the check and its number among the column's checks.
fn check(contract: &Contract, violation: &Violation, path: &str, of_schema: bool) -> (String, &'static str) {
    let field = contract.field(path).map(|(field, _)| field);
    match violation.kind.as_str() {
        "extra_forbidden" => ("column_in_schema".to_owned(), ""),
        "missing" if of_schema => ("column_in_dataframe".to_owned(), ""),
        "missing" => ("not_nullable".to_owned(), ""),
        "duplicate_id" => ("field_uniqueness".to_owned(), ""),
        "greater_than_equal" | "less_than_equal" => (field.map_or_else(String::new, |field| range(&field.kind)), "0"),
        "literal_error" => match field.map(|field| &field.kind) {
            Some(Kind::OneOf { values }) => (isin(values), "0"),
            _ => ("isin".to_owned(), "0"),
        },
        "string_too_short" | "string_too_long" => match field.map(|field| &field.kind) {
            Some(Kind::Text { min_length, max_length, .. }) => {
                (format!("str_length({}, {})", or_none(min_length), or_none(max_length)), "0")
            }
            _ => ("str_length".to_owned(), "0"),
        },
        "string_pattern_mismatch" => match field.map(|field| &field.kind) {
            Some(Kind::Text { pattern: Some(pattern), .. }) => (format!("str_matches('{}')", pattern.expression), "0"),
            _ => ("str_matches".to_owned(), "0"),
        },
        kind => match field.map(|field| &field.kind).filter(|_| is_type(kind)) {
            Some(kind) => (format!("coerce_dtype('{}')", dtype(kind)), ""),
            None => (kind.to_owned(), "0"),
        },
    }
}

fn or_none(bound: &Option<usize>) -> String {
    bound.map_or_else(|| "None".to_owned(), |bound| bound.to_string())
}

fn is_type(kind: &str) -> bool {
    kind.ends_with("_type") || kind.ends_with("_parsing") || kind == "int_from_float" || kind == "finite_number"
}

fn dtype(kind: &Kind) -> &'static str {
    match kind {
        Kind::Integer { .. } => "int64",
        Kind::Number { .. } => "float64",
        Kind::Flag => "bool",
        Kind::Day { .. } => "date",
        Kind::Instant => "datetime64[ns, UTC]",
        _ => "str",
    }
}

fn range(kind: &Kind) -> String {
    fn between<T: ToString>(min: &Option<T>, max: &Option<T>) -> String {
        match (min, max) {
            (Some(min), Some(max)) => format!("in_range({}, {})", min.to_string(), max.to_string()),
            (Some(min), None) => format!("greater_than_or_equal_to({})", min.to_string()),
            (None, Some(max)) => format!("less_than_or_equal_to({})", max.to_string()),
            (None, None) => "in_range".to_owned(),
        }
    }
    match kind {
        Kind::Integer { min, max } => between(min, max),
        Kind::Number { min, max } => between(min, max),
        Kind::Day { min, max } => between(min, max),
        _ => "in_range".to_owned(),
    }
}

fn isin(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    format!("isin([{}])", quoted.join(", "))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The kept violations as a CSV file.
pub fn csv(contract: &Contract, findings: &Findings) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = writer.write_record(COLUMNS);
    for violation in &findings.violations {
        let _ = writer.write_record(row(contract, violation));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
