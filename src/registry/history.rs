//! What was where from when to when.

use serde::Serialize;

use super::fold::State;
use super::{Registry, Stage};
use crate::base::Instant;

/// A time that a version spent in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stay {
    /// The version.
    pub version: String,
    /// When it entered.
    pub from: Instant,
    /// When it left; none while it is there.
    pub to: Option<Instant>,
}

impl Stay {
    /// Whole days of it by an instant.
    pub fn days(&self, by: Instant) -> i64 {
        (self.to.map_or(by, |to| to.min(by)) - self.from).num_days()
    }
}

impl Registry {
    /// Which version was in Production from when to when, the oldest first. Between two of them there may have been none.
    pub fn reigns(&self) -> Vec<Stay> {
        self.stays(Stage::Production, None)
    }

    /// The latest time that a version spent in Staging by an instant; none if it never was there.
    pub fn last_in_staging(&self, version: &str, by: Instant) -> Option<Stay> {
        self.stays(Stage::Staging, Some(by)).into_iter().rev().find(|stay| stay.version == version)
    }

    /// Who was in a stage of which only one version is in it. What comes and goes at one instant was not there.
    fn stays(&self, stage: Stage, by: Option<Instant>) -> Vec<Stay> {
        let mut stays: Vec<Stay> = Vec::new();
        let mut state = State::default();
        let events = self.events().iter().filter(|event| by.is_none_or(|by| event.at <= by)).collect::<Vec<_>>();
        for together in events.chunk_by(|a, b| a.at == b.at) {
            together.iter().for_each(|event| state.apply(event));
            let (at, now) = (together[0].at, state.version_in(stage));
            let open = stays.last_mut().filter(|stay| stay.to.is_none());
            match (open, now) {
                (Some(stay), Some(now)) if stay.version == now => continue,
                (Some(stay), _) => stay.to = Some(at),
                (None, _) => {}
            }
            stays.extend(now.map(|version| Stay { version: version.to_owned(), from: at, to: None }));
        }
        stays
    }
}
