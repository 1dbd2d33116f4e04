//! Datasets as documents: what an import leaves in the store, and how it comes back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest};
use crate::data::Manifest;
use crate::flows::ingest::Findings;
use crate::league::{Game, GameLog};
use crate::ports::{Document, StoreError};

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
    /// What was found when it was imported.
    pub findings: Findings,
}

/// A data file with the games of one season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeasonGames {
    /// Always `games`.
    pub kind: String,
    /// Version of the file's form.
    pub schema: u32,
    /// The season's starting year.
    pub season: u16,
    /// Its games in the order of (date, id).
    pub games: Vec<Game>,
}

/// Prefix of the keys of datasets.
pub const DATASETS: &str = "dataset/";
/// Version of the documents' form.
const SCHEMA: u32 = 1;

/// Prefix of the keys of a dataset's games.
pub fn games_prefix(digest: &Digest) -> String {
    format!("games/{}/", digest.hex())
}

/// Key of a dataset.
pub fn dataset_key(digest: &Digest) -> String {
    format!("{DATASETS}{}", digest.hex())
}

/// The documents of a dataset, to be written in one commit.
pub fn documents(
    manifest: Manifest,
    as_of: Date,
    games: Vec<Game>,
    findings: Findings,
) -> Result<(StoredDataset, Vec<Document>), StoreError> {
    let log = GameLog::new(games);
    let stored = StoredDataset { manifest, as_of, seasons: log.seasons(), days: log.days(), findings };
    let digest = stored.manifest.digest;
    let mut documents = vec![document(dataset_key(&digest), "dataset", &stored)?];
    let mut seasons: BTreeMap<u16, Vec<&Game>> = BTreeMap::new();
    for game in log.games() {
        seasons.entry(game.season).or_default().push(game);
    }
    for (season, games) in seasons {
        documents.push(document(format!("{}{season}", games_prefix(&digest)), "games", &games)?);
    }
    Ok((stored, documents))
}

fn document<T: Serialize>(key: String, kind: &str, body: &T) -> Result<Document, StoreError> {
    match serde_json::to_value(body) {
        Ok(body) => Ok(Document { key, kind: kind.to_owned(), schema: SCHEMA, body }),
        Err(error) => Err(StoreError::Damaged { key, reason: error.to_string() }),
    }
}

/// A dataset from its document.
pub fn stored_dataset(document: Document) -> Result<StoredDataset, StoreError> {
    read(document)
}

/// A dataset's games from the documents of its seasons.
pub fn stored_games(documents: Vec<Document>) -> Result<GameLog, StoreError> {
    let mut games = Vec::new();
    for document in documents {
        games.extend(read::<Vec<Game>>(document)?);
    }
    Ok(GameLog::new(games))
}

fn read<T: serde::de::DeserializeOwned>(document: Document) -> Result<T, StoreError> {
    if document.schema > SCHEMA {
        return Err(StoreError::ReadOnly(format!(
            "{} was written by a newer version of this site; reload the page to get it",
            document.key
        )));
    }
    serde_json::from_value(document.body)
        .map_err(|error| StoreError::Damaged { key: document.key, reason: error.to_string() })
}

/// Games from a season's file, whose bytes have been checked against the index's digest.
pub fn season_games(path: &str, bytes: &[u8]) -> Result<Vec<Game>, String> {
    let file: SeasonGames = serde_json::from_slice(bytes).map_err(|error| format!("{path}: {error}"))?;
    if file.kind != "games" || file.schema != SCHEMA {
        return Err(format!(
            "{path}: expected games of schema {SCHEMA}, found {} of schema {}",
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
