//! A folder of ingested data: one JSON file a season, the chain of manifests, and the index, written last.
//!
//! Every file is written beside its place, flushed to the disk and renamed, so a reader sees the old bytes or the
//! new ones. Whoever reads while a new set is being written, or after a crash in the middle of it, finds a file that
//! does not match the index's digest and refuses it by name; the same ingest again repairs the folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest};
use crate::data::{DataFile, DataIndex, Manifest, Quarantined};
use crate::flows::ingest::Ingested;
use crate::league::providers::{SeasonFile, season_bytes};
use crate::league::{Game, GameLog, games_contract};

/// File name of the index.
pub const INDEX: &str = "index.json";
/// File name of the chain: one manifest a line, the oldest first.
pub const CHAIN: &str = "manifests.jsonl";
/// File name of the quarantine: one refused row a line, with every violation; only there where rows were refused.
pub const QUARANTINE: &str = "quarantine.jsonl";
/// Version of the index's form.
pub const INDEX_SCHEMA: u32 = 1;

/// What an ingest did to the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The folder holds new content now.
    Written,
    /// The folder held the same content already: the ingest was recorded and nothing else was touched.
    Unchanged,
}

/// One link of the chain: the record of an ingest and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainEntry {
    /// What it did.
    pub change: Change,
    /// Its record.
    #[serde(flatten)]
    pub manifest: Manifest,
}

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
}

/// A folder of ingested data.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
}

/// A season's file before it is written.
struct Planned {
    file: DataFile,
    bytes: Vec<u8>,
}

impl DataDir {
    /// The folder; it need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The index; [`DataDirError::Empty`] where there is none.
    pub fn index(&self) -> Result<DataIndex, DataDirError> {
        let Some(bytes) = self.read_if_there(INDEX)? else { return Err(DataDirError::Empty(self.root.clone())) };
        let index: DataIndex = serde_json::from_slice(&bytes)
            .map_err(|error| self.damaged(INDEX, format!("expected a data index, found otherwise: {error}")))?;
        if index.schema > INDEX_SCHEMA {
            let reason =
                format!("its form {} is newer than {INDEX_SCHEMA}, the newest that this version reads", index.schema);
            return Err(self.damaged(INDEX, reason));
        }
        Ok(index)
    }

    /// The bytes of a file that the index lists, held against its digest.
    pub fn read_verified(&self, file: &DataFile) -> Result<Vec<u8>, DataDirError> {
        // A path that leads out of the folder is no path of ours.
        if file.path.contains(['/', '\\']) || file.path.starts_with('.') {
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
    pub fn season_files(&self) -> Result<Vec<(String, Vec<u8>)>, DataDirError> {
        let index = self.index()?;
        let seasons = index.files.iter().filter(|file| file.kind == "games");
        seasons.map(|file| Ok((file.path.clone(), self.read_verified(file)?))).collect()
    }

    /// The index and every game, each file verified by its digest.
    pub fn load(&self) -> Result<(DataIndex, GameLog), DataDirError> {
        let index = self.index()?;
        let mut games = Vec::new();
        for (name, bytes) in self.season_files()? {
            let season: SeasonFile = serde_json::from_slice(&bytes)
                .map_err(|error| self.damaged(&name, format!("expected a season's games: {error}; ingest again")))?;
            games.extend(season.games);
        }
        Ok((index, GameLog::new(games)))
    }

    /// The chain of manifests, the oldest first; empty where nothing was ingested.
    pub fn chain(&self) -> Result<Vec<ChainEntry>, DataDirError> {
        let bytes = self.read_if_there(CHAIN)?.unwrap_or_default();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines
            .enumerate()
            .map(|(at, line)| {
                serde_json::from_slice(line)
                    .map_err(|error| self.damaged(CHAIN, format!("line {}: expected a manifest: {error}", at + 1)))
            })
            .collect()
    }

    /// Writes what was ingested: changed season files, the chain, and the index last. The same content again is
    /// recorded in the chain and changes nothing else.
    pub fn write(&self, ingested: &Ingested) -> Result<(Change, DataIndex), DataDirError> {
        fs::create_dir_all(&self.root).map_err(|error| self.io("", error))?;
        let before = match self.index() {
            Ok(index) => Some(index),
            // What cannot be read is replaced: that is how a damaged folder is repaired.
            Err(DataDirError::Empty(_) | DataDirError::Damaged { .. }) => None,
            Err(error) => return Err(error),
        };
        let planned = self.plan(ingested)?;
        let mut chain = self.chain()?;
        let mut manifest = ingested.manifest.clone();
        manifest.previous = chain.last().map(|entry| entry.manifest.digest);
        if let Some(index) = before.as_ref().filter(|index| self.holds(index, &planned, &manifest)) {
            chain.push(ChainEntry { change: Change::Unchanged, manifest });
            self.write_chain(&chain)?;
            return Ok((Change::Unchanged, index.clone()));
        }
        for season in &planned {
            let there = self.read_if_there(&season.file.path)?;
            if there.as_deref() != Some(&season.bytes) {
                self.replace(&season.file.path, &season.bytes)?;
            }
        }
        chain.push(ChainEntry { change: Change::Written, manifest: manifest.clone() });
        self.write_chain(&chain)?;
        let files = planned.into_iter().map(|season| season.file).collect();
        let index = DataIndex { schema: INDEX_SCHEMA, manifest, as_of: ingested.as_of, files };
        let mut bytes = serde_json::to_vec(&index).map_err(|error| self.damaged(INDEX, error.to_string()))?;
        bytes.push(b'\n');
        self.write_quarantine(&ingested.findings.quarantined)?;
        self.replace(INDEX, &bytes)?;
        self.forget_old(before.as_ref(), &index);
        Ok((Change::Written, index))
    }

    /// Holds the whole folder against itself: each file against the index, the games against the manifest, the chain
    /// against its links. Every problem in a sentence; empty where all is well.
    pub fn verify(&self) -> Result<Vec<String>, DataDirError> {
        let index = self.index()?;
        let mut problems = Vec::new();
        for file in &index.files {
            match self.read_verified(file) {
                Ok(bytes) if bytes.len() as u64 != file.bytes => {
                    problems.push(format!("{}: expected {} bytes, found {}", file.path, file.bytes, bytes.len()));
                }
                Ok(_) => {}
                Err(error) => problems.push(error.to_string()),
            }
        }
        if problems.is_empty() {
            let (_, log) = self.load()?;
            let found = Digest::of_json(&log.games()).map_err(|error| self.damaged(INDEX, error.to_string()))?;
            if found != index.manifest.digest {
                problems
                    .push(format!("{INDEX}: the manifest says {}, and the games are {found}", index.manifest.digest));
            }
        }
        let chain = self.chain()?;
        let mut previous = None;
        for (at, entry) in chain.iter().enumerate() {
            if entry.manifest.previous != previous {
                problems.push(format!("{CHAIN}, line {}: it does not follow the manifest before it", at + 1));
            }
            previous = Some(entry.manifest.digest);
        }
        if previous != Some(index.manifest.digest) {
            problems.push(format!("{CHAIN}: its last manifest is not that of {INDEX}"));
        }
        Ok(problems)
    }

    fn plan(&self, ingested: &Ingested) -> Result<Vec<Planned>, DataDirError> {
        let mut planned = Vec::new();
        for season in ingested.log.seasons() {
            let games: Vec<_> = ingested.log.games().iter().filter(|game| game.season == season).cloned().collect();
            let path = format!("season-{season}.json");
            let mut days: Vec<Date> = games.iter().map(|game: &Game| game.date).collect();
            days.dedup();
            let bytes = season_bytes(season, ingested.manifest.source_kind, &games)
                .map_err(|error| self.damaged(&path, error.to_string()))?;
            let file = DataFile {
                path,
                kind: "games".to_owned(),
                season: Some(season),
                bytes: bytes.len() as u64,
                rows: games.len() as u64,
                digest: Digest::of_bytes(&bytes),
                contract: games_contract().reference(),
                days,
            };
            planned.push(Planned { file, bytes });
        }
        Ok(planned)
    }

    /// Whether the folder holds exactly this content, undamaged.
    fn holds(&self, index: &DataIndex, planned: &[Planned], manifest: &Manifest) -> bool {
        let seasons: Vec<&DataFile> = index.files.iter().filter(|file| file.kind == "games").collect();
        index.manifest.digest == manifest.digest
            && seasons.len() == planned.len()
            && seasons.iter().zip(planned).all(|(old, new)| **old == new.file && self.read_verified(old).is_ok())
    }

    /// Removes season files that the old index lists and the new one does not. What fails here harms nobody: the
    /// index no longer names them.
    fn forget_old(&self, before: Option<&DataIndex>, now: &DataIndex) {
        let old = before.map(|index| index.files.as_slice()).unwrap_or_default();
        for file in old.iter().filter(|file| file.kind == "games") {
            let plain = !file.path.contains(['/', '\\']) && file.path.starts_with("season-");
            if plain && !now.files.iter().any(|kept| kept.path == file.path) {
                let _ = fs::remove_file(self.root.join(&file.path));
            }
        }
    }

    fn write_quarantine(&self, rows: &[Quarantined]) -> Result<(), DataDirError> {
        if !rows.is_empty() {
            return self.write_lines(QUARANTINE, rows);
        }
        match fs::remove_file(self.root.join(QUARANTINE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.io(QUARANTINE, error)),
            _ => Ok(()),
        }
    }

    fn write_chain(&self, chain: &[ChainEntry]) -> Result<(), DataDirError> {
        self.write_lines(CHAIN, chain)
    }

    fn write_lines<T: Serialize>(&self, name: &str, documents: &[T]) -> Result<(), DataDirError> {
        let mut bytes = Vec::new();
        for document in documents {
            serde_json::to_writer(&mut bytes, document).map_err(|error| self.damaged(name, error.to_string()))?;
            bytes.push(b'\n');
        }
        self.replace(name, &bytes)
    }

    /// Writes a file beside its place, flushes it and renames it.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), DataDirError> {
        let (path, beside) = (self.root.join(name), self.root.join(format!(".{name}.{}", std::process::id())));
        let written = File::create(&beside)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&beside);
            return Err(self.io(name, error));
        }
        // The rename itself reaches the disk with its folder; not every system can flush one.
        if let Ok(folder) = File::open(&self.root) {
            let _ = folder.sync_all();
        }
        Ok(())
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

/// Bytes of a file that is read as a whole.
pub const MAX_BYTES: u64 = 64 << 20;

/// Reads a file that a user named, not a byte of it if it is larger than [`MAX_BYTES`]. The inner result is the size
/// where it is too large.
pub fn read_bounded(path: &Path) -> Result<Result<Vec<u8>, u64>, DataDirError> {
    let io = |error| DataDirError::Io { path: path.to_owned(), error };
    let size = fs::metadata(path).map_err(io)?.len();
    if size > MAX_BYTES { Ok(Err(size)) } else { fs::read(path).map(Ok).map_err(io) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Instant, Seed};
    use crate::flows::ingest::{Input, ingest};

    fn demo(seed: u64, at: i64) -> Ingested {
        let now = Instant::from_timestamp(at, 0).unwrap();
        ingest(Input::Demo(Seed(seed)), now, &mut |_| true).unwrap()
    }

    fn folder() -> (tempfile::TempDir, DataDir) {
        let temporary = tempfile::tempdir().unwrap();
        let data = DataDir::new(temporary.path().join("data"));
        (temporary, data)
    }

    #[test]
    fn what_was_written_is_read_again() {
        let (_temporary, data) = folder();
        assert!(matches!(data.index(), Err(DataDirError::Empty(_))));
        let ingested = demo(1, 0);
        let (change, index) = data.write(&ingested).unwrap();
        assert_eq!(change, Change::Written);
        let (read, log) = data.load().unwrap();
        assert_eq!((read, &log), (index.clone(), &ingested.log));
        assert_eq!(index.files.len(), 6);
        assert_eq!(data.verify().unwrap(), Vec::<String>::new());
        let names: Vec<_> = fs::read_dir(data.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 8, "nothing but the index, the chain and the seasons: {names:?}");
    }

    #[test]
    fn the_same_content_again_is_recorded_and_changes_nothing() {
        let (_temporary, data) = folder();
        data.write(&demo(1, 0)).unwrap();
        let bytes = fs::read(data.root().join(INDEX)).unwrap();
        let stamp = |name: &str| fs::metadata(data.root().join(name)).unwrap().modified().unwrap();
        let before = stamp("season-2025.json");
        assert_eq!(data.write(&demo(1, 60)).unwrap().0, Change::Unchanged);
        assert_eq!(fs::read(data.root().join(INDEX)).unwrap(), bytes);
        assert_eq!(stamp("season-2025.json"), before);
        let chain = data.chain().unwrap();
        let changes: Vec<Change> = chain.iter().map(|entry| entry.change).collect();
        assert_eq!(changes, [Change::Written, Change::Unchanged]);
        assert_eq!(chain[1].manifest.previous, Some(chain[0].manifest.digest));
        assert_eq!(data.verify().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn other_content_is_a_new_link_of_the_chain() {
        let (_temporary, data) = folder();
        data.write(&demo(1, 0)).unwrap();
        let (change, index) = data.write(&demo(2, 60)).unwrap();
        assert_eq!(change, Change::Written);
        let chain = data.chain().unwrap();
        assert_eq!(chain.len(), 2);
        assert_ne!(chain[0].manifest.digest, chain[1].manifest.digest);
        assert_eq!(index.manifest.previous, Some(chain[0].manifest.digest));
        assert_eq!(data.verify().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_changed_file_is_refused_by_name_and_repaired_by_the_next_ingest() {
        let (_temporary, data) = folder();
        data.write(&demo(1, 0)).unwrap();
        let path = data.root().join("season-2024.json");
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        let message = data.load().unwrap_err().to_string();
        assert!(message.contains("season-2024.json") && message.contains("expected sha256:"), "{message}");
        assert_eq!(data.verify().unwrap().len(), 1);
        assert_eq!(data.write(&demo(1, 60)).unwrap().0, Change::Written);
        assert_eq!(data.verify().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_index_that_leads_out_of_the_folder_is_refused() {
        let (_temporary, data) = folder();
        let (_, mut index) = data.write(&demo(1, 0)).unwrap();
        index.files[0].path = "../elsewhere.json".to_owned();
        fs::write(data.root().join(INDEX), serde_json::to_vec(&index).unwrap()).unwrap();
        assert!(data.load().unwrap_err().to_string().contains("without folders"));
    }

    #[cfg(feature = "native")]
    #[test]
    fn the_current_season_is_small() {
        use flate2::{Compression, write::GzEncoder};
        let (_temporary, data) = folder();
        let (_, index) = data.write(&demo(1, 0)).unwrap();
        let bytes = data.read_verified(index.files.last().unwrap()).unwrap();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(&bytes).unwrap();
        let packed = encoder.finish().unwrap().len();
        assert!(packed <= 45_000, "{packed} bytes gzip of {}", bytes.len());
    }
}
