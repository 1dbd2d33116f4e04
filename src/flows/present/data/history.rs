//! The history of ingests as a timeline: what each one was and which one it follows.

use std::collections::BTreeSet;

use super::super::{count, instant_text, plural, source_word};
use super::{Fact, contracts_text};
use crate::base::{Digest, Instant};
use crate::data::{ChainEntry, Change, Manifest};

/// One ingest of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingest {
    /// Its heading: the source and which content of it this is.
    pub title: String,
    /// When.
    pub at: Instant,
    /// `at` in words.
    pub when: String,
    /// What it did.
    pub did: &'static str,
    /// Whether it brought new content.
    pub written: bool,
    /// How many rows went where.
    pub rows: String,
    /// Provider, parser, contracts, games, content.
    pub facts: Vec<Fact>,
    /// The first digits of its seal.
    pub seal: String,
    /// The first digits of the seal that it follows; none where it is the first.
    pub follows: Option<String>,
    /// Whether the manifest that it follows is in the list.
    pub linked: bool,
}

/// A chain as a timeline, the newest first.
pub fn timeline(entries: &[ChainEntry]) -> Vec<Ingest> {
    let known: BTreeSet<String> = entries.iter().map(|entry| entry.manifest.seal().hex()).collect();
    entries.iter().rev().map(|entry| ingest(&entry.manifest, entry.change, &known)).collect()
}

/// The published manifests as a timeline, the newest first.
pub fn published_timeline(manifests: &[Manifest]) -> Vec<Ingest> {
    let known: BTreeSet<String> = manifests.iter().map(|manifest| manifest.seal().hex()).collect();
    let mut contents: BTreeSet<Digest> = BTreeSet::new();
    let mut list: Vec<Ingest> = Vec::new();
    for manifest in manifests {
        // The site tells the manifests without what they did: content that was there before has changed nothing.
        let change = if contents.insert(manifest.digest) { Change::Written } else { Change::Unchanged };
        list.push(ingest(manifest, change, &known));
    }
    list.reverse();
    list
}

fn ingest(manifest: &Manifest, change: Change, known: &BTreeSet<String>) -> Ingest {
    let title = match manifest.revision {
        0 => manifest.source.clone(),
        revision => format!("{}, revision {revision}", manifest.source),
    };
    Ingest {
        title,
        at: manifest.ingested_at,
        when: instant_text(manifest.ingested_at),
        did: match (change, manifest.released > 0) {
            (Change::Unchanged, _) => "The same content: nothing changed",
            (Change::Written, true) => "New content, with rows released from quarantine",
            (Change::Written, false) => "New content",
        },
        written: change == Change::Written,
        rows: rows(manifest),
        facts: facts(manifest),
        seal: manifest.seal().short(),
        follows: manifest.previous.map(|previous| previous.short()),
        linked: manifest.previous.is_some_and(|previous| known.contains(&previous.hex())),
    }
}

fn rows(manifest: &Manifest) -> String {
    let mut rows = format!(
        "{} read: {} accepted, {} in quarantine, {} passed over",
        plural(manifest.rows_in, "row"),
        count(manifest.accepted),
        count(manifest.quarantined),
        count(manifest.skipped)
    );
    if manifest.released > 0 {
        rows.push_str(&format!("; {} released", count(manifest.released)));
    }
    rows
}

fn facts(manifest: &Manifest) -> Vec<Fact> {
    let provider = if manifest.provider.is_empty() { "not recorded".to_owned() } else { manifest.provider.clone() };
    vec![
        ("Results", source_word(manifest.source_kind).to_owned()),
        ("Provider", format!("{provider}, read by {}", manifest.parser)),
        ("Contracts", contracts_text(manifest)),
        ("Games", count(manifest.records)),
        ("Content", manifest.digest.to_string()),
    ]
}

/// The answer to "does the history of this browser hold?".
pub fn verified_words(answer: &Result<usize, String>) -> String {
    match answer {
        Ok(0) => "In this browser there is nothing to verify yet: nothing was imported.".to_owned(),
        Ok(1) => "The chain of this browser holds: its one manifest has the seal that it was stored with.".to_owned(),
        Ok(n) => format!(
            "The chain of this browser holds: all {} manifests have the seals that they were stored with, each names the one before it, and every dataset here is one of them.",
            count(*n as u64)
        ),
        Err(problem) => problem.clone(),
    }
}

/// The answer to "does the published history hold?".
pub fn published_words(answer: &Result<usize, String>) -> String {
    match answer {
        Ok(n) => format!(
            "The published chain holds: {}, and the last content is that of the published data.",
            plural(*n as u64, "manifest")
        ),
        Err(problem) => problem.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::manifest;
    use super::*;
    use crate::data::Chain;

    fn chain() -> Chain {
        let mut chain = Chain::default();
        chain.record(manifest());
        chain.record(manifest());
        chain.record(Manifest { digest: Digest::of_bytes(b"y"), released: 2, ..manifest() });
        chain
    }

    #[test]
    fn the_newest_is_first_and_each_follows_the_one_below_it() {
        let chain = chain();
        let list = timeline(chain.entries());
        let titles: Vec<&str> = list.iter().map(|ingest| ingest.title.as_str()).collect();
        assert_eq!(titles, ["csv:games.csv, revision 2", "csv:games.csv, revision 1", "csv:games.csv, revision 1"]);
        for pair in list.windows(2) {
            assert_eq!((pair[0].follows.as_ref(), pair[0].linked), (Some(&pair[1].seal), true));
        }
        assert_eq!((list[2].follows.as_ref(), list[2].linked), (None, false));
        assert_eq!(list.iter().map(|ingest| ingest.written).collect::<Vec<_>>(), [true, false, true]);
        assert!(list[0].did.contains("released"));
    }

    #[test]
    fn the_rows_are_told_with_those_released() {
        let list = timeline(chain().entries());
        assert_eq!(list[2].rows, "1,235 rows read: 1,230 accepted, 2 in quarantine, 3 passed over");
        assert_eq!(list[0].rows, "1,235 rows read: 1,230 accepted, 2 in quarantine, 3 passed over; 2 released");
    }

    #[test]
    fn published_manifests_whose_content_was_there_changed_nothing() {
        let manifests: Vec<Manifest> = chain().entries().iter().map(|entry| entry.manifest.clone()).collect();
        let list = published_timeline(&manifests);
        assert_eq!(list.iter().map(|ingest| ingest.written).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(list, timeline(chain().entries()));
        // A chain of which the beginning is not there says so.
        assert!(!published_timeline(&manifests[1..])[1].linked);
    }

    #[test]
    fn the_answer_of_the_verification_is_clear() {
        assert!(verified_words(&Ok(0)).contains("nothing to verify"));
        assert!(verified_words(&Ok(1)).contains("its one manifest"));
        assert!(published_words(&Ok(1)).contains("holds: 1 manifest,"));
        assert_eq!(published_words(&Err("entry 1: no".into())), "entry 1: no");
        assert!(verified_words(&Ok(1_200)).contains("all 1,200 manifests"));
        assert_eq!(verified_words(&Err("entry 2 does not hold".into())), "entry 2 does not hold");
    }
}
