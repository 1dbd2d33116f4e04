//! `linelogic registry`: model versions, their stages, and how they came to them.

use serde::Serialize;

use super::operation::{all, dataset, registry, store_there};
use super::{Failure, Global, Outcome, tell};
use crate::adapters::data_dir::DataDir;
use crate::adapters::{JournalStore, SystemClock};
use crate::base::{Date, Instant, morning};
use crate::data::SourceKind;
use crate::flows::pipelines::judge;
use crate::flows::registry as registry_flow;
use crate::league::features::frame;
use crate::learn::Model;
use crate::ports::Clock;
use crate::registry::{
    Change, GateReport, ModelVersion, Registry, RegistryAction, RegistryError, RegistryEvent, Stage,
};
use crate::tracking::Run;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Every version with its stage, now or on the morning of --as-of
    List,
    /// One version with its metrics and its trail
    Show {
        /// The version, such as 1.2.0
        #[arg(id = "model_version", value_name = "VERSION")]
        version: String,
    },
    /// Move a version to a stage; Production asks the gate
    Promote(PromoteArgs),
    /// Put the version back that was in Production before
    Rollback(Why),
    /// The audit trail: who did what, when and why
    History,
}

#[derive(Debug, clap::Args)]
struct PromoteArgs {
    /// The version, such as 1.2.0
    #[arg(id = "model_version", value_name = "VERSION")]
    version: String,
    /// The stage: Staging, Production, Archived or None
    #[arg(long, value_name = "STAGE", default_value = "Production", value_parser = stage)]
    stage: Stage,
    /// Promote although the gate refuses, and say why in the trail
    #[arg(long = "override", value_name = "REASON")]
    overrule: Option<String>,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct Why {
    /// Why, for the trail
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Who does it, for the trail
    #[arg(long, value_name = "NAME", default_value = "command line")]
    actor: String,
}

fn stage(text: &str) -> Result<Stage, String> {
    text.parse()
}

/// A version as a table shows it.
#[derive(Serialize)]
struct Row<'a> {
    version: &'a str,
    stage: Stage,
    run_id: &'a str,
    feature_version: &'a str,
    trained_through: Date,
    source_kind: SourceKind,
    metrics: &'a std::collections::BTreeMap<String, f64>,
    registered_at: Instant,
}

impl<'a> Row<'a> {
    fn of(version: &'a ModelVersion, stage: Stage) -> Self {
        Self {
            version: &version.version,
            stage,
            run_id: &version.run_id,
            feature_version: version.model.feature_version(),
            trained_through: version.trained_through,
            source_kind: version.source_kind,
            metrics: &version.metrics,
            registered_at: version.registered_at,
        }
    }

    fn line(&self) -> String {
        let metric = |name: &str| self.metrics.get(name).map_or("     -".to_owned(), |value| format!("{value:.4}"));
        format!(
            "{:<14} {:<10} {:>8} {:>8}  {:<10}  {}",
            self.version,
            self.stage.to_string(),
            metric("log_loss"),
            metric("accuracy"),
            self.trained_through,
            self.run_id.get(..8).unwrap_or(self.run_id)
        )
    }
}

/// What a change came to.
#[derive(Serialize)]
struct Changed {
    changed: bool,
    gate: Option<GateReport>,
    events: Vec<RegistryEvent>,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let registry = registry(&store)?;
    match &args.command {
        Command::List => list(global, &registry),
        Command::Show { version } => show(global, &registry, version),
        Command::Promote(promote) => promote_version(global, &store, &registry, promote),
        Command::Rollback(why) => rollback(global, &store, &registry, why),
        Command::History => {
            let until = global.as_of.map(morning);
            let events: Vec<&RegistryEvent> =
                registry.events().iter().filter(|event| until.is_none_or(|until| event.at <= until)).collect();
            global.print(&events, || lines(events.iter().copied(), "nothing has happened yet"))
        }
    }
}

fn list(global: &Global, registry: &Registry) -> Outcome {
    let stages = global.as_of.map_or_else(|| registry.stages(), |day| registry.stages_at(morning(day)));
    let rows: Vec<Row<'_>> = registry
        .versions()
        .iter()
        .filter_map(|version| stages.get(version.version.as_str()).map(|stage| Row::of(version, *stage)))
        .collect();
    global.print(&rows, || {
        if rows.is_empty() {
            return "no version yet".to_owned();
        }
        let head =
            format!("{:<14} {:<10} {:>8} {:>8}  {:<10}  run", "version", "stage", "log loss", "accuracy", "trained to");
        std::iter::once(head).chain(rows.iter().map(Row::line)).collect::<Vec<_>>().join("\n")
    })
}

fn known<'a>(registry: &'a Registry, version: &str) -> Result<&'a ModelVersion, Failure> {
    registry.version(version).ok_or_else(|| {
        let there: Vec<&str> = registry.versions().iter().map(|known| known.version.as_str()).collect();
        let there = if there.is_empty() { "no version yet".to_owned() } else { there.join(", ") };
        Failure::Usage(RegistryError::NoVersion { version: version.to_owned(), there }.to_string())
    })
}

fn show(global: &Global, registry: &Registry, version: &str) -> Outcome {
    #[derive(Serialize)]
    struct Shown<'a> {
        stage: Stage,
        #[serde(flatten)]
        version: &'a ModelVersion,
        events: Vec<&'a RegistryEvent>,
    }
    let version = known(registry, version)?;
    let stage = registry.stage(&version.version).unwrap_or(Stage::None);
    let events = registry.events().iter().filter(|event| event.version == version.version).collect();
    let shown = Shown { stage, version, events };
    global.print(&shown, || {
        let model = version.model.open().ok();
        let metrics: Vec<String> = version.metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
        format!(
            "{} {} at {stage}\nrun {}\n{} on features {}, trained through {}\nhold-out: {}\n{}\n{}",
            version.name,
            version.version,
            version.run_id,
            model.as_ref().map_or_else(|| "a model that cannot be read".to_owned(), Model::summary),
            version.model.feature_version(),
            version.trained_through,
            metrics.join(", "),
            model.as_ref().map(learned).unwrap_or_default(),
            lines(shown.events.iter().copied(), "")
        )
    })
}

/// What a model has learned, as far as it is a table.
fn learned(model: &Model) -> String {
    let Some(linear) = model.as_linear() else { return String::new() };
    let weights = model.features.iter().zip(&linear.coefficients);
    let weights: Vec<String> = weights.map(|(name, weight)| format!("  {name:<26} {weight:>9.4}")).collect();
    format!("intercept {:.4}, scaled coefficients\n{}", linear.intercept, weights.join("\n"))
}

fn lines<'a>(events: impl Iterator<Item = &'a RegistryEvent>, none: &str) -> String {
    let line = |event: &RegistryEvent| {
        let what = match event.action {
            RegistryAction::Registered => "registered at Staging".to_owned(),
            RegistryAction::Transitioned { from, to } => format!("{from} → {to}"),
        };
        format!(
            "{} {:<12} {what} by {}: {}",
            event.at.format("%Y-%m-%d %H:%M"),
            event.version,
            event.actor,
            event.reason
        )
    };
    let lines: Vec<String> = events.map(line).collect();
    if lines.is_empty() { none.to_owned() } else { lines.join("\n") }
}

/// A change from the morning of `--as-of` on, or of the data's last day, and not before what it speaks of was there.
fn change(global: &Global, registry: &Registry, known: Option<Date>, why: &Why, reason: String) -> Change {
    let now = SystemClock.now();
    let last = registry.events().last().map(|event| event.at);
    let at = match global.as_of.or(known) {
        Some(day) => morning(day),
        None => last.unwrap_or(now),
    };
    let at = if global.as_of.is_none() { last.map_or(at, |last| at.max(last)) } else { at };
    Change { at, recorded_at: now, actor: why.actor.clone(), reason }
}

fn promote_version(global: &Global, store: &JournalStore, registry: &Registry, args: &PromoteArgs) -> Outcome {
    let version = known(registry, &args.version)?;
    let gate = (args.stage == Stage::Production).then(|| ask(global, store, registry, version)).transpose();
    let (gate, day) = match (gate, &args.overrule) {
        (Ok(Some((gate, day))), _) => (Some(gate), Some(day)),
        (Ok(None), _) => (None, None),
        // Who overrides does not need the data that the gate asks.
        (Err(failure), Some(_)) => {
            tell(&format!("the gate could not be asked: {failure}"));
            (None, None)
        }
        (Err(failure), None) => return Err(failure),
    };
    let refused = gate.as_ref().filter(|gate| !gate.passed);
    if let (Some(gate), None) = (refused, &args.overrule) {
        let summary = gate.summary();
        let refusal = Changed { changed: false, gate: Some(gate.clone()), events: Vec::new() };
        global.print(&refusal, String::new)?;
        return Err(Failure::Gate(format!("{}: {summary}; --override REASON promotes it all the same", args.version)));
    }
    let mut reasons: Vec<String> = Vec::new();
    reasons.extend(Some(args.why.reason.clone()).filter(|reason| !reason.is_empty()));
    reasons.extend(args.overrule.as_ref().map(|reason| format!("gate overridden: {reason}")));
    reasons.extend(gate.as_ref().map(GateReport::summary));
    let change = change(global, registry, day, &args.why, reasons.join("; "));
    let events = pollster::block_on(registry_flow::transition(store, &args.version, args.stage, &change))?;
    finish(global, gate, events, || format!("{} is at {} already", args.version, args.stage))
}

fn rollback(global: &Global, store: &JournalStore, registry: &Registry, why: &Why) -> Outcome {
    let reason = if why.reason.is_empty() { "rollback".to_owned() } else { format!("rollback: {}", why.reason) };
    let known = DataDir::new(&global.data).index().ok().map(|index| index.as_of);
    let change = change(global, registry, known, why, reason);
    let events = pollster::block_on(registry_flow::rollback(store, &change))?;
    finish(global, None, events, || "nothing to roll back".to_owned())
}

fn finish(
    global: &Global,
    gate: Option<GateReport>,
    events: Vec<RegistryEvent>,
    none: impl FnOnce() -> String,
) -> Outcome {
    let changed = Changed { changed: !events.is_empty(), gate, events };
    global.print(&changed, || if changed.changed { lines(changed.events.iter(), "") } else { none() })
}

/// Asks the gate on the games of the version's hold-out, and says on which morning the data stands.
fn ask(
    global: &Global,
    store: &JournalStore,
    registry: &Registry,
    version: &ModelVersion,
) -> Result<(GateReport, Date), Failure> {
    let data = dataset(global)?;
    let run = all::<Run>(store)?.into_iter().find(|run| run.id == version.run_id).ok_or_else(|| {
        Failure::Environment(format!("run {} of version {} is not in the store", version.run_id, version.version))
    })?;
    let day = global.as_of.unwrap_or(data.as_of);
    let production = registry.production_at(day).filter(|other| other.version != version.version);
    Ok((judge(&frame(&data.log.as_of(day)), version, &run, production), day))
}
