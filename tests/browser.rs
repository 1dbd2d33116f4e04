//! What only a browser can show: IndexedDB, fetch, the worker, and that numbers are the same as natively.

#![cfg(target_arch = "wasm32")]

#[path = "browser/digests.rs"]
mod digests;
#[path = "browser/fetch.rs"]
mod fetch;
#[path = "browser/folders.rs"]
mod folders;
#[path = "browser/imports.rs"]
mod imports;
#[path = "browser/session.rs"]
mod session;
#[path = "browser/storage.rs"]
mod storage;
#[path = "browser/store.rs"]
mod store;
#[path = "browser/worker.rs"]
mod worker;

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_browser);

/// A name that no other test uses.
fn unique(what: &str) -> String {
    format!("test:{what}:{}", js_sys::Math::random())
}
