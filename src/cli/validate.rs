//! `validate PATH --contract NAME`: the gate, with every violation.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::ingest::refuse;
use super::source::{Loaded, SourceSpec, lines};
use super::{Failure, Global, Outcome};
use crate::adapters::data_dir::INDEX;
use crate::data::{ContractRef, Counts, gate};
use crate::flows::ingest::Findings;
use crate::league::games_contract;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A CSV file, a season's JSON file, or a folder with an index
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// The contract to hold it against
    #[arg(long, value_name = "NAME", default_value = "games", value_parser = ["games"])]
    contract: String,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    source: String,
    contract: ContractRef,
    parser: String,
    valid: bool,
    /// Whether an ingest would let the rest in.
    admissible: bool,
    counts: Counts,
    errors: u64,
    findings: Findings,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let loaded = match Loaded::read(&spec(&args.path))? {
        Ok(loaded) => loaded,
        Err(rejection) => return refuse(&rejection, global),
    };
    let examined = loaded.examine(global, usize::MAX);
    let admissible = gate(examined.counts, &examined.of_the_set);
    let valid = examined.errors == 0 && admissible.is_ok();
    let report = Report {
        source: examined.source,
        contract: games_contract().reference(),
        parser: examined.parser,
        valid,
        admissible: admissible.is_ok(),
        counts: examined.counts,
        errors: examined.errors,
        findings: examined.findings,
    };
    global.print(&report, || text(&report))?;
    if valid {
        return Ok(());
    }
    let why = match admissible {
        Ok(()) => format!("{} of its rows would be refused", report.counts.quarantined),
        Err(reason) => format!("an ingest would refuse it: {reason}"),
    };
    let (id, version) = (&report.contract.id, &report.contract.version);
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
        SourceSpec::File(path.to_owned())
    }
}

fn text(report: &Report) -> String {
    let mut lines = lines(&report.findings);
    let Counts { rows_in, accepted, quarantined, skipped } = report.counts;
    lines.push(format!("rows: {rows_in} in, {accepted} accepted, {quarantined} refused, {skipped} passed over"));
    lines.push(format!(
        "{}: {} ({} errors, {} findings)",
        report.source,
        if report.valid { "valid" } else { "not valid" },
        report.errors,
        report.findings.violation_count
    ));
    lines.join("\n")
}
