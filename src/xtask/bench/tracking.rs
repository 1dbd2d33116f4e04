//! A search over 10,000 runs with 30 metrics each beside MLflow's over its SQLite store, and as many runs in the page of
//! the built site.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::python_with;
use crate::xtask::browser;
use crate::xtask::process::{command, run_and_read};
use crate::xtask::project::Project;
use crate::xtask::test::in_built_site;

/// The reference's version.
const MLFLOW: [&str; 1] = ["mlflow==3.17.2"];

/// What a contender prints.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SearchTime {
    #[serde(default)]
    name: Option<String>,
    runs: f64,
    metrics: f64,
    milliseconds: f64,
    searches: f64,
    /// Runs that pass, and the first of them: the contenders must find the same.
    found: f64,
    first: Vec<String>,
    #[serde(default)]
    versions: Option<String>,
    /// Of the native program: building the table.
    #[serde(default)]
    table_milliseconds: Option<f64>,
}

/// The native search, and those of MLflow.
#[derive(Debug)]
pub struct Searches {
    native: Result<SearchTime>,
    mlflow: Result<Vec<SearchTime>>,
}

/// What the runs page took in the browser.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct InTab {
    runs: f64,
    metrics: f64,
    /// How often it was loaded, filtered and sorted.
    times: f64,
    /// First rows where every run is read, once.
    read_milliseconds: f64,
    /// First rows where the table was kept: after a reload, and in a tab with a process of its own.
    reloaded_milliseconds: f64,
    opened_milliseconds: f64,
    /// From a typed filter, and from a click on a column, to the rows as they are drawn.
    filter_milliseconds: f64,
    sort_milliseconds: f64,
    frames: f64,
    frame_milliseconds: f64,
    /// Frames that came more than 25 ms after the one before.
    late: f64,
    /// Memory with the site's own runs, and with all.
    few_megabytes: f64,
    megabytes: f64,
}

/// Measures the runs page in the built site.
///
/// # Errors
/// If the browser or the page did not get there.
pub fn in_tab(project: &Project) -> Result<InTab> {
    let browser = browser::ensure(project)?;
    let mut bench = in_built_site(project, &browser, "browser_bench");
    let (fine, output) = run_and_read(bench.arg("ten_thousand"))?;
    let found = output.lines().find_map(|line| serde_json::from_str::<InTab>(line.trim()).ok());
    found.filter(|_| fine).context("it did not run to its end")
}

/// Its table.
pub fn tab_table(tab: &Result<InTab>) -> String {
    let of = match tab {
        Err(error) => {
            return format!("| the runs page in Chromium | |\n|---|---|\n| not measured: {} | |\n", error.root_cause());
        }
        Ok(of) => of,
    };
    format!(
        "| the runs page in Chromium, {} runs × {} metrics | |\n|---|---|\n\
         | first rows drawn after a reload, table kept, median of {}, ms | {:.0} |\n\
         | first rows drawn in a new process of the browser, table kept, median, ms | {:.0} |\n\
         | first rows drawn where every run is read, once, ms | {:.0} |\n\
         | filter typed until the rows are drawn, median, ms | {:.0} |\n\
         | column clicked until the rows are drawn, median, ms | {:.0} |\n\
         | scrolling, {} frames: median ms, of them late | {:.1}, {} |\n\
         | memory of the page with all runs (with the site's own), MB | {:.0} ({:.0}) |\n",
        of.runs,
        of.metrics,
        of.times,
        of.reloaded_milliseconds,
        of.opened_milliseconds,
        of.read_milliseconds,
        of.filter_milliseconds,
        of.sort_milliseconds,
        of.frames,
        of.frame_milliseconds,
        of.late,
        of.megabytes,
        of.few_megabytes
    )
}

/// Measures both.
///
/// # Errors
/// If they have not found the same.
pub fn measure(project: &Project, program: &Path) -> Result<Searches> {
    let mut bench = command(project, program);
    let native = read(bench.args(["bench", "--tracking", "--json"])).and_then(|mut all| {
        let only = all.pop();
        only.context("it printed no measurement")
    });
    let mlflow = python_with(project, "venv-mlflow", &MLFLOW).and_then(|python| {
        read(command(project, python).args(["-W", "ignore", "tests/reference/bench_search_mlflow.py"]))
    });
    if let (Ok(ours), Ok(theirs)) = (&native, &mlflow) {
        agree(ours, theirs)?;
    }
    Ok(Searches { native, mlflow })
}

fn read(contender: &mut std::process::Command) -> Result<Vec<SearchTime>> {
    let (fine, output) = run_and_read(contender)?;
    if !fine {
        bail!("it did not run to its end");
    }
    if let Ok(one) = serde_json::from_str(&output) {
        return Ok(vec![one]);
    }
    let lines = output.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).with_context(|| format!("it printed {line}"))).collect()
}

fn agree(ours: &SearchTime, theirs: &[SearchTime]) -> Result<()> {
    for other in theirs {
        let of = |time: &SearchTime| format!("{} of {}, first {}", time.found, time.runs, time.first.join(", "));
        if (other.found, other.runs, &other.first) != (ours.found, ours.runs, &ours.first) {
            bail!("MLflow found other runs ({}) than the native search ({})", of(other), of(ours));
        }
    }
    Ok(())
}

/// The table.
pub fn table(searches: &Searches) -> String {
    let mut text = "| filter and sort of runs, a page of 1,000 | runs × metrics | median ms | searches | pass | against native |\n\
                    |---|---|---|---|---|---|\n"
        .to_owned();
    let base = searches.native.as_ref().ok().map(|native| native.milliseconds);
    match &searches.native {
        Ok(native) => {
            let built = native.table_milliseconds.map_or(String::new(), |ms| format!(", table built in {ms:.0} ms"));
            text += &row(&format!("native{built}"), native, base);
        }
        Err(error) => text += &format!("| native: not measured: {} | | | | | |\n", error.root_cause()),
    }
    match &searches.mlflow {
        Ok(all) => {
            for one in all {
                let name = one.name.as_deref().unwrap_or("MLflow");
                let versions = one.versions.as_deref().unwrap_or("version not known");
                text += &row(&format!("{name} ({versions})"), one, base);
            }
        }
        Err(error) => text += &format!("| MLflow: not measured: {} | | | | | |\n", error.root_cause()),
    }
    text
}

fn row(name: &str, time: &SearchTime, base: Option<f64>) -> String {
    let SearchTime { runs, metrics, milliseconds, searches, found, .. } = time;
    let ratio = super::tables::ratio(*milliseconds, base);
    format!("| {name} | {runs} × {metrics} | {milliseconds:.2} | {searches} | {found} | {ratio} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_found_other_runs_is_an_error() -> Result<()> {
        let line = r#"{"runs":10,"metrics":3,"milliseconds":1.5,"searches":5,"found":4,"first":["run 1"]}"#;
        let ours: SearchTime = serde_json::from_str(line)?;
        assert!(agree(&ours, std::slice::from_ref(&ours)).is_ok());
        assert!(agree(&ours, &[SearchTime { found: 5.0, ..ours.clone() }]).is_err());
        assert!(agree(&ours, &[SearchTime { first: Vec::new(), ..ours.clone() }]).is_err());
        let text = table(&Searches { native: Ok(ours), mlflow: Err(anyhow::anyhow!("no python3")) });
        let none = tab_table(&Err(anyhow::anyhow!("no browser")));
        assert!(none.contains("not measured: no browser"), "{none}");
        assert!(
            text.contains("| native | 10 × 3 | 1.50 | 5 | 4 | ") && text.contains("not measured: no python3"),
            "{text}"
        );
        Ok(())
    }
}
