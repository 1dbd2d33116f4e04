//! Writing a folder: content first, the index as the one commit, the chain behind it; and what is cleared away.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::time::Duration;

use serde::Serialize;

use super::{CHAIN, Change, DataDir, DataDirError, INDEX, OLD_QUARANTINE, is_plain, kept_name};
use crate::base::{Date, Digest, canonical_json};
use crate::data::{Chain, ContractRef, DataFile, DataIndex, INDEX_SCHEMA, Manifest};
use crate::flows::ingest::Ingested;
use crate::league::providers::season_bytes;
use crate::league::{Game, games_contract};

/// File that a writer locks; it is never read, and stays.
const LOCK: &str = ".lock";
/// How long a writer waits for another one: so many times this pause.
const LOCK_TRIES: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// A file before it is written.
struct Planned {
    file: DataFile,
    bytes: Vec<u8>,
}

impl Planned {
    /// A file named by its content.
    fn new(stem: &str, ending: &str, kind: &str, rows: usize, contract: ContractRef, bytes: Vec<u8>) -> Self {
        let digest = Digest::of_bytes(&bytes);
        let file = DataFile {
            path: format!("{stem}.{}.{ending}", digest.short()),
            kind: kind.to_owned(),
            season: None,
            bytes: bytes.len() as u64,
            rows: rows as u64,
            digest,
            contract,
            days: Vec::new(),
        };
        Self { file, bytes }
    }
}

/// What was cleared away.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Pruned {
    /// Digests of the revisions whose rows are gone, the oldest first.
    pub revisions: Vec<Digest>,
    /// Files removed.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
}

impl DataDir {
    /// Writes what was ingested as a new revision. The same content again is recorded in the chain and changes nothing
    /// else.
    ///
    /// # Errors
    /// Where a file cannot be written, the chain cannot be read, or another process does not stop writing. The folder
    /// then holds what it held before.
    pub fn write(&self, ingested: &Ingested) -> Result<(Change, DataIndex), DataDirError> {
        fs::create_dir_all(&self.root).map_err(|error| self.io("", error))?;
        let _lock = self.lock()?;
        let before = match self.index() {
            Ok(index) => Some(index),
            // What cannot be read is replaced: that is how a damaged folder is repaired.
            Err(DataDirError::Empty(_) | DataDirError::Damaged { .. }) => None,
            Err(error) => return Err(error),
        };
        let mut chain = self.completed_chain(before.as_ref())?;
        self.sweep();
        let planned = self.plan(ingested)?;
        if let Some(index) = before.as_ref().filter(|index| self.holds(index, &planned, &ingested.manifest)) {
            chain.record_as(Change::Unchanged, ingested.manifest.clone());
            self.write_chain(&chain)?;
            return Ok((Change::Unchanged, index.clone()));
        }
        let manifest = chain.record_as(Change::Written, ingested.manifest.clone()).manifest;
        let files = planned.iter().map(|planned| planned.file.clone()).collect();
        let index = DataIndex { schema: INDEX_SCHEMA, manifest, as_of: ingested.as_of, files };
        if let Err(error) = self.commit(before.as_ref(), &planned, &index) {
            // A full disk is freed of what was begun. What cannot be removed now is by the next write.
            self.sweep();
            return Err(error);
        }
        // It counts already. A chain that could not be written is completed from the index.
        let _ = self.write_chain(&chain);
        Ok((Change::Written, index))
    }

    /// Lists a file in the index in place of those of its kind. Says whether there is an index.
    ///
    /// # Errors
    /// Where the index cannot be read or written.
    pub fn list_file(&self, file: DataFile) -> Result<bool, DataDirError> {
        match self.index() {
            Ok(_) => {}
            Err(DataDirError::Empty(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
        let _lock = self.lock()?;
        let mut index = self.index()?;
        index.files.retain(|other| other.kind != file.kind);
        index.files.push(file);
        self.write_index(INDEX, &index)?;
        Ok(true)
    }

    /// Removes the rows of all revisions but the newest `keep`; the current one always stays. The chain keeps every
    /// entry.
    ///
    /// # Errors
    /// Where the folder cannot be read or written. What was pruned until then stays pruned.
    pub fn prune(&self, keep: usize) -> Result<Pruned, DataDirError> {
        // A folder without data gets no lock file either.
        self.index()?;
        let _lock = self.lock()?;
        let current = self.index()?;
        let chain = self.completed_chain(Some(&current))?;
        let mut pruned = Pruned::default();
        let mut listed = Vec::new();
        for entry in chain.revisions().rev().skip(keep.max(1)).filter(|entry| entry.manifest != current.manifest) {
            let name = kept_name(&entry.manifest.seal());
            let kept = self.index_called(&name)?;
            let lost = kept.is_none() && entry.seal.is_some();
            let files = kept.map(|index| index.files).unwrap_or_default();
            if files.is_empty() && !lost {
                continue;
            }
            // An index without files says that the revision was there and was given up.
            let as_of = entry.manifest.last_day.unwrap_or(current.as_of);
            let given_up =
                DataIndex { schema: INDEX_SCHEMA, manifest: entry.manifest.clone(), as_of, files: Vec::new() };
            self.write_index(&name, &given_up)?;
            pruned.revisions.push(entry.manifest.digest);
            listed.extend(files.into_iter().map(|file| file.path));
        }
        pruned.revisions.reverse();
        let Some(referenced) = self.referenced() else { return Ok(pruned) };
        let swept = listed.into_iter().filter(|path| is_plain(path) && !referenced.contains(path));
        for path in swept.collect::<BTreeSet<_>>() {
            pruned.bytes += fs::metadata(self.root.join(&path)).map_or(0, |file| file.len());
            pruned.files += u64::from(self.disk.remove(&self.root.join(&path)).is_ok());
        }
        Ok(pruned)
    }

    /// Waits until nobody else writes into the folder. The lock goes with the answer, also when the process is killed.
    fn lock(&self) -> Result<File, DataDirError> {
        let io = |error| self.io(LOCK, error);
        let file = File::options().write(true).create(true).truncate(false).open(self.root.join(LOCK)).map_err(io)?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
        }
        Err(DataDirError::Busy(self.root.clone()))
    }

    /// The chain, with the revision in it that was committed and did not reach it.
    fn completed_chain(&self, index: Option<&DataIndex>) -> Result<Chain, DataDirError> {
        let mut chain = self.stored_chain()?;
        if index.is_some_and(|index| chain.complete(&index.manifest)) {
            // Before anything else: the next commit would take its place in the index.
            self.write_chain(&chain)?;
        }
        Ok(chain)
    }

    /// Writes the content, keeps the former index, and puts the new one in its place. Before the last step nothing that
    /// is there has changed.
    fn commit(&self, before: Option<&DataIndex>, planned: &[Planned], now: &DataIndex) -> Result<(), DataDirError> {
        for Planned { file, bytes } in planned {
            let there = self.read_if_there(&file.path)?;
            if there.as_deref() != Some(bytes) {
                self.replace(&file.path, bytes)?;
            }
        }
        if let Some(before) = before {
            let mut kept = before.clone();
            kept.files.retain(|file| !file.is_journal());
            self.write_index(&kept_name(&before.manifest.seal()), &kept)?;
        }
        self.write_index(INDEX, now)
    }

    fn plan(&self, ingested: &Ingested) -> Result<Vec<Planned>, DataDirError> {
        let mut planned = Vec::new();
        for season in ingested.log.seasons() {
            let games: Vec<Game> = ingested.log.games().iter().filter(|game| game.season == season).cloned().collect();
            let stem = format!("season-{season}");
            let mut days: Vec<Date> = games.iter().map(|game| game.date).collect();
            days.dedup();
            let bytes = season_bytes(season, ingested.manifest.source_kind, &games)
                .map_err(|error| self.damaged(&stem, error.to_string()))?;
            let mut one = Planned::new(&stem, "json", "games", games.len(), games_contract().reference(), bytes);
            one.file.season = Some(season);
            one.file.days = days;
            planned.push(one);
        }
        let own = |id: &str| ContractRef { id: id.to_owned(), version: "1.0.0".to_owned() };
        let (lineage, refused) = (&ingested.lineage, &ingested.findings.quarantined);
        if !lineage.is_empty() {
            let bytes = canonical_json(lineage).map_err(|error| self.damaged("lineage", error.to_string()))?;
            planned.push(Planned::new("lineage", "json", "lineage", lineage.len(), own("lineage"), bytes));
        }
        if !refused.is_empty() {
            let mut bytes = Vec::new();
            for row in refused {
                serde_json::to_writer(&mut bytes, row)
                    .map_err(|error| self.damaged("quarantine", error.to_string()))?;
                bytes.push(b'\n');
            }
            planned.push(Planned::new("quarantine", "jsonl", "quarantine", refused.len(), own("quarantine"), bytes));
        }
        Ok(planned)
    }

    /// Whether the folder holds exactly this content and these refused rows, undamaged. File names may be those of the
    /// first form. Where the same games stand in the source is of no weight: the lineage that is there is true as well.
    fn holds(&self, index: &DataIndex, planned: &[Planned], manifest: &Manifest) -> bool {
        let content = |file: &&DataFile| matches!(file.kind.as_str(), "games" | "quarantine");
        let mut new = planned.iter().map(|planned| &planned.file).filter(content);
        let mut old = index.files.iter().filter(content);
        let same = |old: &DataFile, new: &DataFile| DataFile { path: new.path.clone(), ..old.clone() } == *new;
        index.manifest.same_content(manifest)
            && new.by_ref().all(|new| old.next().is_some_and(|old| same(old, new)))
            && old.next().is_none()
            && index.files.iter().filter(|file| !file.is_journal()).all(|file| self.read_verified(file).is_ok())
    }

    /// Removes what writes that did not end left behind. What fails here harms nobody: no index names it.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.root) else { return };
        let referenced = self.referenced();
        for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
            let left = referenced.as_ref().is_some_and(|used| is_content(&name) && !used.contains(&name));
            if left || is_beside(&name) {
                let _ = self.disk.remove(&self.root.join(&name));
            }
        }
    }

    /// Every file that the index or a kept revision names, and the kept revisions' own; none where that cannot be known
    /// for certain, so that nothing is removed on a guess.
    pub(super) fn referenced(&self) -> Option<BTreeSet<String>> {
        let chain = self.chain().ok()?;
        let mut used = BTreeSet::new();
        match self.index() {
            Ok(index) => used.extend(index.files.into_iter().map(|file| file.path)),
            Err(DataDirError::Empty(_)) if chain.entries().is_empty() => {}
            Err(_) => return None,
        }
        for entry in chain.revisions() {
            let name = kept_name(&entry.manifest.seal());
            match self.index_called(&name).ok()? {
                Some(index) => used.extend(index.files.into_iter().map(|file| file.path)),
                // Its index was lost, and with it the names of its files.
                None if entry.seal.is_some() && self.revision(&chain, entry).is_err() => return None,
                None => {}
            }
            used.insert(name);
        }
        Some(used)
    }

    fn write_chain(&self, chain: &Chain) -> Result<(), DataDirError> {
        let bytes = chain.to_lines().map_err(|error| self.damaged(CHAIN, error.to_string()))?;
        self.replace(CHAIN, &bytes)
    }

    fn write_index(&self, name: &str, index: &DataIndex) -> Result<(), DataDirError> {
        let mut bytes = serde_json::to_vec(index).map_err(|error| self.damaged(name, error.to_string()))?;
        bytes.push(b'\n');
        self.replace(name, &bytes)
    }

    /// Writes a file beside its place, flushes it and renames it.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), DataDirError> {
        let (path, beside) = (self.root.join(name), self.root.join(format!(".{name}.{}", std::process::id())));
        let written = self.disk.write(&beside, bytes).and_then(|()| self.disk.rename(&beside, &path));
        written.map_err(|error| {
            let _ = self.disk.remove(&beside);
            // What the file system says of a full disk is the answer to `where`, not to `what now`.
            let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            let error = if full { io::Error::new(error.kind(), format!("{error}; make room")) } else { error };
            self.io(name, error)
        })
    }
}

/// Whether a name is that of a file named by its content, or of a former revision's index.
fn is_content(name: &str) -> bool {
    let mut parts = name.split('.');
    let (Some(stem), Some(hex), Some(ending), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let year = |stem: &str| stem.strip_prefix("season-").is_some_and(|year| year.bytes().all(|c| c.is_ascii_digit()));
    (year(stem) || matches!(stem, "index" | "lineage" | "quarantine"))
        && hex.len() == 12
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        && matches!(ending, "json" | "jsonl")
}

/// Whether a name is that of a file of ours that was being written beside its place.
fn is_beside(name: &str) -> bool {
    let Some((name, process)) = name.strip_prefix('.').and_then(|name| name.rsplit_once('.')) else { return false };
    let old_season = name.starts_with("season-") && name.ends_with(".json");
    process.parse::<u32>().is_ok() && (matches!(name, INDEX | CHAIN | OLD_QUARANTINE) || old_season || is_content(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_making_are_swept() {
        for ours in ["season-2022.0123456789ab.json", "index.0123456789ab.json", "quarantine.0123456789ab.jsonl"] {
            assert!(is_content(ours) && is_beside(&format!(".{ours}.77")), "{ours}");
        }
        for other in
            [INDEX, CHAIN, "season-2022.json", "store.jsonl", "notes.0123456789ab.json", "season-x.0123456789ab.json"]
        {
            assert!(!is_content(other), "{other}");
        }
        assert!(is_beside(".index.json.1") && is_beside(".season-2022.json.1") && is_beside(".manifests.jsonl.1"));
        for other in [LOCK, ".gitignore", ".store.jsonl.1", "index.json.1", ".index.json.tmp"] {
            assert!(!is_beside(other), "{other}");
        }
    }
}
