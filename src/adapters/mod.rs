//! The ports implemented: memory everywhere, files natively, IndexedDB and fetch in the browser.
