//! Documents that came with the site, and those of this browser laid over them.
//!
//! The published journal is the read-only lower layer; everything that is done here goes to the local store. Reads see
//! both, and a local document hides a published one of the same key. A newer journal replaces the lower layer as a
//! whole, so a site update and what was done here both survive; the local registry entries only move up behind the
//! published ones (`rebase`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::Digest;
use crate::flows::documents::RETRIES;
use crate::ports::{Batch, Document, Recalled, Revision, Store, StoreError};
use crate::registry::RegistryEvent;

/// A local store over published documents.
#[derive(Debug, Clone)]
pub struct Overlay<S> {
    published: Arc<BTreeMap<String, Document>>,
    /// Of the published documents, which what is worked out from both layers depends on; see [`Overlay::with_mark`].
    mark: Option<Digest>,
    local: S,
}

impl<S: Store> Overlay<S> {
    /// Lays a store over published documents.
    pub fn new(published: Vec<Document>, local: S) -> Self {
        let published = published.into_iter().map(|document| (document.key.clone(), document)).collect();
        Self { published: Arc::new(published), mark: None, local }
    }

    /// Says by a digest which documents were published: without it nothing that is worked out is kept.
    #[must_use]
    pub fn with_mark(self, mark: Digest) -> Self {
        Self { mark: Some(mark), ..self }
    }

    /// The store that changes go to.
    pub fn local(&self) -> &S {
        &self.local
    }

    /// A published document, whatever the local store says.
    pub fn published(&self, key: &str) -> Option<&Document> {
        self.published.get(key)
    }

    /// Makes the local registry entries follow the published ones, and says whether anything had to move. Two tabs that
    /// open at once after a site update both try: the slower one finds it done.
    pub async fn rebase(&self) -> Result<bool, StoreError> {
        let published: Vec<Document> = with_prefix(&self.published, EVENTS).cloned().collect();
        let mut tries = 0;
        loop {
            let (base, local) = self.local.scan(EVENTS).await?;
            let Some((puts, deletes)) = rebase(&published, &local)? else { return Ok(false) };
            tries += 1;
            match self.local.commit(Batch { base, puts, deletes }).await {
                Ok(_) => return Ok(true),
                Err(StoreError::Stale { .. }) if tries < RETRIES => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn with_prefix<'a>(documents: &'a BTreeMap<String, Document>, prefix: &'a str) -> impl Iterator<Item = &'a Document> {
    documents
        .range(prefix.to_owned()..)
        .take_while(move |(key, _)| key.starts_with(prefix))
        .map(|(_, document)| document)
}

impl<S: Store> Store for Overlay<S> {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        let (revision, local) = self.local.scan(prefix).await?;
        let mut merged: BTreeMap<String, Document> =
            with_prefix(&self.published, prefix).map(|document| (document.key.clone(), document.clone())).collect();
        merged.extend(local.into_iter().map(|document| (document.key.clone(), document)));
        Ok((revision, merged.into_values().collect()))
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        if let Some(key) = batch.deletes.iter().find(|key| self.published.contains_key(*key)) {
            return Err(StoreError::ReadOnly(format!("{key} came with the site and cannot be deleted here")));
        }
        self.local.commit(batch).await
    }

    async fn newest_schema(&self, kind: &str) -> Result<u32, StoreError> {
        let prefix = format!("{kind}/");
        let published = with_prefix(&self.published, &prefix).map(|document| document.schema).max();
        Ok(self.local.newest_schema(kind).await?.max(published.unwrap_or_default()))
    }

    async fn recall(&self, name: &str, prefix: &str) -> Result<Option<Recalled>, StoreError> {
        let Some(mark) = self.mark else { return Ok(None) };
        let Some(mut recalled) = self.local.recall(name, prefix).await? else { return Ok(None) };
        let Some(bytes) = recalled.bytes.strip_suffix(mark.hex().as_bytes()) else { return Ok(None) };
        recalled.bytes.truncate(bytes.len());
        for (key, document) in &mut recalled.changed {
            // What is no longer laid over it shows through again.
            *document = document.take().or_else(|| self.published.get(key).cloned());
        }
        Ok(Some(recalled))
    }

    async fn keep(&self, name: &str, at: Revision, mut bytes: Vec<u8>) -> Result<(), StoreError> {
        let Some(mark) = self.mark else { return Ok(()) };
        bytes.extend_from_slice(mark.hex().as_bytes());
        self.local.keep(name, at, bytes).await
    }
}

/// Where registry entries are kept: this, the model's name, a slash, eight digits.
const EVENTS: &str = "event/";

/// Documents to write and keys to delete.
type Rebased = (Vec<Document>, Vec<String>);

/// What to write and what to delete so that local registry entries follow the published ones, in their old order; none
/// if they do already.
fn rebase(published: &[Document], local: &[Document]) -> Result<Option<Rebased>, StoreError> {
    let last_published = published.iter().map(event).try_fold(BTreeMap::new(), |mut last, event| {
        let event = event?;
        let entry = last.entry(event.name).or_insert(event.sequence);
        *entry = event.sequence.max(*entry);
        Ok::<_, StoreError>(last)
    })?;
    let mut by_name: BTreeMap<String, Vec<(u64, &Document)>> = BTreeMap::new();
    for document in local {
        let event = event(document)?;
        by_name.entry(event.name).or_default().push((event.sequence, document));
    }
    let (mut puts, mut deletes) = (Vec::new(), Vec::new());
    for (name, mut events) in by_name {
        let Some(last) = last_published.get(&name) else { continue };
        events.sort_by_key(|(sequence, _)| *sequence);
        if events.first().is_none_or(|(sequence, _)| sequence > last) {
            continue;
        }
        for (place, (_, document)) in events.iter().enumerate() {
            puts.push(renumbered(document, &name, last + 1 + place as u64));
        }
        deletes.extend(events.iter().map(|(_, document)| document.key.clone()));
    }
    deletes.retain(|key| puts.iter().all(|put| put.key != *key));
    Ok((!puts.is_empty()).then_some((puts, deletes)))
}

fn event(document: &Document) -> Result<RegistryEvent, StoreError> {
    serde_json::from_value(document.body.clone())
        .map_err(|error| StoreError::Damaged { key: document.key.clone(), reason: error.to_string() })
}

fn renumbered(document: &Document, name: &str, sequence: u64) -> Document {
    let mut moved = document.clone();
    moved.key = format!("{EVENTS}{name}/{sequence:08}");
    moved.body["sequence"] = sequence.into();
    moved
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::base::morning;
    use crate::flows::shelf::{Shelf, now};
    use crate::registry::RegistryAction;

    fn document(key: &str, body: &str) -> Document {
        Document { key: key.into(), kind: "setting".into(), schema: 1, body: body.into() }
    }

    fn entry(sequence: u64, version: &str) -> Document {
        let at = morning("2026-01-15".parse().unwrap());
        let event = RegistryEvent {
            sequence,
            name: "home-win".into(),
            version: version.into(),
            action: RegistryAction::Registered,
            at,
            recorded_at: at,
            actor: "test".into(),
            reason: String::new(),
            gate: None,
        };
        Document {
            key: format!("event/home-win/{sequence:08}"),
            kind: "event".into(),
            schema: 1,
            body: serde_json::to_value(event).unwrap(),
        }
    }

    fn trail(overlay: &Overlay<Shelf>) -> Vec<(u64, String)> {
        let (_, documents) = now(overlay.scan("event/")).unwrap();
        documents.iter().map(|document| event(document).unwrap()).map(|event| (event.sequence, event.version)).collect()
    }

    #[test]
    fn a_local_document_hides_the_published_one_and_the_rest_shows_through() {
        let overlay = Overlay::new(
            vec![document("a/1", "site"), document("a/2", "site"), document("b/1", "site")],
            Shelf::default(),
        );
        let batch = Batch { puts: vec![document("a/2", "here"), document("a/3", "here")], ..Batch::default() };
        now(overlay.commit(batch)).unwrap();
        let (revision, documents) = now(overlay.scan("a/")).unwrap();
        assert_eq!(revision, Revision(1));
        let found: Vec<_> =
            documents.iter().map(|document| (document.key.as_str(), document.body.as_str().unwrap())).collect();
        assert_eq!(found, [("a/1", "site"), ("a/2", "here"), ("a/3", "here")]);
    }

    #[test]
    fn a_published_document_cannot_be_deleted_here() {
        let overlay = Overlay::new(vec![document("a/1", "site")], Shelf::default());
        let batch = Batch { deletes: vec!["a/1".into()], puts: vec![document("a/2", "here")], ..Batch::default() };
        assert!(matches!(now(overlay.commit(batch)), Err(StoreError::ReadOnly(message)) if message.contains("a/1")));
        assert_eq!(now(overlay.scan("a/")).unwrap().1.len(), 1);
    }

    #[test]
    fn local_entries_follow_the_published_ones_after_a_site_update() {
        let shelf = Shelf::default();
        now(shelf
            .commit(Batch { puts: vec![entry(3, "1.2.0+local.1"), entry(4, "1.2.0+local.2")], ..Batch::default() }))
        .unwrap();
        let updated = (1..=3).map(|sequence| entry(sequence, &format!("1.{sequence}.0"))).collect();
        let overlay = Overlay::new(updated, shelf);
        assert!(now(overlay.rebase()).unwrap());
        let expected = [(1, "1.1.0"), (2, "1.2.0"), (3, "1.3.0"), (4, "1.2.0+local.1"), (5, "1.2.0+local.2")];
        assert_eq!(trail(&overlay), expected.map(|(sequence, version)| (sequence, version.to_owned())));
        assert!(!now(overlay.rebase()).unwrap(), "a second time there is nothing to move");
    }

    /// A store that another tab has changed just before the first commit.
    #[derive(Default)]
    struct Busy(Shelf, RefCell<Option<Batch>>);

    impl Store for Busy {
        async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
            self.0.scan(prefix).await
        }

        async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
            let other = self.1.borrow_mut().take();
            if let Some(other) = other {
                self.0.commit(other).await?;
            }
            self.0.commit(batch).await
        }
    }

    #[test]
    fn a_tab_that_opens_while_another_one_moves_the_entries_finds_them_moved() {
        let busy = Busy::default();
        now(busy.0.commit(Batch { puts: vec![entry(1, "1.0.0+local.1")], ..Batch::default() })).unwrap();
        let moved = Batch {
            base: Revision(1),
            puts: vec![entry(2, "1.0.0+local.1")],
            deletes: vec!["event/home-win/00000001".into()],
        };
        *busy.1.borrow_mut() = Some(moved);
        let overlay = Overlay::new(vec![entry(1, "1.0.0")], busy);
        assert!(!now(overlay.rebase()).unwrap());
        assert_eq!(now(overlay.scan("event/")).unwrap().1.len(), 2);
    }

    #[test]
    fn a_shorter_published_trail_leaves_the_local_entries_alone() {
        let shelf = Shelf::default();
        now(shelf.commit(Batch { puts: vec![entry(7, "1.2.0+local.1")], ..Batch::default() })).unwrap();
        let overlay = Overlay::new(vec![entry(1, "1.0.0")], shelf);
        assert!(!now(overlay.rebase()).unwrap());
        assert_eq!(trail(&overlay), [(1, "1.0.0".to_owned()), (7, "1.2.0+local.1".to_owned())]);
    }
}
