//! Files for other browsers and other tools, and theirs for this one.

use std::collections::{BTreeMap, BTreeSet};

use web_sys::{File, FileSystemDirectoryEntry};

use super::{Problem, Session};
use crate::adapters::browser::{BrowserClock, chosen_folder, dropped_folder, relative_path, signing_key};
use crate::base::Digest;
use crate::data::Manifest;
use crate::flows::documents::{document, load_all};
use crate::flows::exchange::archive::{self, Bounds};
use crate::flows::exchange::bundle::{self, Signer};
use crate::flows::exchange::error::ImportError;
use crate::flows::exchange::mlmodel::{About, folder};
use crate::flows::exchange::report::{Experiment, best, report_of};
use crate::flows::exchange::{Entry, import, mlruns_in, mlruns_out};
use crate::flows::gate::manifests;
use crate::flows::present::exchange::{bundle_words, mlruns_words};
use crate::ports::{Clock, Store};
use crate::tracking::compare::PREDICTIONS;
use crate::tracking::{Blob, Run};

/// A file to save.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedFile {
    /// What to call it.
    pub file_name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What can be saved of the runs and the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// The registry with its runs and their files, signed.
    Bundle,
    /// The same as a store of MLflow.
    Mlflow,
    /// An experiment as one page.
    Report(String),
    /// A version in ONNX, as the folder that MLflow loads.
    Onnx(String),
}

impl Session {
    /// Names of the experiments that have runs.
    pub async fn experiments(&self) -> Result<BTreeSet<String>, Problem> {
        let (_, runs) = load_all::<Run, _>(&self.inner.store).await.map_err(|error| error.to_string())?;
        Ok(runs.into_iter().filter(|run| run.deleted_at.is_none()).map(|run| run.experiment).collect())
    }

    /// Writes a file for others.
    pub async fn outgoing(&self, what: Outgoing) -> Result<SavedFile, Problem> {
        let day = BrowserClock.now().date_naive();
        let (file_name, media_type, bytes) = match what {
            Outgoing::Bundle => (format!("linelogic-registry-{day}.zip"), "application/zip", self.bundle().await?),
            Outgoing::Mlflow => (format!("linelogic-mlruns-{day}.zip"), "application/zip", self.mlruns().await?),
            Outgoing::Report(experiment) => {
                let page = self.report(&experiment).await?;
                (format!("linelogic-report-{day}.html"), "text/html", page.into_bytes())
            }
            Outgoing::Onnx(version) => {
                let bytes = self.onnx(&version).await?;
                (format!("home-win-{}-onnx.zip", version.replace('+', "-")), "application/zip", bytes)
            }
        };
        Ok(SavedFile { file_name, media_type, bytes })
    }

    async fn bundle(&self) -> Result<Vec<u8>, Problem> {
        let (_, mut documents) = self.inner.store.scan("").await.map_err(|error| error.to_string())?;
        let (_, runs) = load_all::<Run, _>(&self.inner.store).await.map_err(|error| error.to_string())?;
        let there: BTreeSet<String> = documents.iter().map(|document| document.key.clone()).collect();
        for blob in self.files(&runs).await?.into_values() {
            let file = document(&blob).map_err(|error| error.to_string())?;
            if !there.contains(&file.key) {
                documents.push(file);
            }
        }
        let key = signing_key(&self.inner.base)?;
        let signer = Signer { key: &key, name: &self.inner.actor(), at: BrowserClock.now() };
        bundle::export(&documents, &signer).map_err(|error| error.to_string())
    }

    async fn mlruns(&self) -> Result<Vec<u8>, Problem> {
        let (_, runs) = load_all::<Run, _>(&self.inner.store).await.map_err(|error| error.to_string())?;
        let files = self.files(&runs).await?;
        let registry = self.inner.registry().await?;
        let entries = mlruns_out::tree(&runs, &files, &[registry]).map_err(|error| error.to_string())?;
        archive::write(&entries).map_err(|error| error.to_string())
    }

    async fn report(&self, experiment: &str) -> Result<String, Problem> {
        let (_, mut runs) = load_all::<Run, _>(&self.inner.store).await.map_err(|error| error.to_string())?;
        runs.retain(|run| run.experiment == experiment);
        let file = best(&runs).and_then(|run| run.artifact(PREDICTIONS));
        let predictions = match file {
            Some(file) => Some(self.artifact(file.digest).await?),
            None => None,
        };
        let stored = manifests(&self.inner.store).await.map_err(|error| error.to_string())?;
        let here = self.inner.data.infos().into_iter().map(|info| info.manifest);
        let manifests: Vec<Manifest> = here.chain(stored).collect();
        let experiment = Experiment {
            name: experiment,
            runs: &runs,
            predictions: predictions.as_deref(),
            registry: &self.inner.registry().await?,
            manifests: &manifests,
        };
        report_of(&experiment, BrowserClock.now())
    }

    async fn onnx(&self, version: &str) -> Result<Vec<u8>, Problem> {
        let registry = self.inner.registry().await?;
        let version = registry.version(version).ok_or_else(|| format!("{version} is not registered here"))?;
        let model = version.model.open()?;
        let name = format!("{} {}", version.name, version.version);
        let about = About { created: version.registered_at, run_id: Some(&version.run_id), name: &name };
        let files = folder(&model, &about).map_err(|error| error.to_string())?;
        archive::stored(files.iter().map(|file| (file.name, file.bytes.as_slice()))).map_err(|error| error.to_string())
    }

    /// Every file of these runs, of this browser or of the site.
    async fn files(&self, runs: &[Run]) -> Result<BTreeMap<Digest, Blob>, Problem> {
        let wanted: BTreeSet<Digest> =
            runs.iter().flat_map(|run| run.artifacts.iter().map(|artifact| artifact.digest)).collect();
        let mut files = BTreeMap::new();
        for digest in wanted {
            files.insert(digest, Blob::of(&self.artifact(digest).await?));
        }
        Ok(files)
    }

    /// Takes in a file of others: a signed bundle, or a zip archive of an MLflow store. It is checked from its first byte to
    /// its last before anything is kept. Says what came of it.
    pub async fn incoming(&self, name: &str, bytes: &[u8]) -> Result<String, Problem> {
        let refused = |why: String| format!("{name} was not imported: {why}. Nothing was changed.");
        let words = if bundle::is_bundle(bytes) {
            let opened = bundle::open(bytes, None).map_err(|error| refused(error.to_string()))?;
            let imported = bundle::import(&self.inner.store, &opened).await;
            let imported = imported.map_err(|error| refused(error.to_string()))?;
            bundle_words(name, &opened, &imported)
        } else if archive::is_zip(bytes) {
            return self.take_tree(name, archive::read(bytes, Bounds::default())).await;
        } else {
            let expected = "expected a signed bundle (.zip) or a zip archive of an MLflow store";
            return Err(refused(expected.to_owned()));
        };
        self.inner.committed();
        self.inner.changed();
        Ok(words)
    }

    /// Takes in a folder that was dropped, as [`Session::incoming`] takes a zip archive of it.
    pub async fn incoming_folder(&self, folder: FileSystemDirectoryEntry) -> Result<String, Problem> {
        let name = folder.name();
        self.take_tree(&name, dropped_folder(folder, Bounds::default()).await).await
    }

    /// The same for a folder that was chosen, of which the browser gives the files.
    pub async fn incoming_files(&self, files: Vec<File>) -> Result<String, Problem> {
        let Some(first) = files.first() else { return Err("The folder has no files. Nothing was changed.".to_owned()) };
        let path = relative_path(first);
        let name = path.split('/').next().unwrap_or_default().to_owned();
        self.take_tree(&name, chosen_folder(files, Bounds::default()).await).await
    }

    async fn take_tree(&self, name: &str, entries: Result<Vec<Entry>, ImportError>) -> Result<String, Problem> {
        let refused = |error: ImportError| format!("{name} was not imported: {error}. Nothing was changed.");
        let contents = entries.and_then(|entries| mlruns_in::read(&entries)).map_err(refused)?;
        let change = self.inner.change(String::new());
        let imported = import::import(&self.inner.store, &contents, &change).await.map_err(refused)?;
        self.inner.committed();
        self.inner.changed();
        Ok(mlruns_words(name, &imported))
    }
}
