use std::collections::BTreeMap;

use serde_json::json;

use super::write::packed;
use super::*;
use crate::flows::documents::document;
use crate::flows::shelf::{Shelf, now};
use crate::ports::{Batch, Revision, Store};
use crate::registry::{RegistryAction, RegistryEvent, Stage};
use crate::tracking::{Artifact, Blob, Run};

const KEY: [u8; 32] = [7; 32];

fn signer() -> Signer<'static> {
    Signer { key: &KEY, name: "ann", at: "2026-01-15T12:00:00Z".parse().expect("a time") }
}

fn run(id: &str, artifacts: Vec<Artifact>) -> Run {
    let body = json!({
        "id": id, "experiment": "default", "name": "a <b>run</b>", "status": "FINISHED",
        "started_at": "2026-01-14T10:00:00Z", "ended_at": "2026-01-14T10:01:00.5Z", "params": { "c": "0.1" },
        "metrics": { "log_loss": [{ "value": 0.1 + 0.2, "step": 0 }] }, "tags": { "seed": "1" },
        "data_version": Digest::of_bytes(b"rows"), "feature_version": "1.0", "model_digest": null,
        "artifacts": artifacts, "spec": { "c": 1.0 },
    });
    serde_json::from_value(body).expect("a run")
}

fn event(sequence: u64, reason: &str) -> RegistryEvent {
    let at = signer().at;
    let action = RegistryAction::Transitioned { from: Stage::Staging, to: Stage::Production };
    let (name, version) = ("home-win".to_owned(), "1.0.0".to_owned());
    let (actor, reason) = ("ann".to_owned(), reason.to_owned());
    RegistryEvent { sequence, name, version, action, at, recorded_at: at, actor, reason, gate: None }
}

/// A store with a run and its two files, events, and what is not the registry's.
fn documents() -> Vec<Document> {
    let (text, blob) = Blob::artifact("predictions.csv", b"game_id,prob_home\n1,0.5\n");
    let (picture, bytes) = Blob::artifact("plots/roc.png", &[0x89, 0x50, 0xff, 0x00]);
    let setting = Document { key: "setting/x".into(), kind: "setting".into(), schema: 1, body: json!("mine") };
    let of_nobody = Blob::of(b"no run names this");
    vec![
        document(&of_nobody).expect("a blob"),
        document(&bytes).expect("a blob"),
        document(&blob).expect("a blob"),
        document(&event(1, "first")).expect("an event"),
        document(&event(2, "second")).expect("an event"),
        document(&run("00ff", vec![picture, text])).expect("a run"),
        setting,
    ]
}

fn bundle() -> Vec<u8> {
    export(&documents(), &signer()).expect("a bundle")
}

fn all(store: &Shelf) -> Vec<Document> {
    now(store.scan("")).expect("documents").1
}

#[test]
fn a_bundle_changes_nothing_in_the_store_that_it_came_from() {
    let store = Shelf::with(1, documents());
    let before = all(&store);
    let imported = now(import(&store, &open(&bundle(), None).expect("a bundle"))).expect("nothing differs");
    assert_eq!((imported.added.len(), all(&store)), (0, before));
}

#[test]
fn a_bundle_opened_imported_and_exported_again_has_the_same_bytes() {
    let bytes = bundle();
    assert!(is_bundle(&bytes));
    let opened = open(&bytes, Some(fingerprint_of(&KEY))).expect("a bundle");
    assert_eq!(
        opened.manifest.counts,
        BTreeMap::from([("artifact".into(), 2), ("event".into(), 2), ("run".into(), 1)])
    );
    let store = Shelf::default();
    let imported = now(import(&store, &opened)).expect("an import");
    assert_eq!(imported.added.values().sum::<usize>(), 5);
    assert_eq!(export(&all(&store), &signer()).expect("a bundle"), bytes);
    let again = now(import(&store, &opened)).expect("an import");
    assert_eq!((again.added.len(), again.present), (0, 5));
    assert_eq!(now(store.scan("")).expect("documents").0, Revision(1), "nothing was written the second time");
}

#[test]
fn any_flipped_byte_is_found_and_so_is_one_that_is_gone_or_added() {
    let bytes = bundle();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(open(&damaged, None).is_err(), "byte {at}");
    }
    for cut in (0..bytes.len()).step_by(7) {
        assert!(open(&bytes[..cut], None).is_err(), "cut at {cut}");
    }
    for more in [[bytes.as_slice(), b"x"].concat(), [b"x", bytes.as_slice()].concat()] {
        assert!(open(&more, None).is_err());
    }
}

/// A bundle whose manifest and entries were changed before it was signed.
fn forged(change: impl FnOnce(&mut serde_json::Value, &mut BTreeMap<String, Vec<u8>>)) -> String {
    use base64::Engine as _;
    use ed25519_dalek::Signer as _;
    let event = crate::base::json::to_vec(&document(&event(1, "first")).expect("an event")).expect("JSON");
    let mut parts = BTreeMap::from([("documents/event.jsonl".to_owned(), [event.as_slice(), b"\n"].concat())]);
    let key = ed25519_dalek::SigningKey::from_bytes(&KEY);
    let base64 = base64::engine::general_purpose::STANDARD;
    let listed: Vec<_> = parts
        .iter()
        .map(|(path, bytes)| json!({ "path": path, "digest": Digest::of_bytes(bytes), "bytes": bytes.len() }))
        .collect();
    let mut manifest = json!({
        "format": 1, "exported_at": signer().at, "exported_by": "eve", "counts": { "event": 1 }, "parts": listed,
        "key": base64.encode(key.verifying_key().as_bytes()),
    });
    change(&mut manifest, &mut parts);
    let manifest = serde_json::to_vec(&manifest).expect("JSON");
    let signature = base64.encode(key.sign(&manifest).to_bytes());
    let bytes = packed(&manifest, signature.as_bytes(), &parts).expect("a zip");
    open(&bytes, None).map_or_else(|error| error.to_string(), |_| "it was taken".to_owned())
}

fn list(manifest: &mut serde_json::Value, path: &str, bytes: &[u8]) {
    let part = json!({ "path": path, "digest": Digest::of_bytes(bytes), "bytes": bytes.len() });
    manifest["parts"].as_array_mut().expect("parts").push(part);
}

#[test]
fn a_bundle_that_is_signed_and_wrong_is_refused_with_the_reason() {
    assert_eq!(forged(|_, _| {}), "it was taken");
    let why = forged(|manifest, _| manifest["format"] = json!(2));
    assert_eq!(why, "the bundle has format 2, and this version knows up to 1: use a newer version");
    let why = forged(|_, parts| drop(parts.insert("../../etc/passwd".into(), b"x".to_vec())));
    assert!(why.contains("\"../../etc/passwd\" is not listed"), "{why}");
    let why = forged(|manifest, parts| {
        list(manifest, "../evil", b"x");
        parts.insert("../evil".into(), b"x".to_vec());
    });
    assert!(why.contains("\"../evil\" is not listed"), "{why}");
    let why = forged(|_, parts| drop(parts.remove("documents/event.jsonl")));
    assert!(why.contains("listed in manifest.json and is not in the file"), "{why}");
    let why = forged(|_, parts| parts.values_mut().for_each(|bytes| bytes.push(b'\n')));
    assert!(why.contains("does not match manifest.json: expected"), "{why}");
    let why = forged(|manifest, _| manifest["counts"]["event"] = json!(2));
    assert!(why.contains("does not match"), "{why}");
    let why = forged(|manifest, parts| {
        let newer = json!({ "key": "run/1", "kind": "run", "schema": 99, "body": {} }).to_string();
        list(manifest, "documents/run.jsonl", newer.as_bytes());
        parts.insert("documents/run.jsonl".into(), newer.into_bytes());
    });
    assert!(why.starts_with("run/1 has schema 99"), "{why}");
    let why = forged(|manifest, parts| {
        let body = serde_json::to_value(event(1, "first")).expect("JSON");
        let other = json!({ "key": "event/other/00000001", "kind": "event", "schema": 1, "body": body }).to_string();
        manifest["parts"] = json!([]);
        list(manifest, "documents/event.jsonl", other.as_bytes());
        parts.insert("documents/event.jsonl".into(), other.into_bytes());
    });
    assert!(why.contains("line 1") && why.contains("its content is that of event/home-win/00000001"), "{why}");
    let why = forged(|manifest, parts| {
        let path = format!("artifacts/{}", Digest::of_bytes(b"x").hex());
        list(manifest, &path, b"x");
        parts.insert(path, b"x".to_vec());
    });
    assert!(why.contains("is not listed"), "a file that no run names: {why}");
}

#[test]
fn another_key_is_refused_where_one_is_expected() {
    let other = Digest::of_bytes(b"another");
    let error = open(&bundle(), Some(other)).expect_err("another key");
    assert_eq!(error, BundleError::Key { found: fingerprint_of(&KEY), expected: other });
}

#[test]
fn a_file_that_is_no_bundle_says_so() {
    for bytes in [&b""[..], b"PK", b"{\"format\":1}", &bundle()[30..]] {
        assert!(open(bytes, None).is_err());
        assert!(!is_bundle(bytes));
    }
    let empty = packed(b"{}", b"", &BTreeMap::new()).expect("a zip");
    assert!(matches!(open(&empty, None), Err(BundleError::NoBundle(why)) if why.contains("manifest.json")));
}

#[test]
fn other_content_under_the_same_key_is_named_and_nothing_is_imported() {
    let opened = open(&bundle(), None).expect("a bundle");
    let store = Shelf::default();
    let puts = vec![document(&event(2, "another history")).expect("an event")];
    now(store.commit(Batch { base: Revision(0), puts, deletes: vec![] })).expect("a commit");
    let before = all(&store);
    let error = now(import(&store, &opened)).expect_err("other content");
    assert_eq!(error, BundleError::Conflict(vec!["event/home-win/00000002".to_owned()]));
    assert_eq!(all(&store), before);
}

#[test]
fn a_run_of_an_older_schema_is_the_same_run() {
    let mut older = document(&run("00ff", vec![])).expect("a run");
    older.schema = 1;
    older.body.as_object_mut().expect("a run").remove("artifacts");
    let bytes = export(std::slice::from_ref(&older), &signer()).expect("a bundle");
    let store = Shelf::with(3, [older]);
    let imported = now(import(&store, &open(&bytes, None).expect("a bundle"))).expect("an import");
    assert_eq!((imported.added.len(), imported.present), (0, 1));
}

#[test]
fn a_document_of_a_newer_schema_is_not_exported_in_half() {
    let mut newer = document(&run("00ff", vec![])).expect("a run");
    newer.schema = 99;
    assert!(matches!(export(&[newer], &signer()), Err(BundleError::Newer { found: 99, .. })));
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_registry_comes_back_and_goes_out_again_as_the_same_bytes(
            runs in btree_map("[0-9a-f]{4}", vec(("[a-z]{1,8}", vec(any::<u8>(), 0..40)), 0..4), 0..6),
            reasons in vec("\\PC{0,12}", 0..6),
            key in any::<[u8; 32]>(),
            name in "\\PC{0,12}",
        ) {
            let mut documents = Vec::new();
            for (id, files) in &runs {
                let (artifacts, blobs): (Vec<_>, Vec<_>) =
                    files.iter().map(|(path, bytes)| Blob::artifact(path, bytes)).unzip();
                documents.push(document(&run(id, artifacts)).expect("a run"));
                documents.extend(blobs.iter().map(|blob| document(blob).expect("a blob")));
            }
            let events = reasons.iter().zip(1..).map(|(reason, at)| document(&event(at, reason)).expect("an event"));
            let store = Shelf::with(1, documents.into_iter().chain(events));
            let signer = Signer { key: &key, name: &name, ..signer() };
            let bytes = export(&all(&store), &signer).expect("a bundle");
            let opened = open(&bytes, None).expect("its own bytes");
            prop_assert_eq!(&opened.documents, &all(&store));
            let other = Shelf::default();
            now(import(&other, &opened)).expect("an import");
            prop_assert_eq!(export(&all(&other), &signer).expect("a bundle"), bytes);
        }
    }
}
