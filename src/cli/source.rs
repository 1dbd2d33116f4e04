//! `--source SPEC`: where games come from.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::download::{self, Missed};
use super::{Failure, Global, failed, tell};
use crate::adapters::SystemClock;
use crate::adapters::balldontlie::Downloaded;
use crate::adapters::data_dir::{DataDir, DataDirError};
use crate::base::Seed;
use crate::data::{Findings, Lineage};
use crate::flows::check::InputFile;
use crate::flows::ingest::{Ingested, Input, admit, examine};
use crate::league::demo;
use crate::ports::Clock;

/// How many findings are kept and printed where not all were asked for.
const SHOWN: usize = 20;

/// A source as the user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    /// `demo[:SEED]`: the simulated league.
    Demo(Seed),
    /// `csv:PATH[,PATH…]`: files of any provider, known by their header or shape.
    Files(Vec<PathBuf>),
    /// `balldontlie[:FROM..TO]`: seasons of the provider, by the years in which they start; without any, this one.
    Balldontlie(Option<(u16, u16)>),
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
            ("csv" | "json" | "backup", Some(path)) if !path.is_empty() => {
                Ok(Self::Files(path.split(',').filter(|path| !path.is_empty()).map(PathBuf::from).collect()))
            }
            ("balldontlie", None) => Ok(Self::Balldontlie(None)),
            ("balldontlie", Some(range)) => seasons(range).map(|range| Self::Balldontlie(Some(range))),
            ("dir", Some(path)) if !path.is_empty() => Ok(Self::Dir(path.into())),
            _ => Err(format!("expected demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR, found `{text}`")),
        }
    }
}

/// A source that is there, before anything is made of it.
pub(super) enum Loaded {
    Demo(Seed),
    Files {
        name: String,
        paths: Vec<PathBuf>,
    },
    /// The pages of a download. They stay in their folder until [`Loaded::finish`].
    Download {
        name: String,
        downloaded: Downloaded,
    },
    /// The seasons of a folder, each verified by its digest.
    Folder {
        name: String,
        files: Vec<(String, Vec<u8>)>,
    },
}

impl Loaded {
    /// Looks a source up, or fetches it.
    pub(super) fn read(source: &SourceSpec, global: &Global) -> Result<Self, Missed> {
        match source {
            SourceSpec::Demo(seed) => Ok(Self::Demo(*seed)),
            SourceSpec::Balldontlie(range) => {
                let range = download::seasons(*range, SystemClock.now().date_naive());
                let downloaded = download::download(range, global)?;
                Ok(Self::Download { name: format!("{}..{}", range.0, range.1), downloaded })
            }
            SourceSpec::Files(paths) => {
                let name = paths.iter().map(|path| short(path)).collect::<Vec<_>>().join(",");
                Ok(Self::Files { name, paths: paths.clone() })
            }
            SourceSpec::Dir(path) => Ok(Self::Folder { name: short(path), files: season_files(path)? }),
        }
    }

    /// As [`Loaded::read`], for a source that is not fetched.
    pub(super) fn here(source: &SourceSpec, global: &Global) -> Result<Self, Failure> {
        Self::read(source, global).map_err(|missed| match missed {
            Missed::Failed(failure) => failure,
            Missed::ForNow(reason) => Failure::Environment(reason),
        })
    }

    /// Bytes that were fetched to have it.
    pub(super) fn fetched(&self) -> u64 {
        if let Self::Download { downloaded, .. } = self { downloaded.bytes } else { 0 }
    }

    /// Requests that it took to have it.
    pub(super) fn requests(&self) -> u64 {
        if let Self::Download { downloaded, .. } = self { downloaded.requests } else { 0 }
    }

    /// Says that what was made of it is safe.
    pub(super) fn finish(self) {
        if let Self::Download { downloaded, .. } = self
            && let Err(error) = downloaded.finish()
        {
            // The games are ingested. Pages that stay are taken up by the next download or are too old for it.
            tell(&format!("the downloaded pages could not be removed: {error}"));
        }
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Demo(_) => "demo",
            Self::Files { name, .. } | Self::Folder { name, .. } | Self::Download { name, .. } => name,
        }
    }

    /// Its files, opened.
    pub(super) fn files(&self) -> Result<Vec<InputFile<'_>>, Failure> {
        match self {
            Self::Demo(_) => Ok(Vec::new()),
            Self::Files { paths, .. } => paths.iter().map(|path| open(path)).collect(),
            Self::Download { downloaded, .. } => {
                let pages = downloaded.pages.iter();
                Ok(pages.map(|page| InputFile::of_bytes(page.name.clone(), &page.bytes)).collect())
            }
            Self::Folder { files, .. } => {
                Ok(files.iter().map(|(name, bytes)| InputFile::of_bytes(name.clone(), bytes)).collect())
            }
        }
    }

    /// It as an input of an ingest.
    pub(super) fn input(&self) -> Result<Input<'_>, Failure> {
        let scheme = match self {
            Self::Demo(seed) => return Ok(Input::Demo(*seed)),
            Self::Files { .. } => None,
            Self::Download { .. } => Some("balldontlie"),
            Self::Folder { .. } => Some("dir"),
        };
        Ok(Input::Files { name: self.name().to_owned(), scheme, files: self.files()? })
    }
}

fn season_files(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    Ok(DataDir::new(path).season_files()?)
}

/// `2021..2023`, or one year.
fn seasons(text: &str) -> Result<(u16, u16), String> {
    let year = |text: &str| text.parse::<u16>().ok().filter(|year| (1946..=2100).contains(year));
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    match (year(first), year(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(format!("expected seasons as 2021..2023, by the years in which they start, found `{text}`")),
    }
}

/// Opens a file; `-` is standard input.
fn open(path: &Path) -> Result<InputFile<'static>, Failure> {
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| failed(path, &error))?;
        // A folder opens as a file does and fails when it is read.
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            return Err(failed(path, &io::Error::other("expected a file, found a folder")));
        }
        Box::new(file)
    };
    Ok(InputFile { name: short(path), reader })
}

/// The last part of a path, for messages; the path itself where it has none.
fn short(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Ingests a source for a command that computes on games: the games, or an end with exit code 1 or 3. Findings go to
/// standard error.
pub fn ingested(source: &SourceSpec, global: &Global) -> Result<Ingested, Failure> {
    let now = SystemClock.now();
    let loaded = match Loaded::read(source, global) {
        Ok(loaded) => loaded,
        Err(Missed::Failed(failure)) => return Err(failure),
        Err(Missed::ForNow(reason)) => {
            // The snapshot was verified by its digests, and passed the gate when it was ingested.
            let folder = DataDir::new(&global.data);
            let index = download::snapshot(&folder, &reason, now, global)?;
            let (log, as_of) = (folder.games(&index)?, index.as_of);
            let (findings, lineage) = (Findings::default(), Lineage::default());
            return Ok(Ingested { log, manifest: index.manifest, as_of, findings, lineage });
        }
    };
    let bar = global.progress("reading rows", 0);
    let examined = examine(loaded.input()?, now.date_naive(), SHOWN, None, &mut |done| {
        bar.set_position(done.rows);
        true
    });
    bar.finish_and_clear();
    admit(examined, now).inspect(|ingested| tell_findings(&ingested.findings)).map_err(|rejection| {
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
    let told = |violation: &crate::data::Violation| format!("{}: {violation}", violation.severity);
    let mut lines: Vec<String> = findings.violations.iter().map(told).collect();
    let more = findings.violation_count.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    for (reason, rows) in &findings.skipped {
        lines.push(format!("passed over: {rows} rows of {reason}"));
    }
    lines
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
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
        assert_eq!("csv:a:b.csv".parse(), Ok(SourceSpec::Files(vec!["a:b.csv".into()])));
        assert_eq!("csv:a.csv,b.csv".parse(), Ok(SourceSpec::Files(vec!["a.csv".into(), "b.csv".into()])));
        assert_eq!("dir:public/data".parse(), Ok(SourceSpec::Dir("public/data".into())));
        assert_eq!("balldontlie".parse(), Ok(SourceSpec::Balldontlie(None)));
        assert_eq!("balldontlie:2021..2023".parse(), Ok(SourceSpec::Balldontlie(Some((2021, 2023)))));
        assert_eq!("balldontlie:2021".parse(), Ok(SourceSpec::Balldontlie(Some((2021, 2021)))));
        for wrong in [
            "",
            "demo:x",
            "balldontlie:",
            "balldontlie:2023..2021",
            "balldontlie:1900",
            "balldontlie:x..y",
            "csv",
            "csv:",
            "ftp:x",
            "games.csv",
        ] {
            let message = wrong.parse::<SourceSpec>().unwrap_err();
            assert!(message.starts_with("expected"), "{wrong}: {message}");
        }
    }
}
