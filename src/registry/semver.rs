//! Numbers of model versions.

use std::fmt;
use std::str::FromStr;

/// A semantic version `major.minor.patch`, with an optional build after `+` that marks where it was made
/// (`1.3.0+local.1`). Builds count in the order, so that no two versions are equal that are written differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SemVer {
    /// Raised when the model takes other features.
    pub major: u64,
    /// Raised by every other training.
    pub minor: u64,
    /// Not used by the registry itself.
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

/// Major part of a feature set's version, which says whether a model can be replaced without its features changing.
fn feature_major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// The number of a new version, after the highest there is (with the features that one was trained on): the first is
/// 1.0.0; other features by their major version raise the major part, anything else the minor part.
pub fn next_version(highest: Option<(&SemVer, &str)>, feature_version: &str) -> SemVer {
    let number = |major, minor| SemVer { major, minor, patch: 0, build: String::new() };
    match highest {
        None => number(1, 0),
        Some((last, features)) if feature_major(features) == feature_major(feature_version) => {
            number(last.major, last.minor + 1)
        }
        Some((last, _)) => number(last.major + 1, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn other_features_raise_the_major_part_and_everything_else_the_minor() {
        assert_eq!(next_version(None, "3.0.0").to_string(), "1.0.0");
        assert_eq!(next_version(Some((&v("1.4.0"), "1.0.0")), "1.9.0").to_string(), "1.5.0");
        assert_eq!(next_version(Some((&v("1.4.0"), "1.0.0")), "2.0.0").to_string(), "2.0.0");
        assert_eq!(next_version(Some((&v("1.4.0+local.2"), "1.0.0")), "1.0.0").to_string(), "1.5.0");
    }
}
