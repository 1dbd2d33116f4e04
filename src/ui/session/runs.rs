//! Runs: looked through, with their files, moved to the trash and back, purged, and noted upon.

use std::sync::Arc;

use gloo::timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::{Inner, Problem, Session};
use crate::adapters::browser::BrowserClock;
use crate::base::Digest;
use crate::data::Manifest;
use crate::flows::documents::{load_all, load_one};
use crate::flows::present::compare::Forecasts;
use crate::flows::run_table;
use crate::flows::tracking::{self, Purged};
use crate::ports::{Clock, fetch_verified};
use crate::registry::{ModelVersion, Stage};
use crate::tracking::compare::PREDICTIONS;
use crate::tracking::{ARTIFACTS, Blob, Run, RunHead, RunTable};

/// How long a new table waits before it is kept, in milliseconds.
const PAUSE: u32 = 200;

/// A run with what is around it.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRun {
    /// The run.
    pub run: Run,
    /// The search that it is a trial of, as far as it is here: id and name.
    pub parent: Option<(String, String)>,
    /// The trials of it: ids and names.
    pub trials: Vec<(String, String)>,
    /// The versions that came from it, with their stages.
    pub versions: Vec<(ModelVersion, Stage)>,
    /// The manifest of its data, if it is in this browser.
    pub manifest: Option<Manifest>,
    /// Whether it came with the site.
    pub published: bool,
}

impl Session {
    /// Every run by columns, those in the trash among them.
    pub async fn run_table(&self) -> Result<Arc<RunTable>, Problem> {
        let loaded = run_table::load(&self.inner.store).await.map_err(|error| error.to_string())?;
        let (table, revision) = (Arc::new(loaded.table), loaded.revision);
        if !loaded.is_new {
            return Ok(table);
        }
        let (kept, store) = (Arc::clone(&table), self.inner.store.clone());
        // The table is shown first.
        Timeout::new(PAUSE, move || {
            spawn_local(async move {
                // Without room for it, it is made anew the next time.
                let _ = run_table::keep(&store, &kept, revision).await;
            });
        })
        .forget();
        Ok(table)
    }

    /// The runs of some ids, none where they are not here.
    pub async fn runs(&self, ids: &[String]) -> Result<Vec<Option<Run>>, Problem> {
        let mut runs = Vec::with_capacity(ids.len());
        for id in ids {
            let found = load_one::<Run, _>(&self.inner.store, id).await.map_err(|error| error.to_string())?;
            runs.push(found.1);
        }
        Ok(runs)
    }

    /// A run with what is around it; none where it is not here.
    pub async fn open_run(&self, table: &RunTable, id: &str) -> Result<Option<OpenRun>, Problem> {
        let (_, found) = load_one::<Run, _>(&self.inner.store, id).await.map_err(|error| error.to_string())?;
        let Some(run) = found else { return Ok(None) };
        let named = |run: RunHead<'_>| (run.id.to_owned(), run.name.to_owned());
        let parent = run.parent.as_deref().and_then(|parent| table.row_of(parent)).map(|row| named(table.run(row)));
        let of = table.runs().filter(|other| other.parent == Some(id));
        let trials = of.filter(|trial| trial.deleted_at.is_some() == run.deleted_at.is_some()).map(named).collect();
        let models = self.models().await?;
        let versions = models.into_iter().filter(|row| row.version.run_id == id);
        let versions = versions.map(|row| (row.version, row.stage)).collect();
        let manifest = match run.data_version {
            Some(digest) => self.inner.manifest_of(digest).await?,
            None => None,
        };
        let published = self.inner.is_published(&format!("run/{id}"));
        Ok(Some(OpenRun { run, parent, trials, versions, manifest, published }))
    }

    /// The bytes of a run's file, of this browser or of the site, held against their digest.
    pub async fn artifact(&self, digest: Digest) -> Result<Vec<u8>, Problem> {
        let (_, blob) =
            load_one::<Blob, _>(&self.inner.store, &digest.hex()).await.map_err(|error| error.to_string())?;
        match blob {
            Some(blob) => blob.bytes(),
            None => fetch_verified(&self.inner.source, &format!("{ARTIFACTS}/{}", digest.hex()), digest)
                .await
                .map_err(|error| format!("The file is neither in this browser nor on the site: {error}")),
        }
    }

    /// What runs said of the games of their hold-outs; none for a run without its predictions.
    pub async fn forecasts(&self, runs: &[&Run]) -> Result<Vec<Option<Forecasts>>, Problem> {
        let mut all = Vec::with_capacity(runs.len());
        for run in runs {
            all.push(match run.artifact(PREDICTIONS) {
                Some(artifact) => Some(Forecasts::parse(&self.artifact(artifact.digest).await?)?),
                None => None,
            });
        }
        Ok(all)
    }

    /// Moves runs to the trash, a search with its trials. Gives the ids of those that were moved.
    pub async fn delete_runs(&self, ids: &[String]) -> Result<Vec<String>, Problem> {
        let moved = tracking::delete(&self.inner.store, ids, BrowserClock.now()).await;
        self.inner.told(moved)
    }

    /// Takes runs out of the trash. Gives the ids of those that came back.
    pub async fn restore_runs(&self, ids: &[String]) -> Result<Vec<String>, Problem> {
        let back = tracking::restore(&self.inner.store, ids).await;
        self.inner.told(back)
    }

    /// Deletes runs of the trash for good. Those of registered versions and those that came with the site stay.
    pub async fn purge_runs(&self, ids: &[String]) -> Result<Purged, Problem> {
        let purged = tracking::purge(&self.inner.store, ids, |key| self.inner.is_published(key)).await;
        self.inner.told(purged)
    }

    /// Sets a tag of a run, or takes it away.
    pub async fn tag_run(&self, id: &str, key: &str, value: Option<&str>) -> Result<(), Problem> {
        let done = tracking::set_tag(&self.inner.store, id, key, value).await;
        self.inner.told(done)
    }

    /// Sets the note of a run.
    pub async fn note_run(&self, id: &str, text: &str) -> Result<(), Problem> {
        let done = tracking::set_note(&self.inner.store, id, text).await;
        self.inner.told(done)
    }
}

impl Inner {
    fn is_published(&self, key: &str) -> bool {
        self.store.published(key).is_some()
    }

    /// The outcome of a change, which the pages are told of.
    fn told<T>(&self, outcome: Result<T, tracking::TrackingFlowError>) -> Result<T, Problem> {
        let outcome = outcome.map_err(|error| format!("Nothing was changed: {error}."))?;
        self.committed();
        self.changed();
        Ok(outcome)
    }

    /// The manifest with a digest: of a dataset that is here, or of one that the journal tells of.
    async fn manifest_of(&self, digest: Digest) -> Result<Option<Manifest>, Problem> {
        let here = self.data.infos().into_iter().map(|info| info.manifest).find(|manifest| manifest.digest == digest);
        if here.is_some() {
            return Ok(here);
        }
        let (_, manifests) = load_all::<Manifest, _>(&self.store).await.map_err(|error| error.to_string())?;
        Ok(manifests.into_iter().find(|manifest| manifest.digest == digest))
    }
}
