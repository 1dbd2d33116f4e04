//! The whole folder held against itself.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{CHAIN, DataDir, DataDirError, INDEX, kept_name};
use crate::base::Digest;
use crate::data::{Chain, ChainEntry, DataIndex};

/// What was found when a folder was held against itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verified {
    /// Digest of the current content.
    pub digest: Digest,
    /// Files that the index lists.
    pub files: usize,
    /// Entries of the chain.
    pub entries: usize,
    /// Seal of the chain's last entry. Whoever notes it down can tell later that no entry was cut off.
    pub head: Option<Digest>,
    /// Revisions whose rows are here, the current one among them.
    pub revisions: usize,
    /// Revisions whose rows were pruned.
    pub pruned: usize,
    /// Every problem in a sentence; empty where all is well.
    pub problems: Vec<String>,
}

impl DataDir {
    /// Holds each file against its index, the games against their manifest, the lineage against both, the chain against
    /// its seals, and every kept revision likewise.
    ///
    /// # Errors
    /// Where there is no index that can be read. All else that is wrong is a problem of the answer.
    pub fn verify(&self) -> Result<Verified, DataDirError> {
        let index = self.index()?;
        let mut problems = self.index_problems(&index, INDEX)?;
        let mut found = Verified {
            digest: index.manifest.digest,
            files: index.files.len(),
            entries: 0,
            head: None,
            revisions: 1,
            pruned: 0,
            problems: Vec::new(),
        };
        match self.chain() {
            Ok(chain) => {
                found.entries = chain.entries().len();
                found.head = chain.head().map(|entry| entry.manifest.seal());
                problems.extend(chain.verify().into_iter().map(|problem| format!("{CHAIN}, {problem}")));
                if chain.current().map(|entry| &entry.manifest) != Some(&index.manifest) {
                    problems.push(format!("{CHAIN}: its last revision is not that of {INDEX}"));
                }
                problems.extend(self.revision_problems(&index, &chain, &mut found)?);
            }
            Err(error @ DataDirError::Damaged { .. }) => problems.push(error.to_string()),
            Err(error) => return Err(error),
        }
        // Revisions share files, and a file is damaged once.
        let mut told = BTreeSet::new();
        problems.retain(|problem| told.insert(problem.clone()));
        found.problems = problems;
        Ok(found)
    }

    /// Problems of the former revisions, which it counts.
    fn revision_problems(
        &self,
        current: &DataIndex,
        chain: &Chain,
        found: &mut Verified,
    ) -> Result<Vec<String>, DataDirError> {
        let mut problems = Vec::new();
        // The same files make the same games: an index that lists what another one lists needs no second look.
        let content = |index: &DataIndex| -> Vec<Digest> { index.files.iter().map(|file| file.digest).collect() };
        let mut seen = BTreeSet::from([content(current)]);
        for entry in chain.revisions().filter(|entry| entry.manifest != current.manifest) {
            let name = kept_name(&entry.manifest.seal());
            match self.index_called(&name) {
                Ok(None) => problems.extend(self.lost(chain, entry, &name)?),
                Ok(Some(index)) if index.manifest != entry.manifest => {
                    problems.push(format!("{name}: its manifest is not the one that the chain has"));
                }
                Ok(Some(index)) if index.files.is_empty() => found.pruned += 1,
                Ok(Some(index)) => {
                    found.revisions += 1;
                    if seen.insert(content(&index)) {
                        problems.extend(self.index_problems(&index, &name)?);
                    }
                }
                Err(error) => problems.push(error.to_string()),
            }
        }
        Ok(problems)
    }

    /// What to say about a revision whose index is not there: nothing where another revision has the same content, or
    /// where the folder kept none at the time.
    fn lost(&self, chain: &Chain, entry: &ChainEntry, name: &str) -> Result<Option<String>, DataDirError> {
        if entry.seal.is_none() {
            return Ok(None);
        }
        match self.revision(chain, entry) {
            Ok(_) => Ok(None),
            Err(DataDirError::NotKept { source_name, digest, .. }) => Ok(Some(format!(
                "{name}: it is missing, and with it revision {} of {source_name} ({}); `manifest prune` gives it up",
                entry.manifest.revision,
                digest.short()
            ))),
            Err(error @ DataDirError::Damaged { .. }) => Ok(Some(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Problems of what an index lists.
    fn index_problems(&self, index: &DataIndex, name: &str) -> Result<Vec<String>, DataDirError> {
        let mut problems = Vec::new();
        for file in &index.files {
            match self.read_verified(file) {
                Ok(bytes) if bytes.len() as u64 != file.bytes => {
                    problems.push(format!("{}: expected {} bytes, found {}", file.path, file.bytes, bytes.len()));
                }
                Ok(_) => {}
                Err(error @ DataDirError::Io { .. }) => return Err(error),
                Err(error) => problems.push(error.to_string()),
            }
        }
        if !problems.is_empty() {
            return Ok(problems);
        }
        let log = match self.games(index) {
            Ok(log) => log,
            Err(error) => return Ok(vec![error.to_string()]),
        };
        let found = Digest::of_json(&log.games()).map_err(|error| self.damaged(name, error.to_string()))?;
        if found != index.manifest.digest {
            problems.push(format!("{name}: the manifest says {}, and the games are {found}", index.manifest.digest));
        }
        match self.lineage(index) {
            Ok(Some(lineage)) => {
                let problem = lineage.problem(log.games().len() as u64, index.manifest.inputs.len());
                problems.extend(problem.map(|problem| format!("{name}: the lineage does not fit: {problem}")));
            }
            Ok(None) => {}
            Err(error) => problems.push(error.to_string()),
        }
        problems.extend(self.quarantine(index).err().map(|error| error.to_string()));
        Ok(problems)
    }
}
