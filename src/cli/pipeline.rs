//! `linelogic pipeline`: what is done every morning and every week.

use serde::Serialize;

use super::operation::{Lines, dataset, store};
use super::{Failure, Global, Outcome};
use crate::adapters::{JournalStore, MemoryStore, SystemClock};
use crate::flows::pipelines::{Context, Weekly, daily, weekly};
use crate::pipeline::{DAILY, Report, Step, WEEKLY};
use crate::ports::{Clock, Store};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Which,
}

#[derive(Debug, clap::Subcommand)]
enum Which {
    /// Ingest, validate, features, materialise, route, predict, log, settle, drift, alerts
    Daily(Flags),
    /// History, features, search, evaluate, run, register, stage, compare
    Weekly(Flags),
    /// Print the steps of both without running them
    Plan,
}

#[derive(Debug, clap::Args)]
struct Flags {
    /// Do everything but write
    #[arg(long)]
    dry_run: bool,
    /// Who runs it, for the audit trail
    #[arg(long, value_name = "NAME", default_value = "pipeline")]
    actor: String,
}

#[derive(Serialize)]
struct Plans {
    daily: &'static [Step],
    weekly: &'static [Step],
}

/// Runs it on the morning of `--as-of`, or of the data's last day.
pub fn run(args: &Args, global: &Global) -> Outcome {
    match &args.command {
        Which::Daily(flags) => steps(global, flags, false),
        Which::Weekly(flags) => steps(global, flags, true),
        Which::Plan => {
            let plans = Plans { daily: &DAILY, weekly: &WEEKLY };
            global.print(&plans, || format!("daily\n{}\nweekly\n{}", plan(&DAILY), plan(&WEEKLY)))
        }
    }
}

fn plan(steps: &[Step]) -> String {
    let line = |step: &Step| format!("  {:<12} {}", step.name, step.does);
    steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn steps(global: &Global, flags: &Flags, is_weekly: bool) -> Outcome {
    let report = if flags.dry_run && !global.store.is_dir() {
        // A dry run leaves nothing behind, not even an empty store.
        run_in(&MemoryStore::new(), global, flags, is_weekly)?
    } else {
        let store: JournalStore = store(global)?;
        run_in(&store, global, flags, is_weekly)?
    };
    global.print(&report, || text(&report))
}

fn run_in<S: Store>(store: &S, global: &Global, flags: &Flags, is_weekly: bool) -> Result<Report, Failure> {
    let data = dataset(global)?;
    let day = global.as_of.unwrap_or(data.as_of);
    let context = Context {
        store,
        events: &Lines,
        data: &data,
        features: None,
        recorded_at: Some(SystemClock.now()),
        actor: &flags.actor,
        dry_run: flags.dry_run,
    };
    let report = pollster::block_on(async {
        if is_weekly { weekly(&context, day, Weekly::Bootstrap).await } else { daily(&context, day).await }
    })?;
    Ok(report)
}

fn text(report: &Report) -> String {
    let count = report.written;
    let documents = if count == 1 { "document" } else { "documents" };
    let done = match (report.dry_run, count) {
        (_, 0) => "nothing new".to_owned(),
        (true, _) => format!("{count} {documents} would be written"),
        (false, _) => format!("{count} {documents} written"),
    };
    let gate = report.gate.as_ref().map(|gate| format!("\n{}: {}", gate.version, gate.summary())).unwrap_or_default();
    format!("{} as of {}: {done}{gate}", report.pipeline, report.as_of)
}
