//! The registry's state at a moment: a fold over its events.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{ModelAddress, Target};
use super::fold::State;
use super::semver::{Level, Made, SemVer, level_after, next_version};
use super::{GateReport, ModelVersion, RegistryAction, RegistryError, RegistryEvent, Stage};
use crate::base::{Date, Digest, Instant, morning};
use crate::data::SourceKind;
use crate::learn::ModelDocument;

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
    deleted: Vec<ModelVersion>,
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
        let mut registry = Self { name: name.to_owned(), versions: Vec::new(), deleted: Vec::new(), events };
        let deleted: BTreeSet<String> = registry.state().deleted.into_iter().map(str::to_owned).collect();
        (registry.deleted, registry.versions) =
            versions.into_iter().partition(|version| deleted.contains(&version.version));
        registry
    }

    /// The registry with what a change adds.
    #[must_use]
    pub fn with(&self, version: Option<ModelVersion>, events: &[RegistryEvent]) -> Self {
        let versions = self.versions.iter().chain(&self.deleted).cloned().chain(version).collect();
        Self::new(&self.name, versions, [&self.events, events].concat())
    }

    /// The registered model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every version that is not deleted, in the order of their numbers.
    pub fn versions(&self) -> &[ModelVersion] {
        &self.versions
    }

    /// The deleted versions, in the order of their numbers.
    pub fn deleted(&self) -> &[ModelVersion] {
        &self.deleted
    }

    /// The audit trail, in the order in which it holds.
    pub fn events(&self) -> &[RegistryEvent] {
        &self.events
    }

    /// The version with this number, deleted or not: it may have served in the past.
    pub fn version(&self, version: &str) -> Option<&ModelVersion> {
        self.versions.iter().chain(&self.deleted).find(|known| known.version == version)
    }

    /// Stages, aliases, tags and descriptions as they were at an instant. At most one version is in Staging and one in
    /// Production: one that enters moves the other out, as MLflow's `archive_existing_versions` does.
    pub fn state_at(&self, at: Instant) -> State<'_> {
        self.fold(|event| event.at <= at)
    }

    /// The same now.
    pub fn state(&self) -> State<'_> {
        self.fold(|_| true)
    }

    fn fold(&self, counts: impl Fn(&RegistryEvent) -> bool) -> State<'_> {
        let mut state = State::default();
        self.events.iter().filter(|event| counts(event)).for_each(|event| state.apply(event));
        state
    }

    /// The stage of every version that was registered by `at` and not deleted then.
    pub fn stages_at(&self, at: Instant) -> BTreeMap<&str, Stage> {
        self.state_at(at).stages
    }

    /// The stage of every version now.
    pub fn stages(&self) -> BTreeMap<&str, Stage> {
        self.state().stages
    }

    /// Which version each alias pointed at, at an instant.
    pub fn aliases_at(&self, at: Instant) -> BTreeMap<&str, &str> {
        self.state_at(at).aliases
    }

    fn in_stage(&self, state: &State<'_>, stage: Stage) -> Option<&ModelVersion> {
        self.version(state.version_in(stage)?)
    }

    /// The version in a stage at an instant.
    pub fn in_stage_at(&self, stage: Stage, at: Instant) -> Option<&ModelVersion> {
        self.in_stage(&self.state_at(at), stage)
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
        self.in_stage(&self.state(), Stage::Production)
    }

    /// The version in Staging now.
    pub fn staging(&self) -> Option<&ModelVersion> {
        self.in_stage(&self.state(), Stage::Staging)
    }

    /// The stage of a version now.
    pub fn stage(&self, version: &str) -> Option<Stage> {
        self.stages().get(version).copied()
    }

    /// The version that was last in Production before the one that is now: where a rollback leads. Deleted ones are
    /// passed over.
    pub fn before_production(&self) -> Option<&ModelVersion> {
        let now = self.production()?;
        let to_production =
            |event: &&RegistryEvent| matches!(event.action, RegistryAction::Transitioned { to: Stage::Production, .. });
        let others = self.events.iter().rev().filter(to_production).filter(|event| event.version != now.version);
        others.into_iter().find_map(|event| self.versions.iter().find(|known| known.version == event.version))
    }

    /// Where an address leads, now or at an instant.
    ///
    /// # Errors
    /// Where it is of another model, or leads to no version.
    pub fn resolve(&self, address: &ModelAddress, at: Option<Instant>) -> Result<&ModelVersion, RegistryError> {
        if address.name != self.name {
            let (other, name) = (address.name.clone(), self.name.clone());
            return Err(RegistryError::OtherModel { address: address.to_string(), other, name });
        }
        let state = at.map_or_else(|| self.state(), |at| self.state_at(at));
        let newest = |stage: Option<Stage>| {
            let there = self.versions.iter().chain(&self.deleted).filter(|version| {
                state
                    .stages
                    .get(version.version.as_str())
                    .is_some_and(|found| stage.is_none_or(|stage| stage == *found))
            });
            there.max_by_key(|version| version.version.parse::<SemVer>().ok()).ok_or_else(|| {
                let stage = stage.map_or_else(String::new, |stage| format!(" and stage '{stage}'"));
                RegistryError::NoneThere { name: self.name.clone(), stage }
            })
        };
        let known = |version: &str| {
            if state.deleted.contains(version) {
                return Err(RegistryError::Deleted { version: version.to_owned() });
            }
            let found = self.version(version).filter(|found| state.stages.contains_key(found.version.as_str()));
            found.ok_or_else(|| self.no_version(version))
        };
        match &address.target {
            Target::Version(version) => known(version),
            Target::Stage(stage) => newest(Some(*stage)),
            Target::Latest => newest(None),
            Target::Alias(alias) => match state.aliases.get(alias.as_str()) {
                Some(version) => known(version),
                None => Err(RegistryError::NoAlias { alias: alias.clone() }),
            },
        }
    }

    /// The version that a person names: by its number or by its address.
    ///
    /// # Errors
    /// As [`Registry::resolve`].
    pub fn find(&self, named: &str, at: Option<Instant>) -> Result<&ModelVersion, RegistryError> {
        let address = if ModelAddress::is_meant(named) {
            ModelAddress::parse(named)?
        } else {
            ModelAddress { name: self.name.clone(), target: Target::Version(named.to_owned()) }
        };
        self.resolve(&address, at)
    }

    /// Registers a candidate under the next number, at Staging. A run that was registered before stays the version that
    /// it became, and nothing is added. Which part of the number is raised follows from what differs from the newest
    /// version; the reason in the trail says so.
    pub fn register(&self, candidate: Candidate, change: &Change) -> Registration {
        self.register_as(candidate, None, change)
    }

    /// The same with the part of the number given.
    pub fn register_as(&self, candidate: Candidate, level: Option<Level>, change: &Change) -> Registration {
        if let Some(there) = self.versions.iter().find(|version| version.run_id == candidate.run_id) {
            return Registration { version: there.clone(), events: Vec::new() };
        }
        let (number, rule) = self.number_of(&candidate, level);
        let version = ModelVersion {
            name: self.name.clone(),
            version: SemVer { build: candidate.build, ..number }.to_string(),
            run_id: candidate.run_id,
            model: candidate.model,
            trained_through: candidate.trained_through,
            source_kind: candidate.source_kind,
            data_version: candidate.data_version,
            metrics: candidate.metrics,
            registered_at: change.at,
        };
        let reason = if change.reason.is_empty() { rule } else { format!("{}; {rule}", change.reason) };
        let change = Change { reason, ..change.clone() };
        let events = self.entering(&version.version, RegistryAction::Registered, Stage::Staging, &change);
        Registration { version, events }
    }

    /// The number that a candidate gets, and why. A number of a deleted version counts, and so does one that only the
    /// trail still knows: no number is given twice.
    fn number_of(&self, candidate: &Candidate, level: Option<Level>) -> (SemVer, String) {
        let number = |version: &str| version.parse::<SemVer>().ok();
        let highest = self.events.iter().filter_map(|event| number(&event.version));
        let known = self.versions.iter().chain(&self.deleted);
        let highest = highest.chain(known.clone().filter_map(|version| number(&version.version))).max();
        let before = known.max_by_key(|version| number(&version.version));
        let made = Made {
            model: &candidate.model,
            trained_through: candidate.trained_through,
            data_version: candidate.data_version,
        };
        let (by_rule, why) = match (before, &highest) {
            (Some(version), _) => level_after(&version.made(), &made),
            (None, Some(_)) => (Level::Minor, "the versions before it are gone".to_owned()),
            (None, None) => return (next_version(None, Level::Major), "the first version".to_owned()),
        };
        let why = match level {
            Some(level) if level != by_rule => format!("{level}: asked for, {by_rule} by the rule: {why}"),
            _ => format!("{by_rule}: {why}"),
        };
        (next_version(highest.as_ref(), level.unwrap_or(by_rule)), why)
    }

    /// Moves a version to a stage; any stage leads to any, as in MLflow. Who was in Staging or Production before is
    /// archived. A version that is there already stays, and nothing is added.
    ///
    /// # Errors
    /// Where there is no such version.
    pub fn transition(&self, version: &str, to: Stage, change: &Change) -> Result<Vec<RegistryEvent>, RegistryError> {
        let from = self.stage_of(version, change)?;
        if from == to {
            return Ok(Vec::new());
        }
        Ok(self.entering(version, RegistryAction::Transitioned { from, to }, to, change))
    }

    /// Moves a version to Production with what the gate said of it, which the entry keeps.
    ///
    /// # Errors
    /// Where there is no such version.
    pub fn promote(
        &self,
        version: &str,
        gate: Option<&GateReport>,
        change: &Change,
    ) -> Result<Vec<RegistryEvent>, RegistryError> {
        let mut events = self.transition(version, Stage::Production, change)?;
        let own = |event: &&mut RegistryEvent| {
            event.version == version && matches!(event.action, RegistryAction::Transitioned { .. })
        };
        if let Some(event) = events.iter_mut().find(own) {
            event.gate = gate.cloned();
        }
        Ok(events)
    }

    /// Puts the version back that was in Production before, or the given one that once was.
    ///
    /// # Errors
    /// Where there is none.
    pub fn rollback(&self, to: Option<&str>, change: &Change) -> Result<Vec<RegistryEvent>, RegistryError> {
        let Some(version) = to else {
            let before = self.before_production().ok_or(RegistryError::NothingBefore)?;
            return self.transition(&before.version, Stage::Production, change);
        };
        self.stage_of(version, change)?;
        let there: BTreeSet<String> = self.reigns().into_iter().map(|reign| reign.version).collect();
        if !there.contains(version) {
            let there = list(there.iter().map(String::as_str), "no version yet");
            return Err(RegistryError::NeverInProduction { version: version.to_owned(), there });
        }
        self.transition(version, Stage::Production, change)
    }

    /// The stage of a version when a change holds.
    pub(super) fn stage_of(&self, version: &str, change: &Change) -> Result<Stage, RegistryError> {
        let state = self.state_at(change.at);
        if state.deleted.contains(version) {
            return Err(RegistryError::Deleted { version: version.to_owned() });
        }
        match (self.version(version), state.stages.get(version)) {
            (Some(_), Some(stage)) => Ok(*stage),
            _ => Err(self.no_version(version)),
        }
    }

    fn no_version(&self, version: &str) -> RegistryError {
        let there = list(self.versions.iter().map(|version| version.version.as_str()), "no version yet");
        RegistryError::NoVersion { version: version.to_owned(), there }
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>, none: &str) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
