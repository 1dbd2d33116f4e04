//! Datasets as documents: what an import leaves in the store, and how it comes back.
//!
//! | key | what |
//! |---|---|
//! | `dataset/<digest>` | the head: manifest, seasons, days, and the first findings |
//! | `games/<digest>/<season>` | the games of a season |
//! | `lineage/<digest>` | where each game was read |
//! | `findings/<digest>` | every violation that is kept |
//! | `quarantine/<digest>/<page, 4 digits>` | the refused rows that are kept, [`PAGE`] a document |
//! | `chain/<sequence, 8 digits>` | the chain of manifests, one entry a document; see [`keep()`] |
//!
//! Pages load every head when they open, so a head stays small whatever was found. The head of schema 1 held all
//! findings and refused rows itself, and there was no chain; it is read, and written anew by the next [`keep()`].

mod heads;
mod keep;

pub use heads::{Heads, LeftOut, heads};
pub use keep::{Archive, ImportChange, Kept, keep};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ingest::Ingested;
use crate::base::{Date, Digest};
use crate::data::{DataIndex, Findings, Lineage, Manifest, Quarantined, Violation};
use crate::league::providers::{SEASON_SCHEMA, SeasonFile};
use crate::league::{Game, GameLog};
use crate::ports::{Document, Source, StoreError, fetch_verified};

/// A dataset on its way into the store: what an import or a release has made. It travels from the worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewDataset {
    /// The record of its ingest.
    pub manifest: Manifest,
    /// The morning it speaks of.
    pub as_of: Date,
    /// The games, in their canonical order.
    pub games: Vec<Game>,
    /// What was found, with the refused rows.
    pub findings: Findings,
    /// Where each game was read; empty where they were not read.
    pub lineage: Lineage,
}

impl From<Ingested> for NewDataset {
    fn from(ingested: Ingested) -> Self {
        let Ingested { log, manifest, as_of, findings, lineage } = ingested;
        Self { manifest, as_of, games: log.games().to_vec(), findings, lineage }
    }
}

/// An imported dataset without its games. Its games are in one document a season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredDataset {
    /// The record of its ingest.
    pub manifest: Manifest,
    /// The morning it speaks of.
    pub as_of: Date,
    /// Starting years of its seasons, ascending.
    pub seasons: Vec<u16>,
    /// The days that have games, ascending.
    pub days: Vec<Date>,
    /// What was found: all counts, the first [`SHOWN`] violations, and no refused row.
    pub findings: Findings,
    /// How many refused rows are kept in the store; at most as many as the manifest counts.
    pub quarantined: usize,
    /// Digest of the refused rows that are kept: the same games with other refused rows are a news.
    pub quarantine: Digest,
}

/// Prefix of the keys of datasets.
pub const DATASETS: &str = "dataset/";
/// Kinds of the documents that imports leave; they belong to one browser and are not published.
pub const KINDS: [&str; 6] = ["dataset", "games", "lineage", "findings", "quarantine", "chain"];
/// How many violations a head has.
pub const SHOWN: usize = 100;
/// How many refused rows a document has.
pub const PAGE: usize = 100;

/// Version of the form of the documents of a kind.
pub fn schema(kind: &str) -> u32 {
    if kind == "dataset" { 2 } else { 1 }
}

/// Prefix of the keys of a dataset's games.
pub fn games_prefix(digest: &Digest) -> String {
    format!("games/{}/", digest.hex())
}

/// Key of a dataset.
pub fn dataset_key(digest: &Digest) -> String {
    format!("{DATASETS}{}", digest.hex())
}

/// Key of a dataset's lineage.
pub fn lineage_key(digest: &Digest) -> String {
    format!("lineage/{}", digest.hex())
}

/// Key of a dataset's violations.
pub fn findings_key(digest: &Digest) -> String {
    format!("findings/{}", digest.hex())
}

/// Prefix of the keys of a dataset's refused rows.
pub fn quarantine_prefix(digest: &Digest) -> String {
    format!("quarantine/{}/", digest.hex())
}

/// The documents of a dataset, to be written in one commit; the head is the first.
///
/// # Errors
/// [`StoreError::Damaged`] where something is no JSON.
pub fn documents(new: &NewDataset) -> Result<(StoredDataset, Vec<Document>), StoreError> {
    let log = GameLog::new(new.games.clone());
    let head = StoredDataset {
        manifest: new.manifest.clone(),
        as_of: new.as_of,
        seasons: log.seasons(),
        days: log.days(),
        findings: shown(&new.findings),
        quarantined: new.findings.quarantined.len(),
        quarantine: digest_of(&new.findings.quarantined)?,
    };
    let digest = head.manifest.digest;
    let mut documents = vec![document(dataset_key(&digest), "dataset", &head)?];
    let mut seasons: BTreeMap<u16, Vec<&Game>> = BTreeMap::new();
    for game in log.games() {
        seasons.entry(game.season).or_default().push(game);
    }
    for (season, games) in seasons {
        documents.push(document(format!("{}{season}", games_prefix(&digest)), "games", &games)?);
    }
    if !new.lineage.is_empty() {
        documents.push(document(lineage_key(&digest), "lineage", &new.lineage)?);
    }
    documents.extend(found(&digest, &new.findings)?);
    Ok((head, documents))
}

/// The documents of what was found, beside the head.
fn found(digest: &Digest, findings: &Findings) -> Result<Vec<Document>, StoreError> {
    let mut documents = Vec::new();
    if !findings.violations.is_empty() {
        documents.push(document(findings_key(digest), "findings", &findings.violations)?);
    }
    for (page, rows) in findings.quarantined.chunks(PAGE).enumerate() {
        documents.push(document(format!("{}{page:04}", quarantine_prefix(digest)), "quarantine", &rows)?);
    }
    Ok(documents)
}

/// What a head has of the findings.
fn shown(findings: &Findings) -> Findings {
    let violations = findings.violations.iter().take(SHOWN).cloned().collect();
    Findings {
        violations,
        violation_count: findings.violation_count,
        error_count: findings.error_count,
        rules: findings.rules.clone(),
        quarantined: Vec::new(),
        skipped: findings.skipped.clone(),
    }
}

fn digest_of(rows: &[Quarantined]) -> Result<Digest, StoreError> {
    let bytes = crate::base::json::to_vec(&rows).map_err(|error| damaged("quarantine/".to_owned(), &error))?;
    Ok(Digest::of_bytes(&bytes))
}

fn damaged(key: String, error: &serde_json::Error) -> StoreError {
    StoreError::Damaged { key, reason: error.to_string() }
}

fn document<T: Serialize>(key: String, kind: &str, body: &T) -> Result<Document, StoreError> {
    match serde_json::to_value(body) {
        Ok(body) => Ok(Document { key, kind: kind.to_owned(), schema: schema(kind), body }),
        Err(error) => Err(damaged(key, &error)),
    }
}

/// A dataset from its document, of this form or the former one.
///
/// # Errors
/// [`StoreError::ReadOnly`] where a newer version of the site wrote it, [`StoreError::Damaged`] where it is none.
pub fn stored_dataset(document: Document) -> Result<StoredDataset, StoreError> {
    stored(document).map(|(head, _)| head)
}

/// A head, and of the former form the findings that it held itself.
fn stored(document: Document) -> Result<(StoredDataset, Option<Findings>), StoreError> {
    if document.schema != 1 {
        return read(document).map(|head| (head, None));
    }
    let Document { key, mut body, .. } = document;
    let findings = body.get_mut("findings").map(Value::take).unwrap_or_default();
    let findings = first_form(findings).map_err(|error| damaged(key.clone(), &error))?;
    let quarantine = digest_of(&findings.quarantined)?;
    if let Some(body) = body.as_object_mut() {
        let shown = serde_json::to_value(shown(&findings)).map_err(|error| damaged(key.clone(), &error))?;
        body.insert("findings".to_owned(), shown);
        body.insert("quarantined".to_owned(), json!(findings.quarantined.len()));
        body.insert("quarantine".to_owned(), json!(quarantine));
    }
    let head = serde_json::from_value(body).map_err(|error| damaged(key, &error))?;
    Ok((head, Some(findings)))
}

/// Findings of schema 1. A violation had `found` and `expected` as texts, and a refused row no place of its own: it is
/// that of its first violation.
fn first_form(mut body: Value) -> Result<Findings, serde_json::Error> {
    objects_of(&mut body, "violations").for_each(upgrade_violation);
    for row in objects_of(&mut body, "quarantined") {
        if let Some(violations) = row.get_mut("violations").and_then(Value::as_array_mut) {
            violations.iter_mut().filter_map(Value::as_object_mut).for_each(upgrade_violation);
        }
        let place = row.get("violations").and_then(|list| list.get(0)?.get("locus")).cloned();
        if let Some(place) = place
            && !row.contains_key("locus")
        {
            let rows: Vec<Value> = place.get("row").cloned().into_iter().collect();
            row.insert("rows".to_owned(), Value::Array(rows));
            row.insert("locus".to_owned(), place);
        }
    }
    let mut findings: Findings = serde_json::from_value(body)?;
    let counted = Findings::of(findings.violations.clone());
    findings.error_count = findings.error_count.max(counted.error_count);
    if findings.rules.is_empty() {
        findings.rules = counted.rules;
    }
    Ok(findings)
}

/// The objects of a list that an object has.
fn objects_of<'a>(of: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    of.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

fn upgrade_violation(violation: &mut Map<String, Value>) {
    if violation.contains_key("msg") {
        return;
    }
    let expected = violation.remove("expected").unwrap_or_default();
    violation.insert("msg".to_owned(), json!(format!("Expected {}", expected.as_str().unwrap_or("something else"))));
    let found = violation.remove("found").unwrap_or_default();
    violation.insert("input".to_owned(), found);
    violation.insert("loc".to_owned(), json!([]));
}

/// A dataset's games from the documents of its seasons.
///
/// # Errors
/// As [`stored_dataset`].
pub fn stored_games(documents: Vec<Document>) -> Result<GameLog, StoreError> {
    let mut games = Vec::new();
    for document in documents {
        games.extend(read::<Vec<Game>>(document)?);
    }
    Ok(GameLog::new(games))
}

/// A dataset's lineage from its document; empty where there is none.
///
/// # Errors
/// As [`stored_dataset`].
pub fn stored_lineage(documents: Vec<Document>) -> Result<Lineage, StoreError> {
    documents.into_iter().next().map_or_else(|| Ok(Lineage::default()), read)
}

/// Everything that was found in a dataset, as far as it is kept: from its head, and from the documents of its
/// violations and its refused rows.
///
/// # Errors
/// As [`stored_dataset`].
pub fn stored_findings(
    head: Document,
    violations: Vec<Document>,
    quarantine: Vec<Document>,
) -> Result<Findings, StoreError> {
    let (head, own) = stored(head)?;
    if let Some(own) = own {
        return Ok(own);
    }
    let mut findings = head.findings;
    if let Some(document) = violations.into_iter().next() {
        findings.violations = read::<Vec<Violation>>(document)?;
    }
    for document in quarantine {
        findings.quarantined.extend(read::<Vec<Quarantined>>(document)?);
    }
    Ok(findings)
}

fn read<T: serde::de::DeserializeOwned>(document: Document) -> Result<T, StoreError> {
    if document.schema > schema(&document.kind) {
        return Err(StoreError::ReadOnly(newer_words(&document.key)));
    }
    serde_json::from_value(document.body).map_err(|error| damaged(document.key, &error))
}

fn newer_words(key: &str) -> String {
    format!("{key} was written by a newer version of this site; reload the page to get it")
}

/// The refused rows of published data, verified by their digest; none where the index names none.
///
/// # Errors
/// Where they cannot be had, or are none, as a sentence.
pub async fn published_quarantine<S: Source>(source: &S, index: &DataIndex) -> Result<Vec<Quarantined>, String> {
    let Some(file) = index.files.iter().find(|file| file.kind == "quarantine") else { return Ok(Vec::new()) };
    let bytes = fetch_verified(source, &file.path, file.digest).await.map_err(|error| error.to_string())?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let row = |line| crate::base::json::from_slice(line).map_err(|error| format!("{}: {error}", file.path));
    lines.map(row).collect()
}

/// Games from a season's file, whose bytes have been checked against the index's digest.
pub fn season_games(path: &str, bytes: &[u8]) -> Result<Vec<Game>, String> {
    let file: SeasonFile = crate::base::json::from_slice(bytes).map_err(|error| format!("{path}: {error}"))?;
    if file.kind != "games" || file.schema != SEASON_SCHEMA {
        return Err(format!(
            "{path}: expected games of schema {SEASON_SCHEMA}, found {} of schema {}; reload the page",
            file.kind, file.schema
        ));
    }
    Ok(file.games)
}

/// Seasons of which a day can be part: one that starts in its year, and the one before. No season starts before July,
/// so up to June it is the one before alone; the bubble's ran until October.
pub fn seasons_of(day: Date) -> Vec<u16> {
    use chrono::Datelike;
    let year = u16::try_from(day.year()).unwrap_or_default();
    if day.month() < 7 { vec![year.saturating_sub(1)] } else { vec![year.saturating_sub(1), year] }
}

#[cfg(test)]
mod tests;
