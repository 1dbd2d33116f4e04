//! A folder of ingested data: files named by their content, the chain of manifests, and the index, whose rename is the
//! one point at which an ingest counts.
//!
//! Nothing that the index or a kept revision names is ever written over. Whatever happens before the rename of
//! `index.json` (a crash, a full disk, a kill) leaves the former state whole; what lies about afterwards is swept by the
//! next write. A crash behind it leaves the chain one line short, and the index holds that line.

mod disk;
mod verify;
mod write;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::Digest;
pub use crate::data::Change;
use crate::data::{Chain, ChainEntry, DataFile, DataIndex, INDEX_SCHEMA, Lineage, Quarantined};
use crate::league::providers::SeasonFile;
use crate::league::{Game, GameLog};
use disk::{Disk, RealDisk};

pub use verify::Verified;
pub use write::Pruned;

/// File name of the index.
pub const INDEX: &str = "index.json";
/// File name of the chain: one manifest a line, the oldest first.
pub const CHAIN: &str = "manifests.jsonl";
/// File name of the quarantine in the first form of the folder, which did not list it in the index.
const OLD_QUARANTINE: &str = "quarantine.jsonl";

/// Why a folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The file system said no.
    #[error("{}: {error}", .path.display())]
    Io {
        /// Of which file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// Nothing was ingested into this folder.
    #[error("{}: no data here; `linelogic ingest --source demo --out {}` puts the simulated league there", .0.display(), .0.display())]
    Empty(PathBuf),
    /// A file is not what it should be.
    #[error("{}: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The folder was written by a newer version, and is left alone.
    #[error("{}: its form {schema} is newer than {INDEX_SCHEMA}, the newest that this version reads", .path.display())]
    Newer {
        /// The index.
        path: PathBuf,
        /// Its form.
        schema: u32,
    },
    /// Another process is writing into the folder and does not end.
    #[error("{}: another process is writing here; try again when it is done", .0.display())]
    Busy(PathBuf),
    /// The chain has the revision, and the folder no longer has its rows.
    #[error("the rows of {source_name} ({}) are not here any more: {why}", .digest.short())]
    NotKept {
        /// The source that they came from.
        source_name: String,
        /// The content's digest.
        digest: Digest,
        /// What became of them.
        why: &'static str,
    },
}

/// A folder of ingested data.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
    disk: Arc<dyn Disk>,
}

impl DataDir {
    /// The folder; it need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), disk: Arc::new(RealDisk) }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The index.
    ///
    /// # Errors
    /// [`DataDirError::Empty`] where there is none.
    pub fn index(&self) -> Result<DataIndex, DataDirError> {
        self.index_called(INDEX)?.ok_or_else(|| DataDirError::Empty(self.root.clone()))
    }

    fn index_called(&self, name: &str) -> Result<Option<DataIndex>, DataDirError> {
        let Some(bytes) = self.read_if_there(name)? else { return Ok(None) };
        let index: DataIndex = serde_json::from_slice(&bytes)
            .map_err(|error| self.damaged(name, format!("expected a data index, found otherwise: {error}")))?;
        if index.schema > INDEX_SCHEMA {
            return Err(DataDirError::Newer { path: self.root.join(name), schema: index.schema });
        }
        Ok(Some(index))
    }

    /// The bytes of a file that an index lists.
    ///
    /// # Errors
    /// [`DataDirError::Damaged`] where the file is missing, does not match its digest, or lies outside of the folder.
    pub fn read_verified(&self, file: &DataFile) -> Result<Vec<u8>, DataDirError> {
        // A path that leads out of the folder is no path of ours.
        if !is_plain(&file.path) {
            return Err(self.damaged(INDEX, format!("expected file names without folders, found {:?}", file.path)));
        }
        let bytes = self
            .read_if_there(&file.path)?
            .ok_or_else(|| self.damaged(&file.path, "the index lists it and it is missing; ingest again".to_owned()))?;
        let found = Digest::of_bytes(&bytes);
        if found == file.digest {
            return Ok(bytes);
        }
        let reason =
            format!("expected {}, found {found}; it was changed or damaged and is not used; ingest again", file.digest);
        Err(self.damaged(&file.path, reason))
    }

    /// Every season's file, name and verified bytes.
    ///
    /// # Errors
    /// As [`DataDir::index`] and [`DataDir::read_verified`].
    pub fn season_files(&self) -> Result<Vec<(String, Vec<u8>)>, DataDirError> {
        self.season_files_of(&self.index()?)
    }

    fn season_files_of(&self, index: &DataIndex) -> Result<Vec<(String, Vec<u8>)>, DataDirError> {
        let seasons = index.files.iter().filter(|file| file.kind == "games");
        seasons.map(|file| Ok((file.path.clone(), self.read_verified(file)?))).collect()
    }

    /// The index and every game, each file verified by its digest.
    ///
    /// # Errors
    /// As [`DataDir::index`] and [`DataDir::read_verified`].
    pub fn load(&self) -> Result<(DataIndex, GameLog), DataDirError> {
        let index = self.index()?;
        let log = self.games(&index)?;
        Ok((index, log))
    }

    /// Every game of an index of this folder, of the current one or of a revision's.
    ///
    /// # Errors
    /// As [`DataDir::read_verified`].
    pub fn games(&self, index: &DataIndex) -> Result<GameLog, DataDirError> {
        let mut games: Vec<Game> = Vec::new();
        for (name, bytes) in self.season_files_of(index)? {
            let season: SeasonFile = serde_json::from_slice(&bytes)
                .map_err(|error| self.damaged(&name, format!("expected a season's games: {error}; ingest again")))?;
            games.extend(season.games);
        }
        Ok(GameLog::new(games))
    }

    /// Where each game of an index of this folder was read; none where that is not known.
    ///
    /// # Errors
    /// As [`DataDir::read_verified`].
    pub fn lineage(&self, index: &DataIndex) -> Result<Option<Lineage>, DataDirError> {
        let Some(file) = index.files.iter().find(|file| file.kind == "lineage") else { return Ok(None) };
        let bytes = self.read_verified(file)?;
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| self.damaged(&file.path, format!("expected a lineage: {error}; ingest again")))
    }

    /// The refused rows of an index of this folder; empty where none were.
    ///
    /// # Errors
    /// As [`DataDir::read_verified`].
    pub fn quarantine(&self, index: &DataIndex) -> Result<Vec<Quarantined>, DataDirError> {
        let listed = index.files.iter().find(|file| file.kind == "quarantine");
        let (name, bytes) = match listed {
            Some(file) => (file.path.as_str(), self.read_verified(file)?),
            None if index.schema < 2 => (OLD_QUARANTINE, self.read_if_there(OLD_QUARANTINE)?.unwrap_or_default()),
            None => return Ok(Vec::new()),
        };
        let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let row = |(at, line): (usize, &[u8])| {
            serde_json::from_slice(line)
                .map_err(|error| self.damaged(name, format!("line {}: expected a refused row: {error}", at + 1)))
        };
        lines.map(row).collect()
    }

    /// The chain of manifests; empty where nothing was ingested. A revision that was committed and did not reach the
    /// chain, because the process was killed in between, is in it.
    ///
    /// # Errors
    /// [`DataDirError::Damaged`] where a line is no manifest.
    pub fn chain(&self) -> Result<Chain, DataDirError> {
        let mut chain = self.stored_chain()?;
        match self.index() {
            Ok(index) => _ = chain.complete(&index.manifest),
            // The chain tells what was, also where the data itself is gone.
            Err(DataDirError::Empty(_) | DataDirError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(chain)
    }

    fn stored_chain(&self) -> Result<Chain, DataDirError> {
        let bytes = self.read_if_there(CHAIN)?.unwrap_or_default();
        Chain::parse(&bytes).map_err(|reason| self.damaged(CHAIN, reason))
    }

    /// The index of an entry's content, by which its games can be read.
    ///
    /// # Errors
    /// [`DataDirError::NotKept`] where the content is not in the folder any more.
    pub fn revision(&self, chain: &Chain, entry: &ChainEntry) -> Result<DataIndex, DataDirError> {
        let current = self.index()?;
        if current.manifest.same_content(&entry.manifest) {
            return Ok(current);
        }
        let mut why = "this folder was written before revisions were kept";
        for other in chain.revisions().rev().filter(|other| other.manifest.same_content(&entry.manifest)) {
            match self.index_called(&kept_name(&other.manifest.seal()))? {
                Some(index) if index.files.is_empty() => why = "they were pruned",
                Some(index) => return Ok(index),
                None if other.seal.is_some() => why = "their index is missing",
                None => {}
            }
        }
        let (source_name, digest) = (entry.manifest.source.clone(), entry.manifest.digest);
        Err(DataDirError::NotKept { source_name, digest, why })
    }

    fn read_if_there(&self, name: &str) -> Result<Option<Vec<u8>>, DataDirError> {
        match fs::read(self.root.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io(name, error)),
        }
    }

    fn io(&self, name: &str, error: io::Error) -> DataDirError {
        let path = if name.is_empty() { self.root.clone() } else { self.root.join(name) };
        DataDirError::Io { path, error }
    }

    fn damaged(&self, name: &str, reason: String) -> DataDirError {
        DataDirError::Damaged { path: self.root.join(name), reason }
    }
}

/// Name of the index of a former revision.
fn kept_name(seal: &Digest) -> String {
    format!("index.{}.json", seal.short())
}

/// Whether a path is a file's name and nothing more.
fn is_plain(path: &str) -> bool {
    !path.contains(['/', '\\']) && !path.starts_with('.')
}

/// Bytes of a file that is read as a whole.
pub const MAX_BYTES: u64 = 64 << 20;

/// Reads a file that a user named, not a byte of it if it is larger than [`MAX_BYTES`]. The inner result is the size
/// where it is too large.
///
/// # Errors
/// [`DataDirError::Io`] where it cannot be read.
pub fn read_bounded(path: &Path) -> Result<Result<Vec<u8>, u64>, DataDirError> {
    let io = |error| DataDirError::Io { path: path.to_owned(), error };
    let size = fs::metadata(path).map_err(io)?.len();
    if size > MAX_BYTES { Ok(Err(size)) } else { fs::read(path).map(Ok).map_err(io) }
}
