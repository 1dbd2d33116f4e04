//! The chain of manifests: every ingest in order, each naming the seal of the one before, so that none can be changed,
//! left out or put in unnoticed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Manifest;
use crate::base::{Digest, canonical_json};

/// What an ingest did to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// There is new content now: a revision.
    Written,
    /// The same content was there already: the ingest was recorded and nothing else was touched.
    Unchanged,
}

/// One link of the chain: the record of an ingest and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainEntry {
    /// What it did.
    pub change: Change,
    /// The manifest's seal; none in the first form of the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Digest>,
    /// Its record.
    #[serde(flatten)]
    pub manifest: Manifest,
}

/// Why a reference names no entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// It is neither a word that is known nor enough of a digest.
    #[error("expected latest, previous or at least {MIN_DIGITS} hexadecimal digits of a digest or a seal, found `{0}`")]
    Form(String),
    /// Nothing is called so.
    #[error("no manifest is called `{0}`: `linelogic manifest list` has those that are there")]
    Unknown(String),
    /// Several are called so.
    #[error("`{0}` is the start of several: {list}; give more digits", list = .1.join(", "))]
    Ambiguous(String, Vec<String>),
}

/// Hexadecimal digits that a reference must have at least.
const MIN_DIGITS: usize = 4;

/// A chain of manifests, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chain {
    entries: Vec<ChainEntry>,
}

impl Chain {
    /// A chain of these entries; whether they belong together is for [`Chain::verify`] to say.
    pub fn new(entries: Vec<ChainEntry>) -> Self {
        Self { entries }
    }

    /// Reads a chain from its lines, one entry a line.
    ///
    /// # Errors
    /// The first line that is no entry, in a clause that names it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let entries = lines.map(|(at, line)| {
            crate::base::json::from_slice(line)
                .map_err(|error| format!("line {}: expected a manifest: {error}", at + 1))
        });
        entries.collect::<Result<_, _>>().map(Self::new)
    }

    /// The chain as lines; [`Chain::parse`] reads them again.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn to_lines(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = Vec::new();
        for entry in &self.entries {
            bytes.extend(canonical_json(entry)?);
            bytes.push(b'\n');
        }
        Ok(bytes)
    }

    /// Every entry, the oldest first.
    pub fn entries(&self) -> &[ChainEntry] {
        &self.entries
    }

    /// The last entry.
    pub fn head(&self) -> Option<&ChainEntry> {
        self.entries.last()
    }

    /// The entries that brought content, the oldest first.
    pub fn revisions(&self) -> impl DoubleEndedIterator<Item = &ChainEntry> {
        self.entries.iter().filter(|entry| entry.change == Change::Written)
    }

    /// The entry whose content is the current one.
    pub fn current(&self) -> Option<&ChainEntry> {
        self.revisions().next_back()
    }

    /// Records an ingest: the same content as the current one is a no-op that leaves an entry, other content is a new
    /// revision. Gives the entry, with revision, `previous` and seal set.
    pub fn record(&mut self, manifest: Manifest) -> ChainEntry {
        let same = self.current().is_some_and(|current| current.manifest.same_content(&manifest));
        self.record_as(if same { Change::Unchanged } else { Change::Written }, manifest)
    }

    /// As [`Chain::record`], where the caller knows better what the ingest did: it may have mended damaged files, or keep
    /// every content and not the current one alone.
    pub fn record_as(&mut self, change: Change, mut manifest: Manifest) -> ChainEntry {
        let mut numbers = Revisions::default();
        self.entries.iter().for_each(|entry| _ = numbers.next(entry.change, &entry.manifest));
        manifest.revision = numbers.next(change, &manifest);
        manifest.previous = self.head().map(|entry| entry.manifest.seal());
        let entry = ChainEntry { change, seal: Some(manifest.seal()), manifest };
        self.entries.push(entry.clone());
        entry
    }

    /// Adds the entry of a revision that was committed and did not reach the chain, where it is the one that comes
    /// next. Says whether it did.
    pub fn complete(&mut self, committed: &Manifest) -> bool {
        let seal = committed.seal();
        let there = self.revisions().any(|entry| entry.manifest.seal() == seal);
        let next = committed.revision > 0 && committed.previous == self.head().map(|entry| entry.manifest.seal());
        if there || !next {
            return false;
        }
        self.entries.push(ChainEntry { change: Change::Written, seal: Some(seal), manifest: committed.clone() });
        true
    }

    /// Holds every entry against its seal and the one before it. Every problem is a sentence that names the entry,
    /// counted from 1 as its line; empty where all is well.
    pub fn verify(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut numbers = Revisions::default();
        let mut contents = BTreeSet::new();
        let mut before: Option<&ChainEntry> = None;
        for (at, entry) in self.entries.iter().enumerate() {
            let revision = numbers.next(entry.change, &entry.manifest);
            let mut tell = |problem: String| problems.push(format!("entry {}: {problem}", at + 1));
            link_problem(entry, before, revision).into_iter().for_each(&mut tell);
            match entry.change {
                Change::Written => _ = contents.insert(entry.manifest.digest),
                Change::Unchanged if contents.contains(&entry.manifest.digest) => {}
                Change::Unchanged => {
                    tell("it says that the content was there already, and no entry before it brought it".to_owned());
                }
            }
            before = Some(entry);
        }
        problems
    }

    /// The entry that a reference names: `latest` (the current content), `previous` (the content before it), or the
    /// first digits of a content's digest or of a manifest's seal. A content that came several times is its newest entry.
    ///
    /// # Errors
    /// [`RefError`] where it names none or more than one.
    pub fn find(&self, reference: &str) -> Result<&ChainEntry, RefError> {
        let unknown = || RefError::Unknown(reference.to_owned());
        match reference {
            "latest" => return self.current().ok_or_else(unknown),
            "previous" => return self.revisions().rev().nth(1).ok_or_else(unknown),
            _ => {}
        }
        let digits = reference.strip_prefix("sha256:").unwrap_or(reference).to_ascii_lowercase();
        if digits.len() < MIN_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(RefError::Form(reference.to_owned()));
        }
        let mut found: Vec<(&ChainEntry, String)> = Vec::new();
        // Newest first, and those that brought the content before those that found it there.
        let newest = self.revisions().rev().chain(self.entries.iter().rev().filter(|e| e.change == Change::Unchanged));
        for entry in newest {
            let (content, seal) = (entry.manifest.digest.hex(), entry.manifest.seal().hex());
            let known = found.iter().any(|(other, _)| {
                std::ptr::eq(*other, entry)
                    || content.starts_with(&digits) && other.manifest.same_content(&entry.manifest)
            });
            if seal.starts_with(&digits) {
                found.push((entry, format!("seal {} of {}", &seal[..12], entry.manifest.source)));
            } else if content.starts_with(&digits) && !known {
                found.push((entry, format!("digest {} of {}", &content[..12], entry.manifest.source)));
            }
        }
        match found.as_slice() {
            [] => Err(unknown()),
            [(entry, _)] => Ok(entry),
            several => {
                Err(RefError::Ambiguous(reference.to_owned(), several.iter().map(|(_, name)| name.clone()).collect()))
            }
        }
    }
}

/// Counts the contents of each source. The numbers are counted and not read, because the first form had none.
#[derive(Default)]
struct Revisions<'a> {
    known: BTreeMap<&'a str, Vec<(&'a Manifest, u32)>>,
}

impl<'a> Revisions<'a> {
    /// The number of this manifest, which comes next: the same content again keeps its source's number. What changed
    /// nothing has the number of the content that was there, however many came after it.
    fn next(&mut self, change: Change, manifest: &'a Manifest) -> u32 {
        let known = self.known.entry(&manifest.source).or_default();
        let of = |(other, number): &(&Manifest, u32)| other.same_content(manifest).then_some(*number);
        let there = match change {
            Change::Written => known.last().and_then(of),
            Change::Unchanged => known.iter().rev().find_map(of),
        };
        there.unwrap_or_else(|| {
            let number = known.last().map_or(0, |(_, last)| *last) + 1;
            known.push((manifest, number));
            number
        })
    }
}

fn link_problem(entry: &ChainEntry, before: Option<&ChainEntry>, revision: u32) -> Option<String> {
    let ChainEntry { seal, manifest, .. } = entry;
    let named = manifest.previous;
    let Some(seal) = seal else {
        // The first form of the chain: the link is the content's digest, and nothing seals the manifest itself.
        if before.is_some_and(|before| before.seal.is_some()) {
            return Some("it has no seal, and the entry before it has one".to_owned());
        }
        let follows = named == before.map(|before| before.manifest.digest);
        return (!follows).then(|| "it does not follow the entry before it".to_owned());
    };
    let found = manifest.seal();
    if found != *seal {
        return Some(format!("its manifest was changed: expected the seal {seal}, found {found}"));
    }
    let expected = before.map(|before| before.manifest.seal());
    if named != expected {
        let say = |digest: Option<Digest>| digest.map_or_else(|| "none".to_owned(), |digest| digest.short());
        return Some(format!("it follows the manifest {}, and the entry before it is {}", say(named), say(expected)));
    }
    (revision != manifest.revision)
        .then(|| format!("it is revision {revision} of {}, and it says {}", manifest.source, manifest.revision))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Instant;
    use crate::data::{ContractRef, SourceKind};

    fn manifest(source: &str, content: &str, at: i64) -> Manifest {
        Manifest {
            digest: Digest::of_bytes(content.as_bytes()),
            source: source.to_owned(),
            source_kind: SourceKind::Real,
            provider: "nba_games".to_owned(),
            revision: 0,
            parser: "nba_games/1".to_owned(),
            contracts: vec![ContractRef { id: "games".to_owned(), version: "1.0.0".to_owned() }],
            inputs: Vec::new(),
            requests: 0,
            rows_in: 1,
            accepted: 1,
            records: 1,
            quarantined: 0,
            released: 0,
            skipped: 0,
            first_day: None,
            last_day: None,
            ingested_at: Instant::from_timestamp(at, 0).unwrap(),
            previous: None,
        }
    }

    fn chain() -> Chain {
        let mut chain = Chain::default();
        for (at, (source, content)) in
            [("csv:a", "one"), ("csv:a", "one"), ("csv:b", "x"), ("csv:a", "two"), ("csv:a", "one")].iter().enumerate()
        {
            chain.record(manifest(source, content, at as i64));
        }
        chain
    }

    #[test]
    fn the_same_content_is_a_recorded_no_op_and_other_content_a_revision_of_its_source() {
        let chain = chain();
        let told: Vec<(Change, u32)> =
            chain.entries().iter().map(|entry| (entry.change, entry.manifest.revision)).collect();
        use Change::{Unchanged, Written};
        assert_eq!(told, [(Written, 1), (Unchanged, 1), (Written, 1), (Written, 2), (Written, 3)]);
        assert_eq!(chain.verify(), Vec::<String>::new());
        for pair in chain.entries().windows(2) {
            assert_eq!(pair[1].manifest.previous, Some(pair[0].manifest.seal()));
        }
    }

    #[test]
    fn where_every_content_is_kept_a_former_one_again_is_its_own_revision() {
        let mut chain = Chain::default();
        for (change, source, content) in [
            (Change::Written, "csv:a", "one"),
            (Change::Written, "csv:a", "two"),
            (Change::Unchanged, "csv:a", "one"),
            (Change::Unchanged, "csv:b", "two"),
            (Change::Written, "csv:a", "three"),
        ] {
            chain.record_as(change, manifest(source, content, 0));
        }
        let revisions: Vec<u32> = chain.entries().iter().map(|entry| entry.manifest.revision).collect();
        assert_eq!(revisions, [1, 2, 1, 1, 3]);
        assert_eq!(chain.verify(), Vec::<String>::new());
        chain.record_as(Change::Unchanged, manifest("csv:a", "never brought", 0));
        let problems = chain.verify();
        assert!(problems[0].starts_with("entry 6: it says that the content was there already"), "{problems:?}");
    }

    #[test]
    fn the_lines_read_back_as_the_chain() {
        let chain = chain();
        let lines = chain.to_lines().unwrap();
        assert_eq!(Chain::parse(&lines).unwrap(), chain);
        let cut = &lines[..lines.len() - 10];
        assert!(Chain::parse(cut).unwrap_err().starts_with("line 5: expected a manifest"));
    }

    #[test]
    fn any_changed_field_lost_entry_or_exchange_is_found() {
        let whole = chain().entries;
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at].manifest.accepted += 1;
            let problems = Chain::new(changed).verify();
            assert!(problems[0].starts_with(&format!("entry {}: its manifest was changed", at + 1)), "{problems:?}");
        }
        for at in 0..whole.len() - 1 {
            let mut lost = whole.clone();
            lost.remove(at);
            assert!(!Chain::new(lost).verify().is_empty(), "entry {at} was lost");
            let mut exchanged = whole.clone();
            exchanged.swap(at, at + 1);
            assert!(!Chain::new(exchanged).verify().is_empty(), "entry {at} was exchanged");
        }
        // Sealed anew it still does not fit what follows.
        let mut forged = whole;
        forged[2].manifest.accepted += 1;
        forged[2].seal = Some(forged[2].manifest.seal());
        let problems = Chain::new(forged).verify();
        assert!(problems[0].starts_with("entry 4: it follows the manifest"), "{problems:?}");
    }

    #[test]
    fn a_reference_is_a_word_or_the_start_of_a_digest_or_a_seal() {
        let chain = chain();
        let entries = chain.entries();
        assert_eq!(chain.find("latest").unwrap(), &entries[4]);
        assert_eq!(chain.find("previous").unwrap(), &entries[3]);
        let of_content = Digest::of_bytes(b"one");
        assert_eq!(chain.find(&of_content.short()).unwrap(), &entries[4], "the newest of the same content");
        assert_eq!(chain.find(&of_content.to_string()).unwrap(), &entries[4]);
        for entry in entries {
            let seal = entry.manifest.seal().hex();
            assert_eq!(chain.find(&seal[..10]).unwrap(), entry);
            assert_eq!(chain.find(&seal[..10].to_uppercase()).unwrap(), entry);
        }
        for wrong in ["", "abc", "newest", "zzzz"] {
            assert!(matches!(chain.find(wrong), Err(RefError::Form(_))), "{wrong}");
        }
        assert!(matches!(chain.find("0000000000"), Err(RefError::Unknown(_))));
        assert!(matches!(Chain::default().find("latest"), Err(RefError::Unknown(_))));
    }

    #[test]
    fn a_start_that_several_have_is_refused_with_all_of_them() {
        // Enough of them that two begin alike.
        let mut chain = Chain::default();
        for at in 0..700 {
            chain.record(manifest("csv:a", &format!("content {at}"), at));
        }
        let mut starts = std::collections::BTreeMap::<String, u32>::new();
        for entry in chain.entries() {
            *starts.entry(entry.manifest.digest.hex()[..4].to_owned()).or_default() += 1;
        }
        let (start, _) = starts.iter().find(|(_, count)| **count > 1).expect("two that begin alike");
        let Err(RefError::Ambiguous(_, candidates)) = chain.find(start) else { panic!("{start} is ambiguous") };
        assert!(candidates.len() > 1 && candidates.iter().any(|name| name.contains(start)), "{candidates:?}");
        let message = RefError::Ambiguous(start.clone(), candidates).to_string();
        assert!(message.contains("give more digits"), "{message}");
    }

    #[test]
    fn a_committed_revision_completes_the_chain_once() {
        let whole = chain();
        let last = whole.head().unwrap().manifest.clone();
        let mut torn = Chain::new(whole.entries()[..4].to_vec());
        assert!(torn.complete(&last));
        assert_eq!(torn, whole);
        assert!(!torn.complete(&last), "it is there already");
        let mut other = Chain::new(whole.entries()[..3].to_vec());
        assert!(!other.complete(&last), "it does not come next");
    }

    #[test]
    fn a_chain_of_the_first_form_is_valid_and_is_carried_on() {
        let mut entries = Vec::new();
        let mut previous = None;
        for (change, content, at) in
            [(Change::Written, "one", 0), (Change::Unchanged, "one", 1), (Change::Written, "two", 2)]
        {
            let manifest = Manifest { previous, ..manifest("csv:a", content, at) };
            previous = Some(manifest.digest);
            entries.push(ChainEntry { change, seal: None, manifest });
        }
        let mut chain = Chain::new(entries.clone());
        assert_eq!(chain.verify(), Vec::<String>::new());
        let entry = chain.record(manifest("csv:a", "three", 3));
        assert_eq!((entry.manifest.revision, entry.manifest.previous), (3, Some(entries[2].manifest.seal())));
        assert_eq!(chain.verify(), Vec::<String>::new());
        // What follows a sealed entry is sealed.
        entries[1].manifest.previous = None;
        assert_eq!(Chain::new(entries).verify(), ["entry 2: it does not follow the entry before it"]);
    }
}
