//! `ingest --source SPEC --out DIR`: fetch, normalise, validate, persist, manifest.

use std::path::PathBuf;

use serde::Serialize;

use super::download::{self, Missed};
use super::source::{Loaded, SourceSpec, lines, tell_findings};
use super::{Failure, Global, Outcome};
use crate::adapters::data_dir::DataDir;
use crate::adapters::{SystemClock, milliseconds};
use crate::base::{Date, Instant};
use crate::data::{Change, DataFile, Findings, KEPT, Manifest};
use crate::flows::ingest::{IngestPipeline, Ingested, Rejection, StageReport};
use crate::flows::present::plural;
use crate::ports::Clock;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the games come from: demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR
    #[arg(long, value_name = "SPEC", default_value = "demo")]
    source: SourceSpec,
    /// Folder to write; the default is the folder of --data
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the data of the folder even where rows were refused
    #[arg(long)]
    allow_refused: bool,
}

/// What `--json` prints of an ingest that was let in.
#[derive(Debug, Serialize)]
struct Report<'a> {
    change: Change,
    out: String,
    as_of: Date,
    manifest: &'a Manifest,
    files: &'a [DataFile],
    stages: &'a [StageReport],
    findings: &'a Findings,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let out = args.out.as_ref().unwrap_or(&global.data);
    let clock = milliseconds();
    let mut pipeline = IngestPipeline::new(&clock);
    let now = SystemClock.now();
    let folder = DataDir::new(out);
    let fetched = pipeline.fetch(|| {
        Loaded::read(&args.source, global).map(|loaded| {
            let bytes = loaded.fetched();
            (loaded, bytes)
        })
    });
    let loaded = match fetched {
        Ok(loaded) => loaded,
        Err(Missed::Failed(failure)) => return Err(failure),
        Err(Missed::ForNow(reason)) => return kept(&folder, &reason, now, global),
    };
    let bar = global.progress("reading rows", 0);
    let mut examined = pipeline.examine(loaded.input()?, now.date_naive(), KEPT, &mut |done| {
        bar.set_position(done.rows);
        true
    });
    bar.finish_and_clear();
    examined.requests = loaded.requests();
    let ingested = match pipeline.admit(examined, now) {
        Ok(ingested) => ingested,
        Err(rejection) => {
            // Pages that are refused are of no more use: the next run asks for them anew.
            loaded.finish();
            return refuse(&rejection, global);
        }
    };
    if ingested.manifest.quarantined > 0 && !args.allow_refused && is_other(&folder, &ingested) {
        let message = format!(
            "{} of {} refused, so the data in {} stays as it was; --allow-refused replaces it by the other {}",
            plural(ingested.manifest.quarantined, "row"),
            ingested.manifest.source,
            out.display(),
            plural(ingested.manifest.accepted, "row")
        );
        return refuse(&Rejection { message, findings: ingested.findings }, global);
    }
    let (change, index) = pipeline.persist(ingested.manifest.records, || {
        folder.write(&ingested).map(|(change, index)| {
            let bytes = index.files.iter().map(|file| file.bytes).sum();
            ((change, index), bytes)
        })
    })?;
    loaded.finish();
    if !global.json {
        tell_findings(&ingested.findings);
    }
    let report = Report {
        change,
        out: out.display().to_string(),
        as_of: index.as_of,
        manifest: &index.manifest,
        files: &index.files,
        stages: pipeline.stages(),
        findings: &ingested.findings,
    };
    global.print(&report, || text(&report))
}

/// The provider cannot be had: the last good snapshot stays, and that is said.
fn kept(folder: &DataDir, reason: &str, now: Instant, global: &Global) -> Outcome {
    let index = download::snapshot(folder, reason, now, global)?;
    let document = serde_json::json!({
        "change": "kept", "reason": reason, "out": folder.root(), "as_of": index.as_of, "manifest": index.manifest
    });
    global.print(&document, || {
        let manifest = &index.manifest;
        format!(
            "{}: kept: {} of {}, ingested on {}; the data stands at the morning of {}\n",
            folder.root().display(),
            plural(manifest.records, "game"),
            manifest.source,
            manifest.ingested_at.date_naive(),
            index.as_of
        )
    })
}

/// Whether the folder holds data, and other than this.
fn is_other(folder: &DataDir, ingested: &Ingested) -> bool {
    folder.index().is_ok_and(|index| index.manifest.digest != ingested.manifest.digest)
}

fn text(report: &Report<'_>) -> String {
    let manifest = report.manifest;
    let games: u64 = report.files.iter().filter(|file| file.kind == "games").map(|file| file.rows).sum();
    let change = match report.change {
        Change::Written => "written",
        Change::Unchanged => "unchanged",
    };
    let seasons = report.files.iter().filter(|file| file.kind == "games").count();
    format!(
        "{}: {change}: {} in {} from {} (digest {})\n\
         rows: {} in, {} accepted, {} refused, {} passed over; the data stands at the morning of {}\n",
        report.out,
        plural(games, "game"),
        plural(seasons as u64, "season"),
        manifest.source,
        manifest.digest.short(),
        manifest.rows_in,
        manifest.accepted,
        manifest.quarantined,
        manifest.skipped,
        report.as_of
    )
}

/// Prints a refusal: the document with `--json`, otherwise the findings as lines.
pub(super) fn refuse(rejection: &Rejection, global: &Global) -> Outcome {
    let document =
        serde_json::json!({ "change": "refused", "message": rejection.message, "findings": rejection.findings });
    global.print(&document, || lines(&rejection.findings).join("\n"))?;
    Err(Failure::Gate(rejection.message.clone()))
}
