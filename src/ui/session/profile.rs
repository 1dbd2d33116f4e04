//! The name under which changes of this browser are written down.

use leptos::prelude::{Get, GetUntracked, RwSignal, Set};

use super::{Inner, Problem, Session};
use crate::flows::profile::{profile_name, profile_setting};

/// Who changes something here where no name was chosen.
const NAMELESS: &str = "this browser";

impl Session {
    /// The name that was chosen, if one was. It is a signal of its own: a new name changes nothing else that pages show.
    pub fn profile_name(&self) -> RwSignal<Option<String>> {
        self.inner.profile
    }

    /// Under what name changes are recorded, for a view that follows it.
    pub fn recorded_as(&self) -> String {
        named(self.inner.profile.get())
    }

    /// Records changes under a name from now on; an empty one takes the name away. What is recorded stays as it is.
    pub async fn rename_profile(&self, text: &str) -> Result<(), Problem> {
        let name = profile_name(text).map_err(|error| format!("The name was not changed: {error}."))?;
        self.inner.commit(vec![profile_setting(name.as_deref())]).await?;
        self.inner.profile.set(name);
        Ok(())
    }
}

impl Inner {
    /// Who changes something here, in the trail and on what is signed.
    pub(super) fn actor(&self) -> String {
        named(self.profile.get_untracked())
    }
}

fn named(name: Option<String>) -> String {
    name.unwrap_or_else(|| NAMELESS.to_owned())
}
