//! `train --source SPEC [--seasons A..B]`: search, train, record the run, register at Staging.

use serde::Serialize;

use super::backtest::seasons;
use super::source::{SourceSpec, ingested};
use super::{Failure, Global, Outcome};
use crate::adapters::{JournalStore, SystemClock};
use crate::base::{Seed, morning};
use crate::flows::registry::record_training;
use crate::flows::train::{Provenance, STRENGTHS, TrainError, TrainJob, TrainOutcome, TrainSpec};
use crate::ports::Clock;
use crate::registry::Change;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the games come from: demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR
    #[arg(long, value_name = "SPEC", default_value = "demo")]
    source: SourceSpec,
    /// Seasons to train on by the years in which they start, such as 2015..2021; all of them if not given
    #[arg(long, value_name = "A..B", value_parser = seasons)]
    seasons: Option<(u16, u16)>,
    /// Inverse penalty strengths to try
    #[arg(long, value_name = "C", value_delimiter = ',', default_values_t = STRENGTHS)]
    strengths: Vec<f64>,
    /// Where all chance comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Experiment that the run belongs to
    #[arg(long, default_value = "home-win")]
    experiment: String,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    version: &'a str,
    #[serde(flatten)]
    outcome: &'a TrainOutcome,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let data = ingested(&args.source, global)?;
    let known = data.log.seasons();
    let all = (known.first().copied().unwrap_or_default(), known.last().copied().unwrap_or_default());
    if let Some((first, last)) = args.seasons.filter(|(first, last)| !known.iter().any(|s| (first..=last).contains(&s)))
    {
        let found = known.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        return Err(Failure::Usage(format!("no season of {first}..{last} is in the data, which has {found}")));
    }
    let spec = TrainSpec {
        seasons: args.seasons.unwrap_or(all),
        as_of: global.as_of.unwrap_or(data.as_of),
        strengths: args.strengths.clone(),
        seed: Seed(args.seed),
        experiment: args.experiment.clone(),
    };
    let at = morning(spec.as_of);
    let provenance = Provenance { data_version: data.manifest.digest, source_kind: data.manifest.source_kind };
    let started = SystemClock.now();
    let refused = |error: TrainError| match error {
        TrainError::Spec(reason) => Failure::Usage(reason),
        other => Failure::Gate(other.to_string()),
    };
    let mut job = TrainJob::new(&data.log, spec, provenance).map_err(refused)?;
    let bar = global.progress("trials", job.total() as u64);
    while job.step().map_err(refused)?.is_some() {
        bar.inc(1);
    }
    bar.finish_and_clear();
    let now = SystemClock.now();
    let outcome = job.finish(started, now).map_err(refused)?;
    let outside = |error: &dyn std::fmt::Display| Failure::Environment(error.to_string());
    let store = JournalStore::open(&global.store).map_err(|error| outside(&error))?;
    let change =
        Change { at, recorded_at: now, actor: "cli".to_owned(), reason: "trained on the command line".to_owned() };
    let version =
        pollster::block_on(record_training(&store, &outcome, "", &change)).map_err(|error| outside(&error))?;
    let report = Report { version: &version.version, outcome: &outcome };
    global.print(&report, || text(&report))
}

fn text(report: &Report<'_>) -> String {
    let TrainOutcome { run, model, trials, holdout, holdout_days, .. } = report.outcome;
    let mut out = format!("run {}\n{}\n\n      C  validation log loss\n", run.id, run.name);
    for trial in trials {
        let mark = if trial.c == model.c { "  best" } else { "" };
        out.push_str(&format!("{:>7}  {:.4}{mark}\n", trial.c, trial.scores.log_loss));
    }
    out.push_str(&format!("\nhold-out {} to {}, {} games:", holdout_days.0, holdout_days.1, holdout.n));
    for (name, value) in holdout.named() {
        out.push_str(&format!(" {name} {value:.4}"));
    }
    out.push_str(&format!("\nversion {} entered at Staging\n", report.version));
    out
}
