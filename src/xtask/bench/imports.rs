//! A year's file of games, imported in the built site: how long it takes, and what becomes of the page's frames meanwhile
//! (`a_year_is_imported_beside_a_page_that_goes_on` in `tests/e2e/browser_bench.rs`).

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::xtask::browser;
use crate::xtask::process::run_and_read;
use crate::xtask::project::Project;
use crate::xtask::test::in_built_site;

/// What the browser saw.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Imported {
    /// From the choice of the file to the end of the import, the driver's own time included.
    import_milliseconds: f64,
    /// Frames that the page drew meanwhile.
    frames: f64,
    frames_per_second: f64,
    /// Frames that came more than 25 ms after the one before.
    late: f64,
    longest_milliseconds: f64,
}

/// Imports the file in the built site.
pub fn measure(project: &Project, year: &Path) -> Result<Imported> {
    if !year.is_file() {
        bail!("{} is absent", year.display());
    }
    let browser = browser::ensure(project)?;
    let mut bench = in_built_site(project, &browser, "browser_bench");
    let (fine, output) = run_and_read(bench.arg("a_year").env("LINELOGIC_BENCH_YEAR", year))?;
    if !fine {
        bail!("it did not run to its end");
    }
    let found = output.lines().find_map(|line| serde_json::from_str(line.trim()).ok());
    found.context("it printed no measurement")
}

/// The table.
pub fn table(imported: &Result<Imported>) -> String {
    let header = "| import of a year's LeagueGameFinder file, browser | ms with the driver's time | frames | a second | late | longest gap, ms |\n|---|---|---|---|---|---|\n";
    match imported {
        Ok(Imported { import_milliseconds, frames, frames_per_second, late, longest_milliseconds }) => format!(
            "{header}| in the worker, beside the page | {import_milliseconds:.0} | {frames} | {frames_per_second:.1} | {late} | {longest_milliseconds:.0} |\n"
        ),
        Err(error) => format!("{header}| in the worker | not measured: {} | | | | |\n", error.root_cause()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_and_what_was_not_are_both_a_row() {
        let line = r#"{"import_milliseconds":690.4,"frames":40,"frames_per_second":57.66,"late":2,"longest_milliseconds":33.1}"#;
        let shown = table(&serde_json::from_str(line).map_err(Into::into));
        assert!(shown.ends_with("| in the worker, beside the page | 690 | 40 | 57.7 | 2 | 33 |\n"), "{shown}");
        assert!(table(&Err(anyhow::anyhow!("y.csv is absent"))).contains("not measured: y.csv is absent"));
    }
}
