//! Typed documents above the [`Store`]: load and save are written once, here.
//!
//! | kind | key | what |
//! |---|---|---|
//! | `run` | `run/<id>` | [`Run`] |
//! | `artifact` | `artifact/<digest, hexadecimal>` | [`Blob`]: a file of one or more runs |
//! | `version` | `version/<name>/<version>` | [`ModelVersion`] |
//! | `event` | `event/<name>/<sequence, 8 digits>` | [`RegistryEvent`] |
//! | `day` | `day/<YYYY-MM-DD>` | [`DayLog`] |
//! | `manifest` | `manifest/<digest, hexadecimal>` | [`Manifest`] |
//! | `dataset`, `games`, `lineage`, `findings`, `quarantine`, `chain` | see [`datasets`](crate::flows::datasets) | imports of the browser |
//! | `feature_definitions`, `online_view` | see [`features`](crate::flows::features) | the feature store |
//! | `alert` | `alert/<rule>/<day>` | [`Alert`] |
//! | `drift` | `drift/<day>` | [`DriftReport`], on the morning after its current window |
//! | `rollout` | `rollout/default` | [`Rollout`] |
//! | `setting` | `setting/<name>` | what a person chose |
//!
//! A document of an older schema is upgraded as it is read, and written back in ours only when it changes. Of a kind
//! that holds a document newer than ours we read what we understand and write nothing: [`commit`] refuses.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::data::Manifest;
use crate::monitoring::{Alert, DriftReport};
use crate::ports::{Batch, Document, Revision, Store, StoreError};
use crate::registry::{ModelVersion, RegistryEvent};
use crate::serving::{DayLog, Rollout};
use crate::tracking::{Blob, Run};

/// How often a change is computed anew because somebody else committed in between.
pub const RETRIES: usize = 5;

/// A type that is kept as documents of one kind.
pub trait Record: Serialize + DeserializeOwned {
    /// The kind, and the first part of the key.
    const KIND: &'static str;
    /// Version of the form that is written.
    const SCHEMA: u32 = 1;

    /// The rest of the key.
    fn id(&self) -> String;

    /// Turns a body of an older schema into one of [`Record::SCHEMA`]; an error says why that cannot be.
    fn upgrade(schema: u32, body: Value) -> Result<Value, String> {
        let _ = body;
        Err(format!("schema {schema} is not known"))
    }

    /// The whole key.
    fn key(&self) -> String {
        format!("{}/{}", Self::KIND, self.id())
    }
}

impl Record for Run {
    const KIND: &'static str = "run";
    const SCHEMA: u32 = 2;
    fn id(&self) -> String {
        self.id.clone()
    }
    fn upgrade(schema: u32, body: Value) -> Result<Value, String> {
        match schema {
            // Schema 2 has more fields, none of which schema 1 must have.
            1 => Ok(body),
            _ => Err(format!("schema {schema} is not known")),
        }
    }
}

impl Record for Blob {
    const KIND: &'static str = "artifact";
    fn id(&self) -> String {
        self.digest.hex()
    }
}

impl Record for ModelVersion {
    const KIND: &'static str = "version";
    fn id(&self) -> String {
        format!("{}/{}", self.name, self.version)
    }
}

impl Record for RegistryEvent {
    const KIND: &'static str = "event";
    const SCHEMA: u32 = 3;
    fn id(&self) -> String {
        format!("{}/{:08}", self.name, self.sequence)
    }
    fn upgrade(schema: u32, body: Value) -> Result<Value, String> {
        match schema {
            // Schema 2 has more actions and may have the gate's report; schema 1 knew registering and moving alone. Schema 3 knows
            // importing.
            1 | 2 => Ok(body),
            _ => Err(format!("schema {schema} is not known")),
        }
    }
}

impl Record for DayLog {
    const KIND: &'static str = "day";
    fn id(&self) -> String {
        self.day.to_string()
    }
}

impl Record for Manifest {
    const KIND: &'static str = "manifest";
    fn id(&self) -> String {
        self.digest.hex()
    }
}

impl Record for Alert {
    const KIND: &'static str = "alert";
    fn id(&self) -> String {
        format!("{}/{}", self.rule, self.day)
    }
}

impl Record for DriftReport {
    const KIND: &'static str = "drift";
    fn id(&self) -> String {
        // The morning on which it was made.
        self.current.1.succ_opt().unwrap_or(self.current.1).to_string()
    }
}

impl Record for Rollout {
    const KIND: &'static str = "rollout";
    fn id(&self) -> String {
        "default".to_owned()
    }
}

/// The document of a record, in our schema.
pub fn document<T: Record>(record: &T) -> Result<Document, StoreError> {
    let key = record.key();
    match serde_json::to_value(record) {
        Ok(body) => Ok(Document { key, kind: T::KIND.to_owned(), schema: T::SCHEMA, body }),
        Err(error) => Err(StoreError::Damaged { key, reason: error.to_string() }),
    }
}

/// The record of a document. An older one is upgraded; of a newer one what we know is taken, if that is enough.
pub fn read<T: Record>(document: Document) -> Result<T, StoreError> {
    let Document { key, kind, schema, body } = document;
    if kind != T::KIND {
        return Err(StoreError::Damaged { key, reason: format!("expected kind {}, found {kind}", T::KIND) });
    }
    let body = if schema < T::SCHEMA {
        match T::upgrade(schema, body) {
            Ok(body) => body,
            Err(reason) => return Err(StoreError::Damaged { key, reason }),
        }
    } else {
        body
    };
    serde_json::from_value(body).map_err(|error| {
        let newer = if schema > T::SCHEMA {
            format!(" (it has schema {schema}, and this version knows {}: use a newer version)", T::SCHEMA)
        } else {
            String::new()
        };
        StoreError::Damaged { key, reason: format!("{error}{newer}") }
    })
}

/// Adds a record to what a batch writes. A later put of the same key replaces an earlier one.
pub fn put<T: Record>(batch: &mut Batch, record: &T) -> Result<(), StoreError> {
    let document = document(record)?;
    batch.puts.retain(|put| put.key != document.key);
    batch.puts.push(document);
    Ok(())
}

/// Every record of a type, in the order of its keys, and the revision that they were read at.
pub async fn load_all<T: Record, S: Store>(store: &S) -> Result<(Revision, Vec<T>), StoreError> {
    load_under(store, "").await
}

/// Every record of a type whose id starts with a prefix.
pub async fn load_under<T: Record, S: Store>(store: &S, prefix: &str) -> Result<(Revision, Vec<T>), StoreError> {
    let (revision, documents) = store.scan(&format!("{}/{prefix}", T::KIND)).await?;
    let records = documents.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok((revision, records))
}

/// The record with this id, if there is one.
pub async fn load_one<T: Record, S: Store>(store: &S, id: &str) -> Result<(Revision, Option<T>), StoreError> {
    let key = format!("{}/{id}", T::KIND);
    let (revision, documents) = store.scan(&key).await?;
    let record = documents.into_iter().find(|document| document.key == key).map(read).transpose()?;
    Ok((revision, record))
}

/// Commits, unless a kind that the batch touches holds a document of a newer schema than the batch writes: that kind is
/// read-only for us, since writing our older form beside it would lose what we do not understand.
pub async fn commit<S: Store>(store: &S, batch: Batch) -> Result<Revision, StoreError> {
    let kind_of = |key: &str| key.split('/').next().unwrap_or(key).to_owned();
    let touched: BTreeSet<String> = batch
        .puts
        .iter()
        .map(|document| document.kind.clone())
        .chain(batch.deletes.iter().map(|key| kind_of(key)))
        .collect();
    for kind in touched {
        let ours =
            batch.puts.iter().filter(|put| put.kind == kind).map(|put| put.schema).max().unwrap_or(newest(&kind));
        if store.newest_schema(&kind).await? <= ours {
            continue;
        }
        let (_, there) = store.scan(&format!("{kind}/")).await?;
        if let Some(newer) = there.iter().find(|document| document.schema > ours) {
            return Err(StoreError::ReadOnly(format!(
                "{} has schema {} and this version knows {ours}: the store was written by a newer version, and can only be read",
                newer.key, newer.schema
            )));
        }
    }
    store.commit(batch).await
}

/// The newest schema that this version knows of a kind; 1 for kinds that have had no other.
fn newest(kind: &str) -> u32 {
    let known = [
        (Run::KIND, Run::SCHEMA),
        (Blob::KIND, Blob::SCHEMA),
        (ModelVersion::KIND, ModelVersion::SCHEMA),
        (RegistryEvent::KIND, RegistryEvent::SCHEMA),
        (DayLog::KIND, DayLog::SCHEMA),
        (Manifest::KIND, Manifest::SCHEMA),
        (Alert::KIND, Alert::SCHEMA),
        (DriftReport::KIND, DriftReport::SCHEMA),
        (Rollout::KIND, Rollout::SCHEMA),
    ];
    known.iter().find(|(name, _)| *name == kind).map_or(1, |(_, schema)| *schema)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    /// What any store does, without leaving the layer.
    #[derive(Default)]
    struct Shelf(std::cell::RefCell<Vec<Document>>);

    impl Store for Shelf {
        async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
            let found = self.0.borrow().iter().filter(|document| document.key.starts_with(prefix)).cloned().collect();
            Ok((Revision(0), found))
        }
        async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
            self.0.borrow_mut().extend(batch.puts);
            Ok(Revision(1))
        }
    }

    /// Runs a future that never waits.
    fn now<T>(future: impl Future<Output = T>) -> T {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::pin!(future).poll(&mut context) {
            std::task::Poll::Ready(value) => value,
            std::task::Poll::Pending => panic!("nothing here waits"),
        }
    }

    /// A record in its second form; the first had the name under `title`.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        name: String,
        pinned: bool,
    }

    impl Record for Note {
        const KIND: &'static str = "note";
        const SCHEMA: u32 = 2;
        fn id(&self) -> String {
            self.name.clone()
        }
        fn upgrade(schema: u32, mut body: Value) -> Result<Value, String> {
            match schema {
                1 => Ok(json!({ "name": body["title"].take(), "pinned": false })),
                _ => Err(format!("schema {schema} is not known")),
            }
        }
    }

    /// The fixture of schema 1, as it was written then.
    const NOTE_1: &str = r#"{"key":"note/a","kind":"note","schema":1,"body":{"title":"a"}}"#;

    fn fixture(text: &str) -> Document {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_record_comes_back_from_its_document() {
        let note = Note { name: "b".into(), pinned: true };
        let document = document(&note).unwrap();
        assert_eq!((document.key.as_str(), document.schema), ("note/b", 2));
        assert_eq!(read::<Note>(document).unwrap(), note);
    }

    #[test]
    fn an_older_document_is_upgraded_as_it_is_read() {
        assert_eq!(read::<Note>(fixture(NOTE_1)).unwrap(), Note { name: "a".into(), pinned: false });
        let mut unknown = fixture(NOTE_1);
        unknown.schema = 0;
        assert!(read::<Note>(unknown).unwrap_err().to_string().contains("schema 0 is not known"));
    }

    #[test]
    fn an_entry_of_the_trail_before_there_were_aliases_is_read() {
        let first = r#"{"key":"event/home-win/00000002","kind":"event","schema":1,"body":{"sequence":2,"name":"home-win",
            "version":"1.0.0","action":{"transitioned":{"from":"Staging","to":"Production"}},"at":"2025-10-21T00:00:00Z",
            "recorded_at":"2025-10-21T00:00:00Z","actor":"pipeline","reason":"gate passed"}}"#;
        let event = read::<RegistryEvent>(fixture(first)).unwrap();
        assert_eq!((event.action.to_string().as_str(), event.gate.is_none()), ("Staging → Production", true));
        let written = document(&event).unwrap();
        assert_eq!((written.key.as_str(), written.schema), ("event/home-win/00000002", 3));
        assert_eq!(read::<RegistryEvent>(written).unwrap(), event);
        let second = r#"{"key":"event/home-win/00000003","kind":"event","schema":2,"body":{"sequence":3,"name":"home-win",
            "version":"1.0.0","action":{"alias_set":{"alias":"candidate","from":null}},"at":"2025-10-21T00:00:00Z",
            "recorded_at":"2025-10-21T00:00:00Z","actor":"analyst","reason":""}}"#;
        assert_eq!(read::<RegistryEvent>(fixture(second)).unwrap().action.to_string(), "alias candidate set");
    }

    #[test]
    fn a_newer_document_is_read_as_far_as_it_is_understood_and_its_kind_is_not_written() {
        let shelf = Shelf::default();
        let newer = r#"{"key":"note/n","kind":"note","schema":3,"body":{"name":"n","pinned":true,"colour":"red"}}"#;
        shelf.0.borrow_mut().push(fixture(newer));
        let (_, notes) = now(load_all::<Note, _>(&shelf)).unwrap();
        assert_eq!(notes, [Note { name: "n".into(), pinned: true }]);
        let mut batch = Batch::default();
        put(&mut batch, &Note { name: "x".into(), pinned: false }).unwrap();
        let refused = now(commit(&shelf, batch)).unwrap_err();
        assert!(matches!(&refused, StoreError::ReadOnly(message) if message.contains("note/n")), "{refused}");
        assert_eq!(shelf.0.borrow().len(), 1, "nothing was written");
        let mut other = Batch::default();
        put(&mut other, &Rollout::staged("salt")).unwrap();
        now(commit(&shelf, other)).expect("another kind is not touched by it");
    }

    #[test]
    fn a_document_of_another_kind_or_form_is_an_error_that_names_its_key() {
        assert!(read::<Rollout>(fixture(NOTE_1)).unwrap_err().to_string().contains("note/a"));
        let wrong = r#"{"key":"note/w","kind":"note","schema":2,"body":{"name":7}}"#;
        assert!(read::<Note>(fixture(wrong)).unwrap_err().to_string().contains("note/w"));
    }

    #[test]
    fn one_document_is_found_by_its_whole_id_and_not_by_a_prefix_of_it() {
        let shelf = Shelf::default();
        shelf.0.borrow_mut().push(document(&Note { name: "ab".into(), pinned: true }).unwrap());
        assert_eq!(now(load_one::<Note, _>(&shelf, "a")).unwrap().1, None);
        assert!(now(load_one::<Note, _>(&shelf, "ab")).unwrap().1.is_some());
    }
}
