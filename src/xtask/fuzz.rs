//! `cargo xtask fuzz`: made-up inputs against every parser, with what is held against them in `tests/fuzz/targets/`.
//!
//! The targets are a package of their own (`tests/fuzz`), built by cargo-fuzz with coverage and with checks of overflow.
//! No sanitizer is used: the project has no unsafe code of its own, and so the pinned stable compiler does. A target
//! starts from its kept corpus; what it finds of interest goes to the target folder, and an input that breaks a promise
//! goes into the kept corpus, where `tests/fuzz_corpus.rs` fails over it until it is mended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::process::{self, cargo, command, path_with, say, step};
use super::project::{Project, shown};
use super::tools;

/// Where the package is.
const HOME: &str = "tests/fuzz";
/// Seconds after which an input counts as one that hangs.
const HANGS: u32 = 10;
/// Memory beyond which an input counts as one without bounds, in MiB.
const MEMORY: u32 = 1024;
/// Bytes that an input has at most, and one that is kept.
const INPUT: (u32, u32) = (16_384, 4_096);
/// Lines of a failing target's output that are shown.
const TAIL: usize = 30;

/// What a run of a target says of itself at its end.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Stats {
    /// Inputs that were tried.
    executions: u64,
    /// Inputs that covered something new.
    added: u64,
    /// Most memory that was held, in MiB.
    peak: u64,
}

/// A target's run.
#[derive(Debug)]
struct Run {
    name: String,
    stats: Stats,
    /// The input that broke a promise, if there is one.
    broken: Option<PathBuf>,
    fine: bool,
}

/// Builds the targets and runs each for so many seconds; with `keep` what covers more than the kept corpus joins it.
/// Says whether no promise was broken.
pub fn run_targets(project: &Project, seconds: u32, wanted: &[String], keep: bool) -> Result<bool> {
    let targets = chosen(&fs::read_to_string(project.root.join(HOME).join("Cargo.toml"))?, wanted)?;
    let built = step("fuzz targets", || build(project))?;
    let mut runs = Vec::new();
    for name in &targets {
        let run = step(&format!("{name}, {seconds} s"), || fuzz(project, &built, name, seconds))?;
        if keep && run.fine {
            merge(project, &built, name)?;
        }
        runs.push(run);
    }
    println!("{}", table(project, &runs));
    Ok(runs.iter().all(|run| run.fine))
}

/// The targets that the package declares, or those of them that were asked for.
fn chosen(manifest: &str, wanted: &[String]) -> Result<Vec<String>> {
    let bins = manifest.split("[[bin]]").skip(1);
    let declared: Vec<String> = bins.filter_map(|bin| bin.split('"').nth(1)).map(str::to_owned).collect();
    if let Some(unknown) = wanted.iter().find(|name| !declared.contains(name)) {
        bail!("there is no target {unknown}: there are {}", declared.join(", "));
    }
    Ok(if wanted.is_empty() { declared } else { wanted.to_vec() })
}

/// Builds every target and gives the folder with the programs.
fn build(project: &Project) -> Result<PathBuf> {
    let tool = tools::ensure_fuzz(project)?;
    let target = project.target.join("fuzz");
    let remedy = "the build of libFuzzer needs a C++ compiler (Debian: apt-get install g++)";
    process::run(
        cargo(project)
            .args(["fuzz", "build", "--sanitizer", "none", "--fuzz-dir", HOME, "--target-dir"])
            .arg(&target)
            .env("PATH", path_with(&[&tool])?),
        remedy,
    )?;
    Ok(target.join(tools::host(project)?).join("release"))
}

/// The corpus that is kept, and the one that a machine gathers.
fn corpora(project: &Project, name: &str) -> Result<(PathBuf, PathBuf)> {
    let kept = project.root.join(HOME).join("corpus").join(name);
    let gathered = project.scratch().join("fuzz").join(name);
    fs::create_dir_all(&kept)?;
    fs::create_dir_all(&gathered)?;
    Ok((kept, gathered))
}

fn fuzz(project: &Project, built: &Path, name: &str, seconds: u32) -> Result<Run> {
    let (kept, gathered) = corpora(project, name)?;
    let log = gathered.with_extension("log");
    let output = File::create(&log)?;
    // What a target prints of the inputs that it refuses is of no interest.
    let status = command(project, built.join(name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={HANGS}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-max_len={}", INPUT.0))
        .arg(format!("-artifact_prefix={}/", kept.display()))
        .arg(format!("-dict={}", project.root.join(HOME).join("games.dict").display()))
        .arg("-print_final_stats=1")
        .args([&gathered, &kept])
        .stdout(Stdio::null())
        .stderr(output)
        .status()
        .with_context(|| format!("cannot start {name}"))?;
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let fine = status.success();
    if !fine {
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].iter().for_each(|line| say(&format!("    {line}")));
    }
    Ok(Run { name: name.to_owned(), stats: stats(&text), broken: broken(&text), fine })
}

/// Adds to the kept corpus what covers more than it does.
fn merge(project: &Project, built: &Path, name: &str) -> Result<()> {
    let (kept, gathered) = corpora(project, name)?;
    let output = Command::new(built.join(name))
        // What is new is measured by the branches that are taken and not by how often: a corpus a tenth of the size.
        .args(["-set_cover_merge=1", "-use_counters=0", "-use_cmp=0"])
        .arg(format!("-max_len={}", INPUT.1))
        .args([&kept, &gathered])
        .current_dir(&project.root)
        .output()?;
    if !output.status.success() {
        bail!("{name}: the corpora cannot be merged: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// libFuzzer's figures at the end of a run.
fn stats(text: &str) -> Stats {
    let figure = |name: &str| {
        let line = text.lines().rev().find(|line| line.starts_with(&format!("stat::{name}:")))?;
        line.split_once(':').and_then(|(_, rest)| rest.rsplit(' ').next()?.parse().ok())
    };
    Stats {
        executions: figure("number_of_executed_units").unwrap_or_default(),
        added: figure("new_units_added").unwrap_or_default(),
        peak: figure("peak_rss_mb").unwrap_or_default(),
    }
}

/// The file that libFuzzer wrote of an input that broke a promise.
fn broken(text: &str) -> Option<PathBuf> {
    text.lines().rev().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.trim().into())
}

fn table(project: &Project, runs: &[Run]) -> String {
    let mut lines =
        vec![format!("{:14} {:>12} {:>10} {:>9}  findings", "target", "executions", "new inputs", "peak MiB")];
    for Run { name, stats, broken, fine } in runs {
        let found = match (broken, fine) {
            (Some(path), _) => format!("1: {}", shown(project, path)),
            (None, false) => "it did not run to its end".to_owned(),
            (None, true) => "none".to_owned(),
        };
        let Stats { executions, added, peak } = stats;
        lines.push(format!("{name:14} {executions:>12} {added:>10} {peak:>9}  {found}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[lib]\npath = \"x\"\n[[bin]]\nname = \"csv\"\npath = \"p\"\n[[bin]]\nname = \"json\"\n";

    #[test]
    fn targets_are_those_that_are_declared() {
        assert_eq!(chosen(MANIFEST, &[]).unwrap(), ["csv", "json"]);
        assert_eq!(chosen(MANIFEST, &["json".to_owned()]).unwrap(), ["json"]);
        let error = chosen(MANIFEST, &["xml".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "there is no target xml: there are csv, json");
    }

    #[test]
    fn what_libfuzzer_says_at_its_end_is_understood() {
        let text = "#3 NEW cov: 5\nartifact_prefix='c/'; Test unit written to c/crash-0a\nBase64: AA==\n\
                    stat::number_of_executed_units: 1234\nstat::average_exec_per_sec:     617\n\
                    stat::new_units_added:          56\nstat::slowest_unit_time_sec:    0\nstat::peak_rss_mb:              78\n";
        assert_eq!(stats(text), Stats { executions: 1234, added: 56, peak: 78 });
        assert_eq!(broken(text), Some("c/crash-0a".into()));
        assert_eq!((stats(""), broken("")), (Stats::default(), None));
    }
}
