//! What was worked out from documents and is kept beside them, and which documents have changed since.
//!
//! Each commit leaves the keys that it has touched under its revision. Only the latest commits are remembered: whatever was
//! kept before them is worked out anew.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryFutureExt as _;
use futures::future::try_join3;
use indexed_db_futures::KeyRange;
use indexed_db_futures::database::Database;
use indexed_db_futures::error::Error;
use indexed_db_futures::object_store::ObjectStore;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{Transaction, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use super::{DOCUMENTS, META, decode, failing, revision};
use crate::ports::{Batch, Recalled, Revision, StoreError};

/// The keys that commits have touched, one a line, by their revisions.
pub(super) const CHANGES: &str = "changes";
/// What is kept, by its name, and under the name with [`OF`] the revision that it was worked out at.
pub(super) const KEPT: &str = "kept";
/// Marks the revision of what is kept.
const OF: &str = ":revision";

/// How many commits are remembered.
const COMMITS: u64 = 1000;
/// How many changed documents are read by themselves.
const MOST: usize = 1000;
/// Stands for the keys of a commit that has touched more than [`MOST`].
const TOO_MANY: &str = "*";

/// Makes the places of both in a new layout.
pub(super) fn upgrade(database: &Database) -> Result<(), Error> {
    database.create_object_store(CHANGES).build()?;
    database.create_object_store(KEPT).build()?;
    Ok(())
}

/// The keys of a batch, as they are remembered.
pub(super) fn touched(batch: &Batch) -> String {
    let keys: Vec<&str> =
        batch.puts.iter().map(|put| put.key.as_str()).chain(batch.deletes.iter().map(String::as_str)).collect();
    if keys.len() > MOST { TOO_MANY.to_owned() } else { keys.join("\n") }
}

/// Remembers within a commit's transaction what it has touched. What was worked out from documents that are deleted goes
/// with them.
pub(super) fn note(
    transaction: &Transaction<'_>,
    next: Revision,
    touched: String,
    has_deletes: bool,
) -> Result<(), StoreError> {
    let changes = transaction.object_store(CHANGES).map_err(failing)?;
    changes.put(touched).with_key(next.0 as f64).primitive().map_err(failing)?;
    if next.0 > COMMITS {
        // Its last key included; what the library makes of `..=` leaves that out.
        let forgotten = KeyRange::UpperBound((next.0 - COMMITS) as f64, false);
        changes.delete::<f64, _>(forgotten).primitive().map_err(failing)?;
    }
    if has_deletes {
        transaction.object_store(KEPT).map_err(failing)?.clear().map_err(failing)?;
    }
    Ok(())
}

/// What is kept under a name, with the documents under a prefix that have changed since.
pub(super) async fn recall(database: &Database, name: &str, prefix: &str) -> Result<Option<Recalled>, StoreError> {
    let transaction = database.transaction([DOCUMENTS, META, CHANGES, KEPT]).build().map_err(failing)?;
    let meta = transaction.object_store(META).map_err(failing)?;
    let kept = transaction.object_store(KEPT).map_err(failing)?;
    let at = kept.get::<f64, String, _>(format!("{name}{OF}")).primitive().map_err(failing)?;
    let bytes = kept.get::<JsValue, String, _>(name.to_owned()).primitive().map_err(failing)?;
    // All are asked for at once: every answer comes from another process.
    let (revision, at, bytes) = try_join3(revision(&meta), at.map_err(failing), bytes.map_err(failing)).await?;
    let (Some(at), Some(bytes)) = (at.map(|at| at as u64), bytes.and_then(|bytes| bytes.dyn_into::<Uint8Array>().ok()))
    else {
        return Ok(None);
    };
    if at > revision.0 {
        return Ok(None);
    }
    let changes = transaction.object_store(CHANGES).map_err(failing)?;
    let Some(keys) = changed_keys(&changes, at, revision.0).await? else { return Ok(None) };
    let keys: BTreeSet<String> = keys.into_iter().filter(|key| key.starts_with(prefix)).collect();
    if keys.len() > MOST {
        return Ok(None);
    }
    let documents = transaction.object_store(DOCUMENTS).map_err(failing)?;
    let mut changed = BTreeMap::new();
    for key in keys {
        let text = documents.get::<String, String, _>(key.clone()).primitive().map_err(failing)?;
        let document = text.await.map_err(failing)?.map(|text| decode(&text)).transpose()?;
        changed.insert(key, document);
    }
    Ok(Some(Recalled { bytes: bytes.to_vec(), revision, changed }))
}

/// The keys that the commits after one revision up to another have touched; none where that is not known.
async fn changed_keys(changes: &ObjectStore<'_>, after: u64, until: u64) -> Result<Option<Vec<String>>, StoreError> {
    if after == until {
        return Ok(Some(Vec::new()));
    }
    let range = KeyRange::from((after + 1) as f64..=until as f64);
    let found = changes.get_all::<String>().with_query::<f64, _>(range).primitive().map_err(failing)?;
    let texts: Vec<String> = found.await.map_err(failing)?.collect::<Result<_, _>>().map_err(failing)?;
    let is_whole = texts.len() as u64 == until - after && texts.iter().all(|text| text != TOO_MANY);
    Ok(is_whole.then(|| texts.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()))
}

/// Keeps what was worked out at a revision.
pub(super) async fn keep(database: &Database, name: &str, at: Revision, bytes: &[u8]) -> Result<(), StoreError> {
    let transaction = database.transaction([KEPT]).with_mode(TransactionMode::Readwrite).build().map_err(failing)?;
    let kept = transaction.object_store(KEPT).map_err(failing)?;
    kept.put(JsValue::from(Uint8Array::from(bytes))).with_key(name.to_owned()).primitive().map_err(failing)?;
    kept.put(at.0 as f64).with_key(format!("{name}{OF}")).primitive().map_err(failing)?;
    drop(kept);
    transaction.commit().await.map_err(failing)
}
