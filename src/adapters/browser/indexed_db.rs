//! The store in IndexedDB: one commit is one transaction.
//!
//! Nothing but requests of the transaction itself is awaited inside one, since a transaction ends as soon as control
//! goes elsewhere. A transaction that is dropped on the way is rolled back.

use std::rc::Rc;

use indexed_db_futures::KeyRange;
use indexed_db_futures::database::Database;
use indexed_db_futures::error::{Error, OpenDbError};
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;

use super::Base;
use crate::base::json;
use crate::ports::{Batch, Document, Revision, Store, StoreError};

/// Version of the database's layout; [`upgrade`] leads to it from every earlier one.
const LAYOUT: u8 = 1;
/// Documents as JSON text, by key.
const DOCUMENTS: &str = "documents";
/// The store's revision.
const META: &str = "meta";
/// Key of the revision in [`META`].
const REVISION: &str = "revision";

/// A connection to the browser's store. Cloning it shares the connection.
#[derive(Clone)]
pub struct IndexedDb {
    database: Rc<Database>,
}

impl IndexedDb {
    /// Opens the site's store and makes it if there is none.
    pub async fn open(base: &Base) -> Result<Self, StoreError> {
        Self::open_named(&base.key("store")).await
    }

    /// Opens the store of this name.
    pub async fn open_named(name: &str) -> Result<Self, StoreError> {
        let database = Database::open(name)
            .with_version(LAYOUT)
            .with_on_blocked(|_| Ok(()))
            .with_on_upgrade_needed(|event, database| upgrade(&database, event.old_version() as u64))
            .await
            .map_err(opening)?;
        close_for_newer_layouts(&database);
        Ok(Self { database: Rc::new(database) })
    }

    /// Closes the connection.
    pub fn close(self) {
        if let Some(database) = Rc::into_inner(self.database) {
            database.close();
        }
    }

    /// Closes the connection and deletes the whole database.
    pub async fn delete_named(name: &str) -> Result<(), StoreError> {
        Database::delete_by_name(name).map_err(opening)?.await.map_err(failing)
    }
}

/// Leads a database of an earlier layout to [`LAYOUT`], one step after the other.
fn upgrade(database: &Database, from: u64) -> Result<(), Error> {
    if from < 1 {
        database.create_object_store(DOCUMENTS).build()?;
        database.create_object_store(META).build()?;
    }
    Ok(())
}

/// Gives way when a newer version of the site wants to change the layout: without it that page would wait forever.
fn close_for_newer_layouts(database: &Database) {
    let Ok(mut changes) = database.version_changes() else { return };
    let database = database.clone();
    wasm_bindgen_futures::spawn_local(async move {
        if changes.recv().await.is_some() {
            database.close();
        }
    });
}

impl Store for IndexedDb {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        let transaction = self.database.transaction([DOCUMENTS, META]).build().map_err(failing)?;
        let revision = revision(&transaction.object_store(META).map_err(failing)?).await?;
        let documents = transaction.object_store(DOCUMENTS).map_err(failing)?;
        let all = documents.get_all::<String>();
        // U+FFFF is above every character of a key, in IndexedDB's order of UTF-16 units.
        let range = KeyRange::from(prefix.to_owned()..format!("{prefix}\u{ffff}"));
        let texts = all.with_query::<String, _>(range).primitive().map_err(failing)?.await.map_err(failing)?;
        let mut found = Vec::new();
        for text in texts {
            found.push(decode(&text.map_err(failing)?)?);
        }
        // IndexedDB orders by UTF-16 units, the port by bytes.
        found.sort_by(|a: &Document, b| a.key.cmp(&b.key));
        Ok((revision, found))
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let texts = encode(&batch)?;
        let transaction = self
            .database
            .transaction([DOCUMENTS, META])
            .with_mode(TransactionMode::Readwrite)
            .build()
            .map_err(failing)?;
        let meta = transaction.object_store(META).map_err(failing)?;
        let current = revision(&meta).await?;
        if current != batch.base {
            return Err(StoreError::Stale { found: batch.base, current });
        }
        if batch.puts.is_empty() && batch.deletes.is_empty() {
            return Ok(current);
        }
        let documents = transaction.object_store(DOCUMENTS).map_err(failing)?;
        for key in batch.deletes {
            documents.delete::<String, _>(key).primitive().map_err(failing)?;
        }
        for (key, text) in texts {
            documents.put(text).with_key(key).primitive().map_err(failing)?;
        }
        let next = Revision(current.0 + 1);
        meta.put(next.0 as f64).with_key(REVISION.to_owned()).primitive().map_err(failing)?;
        drop((meta, documents));
        transaction.commit().await.map_err(failing)?;
        Ok(next)
    }
}

/// The revision, 0 in a new store.
async fn revision(meta: &indexed_db_futures::object_store::ObjectStore<'_>) -> Result<Revision, StoreError> {
    let request = meta.get::<f64, String, _>(REVISION.to_owned()).primitive().map_err(failing)?;
    Ok(Revision(request.await.map_err(failing)?.unwrap_or(0.0) as u64))
}

/// Documents to write, as (key, JSON text).
fn encode(batch: &Batch) -> Result<Vec<(String, String)>, StoreError> {
    let text = |document: &Document| {
        json::to_string(document)
            .map(|text| (document.key.clone(), text))
            .map_err(|error| StoreError::Damaged { key: document.key.clone(), reason: error.to_string() })
    };
    batch.puts.iter().map(text).collect()
}

fn decode(text: &str) -> Result<Document, StoreError> {
    json::from_slice(text.as_bytes()).map_err(|error| StoreError::Damaged {
        key: text.chars().take(60).collect(),
        reason: format!("its text in IndexedDB cannot be read: {error}"),
    })
}

fn opening(error: OpenDbError) -> StoreError {
    match error {
        OpenDbError::Base(error) => failing(error),
        other => StoreError::Unavailable(format!("this browser offers no IndexedDB here ({other})")),
    }
}

fn failing(error: Error) -> StoreError {
    let exception: Option<web_sys::DomException> = match &error {
        Error::DomException(exception) => Some(exception.clone().into()),
        _ => None,
    };
    match exception {
        Some(exception) if exception.name() == "QuotaExceededError" => StoreError::Full(
            "the browser gives this site no more space; delete an imported dataset or free space on the device"
                .to_owned(),
        ),
        Some(exception) if exception.name() == "VersionError" => StoreError::ReadOnly(
            "the browser's store was written by a newer version of this site; reload the page to get it".to_owned(),
        ),
        Some(exception) => {
            StoreError::Unavailable(format!("IndexedDB: {} ({})", exception.message(), exception.name()))
        }
        None => StoreError::Unavailable(format!("IndexedDB: {error}")),
    }
}
