//! Records of a JSON source: a list, an object around a list, or one value after another (JSON Lines).
//!
//! A record that keeps its contract is read straight from the text. Any other is cut out first, so that what is wrong
//! within one (`NaN`, `1e999`, a bad escape) is its own affair and the next one is read all the same.

use std::io;

use serde_json::Value;

use super::super::accept::{Accepted, Spare, string_end};
use super::super::record::Row;
use super::super::{Contract, contract};
use super::{RECORD_AT_MOST, Window};

/// How deep values may be nested, as serde_json allows.
const DEPTH_AT_MOST: usize = 127;

/// One record.
#[derive(Debug)]
pub enum Element<'w> {
    /// It keeps the contract.
    Row(&'w Row<'w>),
    /// It is to be checked.
    Value(Value),
    /// It is no JSON, for this reason; the text is there as far as it is one.
    Broken {
        /// The reason.
        reason: String,
        /// The text.
        text: String,
    },
}

/// What a source says, piece by piece.
pub trait Handler {
    /// A member of the object around the records, other than their list.
    fn member(&mut self, name: &str, value: Value);
    /// A record with its number, from 1; says whether to go on.
    fn element(&mut self, number: u64, element: Element<'_>) -> bool;
    /// Bytes taken so far, now and then.
    fn taken(&mut self, _bytes: u64) {}
}

/// Why a source cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The source said no.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The handler did not want more.
    #[error("cancelled")]
    Cancelled,
    /// The source ends in the middle.
    #[error("the end of the file in line {line}")]
    Truncated {
        /// The line where it ends.
        line: u64,
    },
    /// It is no JSON.
    #[error("line {line}: {reason}")]
    Syntax {
        /// The line.
        line: u64,
        /// What was expected and found.
        reason: String,
    },
    /// A value is larger than a record may be.
    #[error("the value that starts in line {line} has more than {} bytes", RECORD_AT_MOST)]
    TooLong {
        /// The line on which it starts.
        line: u64,
    },
    /// A value is nested too deeply.
    #[error("the value that starts in line {line} is nested more than {DEPTH_AT_MOST} deep")]
    TooDeep {
        /// The line on which it starts.
        line: u64,
    },
}

/// Reads a source to its end.
///
/// In an object at the top, the members named in `lists` hold records; where none are named, the object is a record
/// itself. A list at the top holds records.
///
/// # Errors
/// See [`JsonError`]. Records before the place of an error have been handed over.
pub fn read(
    window: &mut Window<'_>,
    contract: Option<&Contract>,
    lists: &[&str],
    handler: &mut dyn Handler,
) -> Result<(), JsonError> {
    let mut reader = Reader { window, contract, lists, handler, number: 0, spare: Spare::default() };
    while let Some(first) = reader.peek()? {
        match first {
            b'[' => reader.list()?,
            b'{' if !lists.is_empty() => reader.object()?,
            _ => reader.element()?,
        }
    }
    Ok(())
}

struct Reader<'r, 'a> {
    window: &'r mut Window<'a>,
    contract: Option<&'r contract::Contract>,
    lists: &'r [&'r str],
    handler: &'r mut dyn Handler,
    number: u64,
    spare: Spare,
}

/// A value cut out of the text.
enum Cut {
    Whole(usize),
    Short,
    TooDeep,
}

impl Reader<'_, '_> {
    /// The next byte that is no space; none at the end.
    fn peek(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            self.window.keep_ahead()?;
            let data = self.window.data();
            let spaces = data.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
            let next = data.get(spaces).copied();
            self.window.consume(spaces);
            if next.is_some() || !self.window.fill()? {
                return Ok(next);
            }
        }
    }

    fn want(&mut self, wanted: &str) -> Result<u8, JsonError> {
        let line = self.window.line();
        match self.peek()? {
            Some(byte) if wanted.as_bytes().contains(&byte) => {
                self.window.consume(1);
                Ok(byte)
            }
            Some(byte) => {
                let expected: Vec<String> = wanted.chars().map(|c| format!("{c:?}")).collect();
                let reason = format!("expected {}, found {:?}", expected.join(" or "), char::from(byte));
                Err(JsonError::Syntax { line: self.window.line(), reason })
            }
            None => Err(JsonError::Truncated { line }),
        }
    }

    fn list(&mut self) -> Result<(), JsonError> {
        self.want("[")?;
        if self.peek()? == Some(b']') {
            self.window.consume(1);
            return Ok(());
        }
        loop {
            self.element()?;
            if self.want(",]")? == b']' {
                return Ok(());
            }
        }
    }

    fn object(&mut self) -> Result<(), JsonError> {
        self.want("{")?;
        if self.peek()? == Some(b'}') {
            self.window.consume(1);
            return Ok(());
        }
        loop {
            let line = self.window.line();
            let name = match self.value()? {
                Ok(Value::String(name)) => name,
                Ok(other) => {
                    let reason = format!("expected a member's name, found {other}");
                    return Err(JsonError::Syntax { line, reason });
                }
                Err((reason, _)) => return Err(JsonError::Syntax { line, reason }),
            };
            self.want(":")?;
            if self.lists.contains(&name.as_str()) && self.peek()? == Some(b'[') {
                self.list()?;
            } else {
                match self.value()? {
                    Ok(value) => self.handler.member(&name, value),
                    Err((reason, _)) => return Err(JsonError::Syntax { line, reason }),
                }
            }
            if self.want(",}")? == b'}' {
                return Ok(());
            }
        }
    }

    fn element(&mut self) -> Result<(), JsonError> {
        if self.peek()?.is_none() {
            return Err(JsonError::Truncated { line: self.window.line() });
        }
        self.number += 1;
        let (number, mut more) = (self.number, true);
        if let Some(contract) = self.contract {
            loop {
                let taken = match contract.accept_in(self.window.data(), &mut self.spare) {
                    Accepted::Row(row, taken) => {
                        more = self.handler.element(number, Element::Row(&row));
                        self.spare.give(row);
                        taken
                    }
                    Accepted::Short => 0,
                    Accepted::No => break,
                };
                if taken > 0 {
                    self.window.consume(taken);
                    return self.after_element(more);
                }
                if !self.window.fill()? {
                    break;
                }
            }
        }
        let element = match self.value()? {
            Ok(value) => Element::Value(value),
            Err((reason, text)) => Element::Broken { reason, text },
        };
        more = self.handler.element(number, element);
        self.after_element(more)
    }

    fn after_element(&mut self, more: bool) -> Result<(), JsonError> {
        self.handler.taken(self.window.consumed());
        if more { Ok(()) } else { Err(JsonError::Cancelled) }
    }

    /// The next value, or why its text is none, with the text.
    fn value(&mut self) -> Result<Result<Value, (String, String)>, JsonError> {
        let Some(_) = self.peek()? else { return Err(JsonError::Truncated { line: self.window.line() }) };
        let line = self.window.line();
        let end = loop {
            match cut(self.window.data(), self.window.is_ended()) {
                Cut::Whole(end) if end <= RECORD_AT_MOST => break end,
                Cut::Whole(_) => return Err(JsonError::TooLong { line }),
                Cut::TooDeep => return Err(JsonError::TooDeep { line }),
                Cut::Short if self.window.is_ended() => return Err(JsonError::Truncated { line }),
                // That nothing more follows may be what was to be known: a number ends with the source.
                Cut::Short if !self.window.fill()? && !self.window.is_ended() => {
                    return Err(JsonError::TooLong { line });
                }
                Cut::Short => {}
            }
        };
        let text = &self.window.data()[..end];
        let value = serde_json::from_slice(text).map_err(|error| {
            let excerpt = String::from_utf8_lossy(&text[..text.len().min(400)]).into_owned();
            (error.to_string(), excerpt)
        });
        self.window.consume(end);
        Ok(value)
    }
}

/// Finds the end of the value that starts at the first byte, by its strings and brackets alone.
fn cut(text: &[u8], is_all: bool) -> Cut {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => match string_end(&text[at + 1..]) {
                Some(length) => at += length,
                None => return Cut::Short,
            },
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_AT_MOST {
                    return Cut::TooDeep;
                }
            }
            // A bracket that nothing opened ends a value of which it is no part.
            b'}' | b']' if depth == 0 => return Cut::Whole(at.max(1)),
            b'}' | b']' => depth -= 1,
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return Cut::Whole(at.max(1)),
            // A number or a word, the end of which is to be seen.
            _ if depth == 0 => {
                at += 1;
                continue;
            }
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Cut::Whole(at);
        }
    }
    if is_all && depth == 0 && at > 0 { Cut::Whole(at) } else { Cut::Short }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept {
        members: Vec<(String, Value)>,
        elements: Vec<Result<Value, String>>,
    }

    impl Handler for Kept {
        fn member(&mut self, name: &str, value: Value) {
            self.members.push((name.to_owned(), value));
        }

        fn element(&mut self, number: u64, element: Element<'_>) -> bool {
            assert_eq!(number as usize, self.elements.len() + 1);
            self.elements.push(match element {
                Element::Value(value) => Ok(value),
                Element::Broken { reason, .. } => Err(reason),
                Element::Row(_) => panic!("no contract was given"),
            });
            true
        }
    }

    fn read_all(text: &[u8], lists: &[&str]) -> (Kept, Result<(), String>) {
        let mut kept = Kept::default();
        let mut input = text;
        let mut window = Window::open(&mut input, false).unwrap();
        let done = read(&mut window, None, lists, &mut kept).map_err(|error| error.to_string());
        (kept, done)
    }

    #[test]
    fn records_are_found_in_lists_objects_and_lines() {
        for (text, lists) in [
            (r#" [ {"a":"]}"} , 2,"x\"]" ] "#, &[][..]),
            ("{\"a\":\"]}\"}\n2\r\n\"x\\\"]\"", &[]),
            (r#"{"kind":"k","games":[{"a":"]}"},2,"x\"]"],"n":null}"#, &["games"]),
            (r#"{"games":[{"a":"]}"},2]} {"games":["x\"]"]}"#, &["games"]),
        ] {
            let (kept, done) = read_all(text.as_bytes(), lists);
            assert_eq!(done, Ok(()), "{text}");
            let expected = [serde_json::json!({"a": "]}"}), 2.into(), "x\"]".into()].map(Ok);
            assert_eq!(kept.elements, expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_within_a_record_does_not_lose_the_next() {
        let (kept, done) = read_all(br#"[{"a":NaN},{"a":1e999},{"a":"\q"},{"a" 1},{},01,{"a":1}]"#, &[]);
        assert_eq!(done, Ok(()));
        let fine: Vec<bool> = kept.elements.iter().map(Result::is_ok).collect();
        assert_eq!(fine, [false, false, false, false, true, false, true]);
    }

    #[test]
    fn what_is_wrong_between_records_ends_it() {
        for (text, expected) in [
            (&b"[1 2]"[..], "line 1: expected ',' or ']', found '2'"),
            (b"[1,\n2", "the end of the file in line 2"),
            (b"[{\"a\":", "the end of the file in line 1"),
            (b"[\"a", "the end of the file in line 1"),
            (b"{\"games\":[1],}", "line 1: EOF while parsing a value at line 1 column 0"),
        ] {
            let (_, done) = read_all(text, &["games"]);
            assert!(done.is_err(), "{}", String::from_utf8_lossy(text));
            if !expected.contains("EOF") {
                assert_eq!(done, Err(expected.to_owned()));
            }
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = "[".repeat(100_000);
        assert_eq!(
            read_all(format!("[{deep}").as_bytes(), &[]).1.unwrap_err(),
            "the value that starts in line 1 is nested more than 127 deep"
        );
        let mut input = io::Read::chain(&b"[\""[..], io::repeat(b'x'));
        let mut window = Window::open(&mut input, false).unwrap();
        let done = read(&mut window, None, &[], &mut Kept::default()).unwrap_err();
        assert_eq!(done.to_string(), "the value that starts in line 1 has more than 1048576 bytes");
    }

    proptest::proptest! {
        #[test]
        fn any_list_comes_through_whatever_the_pieces(values in proptest::collection::vec("[\\[\\]{}\", \\\\a\n]{0,12}", 0..8), cut in 1..9usize) {
            struct Pieces<'a>(&'a [u8], usize);
            impl io::Read for Pieces<'_> {
                fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                    let count = self.0.len().min(self.1).min(buffer.len());
                    buffer[..count].copy_from_slice(&self.0[..count]);
                    self.0 = &self.0[count..];
                    Ok(count)
                }
            }
            let list: Vec<Value> = values.iter().map(|text| serde_json::json!({ text: [text, 1, null] })).collect();
            let text = serde_json::to_string_pretty(&list).unwrap();
            let mut kept = Kept::default();
            let mut input = Pieces(text.as_bytes(), cut);
            let mut window = Window::open(&mut input, false).unwrap();
            read(&mut window, None, &[], &mut kept).unwrap();
            proptest::prop_assert_eq!(kept.elements, list.into_iter().map(Ok).collect::<Vec<_>>());
        }
    }
}
