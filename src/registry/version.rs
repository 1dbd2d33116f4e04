//! Versions, stages and the events that move them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{GateReport, Made};
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

impl FromStr for Stage {
    type Err = String;

    /// Any case is taken, as in MLflow.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err("The stage must not be an empty string.".to_owned());
        }
        [Stage::None, Stage::Staging, Stage::Production, Stage::Archived]
            .into_iter()
            .find(|stage| stage.to_string().eq_ignore_ascii_case(text))
            .ok_or_else(|| {
                format!(
                    "Invalid Model Version stage: {text}. Value must be one of None, Staging, Production, Archived."
                )
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

impl ModelVersion {
    /// What the rule of numbers compares of it.
    pub fn made(&self) -> Made<'_> {
        Made { model: &self.model, trained_through: self.trained_through, data_version: self.data_version }
    }
}

/// What happened to a version, or to the registered model where the event names no version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistryAction {
    /// It entered the registry, always at Staging.
    Registered,
    /// It came from a store of MLflow, at stage None wherever it was there: who is in Staging or Production here stays.
    Imported,
    /// It changed its stage.
    Transitioned {
        /// Before.
        from: Stage,
        /// After.
        to: Stage,
    },
    /// An alias points at it from now on.
    AliasSet {
        /// The alias.
        alias: String,
        /// The version that it pointed at before.
        from: Option<String>,
    },
    /// An alias that pointed at it is gone.
    AliasDeleted {
        /// The alias.
        alias: String,
    },
    /// A tag has a value from now on.
    TagSet {
        /// Its key.
        key: String,
        /// The value before; none where there was no such tag.
        from: Option<String>,
        /// The value after.
        to: String,
    },
    /// A tag is gone.
    TagDeleted {
        /// Its key.
        key: String,
        /// The value that it had.
        from: String,
    },
    /// The description was written anew.
    DescriptionChanged {
        /// Before; empty where there was none.
        from: String,
        /// After.
        to: String,
    },
    /// It was deleted. It can be restored, and its number is not given again.
    Deleted {
        /// The stage that it was at.
        from: Stage,
    },
    /// It came back from the deleted ones, to Archived.
    Restored,
}

impl RegistryAction {
    /// Its name in documents and tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Imported => "imported",
            Self::Transitioned { .. } => "transitioned",
            Self::AliasSet { .. } => "alias_set",
            Self::AliasDeleted { .. } => "alias_deleted",
            Self::TagSet { .. } => "tag_set",
            Self::TagDeleted { .. } => "tag_deleted",
            Self::DescriptionChanged { .. } => "description_changed",
            Self::Deleted { .. } => "deleted",
            Self::Restored => "restored",
        }
    }

    /// What was there before, as a table writes it.
    pub fn before(&self) -> Option<String> {
        match self {
            Self::Transitioned { from, .. } | Self::Deleted { from } => Some(from.to_string()),
            Self::AliasSet { from, .. } | Self::TagSet { from, .. } => from.clone(),
            Self::TagDeleted { from, .. } | Self::DescriptionChanged { from, .. } => Some(from.clone()),
            Self::Registered | Self::Imported | Self::AliasDeleted { .. } | Self::Restored => None,
        }
    }

    /// What is there after, as a table writes it; of an alias it is the entry's version.
    pub fn after(&self) -> Option<String> {
        match self {
            Self::Registered => Some(Stage::Staging.to_string()),
            Self::Imported => Some(Stage::None.to_string()),
            Self::Transitioned { to, .. } => Some(to.to_string()),
            Self::TagSet { to, .. } | Self::DescriptionChanged { to, .. } => Some(to.clone()),
            Self::Restored => Some(Stage::Archived.to_string()),
            Self::AliasSet { .. } | Self::AliasDeleted { .. } | Self::TagDeleted { .. } | Self::Deleted { .. } => None,
        }
    }

    /// The alias or the tag that it is about.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::AliasSet { alias, .. } | Self::AliasDeleted { alias } => Some(alias),
            Self::TagSet { key, .. } | Self::TagDeleted { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// In words, as a trail shows it beside the version.
impl fmt::Display for RegistryAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered => f.write_str("registered at Staging"),
            Self::Imported => f.write_str("imported at None"),
            Self::Transitioned { from, to } => write!(f, "{from} → {to}"),
            Self::AliasSet { alias, from: None } => write!(f, "alias {alias} set"),
            Self::AliasSet { alias, from: Some(from) } => write!(f, "alias {alias} moved here from {from}"),
            Self::AliasDeleted { alias } => write!(f, "alias {alias} taken away"),
            Self::TagSet { key, from: None, to } => write!(f, "tag {key} set to `{to}`"),
            Self::TagSet { key, from: Some(from), to } => write!(f, "tag {key} changed from `{from}` to `{to}`"),
            Self::TagDeleted { key, from } => write!(f, "tag {key} deleted, it was `{from}`"),
            Self::DescriptionChanged { from, to } if from.is_empty() => write!(f, "described as `{to}`"),
            Self::DescriptionChanged { to, .. } if to.is_empty() => f.write_str("description taken away"),
            Self::DescriptionChanged { to, .. } => write!(f, "description changed to `{to}`"),
            Self::Deleted { from } => write!(f, "deleted from {from}"),
            Self::Restored => f.write_str("restored to Archived"),
        }
    }
}

/// One entry of the audit trail. Entries are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegistryEvent {
    /// Place in the trail.
    pub sequence: u64,
    /// Name of the registered model.
    pub name: String,
    /// The version that it happened to; empty where it happened to the registered model as a whole.
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
    /// What the gate said, where it was asked. A move to Production that it refused was overridden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateReport>,
}

impl RegistryEvent {
    /// Whether it moved a version to Production that the gate had refused.
    pub fn overrides_the_gate(&self) -> bool {
        self.gate.as_ref().is_some_and(|gate| !gate.passed)
    }
}
