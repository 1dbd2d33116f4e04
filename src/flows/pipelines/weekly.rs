//! Every week: from the history to a version at Staging, held against Production.

use super::{Context, EXPERIMENT, PipelineError, SEED, digest, plural, stale};
use crate::base::{Date, Instant, morning};
use crate::features::TrainingFrame;
use crate::flows::documents::{self, RETRIES};
use crate::flows::gate::{Evidence, judge, waited};
use crate::flows::record::record;
use crate::flows::registry::{self as registry_flow, candidate_of, put_events};
use crate::flows::searches::{STRENGTHS, default_search};
use crate::flows::train::{Provenance, TrainJob, TrainOutcome, TrainSpec};
use crate::league::Game;
use crate::league::features::FEATURE_VERSION;
use crate::pipeline::{Report, StepReport};
use crate::ports::{Batch, Event, Events, Store};
use crate::registry::{
    Change, GateReport, ModelVersion, Registration, Registry, RegistryAction, RegistryEvent, STAGING_DAYS, Stage,
    Waited,
};
use crate::tracking::Run;

/// Tag of a weekly run: what was known and what was tried, as a digest. The same again is the same run.
const FINGERPRINT: &str = "fingerprint";

/// How a weekly run treats the version that it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weekly {
    /// It stays at Staging, for a later weekly run to promote, unless nothing is in Production: then it is promoted if
    /// the gate lets it pass, since somebody has to serve.
    Bootstrap,
    /// It is promoted on the morning of this day, if the gate lets it pass.
    PromoteOn(Date),
}

/// Runs the weekly pipeline on the morning of a day.
pub async fn weekly<S: Store, E: Events>(
    context: &Context<'_, S, E>,
    day: Date,
    promote: Weekly,
) -> Result<Report, PipelineError> {
    context.check_day(day)?;
    for _ in 0..RETRIES {
        let (base, registry) = registry_flow::state(context.store).await?;
        let (_, runs) = documents::load_all::<Run, S>(context.store).await?;
        let evidence = Evidence::load(context.store, [context.data.manifest.digest]).await?;
        let mut work = Work {
            context,
            day,
            registry,
            runs,
            evidence,
            batch: Batch { base, ..Batch::default() },
            steps: Vec::new(),
            version: None,
            gate: None,
            promotion: None,
        };
        work.all(promote)?;
        let Work { batch, steps, version, gate, promotion, .. } = work;
        let report = Report {
            pipeline: "weekly".to_owned(),
            as_of: day,
            dry_run: context.dry_run,
            steps,
            version,
            gate,
            promotion,
            written: batch.puts.len(),
        };
        if let Some(report) = context.close(report, batch).await? {
            return Ok(report);
        }
    }
    Err(stale())
}

/// One run: what was read, and what it wants written.
struct Work<'c, 'a, S, E> {
    context: &'c Context<'a, S, E>,
    day: Date,
    registry: Registry,
    runs: Vec<Run>,
    evidence: Evidence,
    batch: Batch,
    steps: Vec<StepReport>,
    version: Option<String>,
    gate: Option<GateReport>,
    promotion: Option<GateReport>,
}

impl<S: Store, E: Events> Work<'_, '_, S, E> {
    fn done(&mut self, step: StepReport) {
        self.context.tell(&step);
        self.steps.push(step);
    }

    fn all(&mut self, promote: Weekly) -> Result<(), PipelineError> {
        let spec = self.history()?;
        let frame = self.context.frame_at(self.day);
        let detail =
            format!("{} × {} features {FEATURE_VERSION}", plural(frame.ids.len(), "game"), frame.features.len());
        self.done(StepReport::ran("features", detail));
        self.promote_watched(&frame)?;
        let fingerprint = self.fingerprint(&spec)?;
        let before = self.runs.iter().find(|run| run.tags.get(FINGERPRINT) == Some(&fingerprint)).cloned();
        let (run, version) = match before {
            Some(run) => self.as_before(run),
            None => self.train(&frame, spec, fingerprint)?,
        };
        self.compare(&frame, &run, version, promote)
    }

    fn history(&mut self) -> Result<TrainSpec, PipelineError> {
        let known = self.context.data.log.games().iter().filter(|game| game.date < self.day && game.score.is_some());
        let (mut games, mut first, mut last) = (0, u16::MAX, u16::MIN);
        for game in known {
            (games, first, last) = (games + 1, first.min(game.season), last.max(game.season));
        }
        let detail = if games == 0 {
            "no game with a result".to_owned()
        } else {
            format!("{} of the seasons {first} to {last}", plural(games, "game"))
        };
        self.done(StepReport::ran("history", detail));
        Ok(TrainSpec {
            seasons: (first.min(last), last),
            as_of: self.day,
            selection: Vec::new(),
            search: default_search(&STRENGTHS),
            seed: SEED,
            experiment: EXPERIMENT.to_owned(),
        })
    }

    /// Lets the version that was watched in Staging take over, if the gate lets it pass. It comes before the training: the new
    /// version takes its place in Staging.
    fn promote_watched(&mut self, frame: &TrainingFrame) -> Result<(), PipelineError> {
        let at = morning(self.day);
        let Some(version) = self.registry.in_stage_at(Stage::Staging, at).cloned() else {
            self.done(StepReport::skipped("promote", "no version is in Staging"));
            return Ok(());
        };
        let name = &version.version;
        if let Waited::Days(days) = waited(&self.registry, &version, at)
            && days < STAGING_DAYS
        {
            let detail = format!("{name} has been in Staging for {}, not yet a week", plural(days as usize, "day"));
            self.done(StepReport::skipped("promote", detail));
            return Ok(());
        }
        let run = self.runs.iter().find(|run| run.id == version.run_id);
        let report = judge(&self.registry, &version, run, frame, &self.evidence, self.day);
        let detail = format!("{name}: {}", report.summary());
        if report.passed {
            self.promote(name, &report, at, "")?;
            self.done(StepReport::ran("promote", format!("{detail}; promoted to Production")));
        } else {
            self.done(StepReport::ran("promote", detail));
        }
        self.promotion = Some(report);
        Ok(())
    }

    fn promote(&mut self, version: &str, report: &GateReport, at: Instant, why: &str) -> Result<(), PipelineError> {
        let change = self.change(at, format!("{why}{}", report.summary()));
        let events = self.registry.promote(version, Some(report), &change)?;
        put_events(&mut self.batch, &events)?;
        self.registry = self.registry.with(None, &events);
        Ok(())
    }

    /// What the run follows from: the results known on the morning, the spec and the features. The manifest is left out
    /// on purpose: it changes every day, and what was known on a past morning does not.
    fn fingerprint(&self, spec: &TrainSpec) -> Result<String, PipelineError> {
        let games = self.context.data.log.games();
        let known: Vec<&Game> = games.iter().filter(|game| game.date < self.day && game.score.is_some()).collect();
        digest(&(known, spec, FEATURE_VERSION)).map(|digest| digest.to_string())
    }

    /// The steps of a run that was made before.
    fn as_before(&mut self, run: Run) -> (Run, Option<ModelVersion>) {
        let version = self.registry.versions().iter().find(|version| version.run_id == run.id).cloned();
        let text = format!("the same games and settings gave run {}", &run.id[..8.min(run.id.len())]);
        for name in ["search", "evaluate", "run"] {
            self.done(StepReport::skipped(name, text.clone()));
        }
        let there = version.as_ref().map_or("the run has no version".to_owned(), |version| {
            let stage = self.registry.stage(&version.version).unwrap_or(Stage::None);
            format!("version {} is registered, now at {stage}", version.version)
        });
        for name in ["register", "stage"] {
            self.done(StepReport::skipped(name, there.clone()));
        }
        (run, version)
    }

    fn train(
        &mut self,
        frame: &TrainingFrame,
        spec: TrainSpec,
        fingerprint: String,
    ) -> Result<(Run, Option<ModelVersion>), PipelineError> {
        let manifest = &self.context.data.manifest;
        let provenance = Provenance { data_version: manifest.digest, source_kind: manifest.source_kind };
        let mut job = TrainJob::from_frame(frame.clone(), spec, provenance)?;
        let total = job.search().total() as u64;
        let mut trials = Vec::new();
        while let Some(trial) = job.step() {
            let done = job.search().done() as u64;
            self.context.events.emit(Event::Progress { task: "search".to_owned(), done, total });
            trials.push(format!("{}: {:.4}", trial.setting.estimator.summary(), trial.log_loss()));
        }
        self.done(StepReport::ran("search", format!("validation log loss {}", trials.join(", "))));
        let at = self.context.recorded_at(morning(self.day));
        let mut outcome = job.finish(at, at)?;
        outcome.run.tags.insert(FINGERPRINT.to_owned(), fingerprint);
        let (scores, (first, last)) = (&outcome.holdout, outcome.holdout_days);
        self.done(StepReport::ran(
            "evaluate",
            format!(
                "{}: log loss {:.4}, accuracy {:.4} on {} from {first} to {last}",
                outcome.setting.summary(),
                scores.log_loss,
                scores.accuracy,
                plural(scores.n as usize, "game")
            ),
        ));
        record(&outcome, &self.context.data.log)?.put(&mut self.batch)?;
        self.done(StepReport::ran("run", outcome.run.id.clone()));
        let version = self.register(&outcome)?;
        Ok((outcome.run, Some(version)))
    }

    fn register(&mut self, outcome: &TrainOutcome) -> Result<ModelVersion, PipelineError> {
        let change = self.change(morning(self.day), format!("weekly training as of {}", self.day));
        let Registration { version, events } = self.registry.register(candidate_of(outcome, ""), &change);
        documents::put(&mut self.batch, &version)?;
        put_events(&mut self.batch, &events)?;
        self.registry = self.registry.with(Some(version.clone()), &events);
        self.done(StepReport::ran("register", format!("version {}", version.version)));
        let archived =
            |event: &RegistryEvent| matches!(event.action, RegistryAction::Transitioned { to: Stage::Archived, .. });
        let moved = if events.iter().any(archived) { ", the one before it was archived" } else { "" };
        self.done(StepReport::ran("stage", format!("{} is at Staging{moved}", version.version)));
        Ok(version)
    }

    fn compare(
        &mut self,
        frame: &TrainingFrame,
        run: &Run,
        version: Option<ModelVersion>,
        promote: Weekly,
    ) -> Result<(), PipelineError> {
        let Some(version) = version else {
            self.done(StepReport::skipped("compare", "there is no version to compare"));
            return Ok(());
        };
        let day = match promote {
            Weekly::Bootstrap => self.day,
            Weekly::PromoteOn(opening) => opening,
        };
        let at = morning(day);
        let nothing_serves = self.registry.in_stage_at(Stage::Production, at).is_none();
        let waits = self.registry.stages_at(at).get(version.version.as_str()) == Some(&Stage::Staging);
        let report = judge(&self.registry, &version, Some(run), frame, &self.evidence, day);
        let wanted = match promote {
            Weekly::Bootstrap => nothing_serves,
            Weekly::PromoteOn(_) => true,
        };
        let detail = report.summary();
        if wanted && waits && report.passed {
            let why = if nothing_serves { "the first version that serves; " } else { "" };
            self.promote(&version.version, &report, at, why)?;
            self.done(StepReport::ran("compare", format!("{detail}; promoted to Production")));
        } else {
            self.done(StepReport::ran("compare", detail));
        }
        self.version = Some(version.version);
        self.gate = Some(report);
        Ok(())
    }

    fn change(&self, at: Instant, reason: String) -> Change {
        let recorded_at = self.context.recorded_at(at);
        Change { at, recorded_at, actor: self.context.actor.to_owned(), reason }
    }
}
