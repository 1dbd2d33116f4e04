//! Why the registry refuses, in MLflow's words where MLflow has some.

use super::Stage;

/// Why the registry refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RegistryError {
    /// There is no such version.
    #[error("version {version} is not in the registry: it holds {there}")]
    NoVersion {
        /// What was asked for.
        version: String,
        /// The versions that are there, for people.
        there: String,
    },
    /// There is no such registered model.
    #[error("Registered Model with name={name} not found")]
    NoModel {
        /// What was asked for.
        name: String,
    },
    /// The version is deleted.
    #[error("version {version} is deleted: restore it first")]
    Deleted {
        /// What was asked for.
        version: String,
    },
    /// The version is not deleted.
    #[error("version {version} is not among the deleted ones, so there is nothing to restore")]
    NotDeleted {
        /// What was asked for.
        version: String,
    },
    /// What serves is replaced and never taken away.
    #[error("version {version} is in Production and cannot be deleted: put another version there first")]
    InProduction {
        /// What was asked for.
        version: String,
    },
    /// Nothing was in Production before.
    #[error("there is no earlier Production version to roll back to")]
    NothingBefore,
    /// A version to roll back to that never served.
    #[error(
        "version {version} was never in Production, so it is promoted and not rolled back to; in Production were {there}"
    )]
    NeverInProduction {
        /// What was asked for.
        version: String,
        /// The versions that were, for people.
        there: String,
    },
    /// An alias that nobody sets.
    #[error(
        "alias {alias} always points at the version in {stage}: it moves as versions change their stage, and not by hand"
    )]
    FollowsStage {
        /// The alias.
        alias: String,
        /// The stage that it follows.
        stage: Stage,
    },
    /// There is no such alias.
    #[error("Registered model alias {alias} not found.")]
    NoAlias {
        /// What was asked for.
        alias: String,
    },
    /// No version is in a stage, or there is none at all.
    #[error("No versions of model with name '{name}'{stage} found")]
    NoneThere {
        /// The registered model.
        name: String,
        /// ` and stage '…'`, or nothing.
        stage: String,
    },
    /// An address of another registered model.
    #[error("{address} is a version of {other}, and this is the registry of {name}")]
    OtherModel {
        /// The address.
        address: String,
        /// The model that it names.
        other: String,
        /// The model at hand.
        name: String,
    },
    /// A name, a tag or an address cannot be, in MLflow's words.
    #[error("{0}")]
    Invalid(String),
}
