//! `linelogic export`: the store and the data for others.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::operation::store_there;
use super::{Failure, Global, Outcome, failed, replace};
use crate::adapters::data_dir::{DataDir, INDEX};
use crate::adapters::journal;
use crate::base::Digest;
use crate::data::{ContractRef, DataFile};
use crate::flows::datasets::KINDS;
use crate::flows::documents::{self, Record};
use crate::ports::{Document, Revision, Store};
use crate::tracking::{ARTIFACTS, Blob, Run};

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
        /// Write the runs to runs.jsonl and their files to artifacts/ beside it: pages load them when they need them
        #[arg(long)]
        split: bool,
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
        Command::Bundle { out, split } => bundle(out, *split, global),
        Command::Table(args) => super::table::run(args, global),
    }
}

fn bundle(out: &Path, split: bool, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let (revision, documents) = pollster::block_on(store.scan(""))?;
    let mut documents = published(documents);
    let folder = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    if split {
        let files = documents.extract_if(.., |document| document.kind == Blob::KIND).collect();
        let runs: Vec<Document> = documents.extract_if(.., |document| document.kind == Run::KIND).collect();
        write_files(&folder.join(ARTIFACTS), files)?;
        write_journal(&folder.join("runs.jsonl"), "runs", revision, &runs)?;
    }
    let exported = write_journal(out, "store", revision, &documents)?;
    global.print(&exported, || {
        let index = if exported.indexed { format!(", listed in {INDEX}") } else { String::new() };
        format!("{}: {} documents, {} bytes{index}", out.display(), exported.documents, exported.bytes)
    })
}

/// Writes documents as a journal of one line. The index beside it, if there is one, learns its digest.
fn write_journal(out: &Path, kind: &str, revision: Revision, documents: &[Document]) -> Result<Exported, Failure> {
    let text = journal::compact(revision, documents)?;
    replace(out, text.as_bytes())?;
    let digest = Digest::of_bytes(text.as_bytes());
    let file = DataFile {
        path: out.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        kind: kind.to_owned(),
        season: None,
        bytes: text.len() as u64,
        rows: documents.len() as u64,
        digest,
        contract: ContractRef { id: "journal".to_owned(), version: format!("{}.0.0", journal::FORMAT) },
        days: Vec::new(),
    };
    let folder = out.parent().unwrap_or(Path::new("."));
    let indexed = DataDir::new(folder).list_file(file)?;
    Ok(Exported { path: out.to_owned(), documents: documents.len(), bytes: text.len(), digest, indexed })
}

/// Writes the files of runs, each under its digest. Those of no run any more are taken away.
fn write_files(folder: &Path, documents: Vec<Document>) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for document in documents {
        let key = document.key.clone();
        let blob: Blob = documents::read(document)?;
        let bytes = blob.bytes().map_err(|why| Failure::Environment(format!("{key}: {why}")))?;
        replace(&folder.join(blob.digest.hex()), &bytes)?;
    }
    Ok(())
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
