//! What pages read through and change things with: the published data, the browser's store and the worker.
//!
//! No page calls a port. A [`Session`] is opened once and handed down by context; it is cheap to clone.

use crate::base::Date;
use crate::data::{Manifest, SourceKind};
use crate::flows::day::DayView;
use crate::flows::ingest::{Findings, Rejection};
use crate::flows::train::{TrainOutcome, TrainSpec, Trial};
use crate::monitoring::{Alert, DriftReport};
use crate::protocol::DatasetRef;
use crate::registry::{ModelVersion, RegistryEvent, Stage};
use crate::serving::Rollout;
use crate::tracking::Run;

/// A message for the person in front of the screen: what went wrong and what to do.
pub type Problem = String;

/// A dataset that can be shown: the published one, or an import.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetInfo {
    /// How to name it to the worker.
    pub dataset: DatasetRef,
    /// Its manifest.
    pub manifest: Manifest,
    /// The morning it speaks of.
    pub as_of: Date,
    /// Starting years of its seasons.
    pub seasons: Vec<u16>,
    /// What was found when it was imported; empty for the published data.
    pub findings: Findings,
    /// Whether the pages show this one.
    pub active: bool,
}

/// A registered version with what the events made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRow {
    /// The version.
    pub version: ModelVersion,
    /// Its stage now.
    pub stage: Stage,
    /// Its run, if it is in the store.
    pub run: Option<Run>,
    /// Its entries in the audit trail, in order.
    pub events: Vec<RegistryEvent>,
    /// Whether it came with the site or was trained here.
    pub local: bool,
}

/// What a running job tells, in order; the last one is `Done`, `Refused`, `Cancelled` or `Failed`.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEvent<T> {
    /// Work went on: task, units done, units in all (0 if not known).
    Progress(String, u64, u64),
    /// A trial ended.
    Trial(Trial),
    /// It is done (and, for an import, stored).
    Done(T),
    /// An import was refused; nothing has changed.
    Refused(Rejection),
    /// It was stopped by the user.
    Cancelled,
    /// It could not be done.
    Failed(Problem),
}

/// A running job; dropping the handle does not stop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobHandle(pub crate::protocol::JobId);

/// The open application.
#[derive(Clone)]
pub struct Session {
    _private: (),
}

impl Session {
    /// Loads the published index and journal (digests verified), opens the browser's store, and picks the active dataset.
    pub async fn open() -> Result<Session, Problem> {
        todo!()
    }
    /// Every dataset, the published one first.
    pub fn datasets(&self) -> Vec<DatasetInfo> {
        todo!()
    }
    /// The active dataset.
    pub fn active(&self) -> DatasetInfo {
        todo!()
    }
    /// Makes another dataset the active one, and remembers it.
    pub async fn activate(&self, dataset: DatasetRef) -> Result<(), Problem> {
        let _ = dataset;
        todo!()
    }
    /// Raised with every change of datasets, runs, versions or predictions: pages read it to know when to load again.
    pub fn revision(&self) -> leptos::prelude::RwSignal<u64> {
        todo!()
    }
    /// Days that have games in the active dataset, ascending.
    pub async fn days(&self) -> Result<Vec<Date>, Problem> {
        todo!()
    }
    /// One day as this visitor sees it: from the log where there is one, else computed in the worker.
    pub async fn day(&self, day: Date) -> Result<DayView, Problem> {
        let _ = day;
        todo!()
    }
    /// Reads, checks and stores a file in the worker; on success it becomes the active dataset.
    pub fn import(&self, file: web_sys::File, on: impl Fn(JobEvent<DatasetInfo>) + 'static) -> JobHandle {
        let _ = (file, on);
        todo!()
    }
    /// Trains in the worker. Nothing is stored before [`Session::register`].
    pub fn train(&self, spec: TrainSpec, on: impl Fn(JobEvent<TrainOutcome>) + 'static) -> JobHandle {
        let _ = (spec, on);
        todo!()
    }
    /// Stops a job: it answers `Cancelled` within 200 ms.
    pub fn cancel(&self, job: JobHandle) {
        let _ = job;
        todo!()
    }
    /// Stores a training's run and registers its model; it enters at Staging.
    pub async fn register(&self, outcome: TrainOutcome) -> Result<ModelVersion, Problem> {
        let _ = outcome;
        todo!()
    }
    /// Every version, newest first.
    pub async fn models(&self) -> Result<Vec<ModelRow>, Problem> {
        todo!()
    }
    /// Moves a version to a stage. To Production, the former Production version is archived.
    pub async fn transition(&self, version: String, to: Stage, reason: String) -> Result<(), Problem> {
        let _ = (version, to, reason);
        todo!()
    }
    /// Compares two windows of the active dataset, with the Production version's model.
    pub async fn drift(&self, reference: (Date, Date), current: (Date, Date)) -> Result<DriftReport, Problem> {
        let _ = (reference, current);
        todo!()
    }
    /// Alerts raised so far, newest first.
    pub async fn alerts(&self) -> Result<Vec<Alert>, Problem> {
        todo!()
    }
    /// The rollout, and the arm that this visitor is in.
    pub fn rollout(&self) -> (Rollout, String) {
        todo!()
    }
    /// Whether the store survives the tab; if not, why (a private window, for instance).
    pub fn persistence(&self) -> Result<(), Problem> {
        todo!()
    }
    /// Kind of the active dataset: pages say plainly when results are simulated.
    pub fn source_kind(&self) -> SourceKind {
        todo!()
    }
}
