//! A search beside scikit-learn's, and the weekly work in a tab.
//!
//! The same 24 strengths on the same five folds of real games: `linelogic bench --search` with two threads, the built site
//! with two workers, and `GridSearchCV` with two processes (`tests/reference/bench_search_sklearn.py`). And what an analyst
//! does every week in a tab: from the click on Train to a registered version, features and evaluation included.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;

use super::{Contender, Measurement, measured, one, python, tables};
use crate::xtask::browser;
use crate::xtask::process::{command, run_and_read};
use crate::xtask::project::Project;
use crate::xtask::test::in_built_site;

/// Part of the name of the reference with its own tolerance, which is not that of the others.
pub const AS_IT_COMES: &str = "as it comes";

/// The contenders, the first of which is the base.
pub fn contenders(project: &Project, program: &Path, games: Option<&Path>, site: bool) -> Vec<Contender> {
    let frame = project.scratch().join("bench-folds.csv");
    let source = games.map_or_else(|| "demo".to_owned(), |path| format!("csv:{}", path.display()));
    let mut bench = command(project, program);
    let native = one(bench.args(["bench", "--json", "--search", "2", "--source", &source, "--frame-out"]).arg(&frame));
    let in_tab = if site { workers(project, games) } else { Err(anyhow!("the site was not built")) };
    let mut all: Vec<Contender> =
        vec![("native, 2 threads".to_owned(), native), ("browser, 2 workers".to_owned(), in_tab)];
    let reference = python(project).and_then(|python| {
        measured(command(project, python).arg("tests/reference/bench_search_sklearn.py").arg(&frame))
    });
    match reference {
        Ok(found) => {
            let name = |found: &Measurement| found.name.clone().unwrap_or_else(|| "scikit-learn".to_owned());
            all.extend(found.into_iter().map(|found| (name(&found), Ok(found))));
        }
        Err(error) => all.push(("scikit-learn".to_owned(), Err(error))),
    }
    all
}

fn workers(project: &Project, games: Option<&Path>) -> Result<Measurement> {
    let browser = browser::ensure(project)?;
    let mut bench = in_built_site(project, &browser, "browser_bench");
    if let Some(games) = games {
        bench.env("LINELOGIC_BENCH_GAMES", games);
    }
    one(bench.arg("two_workers"))
}

/// The weekly work in a tab, in milliseconds by step.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Weekly {
    /// From the click on Train to the result.
    trained_milliseconds: f64,
    /// From the click on Register to the registered version.
    registered_milliseconds: f64,
    /// Settings that were tried, and workers.
    settings: f64,
    workers: f64,
}

/// Measures the weekly work.
pub fn weekly(project: &Project, games: Option<&Path>) -> Result<Weekly> {
    let browser = browser::ensure(project)?;
    let mut bench = in_built_site(project, &browser, "browser_bench");
    if let Some(games) = games {
        bench.env("LINELOGIC_BENCH_GAMES", games);
    }
    let (fine, output) = run_and_read(bench.arg("a_week"))?;
    let found = output.lines().find_map(|line| serde_json::from_str::<Weekly>(line.trim()).ok());
    match found {
        Some(found) if fine => Ok(found),
        _ => bail!("the weekly work did not run to its end"),
    }
}

/// Both as tables.
pub fn table(contenders: &[Contender], weekly: &Result<Weekly>) -> String {
    let header = "| search of 24 settings × 5 folds | rows × columns | median ms | runs | best log loss | against native |\n|---|---|---|---|---|---|\n";
    let base = contenders.first().and_then(|(_, outcome)| Some(outcome.as_ref().ok()?.milliseconds));
    let mut out = tables::table(header, contenders, |m| {
        let Measurement { rows, columns, milliseconds, runs, log_loss, .. } = m;
        let ratio = tables::ratio(*milliseconds, base);
        Some(format!("{rows} × {columns} | {milliseconds:.0} | {runs} | {log_loss:.9} | {ratio}"))
    });
    out.push_str("\n| the weekly work in a tab, once | ms |\n|---|---|\n");
    match weekly {
        Ok(Weekly { trained_milliseconds, registered_milliseconds, settings, workers }) => out.push_str(&format!(
            "| features, {settings} settings × 5 folds by {workers} workers, fit, evaluation | {trained_milliseconds:.0} |\n\
             | registration | {registered_milliseconds:.0} |\n"
        )),
        Err(error) => out.push_str(&format!("| not measured: {} | |\n", error.root_cause())),
    }
    out
}
