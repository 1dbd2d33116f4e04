//! The ports implemented: memory everywhere, files natively, IndexedDB and fetch in the browser.

#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub mod browser;
