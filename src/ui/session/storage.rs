//! All that this browser keeps: how much it is, taken along as a back-up, put back, deleted; and what happens when
//! another tab changes it.

use std::cell::Cell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::prelude::Set;
use wasm_bindgen_futures::spawn_local;

use super::data::ACTIVE;
use super::{Chosen, DatasetInfo, Inner, Problem, Session, active_setting, chosen, rebase};
use crate::adapters::browser::{BrowserClock, LocalStore, forget_visitor, room};
use crate::adapters::journal;
use crate::flows::backup::{self, KindUse, REVISION, by_kind, is_newer, replacement};
use crate::flows::datasets::{KINDS, LeftOut};
use crate::flows::export::Exported;
use crate::flows::present::storage::{Room, full_words};
use crate::ports::{Batch, Clock, Document, Revision, Store, StoreError};
use crate::protocol::DatasetRef;

/// How long another tab's commits are gathered before the pages load again, in milliseconds.
const SETTLE: u32 = 250;

/// Kinds of which the pages of other tabs show nothing: a search writes after each of its trials.
const UNSEEN: [&str; 1] = ["search"];

/// Parts of an imported dataset; its history stays.
const PARTS: [&str; 5] = ["dataset", "games", "lineage", "findings", "quarantine"];

/// A change of what this browser keeps, ready to be made: it holds for the store as it was looked at, and for no other.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    batch: Batch,
    /// What is there now.
    pub there: Vec<KindUse>,
    /// What will be there.
    pub after: Vec<KindUse>,
}

/// All that this browser keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// How much of each kind, the largest first.
    pub kinds: Vec<KindUse>,
    /// Every imported dataset with the bytes that it takes, the largest first.
    pub imports: Vec<(DatasetInfo, u64)>,
    /// How much of each kind a newer version of the site wrote.
    pub newer: Vec<KindUse>,
    /// Imported datasets that this version does not read.
    pub left_out: Vec<LeftOut>,
}

impl Session {
    /// What only the lab needs, and what the fans' module is therefore free of: imports in memory reach the worker, and a
    /// store without room says what takes it.
    pub fn serve_lab(&self) {
        let local = self.inner.store.local();
        local.explain_full(|documents| full_words(&by_kind(documents)));
        if let LocalStore::Memory(memory) = local {
            let memory = Rc::clone(memory);
            self.inner.client.lend(Rc::new(move || {
                let (revision, mut documents) = memory.snapshot();
                documents.retain(|document| KINDS.contains(&document.kind.as_str()));
                if documents.is_empty() { None } else { journal::compact(revision, &documents).ok() }
            }));
        }
    }

    /// What the browser says of this site's room.
    pub async fn room(&self) -> Room {
        room().await
    }

    /// What is kept.
    pub async fn stored(&self) -> Result<Stored, Problem> {
        let (_, documents) = self.inner.kept().await?;
        let infos = self.datasets().into_iter().filter_map(|info| match info.dataset {
            DatasetRef::Imported { digest } => Some((digest.hex(), info)),
            DatasetRef::Published => None,
        });
        let size = |(hex, info): (String, DatasetInfo)| {
            let parts = by_kind(documents.iter().filter(|document| is_part(&document.key, &hex)));
            (info, parts.iter().map(|of| of.bytes).sum::<u64>())
        };
        let mut imports: Vec<_> = infos.map(size).collect();
        imports.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        let newer = by_kind(documents.iter().filter(|document| is_newer(document)));
        Ok(Stored { kinds: by_kind(&documents), imports, newer, left_out: self.left_out() })
    }

    /// All that is kept, as a file that [`Session::read_backup`] and the command line read. The same documents give the
    /// same bytes.
    pub async fn back_up(&self) -> Result<Exported, Problem> {
        let (_, documents) = self.inner.kept().await?;
        let text = journal::compact(REVISION, &documents).map_err(|error| error.to_string())?;
        let file_name = backup::file_name(BrowserClock.now().date_naive());
        Ok(Exported { file_name, media_type: "application/jsonl".to_owned(), text })
    }

    /// Checks a back-up from its first byte to its last and says what [`Session::carry_out`] would replace by it. Nothing
    /// is changed.
    pub async fn read_backup(&self, name: &str, bytes: &[u8]) -> Result<Planned, Problem> {
        let wanted = whole(bytes).map_err(|why| format!("{name} cannot be restored: {why}. Nothing was changed."))?;
        let (base, there) = self.inner.kept().await?;
        let (before, after) = (by_kind(&there), by_kind(&wanted));
        Ok(Planned { batch: replacement(base, &there, wanted), there: before, after })
    }

    /// What it means to delete everything. Nothing is changed.
    pub async fn plan_deletion(&self) -> Result<Planned, Problem> {
        let (base, there) = self.inner.kept().await?;
        Ok(Planned { batch: replacement(base, &there, Vec::new()), there: by_kind(&there), after: Vec::new() })
    }

    /// What it means to delete an imported dataset. Nothing is changed.
    pub async fn plan_removal(&self, dataset: &DatasetRef) -> Result<Planned, Problem> {
        let DatasetRef::Imported { digest } = dataset else {
            return Err("The published dataset came with the site and cannot be deleted here.".to_owned());
        };
        let (base, there) = self.inner.kept().await?;
        if let Some(newer) = there.iter().find(|of| PARTS.contains(&of.kind.as_str()) && is_newer(of)) {
            return Err(format!(
                "{} was written by a newer version of this site, so nothing of its kind is changed by this one. Reload the page to get that version.",
                newer.key
            ));
        }
        let hex = digest.hex();
        let mut wanted: Vec<Document> =
            there.iter().filter(|document| !is_part(&document.key, &hex)).cloned().collect();
        if *self.inner.data.active.borrow() == *dataset {
            wanted.retain(|document| document.key != ACTIVE);
            wanted.push(active_setting(&DatasetRef::Published));
        }
        let (before, after) = (by_kind(&there), by_kind(&wanted));
        Ok(Planned { batch: replacement(base, &there, wanted), there: before, after })
    }

    /// Makes a planned change in one commit. If the store has changed since it was planned, nothing happens and the
    /// message says so.
    pub async fn carry_out(&self, planned: Planned) -> Result<(), Problem> {
        let everything = planned.after.is_empty();
        // It would write its trials again.
        self.cancel_training();
        self.inner.store.local().commit(planned.batch).await.map_err(|error| match error {
            StoreError::Stale { .. } => {
                "This browser’s store has changed since you were asked, in another tab perhaps. Nothing was changed: look again and repeat.".to_owned()
            }
            error => format!("It could not be done: {error}. Nothing was changed."),
        })?;
        if everything {
            forget_visitor(&self.inner.base);
        }
        self.inner.committed();
        // A back-up of an earlier day holds registry entries that newer published ones must come before.
        rebase(&self.inner.store).await?;
        self.inner.refresh().await
    }

    /// Calls `told` after another tab has changed the store and this one has loaded it again.
    pub fn on_changed_elsewhere(&self, told: impl Fn(Result<(), Problem>) + 'static) {
        let (inner, told, waiting) = (Rc::downgrade(&self.inner), Rc::new(told), Rc::new(Cell::new(false)));
        self.inner.store.local().on_change(move |kinds| {
            if kinds.iter().all(|kind| UNSEEN.contains(&kind.as_str())) || waiting.replace(true) {
                return;
            }
            let (inner, told, waiting) = (inner.clone(), Rc::clone(&told), Rc::clone(&waiting));
            let load = async move {
                if let Some(inner) = inner.upgrade() {
                    told(inner.refresh().await);
                }
            };
            Timeout::new(SETTLE, move || {
                waiting.set(false);
                spawn_local(load);
            })
            .forget();
        });
    }
}

/// The documents of a back-up that is whole and of this version, or why it is not.
fn whole(bytes: &[u8]) -> Result<Vec<Document>, String> {
    let journal = journal::parse(bytes).map_err(|error| error.to_string())?;
    if journal.torn > 0 {
        return Err(format!(
            "it is no back-up, or its end is missing: {} of its {} bytes are no whole line of a journal",
            journal.torn,
            bytes.len()
        ));
    }
    if journal.revision == Revision(0) {
        return Err("it is empty: a back-up has at least one line".to_owned());
    }
    let documents: Vec<Document> = journal.documents.into_values().collect();
    backup::check(&documents).map_err(|error| error.to_string())?;
    Ok(documents)
}

/// Whether a key belongs to the dataset whose digest is this, in hexadecimal.
fn is_part(key: &str, digest: &str) -> bool {
    let mut parts = key.split('/');
    parts.next().is_some_and(|kind| PARTS.contains(&kind)) && parts.next() == Some(digest)
}

impl Inner {
    /// Every document of this browser; none of those that came with the site.
    async fn kept(&self) -> Result<(Revision, Vec<Document>), Problem> {
        self.store.local().scan("").await.map_err(|error| error.to_string())
    }

    /// Takes up what is in the store now, and tells the pages.
    pub(super) async fn refresh(&self) -> Result<(), Problem> {
        let Chosen { found, active, rollout, profile } = chosen(&self.store).await?;
        self.data.take(found, active);
        *self.rollout.borrow_mut() = rollout;
        self.profile.set(profile);
        self.changed();
        Ok(())
    }
}
