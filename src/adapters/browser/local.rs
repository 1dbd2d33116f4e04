//! The store of this browser: IndexedDB, or memory where there is none to be had.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use super::{Base, IndexedDb};
use crate::adapters::MemoryStore;
use crate::ports::{Batch, Document, Revision, Store, StoreError};

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
            Err(error) => {
                let reason = format!(
                    "What you import, train or promote is lost when this tab is closed: {error}. A private window, blocked site data or a full disk are the usual causes."
                );
                (Self::Memory(Rc::default()), Err(reason))
            }
        }
    }
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
}

/// Asks the browser not to clear the site's data when space runs short. It may say no, or ask the user; either way the
/// data is there.
pub async fn ask_to_persist() {
    let Some(window) = web_sys::window() else { return };
    // Absent on addresses that are not secure.
    let storage = js_sys::Reflect::get(&window.navigator(), &"storage".into()).ok();
    let storage = storage.and_then(|storage| storage.dyn_into::<web_sys::StorageManager>().ok());
    if let Some(asked) = storage.and_then(|storage| storage.persist().ok()) {
        // A refusal changes nothing.
        let _ = JsFuture::from(asked).await;
    }
}
