//! What pages read through and change things with: the published data, the browser's store and the worker.
//!
//! No page calls a port. A [`Session`] is opened once and handed down by context; it is cheap to clone.
//!
//! What came with the site (its data and its journal) is read-only; what is done here is kept in this browser and laid
//! over it (`docs/adr/0005-published-and-local.md`).

mod data;
mod days;
mod deleted;
mod exchange;
mod features;
mod imports;
mod model;
mod profile;
mod registry;
mod runs;
mod storage;
mod training;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use leptos::prelude::{Owner, RwSignal, Update};
use send_wrapper::SendWrapper;
use wasm_bindgen_futures::spawn_local;

use self::data::{ACTIVE, Data};
use crate::adapters::browser::{Base, FetchSource, LocalStore, WorkerClient, ask_to_persist, visitor_id};
use crate::adapters::journal;
use crate::base::{Date, Digest};
use crate::data::{ChainEntry, DataIndex, Findings, INDEX_SCHEMA, Manifest, SourceKind, Violation};
use crate::flows::datasets::{Heads, ImportChange, LeftOut, heads};
use crate::flows::day::DayView;
use crate::flows::documents;
use crate::flows::ingest::{Rejection, StageReport};
use crate::flows::overlay::Overlay;
use crate::flows::profile::stored_profile;
use crate::flows::reasons::Reasons;
use crate::flows::record::Recorded;
use crate::flows::train::TrainOutcome;
use crate::league::Game;
use crate::learn::Trial;
use crate::monitoring::{Alert, DriftReport};
use crate::ports::{Batch, Document, Source, Store, StoreError, fetch_verified};
use crate::protocol::{DatasetRef, Reply, Request};
use crate::registry::{GateReport, ModelVersion, RegistryEvent, Stage};
use crate::serving::{Prediction, Rollout};
use crate::tracking::Run;

pub use crate::adapters::browser::Dropped;
pub use deleted::DeletedVersion;
pub use exchange::{Outgoing, SavedFile};
pub use model::{Edit, VersionView};
pub use runs::OpenRun;
pub use storage::{Planned, Stored};
pub use training::SavedSearch;

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
    /// What was found when it was imported: all counts, the first violations, and no refused row
    /// ([`Session::findings`] has the rest). Empty for the published data.
    pub findings: Findings,
    /// How many refused rows are kept and can be looked through; at most as many as the manifest counts.
    pub quarantined: usize,
    /// Whether it is the newest revision of its source.
    pub newest: bool,
    /// Whether the pages show this one.
    pub active: bool,
}

/// What an import has brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The dataset; where its content was there already, the one that was there.
    pub info: DatasetInfo,
    /// What each stage did: `fetch`, `normalise`, `validate`, `persist`.
    pub stages: Vec<StageReport>,
    /// What it did to the store.
    pub change: ImportChange,
}

/// Every ingest that this browser knows of, the oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Of the published data, as far as the site tells.
    pub published: Vec<Manifest>,
    /// Of this browser: imports and releases, each with what it did.
    pub local: Vec<ChainEntry>,
}

/// A refused row, checked again.
#[derive(Debug, Clone, PartialEq)]
pub struct Rechecked {
    /// The game that it would be; none where it still breaks a promise. Then it can be released.
    pub game: Option<Game>,
    /// Everything that it breaks; warnings do not keep it out.
    pub violations: Vec<Violation>,
}

/// What became of a row that was to be released.
#[derive(Debug, Clone, PartialEq)]
pub enum Released {
    /// It was let in: this is the dataset's next revision.
    Done(Box<DatasetInfo>),
    /// It still breaks a promise; nothing has changed.
    Refused(Box<Rejection>),
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
    // Pages run on one thread; the wrapper lets a session into signals and contexts that ask for more.
    inner: SendWrapper<Rc<Inner>>,
}

/// What a session consists of.
struct Inner {
    base: Base,
    source: FetchSource,
    store: Overlay<LocalStore>,
    persistence: Result<(), Problem>,
    /// Whether the browser was asked to keep the store.
    asked_to_persist: Cell<bool>,
    data: Data,
    client: WorkerClient,
    /// The training that runs, if one does.
    training: RefCell<Option<Rc<training::Running>>>,
    rollout: RefCell<Rollout>,
    visitor: String,
    /// What the worker computed, by dataset, day and versions.
    predictions: RefCell<BTreeMap<String, Vec<Prediction>>>,
    /// Why the numbers of a day are what they are: the last day that was asked for.
    reasons: RefCell<Option<(String, Vec<Reasons>)>>,
    revision: RwSignal<u64>,
    /// Under which name changes are recorded; none where none was chosen.
    profile: RwSignal<Option<String>>,
    /// Keeps the signals alive.
    _owner: Owner,
}

/// Published journals that the fans' pages read.
pub const FANS: &[&str] = &["store"];
/// Those that the lab reads.
pub const LAB: &[&str] = &["store", "lab"];

/// How often a change is tried again when another tab has committed in between.
const ATTEMPTS: usize = 5;

impl Session {
    /// Loads the published index and journals (digests verified), opens the browser's store, and picks the active dataset.
    pub async fn open(journals: &[&str]) -> Result<Session, Problem> {
        let base = Base::of_page();
        let script = base.address("worker.js");
        Self::open_at(base, script, journals).await
    }

    /// As [`Session::open`], of a site at another base than the page's, with the script that starts its workers.
    pub async fn open_at(base: Base, script: String, journals: &[&str]) -> Result<Session, Problem> {
        let source = FetchSource::data(&base);
        let (published, (local, persistence)) =
            futures::future::join(load_published(&source, journals), LocalStore::open(&base)).await;
        let Published { index, documents, mark } = published?;
        let store = Overlay::new(documents, local).with_mark(mark);
        let (followed, chosen) = futures::future::join(rebase(&store), chosen(&store)).await;
        followed?;
        let Chosen { found, active, rollout, profile } = chosen?;
        let owner = Owner::new();
        let (revision, profile) = owner.with(|| (RwSignal::new(0), RwSignal::new(profile)));
        let inner = Inner {
            store,
            persistence,
            asked_to_persist: Cell::new(false),
            data: Data::new(index, found, active),
            client: WorkerClient::new(base.clone(), script),
            training: RefCell::default(),
            rollout: RefCell::new(rollout),
            visitor: visitor_id(&base),
            predictions: RefCell::default(),
            reasons: RefCell::default(),
            revision,
            profile,
            _owner: owner,
            source,
            base,
        };
        Ok(Session { inner: SendWrapper::new(Rc::new(inner)) })
    }

    /// Every dataset, the published one first.
    pub fn datasets(&self) -> Vec<DatasetInfo> {
        self.inner.data.infos()
    }

    /// Imported datasets that this version does not read, and why. They are left as they are.
    pub fn left_out(&self) -> Vec<LeftOut> {
        self.inner.data.left_out.borrow().clone()
    }

    /// The active dataset.
    pub fn active(&self) -> DatasetInfo {
        self.inner.data.active()
    }

    /// Makes another dataset the active one, and remembers it.
    pub async fn activate(&self, dataset: DatasetRef) -> Result<(), Problem> {
        if self.inner.data.info(&dataset).is_none() {
            return Err("This dataset is no longer in this browser: import its file again.".to_owned());
        }
        self.inner.commit(vec![active_setting(&dataset)]).await?;
        *self.inner.data.active.borrow_mut() = dataset;
        self.inner.changed();
        Ok(())
    }

    /// Raised with every change of datasets, runs, versions or predictions: pages read it to know when to load again.
    pub fn revision(&self) -> RwSignal<u64> {
        self.inner.revision
    }

    /// Days that have games in the active dataset, ascending.
    pub async fn days(&self) -> Result<Vec<Date>, Problem> {
        self.inner.days_of(&self.active()).await
    }

    /// One day as this visitor sees it: from the log where there is one, else computed in the worker.
    pub async fn day(&self, day: Date) -> Result<DayView, Problem> {
        self.inner.day(day).await
    }

    /// What moved each number of a day.
    pub async fn why(&self, day: Date) -> Result<Vec<Reasons>, Problem> {
        self.inner.why(day).await
    }

    /// Stops a job: it answers `Cancelled` within 200 ms, an import at once. An import that is being stored already is not
    /// stopped any more.
    pub fn cancel(&self, job: JobHandle) {
        self.inner.client.cancel(job.0);
    }

    /// Stores a training with its trials and files, and registers its model; it enters at Staging.
    pub async fn register(&self, outcome: TrainOutcome, recorded: Recorded) -> Result<ModelVersion, Problem> {
        let version = self.inner.register(outcome, recorded).await?;
        self.inner.changed();
        Ok(version)
    }

    /// Every version, newest first.
    pub async fn models(&self) -> Result<Vec<ModelRow>, Problem> {
        self.inner.models().await
    }

    /// What the gate before Production says about a version, against the one that is there now.
    pub async fn gate(&self, version: String) -> Result<GateReport, Problem> {
        self.inner.gate(&version).await
    }

    /// Moves a version to a stage. To Production, the gate is asked first, and the former Production version is
    /// archived. A gate that does not say yes is overridden by `override_gate` and a reason.
    pub async fn transition(
        &self,
        version: String,
        to: Stage,
        reason: String,
        override_gate: bool,
    ) -> Result<(), Problem> {
        self.inner.transition(version, to, reason, override_gate).await?;
        self.inner.changed();
        Ok(())
    }

    /// Compares two windows of the active dataset, with the Production version's model.
    pub async fn drift(&self, reference: (Date, Date), current: (Date, Date)) -> Result<DriftReport, Problem> {
        let version = self.inner.production().await?.ok_or(
            "No version is in Production: drift is measured on the features and predictions of that one. Promote a version first.",
        )?;
        let dataset = self.active().dataset;
        match self.inner.client.ask(Request::Drift { dataset, version, reference, current }).await? {
            Reply::Drifted(report) => Ok(report),
            other => Err(unexpected(&other)),
        }
    }

    /// Alerts that the daily pipeline raised over the active dataset, newest first. It runs where the site is built, so
    /// an import has none.
    pub async fn alerts(&self) -> Result<Vec<Alert>, Problem> {
        if self.active().dataset != DatasetRef::Published {
            return Ok(Vec::new());
        }
        let (_, documents) = self.inner.store.scan("alert/").await.map_err(|error| error.to_string())?;
        let mut alerts: Vec<Alert> = documents.into_iter().map(read).collect::<Result<_, _>>()?;
        alerts.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| a.rule.cmp(&b.rule)));
        Ok(alerts)
    }

    /// The rollout, and the arm that this visitor is in.
    pub fn rollout(&self) -> (Rollout, String) {
        let rollout = self.inner.rollout.borrow().clone();
        let arm = rollout.assign(&self.inner.visitor).name.clone();
        (rollout, arm)
    }

    /// Whether the store survives the tab; if not, why (a private window, for instance).
    pub fn persistence(&self) -> Result<(), Problem> {
        self.inner.persistence.clone()
    }

    /// Kind of the active dataset: pages say plainly when results are simulated.
    pub fn source_kind(&self) -> SourceKind {
        self.active().manifest.source_kind
    }
}

impl Inner {
    /// Tells the pages that something is different.
    fn changed(&self) {
        self.revision.update(|revision| *revision += 1);
    }

    /// Writes documents in one commit, whatever another tab has committed in between.
    async fn commit(&self, puts: Vec<Document>) -> Result<(), Problem> {
        for _ in 0..ATTEMPTS {
            let (base, _) = self.store.scan(ACTIVE).await.map_err(|error| error.to_string())?;
            match documents::commit(&self.store, Batch { base, puts: puts.clone(), deletes: Vec::new() }).await {
                Ok(_) => {
                    self.committed();
                    return Ok(());
                }
                Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(format!("It could not be stored: {error}. Nothing was changed.")),
            }
        }
        Err("Another tab keeps changing the store: close it and try again. Nothing was changed.".to_owned())
    }

    /// After the first change the browser is asked to keep the store.
    fn committed(&self) {
        if !self.asked_to_persist.replace(true) && self.persistence.is_ok() {
            spawn_local(ask_to_persist());
        }
    }
}

/// What came with the site.
struct Published {
    index: DataIndex,
    /// The documents of those of the journals that were asked for.
    documents: Vec<Document>,
    /// Digest of these journals.
    mark: Digest,
}

/// The published index and those of the published journals that are asked for.
async fn load_published(source: &FetchSource, journals: &[&str]) -> Result<Published, Problem> {
    let bytes =
        source.fetch("index.json").await.map_err(|error| format!("The site's data could not be loaded: {error}"))?;
    let index: DataIndex = crate::base::json::from_slice(&bytes)
        .map_err(|error| format!("data/index.json is damaged: {error}; reload the page"))?;
    if index.schema > INDEX_SCHEMA {
        let newer = index.schema;
        return Err(format!(
            "data/index.json is of schema {newer} and this page knows {INDEX_SCHEMA}: reload the page"
        ));
    }
    let files = || index.files.iter().filter(|file| journals.contains(&file.kind.as_str()));
    let all = futures::future::join_all(files().map(|file| fetch_verified(source, &file.path, file.digest))).await;
    let (mut documents, mut digests) = (Vec::new(), String::new());
    for (file, bytes) in files().zip(all) {
        let bytes = bytes.map_err(|error| error.to_string())?;
        let journal = journal::parse_verified(&bytes).map_err(|error| format!("{}: {error}", file.path))?;
        documents.extend(journal.documents.into_values());
        digests.push_str(&file.digest.hex());
    }
    Ok(Published { index, documents, mark: Digest::of_bytes(digests.as_bytes()) })
}

/// What is in the store of imports, and what was chosen here.
struct Chosen {
    found: Heads,
    active: DatasetRef,
    rollout: Rollout,
    profile: Option<String>,
}

async fn chosen(store: &Overlay<LocalStore>) -> Result<Chosen, Problem> {
    let told = |error: StoreError| error.to_string();
    let (found, active, rollout, profile) =
        futures::future::join4(heads(store), setting(store, ACTIVE), rollout_of(store), stored_profile(store)).await;
    Ok(Chosen {
        found: found.map_err(told)?,
        active: active?.unwrap_or(DatasetRef::Published),
        rollout: rollout?,
        profile: profile.map_err(told)?,
    })
}

/// Makes the local registry entries follow the published ones. Where one of them cannot be read they all stay where they
/// are: whoever asks for the trail is told, and the other pages open.
async fn rebase(store: &Overlay<LocalStore>) -> Result<(), Problem> {
    match store.rebase().await {
        Ok(_) | Err(StoreError::Damaged { .. }) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// A document by its key, if it is there. One of a newer version that this one does not understand counts as none.
async fn setting<T: serde::de::DeserializeOwned>(store: &Overlay<LocalStore>, key: &str) -> Result<Option<T>, Problem> {
    let (_, documents) = store.scan(key).await.map_err(|error| error.to_string())?;
    let Some(document) = documents.into_iter().find(|document| document.key == key) else { return Ok(None) };
    // Settings and the rollout have had one form so far.
    let newer = document.schema > 1;
    match read(document) {
        Err(_) if newer => Ok(None),
        other => other.map(Some),
    }
}

/// The rollout of the store, or the usual one.
async fn rollout_of(store: &Overlay<LocalStore>) -> Result<Rollout, Problem> {
    Ok(match setting::<Rollout>(store, "rollout/default").await? {
        Some(rollout) if rollout.validate().is_ok() => rollout,
        _ => Rollout::staged("default"),
    })
}

fn read<T: serde::de::DeserializeOwned>(document: Document) -> Result<T, Problem> {
    serde_json::from_value(document.body).map_err(|error| format!("The document {} is damaged: {error}", document.key))
}

fn active_setting(dataset: &DatasetRef) -> Document {
    let body = serde_json::to_value(dataset).unwrap_or_default();
    Document { key: ACTIVE.to_owned(), kind: "setting".to_owned(), schema: 1, body }
}

/// A reply that is not a success of its job.
fn unfinished<T>(reply: Reply) -> JobEvent<T> {
    match reply {
        Reply::Progress { task, done, total } => JobEvent::Progress(task, done, total),
        Reply::Refused(rejection) => JobEvent::Refused(rejection),
        Reply::Cancelled => JobEvent::Cancelled,
        Reply::Failed(reason) => JobEvent::Failed(reason),
        other => JobEvent::Failed(unexpected(&other)),
    }
}

fn unexpected(reply: &Reply) -> Problem {
    match reply {
        Reply::Failed(reason) => reason.clone(),
        Reply::Cancelled => "The job was stopped.".to_owned(),
        _ => "The worker answered something else than it was asked; reload the page.".to_owned(),
    }
}
