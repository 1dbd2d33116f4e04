//! `export bundle` to a journal of one line, as the site publishes it.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::written;
use crate::adapters::data_dir::{DataDir, INDEX};
use crate::adapters::journal;
use crate::base::Digest;
use crate::cli::operation::store_there;
use crate::cli::{Failure, Global, Outcome, failed};
use crate::data::{ContractRef, DataFile};
use crate::features::OnlineView;
use crate::flows::datasets::KINDS;
use crate::flows::documents::{self, Record};
use crate::flows::features::Applied;
use crate::monitoring::{Alert, DriftReport};
use crate::ports::{Document, Revision, Store};
use crate::tracking::{ARTIFACTS, Blob, Run};

/// How many drift reports are published: they are large, and any can be computed again from the data.
const DRIFT_REPORTS: usize = 7;

#[derive(Serialize)]
struct Exported<'a> {
    path: &'a Path,
    documents: usize,
    bytes: usize,
    digest: Digest,
    indexed: bool,
}

/// Kinds that only the lab's pages show.
const OF_THE_LAB: [&str; 5] = [Run::KIND, Alert::KIND, DriftReport::KIND, Applied::KIND, OnlineView::KIND];

/// Runs it. Split, what only the lab shows lies beside the journal, and the files of runs each by itself.
pub(super) fn run(out: &Path, split: bool, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let (revision, documents) = pollster::block_on(store.scan(""))?;
    let mut documents = published(documents);
    if split {
        let folder = out.parent().unwrap_or(Path::new(""));
        let files = documents.extract_if(.., |document| document.kind == Blob::KIND).collect();
        let of_the_lab = |document: &mut Document| OF_THE_LAB.contains(&document.kind.as_str());
        let lab: Vec<Document> = documents.extract_if(.., of_the_lab).collect();
        write_files(&folder.join(ARTIFACTS), files)?;
        write(&folder.join("lab.jsonl"), "lab", revision, &lab)?;
    }
    let exported = write(out, "store", revision, &documents)?;
    global.print(&exported, || {
        let index = if exported.indexed { format!(", listed in {INDEX}") } else { String::new() };
        format!("{}: {} documents, {} bytes{index}", out.display(), exported.documents, exported.bytes)
    })
}

/// Writes documents as a journal of one line. The index beside it, if there is one, learns its digest.
fn write<'a>(out: &'a Path, kind: &str, revision: Revision, documents: &[Document]) -> Result<Exported<'a>, Failure> {
    let text = journal::compact(revision, documents)?;
    let folder = written(out, text.as_bytes())?;
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
    let indexed = DataDir::new(folder).list_file(file)?;
    Ok(Exported { path: out, documents: documents.len(), bytes: text.len(), digest, indexed })
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
        written(&folder.join(blob.digest.hex()), &bytes)?;
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
