//! The store in IndexedDB: one commit is one transaction.
//!
//! Nothing but requests of the transaction itself is awaited inside one, since a transaction ends as soon as control
//! goes elsewhere. A transaction that is dropped on the way is rolled back, and so is one whose tab dies.
//!
//! What is worked out from documents is kept beside them ([`kept`]), so that a page with many runs opens at once.
//!
//! After a commit the other connections of this store are told, in this tab and in others ([`IndexedDb::on_change`]).

mod kept;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::TryFutureExt as _;
use futures::future::try_join;
use indexed_db_futures::KeyRange;
use indexed_db_futures::database::Database;
use indexed_db_futures::error::{Error, OpenDbError};
use indexed_db_futures::internals::SystemRepr;
use indexed_db_futures::object_store::ObjectStore;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;
use wasm_bindgen::prelude::*;
use web_sys::{DomException, MessageEvent};

use super::Base;
use crate::base::json;
use crate::ports::{Batch, Document, Recalled, Revision, Store, StoreError};

/// Version of the database's layout; [`upgrade`] leads to it from every earlier one.
const LAYOUT: u8 = 2;
/// Documents as JSON text, by key.
const DOCUMENTS: &str = "documents";
/// The store's revision, and the newest schemas by kind.
const META: &str = "meta";
/// Key of the revision in [`META`].
const REVISION: &str = "revision";
/// Key in [`META`] that is there once the newest schemas are known.
const SCHEMAS: &str = "schemas";

#[wasm_bindgen]
extern "C" {
    /// A line between the tabs of an origin.
    type BroadcastChannel;
    #[wasm_bindgen(constructor, catch)]
    fn new(name: &str) -> Result<BroadcastChannel, JsValue>;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post_message(this: &BroadcastChannel, message: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &BroadcastChannel);
    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &BroadcastChannel, listener: &JsValue);
}

/// A connection to the browser's store. Cloning it shares the connection.
#[derive(Clone)]
pub struct IndexedDb {
    connection: Rc<Connection>,
}

struct Connection {
    database: Database,
    /// To and from the other connections; none where the browser has no such thing.
    others: Option<BroadcastChannel>,
    /// Says what to do when no room is left; see [`IndexedDb::explain_full`].
    explain: Cell<Option<Explain>>,
}

/// Says from all that is kept what to do when no room is left.
pub type Explain = fn(&[Document]) -> String;

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(others) = &self.others {
            others.close();
        }
    }
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
        Ok(Self {
            connection: Rc::new(Connection {
                database,
                others: BroadcastChannel::new(name).ok(),
                explain: Cell::new(None),
            }),
        })
    }

    /// Closes the connection.
    pub fn close(self) {
        self.connection.database.clone().close();
    }

    /// Calls `heard` with the kinds that another connection has written or deleted, after each of its commits.
    pub fn on_change(&self, heard: impl Fn(Vec<String>) + 'static) {
        let Some(others) = &self.connection.others else { return };
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let kinds = event.data().as_string().unwrap_or_default();
            heard(kinds.split(' ').map(str::to_owned).collect());
        });
        others.set_onmessage(on_message.as_ref());
        // It listens as long as the page lives.
        on_message.forget();
    }

    /// Tells the other connections which kinds a batch has changed.
    fn tell(&self, kinds: &str) {
        if let Some(others) = &self.connection.others {
            // Whoever misses it still finds its next commit stale.
            let _ = others.post_message(kinds);
        }
    }

    /// Has it said what takes the room when none is left. The lab asks for it; the fans' pages write next to nothing, and
    /// what is said is not part of their module.
    pub fn explain_full(&self, explain: Explain) {
        self.connection.explain.set(Some(explain));
    }

    /// Says what is to be done now that no room is left.
    async fn full(&self, plain: StoreError) -> StoreError {
        match (self.connection.explain.get(), self.scan("").await) {
            (Some(explain), Ok((_, documents))) => StoreError::Full(explain(&documents)),
            _ => plain,
        }
    }

    /// Writes a batch in one transaction.
    async fn write(&self, batch: Batch) -> Result<Revision, StoreError> {
        let (texts, touched, has_deletes) = (encode(&batch)?, kept::touched(&batch), !batch.deletes.is_empty());
        let transaction = self
            .connection
            .database
            .transaction([DOCUMENTS, META, kept::CHANGES, kept::KEPT])
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
        note_schemas(&meta, &newest_schemas(&batch.puts)).await?;
        let documents = transaction.object_store(DOCUMENTS).map_err(failing)?;
        for key in batch.deletes {
            documents.delete::<String, _>(key).primitive().map_err(failing)?;
        }
        for (key, text) in texts {
            documents.put(text).with_key(key).primitive().map_err(failing)?;
        }
        let next = Revision(current.0 + 1);
        meta.put(next.0 as f64).with_key(REVISION.to_owned()).primitive().map_err(failing)?;
        kept::note(&transaction, next, touched, has_deletes)?;
        drop((meta, documents));
        let raw = transaction.as_sys().clone();
        // Where the browser gives the transaction up by itself, as over its quota, only the transaction says why.
        transaction.commit().await.map_err(|error| raw.error().map_or_else(|| failing(error), |why| refused(&why)))?;
        Ok(next)
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
        let meta = database.create_object_store(META).build()?;
        // Nothing is there yet; of an earlier layout they are found when they are asked for.
        meta.put(1.0).with_key(SCHEMAS.to_owned()).primitive()?;
    }
    if from < 2 {
        kept::upgrade(database)?;
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
        let transaction = self.connection.database.transaction([DOCUMENTS, META]).build().map_err(failing)?;
        let meta = transaction.object_store(META).map_err(failing)?;
        let documents = transaction.object_store(DOCUMENTS).map_err(failing)?;
        let all = documents.get_all::<String>();
        // U+FFFF is above every character of a key, in IndexedDB's order of UTF-16 units.
        let range = KeyRange::from(prefix.to_owned()..format!("{prefix}\u{ffff}"));
        let texts = all.with_query::<String, _>(range).primitive().map_err(failing)?;
        // Both are asked for at once: every answer comes from another process.
        let (revision, texts) = try_join(revision(&meta), texts.map_err(failing)).await?;
        let mut found = Vec::new();
        for text in texts {
            found.push(decode(&text.map_err(failing)?)?);
        }
        // IndexedDB orders by UTF-16 units, the port by bytes.
        found.sort_by(|a: &Document, b| a.key.cmp(&b.key));
        Ok((revision, found))
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let (base, kinds) = (batch.base, kinds(&batch));
        match self.write(batch).await {
            Ok(next) => {
                if next != base {
                    self.tell(&kinds);
                }
                Ok(next)
            }
            Err(plain @ StoreError::Full(_)) => Err(self.full(plain).await),
            Err(error) => Err(error),
        }
    }

    async fn newest_schema(&self, kind: &str) -> Result<u32, StoreError> {
        let transaction = self.connection.database.transaction([META]).build().map_err(failing)?;
        let meta = transaction.object_store(META).map_err(failing)?;
        if number(&meta, SCHEMAS.to_owned()).await?.is_some() {
            return Ok(number(&meta, schema_key(kind)).await?.unwrap_or(0.0) as u32);
        }
        drop(meta);
        drop(transaction);
        let (read_at, documents) = self.scan("").await?;
        let newest = newest_schemas(&documents);
        let writing = self.connection.database.transaction([META]).with_mode(TransactionMode::Readwrite);
        let transaction = writing.build().map_err(failing)?;
        let meta = transaction.object_store(META).map_err(failing)?;
        // If somebody has committed meanwhile, it is found out the next time.
        if revision(&meta).await? == read_at {
            note_schemas(&meta, &newest).await?;
            meta.put(1.0).with_key(SCHEMAS.to_owned()).primitive().map_err(failing)?;
        }
        drop(meta);
        transaction.commit().await.map_err(failing)?;
        Ok(newest.get(kind).copied().unwrap_or_default())
    }

    async fn recall(&self, name: &str, prefix: &str) -> Result<Option<Recalled>, StoreError> {
        kept::recall(&self.connection.database, name, prefix).await
    }

    async fn keep(&self, name: &str, at: Revision, bytes: Vec<u8>) -> Result<(), StoreError> {
        kept::keep(&self.connection.database, name, at, &bytes).await
    }
}

/// The newest schema of each kind among documents.
fn newest_schemas(documents: &[Document]) -> BTreeMap<String, u32> {
    let mut newest = BTreeMap::new();
    for document in documents {
        let schema: &mut u32 = newest.entry(document.kind.clone()).or_default();
        *schema = document.schema.max(*schema);
    }
    newest
}

/// Notes schemas that are newer than those that were noted.
async fn note_schemas(meta: &ObjectStore<'_>, newest: &BTreeMap<String, u32>) -> Result<(), StoreError> {
    for (kind, schema) in newest {
        let before = number(meta, schema_key(kind)).await?.unwrap_or(0.0);
        if f64::from(*schema) > before {
            meta.put(f64::from(*schema)).with_key(schema_key(kind)).primitive().map_err(failing)?;
        }
    }
    Ok(())
}

/// Key in [`META`] of a kind's newest schema.
fn schema_key(kind: &str) -> String {
    format!("schema/{kind}")
}

/// A number of [`META`].
async fn number(meta: &ObjectStore<'_>, key: String) -> Result<Option<f64>, StoreError> {
    meta.get::<f64, String, _>(key).primitive().map_err(failing)?.await.map_err(failing)
}

/// The kinds that a batch touches, each once, with a space between them.
fn kinds(batch: &Batch) -> String {
    let of_key = |key: &String| key.split('/').next().unwrap_or(key).to_owned();
    let mut kinds: Vec<String> =
        batch.puts.iter().map(|put| put.kind.clone()).chain(batch.deletes.iter().map(of_key)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.join(" ")
}

/// The revision, 0 in a new store.
async fn revision(meta: &ObjectStore<'_>) -> Result<Revision, StoreError> {
    Ok(Revision(number(meta, REVISION.to_owned()).await?.unwrap_or(0.0) as u64))
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
    match error {
        Error::DomException(exception) => refused(&exception.into()),
        other => StoreError::Unavailable(format!("IndexedDB: {other}")),
    }
}

/// What an exception of IndexedDB means here.
fn refused(exception: &DomException) -> StoreError {
    match exception.name().as_str() {
        "QuotaExceededError" => StoreError::Full(
            "the browser gives this site no more; see Lab, Storage, or free space on the device".to_owned(),
        ),
        "VersionError" => StoreError::ReadOnly(
            "this browser’s store was written by a newer version of this site and is left as it is; reload the page to get that version".to_owned(),
        ),
        "InvalidStateError" => StoreError::Unavailable(
            "the connection to this browser’s store was closed, by the browser or for a newer version of this site in another tab; reload the page".to_owned(),
        ),
        name => StoreError::Unavailable(format!("IndexedDB: {} ({name})", exception.message())),
    }
}
