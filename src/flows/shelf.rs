//! What any store does, for the tests of flows: they stay in their layer.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::ports::{Batch, Document, Revision, Store, StoreError};

/// A store in memory, with its revision.
#[derive(Default)]
pub(super) struct Shelf(pub(super) RefCell<(u64, BTreeMap<String, Document>)>);

impl Shelf {
    /// A store that holds documents, at a revision.
    pub(super) fn with(revision: u64, documents: impl IntoIterator<Item = Document>) -> Self {
        let by_key = documents.into_iter().map(|document| (document.key.clone(), document)).collect();
        Self(RefCell::new((revision, by_key)))
    }
}

impl Store for Shelf {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        let shelf = self.0.borrow();
        let found = shelf.1.values().filter(|document| document.key.starts_with(prefix)).cloned().collect();
        Ok((Revision(shelf.0), found))
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let mut shelf = self.0.borrow_mut();
        if batch.base.0 != shelf.0 {
            return Err(StoreError::Stale { found: batch.base, current: Revision(shelf.0) });
        }
        shelf.0 += 1;
        for key in &batch.deletes {
            shelf.1.remove(key);
        }
        shelf.1.extend(batch.puts.into_iter().map(|document| (document.key.clone(), document)));
        Ok(Revision(shelf.0))
    }
}

/// Runs a future that never waits.
pub(super) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}
