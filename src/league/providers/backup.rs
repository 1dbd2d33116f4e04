//! The back-up that this app itself exports: the journal of its store, with the games of the datasets in it.
//!
//! One line is one commit, `{"format":1,"digest":"sha256:…","commit":{"revision":…,"puts":[…],"deletes":[…]}}`; the
//! digest is over the bytes of `commit` as they stand. A back-up may hold several datasets: the games of the one that
//! was ingested last are read, the others are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::records::hand_on;
use super::table::{TOO_LONG, TRUNCATED};
use super::{About, File, Parsed, Provider, Sink, Start, Stop};
use crate::base::{Digest, Locus};
use crate::data::reader::Window;
use crate::data::reader::json::{self as json_reader, Element, Handler, JsonError};
use crate::data::{Rule, Scope, SourceKind, Violation};
use crate::league::games_contract;

const BACKUP_FORM: Rule =
    Rule::error("backup_form", Scope::Form, "conformity", "A back-up is the journal of a store, one commit a line.");
const BACKUP_DIGEST: Rule =
    Rule::error("backup_digest", Scope::Form, "accuracy", "A commit's digest is that of its bytes.");
const BACKUP_EMPTY: Rule =
    Rule::error("empty", Scope::Form, "completeness", "A back-up from which games are read has a dataset.");

/// Commits are as large as the datasets in them, so a back-up is held as a whole, up to this many bytes.
const BYTES_AT_MOST: usize = 64 << 20;
/// Newest form of a line that is read.
const FORMAT: u64 = 1;

#[derive(Deserialize)]
struct Line<'a> {
    format: u64,
    #[serde(default)]
    digest: Option<Digest>,
    #[serde(borrow, default)]
    commit: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    puts: Vec<Put<'a>>,
    #[serde(default)]
    deletes: Vec<String>,
}

#[derive(Deserialize)]
struct Put<'a> {
    key: String,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// The app's own back-up.
pub(super) struct Backup;

impl Provider for Backup {
    fn id(&self) -> &'static str {
        "backup"
    }

    fn version(&self) -> u32 {
        1
    }

    fn about(&self) -> About {
        About {
            title: "A back-up of this app",
            known_by: "the journal that it exports: lines of JSON with format, digest and commit",
        }
    }

    fn recognises(&self, start: &Start<'_>) -> bool {
        matches!(start, Start::Json { list: false, name: "format", .. })
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &[&BACKUP_FORM, &BACKUP_DIGEST, &BACKUP_EMPTY]
    }

    fn parse(&self, file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
        let mut file = file;
        let (locus, bytes) = (file.locus, whole(&mut file)?);
        let documents = documents(locus, &bytes)?;
        let (chosen, manifest) = newest(&documents).ok_or_else(|| {
            let msg = "A back-up should have a dataset: the games that its site publishes are not in it";
            Stop::from(Violation::of(&BACKUP_EMPTY, locus.clone(), Value::Null, msg))
        })?;
        let (mut number, chosen) = (0, format!("games/{chosen}/"));
        for (key, body) in documents.range("games/".to_owned().."games0".to_owned()) {
            let mut games = Games { locus, sink: &mut *sink, number, count: 0, read: key.starts_with(&chosen) };
            games.read_all(key, body)?;
            let Games { read, count, .. } = games;
            if read {
                number += count;
            } else if !sink.skip("games of older datasets", count) {
                return Err(Stop::Cancelled);
            }
        }
        let simulated = manifest.source_kind == "simulated";
        let source_kind = if simulated { SourceKind::Simulated } else { SourceKind::Real };
        let parser = format!("{}/{}", self.id(), self.version());
        Ok(Parsed { provider: self.id(), parser, scheme: "backup", source_kind, violations: Vec::new() })
    }
}

/// Games of one document, read one by one: a document can be as large as the file.
struct Games<'s> {
    locus: &'s Locus,
    sink: &'s mut dyn Sink,
    /// Games of the documents before.
    number: u64,
    count: u64,
    /// Whether they are read and not only counted.
    read: bool,
}

impl Games<'_> {
    fn read_all(&mut self, key: &str, body: &str) -> Result<(), Stop> {
        let done = match body.starts_with('[') {
            false => Err("expected a list of games".to_owned()),
            true => {
                let mut bytes = body.as_bytes();
                let mut window = Window::open(&mut bytes, false)?;
                match json_reader::read(&mut window, Some(games_contract()), &[], self) {
                    Err(JsonError::Cancelled) => return Err(Stop::Cancelled),
                    done => done.map_err(|error| error.to_string()),
                }
            }
        };
        done.map_err(|reason| {
            let msg = format!("Back-up should be the journal of a store; {key}: {reason}");
            Violation::of(&BACKUP_FORM, self.locus.clone(), Value::Null, msg).into()
        })
    }
}

impl Handler for Games<'_> {
    // Without named lists there are no members.
    fn member(&mut self, _: &str, _: Value) {}

    fn element(&mut self, number: u64, element: Element<'_>) -> bool {
        self.count = number;
        !self.read || hand_on(self.locus, self.number + number, element, self.sink)
    }
}

/// All bytes of the file.
fn whole(file: &mut File<'_, '_>) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    loop {
        let piece = file.window.data();
        let count = piece.len();
        bytes.extend_from_slice(piece);
        file.window.consume(count);
        if bytes.len() > BYTES_AT_MOST {
            let msg = "A back-up should have at most 64 MiB";
            return Err(Violation::of(&TOO_LONG, file.locus.clone(), json!("more than 64 MiB"), msg).into());
        }
        if !file.window.fill()? {
            return Ok(bytes);
        }
    }
}

fn malformed(locus: &Locus, what: &str, error: &serde_json::Error) -> Stop {
    let rule = if error.is_eof() { &TRUNCATED } else { &BACKUP_FORM };
    let msg = format!("Back-up should be the journal of a store; {what}: {error}");
    Violation::of(rule, locus.clone(), Value::Null, msg).into()
}

/// The documents after the last commit, each body as it stands.
fn documents<'a>(locus: &Locus, bytes: &'a [u8]) -> Result<BTreeMap<String, &'a str>, Stop> {
    let mut documents = BTreeMap::new();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let place = locus.at_row(number);
        let line: Line<'a> = serde_json::from_slice(line).map_err(|error| malformed(&place, "a commit", &error))?;
        if line.format > FORMAT {
            let msg = format!("Back-up should have the form {FORMAT}; a newer version of this app wrote it");
            return Err(Violation::of(&BACKUP_FORM, place, json!(line.format), msg).into());
        }
        let (Some(expected), Some(raw)) = (line.digest, line.commit) else {
            let msg = "A commit should have a digest and a commit";
            return Err(Violation::of(&BACKUP_FORM, place, Value::Null, msg).into());
        };
        let found = Digest::of_bytes(raw.get().as_bytes());
        if found != expected {
            let msg = format!("Commit should have the digest {expected}: it was changed or damaged");
            return Err(Violation::of(&BACKUP_DIGEST, place, json!(found.to_string()), msg).into());
        }
        let commit: Commit<'a> =
            serde_json::from_str(raw.get()).map_err(|error| malformed(&place, "a commit", &error))?;
        for put in commit.puts {
            documents.insert(put.key, put.body.get());
        }
        for key in commit.deletes {
            documents.remove(&key);
        }
    }
    Ok(documents)
}

/// What is read of a dataset's document.
#[derive(Deserialize)]
struct Dataset {
    manifest: Ingest,
}

/// What is read of a manifest.
#[derive(Deserialize)]
struct Ingest {
    ingested_at: String,
    #[serde(default)]
    source_kind: String,
}

/// Digest and manifest of the dataset that was ingested last.
fn newest(documents: &BTreeMap<String, &str>) -> Option<(String, Ingest)> {
    let datasets = documents.range("dataset/".to_owned().."dataset0".to_owned());
    datasets
        .filter_map(|(key, body)| {
            let Dataset { manifest } = serde_json::from_str(body).ok()?;
            Some((key.strip_prefix("dataset/")?.to_owned(), manifest))
        })
        .max_by(|a, b| (&a.1.ingested_at, &a.0).cmp(&(&b.1.ingested_at, &b.0)))
}
