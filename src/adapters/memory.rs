//! A store in memory: for tests, for one-off computations, and where a browser gives no IndexedDB.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::{Batch, Document, Event, Events, Revision, Store, StoreError};

/// What every store holds: documents by key, and how many commits made them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) revision: Revision,
    pub(super) documents: BTreeMap<String, Document>,
}

impl State {
    /// The documents whose key starts with a prefix, in the order of the keys.
    pub(super) fn scan(&self, prefix: &str) -> Vec<Document> {
        self.documents
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(_, document)| document.clone())
            .collect()
    }

    /// Refuses a batch that was computed from another revision.
    pub(super) fn check(&self, batch: &Batch) -> Result<(), StoreError> {
        if batch.base == self.revision {
            Ok(())
        } else {
            Err(StoreError::Stale { found: batch.base, current: self.revision })
        }
    }

    /// Deletes, then puts: a key in both is there afterwards.
    pub(super) fn apply(&mut self, revision: Revision, puts: Vec<Document>, deletes: &[String]) {
        for key in deletes {
            self.documents.remove(key);
        }
        for document in puts {
            self.documents.insert(document.key.clone(), document);
        }
        self.revision = revision;
    }
}

/// Whether a batch changes nothing; such a batch is no commit.
pub(super) fn is_empty(batch: &Batch) -> bool {
    batch.puts.is_empty() && batch.deletes.is_empty()
}

/// Documents in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that already holds these documents at this revision.
    pub fn with(revision: Revision, documents: impl IntoIterator<Item = Document>) -> Self {
        let documents = documents.into_iter().map(|document| (document.key.clone(), document)).collect();
        Self(Mutex::new(State { revision, documents }))
    }

    /// All that it holds, in the order of the keys, and its revision.
    pub fn snapshot(&self) -> (Revision, Vec<Document>) {
        let state = self.state();
        (state.revision, state.scan(""))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of another holder leaves the map whole: every change is made after all checks.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        let state = self.state();
        Ok((state.revision, state.scan(prefix)))
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let mut state = self.state();
        state.check(&batch)?;
        if !is_empty(&batch) {
            let next = Revision(state.revision.0 + 1);
            state.apply(next, batch.puts, &batch.deletes);
        }
        Ok(state.revision)
    }
}

/// Events that nobody listens to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Events for Silent {
    fn emit(&self, _event: Event) {}
}
