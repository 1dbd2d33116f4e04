//! `linelogic runs delete`, `restore` and `purge`: the trash.

use serde::Serialize;

use super::operation::{all, store_there};
use super::runs::named;
use super::{Failure, Global, Outcome};
use crate::adapters::{JournalStore, SystemClock};
use crate::flows::present::bytes;
use crate::flows::tracking::{self, TrackingFlowError};
use crate::ports::Clock;
use crate::tracking::Run;

/// Runs by their ids.
#[derive(Debug, clap::Args)]
pub struct Named {
    /// Ids, or as many of their first digits as name one run alone
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
}

/// What to purge.
#[derive(Debug, clap::Args)]
pub struct PurgeArgs {
    /// Ids, or as many of their first digits as name one run alone
    #[arg(required_unless_present = "all", value_name = "RUN")]
    runs: Vec<String>,
    /// All that is in the trash
    #[arg(long, conflicts_with = "runs")]
    all: bool,
}

/// What was moved.
#[derive(Serialize)]
struct Moved {
    runs: Vec<String>,
}

/// Moves runs to the trash, a search with its trials.
pub(super) fn delete(args: &Named, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let ids = ids(&store, &args.runs)?;
    let runs = pollster::block_on(tracking::delete(&store, &ids, SystemClock.now()))?;
    let text = match runs.len() {
        0 => "nothing was moved: it is in the trash already".to_owned(),
        n => format!(
            "{n} moved to the trash: `linelogic runs restore` brings back, `linelogic runs purge` deletes for good"
        ),
    };
    global.print(&Moved { runs }, || text)
}

/// Takes runs out of the trash.
pub(super) fn restore(args: &Named, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let ids = ids(&store, &args.runs)?;
    let runs = pollster::block_on(tracking::restore(&store, &ids))?;
    let text = format!("{} taken out of the trash", runs.len());
    global.print(&Moved { runs }, || text)
}

/// Deletes runs of the trash for good. A run that cannot go is a gate's no.
pub(super) fn purge(args: &PurgeArgs, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let ids = if args.all {
        let runs: Vec<Run> = all(&store)?;
        runs.into_iter().filter(|run| run.deleted_at.is_some()).map(|run| run.id).collect()
    } else {
        ids(&store, &args.runs)?
    };
    let purged = pollster::block_on(tracking::purge(&store, &ids, |_| false))?;
    global.print(&purged, || {
        let freed = &purged.freed;
        let (runs, files, size) = (freed.runs, freed.artifacts, bytes(freed.bytes));
        let mut lines = vec![format!("{runs} runs and {files} files deleted for good: {size} freed in the store")];
        if freed.runs > 0 {
            lines.push("the journal's file only grows: `linelogic export bundle` writes one without them".to_owned());
        }
        lines.extend(purged.kept.iter().map(|kept| format!("{} stays: {}", kept.run, kept.why)));
        lines.join("\n")
    })?;
    match purged.kept.len() {
        0 => Ok(()),
        n => Err(Failure::Gate(format!("{n} of the runs could not be deleted"))),
    }
}

fn ids(store: &JournalStore, starts: &[String]) -> Result<Vec<String>, Failure> {
    let runs: Vec<Run> = all(store)?;
    starts.iter().map(|start| named(&runs, start).map(|run| run.id.clone())).collect()
}

impl From<TrackingFlowError> for Failure {
    fn from(error: TrackingFlowError) -> Self {
        match error {
            TrackingFlowError::Store(error) => error.into(),
            refused => Failure::Usage(refused.to_string()),
        }
    }
}
