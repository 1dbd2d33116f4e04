//! One version with all that is known of it, and the changes that people make by hand.

use std::collections::BTreeMap;

use super::{Inner, ModelRow, Problem, Session};
use crate::data::Manifest;
use crate::flows::documents::load_all;
use crate::flows::gate::manifests;
use crate::flows::present::lineage::{Node, lineage};
use crate::flows::registry::{MODEL, decide, rollback};
use crate::registry::{Registry, RegistryError, RegistryEvent, Stay};
use crate::serving::DayLog;

/// A version with what is around it.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionView {
    /// The version with its stage, run and trail.
    pub row: ModelRow,
    /// The names that point at it.
    pub aliases: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What people say of it.
    pub description: String,
    /// How it came to be and what it did, step by step.
    pub lineage: Vec<Vec<Node>>,
    /// When it was in Production.
    pub reigns: Vec<Stay>,
}

/// A change of a version that needs no gate.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Lets an alias point at it.
    SetAlias(String),
    /// Takes an alias away.
    DeleteAlias(String),
    /// Describes it; empty takes the description away.
    Describe(String),
    /// Sets a tag.
    SetTag(String, String),
    /// Takes a tag away.
    DeleteTag(String),
}

impl Session {
    /// A version with all that is known of it; none where it is not registered.
    pub async fn version(&self, name: &str) -> Result<Option<VersionView>, Problem> {
        let Some(row) = self.models().await?.into_iter().find(|row| row.version.version == name) else {
            return Ok(None);
        };
        let told = |error: crate::ports::StoreError| error.to_string();
        let registry = self.inner.registry().await?;
        let state = registry.state();
        let (_, days) = load_all::<DayLog, _>(&self.inner.store).await.map_err(told)?;
        let stored = manifests(&self.inner.store).await.map_err(told)?;
        let here = self.inner.data.infos().into_iter().map(|info| info.manifest);
        let manifests: Vec<Manifest> = here.chain(stored).collect();
        let manifests: Vec<&Manifest> = manifests.iter().collect();
        let owned = |map: BTreeMap<&str, &str>| {
            map.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        Ok(Some(VersionView {
            aliases: state.aliases_of(name).into_iter().map(str::to_owned).collect(),
            tags: owned(state.tags_of(name)),
            description: state.description_of(name).to_owned(),
            lineage: lineage(&row.version, row.run.as_ref(), &manifests, &days),
            reigns: registry.reigns().into_iter().filter(|stay| stay.version == name).collect(),
            row,
        }))
    }

    /// Changes what people say of a version.
    pub async fn edit_version(&self, version: String, edit: Edit) -> Result<(), Problem> {
        self.inner
            .decided(|inner, registry| {
                let change = inner.change(String::new());
                match &edit {
                    Edit::SetAlias(alias) => registry.set_alias(alias, &version, &change),
                    Edit::DeleteAlias(alias) => registry.delete_alias(alias, &change),
                    Edit::Describe(text) => registry.describe(Some(&version), text, &change),
                    Edit::SetTag(key, value) => registry.set_tag(Some(&version), key, value, &change),
                    Edit::DeleteTag(key) => registry.delete_tag(Some(&version), key, &change),
                }
            })
            .await
    }

    /// The version that a rollback would put back; none where nothing was in Production before.
    pub async fn rollback_target(&self) -> Result<Option<String>, Problem> {
        Ok(self.inner.registry().await?.before_production().map(|version| version.version.clone()))
    }

    /// Puts the version back that was in Production before, in one commit.
    pub async fn roll_back(&self, why: &str) -> Result<(), Problem> {
        let reason = if why.trim().is_empty() { "rollback".to_owned() } else { format!("rollback: {}", why.trim()) };
        let change = self.inner.change(reason);
        rollback(&self.inner.store, MODEL, None, &change)
            .await
            .map_err(|error| format!("Nothing was rolled back: {error}."))?;
        self.inner.committed();
        self.inner.changed();
        Ok(())
    }
}

impl Inner {
    pub(super) async fn decided(
        &self,
        decision: impl Fn(&Self, &Registry) -> Result<Vec<RegistryEvent>, RegistryError>,
    ) -> Result<(), Problem> {
        decide(&self.store, MODEL, |registry| decision(self, registry))
            .await
            .map_err(|error| format!("Nothing was changed: {error}."))?;
        self.committed();
        self.changed();
        Ok(())
    }
}
