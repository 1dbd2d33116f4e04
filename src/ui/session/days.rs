//! A day as a visitor sees it.

use super::{Inner, Problem, read, unexpected};
use crate::base::Date;
use crate::flows::day::{DayFacts, DayView, day_view, plan_day};
use crate::flows::reasons::Reasons;
use crate::ports::Store;
use crate::protocol::{DatasetRef, Reply, Request};
use crate::registry::{ModelVersion, Stage};
use crate::serving::{DayLog, Prediction};

/// Computed days that are kept for going back and forth.
const DAYS_KEPT: usize = 200;

impl Inner {
    pub(super) async fn day(&self, day: Date) -> Result<DayView, Problem> {
        let info = self.data.active();
        let source_kind = info.manifest.source_kind;
        let days = self.days_of(&info).await?;
        let games = self.games_on(&info, day).await?;
        let (production, staging) = self.versions_on(day).await?;
        let rollout = self.rollout.borrow().clone();
        let variant = rollout.assign(&self.visitor);
        let mut plan = plan_day(day, source_kind, variant, production.as_ref(), staging.as_ref());
        // The published log speaks of the published games alone.
        let log = match info.dataset {
            DatasetRef::Published => self.day_log(day).await?,
            DatasetRef::Imported { .. } => None,
        };
        let versions = plan.to_compute(log.as_ref());
        let mut computed = Vec::new();
        if !versions.is_empty() && !games.is_empty() {
            let key = prediction_key(&info.manifest.digest.hex(), day, &versions);
            match self.predicted(key, info.dataset.clone(), day, versions).await {
                Ok(predictions) => computed = predictions,
                Err(problem) => plan.notes.push(format!("Some probabilities could not be computed: {problem}")),
            }
        }
        let facts = DayFacts { day, today: info.as_of, days: &days, games: &games, source_kind };
        Ok(day_view(facts, plan, log.as_ref(), &computed))
    }

    /// What moved each number of a day, by the version that this visitor is shown; asked of the worker once.
    pub(super) async fn why(&self, day: Date) -> Result<Vec<Reasons>, Problem> {
        let info = self.data.active();
        let (production, staging) = self.versions_on(day).await?;
        let rollout = self.rollout.borrow().clone();
        let variant = rollout.assign(&self.visitor);
        let plan = plan_day(day, info.manifest.source_kind, variant, production.as_ref(), staging.as_ref());
        let (version, _) = plan.shown.ok_or("No model was in production on this day.")?;
        let key = format!("{} {day} {}", info.manifest.digest.hex(), version.version);
        if let Some((_, reasons)) = self.reasons.borrow().as_ref().filter(|(known, _)| *known == key) {
            return Ok(reasons.clone());
        }
        let reasons: Vec<Reasons> = self.ask_lab(Request::Why { dataset: info.dataset, day, version }).await?;
        *self.reasons.borrow_mut() = Some((key, reasons.clone()));
        Ok(reasons)
    }

    async fn day_log(&self, day: Date) -> Result<Option<DayLog>, Problem> {
        let (_, documents) = self.store.scan(&format!("day/{day}")).await.map_err(|error| error.to_string())?;
        documents.into_iter().next().map(read).transpose()
    }

    /// Asks the worker, once for each day and set of versions.
    async fn predicted(
        &self,
        key: String,
        dataset: DatasetRef,
        day: Date,
        versions: Vec<(ModelVersion, Stage)>,
    ) -> Result<Vec<Prediction>, Problem> {
        if let Some(known) = self.predictions.borrow().get(&key) {
            return Ok(known.clone());
        }
        match self.client.ask(Request::Predict { dataset, day, versions }).await? {
            Reply::Predicted(predictions) => {
                let mut kept = self.predictions.borrow_mut();
                if kept.len() >= DAYS_KEPT {
                    kept.pop_first();
                }
                kept.insert(key, predictions.clone());
                Ok(predictions)
            }
            other => Err(unexpected(&other)),
        }
    }
}

fn prediction_key(digest: &str, day: Date, versions: &[(ModelVersion, Stage)]) -> String {
    let names: Vec<String> = versions.iter().map(|(version, _)| version.model.digest().hex()).collect();
    format!("{digest} {day} {}", names.join(" "))
}
