//! Versions, stages and the events that move them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest, Instant};
use crate::data::SourceKind;
use crate::learn::ModelDocument;

/// MLflow's stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum Stage {
    None,
    Staging,
    Production,
    Archived,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::None => "None",
            Stage::Staging => "Staging",
            Stage::Production => "Production",
            Stage::Archived => "Archived",
        })
    }
}

/// A registered model version. What never changes is here; its stage follows from the events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// Name of the registered model.
    pub name: String,
    /// Semantic version, such as `1.2.0`, unique under the name and never reused.
    pub version: String,
    /// The run that it came from.
    pub run_id: String,
    /// The model itself.
    pub model: ModelDocument,
    /// The last league day whose results it was trained on.
    pub trained_through: Date,
    /// Whether it learned from played or from simulated results.
    pub source_kind: SourceKind,
    /// Digest of the manifest of the data.
    pub data_version: Digest,
    /// Metrics on the hold-out, by name (`log_loss`, `brier`, `accuracy`, `auc`, `ece`).
    pub metrics: BTreeMap<String, f64>,
    /// When it was registered, on the axis of `as_of`.
    pub registered_at: Instant,
}

/// What happened to a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistryAction {
    /// It entered the registry, always at Staging.
    Registered,
    /// It changed its stage.
    Transitioned {
        /// Before.
        from: Stage,
        /// After.
        to: Stage,
    },
}

/// One entry of the audit trail. Entries are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegistryEvent {
    /// Place in the trail.
    pub sequence: u64,
    /// Name of the registered model.
    pub name: String,
    /// The version that it happened to.
    pub version: String,
    /// What happened.
    pub action: RegistryAction,
    /// From when it holds, on the axis of `as_of`.
    pub at: Instant,
    /// When it was written down, by the clock.
    pub recorded_at: Instant,
    /// Who did it: a pipeline's or a local profile's name.
    pub actor: String,
    /// Why, in the actor's words or with the gate's figures.
    pub reason: String,
}
