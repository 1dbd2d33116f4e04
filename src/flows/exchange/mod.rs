//! Exchange with other tools: what is kept here in their forms, and theirs in ours.
//!
//! Reading is pure and checks everything before anything is kept; what passed is committed as one batch.

pub mod archive;
pub mod error;
pub mod import;
pub mod mapping;
pub mod mlruns_in;
pub mod mlruns_out;
pub mod names;
mod yaml;

/// A file by its path, with `/` between folders. A folder has a path that ends in `/` and no bytes.
pub type Entry = (String, Vec<u8>);
