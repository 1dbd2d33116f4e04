//! What a contract's fields cannot say is judged row by row, with a memory of the rows before.

use crate::base::Locus;
use crate::data::{Contract, RawRecord, Row, Violation};

/// Judges rows that keep a contract against the contract's rules.
pub trait Judge {
    /// What an accepted row becomes.
    type Item;

    /// The contract.
    fn contract(&self) -> &'static Contract;

    /// Judges a row; nothing comes of it where one of the violations keeps it out.
    fn judge(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<Self::Item>, Vec<Violation>);

    /// What is to be said about the set as a whole.
    fn finish(&mut self, set: &Locus) -> Vec<Violation>;
}

/// Where a row stands. Its parts are put together only where something is to be said about it.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// A record that went the whole way.
    Record(&'a RawRecord),
    /// A row of a file.
    Row {
        /// The file.
        file: &'a Locus,
        /// The row.
        row: u64,
    },
}

impl<'a> Place<'a> {
    /// A row of a file.
    pub fn of(file: &'a Locus, row: u64) -> Self {
        Place::Row { file, row }
    }

    /// The row.
    pub fn locus(&self) -> Locus {
        match self {
            Place::Record(record) => record.locus.clone(),
            Place::Row { file, row } => file.at_row(*row),
        }
    }

    /// A field of the row.
    pub fn locus_of(&self, path: &str) -> Locus {
        match self {
            Place::Record(record) => record.locus_of(path),
            Place::Row { file, row } => file.at_row(*row).at_column(path),
        }
    }

    fn parts(&self) -> (Option<&str>, u64) {
        match self {
            Place::Record(record) => (record.locus.file.as_deref(), record.locus.row.unwrap_or_default()),
            Place::Row { file, row } => (file.file.as_deref(), *row),
        }
    }
}

/// A place that is remembered of every row, so it is small: a file's number and a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    file: u32,
    row: u32,
}

/// The files that spots are in.
#[derive(Debug, Default)]
pub struct Spots {
    files: Vec<Option<String>>,
}

impl Spots {
    /// The spot of a place.
    pub fn spot(&mut self, place: &Place<'_>) -> Spot {
        let (name, row) = place.parts();
        // Rows come file by file, so it is the last one or a new one.
        if self.files.last().is_none_or(|last| last.as_deref() != name) {
            self.files.push(name.map(str::to_owned));
        }
        Spot { file: (self.files.len() - 1) as u32, row: u32::try_from(row).unwrap_or(u32::MAX) }
    }

    /// The place of a spot.
    pub fn locus(&self, spot: Spot) -> Locus {
        let file = self.files.get(spot.file as usize).cloned().flatten();
        Locus { file, row: Some(spot.row.into()), column: None }
    }
}
