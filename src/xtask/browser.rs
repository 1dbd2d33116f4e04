//! Finds Chromium and chromedriver, or gets them through apt.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::process::{command, first_line, on_path, run, say};
use super::project::Project;

/// A browser and its driver.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Chromium or Chrome.
    pub chromium: PathBuf,
    /// The chromedriver that goes with it.
    pub chromedriver: PathBuf,
}

/// Finds both; installs both through apt where they are missing and that is possible.
pub fn ensure(project: &Project) -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    let advice = "Chromium and its driver are needed: install the packages `chromium` and `chromium-driver` (Debian), \
                  or Chrome with a chromedriver of its version on PATH, or name them in CHROME and CHROMEDRIVER";
    if on_path("apt-get").is_none() {
        bail!("{advice}");
    }
    let is_root = first_line(command(project, "id").arg("-u")).as_deref() == Some("0");
    let may_sudo = !is_root && first_line(command(project, "sudo").args(["-n", "echo", "yes"])).is_some();
    if !is_root && !may_sudo {
        bail!("{advice}. For example: sudo apt-get install chromium chromium-driver");
    }
    say("    installing chromium and chromium-driver through apt");
    let apt = |words: &[&str]| {
        let mut apt = command(project, if is_root { "apt-get" } else { "sudo" });
        if !is_root {
            apt.args(["-n", "apt-get"]);
        }
        apt.args(words).env("DEBIAN_FRONTEND", "noninteractive");
        run(&mut apt, advice)
    };
    apt(&["update", "-qq"])?;
    apt(&["install", "-y", "-qq", "--no-install-recommends", "chromium", "chromium-driver"])?;
    match find() {
        Some(browser) => Ok(browser),
        None => bail!("{advice}"),
    }
}

/// Looks at `CHROME` and `CHROMEDRIVER`, at `CHROMEWEBDRIVER` (GitHub's runners), then on PATH.
fn find() -> Option<Browser> {
    let named = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|file| file.is_file());
    let programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let application = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    let chromium = named("CHROME")
        .or_else(|| programs.into_iter().find_map(on_path))
        .or_else(|| application.is_file().then(|| application.to_path_buf()))?;
    let beside = env::var_os("CHROMEWEBDRIVER").map(|folder| Path::new(&folder).join("chromedriver"));
    let chromedriver =
        named("CHROMEDRIVER").or_else(|| beside.filter(|file| file.is_file())).or_else(|| on_path("chromedriver"))?;
    Some(Browser { chromium, chromedriver })
}
