//! Why a download ended early, and what is left of it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// What a download that ended early has left behind, for the next one to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Whole pages.
    pub pages: u64,
    /// The folder that they are in.
    pub folder: PathBuf,
    /// Requests so far, those of earlier runs of this download included.
    pub requests: u64,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pages, requests, .. } = self;
        let asked = format!("after {requests} {}", if *requests == 1 { "request" } else { "requests" });
        if *pages == 0 {
            return write!(f, "nothing was there to be kept {asked}; the same command starts again");
        }
        let noun = if *pages == 1 { "page is" } else { "pages are" };
        write!(f, "{pages} {noun} kept in {} {asked}; the same command continues there", self.folder.display())
    }
}

/// Why a download did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The settings cannot work. Nothing was asked.
    #[error("{0}")]
    Settings(String),
    /// The server does not take the key.
    #[error("the key was refused (status {status}): check BALLDONTLIE_API_KEY; {kept}")]
    Key {
        /// 401 or 403.
        status: u16,
        /// What is left.
        kept: Kept,
    },
    /// The server answers that no more requests are allowed for now.
    #[error("at the limit of requests: {}; {kept}", limit(.retry_after, *.attempts))]
    Limit {
        /// How long the server asks to wait, if it says.
        retry_after: Option<Duration>,
        /// Requests so far, those of earlier runs of this download included.
        requests: u64,
        /// Attempts for the page that is missing.
        attempts: u32,
        /// What is left.
        kept: Kept,
    },
    /// A page could not be had, however often it was asked for.
    #[error("page {page} could not be had in {attempts} attempts, the last time because {reason}; {kept}")]
    Outage {
        /// The page, as `2022-3`: season and number.
        page: String,
        /// What went wrong the last time.
        reason: String,
        /// How often it was asked for.
        attempts: u32,
        /// What is left.
        kept: Kept,
    },
    /// The server will not answer, whenever it is asked.
    #[error("page {page} was refused: {reason}; {kept}")]
    Refused {
        /// The page.
        page: String,
        /// What the server said.
        reason: String,
        /// What is left.
        kept: Kept,
    },
    /// The server answers, but not as the interface says.
    #[error("page {page} is not as it should be: {reason}; {kept}")]
    Protocol {
        /// The page.
        page: String,
        /// What was expected and what was found.
        reason: String,
        /// What is left.
        kept: Kept,
    },
    /// The folder of kept pages could not be read or written.
    #[error("{}: {error}; {kept}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        error: io::Error,
        /// What is left.
        kept: Kept,
    },
}

fn limit(retry_after: &Option<Duration>, attempts: u32) -> String {
    match retry_after {
        Some(span) => format!("the server asks to wait for {} s", span.as_secs()),
        None => format!("the server refused {attempts} attempts for the same page"),
    }
}
