//! Every morning: from the data at hand to logged predictions, settled results, drift and alerts.

use std::collections::BTreeMap;

use super::{Context, PipelineError, plural, put_new, stale};
use crate::base::{Date, Locus, morning};
use crate::data::Violation;
use crate::features::TrainingFrame;
use crate::flows::alerts::raise;
use crate::flows::documents::{self, RETRIES};
use crate::flows::drift::{drift_of_frame, windows};
use crate::flows::online::Online;
use crate::flows::predict::predict_from;
use crate::flows::registry as registry_flow;
use crate::league::contracts::{Place, SetChecks};
use crate::league::features::FEATURE_VERSION;
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
        for prefix in ["manifest/", "online/", "rollout/", "drift/", "alert/"] {
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
        let frame = self.features();
        let online = self.materialise(&frame)?;
        let versions = self.route()?;
        let predictions = self.predict(&online, &versions)?;
        self.log(predictions)?;
        self.settle()?;
        let drift = self.drift(&frame, versions.first())?;
        self.alerts(drift.as_ref())?;
        Ok(())
    }

    fn ingest(&mut self) -> Result<(), StoreError> {
        let manifest = &self.context.data.manifest;
        let text = format!("{} ({} games, {})", manifest.digest.short(), manifest.accepted, manifest.source);
        let new = !self.there.iter().any(|document| document.key == documents::Record::key(manifest));
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

    fn features(&mut self) -> TrainingFrame {
        let frame = self.context.frame_at(self.day);
        let detail =
            format!("{} × {} features {FEATURE_VERSION}", plural(frame.ids.len(), "game"), frame.features.len());
        self.done(StepReport::ran("features", detail));
        frame
    }

    fn materialise(&mut self, frame: &TrainingFrame) -> Result<Online, StoreError> {
        let online = Online::of(frame, self.day, FEATURE_VERSION);
        let key = documents::Record::key(&online);
        let served = self.there.iter().find(|document| document.key == key).cloned();
        let served: Option<Online> = served.map(documents::read).transpose()?;
        let games = plural(online.games.len(), "game");
        let step = match served {
            Some(served) if served.day > self.day => {
                StepReport::skipped("materialise", format!("features of {} are served, a later day", served.day))
            }
            Some(served) if served == online => StepReport::skipped("materialise", format!("{games}, as served")),
            _ => {
                documents::put(&mut self.batch, &online)?;
                StepReport::ran("materialise", games)
            }
        };
        self.done(step);
        Ok(online)
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
        online: &Online,
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
        let frame = online.frame();
        let mut predictions = Vec::new();
        for one in &fit {
            match predict_from(&frame, self.day, &[*one]) {
                Ok(scored) => predictions.extend(scored),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        for prediction in &mut predictions {
            prediction.prob_home = (prediction.prob_home * DECIMALS).round() / DECIMALS;
        }
        let mut detail =
            format!("{} of {}", plural(predictions.len(), "prediction"), plural(online.games.len(), "game"));
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
        let report = match drift_of_frame(&before(frame, self.day), &version.model, reference, current) {
            Ok(report) => report,
            Err(error) => {
                self.done(StepReport::skipped("drift", error.to_string()));
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
