//! The commits of the page that is killed, as the page makes them and as the test expects them: what a store holds is
//! known from its revision alone.

use linelogic::ports::{Batch, Document, Revision};
use serde_json::json;

/// How many documents each commit writes.
const DOCUMENTS: u64 = 8;
/// How many commits' documents are there at a time: each commit deletes those of an earlier one.
const KEPT: u64 = 3;

fn key(commit: u64, place: u64) -> String {
    format!("batch/{commit:08}/{place}")
}

/// The documents that a commit writes: its own, some small and some large, and one that every commit replaces.
fn documents(commit: u64) -> Vec<Document> {
    let document = |key: String, body| Document { key, kind: "batch".to_owned(), schema: 1, body };
    let own = (0..DOCUMENTS).map(|place| {
        let filler = "0123456789".repeat(20 * (1 + (commit * 7 + place * 13) % 100) as usize);
        document(key(commit, place), json!({ "commit": commit, "place": place, "filler": filler }))
    });
    own.chain([document("batch/last".to_owned(), json!({ "commit": commit }))]).collect()
}

/// The commit that follows a revision.
pub fn batch_after(base: u64) -> Batch {
    let deletes = match (base + 1).checked_sub(KEPT) {
        Some(old @ 1..) => (0..DOCUMENTS).map(|place| key(old, place)).collect(),
        _ => Vec::new(),
    };
    Batch { base: Revision(base), puts: documents(base + 1), deletes }
}

/// All that a store holds after so many commits, by key.
pub fn documents_at(revision: u64) -> Vec<Document> {
    let first = (revision + 1).saturating_sub(KEPT).max(1);
    let mut all: Vec<Document> = (first..=revision).flat_map(documents).collect();
    // Of the document that every commit replaces, the last one counts.
    let last = all.pop();
    all.retain(|document| document.key != "batch/last");
    all.extend(last);
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}
