//! What every store promises, as one test that runs over each of them: memory and journal natively, IndexedDB in the
//! browser's tests.

use serde_json::json;

use crate::ports::{Batch, Document, Revision, Store, StoreError};

fn document(key: &str, value: i64) -> Document {
    let kind = key.split('/').next().unwrap_or(key).to_owned();
    // Every kind of JSON value, and a number that only an exact reader gives back bit for bit.
    let body = json!({ "value": value, "text": "é “quoted” \u{0}\n", "number": 0.1 + 0.2, "none": null, "list": [1, 2.5, -3e-300] });
    Document { key: key.to_owned(), kind, schema: 1, body }
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: found {found:?}, expected {expected:?}")) }
}

async fn keys<S: Store>(store: &S, prefix: &str) -> Result<Vec<String>, String> {
    let (_, documents) = store.scan(prefix).await.map_err(|error| error.to_string())?;
    Ok(documents.into_iter().map(|document| document.key).collect())
}

/// Checks an **empty** store. The error says which promise is broken.
pub async fn check<S: Store>(store: &S) -> Result<(), String> {
    let told = |error: StoreError| error.to_string();
    let (start, documents) = store.scan("").await.map_err(told)?;
    expect("an empty store holds nothing", documents.len(), 0)?;
    expect("an empty store is at revision 0", start, Revision(0))?;

    let puts = vec![document("run/b", 2), document("run/a", 1), document("runs/c", 3), document("version/x/1.0.0", 4)];
    let first = store.commit(Batch { base: start, puts, deletes: vec![] }).await.map_err(told)?;
    expect("a commit raises the revision by one", first, Revision(1))?;
    expect(
        "a scan is by prefix, in the order of keys",
        keys(store, "run/").await?,
        vec!["run/a".into(), "run/b".into()],
    )?;
    expect("the empty prefix is everything", keys(store, "").await?.len(), 4)?;
    expect("a prefix without a match is nothing", keys(store, "zebra/").await?.len(), 0)?;
    let (_, read) = store.scan("run/a").await.map_err(told)?;
    expect("a document comes back as it was put", read, vec![document("run/a", 1)])?;
    for (kind, newest) in [("run", 1), ("runs", 1), ("zebra", 0)] {
        expect("the newest schema of a kind is known", store.newest_schema(kind).await.map_err(told)?, newest)?;
    }

    let late = Batch { base: start, puts: vec![document("run/a", 99)], deletes: vec!["run/b".to_owned()] };
    let refused = store.commit(late).await;
    expect("a commit on an old revision is stale", refused, Err(StoreError::Stale { found: start, current: first }))?;
    let (revision, read) = store.scan("run/").await.map_err(told)?;
    expect("a refused commit leaves the revision", revision, first)?;
    expect("a refused commit changes nothing", read, vec![document("run/a", 1), document("run/b", 2)])?;

    let empty = store.commit(Batch { base: first, ..Batch::default() }).await.map_err(told)?;
    expect("an empty batch is no commit", empty, first)?;

    let change = Batch {
        base: first,
        puts: vec![document("run/a", 10), document("run/d", 5)],
        deletes: vec!["run/b".to_owned(), "run/d".to_owned(), "run/never".to_owned()],
    };
    let second = store.commit(change).await.map_err(told)?;
    expect("the next commit raises it again", second, Revision(2))?;
    let (revision, read) = store.scan("run/").await.map_err(told)?;
    expect("a scan tells the revision", revision, second)?;
    expect(
        "a put replaces, a delete removes, deletes come before puts, deleting nothing is fine",
        read,
        vec![document("run/a", 10), document("run/d", 5)],
    )
}

#[cfg(all(test, feature = "native", not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::adapters::{JournalStore, MemoryStore, journal};
    use proptest::prelude::*;
    use std::io::Write;

    #[test]
    fn the_memory_store_keeps_the_contract() {
        pollster::block_on(check(&MemoryStore::new())).unwrap();
    }

    #[test]
    fn the_journal_store_keeps_the_contract_and_reopens_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = JournalStore::open(folder.path()).unwrap();
        pollster::block_on(check(&store)).unwrap();
        let before = pollster::block_on(store.scan("")).unwrap();
        drop(store);
        let again = JournalStore::open(folder.path()).unwrap();
        assert_eq!(pollster::block_on(again.scan("")).unwrap(), before);
        assert_eq!(again.repaired(), None);
    }

    #[test]
    fn two_holders_of_one_folder_see_each_others_commits_and_never_overwrite() {
        let folder = tempfile::tempdir().unwrap();
        let one = JournalStore::open(folder.path()).unwrap();
        let two = JournalStore::open(folder.path()).unwrap();
        let put = |base, key: &str| Batch { base: Revision(base), puts: vec![document(key, 1)], deletes: vec![] };
        pollster::block_on(one.commit(put(0, "run/a"))).unwrap();
        let stale = pollster::block_on(two.commit(put(0, "run/b")));
        assert_eq!(stale, Err(StoreError::Stale { found: Revision(0), current: Revision(1) }));
        pollster::block_on(two.commit(put(1, "run/b"))).unwrap();
        assert_eq!(pollster::block_on(keys(&one, "run/")).unwrap(), ["run/a", "run/b"]);
    }

    #[test]
    fn many_writers_at_once_lose_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let store = JournalStore::open(&path).unwrap();
                    for number in 0..10 {
                        loop {
                            let (base, _) = pollster::block_on(store.scan("none/")).unwrap();
                            let puts = vec![document(&format!("run/{writer}-{number}"), number)];
                            match pollster::block_on(store.commit(Batch { base, puts, deletes: vec![] })) {
                                Ok(_) => break,
                                Err(StoreError::Stale { .. }) => {}
                                Err(error) => panic!("{error}"),
                            }
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        let store = JournalStore::open(&path).unwrap();
        let (revision, documents) = pollster::block_on(store.scan("run/")).unwrap();
        assert_eq!((revision, documents.len()), (Revision(40), 40));
    }

    #[test]
    fn a_torn_last_line_is_cut_and_told_and_writing_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = JournalStore::open(folder.path()).unwrap();
        pollster::block_on(check(&store)).unwrap();
        let before = pollster::block_on(store.scan("")).unwrap();
        let mut file = std::fs::OpenOptions::new().append(true).open(store.path()).unwrap();
        file.write_all(b"{\"format\":1,\"digest\":\"sha256:").unwrap();
        let again = JournalStore::open(folder.path()).unwrap();
        assert!(again.repaired().unwrap().contains("29 bytes"), "{:?}", again.repaired());
        assert_eq!(pollster::block_on(again.scan("")).unwrap(), before);
        let batch = Batch { base: before.0, puts: vec![document("run/z", 1)], deletes: vec![] };
        pollster::block_on(again.commit(batch)).unwrap();
        assert_eq!(journal::parse(&std::fs::read(store.path()).unwrap()).unwrap().revision, Revision(3));
        assert_eq!(pollster::block_on(keys(&store, "run/z")).unwrap(), ["run/z"], "the other holder goes on too");
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_an_error_that_names_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let store = JournalStore::open(folder.path()).unwrap();
        pollster::block_on(check(&store)).unwrap();
        let text = std::fs::read_to_string(store.path()).unwrap().replacen("\"value\":1", "\"value\":7", 1);
        std::fs::write(store.path(), text).unwrap();
        let error = JournalStore::open(folder.path()).unwrap_err();
        assert!(matches!(&error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("journal.jsonl (journal line 1)"), "{error}");
    }

    type Change = (Vec<(u8, i64)>, Vec<u8>, bool);

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let puts = prop::collection::vec((0u8..6, any::<i64>()), 0..4);
        prop::collection::vec((puts, prop::collection::vec(0u8..6, 0..3), prop::bool::weighted(0.2)), 0..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_sequence_of_batches_leaves_all_stores_equal(changes in changes()) {
            let folder = tempfile::tempdir().unwrap();
            let (memory, file) = (MemoryStore::new(), JournalStore::open(folder.path()).unwrap());
            for (puts, deletes, stale) in changes {
                let (Revision(at), _) = pollster::block_on(memory.scan("none/")).unwrap();
                let batch = Batch {
                    base: Revision(if stale { at + 1 } else { at }),
                    puts: puts.iter().map(|(key, value)| document(&format!("note/{key}"), *value)).collect(),
                    deletes: deletes.iter().map(|key| format!("note/{key}")).collect(),
                };
                let (one, two) = (pollster::block_on(memory.commit(batch.clone())), pollster::block_on(file.commit(batch)));
                prop_assert_eq!(one, two);
            }
            let expected = pollster::block_on(memory.scan("")).unwrap();
            prop_assert_eq!(&pollster::block_on(file.scan("")).unwrap(), &expected);
            let reopened = JournalStore::open(folder.path()).unwrap();
            prop_assert_eq!(pollster::block_on(reopened.scan("")).unwrap(), expected);
        }
    }
}
