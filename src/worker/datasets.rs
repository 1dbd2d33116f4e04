//! The games that jobs compute on: loaded once, checked, and kept by digest.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Job, Stop};
use crate::adapters::browser::FetchSource;
use crate::base::Digest;
use crate::data::{DataIndex, Findings, Lineage};
use crate::flows::datasets::{
    dataset_key, findings_key, games_prefix, lineage_key, published_quarantine, quarantine_prefix, season_games,
    stored_dataset, stored_findings, stored_games, stored_lineage,
};
use crate::flows::ingest::Ingested;
use crate::flows::train::Provenance;
use crate::league::GameLog;
use crate::ports::{Source, Store, fetch_verified};
use crate::protocol::DatasetRef;

/// Games with where they came from.
pub(super) struct Dataset {
    pub(super) log: GameLog,
    pub(super) provenance: Provenance,
}

/// Loaded datasets by digest; at most [`KEPT`].
#[derive(Default)]
pub(super) struct Cache(RefCell<BTreeMap<Digest, Rc<Dataset>>>);

const KEPT: usize = 4;

impl Cache {
    /// Keeps a dataset for the jobs to come.
    pub(super) fn keep(&self, dataset: Rc<Dataset>) {
        let mut kept = self.0.borrow_mut();
        if kept.len() >= KEPT {
            kept.pop_first();
        }
        kept.insert(dataset.provenance.data_version, dataset);
    }

    fn get(&self, digest: &Digest) -> Option<Rc<Dataset>> {
        self.0.borrow().get(digest).cloned()
    }
}

/// The games of a dataset.
pub(super) async fn load(job: &Job, dataset: &DatasetRef) -> Result<Rc<Dataset>, Stop> {
    let loaded = match dataset {
        DatasetRef::Published => published(job).await?,
        DatasetRef::Imported { digest } => match job.shared.datasets.get(digest) {
            Some(kept) => return Ok(kept),
            None => imported(job, digest).await?,
        },
    };
    job.shared.datasets.keep(Rc::clone(&loaded));
    Ok(loaded)
}

async fn published(job: &Job) -> Result<Rc<Dataset>, Stop> {
    let (source, index) = published_index(job).await?;
    if let Some(kept) = job.shared.datasets.get(&index.manifest.digest) {
        return Ok(kept);
    }
    let files: Vec<_> = index.files.iter().filter(|file| file.kind == "games").collect();
    let mut games = Vec::new();
    for (done, file) in files.iter().enumerate() {
        job.progress("Loading games", done as u64, files.len() as u64);
        let bytes = fetch_verified(&source, &file.path, file.digest).await?;
        games.extend(season_games(&file.path, &bytes).map_err(Stop::Failed)?);
        job.pause().await?;
    }
    let provenance = Provenance { data_version: index.manifest.digest, source_kind: index.manifest.source_kind };
    Ok(Rc::new(Dataset { log: GameLog::new(games), provenance }))
}

/// The published data's source and index.
async fn published_index(job: &Job) -> Result<(FetchSource, DataIndex), Stop> {
    let source = FetchSource::data(&job.shared.base);
    let bytes = source.fetch("index.json").await?;
    let index = crate::base::json::from_slice(&bytes)
        .map_err(|error| Stop::Failed(format!("data/index.json cannot be read: {error}")))?;
    Ok((source, index))
}

/// Everything of a dataset, as an ingest left it.
pub(super) async fn whole(job: &Job, dataset: &DatasetRef) -> Result<Ingested, Stop> {
    let log = load(job, dataset).await?.log.clone();
    match dataset {
        DatasetRef::Published => {
            let (source, index) = published_index(job).await?;
            let rows = published_quarantine(&source, &index).await.map_err(Stop::Failed)?;
            let mut findings = Findings::of(rows.iter().flat_map(|row| row.violations.clone()).collect());
            findings.quarantined = rows;
            let lineage = match index.files.iter().find(|file| file.kind == "lineage") {
                Some(file) => {
                    let bytes = fetch_verified(&source, &file.path, file.digest).await?;
                    crate::base::json::from_slice(&bytes)?
                }
                None => Lineage::default(),
            };
            Ok(Ingested { log, manifest: index.manifest, as_of: index.as_of, findings, lineage })
        }
        DatasetRef::Imported { digest } => {
            let store = job.shared.store().await?;
            let (_, heads) = store.scan(&dataset_key(digest)).await?;
            let head = heads.into_iter().next().ok_or_else(|| gone(digest))?;
            let (_, violations) = store.scan(&findings_key(digest)).await?;
            let (_, quarantine) = store.scan(&quarantine_prefix(digest)).await?;
            let (_, lineage) = store.scan(&lineage_key(digest)).await?;
            let stored = stored_dataset(head.clone())?;
            let findings = stored_findings(head, violations, quarantine)?;
            let lineage = stored_lineage(lineage)?;
            Ok(Ingested { log, manifest: stored.manifest, as_of: stored.as_of, findings, lineage })
        }
    }
}

fn gone(digest: &Digest) -> Stop {
    Stop::Failed(format!("the dataset {} is not in this browser's store: import its file again", digest.short()))
}

async fn imported(job: &Job, digest: &Digest) -> Result<Rc<Dataset>, Stop> {
    job.progress("Loading games", 0, 0);
    let store = job.shared.store().await?;
    let (_, found) = store.scan(&dataset_key(digest)).await?;
    let stored = stored_dataset(found.into_iter().next().ok_or_else(|| gone(digest))?)?;
    let (_, seasons) = store.scan(&games_prefix(digest)).await?;
    job.pause().await?;
    let log = stored_games(seasons)?;
    let provenance = Provenance { data_version: *digest, source_kind: stored.manifest.source_kind };
    Ok(Rc::new(Dataset { log, provenance }))
}
