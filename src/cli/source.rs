//! `--source SPEC`: where games come from.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Failure, Global, tell};
use crate::adapters::SystemClock;
use crate::adapters::data_dir::{DataDir, DataDirError, read_bounded};
use crate::base::Seed;
use crate::flows::ingest::{Examined, Findings, Ingested, Input, Rejection, admit, check_size, examine};
use crate::league::demo;
use crate::ports::Clock;

/// How many findings are printed where not all were asked for.
const SHOWN: usize = 20;

/// A source as the user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    /// `demo[:SEED]`: the simulated league.
    Demo(Seed),
    /// `csv:PATH`: a file, its format known by its header (a season's JSON file is taken too).
    File(PathBuf),
    /// `dir:DIR`: a folder of data ingested before.
    Dir(PathBuf),
}

impl FromStr for SourceSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once(':').map_or((text, None), |(scheme, rest)| (scheme, Some(rest)));
        match (scheme, rest) {
            ("demo", None) => Ok(Self::Demo(demo::DEFAULT_SEED)),
            ("demo", Some(seed)) => seed
                .parse()
                .map(|seed| Self::Demo(Seed(seed)))
                .map_err(|_| format!("expected a whole number as the seed of demo:SEED, found `{seed}`")),
            ("csv", Some(path)) if !path.is_empty() => Ok(Self::File(path.into())),
            ("dir", Some(path)) if !path.is_empty() => Ok(Self::Dir(path.into())),
            _ => Err(format!("expected demo, demo:SEED, csv:PATH or dir:DIR, found `{text}`")),
        }
    }
}

/// A source's bytes, before anything is made of them.
pub(super) enum Loaded {
    Demo(Seed),
    File { name: String, bytes: Vec<u8> },
    Files { name: String, files: Vec<(String, Vec<u8>)> },
}

impl Loaded {
    /// Reads a source; a file that is too large is refused before it is read.
    pub(super) fn read(source: &SourceSpec) -> Result<Result<Self, Rejection>, Failure> {
        match source {
            SourceSpec::Demo(seed) => Ok(Ok(Self::Demo(*seed))),
            SourceSpec::File(path) => {
                let name = short(path);
                Ok(match read_bounded(path)? {
                    Ok(bytes) => Ok(Self::File { name, bytes }),
                    Err(size) => Err(check_size(&name, size).err().unwrap_or_else(|| Rejection {
                        message: format!("{name}: {size} bytes are too many"),
                        findings: Findings::default(),
                    })),
                })
            }
            SourceSpec::Dir(path) => {
                Ok(Ok(Self::Files { name: short(path), files: DataDir::new(path).season_files()? }))
            }
        }
    }

    fn input(&self) -> Input<'_> {
        match self {
            Self::Demo(seed) => Input::Demo(*seed),
            Self::File { name, bytes } => Input::File { name, bytes },
            Self::Files { name, files } => Input::Files { name, files },
        }
    }

    /// Parses and checks, with progress on a terminal.
    pub(super) fn examine(&self, global: &Global, kept: usize) -> Examined {
        let bar = global.progress("reading rows", 0);
        let today = SystemClock.now().date_naive();
        let examined = examine(self.input(), today, kept, &mut |rows| {
            bar.set_position(rows);
            true
        });
        bar.finish_and_clear();
        examined
    }
}

/// The last part of a path, for messages; the path itself where it has none.
fn short(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Ingests a source for a command that computes on games: the games, or an end with exit code 1 or 3. Findings go to
/// standard error.
pub fn ingested(source: &SourceSpec, global: &Global) -> Result<Ingested, Failure> {
    let admitted = Loaded::read(source)?.and_then(|loaded| {
        let examined = loaded.examine(global, SHOWN);
        admit(examined, SystemClock.now())
    });
    admitted.inspect(|ingested| tell_findings(&ingested.findings)).map_err(|rejection| {
        tell_findings(&rejection.findings);
        Failure::Gate(rejection.message)
    })
}

/// Prints findings for people on standard error.
pub(super) fn tell_findings(findings: &Findings) {
    for line in lines(findings) {
        tell(&line);
    }
}

/// Findings as lines: violations, how many more there are, what was passed over.
pub(super) fn lines(findings: &Findings) -> Vec<String> {
    let mut lines: Vec<String> = findings
        .violations
        .iter()
        .map(|violation| {
            let severity = match violation.severity {
                crate::data::Severity::Error => "error",
                crate::data::Severity::Warning => "warning",
            };
            format!("{severity}: {violation}")
        })
        .collect();
    let more = findings.violation_count.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    for (reason, rows) in &findings.skipped {
        lines.push(format!("passed over: {rows} rows of {reason}"));
    }
    lines
}

impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        Failure::Environment(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_by_its_scheme() {
        assert_eq!("demo".parse(), Ok(SourceSpec::Demo(demo::DEFAULT_SEED)));
        assert_eq!("demo:7".parse(), Ok(SourceSpec::Demo(Seed(7))));
        assert_eq!("csv:a:b.csv".parse(), Ok(SourceSpec::File("a:b.csv".into())));
        assert_eq!("dir:public/data".parse(), Ok(SourceSpec::Dir("public/data".into())));
        for wrong in ["", "demo:x", "csv", "csv:", "ftp:x", "games.csv"] {
            let message = wrong.parse::<SourceSpec>().unwrap_err();
            assert!(message.starts_with("expected"), "{wrong}: {message}");
        }
    }
}
