//! The folder in which a download keeps its pages until they have been taken over.
//!
//! Each page lies there as it came. `state.json` names the pages that are whole, with their digests, and is written
//! after the page: what it does not name is not there. A crash loses the page that was being fetched and no more.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Page;
use super::rate::WINDOW;
use crate::base::{Digest, Instant};

/// File name of the record.
const RECORD: &str = "state.json";
/// File name of the lock: a folder serves one download at a time.
const LOCK: &str = "lock";
/// Version of the record's form.
const SCHEMA: u32 = 1;
/// No more requests are remembered for the pace than the largest rate lets into its window.
const REMEMBERED: usize = 6000;

/// What the file system said, and of which file.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) path: PathBuf,
    pub(super) error: io::Error,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    schema: u32,
    /// What was asked for; other settings mean other pages.
    settings: Digest,
    begun: Instant,
    requests: u64,
    /// When the latest requests went, for the pace of the next run.
    latest: Vec<Instant>,
    pages: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    season: u16,
    number: u32,
    digest: Digest,
}

impl Entry {
    fn name(&self) -> String {
        format!("{}-{}.json", self.season, self.number)
    }
}

/// A page of an earlier run, held against its digest.
#[derive(Debug)]
pub(super) struct KeptPage {
    pub(super) season: u16,
    pub(super) number: u32,
    pub(super) page: Page,
}

/// The folder, held by this download alone.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    record: Record,
    /// Let go of when this is dropped.
    _lock: File,
}

impl State {
    /// Takes the folder and what an earlier run with the same settings left there; other content is given up.
    pub(super) fn open(folder: &Path, settings: Digest, now: Instant, kept_for: Duration) -> Result<Self, Failed> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| Failed { path, error }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let path = folder.join(LOCK);
        let lock = File::options().write(true).create(true).truncate(false).open(&path).map_err(failed(&path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::Error(error) => Failed { path: path.clone(), error },
            TryLockError::WouldBlock => {
                let error = io::Error::new(io::ErrorKind::ResourceBusy, "another download is at work in this folder");
                Failed { path: path.clone(), error }
            }
        })?;
        let earlier = read(&folder.join(RECORD)).map_err(failed(&folder.join(RECORD)))?;
        let anew = Record { schema: SCHEMA, settings, begun: now, requests: 0, latest: Vec::new(), pages: Vec::new() };
        let record = match earlier {
            Some(record) if record.settings == settings && is_fresh(record.begun, now, kept_for) => record,
            // The pace is the provider's and not the pages'.
            Some(record) => Record { latest: record.latest, ..anew },
            None => anew,
        };
        let state = Self { folder: folder.to_owned(), record, _lock: lock };
        state.sweep()?;
        Ok(state)
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Pages that are whole.
    pub(super) fn pages(&self) -> u64 {
        self.record.pages.len() as u64
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.record.requests
    }

    /// How long ago the latest requests went, the oldest first.
    pub(super) fn ages(&self, now: Instant) -> Vec<Duration> {
        self.record.latest.iter().map(|then| (now - *then).to_std().unwrap_or_default()).collect()
    }

    /// The pages of earlier runs up to the first that is damaged.
    pub(super) fn kept(&self) -> Vec<KeptPage> {
        let whole = |entry: &Entry| {
            let bytes = fs::read(self.folder.join(entry.name())).ok()?;
            let page = Page::new(entry.name(), bytes);
            (page.digest == entry.digest).then_some(KeptPage { season: entry.season, number: entry.number, page })
        };
        self.record.pages.iter().map_while(whole).collect()
    }

    /// Gives up all pages but the first few.
    pub(super) fn keep(&mut self, pages: usize) -> Result<(), Failed> {
        if self.record.pages.len() <= pages {
            return Ok(());
        }
        self.record.pages.truncate(pages);
        self.save()?;
        self.sweep()
    }

    /// Counts a request that is about to go.
    pub(super) fn note_request(&mut self, now: Instant) -> Result<(), Failed> {
        self.record.requests += 1;
        let latest = &mut self.record.latest;
        latest.retain(|then| (now - *then).to_std().is_ok_and(|age| age < WINDOW));
        latest.push(now);
        let surplus = latest.len().saturating_sub(REMEMBERED);
        latest.drain(..surplus);
        self.save()
    }

    /// Keeps a page.
    pub(super) fn store(&mut self, season: u16, number: u32, bytes: Vec<u8>) -> Result<Page, Failed> {
        let name = format!("{season}-{number}.json");
        self.replace(&name, &bytes)?;
        let page = Page::new(name, bytes);
        self.record.pages.push(Entry { season, number, digest: page.digest });
        self.save()?;
        Ok(page)
    }

    /// Removes the pages and the record, and the folder if nothing else is in it.
    pub(super) fn remove(self) -> Result<(), Failed> {
        // Without the record nothing counts any more, so a crash in between leaves nothing that misleads.
        let path = self.folder.join(RECORD);
        if_there(fs::remove_file(&path)).map_err(|error| Failed { path, error })?;
        let empty = Self { record: Record { pages: Vec::new(), ..self.record }, ..self };
        empty.sweep()?;
        let Self { folder, _lock: lock, .. } = empty;
        drop(lock);
        let path = folder.join(LOCK);
        if_there(fs::remove_file(&path)).map_err(|error| Failed { path, error })?;
        // Other people's files keep the folder.
        let _ = fs::remove_dir(&folder);
        Ok(())
    }

    fn save(&self) -> Result<(), Failed> {
        let bytes = serde_json::to_vec(&self.record)
            .map_err(|error| Failed { path: self.folder.join(RECORD), error: error.into() })?;
        self.replace(RECORD, &bytes)
    }

    /// Writes a file beside its place, flushes it and renames it.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Failed> {
        let (path, beside) = (self.folder.join(name), self.folder.join(format!("{name}.part")));
        let written = File::create(&beside)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&beside, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&beside);
            return Err(Failed { path, error });
        }
        // The rename itself reaches the disk with its folder; not every system can flush one.
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// Removes pages that the record does not name. Other people's files stay.
    fn sweep(&self) -> Result<(), Failed> {
        let named: Vec<String> = self.record.pages.iter().map(Entry::name).collect();
        let failed = |error| Failed { path: self.folder.clone(), error };
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let unfinished = name.strip_suffix(".part");
            let ours = is_page(unfinished.unwrap_or(&name)) || unfinished == Some(RECORD);
            if ours && !named.contains(&name) {
                if_there(fs::remove_file(entry.path())).map_err(|error| Failed { path: entry.path(), error })?;
            }
        }
        Ok(())
    }
}

/// The record of an earlier run. One that this version cannot read is as good as none.
fn read(path: &Path) -> io::Result<Option<Record>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    Ok(serde_json::from_slice(&bytes).ok().filter(|record: &Record| record.schema == SCHEMA))
}

/// Whether pages are young enough to be taken up again. Those from the future were kept by a clock that was wrong.
fn is_fresh(begun: Instant, now: Instant, kept_for: Duration) -> bool {
    (now - begun).to_std().is_ok_and(|age| age <= kept_for)
}

/// Whether a name is one that pages have: a season, a hyphen, a number.
fn is_page(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_suffix(".json")
        .and_then(|stem| stem.split_once('-'))
        .is_some_and(|(season, number)| digits(season) && digits(number))
}

fn if_there(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn open(folder: &Path, settings: &str, now: i64) -> Result<State, Failed> {
        let now = Instant::from_timestamp(now, 0).unwrap();
        State::open(folder, Digest::of_bytes(settings.as_bytes()), now, DAY)
    }

    #[test]
    fn pages_are_there_again_until_they_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/state");
        let mut state = open(&path, "a", 0).unwrap();
        state.note_request(Instant::default()).unwrap();
        state.store(2022, 1, b"one".to_vec()).unwrap();
        state.store(2022, 2, b"two".to_vec()).unwrap();
        drop(state);
        let state = open(&path, "a", 60).unwrap();
        assert_eq!((state.requests(), state.pages()), (1, 2));
        let kept = state.kept();
        assert_eq!(kept.iter().map(|kept| kept.page.bytes.as_slice()).collect::<Vec<_>>(), [b"one", b"two"]);
        assert_eq!(state.ages(Instant::from_timestamp(60, 0).unwrap()), [Duration::from_secs(60)]);
        state.remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_damaged_page_ends_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = open(folder.path(), "a", 0).unwrap();
        for number in 1..=3 {
            state.store(2022, number, vec![b'x'; 10]).unwrap();
        }
        fs::write(folder.path().join("2022-2.json"), b"y").unwrap();
        assert_eq!(state.kept().len(), 1);
        state.keep(1).unwrap();
        assert!(!folder.path().join("2022-3.json").exists());
    }

    #[test]
    fn other_settings_old_pages_and_unreadable_records_start_anew() {
        let later = DAY.as_secs() as i64 + 1;
        for (settings, now) in [("b", 1), ("a", later), ("a", -5)] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("notes.txt"), b"mine").unwrap();
            open(folder.path(), "a", 0).unwrap().store(2022, 1, b"one".to_vec()).unwrap();
            let state = open(folder.path(), settings, now).unwrap();
            assert_eq!(state.kept().len(), 0, "{settings} {now}");
            assert!(!folder.path().join("2022-1.json").exists());
            state.remove().unwrap();
            assert!(folder.path().join("notes.txt").exists(), "other people's files stay");
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(RECORD), b"{\"schema\": 99}").unwrap();
        fs::write(folder.path().join("2022-7.json.part"), b"half").unwrap();
        assert_eq!(open(folder.path(), "a", 0).unwrap().pages(), 0);
        assert!(!folder.path().join("2022-7.json.part").exists());
    }

    #[test]
    fn a_folder_serves_one_download_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = open(folder.path(), "a", 0).unwrap();
        let refused = open(folder.path(), "a", 0).unwrap_err();
        assert!(refused.error.to_string().contains("another download"), "{}", refused.error);
        drop(held);
        assert!(open(folder.path(), "a", 0).is_ok());
    }

    #[test]
    fn page_names_are_told_from_others() {
        assert!(is_page("2022-13.json"));
        for other in ["state.json", "2022.json", "season-2022.json", "2022-1.json.bak", "-1.json", "2022-.json"] {
            assert!(!is_page(other), "{other}");
        }
    }
}
