//! The worker as the page uses it: the same module in a second thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use js_sys::Array;
use linelogic::adapters::browser::{Base, IndexedDb, WorkerClient};
use linelogic::base::Seed;
use linelogic::data::Manifest;
use linelogic::flows::datasets::keep;
use linelogic::flows::evaluate::Trained;
use linelogic::flows::ingest::{Input, ingest};
use linelogic::flows::record::record;
use linelogic::flows::searches::default_search;
use linelogic::flows::train::{Provenance, TrainJob, TrainSpec};
use linelogic::league::providers::season_bytes;
use linelogic::protocol::{DatasetRef, JobId, Learn, LearnPart, Reply, Request};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Blob, BlobPropertyBag, File, Url};

use crate::unique;

/// What `main` does on the site when there is no window.
#[wasm_bindgen]
pub fn start_worker() {
    linelogic::worker::main();
}

/// The site's `worker.js`, except that a test's module does not start the worker by itself.
const SCRIPT: &str = "addEventListener('message', async ({ data: { glue, module } }) => {
    const bindings = await import(glue);
    await bindings.default({ module_or_path: module });
    bindings.start_worker();
}, { once: true });";

/// An address of the worker's script.
pub fn script() -> String {
    address_of(SCRIPT)
}

fn address_of(script: &str) -> String {
    let kind = BlobPropertyBag::new();
    kind.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&script.into()), &kind).unwrap();
    Url::create_object_url_with_blob(&blob).unwrap()
}

/// A site of its own on this origin: nobody else has its store.
pub fn base() -> Base {
    let origin = web_sys::window().unwrap().location().origin().unwrap();
    Base::of(&format!("{origin}/{}/", unique("site").replace(':', "-")))
}

fn client_of(script: &str) -> WorkerClient {
    WorkerClient::new(base(), address_of(script))
}

/// A worker of a site of its own.
pub fn client() -> WorkerClient {
    client_of(SCRIPT)
}

/// A file of these bytes.
pub fn bytes_file(name: &str, bytes: &[u8]) -> File {
    File::new_with_u8_array_sequence(&Array::of1(&js_sys::Uint8Array::from(bytes)), name).unwrap()
}

/// Starts a job and waits for its end: the last reply, and all of them.
pub async fn end(client: &WorkerClient, request: Request, files: Vec<File>) -> (Reply, Vec<Reply>) {
    let replies: Rc<RefCell<Vec<Reply>>> = Rc::default();
    let told = Rc::clone(&replies);
    client.start(request, files, move |reply| told.borrow_mut().push(reply));
    wait(|| replies.borrow().last().is_some_and(Reply::is_last)).await;
    let all = replies.borrow().clone();
    (all.last().unwrap().clone(), all)
}

/// Waits until something is so.
pub async fn wait(done: impl Fn() -> bool) {
    for _ in 0..6000 {
        if done() {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!("a minute went by and it was not done");
}

/// One simulated season as our own file, and its games.
pub fn season() -> (Vec<u8>, linelogic::league::GameLog) {
    let ingested = ingest(Input::Demo(Seed(7)), Default::default(), &mut |_| true).unwrap();
    let season = ingested.log.seasons()[0];
    let games: Vec<_> = ingested.log.games().iter().filter(|game| game.season == season).cloned().collect();
    let bytes = season_bytes(season, ingested.manifest.source_kind, &games).unwrap();
    (bytes, linelogic::league::GameLog::new(games))
}

/// A small search over a season.
pub fn spec(log: &linelogic::league::GameLog, strengths: Vec<f64>) -> TrainSpec {
    let season = log.seasons()[0];
    TrainSpec {
        seasons: (season, season),
        as_of: log.last_known_morning().unwrap(),
        selection: vec![],
        search: default_search(&strengths),
        seed: Seed(1),
        experiment: "test".into(),
    }
}

/// Asks for a whole training.
fn whole(dataset: DatasetRef, spec: TrainSpec) -> Request {
    Request::learn(dataset, &Learn { spec, part: LearnPart::Finish { trials: vec![], production: None } }).unwrap()
}

/// Imports a season and stores it, as the page does.
async fn imported(client: &WorkerClient, base: &Base) -> (DatasetRef, Manifest, linelogic::league::GameLog) {
    let (bytes, log) = season();
    let request = Request::Import { names: vec!["season.json".into()] };
    let (imported, _) = end(client, request, vec![bytes_file("season.json", &bytes)]).await;
    let Reply::Imported { dataset, stages } = imported else { panic!("{imported:?}") };
    assert_eq!(dataset.games, log.games());
    let names: Vec<&str> = stages.iter().map(|stage| stage.stage.as_str()).collect();
    assert_eq!(names, ["fetch", "normalise", "validate"]);
    keep(&IndexedDb::open(base).await.unwrap(), &dataset, &[]).await.unwrap();
    (DatasetRef::Imported { digest: dataset.manifest.digest }, dataset.manifest, log)
}

#[wasm_bindgen_test]
async fn a_season_is_imported_and_trained_on_and_gives_the_model_of_the_page() {
    let base = base();
    let client = WorkerClient::new(base.clone(), script());
    let (dataset, manifest, log) = imported(&client, &base).await;
    let spec = spec(&log, vec![0.01, 0.1, 1.0]);
    let (trained, replies) = end(&client, whole(dataset.clone(), spec.clone()), vec![]).await;
    let Reply::Lab(outcome) = trained else { panic!("{trained:?}") };
    let Trained { outcome, evaluation, recorded } = serde_json::from_value(outcome).unwrap();
    assert_eq!(evaluation.scores.model, outcome.holdout);
    assert_eq!(replies.iter().filter(|reply| matches!(reply, Reply::Part(_))).count(), 3);

    let provenance = Provenance { data_version: manifest.digest, source_kind: manifest.source_kind };
    let mut job = TrainJob::new(&log, spec, provenance).unwrap();
    while job.step().is_some() {}
    let here = job.finish(outcome.run.started_at, outcome.run.ended_at).unwrap();
    assert_eq!(outcome.model.digest(), here.model.digest());
    assert_eq!(outcome, here);
    assert_eq!(recorded, record(&here, &log).unwrap());
}

#[wasm_bindgen_test]
async fn a_cancel_is_answered_within_200_ms_and_the_worker_goes_on() {
    let base = base();
    let client = WorkerClient::new(base.clone(), script());
    let (dataset, _, log) = imported(&client, &base).await;

    let many = (1..=60).map(|step| f64::from(step) * 0.01).collect();
    let replies: Rc<RefCell<Vec<Reply>>> = Rc::default();
    let told = Rc::clone(&replies);
    let work = whole(dataset.clone(), spec(&log, many));
    let job: JobId = client.start(work, vec![], move |reply| told.borrow_mut().push(reply));
    wait(|| replies.borrow().iter().any(|reply| matches!(reply, Reply::Part(_)))).await;
    let asked = js_sys::Date::now();
    client.cancel(job);
    wait(|| replies.borrow().last().is_some_and(Reply::is_last)).await;
    let took = js_sys::Date::now() - asked;
    assert_eq!(replies.borrow().last(), Some(&Reply::Cancelled));
    assert!(took < 200.0, "{took} ms");

    let (trained, _) = end(&client, whole(dataset, spec(&log, vec![1.0])), vec![]).await;
    assert!(matches!(trained, Reply::Lab(_)), "{trained:?}");
}

#[wasm_bindgen_test]
async fn a_job_that_is_cancelled_before_the_worker_listens_ends_too() {
    let client = client();
    let replies: Rc<RefCell<Vec<Reply>>> = Rc::default();
    let told = Rc::clone(&replies);
    let job = client
        .start(Request::Import { names: vec!["a.csv".into()] }, vec![], move |reply| told.borrow_mut().push(reply));
    client.cancel(job);
    wait(|| !replies.borrow().is_empty()).await;
    TimeoutFuture::new(300).await;
    assert_eq!(*replies.borrow(), [Reply::Cancelled]);
}

#[wasm_bindgen_test]
async fn a_dataset_that_is_not_there_fails_with_what_to_do() {
    let client = client();
    let (_, log) = season();
    let digest = linelogic::base::Digest::of_bytes(b"never imported");
    let work = whole(DatasetRef::Imported { digest }, spec(&log, vec![1.0]));
    let (failed, _) = end(&client, work, vec![]).await;
    let Reply::Failed(reason) = failed else { panic!("{failed:?}") };
    assert!(reason.contains("import its file again"), "{reason}");
}

#[wasm_bindgen_test]
async fn a_worker_that_dies_fails_its_jobs_and_the_next_job_gets_a_new_one() {
    // The first worker dies of the first job; the script of the second is the same, so it dies as well: what is asked
    // here is that each job ends, with the reason.
    let client = client_of("throw new Error('out of order')");
    let deaths = Rc::new(Cell::new(0));
    for round in 1..=2 {
        let told = Rc::clone(&deaths);
        client.start(Request::Import { names: vec!["a.csv".into()] }, vec![], move |reply| {
            assert!(matches!(&reply, Reply::Failed(reason) if reason.contains("out of order")), "{reply:?}");
            told.set(told.get() + 1);
        });
        wait(|| deaths.get() == round).await;
    }
}
