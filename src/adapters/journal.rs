//! The journal's text: what the file store appends to, what the site publishes, what a backup is.
//!
//! One line is one commit, a JSON object:
//!
//! ```json
//! {"format":1,"digest":"sha256:…","commit":{"revision":7,"puts":[…],"deletes":[…]}}
//! ```
//!
//! `digest` is over the bytes of `commit` as they stand in the line. A journal may start at any revision (a compacted
//! one is a single line that carries the revision it was made from); from there on each line's revision is the one
//! before plus 1. A last line without its line feed is one that was being written when the power went: if it does not
//! verify it is [`Journal::torn`] and does not count. Any other line that does not verify is an error that names it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::memory::State;
use crate::base::{Digest, json};
use crate::ports::{Batch, Document, Revision, StoreError};

/// Version of the line's form.
pub const FORMAT: u32 = 1;

#[derive(Deserialize)]
struct Line<'a> {
    format: u32,
    #[serde(default)]
    digest: Option<Digest>,
    #[serde(borrow)]
    commit: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Form {
    format: u32,
}

#[derive(Serialize)]
struct CommitOut<'a> {
    revision: Revision,
    puts: &'a [Document],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    deletes: &'a [String],
}

#[derive(Deserialize)]
pub(super) struct CommitIn {
    revision: Revision,
    puts: Vec<Document>,
    #[serde(default)]
    deletes: Vec<String>,
}

/// A journal that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    /// The revision after its last commit.
    pub revision: Revision,
    /// What it holds, by key.
    pub documents: BTreeMap<String, Document>,
    /// Bytes that were understood; what is behind them is torn.
    pub whole: usize,
    /// Whether the last line that counts lacks its line feed.
    pub unended: bool,
    /// Bytes of a torn last line, 0 if there is none.
    pub torn: usize,
}

/// Reads a journal from its start. An empty one is an empty store.
pub fn parse(bytes: &[u8]) -> Result<Journal, StoreError> {
    read(bytes, read_line)
}

/// As [`parse`], of bytes that have been held against a digest as a whole: those of the lines are not looked at.
pub fn parse_verified(bytes: &[u8]) -> Result<Journal, StoreError> {
    read(bytes, read_verified_line)
}

fn read(bytes: &[u8], read_line: ReadLine) -> Result<Journal, StoreError> {
    let mut state = State::default();
    let (whole, unended) = replay(&mut state, bytes, 0, read_line)?;
    Ok(Journal {
        revision: state.revision,
        documents: state.documents,
        whole,
        unended,
        torn: bytes.len().saturating_sub(whole),
    })
}

/// Reads a line by its number, and the revision before it if there is one.
type ReadLine = fn(&[u8], usize, Option<Revision>) -> Result<CommitIn, StoreError>;

/// Applies the lines of `bytes` to a state whose journal had `lines_before` lines. Gives the bytes understood, and
/// whether the last of them is not a line feed although a line ends there.
pub(super) fn replay(
    state: &mut State,
    bytes: &[u8],
    lines_before: usize,
    read_line: ReadLine,
) -> Result<(usize, bool), StoreError> {
    let mut at = 0;
    let mut number = lines_before;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = &rest[..end.unwrap_or(rest.len())];
        number += 1;
        let first = state.revision == Revision(0);
        let commit = match read_line(line, number, (!first).then_some(state.revision)) {
            Ok(commit) => commit,
            // Without its line feed it was never acknowledged to anybody.
            Err(StoreError::Damaged { .. }) if end.is_none() => return Ok((at, false)),
            Err(error) => return Err(error),
        };
        state.apply(commit.revision, commit.puts, &commit.deletes);
        match end {
            Some(end) => at += end + 1,
            None => return Ok((bytes.len(), true)),
        }
    }
    Ok((at, false))
}

/// A line that is held against its digest.
pub(super) fn read_line(line: &[u8], number: usize, previous: Option<Revision>) -> Result<CommitIn, StoreError> {
    let damaged = |reason: String| damaged(number, reason);
    let whole = serde_json::from_slice::<Line<'_>>(line);
    // Of a newer form only the number may be as we know it.
    let format = match &whole {
        Ok(line) => line.format,
        Err(_) => {
            let form = serde_json::from_slice::<Form>(line);
            form.map_err(|error| damaged(format!("expected a JSON object with a `format`: {error}")))?.format
        }
    };
    known(format, number)?;
    let line = whole.map_err(|error| damaged(error.to_string()))?;
    let (Some(expected), Some(raw)) = (line.digest, line.commit) else {
        return Err(damaged("expected `digest` and `commit`".to_owned()));
    };
    let found = Digest::of_bytes(raw.get().as_bytes());
    if found != expected {
        return Err(damaged(format!(
            "its content does not match its digest: expected {expected}, found {found}; restore the file from a backup"
        )));
    }
    let commit = json::from_slice(raw.get().as_bytes()).map_err(|error| damaged(error.to_string()))?;
    in_order(commit, number, previous)
}

fn read_verified_line(line: &[u8], number: usize, previous: Option<Revision>) -> Result<CommitIn, StoreError> {
    let damaged = |error: serde_json::Error| damaged(number, error.to_string());
    let mut line: Value = serde_json::from_slice(line).map_err(damaged)?;
    known(Form::deserialize(&line).map_err(damaged)?.format, number)?;
    in_order(serde_json::from_value(line["commit"].take()).map_err(damaged)?, number, previous)
}

fn damaged(number: usize, reason: String) -> StoreError {
    StoreError::Damaged { key: format!("journal line {number}"), reason }
}

/// Refuses a form that is newer than this version.
fn known(format: u32, number: usize) -> Result<(), StoreError> {
    if format > FORMAT {
        return Err(StoreError::ReadOnly(format!(
            "journal line {number} has format {format}, and this version knows formats up to {FORMAT}: use a newer version"
        )));
    }
    Ok(())
}

/// A commit that follows the one before.
fn in_order(commit: CommitIn, number: usize, previous: Option<Revision>) -> Result<CommitIn, StoreError> {
    let damaged = |reason: String| damaged(number, reason);
    match previous {
        Some(Revision(before)) if Some(commit.revision.0) != before.checked_add(1) => {
            let expected = u128::from(before) + 1;
            Err(damaged(format!("expected revision {expected}, found {}", commit.revision.0)))
        }
        None if commit.revision.0 == 0 => Err(damaged("expected a revision from 1 on, found 0".to_owned())),
        _ => Ok(commit),
    }
}

/// The line of one commit, with its line feed.
pub fn line(revision: Revision, batch: &Batch) -> Result<String, StoreError> {
    encode(revision, &batch.puts, &batch.deletes)
}

/// A journal of one line that holds exactly these documents, at this revision (at least 1).
pub fn compact(revision: Revision, documents: &[Document]) -> Result<String, StoreError> {
    encode(Revision(revision.0.max(1)), documents, &[])
}

fn encode(revision: Revision, puts: &[Document], deletes: &[String]) -> Result<String, StoreError> {
    let commit = json::to_string(&CommitOut { revision, puts, deletes })
        .map_err(|error| StoreError::Unavailable(format!("a commit cannot be written as JSON: {error}")))?;
    let digest = Digest::of_bytes(commit.as_bytes());
    Ok(format!("{{\"format\":{FORMAT},\"digest\":\"{digest}\",\"commit\":{commit}}}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(key: &str, body: serde_json::Value) -> Document {
        Document { key: key.to_owned(), kind: "note".to_owned(), schema: 1, body }
    }

    fn two_lines() -> String {
        let one = Batch { base: Revision(0), puts: vec![document("note/a", 1.into())], deletes: vec![] };
        let two =
            Batch { base: Revision(1), puts: vec![document("note/b", 0.1.into())], deletes: vec!["note/a".to_owned()] };
        [line(Revision(1), &one).unwrap(), line(Revision(2), &two).unwrap()].concat()
    }

    #[test]
    fn a_journal_reads_back_as_it_was_written() {
        let journal = parse(two_lines().as_bytes()).unwrap();
        assert_eq!(journal.revision, Revision(2));
        assert_eq!(journal.documents.keys().collect::<Vec<_>>(), ["note/b"]);
        assert_eq!((journal.torn, journal.unended), (0, false));
    }

    #[test]
    fn a_compacted_journal_is_one_line_with_the_same_content_and_revision() {
        let journal = parse(two_lines().as_bytes()).unwrap();
        let documents: Vec<Document> = journal.documents.values().cloned().collect();
        let compacted = compact(journal.revision, &documents).unwrap();
        assert_eq!(compacted.lines().count(), 1);
        let again = parse(compacted.as_bytes()).unwrap();
        assert_eq!((again.revision, again.documents), (journal.revision, journal.documents));
    }

    #[test]
    fn a_last_line_cut_at_any_byte_is_torn_and_the_rest_counts() {
        let text = two_lines();
        let first = text.find('\n').unwrap() + 1;
        for cut in first + 1..text.len() - 1 {
            let journal = parse(&text.as_bytes()[..cut]).unwrap();
            assert_eq!(
                (journal.revision, journal.whole, journal.torn),
                (Revision(1), first, cut - first),
                "cut at {cut}"
            );
        }
        let without_line_feed = parse(&text.as_bytes()[..text.len() - 1]).unwrap();
        assert_eq!((without_line_feed.revision, without_line_feed.unended), (Revision(2), true));
    }

    #[test]
    fn any_changed_byte_of_a_line_in_the_middle_is_an_error_that_names_it() {
        let text = two_lines();
        let first = text.find('\n').unwrap();
        for at in 0..first {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 0x02;
            let error = parse(&bytes).unwrap_err();
            let told = error.to_string();
            assert!(told.contains("line 1") || told.contains("line 2"), "byte {at}: {told}");
        }
    }

    #[test]
    fn a_lost_line_is_an_error() {
        let three = line(Revision(3), &Batch { puts: vec![document("note/c", 1.into())], ..Batch::default() }).unwrap();
        let first = two_lines().lines().next().unwrap().to_owned();
        let error = parse(format!("{first}\n{three}").as_bytes()).unwrap_err();
        assert!(error.to_string().contains("expected revision 2, found 3"), "{error}");
    }

    #[test]
    fn a_newer_format_is_not_touched() {
        let newer = "{\"format\":2,\"records\":[]}\n";
        assert!(matches!(parse(newer.as_bytes()), Err(StoreError::ReadOnly(_))));
        assert!(matches!(parse_verified(newer.as_bytes()), Err(StoreError::ReadOnly(_))));
    }

    #[test]
    fn a_journal_that_was_verified_as_a_whole_reads_the_same_whatever_its_lines_say_of_themselves() {
        let text = two_lines();
        assert_eq!(parse_verified(text.as_bytes()), parse(text.as_bytes()));
        let other = text.replace("sha256:", "sha512:");
        assert_eq!(parse_verified(other.as_bytes()).unwrap().revision, Revision(2));
        for damaged in ["[]\n", "{\"format\":1}\n", "{\"format\":1,\"commit\":[]}\n"] {
            let error = parse_verified(damaged.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("journal line 1"), "{error}");
        }
        let lost = text.split_inclusive('\n').nth(1).unwrap().repeat(2);
        let error = parse_verified(lost.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("expected revision 3, found 2"), "{error}");
    }
}
