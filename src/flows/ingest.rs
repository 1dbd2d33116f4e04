//! Bytes become a dataset, or a refusal that says why.

use serde::{Deserialize, Serialize};

use crate::base::{Date, Instant, Seed};
use crate::data::{Manifest, Quarantined, Violation};
use crate::league::GameLog;

/// What to ingest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Input<'a> {
    /// The simulated league.
    Demo(Seed),
    /// A CSV or JSON file; its format is known by its header or its shape.
    File {
        /// The file's name, for messages and for the manifest's source.
        name: &'a str,
        /// Its bytes.
        bytes: &'a [u8],
    },
}

/// Findings of an ingest, as far as they are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The first violations in the order of the file, at most [`KEPT`].
    pub violations: Vec<Violation>,
    /// How many there were in all.
    pub violation_count: u64,
    /// The first refused rows, at most [`KEPT`].
    pub quarantined: Vec<Quarantined>,
    /// What was passed over and why, such as `preseason games`, with its count.
    pub skipped: Vec<(String, u64)>,
}

/// How many violations and refused rows are kept; beyond it they are counted.
pub const KEPT: usize = 1000;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;

/// What a successful ingest gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingested {
    /// The accepted games.
    pub log: GameLog,
    /// The record of it.
    pub manifest: Manifest,
    /// The morning the data speaks of.
    pub as_of: Date,
    /// What was found on the way.
    pub findings: Findings,
}

/// Nothing was let in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// In one sentence: what is wrong and what to do.
    pub message: String,
    /// What was found.
    pub findings: Findings,
}

/// Parses, checks and seals. Pure: nothing is stored.
///
/// `progress` is told rows done so far, now and then, and says whether to go on; a `false` ends with a [`Rejection`]
/// that says that it was cancelled.
pub fn ingest(input: Input<'_>, now: Instant, progress: &mut dyn FnMut(u64) -> bool) -> Result<Ingested, Rejection> {
    let _ = (input, now, progress);
    todo!()
}
