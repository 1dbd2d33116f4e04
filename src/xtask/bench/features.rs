//! The feature store beside others: the point-in-time join of all real games with every view of teams, by the command line,
//! the worker, polars and Feast; and how the join's time grows.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::{Contender, Measurement, PYTHON_STORE, python_with};
use crate::xtask::process::{command, run_and_read};
use crate::xtask::project::Project;

/// What others took for the join.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct JoinTime {
    name: String,
    milliseconds: f64,
    runs: f64,
    versions: String,
}

/// The times of others, and the native curve: feature rows and milliseconds.
#[derive(Debug)]
pub struct Store {
    /// Times of others, or why there are none.
    pub others: Result<Vec<JoinTime>>,
    /// The curve, or why there is none.
    pub curve: Result<Vec<(usize, f64)>>,
}

/// Measures what is not measured by [`Measurement`].
pub fn measure(project: &Project, program: &Path, games: Option<&Path>) -> Store {
    let others = match games {
        Some(games) => others(project, program, games),
        None => Err(anyhow::anyhow!("the real games are absent")),
    };
    Store { others, curve: curve(project, program) }
}

fn others(project: &Project, program: &Path, games: &Path) -> Result<Vec<JoinTime>> {
    let python = python_with(project, "venv-store", &PYTHON_STORE)?;
    let folder = exported(project, program, games)?;
    let mut script = command(project, python);
    script.args(["-W", "ignore", "tests/reference/bench_features.py"]).arg(games).arg(folder);
    let (fine, output) = run_and_read(&mut script)?;
    if !fine {
        bail!("bench_features.py did not run to its end");
    }
    let lines = output.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).with_context(|| format!("it printed {line}"))).collect()
}

/// The views of the real games as Parquet files.
fn exported(project: &Project, program: &Path, games: &Path) -> Result<PathBuf> {
    let (data, out) = (project.scratch().join("bench-real"), project.scratch().join("bench-features"));
    let source = format!("csv:{}", games.display());
    let mut ingest = command(project, program);
    ingest.args(["ingest", "--source", &source, "--out"]).arg(&data);
    let mut export = command(project, program);
    export.args(["features", "export", "--data"]).arg(&data).arg("--out").arg(&out);
    for mut step in [ingest, export] {
        if !run_and_read(&mut step)?.0 {
            bail!("the views could not be exported");
        }
    }
    Ok(out)
}

fn curve(project: &Project, program: &Path) -> Result<Vec<(usize, f64)>> {
    let mut bench = command(project, program);
    let (fine, output) = run_and_read(bench.args(["bench", "--join-curve", "--json"]))?;
    if !fine {
        bail!("it did not run to its end");
    }
    Ok(serde_json::from_str(&output)?)
}

/// The tables.
pub fn tables(contenders: &[Contender], store: &Store) -> String {
    [views(contenders), joins(contenders, store), growth(store)].join("\n")
}

fn views(contenders: &[Contender]) -> String {
    let header = "| feature store | all views, median ms | look-up of a vector, 99th percentile, ms |\n|---|---|---|\n";
    super::tables::table(header, contenders, |m| {
        let (views, lookup) = (m.all_views_milliseconds?, m.lookup_p99_milliseconds?);
        Some(format!("{views:.1} | {lookup:.4}"))
    })
}

fn joins(contenders: &[Contender], store: &Store) -> String {
    let base = contenders.first().and_then(|(_, outcome)| outcome.as_ref().ok()?.join_milliseconds);
    let header = "| point-in-time join, all views of teams | entity rows | median ms | runs | against native |\n|---|---|---|---|---|\n";
    let mut text = super::tables::table(header, contenders, |m: &Measurement| {
        let (rows, ms) = (m.join_rows?, m.join_milliseconds?);
        Some(format!("{rows} | {ms:.2} | {} | {}", m.join_runs?, super::tables::ratio(ms, base)))
    });
    match &store.others {
        Err(error) => text += &format!("| polars and Feast | not measured: {} | | | |\n", error.root_cause()),
        Ok(others) => {
            for JoinTime { name, milliseconds, runs, versions } in others {
                let ratio = super::tables::ratio(*milliseconds, base);
                text += &format!("| {name} ({versions}) | the same | {milliseconds:.1} | {runs} | {ratio} |\n");
            }
        }
    }
    text
}

fn growth(store: &Store) -> String {
    let mut text =
        "| join of 23,000 entity rows, native | feature rows | ms, once | ns a row |\n|---|---|---|---|\n".to_owned();
    match &store.curve {
        Err(error) => text += &format!("| not measured: {} | | | |\n", error.root_cause()),
        Ok(curve) => {
            for (rows, ms) in curve {
                text += &format!("| unsorted rows of 30 keys | {rows} | {ms:.1} | {:.1} |\n", 1e6 * ms / *rows as f64);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn what_could_not_be_measured_says_why() {
        let store = Store { others: Err(anyhow!("there is no python3")), curve: Ok(vec![(10, 0.5)]) };
        let text = tables(&[("native".to_owned(), Err(anyhow!("it failed")))], &store);
        assert!(text.contains("| polars and Feast | not measured: there is no python3 |"), "{text}");
        assert!(text.contains("| native | not measured: it failed |"), "{text}");
        assert!(text.contains("| unsorted rows of 30 keys | 10 | 0.5 | 50000.0 |"), "{text}");
    }
}
