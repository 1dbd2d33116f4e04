//! A row of the quarantine, repaired by hand: checked again as it would be in its set, and released into it.
//!
//! A release is a new revision of the dataset. The former one, and the bytes that both came from, stay as they are.

use serde_json::Value;

use super::{Ingested, in_order};
use crate::base::{Digest, Instant, Locus};
use crate::data::{Findings, Lineage, Origin, Quarantined, RawRecord, SourceKind, Violation};
use crate::league::contracts::{GamesJudge, Judge, Place};
use crate::league::{Game, games_contract};

/// Why a row was not released.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReleaseError {
    /// There is no such row.
    #[error("there is no row {0} in quarantine; it has {1}")]
    NoSuchRow(usize, usize),
    /// It still breaks promises.
    #[error("the row still breaks {} of its promises; the first: {first}", .violations.len())]
    Refused {
        /// The first, as a sentence.
        first: String,
        /// All of them.
        violations: Vec<Violation>,
    },
    /// The games could not be sealed.
    #[error("{0}")]
    Seal(String),
}

/// The game that a row of the quarantine makes with these edits, and everything that it breaks, within itself and
/// against the games that are there. An edit names a field of the contract by its path.
pub fn recheck(
    games: &[Game],
    source_kind: SourceKind,
    row: &Quarantined,
    edits: &[(String, Value)],
    now: Instant,
) -> (Option<Game>, Vec<Violation>) {
    let record: RawRecord = row.edited(edits);
    let (checked, mut violations) = games_contract().check(&record);
    let Some(checked) = checked else { return (None, violations) };
    let today = (source_kind == SourceKind::Real).then(|| now.date_naive());
    let mut judge = GamesJudge::new(today).among(games, &Locus::file("the dataset"));
    let (game, more) = judge.judge(&checked, &Place::Record(&record));
    violations.extend(more);
    (game, violations)
}

/// Releases the row at a place of the quarantine into its dataset: the dataset's next revision.
///
/// # Errors
/// A [`ReleaseError`]; nothing has changed then.
pub fn release(
    before: &Ingested,
    at: usize,
    edits: &[(String, Value)],
    now: Instant,
) -> Result<Ingested, ReleaseError> {
    let quarantined = &before.findings.quarantined;
    let row = quarantined.get(at).ok_or(ReleaseError::NoSuchRow(at, quarantined.len()))?;
    let (game, violations) = recheck(before.log.games(), before.manifest.source_kind, row, edits, now);
    let Some(game) = game else {
        let first = violations.iter().find(|violation| violation.is_error()).map(ToString::to_string);
        return Err(ReleaseError::Refused { first: first.unwrap_or_default(), violations });
    };
    let games = with_origins(before, row, game);
    let (log, lineage) = in_order(games);
    let digest = Digest::of_json(&log.games()).map_err(|error| ReleaseError::Seal(error.to_string()))?;
    let rows = row.rows.len().max(1) as u64;
    let mut manifest = before.manifest.clone();
    manifest.digest = digest;
    manifest.accepted += rows;
    manifest.quarantined = manifest.quarantined.saturating_sub(rows);
    manifest.released += rows;
    manifest.records = log.games().len() as u64;
    manifest.first_day = log.games().first().map(|game| game.date);
    manifest.last_day = log.games().last().map(|game| game.date);
    manifest.ingested_at = now;
    let as_of = log.last_known_morning().unwrap_or(before.as_of);
    Ok(Ingested { as_of, log, manifest, findings: without(&before.findings, at), lineage })
}

fn with_origins(before: &Ingested, row: &Quarantined, game: Game) -> Vec<(Game, Origin)> {
    let input = before.manifest.inputs.iter().position(|input| Some(&input.name) == row.locus.file.as_ref());
    let origin = Origin { input: input.unwrap_or_default() as u32, rows: row.rows.clone() };
    let nowhere = || Origin { input: 0, rows: Vec::new() };
    let lineage: &Lineage = &before.lineage;
    let old = before.log.games().iter().enumerate();
    let mut games: Vec<(Game, Origin)> =
        old.map(|(at, game)| (game.clone(), lineage.get(at).cloned().unwrap_or_else(nowhere))).collect();
    games.push((game, origin));
    games
}

/// The findings without a row that was released, and without what was said of it.
fn without(findings: &Findings, at: usize) -> Findings {
    let mut findings = findings.clone();
    let row = findings.quarantined.remove(at);
    let (kept, skipped) = (std::mem::take(&mut findings.violations), std::mem::take(&mut findings.skipped));
    let total = findings.violation_count;
    let quarantined = std::mem::take(&mut findings.quarantined);
    let beyond = total.saturating_sub(kept.len() as u64);
    let mut left = Findings::default();
    for violation in kept.into_iter().filter(|violation| !row.violations.contains(violation)) {
        left.note(violation, usize::MAX);
    }
    // What was only counted stays counted.
    left.violation_count += beyond;
    left.error_count = left.error_count.max(quarantined.len() as u64);
    Findings { quarantined, skipped, ..left }
}
