//! What a trail comes to: stages, aliases, tags and descriptions, event by event.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{CHALLENGER, CHAMPION, RegistryAction, RegistryEvent, Stage};

/// The state of a registered model at a moment. The empty version stands for the model as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct State<'a> {
    /// The stage of every version that is not deleted.
    pub stages: BTreeMap<&'a str, Stage>,
    /// Which version each alias points at. `champion` and `challenger` are not folded: they are read off the stages, so
    /// that they are right on every morning, after a change of the past and in a trail of before there were aliases.
    pub aliases: BTreeMap<&'a str, &'a str>,
    /// Tags by version.
    pub tags: BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    /// Descriptions by version.
    pub descriptions: BTreeMap<&'a str, &'a str>,
    /// Versions that are deleted.
    pub deleted: BTreeSet<&'a str>,
}

/// Stages of which only one version is in each.
pub(super) fn active(stage: Stage) -> bool {
    matches!(stage, Stage::Staging | Stage::Production)
}

/// The stage that an alias follows; none if people set it.
pub(super) fn followed(alias: &str) -> Option<Stage> {
    match alias {
        CHAMPION => Some(Stage::Production),
        CHALLENGER => Some(Stage::Staging),
        _ => None,
    }
}

impl<'a> State<'a> {
    /// Takes in one event.
    pub(super) fn apply(&mut self, event: &'a RegistryEvent) {
        let version = event.version.as_str();
        match &event.action {
            RegistryAction::Registered => self.enter(version, Stage::Staging),
            RegistryAction::Imported => self.enter(version, Stage::None),
            RegistryAction::Transitioned { to, .. } => self.enter(version, *to),
            RegistryAction::Restored => {
                self.deleted.remove(version);
                self.enter(version, Stage::Archived);
            }
            RegistryAction::Deleted { .. } => {
                self.stages.remove(version);
                self.deleted.insert(version);
                self.aliases.retain(|_, target| *target != version);
                self.follow();
            }
            RegistryAction::AliasSet { alias, .. } if followed(alias).is_none() => {
                self.aliases.insert(alias, version);
            }
            RegistryAction::AliasDeleted { alias } if followed(alias).is_none() => {
                self.aliases.remove(alias.as_str());
            }
            RegistryAction::AliasSet { .. } | RegistryAction::AliasDeleted { .. } => {}
            RegistryAction::TagSet { key, to, .. } => {
                self.tags.entry(version).or_default().insert(key, to);
            }
            RegistryAction::TagDeleted { key, .. } => {
                if let Some(tags) = self.tags.get_mut(version) {
                    tags.remove(key.as_str());
                }
            }
            RegistryAction::DescriptionChanged { to, .. } => {
                self.descriptions.insert(version, to);
            }
        }
    }

    /// A version comes to a stage, and whoever is in it leaves.
    fn enter(&mut self, version: &'a str, to: Stage) {
        // A deleted version stays so until it is restored, whatever a change of the past says of it.
        if self.deleted.contains(version) {
            return;
        }
        for (other, stage) in &mut self.stages {
            if active(to) && *stage == to && *other != version {
                *stage = Stage::Archived;
            }
        }
        self.stages.insert(version, to);
        self.follow();
    }

    fn follow(&mut self) {
        for (alias, stage) in [(CHAMPION, Stage::Production), (CHALLENGER, Stage::Staging)] {
            match self.version_in(stage) {
                Some(version) => self.aliases.insert(alias, version),
                None => self.aliases.remove(alias),
            };
        }
    }

    /// The version in a stage of which only one is in it.
    pub fn version_in(&self, stage: Stage) -> Option<&'a str> {
        self.stages.iter().find(|(_, at)| **at == stage).map(|(version, _)| *version)
    }

    /// The aliases of a version, in their order.
    pub fn aliases_of(&self, version: &str) -> Vec<&'a str> {
        self.aliases.iter().filter(|(_, target)| **target == version).map(|(alias, _)| *alias).collect()
    }

    /// The tags of a version, or of the model as a whole.
    pub fn tags_of(&self, version: &str) -> BTreeMap<&'a str, &'a str> {
        self.tags.get(version).cloned().unwrap_or_default()
    }

    /// The description of a version, or of the model as a whole; empty if it has none.
    pub fn description_of(&self, version: &str) -> &'a str {
        self.descriptions.get(version).copied().unwrap_or_default()
    }
}
