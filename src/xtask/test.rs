//! `cargo xtask test`: everything that CI checks, step by step.
//!
//! A step that fails does not hide the ones after it. Warnings are denied by arguments, not by `RUSTFLAGS`:
//! changing those would compile every dependency again.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use super::process::{self, cargo, run_and_read, say};
use super::project::{Project, PublicUrl};
use super::{browser, budget, build, tools};

/// What passed, failed and was skipped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Tests and steps that passed.
    pub passed: u64,
    /// Tests and steps that failed.
    pub failed: u64,
    /// Tests that were left out.
    pub skipped: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The last line of the task's output.
    pub fn line(&self) -> String {
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }
}

/// The steps so far.
#[derive(Default)]
struct Report {
    tally: Tally,
    steps: Vec<(String, f64, bool)>,
}

impl Report {
    /// Runs a step. It counts as one, besides the tests that it ran.
    fn step(&mut self, title: &str, work: impl FnOnce() -> Result<Outcome>) -> bool {
        say(&format!("==> {title}"));
        let start = Instant::now();
        let outcome = work();
        let seconds = start.elapsed().as_secs_f64();
        let fine = match outcome {
            Ok(outcome) => {
                self.tally.add(outcome.tests);
                outcome.fine
            }
            Err(error) => {
                say(&format!("error: {error:#}"));
                false
            }
        };
        self.tally.add(Tally { passed: u64::from(fine), failed: u64::from(!fine), skipped: 0 });
        say(&format!("    {} in {seconds:.1} s", if fine { "passed" } else { "FAILED" }));
        self.steps.push((title.to_owned(), seconds, fine));
        fine
    }

    /// The steps with their seconds, then the count as the very last line.
    fn close(self) -> bool {
        say("");
        for (title, seconds, fine) in &self.steps {
            say(&format!("{:>8.1} s  {}  {title}", seconds, if *fine { "passed" } else { "FAILED" }));
        }
        println!("{}", self.tally.line());
        self.tally.failed == 0
    }
}

/// How a step ended.
struct Outcome {
    tests: Tally,
    fine: bool,
}

const FINE: Outcome = Outcome { tests: Tally { passed: 0, failed: 0, skipped: 0 }, fine: true };

/// Runs all steps and tells whether all passed.
pub fn run(project: &Project, fast: bool) -> bool {
    let mut report = Report::default();
    report.step("toolchain: clippy, rustfmt and the wasm target", || {
        tools::ensure_components(project)?;
        tools::wasm_target(project)?;
        Ok(FINE)
    });
    source(project, &mut report);
    report.step("tests on this machine", || tests(cargo(project).args(["test", "--locked", "--no-fail-fast"])));
    docs(project, &mut report);
    if !fast {
        in_browser(project, &mut report);
    }
    report.close()
}

/// Formatting, lints on both targets, and the core alone on both targets.
fn source(project: &Project, report: &mut Report) {
    let mut check = |title: &str, words: &[&str]| {
        report.step(title, || passes(cargo(project).args(words)));
    };
    check("formatting", &["fmt", "--check"]);
    let deny = ["--", "-D", "warnings"];
    let clippy = |words: &[&'static str]| [&["clippy", "--locked", "--quiet"], words, &deny].concat();
    // The tests in a browser are not among "all": name them.
    let native = ["--lib", "--bins", "--tests", "--test", "e2e", "--test", "screenshots", "--test", "browser_bench"];
    check("clippy on this machine", &clippy(&native));
    check("clippy for wasm32", &clippy(&["--target", tools::WASM, "--all-targets", "--test", "commits"]));
    check("the core alone on this machine", &clippy(&["--lib", "--no-default-features"]));
    check("the core alone for wasm32", &clippy(&["--lib", "--no-default-features", "--target", tools::WASM]));
}

/// The documentation of both targets, without a warning.
fn docs(project: &Project, report: &mut Report) {
    for (title, target) in
        [("documentation on this machine", &[][..]), ("documentation for wasm32", &["--target", tools::WASM][..])]
    {
        report.step(title, || {
            let mut doc = cargo(project);
            doc.args(["doc", "--locked", "--quiet", "--no-deps", "--lib"]).args(target);
            passes(doc.env("RUSTDOCFLAGS", "-D warnings"))
        });
    }
}

/// The site's build and budget, and all that runs in Chromium.
fn in_browser(project: &Project, report: &mut Report) {
    let base = PublicUrl::of_repository();
    let mut chrome = None;
    report.step("Chromium and chromedriver", || {
        chrome = Some(browser::ensure(project)?);
        Ok(FINE)
    });
    let built = report.step("site under a sub-path", || build::site(project, &base).map(|()| FINE));
    report.step("byte budget", || {
        needs(built, "the site")?;
        budget::check(&project.dist()).map(|()| FINE)
    });
    report.step("tests in Chromium", || {
        let browser = chrome.as_ref().ok_or_else(|| anyhow::anyhow!("not run: there is no Chromium"))?;
        let path = tools::ensure(project)?.path;
        tests(
            cargo(project)
                // The site's own profile: its dependencies are compiled already.
                .args(["test", "--locked", "--profile", "web", "--target", tools::WASM, "--test", "browser"])
                .env("PATH", path)
                .env("CHROMEDRIVER", &browser.chromedriver)
                .env("WASM_BINDGEN_TEST_TIMEOUT", "180"),
        )
    });
    report.step("end to end in Chromium", || {
        needs(built, "the site")?;
        let browser = chrome.as_ref().ok_or_else(|| anyhow::anyhow!("not run: there is no Chromium"))?;
        tests(&mut in_built_site(project, browser, "e2e"))
    });
}

/// A test target that opens the built site in this browser.
pub fn in_built_site(project: &Project, browser: &browser::Browser, target: &str) -> Command {
    let mut test = cargo(project);
    test.args(["test", "--locked", "--test", target, "--", "--test-threads=1", "--nocapture"])
        .env("LINELOGIC_E2E", "1")
        .env("LINELOGIC_DIST", project.dist())
        .env("CHROME", &browser.chromium)
        .env("CHROMEDRIVER", &browser.chromedriver);
    test
}

fn needs(there: bool, what: &str) -> Result<()> {
    if !there {
        bail!("not run: {what} was not built");
    }
    Ok(())
}

fn passes(command: &mut Command) -> Result<Outcome> {
    process::run(command, "see above").map(|()| FINE)
}

/// Runs a `cargo test` and counts its tests.
fn tests(command: &mut Command) -> Result<Outcome> {
    let (fine, output) = run_and_read(command)?;
    let tests = count(&output);
    if fine && tests.passed == 0 {
        bail!("no test ran");
    }
    Ok(Outcome { tests, fine })
}

/// Sums the `test result:` lines of cargo's output.
fn count(output: &str) -> Tally {
    let mut sum = Tally::default();
    for line in output.lines().filter(|line| line.starts_with("test result:")) {
        for part in line.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (number, word) = (words.next().and_then(|text| text.parse::<u64>().ok()), words.next());
            match (number, word) {
                (Some(number), Some("passed")) => sum.passed += number,
                (Some(number), Some("failed")) => sum.failed += number,
                (Some(number), Some("ignored")) => sum.skipped += number,
                _ => {}
            }
        }
    }
    sum
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn tests_are_summed_over_all_targets() {
        let output = "running 2 tests\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s\n\
            said: 9 passed; 9 failed\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n";
        assert_eq!(count(output), Tally { passed: 15, failed: 2, skipped: 1 });
    }

    #[test]
    fn the_last_line_is_a_count() {
        assert_eq!(Tally { passed: 5, failed: 0, skipped: 0 }.line(), "5 passed, 0 failed");
        assert_eq!(Tally { passed: 5, failed: 1, skipped: 2 }.line(), "5 passed, 1 failed, 2 skipped");
    }

    #[test]
    fn a_failing_step_is_counted_and_the_next_one_still_runs() {
        let mut report = Report::default();
        assert!(!report.step("breaks", || bail!("on purpose")));
        assert!(report.step("holds", || Ok(Outcome { tests: Tally { passed: 4, failed: 0, skipped: 1 }, fine: true })));
        assert_eq!(report.tally, Tally { passed: 5, failed: 1, skipped: 1 });
        assert!(!report.close());
    }
}
