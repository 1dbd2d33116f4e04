//! Runs become model versions, with a stage and an audit trail from which the state is a fold.
//!
//! [`Registry`] decides and never writes: its methods give the entries that a change adds. `docs/registry.md` has the
//! rules.

mod address;
mod draft;
mod edit;
mod error;
mod fold;
mod gate;
mod history;
#[cfg(test)]
mod mlflow_tests;
mod names;
mod semver;
mod state;
mod version;

pub use address::{ModelAddress, Target};
pub use error::RegistryError;
pub use fold::State;
pub use gate::{
    ACCURACY_ABOVE, ECE_MARGIN, Figures, GateCheck, GateReport, LOG_LOSS_MARGIN, Rival, STAGING_DAYS, Waited, gate,
};
pub use history::Stay;
pub use names::{CHALLENGER, CHAMPION, check_alias, check_model_name, check_tag};
pub use semver::{Level, Made, SemVer, level_after, next_version};
pub use state::{Candidate, Change, Registration, Registry};
pub use version::{ModelVersion, RegistryAction, RegistryEvent, Stage};
