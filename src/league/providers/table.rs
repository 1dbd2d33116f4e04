//! What the CSV formats share: the header, rows with their line, and the choice of a provider.

use serde_json::{Map, Value, json};

use super::sniff::UNKNOWN_FORMAT;
use super::{File, Provider, Start, Stop};
use crate::base::Locus;
use crate::data::reader::Window;
use crate::data::reader::csv::{CsvError, Ending, Line, Rows};
use crate::data::{Rule, Scope, Violation, any_error};

pub(super) const MISSING_COLUMN: Rule =
    Rule::error("missing", Scope::Form, "conformity", "A table has every column that its format has.");
pub(super) const UNKNOWN_COLUMN: Rule =
    Rule::error("extra_forbidden", Scope::Form, "conformity", "A table has no column that its format does not have.");
pub(super) const DUPLICATE_COLUMN: Rule =
    Rule::error("duplicate_column", Scope::Form, "uniqueness", "A table has each column once.");
pub(super) const ROW_LENGTH: Rule =
    Rule::error("row_length", Scope::Form, "conformity", "A row has as many values as the header has columns.");
pub(super) const NOT_UTF8: Rule = Rule::error("string_unicode", Scope::Form, "conformity", "Values are text in UTF-8.");
pub(super) const TRUNCATED: Rule = Rule::error(
    "truncated",
    Scope::Form,
    "completeness",
    "A file is whole; where it breaks off, what is lost cannot be known.",
);
pub(super) const NO_LINE_BREAK: Rule =
    Rule::warning("no_final_line_break", Scope::Form, "completeness", "The last row ends with a line break.");
pub(super) const TOO_LONG: Rule =
    Rule::error("record_too_long", Scope::Form, "conformity", "A record has at most 1 MiB and 1,000 columns.");

/// Rules of every table's form.
pub(super) const RULES: &[&Rule] = &[
    &MISSING_COLUMN,
    &UNKNOWN_COLUMN,
    &DUPLICATE_COLUMN,
    &ROW_LENGTH,
    &NOT_UTF8,
    &TRUNCATED,
    &NO_LINE_BREAK,
    &TOO_LONG,
];

/// A CSV format's header.
#[derive(Debug)]
pub struct Layout {
    /// The format's name.
    pub name: &'static str,
    /// Columns that must be there, each with the contract's field that it holds (or nothing).
    pub required: &'static [(&'static str, &'static str)],
    /// Columns that may be there and are not read.
    pub optional: &'static [&'static str],
}

impl Layout {
    fn knows(&self, column: &str) -> bool {
        self.required.iter().any(|(name, _)| *name == column) || self.optional.contains(&column)
    }

    fn missing<'l>(&'l self, header: &'l [String]) -> impl Iterator<Item = &'static str> + 'l {
        self.required.iter().map(|(name, _)| *name).filter(|name| !header.iter().any(|column| column == name))
    }

    /// The contract's field of a column; empty where none is read from it.
    pub(super) fn field(&self, column: &str) -> &'static str {
        self.required.iter().find(|(name, _)| *name == column).map_or("", |(_, field)| field)
    }
}

/// A table whose header has been read.
pub(super) struct Table<'w, 'a> {
    pub(super) file: &'w Locus,
    pub(super) header: Vec<String>,
    rows: Rows<'w, 'a>,
    last: Option<(u64, usize)>,
}

/// A row with what was wrong with its form.
pub(super) struct TableLine {
    pub(super) line: Line,
    pub(super) defects: Vec<Violation>,
}

impl<'w, 'a> Table<'w, 'a> {
    /// Reads the header.
    pub(super) fn open<'f: 'w>(file: &'w mut File<'f, 'a>) -> Result<Self, Stop> {
        let locus = file.locus;
        let mut rows = Rows::new(file.window);
        let header = rows.next_row().map_err(|error| unreadable(locus, &error))?.unwrap_or_default();
        Ok(Self { file: locus, header: names(&header), rows, last: None })
    }

    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// The next row; none at the end.
    pub(super) fn read(&mut self) -> Result<Option<TableLine>, Stop> {
        let Some(line) = self.rows.next_row().map_err(|error| unreadable(self.file, &error))? else { return Ok(None) };
        let place = self.file.at_row(line.row);
        let mut defects = Vec::new();
        for at in line.not_utf8.iter().filter(|at| **at < self.header.len()) {
            let column = place.at_column(self.header[*at].clone());
            defects.push(Violation::of(&NOT_UTF8, column, json!(line.text(*at)), "Value should be text in UTF-8"));
        }
        if line.values.len() != self.header.len() {
            defects.push(self.wrong_length(&place, line.values.len()));
        }
        self.last = Some((line.row, line.values.len()));
        Ok(Some(TableLine { line, defects }))
    }

    /// Bytes read so far.
    pub(super) fn taken(&self) -> u64 {
        self.rows.consumed()
    }

    fn wrong_length(&self, place: &Locus, found: usize) -> Violation {
        let place = match self.header.get(found) {
            Some(first_missing) => place.at_column(first_missing.clone()),
            None => place.clone(),
        };
        let msg = format!("Row should have {} values, as the header has columns", self.header.len());
        Violation::of(&ROW_LENGTH, place, json!(format!("{found} values")), msg)
    }

    /// What is to be said about the end. A last row that breaks off means that the file does, and then what else is lost
    /// cannot be known.
    pub(super) fn finish(self) -> Vec<Violation> {
        let Some((row, values)) = self.last else { return Vec::new() };
        let place = self.file.at_row(row);
        let say = |rule: &Rule, found: String, msg: &str| vec![Violation::of(rule, place.clone(), json!(found), msg)];
        match self.rows.ending() {
            Ending::Whole => Vec::new(),
            Ending::OpenQuote => {
                let msg = "File should be whole: everything behind the quotation mark would be one value";
                say(&TRUNCATED, "a quotation mark that is never closed".to_owned(), msg)
            }
            Ending::NoLineBreak if values < self.header.len() => {
                let found = format!("the end of the file after {values} of {} values", self.header.len());
                say(&TRUNCATED, found, "File should be whole: get it again")
            }
            Ending::NoLineBreak => {
                let msg = "The last row should end with a line break: its last value may be cut off";
                say(&NO_LINE_BREAK, "the end of the file without a line break".to_owned(), msg)
            }
        }
    }
}

fn names(header: &Line) -> Vec<String> {
    (0..header.values.len()).map(|at| header.text(at).to_owned()).collect()
}

/// The header of a table, without taking it.
pub(super) fn peek_header(file: &mut File<'_, '_>) -> Result<Vec<String>, Stop> {
    // A header without an end is one that is too long, and is said to be.
    while memchr::memchr2(b'\n', b'\r', file.window.data()).is_none() && file.window.fill()? {}
    let mut start = file.window.data();
    let mut window = Window::open(&mut start, false)?;
    let header = Rows::new(&mut window).next_row().map_err(|error| unreadable(file.locus, &error))?;
    Ok(names(&header.unwrap_or_default()))
}

pub(super) fn unreadable(file: &Locus, error: &CsvError) -> Stop {
    match error {
        CsvError::Io(error) => Stop::Failed(error.to_string()),
        CsvError::TooLong { row } | CsvError::TooWide { row } => {
            let msg = "A record should have at most 1 MiB and 1,000 columns";
            Violation::of(&TOO_LONG, file.at_row(*row), json!(error.to_string()), msg).into()
        }
    }
}

/// A row by the source's own names, for the quarantine.
pub(super) fn raw(header: &[String], line: &Line) -> Map<String, Value> {
    let value = |at: usize| line.values[at].clone().map_or(Value::Null, Value::String);
    (0..line.values.len().min(header.len())).map(|at| (header[at].clone(), value(at))).collect()
}

/// Picks the provider whose header this is; otherwise says which columns are missing or unknown.
pub(super) fn choose(
    file: &Locus,
    header: &[String],
    providers: &'static [&'static dyn Provider],
) -> Result<&'static dyn Provider, Stop> {
    let tables: Vec<(&dyn Provider, &Layout)> =
        providers.iter().filter_map(|provider| Some((*provider, provider.layout()?))).collect();
    let known = |layout: &Layout| header.iter().filter(|column| layout.knows(column)).count();
    let place = file.at_row(1);
    if let Some(provider) = providers.iter().find(|provider| provider.recognises(&Start::Table(header))) {
        return Ok(*provider);
    }
    let nearest = tables.iter().max_by_key(|(_, layout)| known(layout));
    let Some((provider, layout)) = nearest.filter(|(_, layout)| known(layout) * 2 >= layout.required.len()) else {
        return Err(unknown_format(&place, header, &tables).into());
    };
    let violations = held_against(layout, header, &place);
    if any_error(&violations) { Err(Stop::Unreadable(violations)) } else { Ok(*provider) }
}

/// What is wrong with a header.
pub(super) fn held_against(layout: &Layout, header: &[String], place: &Locus) -> Vec<Violation> {
    let mut violations = Vec::new();
    for column in layout.missing(header) {
        let msg = format!("Table should have the column {column}, as the format {} has it", layout.name);
        violations.push(Violation::of(&MISSING_COLUMN, place.at_column(column), Value::Null, msg));
    }
    for (at, column) in header.iter().enumerate() {
        let place = || place.at_column(column.clone());
        if !layout.knows(column) {
            let msg = format!("Table should have only the columns of the format {}", layout.name);
            violations.push(Violation::of(&UNKNOWN_COLUMN, place(), json!(column), msg));
        } else if header[..at].contains(column) {
            violations.push(Violation::of(
                &DUPLICATE_COLUMN,
                place(),
                json!(column),
                "Table should have each column once",
            ));
        }
    }
    violations
}

fn unknown_format(place: &Locus, header: &[String], tables: &[(&dyn Provider, &Layout)]) -> Violation {
    let formats: Vec<String> = tables
        .iter()
        .map(|(_, layout)| {
            let missing: Vec<&str> = layout.missing(header).collect();
            format!("{} (missing here: {})", layout.name, missing.join(", "))
        })
        .collect();
    let hint = match header {
        [only] if only.contains(';') => "; this one is separated by semicolons: save it with commas",
        [only] if only.contains('\t') => "; this one is separated by tabs: save it with commas",
        _ => "",
    };
    let msg = format!("Header should be that of {}, or the file JSON{hint}", formats.join(" or "));
    Violation::of(&UNKNOWN_FORMAT, place.clone(), json!(header.join(",")), msg)
}
