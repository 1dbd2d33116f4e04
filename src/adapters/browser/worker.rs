//! The page's side of the worker: starts it when there is work, queues until it listens, and outlives its death.
//!
//! An import reads its files to their end without a pause, in which it would hear a cancel. So it has a worker of its
//! own, which is ended with it: a cancel ends it at once, the other jobs go on meanwhile, and the memory that a large
//! file took is given back.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, File, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::Base;
use crate::adapters::{MemoryStore, journal};
use crate::flows::datasets::KINDS;
use crate::protocol::{BUILD, FromWorker, JobId, Reply, Request, ToWorker, from_text, to_text};

/// How long a worker may take to answer a cancel before it is ended, in milliseconds. It answers between two slices.
const PATIENCE: u32 = 120;

#[wasm_bindgen]
extern "C" {
    type ImportMeta;
    #[wasm_bindgen(method, getter)]
    fn url(this: &ImportMeta) -> String;
    #[wasm_bindgen(thread_local_v2, js_namespace = import, js_name = meta)]
    static META: ImportMeta;
}

/// The worker's program: the address of its glue script, and its module, compiled if the page runs it too, else as the
/// address to load it from. The build writes both into the page, as `glue module`; without that the page's own are taken.
fn program(base: &Base) -> (String, JsValue) {
    let own = META.with(ImportMeta::url);
    let named = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector("meta[name=linelogic-worker]").ok().flatten())
        .and_then(|meta| meta.get_attribute("content"));
    match named.as_deref().and_then(|content| content.split_once(' ')) {
        Some((glue, module)) if base.address(glue) != own => (base.address(glue), base.address(module).into()),
        _ => (own, wasm_bindgen::module()),
    }
}

/// Processors that the browser tells of; one if it tells nothing.
pub fn processors() -> usize {
    web_sys::window().map_or(1, |window| window.navigator().hardware_concurrency() as usize).max(1)
}

type Listener = Rc<dyn Fn(Reply)>;

/// A job that has not ended, with all that is needed to start it again in another worker.
struct Running {
    request: Request,
    files: Vec<File>,
    on: Listener,
}

/// A worker with its listeners, which live as long as it does.
struct Alive {
    worker: Worker,
    ready: bool,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

/// The worker, as the page sees it. Cloning it shares the worker.
#[derive(Clone)]
pub struct WorkerClient {
    inner: Rc<Inner>,
}

struct Inner {
    base: Base,
    script: String,
    alive: RefCell<Option<Alive>>,
    jobs: RefCell<BTreeMap<JobId, Running>>,
    cancelling: RefCell<BTreeSet<JobId>>,
    /// Jobs that have a worker of their own, with its client.
    apart: RefCell<BTreeMap<JobId, WorkerClient>>,
    next: Cell<JobId>,
    /// Where the imports are if they are not in IndexedDB, where a worker finds them itself.
    lent: RefCell<Option<Rc<MemoryStore>>>,
}

impl WorkerClient {
    /// A client of the worker that a script starts. No worker runs before the first job.
    pub fn new(base: Base, script: impl Into<String>) -> Self {
        Self {
            inner: Rc::new(Inner {
                base,
                script: script.into(),
                alive: RefCell::default(),
                jobs: RefCell::default(),
                cancelling: RefCell::default(),
                apart: RefCell::default(),
                next: Cell::new(1),
                lent: RefCell::default(),
            }),
        }
    }

    /// Starts a job. `on` hears its replies, the last of which ends it; it is never called before this returns.
    pub fn start(&self, request: Request, files: Vec<File>, on: impl Fn(Reply) + 'static) -> JobId {
        let job = self.inner.next.get();
        self.inner.next.set(job + 1);
        if matches!(request, Request::Import { .. }) {
            self.start_apart(job, request, files, Rc::new(on));
        } else {
            self.enqueue(job, request, files, Rc::new(on));
        }
        job
    }

    /// A client of another worker like this one's.
    pub fn another(&self) -> Self {
        let other = Self::new(self.inner.base.clone(), self.inner.script.clone());
        *other.inner.lent.borrow_mut() = self.inner.lent.borrow().clone();
        other
    }

    /// Sends the imports of a store in memory along with every job: the worker cannot reach them.
    pub fn lend(&self, store: Rc<MemoryStore>) {
        *self.inner.lent.borrow_mut() = Some(store);
    }

    /// The lent imports as a journal; none where nothing is lent.
    fn lent(&self) -> Option<String> {
        let (revision, mut documents) = self.inner.lent.borrow().as_ref()?.snapshot();
        documents.retain(|document| KINDS.contains(&document.kind.as_str()));
        if documents.is_empty() { None } else { journal::compact(revision, &documents).ok() }
    }

    /// Ends the worker with all its jobs; nobody hears of them.
    pub fn close(&self) {
        self.inner.jobs.borrow_mut().clear();
        self.end_worker();
    }

    fn enqueue(&self, job: JobId, request: Request, files: Vec<File>, on: Listener) {
        self.inner.jobs.borrow_mut().insert(job, Running { request, files, on });
        let client = self.clone();
        Timeout::new(0, move || client.send(job)).forget();
    }

    /// Starts a job in a worker of its own.
    fn start_apart(&self, job: JobId, request: Request, files: Vec<File>, on: Listener) {
        let apart = self.another();
        self.inner.apart.borrow_mut().insert(job, apart.clone());
        let parent = Rc::downgrade(&self.inner);
        let last = move |reply: Reply| {
            let ended = match parent.upgrade() {
                Some(parent) if reply.is_last() => parent.apart.borrow_mut().remove(&job),
                _ => None,
            };
            if let Some(client) = ended {
                client.end_worker();
            }
            on(reply);
        };
        apart.enqueue(job, request, files, Rc::new(last));
    }

    /// Starts a job and waits for its end. A failed job is an error.
    pub async fn ask(&self, request: Request) -> Result<Reply, String> {
        let cell: Rc<RefCell<Option<js_sys::Function>>> = Rc::default();
        let answer: Rc<RefCell<Option<Reply>>> = Rc::default();
        let (resolve, given) = (Rc::clone(&cell), Rc::clone(&answer));
        let promise = js_sys::Promise::new(&mut |done, _| *resolve.borrow_mut() = Some(done));
        self.start(request, Vec::new(), move |reply| {
            if reply.is_last() {
                *given.borrow_mut() = Some(reply);
                if let Some(done) = cell.borrow_mut().take() {
                    // Resolving a promise with nothing cannot fail.
                    let _ = done.call0(&JsValue::UNDEFINED);
                }
            }
        });
        wasm_bindgen_futures::JsFuture::from(promise).await.map_err(|error| format!("{error:?}"))?;
        match answer.borrow_mut().take() {
            Some(Reply::Failed(reason)) => Err(reason),
            Some(reply) => Ok(reply),
            None => Err("the worker gave no answer".to_owned()),
        }
    }

    /// Stops a job. If the worker does not answer in time it is ended, and the other jobs start again in a new one. A job
    /// with a worker of its own ends at once, with its worker.
    pub fn cancel(&self, job: JobId) {
        let apart = self.inner.apart.borrow().get(&job).cloned();
        if let Some(client) = apart {
            client.finish(job, Reply::Cancelled);
            return;
        }
        if !self.inner.jobs.borrow().contains_key(&job) {
            return;
        }
        if !self.ready() {
            self.finish(job, Reply::Cancelled);
            return;
        }
        self.inner.cancelling.borrow_mut().insert(job);
        self.post(&ToWorker::Cancel { job }, Vec::new());
        let client = self.clone();
        Timeout::new(PATIENCE, move || {
            if client.inner.cancelling.borrow_mut().remove(&job) && client.inner.jobs.borrow().contains_key(&job) {
                client.end_worker();
                client.finish(job, Reply::Cancelled);
                client.restart();
            }
        })
        .forget();
    }

    fn ready(&self) -> bool {
        self.inner.alive.borrow().as_ref().is_some_and(|alive| alive.ready)
    }

    /// Sends a job, if the worker listens; otherwise [`WorkerClient::restart`] will when it does.
    fn send(&self, job: JobId) {
        if self.inner.alive.borrow().is_none()
            && let Err(reason) = self.spawn()
        {
            self.fail_all(&reason);
            return;
        }
        if !self.ready() {
            return;
        }
        let message = {
            let jobs = self.inner.jobs.borrow();
            let Some(running) = jobs.get(&job) else { return };
            (ToWorker::Start { job, work: running.request.clone() }, running.files.clone())
        };
        self.post(&message.0, message.1);
    }

    /// A message is its text, behind it the files, and behind a job's the imports that are lent.
    fn post(&self, message: &ToWorker, files: Vec<File>) {
        let sent = to_text(message).and_then(|text| {
            let lent = if matches!(message, ToWorker::Start { .. }) { self.lent() } else { None };
            let files = files.into_iter().map(JsValue::from);
            let parts: Array = std::iter::once(JsValue::from_str(&text))
                .chain(files)
                .chain(lent.map(|journal| JsValue::from_str(&journal)))
                .collect();
            let alive = self.inner.alive.borrow();
            let worker = &alive.as_ref().ok_or("no worker is running")?.worker;
            worker.post_message(&parts).map_err(|error| format!("the worker could not be reached: {error:?}"))
        });
        if let (Err(reason), ToWorker::Start { job, .. }) = (sent, message) {
            self.finish(*job, Reply::Failed(reason));
        }
    }

    /// Sends every job that has not ended, in the order in which they came.
    fn restart(&self) {
        let jobs: Vec<JobId> = self.inner.jobs.borrow().keys().copied().collect();
        for job in jobs {
            self.send(job);
        }
    }

    fn spawn(&self) -> Result<(), String> {
        let told = |error: JsValue| format!("the worker could not be started: {error:?}; reload the page");
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(&self.inner.base.address(""));
        let worker = Worker::new_with_options(&self.inner.script, &options).map_err(told)?;
        let client = self.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                client.hear(&text);
            }
        });
        let client = self.clone();
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            // Told to the user through the jobs that it ends.
            event.prevent_default();
            client.died(&event.message());
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let first = Object::new();
        let (glue, module) = program(&self.inner.base);
        Reflect::set(&first, &"glue".into(), &glue.into()).map_err(told)?;
        Reflect::set(&first, &"module".into(), &module).map_err(told)?;
        worker.post_message(&first).map_err(told)?;
        let alive = Alive { worker, ready: false, _on_message: on_message, _on_error: on_error };
        *self.inner.alive.borrow_mut() = Some(alive);
        Ok(())
    }

    fn hear(&self, text: &str) {
        match from_text::<FromWorker>(text) {
            Ok(FromWorker::Ready { build }) if build == BUILD => {
                if let Some(alive) = self.inner.alive.borrow_mut().as_mut() {
                    alive.ready = true;
                }
                self.restart();
            }
            Ok(FromWorker::Ready { build }) => {
                self.died(&format!("it is of build {build} and the page of {BUILD}: reload the page"));
            }
            Ok(FromWorker::Job { job, reply }) if reply.is_last() => self.finish(job, reply),
            Ok(FromWorker::Job { job, reply }) => {
                let on = self.inner.jobs.borrow().get(&job).map(|running| Rc::clone(&running.on));
                if let Some(on) = on {
                    on(reply);
                }
            }
            Ok(FromWorker::Died { reason }) => self.died(&reason),
            Err(reason) => self.died(&reason),
        }
    }

    /// Ends a job with its last reply.
    fn finish(&self, job: JobId, reply: Reply) {
        self.inner.cancelling.borrow_mut().remove(&job);
        let running = self.inner.jobs.borrow_mut().remove(&job);
        if let Some(running) = running {
            (running.on)(reply);
        }
    }

    fn died(&self, reason: &str) {
        self.end_worker();
        let reason = if reason.is_empty() { "no reason was given" } else { reason };
        self.fail_all(&format!("The worker stopped unexpectedly ({reason}). Nothing was changed; try again."));
    }

    fn fail_all(&self, reason: &str) {
        let jobs: Vec<JobId> = self.inner.jobs.borrow().keys().copied().collect();
        for job in jobs {
            self.finish(job, Reply::Failed(reason.to_owned()));
        }
    }

    /// Ends the worker; the next job starts another.
    fn end_worker(&self) {
        let Some(alive) = self.inner.alive.borrow_mut().take() else { return };
        alive.worker.set_onmessage(None);
        alive.worker.set_onerror(None);
        alive.worker.terminate();
        // This may run inside one of the worker's own listeners, which must not be dropped under it.
        Timeout::new(0, move || drop(alive)).forget();
    }
}
