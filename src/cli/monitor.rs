//! `linelogic monitor` and `linelogic alert`: what is known of the models' health.

use super::{Failure, Global, Outcome};
use crate::adapters::JournalStore;
use crate::base::Date;
use crate::flows::monitor::{MonitorReport, Records, load};
use crate::monitoring::Alert;
use crate::stats::Scores;

/// Flags of `monitor`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare versions over this many days
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
}

/// Flags of `alert`.
#[derive(Debug, clap::Args)]
pub struct AlertArgs {
    #[command(subcommand)]
    command: AlertCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AlertCommand {
    /// Alerts raised so far, newest first
    List,
}

/// Prints performance, drift and alerts as they were known on the morning of `--as-of` (or of the newest logged day).
pub fn run(args: &Args, global: &Global) -> Outcome {
    let (records, as_of) = records(global)?;
    let report = records.report(as_of, args.days);
    global.print(&report, || text(&report))
}

/// Prints the alerts that had been raised by the morning of `--as-of` (or of the newest logged day).
pub fn run_alert(args: &AlertArgs, global: &Global) -> Outcome {
    let AlertCommand::List = args.command;
    let (records, as_of) = records(global)?;
    let alerts = records.alerts_until(as_of);
    global.print(&alerts, || if alerts.is_empty() { format!("no alert up to {as_of}") } else { alerts_text(&alerts) })
}

/// The journal in `--store`, or none if there is none: a command that only reads does not make one.
pub fn existing_store(global: &Global) -> Result<Option<JournalStore>, Failure> {
    if !global.store.exists() {
        return Ok(None);
    }
    JournalStore::open(&global.store).map(Some).map_err(|error| Failure::Environment(error.to_string()))
}

fn records(global: &Global) -> Result<(Records, Date), Failure> {
    let place = global.store.display();
    let todo = "run `linelogic pipeline daily --as-of DATE` first, or name another store with --store";
    let Some(store) = existing_store(global)? else {
        return Err(Failure::Environment(format!("{place}: no store is there; {todo}")));
    };
    let records =
        pollster::block_on(load(&store)).map_err(|error| Failure::Environment(format!("{place}: {error}")))?;
    let Some(as_of) = global.as_of.or(records.newest_day()) else {
        return Err(Failure::Environment(format!("{place}: no day has been logged; {todo}")));
    };
    Ok((records, as_of))
}

fn text(report: &MonitorReport) -> String {
    let mut out = format!("as of the morning of {}\n\n", report.as_of);
    let (first, last) = report.watched;
    match &report.served {
        Some(scores) => out.push_str(&format!("shown from {first} to {last}: {}\n", scores_text(scores))),
        None => out.push_str(&format!("shown from {first} to {last}: no game is settled\n")),
    }
    let (first, last) = report.window;
    out.push_str(&format!("\nversions from {first} to {last}\n"));
    for entry in &report.performance {
        let scores = entry.scores.as_ref().map_or_else(|| "no game is settled".to_owned(), scores_text);
        let missing = 100.0 * entry.missing;
        out.push_str(&format!("  {:8} {scores}, {missing:.1} % of features missing\n", entry.version));
    }
    if report.performance.is_empty() {
        out.push_str("  no prediction was logged\n");
    }
    match &report.drift {
        Some(drift) => {
            let (first, last) = drift.current;
            let names: Vec<&str> = drift.drifted().map(|column| column.column.as_str()).collect();
            out.push_str(&format!("\ndrift from {first} to {last}: score {:.3}", drift.drift_share));
            out.push_str(&if names.is_empty() { "\n".to_owned() } else { format!(", {}\n", names.join(", ")) });
        }
        None => out.push_str("\ndrift: no report yet\n"),
    }
    out.push_str(if report.alerts.is_empty() { "\nno alert\n" } else { "\nalerts\n" });
    out.push_str(&alerts_text(&report.alerts));
    out
}

fn scores_text(scores: &Scores) -> String {
    format!(
        "log loss {:.4}, Brier {:.4}, accuracy {:.1} % over {} games",
        scores.log_loss,
        scores.brier,
        100.0 * scores.accuracy,
        scores.n
    )
}

fn alerts_text(alerts: &[Alert]) -> String {
    alerts.iter().map(|alert| format!("{}  {}: {}\n", alert.day, alert.rule, alert.message)).collect()
}
