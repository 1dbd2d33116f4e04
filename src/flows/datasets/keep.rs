//! Imports and releases enter the store: one commit each, every manifest in one chain.
//!
//! What is there is never written over. The same content again is a no-op that leaves an entry of the chain; other
//! content of the same source is its next revision beside the former one.

use std::collections::BTreeSet;

use super::{
    DATASETS, NewDataset, StoredDataset, dataset_key, document, documents, findings_key, found, newer_words,
    quarantine_prefix, read, schema, stored,
};
use crate::base::json;
use crate::data::{Chain, ChainEntry, Change, Findings};
use crate::flows::documents::RETRIES;
use crate::ports::{Batch, Document, Revision, Store, StoreError};

/// Prefix of the keys of the chain's entries.
const CHAIN: &str = "chain/";

/// What an import or a release did to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportChange {
    /// The first content of its source.
    New,
    /// Other content of a source that is there: this revision of it. The former ones are kept.
    Revision(u32),
    /// This content is there already, as this revision of its source: nothing but the chain has changed.
    Same(u32),
}

impl ImportChange {
    /// Whether the content was there already.
    pub fn is_same(self) -> bool {
        matches!(self, Self::Same(_))
    }
}

/// What became of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// What was done.
    pub change: ImportChange,
    /// The dataset; where the content was there already, the one that was there.
    pub stored: StoredDataset,
    /// Bytes of the documents that were written.
    pub bytes: u64,
    /// Every dataset in the store, this one among them: another tab may have brought others meanwhile.
    pub all: Vec<StoredDataset>,
}

/// The heads and the chain of a store, as they were at one revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Archive {
    base: Revision,
    heads: Vec<StoredDataset>,
    chain: Chain,
    /// How many entries of the chain are in the store.
    entries: usize,
    /// Documents of the former form, as they are to be written anew.
    adopted: Vec<Document>,
    /// Why nothing is written: the first head that this version does not read. The history is told all the same.
    unread: Option<StoreError>,
}

impl Archive {
    /// Reads heads and chain.
    ///
    /// # Errors
    /// Those of the store, and where an entry of the chain is damaged or newer than this version. A head that is so
    /// is left out, and nothing is kept beside it.
    pub async fn load<S: Store>(store: &S) -> Result<Self, StoreError> {
        // The heads first: what another tab commits before the chain is read is then in the chain and not missed in it,
        // and a commit on this base is stale.
        let (base, heads) = store.scan(DATASETS).await?;
        let (_, entries) = store.scan(CHAIN).await?;
        let entries: Vec<ChainEntry> = entries.into_iter().map(read).collect::<Result<_, _>>()?;
        let mut archive = Self {
            base,
            heads: Vec::new(),
            entries: entries.len(),
            chain: Chain::new(entries),
            adopted: Vec::new(),
            unread: None,
        };
        let mut former = Vec::new();
        for document in heads {
            match stored(document) {
                Ok((head, None)) => archive.heads.push(head),
                Ok((head, Some(findings))) => former.push((head, findings)),
                Err(why) => archive.unread = archive.unread.or(Some(why)),
            }
        }
        former.sort_by_key(|(head, _)| head.manifest.ingested_at);
        for (head, findings) in former {
            archive.adopt(head, &findings)?;
        }
        Ok(archive)
    }

    /// Gives a dataset of the former form its place in the chain.
    fn adopt(&mut self, mut head: StoredDataset, findings: &Findings) -> Result<(), StoreError> {
        head.manifest = self.chain.record_as(Change::Written, head.manifest).manifest;
        let digest = head.manifest.digest;
        self.adopted.push(document(dataset_key(&digest), "dataset", &head)?);
        self.adopted.extend(found(&digest, findings)?);
        self.heads.push(head);
        Ok(())
    }

    /// Every dataset.
    pub fn datasets(&self) -> &[StoredDataset] {
        &self.heads
    }

    /// Every import and release, the oldest first.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Holds the chain against its seals, and every dataset against the chain.
    ///
    /// # Errors
    /// The first place where it does not hold, as a sentence.
    pub fn verify(&self) -> Result<usize, String> {
        if let Some(problem) = self.chain.verify().into_iter().next() {
            return Err(format!("The history does not hold: {problem}."));
        }
        let seals: BTreeSet<_> = self.chain.revisions().map(|entry| entry.manifest.seal()).collect();
        match self.heads.iter().find(|head| !seals.contains(&head.manifest.seal())) {
            Some(head) => Err(format!(
                "The history does not hold: the dataset {} of {} is in the store, and no entry of the history has its manifest.",
                head.manifest.digest.short(),
                head.manifest.source
            )),
            None => Ok(self.chain.entries().len()),
        }
    }

    /// What is to be written for a dataset, and what becomes of it. `beside` is written too, unless the content is there.
    fn plan(mut self, new: &NewDataset, beside: &[Document]) -> Result<(Batch, Kept), StoreError> {
        if let Some(why) = self.unread {
            return Err(why);
        }
        let mut puts = std::mem::take(&mut self.adopted);
        let mut deletes = Vec::new();
        let (mut head, mut own) = documents(new)?;
        let there = self.heads.iter().position(|other| other.manifest.digest == new.manifest.digest);
        // The same games without the refused rows, such as the games that this app exports, take nothing away from what
        // is there.
        let nothing_new = |other: &StoredDataset| {
            other.quarantine == head.quarantine || (head.quarantined == 0 && other.quarantined > 0)
        };
        let same = there
            .map(|at| self.heads[at].clone())
            .filter(|other| other.manifest.same_content(&new.manifest) && nothing_new(other));
        let change = if let Some(same) = same {
            self.chain.record_as(Change::Unchanged, new.manifest.clone());
            head = same;
            ImportChange::Same(head.manifest.revision)
        } else {
            head.manifest = self.chain.record_as(Change::Written, new.manifest.clone()).manifest;
            own[0] = document(dataset_key(&head.manifest.digest), "dataset", &head)?;
            if let Some(at) = there {
                deletes = left_over(&self.heads.remove(at));
            }
            self.heads.push(head.clone());
            puts.retain(|put| own.iter().all(|other| other.key != put.key));
            deletes.retain(|key| own.iter().all(|other| other.key != *key));
            puts.retain(|put| !deletes.contains(&put.key));
            puts.extend(own);
            puts.extend_from_slice(beside);
            match head.manifest.revision {
                1 => ImportChange::New,
                revision => ImportChange::Revision(revision),
            }
        };
        for (at, entry) in self.chain.entries().iter().enumerate().skip(self.entries) {
            puts.push(document(format!("{CHAIN}{:08}", at + 1), "chain", entry)?);
        }
        let bytes = puts.iter().map(|put| json::to_vec(put).map_or(0, |bytes| bytes.len() as u64)).sum();
        let batch = Batch { base: self.base, puts, deletes };
        Ok((batch, Kept { change, stored: head, bytes, all: self.heads }))
    }
}

/// Keys of what was found in a dataset: the same games with other findings take their place.
fn left_over(head: &StoredDataset) -> Vec<String> {
    let digest = &head.manifest.digest;
    let pages = head.quarantined.div_ceil(super::PAGE);
    let pages = (0..pages).map(|page| format!("{}{page:04}", quarantine_prefix(digest)));
    std::iter::once(findings_key(digest)).chain(pages).collect()
}

/// Refuses to write over a document of a newer version. Those that could be are the dataset's own, so no other is read.
async fn refuse_newer<S: Store>(store: &S, batch: &Batch) -> Result<(), StoreError> {
    let of = |key: &str| key.split('/').take(2).collect::<Vec<_>>().join("/");
    let written = batch.puts.iter().map(|put| &put.key).chain(&batch.deletes);
    for prefix in written.map(|key| of(key)).collect::<BTreeSet<_>>() {
        let (_, there) = store.scan(&prefix).await?;
        if let Some(newer) = there.iter().find(|document| document.schema > schema(&document.kind)) {
            return Err(StoreError::ReadOnly(newer_words(&newer.key)));
        }
    }
    Ok(())
}

/// Takes a dataset into the store in one commit, computed anew where somebody else commits in between. `beside` is
/// written in the same commit, unless the content is there already.
///
/// # Errors
/// Those of the store, and where a newer version of the site has written what would be written over, or a dataset that
/// is beside it; nothing has changed then.
pub async fn keep<S: Store>(store: &S, new: &NewDataset, beside: &[Document]) -> Result<Kept, StoreError> {
    let mut tries = 0;
    loop {
        let (batch, kept) = Archive::load(store).await?.plan(new, beside)?;
        refuse_newer(store, &batch).await?;
        tries += 1;
        match store.commit(batch).await {
            Ok(_) => return Ok(kept),
            Err(StoreError::Stale { .. }) if tries < RETRIES => {}
            Err(error) => return Err(error),
        }
    }
}
