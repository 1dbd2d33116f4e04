//! A day as a visitor sees it.

use super::{Inner, Problem, read, unexpected};
use crate::base::Date;
use crate::flows::day::{DayFacts, DayView, day_view, plan_day};
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
        let variant = self.rollout.assign(&self.visitor);
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
