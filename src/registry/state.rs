//! The registry's state at a moment: a fold over its events.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::semver::{SemVer, next_version};
use super::{ModelVersion, RegistryAction, RegistryEvent, Stage};
use crate::base::{Date, Digest, Instant, morning};
use crate::data::SourceKind;
use crate::learn::ModelDocument;

impl FromStr for Stage {
    type Err = String;

    /// Any case is taken, as in MLflow.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
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
    /// Nothing was in Production before.
    #[error("there is no earlier Production version to roll back to")]
    NothingBefore,
}

/// Who changes the registry, when and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// From when it holds, on the axis of `as_of`.
    pub at: Instant,
    /// The clock's time.
    pub recorded_at: Instant,
    /// A pipeline's or a local profile's name.
    pub actor: String,
    /// Why, in words or figures.
    pub reason: String,
}

/// A trained model that is to become a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The run that it came from.
    pub run_id: String,
    /// The model.
    pub model: ModelDocument,
    /// The last league day whose results it was trained on.
    pub trained_through: Date,
    /// Whether it learned from played or from simulated results.
    pub source_kind: SourceKind,
    /// Digest of the manifest of the data.
    pub data_version: Digest,
    /// Metrics on the hold-out, by name.
    pub metrics: BTreeMap<String, f64>,
    /// Marks where it was made, such as `local.1`; empty for the site's own.
    pub build: String,
}

/// What registering comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// The version, new or already there.
    pub version: ModelVersion,
    /// What was added to the trail; empty if the run was registered before.
    pub events: Vec<RegistryEvent>,
}

/// One registered model: its versions and its audit trail.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    name: String,
    versions: Vec<ModelVersion>,
    events: Vec<RegistryEvent>,
}

impl Registry {
    /// Puts versions in the order of their numbers and events in the order in which they hold: by `at`, then by
    /// sequence. What belongs to another name is left out.
    pub fn new(name: &str, mut versions: Vec<ModelVersion>, mut events: Vec<RegistryEvent>) -> Self {
        versions.retain(|version| version.name == name);
        versions.sort_by_cached_key(|version| (version.version.parse::<SemVer>().ok(), version.version.clone()));
        events.retain(|event| event.name == name);
        events.sort_by(|a, b| (a.at, a.sequence, &a.version).cmp(&(b.at, b.sequence, &b.version)));
        Self { name: name.to_owned(), versions, events }
    }

    /// The registered model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every version, in the order of their numbers.
    pub fn versions(&self) -> &[ModelVersion] {
        &self.versions
    }

    /// The audit trail, in the order in which it holds.
    pub fn events(&self) -> &[RegistryEvent] {
        &self.events
    }

    /// The version with this number.
    pub fn version(&self, version: &str) -> Option<&ModelVersion> {
        self.versions.iter().find(|known| known.version == version)
    }

    /// The stage of every version that was registered by `at`. At most one version is in Staging and one in
    /// Production: one that enters moves the other out, as MLflow's `archive_existing_versions` does.
    pub fn stages_at(&self, at: Instant) -> BTreeMap<&str, Stage> {
        self.fold(|event| event.at <= at)
    }

    /// The stage of every version now.
    pub fn stages(&self) -> BTreeMap<&str, Stage> {
        self.fold(|_| true)
    }

    fn fold(&self, counts: impl Fn(&RegistryEvent) -> bool) -> BTreeMap<&str, Stage> {
        let mut stages: BTreeMap<&str, Stage> = BTreeMap::new();
        for event in self.events.iter().filter(|event| counts(event)) {
            let to = entered(event);
            if active(to) {
                for (version, stage) in &mut stages {
                    if *stage == to && *version != event.version {
                        *stage = Stage::Archived;
                    }
                }
            }
            stages.insert(&event.version, to);
        }
        stages
    }

    fn in_stage(&self, stages: &BTreeMap<&str, Stage>, stage: Stage) -> Option<&ModelVersion> {
        let version = stages.iter().find(|(_, at)| **at == stage).map(|(version, _)| *version)?;
        self.version(version)
    }

    /// The version in a stage at an instant.
    pub fn in_stage_at(&self, stage: Stage, at: Instant) -> Option<&ModelVersion> {
        self.in_stage(&self.stages_at(at), stage)
    }

    /// The version that was in Production on the morning of a day: the champion.
    pub fn production_at(&self, day: Date) -> Option<&ModelVersion> {
        self.in_stage_at(Stage::Production, morning(day))
    }

    /// The version that was in Staging on the morning of a day: the challenger.
    pub fn staging_at(&self, day: Date) -> Option<&ModelVersion> {
        self.in_stage_at(Stage::Staging, morning(day))
    }

    /// The version in Production now.
    pub fn production(&self) -> Option<&ModelVersion> {
        self.in_stage(&self.stages(), Stage::Production)
    }

    /// The version in Staging now.
    pub fn staging(&self) -> Option<&ModelVersion> {
        self.in_stage(&self.stages(), Stage::Staging)
    }

    /// The stage of a version now.
    pub fn stage(&self, version: &str) -> Option<Stage> {
        self.stages().get(version).copied()
    }

    /// The version that was last in Production before the one that is now: where a rollback leads.
    pub fn before_production(&self) -> Option<&ModelVersion> {
        let now = self.production()?;
        let earlier = self
            .events
            .iter()
            .rev()
            .find(|event| entered(event) == Stage::Production && event.version != now.version)?;
        self.version(&earlier.version)
    }

    /// Registers a candidate: the next number, and Staging. A run that was registered before stays the version that it
    /// became, and nothing is added.
    pub fn register(&self, candidate: Candidate, change: &Change) -> Registration {
        if let Some(there) = self.versions.iter().find(|version| version.run_id == candidate.run_id) {
            return Registration { version: there.clone(), events: Vec::new() };
        }
        let numbered = self.versions.iter().filter_map(|version| {
            version.version.parse::<SemVer>().ok().map(|number| (number, version.model.feature_version()))
        });
        let highest = numbered.max_by(|a, b| a.0.cmp(&b.0));
        let highest = highest.as_ref().map(|(number, features)| (number, *features));
        let number = SemVer { build: candidate.build, ..next_version(highest, candidate.model.feature_version()) };
        let version = ModelVersion {
            name: self.name.clone(),
            version: number.to_string(),
            run_id: candidate.run_id,
            model: candidate.model,
            trained_through: candidate.trained_through,
            source_kind: candidate.source_kind,
            data_version: candidate.data_version,
            metrics: candidate.metrics,
            registered_at: change.at,
        };
        let events = self.entering(&version.version, RegistryAction::Registered, Stage::Staging, change);
        Registration { version, events }
    }

    /// Moves a version to a stage; any stage leads to any, as in MLflow. Who was in Staging or Production before is
    /// archived. A version that is there already stays, and nothing is added.
    pub fn transition(&self, version: &str, to: Stage, change: &Change) -> Result<Vec<RegistryEvent>, RegistryError> {
        let stages = self.stages_at(change.at);
        let from = match (self.version(version), stages.get(version)) {
            (Some(_), Some(from)) => *from,
            _ => return Err(RegistryError::NoVersion { version: version.to_owned(), there: self.there() }),
        };
        if from == to {
            return Ok(Vec::new());
        }
        Ok(self.entering(version, RegistryAction::Transitioned { from, to }, to, change))
    }

    fn there(&self) -> String {
        let names: Vec<&str> = self.versions.iter().map(|version| version.version.as_str()).collect();
        if names.is_empty() { "no version yet".to_owned() } else { names.join(", ") }
    }

    /// The entries of a version that enters a stage: those that move others out of it, then its own.
    fn entering(&self, version: &str, action: RegistryAction, to: Stage, change: &Change) -> Vec<RegistryEvent> {
        let first = self.events.iter().map(|event| event.sequence).max().unwrap_or(0) + 1;
        let stages = self.stages_at(change.at);
        let leaving = stages.iter().filter(|(other, stage)| active(to) && **stage == to && **other != version);
        let archived = leaving.map(|(other, stage)| {
            let action = RegistryAction::Transitioned { from: *stage, to: Stage::Archived };
            ((*other).to_owned(), action, format!("{version} entered {to}"))
        });
        archived
            .chain([(version.to_owned(), action, change.reason.clone())])
            .zip(first..)
            .map(|((version, action, reason), sequence)| RegistryEvent {
                sequence,
                name: self.name.clone(),
                version,
                action,
                at: change.at,
                recorded_at: change.recorded_at,
                actor: change.actor.clone(),
                reason,
            })
            .collect()
    }
}

/// Stages of which only one version is in each.
fn active(stage: Stage) -> bool {
    matches!(stage, Stage::Staging | Stage::Production)
}

/// The stage that an event leads into.
fn entered(event: &RegistryEvent) -> Stage {
    match event.action {
        RegistryAction::Registered => Stage::Staging,
        RegistryAction::Transitioned { to, .. } => to,
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
