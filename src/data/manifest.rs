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

/// Bytes that an ingest read: a file as it was, or a provider's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRef {
    /// The file's name, or the address that was asked.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Digest of the raw bytes, before anything was read into them.
    pub digest: Digest,
    /// Rows in it.
    pub rows: u64,
}

/// The record of one ingest. Its content is known by `digest`, it itself by [`Manifest::seal`].
///
/// Fields that came after the first form are left out where they say nothing, so that an older manifest that is read
/// and written again keeps its seal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// SHA-256 over the canonical bytes (RFC 8785) of the accepted rows in their canonical order.
    /// The content's identity: the same content again is a recorded no-op.
    pub digest: Digest,
    /// Where the rows came from, as the user would name it: `demo:7`, `csv:games.csv`.
    pub source: String,
    /// Simulated or real.
    pub source_kind: SourceKind,
    /// Who the rows come from, by id: `nba_games`, `leaguegamefinder`, `balldontlie`, `season`, `demo`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// Which content of this source it is: 1, 2, …; 0 where it is not known.
    #[serde(default, skip_serializing_if = "is_zero_u32")]
    pub revision: u32,
    /// The parser that read it, with its version, such as `leaguegamefinder/1`.
    pub parser: String,
    /// The contracts that the rows were checked against.
    pub contracts: Vec<ContractRef>,
    /// The bytes that were read, in the order in which they were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<InputRef>,
    /// Requests that it took to fetch them; 0 for what is no network's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub requests: u64,
    /// Rows read.
    pub rows_in: u64,
    /// Rows let in.
    pub accepted: u64,
    /// Records that the accepted rows make: a provider may print two rows a game.
    #[serde(default)]
    pub records: u64,
    /// Rows refused and kept in quarantine.
    pub quarantined: u64,
    /// Rows that had been refused, were repaired and are among the accepted ones.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub released: u64,
    /// Rows that the provider marks as something else (preseason, All-Star, …) and that were passed over.
    pub skipped: u64,
    /// First and last league day among the accepted rows.
    pub first_day: Option<Date>,
    /// See `first_day`.
    pub last_day: Option<Date>,
    /// When it was ingested.
    pub ingested_at: Instant,
    /// Seal of the manifest before this one in the chain. In the first form of the chain it was that one's `digest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

impl Manifest {
    /// The digest of the manifest's own canonical JSON. The next one in the chain names it as `previous`, so that no
    /// manifest can be changed unnoticed.
    pub fn seal(&self) -> Digest {
        // A manifest is plain data with text for keys, which always is JSON.
        Digest::of_json(self).unwrap_or_else(|_| Digest::of_bytes(&[]))
    }

    /// Whether it speaks of the same content: the same rows of the same kind under the same contracts.
    pub fn same_content(&self, other: &Manifest) -> bool {
        self.digest == other.digest && self.source_kind == other.source_kind && self.contracts == other.contracts
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_zero_u32(number: &u32) -> bool {
    *number == 0
}

/// One file of ingested data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataFile {
    /// Path relative to the index.
    pub path: String,
    /// What is in it: `games` (one season), `lineage` (where each game was read), `quarantine` (the refused rows, one a
    /// line), `store` or `runs` (the published journals).
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

impl DataFile {
    /// Whether it is a published journal, which is another one tomorrow under the same name.
    pub fn is_journal(&self) -> bool {
        self.contract.id == "journal"
    }
}

/// Version of the form of [`DataIndex`]. In form 1 a season's file was named by its year alone.
pub const INDEX_SCHEMA: u32 = 2;

/// `index.json`: what a data folder holds. `index.<seal>.json` of the same form: what it held at a former revision, with
/// no files where their content was pruned.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A manifest as the first form wrote it.
    const FIRST_FORM: &str = r#"{"digest":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "source":"demo:1","source_kind":"simulated","parser":"demo/1","contracts":[{"id":"games","version":"1.0.0"}],
        "rows_in":2,"accepted":2,"records":2,"quarantined":0,"skipped":0,"first_day":null,"last_day":null,
        "ingested_at":"2026-01-15T00:00:00Z"}"#;

    #[test]
    fn a_manifest_of_the_first_form_is_read_and_keeps_its_seal() {
        let value: serde_json::Value = serde_json::from_str(FIRST_FORM).unwrap();
        let manifest: Manifest = serde_json::from_value(value.clone()).unwrap();
        assert_eq!((manifest.revision, manifest.requests, manifest.inputs.len()), (0, 0, 0));
        assert_eq!(manifest.seal(), Digest::of_json(&value).unwrap());
    }

    #[test]
    fn every_field_is_under_the_seal() {
        let manifest: Manifest = serde_json::from_str(FIRST_FORM).unwrap();
        let input = InputRef { name: "a.csv".into(), bytes: 3, digest: Digest::of_bytes(b"abc"), rows: 1 };
        let others = [
            Manifest { source: "demo:2".into(), ..manifest.clone() },
            Manifest { provider: "demo".into(), ..manifest.clone() },
            Manifest { revision: 1, ..manifest.clone() },
            Manifest { inputs: vec![input], ..manifest.clone() },
            Manifest { requests: 1, ..manifest.clone() },
            Manifest { released: 1, ..manifest.clone() },
            Manifest { previous: Some(manifest.digest), ..manifest.clone() },
        ];
        for other in others {
            assert_ne!(other.seal(), manifest.seal(), "{other:?}");
            assert!(other.same_content(&manifest));
            let again: Manifest = serde_json::from_slice(&serde_json::to_vec(&other).unwrap()).unwrap();
            assert_eq!(again, other);
        }
    }
}
