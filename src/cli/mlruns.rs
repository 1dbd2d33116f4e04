//! `linelogic export mlflow` and `linelogic import`: MLflow's `mlruns/` trees out and in.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::operation::{all, registry, store, store_there};
use super::registry::{change_after, last_day};
use super::{Failure, Global, Outcome, failed, replace};
use crate::adapters::JournalStore;
use crate::base::Digest;
use crate::flows::exchange::archive::{self, Bounds, Meter};
use crate::flows::exchange::error::{ExportError, ImportError};
use crate::flows::exchange::import::{Imported, import};
use crate::flows::exchange::mlruns_out::{ROOT, tree};
use crate::flows::exchange::{Entry, mlruns_in};
use crate::registry::RegistryEvent;
use crate::tracking::{Blob, Run};

/// The runs of a store, and the bytes of their files by digest.
pub(super) fn runs_and_files(store: &JournalStore) -> Result<(Vec<Run>, BTreeMap<Digest, Blob>), Failure> {
    let blobs: Vec<Blob> = all(store)?;
    Ok((all(store)?, blobs.into_iter().map(|blob| (blob.digest, blob)).collect()))
}

#[derive(Serialize)]
struct Exported {
    path: PathBuf,
    runs: usize,
    versions: usize,
    files: usize,
    bytes: u64,
}

/// Writes the store as an `mlruns/` tree: an archive where the name ends in `.zip`, else a folder.
pub(super) fn export(out: &Path, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let (runs, blobs) = runs_and_files(&store)?;
    let registry = registry(&store)?;
    let versions = registry.versions().len();
    let entries = tree(&runs, &blobs, &[registry])?;
    let zipped = out.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("zip"));
    let bytes = if zipped {
        let bytes = archive::write(&entries)?;
        if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        }
        replace(out, &bytes)?;
        bytes.len() as u64
    } else {
        unpack(out, &entries)?
    };
    let files = entries.iter().filter(|(path, _)| !path.ends_with('/')).count();
    let exported = Exported { path: out.to_owned(), runs: runs.len(), versions, files, bytes };
    global.print(&exported, || {
        let Exported { runs, versions, files, bytes, .. } = &exported;
        format!("{}: {runs} runs and {versions} model versions in {files} files, {bytes} bytes", out.display())
    })
}

/// Writes the tree as a folder `mlruns` in `out`, or as `out` where it has that name. One that is there is left alone.
fn unpack(out: &Path, entries: &[Entry]) -> Result<u64, Failure> {
    let parent = if out.file_name().is_some_and(|name| name == ROOT) {
        out.parent().unwrap_or(Path::new("")).to_owned()
    } else {
        out.to_owned()
    };
    let root = parent.join(ROOT);
    if root.exists() {
        let why = "is there already: give another folder, so that two stores are not mixed";
        return Err(Failure::Usage(format!("{} {why}", root.display())));
    }
    let mut bytes = 0;
    for (path, content) in entries {
        let target = parent.join(path);
        let folder = if path.ends_with('/') { Some(target.as_path()) } else { target.parent() };
        let folder = folder.unwrap_or(&parent);
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        if !path.ends_with('/') {
            fs::write(&target, content).map_err(|error| failed(&target, &error))?;
            bytes += content.len() as u64;
        }
    }
    Ok(bytes)
}

/// Imports the MLflow store that lies at a path, a folder or a zip archive.
pub(super) fn run_import(path: &Path, global: &Global) -> Outcome {
    let bounds = Bounds::default();
    let entries = if path.is_dir() { folder(path, bounds)? } else { zipped(path, bounds)? };
    let contents = mlruns_in::read(&entries)?;
    // A store is made only for what can be kept.
    let store = store(global)?;
    let last = all::<RegistryEvent>(&store)?.into_iter().map(|event| event.at).max();
    let change = change_after(last, last_day(global), None, String::new(), global);
    let imported = pollster::block_on(import(&store, &contents, &change))?;
    global.print(&imported, || words(path, &imported))
}

fn words(path: &Path, imported: &Imported) -> String {
    let Imported { experiments, runs, known, params, points, tags, artifacts, artifact_bytes, .. } = imported;
    let Imported { versions, known_versions, .. } = imported;
    let mut lines = vec![
        format!("{}: {experiments} experiments, {runs} new runs, {known} runs that were here already", path.display()),
        format!(
            "{params} parameters, {points} metric points, {tags} tags, {artifacts} files of {artifact_bytes} bytes"
        ),
    ];
    if versions + known_versions > 0 {
        lines.push(format!("{versions} new versions at stage None, {known_versions} versions that were here already"));
    }
    lines.extend(imported.notes.iter().cloned());
    lines.join("\n")
}

fn zipped(path: &Path, bounds: Bounds) -> Result<Vec<Entry>, Failure> {
    let bytes = bounded(path, bounds.total)?;
    if !archive::is_zip(&bytes) {
        return Err(Failure::Gate(format!(
            "{}: expected a signed bundle, or a zip archive or a folder with an MLflow store, found none of them",
            path.display()
        )));
    }
    Ok(archive::read(&bytes, bounds)?)
}

/// A file's bytes, read no further than a bound.
fn bounded(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| failed(path, &error))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| failed(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::Gate(format!("{}: expected at most {limit} bytes, found more", path.display())));
    }
    Ok(bytes)
}

/// Every file below a folder, within bounds. Links are refused, since they lead elsewhere.
fn folder(root: &Path, bounds: Bounds) -> Result<Vec<Entry>, Failure> {
    let mut meter = Meter::new(bounds);
    let (mut entries, mut open) = (Vec::new(), vec![(root.to_owned(), String::new())]);
    while let Some((at, place)) = open.pop() {
        for entry in fs::read_dir(&at).map_err(|error| failed(&at, &error))? {
            let entry = entry.map_err(|error| failed(&at, &error))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(|error| failed(&at, &error))?);
            let refused = |reason: &str| {
                let path = path.display().to_string();
                Failure::from(ImportError::Path { path, reason: reason.to_owned() })
            };
            let name = entry.file_name().into_string().map_err(|_| refused("its name is no UTF-8"))?;
            let within = format!("{place}{name}");
            if kind.is_dir() {
                meter.take(&within, 0)?;
                open.push((path, format!("{within}/")));
            } else if kind.is_file() {
                let content = bounded(&path, bounds.file)?;
                meter.take(&within, content.len() as u64)?;
                entries.push((within, content));
            } else {
                return Err(refused("it is a link or no ordinary file"));
            }
        }
    }
    entries.sort();
    Ok(entries)
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            refused => Failure::Gate(format!("nothing was imported: {refused}")),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        Failure::Gate(format!("nothing was exported: {error}"))
    }
}
