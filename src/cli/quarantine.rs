//! `quarantine {list, export, release}`: the refused rows of a folder, looked through, taken along, repaired.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::{Failure, Global, Outcome, replace};
use crate::adapters::SystemClock;
use crate::adapters::data_dir::DataDir;
use crate::data::{DataIndex, Encoding, Findings, Lineage, Quarantined, Violation, failure_cases};
use crate::flows::ingest::{Ingested, ReleaseError, recheck, release};
use crate::flows::present::plural;
use crate::league::games_contract;
use crate::ports::Clock;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Which,
}

#[derive(Debug, clap::Subcommand)]
enum Which {
    /// The refused rows with what they break, numbered from 1
    List,
    /// The refused rows as JSON Lines, or what they break as Pandera's failure cases
    Export {
        /// What to write
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// File to write; standard output if not given
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check a row again with some fields replaced, and let it in as the next revision
    Release {
        /// The row's number in `quarantine list`
        #[arg(long, value_name = "N")]
        row: usize,
        /// A field of the contract and its value, such as score.home=101; nothing after = is null
        #[arg(long = "set", value_name = "FIELD=VALUE")]
        edits: Vec<String>,
        /// Only check
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The rows, one a line
    Jsonl,
    /// schema_context, column, check, check_number, failure_case, index
    FailureCases,
}

#[derive(Serialize)]
struct Numbered<'a> {
    row: usize,
    #[serde(flatten)]
    quarantined: &'a Quarantined,
}

/// Runs it on the folder of `--data`.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let folder = DataDir::new(&global.data);
    let index = folder.index()?;
    let rows = folder.quarantine(&index)?;
    match &args.command {
        Which::List => list(&rows, &index, global),
        Which::Export { format, out } => export(&rows, *format, out.as_ref(), global),
        Which::Release { row, edits, dry_run } => {
            let at = row.checked_sub(1).filter(|at| *at < rows.len());
            let at = at.ok_or_else(|| Failure::Usage(no_such_row(*row, rows.len())))?;
            let edits = edits.iter().map(|edit| parsed(edit, &rows[at])).collect::<Result<Vec<_>, _>>()?;
            let before = before(&folder, index, rows)?;
            if *dry_run { check(&before, at, &edits, global) } else { let_in(&folder, &before, at, &edits, global) }
        }
    }
}

fn no_such_row(row: usize, rows: usize) -> String {
    format!("there is no row {row} in quarantine, which has {}", plural(rows as u64, "row"))
}

fn list(rows: &[Quarantined], index: &DataIndex, global: &Global) -> Outcome {
    let numbered: Vec<Numbered<'_>> = (1..).zip(rows).map(|(row, quarantined)| Numbered { row, quarantined }).collect();
    global.print(&numbered, || {
        let mut lines = Vec::new();
        for (number, row) in (1..).zip(rows) {
            lines.push(format!("{number}  {}", row.locus));
            lines.extend(row.violations.iter().map(|violation| format!("   {}: {violation}", violation.severity)));
        }
        lines.push(format!("{} of {} in quarantine", plural(rows.len() as u64, "row"), index.manifest.source));
        lines.join("\n")
    })
}

fn export(rows: &[Quarantined], format: Format, out: Option<&PathBuf>, global: &Global) -> Outcome {
    let text = match format {
        Format::Jsonl => {
            let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
            let lines = lines.map_err(|error| Failure::Environment(error.to_string()))?;
            lines.iter().map(|line| format!("{line}\n")).collect()
        }
        Format::FailureCases => failure_cases::csv(games_contract(), &findings(rows.to_vec())),
    };
    let Some(out) = out else { return super::to_stdout(&text) };
    replace(out, text.as_bytes())?;
    let document = serde_json::json!({ "rows": rows.len(), "out": out });
    global.print(&document, || format!("{}: {}", out.display(), plural(rows.len() as u64, "row")))
}

/// `score.home=101`: a value is written as the row's source writes values.
fn parsed(edit: &str, row: &Quarantined) -> Result<(String, Value), Failure> {
    let usage = |found: &str| Failure::Usage(format!("--set: expected FIELD=VALUE, {found} `{edit}`"));
    let (field, text) = edit.split_once('=').ok_or_else(|| usage("found"))?;
    let contract = games_contract();
    if contract.leaf(field).is_none() {
        let known: Vec<&str> = contract.leaves.iter().map(|leaf| leaf.path.as_ref()).collect();
        return Err(usage(&format!("with one of the fields {}, found", known.join(", "))));
    }
    let value = match row.encoding {
        _ if text.is_empty() => Value::Null,
        Encoding::Text => text.into(),
        Encoding::Typed => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    };
    Ok((field.to_owned(), value))
}

fn findings(rows: Vec<Quarantined>) -> Findings {
    let mut findings = Findings::default();
    for violation in rows.iter().flat_map(|row| &row.violations) {
        findings.note(violation.clone(), usize::MAX);
    }
    Findings { quarantined: rows, ..findings }
}

/// The folder's data as the ingest left it.
fn before(folder: &DataDir, index: DataIndex, rows: Vec<Quarantined>) -> Result<Ingested, Failure> {
    let log = folder.games(&index)?;
    let lineage = folder.lineage(&index)?.unwrap_or_else(Lineage::default);
    Ok(Ingested { log, as_of: index.as_of, manifest: index.manifest, findings: findings(rows), lineage })
}

fn check(before: &Ingested, at: usize, edits: &[(String, Value)], global: &Global) -> Outcome {
    let row = &before.findings.quarantined[at];
    let now = SystemClock.now();
    let (game, violations) = recheck(before.log.games(), before.manifest.source_kind, row, edits, now);
    let document = serde_json::json!({ "fits": game.is_some(), "violations": violations });
    global.print(&document, || match game {
        Some(_) => format!("row {} would be let in", at + 1),
        None => told(&violations),
    })?;
    if game.is_some() { Ok(()) } else { Err(Failure::Gate(format!("row {} still breaks the contract", at + 1))) }
}

fn let_in(folder: &DataDir, before: &Ingested, at: usize, edits: &[(String, Value)], global: &Global) -> Outcome {
    let released = match release(before, at, edits, SystemClock.now()) {
        Ok(released) => released,
        Err(ReleaseError::Refused { first, violations }) => {
            global.print(&serde_json::json!({ "fits": false, "violations": violations }), || told(&violations))?;
            return Err(Failure::Gate(format!("row {} still breaks the contract: {first}", at + 1)));
        }
        Err(error @ ReleaseError::NoSuchRow(..)) => return Err(Failure::Usage(error.to_string())),
        Err(error @ ReleaseError::Seal(_)) => return Err(Failure::Environment(error.to_string())),
    };
    let (change, index) = folder.write(&released)?;
    let document = serde_json::json!({ "change": change, "as_of": index.as_of, "manifest": index.manifest });
    global.print(&document, || {
        let manifest = &index.manifest;
        format!(
            "row {} is let in: revision {} of {} has {}, {} in quarantine",
            at + 1,
            manifest.revision,
            manifest.source,
            plural(manifest.records, "game"),
            plural(manifest.quarantined, "row")
        )
    })
}

fn told(violations: &[Violation]) -> String {
    violations.iter().map(|violation| format!("{}: {violation}", violation.severity)).collect::<Vec<_>>().join("\n")
}
