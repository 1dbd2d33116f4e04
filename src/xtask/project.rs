//! Where the project's things lie, and what its manifest files say.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result, anyhow, bail};

/// The project's folders.
#[derive(Debug, Clone)]
pub struct Project {
    /// The repository's top level.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// The user's cache for tools, shared by all clones.
    pub cache: PathBuf,
}

impl Project {
    /// Finds the folders: the root from cargo (or from where this was compiled), the target folder from
    /// `CARGO_TARGET_DIR`, the cache from `LINELOGIC_CACHE`, `XDG_CACHE_HOME/linelogic` or `HOME/.cache/linelogic`.
    pub fn open() -> Result<Self> {
        let root = folder("CARGO_MANIFEST_DIR").unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        if !root.join("Cargo.toml").is_file() {
            bail!("{} is no longer the project: run this as `cargo xtask` inside it", root.display());
        }
        let target = folder("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
        let cache = folder("LINELOGIC_CACHE")
            .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("linelogic")))
            .or_else(|| env::home_dir().map(|home| home.join(".cache/linelogic")))
            .context("no cache folder: set LINELOGIC_CACHE to one")?;
        Ok(Self { root, target, cache })
    }

    /// What `cargo xtask build` leaves to be uploaded.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// The site's generated data.
    pub fn data(&self) -> PathBuf {
        self.root.join("public/data")
    }

    /// The tasks' own scratch folder: stamps, Trunk's output, the journal of the site's data.
    pub fn scratch(&self) -> PathBuf {
        self.target.join("linelogic")
    }

    /// The version of a package in `Cargo.lock`, the single source of the wasm-bindgen version.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        version_in_lock(&lock, package).ok_or_else(|| anyhow!("Cargo.lock names no package `{package}`"))
    }
}

fn folder(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The version of `package` in the text of a `Cargo.lock`.
pub fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.next()?;
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"').map(str::to_owned)
}

/// The path that a site is served under: it starts and ends with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Where GitHub Pages serves the site of a repository named `linelogic`; the tests use it too.
    pub fn of_repository() -> Self {
        Self("/linelogic/".to_owned())
    }

    /// The path with its slashes: `/` or `/linelogic/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = text.trim_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~/".contains(c);
        if !text.starts_with('/') || !inner.chars().all(plain) || inner.split('/').any(|part| part == "..") {
            return Err(format!("expected a path such as / or /linelogic/, found {text:?}"));
        }
        Ok(Self(if inner.is_empty() { "/".to_owned() } else { format!("/{inner}/") }))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path as a person would write it: relative to the project where it lies inside.
pub fn shown(project: &Project, path: &Path) -> String {
    path.strip_prefix(&project.root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_gets_both_slashes() {
        for (given, wanted) in [("/", "/"), ("/linelogic", "/linelogic/"), ("/a/b/", "/a/b/")] {
            assert_eq!(given.parse::<PublicUrl>().map(|url| url.0).as_deref(), Ok(wanted));
        }
        for wrong in ["", "linelogic", "https://example.org/", "/a b/", "/\"><script>", "/../x/"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_locked_version_is_that_of_the_package_with_this_very_name() {
        let lock =
            "[[package]]\nname = \"ab\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(version_in_lock(lock, "a").as_deref(), Some("2.0.0"));
        assert_eq!(version_in_lock(lock, "b"), None);
    }
}
