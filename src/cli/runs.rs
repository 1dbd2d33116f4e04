//! `linelogic runs`: what was trained.

mod compare;
mod search;

use super::operation::{all, store_there};
use super::{Failure, Global, Outcome, runs_trash};
use crate::base::morning;
use crate::tracking::Run;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Every run, newest first
    List {
        /// The trials of searches and what is in the trash, too
        #[arg(long)]
        all: bool,
    },
    /// One run with its parameters, metrics and tags
    Show {
        /// The run's id, or as many of its first digits as name it alone
        run: String,
    },
    /// The runs that a filter lets pass, in MLflow's language and beyond it
    Search(search::Args),
    /// Runs side by side: what differs first, and their forecasts of the same hold-out games
    Compare(compare::Args),
    /// Move runs to the trash, a search with its trials
    Delete(runs_trash::Named),
    /// Take runs out of the trash
    Restore(runs_trash::Named),
    /// Delete runs of the trash for good, with the files that no other run has
    Purge(runs_trash::PurgeArgs),
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    match &args.command {
        Command::List { all } => {
            let mut runs = known(global)?;
            runs.retain(|run| *all || (run.deleted_at.is_none() && run.parent.is_none()));
            global.print(&runs, || list(&runs.iter().collect::<Vec<_>>()))
        }
        Command::Show { run } => {
            let runs = known(global)?;
            let run = named(&runs, run)?;
            global.print(run, || show(run))
        }
        Command::Search(args) => search::run(args, known(global)?, global),
        Command::Compare(args) => compare::run(args, &known(global)?, &store_there(global)?, global),
        Command::Delete(args) => runs_trash::delete(args, global),
        Command::Restore(args) => runs_trash::restore(args, global),
        Command::Purge(args) => runs_trash::purge(args, global),
    }
}

/// The runs that were known on the morning of `--as-of`, or all of them, the newest first.
fn known(global: &Global) -> Result<Vec<Run>, Failure> {
    let mut runs: Vec<Run> = all(&store_there(global)?)?;
    if let Some(day) = global.as_of {
        runs.retain(|run| run.started_at <= morning(day));
    }
    runs.sort_by(|a, b| (b.started_at, &a.id).cmp(&(a.started_at, &b.id)));
    Ok(runs)
}

fn list(runs: &[&Run]) -> String {
    if runs.is_empty() {
        return "no run yet".to_owned();
    }
    let metric = |run: &Run, name: &str| run.metric(name).map_or("-".to_owned(), |value| format!("{value:.4}"));
    let line = |run: &&Run| {
        let id = run.id.get(..8).unwrap_or(&run.id);
        format!(
            "{id}  {}  {:>8} {:>8}  {:<10} {}",
            run.started_at.format("%Y-%m-%d %H:%M"),
            metric(run, "log_loss"),
            metric(run, "accuracy"),
            run.experiment,
            run.name
        )
    };
    let head =
        format!("{:<8}  {:<16}  {:>8} {:>8}  {:<10} name", "run", "started", "log loss", "accuracy", "experiment");
    std::iter::once(head).chain(runs.iter().map(line)).collect::<Vec<_>>().join("\n")
}

pub(super) fn named<'a>(runs: &'a [Run], start: &str) -> Result<&'a Run, Failure> {
    let mut found = runs.iter().filter(|run| !start.is_empty() && run.id.starts_with(start));
    match (found.next(), found.next()) {
        (Some(run), None) => Ok(run),
        (None, _) => {
            Err(Failure::Usage(format!("run {start} is not in the store: `linelogic runs list` has those that are")))
        }
        (Some(_), Some(_)) => Err(Failure::Usage(format!("several runs begin with {start}: give more digits"))),
    }
}

fn show(run: &Run) -> String {
    let mut lines = vec![
        format!("run {}", run.id),
        format!("{} ({})", run.name, run.experiment),
        format!("from {} to {}", run.started_at, run.ended_at),
    ];
    lines.extend(run.data_version.map(|digest| format!("data {digest}")));
    lines.extend(run.feature_version.as_ref().map(|version| format!("features {version}")));
    lines.extend(run.model_digest.map(|digest| format!("model {digest}")));
    lines.push("parameters".to_owned());
    lines.extend(run.params.iter().map(|(name, value)| format!("  {name:<22} {value}")));
    lines.push("metrics".to_owned());
    for (name, points) in &run.metrics {
        let values: Vec<String> = points.iter().map(|point| format!("{:.6}", point.value)).collect();
        lines.push(format!("  {name:<22} {}", values.join(" ")));
    }
    lines.push("tags".to_owned());
    lines.extend(run.tags.iter().map(|(name, value)| format!("  {name:<22} {value}")));
    lines.join("\n")
}
