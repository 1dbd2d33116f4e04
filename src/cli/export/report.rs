//! `export report`: an experiment as one page.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::written;
use crate::adapters::{JournalStore, SystemClock};
use crate::cli::operation::{all, registry, store_there};
use crate::cli::{Failure, Global, Outcome};
use crate::flows::documents::load_one;
use crate::flows::exchange::report::{Experiment, best, report_of};
use crate::ports::Clock;
use crate::tracking::compare::PREDICTIONS;
use crate::tracking::{Blob, Run};

/// Flags.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The experiment
    #[arg(long, value_name = "NAME", default_value = "home-win")]
    experiment: String,
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Exported<'a> {
    path: &'a Path,
    experiment: &'a str,
    runs: usize,
    bytes: usize,
}

/// Runs it.
pub(super) fn run(args: &Args, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let mut runs: Vec<Run> = all(&store)?;
    let there: std::collections::BTreeSet<String> = runs.iter().map(|run| run.experiment.clone()).collect();
    runs.retain(|run| run.experiment == args.experiment);
    if runs.is_empty() {
        let there = there.into_iter().collect::<Vec<_>>().join(", ");
        let there = if there.is_empty() { "no run at all".to_owned() } else { there };
        return Err(Failure::Usage(format!(
            "no run belongs to the experiment {:?}: the store has {there}",
            args.experiment
        )));
    }
    let predictions = best(&runs).map(|run| predictions(&store, run)).transpose()?.flatten();
    let experiment = Experiment {
        name: &args.experiment,
        runs: &runs,
        predictions: predictions.as_deref(),
        registry: &registry(&store)?,
        manifests: &all(&store)?,
    };
    let page = report_of(&experiment, SystemClock.now())
        .map_err(|why| Failure::Environment(format!("of the best run: {why}")))?;
    written(&args.out, page.as_bytes())?;
    let exported = Exported { path: &args.out, experiment: &args.experiment, runs: runs.len(), bytes: page.len() };
    global.print(&exported, || format!("{}: {} runs, {} bytes", args.out.display(), runs.len(), page.len()))
}

/// A run's predictions of its hold-out; none if the store does not have them.
fn predictions(store: &JournalStore, run: &Run) -> Result<Option<Vec<u8>>, Failure> {
    let Some(artifact) = run.artifact(PREDICTIONS) else { return Ok(None) };
    let (_, blob) = pollster::block_on(load_one::<Blob, _>(store, &artifact.digest.hex()))?;
    let wrong = |reason: String| Failure::Environment(format!("{PREDICTIONS} of run {}: {reason}", run.id));
    blob.map(|blob| blob.bytes().map_err(wrong)).transpose()
}
