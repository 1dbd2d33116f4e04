//! A training of this browser: its search parted among several workers, kept after every trial, paused and resumed.
//!
//! Workers share nothing: each fetches the games and computes the features for itself, and is told which trials to run.
//! [`Search`] gives the same leaderboard whichever worker ran what.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use serde::{Deserialize, Serialize};
use wasm_bindgen_futures::spawn_local;

use super::{DatasetInfo, Inner, JobEvent, Session, unexpected};
use crate::adapters::browser::{WorkerClient, processors};
use crate::base::Digest;
use crate::flows::evaluate::Trained;
use crate::flows::train::TrainSpec;
use crate::league::features::FEATURE_VERSION;
use crate::learn::{Search, Trial, Unit};
use crate::ports::{Document, Store};
use crate::protocol::{DatasetRef, JobId, Learn, LearnPart, Reply, Request};
use crate::registry::ModelVersion;

/// Most workers that a search starts: each holds the games and the features.
const MOST_WORKERS: usize = 8;

/// Where a search is kept until it is done.
const SAVED: &str = "search/current";

/// A search as it is kept: with the same spec it goes on from its trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// On these games.
    pub dataset: DatasetRef,
    /// Digest of their manifest, and version of the features: trials of others are not gone on from.
    pub made_of: (Digest, String),
    /// The training.
    pub spec: TrainSpec,
    /// What was done.
    pub trials: Vec<Trial>,
}

type Listener = Box<dyn Fn(JobEvent<Trained>)>;

/// A training that runs.
pub(super) struct Running {
    inner: Weak<Inner>,
    dataset: DatasetRef,
    made_of: (Digest, String),
    spec: TrainSpec,
    /// The first is the session's own, which also answers the pages; the others live as long as the training.
    clients: Vec<WorkerClient>,
    /// Once the number of folds is known.
    search: RefCell<Option<Search>>,
    /// Trials that were done before this session.
    before: Vec<Trial>,
    /// What each client works on.
    jobs: RefCell<BTreeMap<usize, (JobId, Option<Unit>)>>,
    paused: Cell<bool>,
    ended: Cell<bool>,
    finishing: Cell<bool>,
    /// Whether it ended in a failure: what was done is kept then, to be gone on from.
    failed: Cell<bool>,
    /// Whether the trials are being written, and whether more have come meanwhile.
    saving: Cell<(bool, bool)>,
    on: Listener,
}

impl Session {
    /// Trains: the trials in several workers, as many as there are processors. Nothing is registered before
    /// [`Session::register`]; what was done is kept until the training has ended, so that a reload loses at most the
    /// trials that are running. `trials` are those that were done before.
    pub fn train(&self, saved: SavedSearch, on: impl Fn(JobEvent<Trained>) + 'static) {
        self.cancel_training();
        let SavedSearch { dataset, made_of, spec, trials } = saved;
        let more = processors().clamp(1, MOST_WORKERS) - 1;
        let mut clients = vec![self.inner.client.clone()];
        clients.extend((0..more).map(|_| self.inner.client.another()));
        let running = Rc::new(Running {
            inner: Rc::downgrade(&self.inner),
            dataset,
            made_of,
            spec,
            clients,
            search: RefCell::default(),
            before: trials,
            jobs: RefCell::default(),
            paused: Cell::new(false),
            ended: Cell::new(false),
            finishing: Cell::new(false),
            failed: Cell::new(false),
            saving: Cell::new((false, false)),
            on: Box::new(on),
        });
        *self.inner.training.borrow_mut() = Some(Rc::clone(&running));
        running.plan();
    }

    /// A search on the active dataset that has not been begun.
    pub fn new_search(&self, spec: TrainSpec) -> SavedSearch {
        let info = self.active();
        SavedSearch { made_of: made_of(&info), dataset: info.dataset, spec, trials: Vec::new() }
    }

    /// Lets no further trial begin; those that run end.
    pub fn pause_training(&self) {
        if let Some(running) = self.inner.training.borrow().as_ref() {
            running.paused.set(true);
        }
    }

    /// Goes on.
    pub fn resume_training(&self) {
        let running = self.inner.training.borrow().clone();
        if let Some(running) = running {
            running.paused.set(false);
            running.pump();
        }
    }

    /// Stops a training and forgets what was done of it.
    pub fn cancel_training(&self) {
        let running = self.inner.training.borrow_mut().take();
        if let Some(running) = running {
            running.end(JobEvent::Cancelled);
        }
    }

    /// A search that was interrupted, by a reload for instance.
    pub async fn interrupted_search(&self) -> Option<SavedSearch> {
        if self.inner.training.borrow().is_some() {
            return None;
        }
        // One that cannot be read is of another version of this page: there is nothing to go on from.
        let saved: Option<SavedSearch> = super::setting(&self.inner.store, SAVED).await.ok().flatten();
        saved.filter(|saved| self.inner.data.info(&saved.dataset).is_some_and(|info| made_of(&info) == saved.made_of))
    }

    /// Forgets the search that was interrupted.
    pub fn discard_search(&self) {
        let inner = Rc::clone(&self.inner);
        spawn_local(async move { inner.forget_search().await });
    }
}

/// What trials on a dataset are made of here.
fn made_of(info: &DatasetInfo) -> (Digest, String) {
    (info.manifest.digest, FEATURE_VERSION.to_owned())
}

impl Inner {
    async fn forget_search(&self) {
        for _ in 0..super::ATTEMPTS {
            let Ok((base, found)) = self.store.scan(SAVED).await else { return };
            if found.is_empty() {
                return;
            }
            let deletes = vec![SAVED.to_owned()];
            let batch = crate::ports::Batch { base, puts: Vec::new(), deletes };
            if self.store.commit(batch).await.is_ok() {
                return;
            }
        }
    }
}

impl Running {
    /// Starts a part of the training in a worker.
    fn ask(self: &Rc<Self>, client: usize, unit: Option<Unit>, part: LearnPart, on: fn(&Rc<Self>, usize, Reply)) {
        if self.ended.get() {
            return;
        }
        let work = Learn { spec: self.spec.clone(), part };
        let request = match Request::learn(self.dataset.clone(), &work) {
            Ok(request) => request,
            Err(problem) => return self.end(JobEvent::Failed(problem)),
        };
        let running = Rc::clone(self);
        let job = self.clients[client].start(request, Vec::new(), move |reply| {
            if !running.ended.get() {
                on(&running, client, reply);
            }
        });
        self.jobs.borrow_mut().insert(client, (job, unit));
    }

    fn plan(self: &Rc<Self>) {
        self.ask(0, None, LearnPart::Plan, |running, client, reply| match reply {
            Reply::Progress { task, done, total } => (running.on)(JobEvent::Progress(task, done, total)),
            Reply::Lab(folds) => {
                running.jobs.borrow_mut().remove(&client);
                let folds = serde_json::from_value(folds).unwrap_or_default();
                match Search::new(&running.spec.search, folds, running.spec.seed) {
                    Ok(mut search) => {
                        running.before.iter().cloned().for_each(|trial| search.take(trial));
                        *running.search.borrow_mut() = Some(search);
                        running.pump();
                    }
                    Err(error) => running.end(JobEvent::Failed(error.to_string())),
                }
            }
            other => running.end(failed(other)),
        });
    }

    /// Gives every idle worker a trial that is ready; once all are done, the best is fitted.
    fn pump(self: &Rc<Self>) {
        let (ready, done, total) = match self.search.borrow().as_ref() {
            Some(search) => (search.ready(), search.done() as u64, search.total() as u64),
            None => return,
        };
        (self.on)(JobEvent::Progress("Trying settings".to_owned(), done, total));
        if self.paused.get() || self.ended.get() || self.finishing.get() {
            return;
        }
        let busy: Vec<Unit> = self.jobs.borrow().values().filter_map(|(_, unit)| *unit).collect();
        let mut waiting = ready.iter().filter(|unit| !busy.contains(unit));
        for client in 0..self.clients.len() {
            if self.jobs.borrow().contains_key(&client) {
                continue;
            }
            let Some(unit) = waiting.next().copied() else { break };
            self.ask(client, Some(unit), LearnPart::Trials { units: vec![unit] }, Self::heard_trial);
        }
        if ready.is_empty() {
            self.finish();
        }
    }

    fn heard_trial(self: &Rc<Self>, client: usize, reply: Reply) {
        match reply {
            Reply::Part(trial) => match serde_json::from_value::<Trial>(trial) {
                Ok(trial) => {
                    if let Some(search) = self.search.borrow_mut().as_mut() {
                        search.take(trial.clone());
                    }
                    (self.on)(JobEvent::Trial(trial));
                    self.save();
                }
                Err(error) => self.end(JobEvent::Failed(format!("A trial could not be read: {error}"))),
            },
            Reply::Lab(_) => {
                self.jobs.borrow_mut().remove(&client);
                self.pump();
            }
            Reply::Progress { .. } => {}
            other => self.end(failed(other)),
        }
    }

    fn finish(self: &Rc<Self>) {
        self.finishing.set(true);
        let running = Rc::clone(self);
        spawn_local(async move {
            let Some(inner) = running.inner.upgrade() else { return };
            // Without it the evaluation says so.
            let production = inner.production().await.ok().flatten().map(Box::new);
            running.close(production);
        });
    }

    fn close(self: &Rc<Self>, production: Option<Box<ModelVersion>>) {
        let trials = self.trials();
        self.ask(0, None, LearnPart::Finish { trials, production }, |running, _, reply| match reply {
            Reply::Progress { task, done, total } => (running.on)(JobEvent::Progress(task, done, total)),
            Reply::Lab(outcome) => running.end(match serde_json::from_value(outcome) {
                Ok(outcome) => JobEvent::Done(outcome),
                Err(error) => JobEvent::Failed(format!("The result could not be read: {error}")),
            }),
            Reply::Part(_) => {}
            other => running.end(failed(other)),
        });
    }

    fn trials(&self) -> Vec<Trial> {
        self.search.borrow().as_ref().map(Search::trials).unwrap_or_default()
    }

    /// Writes what was done. While a commit is on its way the next one waits, and takes all that has come by then.
    fn save(self: &Rc<Self>) {
        let (writing, _) = self.saving.get();
        self.saving.set((true, writing));
        if writing {
            return;
        }
        let running = Rc::clone(self);
        spawn_local(async move {
            loop {
                let Some(inner) = running.inner.upgrade() else { return };
                let (dataset, made_of) = (running.dataset.clone(), running.made_of.clone());
                let saved = SavedSearch { dataset, made_of, spec: running.spec.clone(), trials: running.trials() };
                let body = serde_json::to_value(saved).unwrap_or_default();
                // A search that cannot be kept goes on all the same: only a reload would lose it.
                let _ = inner
                    .commit(vec![Document { key: SAVED.to_owned(), kind: "search".to_owned(), schema: 1, body }])
                    .await;
                if running.ended.get() {
                    if !running.failed.get() {
                        inner.forget_search().await;
                    }
                    return;
                }
                let (_, more) = running.saving.replace((true, false));
                if !more {
                    running.saving.set((false, false));
                    return;
                }
            }
        });
    }

    /// Ends the training once, and the workers that it started.
    fn end(self: &Rc<Self>, event: JobEvent<Trained>) {
        if self.ended.replace(true) {
            return;
        }
        self.failed.set(matches!(event, JobEvent::Failed(_)));
        for (client, (job, _)) in self.jobs.take() {
            self.clients[client].cancel(job);
        }
        self.clients[1..].iter().for_each(WorkerClient::close);
        if let Some(inner) = self.inner.upgrade() {
            inner.training.borrow_mut().take_if(|current| Rc::ptr_eq(current, self));
            if !self.saving.get().0 && !self.failed.get() {
                spawn_local(async move { inner.forget_search().await });
            }
        }
        (self.on)(event);
    }
}

fn failed(reply: Reply) -> JobEvent<Trained> {
    match reply {
        Reply::Cancelled => JobEvent::Cancelled,
        other => JobEvent::Failed(unexpected(&other)),
    }
}
