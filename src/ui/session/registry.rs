//! Versions, runs and their trail: the published ones and those of this browser as one registry.

use std::collections::BTreeMap;

use leptos::prelude::GetUntracked;

use super::{Inner, ModelRow, Problem, unexpected};
use crate::adapters::browser::BrowserClock;
use crate::base::{Date, morning};
use crate::flows::documents::{Record, load_one};
use crate::flows::gate::{Evidence, no_rival, other_in_production, verdict};
use crate::flows::record::Recorded;
use crate::flows::registry::{MODEL, promote, promotion_reason, record_training, state, transition};
use crate::flows::train::TrainOutcome;
use crate::ports::Clock;
use crate::protocol::{Reply, Request};
use crate::registry::{Change, GateReport, ModelVersion, Registry, Rival, Stage};
use crate::tracking::Run;

impl Inner {
    pub(super) async fn registry(&self) -> Result<Registry, Problem> {
        state(&self.store).await.map(|(_, registry)| registry).map_err(|error| error.to_string())
    }

    /// The versions in Production and in Staging on the morning of a day.
    pub(super) async fn versions_on(&self, day: Date) -> Result<(Option<ModelVersion>, Option<ModelVersion>), Problem> {
        let registry = self.registry().await?;
        Ok((registry.production_at(day).cloned(), registry.staging_at(day).cloned()))
    }

    /// The version in Production now.
    pub(super) async fn production(&self) -> Result<Option<ModelVersion>, Problem> {
        Ok(self.registry().await?.production().cloned())
    }

    pub(super) async fn models(&self) -> Result<Vec<ModelRow>, Problem> {
        let registry = self.registry().await?;
        let mut runs: BTreeMap<&str, Run> = BTreeMap::new();
        for id in registry.versions().iter().map(|version| version.run_id.as_str()) {
            let (_, run) = load_one::<Run, _>(&self.store, id).await.map_err(|error| error.to_string())?;
            runs.extend(run.map(|run| (id, run)));
        }
        let stages = registry.stages();
        let row = |version: &ModelVersion| ModelRow {
            stage: stages.get(version.version.as_str()).copied().unwrap_or(Stage::None),
            run: runs.get(version.run_id.as_str()).cloned(),
            events: registry.events().iter().filter(|event| event.version == version.version).cloned().collect(),
            local: self.is_local(version),
            version: version.clone(),
        };
        Ok(registry.versions().iter().rev().map(row).collect())
    }

    fn is_local(&self, version: &ModelVersion) -> bool {
        self.store.published(&version.key()).is_none()
    }

    pub(super) async fn register(&self, outcome: TrainOutcome, recorded: Recorded) -> Result<ModelVersion, Problem> {
        let local = self.registry().await?.versions().iter().filter(|version| self.is_local(version)).count();
        // The mark keeps the number apart from those that a later site update brings.
        let build = format!("local.{}", local + 1);
        let reason = format!("trained here: {}", outcome.run.name);
        let recorded = recorded.by(self.profile.get_untracked().as_deref());
        let version = record_training(&self.store, &outcome, &recorded, &build, &self.change(reason))
            .await
            .map_err(|error| format!("The version could not be registered: {error}"))?;
        self.committed();
        Ok(version)
    }

    pub(super) async fn gate(&self, version: &str) -> Result<GateReport, Problem> {
        let registry = self.registry().await?;
        let version = registry.version(version).ok_or_else(|| format!("{version} is not registered here"))?;
        let (_, run) = load_one::<Run, _>(&self.store, &version.run_id).await.map_err(|error| error.to_string())?;
        let day = self.latest();
        let rival = match (other_in_production(&registry, version, morning(day)), &run) {
            (None, _) => no_rival(),
            (Some(production), Some(run)) => self.rival(version, production, run).await?,
            (Some(_), None) => Rival::NotComparable("its run is not in this browser".to_owned()),
        };
        let at_hand = self.data.infos().into_iter().map(|info| info.manifest.digest);
        let evidence = Evidence::load(&self.store, at_hand).await.map_err(|error| error.to_string())?;
        Ok(verdict(&registry, version, run.as_ref(), &rival, &evidence, day))
    }

    /// Production on the version's hold-out, scored in the worker on the games that the version was trained on. Where
    /// those have gone on meanwhile, the published ones take their place; the hold-out must still be all there.
    async fn rival(&self, version: &ModelVersion, production: &ModelVersion, run: &Run) -> Result<Rival, Problem> {
        let infos = self.data.infos();
        let own = infos.iter().find(|info| info.manifest.digest == version.data_version);
        let published = infos.first().filter(|info| info.manifest.source_kind == version.source_kind);
        let Some(info) = own.or(published) else {
            return Ok(Rival::NotComparable("the data that it was trained on is not in this browser".to_owned()));
        };
        let (dataset, production, run) = (info.dataset.clone(), production.clone(), run.clone());
        let request = Request::Judge { dataset, production, run };
        match self.client.ask(request).await? {
            Reply::Judged(rival) => Ok(rival),
            other => Err(unexpected(&other)),
        }
    }

    pub(super) async fn transition(
        &self,
        version: String,
        to: Stage,
        mut reason: String,
        override_gate: bool,
    ) -> Result<(), Problem> {
        let moved = if to == Stage::Production {
            let gate = self.gate(&version).await;
            reason = promotion_reason(&reason, &gate, override_gate)
                .map_err(|why| format!("{version} was not moved: {why}."))?;
            promote(&self.store, MODEL, &version, gate.as_ref().ok(), &self.change(reason)).await
        } else {
            transition(&self.store, &version, to, &self.change(reason)).await
        };
        moved.map_err(|error| format!("{version} could not be moved to {to}: {error}"))?;
        self.committed();
        Ok(())
    }

    /// The latest morning of all data in this browser.
    fn latest(&self) -> Date {
        self.data.infos().iter().map(|info| info.as_of).max().unwrap_or(self.data.index.as_of)
    }

    /// A change that is made here holds from the latest morning of all data in this browser: the past keeps the versions
    /// that it had, whichever dataset is looked at.
    pub(super) fn change(&self, reason: String) -> Change {
        Change { at: morning(self.latest()), recorded_at: BrowserClock.now(), actor: self.actor(), reason }
    }
}
