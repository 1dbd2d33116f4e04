//! Bytes become trusted rows: contracts, violations, quarantine, manifests.

mod contract;
mod manifest;
mod quarantine;
mod record;
mod violation;

pub use contract::{Contract, Field, Kind};
pub use manifest::{ContractRef, DataFile, DataIndex, Manifest, SourceKind};
pub use quarantine::{Counts, Quarantined, REFUSED_AT_MOST, gate};
pub use record::{Cell, Encoding, RawField, RawRecord, Row};
pub use violation::{Severity, Violation};
