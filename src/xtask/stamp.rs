//! Knowing that nothing has changed: a digest over inputs, kept beside what was made from them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::project::Project;

/// Collects what a product is made from.
#[derive(Default)]
pub struct Inputs {
    hasher: Sha256,
}

impl Inputs {
    /// Adds a word: a version, a flag, a command line.
    pub fn word(mut self, word: &str) -> Self {
        self.hasher.update((word.len() as u64).to_le_bytes());
        self.hasher.update(word.as_bytes());
        self
    }

    /// Adds a file, or every file of a folder in the order of their paths. What is absent counts as absent.
    pub fn path(mut self, root: &Path, path: &str) -> Result<Self> {
        for file in files_under(&root.join(path))? {
            let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self = self.word(&name);
            self.hasher.update((bytes.len() as u64).to_le_bytes());
            self.hasher.update(&bytes);
        }
        Ok(self.word(path))
    }

    /// The digest of all that was added.
    pub fn digest(self) -> String {
        self.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The files under a path, sorted; the path itself if it is a file; none if it is absent.
pub fn files_under(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            files.extend(files_under(&entry?.path())?);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether the stamp `name` was last set to this digest.
pub fn holds(project: &Project, name: &str, digest: &str) -> bool {
    fs::read_to_string(file(project, name)).is_ok_and(|kept| kept == digest)
}

/// Sets the stamp `name`. Do it last: what was interrupted must not look finished.
pub fn set(project: &Project, name: &str, digest: &str) -> Result<()> {
    let file = file(project, name);
    fs::create_dir_all(project.scratch())?;
    fs::write(&file, digest).with_context(|| format!("cannot write {}", file.display()))
}

fn file(project: &Project, name: &str) -> PathBuf {
    project.scratch().join(format!("{name}.stamp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_sees_a_changed_a_renamed_and_a_new_file() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let digest = || Inputs::default().path(folder.path(), "in").map(Inputs::digest);
        fs::create_dir(folder.path().join("in"))?;
        fs::write(folder.path().join("in/a"), "one")?;
        let first = digest()?;
        assert_eq!(digest()?, first);
        fs::write(folder.path().join("in/a"), "two")?;
        let second = digest()?;
        fs::rename(folder.path().join("in/a"), folder.path().join("in/b"))?;
        let third = digest()?;
        fs::write(folder.path().join("in/c"), "")?;
        let fourth = digest()?;
        assert_eq!([&first, &second, &third, &fourth].into_iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        Ok(())
    }

    #[test]
    fn two_words_are_not_their_concatenation() {
        let digest = |words: &[&str]| words.iter().fold(Inputs::default(), |all, word| all.word(word)).digest();
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
