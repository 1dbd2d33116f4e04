//! Imports and releases in a store: revisions, the chain of manifests, and what the former version left there.

#![cfg(not(target_arch = "wasm32"))]

use std::cell::RefCell;

use linelogic::adapters::{MemoryStore, journal};
use linelogic::base::{Digest, Instant, Seed};
use linelogic::data::{ChainEntry, Change};
use linelogic::flows::datasets::{
    Archive, ImportChange, Kept, NewDataset, StoredDataset, dataset_key, documents, findings_key, keep,
    quarantine_prefix, stored_findings, stored_games,
};
use linelogic::flows::export::games_csv;
use linelogic::flows::ingest::{Ingested, Input, ingest, release};
use linelogic::ports::{Batch, Document, Revision, Store, StoreError};
use pollster::block_on;
use serde_json::json;

/// A moment in 2096: no game is to come any more.
fn now(second: i64) -> Instant {
    Instant::from_timestamp(4_000_000_000 + second, 0).unwrap()
}

/// So many games of a simulated season as a table.
fn table(games: usize) -> String {
    let demo = ingest(Input::Demo(Seed(5)), now(0), &mut |_| true).unwrap();
    games_csv(&demo.log.games()[..games]).unwrap()
}

fn import(name: &str, table: &str, second: i64) -> Ingested {
    ingest(Input::of_bytes(name, table.as_bytes()), now(second), &mut |_| true).unwrap()
}

fn kept(store: &impl Store, new: Ingested) -> Kept {
    block_on(keep(store, &new.into(), &[])).unwrap()
}

fn scan(store: &impl Store, prefix: &str) -> Vec<Document> {
    block_on(store.scan(prefix)).unwrap().1
}

fn archive(store: &impl Store) -> Archive {
    block_on(Archive::load(store)).unwrap()
}

/// The table with the first game's home score not a number.
fn broken(table: &str) -> String {
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let mut values: Vec<&str> = lines[1].split(',').collect();
    values[7] = "abc";
    lines[1] = values.join(",");
    lines.join("\n") + "\n"
}

#[test]
fn the_same_content_is_a_recorded_no_op_and_other_content_a_revision_beside_the_former() {
    let store = MemoryStore::new();
    let (one, two) = (table(120), table(121));
    let first = kept(&store, import("a.csv", &one, 1));
    assert_eq!((first.change, first.stored.manifest.revision), (ImportChange::New, 1));
    let before: Vec<Document> = scan(&store, "").into_iter().filter(|doc| doc.kind != "chain").collect();

    let same = kept(&store, import("a.csv", &one, 2));
    assert_eq!(same.change, ImportChange::Same(1));
    assert_eq!(same.stored, first.stored, "what is there is told, and not what came");
    let after: Vec<Document> = scan(&store, "").into_iter().filter(|doc| doc.kind != "chain").collect();
    assert_eq!(after, before);

    let second = kept(&store, import("a.csv", &two, 3));
    assert_eq!(second.change, ImportChange::Revision(2));
    assert_eq!(second.all.len(), 2);
    assert_eq!(kept(&store, import("a.csv", &one, 4)).change, ImportChange::Same(1), "each revision is kept");
    assert_eq!(kept(&store, import("b.csv", &two, 5)).change, ImportChange::Same(2), "whatever its file is called");
    assert_eq!(kept(&store, import("b.csv", &table(122), 6)).change, ImportChange::Revision(2));

    let archive = archive(&store);
    assert_eq!(archive.verify(), Ok(6));
    let told: Vec<(Change, u32)> =
        archive.chain().entries().iter().map(|entry| (entry.change, entry.manifest.revision)).collect();
    use Change::{Unchanged, Written};
    assert_eq!(told, [(Written, 1), (Unchanged, 1), (Written, 2), (Unchanged, 1), (Unchanged, 1), (Written, 2)]);
    for head in archive.datasets() {
        let games = stored_games(scan(&store, &format!("games/{}/", head.manifest.digest.hex()))).unwrap();
        assert_eq!(Digest::of_json(&games.games()).unwrap(), head.manifest.digest);
    }
}

#[test]
fn what_is_written_beside_a_dataset_is_in_its_commit_and_not_in_that_of_the_same_again() {
    let store = MemoryStore::new();
    let beside =
        |value: &str| Document { key: "setting/x".into(), kind: "setting".into(), schema: 1, body: value.into() };
    let new: NewDataset = import("a.csv", &table(120), 1).into();
    block_on(keep(&store, &new, &[beside("one")])).unwrap();
    assert_eq!(block_on(store.scan("setting/")).unwrap(), (Revision(1), vec![beside("one")]));
    block_on(keep(&store, &new, &[beside("two")])).unwrap();
    assert_eq!(block_on(store.scan("setting/")).unwrap(), (Revision(2), vec![beside("one")]));
}

/// A store in which another tab imports something right before each of the first commits.
struct TwoTabs {
    store: MemoryStore,
    other: RefCell<Vec<NewDataset>>,
}

impl Store for TwoTabs {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        self.store.scan(prefix).await
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let other = self.other.borrow_mut().pop();
        if let Some(other) = other {
            keep(&self.store, &other, &[]).await?;
        }
        self.store.commit(batch).await
    }
}

#[test]
fn an_import_of_another_tab_in_between_is_not_lost_and_the_chain_holds() {
    let others = vec![import("a.csv", &table(122), 3).into(), import("a.csv", &table(121), 2).into()];
    let tabs = TwoTabs { store: MemoryStore::new(), other: RefCell::new(others) };
    let mine = kept(&tabs, import("a.csv", &table(120), 1));
    assert_eq!((mine.change, mine.all.len()), (ImportChange::Revision(3), 3));
    assert_eq!(archive(&tabs.store).verify(), Ok(3));

    // The other tab imports the very same: then it is there already.
    let same: NewDataset = import("a.csv", &table(123), 4).into();
    tabs.other.borrow_mut().push(same);
    assert_eq!(kept(&tabs, import("a.csv", &table(123), 5)).change, ImportChange::Same(4));

    // It never ends: the error says so, and nothing of ours is there.
    *tabs.other.borrow_mut() = (124..134).map(|games| import("a.csv", &table(games), 6).into()).collect();
    let mine = import("a.csv", &table(140), 7);
    let stale = block_on(keep(&tabs, &mine.clone().into(), &[]));
    assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
    assert!(scan(&tabs.store, &dataset_key(&mine.manifest.digest)).is_empty());
}

#[test]
fn a_released_row_makes_the_next_revision_and_the_former_one_keeps_its_quarantine() {
    let store = MemoryStore::new();
    let whole = table(120);
    let before = import("a.csv", &broken(&whole), 1);
    let first = kept(&store, before.clone());
    assert_eq!((first.stored.quarantined, first.stored.manifest.quarantined), (1, 1));
    let score = whole.lines().nth(1).unwrap().split(',').nth(7).unwrap();
    let edits = [("score.home".to_owned(), json!(score))];
    let released = release(&before, 0, &edits, now(2)).unwrap();
    let second = kept(&store, released);
    assert_eq!((second.change, second.stored.quarantined), (ImportChange::Revision(2), 0));
    let manifest = &second.stored.manifest;
    assert_eq!((manifest.released, manifest.quarantined, manifest.records), (1, 0, 120));
    // The repaired file has the same content.
    assert_eq!(kept(&store, import("a.csv", &whole, 3)).change, ImportChange::Same(2));
    assert_eq!(scan(&store, &quarantine_prefix(&first.stored.manifest.digest)).len(), 1);
    assert_eq!(archive(&store).verify(), Ok(3));
}

fn findings(store: &impl Store, head: &StoredDataset) -> linelogic::data::Findings {
    let digest = &head.manifest.digest;
    let document = scan(store, &dataset_key(digest)).remove(0);
    stored_findings(document, scan(store, &findings_key(digest)), scan(store, &quarantine_prefix(digest))).unwrap()
}

#[test]
fn the_same_games_with_other_refused_rows_take_their_place() {
    let store = MemoryStore::new();
    let whole = table(120);
    let one = import("a.csv", &broken(&whole), 1);
    let other = import("a.csv", &broken(&whole).replacen("abc", "-5", 1), 2);
    let none = import(
        "a.csv",
        &(whole
            .lines()
            .enumerate()
            .filter(|(at, _)| *at != 1)
            .map(|(_, line)| line.to_owned() + "\n")
            .collect::<String>()),
        3,
    );
    assert!(one.manifest.same_content(&other.manifest) && one.manifest.same_content(&none.manifest));
    kept(&store, one);
    let second = kept(&store, other.clone());
    assert_eq!(findings(&store, &second.stored), other.findings);
    assert_eq!(kept(&store, other.clone()).change, ImportChange::Same(1));
    let third = kept(&store, none);
    assert_eq!(third.change, ImportChange::Same(1), "the games alone, as this app exports them");
    assert_eq!((third.all.len(), third.stored.quarantined), (1, 1), "take no refused row away");
    assert_eq!(findings(&store, &third.stored), other.findings);
    assert_eq!(archive(&store).verify(), Ok(4));
}

/// A dataset as the former version stored it: a head of schema 1 with all findings in it, and no chain.
fn former(new: &Ingested) -> Vec<Document> {
    let (_, mut documents) = documents(&new.clone().into()).unwrap();
    documents.retain(|document| matches!(document.kind.as_str(), "dataset" | "games"));
    let head = &mut documents[0];
    head.schema = 1;
    for field in ["quarantined", "quarantine"] {
        head.body.as_object_mut().unwrap().remove(field);
    }
    for field in ["provider", "revision", "inputs"] {
        head.body["manifest"].as_object_mut().unwrap().remove(field);
    }
    let violation = json!({
        "type": "int_parsing", "severity": "error", "found": "abc", "expected": "a whole number from 0 to 300",
        "locus": { "file": "a.csv", "row": 2, "column": "home_score" },
    });
    head.body["findings"] = json!({
        "violations": [violation], "violation_count": 1, "skipped": [],
        "quarantined": [{ "raw": { "home_score": "abc" }, "violations": [violation] }],
    });
    documents
}

#[test]
fn what_the_former_version_stored_opens_and_gets_its_place_in_the_chain_with_the_next_import() {
    let store = MemoryStore::new();
    let (old, older) = (import("a.csv", &broken(&table(120)), 2), import("a.csv", &broken(&table(119)), 1));
    let puts = former(&old).into_iter().chain(former(&older)).collect();
    block_on(store.commit(Batch { puts, ..Batch::default() })).unwrap();

    let opened = archive(&store);
    assert_eq!((opened.datasets().len(), opened.verify()), (2, Ok(2)), "also before anything is written");
    let head = opened.datasets().iter().find(|head| head.manifest.digest == old.manifest.digest).unwrap();
    assert_eq!((head.manifest.revision, head.quarantined), (2, 1), "the older one came first");

    let third = kept(&store, import("a.csv", &table(121), 3));
    assert_eq!(third.change, ImportChange::Revision(3));
    let heads = scan(&store, "dataset/");
    assert!(heads.len() == 3 && heads.iter().all(|document| document.schema == 2));
    let again = archive(&store);
    assert_eq!(again.verify(), Ok(3));
    assert_eq!(again.datasets().iter().find(|other| other.manifest.digest == old.manifest.digest), Some(head));
    assert_eq!(findings(&store, head).quarantined[0].rows, [2]);
    assert_eq!(stored_games(scan(&store, &format!("games/{}/", old.manifest.digest.hex()))).unwrap(), old.log);
}

/// Writes a changed entry of the chain over itself, or deletes it.
fn meddle(store: &MemoryStore, key: &str, change: Option<&dyn Fn(&mut ChainEntry)>) {
    let (base, mut documents) = block_on(store.scan(key)).unwrap();
    let mut batch = Batch { base, ..Batch::default() };
    match change {
        Some(change) => {
            let mut entry: ChainEntry = serde_json::from_value(documents[0].body.take()).unwrap();
            change(&mut entry);
            documents[0].body = serde_json::to_value(entry).unwrap();
            batch.puts = documents;
        }
        None => batch.deletes = vec![key.to_owned()],
    }
    block_on(store.commit(batch)).unwrap();
}

#[test]
fn a_chain_that_was_changed_shortened_or_cut_is_told() {
    let filled = || {
        let store = MemoryStore::new();
        (0..3).for_each(|at| _ = kept(&store, import("a.csv", &table(120 + at), at as i64)));
        store
    };
    let problem = |store: &MemoryStore| archive(store).verify().unwrap_err();
    let store = filled();
    meddle(&store, "chain/00000002", Some(&|entry| entry.manifest.accepted += 1));
    assert!(problem(&store).contains("entry 2: its manifest was changed"), "{}", problem(&store));
    let store = filled();
    meddle(&store, "chain/00000001", None);
    assert!(problem(&store).contains("entry 1: it follows the manifest"), "{}", problem(&store));
    let store = filled();
    meddle(&store, "chain/00000003", None);
    assert!(problem(&store).contains("no entry of the history has its manifest"), "{}", problem(&store));
}

#[test]
fn a_back_up_is_read_again_as_the_same_games() {
    let demo = ingest(Input::Demo(Seed(5)), now(0), &mut |_| true).unwrap();
    for of in [demo, import("a.csv", &broken(&table(120)), 1)] {
        let text = journal::compact(Revision(1), &documents(&of.clone().into()).unwrap().1).unwrap();
        let again = import("backup.jsonl", &text, 2);
        assert_eq!(again.manifest.digest, of.manifest.digest);
        assert_eq!(again.manifest.source_kind, of.manifest.source_kind);
        assert_eq!(again.manifest.source, "backup:backup.jsonl");
        let damaged = text.replacen("\"BOS\"", "\"NYK\"", 1);
        let refused = ingest(Input::of_bytes("backup.jsonl", damaged.as_bytes()), now(3), &mut |_| true).unwrap_err();
        assert!(refused.message.contains("changed or damaged"), "{}", refused.message);
    }
}
