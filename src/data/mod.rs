//! Bytes become trusted rows: contracts, violations, quarantine, manifests.

mod manifest;
mod quarantine;
mod violation;

pub use manifest::{ContractRef, DataFile, DataIndex, Manifest, SourceKind};
pub use quarantine::Quarantined;
pub use violation::{Severity, Violation};
