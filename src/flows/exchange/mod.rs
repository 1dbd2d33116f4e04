//! What goes out to other tools and comes in from them: pure functions from documents to bytes and back, so that the page and
//! the command line offer the same.

pub mod bundle;
pub mod mlmodel;
pub mod onnx;
pub mod packed;
pub mod report;
#[cfg(test)]
mod testing;
