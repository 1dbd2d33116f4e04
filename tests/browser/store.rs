//! The store in IndexedDB.

use linelogic::adapters::browser::{Base, IndexedDb};
use linelogic::adapters::contract;
use linelogic::flows::overlay::Overlay;
use linelogic::ports::{Batch, Document, Revision, Store, StoreError};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::unique;

fn document(key: &str, text: &str) -> Document {
    Document { key: key.into(), kind: "note".into(), schema: 1, body: text.into() }
}

fn batch(base: u64, puts: Vec<Document>) -> Batch {
    Batch { base: Revision(base), puts, deletes: vec![] }
}

async fn keys(store: &IndexedDb) -> Vec<String> {
    store.scan("").await.unwrap().1.into_iter().map(|document| document.key).collect()
}

#[wasm_bindgen_test]
async fn indexed_db_keeps_the_contract_of_every_store() {
    let name = unique("contract");
    let store = IndexedDb::open_named(&name).await.unwrap();
    contract::check(&store).await.unwrap();
    store.close();
    IndexedDb::delete_named(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn an_overlay_on_indexed_db_with_nothing_published_keeps_it_too() {
    let store = IndexedDb::open_named(&unique("overlay")).await.unwrap();
    contract::check(&Overlay::new(vec![], store)).await.unwrap();
}

#[wasm_bindgen_test]
async fn what_was_committed_is_there_when_the_store_is_opened_again() {
    let name = unique("reload");
    let store = IndexedDb::open_named(&name).await.unwrap();
    let revision = store.commit(batch(0, vec![document("note/a", "first")])).await.unwrap();
    store.close();
    let again = IndexedDb::open_named(&name).await.unwrap();
    assert_eq!(again.scan("note/").await.unwrap(), (revision, vec![document("note/a", "first")]));
}

#[wasm_bindgen_test]
async fn of_two_tabs_on_one_revision_the_second_is_stale_and_overwrites_nothing() {
    let name = unique("tabs");
    let (one, two) = (IndexedDb::open_named(&name).await.unwrap(), IndexedDb::open_named(&name).await.unwrap());
    one.commit(batch(0, vec![document("note/a", "one")])).await.unwrap();
    let refused = two.commit(batch(0, vec![document("note/a", "two"), document("note/b", "two")])).await;
    assert_eq!(refused, Err(StoreError::Stale { found: Revision(0), current: Revision(1) }));
    assert_eq!(two.scan("").await.unwrap(), (Revision(1), vec![document("note/a", "one")]));
    two.commit(batch(1, vec![document("note/b", "two")])).await.unwrap();
    assert_eq!(keys(&one).await, ["note/a", "note/b"]);
}

#[wasm_bindgen_test]
async fn of_commits_at_the_same_moment_exactly_one_wins() {
    let name = unique("race");
    let (one, two) = (IndexedDb::open_named(&name).await.unwrap(), IndexedDb::open_named(&name).await.unwrap());
    let (first, second) = futures::future::join(
        one.commit(batch(0, vec![document("note/one", "1")])),
        two.commit(batch(0, vec![document("note/two", "2")])),
    )
    .await;
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_eq!(keys(&one).await.len(), 1);
}

#[wasm_bindgen_test]
async fn a_commit_that_breaks_off_in_the_middle_leaves_nothing() {
    let name = unique("atomic");
    let store = IndexedDb::open_named(&name).await.unwrap();
    store.commit(batch(0, vec![document("note/a", "before")])).await.unwrap();
    // The future is dropped after its first requests are on their way: as when the tab goes away.
    {
        let change = store.commit(batch(1, vec![document("note/a", "after"), document("note/b", "after")]));
        let mut change = Box::pin(change);
        for _ in 0..1 {
            assert!(futures::poll!(&mut change).is_pending());
        }
    }
    let found = store.scan("").await.unwrap();
    assert_eq!(found, (Revision(1), vec![document("note/a", "before")]));
}

#[wasm_bindgen_test]
async fn what_was_worked_out_comes_back_with_what_has_changed_since() {
    let name = unique("kept");
    let store = IndexedDb::open_named(&name).await.unwrap();
    assert_eq!(store.recall("table", "note/").await.unwrap(), None);
    let first = store.commit(batch(0, vec![document("note/a", "1"), document("note/b", "1")])).await.unwrap();
    store.keep("table", first, vec![0, 255, 7]).await.unwrap();
    let other = Document { key: "other/a".into(), ..document("note/a", "2") };
    let second = store.commit(batch(1, vec![document("note/a", "2"), document("note/c", "2"), other])).await.unwrap();
    store.close();
    let store = IndexedDb::open_named(&name).await.unwrap();
    let recalled = store.recall("table", "note/").await.unwrap().unwrap();
    assert_eq!((recalled.bytes, recalled.revision), (vec![0, 255, 7], second));
    let changed: Vec<_> = recalled.changed.into_iter().collect();
    let now = |key: &str| (key.to_owned(), Some(document(key, "2")));
    assert_eq!(changed, [now("note/a"), now("note/c")]);
    assert_eq!(store.recall("another", "note/").await.unwrap(), None);

    // What is deleted is not to be found in what was worked out from it either.
    let deletes = vec!["note/a".to_owned()];
    store.commit(Batch { base: second, puts: vec![], deletes }).await.unwrap();
    assert_eq!(store.recall("table", "note/").await.unwrap(), None);
}

#[wasm_bindgen_test]
async fn what_was_worked_out_is_forgotten_when_more_has_changed_than_is_remembered() {
    let store = IndexedDb::open_named(&unique("forgotten")).await.unwrap();
    store.keep("table", Revision(0), vec![1]).await.unwrap();
    for revision in 0..1000 {
        store.commit(batch(revision, vec![document("note/a", "x")])).await.unwrap();
    }
    let recalled = store.recall("table", "note/").await.unwrap().unwrap();
    assert_eq!((recalled.revision, recalled.changed.len()), (Revision(1000), 1));
    store.commit(batch(1000, vec![document("note/a", "y")])).await.unwrap();
    assert_eq!(store.recall("table", "note/").await.unwrap(), None);

    store.keep("table", Revision(1001), vec![1]).await.unwrap();
    let many = (0..1001).map(|number| document(&format!("note/{number}"), "x")).collect();
    store.commit(batch(1001, many)).await.unwrap();
    assert_eq!(store.recall("table", "note/").await.unwrap(), None);
}

#[wasm_bindgen_test]
fn names_on_the_origin_start_with_the_sites_path() {
    let base = Base::of("https://a.github.io/linelogic/day/2026-01-14?x=/y#/z");
    assert_eq!(base.path(), "/linelogic/day/");
    assert_eq!(Base::of("https://a.github.io/linelogic/index.html").key("store"), "linelogic:/linelogic/:store");
    assert_eq!(Base::of("http://127.0.0.1:8080/").key("visitor"), "linelogic:/:visitor");
    assert_eq!(
        Base::of("https://a.github.io/linelogic/").address("data/index.json"),
        "https://a.github.io/linelogic/data/index.json"
    );
}
