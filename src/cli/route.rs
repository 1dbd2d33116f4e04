//! `linelogic route`: which version a visitor sees.

use super::{Failure, Global, Outcome, tell};
use crate::adapters::JournalStore;
use crate::flows::{documents::load_one, registry};
use crate::ports::StoreError;
use crate::registry::{ModelVersion, Registry, Stage};
use crate::serving::{Assignment, Rollout};

/// Flags of `route`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The visitor's anonymous id
    #[arg(long, value_name = "ID")]
    user: String,
}

/// Prints the visitor's arm and the version behind it, as the store has it on the morning of `--as-of` (or now).
pub fn run(args: &Args, global: &Global) -> Outcome {
    let store = super::monitor::existing_store(global)?;
    let (rollout, registry) = match &store {
        Some(store) => read(store).map_err(|error| Failure::Environment(error.to_string()))?,
        None => {
            tell(&format!("{}: no store is there, so no version is served", global.store.display()));
            (Rollout::default(), None)
        }
    };
    rollout.validate().map_err(|error| Failure::Environment(format!("the stored rollout: {error}")))?;
    let version_in = |stage: Stage| -> Option<String> {
        let registry = registry.as_ref()?;
        let version: Option<&ModelVersion> = match (global.as_of, stage) {
            (Some(day), Stage::Production) => registry.production_at(day),
            (Some(day), Stage::Staging) => registry.staging_at(day),
            (None, Stage::Production) => registry.production(),
            (None, Stage::Staging) => registry.staging(),
            _ => None,
        };
        version.map(|version| version.version.clone())
    };
    let assignment = rollout.route(&args.user, version_in);
    global.print(&assignment, || text(&assignment))
}

fn read(store: &JournalStore) -> Result<(Rollout, Option<Registry>), StoreError> {
    pollster::block_on(async {
        let (_, rollout) = load_one::<Rollout, _>(store, "default").await?;
        let (_, registry) = registry::state(store).await?;
        Ok((rollout.unwrap_or_default(), Some(registry)))
    })
}

fn text(assignment: &Assignment) -> String {
    let version = match &assignment.version {
        Some(version) => format!("version {version} ({})", assignment.stage),
        None => "no version: none is in Production".to_owned(),
    };
    let why = if assignment.fallback { ", because no version is in Staging" } else { "" };
    format!("{} (bucket {:.4}): {version}{why}", assignment.variant, assignment.bucket)
}
