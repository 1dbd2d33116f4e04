//! A contract: what every record of a kind promises, declared once as data and checked over raw records.
//!
//! A check never stops at the first finding: it gives every violation of a record, in the order of
//! the contract's fields, and the row only where there is none that keeps it out. The rules carry
//! the names of Pydantic's error types (`missing`, `int_parsing`, `greater_than_equal`, …).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{Cell, Encoding, RawField, RawRecord, Row};
use super::{ContractRef, Severity, Violation};
use crate::base::Date;

/// A contract: an id, a semantic version, and the fields of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// Its id, such as `games`.
    pub id: String,
    /// Its semantic version: major where a record that was fine no longer is.
    pub version: String,
    /// What a record is.
    pub description: String,
    /// What it holds, in order.
    pub fields: Vec<Field>,
}

/// One field of a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name; a dot leads into an object (`score.home`).
    pub name: String,
    /// What it means, with its unit.
    pub description: String,
    /// What values it takes.
    #[serde(flatten)]
    pub kind: Kind,
    /// Whether the value may be null (an empty CSV value, an absent JSON field).
    pub nullable: bool,
}

/// What values a field takes. Bounds are inclusive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// Text without control characters, by its length in characters.
    Text {
        /// Least length.
        min_length: usize,
        /// Greatest length.
        max_length: usize,
    },
    /// A whole number.
    Integer {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// A finite number.
    Number {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// True or false; `1` and `0` in text.
    Flag,
    /// A day, written `YYYY-MM-DD`.
    Day {
        /// First day.
        min: Date,
        /// Last day.
        max: Date,
    },
    /// One of these texts.
    OneOf {
        /// All that are allowed.
        values: Vec<String>,
    },
}

impl Kind {
    /// What is expected, as the rest of the sentence "expected …".
    pub fn expected(&self) -> String {
        match self {
            Kind::Text { min_length, max_length } => {
                format!("text of {min_length} to {max_length} characters, none of them a control character")
            }
            Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Number { min, max } => format!("a number from {min} to {max}"),
            Kind::Flag => "true or false (in CSV 1 or 0)".to_owned(),
            Kind::Day { min, max } => format!("a day as YYYY-MM-DD from {min} to {max}"),
            Kind::OneOf { values } => format!("one of {}", values.join(", ")),
        }
    }
}

/// A broken rule: its name, and what was expected where that says more than the field's kind.
type Broken = &'static str;

impl Contract {
    /// Its id and version.
    pub fn reference(&self) -> ContractRef {
        ContractRef { id: self.id.clone(), version: self.version.clone() }
    }

    /// Where a field stands.
    pub fn position(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|candidate| candidate.name == field)
    }

    /// Holds one record against the contract: every violation, and the row unless one of them keeps it out.
    pub fn check(&self, record: &RawRecord) -> (Option<Row<'_>>, Vec<Violation>) {
        let mut violations = record.defects.clone();
        let mut cells = Vec::with_capacity(self.fields.len());
        for (at, field) in self.fields.iter().enumerate() {
            match check_field(field, record, record.get(&field.name, at)) {
                Ok(cell) => cells.push(cell),
                Err(violation) => {
                    cells.push(Cell::Null);
                    violations.push(*violation);
                }
            }
        }
        let refused = violations.iter().any(|violation| violation.severity == Severity::Error);
        ((!refused).then_some(Row { contract: self, cells }), violations)
    }
}

fn check_field(field: &Field, record: &RawRecord, raw: Option<&RawField>) -> Result<Cell, Box<Violation>> {
    let absent = |found: &str| {
        Violation::error(
            "missing",
            record.locus_of(&field.name),
            found,
            format!("{}: {}", field.kind.expected(), field.description),
        )
    };
    match raw {
        None if field.nullable && record.encoding == Encoding::Typed => Ok(Cell::Null),
        // What is wrong with the record's form says already why values are not there.
        None if !record.defects.is_empty() => Ok(Cell::Null),
        None => Err(Box::new(absent("nothing"))),
        Some(RawField { value: Value::Null, .. }) if field.nullable => Ok(Cell::Null),
        Some(RawField { value: Value::Null, .. }) => Err(Box::new(absent("an empty value"))),
        Some(RawField { value, .. }) => read(&field.kind, value, record.encoding).map_err(|broken| {
            Box::new(Violation::error(broken, record.locus_of(&field.name), &value.to_string(), field.kind.expected()))
        }),
    }
}

/// Reads a value as its kind says.
fn read(kind: &Kind, value: &Value, encoding: Encoding) -> Result<Cell, Broken> {
    match kind {
        Kind::Text { min_length, max_length } => {
            let text = value.as_str().ok_or("string_type")?;
            let length = text.chars().count();
            if length < *min_length {
                Err("string_too_short")
            } else if length > *max_length {
                Err("string_too_long")
            } else if text.chars().any(char::is_control) {
                Err("string_pattern_mismatch")
            } else {
                Ok(Cell::Text(text.to_owned()))
            }
        }
        Kind::Integer { min, max } => {
            let number = read_integer(value, encoding)?;
            within(&number, min, max)?;
            Ok(Cell::Integer(number))
        }
        Kind::Number { min, max } => {
            let number = read_number(value, encoding)?;
            within(&number, min, max)?;
            Ok(Cell::Number(number))
        }
        Kind::Flag => match (value, encoding) {
            (Value::Bool(flag), _) => Ok(Cell::Flag(*flag)),
            (Value::String(text), Encoding::Text) => match text.as_str() {
                "1" | "true" | "True" | "TRUE" => Ok(Cell::Flag(true)),
                "0" | "false" | "False" | "FALSE" => Ok(Cell::Flag(false)),
                _ => Err("bool_parsing"),
            },
            _ => Err("bool_type"),
        },
        Kind::Day { min, max } => {
            let text = value.as_str().ok_or("date_type")?;
            // chrono alone would also take `2022-1-5`, and two spellings of a day make two digests of a file.
            let well_formed = text.len() == 10 && text.is_ascii();
            let day = Date::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| well_formed).ok_or("date_parsing")?;
            within(&day, min, max)?;
            Ok(Cell::Day(day))
        }
        Kind::OneOf { values } => match value.as_str() {
            Some(text) if values.iter().any(|allowed| allowed == text) => Ok(Cell::Text(text.to_owned())),
            _ => Err("literal_error"),
        },
    }
}

fn within<T: PartialOrd>(value: &T, min: &T, max: &T) -> Result<(), Broken> {
    if value < min {
        Err("greater_than_equal")
    } else if value > max {
        Err("less_than_equal")
    } else {
        Ok(())
    }
}

fn read_integer(value: &Value, encoding: Encoding) -> Result<i64, Broken> {
    match (value, encoding) {
        (Value::Number(number), _) => match number.as_i64() {
            Some(whole) => Ok(whole),
            None if number.is_u64() => Err("less_than_equal"),
            None => Err("int_from_float"),
        },
        (Value::String(text), Encoding::Text) => match text.trim().parse() {
            Ok(whole) => Ok(whole),
            Err(_) => whole_float(text.trim()),
        },
        _ => Err("int_type"),
    }
}

/// `94.0`, as data frames with gaps write whole numbers.
fn whole_float(text: &str) -> Result<i64, Broken> {
    let number: f64 = text.parse().map_err(|_| "int_parsing")?;
    if !number.is_finite() {
        Err("int_parsing")
    } else if number.fract() != 0.0 {
        Err("int_from_float")
    } else if number.abs() > 9e15 {
        Err("int_parsing_size")
    } else {
        Ok(number as i64)
    }
}

fn read_number(value: &Value, encoding: Encoding) -> Result<f64, Broken> {
    let number = match (value, encoding) {
        (Value::Number(number), _) => number.as_f64().ok_or("float_type")?,
        (Value::String(text), Encoding::Text) => text.trim().parse().map_err(|_| "float_parsing")?,
        _ => return Err("float_type"),
    };
    if number.is_finite() { Ok(number) } else { Err("finite_number") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locus;
    use serde_json::json;

    fn contract() -> Contract {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let field = |name: &str, kind: Kind, nullable: bool| Field {
            name: name.to_owned(),
            description: "a field".to_owned(),
            kind,
            nullable,
        };
        Contract {
            id: "things".to_owned(),
            version: "1.0.0".to_owned(),
            description: "Things".to_owned(),
            fields: vec![
                field("name", Kind::Text { min_length: 2, max_length: 4 }, false),
                field("count", Kind::Integer { min: 0, max: 300 }, true),
                field("share", Kind::Number { min: 0.0, max: 1.0 }, true),
                field("on", Kind::Flag, true),
                field("day", Kind::Day { min: day("2000-01-01"), max: day("2099-12-31") }, true),
                field("team", Kind::OneOf { values: vec!["BOS".to_owned(), "LAL".to_owned()] }, true),
            ],
        }
    }

    fn record(encoding: Encoding, fields: &[(&'static str, Value)]) -> RawRecord {
        let mut record = RawRecord::new(Locus::file("things.csv").at_row(7), encoding);
        record.fields = fields
            .iter()
            .map(|(name, value)| RawField {
                field: (*name).into(),
                column: (*name).into(),
                row: 7,
                value: value.clone(),
            })
            .collect();
        record
    }

    /// Checks one field beside an otherwise good record; gives the rule that it broke.
    fn broken(encoding: Encoding, name: &'static str, value: Value) -> Option<String> {
        let mut fields = vec![("name", json!("abc"))];
        for other in ["count", "share", "on", "day", "team"] {
            fields.push((other, Value::Null));
        }
        for field in &mut fields {
            if field.0 == name {
                field.1 = value.clone();
            }
        }
        let contract = contract();
        let (row, violations) = contract.check(&record(encoding, &fields));
        assert_eq!(row.is_none(), !violations.is_empty());
        violations.first().map(|violation| violation.kind.clone())
    }

    #[test]
    fn text_values_are_read_leniently_and_typed_values_strictly() {
        use Encoding::{Text, Typed};
        let cases = [
            (Text, "count", json!("94"), None),
            (Text, "count", json!("94.0"), None),
            (Text, "count", json!("abc"), Some("int_parsing")),
            (Text, "count", json!("nan"), Some("int_parsing")),
            (Text, "count", json!("1e300"), Some("int_parsing_size")),
            (Text, "count", json!("1.5"), Some("int_from_float")),
            (Text, "count", json!("-3"), Some("greater_than_equal")),
            (Text, "count", json!("301"), Some("less_than_equal")),
            (Typed, "count", json!(94), None),
            (Typed, "count", json!("94"), Some("int_type")),
            (Typed, "count", json!(1.5), Some("int_from_float")),
            (Typed, "count", json!(u64::MAX), Some("less_than_equal")),
            (Text, "share", json!("0.5"), None),
            (Text, "share", json!("inf"), Some("finite_number")),
            (Text, "share", json!("much"), Some("float_parsing")),
            (Typed, "share", json!(2), Some("less_than_equal")),
            (Text, "on", json!("1"), None),
            (Text, "on", json!("2"), Some("bool_parsing")),
            (Typed, "on", json!("1"), Some("bool_type")),
            (Typed, "on", json!(true), None),
            (Text, "day", json!("2022-01-05"), None),
            (Text, "day", json!("2022-1-5"), Some("date_parsing")),
            (Text, "day", json!("2022-02-30"), Some("date_parsing")),
            (Text, "day", json!("1999-12-31"), Some("greater_than_equal")),
            (Typed, "day", json!(5), Some("date_type")),
            (Text, "team", json!("BOS"), None),
            (Text, "team", json!("<b>BOS</b>"), Some("literal_error")),
            (Text, "name", json!("a"), Some("string_too_short")),
            (Text, "name", json!("abcde"), Some("string_too_long")),
            (Text, "name", json!("a\u{7}b"), Some("string_pattern_mismatch")),
            (Text, "name", json!("<i>"), None),
            (Text, "name", Value::Null, Some("missing")),
        ];
        for (encoding, name, value, expected) in cases {
            assert_eq!(broken(encoding, name, value.clone()).as_deref(), expected, "{encoding:?} {name} {value}");
        }
    }

    #[test]
    fn every_violation_of_a_record_is_found_in_the_order_of_the_fields() {
        let contract = contract();
        let record = record(Encoding::Typed, &[("team", json!("XXX")), ("count", json!(-3)), ("day", json!("soon"))]);
        let (row, violations) = contract.check(&record);
        assert_eq!(row, None);
        let kinds: Vec<&str> = violations.iter().map(|violation| violation.kind.as_str()).collect();
        assert_eq!(kinds, ["missing", "greater_than_equal", "date_parsing", "literal_error"]);
        assert_eq!(
            violations[1].to_string(),
            "things.csv, row 7, column count: found -3, expected a whole number from 0 to 300 [greater_than_equal]"
        );
    }

    #[test]
    fn a_contract_is_data_and_survives_a_round_trip() {
        let contract = contract();
        let text = serde_json::to_string(&contract).unwrap();
        assert_eq!(serde_json::from_str::<Contract>(&text).unwrap(), contract);
    }
}
