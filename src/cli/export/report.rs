//! `export report`: an experiment as one page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::written;
use crate::adapters::{JournalStore, SystemClock};
use crate::base::Digest;
use crate::cli::operation::{all, registry, store_there};
use crate::cli::{Failure, Global, Outcome};
use crate::data::Manifest;
use crate::flows::documents::load_one;
use crate::flows::exchange::report::{HistoryRow, ReportInput, VersionRow, best, report};
use crate::learn::Model;
use crate::ports::Clock;
use crate::registry::{Registry, Stage};
use crate::tracking::{Blob, Run};

/// Flags.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The experiment
    #[arg(long, value_name = "NAME", default_value = "default")]
    experiment: String,
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
}

/// The artifact of a run with its predictions of the hold-out.
const PREDICTIONS: &str = "predictions.csv";

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
    let forecasts = best(&runs).map(|run| forecasts(&store, run)).transpose()?.unwrap_or_default();
    let registry = registry(&store)?;
    let (versions, history) = (versions(&registry), history(&registry));
    let page = report(&ReportInput {
        experiment: &args.experiment,
        made_at: SystemClock.now(),
        runs: &runs,
        forecasts: &forecasts,
        versions: &versions,
        history: &history,
        data: &data(&store)?,
    });
    written(&args.out, page.as_bytes())?;
    let exported = Exported { path: &args.out, experiment: &args.experiment, runs: runs.len(), bytes: page.len() };
    global.print(&exported, || format!("{}: {} runs, {} bytes", args.out.display(), runs.len(), page.len()))
}

/// Labels and probabilities of a run's hold-out; none if the run does not have them.
fn forecasts(store: &JournalStore, run: &Run) -> Result<Vec<(f64, f64)>, Failure> {
    let Some(artifact) = run.artifact(PREDICTIONS) else { return Ok(Vec::new()) };
    let (_, blob) = pollster::block_on(load_one::<Blob, _>(store, &artifact.digest.hex()))?;
    let Some(blob) = blob else { return Ok(Vec::new()) };
    let wrong = |reason: String| Failure::Environment(format!("{PREDICTIONS} of run {}: {reason}", run.id));
    let bytes = blob.bytes().map_err(&wrong)?;
    parsed(&bytes).map_err(wrong)
}

fn parsed(bytes: &[u8]) -> Result<Vec<(f64, f64)>, String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let head = reader.headers().map_err(|error| error.to_string())?.clone();
    let place = |name: &str| head.iter().position(|other| other == name).ok_or_else(|| format!("no column {name}"));
    let (said, won) = (place("prob_home")?, place("home_won")?);
    let mut forecasts = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let label = match cell(won) {
            "1" | "true" => 1.0,
            "0" | "false" => 0.0,
            // Not played.
            _ => continue,
        };
        let p: f64 = cell(said).parse().map_err(|_| format!("expected a probability, found {:?}", cell(said)))?;
        forecasts.push((label, p));
    }
    Ok(forecasts)
}

fn versions(registry: &Registry) -> Vec<VersionRow> {
    let stages = registry.stages();
    let row = |version: &crate::registry::ModelVersion| VersionRow {
        version: version.version.clone(),
        stage: stages.get(version.version.as_str()).copied().unwrap_or(Stage::None).to_string(),
        run_id: version.run_id.clone(),
        summary: version
            .model
            .open()
            .as_ref()
            .map_or_else(|_| "a model that cannot be read".to_owned(), Model::summary),
        registered_at: version.registered_at,
    };
    registry.versions().iter().map(row).collect()
}

fn history(registry: &Registry) -> Vec<HistoryRow> {
    let row = |event: &crate::registry::RegistryEvent| HistoryRow {
        at: event.at,
        version: event.version.clone(),
        what: event.action.to_string(),
        actor: event.actor.clone(),
        reason: event.reason.clone(),
    };
    registry.events().iter().map(row).collect()
}

/// What the store knows of data, by the digest of its manifest.
fn data(store: &JournalStore) -> Result<BTreeMap<Digest, String>, Failure> {
    let words = |manifest: Manifest| {
        let to = manifest.last_day.map_or_else(String::new, |day| format!(" to {day}"));
        (manifest.digest, format!("{}, {} records{to}", manifest.source, manifest.records))
    };
    Ok(all::<Manifest>(store)?.into_iter().map(words).collect())
}
