//! `linelogic drift`: drift of any two CSV files.

use std::path::PathBuf;

use serde::Serialize;

use super::csv_table::{Table, is_missing, line_of};
use super::{Failure, Global, Outcome, tell};
use crate::base::Locus;
use crate::monitoring::{Column, ColumnDrift, Data, Evidence, compare, drift_share, is_continuous};

/// Flags of `drift`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV file with the reference window
    #[arg(long, value_name = "FILE")]
    reference: PathBuf,
    /// CSV file with the current window
    #[arg(long, value_name = "FILE")]
    current: PathBuf,
    /// Test to use; `auto` takes ks for numbers with more than five distinct values and chisquare for all else
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Method::Auto)]
    method: Method,
    /// Columns to compare, separated by commas; every column that both files have if not given
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
}

/// Which test compares a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Method {
    /// By the column's values
    Auto,
    /// Kolmogorov–Smirnov, two-sample, two-sided
    Ks,
    /// Chi-squared against the reference's shares
    Chisquare,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Report {
    reference: FileSummary,
    current: FileSummary,
    columns: Vec<ColumnDrift>,
    /// Share of the compared columns that drifted.
    drift_share: f64,
    /// Columns that only one of the files has.
    not_compared: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FileSummary {
    file: String,
    rows: usize,
}

/// Compares two files column by column.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let (reference, current) =
        (Table::open(&args.reference, csv::Trim::All)?, Table::open(&args.current, csv::Trim::All)?);
    let names = choose_columns(args, &reference, &current)?;
    let not_compared = if args.columns.is_empty() { unshared(&reference, &current) } else { Vec::new() };
    if !not_compared.is_empty() {
        tell(&format!("not compared, because only one of the files has them: {}", not_compared.join(", ")));
    }
    let pairs = names
        .iter()
        .map(|name| Pair::read(name, &reference, &current, args.method))
        .collect::<Result<Vec<_>, Failure>>()?;
    let columns = compare(&pairs.iter().map(Pair::column).collect::<Vec<_>>());
    let report = Report {
        reference: reference.summary(),
        current: current.summary(),
        drift_share: drift_share(&columns),
        columns,
        not_compared,
    };
    global.print(&report, || text(&report))
}

fn choose_columns(args: &Args, reference: &Table, current: &Table) -> Result<Vec<String>, Failure> {
    for name in &args.columns {
        for table in [reference, current] {
            if table.index(name).is_none() {
                return Err(Failure::Usage(format!(
                    "{}: no column {name}; the file has {}",
                    table.name(),
                    table.header.join(", ")
                )));
            }
        }
    }
    if !args.columns.is_empty() {
        return Ok(args.columns.clone());
    }
    let shared: Vec<String> = reference.header.iter().filter(|name| current.index(name).is_some()).cloned().collect();
    if shared.is_empty() {
        return Err(Failure::Environment(format!(
            "{} and {} have no column in common: {} against {}",
            reference.name(),
            current.name(),
            reference.header.join(", "),
            current.header.join(", ")
        )));
    }
    Ok(shared)
}

fn unshared(reference: &Table, current: &Table) -> Vec<String> {
    let of = |a: &Table, b: &Table| -> Vec<String> {
        a.header.iter().filter(|name| b.index(name).is_none()).cloned().collect()
    };
    [of(reference, current), of(current, reference)].concat()
}

/// A column of both files.
struct Pair<'a> {
    name: &'a str,
    cells: Cells,
}

enum Cells {
    Continuous(Vec<f64>, Vec<f64>),
    Categorical(Vec<f64>, Vec<f64>),
    Labels(Vec<Option<String>>, Vec<Option<String>>),
}

impl<'a> Pair<'a> {
    fn read(name: &'a str, reference: &Table, current: &Table, method: Method) -> Result<Self, Failure> {
        let cells = match (reference.numbers(name), current.numbers(name)) {
            (Ok(reference), Ok(current)) => {
                let continuous = match method {
                    Method::Ks => true,
                    Method::Chisquare => false,
                    Method::Auto => is_continuous(reference.iter().chain(&current)),
                };
                if continuous { Cells::Continuous(reference, current) } else { Cells::Categorical(reference, current) }
            }
            (Err(at), _) | (_, Err(at)) if method == Method::Ks => {
                return Err(Failure::Usage(format!(
                    "{at}: ks compares numbers; choose --method chisquare, or the columns with --columns"
                )));
            }
            _ => Cells::Labels(reference.labels(name), current.labels(name)),
        };
        Ok(Self { name, cells })
    }

    fn column(&self) -> Column<'_> {
        let data = match &self.cells {
            Cells::Continuous(reference, current) => Data::Continuous { reference, current },
            Cells::Categorical(reference, current) => Data::Categorical { reference, current },
            Cells::Labels(reference, current) => Data::Labels { reference, current },
        };
        Column { name: self.name, data }
    }
}

impl Table {
    fn summary(&self) -> FileSummary {
        FileSummary { file: self.name(), rows: self.rows.len() }
    }

    fn cells(&self, column: &str) -> impl Iterator<Item = (u64, Option<&str>)> {
        let index = self.index(column);
        self.rows.iter().map(move |row| {
            let cell = index.and_then(|index| row.get(index)).filter(|cell| !is_missing(cell));
            (line_of(row), cell)
        })
    }

    /// The column as numbers, NaN where a cell is missing; or the first place with something else.
    fn numbers(&self, column: &str) -> Result<Vec<f64>, String> {
        self.cells(column)
            .map(|(line, cell)| match cell {
                None => Ok(f64::NAN),
                Some(cell) => cell.parse().map_err(|_| {
                    let at = Locus::file(self.name()).at_row(line).at_column(column);
                    format!("{at}: found `{cell}`, expected a number")
                }),
            })
            .collect()
    }

    fn labels(&self, column: &str) -> Vec<Option<String>> {
        self.cells(column).map(|(_, cell)| cell.map(str::to_owned)).collect()
    }
}

fn text(report: &Report) -> String {
    let width = report.columns.iter().map(|column| column.column.chars().count()).max().unwrap_or(0).max(6);
    let mut out = format!(
        "reference {} ({} rows), current {} ({} rows)\n\n{:width$}  {:9}  {:>10}  {:>10}  {:7}  {:>15}\n",
        report.reference.file,
        report.reference.rows,
        report.current.file,
        report.current.rows,
        "column",
        "test",
        "statistic",
        "p-value",
        "drift",
        "missing ref/cur"
    );
    for column in &report.columns {
        let evidence = match column.evidence {
            Some(Evidence::PValue(value) | Evidence::Distance(value)) => number(value),
            None => "no values".to_owned(),
        };
        let statistic = if column.evidence.is_some() { number(column.statistic) } else { "-".to_owned() };
        out.push_str(&format!(
            "{:width$}  {:9}  {:>10}  {:>10}  {:7}  {:>15}\n",
            column.column,
            column.stattest,
            statistic,
            evidence,
            if column.drifted { "DRIFTED" } else { "-" },
            format!("{:.1} %/{:.1} %", 100.0 * column.reference_missing, 100.0 * column.current_missing)
        ));
    }
    let compared = report.columns.iter().filter(|column| column.evidence.is_some()).count();
    let drifted = report.columns.iter().filter(|column| column.drifted).count();
    out.push_str(&format!("\ndrift score {:.3}: {drifted} of {compared} columns drifted\n", report.drift_share));
    out
}

/// Four significant places for people; `--json` has them all.
fn number(value: f64) -> String {
    if value.is_infinite() {
        "infinite".to_owned()
    } else if value != 0.0 && value.abs() < 1e-3 {
        format!("{value:.3e}")
    } else {
        format!("{value:.4}")
    }
}
