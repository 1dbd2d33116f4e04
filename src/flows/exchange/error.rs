//! Why something from another tool is not taken, and why something of ours cannot be given.

use crate::ports::StoreError;

/// Why an import is refused. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The archive itself is damaged or of a kind that is not read.
    #[error("the archive cannot be read: {0}")]
    Archive(String),
    /// A path leads out of the tree, or is none.
    #[error("path {path:?} is refused: {reason}")]
    Path {
        /// The path as it was found, shortened.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file or a folder could not be read.
    #[error("{path} could not be read: {reason}")]
    Unread {
        /// Its path.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// It is larger than is taken.
    #[error("{place}: expected at most {limit}, found {found}")]
    TooLarge {
        /// The file, or the whole.
        place: String,
        /// What was found, with its unit.
        found: String,
        /// The bound, with its unit.
        limit: String,
    },
    /// A file that has to be there is not.
    #[error("{file} is missing: {why}")]
    Missing {
        /// The file.
        file: String,
        /// What it is needed for.
        why: String,
    },
    /// A file does not hold what it should.
    #[error("{file}{}: expected {expected}, found {found}", line.map_or_else(String::new, |line| format!(", line {line}")))]
    Content {
        /// The file.
        file: String,
        /// The line, from 1, where that is known.
        line: Option<u64>,
        /// What should be there.
        expected: String,
        /// What is there, shortened.
        found: String,
    },
    /// The store has a run with this id that is another.
    #[error("run {id} is in the store already and differs in its {differs}: delete one of them, nothing was imported")]
    Conflict {
        /// The run's id.
        id: String,
        /// In what they differ.
        differs: String,
    },
    /// No tree was found.
    #[error(
        "no MLflow store was found: expected a folder with experiments (<number>/meta.yaml), by itself or within one such as mlruns, found {0}"
    )]
    NoTree(String),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something of ours cannot stand in another tool's form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// A name or a value that MLflow does not take.
    #[error("{place}: {reason}")]
    Unfit {
        /// Whose it is, such as a run's parameter.
        place: String,
        /// What was found and what is expected.
        reason: String,
    },
    /// The bytes of a run's file are not in the store.
    #[error("run {run}: the bytes of its file {path:?} are not in the store ({reason})")]
    NoBytes {
        /// The run.
        run: String,
        /// The file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The archive could not be written.
    #[error("the archive cannot be written: {0}")]
    Archive(String),
}

/// A piece of foreign text as messages show it: quoted, without control characters, at most 60 characters.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
