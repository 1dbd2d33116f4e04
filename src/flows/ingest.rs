//! Bytes become a dataset, or a refusal that says why.
//!
//! The way of a file: a provider of [`league::providers`](crate::league::providers) makes records of it → the contract
//! `games` → rules within a game → rules over the set → the gate → the seal. Nothing is stored here, so whatever is
//! refused leaves everything as it was. [`IngestPipeline`] tells the way as four stages.

mod pipeline;
mod release;

pub use pipeline::{IngestPipeline, StageReport};
pub use release::{ReleaseError, recheck, release};

use serde::{Deserialize, Serialize};

use super::check::{Checked, Checking, Done, InputFile, Timer, check};
use crate::base::{Date, Digest, Instant, Seed};
use crate::data::{Counts, Findings, InputRef, KEPT, Lineage, Manifest, Origin, Severity, SourceKind, Violation, gate};
use crate::league::contracts::GamesJudge;
use crate::league::{Game, GameLog, demo, games_contract, providers};

/// What to ingest.
pub enum Input<'a> {
    /// The simulated league.
    Demo(Seed),
    /// Files that are one set: a file of any provider, several dropped together, the pages of a download, the seasons of
    /// a folder that was ingested before.
    Files {
        /// Name of the set, for messages and for the manifest's source.
        name: String,
        /// Scheme of the source's name where the files do not tell it: `dir`, `balldontlie`.
        scheme: Option<&'static str>,
        /// The files.
        files: Vec<InputFile<'a>>,
    },
}

impl<'a> Input<'a> {
    /// A file whose bytes are at hand.
    pub fn of_bytes(name: &str, bytes: &'a [u8]) -> Self {
        Self::Files { name: name.to_owned(), scheme: None, files: vec![InputFile::of_bytes(name, bytes)] }
    }
}

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
    /// Where each game of the log was read; empty for games that were not read.
    pub lineage: Lineage,
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

/// What was found in an input, before the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// Name of the source, such as `csv:games.csv`.
    pub source: String,
    /// Simulated or real.
    pub source_kind: SourceKind,
    /// The provider's id.
    pub provider: String,
    /// The parser with its version; `none` where the input could not be read.
    pub parser: String,
    /// How many rows went where.
    pub counts: Counts,
    /// The accepted games, each with its origin.
    pub games: Vec<(Game, Origin)>,
    /// The files as they were read.
    pub inputs: Vec<InputRef>,
    /// Requests that the fetch took.
    pub requests: u64,
    /// Violations that concern the set or a file as a whole; they are among the findings too.
    pub of_the_set: Vec<Violation>,
    /// Every finding, as far as it is kept.
    pub findings: Findings,
    /// Bytes read.
    pub bytes: u64,
    /// Milliseconds of judging, where they were timed.
    pub judging: f64,
    /// Whether `progress` said to stop.
    pub cancelled: bool,
}

/// Parses and checks, and keeps up to `kept` violations and refused rows. Pure: nothing is stored.
///
/// `today` is the day of the ingest; `progress` is told how far it is and says whether to go on.
pub fn examine(
    input: Input<'_>,
    today: Date,
    kept: usize,
    timer: Option<Timer<'_>>,
    progress: &mut dyn FnMut(Done) -> bool,
) -> Examined {
    match input {
        Input::Demo(seed) => examine_demo(seed),
        Input::Files { name, scheme, files } => {
            let many = files.len() > 1;
            let checking = Checking { kept, collect: true, progress, timer };
            let checked = check(&name, files, GamesJudge::new(Some(today)), checking, &providers::parse);
            examined(&name, scheme, many, checked)
        }
    }
}

fn examined(name: &str, scheme: Option<&'static str>, many: bool, checked: Checked<Game>) -> Examined {
    let parsed = checked.parsed.as_ref();
    let of_files = if many { "files" } else { parsed.map_or("file", |parsed| parsed.scheme) };
    Examined {
        source: format!("{}:{name}", scheme.unwrap_or(of_files)),
        source_kind: parsed.map_or(SourceKind::Real, |parsed| parsed.source_kind),
        provider: parsed.map_or("none", |parsed| parsed.provider).to_owned(),
        parser: parsed.map_or("none", |parsed| parsed.parser.as_str()).to_owned(),
        counts: checked.counts,
        games: checked.items,
        inputs: checked.inputs,
        requests: 0,
        of_the_set: checked.of_the_set,
        findings: checked.findings,
        bytes: checked.bytes,
        judging: checked.judging,
        cancelled: checked.cancelled,
    }
}

/// Parses, checks and seals. Pure: nothing is stored.
///
/// # Errors
/// A [`Rejection`] where the gate says no, or `progress` did.
pub fn ingest(input: Input<'_>, now: Instant, progress: &mut dyn FnMut(Done) -> bool) -> Result<Ingested, Rejection> {
    let examined = examine(input, now.date_naive(), KEPT, None, progress);
    admit(examined, now)
}

/// The gate and the seal.
///
/// # Errors
/// A [`Rejection`] where the gate says no.
pub fn admit(examined: Examined, now: Instant) -> Result<Ingested, Rejection> {
    let name = name_of(&examined.source).to_owned();
    if examined.cancelled {
        let message = format!("{name}: cancelled; nothing has changed");
        return Err(Rejection { message, findings: examined.findings });
    }
    if let Err(reason) = gate(examined.counts, &examined.of_the_set) {
        let first = examined.findings.violations.iter().find(|violation| violation.is_error());
        let why = match first {
            // The gate's reason quotes a finding about the set; otherwise the first finding is the example.
            Some(first) if examined.of_the_set.iter().all(|one| one.severity == Severity::Warning) => {
                format!("{reason}; the first: {first}")
            }
            _ => reason,
        };
        return Err(reject(&name, &why, examined.findings));
    }
    seal(examined, now).map_err(|(reason, findings)| reject(&name, &reason, findings))
}

/// The source's name without its scheme.
pub fn name_of(source: &str) -> &str {
    source.split_once(':').map_or(source, |(_, name)| name)
}

fn seal(examined: Examined, now: Instant) -> Result<Ingested, (String, Findings)> {
    let Examined { source, source_kind, provider, parser, counts, games, inputs, requests, findings, .. } = examined;
    let (log, lineage) = in_order(games);
    let digest = match Digest::of_json(&log.games()) {
        Ok(digest) => digest,
        Err(error) => return Err((error.to_string(), findings)),
    };
    let (first_day, last_day) = (log.games().first().map(|game| game.date), log.games().last().map(|game| game.date));
    let Some(as_of) = log.last_known_morning().or(first_day) else {
        return Err(("it has no games".to_owned(), findings));
    };
    let manifest = Manifest {
        digest,
        source,
        source_kind,
        provider,
        revision: 0,
        parser,
        contracts: vec![games_contract().reference()],
        inputs,
        requests,
        rows_in: counts.rows_in,
        accepted: counts.accepted,
        records: log.games().len() as u64,
        quarantined: counts.quarantined,
        released: 0,
        skipped: counts.skipped,
        first_day,
        last_day,
        ingested_at: now,
        previous: None,
    };
    Ok(Ingested { log, manifest, as_of, findings, lineage })
}

/// Games in their canonical order, and their origins in the same.
fn in_order(mut games: Vec<(Game, Origin)>) -> (GameLog, Lineage) {
    games.sort_by(|(a, _), (b, _)| (a.date, &a.id).cmp(&(b.date, &b.id)));
    let (games, origins): (Vec<Game>, Vec<Origin>) = games.into_iter().unzip();
    // Simulated games have no rows to go back to.
    let known = origins.iter().any(|origin| !origin.rows.is_empty());
    (GameLog::new(games), if known { Lineage::new(origins) } else { Lineage::default() })
}

fn reject(name: &str, reason: &str, findings: Findings) -> Rejection {
    Rejection { message: format!("{name} is refused and nothing has changed: {reason}"), findings }
}

fn examine_demo(seed: Seed) -> Examined {
    let games = demo::games(seed);
    let rows = games.len() as u64;
    let nowhere = || Origin { input: 0, rows: Vec::new() };
    Examined {
        source: format!("demo:{}", seed.0),
        source_kind: SourceKind::Simulated,
        provider: "demo".to_owned(),
        parser: demo::VERSION.to_owned(),
        counts: Counts { rows_in: rows, accepted: rows, ..Counts::default() },
        games: games.into_iter().map(|game| (game, nowhere())).collect(),
        inputs: Vec::new(),
        requests: 0,
        of_the_set: Vec::new(),
        findings: Findings::default(),
        bytes: 0,
        judging: 0.0,
        cancelled: false,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
