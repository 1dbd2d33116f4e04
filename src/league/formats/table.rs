//! What the CSV formats share: the header, rows with their line, and the choice of a format.

use std::borrow::Cow;

use serde_json::Value;

use super::Stop;
use crate::base::Locus;
use crate::data::{RawField, Severity, Violation};

/// A CSV format's header.
#[derive(Debug)]
pub(super) struct Layout {
    /// The format's name.
    pub(super) name: &'static str,
    /// Columns that must be there, each with the contract's field that it holds (or nothing).
    pub(super) required: &'static [(&'static str, &'static str)],
    /// Columns that may be there and are not read.
    pub(super) optional: &'static [&'static str],
}

impl Layout {
    fn knows(&self, column: &str) -> bool {
        self.required.iter().any(|(name, _)| *name == column) || self.optional.contains(&column)
    }

    fn missing<'l>(&'l self, header: &'l [String]) -> impl Iterator<Item = &'static str> + 'l {
        self.required.iter().map(|(name, _)| *name).filter(|name| !header.iter().any(|column| column == name))
    }

    /// The contract's field of a column.
    pub(super) fn field(&self, column: &str) -> &'static str {
        self.required.iter().find(|(name, _)| *name == column).map_or("", |(_, field)| field)
    }
}

/// A table whose header has been read.
pub(super) struct Table<'a> {
    pub(super) file: Locus,
    pub(super) header: Vec<String>,
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    record: csv::ByteRecord,
    /// What concerns the file as a whole.
    pub(super) violations: Vec<Violation>,
}

/// One row as it was read.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The line on which it starts, as an editor counts; the header is line 1.
    pub(super) row: u64,
    /// Its values in the header's order; shorter than the header where the row was.
    pub(super) values: Vec<Value>,
    /// What was wrong with its form.
    pub(super) defects: Vec<Violation>,
}

impl Line {
    /// The value of a column as text, trimmed; empty where there is none.
    pub(super) fn text(&self, at: usize) -> &str {
        self.values.get(at).and_then(Value::as_str).unwrap_or("").trim()
    }
}

impl<'a> Table<'a> {
    /// Reads the header.
    pub(super) fn open(file: &Locus, bytes: &'a [u8]) -> Result<Self, Stop> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(|error| unreadable(file, &error))?;
        let header = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok(Self { file: file.clone(), header, bytes, reader, record, violations: Vec::new() })
    }

    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// The next row; none at the end.
    pub(super) fn read(&mut self) -> Result<Option<Line>, Stop> {
        if !self.reader.read_byte_record(&mut self.record).map_err(|error| unreadable(&self.file, &error))? {
            return Ok(None);
        }
        let row = self.record.position().map_or(0, |start| self.line_of(start));
        let place = self.file.at_row(row);
        let mut line = Line { row, values: Vec::with_capacity(self.header.len()), defects: Vec::new() };
        for (at, bytes) in self.record.iter().take(self.header.len()).enumerate() {
            let text = String::from_utf8_lossy(bytes);
            if let Cow::Owned(lossy) = &text {
                let column = place.at_column(self.header[at].clone());
                line.defects.push(Violation::error("string_unicode", column, &format!("{lossy:?}"), "text in UTF-8"));
            }
            line.values.push(if text.trim().is_empty() { Value::Null } else { Value::String(text.into_owned()) });
        }
        if self.record.len() != self.header.len() {
            line.defects.push(self.wrong_length(&place));
        }
        if self.reader.position().byte() as usize >= self.bytes.len() {
            self.look_at_the_end(&line, &place);
        }
        Ok(Some(line))
    }

    /// The line on which a record's first value stands: the reader's position may lie before the line breaks that
    /// lead to it, the second half of a CRLF and empty lines.
    fn line_of(&self, start: &csv::Position) -> u64 {
        let ahead = self.bytes.get(start.byte() as usize..).unwrap_or_default();
        let breaks = ahead.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        start.line() + breaks.filter(|byte| **byte == b'\n').count() as u64
    }

    fn wrong_length(&self, place: &Locus) -> Violation {
        let place = match self.header.get(self.record.len()) {
            Some(first_missing) => place.at_column(first_missing.clone()),
            None => place.clone(),
        };
        Violation::error(
            "row_length",
            place,
            &format!("{} values", self.record.len()),
            format!("{} values, as the header has columns", self.header.len()),
        )
    }

    /// A last row that breaks off means that the file does, and then what else is lost cannot be known.
    fn look_at_the_end(&mut self, last: &Line, place: &Locus) {
        let open_quote = self.bytes.iter().filter(|byte| **byte == b'"').count() % 2 == 1
            && self.record.iter().any(|value| value.contains(&b'\n'));
        let ended = self.bytes.ends_with(b"\n") || self.bytes.ends_with(b"\r");
        if open_quote {
            self.violations.push(Violation::error(
                "truncated",
                place.clone(),
                "a quotation mark that is never closed",
                "a file that is whole: everything after it would be one value",
            ));
        } else if !ended && self.record.len() < self.header.len() {
            self.violations.push(Violation::error(
                "truncated",
                place.clone(),
                &format!("the end of the file after {} of {} values", self.record.len(), self.header.len()),
                "a file that is whole: get it again",
            ));
        } else if !ended && last.defects.is_empty() {
            self.violations.push(Violation::warning(
                "no_final_line_break",
                place.clone(),
                "the end of the file without a line break",
                "a line break after the last row: its last value may be cut off",
            ));
        }
    }
}

fn unreadable(file: &Locus, error: &csv::Error) -> Stop {
    let place = error.position().map_or_else(|| file.clone(), |position| file.at_row(position.line()));
    Violation::error("csv", place, &error.to_string(), "a CSV file").into()
}

/// Turns a row's values into fields of the contract.
pub(super) fn fields(layout: &'static Layout, header: &[String], line: Line) -> Vec<RawField> {
    header
        .iter()
        .zip(line.values)
        .map(|(column, value)| RawField {
            field: layout.field(column).into(),
            column: column.clone().into(),
            row: line.row,
            value,
        })
        .collect()
}

/// Picks the format whose header this is; otherwise says which columns are missing or unknown.
pub(super) fn choose(table: &Table<'_>, layouts: &[&'static Layout]) -> Result<&'static str, Stop> {
    let header = &table.header;
    let known = |layout: &Layout| header.iter().filter(|column| layout.knows(column)).count();
    let Some(nearest) = layouts.iter().max_by_key(|layout| known(layout)) else {
        return Err(Stop::Unreadable(Vec::new()));
    };
    let place = table.file.at_row(1);
    if known(nearest) * 2 < nearest.required.len() {
        return Err(unknown_format(&place, header, layouts).into());
    }
    let mut violations = Vec::new();
    for column in nearest.missing(header) {
        violations.push(Violation::error(
            "missing",
            place.at_column(column),
            "no such column",
            format!("the column {column}, as the format {} has it", nearest.name),
        ));
    }
    for (at, column) in header.iter().enumerate() {
        if !nearest.knows(column) {
            violations.push(Violation::error(
                "extra_forbidden",
                place.at_column(column.clone()),
                "an unknown column",
                format!("only the columns of the format {}", nearest.name),
            ));
        } else if header[..at].contains(column) {
            violations.push(Violation::error(
                "duplicate_column",
                place.at_column(column.clone()),
                "the column a second time",
                "each column once",
            ));
        }
    }
    if violations.iter().any(|violation| violation.severity == Severity::Error) {
        return Err(Stop::Unreadable(violations));
    }
    Ok(nearest.name)
}

fn unknown_format(place: &Locus, header: &[String], layouts: &[&'static Layout]) -> Violation {
    let formats: Vec<String> = layouts
        .iter()
        .map(|layout| {
            let missing: Vec<&str> = layout.missing(header).collect();
            format!("{} (missing here: {})", layout.name, missing.join(", "))
        })
        .collect();
    let hint = match header {
        [only] if only.contains(';') => "; this one is separated by semicolons: save it with commas",
        [only] if only.contains('\t') => "; this one is separated by tabs: save it with commas",
        _ => "",
    };
    Violation::error(
        "unknown_format",
        place.clone(),
        &format!("{:?}", header.join(",")),
        format!("the header of {}, or a season's JSON file{hint}", formats.join(" or ")),
    )
}
