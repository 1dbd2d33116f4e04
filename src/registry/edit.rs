//! What else can be done to a registered model: aliases, tags, descriptions, deleting versions and taking them in.

use super::fold::followed;
use super::names::{check_alias, check_tag};
use super::{Change, Registry, RegistryAction, RegistryError, RegistryEvent, Stage};

impl Registry {
    /// Points an alias at a version; where it pointed at another one before, it moves. Nothing is added where it points
    /// there already.
    ///
    /// # Errors
    /// Where the alias cannot be one or follows a stage, and where there is no such version.
    pub fn set_alias(&self, alias: &str, version: &str, change: &Change) -> Result<Vec<RegistryEvent>, RegistryError> {
        check_alias(alias)?;
        free(alias)?;
        self.stage_of(version, change)?;
        let state = self.state_at(change.at);
        let from = state.aliases.get(alias).map(|from| (*from).to_owned());
        if from.as_deref() == Some(version) {
            return Ok(Vec::new());
        }
        Ok(self.entry(version, RegistryAction::AliasSet { alias: alias.to_owned(), from }, change))
    }

    /// Takes an alias away. Nothing is added where there is none: MLflow says nothing then either.
    ///
    /// # Errors
    /// Where it follows a stage.
    pub fn delete_alias(&self, alias: &str, change: &Change) -> Result<Vec<RegistryEvent>, RegistryError> {
        check_alias(alias)?;
        free(alias)?;
        let state = self.state_at(change.at);
        let Some(version) = state.aliases.get(alias) else { return Ok(Vec::new()) };
        Ok(self.entry(version, RegistryAction::AliasDeleted { alias: alias.to_owned() }, change))
    }

    /// Gives a tag a value, on a version or on the model as a whole.
    ///
    /// # Errors
    /// Where key or value cannot be, and where there is no such version.
    pub fn set_tag(
        &self,
        version: Option<&str>,
        key: &str,
        value: &str,
        change: &Change,
    ) -> Result<Vec<RegistryEvent>, RegistryError> {
        check_tag(key, value)?;
        let on = self.place(version, change)?;
        let from = self.state_at(change.at).tags_of(on).get(key).map(|from| (*from).to_owned());
        if from.as_deref() == Some(value) {
            return Ok(Vec::new());
        }
        let (key, to) = (key.to_owned(), value.to_owned());
        Ok(self.entry(on, RegistryAction::TagSet { key, from, to }, change))
    }

    /// Takes a tag away from a version or from the model as a whole. Nothing is added where there is none.
    ///
    /// # Errors
    /// Where there is no such version.
    pub fn delete_tag(
        &self,
        version: Option<&str>,
        key: &str,
        change: &Change,
    ) -> Result<Vec<RegistryEvent>, RegistryError> {
        let on = self.place(version, change)?;
        let tags = self.state_at(change.at).tags_of(on);
        let Some(from) = tags.get(key) else { return Ok(Vec::new()) };
        let action = RegistryAction::TagDeleted { key: key.to_owned(), from: (*from).to_owned() };
        Ok(self.entry(on, action, change))
    }

    /// Describes a version, or the model as a whole. The empty text takes the description away.
    ///
    /// # Errors
    /// Where there is no such version.
    pub fn describe(
        &self,
        version: Option<&str>,
        text: &str,
        change: &Change,
    ) -> Result<Vec<RegistryEvent>, RegistryError> {
        let on = self.place(version, change)?;
        let from = self.state_at(change.at).description_of(on).to_owned();
        if from == text {
            return Ok(Vec::new());
        }
        Ok(self.entry(on, RegistryAction::DescriptionChanged { from, to: text.to_owned() }, change))
    }

    /// Deletes a version with its aliases. It can be restored; its number is not given again.
    ///
    /// # Errors
    /// Where there is no such version, and where it is in Production: what serves is replaced and never taken away.
    pub fn delete(&self, version: &str, change: &Change) -> Result<Vec<RegistryEvent>, RegistryError> {
        match self.stage_of(version, change)? {
            Stage::Production => Err(RegistryError::InProduction { version: version.to_owned() }),
            from => Ok(self.entry(version, RegistryAction::Deleted { from }, change)),
        }
    }

    /// Brings a deleted version back, to Archived. Its aliases do not come back: they may point elsewhere by now.
    ///
    /// # Errors
    /// Where it is not deleted.
    pub fn restore(&self, version: &str, change: &Change) -> Result<Vec<RegistryEvent>, RegistryError> {
        if !self.state_at(change.at).deleted.contains(version) {
            return Err(RegistryError::NotDeleted { version: version.to_owned() });
        }
        Ok(self.entry(version, RegistryAction::Restored, change))
    }

    /// Takes a version in that comes from elsewhere with its number, at stage None. Nothing is added where a version of this
    /// number is or was here.
    pub fn take_in(&self, version: &str, change: &Change) -> Vec<RegistryEvent> {
        if self.version(version).is_some() || self.events().iter().any(|event| event.version == version) {
            return Vec::new();
        }
        self.entry(version, RegistryAction::Imported, change)
    }

    fn entry(&self, version: &str, action: RegistryAction, change: &Change) -> Vec<RegistryEvent> {
        self.drafted(vec![(version.to_owned(), action, change.reason.clone())], change)
    }

    /// The version that is meant, which must be there; empty for the model as a whole, which must have one.
    fn place<'v>(&self, version: Option<&'v str>, change: &Change) -> Result<&'v str, RegistryError> {
        match version {
            Some(version) => self.stage_of(version, change).map(|_| version),
            None if self.events().is_empty() => Err(RegistryError::NoModel { name: self.name().to_owned() }),
            None => Ok(""),
        }
    }
}

/// Refuses an alias that follows a stage.
fn free(alias: &str) -> Result<(), RegistryError> {
    match followed(alias) {
        Some(stage) => Err(RegistryError::FollowsStage { alias: alias.to_owned(), stage }),
        None => Ok(()),
    }
}
