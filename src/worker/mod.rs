//! The site's Web Worker: it runs jobs in slices, so that it hears a cancel between two of them. An import alone is one
//! slice, since its files are read as a stream; the page ends the worker over a cancel of it.
//!
//! It is the same WebAssembly module as the page, started by `worker.js`; its name is the site's base address.

mod datasets;
mod imports;
mod jobs;
mod training;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use crate::adapters::browser::{Base, IndexedDb, LocalStore};
use crate::adapters::{MemoryStore, journal};
use crate::ports::StoreError;
use crate::protocol::{BUILD, FromWorker, JobId, Reply, ToWorker, from_text, to_text};

/// Listens for the page and says that it does.
pub fn main() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        post(&FromWorker::Died { reason: panic.to_string() });
    }));
    let shared = Rc::new(Shared {
        base: Base::of_worker(),
        cancelled: RefCell::default(),
        running: RefCell::default(),
        datasets: datasets::Cache::default(),
        training: training::Last::default(),
        lent: RefCell::default(),
    });
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&shared, &event));
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    on_message.forget();
    post(&FromWorker::Ready { build: BUILD.to_owned() });
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn post(message: &FromWorker) {
    let text = to_text(message)
        .or_else(|reason| match message {
            FromWorker::Job { job, .. } => to_text(&FromWorker::Job { job: *job, reply: Reply::Failed(reason) }),
            _ => Err(reason),
        })
        // The page ends the worker over a text that it cannot read, and tells the user this one.
        .unwrap_or_else(|reason| reason);
    // Posting a string fails only when the page is gone.
    let _ = scope().post_message(&JsValue::from_str(&text));
}

/// What all jobs share.
struct Shared {
    base: Base,
    cancelled: RefCell<BTreeSet<JobId>>,
    running: RefCell<BTreeSet<JobId>>,
    datasets: datasets::Cache,
    training: training::Last,
    /// The imports of a page that has no IndexedDB.
    lent: RefCell<Option<Rc<MemoryStore>>>,
}

impl Shared {
    /// Where the imports are.
    async fn store(&self) -> Result<LocalStore, StoreError> {
        let lent = self.lent.borrow().clone();
        match lent {
            Some(lent) => Ok(LocalStore::Memory(lent)),
            None => IndexedDb::open(&self.base).await.map(LocalStore::Indexed),
        }
    }
}

/// A message is its text, behind it the files, and behind a job's the imports that the page lends.
fn hear(shared: &Rc<Shared>, event: &MessageEvent) {
    let parts = Array::from(&event.data());
    let Some(text) = parts.get(0).as_string() else { return };
    match from_text::<ToWorker>(&text) {
        Ok(ToWorker::Start { job, work }) => {
            shared.running.borrow_mut().insert(job);
            let lent = parts.iter().skip(1).find_map(|part| part.as_string());
            if let Some(journal) = lent.and_then(|text| journal::parse(text.as_bytes()).ok()) {
                let store = MemoryStore::with(journal.revision, journal.documents.into_values());
                *shared.lent.borrow_mut() = Some(Rc::new(store));
            }
            let files = parts.iter().skip(1).filter_map(|part| part.dyn_into::<File>().ok()).collect();
            let job = Job { id: job, shared: Rc::clone(shared), told: Cell::new(0.0) };
            wasm_bindgen_futures::spawn_local(jobs::run(job, work, files));
        }
        Ok(ToWorker::Cancel { job }) if shared.running.borrow().contains(&job) => {
            shared.cancelled.borrow_mut().insert(job);
        }
        Ok(ToWorker::Cancel { .. }) => {}
        Err(reason) => post(&FromWorker::Died { reason }),
    }
}

/// Least time between two reports of progress, in milliseconds.
const REPORT_EVERY: f64 = 100.0;

/// A running job's line to the page.
struct Job {
    id: JobId,
    shared: Rc<Shared>,
    /// When progress was last reported.
    told: Cell<f64>,
}

/// Why a job ends early.
enum Stop {
    Cancelled,
    Failed(String),
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.to_string())
    }
}

impl Job {
    fn reply(&self, reply: Reply) {
        post(&FromWorker::Job { job: self.id, reply });
    }

    /// Reports progress, but not more often than a page can show.
    fn progress(&self, task: &str, done: u64, total: u64) {
        let now = js_sys::Date::now();
        if now - self.told.get() >= REPORT_EVERY {
            self.told.set(now);
            self.reply(Reply::Progress { task: task.to_owned(), done, total });
        }
    }

    /// Ends a slice: lets messages in, and stops if one of them was this job's cancel.
    async fn pause(&self) -> Result<(), Stop> {
        TimeoutFuture::new(0).await;
        if self.shared.cancelled.borrow().contains(&self.id) { Err(Stop::Cancelled) } else { Ok(()) }
    }

    /// Forgets the job.
    fn end(&self) {
        self.shared.running.borrow_mut().remove(&self.id);
        self.shared.cancelled.borrow_mut().remove(&self.id);
    }
}
