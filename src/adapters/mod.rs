//! The ports implemented: memory everywhere, files natively, IndexedDB and fetch in the browser.
//!
//! Every store keeps one contract, [`contract`], which runs over all of them.

pub mod contract;
pub mod journal;
mod memory;

#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod balldontlie;
#[cfg(all(feature = "web", target_arch = "wasm32"))]
pub mod browser;
#[cfg(not(target_arch = "wasm32"))]
pub mod data_dir;
#[cfg(not(target_arch = "wasm32"))]
mod files;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod mlflow;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
pub mod parquet;
#[cfg(not(target_arch = "wasm32"))]
mod system;

pub use memory::{MemoryStore, Silent};

#[cfg(not(target_arch = "wasm32"))]
pub use files::JournalStore;
#[cfg(not(target_arch = "wasm32"))]
pub use system::{SystemClock, milliseconds};
