//! `features plan` and `features apply`.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::operation::store;
use super::super::{Failure, Global, Outcome, failed};
use crate::adapters::{JournalStore, MemoryStore, SystemClock};
use crate::features::{Action, Change, Definitions, FeaturePlan, Object};
use crate::flows::features as store_flow;
use crate::flows::present::plural;
use crate::league::features::definitions;
use crate::ports::Clock;

/// Flags of `features plan`.
#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    /// JSON file with definitions; those of the program if not given
    #[arg(long, value_name = "FILE")]
    definitions: Option<PathBuf>,
    /// Print the definitions themselves, as such a file has them
    #[arg(long)]
    print: bool,
}

/// Flags of `features apply`.
#[derive(Debug, clap::Args)]
pub(super) struct ApplyArgs {
    /// JSON file with definitions; those of the program if not given
    #[arg(long, value_name = "FILE")]
    definitions: Option<PathBuf>,
}

pub(super) fn plan(args: &PlanArgs, global: &Global) -> Outcome {
    let wanted = wanted(args.definitions.as_deref())?;
    if args.print {
        return global.print(&wanted, || serde_json::to_string_pretty(&wanted).unwrap_or_default());
    }
    // A plan changes nothing, so a store that is not there is not made.
    let plan = if global.store.is_dir() {
        pollster::block_on(store_flow::plan_for(&JournalStore::open(&global.store)?, &wanted))?
    } else {
        pollster::block_on(store_flow::plan_for(&MemoryStore::new(), &wanted))?
    };
    global.print(&plan, || text(&plan))?;
    if plan.refusals.is_empty() { Ok(()) } else { Err(Failure::Gate("the plan cannot be applied".to_owned())) }
}

pub(super) fn apply(args: &ApplyArgs, global: &Global) -> Outcome {
    let wanted = wanted(args.definitions.as_deref())?;
    let plan = pollster::block_on(store_flow::apply(&store(global)?, &wanted, SystemClock.now()))?;
    global.print(&plan, || text(&plan))
}

fn wanted(path: Option<&Path>) -> Result<Definitions, Failure> {
    let Some(path) = path else { return Ok(definitions()) };
    let bytes = fs::read(path).map_err(|error| failed(path, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

fn text(plan: &FeaturePlan) -> String {
    let mut out: String = plan.changes.iter().map(line).collect();
    for refusal in &plan.refusals {
        out += &format!("refused: {refusal}\n");
    }
    let (changes, stay) = (plan.changes.len() as u64, plan.unchanged as u64);
    out += &format!("{}, {} unchanged\n", plural(changes, "change"), plural(stay, "definition"));
    out
}

fn line(change: &Change) -> String {
    let object = match change.object {
        Object::Entity => "entity",
        Object::View => "view",
        Object::Service => "service",
    };
    let (mark, what) = match &change.action {
        Action::Create => ('+', "is created".to_owned()),
        Action::Describe => ('~', "is described anew".to_owned()),
        Action::NewVersion { from, to } if from == to => ('!', format!("changes within version {from}")),
        Action::NewVersion { from, to } => ('~', format!("goes from version {from} to {to}; its served rows go")),
        Action::Ttl => ('~', "gets another time to live".to_owned()),
        Action::Delete => ('-', "goes, with its served rows".to_owned()),
    };
    let mut line = format!("{mark} {object} {}: {what}\n", change.name);
    line.extend(change.differences.iter().map(|difference| format!("    {difference}\n")));
    if !change.affects.is_empty() {
        line += &format!("    read by {}\n", change.affects.join(", "));
    }
    line
}
