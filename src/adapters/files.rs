//! A store in a folder of the native file system.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::journal;
use super::memory::{State, is_empty};
use crate::ports::{Batch, Document, Revision, Store, StoreError};

/// File name of the journal in its folder.
const JOURNAL: &str = "journal.jsonl";

/// A store in a folder: one append-only file, a line a commit, each flushed to the disk before it counts.
///
/// Several processes may hold the same folder. Each operation locks the file, reads what others have appended since,
/// and only then scans or commits, so a commit on an old revision is refused like in every other store.
#[derive(Debug)]
pub struct JournalStore {
    path: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    file: File,
    state: State,
    /// Bytes of the file that `state` comes from.
    read: u64,
    /// Lines in them.
    lines: usize,
    unended: bool,
    repaired: Option<String>,
}

impl JournalStore {
    /// Opens the journal in a folder, both made if they are missing. A torn last line is cut off and told by
    /// [`JournalStore::repaired`]. A file is opened as the journal itself, such as a browser's back-up; nothing is cut
    /// off there, since a file that is not whole may be no journal at all.
    pub fn open(place: &Path) -> Result<Self, StoreError> {
        let is_file = place.is_file();
        let path = if is_file { place.to_path_buf() } else { place.join(JOURNAL) };
        let outside = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
        if is_file {
            let torn = journal::parse(&fs::read(&path).map_err(outside)?)?.torn;
            if torn > 0 {
                let reason = format!("its last {torn} bytes are no whole line of a journal");
                return Err(StoreError::Damaged { key: path.display().to_string(), reason });
            }
        } else {
            fs::create_dir_all(place).map_err(outside)?;
        }
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(outside)?;
        let held = Held { file, state: State::default(), read: 0, lines: 0, unended: false, repaired: None };
        let store = Self { path, held: Mutex::new(held) };
        store.locked(true, |held| held.mend())?;
        Ok(store)
    }

    /// Where the journal is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was cut off on opening, for a person to read.
    pub fn repaired(&self) -> Option<String> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).repaired.clone()
    }

    /// Does something with the file locked and the state up to date.
    fn locked<T>(&self, alone: bool, work: impl FnOnce(&mut Held) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let outside = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", self.path.display()));
        if alone { held.file.lock() } else { held.file.lock_shared() }.map_err(outside)?;
        let done = held.refresh().and_then(|()| work(&mut held)).map_err(|error| self.named(error));
        let unlocked = held.file.unlock().map_err(outside);
        done.and_then(|value| unlocked.map(|()| value))
    }

    /// Puts the journal's path into an error that speaks of one of its lines.
    fn named(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Damaged { key, reason } if key.starts_with("journal line") => {
                StoreError::Damaged { key: format!("{} ({key})", self.path.display()), reason }
            }
            StoreError::Unavailable(reason) if !reason.contains(JOURNAL) => {
                StoreError::Unavailable(format!("{}: {reason}", self.path.display()))
            }
            other => other,
        }
    }
}

fn outside(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

impl Held {
    /// Reads what was appended since; starts over if the file was replaced by a shorter one.
    fn refresh(&mut self) -> Result<(), StoreError> {
        let length = self.file.metadata().map_err(outside)?.len();
        if length < self.read {
            self.forget();
        }
        if length == self.read {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.read)).map_err(outside)?;
        let mut bytes = Vec::new();
        Read::read_to_end(&mut self.file, &mut bytes).map_err(outside)?;
        if self.unended {
            // Another process ended our last line.
            let line_feed = bytes.first() == Some(&b'\n');
            if !line_feed {
                return Err(StoreError::Damaged {
                    key: format!("journal line {}", self.lines),
                    reason: "expected its line feed".to_owned(),
                });
            }
            bytes.remove(0);
            self.read += 1;
            self.unended = false;
        }
        let replayed = journal::replay(&mut self.state, &bytes, self.lines, journal::read_line);
        let (whole, unended) = replayed.inspect_err(|_| self.forget())?;
        self.lines += bytes[..whole].iter().filter(|byte| **byte == b'\n').count() + usize::from(unended);
        self.read += whole as u64;
        self.unended = unended;
        Ok(())
    }

    /// Forgets what was read, so that the next look reads the file from its start.
    fn forget(&mut self) {
        (self.state, self.read, self.lines, self.unended) = (State::default(), 0, 0, false);
    }

    /// Cuts off what a crash left behind the last whole line, and ends a line that lacks only its line feed.
    fn mend(&mut self) -> Result<(), StoreError> {
        let length = self.file.metadata().map_err(outside)?.len();
        if length > self.read {
            self.file.set_len(self.read).map_err(outside)?;
            self.file.sync_data().map_err(outside)?;
            let bytes = length - self.read;
            self.repaired =
                Some(format!("the last {bytes} bytes were a commit that had not been finished, and were cut off"));
        }
        if self.unended {
            self.append(b"\n")?;
            self.unended = false;
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.seek(SeekFrom::Start(self.read)).map_err(outside)?;
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Leave no half line behind; if even that fails, the next opening cuts it.
            let _ = self.file.set_len(self.read);
            return Err(outside(error));
        }
        self.read += bytes.len() as u64;
        Ok(())
    }

    fn commit(&mut self, batch: Batch) -> Result<Revision, StoreError> {
        self.state.check(&batch)?;
        if is_empty(&batch) {
            return Ok(self.state.revision);
        }
        self.mend()?;
        let next = Revision(self.state.revision.0 + 1);
        let line = journal::line(next, &batch)?;
        self.append(line.as_bytes())?;
        self.lines += 1;
        self.state.apply(next, batch.puts, &batch.deletes);
        Ok(next)
    }
}

impl Store for JournalStore {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        self.locked(false, |held| Ok((held.state.revision, held.state.scan(prefix))))
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        self.locked(true, |held| held.commit(batch))
    }
}
