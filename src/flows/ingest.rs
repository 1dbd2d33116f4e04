//! Bytes become a dataset, or a refusal that says why.
//!
//! The way of a file: parse (a format of [`league::formats`](crate::league::formats)) → the contract `games` →
//! rules within a game → rules over the set → the gate → the seal. Nothing is stored here, so whatever is
//! refused leaves everything as it was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest, Instant, Locus, Seed};
use crate::data::{Counts, Lineage, Manifest, Quarantined, RawRecord, Severity, SourceKind, Violation, gate};
use crate::league::checks::{SetChecks, game_of};
use crate::league::formats::{self, Parsed, Sink, Stop};
use crate::league::{Game, GameLog, demo, games_contract};

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
    /// Files that are one set, such as the seasons of a folder that was ingested before.
    Files {
        /// Name of the set, for messages and for the manifest's source.
        name: &'a str,
        /// Each file's name and bytes.
        files: &'a [(String, Vec<u8>)],
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
    /// What was passed over and why, such as `preseason games`, with its count of rows.
    pub skipped: Vec<(String, u64)>,
}

/// How many violations and refused rows are kept; beyond it they are counted.
pub const KEPT: usize = 1000;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;

/// How often progress is told, in rows.
const TOLD_EVERY: u64 = 256;

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
    /// Where each game of the log was read; empty where it is not known.
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

/// Refuses a file by its size, before it is read.
pub fn check_size(name: &str, bytes: u64) -> Result<(), Rejection> {
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    let violation = Violation::error(
        "file_too_large",
        Locus::file(name),
        &format!("{} MiB", bytes.div_ceil(1 << 20)),
        format!("at most {} MiB: split the file by seasons", MAX_BYTES >> 20),
    );
    Err(reject(name, &violation.to_string(), Findings::of(vec![violation])))
}

/// What was found in an input, before the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// Name of the source, such as `csv:games.csv`.
    pub source: String,
    /// Simulated or real.
    pub source_kind: SourceKind,
    /// The parser with its version; none where the input could not be read.
    pub parser: String,
    /// How many rows went where.
    pub counts: Counts,
    /// The accepted games.
    pub games: Vec<Game>,
    /// Violations that concern the set or a file as a whole; they are among the findings too.
    pub of_the_set: Vec<Violation>,
    /// Every finding, as far as it is kept.
    pub findings: Findings,
    /// How many of the violations keep something out.
    pub errors: u64,
    /// Whether `progress` said to stop.
    pub cancelled: bool,
}

/// Parses and checks, and keeps up to `kept` violations and refused rows. Pure: nothing is stored.
///
/// `today` is the day of the ingest; `progress` is as in [`ingest`].
pub fn examine(input: Input<'_>, today: Date, kept: usize, progress: &mut dyn FnMut(u64) -> bool) -> Examined {
    match input {
        Input::Demo(seed) => examine_demo(seed),
        Input::File { name, bytes } => examine_files(name, &[(name, bytes)], today, kept, progress),
        Input::Files { name, files } => {
            let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
            examine_files(name, &files, today, kept, progress)
        }
    }
}

/// Parses, checks and seals. Pure: nothing is stored.
///
/// `progress` is told rows done so far, now and then, and says whether to go on; a `false` ends with a [`Rejection`]
/// that says that it was cancelled.
pub fn ingest(input: Input<'_>, now: Instant, progress: &mut dyn FnMut(u64) -> bool) -> Result<Ingested, Rejection> {
    let examined = examine(input, now.date_naive(), KEPT, progress);
    admit(examined, now)
}

/// The gate and the seal.
///
/// # Errors
/// A [`Rejection`] where the gate says no.
pub fn admit(examined: Examined, now: Instant) -> Result<Ingested, Rejection> {
    let Examined { source, source_kind, parser, counts, games, of_the_set, findings, cancelled, .. } = examined;
    let name = source.split_once(':').map_or(source.as_str(), |(_, name)| name).to_owned();
    if cancelled {
        return Err(Rejection { message: format!("{name}: cancelled; nothing has changed"), findings });
    }
    if let Err(reason) = gate(counts, &of_the_set) {
        let first = findings.violations.iter().find(|violation| violation.severity == Severity::Error);
        let why = match first {
            // The gate's reason quotes a finding about the set; otherwise the first finding is the example.
            Some(first) if of_the_set.iter().all(|violation| violation.severity == Severity::Warning) => {
                format!("{reason}; the first: {first}")
            }
            _ => reason,
        };
        return Err(reject(&name, &why, findings));
    }
    let log = GameLog::new(games);
    let sealed = Digest::of_json(&log.games()).map_err(|error| reject(&name, &error.to_string(), findings.clone()))?;
    let (first_day, last_day) = (log.games().first().map(|game| game.date), log.games().last().map(|game| game.date));
    let Some(as_of) = log.last_known_morning().or(first_day) else {
        return Err(reject(&name, "it has no games", findings));
    };
    let manifest = Manifest {
        digest: sealed,
        source,
        source_kind,
        provider: parser.split('/').next().unwrap_or_default().to_owned(),
        revision: 0,
        parser,
        contracts: vec![games_contract().reference()],
        inputs: Vec::new(),
        requests: 0,
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
    Ok(Ingested { log, manifest, as_of, findings, lineage: Lineage::default() })
}

fn reject(name: &str, reason: &str, findings: Findings) -> Rejection {
    Rejection { message: format!("{name} is refused and nothing has changed: {reason}"), findings }
}

impl Findings {
    /// Findings that are these violations alone.
    pub fn of(violations: Vec<Violation>) -> Self {
        Self { violation_count: violations.len() as u64, violations, ..Self::default() }
    }
}

fn examine_demo(seed: Seed) -> Examined {
    let games = demo::games(seed);
    let rows = games.len() as u64;
    Examined {
        source: format!("demo:{}", seed.0),
        source_kind: SourceKind::Simulated,
        parser: demo::VERSION.to_owned(),
        counts: Counts { rows_in: rows, accepted: rows, ..Counts::default() },
        games,
        of_the_set: Vec::new(),
        findings: Findings::default(),
        errors: 0,
        cancelled: false,
    }
}

fn examine_files(
    name: &str,
    files: &[(&str, &[u8])],
    today: Date,
    kept: usize,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Examined {
    let mut collector = Collector::new(today, kept, progress);
    let mut parsed: Option<Parsed> = None;
    for (name, bytes) in files {
        match formats::parse(name, bytes, &mut collector) {
            Ok(done) => {
                for violation in &done.violations {
                    collector.of_the_set(violation.clone());
                }
                parsed = Some(match parsed {
                    // A set with simulated games in it is simulated.
                    Some(before) if before.source_kind == SourceKind::Simulated => before,
                    _ => done,
                });
            }
            Err(Stop::Cancelled) => break,
            Err(Stop::Unreadable(violations)) => {
                violations.into_iter().for_each(|violation| collector.of_the_set(violation));
            }
        }
    }
    collector.finish(name, files.len() > 1, parsed)
}

/// Takes records from a parser and holds each against everything.
struct Collector<'p> {
    today: Date,
    kept: usize,
    progress: &'p mut dyn FnMut(u64) -> bool,
    counts: Counts,
    games: Vec<Game>,
    set: SetChecks,
    of_the_set: Vec<Violation>,
    findings: Findings,
    skipped: BTreeMap<String, u64>,
    errors: u64,
    cancelled: bool,
}

impl<'p> Collector<'p> {
    fn new(today: Date, kept: usize, progress: &'p mut dyn FnMut(u64) -> bool) -> Self {
        Self {
            today,
            kept,
            progress,
            counts: Counts::default(),
            games: Vec::new(),
            set: SetChecks::default(),
            of_the_set: Vec::new(),
            findings: Findings::default(),
            skipped: BTreeMap::new(),
            errors: 0,
            cancelled: false,
        }
    }

    fn note(&mut self, violation: Violation) {
        self.findings.violation_count += 1;
        self.errors += u64::from(violation.severity == Severity::Error);
        if self.findings.violations.len() < self.kept {
            self.findings.violations.push(violation);
        }
    }

    fn of_the_set(&mut self, violation: Violation) {
        self.of_the_set.push(violation.clone());
        self.note(violation);
    }

    fn count_rows(&mut self, rows: u64) -> bool {
        let before = self.counts.rows_in / TOLD_EVERY;
        self.counts.rows_in += rows;
        if self.counts.rows_in / TOLD_EVERY != before && !(self.progress)(self.counts.rows_in) {
            self.cancelled = true;
        }
        !self.cancelled
    }

    fn finish(mut self, name: &str, many: bool, parsed: Option<Parsed>) -> Examined {
        // Where a file could not be read, what its rows lack as a set says nothing.
        if self.of_the_set.iter().all(|violation| violation.severity == Severity::Warning) && !self.cancelled {
            for violation in self.set.finish(&Locus::file(name)) {
                self.of_the_set(violation);
            }
        }
        let (parser, scheme) = parsed.as_ref().map_or(("none", "file"), |parsed| (parsed.parser, parsed.scheme));
        self.findings.skipped = self.skipped.into_iter().collect();
        Examined {
            source: format!("{}:{name}", if many { "dir" } else { scheme }),
            source_kind: parsed.as_ref().map_or(SourceKind::Real, |parsed| parsed.source_kind),
            parser: parser.to_owned(),
            counts: self.counts,
            games: self.games,
            of_the_set: self.of_the_set,
            findings: self.findings,
            errors: self.errors,
            cancelled: self.cancelled,
        }
    }

    /// The game of a record, if nothing keeps it out, and everything found in it.
    fn judge(&mut self, record: &RawRecord) -> (Option<Game>, Vec<Violation>) {
        let (row, mut violations) = games_contract().check(record);
        let Some(row) = row else { return (None, violations) };
        let (game, more) = game_of(&row, record, Some(self.today));
        violations.extend(more);
        let Some(game) = game else { return (None, violations) };
        let more = self.set.enter(&game, record);
        let refused = !more.is_empty();
        violations.extend(more);
        ((!refused).then_some(game), violations)
    }
}

impl Sink for Collector<'_> {
    fn record(&mut self, record: RawRecord) -> bool {
        let (game, violations) = self.judge(&record);
        match game {
            Some(game) => {
                self.counts.accepted += record.rows;
                self.games.push(game);
            }
            None => {
                self.counts.quarantined += record.rows;
                if self.findings.quarantined.len() < self.kept {
                    self.findings.quarantined.push(Quarantined { raw: record.raw(), violations: violations.clone() });
                }
            }
        }
        violations.into_iter().for_each(|violation| self.note(violation));
        self.count_rows(record.rows)
    }

    fn skip(&mut self, reason: &str, rows: u64) {
        *self.skipped.entry(reason.to_owned()).or_default() += rows;
        self.counts.skipped += rows;
        self.count_rows(rows);
    }
}

#[cfg(test)]
mod tests;
