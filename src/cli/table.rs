//! `export table --contract NAME`: records of a contract as this app knows them, for other tools.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::operation::{all, store_there};
use super::source::{SourceSpec, ingested};
use super::{Failure, Global, Outcome, failed, replace, to_stdout};
use crate::adapters::data_dir::DataDir;
use crate::adapters::journal;
use crate::data::Contract;
use crate::flows::documents::{Record, read};
use crate::flows::present::plural;
use crate::flows::tables::{TableError, TableFormat, records, text};
use crate::league::{GameLog, contracts};
use crate::serving::DayLog;

/// The journal that a data folder may have.
const JOURNAL: &str = "store.jsonl";

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The contract
    #[arg(long, value_name = "NAME", value_parser = contracts::IDS)]
    contract: String,
    /// Where the games come from: demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR; the folder of --data if not given
    #[arg(long, value_name = "SPEC")]
    source: Option<SourceSpec>,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Jsonl)]
    format: Format,
    /// Where to write it; standard output if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One JSON object a line
    Jsonl,
    /// A table; its columns are the contract's fields
    Csv,
    /// A JSON list
    Json,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let contract = contracts::by_id(&args.contract).unwrap_or_else(|| contracts::games());
    let (log, days) = match contract.id {
        "teams" => (GameLog::default(), Vec::new()),
        "predictions" => (GameLog::default(), day_logs(args, global)?),
        _ => (games(args, global)?, Vec::new()),
    };
    let records = records(contract, &log, &days)?;
    let format = match args.format {
        Format::Jsonl => TableFormat::JsonLines,
        Format::Csv => TableFormat::Csv,
        Format::Json => TableFormat::Json,
    };
    write(contract, &records, &text(contract, &records, format)?, args, global)
}

fn write(contract: &Contract, records: &[Value], text: &str, args: &Args, global: &Global) -> Outcome {
    match &args.out {
        None if global.json => {
            global.print(&json!({ "contract": contract.reference(), "records": records }), String::new)
        }
        None => to_stdout(text),
        Some(out) => {
            if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
            }
            replace(out, text.as_bytes())?;
            let (rows, bytes) = (records.len() as u64, text.len());
            let document = json!({ "contract": contract.reference(), "out": out, "rows": rows, "bytes": bytes });
            global.print(&document, || {
                format!("{}: {} of {}, {bytes} bytes", out.display(), plural(rows, "row"), contract.id)
            })
        }
    }
}

/// The games, as they were known on the morning of `--as-of`.
fn games(args: &Args, global: &Global) -> Result<GameLog, Failure> {
    let log = match &args.source {
        Some(source) => ingested(source, global)?.log,
        None => DataDir::new(&global.data).load()?.1,
    };
    Ok(global.as_of.map_or(log.clone(), |day| log.as_of(day)))
}

/// What was predicted on every morning up to `--as-of`: from the journal in the data folder that was asked for, else
/// from that of `--store`, else from that of `--data`.
fn day_logs(args: &Args, global: &Global) -> Result<Vec<DayLog>, Failure> {
    let mut days = match &args.source {
        Some(SourceSpec::Dir(folder)) => of_journal(folder.join(JOURNAL))?,
        Some(_) => {
            let why = "predictions come from a journal, not from games: give --source dir:DIR or --store DIR";
            return Err(Failure::Usage(why.to_owned()));
        }
        None if global.store.is_dir() => all::<DayLog>(&store_there(global)?)?,
        None => of_journal(global.data.join(JOURNAL))?,
    };
    days.retain(|log| global.as_of.is_none_or(|day| log.day <= day));
    if days.iter().all(|log| log.predictions.is_empty()) {
        let why = "no prediction has been logged; `linelogic replay` and `linelogic pipeline daily` log them";
        return Err(Failure::Environment(why.to_owned()));
    }
    Ok(days)
}

/// The days of a published journal.
fn of_journal(path: PathBuf) -> Result<Vec<DayLog>, Failure> {
    let bytes = fs::read(&path).map_err(|error| {
        let hint = "predictions are in the journal of a data folder or of --store";
        Failure::Environment(format!("{}: {error}; {hint}", path.display()))
    })?;
    let documents = journal::parse(&bytes)?.documents.into_values();
    let days = documents.filter(|document| document.kind == DayLog::KIND).map(read);
    Ok(days.collect::<Result<_, _>>()?)
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Broken { .. } => Failure::Gate(error.to_string()),
            TableError::Json(_) | TableError::Csv(_) => Failure::Environment(error.to_string()),
        }
    }
}
