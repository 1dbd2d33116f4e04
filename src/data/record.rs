//! Records as they were read, and rows as they were understood.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Contract, Kind, Violation};
use crate::base::{Date, Instant, Locus};

/// How a source writes values, and so how strictly they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Everything is text (CSV): `94` is a number if it reads as one, an empty value is null.
    Text,
    /// Values carry their type (JSON): the text `"94"` is no number.
    Typed,
}

/// Where a value of a record stands in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The contract's leaf that it is meant for.
    pub path: Cow<'static, str>,
    /// The source's name for it.
    pub name: Cow<'static, str>,
    /// The row that it stands in.
    pub row: u64,
}

/// A record as a parser hands it over: in the shape of its contract, each value with its place, nothing judged but the
/// form.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRecord {
    /// File and first row.
    pub locus: Locus,
    /// How the values are written.
    pub encoding: Encoding,
    /// The source's rows that it was made of.
    pub rows: Vec<u64>,
    /// The record, objects within objects as the contract has them.
    pub value: Value,
    /// Where its values stand, where that is not told by the record's row and the path alone.
    pub columns: Vec<Column>,
    /// What stands in the source, by the source's own names; none where that is `value`.
    pub raw: Option<Map<String, Value>>,
    /// What was wrong with its form already: a short row, bytes that are no text, a missing partner.
    pub defects: Vec<Violation>,
}

impl RawRecord {
    /// A record of typed values in one row.
    pub fn typed(file: &Locus, row: u64, value: Value) -> Self {
        Self {
            locus: file.at_row(row),
            encoding: Encoding::Typed,
            rows: vec![row],
            value,
            columns: Vec::new(),
            raw: None,
            defects: Vec::new(),
        }
    }

    /// A record of text values: `(path, column, row, value)` each, empty values as none. An object of which nothing is
    /// there becomes null.
    pub fn text<P, N>(
        file: &Locus,
        rows: Vec<u64>,
        values: impl IntoIterator<Item = (P, N, u64, Option<String>)>,
    ) -> Self
    where
        P: Into<Cow<'static, str>>,
        N: Into<Cow<'static, str>>,
    {
        let mut record = Map::new();
        let mut columns = Vec::new();
        for (path, name, row, value) in values {
            let path = path.into();
            put(&mut record, &path, value.map_or(Value::Null, Value::String));
            columns.push(Column { path, name: name.into(), row });
        }
        for inner in record.values_mut() {
            if inner.as_object().is_some_and(|object| object.values().all(Value::is_null)) {
                *inner = Value::Null;
            }
        }
        let first = rows.iter().min().copied().unwrap_or_default();
        Self {
            locus: file.at_row(first),
            encoding: Encoding::Text,
            rows,
            value: Value::Object(record),
            columns,
            raw: None,
            defects: Vec::new(),
        }
    }

    /// The place of a value; the record's own with the path as its column where nothing more is known.
    pub fn locus_of(&self, path: &str) -> Locus {
        // The place of an object is that of the first value in it.
        let is_it = |column: &&Column| column.path == path || is_within(&column.path, path);
        match self.columns.iter().find(is_it) {
            Some(column) => self.locus.at_row(column.row).at_column(column.name.clone()),
            None if path.is_empty() => self.locus.clone(),
            None => self.locus.at_column(path),
        }
    }

    /// A value by its path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.value, |value, step| value.get(step))
    }
}

fn is_within(path: &str, object: &str) -> bool {
    path.strip_prefix(object).is_some_and(|rest| rest.starts_with('.'))
}

/// Writes a value at a path, making the objects on the way.
pub fn put(record: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            record.insert(path.to_owned(), value);
        }
        Some((object, rest)) => {
            let inner = record.entry(object).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

/// A value that keeps its field's promise.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'r> {
    /// Nothing, where the field may be null.
    Null,
    /// Text.
    Text(Cow<'r, str>),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A day.
    Day(Date),
    /// An instant.
    Instant(Instant),
    /// The position of one of the allowed texts.
    Choice(usize),
    /// A list whose items keep their promises.
    List(Box<Value>),
}

/// A record that keeps its contract: one [`Cell`] a leaf, in the contract's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'r> {
    pub(super) cells: Vec<Cell<'r>>,
}

impl Row<'_> {
    /// A leaf's cell, by its position among the contract's leaves.
    pub fn cell(&self, at: usize) -> &Cell<'_> {
        self.cells.get(at).unwrap_or(&Cell::Null)
    }

    /// A text's value; none where it is null or no text.
    pub fn text(&self, at: usize) -> Option<&str> {
        match self.cell(at) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Which of the allowed texts it is.
    pub fn choice(&self, at: usize) -> Option<usize> {
        match self.cell(at) {
            Cell::Choice(choice) => Some(*choice),
            _ => None,
        }
    }

    /// A whole number's value; none where it is null or does not fit into the type asked for.
    pub fn integer<T: TryFrom<i64>>(&self, at: usize) -> Option<T> {
        match self.cell(at) {
            Cell::Integer(number) => T::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A number's value.
    pub fn number(&self, at: usize) -> Option<f64> {
        match self.cell(at) {
            Cell::Number(number) => Some(*number),
            Cell::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// A flag's value.
    pub fn flag(&self, at: usize) -> Option<bool> {
        match self.cell(at) {
            Cell::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A day's value.
    pub fn day(&self, at: usize) -> Option<Date> {
        match self.cell(at) {
            Cell::Day(day) => Some(*day),
            _ => None,
        }
    }

    /// An instant's value.
    pub fn instant(&self, at: usize) -> Option<Instant> {
        match self.cell(at) {
            Cell::Instant(instant) => Some(*instant),
            _ => None,
        }
    }

    /// A leaf as JSON, for messages and profiles.
    pub fn json(&self, contract: &Contract, at: usize) -> Value {
        match self.cell(at) {
            Cell::Null => Value::Null,
            Cell::Text(text) => Value::String(text.clone().into_owned()),
            Cell::Integer(number) => (*number).into(),
            Cell::Number(number) => (*number).into(),
            Cell::Flag(flag) => (*flag).into(),
            Cell::Day(day) => day.to_string().into(),
            Cell::Instant(instant) => instant.to_rfc3339().into(),
            Cell::Choice(choice) => choice_text(contract, at, *choice).map_or(Value::Null, Value::from),
            Cell::List(list) => Value::clone(list),
        }
    }
}

fn choice_text(contract: &Contract, at: usize, choice: usize) -> Option<&str> {
    let (field, _) = contract.field(&contract.leaves.get(at)?.path)?;
    match &field.kind {
        Kind::OneOf { values } => values.get(choice).map(String::as_str),
        _ => None,
    }
}

impl Row<'_> {
    /// The whole row as JSON in the shape of its contract.
    pub fn to_json(&self, contract: &Contract) -> Value {
        let mut record = Map::new();
        for (at, leaf) in contract.leaves.iter().enumerate() {
            put(&mut record, &leaf.path, self.json(contract, at));
        }
        for (name, inner) in &mut record {
            let nullable = contract.shape.field(name).is_some_and(|field| field.nullable);
            if nullable && inner.as_object().is_some_and(|object| object.values().all(Value::is_null)) {
                *inner = Value::Null;
            }
        }
        Value::Object(record)
    }
}
