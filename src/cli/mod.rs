//! The command line (native only): one file per subcommand over the same core as the site.
//!
//! A subcommand is a file with `Args` (its flags) and `run(args, global)`. It prints its result
//! through [`Global::print`], so that `--json` gives one document on standard output and nothing
//! else; messages and progress go to standard error. It ends in an [`Outcome`], from which the exit
//! code follows: 0 fine, 1 a gate said no, 2 usage, 3 environment (a file, the network, a store).

mod backtest;
mod bench;
mod contract;
mod csv_table;
mod download;
mod drift;
mod export;
mod features;
mod import;
mod ingest;
mod manifest;
mod mlruns;
mod monitor;
mod operation;
mod person;
mod pipeline;
mod predict;
mod publish;
mod quarantine;
mod registry;
mod replay;
mod reproduce;
mod route;
mod runs;
mod runs_trash;
pub mod source;
mod table;
mod train;
mod validate;

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::base::Date;

/// NBA win predictions and the whole life of the model behind them.
#[derive(Debug, Parser)]
#[command(name = "linelogic", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every subcommand knows.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Print one JSON document on standard output and nothing else
    #[arg(long, global = true)]
    pub json: bool,
    /// See only what was known on the morning of this day (YYYY-MM-DD)
    #[arg(long, global = true, value_name = "DATE", value_parser = day)]
    pub as_of: Option<Date>,
    /// Folder with ingested data
    #[arg(long, global = true, value_name = "DIR", default_value = "public/data")]
    pub data: PathBuf,
    /// Folder with the journal of runs, registry and logs, or a journal itself, such as a browser's back-up
    #[arg(long, global = true, value_name = "DIR", default_value = ".linelogic")]
    pub store: PathBuf,
}

/// Every subcommand, in the order of the data. A new one is a file beside this one and a line here and in [`dispatch`].
#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch, normalise, validate and write data with its manifest
    Ingest(ingest::Args),
    /// Hold a file against a contract: 0, or 1 with every violation
    Validate(validate::Args),
    /// What a record of each kind promises, and the same for other tools
    Contract(contract::Args),
    /// Rows that were refused: look through, take along, repair and release
    Quarantine(quarantine::Args),
    /// The chain of manifests
    Manifest(manifest::Args),
    /// The feature store: definitions, point-in-time joins, materialising and look-ups
    Features(features::Args),
    /// Search, train, record the run and register the model at Staging
    Train(train::Args),
    /// Predict whole seasons, each by a model that saw only earlier ones
    Backtest(backtest::Args),
    /// A day's games, from what was known on its morning
    Predict(predict::Args),
    /// Drift of any two CSV files, column by column
    Drift(drift::Args),
    /// Which version a visitor sees
    Route(route::Args),
    /// Performance, drift and alerts as they were known on a morning
    Monitor(monitor::Args),
    /// Alerts that rules have raised
    Alert(monitor::AlertArgs),
    /// Runs: what was trained
    Runs(runs::Args),
    /// A recorded training or trial, run again and held against its record
    Reproduce(reproduce::Args),
    /// Model versions, their stages, and how they came to them
    Registry(registry::Args),
    /// What is done every morning and every week
    Pipeline(pipeline::Args),
    /// A season as it would have gone, every pipeline on its day
    Replay(replay::Args),
    /// The store and the data for others
    Export(export::Args),
    /// What another store or another tool has kept: a signed bundle, or an MLflow store as a zip archive or a folder
    Import(import::Args),
    /// Runs and registered models to an MLflow server
    Publish(publish::Args),
    /// How long the features and a fit take; `cargo xtask bench` compares it with others
    #[command(hide = true)]
    Bench(bench::Args),
}

fn dispatch(command: &Command, global: &Global) -> Outcome {
    match command {
        Command::Ingest(args) => ingest::run(args, global),
        Command::Validate(args) => validate::run(args, global),
        Command::Contract(args) => contract::run(args, global),
        Command::Quarantine(args) => quarantine::run(args, global),
        Command::Manifest(args) => manifest::run(args, global),
        Command::Features(args) => features::run(args, global),
        Command::Train(args) => train::run(args, global),
        Command::Backtest(args) => backtest::run(args, global),
        Command::Predict(args) => predict::run(args, global),
        Command::Drift(args) => drift::run(args, global),
        Command::Route(args) => route::run(args, global),
        Command::Monitor(args) => monitor::run(args, global),
        Command::Alert(args) => monitor::run_alert(args, global),
        Command::Runs(args) => runs::run(args, global),
        Command::Reproduce(args) => reproduce::run(args, global),
        Command::Registry(args) => registry::run(args, global),
        Command::Pipeline(args) => pipeline::run(args, global),
        Command::Replay(args) => replay::run(args, global),
        Command::Export(args) => export::run(args, global),
        Command::Import(args) => import::run(args, global),
        Command::Publish(args) => publish::run(args, global),
        Command::Bench(args) => bench::run(args, global),
    }
}

/// Why a subcommand did not end well. The text says what is wrong and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A gate said no (exit code 1). The subcommand has printed its findings.
    #[error("{0}")]
    Gate(String),
    /// The command makes no sense as given (exit code 2).
    #[error("{0}")]
    Usage(String),
    /// A file, the network or a store did not do its part (exit code 3).
    #[error("{0}")]
    Environment(String),
}

/// How a subcommand ends.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Gate(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Environment(_) => 3,
        }
    }

    /// The kind's name, for `--json`.
    fn kind(&self) -> &'static str {
        match self {
            Failure::Gate(_) => "gate",
            Failure::Usage(_) => "usage",
            Failure::Environment(_) => "environment",
        }
    }
}

impl Global {
    /// Prints a result: with `--json` the document, else the text. Call it once.
    pub fn print<T: Serialize>(&self, document: &T, text: impl FnOnce() -> String) -> Outcome {
        let mut out = if self.json {
            serde_json::to_string_pretty(document).map_err(|error| Failure::Environment(error.to_string()))?
        } else {
            text()
        };
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        to_stdout(&out)
    }

    /// A progress bar on standard error, on a terminal only. `total` is 0 where it is not known.
    pub fn progress(&self, task: &str, total: u64) -> ProgressBar {
        if !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target((total > 0).then_some(total), ProgressDrawTarget::stderr());
        let template = if total > 0 { "{msg} {bar:30} {pos}/{len}" } else { "{msg} {pos}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(task.to_owned());
        bar
    }
}

/// Writes to standard output; a reader that went away (`… | head`) is no failure.
fn to_stdout(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Environment(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a file beside its place and renames it, so that a reader sees the old bytes or the new ones. What is there and
/// no ordinary file, such as `/dev/stdout`, is written to.
fn replace(path: &Path, bytes: &[u8]) -> Outcome {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if target.exists() && !target.is_file() {
        return fs::write(&target, bytes).map_err(|error| failed(path, &error));
    }
    let mut beside = target.clone().into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, &target));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(path, &error)
    })
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::Environment(format!("{}: {error}", path.display()))
}

/// Tells a person something on standard error.
pub fn tell(message: &str) {
    // Nothing is left to do if standard error is gone.
    let _ = writeln!(io::stderr(), "{message}");
}

/// Parses a day as `YYYY-MM-DD`.
fn day(text: &str) -> Result<Date, String> {
    Date::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| text.len() == 10)
        .ok_or_else(|| "expected a day as YYYY-MM-DD".to_owned())
}

/// Parses the arguments of the process, runs the subcommand and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help on standard output with code 0 and mistakes on standard error with code 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let Err(failure) = dispatch(&cli.command, &cli.global) else { return ExitCode::SUCCESS };
    tell(&format!("linelogic: {failure}"));
    if cli.global.json && !matches!(failure, Failure::Gate(_)) {
        let document = serde_json::json!({ "error": { "kind": failure.kind(), "message": failure.to_string() } });
        // The failure itself is what counts, and it was told already.
        let _ = cli.global.print(&document, String::new);
    }
    ExitCode::from(failure.code())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_day_is_written_one_way_only() {
        assert!(day("2026-01-15").is_ok());
        for wrong in ["2026-1-15", "15.01.2026", "2026-02-30", "tonight", ""] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
