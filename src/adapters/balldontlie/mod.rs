//! Games from balldontlie's interface over HTTP, page by page (native only).
//!
//! A download keeps to the provider's rate, tries again what may pass, refuses answers that cannot be, and never asks
//! for the same page twice: each is kept in a folder as it came, so a download that ended early goes on where it was.
//! What the pages mean is not known here; they come out as bytes, in order.
//!
//! ```no_run
//! # use linelogic::adapters::balldontlie::{Download, DownloadError, Key, Settings};
//! # fn main() -> Result<(), DownloadError> {
//! let settings = Settings::new(Key::new("…"), 2021, 2023, ".linelogic/download");
//! let downloaded = Download::new(settings)?.run(&mut |_| {})?;
//! for page in &downloaded.pages {
//!     println!("{}: {} bytes", page.name, page.bytes.len());
//! }
//! // Only when what was made of them is safe:
//! downloaded.finish()?;
//! # Ok(())
//! # }
//! ```

mod error;
mod paging;
mod rate;
mod request;
mod run;
mod settings;
mod state;
mod time;

use std::fmt;
use std::time::Duration;

pub use error::{DownloadError, Kept};
pub use settings::{BASE, Bounds, Key, Rate, Retries, Settings, Timeouts};
pub use time::{SystemTime, Time};

use crate::base::Digest;
use request::Client;
use state::State;

/// A page as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its name, `2022-1.json`: the season and the number within it, from 1.
    pub name: String,
    /// The body, decompressed.
    pub bytes: Vec<u8>,
    /// The body's digest.
    pub digest: Digest,
}

impl Page {
    fn new(name: String, bytes: Vec<u8>) -> Self {
        let digest = Digest::of_bytes(&bytes);
        Self { name, bytes, digest }
    }
}

/// What a download tells while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A page is there.
    Page {
        /// Its season.
        season: u16,
        /// Its number within the season.
        number: u32,
        /// Games on it.
        games: usize,
        /// Whether an earlier run had fetched it.
        resumed: bool,
        /// Requests so far.
        requests: u64,
    },
    /// It waits before the next request.
    Waiting {
        /// For how long.
        span: Duration,
        /// Why.
        why: Wait,
        /// Requests so far.
        requests: u64,
    },
}

/// Why a download waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// Because no more requests are allowed in this minute.
    Rate,
    /// Because the last attempt failed.
    Retry {
        /// Why it failed.
        reason: String,
        /// How many attempts there were for the page.
        attempts: u32,
        /// Whether the server asked for the wait.
        asked: bool,
    },
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate => f.write_str("no more requests in this minute"),
            Self::Retry { reason, .. } => f.write_str(reason),
        }
    }
}

/// A download that has not begun.
pub struct Download {
    settings: Settings,
    client: Client,
    fingerprint: Digest,
    time: Box<dyn Time>,
}

impl Download {
    /// Checks the settings; nothing is asked yet.
    pub fn new(settings: Settings) -> Result<Self, DownloadError> {
        Self::with_time(settings, Box::new(SystemTime::default()))
    }

    /// The same with another clock, which tests turn by hand.
    pub fn with_time(settings: Settings, time: Box<dyn Time>) -> Result<Self, DownloadError> {
        settings.check().map_err(DownloadError::Settings)?;
        let client = Client::new(&settings).map_err(DownloadError::Settings)?;
        let fingerprint = settings.fingerprint().map_err(|error| DownloadError::Settings(error.to_string()))?;
        Ok(Self { settings, client, fingerprint, time })
    }

    /// Fetches every page that is not kept already. What is kept stays until [`Downloaded::finish`], also when this
    /// fails or the process is killed.
    pub fn run(self, progress: &mut dyn FnMut(Progress)) -> Result<Downloaded, DownloadError> {
        run::run(self, progress)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// All pages of a download. The folder of kept pages is held until this is dropped or finished.
#[derive(Debug)]
pub struct Downloaded {
    /// The pages, by season and number.
    pub pages: Vec<Page>,
    /// Requests, those of earlier runs of this download included.
    pub requests: u64,
    /// How many of the pages earlier runs had fetched.
    pub resumed_pages: u64,
    /// How long this run waited.
    pub waited: Duration,
    /// Bytes of all pages.
    pub bytes: u64,
    state: State,
}

impl Downloaded {
    /// Removes the kept pages. Call it when what was made of them is safe: without it the next run of the same
    /// download takes them up again.
    pub fn finish(self) -> Result<(), DownloadError> {
        let kept =
            Kept { pages: self.state.pages(), folder: self.state.folder().to_owned(), requests: self.state.requests() };
        self.state.remove().map_err(|failed| DownloadError::Io { path: failed.path, error: failed.error, kept })
    }
}
