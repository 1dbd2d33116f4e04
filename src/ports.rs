//! The traits through which the outside is reached. Nothing above this module knows them.
//!
//! One commit is one atomic change: of IndexedDB one transaction, of the file store one line of
//! its journal. It carries the revision that it was based on; if somebody else has committed
//! since, it is refused as [`StoreError::Stale`] and nothing is overwritten in silence.

use std::future::Future;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Digest, Instant};
use crate::monitoring::Alert;

/// A stored document. `body` is upgraded on read where its `schema` is older than ours; a newer one is read-only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Where it lives: its kind, a slash, its id.
    pub key: String,
    /// What it is, such as `run`.
    pub kind: String,
    /// Version of its form.
    pub schema: u32,
    /// The document itself.
    pub body: serde_json::Value,
}

/// How many commits a store has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

/// Changes that take effect together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The revision that the changes were computed from.
    pub base: Revision,
    /// Documents to write.
    pub puts: Vec<Document>,
    /// Keys to delete.
    pub deletes: Vec<String>,
}

/// Why a store did not do what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else committed since the batch's base was read: load again and repeat.
    #[error("the store has moved on: the change was based on revision {found:?} and it is at {current:?}; load again")]
    Stale {
        /// The batch's base.
        found: Revision,
        /// The store's revision.
        current: Revision,
    },
    /// The store holds something that this version cannot write to.
    #[error("{0}")]
    ReadOnly(String),
    /// No room is left.
    #[error("no room is left in the store: {0}")]
    Full(String),
    /// Anything else the outside said.
    #[error("{0}")]
    Unavailable(String),
    /// A document is not what its kind promises.
    #[error("document {key} is damaged: {reason}")]
    Damaged {
        /// Its key.
        key: String,
        /// What is wrong.
        reason: String,
    },
}

/// What was worked out from documents and kept, and how these have changed since.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    /// What was kept.
    pub bytes: Vec<u8>,
    /// The store's revision now.
    pub revision: Revision,
    /// Every document under the prefix that was written or deleted since: as it is now, none where it is gone.
    pub changed: BTreeMap<String, Option<Document>>,
}

/// Documents by key, with atomic commits.
///
/// A store that is read again and again, as that of a browser is with every reload, overrides what is provided here.
pub trait Store {
    /// The store's revision and every document whose key starts with `prefix`, ordered by key.
    fn scan(&self, prefix: &str) -> impl Future<Output = Result<(Revision, Vec<Document>), StoreError>>;

    /// Makes all changes, or none.
    fn commit(&self, batch: Batch) -> impl Future<Output = Result<Revision, StoreError>>;

    /// The newest schema of all documents of a kind, 0 where there is none. It may tell of a newer one that was there and is
    /// gone.
    fn newest_schema(&self, kind: &str) -> impl Future<Output = Result<u32, StoreError>> {
        async move {
            let (_, documents) = self.scan(&format!("{kind}/")).await?;
            Ok(documents.iter().map(|document| document.schema).max().unwrap_or_default())
        }
    }

    /// What was worked out from the documents under a prefix and kept under a name, with what has changed since; none where
    /// nothing is kept or too much has changed.
    fn recall(&self, name: &str, prefix: &str) -> impl Future<Output = Result<Option<Recalled>, StoreError>> {
        let _ = (name, prefix);
        async { Ok(None) }
    }

    /// Keeps what was worked out from the documents at a revision. It is no document: nobody sees it, no back-up has it, and
    /// the store may lose it.
    fn keep(&self, name: &str, revision: Revision, bytes: Vec<u8>) -> impl Future<Output = Result<(), StoreError>> {
        let _ = (name, revision, bytes);
        async { Ok(()) }
    }
}

/// Why bytes could not be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SourceError {
    /// Nothing is there.
    #[error("{address}: not found")]
    NotFound {
        /// What was asked for.
        address: String,
    },
    /// The bytes are not those that the index promised.
    #[error(
        "{address} does not match its digest: expected {expected}, found {found}; the file was changed or damaged and is not used"
    )]
    Digest {
        /// What was asked for.
        address: String,
        /// What the index promised.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// Anything else the outside said.
    #[error("{address}: {reason}")]
    Unavailable {
        /// What was asked for.
        address: String,
        /// Why.
        reason: String,
    },
}

/// Bytes by address.
pub trait Source {
    /// The bytes at an address, relative to the source's base.
    fn fetch(&self, address: &str) -> impl Future<Output = Result<Vec<u8>, SourceError>>;

    /// The digest of bytes that were fetched, by the fastest way there is.
    fn digest(&self, bytes: &[u8]) -> impl Future<Output = Digest> {
        std::future::ready(Digest::of_bytes(bytes))
    }
}

/// Fetches and checks bytes against the digest that an index gives.
pub async fn fetch_verified<S: Source>(source: &S, address: &str, expected: Digest) -> Result<Vec<u8>, SourceError> {
    let bytes = source.fetch(address).await?;
    let found = source.digest(&bytes).await;
    if found == expected {
        Ok(bytes)
    } else {
        Err(SourceError::Digest { address: address.to_owned(), expected, found })
    }
}

/// The wall clock.
pub trait Clock {
    /// Now.
    fn now(&self) -> Instant;
}

/// What flows tell while they run. The command line prints it; the page shows it as activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// A pipeline's step ended.
    Step {
        /// The step's name.
        name: String,
        /// `ran` or `skipped`, and a word why.
        outcome: String,
        /// What came out, for people.
        detail: String,
    },
    /// Work went on.
    Progress {
        /// What is being done.
        task: String,
        /// Units done.
        done: u64,
        /// Units in all; 0 if not known.
        total: u64,
    },
    /// Something a person should read.
    Notice(String),
    /// Something is wrong that a person should look after.
    Alert(Alert),
}

/// Where flows tell what they do.
pub trait Events {
    /// Tells one thing.
    fn emit(&self, event: Event);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_travels_as_json() {
        let told = [
            Event::Step { name: "search".into(), outcome: "ran".into(), detail: "C=0.1: 0.6285".into() },
            Event::Progress { task: "search".into(), done: 2, total: 4 },
            Event::Notice("the store was changed meanwhile: running again".into()),
            Event::Alert(Alert {
                rule: "source_unavailable".into(),
                day: "2026-01-15".parse().expect("a day"),
                value: 26.5,
                above: 0.0,
                message: "the last good snapshot is used".into(),
            }),
        ];
        for event in told {
            // No wildcard: an event that is added here has to be added above.
            let name = match event {
                Event::Step { .. } => "step",
                Event::Progress { .. } => "progress",
                Event::Notice(_) => "notice",
                Event::Alert(_) => "alert",
            };
            let json = serde_json::to_value(&event).expect("an event is JSON");
            assert_eq!(json["event"], name);
            assert_eq!(serde_json::from_value::<Event>(json).expect("its own JSON"), event);
        }
    }
}
