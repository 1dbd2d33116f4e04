//! The entries that a change comes to.

use std::collections::BTreeSet;

use super::fold::{active, followed};
use super::{Change, Registry, RegistryAction, RegistryEvent, Stage};

/// A version, what happens to it, and why.
type Drafted = (String, RegistryAction, String);

impl Registry {
    /// The entries of a version that enters a stage: those that move others out of it, then its own, then those of the
    /// aliases that follow.
    pub(super) fn entering(
        &self,
        version: &str,
        action: RegistryAction,
        to: Stage,
        change: &Change,
    ) -> Vec<RegistryEvent> {
        let stages = self.stages_at(change.at);
        let leaving = stages.iter().filter(|(other, stage)| active(to) && **stage == to && **other != version);
        let archived = leaving.map(|(other, stage)| {
            let action = RegistryAction::Transitioned { from: *stage, to: Stage::Archived };
            ((*other).to_owned(), action, format!("{version} entered {to}"))
        });
        self.drafted(archived.chain([(version.to_owned(), action, change.reason.clone())]).collect(), change)
    }

    /// Entries for these versions, each with its action and its reason, and one for every alias that follows from them.
    pub(super) fn drafted(&self, what: Vec<Drafted>, change: &Change) -> Vec<RegistryEvent> {
        let first = self.events().iter().map(|event| event.sequence).max().unwrap_or(0) + 1;
        let entry = |(sequence, (version, action, reason)): (u64, Drafted)| RegistryEvent {
            sequence,
            name: self.name().to_owned(),
            version,
            action,
            at: change.at,
            recorded_at: change.recorded_at,
            actor: change.actor.clone(),
            reason,
            gate: None,
        };
        let mut events: Vec<RegistryEvent> = (first..).zip(what).map(entry).collect();
        let next = first + events.len() as u64;
        let moved = self.moved_aliases(&events, change);
        events.extend((next..).zip(moved).map(entry));
        events
    }

    /// What becomes of the aliases by these entries, where no entry says it of itself.
    fn moved_aliases(&self, events: &[RegistryEvent], change: &Change) -> Vec<Drafted> {
        let before = self.state_at(change.at);
        let mut after = before.clone();
        events.iter().for_each(|event| after.apply(event));
        let told: BTreeSet<&str> = events.iter().filter_map(|event| event.action.subject()).collect();
        let names: BTreeSet<&str> = before.aliases.keys().chain(after.aliases.keys()).copied().collect();
        let reason = |alias: &str, version: &str| match followed(alias) {
            Some(stage) => format!("{alias} follows {stage}"),
            None => format!("{version} was deleted"),
        };
        let moved = names.difference(&told).filter_map(|alias| {
            let alias = (*alias).to_owned();
            match (before.aliases.get(alias.as_str()), after.aliases.get(alias.as_str())) {
                (old, Some(new)) if old != Some(new) => {
                    let (why, from) = (reason(&alias, new), old.map(|old| (*old).to_owned()));
                    Some(((*new).to_owned(), RegistryAction::AliasSet { alias, from }, why))
                }
                (Some(old), None) => {
                    let why = reason(&alias, old);
                    Some(((*old).to_owned(), RegistryAction::AliasDeleted { alias }, why))
                }
                _ => None,
            }
        });
        moved.collect()
    }
}
