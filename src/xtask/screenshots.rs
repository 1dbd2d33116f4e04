//! `cargo xtask screenshots`: every page of the built site at both widths in both schemes.

use std::fs;

use anyhow::{Context as _, Result, bail};

use super::process::{self, say, step};
use super::project::{Project, PublicUrl, shown};
use super::test::in_built_site;
use super::{browser, build};

/// The pictures that the README and the docs show: name in `target/screenshots`, name in `docs/images`.
const README: [(&str, &str); 7] = [
    ("tonight-1440-light", "tonight-light"),
    ("tonight-1440-dark", "tonight-dark"),
    ("tonight-360-light", "tonight-phone"),
    ("lab-features-1440-light", "features-light"),
    ("lab-training-1440-light", "training-light"),
    ("lab-runs-1440-light", "runs-light"),
    ("lab-model-1440-light", "model-light"),
];

/// The largest picture that is committed, in bytes.
const LARGEST: u64 = 300_000;

/// Builds the site, takes the pictures into `target/screenshots/` and, if asked, copies the README's.
pub fn run(project: &Project, readme: bool) -> Result<()> {
    let browser = step("Chromium and chromedriver", || browser::ensure(project))?;
    build::site(project, &PublicUrl::of_repository())?;
    let folder = project.target.join("screenshots");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    step("pictures", || {
        let mut test = in_built_site(project, &browser, "screenshots");
        process::run(test.env("LINELOGIC_SCREENSHOTS", &folder), "see above which page did not come up")
    })?;
    say(&format!("{} pictures are in {}", fs::read_dir(&folder)?.count(), shown(project, &folder)));
    if readme {
        let images = project.root.join("docs/images");
        fs::create_dir_all(&images)?;
        for (from, to) in README {
            let (from, to) = (folder.join(format!("{from}.png")), images.join(format!("{to}.png")));
            let bytes = fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
            if bytes > LARGEST {
                bail!("{} has {bytes} bytes, more than {LARGEST}: show less in it", to.display());
            }
        }
    }
    Ok(())
}
