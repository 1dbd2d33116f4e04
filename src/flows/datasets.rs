//! Datasets as documents: what an import leaves in the store, and how it comes back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest};
use crate::data::{Findings, Manifest};
use crate::league::providers::{SEASON_SCHEMA, SeasonFile};
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
mod tests {
    use super::*;
    use crate::base::Instant;
    use crate::data::SourceKind;
    use crate::league::Phase;

    fn manifest() -> Manifest {
        Manifest {
            digest: Digest::of_bytes(b"games"),
            source: "csv:games.csv".into(),
            source_kind: SourceKind::Real,
            provider: "nba_games".into(),
            revision: 1,
            parser: "nba_games/1".into(),
            contracts: vec![],
            inputs: vec![],
            requests: 0,
            rows_in: 2,
            accepted: 2,
            records: 2,
            quarantined: 0,
            released: 0,
            skipped: 0,
            first_day: None,
            last_day: None,
            ingested_at: Instant::UNIX_EPOCH,
            previous: None,
        }
    }

    fn game(id: &str, day: &str, season: u16) -> Game {
        Game {
            id: id.into(),
            date: day.parse().unwrap(),
            season,
            phase: Phase::Regular,
            neutral: false,
            home: "BOS".parse().unwrap(),
            visitor: "NYK".parse().unwrap(),
            score: None,
            home_box: None,
            visitor_box: None,
        }
    }

    #[test]
    fn a_dataset_comes_back_from_its_documents_as_it_went_in() {
        let games = vec![game("2", "2023-11-02", 2023), game("1", "2022-11-01", 2022)];
        let day = "2023-11-03".parse().unwrap();
        let (stored, documents) = documents(manifest(), day, games.clone(), Findings::default()).unwrap();
        assert_eq!(stored.seasons, [2022, 2023]);
        let keys: Vec<&str> = documents.iter().map(|document| document.key.as_str()).collect();
        let hex = Digest::of_bytes(b"games").hex();
        assert_eq!(keys, [format!("dataset/{hex}"), format!("games/{hex}/2022"), format!("games/{hex}/2023")]);
        let mut documents = documents.into_iter();
        assert_eq!(stored_dataset(documents.next().unwrap()).unwrap(), stored);
        assert_eq!(stored_games(documents.collect()).unwrap(), GameLog::new(games));
    }

    #[test]
    fn a_dataset_of_a_newer_site_is_not_read_as_ours() {
        let day = "2023-11-03".parse().unwrap();
        let (_, mut documents) = documents(manifest(), day, vec![], Findings::default()).unwrap();
        documents[0].schema = 2;
        assert!(matches!(stored_dataset(documents.remove(0)), Err(StoreError::ReadOnly(_))));
    }

    #[test]
    fn a_day_is_looked_for_in_the_seasons_that_can_have_it() {
        let seasons = |day: &str| seasons_of(day.parse().unwrap());
        assert_eq!(seasons("2026-01-15"), [2025]);
        assert_eq!(seasons("2020-10-11"), [2019, 2020], "the bubble's last game belongs to the season before");
        assert_eq!(seasons("2025-10-21"), [2024, 2025]);
    }

    #[test]
    fn a_season_file_of_another_kind_is_refused_by_name() {
        let text = br#"{"kind":"store","schema":1,"season":2025,"source_kind":"real","games":[]}"#;
        assert!(season_games("season-2025.json", text).unwrap_err().starts_with("season-2025.json: expected games"));
    }
}
