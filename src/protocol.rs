//! Messages between page and worker. Specs and digests travel, not data: the worker fetches,
//! checks and joins for itself. The worker computes and the page commits.
//!
//! A message travels as its JSON text: strings are copied by the browser in one go, and what is tested natively is what
//! travels. Beside the text of [`Request::Import`] goes the JavaScript `File`.

use serde::{Deserialize, Serialize};

use crate::base::{Date, Digest};
use crate::data::Manifest;
use crate::flows::ingest::{Findings, Rejection};
use crate::flows::train::{TrainOutcome, TrainSpec, Trial};
use crate::league::Game;
use crate::monitoring::DriftReport;
use crate::registry::{ModelVersion, Stage};
use crate::serving::Prediction;

/// A job's number, given by the page.
pub type JobId = u32;

/// Which games to compute on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "dataset", rename_all = "snake_case")]
pub enum DatasetRef {
    /// The data published with the site, under `data/`.
    Published,
    /// A dataset that the user imported, in the browser's store.
    Imported {
        /// Digest of its manifest.
        digest: Digest,
    },
}

/// What the page asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Read and check a file. The `File` itself travels beside the message.
    Import {
        /// Name of the file.
        name: String,
    },
    /// Search and train.
    Train {
        /// On these games.
        dataset: DatasetRef,
        /// What to try.
        spec: TrainSpec,
    },
    /// Predict a day's games from what was known on its morning.
    Predict {
        /// On these games.
        dataset: DatasetRef,
        /// The day.
        day: Date,
        /// The versions to score, each with its stage.
        versions: Vec<(ModelVersion, Stage)>,
    },
    /// Compare two windows.
    Drift {
        /// On these games.
        dataset: DatasetRef,
        /// The version whose features and predictions are compared.
        version: ModelVersion,
        /// First and last day of the reference.
        reference: (Date, Date),
        /// First and last day of the current window.
        current: (Date, Date),
    },
}

/// Page to worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum ToWorker {
    /// Start a job.
    Start {
        /// Its number.
        job: JobId,
        /// What to do.
        work: Request,
    },
    /// Stop a job; the answer is [`Reply::Cancelled`].
    Cancel {
        /// Its number.
        job: JobId,
    },
}

/// Worker to page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum FromWorker {
    /// The worker listens. Nothing is sent to it before this.
    Ready {
        /// The build it was made from.
        build: String,
    },
    /// Something about a job.
    Job {
        /// Its number.
        job: JobId,
        /// What.
        reply: Reply,
    },
    /// The worker has met a bug and stops: it answers nothing more.
    Died {
        /// The panic's message.
        reason: String,
    },
}

/// The build that page and worker must share.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

/// A message as it travels.
///
/// # Errors
/// If a number in it is neither finite nor has a text of its own.
pub fn to_text<T: Serialize>(message: &T) -> Result<String, String> {
    serde_json::to_string(message).map_err(|error| format!("a message could not be written: {error}"))
}

/// A message from how it travelled.
///
/// # Errors
/// If it is not one of ours.
pub fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("a message could not be read: {error}"))
}

impl Reply {
    /// Whether it is the last one about its job.
    pub fn is_last(&self) -> bool {
        !matches!(self, Reply::Progress { .. } | Reply::Trial(_))
    }
}

/// What the worker answers about a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// Work went on.
    Progress {
        /// What is being done, for people.
        task: String,
        /// Units done.
        done: u64,
        /// Units in all; 0 if not known.
        total: u64,
    },
    /// A trial ended.
    Trial(Trial),
    /// An import passed its checks; the page commits it.
    Imported {
        /// Its record.
        manifest: Manifest,
        /// The morning it speaks of.
        as_of: Date,
        /// The games, in order.
        games: Vec<Game>,
        /// What was found.
        findings: Findings,
    },
    /// An import was refused; nothing has changed.
    Refused(Rejection),
    /// A training is done; the page registers it.
    Trained(Box<TrainOutcome>),
    /// A day was predicted.
    Predicted(Vec<Prediction>),
    /// Two windows were compared.
    Drifted(DriftReport),
    /// The job was stopped.
    Cancelled,
    /// The job could not be done.
    Failed(String),
}
