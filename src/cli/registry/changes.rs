//! What changes the registry.

use serde::Serialize;

use super::{
    AliasArgs, DescribeArgs, Failure, Moved, Outcome, Place, PromoteArgs, RegisterArgs, RollbackArgs, TagArgs, Why,
    lines,
};
use crate::adapters::SystemClock;
use crate::adapters::data_dir::DataDir;
use crate::base::{Date, Instant, morning};
use crate::cli::operation::{all, dataset};
use crate::cli::{Global, person, tell};
use crate::flows::gate::{Evidence, judge};
use crate::flows::register::{Wanted, register_run};
use crate::flows::registry as registry_flow;
use crate::league::features::frame;
use crate::ports::Clock;
use crate::registry::{Change, GateReport, ModelVersion, Registry, RegistryError, RegistryEvent, Stage};
use crate::tracking::Run;

/// What a change came to.
#[derive(Serialize)]
struct Changed {
    changed: bool,
    gate: Option<GateReport>,
    events: Vec<RegistryEvent>,
}

/// The last day of the data that is at hand.
pub(in crate::cli) fn last_day(global: &Global) -> Option<Date> {
    DataDir::new(&global.data).index().ok().map(|index| index.as_of)
}

/// A change from the morning of `--as-of` on, or of the last day that is known, and not before the last entry of a trail.
pub(in crate::cli) fn change_after(
    last: Option<Instant>,
    known: Option<Date>,
    actor: Option<&str>,
    reason: String,
    global: &Global,
) -> Change {
    let now = SystemClock.now();
    let at = match global.as_of.or(known) {
        Some(day) => morning(day),
        None => last.unwrap_or(now),
    };
    let at = if global.as_of.is_none() { last.map_or(at, |last| at.max(last)) } else { at };
    Change { at, recorded_at: now, actor: person::actor(actor), reason }
}

impl Place<'_> {
    /// A change from the morning of `--as-of` on, or of the data's last day, and not before what it speaks of was there.
    fn change(&self, known: Option<Date>, why: &Why, reason: String) -> Change {
        let last = self.registry.events().last().map(|event| event.at);
        change_after(last, known, why.actor.as_deref(), reason, self.global)
    }

    /// A change of which nothing but the data's last day is known.
    fn plain_change(&self, why: &Why) -> Change {
        self.change(last_day(self.global), why, why.reason.clone())
    }

    fn decide(
        &self,
        none: String,
        decision: impl Fn(&Registry) -> Result<Vec<RegistryEvent>, RegistryError>,
    ) -> Outcome {
        let events = pollster::block_on(registry_flow::decide(&self.store, self.registry.name(), decision))?;
        self.finish(None, events, || none)
    }

    fn finish(&self, gate: Option<GateReport>, events: Vec<RegistryEvent>, none: impl FnOnce() -> String) -> Outcome {
        let changed = Changed { changed: !events.is_empty(), gate, events };
        self.global.print(&changed, || if changed.changed { lines(changed.events.iter(), "") } else { none() })
    }

    pub(super) fn register(&self, args: &RegisterArgs) -> Outcome {
        let runs = all::<Run>(&self.store)?;
        let mut found = runs.iter().filter(|run| !args.run.is_empty() && run.id.starts_with(&args.run));
        let run = match (found.next(), found.next()) {
            (Some(run), None) => run,
            (None, _) => {
                let hint = "`linelogic runs list` has those that are";
                return Err(Failure::Usage(format!("run {} is not in the store: {hint}", args.run)));
            }
            _ => return Err(Failure::Usage(format!("several runs begin with {}: give more digits", args.run))),
        };
        let wanted = Wanted {
            name: self.registry.name(),
            run_id: &run.id,
            level: args.level,
            description: &args.description,
            build: "",
        };
        let at_hand = DataDir::new(&self.global.data).index().ok().map(|index| index.manifest);
        let change = self.plain_change(&args.why);
        let done = pollster::block_on(register_run(&self.store, &wanted, at_hand.as_ref(), &change))?;
        self.finish(None, done.events, || format!("run {} is version {} already", run.id, done.version.version))
    }

    pub(super) fn promote(&self, args: &PromoteArgs) -> Outcome {
        let version = self.known(&args.version.version)?;
        let name = version.version.as_str();
        let gate = (args.stage == Stage::Production).then(|| self.ask(version)).transpose();
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
            let refusal = Changed { changed: false, gate: Some(gate.clone()), events: Vec::new() };
            self.global.print(&refusal, String::new)?;
            return Err(Failure::Gate(format!(
                "the gate refuses {name}:\n{}\n--override REASON promotes it all the same",
                gate.lines()
            )));
        }
        let mut reasons: Vec<String> = Vec::new();
        reasons.extend(Some(args.why.reason.clone()).filter(|reason| !reason.is_empty()));
        reasons.extend(args.overrule.as_ref().map(|reason| format!("gate overridden: {reason}")));
        reasons.extend(gate.as_ref().map(GateReport::summary));
        let change = self.change(day, &args.why, reasons.join("; "));
        let model = self.registry.name();
        let events = pollster::block_on(async {
            match args.stage {
                Stage::Production => registry_flow::promote(&self.store, model, name, gate.as_ref(), &change).await,
                to => registry_flow::decide(&self.store, model, |now| now.transition(name, to, &change)).await,
            }
        })?;
        self.finish(gate, events, || format!("{name} is at {} already", args.stage))
    }

    pub(super) fn rollback(&self, args: &RollbackArgs) -> Outcome {
        let why = &args.why.reason;
        let reason = if why.is_empty() { "rollback".to_owned() } else { format!("rollback: {why}") };
        let to = args.to.as_deref().map(|named| self.known(named)).transpose()?;
        let change = Change { reason, ..self.plain_change(&args.why) };
        let to = to.map(|version| version.version.as_str());
        let model = self.registry.name();
        let events = pollster::block_on(registry_flow::rollback(&self.store, model, to, &change))?;
        self.finish(None, events, || "it is in Production already".to_owned())
    }

    pub(super) fn alias(&self, args: &AliasArgs) -> Outcome {
        let change = self.plain_change(&args.why);
        let alias = args.alias.as_str();
        let Some(named) = &args.version else {
            return self.decide(format!("there is no alias {alias}"), |now| now.delete_alias(alias, &change));
        };
        let version = self.known(named)?.version.as_str();
        let none = format!("{alias} points at {version} already");
        self.decide(none, |now| now.set_alias(alias, version, &change))
    }

    pub(super) fn tag(&self, args: &TagArgs) -> Outcome {
        let change = self.plain_change(&args.why);
        let on = args.on.as_deref().map(|named| self.known(named)).transpose()?;
        let (on, key) = (on.map(|version| version.version.as_str()), args.key.as_str());
        match &args.value {
            Some(value) => {
                self.decide(format!("{key} is `{value}` already"), |now| now.set_tag(on, key, value, &change))
            }
            None => self.decide(format!("there is no tag {key}"), |now| now.delete_tag(on, key, &change)),
        }
    }

    pub(super) fn describe(&self, args: &DescribeArgs) -> Outcome {
        let change = self.plain_change(&args.why);
        let on = args.on.as_deref().map(|named| self.known(named)).transpose()?;
        let on = on.map(|version| version.version.as_str());
        self.decide("it is described so already".to_owned(), |now| now.describe(on, &args.text, &change))
    }

    pub(super) fn delete(&self, args: &Moved) -> Outcome {
        let version = self.known(&args.version.version)?.version.as_str();
        let change = self.plain_change(&args.why);
        self.decide(String::new(), |now| now.delete(version, &change))
    }

    pub(super) fn restore(&self, args: &Moved) -> Outcome {
        let named = args.version.version.as_str();
        // An address leads to no deleted version, but for the one with its number.
        let version = named.rsplit('/').next().unwrap_or(named);
        let change = self.plain_change(&args.why);
        self.decide(String::new(), |now| now.restore(version, &change))
    }

    /// Asks the gate on the games of the version's hold-out, and says on which morning the data stands.
    fn ask(&self, version: &ModelVersion) -> Result<(GateReport, Date), Failure> {
        let data = dataset(self.global)?;
        let runs = all::<Run>(&self.store)?;
        let run = runs.iter().find(|run| run.id == version.run_id);
        let day = self.global.as_of.unwrap_or(data.as_of);
        let evidence = pollster::block_on(Evidence::load(&self.store, [data.manifest.digest]))?;
        let frame = frame(&data.log.as_of(day));
        Ok((judge(&self.registry, version, run, &frame, &evidence, day), day))
    }
}
