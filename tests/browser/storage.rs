//! What this browser keeps: back-up and restore, two tabs, no IndexedDB, stores of earlier and later versions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use leptos::prelude::GetUntracked;
use linelogic::adapters::browser::{Base, IndexedDb};
use linelogic::adapters::journal;
use linelogic::flows::export::{Export, games_csv};
use linelogic::flows::record::record;
use linelogic::flows::train::{Provenance, TrainJob, TrainOutcome};
use linelogic::league::GameLog;
use linelogic::ports::{Batch, Document, Revision, Store};
use linelogic::protocol::DatasetRef;
use linelogic::registry::{ModelVersion, Stage};
use linelogic::tracking::USER;
use linelogic::ui::session::{JobEvent, ModelRow, Outgoing, Problem, Session};
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::imports::games;
use crate::session::{imported, open};
use crate::worker::{base, bytes_file, season, spec, wait};

#[wasm_bindgen(inline_js = "
const done = (request) => new Promise((ok, no) => {
    request.onsuccess = () => ok(request.result);
    request.onerror = () => no(request.error);
});
export async function put_raw(name, version, documents, revision) {
    const opening = indexedDB.open(name, version);
    opening.onupgradeneeded = () => {
        const stores = opening.result.objectStoreNames;
        const places = version < 2 ? ['documents', 'meta'] : ['documents', 'meta', 'changes', 'kept'];
        places.filter((name) => !stores.contains(name)).forEach((name) => opening.result.createObjectStore(name));
    };
    const database = await done(opening);
    const transaction = database.transaction(['documents', 'meta'], 'readwrite');
    for (const text of JSON.parse(documents)) transaction.objectStore('documents').put(text, JSON.parse(text).key);
    transaction.objectStore('meta').put(revision, 'revision');
    await new Promise((ok) => { transaction.oncomplete = ok; });
    database.close();
}
export async function look_raw(name) {
    const database = await done(indexedDB.open(name));
    const transaction = database.transaction(['documents', 'meta']);
    const texts = await done(transaction.objectStore('documents').getAll());
    const revision = await done(transaction.objectStore('meta').get('revision'));
    const version = database.version;
    database.close();
    return JSON.stringify([version, revision, texts]);
}
const real = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
export function hide(how) {
    const refused = { open() { throw new DOMException('The user denied permission.', 'SecurityError'); } };
    const value = how === 'gone' ? undefined : refused;
    Object.defineProperty(globalThis, 'indexedDB', { value, configurable: true });
}
export function show() {
    if (real) Object.defineProperty(globalThis, 'indexedDB', real); else delete globalThis.indexedDB;
}
")]
extern "C" {
    /// Writes texts of documents as a version of the site would, into a database of this layout.
    #[wasm_bindgen(catch)]
    async fn put_raw(name: &str, version: u32, documents: &str, revision: u32) -> Result<(), JsValue>;
    /// Layout, revision and texts of a database, as JSON.
    #[wasm_bindgen(catch)]
    async fn look_raw(name: &str) -> Result<JsValue, JsValue>;
    /// Takes IndexedDB away from the page, as a private window or a setting may.
    fn hide(how: &str);
    /// Gives it back.
    fn show();
}

/// The texts of documents as the list that [`put_raw`] takes.
fn texts(documents: &[serde_json::Value]) -> String {
    let texts: Vec<String> = documents.iter().map(serde_json::Value::to_string).collect();
    serde_json::to_string(&texts).unwrap()
}

async fn raw(base: &Base) -> String {
    look_raw(&base.key("store")).await.unwrap().as_string().unwrap()
}

/// A small training, done here, with its games.
fn trained(strength: f64) -> (TrainOutcome, GameLog) {
    let (_, log) = season();
    let provenance = Provenance {
        data_version: linelogic::base::Digest::of_bytes(b"games"),
        source_kind: linelogic::data::SourceKind::Simulated,
    };
    let mut job = TrainJob::new(&log, spec(&log, vec![strength]), provenance).unwrap();
    while job.step().is_some() {}
    let now = linelogic::base::Instant::from_timestamp(1_700_000_000, 0).unwrap();
    (job.finish(now, now).unwrap(), log)
}

async fn register(session: &Session, strength: f64) -> Result<ModelVersion, Problem> {
    let (outcome, log) = trained(strength);
    let recorded = record(&outcome, &log).unwrap();
    session.register(outcome, recorded).await
}

async fn versions(session: &Session) -> Vec<String> {
    session.models().await.unwrap().into_iter().map(|row| row.version.version).collect()
}

async fn kept(base: &Base) -> (Revision, Vec<Document>) {
    IndexedDb::open(base).await.unwrap().scan("").await.unwrap()
}

#[wasm_bindgen_test]
async fn back_up_delete_restore_back_up_gives_the_same_bytes() {
    let base = base();
    let session = open(&base).await;
    let info = imported(&session, "a.csv", &games_csv(&games(120)).unwrap()).await.info;
    register(&session, 1.0).await.unwrap();
    let (days, before) = (session.days().await.unwrap(), session.back_up().await.unwrap());
    assert!(before.file_name.starts_with("linelogic-backup-20") && before.file_name.ends_with(".jsonl"));
    assert_eq!(before.text.lines().count(), 1);
    let stored = session.stored().await.unwrap();
    assert_eq!((stored.imports.len(), stored.kinds[0].kind.as_str()), (1, "games"));
    assert!(stored.imports[0].1 > 1000, "{stored:?}");

    let planned = session.plan_deletion().await.unwrap();
    assert_eq!((planned.there.len(), planned.after.len()), (stored.kinds.len(), 0));
    session.carry_out(planned).await.unwrap();
    assert_eq!(kept(&base).await.1, []);
    assert_eq!((session.datasets().len(), versions(&session).await.len()), (1, 0));

    let planned = session.read_backup(&before.file_name, before.text.as_bytes()).await.unwrap();
    assert_eq!((planned.there.len(), &planned.after), (0, &stored.kinds));
    assert_eq!(kept(&base).await.1, [], "looking at it changes nothing");
    let revision = kept(&base).await.0;
    session.carry_out(planned).await.unwrap();
    assert_eq!(kept(&base).await.0, Revision(revision.0 + 1), "a restore is one commit");
    assert_eq!(session.back_up().await.unwrap().text, before.text);
    assert_eq!((session.active().dataset, session.days().await.unwrap()), (info.dataset, days.clone()));

    // Another browser, as it were, has it all too, and so has this one after a reload.
    let other = open(&crate::worker::base()).await;
    other.carry_out(other.read_backup("b.jsonl", before.text.as_bytes()).await.unwrap()).await.unwrap();
    assert_eq!(other.back_up().await.unwrap().text, before.text);
    let again = open(&base).await;
    assert_eq!((again.days().await.unwrap(), versions(&again).await.len()), (days, 1));
}

#[wasm_bindgen_test]
async fn a_damaged_or_newer_back_up_is_refused_with_the_reason_and_changes_nothing() {
    let base = base();
    let session = open(&base).await;
    imported(&session, "a.csv", &games_csv(&games(120)).unwrap()).await;
    let text = session.back_up().await.unwrap().text;
    let before = kept(&base).await;
    let newer = |kind: &str, body| Document { key: format!("{kind}/x"), kind: kind.to_owned(), schema: 9, body };
    let line = |document: Document| journal::compact(Revision(1), &[document]).unwrap();
    let cases = [
        (text.replacen("\"schema\":1", "\"schema\":2", 1), "does not match its digest"),
        (text[..text.len() / 2].to_owned(), "its end is missing"),
        (text.replacen("{\"format\":1", "{\"format\":2", 1), "use a newer version"),
        (String::new(), "it is empty"),
        ("GAME_ID,PTS\n1,2\n".to_owned(), "expected a JSON object"),
        ("\u{89}PNG".to_owned(), "no back-up"),
        (line(newer("run", json!({}))), "has schema 9 and this version knows"),
        (line(Document { schema: 1, ..newer("event", json!({ "sequence": "one" })) }), "event/x is damaged"),
    ];
    for (text, wanted) in cases {
        let refused = session.read_backup("b.jsonl", text.as_bytes()).await.unwrap_err();
        assert!(refused.contains(wanted), "{wanted:?} is not in: {refused}");
        assert!(
            refused.starts_with("b.jsonl cannot be restored") && refused.ends_with("Nothing was changed."),
            "{refused}"
        );
    }
    assert_eq!(kept(&base).await, before);
}

#[wasm_bindgen_test]
async fn a_restore_that_was_looked_at_before_another_tab_changed_the_store_is_refused() {
    let base = base();
    let (one, two) = (open(&base).await, open(&base).await);
    imported(&one, "a.csv", &games_csv(&games(120)).unwrap()).await;
    let empty = journal::compact(Revision(1), &[]).unwrap();
    let planned = one.read_backup("b.jsonl", empty.as_bytes()).await.unwrap();
    register(&two, 1.0).await.unwrap();
    let refused = one.carry_out(planned).await.unwrap_err();
    assert!(refused.contains("has changed since you were asked"), "{refused}");
    assert_eq!((versions(&one).await.len(), one.datasets().len()), (1, 2));
}

#[wasm_bindgen_test]
async fn an_import_is_deleted_alone_and_its_history_still_holds() {
    let base = base();
    let session = open(&base).await;
    let first = imported(&session, "a.csv", &games_csv(&games(120)).unwrap()).await.info;
    let second = imported(&session, "b.csv", &games_csv(&games(130)).unwrap()).await.info;
    let planned = session.plan_removal(&second.dataset).await.unwrap();
    session.carry_out(planned).await.unwrap();
    assert_eq!(session.active().dataset, DatasetRef::Published, "what was shown is gone");
    let left: Vec<DatasetRef> = session.datasets().into_iter().map(|info| info.dataset).collect();
    assert_eq!(left, [DatasetRef::Published, first.dataset]);
    assert_eq!(session.verify_history().await, Ok(2));
    assert!(session.plan_removal(&DatasetRef::Published).await.is_err());
}

#[wasm_bindgen_test]
async fn a_profile_name_is_in_the_trail_on_runs_and_on_bundles_from_then_on() {
    let base = base();
    let session = open(&base).await;
    register(&session, 1.0).await.unwrap();
    let refused = session.rename_profile(&"x".repeat(61)).await.unwrap_err();
    assert!(refused.contains("at most 60 characters"), "{refused}");
    session.rename_profile(" Ada ").await.unwrap();
    register(&session, 0.1).await.unwrap();
    let by = |rows: Vec<ModelRow>| -> Vec<(String, Option<String>)> {
        rows.into_iter().map(|row| (row.events[0].actor.clone(), row.run.unwrap().tags.get(USER).cloned())).collect()
    };
    let expected = [("Ada".to_owned(), Some("Ada".to_owned())), ("this browser".to_owned(), None)];
    assert_eq!(by(session.models().await.unwrap()), expected);
    let bundle = session.outgoing(Outgoing::Bundle).await.unwrap();
    let opened = linelogic::flows::exchange::bundle::open(&bundle.bytes, None).unwrap();
    assert_eq!(opened.manifest.exported_by, "Ada");
    // After a reload it is still there; an empty name takes it away.
    let again = open(&base).await;
    assert_eq!(again.profile_name().get_untracked().as_deref(), Some("Ada"));
    again.rename_profile(" ").await.unwrap();
    assert_eq!(open(&base).await.profile_name().get_untracked(), None);
}

#[wasm_bindgen_test]
async fn a_version_is_deleted_for_a_reason_and_restored_and_one_in_production_is_not() {
    let base = base();
    let session = open(&base).await;
    let version = register(&session, 1.0).await.unwrap().version;
    assert!(session.delete_version(version.clone(), " ").await.unwrap_err().contains("say why"));
    session.delete_version(version.clone(), "a trial").await.unwrap();
    assert_eq!((versions(&session).await.len(), session.version(&version).await.unwrap()), (0, None));
    let again = open(&base).await;
    let deleted = again.deleted_versions().await.unwrap();
    let [row] = &deleted[..] else { panic!("{deleted:?}") };
    assert_eq!((&row.version.version, row.event.reason.as_str()), (&version, "a trial"));
    let refused = again.delete_version(version.clone(), "again").await.unwrap_err();
    assert!(refused.starts_with("Nothing was changed") && refused.contains(&version), "{refused}");

    again.restore_version(version.clone()).await.unwrap();
    assert_eq!(again.models().await.unwrap()[0].stage, Stage::Archived);
    assert_eq!(again.deleted_versions().await.unwrap(), []);
    assert!(again.restore_version(version.clone()).await.is_err());
    again.transition(version.clone(), Stage::Production, "a test".into(), true).await.unwrap();
    let refused = again.delete_version(version, "it serves").await.unwrap_err();
    assert!(refused.contains("Production"), "{refused}");
}

#[wasm_bindgen_test]
async fn two_tabs_that_write_at_once_lose_nothing() {
    let base = base();
    let (one, two) = (open(&base).await, open(&base).await);
    let (first, second) = futures::future::join(register(&one, 1.0), register(&two, 0.1)).await;
    let (first, second) = (first.unwrap().version, second.unwrap().version);
    assert_ne!(first, second, "the slower one decided again on what the faster one had left");
    for session in [&one, &two] {
        let mut there = versions(session).await;
        there.sort_unstable();
        let mut wanted = vec![first.clone(), second.clone()];
        wanted.sort_unstable();
        assert_eq!(there, wanted);
    }
    // Imports as well: each is in the one chain, which holds.
    let table = |count| games_csv(&games(count)).unwrap();
    let (a, b) = (table(120), table(130));
    futures::future::join(imported(&one, "a.csv", &a), imported(&two, "b.csv", &b)).await;
    let again = open(&base).await;
    assert_eq!((again.datasets().len(), again.verify_history().await), (3, Ok(2)));
    // Of two moves the later one is judged on what the earlier one has left.
    let rows = again.models().await.unwrap();
    let staged = rows.into_iter().find(|row| row.stage == Stage::Staging).unwrap().version.version;
    let (moved, also) = futures::future::join(
        one.transition(staged.clone(), Stage::Archived, "by one".into(), false),
        two.transition(staged.clone(), Stage::Archived, "by two".into(), false),
    )
    .await;
    assert!(moved.is_ok() && also.is_ok(), "{moved:?} {also:?}");
    let row = again.models().await.unwrap().into_iter().find(|row| row.version.version == staged).unwrap();
    let archived = row.events.iter().filter(|event| event.reason.starts_with("by ")).count();
    assert_eq!((row.stage, archived), (Stage::Archived, 1), "it moved once");
}

#[wasm_bindgen_test]
async fn an_open_page_shows_what_another_tab_changed() {
    let base = base();
    let (one, two) = (open(&base).await, open(&base).await);
    let (heard, own) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let count = |cell: &Rc<Cell<u32>>| {
        let cell = Rc::clone(cell);
        move |outcome: Result<(), String>| {
            outcome.unwrap();
            cell.set(cell.get() + 1);
        }
    };
    two.on_changed_elsewhere(count(&heard));
    one.on_changed_elsewhere(count(&own));
    let info = imported(&one, "a.csv", &games_csv(&games(120)).unwrap()).await.info;
    wait(|| heard.get() > 0).await;
    assert_eq!((two.datasets().len(), two.active().dataset), (2, info.dataset));
    TimeoutFuture::new(400).await;
    assert_eq!(own.get(), 0, "a tab is not told of its own commits");
}

#[wasm_bindgen_test]
async fn without_indexed_db_everything_works_in_memory_and_the_page_says_so() {
    for how in ["gone", "refused"] {
        hide(how);
        let session = open(&base()).await;
        show();
        let why = session.persistence().unwrap_err();
        assert!(why.contains("lost when this tab is closed") && why.contains("private window"), "{how}: {why}");
        let table = games_csv(&games(120)).unwrap();
        let info = imported(&session, "a.csv", &table).await.info;
        assert!(session.active().dataset == info.dataset && !session.days().await.unwrap().is_empty());
        // The worker computes on it, though it is in the page's memory.
        let exported = session.export(info.dataset.clone(), Export::Games).await.unwrap();
        assert_eq!(exported.text, table);
        register(&session, 1.0).await.unwrap();
        assert_eq!(versions(&session).await.len(), 1);
        // And it can be taken along before the tab is closed.
        let backup = session.back_up().await.unwrap();
        let kept = open(&base()).await;
        kept.carry_out(kept.read_backup("b.jsonl", backup.text.as_bytes()).await.unwrap()).await.unwrap();
        assert_eq!(kept.back_up().await.unwrap().text, backup.text);
    }
}

/// A run as the first version of the site stored it: schema 1, and fewer fields than today.
fn first_run() -> serde_json::Value {
    let mut run = serde_json::to_value(trained(1.0).0.run).unwrap();
    let later = ["parent", "artifacts", "spec", "deleted_at"];
    run.as_object_mut().unwrap().retain(|field, _| !later.contains(&field.as_str()));
    run
}

#[wasm_bindgen_test]
async fn a_store_of_an_older_schema_opens_and_is_upgraded_when_it_changes() {
    let base = base();
    let run = first_run();
    let id = run["id"].as_str().unwrap().to_owned();
    let documents = [
        json!({ "key": format!("run/{id}"), "kind": "run", "schema": 1, "body": run }),
        json!({ "key": "setting/active_dataset", "kind": "setting", "schema": 1, "body": "published" }),
    ];
    put_raw(&base.key("store"), 1, &texts(&documents), 7).await.unwrap();
    let session = open(&base).await;
    assert_eq!(session.persistence(), Ok(()));
    // The same training registered anew finds its run, and writes it as it is written now.
    let version = register(&session, 1.0).await.unwrap();
    assert_eq!(version.run_id, id);
    let (revision, documents) = kept(&base).await;
    let schema = documents.iter().find(|document| document.kind == "run").unwrap().schema;
    assert_eq!((revision, schema), (Revision(8), 2));
    let row = session.models().await.unwrap().pop().unwrap();
    assert_eq!(row.run.unwrap().id, id);
}

#[wasm_bindgen_test]
async fn a_store_of_a_newer_layout_is_left_as_it_is_and_the_page_says_so() {
    let base = base();
    let document = json!({ "key": "run/x", "kind": "run", "schema": 9, "body": {} });
    put_raw(&base.key("store"), 3, &texts(&[document]), 3).await.unwrap();
    let before = raw(&base).await;
    let session = open(&base).await;
    let why = session.persistence().unwrap_err();
    assert!(why.contains("written by a newer version of this site and is left as it is"), "{why}");
    imported(&session, "a.csv", &games_csv(&games(120)).unwrap()).await;
    assert_eq!(raw(&base).await, before);
}

#[wasm_bindgen_test]
async fn documents_of_a_newer_schema_are_not_written_over() {
    let base = base();
    let mut run = serde_json::to_value(trained(1.0).0.run).unwrap();
    run["colour"] = json!("red");
    let id = run["id"].as_str().unwrap().to_owned();
    let document = json!({ "key": format!("run/{id}"), "kind": "run", "schema": 9, "body": run });
    put_raw(&base.key("store"), 2, &texts(&[document]), 3).await.unwrap();
    let before = raw(&base).await;
    let session = open(&base).await;
    assert_eq!(session.models().await.unwrap().len(), 0, "it opens");
    let refused = register(&session, 0.1).await.unwrap_err();
    assert!(refused.contains("written by a newer version"), "{refused}");
    assert_eq!(raw(&base).await, before);
}

/// A dataset as a newer version of the site may write it, with its games.
fn newer_dataset() -> (DatasetRef, [serde_json::Value; 2]) {
    let digest = linelogic::base::Digest::of_bytes(b"newer");
    let hex = digest.hex();
    let head = json!({ "manifest": { "source": "csv:new.csv" }, "colour": "red" });
    let documents = [
        json!({ "key": format!("dataset/{hex}"), "kind": "dataset", "schema": 9, "body": head }),
        json!({ "key": format!("games/{hex}/2020"), "kind": "games", "schema": 9, "body": { "rows": [] } }),
    ];
    (DatasetRef::Imported { digest }, documents)
}

/// Why an import is not stored.
async fn refusal_of(session: &Session, name: &str, table: &str) -> Problem {
    let told: Rc<RefCell<Vec<Problem>>> = Rc::default();
    let events = Rc::clone(&told);
    session.import(vec![bytes_file(name, table.as_bytes())], move |event| match event {
        JobEvent::Failed(why) => events.borrow_mut().push(why),
        JobEvent::Done(_) => events.borrow_mut().push("it was stored".to_owned()),
        _ => {}
    });
    wait(|| !told.borrow().is_empty()).await;
    told.take().remove(0)
}

#[wasm_bindgen_test]
async fn a_dataset_of_a_newer_version_is_left_as_it_is_and_the_site_opens_without_it() {
    let base = base();
    let (newer, documents) = newer_dataset();
    let active = serde_json::to_value(&newer).unwrap();
    let setting = json!({ "key": "setting/active_dataset", "kind": "setting", "schema": 1, "body": active });
    let entry = json!({ "key": "event/home-win/00000001", "kind": "event", "schema": 9, "body": { "what": 7 } });
    let rollout = json!({ "key": "rollout/default", "kind": "rollout", "schema": 9, "body": [] });
    let all: Vec<serde_json::Value> = documents.into_iter().chain([setting, entry, rollout]).collect();
    put_raw(&base.key("store"), 2, &texts(&all), 3).await.unwrap();
    let before = raw(&base).await;

    let session = open(&base).await;
    assert_eq!((session.datasets().len(), session.active().dataset), (1, DatasetRef::Published));
    let left_out = session.left_out();
    let [left] = &left_out[..] else { panic!("{left_out:?}") };
    assert_eq!((left.name.as_str(), left.is_newer()), ("new.csv", true));
    let stored = session.stored().await.unwrap();
    let kinds: Vec<(&str, u64)> = stored.newer.iter().map(|of| (of.kind.as_str(), of.documents)).collect();
    assert_eq!((stored.kinds.len(), stored.left_out), (5, left_out));
    let mut sorted = kinds.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [("dataset", 1), ("event", 1), ("games", 1), ("rollout", 1)]);
    let text = session.back_up().await.unwrap().text;
    assert!(text.contains(r#""colour":"red""#), "a back-up has it");
    assert_eq!(session.history().await.unwrap().local, []);
    assert!(session.models().await.unwrap_err().contains("event/home-win/00000001"));
    let why = refusal_of(&session, "a.csv", &games_csv(&games(120)).unwrap()).await;
    assert!(why.contains("newer version") && why.contains("Nothing was changed"), "{why}");
    assert_eq!(raw(&base).await, before);
    let restored = session.read_backup("b.jsonl", text.as_bytes()).await.unwrap_err();
    assert!(restored.contains("newer version"), "{restored}");
}

#[wasm_bindgen_test]
async fn an_import_is_not_deleted_alone_beside_a_dataset_of_a_newer_version() {
    let base = base();
    let info = imported(&open(&base).await, "a.csv", &games_csv(&games(120)).unwrap()).await.info;
    let (_, documents) = newer_dataset();
    let revision = kept(&base).await.0.0 as u32;
    put_raw(&base.key("store"), 2, &texts(&documents), revision + 1).await.unwrap();
    let before = raw(&base).await;
    let session = open(&base).await;
    assert_eq!((session.datasets().len(), session.active().dataset), (2, info.dataset.clone()));
    assert_eq!((session.left_out().len(), session.verify_history().await), (1, Ok(1)));
    let refused = session.plan_removal(&info.dataset).await.unwrap_err();
    assert!(refused.contains("newer version"), "{refused}");
    assert_eq!(raw(&base).await, before);
}

#[wasm_bindgen_test]
async fn an_import_that_fails_to_be_stored_leaves_the_former_state() {
    let base = base();
    let session = open(&base).await;
    imported(&session, "a.csv", &games_csv(&games(120)).unwrap()).await;
    let before = kept(&base).await;
    // The database is taken away under the page, as a browser does that clears the site's data.
    let events: Rc<RefCell<Vec<bool>>> = Rc::default();
    let told = Rc::clone(&events);
    let table = games_csv(&games(130)).unwrap();
    put_raw(&base.key("store"), 3, "[]", before.0.0 as u32).await.unwrap_or_default();
    session.import(vec![bytes_file("b.csv", table.as_bytes())], move |event| match event {
        JobEvent::Failed(why) => {
            told.borrow_mut().push(why.contains("reload the page") && why.contains("Nothing was changed"))
        }
        JobEvent::Done(_) => told.borrow_mut().push(false),
        _ => {}
    });
    wait(|| !events.borrow().is_empty()).await;
    assert_eq!(*events.borrow(), [true]);
    let raw = raw(&base).await;
    assert!(raw.starts_with("[3,"), "{raw}");
    assert_eq!(session.datasets().len(), 2);
}

#[wasm_bindgen_test]
async fn the_browser_says_how_much_room_is_taken() {
    let base = base();
    let store = IndexedDb::open(&base).await.unwrap();
    let puts =
        vec![Document { key: "note/a".into(), kind: "note".into(), schema: 1, body: "x".repeat(1 << 20).into() }];
    store.commit(Batch { puts, ..Batch::default() }).await.unwrap();
    let room = open(&base).await.room().await;
    assert!(room.quota.unwrap() > room.usage.unwrap() && room.usage.unwrap() > 0.0, "{room:?}");
    assert!(room.persistent.is_some());
}
