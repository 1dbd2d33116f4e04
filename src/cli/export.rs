//! `linelogic export`: the store and the data for others.

mod bundle;
mod journal;
mod onnx;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use super::{Failure, Global, Outcome, failed, replace};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The registry with its runs as one signed file (*.zip, *.bundle), or the journal in one line as the site publishes it
    Bundle(bundle::Args),
    /// Runs, their files and the registry as an MLflow store (mlruns)
    Mlflow {
        /// Where to write it: an archive where the name ends in .zip, else a folder
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
    },
    /// A model version in ONNX with what MLflow needs: a folder, a zip of it, or the model alone (*.onnx)
    Onnx(onnx::Args),
    /// An experiment as one page that opens from disk
    Report(report::Args),
    /// Records of a contract as this app knows them, for other tools
    Table(super::table::Args),
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    match &args.command {
        Command::Bundle(args) if args.signed() => bundle::run(args, global),
        Command::Bundle(args) => journal::run(&args.out, args.split, global),
        Command::Mlflow { out } => super::mlruns::export(out, global),
        Command::Onnx(args) => onnx::run(args, global),
        Command::Report(args) => report::run(args, global),
        Command::Table(args) => super::table::run(args, global),
    }
}

/// Writes a file, and the folder that it lies in if that is missing; gives the folder.
fn written<'a>(out: &'a Path, bytes: &[u8]) -> Result<&'a Path, Failure> {
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    replace(out, bytes)?;
    Ok(folder)
}
