//! A CSV file of any columns, in memory, as commands take it from a user.

use std::path::{Path, PathBuf};

use super::{Failure, Outcome};
use crate::base::Locus;

/// A CSV file in memory.
pub(super) struct Table {
    path: PathBuf,
    /// Names of the columns, each once.
    pub(super) header: Vec<String>,
    /// Rows, each as long as the header.
    pub(super) rows: Vec<csv::StringRecord>,
}

impl Table {
    /// Reads a file. A byte-order mark is passed over; names of columns are always trimmed, values as `trim` says.
    pub(super) fn open(path: &Path, trim: csv::Trim) -> Result<Self, Failure> {
        let at = Locus::file(path.display().to_string());
        let file = std::fs::File::open(path).map_err(|error| Failure::Environment(format!("{at}: {error}")))?;
        // `flexible` so that a row of another length can be named as such.
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(trim).from_reader(file);
        let broken = |error: csv::Error| {
            let at = error.position().map_or_else(|| at.clone(), |position| at.at_row(position.line()));
            match error.kind() {
                csv::ErrorKind::Utf8 { .. } => {
                    Failure::Environment(format!("{at}: expected UTF-8 text, found other bytes; is it a CSV file?"))
                }
                _ => Failure::Environment(format!("{at}: {error}")),
            }
        };
        let header: Vec<String> = reader
            .headers()
            .map_err(broken)?
            .iter()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        check_header(&at, &header)?;
        let mut rows = Vec::new();
        for row in reader.records() {
            let row = row.map_err(broken)?;
            if row.len() != header.len() {
                return Err(Failure::Environment(format!(
                    "{}: expected {} fields as in the header, found {}",
                    at.at_row(line_of(&row)),
                    header.len(),
                    row.len()
                )));
            }
            rows.push(row);
        }
        Ok(Self { path: path.to_owned(), header, rows })
    }

    /// Its path, as it was given.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// A column by its name.
    pub(super) fn index(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// A column that must be there.
    pub(super) fn column(&self, name: &str) -> Result<usize, Failure> {
        self.index(name).ok_or_else(|| {
            let columns = self.header.join(", ");
            Failure::Usage(format!("{}: expected a column `{name}`; the file has {columns}", self.name()))
        })
    }

    /// The place of a value.
    pub(super) fn locus(&self, row: &csv::StringRecord, column: usize) -> Locus {
        Locus::file(self.name()).at_row(line_of(row)).at_column(self.header[column].clone())
    }
}

/// The line on which a row starts.
pub(super) fn line_of(row: &csv::StringRecord) -> u64 {
    row.position().map_or(0, csv::Position::line)
}

fn check_header(at: &Locus, header: &[String]) -> Outcome {
    if header.iter().all(String::is_empty) {
        return Err(Failure::Environment(format!("{at}: the file is empty: expected a header with column names")));
    }
    if let [only] = header
        && let Some(found) = [';', '\t', '|'].into_iter().find(|mark| only.contains(*mark))
    {
        let at = at.at_row(1);
        return Err(Failure::Environment(format!("{at}: expected commas between the columns, found {found:?}")));
    }
    for (index, name) in header.iter().enumerate() {
        if header[..index].contains(name) {
            let at = at.at_row(1).at_column(name.as_str());
            return Err(Failure::Environment(format!("{at}: the name appears twice: expected unique column names")));
        }
    }
    Ok(())
}

/// How files write that a value is missing.
pub(super) fn is_missing(cell: &str) -> bool {
    cell.is_empty() || ["na", "n/a", "nan", "null", "none"].iter().any(|word| cell.eq_ignore_ascii_case(word))
}
