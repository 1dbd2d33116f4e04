//! `validate PATH --contract NAME`: the gate, with every violation.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::source::{Loaded, SourceSpec, lines};
use super::{Failure, Global, Outcome, replace};
use crate::adapters::SystemClock;
use crate::adapters::data_dir::INDEX;
use crate::data::{Counts, failure_cases};
use crate::flows::present::plural;
use crate::flows::validate::{KEPT_BY_DEFAULT, Validated, validate};
use crate::league::contracts;
use crate::ports::Clock;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of any known format, a folder with an index, or - for standard input
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The contract to hold it against
    #[arg(long, value_name = "NAME", default_value = "games", value_parser = contracts::IDS)]
    contract: String,
    /// How many violations are listed; all are counted
    #[arg(long, value_name = "N", default_value_t = KEPT_BY_DEFAULT)]
    keep: usize,
    /// Write the violations as a table of failure cases, too
    #[arg(long, value_name = "CSV")]
    failure_cases: Option<PathBuf>,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    source: String,
    #[serde(flatten)]
    validated: Validated,
    /// Whether an ingest would let the rest in.
    admissible: bool,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let contract = contracts::by_id(&args.contract).unwrap_or_else(|| contracts::games());
    let loaded = Loaded::here(&spec(&args.path), global)?;
    let source = loaded.name().to_owned();
    let bar = global.progress("reading rows", 0);
    let today = SystemClock.now().date_naive();
    let validated = validate(contract, &source, loaded.files()?, today, args.keep, &mut |done| {
        bar.set_position(done.rows);
        true
    });
    bar.finish_and_clear();
    if let Some(path) = &args.failure_cases {
        replace(path, failure_cases::csv(contract, &validated.findings).as_bytes())?;
    }
    let report = Report { source, admissible: validated.refused_because.is_none(), validated };
    global.print(&report, || text(&report))?;
    let validated = &report.validated;
    if validated.valid {
        return Ok(());
    }
    let why = match &validated.refused_because {
        None => format!("{} of it would be refused", plural(validated.counts.quarantined, "row")),
        Some(reason) => format!("an ingest would refuse it: {reason}"),
    };
    let (id, version) = (&validated.contract.id, &validated.contract.version);
    Err(Failure::Gate(format!("{} does not keep the contract {id} {version}: {why}", args.path.display())))
}

/// A folder, or the index in it, stands for every file that the index lists.
fn spec(path: &Path) -> SourceSpec {
    if path.is_dir() {
        SourceSpec::Dir(path.to_owned())
    } else if path.file_name().is_some_and(|name| name == INDEX) {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        SourceSpec::Dir(folder.to_owned())
    } else {
        SourceSpec::Files(vec![path.to_owned()])
    }
}

fn text(report: &Report) -> String {
    let validated = &report.validated;
    let mut lines = lines(&validated.findings);
    let Counts { rows_in, accepted, quarantined, skipped } = validated.counts;
    lines.push(format!("rows: {rows_in} in, {accepted} accepted, {quarantined} refused, {skipped} passed over"));
    lines.push(format!(
        "{}: {} ({}, {})",
        report.source,
        if validated.valid { "valid" } else { "not valid" },
        plural(validated.errors, "error"),
        plural(validated.findings.violation_count, "finding")
    ));
    lines.join("\n")
}
