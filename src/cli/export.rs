//! `linelogic export`: the store and the data for others.

mod bundle;
mod onnx;
mod report;

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
    /// The registry with its runs as one signed file (*.zip, *.bundle), or the journal in one line as the site publishes it
    Bundle(bundle::Args),
    /// A model version in ONNX with what MLflow needs: a folder, a zip of it, or the model alone (*.onnx)
    Onnx(onnx::Args),
    /// An experiment as one page that opens from disk
    Report(report::Args),
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
        Command::Bundle(args) if args.signed() => bundle::run(args, global),
        Command::Bundle(args) => journal_line(&args.out, global),
        Command::Onnx(args) => onnx::run(args, global),
        Command::Report(args) => report::run(args, global),
        Command::Table(args) => super::table::run(args, global),
    }
}

/// An index beside the journal learns its digest.
fn journal_line(out: &Path, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let (revision, documents) = pollster::block_on(store.scan(""))?;
    let documents = published(documents);
    let text = journal::compact(revision, &documents)?;
    let folder = written(out, text.as_bytes())?;
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
