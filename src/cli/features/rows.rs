//! `features compute` and `features export`: the rows of views for other tools.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::super::{Failure, Global, Outcome, failed, replace, to_stdout};
use super::{chosen, computed};
use crate::adapters::parquet;
use crate::flows::features::rows_csv;
use crate::flows::present::plural;
use crate::league::features::ViewRows;

/// Flags of `features compute`.
#[derive(Debug, clap::Args)]
pub(super) struct ComputeArgs {
    /// The view
    #[arg(value_name = "VIEW")]
    view: String,
    /// Where the rows go; standard output if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Flags of `features export`.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// A view; more than once for several; all if not given
    #[arg(long = "view", value_name = "NAME")]
    views: Vec<String>,
    /// How the rows are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "parquet")]
    format: Format,
    /// Folder for the files, VIEW.parquet or VIEW.csv each
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// What a Feast FileSource reads as it is
    Parquet,
    /// A table
    Csv,
}

/// A file that was written.
#[derive(Debug, Serialize)]
struct Written {
    view: String,
    file: PathBuf,
    rows: usize,
    bytes: usize,
}

pub(super) fn compute(args: &ComputeArgs, global: &Global) -> Outcome {
    let [rows] = &*rows_of(std::slice::from_ref(&args.view), global)? else {
        return Err(Failure::Environment(format!("{}: its rows were not computed", args.view)));
    };
    let text = csv(rows)?;
    match &args.out {
        None => to_stdout(&text),
        Some(out) => {
            let written = write(out, text.into_bytes(), rows)?;
            global.print(&written, || line(&written))
        }
    }
}

pub(super) fn export(args: &ExportArgs, global: &Global) -> Outcome {
    fs::create_dir_all(&args.out).map_err(|error| failed(&args.out, &error))?;
    let mut files = Vec::new();
    for rows in &rows_of(&args.views, global)? {
        let name = &rows.view.name;
        let (bytes, file) = match args.format {
            Format::Csv => (csv(rows)?.into_bytes(), format!("{name}.csv")),
            Format::Parquet => {
                let bytes = parquet::rows(&rows.view, &rows.rows, &crate::league::features::key_name);
                (bytes.map_err(|error| Failure::Environment(error.to_string()))?, format!("{name}.parquet"))
            }
        };
        files.push(write(&args.out.join(file), bytes, rows)?);
    }
    global.print(&files, || files.iter().map(line).collect())
}

fn csv(rows: &ViewRows) -> Result<String, Failure> {
    rows_csv(&rows.view, &rows.rows).map_err(|error| Failure::Environment(error.to_string()))
}

fn rows_of(names: &[String], global: &Global) -> Result<Vec<ViewRows>, Failure> {
    Ok(computed(&chosen(names)?, global)?.views)
}

fn write(path: &Path, bytes: Vec<u8>, rows: &ViewRows) -> Result<Written, Failure> {
    replace(path, &bytes)?;
    Ok(Written { view: rows.view.name.clone(), file: path.to_owned(), rows: rows.rows.len(), bytes: bytes.len() })
}

fn line(written: &Written) -> String {
    format!("{}: {}, {} bytes\n", written.file.display(), plural(written.rows as u64, "row"), written.bytes)
}
