//! `cargo xtask bench`: speed and size in one run, as a table.
//!
//! Three contenders fit the same logistic regression on the same training frame: the native command line
//! (`linelogic bench`), the site's worker (`window.__linelogic_bench()` in the built site) and scikit-learn
//! (`tests/reference/bench_sklearn.py` in an environment of its own in the cache). Each prints one
//! [`Measurement`] as JSON on a line. What cannot run here says why and leaves a gap in the table.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

use super::process::{self, command, first_line, on_path, run_and_read, say, step};
use super::project::{Project, PublicUrl, shown};
use super::test::in_built_site;
use super::{browser, budget, build, data};

/// The reference's versions.
const PYTHON_PACKAGES: [&str; 2] = ["scikit-learn==1.7.2", "numpy==2.3.5"];

/// Between these lines of `docs/benchmarks.md` the tables are written.
const MARKS: (&str, &str) = ("<!-- measured: begin -->", "<!-- measured: end -->");

/// What a contender prints.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Measurement {
    /// Rows of the frame.
    pub rows: u64,
    /// Columns of the frame.
    pub columns: u64,
    /// Median of the timed fits, after warm-up, in milliseconds.
    pub milliseconds: f64,
    /// Timed fits.
    pub runs: u64,
    /// Mean log loss of the fitted model on the frame: the contenders must have solved the same problem.
    pub log_loss: f64,
}

/// Measures, prints and, if asked, writes the tables.
pub fn run(project: &Project, write: bool) -> Result<()> {
    build::site(project, &PublicUrl::of_repository())?;
    let frame = project.scratch().join("bench-frame.csv");
    let contenders: [(&str, Result<Measurement>); 3] = [
        ("native", step("native", || native(project, &frame))),
        ("browser worker", step("browser worker", || in_worker(project))),
        ("scikit-learn", step("scikit-learn", || sklearn(project, &frame))),
    ];
    let text = format!("{}\n{}", speed_table(&contenders), size_table(&project.dist())?);
    println!("{text}");
    if write {
        let path = project.root.join("docs/benchmarks.md");
        let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&path, between_marks(&page, &text)?)?;
        say(&format!("wrote {}", shown(project, &path)));
    }
    Ok(())
}

/// The release command line, which also writes the frame for the reference.
fn native(project: &Project, frame: &Path) -> Result<Measurement> {
    let program = data::command_line(project)?;
    measured(command(project, program).args(["bench", "--json", "--frame-out"]).arg(frame))
}

/// The site's worker in Chromium.
fn in_worker(project: &Project) -> Result<Measurement> {
    let browser = browser::ensure(project)?;
    measured(&mut in_built_site(project, &browser, "browser_bench"))
}

/// scikit-learn, in an environment in the cache.
fn sklearn(project: &Project, frame: &Path) -> Result<Measurement> {
    if !frame.is_file() {
        bail!("the native run has not written its frame");
    }
    let python = python(project)?;
    measured(command(project, python).arg("tests/reference/bench_sklearn.py").arg(frame))
}

/// The Python of the pinned environment, made if it is missing.
fn python(project: &Project) -> Result<std::path::PathBuf> {
    let home = project.cache.join("venv-bench");
    let (python, mark) = (home.join("bin/python"), home.join("packages.txt"));
    let wanted = PYTHON_PACKAGES.join("\n");
    if fs::read_to_string(&mark).is_ok_and(|kept| kept == wanted)
        && first_line(Command::new(&python).arg("-V")).is_some()
    {
        return Ok(python);
    }
    if on_path("python3").is_none() {
        bail!("there is no python3");
    }
    let remedy = "scikit-learn comes from PyPI into a virtual environment (Debian: apt-get install python3-venv)";
    process::run(command(project, "python3").args(["-m", "venv", "--clear"]).arg(&home), remedy)?;
    process::run(command(project, &python).args(["-m", "pip", "install", "--quiet"]).args(PYTHON_PACKAGES), remedy)?;
    fs::write(&mark, wanted)?;
    Ok(python)
}

/// Runs a contender and reads its measurement.
fn measured(contender: &mut Command) -> Result<Measurement> {
    let (fine, output) = run_and_read(contender)?;
    if !fine {
        bail!("it did not run to its end");
    }
    measurement_in(&output).ok_or_else(|| anyhow!("it printed no measurement"))
}

/// The last line that is a measurement.
fn measurement_in(output: &str) -> Option<Measurement> {
    output.lines().rev().find_map(|line| serde_json::from_str(line.trim()).ok())
}

/// The contenders as ratios to the first one.
fn speed_table(contenders: &[(&str, Result<Measurement>)]) -> String {
    let first = contenders.first().and_then(|(_, outcome)| outcome.as_ref().ok());
    let mut table = "| logistic regression | rows × columns | median ms | runs | log loss | against native |\n\
                     |---|---|---|---|---|---|\n"
        .to_owned();
    for (name, outcome) in contenders {
        let row = match outcome {
            Ok(m) => {
                let ratio =
                    first.map_or_else(|| "–".to_owned(), |base| format!("{:.2}×", m.milliseconds / base.milliseconds));
                let Measurement { rows, columns, milliseconds, runs, log_loss } = m;
                format!("| {name} | {rows} × {columns} | {milliseconds:.2} | {runs} | {log_loss:.6} | {ratio} |\n")
            }
            Err(error) => format!("| {name} | not measured: {} | | | | |\n", error.root_cause()),
        };
        table.push_str(&row);
    }
    table
}

/// What a first visit transfers.
fn size_table(dist: &Path) -> Result<String> {
    let files = budget::measure(dist)?;
    let mut table = "| transferred to first predictions | bytes | gzip |\n|---|---|---|\n".to_owned();
    for file in &files {
        table.push_str(&format!("| {} | {} | {} |\n", without_hash(&file.path), file.raw, file.gzip));
    }
    let (raw, gzip) = files.iter().fold((0, 0), |(raw, gzip), file| (raw + file.raw, gzip + file.gzip));
    table.push_str(&format!("| in all, of {} | {raw} | {gzip} |\n", budget::BUDGET));
    Ok(table)
}

/// A file name without the digest that changes with every build.
fn without_hash(path: &str) -> String {
    let is_hash = |part: &str| part.len() >= 12 && part.chars().all(|c| c.is_ascii_hexdigit());
    let (head, tail) = path.rsplit_once('.').unwrap_or((path, ""));
    let kept: Vec<&str> =
        head.split('-').map(|part| part.trim_end_matches("_bg")).filter(|part| !is_hash(part)).collect();
    format!("{}.{tail}", kept.join("-"))
}

/// The page with `text` between its marks.
fn between_marks(page: &str, text: &str) -> Result<String> {
    let parts =
        page.split_once(MARKS.0).and_then(|(head, rest)| rest.split_once(MARKS.1).map(|(_, tail)| (head, tail)));
    let (head, tail) = parts.ok_or_else(|| anyhow!("docs/benchmarks.md has lost its marks {MARKS:?}"))?;
    Ok(format!("{head}{}\n\n{text}\n{}{tail}", MARKS.0, MARKS.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"rows":6000,"columns":20,"milliseconds":8.0,"runs":21,"log_loss":0.61}"#;

    #[test]
    fn the_measurement_is_found_among_other_output() {
        let output = format!("running 1 test\n{LINE}\ntest result: ok. 1 passed\n");
        assert!(measurement_in(&output).is_some_and(|m| m.rows == 6000 && m.runs == 21));
        assert_eq!(measurement_in("nothing"), None);
    }

    #[test]
    fn a_contender_that_could_not_run_leaves_its_reason_in_the_table() -> Result<()> {
        let base: Measurement = serde_json::from_str(LINE)?;
        let slower = Measurement { milliseconds: 12.0, ..base.clone() };
        let table = speed_table(&[("native", Ok(base)), ("worker", Ok(slower)), ("other", Err(anyhow!("no python3")))]);
        assert!(table.contains("| worker | 6000 × 20 | 12.00 | 21 | 0.610000 | 1.50× |"), "{table}");
        assert!(table.contains("| other | not measured: no python3 |"), "{table}");
        Ok(())
    }

    #[test]
    fn only_what_lies_between_the_marks_is_replaced() -> Result<()> {
        let page = format!("head\n{}\nold\n{}\ntail", MARKS.0, MARKS.1);
        let new = between_marks(&page, "new")?;
        assert!(new.starts_with("head\n") && new.ends_with("\ntail") && new.contains("new") && !new.contains("old"));
        assert!(between_marks("no marks", "new").is_err());
        Ok(())
    }

    #[test]
    fn a_file_keeps_its_name_from_build_to_build() {
        assert_eq!(without_hash("site-0123456789abcdef_bg.wasm"), "site.wasm");
        assert_eq!(without_hash("01-reset-0123456789abcdef.css"), "01-reset.css");
        assert_eq!(without_hash("data/season-2025.json"), "data/season-2025.json");
    }
}
