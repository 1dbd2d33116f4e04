//! Bytes become trusted rows: contracts, violations, quarantine, manifests.

mod chain;
mod contract;
mod diff;
mod lineage;
mod manifest;
mod quarantine;
mod record;
mod violation;

pub use chain::{Chain, ChainEntry, Change, RefError};
pub use contract::{Contract, Field, Kind};
pub use diff::{FieldChange, KeyedRow, ManifestDiff, RowChange, Rows, diff};
pub use lineage::{Lineage, Origin};
pub use manifest::{ContractRef, DataFile, DataIndex, INDEX_SCHEMA, InputRef, Manifest, SourceKind};
pub use quarantine::{Counts, Quarantined, REFUSED_AT_MOST, gate};
pub use record::{Cell, Encoding, RawField, RawRecord, Row};
pub use violation::{Severity, Violation};
