//! The table of all runs of a store, which is kept there: with ten thousand runs, reading each anew takes seconds.

use std::collections::BTreeSet;

use crate::flows::documents::{Record, load_all, read};
use crate::ports::{Recalled, Revision, Store, StoreError};
use crate::tracking::{Run, RunTable};

/// The name under which it is kept, with the version of its form: of another form nothing is known.
const NAME: &str = "runs 1";

/// From how many changed runs on the table is kept anew: fewer are read faster than it is written.
const MANY: usize = 50;

/// A table as it was loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The table.
    pub table: RunTable,
    /// The revision of the store that it is of.
    pub revision: Revision,
    /// Whether it should be kept, with [`keep`].
    pub is_new: bool,
}

/// The table of all runs, those in the trash among them: what is kept, with what has changed since, or else every run.
///
/// # Errors
/// Where the store cannot be read, or a run in it.
pub async fn load<S: Store>(store: &S) -> Result<Loaded, StoreError> {
    if let Some(Recalled { bytes, revision, changed }) = store.recall(NAME, &format!("{}/", Run::KIND)).await?
        && let Ok(kept) = postcard::from_bytes::<RunTable>(&bytes)
    {
        if changed.is_empty() {
            return Ok(Loaded { table: kept, revision, is_new: false });
        }
        let ids: BTreeSet<String> = changed.keys().filter_map(|key| key.split('/').nth(1)).map(str::to_owned).collect();
        let is_new = changed.len() >= MANY;
        let runs: Vec<Run> = changed.into_values().flatten().map(read).collect::<Result<_, _>>()?;
        let table = kept.changed(|id| ids.contains(id), &runs);
        return Ok(Loaded { table, revision, is_new });
    }
    let (revision, runs) = load_all::<Run, S>(store).await?;
    Ok(Loaded { table: RunTable::new(&runs), revision, is_new: true })
}

/// Keeps the table of a revision for the next time.
///
/// # Errors
/// Where the store has no room for it, which is no loss.
pub async fn keep<S: Store>(store: &S, table: &RunTable, revision: Revision) -> Result<(), StoreError> {
    let bytes = postcard::to_allocvec(table)
        .map_err(|error| StoreError::Damaged { key: NAME.to_owned(), reason: error.to_string() })?;
    store.keep(NAME, revision, bytes).await
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::{Digest, morning};
    use crate::flows::documents::{document, put};
    use crate::flows::overlay::Overlay;
    use crate::flows::shelf::{Shelf, now};
    use crate::flows::{bench_tracking::made_up_runs, tracking};
    use crate::ports::{Batch, Document};

    /// A store that keeps what it is given and remembers its changes, as that of a browser does, and counts how often all
    /// its runs were read.
    #[derive(Default)]
    struct Keeper {
        shelf: Shelf,
        changes: RefCell<Vec<Vec<String>>>,
        kept: RefCell<Option<(Revision, Vec<u8>)>>,
        scans: Cell<u32>,
    }

    impl Store for Keeper {
        async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
            self.scans.set(self.scans.get() + u32::from(prefix == "run/"));
            self.shelf.scan(prefix).await
        }
        async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
            let keys = batch.puts.iter().map(|put| put.key.clone()).chain(batch.deletes.iter().cloned()).collect();
            let next = self.shelf.commit(batch).await?;
            self.changes.borrow_mut().push(keys);
            Ok(next)
        }
        async fn newest_schema(&self, _kind: &str) -> Result<u32, StoreError> {
            Ok(1)
        }
        async fn recall(&self, _name: &str, prefix: &str) -> Result<Option<Recalled>, StoreError> {
            let Some((at, bytes)) = self.kept.borrow().clone() else { return Ok(None) };
            let (revision, all) = self.shelf.scan("").await?;
            let mut changed = BTreeMap::new();
            for key in self.changes.borrow()[at.0 as usize..].iter().flatten().filter(|key| key.starts_with(prefix)) {
                changed.insert(key.clone(), all.iter().find(|document| document.key == *key).cloned());
            }
            Ok(Some(Recalled { bytes, revision, changed }))
        }
        async fn keep(&self, _name: &str, at: Revision, bytes: Vec<u8>) -> Result<(), StoreError> {
            *self.kept.borrow_mut() = Some((at, bytes));
            Ok(())
        }
    }

    fn published() -> Vec<Document> {
        made_up_runs(3, 2).iter().map(|run| document(run).expect("a document")).collect()
    }

    fn overlay(published: Vec<Document>, keeper: Keeper) -> Overlay<Keeper> {
        let keys: String = published.iter().map(|document| document.key.as_str()).collect();
        Overlay::new(published, keeper).with_mark(Digest::of_bytes(keys.as_bytes()))
    }

    /// Names and trash, in the order of the ids.
    fn told(table: &RunTable) -> Vec<(String, bool)> {
        let mut told: Vec<_> =
            table.runs().map(|run| (run.id.to_owned(), run.name.to_owned(), run.deleted_at.is_some())).collect();
        told.sort();
        told.into_iter().map(|(_, name, deleted)| (name, deleted)).collect()
    }

    fn anew(store: &Overlay<Keeper>) -> RunTable {
        RunTable::new(&now(load_all::<Run, _>(store)).expect("runs").1)
    }

    #[test]
    fn a_kept_table_follows_every_change_without_all_runs_being_read_again() {
        let store = overlay(published(), Keeper::default());
        let first = now(load(&store)).expect("a table");
        assert!(first.is_new);
        now(keep(&store, &first.table, first.revision)).expect("it is kept");
        let scans = store.local().scans.get();
        let again = now(load(&store)).expect("a table");
        assert!(!again.is_new);
        assert_eq!(told(&again.table), told(&first.table));

        // One comes, one goes to the trash, one is looked at by no one.
        let mut batch = Batch::default();
        put(&mut batch, &Run { id: "f".repeat(32), name: "new".into(), ..made_up_runs(1, 2).remove(0) })
            .expect("a run");
        now(store.commit(batch)).expect("committed");
        let gone = made_up_runs(3, 2)[1].id.clone();
        let at = morning("2026-01-15".parse().expect("a day"));
        assert_eq!(now(tracking::delete(&store, std::slice::from_ref(&gone), at)).expect("moved").len(), 1);
        let changed = now(load(&store)).expect("a table").table;
        assert_eq!(changed.len(), 4);
        assert_eq!(store.local().scans.get(), scans, "no change has read every run");
        assert_eq!(told(&changed), told(&anew(&store)));

        // What hid the published run is taken away: it shows through again.
        let (base, _) = now(store.scan("setting/")).expect("a revision");
        let deletes = vec![format!("run/{gone}")];
        now(store.local().commit(Batch { base, puts: Vec::new(), deletes })).expect("committed");
        let shown = now(load(&store)).expect("a table").table;
        assert_eq!(told(&shown), told(&anew(&store)));
        assert!(told(&shown).iter().all(|(_, deleted)| !deleted));
    }

    #[test]
    fn a_table_of_another_release_of_the_site_or_of_another_form_is_made_anew() {
        let store = overlay(published(), Keeper::default());
        let first = now(load(&store)).expect("a table");
        now(keep(&store, &first.table, first.revision)).expect("it is kept");
        let kept = store.local().kept.take();
        let newer = overlay(published()[..2].to_vec(), Keeper { kept: RefCell::new(kept), ..Keeper::default() });
        let table = now(load(&newer)).expect("a table");
        assert!(table.is_new);
        assert_eq!(table.table.len(), 2);
        now(newer.keep(NAME, Revision(0), vec![9; 7])).expect("kept");
        assert_eq!(now(load(&newer)).expect("a table").table.len(), 2);
    }

    #[test]
    fn the_form_of_a_kept_table_is_that_of_its_name() {
        let table = RunTable::new(&made_up_runs(2, 2));
        let bytes = postcard::to_allocvec(&table).expect("it can be written");
        // Another digest is another form, which needs another name: what was kept under this one would be misread.
        assert_eq!((NAME, Digest::of_bytes(&bytes).short().as_str()), ("runs 1", "83e329bad7fd"));
    }
}
