//! Imports as the pages see them: revisions, quarantine, history, exports, and what the former version stored.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use linelogic::adapters::browser::{Base, IndexedDb};
use linelogic::base::{Instant, Seed};
use linelogic::data::{DataIndex, INDEX_SCHEMA};
use linelogic::flows::datasets::{ImportChange, documents};
use linelogic::flows::export::{Export, games_csv};
use linelogic::flows::ingest::{Input, ingest};
use linelogic::ports::{Batch, Revision, Store};
use linelogic::protocol::DatasetRef;
use linelogic::ui::session::{Imported, JobEvent, LAB, Released, Session};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::File;

use crate::imports::games;
use crate::worker::{base, bytes_file, script, wait};

#[wasm_bindgen(inline_js = "
let index;
const real = globalThis.fetch;
export function publish(text) {
    index = text;
    globalThis.fetch = (request, ...rest) => {
        const path = new URL(request.url ?? request, document.baseURI).pathname;
        if (path.endsWith('/data/index.json')) return Promise.resolve(new Response(index));
        if (path.endsWith('/data/manifests.jsonl')) return Promise.resolve(new Response('', { status: 404 }));
        return real(request, ...rest);
    };
}")]
extern "C" {
    /// Serves this index as that of the published data.
    fn publish(text: &str);
}

/// A site with published data of no files, opened.
pub async fn open(base: &Base) -> Session {
    let demo = ingest(Input::Demo(Seed(7)), Instant::UNIX_EPOCH, &mut |_| true).unwrap();
    let index = DataIndex { schema: INDEX_SCHEMA, manifest: demo.manifest, as_of: demo.as_of, files: vec![] };
    publish(&serde_json::to_string(&index).unwrap());
    Session::open_at(base.clone(), script(), LAB).await.unwrap()
}

/// All that an import tells.
async fn import(session: &Session, files: Vec<File>) -> Vec<JobEvent<Imported>> {
    let events: Rc<RefCell<Vec<JobEvent<Imported>>>> = Rc::default();
    let told = Rc::clone(&events);
    session.import(files, move |event| told.borrow_mut().push(event));
    let last = |event: &JobEvent<Imported>| !matches!(event, JobEvent::Progress(..));
    wait(|| events.borrow().last().is_some_and(last)).await;
    events.take()
}

/// Imports a file that must be let in.
pub async fn imported(session: &Session, name: &str, text: &str) -> Imported {
    match import(session, vec![bytes_file(name, text.as_bytes())]).await.pop() {
        Some(JobEvent::Done(imported)) => imported,
        other => panic!("{other:?}"),
    }
}

/// A table of so many games with one score that is no number, and the score that it should be.
fn broken(count: usize) -> (String, String) {
    let table = games_csv(&games(count)).unwrap();
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let mut values: Vec<String> = lines[1].split(',').map(str::to_owned).collect();
    let score = std::mem::replace(&mut values[7], "abc".to_owned());
    lines[1] = values.join(",");
    (lines.join("\n") + "\n", score)
}

#[wasm_bindgen_test]
async fn imports_are_kept_as_revisions_and_the_history_holds_after_a_reload() {
    let base = base();
    let session = open(&base).await;
    assert_eq!(session.verify_history().await, Ok(0));
    let (one, two) = (games_csv(&games(120)).unwrap(), games_csv(&games(130)).unwrap());
    let first = imported(&session, "a.csv", &one).await;
    assert_eq!((first.change, first.info.revision(), first.info.active), (ImportChange::New, 1, true));
    let stages: Vec<&str> = first.stages.iter().map(|stage| stage.stage.as_str()).collect();
    assert_eq!(stages, ["fetch", "normalise", "validate", "persist"]);
    assert!(first.stages[3].bytes > one.len() as u64);

    session.activate(DatasetRef::Published).await.unwrap();
    let same = imported(&session, "a.csv", &one).await;
    assert_eq!((same.change, same.info.manifest), (ImportChange::Same(1), first.info.manifest.clone()));
    assert!(!same.info.active && session.active().dataset == DatasetRef::Published, "nothing has changed");

    let second = imported(&session, "a.csv", &two).await;
    assert_eq!((second.change, second.info.newest, second.info.active), (ImportChange::Revision(2), true, true));
    let datasets = session.datasets();
    assert_eq!(datasets.len(), 3);
    assert!(datasets.iter().any(|info| info.dataset == first.info.dataset && !info.newest), "the former one stays");
    let diff = session.diff(first.info.dataset.clone(), second.info.dataset.clone(), 4).await.unwrap();
    assert_eq!((diff.added, diff.removed, diff.changed, diff.unchanged, diff.first_added.len()), (10, 0, 0, 120, 4));

    let again = open(&base).await;
    assert_eq!(again.active(), second.info);
    assert_eq!(again.verify_history().await, Ok(3));
    let history = again.history().await.unwrap();
    let revisions: Vec<u32> = history.local.iter().map(|entry| entry.manifest.revision).collect();
    assert_eq!((revisions, history.published.len()), (vec![1, 1, 2], 1));
    assert_eq!(again.days().await.unwrap().last().copied(), games(130).last().map(|game| game.date));
}

#[wasm_bindgen_test]
async fn a_set_with_a_bad_file_is_refused_and_changes_nothing() {
    let base = base();
    let session = open(&base).await;
    let good = bytes_file("good.csv", games_csv(&games(120)).unwrap().as_bytes());
    let events = import(&session, vec![good, bytes_file("bad.csv", b"not,a,known,header\n1,2,3,4\n")]).await;
    assert!(matches!(events.last(), Some(JobEvent::Refused(rejection)) if rejection.message.contains("bad.csv")));
    let store = IndexedDb::open(&base).await.unwrap();
    assert_eq!(store.scan("").await.unwrap(), (Revision(0), vec![]));
    assert_eq!(session.datasets().len(), 1);
}

#[wasm_bindgen_test]
async fn a_cancelled_import_changes_nothing() {
    let base = base();
    let session = open(&base).await;
    let ended: Rc<RefCell<Vec<JobEvent<Imported>>>> = Rc::default();
    let told = Rc::clone(&ended);
    let file = bytes_file("a.csv", games_csv(&games(120)).unwrap().as_bytes());
    let job = session.import(vec![file], move |event| {
        if !matches!(event, JobEvent::Progress(..)) {
            told.borrow_mut().push(event);
        }
    });
    session.cancel(job);
    wait(|| !ended.borrow().is_empty()).await;
    assert_eq!(*ended.borrow(), [JobEvent::Cancelled]);
    assert_eq!(IndexedDb::open(&base).await.unwrap().scan("").await.unwrap(), (Revision(0), vec![]));
}

#[wasm_bindgen_test]
async fn a_refused_row_is_repaired_and_released_into_the_next_revision() {
    let session = open(&base()).await;
    let (table, score) = broken(120);
    let first = imported(&session, "a.csv", &table).await.info;
    assert_eq!((first.quarantined, first.manifest.quarantined, first.findings.error_count), (1, 1, 1));
    let rows = session.quarantine(first.dataset.clone()).await.unwrap();
    assert_eq!((rows.len(), &rows[0].raw["home_score"]), (1, &json!("abc")));

    let edits = |value: &str| BTreeMap::from([("score.home".to_owned(), json!(value))]);
    let still = session.recheck(first.dataset.clone(), 0, edits("-1")).await.unwrap();
    assert!(still.game.is_none() && still.violations[0].kind == "greater_than_equal", "{still:?}");
    let refused = session.release(first.dataset.clone(), 0, edits("-1")).await.unwrap();
    assert!(matches!(refused, Released::Refused(_)), "{refused:?}");
    assert!(session.recheck(first.dataset.clone(), 7, edits("-1")).await.is_err(), "there is no such row");
    assert_eq!(session.verify_history().await, Ok(1), "nothing was changed by any of it");

    let fine = session.recheck(first.dataset.clone(), 0, edits(&score)).await.unwrap();
    assert_eq!((fine.game, fine.violations), (games(1).pop(), vec![]));
    let released = session.release(first.dataset.clone(), 0, edits(&score)).await.unwrap();
    let Released::Done(second) = released else { panic!("{released:?}") };
    assert_eq!((second.revision(), second.active, second.quarantined), (2, true, 0));
    assert_eq!((second.manifest.records, second.manifest.released), (120, 1));
    assert_eq!(session.quarantine(first.dataset.clone()).await.unwrap(), rows, "the former revision keeps its own");
    let diff = session.diff(first.dataset, second.dataset.clone(), 9).await.unwrap();
    assert_eq!((diff.added, diff.removed, diff.changed), (1, 0, 0));

    let whole = imported(&session, "a.csv", &games_csv(&games(120)).unwrap()).await;
    assert_eq!((whole.change, whole.info.dataset), (ImportChange::Same(2), second.dataset));
    assert_eq!(session.verify_history().await, Ok(3));
}

#[wasm_bindgen_test]
async fn what_is_exported_is_read_again() {
    let session = open(&base()).await;
    let info = imported(&session, "a.csv", &broken(120).0).await.info;
    let export = async |what| session.export(info.dataset.clone(), what).await.unwrap();
    // Before anything is read again: games without refused rows take the place of the same games with some.
    let (backup, table) = (export(Export::Backup).await, export(Export::Games).await);
    let cases = export(Export::FailureCases).await.text;
    assert!(cases.starts_with("schema_context,") && cases.contains("home_score") && cases.contains("abc"), "{cases}");
    assert_eq!(export(Export::Quarantine).await.text.lines().count(), 1);
    assert!(backup.file_name.starts_with("a-backup-"), "{}", backup.file_name);
    assert_eq!(imported(&session, &backup.file_name, &backup.text).await.info.dataset, info.dataset);
    assert_eq!(imported(&session, &table.file_name, &table.text).await.info.dataset, info.dataset);
}

#[wasm_bindgen_test]
async fn what_the_former_version_stored_opens_and_is_in_the_history() {
    let base = base();
    let text = broken(120).0;
    let now = Instant::from_timestamp(1_700_000_000, 0).unwrap();
    let old = ingest(Input::of_bytes("a.csv", text.as_bytes()), now, &mut |_| true).unwrap();
    let (_, mut puts) = documents(&old.clone().into()).unwrap();
    puts.retain(|document| matches!(document.kind.as_str(), "dataset" | "games"));
    puts[0].schema = 1;
    let violation = json!({ "type": "int_parsing", "severity": "error", "found": "abc", "expected": "a whole number",
        "locus": { "file": "a.csv", "row": 2, "column": "home_score" } });
    let body = puts[0].body.as_object_mut().unwrap();
    body.retain(|field, _| !field.starts_with("quarantine"));
    body["findings"] = json!({ "violations": [violation], "violation_count": 1, "skipped": [],
        "quarantined": [{ "raw": { "home_score": "abc" }, "violations": [violation] }] });
    IndexedDb::open(&base).await.unwrap().commit(Batch { puts, ..Batch::default() }).await.unwrap();

    let session = open(&base).await;
    let info = session.datasets().pop().unwrap();
    assert_eq!((info.quarantined, info.findings.violation_count), (1, 1));
    session.activate(info.dataset.clone()).await.unwrap();
    assert_eq!(session.days().await.unwrap(), old.log.days());
    assert_eq!(session.quarantine(info.dataset.clone()).await.unwrap()[0].locus.row, Some(2));
    assert_eq!(session.verify_history().await, Ok(1));

    let next = imported(&session, "a.csv", &games_csv(&games(125)).unwrap()).await;
    assert_eq!((next.change, session.verify_history().await), (ImportChange::Revision(2), Ok(2)));
    assert_eq!(session.quarantine(info.dataset).await.unwrap()[0].rows, [2]);
}
