//! The records of a contract as this app knows them, for other tools: each held against its contract before it goes out.

use serde::Serialize;
use serde_json::Value;

use crate::base::Locus;
use crate::data::{Contract, RawRecord, Violation};
use crate::league::GameLog;
use crate::league::contracts::{OutcomeRecord, PredictionRecord, box_records, season_stats, team_records};
use crate::serving::{DayLog, Settled};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// One JSON object a line.
    JsonLines,
    /// One JSON list.
    Json,
    /// A table whose columns are the contract's fields, `score.home` and the like; what is null is empty.
    Csv,
}

/// Why a table could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// A record breaks its contract.
    #[error("record {number} would not keep the contract {contract}: {violation}")]
    Broken {
        /// The contract.
        contract: &'static str,
        /// The record, from 1.
        number: u64,
        /// What is wrong with it.
        violation: Box<Violation>,
    },
    /// A record is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Writing the table failed.
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// The records of a contract: teams as they are known, games and what follows from them, predictions as they were logged
/// on the mornings of `days`.
///
/// # Errors
/// Where a record breaks its contract.
pub fn records(contract: &'static Contract, log: &GameLog, days: &[DayLog]) -> Result<Vec<Value>, TableError> {
    let records = match contract.id {
        "teams" => values(&team_records())?,
        "box_totals" => values(&box_records(log))?,
        "team_season_stats" => values(&season_stats(log))?,
        "predictions" => values(&predictions(days))?,
        "outcomes" => values(&outcomes(log))?,
        _ => values(log.games())?,
    };
    let file = Locus::file(contract.id);
    for (number, value) in (1..).zip(&records) {
        let record = RawRecord::typed(&file, number, value.clone());
        let broken = contract.check(&record).1.into_iter().find(Violation::is_error);
        if let Some(violation) = broken {
            return Err(TableError::Broken { contract: contract.id, number, violation: Box::new(violation) });
        }
    }
    Ok(records)
}

fn values<T: Serialize>(records: &[T]) -> Result<Vec<Value>, serde_json::Error> {
    records.iter().map(serde_json::to_value).collect()
}

fn predictions(days: &[DayLog]) -> Vec<PredictionRecord> {
    let of_day = |log: &DayLog| -> Vec<PredictionRecord> {
        log.predictions.iter().map(|one| PredictionRecord::of(log.day, log.made_at, one)).collect()
    };
    days.iter().flat_map(of_day).collect()
}

/// How every game with a score turned out.
fn outcomes(log: &GameLog) -> Vec<OutcomeRecord> {
    let outcome = |game: &crate::league::Game| {
        let settled = Settled { game_id: game.id.clone(), home_won: game.home_won()? };
        Some(OutcomeRecord::of(game.date, &settled))
    };
    log.games().iter().filter_map(outcome).collect()
}

/// Records as a file's text.
///
/// # Errors
/// Where writing fails.
pub fn text(contract: &Contract, records: &[Value], format: TableFormat) -> Result<String, TableError> {
    Ok(match format {
        TableFormat::JsonLines => {
            let lines: Vec<String> = records.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
            lines.iter().map(|line| format!("{line}\n")).collect()
        }
        TableFormat::Json => serde_json::to_string(records)? + "\n",
        TableFormat::Csv => table(contract, records)?,
    })
}

fn table(contract: &Contract, records: &[Value]) -> Result<String, TableError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(contract.leaves.iter().map(|leaf| leaf.path.as_str()))?;
    for record in records {
        let cell = |path: &str| match path.split('.').try_fold(record, |value, step| value.get(step)) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        writer.write_record(contract.leaves.iter().map(|leaf| cell(&leaf.path)))?;
    }
    // What was written is UTF-8, and writing into memory cannot fail.
    Ok(writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}
