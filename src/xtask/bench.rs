//! `cargo xtask bench`: speed and size in one run, as tables.
//!
//! Three contenders fit the same logistic regression on the same training frame: the native command line
//! (`linelogic bench`), the site's worker (a `Bench` job in the built site, started by `tests/e2e/browser_bench.rs`) and
//! scikit-learn (`tests/reference/bench_sklearn.py` in an environment of its own in the cache). Each prints
//! `Measurement`s as JSON. Beside them, `linelogic validate` and pydantic check the same file (`validation`), and a
//! year of real games is imported in the built site (`imports`). What cannot run here says why and leaves a gap in the table. The times are never judged,
//! but contenders that have not solved the same problem are an error.

mod features;
mod imports;
mod search;
mod tables;
mod tracking;
mod validation;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

use super::process::{self, command, first_line, on_path, run_and_read, say, step};
use super::project::{Project, PublicUrl, shown};
use super::test::in_built_site;
use super::{browser, budget, build, data};

/// The reference's versions.
const PYTHON_PACKAGES: [&str; 4] = ["scikit-learn==1.9.1", "numpy==2.4.6", "scipy==1.17.1", "pydantic==2.14.3"];

/// Others that join features.
const PYTHON_STORE: [&str; 3] = ["feast[duckdb]==0.67.0", "polars==2.1.0", "pyarrow==26.0.1"];

/// The real games, in the folder of shared data.
const GAMES: &str = "nba_games_2015_2023.csv";

/// A season as the NBA statistics API prints it, beside them.
const YEAR: &str = "leaguegamefinder_2022-23.csv";

/// The log losses of two contenders that have solved the same problem differ by no more.
const SAME: f64 = 1e-6;

/// What a contender prints. Counts are numbers of JSON, with or without a point.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Measurement {
    /// Which of a program's contenders it is, if it has several.
    name: Option<String>,
    rows: f64,
    columns: f64,
    /// Median of the timed fits, after a warm-up.
    milliseconds: f64,
    /// Timed fits.
    runs: f64,
    /// Mean log loss of the fitted model on the frame: the contenders must have solved the same problem.
    log_loss: f64,
    /// Games and seasons whose features are computed.
    games: Option<f64>,
    seasons: Option<f64>,
    /// Median of the timed computations of all features.
    features_milliseconds: Option<f64>,
    /// Timed computations.
    features_runs: Option<f64>,
    /// Median of the timed computations of every view.
    all_views_milliseconds: Option<f64>,
    /// Entity rows of the timed joins, and their median.
    join_rows: Option<f64>,
    join_milliseconds: Option<f64>,
    /// Timed joins.
    join_runs: Option<f64>,
    /// 99th percentile of look-ups of a model's vector.
    lookup_p99_milliseconds: Option<f64>,
    /// Versions of the tools.
    versions: Option<String>,
}

/// A contender by name, with what came of it.
type Contender = (String, Result<Measurement>);

/// Measures, prints and, if asked, writes the tables.
pub fn run(project: &Project, fast: bool, write: bool) -> Result<()> {
    let program = data::command_line(project)?;
    let scratch = project.scratch();
    fs::create_dir_all(&scratch)?;
    let (frame, games) = (scratch.join("bench-frame.csv"), real_games(project));
    let left_out = || anyhow!("left out by --fast");
    let site = if fast { Err(left_out()) } else { build::site(project, &PublicUrl::of_repository()) };
    let sizes = site.and_then(|()| budget::measure(&project.dist()));
    let worker = match &sizes {
        Ok(_) => step("browser worker", || in_worker(project, games.as_deref())),
        Err(error) => Err(anyhow!("the site was not built: {}", error.root_cause())),
    };
    let imported = match &sizes {
        Ok(_) => step("import in the browser", || imports::measure(project, &shared_data(project).join(YEAR))),
        Err(error) => Err(anyhow!("the site was not built: {}", error.root_cause())),
    };
    let mut contenders: Vec<Contender> = vec![
        ("native".to_owned(), step("native", || native(project, &program, games.as_deref(), &frame))),
        ("browser worker".to_owned(), worker),
    ];
    contenders.extend(sklearn(project, &frame));
    let made = step("data of the site", || {
        data::make_in(project, &program, &scratch.join("bench-data"), &scratch.join("bench-store"))
    })?;
    let validators = step("validation", || validators(project, &program))?;
    let store = step("feature store", || Ok(features::measure(project, &program, games.as_deref())))?;
    let mut searched = step("search", || Ok(search::contenders(project, &program, games.as_deref(), sizes.is_ok())))?;
    let runs = step("search over runs", || tracking::measure(project, &program))?;
    let tab = match &sizes {
        Ok(_) => step("ten thousand runs in a tab", || tracking::in_tab(project)),
        Err(error) => Err(anyhow!("the site was not built: {}", error.root_cause())),
    };
    let weekly = match &sizes {
        Ok(_) => step("weekly work in a tab", || search::weekly(project, games.as_deref())),
        Err(error) => Err(anyhow!("the site was not built: {}", error.root_cause())),
    };
    let text = [
        tables::conditions(project, games.is_some(), fast, &contenders),
        tables::speed(&contenders),
        search::table(&searched, &weekly),
        tables::features(&contenders[..2]),
        features::tables(&contenders[..2], &store),
        tracking::table(&runs),
        tracking::tab_table(&tab),
        validation::table(&validators),
        imports::table(&imported),
        tables::data(&made),
        tables::size(&sizes),
    ]
    .join("\n");
    println!("{text}");
    agree(&contenders)?;
    // As it comes, the reference stops earlier than the others.
    searched.retain(|(name, _)| !name.contains(search::AS_IT_COMES));
    agree(&searched)?;
    if write {
        let path = project.root.join("docs/benchmarks.md");
        let page = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&path, tables::between_marks(&page, &text)?)?;
        say(&format!("wrote {}", shown(project, &path)));
    }
    Ok(())
}

/// The folder of real data beside the project (`../shared/data`, or `LINELOGIC_SHARED`), which is not part of it.
fn shared_data(project: &Project) -> PathBuf {
    env::var_os("LINELOGIC_SHARED").map_or_else(|| project.root.join("../shared/data"), PathBuf::from)
}

/// The real games, where they are.
fn real_games(project: &Project) -> Option<PathBuf> {
    let path = shared_data(project).join(GAMES);
    if !path.is_file() {
        say(&format!("    {} is absent: the simulated league stands in for the real games", path.display()));
        return None;
    }
    Some(path)
}

/// The release command line, which also writes the frame for the reference.
fn native(project: &Project, program: &Path, games: Option<&Path>, frame: &Path) -> Result<Measurement> {
    if frame.exists() {
        fs::remove_file(frame)?;
    }
    let source = games.map_or_else(|| "demo".to_owned(), |path| format!("csv:{}", path.display()));
    let mut bench = command(project, program);
    one(bench.args(["bench", "--json", "--source", &source, "--frame-out"]).arg(frame))
}

/// The site's worker in Chromium, over an import of the same games.
fn in_worker(project: &Project, games: Option<&Path>) -> Result<Measurement> {
    let browser = browser::ensure(project)?;
    let mut bench = in_built_site(project, &browser, "browser_bench");
    if let Some(games) = games {
        bench.env("LINELOGIC_BENCH_GAMES", games);
    }
    let version = first_line(Command::new(&browser.chromium).arg("--version"));
    one(bench.arg("the_worker")).map(|found| Measurement { versions: version, ..found })
}

/// scikit-learn, in an environment in the cache: a contender for each of its solvers, or one that says why not.
fn sklearn(project: &Project, frame: &Path) -> Vec<Contender> {
    let found = step("scikit-learn", || {
        if !frame.is_file() {
            bail!("the native run has not written its frame");
        }
        let python = python(project)?;
        measured(command(project, python).arg("tests/reference/bench_sklearn.py").arg(frame))
    });
    let name = |found: &Measurement| found.name.clone().unwrap_or_else(|| "scikit-learn".to_owned());
    match found {
        Ok(found) => found.into_iter().map(|found| (name(&found), Ok(found))).collect(),
        Err(error) => vec![("scikit-learn".to_owned(), Err(error))],
    }
}

/// The command line and pydantic over the same file of games.
fn validators(project: &Project, program: &Path) -> Result<Vec<validation::Validator>> {
    let file = project.scratch().join("bench-games.json");
    validation::write_games(&file, validation::ROWS)?;
    let ours = validation::measure(|| {
        let mut validate = command(project, program);
        validate.arg("validate").arg(&file).args(["--contract", "games"]);
        validate
    });
    let pydantic = python(project).and_then(|python| {
        validation::measure(|| {
            let mut check = command(project, &python);
            check.arg("tests/reference/bench_pydantic.py").arg("--once").arg(&file);
            check
        })
    });
    Ok(vec![("`linelogic validate`".to_owned(), ours), ("pydantic `validate_json`".to_owned(), pydantic)])
}

/// The Python of the pinned environment, made if it is missing.
fn python(project: &Project) -> Result<PathBuf> {
    python_with(project, "venv-bench", &PYTHON_PACKAGES)
}

/// The Python of an environment in the cache with pinned packages.
///
/// # Errors
/// Where there is no Python, or the packages cannot be had.
pub fn python_with(project: &Project, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let home = project.cache.join(name);
    let (python, mark) = (home.join("bin/python"), home.join("packages.txt"));
    let wanted = packages.join("\n");
    if fs::read_to_string(&mark).is_ok_and(|kept| kept == wanted)
        && first_line(Command::new(&python).arg("-V")).is_some()
    {
        return Ok(python);
    }
    if on_path("python3").is_none() {
        bail!("there is no python3");
    }
    let remedy = "the references come from PyPI into a virtual environment (Debian: apt-get install python3-venv)";
    process::run(command(project, "python3").args(["-m", "venv", "--clear"]).arg(&home), remedy)?;
    process::run(command(project, &python).args(["-m", "pip", "install", "--quiet"]).args(packages), remedy)?;
    fs::write(&mark, wanted)?;
    Ok(python)
}

/// Runs a contender and reads its measurements.
fn measured(contender: &mut Command) -> Result<Vec<Measurement>> {
    let (fine, output) = run_and_read(contender)?;
    if !fine {
        bail!("it did not run to its end");
    }
    let found = measurements_in(&output);
    if found.is_empty() {
        bail!("it printed no measurement");
    }
    Ok(found)
}

/// Runs a contender that prints a single measurement.
fn one(contender: &mut Command) -> Result<Measurement> {
    let found = measured(contender)?;
    found.into_iter().next_back().context("it printed no measurement")
}

/// The output if it is one measurement, else its lines that are.
fn measurements_in(output: &str) -> Vec<Measurement> {
    match serde_json::from_str(output) {
        Ok(whole) => vec![whole],
        Err(_) => output.lines().filter_map(|line| serde_json::from_str(line.trim()).ok()).collect(),
    }
}

/// Whether all have solved the problem of the first one.
fn agree(contenders: &[Contender]) -> Result<()> {
    let mut ran = contenders.iter().filter_map(|(name, outcome)| Some((name, outcome.as_ref().ok()?)));
    let Some((first, base)) = ran.next() else { bail!("nothing could be measured") };
    for (name, found) in ran {
        let of = |m: &Measurement| format!("{} × {}, log loss {}", m.rows, m.columns, m.log_loss);
        let same_frame = (found.rows, found.columns) == (base.rows, base.columns);
        // Written so that a NaN is no agreement.
        let same_loss = (found.log_loss - base.log_loss).abs() <= SAME;
        if !(same_frame && same_loss) {
            bail!("{name} has solved another problem ({}) than {first} ({})", of(found), of(base));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const LINE: &str = r#"{"rows":6000,"columns":20.0,"milliseconds":8.0,"runs":21,"log_loss":0.61}"#;

    #[test]
    fn measurements_are_found_among_other_output() {
        let named = LINE.replacen('{', r#"{"name":"lbfgs","#, 1);
        let found = measurements_in(&format!("running 1 test\n{LINE}\n{named}\ntest result: ok. 1 passed\n"));
        assert_eq!(found.len(), 2);
        assert!(found[0].rows == 6000.0 && found[0].name.is_none() && found[1].name.as_deref() == Some("lbfgs"));
        assert_eq!(measurements_in(&LINE.replace(',', ",\n")).len(), 1, "over several lines");
        assert_eq!(measurements_in("nothing"), []);
    }

    #[test]
    fn contenders_that_solved_another_problem_are_an_error() -> Result<()> {
        let base: Measurement = serde_json::from_str(LINE)?;
        let against = |other: Measurement| {
            agree(&[
                ("native".to_owned(), Ok(base.clone())),
                ("absent".to_owned(), Err(anyhow!("no python3"))),
                ("other".to_owned(), Ok(other)),
            ])
        };
        assert!(against(base.clone()).is_ok());
        assert!(against(Measurement { log_loss: 0.61 + 9e-7, milliseconds: 1e9, ..base.clone() }).is_ok());
        assert!(against(Measurement { log_loss: 0.61 + 2e-6, ..base.clone() }).is_err());
        assert!(against(Measurement { log_loss: f64::NAN, ..base.clone() }).is_err());
        assert!(against(Measurement { rows: 5999.0, ..base.clone() }).is_err());
        assert!(agree(&[("absent".to_owned(), Err(anyhow!("no python3")))]).is_err());
        Ok(())
    }
}
