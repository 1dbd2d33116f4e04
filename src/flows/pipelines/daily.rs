//! Every morning: from the data at hand to logged predictions, settled results, drift and alerts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Context, PipelineError, plural, put_new, stale};
use crate::base::{Date, Locus, morning};
use crate::data::Violation;
use crate::features::{Definitions, OnlineView, TrainingFrame, plan};
use crate::flows::alerts::raise;
use crate::flows::documents::{self, RETRIES, Record};
use crate::flows::drift::{drift_of_frame, windows};
use crate::flows::features::{Applied, FeatureStoreError, put_applied, put_served};
use crate::flows::predict::predict_from;
use crate::flows::registry as registry_flow;
use crate::flows::serving::{Origin, serve_morning};
use crate::league::contracts::{Place, SetChecks};
use crate::league::features::{FEATURE_VERSION, SERVICE, ViewRows, definitions};
use crate::monitoring::{DriftReport, default_rules};
use crate::pipeline::{Report, StepReport};
use crate::ports::{Batch, Document, Events, Store, StoreError};
use crate::registry::{ModelVersion, Registry, Stage};
use crate::serving::{DayLog, Prediction, Rollout};

/// Decimals of a logged probability: six are more than any reader needs, and a season of logs stays small.
const DECIMALS: f64 = 1e6;

/// Runs the daily pipeline on the morning of a day.
pub async fn daily<S: Store, E: Events>(context: &Context<'_, S, E>, day: Date) -> Result<Report, PipelineError> {
    context.check_day(day)?;
    for _ in 0..RETRIES {
        let mut run = Run::load(context, day).await?;
        run.all()?;
        let Run { batch, steps, .. } = run;
        let report = Report {
            pipeline: "daily".to_owned(),
            as_of: day,
            dry_run: context.dry_run,
            steps,
            version: None,
            gate: None,
            promotion: None,
            written: batch.puts.len(),
        };
        if let Some(report) = context.close(report, batch).await? {
            return Ok(report);
        }
    }
    Err(stale())
}

/// One run: what was read, and what it wants written.
struct Run<'c, 'a, S, E> {
    context: &'c Context<'a, S, E>,
    day: Date,
    registry: Registry,
    logs: BTreeMap<Date, DayLog>,
    /// Documents that are written only where they change.
    there: Vec<Document>,
    batch: Batch,
    steps: Vec<StepReport>,
}

impl<'c, 'a, S: Store, E: Events> Run<'c, 'a, S, E> {
    async fn load(context: &'c Context<'a, S, E>, day: Date) -> Result<Self, PipelineError> {
        let store = context.store;
        // The registry first: if anything is committed while the rest is read, the commit is refused as stale.
        let (base, registry) = registry_flow::state(store).await?;
        let (_, logs) = documents::load_all::<DayLog, S>(store).await?;
        let mut there = Vec::new();
        for prefix in ["manifest/", "feature_definitions/", "online_view/", "online/", "rollout/", "drift/", "alert/"] {
            there.extend(store.scan(prefix).await?.1);
        }
        let logs = logs.into_iter().map(|log| (log.day, log)).collect();
        Ok(Self { context, day, registry, logs, there, batch: Batch { base, ..Batch::default() }, steps: Vec::new() })
    }

    fn done(&mut self, step: StepReport) {
        self.context.tell(&step);
        self.steps.push(step);
    }

    fn all(&mut self) -> Result<(), PipelineError> {
        self.ingest()?;
        self.validate()?;
        let (frame, views) = self.features();
        let served = self.materialise(&frame, &views)?;
        let versions = self.route()?;
        let predictions = self.predict(&served, &versions)?;
        self.log(predictions)?;
        self.settle()?;
        let drift = self.drift(&frame, versions.first())?;
        self.alerts(drift.as_ref())?;
        Ok(())
    }

    fn ingest(&mut self) -> Result<(), StoreError> {
        let manifest = &self.context.data.manifest;
        let text = format!("{} ({} games, {})", manifest.digest.short(), manifest.accepted, manifest.source);
        let new = !self.there.iter().any(|document| document.key == Record::key(manifest));
        if new {
            let mut record = manifest.clone();
            if self.context.recorded_at.is_none() {
                // Dated by the morning like everything else, and outside the folder's own chain.
                (record.ingested_at, record.previous) = (morning(self.day), None);
            }
            documents::put(&mut self.batch, &record)?;
        }
        self.done(if new {
            StepReport::ran("ingest", format!("manifest {text}"))
        } else {
            StepReport::skipped("ingest", format!("manifest {text} is known"))
        });
        Ok(())
    }

    fn validate(&mut self) -> Result<(), PipelineError> {
        let mut checks = SetChecks::default();
        let set = Locus::file(&self.context.data.manifest.source);
        let mut violations = Vec::new();
        let mut played = 0;
        for (number, game) in (1..).zip(self.context.data.log.games()) {
            let game = game.as_of(self.day);
            played += usize::from(game.score.is_some());
            violations.extend(checks.enter(&game, &Place::of(&set, number)));
        }
        violations.extend(checks.finish(&set));
        violations.retain(Violation::is_error);
        if let Some(first) = violations.first() {
            let (count, first) = (violations.len(), first.to_string());
            return Err(PipelineError::Invalid { day: self.day, count, first });
        }
        self.done(StepReport::ran("validate", format!("{} with a result, no rule broken", plural(played, "game"))));
        Ok(())
    }

    fn features(&mut self) -> (TrainingFrame, Cow<'c, [ViewRows]>) {
        let (frame, views) = self.context.features_at(self.day);
        let detail =
            format!("{} × {} features {FEATURE_VERSION}", plural(frame.ids.len(), "game"), frame.features.len());
        self.done(StepReport::ran("features", detail));
        (frame, views)
    }

    /// Documents of a kind that were there.
    fn read<T: Record>(&self) -> Result<Vec<T>, StoreError> {
        let of = |document: &&Document| document.key.split('/').next() == Some(T::KIND);
        self.there.iter().filter(of).cloned().map(documents::read).collect()
    }

    /// Brings what is served up to the morning: the views that the model reads, and others that are served already.
    /// Gives the features of the day's games as they are served.
    fn materialise(&mut self, frame: &TrainingFrame, views: &[ViewRows]) -> Result<TrainingFrame, PipelineError> {
        let before: Vec<OnlineView> = self.read()?;
        let definitions = definitions();
        let is_wanted = |of: &&ViewRows| {
            let is_read = definitions.services_with(&of.view.name).contains(&SERVICE);
            is_read || before.iter().any(|online| online.view == of.view.name)
        };
        let wanted: Vec<&ViewRows> = views.iter().filter(is_wanted).collect();
        let data = self.context.data;
        let at = (data.manifest.source.as_str(), self.day);
        let morning = serve_morning(data.log.on(self.day), frame, &wanted, &before, at)
            .map_err(|error| PipelineError::Features(error.to_string()))?;
        let games = plural(morning.frame.ids.len(), "game");
        if morning.origin == Origin::Past {
            let detail = format!("{games}; what is served is of a later day and stays");
            self.done(StepReport::skipped("materialise", detail));
            return Ok(morning.frame);
        }
        let applied = self.apply(&definitions, &before)?;
        // Of the form that was served before views were.
        let old = self.there.iter().filter(|document| document.key.starts_with("online/"));
        self.batch.deletes.extend(old.map(|document| document.key.clone()));
        put_served(&mut self.batch, &before, &morning.served)?;
        let written: usize = morning.done.iter().map(|done| done.written).sum();
        let anew = if morning.origin == Origin::Anew { ", anew, as what was served did not fit the data" } else { "" };
        self.done(if written == 0 && applied.is_empty() {
            StepReport::skipped("materialise", format!("{games}, as served"))
        } else {
            let rows = plural(written, "row");
            let views = plural(morning.served.len(), "view");
            StepReport::ran("materialise", format!("{games}: {rows} of {views}{anew}{applied}"))
        });
        Ok(morning.frame)
    }

    /// Applies our definitions where they are not; says so in a clause.
    fn apply(&mut self, definitions: &Definitions, served: &[OnlineView]) -> Result<String, PipelineError> {
        let applied = self.read::<Applied>()?.pop().unwrap_or_default();
        let plan = plan(&applied.definitions, definitions);
        if !plan.refusals.is_empty() {
            return Err(PipelineError::Features(FeatureStoreError::Refused(plan.refusals).to_string()));
        }
        if plan.changes.is_empty() {
            return Ok(String::new());
        }
        let at = self.context.recorded_at(morning(self.day));
        put_applied(&mut self.batch, &plan, definitions, served, at)?;
        Ok(format!("; {} of definitions applied", plural(plan.changes.len(), "change")))
    }

    /// The versions that serve on this morning, the champion first.
    fn route(&mut self) -> Result<Vec<(ModelVersion, Stage)>, StoreError> {
        let new = !self.there.iter().any(|document| document.key.starts_with("rollout/"));
        if new {
            documents::put(&mut self.batch, &Rollout::default())?;
        }
        let champion = self.registry.production_at(self.day).map(|version| (version.clone(), Stage::Production));
        let challenger = self.registry.staging_at(self.day).map(|version| (version.clone(), Stage::Staging));
        let name = |version: &Option<(ModelVersion, Stage)>| {
            version.as_ref().map_or("none".to_owned(), |(version, _)| version.version.clone())
        };
        let detail = format!("champion {}, challenger {}", name(&champion), name(&challenger));
        self.done(if new {
            StepReport::ran("route", format!("{detail}; 9 of 10 visitors to the champion"))
        } else {
            StepReport::skipped("route", format!("{detail}; the split is set"))
        });
        Ok(champion.into_iter().chain(challenger).collect())
    }

    fn predict(
        &mut self,
        served: &TrainingFrame,
        versions: &[(ModelVersion, Stage)],
    ) -> Result<Vec<Prediction>, PipelineError> {
        // A version that has learned from this day's results or later ones would not predict, but remember.
        let (fit, seen): (Vec<_>, Vec<_>) =
            versions.iter().partition(|(version, _)| version.trained_through < self.day);
        let fit: Vec<(&ModelVersion, Stage)> = fit.into_iter().map(|(version, stage)| (version, *stage)).collect();
        let mut reasons: Vec<String> = seen
            .iter()
            .map(|(version, _)| format!("{} has seen games up to {}", version.version, version.trained_through))
            .collect();
        let mut predictions = Vec::new();
        for one in &fit {
            match predict_from(served, &self.context.data.log, self.day, &[*one]) {
                Ok(scored) => predictions.extend(scored),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        for prediction in &mut predictions {
            prediction.prob_home = (prediction.prob_home * DECIMALS).round() / DECIMALS;
        }
        let mut detail = format!("{} of {}", plural(predictions.len(), "prediction"), plural(served.ids.len(), "game"));
        if versions.is_empty() {
            reasons.push("no version is in Production or Staging".to_owned());
        }
        if !reasons.is_empty() {
            detail = format!("{detail}; {}", reasons.join("; "));
        }
        self.done(if predictions.is_empty() {
            StepReport::skipped("predict", detail)
        } else {
            StepReport::ran("predict", detail)
        });
        Ok(predictions)
    }

    /// Writes the day down, once: what was logged before the games is never changed.
    fn log(&mut self, predictions: Vec<Prediction>) -> Result<(), StoreError> {
        let step = if let Some(log) = self.logs.get(&self.day) {
            let count = plural(log.predictions.len(), "prediction");
            StepReport::skipped("log", format!("{count} of {} were logged before and stay", self.day))
        } else if predictions.is_empty() {
            StepReport::skipped("log", "there is nothing to log")
        } else {
            let log = DayLog::new(self.day, morning(self.day), predictions);
            documents::put(&mut self.batch, &log)?;
            let detail = format!("{} of {}", plural(log.predictions.len(), "prediction"), self.day);
            self.logs.insert(self.day, log);
            StepReport::ran("log", detail)
        };
        self.done(step);
        Ok(())
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        let (mut outcomes, mut days) = (0, 0);
        for (day, log) in self.logs.range_mut(..self.day) {
            if log.unsettled().is_empty() {
                continue;
            }
            let games = self.context.data.log.on(*day).iter();
            let results = games.filter_map(|game| game.home_won().map(|home_won| (game.id.as_str(), home_won)));
            let added = log.settle(results);
            if added > 0 {
                documents::put(&mut self.batch, log)?;
                (outcomes, days) = (outcomes + added, days + 1);
            }
        }
        self.done(if outcomes > 0 {
            StepReport::ran("settle", format!("{} of {}", plural(outcomes, "game"), plural(days, "day")))
        } else {
            StepReport::skipped("settle", "no new result of a logged game")
        });
        Ok(())
    }

    fn drift(
        &mut self,
        frame: &TrainingFrame,
        champion: Option<&(ModelVersion, Stage)>,
    ) -> Result<Option<DriftReport>, StoreError> {
        let Some((version, _)) = champion else {
            self.done(StepReport::skipped("drift", "no version serves"));
            return Ok(None);
        };
        let (reference, current) = windows(self.day);
        let found = version.model.open().and_then(|model| {
            let report = drift_of_frame(&before(frame, self.day), &model, reference, current);
            report.map_err(|error| error.to_string())
        });
        let report = match found {
            Ok(report) => report,
            Err(why) => {
                self.done(StepReport::skipped("drift", why));
                return Ok(None);
            }
        };
        let drifted = report.columns.iter().filter(|column| column.drifted).count();
        let detail = format!(
            "score {:.3}: {drifted} of {} columns of {} drifted",
            report.drift_share,
            report.columns.len(),
            version.version
        );
        let new = put_new(&mut self.batch, &self.there, &report)?;
        self.done(if new {
            StepReport::ran("drift", detail)
        } else {
            StepReport::skipped("drift", format!("{detail}, as before"))
        });
        Ok(Some(report))
    }

    fn alerts(&mut self, drift: Option<&DriftReport>) -> Result<(), StoreError> {
        let logs: Vec<DayLog> = self.logs.values().cloned().collect();
        let alerts = raise(&default_rules(), self.day, drift, &logs);
        let mut new = 0;
        for alert in &alerts {
            new += usize::from(put_new(&mut self.batch, &self.there, alert)?);
        }
        let names: Vec<&str> = alerts.iter().map(|alert| alert.rule.as_str()).collect();
        let detail = if names.is_empty() { "no rule is broken".to_owned() } else { names.join(", ") };
        self.done(if new > 0 {
            StepReport::ran("alerts", detail)
        } else if names.is_empty() {
            StepReport::skipped("alerts", detail)
        } else {
            StepReport::skipped("alerts", format!("{detail}, raised before"))
        });
        Ok(())
    }
}

/// The rows of the days before a day: what a comparison may look at.
fn before(frame: &TrainingFrame, day: Date) -> TrainingFrame {
    let end = frame.days.partition_point(|other| *other < day);
    TrainingFrame {
        features: frame.features.clone(),
        x: frame.x.slice(ndarray::s![..end, ..]).to_owned(),
        y: frame.y[..end].to_vec(),
        ids: frame.ids[..end].to_vec(),
        days: frame.days[..end].to_vec(),
        groups: frame.groups[..end].to_vec(),
    }
}
