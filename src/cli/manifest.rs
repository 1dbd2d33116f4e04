//! `manifest {list, verify}`: the chain of manifests of the folder of `--data`.

use serde_json::json;

use super::{Failure, Global, Outcome};
use crate::adapters::data_dir::{ChainEntry, Change, DataDir, DataDirError};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Every ingest, the oldest first
    List,
    /// Hold files, games and chain against their digests
    Verify,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let folder = DataDir::new(&global.data);
    match args.action {
        Action::List => list(&folder, global),
        Action::Verify => verify(&folder, global),
    }
}

fn list(folder: &DataDir, global: &Global) -> Outcome {
    let chain = folder.chain()?;
    if chain.is_empty() {
        return Err(DataDirError::Empty(folder.root().to_owned()).into());
    }
    global.print(&chain, || chain.iter().map(line).collect())
}

fn line(entry: &ChainEntry) -> String {
    let manifest = &entry.manifest;
    let change = match entry.change {
        Change::Written => "written",
        Change::Unchanged => "unchanged",
    };
    let days = match (manifest.first_day, manifest.last_day) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "no days".to_owned(),
    };
    format!(
        "{}  {}  {change:<9}  {}  {} of {} rows accepted  {days}\n",
        manifest.ingested_at.format("%Y-%m-%d %H:%M:%S"),
        manifest.digest.short(),
        manifest.source,
        manifest.accepted,
        manifest.rows_in
    )
}

fn verify(folder: &DataDir, global: &Global) -> Outcome {
    let index = folder.index()?;
    let problems = folder.verify()?;
    let document = json!({
        "valid": problems.is_empty(),
        "digest": index.manifest.digest,
        "files": index.files.len(),
        "problems": problems,
    });
    global.print(&document, || {
        if problems.is_empty() {
            format!("{} files match {}", index.files.len(), index.manifest.digest)
        } else {
            problems.join("\n")
        }
    })?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::Gate(format!("{}: {} problems; ingest again", folder.root().display(), problems.len())))
}
