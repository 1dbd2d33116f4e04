//! Numbers of model versions.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest};
use crate::learn::ModelDocument;

/// A semantic version `major.minor.patch`, with an optional build after `+` that marks where it was made
/// (`1.3.0+local.1`). Builds count in the order, so that no two versions are equal that are written differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SemVer {
    /// Raised when the model takes other features.
    pub major: u64,
    /// Raised by new data and other settings.
    pub minor: u64,
    /// Raised where nothing but the calibration differs.
    pub patch: u64,
    /// Where it was made; empty for the site's own.
    pub build: String,
}

impl FromStr for SemVer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("expected a version such as 1.2.0, found `{text}`");
        let (numbers, build) = text.split_once('+').map_or((text, ""), |(numbers, build)| (numbers, build));
        let mut parts = numbers.split('.').map(|part| {
            let canonical = part == "0" || !part.starts_with('0');
            (canonical && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u64>().ok()).flatten()
        });
        let mut next = || parts.next().flatten().ok_or_else(wrong);
        let (major, minor, patch) = (next()?, next()?, next()?);
        if parts.next().is_some() || (text.contains('+') && build.is_empty()) {
            return Err(wrong());
        }
        Ok(Self { major, minor, patch, build: build.to_owned() })
    }
}

impl fmt::Display for SemVer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if self.build.is_empty() { Ok(()) } else { write!(f, "+{}", self.build) }
    }
}

/// Which part of a number a new version raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing but the calibration differs, or nothing at all.
    Patch,
    /// New data, or other settings.
    Minor,
    /// Other features: the model cannot take the place of the one before it unless they are served.
    Major,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Patch => "patch",
            Level::Minor => "minor",
            Level::Major => "major",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Level::Major, Level::Minor, Level::Patch]
            .into_iter()
            .find(|level| level.to_string() == text)
            .ok_or_else(|| format!("expected major, minor or patch, found `{text}`"))
    }
}

/// What the rule of numbers compares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Made<'a> {
    /// The model.
    pub model: &'a ModelDocument,
    /// The last league day whose results it learned from.
    pub trained_through: Date,
    /// Digest of the manifest of the data.
    pub data_version: Digest,
}

/// Major part of a feature set's version, which says whether a model can be replaced without its features changing.
fn feature_major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// Which part of the number a version raises after the newest one, and why.
pub fn level_after(before: &Made<'_>, made: &Made<'_>) -> (Level, String) {
    let (old, new) = (before.model.feature_version(), made.model.feature_version());
    if feature_major(old) != feature_major(new) {
        return (Level::Major, format!("features {new} after {old}"));
    }
    let of = |model: &ModelDocument| model.features().into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let (had, has) = (of(before.model), of(made.model));
    if had != has {
        let list = |names: Vec<&String>| names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let (added, gone) = (list(has.difference(&had).collect()), list(had.difference(&has).collect()));
        let parts = [("added", added), ("gone", gone)].into_iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> = parts.map(|(what, names)| format!("{what} {names}")).collect();
        return (Level::Major, format!("other features, {}", parts.join("; ")));
    }
    if before.trained_through != made.trained_through {
        let (through, after) = (made.trained_through, before.trained_through);
        return (Level::Minor, format!("new data, trained through {through} after {after}"));
    }
    if before.data_version != made.data_version {
        let (manifest, after) = (made.data_version.short(), before.data_version.short());
        return (Level::Minor, format!("new data, manifest {manifest} after {after}"));
    }
    if before.model == made.model {
        (Level::Patch, "the same model again".to_owned())
    } else if before.model.differs_in_calibration_only(made.model) {
        (Level::Patch, "another calibration and nothing else".to_owned())
    } else {
        (Level::Minor, "other settings".to_owned())
    }
}

/// The number of a new version after the highest that there ever was: the first is 1.0.0. The part of the level is
/// raised, and those behind it begin anew.
pub fn next_version(highest: Option<&SemVer>, level: Level) -> SemVer {
    let number = |major, minor, patch| SemVer { major, minor, patch, build: String::new() };
    match (highest, level) {
        (None, _) => number(1, 0, 0),
        (Some(last), Level::Major) => number(last.major + 1, 0, 0),
        (Some(last), Level::Minor) => number(last.major, last.minor + 1, 0),
        (Some(last), Level::Patch) => number(last.major, last.minor, last.patch + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{Calibration, Linear, Model};

    fn v(text: &str) -> SemVer {
        text.parse().unwrap()
    }

    #[test]
    fn a_version_is_written_one_way_only() {
        for text in ["1.0.0", "0.10.2", "1.2.0+local.1"] {
            assert_eq!(v(text).to_string(), text);
        }
        for wrong in ["", "1", "1.0", "1.0.0.0", "01.0.0", "1.-1.0", "v1.0.0", "1.0.0+", "1.0.x", "1.0.+5"] {
            assert!(wrong.parse::<SemVer>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        assert!(v("1.9.0") < v("1.10.0"));
        assert!(v("1.10.0") < v("2.0.0"));
    }

    fn model(version: &str, features: &[&str], intercept: f64, calibration: Calibration) -> ModelDocument {
        let names = features.iter().map(|name| (*name).to_owned()).collect();
        let linear = Linear::unscaled(vec![0.1; features.len()], intercept);
        Model::linear(version, names, linear).calibrated(calibration).into()
    }

    #[test]
    fn what_differs_from_the_version_before_says_which_part_is_raised() {
        let plain = |version: &str, features: &[&str]| model(version, features, 0.0, Calibration::None);
        let day = |text: &str| text.parse::<Date>().unwrap();
        let before = plain("1.4.0", &["elo", "rest"]);
        let check = |model: &ModelDocument, through: &str, data: &[u8], expected: (Level, &str)| {
            let old = Made { model: &before, trained_through: day("2026-01-01"), data_version: Digest::of_bytes(b"a") };
            let new = Made { model, trained_through: day(through), data_version: Digest::of_bytes(data) };
            let (level, why) = level_after(&old, &new);
            assert_eq!((level, why.as_str()), expected);
        };
        let same = "2026-01-01";
        check(&plain("2.0.0", &["elo", "rest"]), same, b"a", (Level::Major, "features 2.0.0 after 1.4.0"));
        check(&plain("1.4.0", &["elo", "home"]), same, b"b", (Level::Major, "other features, added home; gone rest"));
        check(&plain("1.5.0", &["rest", "elo"]), same, b"a", (Level::Minor, "other settings"));
        let later = "new data, trained through 2026-01-08 after 2026-01-01";
        check(&before, "2026-01-08", b"a", (Level::Minor, later));
        let manifests =
            format!("new data, manifest {} after {}", Digest::of_bytes(b"b").short(), Digest::of_bytes(b"a").short());
        check(&before, same, b"b", (Level::Minor, manifests.as_str()));
        let other = model("1.4.0", &["elo", "rest"], 0.5, Calibration::None);
        check(&other, same, b"a", (Level::Minor, "other settings"));
        let calibrated = model("1.4.0", &["elo", "rest"], 0.0, Calibration::Platt { slope: 1.1, intercept: 0.0 });
        check(&calibrated, same, b"a", (Level::Patch, "another calibration and nothing else"));
        check(&before, same, b"a", (Level::Patch, "the same model again"));
    }

    #[test]
    fn a_part_that_is_raised_begins_those_behind_it_anew() {
        let next = |highest: &str, level| next_version(Some(&v(highest)), level).to_string();
        assert_eq!(next_version(None, Level::Patch).to_string(), "1.0.0");
        assert_eq!(next("1.4.2", Level::Major), "2.0.0");
        assert_eq!(next("1.4.2+local.1", Level::Minor), "1.5.0");
        assert_eq!(next("1.4.2", Level::Patch), "1.4.3");
        assert_eq!(("minor".parse(), "huge".parse::<Level>().is_err()), (Ok(Level::Minor), true));
    }
}
