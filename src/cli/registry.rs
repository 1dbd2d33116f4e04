//! `linelogic registry`: model versions, their stages, and how they came to them.

mod changes;
mod history;
mod show;

pub(super) use self::changes::{change_after, last_day};
use super::operation::store_there;
use super::{Failure, Global, Outcome, person};
use crate::adapters::JournalStore;
use crate::flows::registry::{MODEL, state_of};
use crate::registry::{Level, ModelAddress, ModelVersion, Registry, RegistryError, RegistryEvent, Stage};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// The registered model; an address as VERSION names it itself
    #[arg(long, global = true, value_name = "MODEL", default_value = MODEL)]
    name: String,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Every version with its stage, now or on the morning of --as-of
    List(ListArgs),
    /// Names of the registered models
    Models,
    /// One version with its metrics and its trail
    Show(Version),
    /// Register the model of a run at Staging
    Register(RegisterArgs),
    /// Move a version to a stage; Production asks the gate
    Promote(PromoteArgs),
    /// Put the version back that was in Production before
    Rollback(RollbackArgs),
    /// Point an alias at a version, or take it away
    Alias(AliasArgs),
    /// Give a tag a value, or take it away
    Tag(TagArgs),
    /// Describe a version or the model
    Describe(DescribeArgs),
    /// Delete a version; it can be restored, and its number is not given again
    Delete(Moved),
    /// Bring a deleted version back, to Archived
    Restore(Moved),
    /// The audit trail: who did what, when and why
    #[command(disable_version_flag = true)]
    History(HistoryArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// List the deleted versions
    #[arg(long)]
    deleted: bool,
}

#[derive(Debug, clap::Args)]
struct Version {
    /// The version, such as 1.2.0, or its address, such as models:/home-win@champion
    #[arg(id = "model_version", value_name = "VERSION")]
    version: String,
}

#[derive(Debug, clap::Args)]
struct Moved {
    #[command(flatten)]
    version: Version,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct RegisterArgs {
    /// The run, or the first digits of its id
    #[arg(id = "run_id", value_name = "RUN")]
    run: String,
    /// Raise this part of the number, whatever the rule says: major, minor or patch
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,
    /// What to describe the version as
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct PromoteArgs {
    #[command(flatten)]
    version: Version,
    /// The stage: Staging, Production, Archived or None
    #[arg(long, value_name = "STAGE", default_value = "Production")]
    stage: Stage,
    /// Promote although the gate refuses, and say why in the trail
    #[arg(long = "override", value_name = "REASON")]
    overrule: Option<String>,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct RollbackArgs {
    /// The version to put back, which was in Production once; without it the one before the present
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct AliasArgs {
    /// The alias
    alias: String,
    /// The version that it is to point at
    #[arg(id = "model_version", value_name = "VERSION", required_unless_present = "delete")]
    version: Option<String>,
    /// Take the alias away
    #[arg(long, conflicts_with = "model_version")]
    delete: bool,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct TagArgs {
    /// Its key
    key: String,
    /// Its value
    #[arg(required_unless_present = "delete")]
    value: Option<String>,
    /// The version that it is on; without it the registered model itself
    #[arg(long, id = "model_version", value_name = "VERSION")]
    on: Option<String>,
    /// Take the tag away
    #[arg(long, conflicts_with = "value")]
    delete: bool,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct DescribeArgs {
    /// The description; an empty one takes it away
    text: String,
    /// The version that is described; without it the registered model itself
    #[arg(long, id = "model_version", value_name = "VERSION")]
    on: Option<String>,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct HistoryArgs {
    /// Only what happened to this version
    #[arg(long, id = "model_version", value_name = "VERSION")]
    version: Option<String>,
    /// Which version was in Production from when to when, instead of the trail
    #[arg(long, conflicts_with_all = ["model_version", "out"])]
    production: bool,
    /// Write the trail to this file, JSON Lines or CSV by its ending
    #[arg(long, value_name = "PATH")]
    out: Option<std::path::PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Why {
    /// Why, for the trail
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Who does it, for the trail; without it the environment's user name
    #[arg(long, value_name = "NAME", value_parser = person::name)]
    actor: Option<String>,
}

impl Command {
    /// The version that it speaks of, as it was given.
    fn version(&self) -> Option<&str> {
        match self {
            Command::Show(version) => Some(&version.version),
            Command::Delete(moved) | Command::Restore(moved) => Some(&moved.version.version),
            Command::Promote(args) => Some(&args.version.version),
            Command::Rollback(args) => args.to.as_deref(),
            Command::Alias(args) => args.version.as_deref(),
            Command::Tag(args) => args.on.as_deref(),
            Command::Describe(args) => args.on.as_deref(),
            Command::History(args) => args.version.as_deref(),
            Command::List(_) | Command::Models | Command::Register(_) => None,
        }
    }
}

/// A registered model of a store, and what commands on it share.
struct Place<'g> {
    global: &'g Global,
    store: JournalStore,
    registry: Registry,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let store = store_there(global)?;
    // An address names its registered model itself.
    let addressed = args.command.version().filter(|version| ModelAddress::is_meant(version));
    let address = addressed.map(ModelAddress::parse).transpose()?;
    let name = address.map_or_else(|| args.name.clone(), |address| address.name);
    let (_, registry) = pollster::block_on(state_of(&store, &name))?;
    let place = Place { global, store, registry };
    match &args.command {
        Command::List(list) => place.list(list),
        Command::Models => place.models(),
        Command::Show(version) => place.show(&version.version),
        Command::Register(register) => place.register(register),
        Command::Promote(promote) => place.promote(promote),
        Command::Rollback(rollback) => place.rollback(rollback),
        Command::Alias(alias) => place.alias(alias),
        Command::Tag(tag) => place.tag(tag),
        Command::Describe(describe) => place.describe(describe),
        Command::Delete(moved) => place.delete(moved),
        Command::Restore(moved) => place.restore(moved),
        Command::History(history) => place.history(history),
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl Place<'_> {
    /// The version that a person names, by its number or its address, as it is now.
    fn known(&self, named: &str) -> Result<&ModelVersion, Failure> {
        Ok(self.registry.find(named, None)?)
    }
}

/// One line an entry.
fn lines<'a>(events: impl Iterator<Item = &'a RegistryEvent>, none: &str) -> String {
    let line = |event: &RegistryEvent| {
        let on = if event.version.is_empty() { "(model)" } else { &event.version };
        let why = if event.reason.is_empty() { String::new() } else { format!(": {}", event.reason) };
        format!("{} {on:<12} {} by {}{why}", event.at.format("%Y-%m-%d %H:%M"), event.action, event.actor)
    };
    let lines: Vec<String> = events.map(line).collect();
    if lines.is_empty() { none.to_owned() } else { lines.join("\n") }
}
