//! `linelogic export`: the store and the data for others.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::operation::store_there;
use super::{Global, Outcome, failed, replace};
use crate::adapters::data_dir::{DataDir, INDEX};
use crate::adapters::journal;
use crate::base::Digest;
use crate::data::{ContractRef, DataFile};
use crate::flows::datasets::KINDS;
use crate::ports::{Document, Store};

/// How many drift reports are published: they are large, and any can be computed again from the data.
const DRIFT_REPORTS: usize = 7;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The journal in one line, as the site publishes it; an index beside it learns its digest
    Bundle {
        /// Where to write it
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
    },
    /// Runs, their files and the registry as an MLflow store (mlruns)
    Mlflow {
        /// Where to write it: an archive where the name ends in .zip, else a folder
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
    },
    /// Records of a contract as this app knows them, for other tools
    Table(super::table::Args),
}

#[derive(Serialize)]
struct Exported {
    path: PathBuf,
    documents: usize,
    bytes: usize,
    digest: Digest,
    indexed: bool,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    match &args.command {
        Command::Bundle { out } => bundle(out, global),
        Command::Mlflow { out } => super::mlruns::export(out, global),
        Command::Table(args) => super::table::run(args, global),
    }
}

fn bundle(out: &Path, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let (revision, documents) = pollster::block_on(store.scan(""))?;
    let documents = published(documents);
    let text = journal::compact(revision, &documents)?;
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    replace(out, text.as_bytes())?;
    let digest = Digest::of_bytes(text.as_bytes());
    let file = DataFile {
        path: out.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        kind: "store".to_owned(),
        season: None,
        bytes: text.len() as u64,
        rows: documents.len() as u64,
        digest,
        contract: ContractRef { id: "journal".to_owned(), version: format!("{}.0.0", journal::FORMAT) },
        days: Vec::new(),
    };
    // The index beside it, if there is one, learns its digest.
    let indexed = DataDir::new(folder).list_file(file)?;
    let exported = Exported { path: out.to_owned(), documents: documents.len(), bytes: text.len(), digest, indexed };
    global.print(&exported, || {
        let index = if indexed { format!(", listed in {INDEX}") } else { String::new() };
        format!("{}: {} documents, {} bytes{index}", out.display(), documents.len(), text.len())
    })
}

/// What the site publishes: everything but a browser's imports and old drift reports.
fn published(mut documents: Vec<Document>) -> Vec<Document> {
    documents.retain(|document| !KINDS.contains(&document.kind.as_str()));
    let drift = documents.iter().filter(|document| document.kind == "drift").count();
    let mut old = drift.saturating_sub(DRIFT_REPORTS);
    // Keys are days, so the first ones are the oldest.
    documents.retain(|document| {
        let drop = document.kind == "drift" && old > 0;
        old -= usize::from(drop);
        !drop
    });
    documents
}
