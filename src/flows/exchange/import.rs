//! What an import found becomes documents, in one commit or not at all.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::error::ImportError;
use super::mapping::as_in_mlflow;
use super::mlruns_in::Contents;
use super::registered::registered;
use crate::flows::documents::{self, RETRIES, Record as _};
use crate::flows::registry::{busy, put_events, state_of};
use crate::ports::{Batch, Revision, Store, StoreError};
use crate::registry::Change;
use crate::tracking::{Blob, Run};

/// What was imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Experiments of the tree.
    pub experiments: usize,
    /// Runs that are new here.
    pub runs: usize,
    /// Runs that were here already, the same.
    pub known: usize,
    /// Parameters of all runs of the tree.
    pub params: usize,
    /// Metrics of all runs.
    pub metrics: usize,
    /// Points of all metrics.
    pub points: usize,
    /// Tags of all runs.
    pub tags: usize,
    /// Files of all runs.
    pub artifacts: usize,
    /// Their bytes.
    pub artifact_bytes: u64,
    /// Versions of registered models that are new here, at stage None.
    pub versions: usize,
    /// Versions that were here already, the same.
    pub known_versions: usize,
    /// What was there and is not kept, a sentence each.
    pub notes: Vec<String>,
}

/// Keeps the runs of a tree, their files, and the versions of this app's own models ([`registered`]). What is here already, the
/// same, stays as it is.
///
/// # Errors
/// Where a run of the same id is here that differs, or the store refuses; nothing is kept then.
pub async fn import<S: Store>(store: &S, contents: &Contents, change: &Change) -> Result<Imported, ImportError> {
    for _ in 0..RETRIES {
        let (base, there) = documents::load_all::<Run, S>(store).await?;
        let mut registries = Vec::with_capacity(contents.registered.len());
        for model in &contents.registered {
            registries.push(state_of(store, &model.name).await?.1);
        }
        let registered = registered(contents, &registries, change);
        let (_, kept) = store.scan(&format!("{}/", Blob::KIND)).await?;
        let kept: BTreeSet<String> = kept.into_iter().map(|document| document.key).collect();
        let (mut batch, mut imported) = plan(base, &there, &kept, contents)?;
        registered.versions.iter().try_for_each(|version| documents::put(&mut batch, version))?;
        put_events(&mut batch, &registered.events)?;
        (imported.versions, imported.known_versions) = (registered.versions.len(), registered.known);
        imported.notes.extend(registered.notes);
        if batch.puts.is_empty() {
            return Ok(imported);
        }
        match documents::commit(store, batch).await {
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(imported),
        }
    }
    Err(busy().into())
}

fn plan(
    base: Revision,
    there: &[Run],
    kept: &BTreeSet<String>,
    contents: &Contents,
) -> Result<(Batch, Imported), ImportError> {
    let mut batch = Batch { base, ..Batch::default() };
    let mut imported = Imported { experiments: contents.experiments, notes: notes(contents), ..Imported::default() };
    let there: std::collections::BTreeMap<&str, &Run> = there.iter().map(|run| (run.id.as_str(), run)).collect();
    for run in &contents.runs {
        imported.params += run.params.len();
        imported.metrics += run.metrics.len();
        imported.points += run.metrics.values().map(Vec::len).sum::<usize>();
        imported.tags += run.all_tags().len();
        imported.artifacts += run.artifacts.len();
        imported.artifact_bytes += run.artifacts.iter().map(|artifact| artifact.bytes).sum::<u64>();
        match there.get(run.id.as_str()) {
            None => {
                imported.runs += 1;
                batch.puts.push(documents::document(run)?);
            }
            Some(ours) => {
                let differs = differences(&as_in_mlflow(ours), &as_in_mlflow(run));
                if !differs.is_empty() {
                    return Err(ImportError::Conflict { id: run.id.clone(), differs: differs.join(", ") });
                }
                imported.known += 1;
            }
        }
    }
    for blob in contents.blobs.values().filter(|blob| !kept.contains(&blob.key())) {
        batch.puts.push(documents::document(blob)?);
    }
    Ok((batch, imported))
}

/// In what two runs of one id differ.
fn differences(ours: &Run, theirs: &Run) -> Vec<&'static str> {
    let parts = [
        ("experiment", ours.experiment == theirs.experiment),
        ("name", ours.name == theirs.name),
        ("status", ours.status == theirs.status),
        ("times", (ours.started_at, ours.ended_at) == (theirs.started_at, theirs.ended_at)),
        ("parameters", ours.params == theirs.params),
        ("metrics", ours.metrics == theirs.metrics),
        ("tags", ours.tags == theirs.tags && ours.parent == theirs.parent),
        ("data", ours.data_version == theirs.data_version && ours.feature_version == theirs.feature_version),
        ("model", ours.model_digest == theirs.model_digest),
        ("files", ours.artifacts == theirs.artifacts),
        ("request", ours.spec == theirs.spec),
        ("place in the trash", ours.deleted_at == theirs.deleted_at),
    ];
    parts.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

fn notes(contents: &Contents) -> Vec<String> {
    let note = |(what, count)| format!("not kept, since it has no place here: {count} {what}");
    contents.left_out.iter().map(note).collect()
}
