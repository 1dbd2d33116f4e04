//! Datasets come in, are repaired, compared and written out; and their history.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::{
    DatasetInfo, History, Imported, Inner, JobEvent, JobHandle, Problem, Rechecked, Released, Session, active_setting,
    unexpected, unfinished,
};
use crate::data::{Chain, Findings, Manifest, ManifestDiff, Profile, Quarantined};
use crate::flows::datasets::{
    Archive, Kept, NewDataset, dataset_key, findings_key, keep, published_quarantine, quarantine_prefix,
    stored_findings,
};
use crate::flows::export::{Export, Exported};
use crate::flows::ingest::StageReport;
use crate::ports::{Source, Store, StoreError};
use crate::protocol::{DatasetRef, Repair, Reply, Request};

/// The chain of the published data, beside its index.
const PUBLISHED_CHAIN: &str = "manifests.jsonl";

impl Session {
    /// Reads files as one set, checks them and stores them. They are read as streams in a worker of their own, so their
    /// size is not bounded by memory; progress is in bytes. What is new becomes the active dataset; what is there already
    /// changes nothing ([`ImportChange::Same`](crate::flows::datasets::ImportChange::Same)).
    pub fn import(&self, files: Vec<File>, on: impl Fn(JobEvent<Imported>) + 'static) -> JobHandle {
        let inner = Rc::clone(&self.inner);
        let on = Rc::new(on);
        let request = Request::Import { names: files.iter().map(File::name).collect() };
        JobHandle(self.inner.client.start(request, files, move |reply| match reply {
            Reply::Imported { dataset, stages } => {
                let (inner, on) = (Rc::clone(&inner), Rc::clone(&on));
                spawn_local(async move {
                    match inner.keep_import(*dataset, stages).await {
                        Ok(imported) => on(JobEvent::Done(imported)),
                        Err(problem) => on(JobEvent::Failed(problem)),
                    }
                });
            }
            other => on(unfinished(other)),
        }))
    }

    /// Every ingest that this browser knows of.
    pub async fn history(&self) -> Result<History, Problem> {
        let archive = Archive::load(&self.inner.store).await.map_err(|error| error.to_string())?;
        Ok(History { published: self.inner.published_manifests().await, local: archive.chain().entries().to_vec() })
    }

    /// Holds the chain of this browser's imports against its seals, and the datasets against the chain: how many
    /// manifests hold, or the first place where it breaks, as a sentence.
    pub async fn verify_history(&self) -> Result<usize, Problem> {
        Archive::load(&self.inner.store).await.map_err(|error| error.to_string())?.verify()
    }

    /// Holds the chain that came with the site against its seals, and the published data against the chain: how many
    /// manifests hold, or the first place where it breaks, as a sentence.
    pub async fn verify_published(&self) -> Result<usize, Problem> {
        let bytes = self.inner.source.fetch(PUBLISHED_CHAIN).await;
        let bytes = bytes.map_err(|error| format!("The published history could not be loaded: {error}."))?;
        let chain = Chain::parse(&bytes).map_err(|error| format!("The published history is damaged: {error}."))?;
        if let Some(problem) = chain.verify().into_iter().next() {
            return Err(format!("The published history does not hold: {problem}."));
        }
        match chain.current() {
            Some(entry) if entry.manifest == self.inner.data.index.manifest => Ok(chain.entries().len()),
            _ => Err("The published history does not lead to the published data.".to_owned()),
        }
    }

    /// Everything that was found in a dataset, as far as it is kept, with its refused rows: more than
    /// [`DatasetInfo::findings`] has.
    pub async fn findings(&self, dataset: DatasetRef) -> Result<Findings, Problem> {
        self.inner.findings(&dataset).await
    }

    /// The refused rows of a dataset, as far as they are kept, in the order of the source. A row's place in the list is
    /// what [`Session::recheck`] and [`Session::release`] call it by.
    pub async fn quarantine(&self, dataset: DatasetRef) -> Result<Vec<Quarantined>, Problem> {
        Ok(self.inner.findings(&dataset).await?.quarantined)
    }

    /// Checks a refused row as it is with these edits, within itself and against the dataset. An edit names a field of
    /// the contract by its path, such as `score.home`. Nothing is changed.
    pub async fn recheck(
        &self,
        dataset: DatasetRef,
        row: usize,
        edits: BTreeMap<String, Value>,
    ) -> Result<Rechecked, Problem> {
        match self.inner.client.ask(Request::Recheck(Repair { dataset, row, edits })).await? {
            Reply::Rechecked { game, violations } => Ok(Rechecked { game, violations }),
            other => Err(unexpected(&other)),
        }
    }

    /// Lets a refused row in as it is with these edits: the dataset's next revision, which is the active one if the
    /// former was. The former stays as it was, its quarantine too.
    pub async fn release(
        &self,
        dataset: DatasetRef,
        row: usize,
        edits: BTreeMap<String, Value>,
    ) -> Result<Released, Problem> {
        let was_active = *self.inner.data.active.borrow() == dataset;
        match self.inner.client.ask(Request::Release(Repair { dataset, row, edits })).await? {
            Reply::Released(new) => {
                let (kept, _) = self.inner.keep(&new, was_active).await?;
                Ok(Released::Done(Box::new(self.inner.data.imported(&kept.stored))))
            }
            Reply::Refused(rejection) => Ok(Released::Refused(Box::new(rejection))),
            other => Err(unexpected(&other)),
        }
    }

    /// Compares the games of two datasets by their ids, and lists the first `shown` of each kind of change.
    pub async fn diff(&self, before: DatasetRef, after: DatasetRef, shown: usize) -> Result<ManifestDiff, Problem> {
        match self.inner.client.ask(Request::Diff { before, after, shown }).await? {
            Reply::Compared(diff) => Ok(diff),
            other => Err(unexpected(&other)),
        }
    }

    /// What stands in the columns of a dataset's games.
    pub async fn profile(&self, dataset: DatasetRef) -> Result<Profile, Problem> {
        match self.inner.client.ask(Request::Profile { dataset }).await? {
            Reply::Profiled(profile) => Ok(profile),
            other => Err(unexpected(&other)),
        }
    }

    /// Writes a dataset, or what was found in it, as a file.
    pub async fn export(&self, dataset: DatasetRef, what: Export) -> Result<Exported, Problem> {
        match self.inner.client.ask(Request::Export { dataset, what }).await? {
            Reply::Exported(exported) => Ok(exported),
            other => Err(unexpected(&other)),
        }
    }
}

impl Inner {
    async fn keep_import(&self, new: NewDataset, mut stages: Vec<StageReport>) -> Result<Imported, Problem> {
        let (kept, milliseconds) = self.keep(&new, true).await?;
        let games = Some(new.games.len() as u64);
        let stage = "persist".to_owned();
        stages.push(StageReport {
            stage,
            rows_in: games,
            rows_out: games,
            refused: 0,
            bytes: kept.bytes,
            milliseconds,
        });
        Ok(Imported { info: self.data.imported(&kept.stored), stages, change: kept.change })
    }

    /// Stores a checked dataset in one commit, and how long that took in milliseconds.
    async fn keep(&self, new: &NewDataset, activate: bool) -> Result<(Kept, f64), Problem> {
        let start = js_sys::Date::now();
        let dataset = DatasetRef::Imported { digest: new.manifest.digest };
        let beside = if activate { vec![active_setting(&dataset)] } else { Vec::new() };
        let kept = keep(&self.store, new, &beside).await.map_err(|error| match error {
            StoreError::Stale { .. } => {
                "Another tab keeps changing the store: close it and try again. Nothing was changed.".to_owned()
            }
            error => format!("It could not be stored: {error}. Nothing was changed."),
        })?;
        self.committed();
        *self.data.imports.borrow_mut() = kept.all.clone();
        // Beside one that is left out nothing is kept.
        self.data.left_out.borrow_mut().clear();
        if activate && !kept.change.is_same() {
            *self.data.active.borrow_mut() = dataset;
        }
        self.changed();
        Ok((kept, js_sys::Date::now() - start))
    }

    async fn findings(&self, dataset: &DatasetRef) -> Result<Findings, Problem> {
        let told = |error: StoreError| error.to_string();
        match dataset {
            DatasetRef::Published => {
                let rows = published_quarantine(&self.source, &self.data.index).await?;
                let mut findings = Findings::of(rows.iter().flat_map(|row| row.violations.clone()).collect());
                findings.quarantined = rows;
                Ok(findings)
            }
            DatasetRef::Imported { digest } => {
                let (_, heads) = self.store.scan(&dataset_key(digest)).await.map_err(told)?;
                let head = heads.into_iter().next();
                let head = head.ok_or("This dataset is no longer in this browser: import its file again.")?;
                let (_, violations) = self.store.scan(&findings_key(digest)).await.map_err(told)?;
                let (_, quarantine) = self.store.scan(&quarantine_prefix(digest)).await.map_err(told)?;
                stored_findings(head, violations, quarantine).map_err(told)
            }
        }
    }

    /// The manifests of the published data: its chain, where it came with the site and leads to the data; otherwise the
    /// one of the data.
    async fn published_manifests(&self) -> Vec<Manifest> {
        let own = &self.data.index.manifest;
        let chain = self.source.fetch(PUBLISHED_CHAIN).await.ok().and_then(|bytes| Chain::parse(&bytes).ok());
        match chain {
            Some(chain) if chain.current().is_some_and(|entry| entry.manifest == *own) => {
                chain.entries().iter().map(|entry| entry.manifest.clone()).collect()
            }
            _ => vec![own.clone()],
        }
    }
}

impl DatasetInfo {
    /// Which content of its source it is, from 1; 0 where that is not known.
    pub fn revision(&self) -> u32 {
        self.manifest.revision
    }
}
