//! Runs over a store: the trash with its way back, and what a person adds to a run.
//!
//! A run in the trash is there with everything it had, and only marked; purging is what cannot be undone. A search and
//! its trials go together: to the trash, back from it, and out of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::base::{Digest, Instant, json};
use crate::flows::documents::{self, RETRIES, Record, load_all, load_one};
use crate::flows::registry::busy;
use crate::flows::run_table;
use crate::ports::{Batch, Document, Revision, Store, StoreError};
use crate::registry::ModelVersion;
use crate::tracking::{Blob, DATA_VERSION, NOTE, PARENT, RUN_NAME, Run, RunHead, RunTable};

/// Longest key of a tag, as in MLflow.
const LONGEST_KEY: usize = 250;

/// Longest value of a tag, as in MLflow.
const LONGEST_VALUE: usize = 8000;

/// Tags that stand for a field of the run.
const FIELDS: [&str; 4] = [DATA_VERSION, "feature_version", RUN_NAME, PARENT];

/// Why a change of runs did not happen.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrackingFlowError {
    /// There is no such run.
    #[error("run {0} is not in the store")]
    Unknown(String),
    /// A tag cannot be set.
    #[error("the tag {key:?} cannot be set: {why}")]
    Tag {
        /// Its key.
        key: String,
        /// Why.
        why: String,
    },
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a purge has freed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Freed {
    /// Runs that are gone.
    pub runs: u64,
    /// Files that no other run had, and that are gone with them.
    pub artifacts: u64,
    /// Bytes of both as they were kept.
    pub bytes: u64,
}

/// A run that a purge has left where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The run.
    pub run: String,
    /// Why.
    pub why: String,
}

/// What became of a purge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// What is gone.
    pub freed: Freed,
    /// What is still there.
    pub kept: Vec<Kept>,
}

/// Moves runs to the trash, a search with its trials. Gives the ids of those that were moved.
pub async fn delete<S: Store>(store: &S, ids: &[String], at: Instant) -> Result<Vec<String>, TrackingFlowError> {
    let along = |trial: &RunHead<'_>, _: &RunHead<'_>| trial.deleted_at.is_none();
    change(
        store,
        |runs| with_trials(runs, ids, along),
        |run| run.deleted_at.is_none().then_some(Run { deleted_at: Some(at), ..run }),
    )
    .await
}

/// Takes runs out of the trash, a search with the trials that went there with it. Gives the ids of those that came back.
pub async fn restore<S: Store>(store: &S, ids: &[String]) -> Result<Vec<String>, TrackingFlowError> {
    let along = |trial: &RunHead<'_>, search: &RunHead<'_>| trial.deleted_at == search.deleted_at;
    change(
        store,
        |runs| with_trials(runs, ids, along),
        |run| run.deleted_at.is_some().then_some(Run { deleted_at: None, ..run }),
    )
    .await
}

/// The runs that are named, and those of their trials that go along.
fn with_trials(
    runs: &RunTable,
    ids: &[String],
    along: impl Fn(&RunHead<'_>, &RunHead<'_>) -> bool,
) -> Result<BTreeSet<String>, TrackingFlowError> {
    let there: BTreeSet<&str> = runs.runs().map(|run| run.id).collect();
    if let Some(unknown) = ids.iter().find(|id| !there.contains(id.as_str())) {
        return Err(TrackingFlowError::Unknown(unknown.clone()));
    }
    let mut wanted: BTreeSet<String> = ids.iter().cloned().collect();
    for row in 0..runs.len() {
        let search = runs.parent(row).filter(|parent| ids.iter().any(|id| id == runs.id(*parent)));
        if search.is_some_and(|search| along(&runs.run(row), &runs.run(search))) {
            wanted.insert(runs.id(row).to_owned());
        }
    }
    Ok(wanted)
}

/// Commits the runs that are `wanted` as an edit leaves them, those that it changes, and does it again if somebody else was
/// faster. Gives the ids of those that were changed.
async fn change<S: Store>(
    store: &S,
    wanted: impl Fn(&RunTable) -> Result<BTreeSet<String>, TrackingFlowError>,
    edit: impl Fn(Run) -> Option<Run>,
) -> Result<Vec<String>, TrackingFlowError> {
    for _ in 0..RETRIES {
        let loaded = run_table::load(store).await?;
        let (mut ids, mut puts) = (Vec::new(), Vec::new());
        for id in wanted(&loaded.table)? {
            if let Some(run) = load_one::<Run, S>(store, &id).await?.1.and_then(&edit) {
                puts.push(documents::document(&run)?);
                ids.push(id);
            }
        }
        if puts.is_empty() {
            return Ok(ids);
        }
        // What was read after the table is of the same revision, or the commit is refused.
        match documents::commit(store, Batch { base: loaded.revision, puts, deletes: Vec::new() }).await {
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(ids),
        }
    }
    Err(busy().into())
}

/// Deletes runs of the trash for good, a search with its trials, and the files that no other run has. What cannot go
/// stays, with the reason: a run that is not in the trash or that a registered version came from, and documents of which
/// `fixed` says, by their key, that they cannot be deleted here.
pub async fn purge<S: Store>(
    store: &S,
    ids: &[String],
    fixed: impl Fn(&str) -> bool,
) -> Result<Purged, TrackingFlowError> {
    for _ in 0..RETRIES {
        let (base, all) = store.scan(&format!("{}/", Run::KIND)).await?;
        let (purged, deletes) = match plan(store, base, all, ids, &fixed).await {
            Err(TrackingFlowError::Store(StoreError::Stale { .. })) => continue,
            planned => planned?,
        };
        if deletes.is_empty() {
            return Ok(purged);
        }
        match documents::commit(store, Batch { base, puts: Vec::new(), deletes }).await {
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(purged),
        }
    }
    Err(busy().into())
}

/// What a purge would do to the runs as they are, and the keys that it deletes.
async fn plan<S: Store>(
    store: &S,
    base: Revision,
    all: Vec<Document>,
    ids: &[String],
    fixed: &impl Fn(&str) -> bool,
) -> Result<(Purged, Vec<String>), TrackingFlowError> {
    let sizes: BTreeMap<String, u64> =
        all.iter().map(|document| Ok((document.key.clone(), size(document)?))).collect::<Result<_, StoreError>>()?;
    let runs: Vec<Run> = all.into_iter().map(documents::read).collect::<Result<_, _>>()?;
    let (revision, versions) = load_all::<ModelVersion, S>(store).await?;
    if revision != base {
        return Err(StoreError::Stale { found: base, current: revision }.into());
    }
    let mut purged = Purged::default();
    let mut going: BTreeSet<&str> = BTreeSet::new();
    let wanted = with_trials(&RunTable::new(&runs), ids, |trial, _| trial.deleted_at.is_some())?;
    for run in runs.iter().filter(|run| wanted.contains(&run.id)) {
        match stays(run, &versions, fixed) {
            Some(why) => purged.kept.push(Kept { run: run.id.clone(), why }),
            None => {
                going.insert(&run.id);
            }
        }
    }
    let files = |gone: bool| -> BTreeSet<Digest> {
        let of = runs.iter().filter(|run| going.contains(run.id.as_str()) == gone);
        of.flat_map(|run| run.artifacts.iter().map(|artifact| artifact.digest)).collect()
    };
    let mut deletes = Vec::new();
    for digest in files(true).difference(&files(false)) {
        let key = format!("{}/{}", Blob::KIND, digest.hex());
        let (_, found) = store.scan(&key).await?;
        if let Some(document) = found.iter().find(|document| document.key == key && !fixed(&key)) {
            purged.freed.artifacts += 1;
            purged.freed.bytes += size(document)?;
            deletes.push(key);
        }
    }
    for key in runs.iter().filter(|run| going.contains(run.id.as_str())).map(Record::key) {
        purged.freed.runs += 1;
        purged.freed.bytes += sizes.get(&key).copied().unwrap_or_default();
        deletes.push(key);
    }
    Ok((purged, deletes))
}

/// Why a run cannot be purged; none where it can.
fn stays(run: &Run, versions: &[ModelVersion], fixed: &impl Fn(&str) -> bool) -> Option<String> {
    if run.deleted_at.is_none() {
        return Some("it is not in the trash: delete it first".to_owned());
    }
    let named: Vec<&str> =
        versions.iter().filter(|version| version.run_id == run.id).map(|version| version.version.as_str()).collect();
    if !named.is_empty() {
        let versions = if named.len() == 1 { "version" } else { "versions" };
        return Some(format!("{versions} {} of the registry came from it", named.join(", ")));
    }
    fixed(&run.key()).then(|| "it came with the site and can only be hidden here".to_owned())
}

/// Bytes of a document as it is kept.
fn size(document: &Document) -> Result<u64, StoreError> {
    let text = json::to_string(document)
        .map_err(|error| StoreError::Damaged { key: document.key.clone(), reason: error.to_string() })?;
    Ok(text.len() as u64)
}

/// Sets a tag of a run, or takes it away. Keys and values are held to MLflow's limits.
pub async fn set_tag<S: Store>(store: &S, id: &str, key: &str, value: Option<&str>) -> Result<(), TrackingFlowError> {
    let refused = |why: &str| TrackingFlowError::Tag { key: key.to_owned(), why: why.to_owned() };
    let allowed = |c: char| c.is_alphanumeric() || "/_-. :".contains(c);
    if key.trim().is_empty() {
        return Err(refused("it needs a name"));
    }
    if key.chars().count() > LONGEST_KEY || !key.chars().all(allowed) {
        return Err(refused(
            "a name has at most 250 letters, digits, underscores, dashes, dots, spaces, colons and slashes",
        ));
    }
    if FIELDS.contains(&key) {
        return Err(refused("it stands for a fact of the run, which does not change"));
    }
    if value.is_some_and(|value| value.chars().count() > LONGEST_VALUE) {
        return Err(refused("a value has at most 8,000 characters"));
    }
    let only = |runs: &RunTable| match runs.row_of(id) {
        Some(_) => Ok(BTreeSet::from([id.to_owned()])),
        None => Err(TrackingFlowError::Unknown(id.to_owned())),
    };
    let tagged = |mut run: Run| {
        if run.tags.get(key).map(String::as_str) == value {
            return None;
        }
        match value {
            Some(value) => run.tags.insert(key.to_owned(), value.to_owned()),
            None => run.tags.remove(key),
        };
        Some(run)
    };
    change(store, only, tagged).await.map(drop)
}

/// Sets the note of a run; an empty one takes it away.
pub async fn set_note<S: Store>(store: &S, id: &str, text: &str) -> Result<(), TrackingFlowError> {
    let text = text.trim();
    set_tag(store, id, NOTE, (!text.is_empty()).then_some(text)).await
}

#[cfg(test)]
#[path = "tracking_tests.rs"]
mod tests;
