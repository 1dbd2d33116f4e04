//! All that a store keeps, taken as a whole: how much there is of each kind, whether a back-up fits this version, and the
//! one change that puts it in the place of what is there.
//!
//! A back-up is a journal of one line at revision 1, so the same documents always give the same bytes, whatever the
//! store went through; the command line opens it as a store. The revision of the store itself only ever rises: a tab
//! that looked at it before a restore must not take what it finds afterwards for the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use crate::base::{Date, json};
use crate::data::ChainEntry;
use crate::features::OnlineView;
use crate::flows::datasets::{self, KINDS, stored_dataset, stored_games};
use crate::flows::documents::{Record, read};
use crate::flows::features::Applied;
use crate::ports::{Batch, Document, Revision, StoreError};
use crate::registry::{ModelVersion, RegistryEvent};
use crate::serving::{DayLog, Rollout};
use crate::tracking::{Blob, Run};

/// The revision of a back-up's only line.
pub const REVISION: Revision = Revision(1);

/// How much a store keeps of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindUse {
    /// The kind.
    pub kind: String,
    /// How many documents.
    pub documents: u64,
    /// Bytes of their texts.
    pub bytes: u64,
}

/// How much there is of each kind, the largest first.
pub fn by_kind<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Vec<KindUse> {
    let mut kinds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for document in documents {
        let bytes = json::to_vec(document).map_or(0, |bytes| bytes.len() as u64);
        let (count, sum) = kinds.entry(&document.kind).or_default();
        (*count, *sum) = (*count + 1, *sum + bytes);
    }
    let of_kind = |(kind, (documents, bytes)): (&str, (u64, u64))| KindUse { kind: kind.to_owned(), documents, bytes };
    let mut uses: Vec<KindUse> = kinds.into_iter().map(of_kind).collect();
    uses.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.kind.cmp(&b.kind)));
    uses
}

/// What a back-up of this morning is called.
pub fn file_name(day: Date) -> String {
    format!("linelogic-backup-{day}.jsonl")
}

/// Whether this version understands every document of a back-up. A kind that it does not know is none of its business
/// and is kept as it is.
///
/// # Errors
/// [`StoreError::ReadOnly`] where a document is of a newer schema, [`StoreError::Damaged`] where one cannot be read.
pub fn check(documents: &[Document]) -> Result<(), StoreError> {
    documents.iter().try_for_each(|document| match reader(&document.kind) {
        Some((schema, _)) if document.schema > schema => Err(StoreError::ReadOnly(format!(
            "{} has schema {} and this version knows {schema}: it was written by a newer version of this site",
            document.key, document.schema
        ))),
        Some((_, read)) => read(document.clone()),
        None => Ok(()),
    })
}

/// Whether a newer version of the site wrote a document.
pub fn is_newer(document: &Document) -> bool {
    reader(&document.kind).is_some_and(|(schema, _)| document.schema > schema)
}

type Reader = fn(Document) -> Result<(), StoreError>;

/// The newest schema that is known of a kind, and what reads a document of it.
fn reader(kind: &str) -> Option<(u32, Reader)> {
    fn record<T: Record>() -> Option<(u32, Reader)> {
        Some((T::SCHEMA, |document| read::<T>(document).map(drop)))
    }
    match kind {
        Run::KIND => record::<Run>(),
        Blob::KIND => record::<Blob>(),
        ModelVersion::KIND => record::<ModelVersion>(),
        RegistryEvent::KIND => record::<RegistryEvent>(),
        DayLog::KIND => record::<DayLog>(),
        Rollout::KIND => record::<Rollout>(),
        Applied::KIND => record::<Applied>(),
        OnlineView::KIND => record::<OnlineView>(),
        "dataset" => Some((datasets::schema(kind), |document| stored_dataset(document).map(drop))),
        "games" => Some((datasets::schema(kind), |document| stored_games(vec![document]).map(drop))),
        "chain" => Some((datasets::schema(kind), body::<ChainEntry>)),
        other if KINDS.contains(&other) => Some((datasets::schema(kind), |_| Ok(()))),
        "setting" | "search" => Some((1, |_| Ok(()))),
        _ => None,
    }
}

fn body<T: DeserializeOwned>(document: Document) -> Result<(), StoreError> {
    let Document { key, body, .. } = document;
    let read: Result<T, _> = serde_json::from_value(body);
    read.map(drop).map_err(|error| StoreError::Damaged { key, reason: error.to_string() })
}

/// The change from what is there at a revision to what is wanted. What is the same stays untouched.
pub fn replacement(base: Revision, there: &[Document], wanted: Vec<Document>) -> Batch {
    let kept: BTreeSet<&str> = wanted.iter().map(|document| document.key.as_str()).collect();
    let deletes = there.iter().map(|document| &document.key).filter(|key| !kept.contains(key.as_str()));
    let deletes = deletes.cloned().collect();
    let before: BTreeMap<&str, &Document> = there.iter().map(|document| (document.key.as_str(), document)).collect();
    let is_new = |document: &Document| before.get(document.key.as_str()) != Some(&document);
    Batch { base, puts: wanted.into_iter().filter(is_new).collect(), deletes }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(key: &str, body: serde_json::Value) -> Document {
        let kind = key.split('/').next().unwrap().to_owned();
        Document { key: key.to_owned(), kind, schema: 1, body }
    }

    #[test]
    fn kinds_are_counted_and_the_largest_comes_first() {
        let (long, short) = ("x".repeat(500), "x");
        let documents = [
            document("setting/a", short.into()),
            document("games/1/2020", json!(long)),
            document("setting/b", short.into()),
        ];
        let uses = by_kind(&documents);
        let found: Vec<_> = uses.iter().map(|of| (of.kind.as_str(), of.documents)).collect();
        assert_eq!(found, [("games", 1), ("setting", 2)]);
        let text = json::to_string(&documents[1]).unwrap();
        assert_eq!(uses[0].bytes, text.len() as u64);
    }

    #[test]
    fn a_replacement_writes_what_differs_and_deletes_what_is_not_wanted() {
        let there = [document("a/1", 1.into()), document("a/2", 2.into()), document("b/1", 3.into())];
        let wanted = vec![document("a/1", 1.into()), document("a/2", 7.into()), document("c/1", 4.into())];
        let batch = replacement(Revision(9), &there, wanted);
        let puts: Vec<_> = batch.puts.iter().map(|put| put.key.as_str()).collect();
        assert_eq!((batch.base, puts, batch.deletes), (Revision(9), vec!["a/2", "c/1"], vec!["b/1".to_owned()]));
        let same = replacement(Revision(9), &there, there.to_vec());
        assert!(same.puts.is_empty() && same.deletes.is_empty());
    }

    #[test]
    fn a_document_of_a_newer_schema_is_refused_by_its_key() {
        for (key, schema) in [("run/a", 3), ("dataset/b", 3), ("games/b/2020", 2), ("setting/x", 2), ("findings/b", 2)]
        {
            let newer = Document { schema, ..document(key, json!({})) };
            let error = check(&[newer]).unwrap_err();
            assert!(matches!(&error, StoreError::ReadOnly(words) if words.contains(key)), "{error}");
        }
    }

    #[test]
    fn a_document_that_cannot_be_read_is_damaged() {
        for key in ["run/a", "version/m/1.0.0", "event/m/00000001", "dataset/b", "games/b/2020", "chain/00000001"] {
            let error = check(&[document(key, json!(7))]).unwrap_err();
            assert!(matches!(&error, StoreError::Damaged { key: found, .. } if found == key), "{error}");
        }
    }

    #[test]
    fn a_kind_that_is_not_known_is_kept() {
        assert_eq!(check(&[document("note/a", json!(7)), document("setting/active", json!("published"))]), Ok(()));
    }
}
