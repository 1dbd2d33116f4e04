//! Documents that are read back: manifests and their chain, messages, the journal. What was read and is written again
//! reads the same.

use linelogic::adapters::journal;
use linelogic::base::Digest;
use linelogic::data::{Chain, ChainEntry, DataIndex, Lineage, Manifest};
use linelogic::ports::{Document, Revision};
use linelogic::protocol::{FromWorker, ToWorker, from_text, to_text};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::choice;

fn same_again<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(bytes).ok()?;
    let text = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(serde_json::to_string(&again).expect("and written"), text);
    Some(read)
}

pub fn documents(bytes: &[u8]) {
    let (kind, bytes) = choice(bytes, 4);
    match kind {
        0 => chain(bytes),
        1 => {
            if let Some(manifest) = same_again::<Manifest>(bytes) {
                assert_eq!(manifest.seal(), manifest.clone().seal());
                let mut chain = Chain::default();
                chain.record(manifest.clone());
                chain.record(manifest);
                assert_eq!(chain.verify(), [] as [String; 0]);
            }
        }
        2 => {
            if let Some(lineage) = same_again::<Lineage>(bytes) {
                for (records, inputs) in [(0, 0), (lineage.len() as u64, 0), (lineage.len() as u64, usize::MAX)] {
                    lineage.problem(records, inputs);
                }
            }
        }
        _ => _ = same_again::<DataIndex>(bytes),
    }
}

fn chain(bytes: &[u8]) {
    let Ok(mut chain) = Chain::parse(bytes) else { return };
    let lines = chain.to_lines().expect("a chain can be written");
    let again = Chain::parse(&lines).expect("and read");
    assert_eq!(again.to_lines().expect("and written"), lines);
    let problems = chain.verify();
    assert_eq!(again.verify(), problems);
    let entries: Vec<ChainEntry> = chain.entries().to_vec();
    for entry in &entries {
        let hex = entry.manifest.digest.hex();
        for reference in ["latest", "previous", &hex, &hex[..4], &entry.manifest.seal().hex(), "é", "sha256:"] {
            _ = chain.find(reference).map_err(|error| error.to_string());
        }
    }
    if let Some(entry) = entries.first() {
        chain.complete(&entry.manifest);
        chain.record(entry.manifest.clone());
        // A chain without a problem stays one.
        assert!(!problems.is_empty() || chain.verify().is_empty());
    }
}

pub fn protocol(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    fn travels<T: DeserializeOwned + Serialize>(text: &str) {
        let Ok(message) = from_text::<T>(text) else { return };
        let text = to_text(&message).expect("a message that was read can be written");
        let again: T = from_text(&text).expect("and read");
        assert_eq!(to_text(&again).expect("and written"), text);
    }
    travels::<ToWorker>(text);
    travels::<FromWorker>(text);
}

pub fn journal(bytes: &[u8]) {
    let (kind, bytes) = choice(bytes, 2);
    if kind == 0 {
        journal_as_it_is(bytes);
        return;
    }
    let mut lines = Vec::new();
    for commit in bytes.split(|byte| *byte == b'\n') {
        let digest = Digest::of_bytes(commit.trim_ascii());
        lines.extend_from_slice(format!("{{\"format\":1,\"digest\":\"{digest}\",\"commit\":").as_bytes());
        lines.extend_from_slice(commit);
        lines.extend_from_slice(b"}\n");
    }
    journal_as_it_is(&lines);
}

fn journal_as_it_is(bytes: &[u8]) {
    let Ok(read) = journal::parse(bytes) else { return };
    assert_eq!(read.whole + read.torn, bytes.len());
    // What counts is the same without the torn end.
    let again = journal::parse(&bytes[..read.whole]).expect("what was understood is understood again");
    assert_eq!((again.torn, again.revision, &again.documents), (0, read.revision, &read.documents));
    if read.revision > Revision(0) {
        let documents: Vec<Document> = read.documents.values().cloned().collect();
        let compacted = journal::compact(read.revision, &documents).expect("documents can be written");
        let again = journal::parse(compacted.as_bytes()).expect("a compacted journal can be read");
        assert_eq!((again.revision, again.documents), (read.revision, read.documents));
    }
}
