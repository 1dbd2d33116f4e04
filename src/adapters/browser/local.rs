//! The store of this browser: IndexedDB, or memory where there is none to be had.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

use super::{Base, Explain, IndexedDb};
use crate::adapters::MemoryStore;
use crate::flows::present::storage::Room;
use crate::ports::{Batch, Document, Recalled, Revision, Store, StoreError};

/// Where this browser keeps what was done in it.
#[derive(Clone)]
pub enum LocalStore {
    /// It survives the tab.
    Indexed(IndexedDb),
    /// It lasts as long as the page.
    Memory(Rc<MemoryStore>),
}

impl LocalStore {
    /// Opens IndexedDB; where that is refused (a private window, a full disk), a store in memory and the reason.
    pub async fn open(base: &Base) -> (Self, Result<(), String>) {
        match IndexedDb::open(base).await {
            Ok(store) => (Self::Indexed(store), Ok(())),
            Err(error) => (Self::Memory(Rc::default()), Err(in_memory(&error))),
        }
    }

    /// Has it said what takes the room when none is left.
    pub fn explain_full(&self, explain: Explain) {
        if let Self::Indexed(store) = self {
            store.explain_full(explain);
        }
    }

    /// Calls `heard` with the kinds that another tab has changed, after each of its commits. Memory is this tab's own.
    pub fn on_change(&self, heard: impl Fn(Vec<String>) + 'static) {
        if let Self::Indexed(store) = self {
            store.on_change(heard);
        }
    }
}

/// What it means that nothing is kept, and why that is so.
fn in_memory(error: &StoreError) -> String {
    let causes = match error {
        // It says itself what to do.
        StoreError::ReadOnly(_) => "",
        _ => " A private window, blocked site data or a full disk are the usual causes.",
    };
    format!("What you import, train or promote is lost when this tab is closed: {error}.{causes}")
}

impl Store for LocalStore {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        match self {
            Self::Indexed(store) => store.scan(prefix).await,
            Self::Memory(store) => store.scan(prefix).await,
        }
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        match self {
            Self::Indexed(store) => store.commit(batch).await,
            Self::Memory(store) => store.commit(batch).await,
        }
    }

    async fn newest_schema(&self, kind: &str) -> Result<u32, StoreError> {
        match self {
            Self::Indexed(store) => store.newest_schema(kind).await,
            Self::Memory(store) => store.newest_schema(kind).await,
        }
    }

    async fn recall(&self, name: &str, prefix: &str) -> Result<Option<Recalled>, StoreError> {
        match self {
            Self::Indexed(store) => store.recall(name, prefix).await,
            Self::Memory(store) => store.recall(name, prefix).await,
        }
    }

    async fn keep(&self, name: &str, at: Revision, bytes: Vec<u8>) -> Result<(), StoreError> {
        match self {
            Self::Indexed(store) => store.keep(name, at, bytes).await,
            Self::Memory(store) => store.keep(name, at, bytes).await,
        }
    }
}

/// The browser's storage manager; absent on addresses that are not secure.
fn manager() -> Option<StorageManager> {
    let navigator = web_sys::window()?.navigator();
    js_sys::Reflect::get(&navigator, &"storage".into()).ok()?.dyn_into().ok()
}

/// Asks the browser not to clear the site's data when space runs short. It may say no, or ask the user; either way the
/// data is there.
pub async fn ask_to_persist() {
    if let Some(asked) = manager().and_then(|storage| storage.persist().ok()) {
        // A refusal changes nothing.
        let _ = JsFuture::from(asked).await;
    }
}

/// What the browser says of this site's room.
pub async fn room() -> Room {
    let Some(storage) = manager() else { return Room::default() };
    let estimate = match storage.estimate() {
        Ok(asked) => JsFuture::from(asked).await.ok(),
        Err(_) => None,
    };
    let figure = |name: &str| js_sys::Reflect::get(estimate.as_ref()?, &name.into()).ok()?.as_f64();
    let persistent = match storage.persisted() {
        Ok(asked) => JsFuture::from(asked).await.ok().and_then(|kept| kept.as_bool()),
        Err(_) => None,
    };
    Room { usage: figure("usage"), quota: figure("quota"), persistent }
}
