//! Runs become model versions, with a stage and an audit trail from which the state is a fold.

mod version;

pub use version::{ModelVersion, RegistryAction, RegistryEvent, Stage};
