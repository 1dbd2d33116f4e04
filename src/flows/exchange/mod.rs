//! Exchange with other stores and other tools: what is kept here in their forms, and theirs in ours. Pure functions, so that the
//! page and the command line offer the same.
//!
//! Reading checks everything before anything is kept; what passed is committed as one batch.

pub mod archive;
pub mod bundle;
pub mod error;
pub mod import;
pub mod listing;
pub mod mapping;
pub mod mlmodel;
pub mod mlruns_in;
pub mod mlruns_out;
pub mod names;
pub mod onnx;
pub mod registered;
pub mod report;
#[cfg(test)]
mod testing;
mod yaml;

/// A file by its path, with `/` between folders. A folder has a path that ends in `/` and no bytes.
pub type Entry = (String, Vec<u8>);
