//! What was ingested: the record of one ingest, and the index of the files it wrote.

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest, Instant};

/// Whether results were played or made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A simulated league: every page that shows it says so.
    Simulated,
    /// Games that were played.
    Real,
}

/// A contract by id and semantic version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRef {
    /// The contract's id, such as `games`.
    pub id: String,
    /// Its semantic version, such as `1.0.0`.
    pub version: String,
}

/// The record of one ingest, sealed by the digest of the rows that it let in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// SHA-256 over the canonical bytes (RFC 8785) of the accepted rows in their canonical order.
    /// The manifest's identity: the same content again is a recorded no-op.
    pub digest: Digest,
    /// Where the rows came from, as the user would name it: `demo:7`, `csv:games.csv`.
    pub source: String,
    /// Simulated or real.
    pub source_kind: SourceKind,
    /// The parser that read it, with its version, such as `leaguegamefinder/1`.
    pub parser: String,
    /// The contracts that the rows were checked against.
    pub contracts: Vec<ContractRef>,
    /// Rows read.
    pub rows_in: u64,
    /// Rows let in.
    pub accepted: u64,
    /// Records that the accepted rows make: a provider may print two rows a game.
    #[serde(default)]
    pub records: u64,
    /// Rows refused and kept in quarantine.
    pub quarantined: u64,
    /// Rows that the provider marks as something else (preseason, All-Star, …) and that were passed over.
    pub skipped: u64,
    /// First and last league day among the accepted rows.
    pub first_day: Option<Date>,
    /// See `first_day`.
    pub last_day: Option<Date>,
    /// When it was ingested.
    pub ingested_at: Instant,
    /// Digest of the manifest before this one in the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

/// One file of ingested data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataFile {
    /// Path relative to the index.
    pub path: String,
    /// What is in it: `games` (one season) or `store` (the published journal).
    pub kind: String,
    /// The season's starting year, for `games`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<u16>,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
    /// Digest of the file's bytes: a reader refuses a file that does not match.
    pub digest: Digest,
    /// The contract its rows keep.
    pub contract: ContractRef,
    /// The days that have games, ascending, for `games`: so that a page can step from day to day without the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Date>,
}

/// `index.json`: what a data folder holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataIndex {
    /// Version of this document's form.
    pub schema: u32,
    /// The ingest that wrote the games.
    pub manifest: Manifest,
    /// The morning that the data speaks of: the day after the last played one, on which the next games are still to come.
    pub as_of: Date,
    /// Every file with its digest.
    pub files: Vec<DataFile>,
}
