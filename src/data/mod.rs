//! Bytes become trusted rows: contracts, violations, quarantine, manifests.
//!
//! A contract is declared as a Rust type ([`Contract::declare`]). A source's bytes are read through a bounded window
//! ([`reader`]), each record is held against its contract ([`Contract::check`], with [`Contract::accept`] as the fast way
//! in), what breaks a promise is a [`Violation`], refused rows are [`Quarantined`], and what was let in is sealed by a
//! [`Manifest`].

mod accept;
mod chain;
mod check;
pub mod contract;
mod declare;
mod diff;
pub mod document;
pub mod failure_cases;
mod findings;
mod lineage;
mod manifest;
pub mod odcs;
pub mod profile;
mod quarantine;
pub mod reader;
mod record;
mod rule;
mod scalar;
mod violation;

pub use accept::Accepted;
pub use chain::{Chain, ChainEntry, Change, RefError};
pub use contract::{Contract, Field, Kind, Pattern, Shape};
pub use declare::{Declaration, Orders};
pub use diff::{FieldChange, KeyedRow, ManifestDiff, RowChange, Rows, diff};
pub use findings::{Findings, KEPT, RuleCount};
pub use lineage::{Lineage, Origin};
pub use manifest::{ContractRef, DataFile, DataIndex, INDEX_SCHEMA, InputRef, Manifest, SourceKind};
pub use profile::{Profile, Profiler};
pub use quarantine::{Counts, Quarantined, REFUSED_AT_MOST, gate};
pub use record::{Cell, Column, Encoding, RawRecord, Row, put};
pub use rule::{Rule, Scope};
pub use violation::{Severity, Step, Violation, any_error, steps};
