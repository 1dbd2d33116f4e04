//! The formats that games come in, known by a file's header or shape.
//!
//! A parser turns bytes into [`RawRecord`]s, each with its place, and judges nothing but the form:
//! what the values mean is the contract's affair. Rows that the provider marks as something else
//! (preseason, All-Star, G League) are passed over and counted by reason.

mod leaguegamefinder;
mod nba_games;
mod season;
mod sniff;
mod table;

pub use season::{SEASON_SCHEMA, SeasonFile, season_bytes};

use crate::base::Locus;
use crate::data::{RawRecord, SourceKind, Violation};

/// Where a parser puts what it reads.
pub trait Sink {
    /// Takes a record; says whether to go on.
    fn record(&mut self, record: RawRecord) -> bool;
    /// Counts rows that are passed over, with the reason.
    fn skip(&mut self, reason: &str, rows: u64);
}

/// Why a parser gave up.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// The sink did not want more.
    Cancelled,
    /// The file as a whole cannot be read: nothing of it may be let in.
    Unreadable(Vec<Violation>),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Self {
        Stop::Unreadable(vec![violation])
    }
}

/// What a parser says about a file that it has read to the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The parser with its version, such as `leaguegamefinder/1`.
    pub parser: &'static str,
    /// The scheme of the source's name: `csv` or `json`.
    pub scheme: &'static str,
    /// Whether the games were played.
    pub source_kind: SourceKind,
    /// What concerns the file as a whole, such as a missing end.
    pub violations: Vec<Violation>,
}

/// Reads a file of any known format.
pub fn parse(name: &str, bytes: &[u8], sink: &mut dyn Sink) -> Result<Parsed, Stop> {
    let file = Locus::file(name);
    match sniff::shape(&file, bytes)? {
        sniff::Shape::Json(text) => season::parse(&file, text, sink),
        sniff::Shape::Csv(text) => {
            let table = table::Table::open(&file, text)?;
            match table::choose(&table, &[&nba_games::LAYOUT, &leaguegamefinder::LAYOUT])? {
                "leaguegamefinder" => leaguegamefinder::parse(table, sink),
                _ => nba_games::parse(table, sink),
            }
        }
    }
}

#[cfg(test)]
mod tests;
