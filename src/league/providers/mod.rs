//! Where games come from: each provider knows its own files, and makes records of the contract `games` of them.
//!
//! A provider turns bytes into [`RawRecord`]s, each with its place, and judges nothing but the form: what the values
//! mean is the contract's affair. Rows that the provider marks as something else (preseason, All-Star, G League) are
//! passed over and counted by reason. Everything is read through a bounded [`Window`], whatever its size.

mod backup;
mod balldontlie;
mod leaguegamefinder;
mod nba_games;
mod records;
mod season;
mod sniff;
mod table;

pub use season::{SEASON_SCHEMA, SeasonFile, season_bytes};

use std::io::Read;

use crate::base::{Digest, Locus};
use crate::data::reader::Window;
use crate::data::{Contract, RawRecord, Row, Rule, SourceKind, Violation};

/// Where a provider puts what it reads.
pub trait Sink {
    /// Takes a row that keeps the contract; says whether to go on.
    fn row(&mut self, row: &Row<'_>, file: &Locus, number: u64) -> bool;
    /// Takes a record that is to be checked; says whether to go on.
    fn record(&mut self, record: RawRecord) -> bool;
    /// Counts rows that are passed over, with the reason; says whether to go on.
    fn skip(&mut self, reason: &str, rows: u64) -> bool;
    /// Is told how many bytes of the file have been read, now and then.
    fn taken(&mut self, _bytes: u64) {}
}

/// Why a provider gave up.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// The sink did not want more.
    Cancelled,
    /// The file as a whole cannot be read: nothing of it may be let in.
    Unreadable(Vec<Violation>),
    /// The outside failed in the middle of the file.
    Failed(String),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Self {
        Stop::Unreadable(vec![violation])
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::Failed(error.to_string())
    }
}

/// What a provider says about a file that it has read to the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The provider's id.
    pub provider: &'static str,
    /// The parser with its version, such as `leaguegamefinder/2`.
    pub parser: String,
    /// The scheme of the source's name: `csv`, `json` or `backup`.
    pub scheme: &'static str,
    /// Whether the games were played.
    pub source_kind: SourceKind,
    /// What concerns the file as a whole, such as a missing end.
    pub violations: Vec<Violation>,
}

/// What is read of a file to know whose it is.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// A table, with its header.
    Table(&'a [String]),
    /// JSON, with its first bytes and the first name in it: of the object, or of the first object of the list.
    Json {
        /// Whether it is a list.
        list: bool,
        /// The first name.
        name: &'a str,
        /// The first bytes.
        text: &'a [u8],
    },
}

/// A provider's file, opened.
pub struct File<'f, 'a> {
    /// Its name, for messages.
    pub locus: &'f Locus,
    /// Its bytes.
    pub window: &'f mut Window<'a>,
}

/// A provider of games.
pub trait Provider: Sync {
    /// Its id.
    fn id(&self) -> &'static str;
    /// The parser's version: it rises when the same bytes give other records.
    fn version(&self) -> u32;
    /// What a person calls it, and what its files are known by.
    fn about(&self) -> About;
    /// Whether a file that starts like this is its own.
    fn recognises(&self, start: &Start<'_>) -> bool;
    /// The CSV columns that it reads; none where its files are no tables.
    fn layout(&self) -> Option<&'static Layout> {
        None
    }
    /// Reads a file that it has recognised.
    ///
    /// # Errors
    /// A [`Stop`] where the file as a whole cannot be read, or the sink wants no more.
    fn parse(&self, file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop>;
    /// The rules of its form, for the documentation.
    fn rules(&self) -> &'static [&'static Rule] {
        &[]
    }
}

/// A provider in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// What a person calls it.
    pub title: &'static str,
    /// What its files are known by.
    pub known_by: &'static str,
}

pub use table::Layout;

/// All providers of files, in the order in which they are asked.
pub static PROVIDERS: [&dyn Provider; 6] = [
    &nba_games::NbaGames,
    &leaguegamefinder::LeagueGameFinder,
    &season::Season,
    &balldontlie::Balldontlie,
    &backup::Backup,
    &records::GAMES,
];

/// Rules of the form of files, each once: those of every file, of every table, of JSON, and of each provider.
pub fn form_rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    let shared = [sniff::RULES, table::RULES, records::JSON_RULES];
    for rule in shared.into_iter().chain(PROVIDERS.iter().map(|provider| provider.rules())).flatten() {
        if !rules.contains(rule) {
            rules.push(rule);
        }
    }
    rules
}

/// What was read of a file, and what the provider says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRead {
    /// What the provider says, or why it gave up.
    pub parsed: Result<Parsed, Stop>,
    /// Bytes of the file.
    pub bytes: u64,
    /// Digest of the file's bytes, where it was asked for.
    pub digest: Option<Digest>,
}

/// Reads a file of any provider. With `digest`, the bytes are digested on the way.
pub fn parse(name: &str, input: &mut dyn Read, digest: bool, sink: &mut dyn Sink) -> FileRead {
    read(name, input, digest, |file| choose(file, sink))
}

/// Reads records of a contract other than `games`: a table with the contract's fields as columns, a list, an object
/// around a list, or JSON Lines.
pub fn parse_records(contract: &'static Contract, name: &str, input: &mut dyn Read, sink: &mut dyn Sink) -> FileRead {
    read(name, input, false, |mut file| match sniff::shape(file.locus, file.window)? {
        sniff::Shape::Json => records::parse_json(contract, file, sink),
        sniff::Shape::Csv => records::parse_table(contract, &mut file, sink),
    })
}

fn read(
    name: &str,
    input: &mut dyn Read,
    digest: bool,
    parse: impl FnOnce(File<'_, '_>) -> Result<Parsed, Stop>,
) -> FileRead {
    let locus = Locus::file(name);
    let failed = |error: std::io::Error| FileRead { parsed: Err(error.into()), bytes: 0, digest: None };
    let mut window = match Window::open(input, digest) {
        Ok(window) => window,
        Err(error) => return failed(error),
    };
    let parsed = parse(File { locus: &locus, window: &mut window });
    // Where the reading was given up, the rest of the bytes says nothing any more.
    if parsed.is_err() {
        return FileRead { parsed, bytes: window.consumed(), digest: None };
    }
    match window.finish() {
        Ok((bytes, digest)) => FileRead { parsed, bytes, digest },
        Err(error) => failed(error),
    }
}

fn choose(mut file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
    match sniff::shape(file.locus, file.window)? {
        sniff::Shape::Json => {
            let text = file.window.data();
            let (list, name) = sniff::first_name(text);
            let start = Start::Json { list, name: &name, text };
            match PROVIDERS.iter().find(|provider| provider.recognises(&start)) {
                Some(provider) => provider.parse(file, sink),
                None => Err(sniff::unknown_json(file.locus, list, &name).into()),
            }
        }
        sniff::Shape::Csv => {
            let header = table::peek_header(&mut file)?;
            let provider = table::choose(file.locus, &header, &PROVIDERS)?;
            provider.parse(file, sink)
        }
    }
}

#[cfg(test)]
mod tests;
