//! The gate: a file held against a contract, with every violation counted and as many kept as are asked for.

use serde::Serialize;

use super::check::{Checked, Checking, Done, InputFile, check};
use crate::base::Date;
use crate::data::{Contract, ContractRef, Counts, Findings, KEPT, gate};
use crate::league::contracts::{
    self, BoxTotalsJudge, GamesJudge, Judge, OutcomesJudge, PredictionsJudge, TeamSeasonStatsJudge, TeamsJudge,
};
use crate::league::providers;

/// What a validation says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validated {
    /// The contract.
    pub contract: ContractRef,
    /// The parser with its version; `none` where the file could not be read.
    pub parser: String,
    /// Whether nothing breaks the contract.
    pub valid: bool,
    /// Why an ingest would refuse the whole; none where it would let the rest in.
    pub refused_because: Option<String>,
    /// How many rows went where.
    pub counts: Counts,
    /// How many violations keep something out.
    pub errors: u64,
    /// What was found.
    pub findings: Findings,
}

/// Holds files against a contract.
///
/// Memory grows with `kept`, and with what must be unique: for games that is bounded by the calendar, for other
/// contracts by two million rows.
pub fn validate(
    contract: &'static Contract,
    name: &str,
    files: Vec<InputFile<'_>>,
    today: Date,
    kept: usize,
    progress: &mut dyn FnMut(Done) -> bool,
) -> Validated {
    let checking = Checking { kept, collect: false, progress, timer: None };
    match contract.id {
        "teams" => of(name, files, TeamsJudge::default(), checking),
        "box_totals" => of(name, files, BoxTotalsJudge::default(), checking),
        "team_season_stats" => of(name, files, TeamSeasonStatsJudge::default(), checking),
        "predictions" => of(name, files, PredictionsJudge::default(), checking),
        "outcomes" => of(name, files, OutcomesJudge::default(), checking),
        _ => {
            let judge = GamesJudge::new(Some(today));
            said(contracts::games(), check(name, files, judge, checking, &providers::parse))
        }
    }
}

/// How many violations are kept where nothing else is asked for.
pub const KEPT_BY_DEFAULT: usize = 10 * KEPT;

fn of<J: Judge>(name: &str, files: Vec<InputFile<'_>>, judge: J, checking: Checking<'_>) -> Validated {
    let contract = judge.contract();
    let checked = check(name, files, judge, checking, &|name, reader, _, sink| {
        providers::parse_records(contract, name, reader, sink)
    });
    said(contract, checked)
}

fn said<T>(contract: &Contract, checked: Checked<T>) -> Validated {
    let refused_because = gate(checked.counts, &checked.of_the_set).err();
    Validated {
        contract: contract.reference(),
        parser: checked.parsed.map_or_else(|| "none".to_owned(), |parsed| parsed.parser),
        valid: checked.findings.error_count == 0 && refused_because.is_none() && !checked.cancelled,
        refused_because,
        counts: checked.counts,
        errors: checked.findings.error_count,
        findings: checked.findings,
    }
}
