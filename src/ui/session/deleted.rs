//! Versions out of sight: how they come there and back.

use super::{Problem, Session};
use crate::registry::{ModelVersion, Registry, RegistryAction, RegistryEvent};

/// A deleted version.
#[derive(Debug, Clone, PartialEq)]
pub struct DeletedVersion {
    /// The version.
    pub version: ModelVersion,
    /// Its deletion in the trail.
    pub event: RegistryEvent,
}

impl Session {
    /// The deleted versions, the one with the highest number first.
    pub async fn deleted_versions(&self) -> Result<Vec<DeletedVersion>, Problem> {
        Ok(deleted(&self.inner.registry().await?))
    }

    /// Deletes a version with its aliases, for a reason. One that came with the site is deleted in this browser alone.
    /// What is in Production is refused: it is replaced and never taken away.
    pub async fn delete_version(&self, version: String, why: &str) -> Result<(), Problem> {
        let why = why.trim();
        if why.is_empty() {
            return Err("Nothing was changed: say why it is deleted, for the trail.".to_owned());
        }
        self.inner.decided(|inner, registry| registry.delete(&version, &inner.change(why.to_owned()))).await
    }

    /// Brings a deleted version back, to Archived.
    pub async fn restore_version(&self, version: String) -> Result<(), Problem> {
        self.inner.decided(|inner, registry| registry.restore(&version, &inner.change(String::new()))).await
    }
}

fn deleted(registry: &Registry) -> Vec<DeletedVersion> {
    let deletion = |version: &ModelVersion| {
        let of = |event: &&RegistryEvent| {
            event.version == version.version && matches!(event.action, RegistryAction::Deleted { .. })
        };
        registry.events().iter().rfind(of).cloned()
    };
    let told = |version: &ModelVersion| Some(DeletedVersion { version: version.clone(), event: deletion(version)? });
    registry.deleted().iter().rev().filter_map(told).collect()
}
