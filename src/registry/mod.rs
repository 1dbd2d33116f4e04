//! Runs become model versions, with a stage and an audit trail from which the state is a fold.
//!
//! [`Registry`] decides and never writes: its methods give the entries that a change adds. `docs/registry.md` has the
//! rules.

mod gate;
mod semver;
mod state;
mod version;

pub use gate::{ACCURACY_ABOVE, GateCheck, GateReport, LOG_LOSS_MARGIN, Rival, gate};
pub use semver::{SemVer, next_version};
pub use state::{Candidate, Change, Registration, Registry, RegistryError};
pub use version::{ModelVersion, RegistryAction, RegistryEvent, Stage};
