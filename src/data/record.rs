//! Records as they were read, and rows as they were understood.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Contract, Violation};
use crate::base::{Date, Locus};

/// How a source writes values, and so how strictly they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Everything is text (CSV): `94` is a number if it reads as one, an empty value is null.
    Text,
    /// Values carry their type (JSON): the text `"94"` is no number.
    Typed,
}

/// One value of a record as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct RawField {
    /// The contract's field that it is meant for; empty for a column that no field is read from.
    pub field: Cow<'static, str>,
    /// The source's name for it.
    pub column: Cow<'static, str>,
    /// The row that it stands in.
    pub row: u64,
    /// The value; null where nothing is written.
    pub value: Value,
}

/// A record as a parser hands it over: named values, each with its place, nothing judged but the form.
#[derive(Debug, Clone, PartialEq)]
pub struct RawRecord {
    /// File and row.
    pub locus: Locus,
    /// How the values are written.
    pub encoding: Encoding,
    /// How many of the source's rows it was made of.
    pub rows: u64,
    /// Its values.
    pub fields: Vec<RawField>,
    /// What was wrong with its form already: a short row, bytes that are no text, a missing partner.
    pub defects: Vec<Violation>,
}

impl RawRecord {
    /// An empty record of one row.
    pub fn new(locus: Locus, encoding: Encoding) -> Self {
        Self { locus, encoding, rows: 1, fields: Vec::new(), defects: Vec::new() }
    }

    /// The value meant for a field, if one was read. `hint` is where to look first.
    pub fn get(&self, field: &str, hint: usize) -> Option<&RawField> {
        match self.fields.get(hint) {
            Some(raw) if raw.field == field => Some(raw),
            _ => self.fields.iter().find(|raw| raw.field == field),
        }
    }

    /// The place of a field's value; the record's own with the field's name where none was read.
    pub fn locus_of(&self, field: &str) -> Locus {
        match self.get(field, 0) {
            Some(raw) => self.locus.at_row(raw.row).at_column(raw.column.clone()),
            None => self.locus.at_column(field),
        }
    }

    /// The values by the source's names, for the quarantine. Where a record was made of several rows, the row is named.
    pub fn raw(&self) -> Map<String, Value> {
        self.fields
            .iter()
            .map(|raw| {
                let name =
                    if self.rows > 1 { format!("{} (row {})", raw.column, raw.row) } else { raw.column.to_string() };
                (name, raw.value.clone())
            })
            .collect()
    }
}

/// A value that keeps its field's promise.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing, where the field may be null.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A day.
    Day(Date),
}

/// A record that keeps its contract: one [`Cell`] a field, in the contract's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'c> {
    pub(super) contract: &'c Contract,
    pub(super) cells: Vec<Cell>,
}

impl Row<'_> {
    fn cell(&self, field: &str) -> &Cell {
        self.contract.position(field).and_then(|at| self.cells.get(at)).unwrap_or(&Cell::Null)
    }

    /// A text field's value; none where it is null or no text field.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.cell(field) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number's value; none where it is null or does not fit into the type asked for.
    pub fn integer<T: TryFrom<i64>>(&self, field: &str) -> Option<T> {
        match self.cell(field) {
            Cell::Integer(number) => T::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A number's value.
    pub fn number(&self, field: &str) -> Option<f64> {
        match self.cell(field) {
            Cell::Number(number) => Some(*number),
            Cell::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// A flag's value.
    pub fn flag(&self, field: &str) -> Option<bool> {
        match self.cell(field) {
            Cell::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A day's value.
    pub fn day(&self, field: &str) -> Option<Date> {
        match self.cell(field) {
            Cell::Day(day) => Some(*day),
            _ => None,
        }
    }
}
