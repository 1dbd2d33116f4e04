//! The heads of a store: those that this version reads, and those that it leaves as they are.

use super::{DATASETS, StoredDataset, stored_dataset};
use crate::ports::{Document, Store, StoreError};

/// A dataset that is in the store and is not read here. Nothing is written beside it ([`keep()`](super::keep())).
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// What it is called, as far as it can be told.
    pub name: String,
    /// Why: [`StoreError::ReadOnly`] where a newer version of the site wrote it, otherwise [`StoreError::Damaged`].
    pub why: StoreError,
}

impl LeftOut {
    /// Whether a newer version of the site wrote it.
    pub fn is_newer(&self) -> bool {
        matches!(self.why, StoreError::ReadOnly(_))
    }
}

/// The heads of a store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Heads {
    /// Those that this version reads.
    pub read: Vec<StoredDataset>,
    /// Those that it leaves out: one of them does not keep the others from being shown.
    pub left_out: Vec<LeftOut>,
}

/// Every head of a store.
///
/// # Errors
/// Those of the store; a head that cannot be read is none.
pub async fn heads<S: Store>(store: &S) -> Result<Heads, StoreError> {
    let (_, documents) = store.scan(DATASETS).await?;
    let mut heads = Heads::default();
    for document in documents {
        let name = name_of(&document);
        match stored_dataset(document) {
            Ok(head) => heads.read.push(head),
            Err(why) => heads.left_out.push(LeftOut { name, why }),
        }
    }
    Ok(heads)
}

/// The name of the source, where it stands in a newer form as well; else the first digits of the digest.
fn name_of(document: &Document) -> String {
    let source = document.body.pointer("/manifest/source").and_then(|source| source.as_str());
    match source.map(|source| source.split_once(':').map_or(source, |(_, name)| name)) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => document.key.trim_start_matches(DATASETS).chars().take(12).collect(),
    }
}
