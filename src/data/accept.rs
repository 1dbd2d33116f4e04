//! The fast way in: a record that keeps its contract is read straight from the text, without a tree of values.
//!
//! It only ever says yes. Whatever it does not take, for whatever reason, goes the whole way through
//! [`Contract::check`], which is the judge; both read values by the same function. A property test holds one against
//! the other.
//!
//! A general reader of JSON does not know which name comes next; here the contract tells, so that a name costs one
//! comparison. Texts with escapes and numbers other than short whole ones are serde_json's to read.

use std::borrow::Cow;

use serde_json::Value;

use super::contract::{Contract, Field, Kind, Shape};
use super::record::{Cell, Encoding, Row};
use super::scalar::{self, Raw};

/// What the fast way says about the text at hand.
#[derive(Debug, PartialEq)]
pub enum Accepted<'r> {
    /// A row that keeps the contract, and how many bytes it took.
    Row(Row<'r>, usize),
    /// The text ends before the record does.
    Short,
    /// It must go the whole way.
    No,
}

impl Contract {
    /// Tries the record that starts at the first byte of a JSON text. What stands behind it is not looked at.
    pub fn accept<'r>(&self, text: &'r [u8]) -> Accepted<'r> {
        self.accept_in(text, &mut Spare::default())
    }

    /// As [`Contract::accept`], in the room of a row that is done with.
    pub(super) fn accept_in<'r>(&self, text: &'r [u8], spare: &mut Spare) -> Accepted<'r> {
        let mut cells = emptied(std::mem::take(&mut spare.0));
        cells.resize(self.leaves.len(), Cell::Null);
        let mut scanner = Scanner { text, at: 0 };
        match scanner.record(&self.shape, &mut cells) {
            Ok(()) => Accepted::Row(Row { cells }, scanner.at),
            Err(Stop::Short) => Accepted::Short,
            Err(Stop::No) => Accepted::No,
        }
    }
}

/// The room of a row that is done with, for the next one: an allocation less a record.
#[derive(Debug, Default)]
pub(super) struct Spare(Vec<Cell<'static>>);

impl Spare {
    /// Takes a row's room back.
    pub(super) fn give(&mut self, row: Row<'_>) {
        self.0 = emptied(row.cells);
    }
}

/// Cells without their values, and the same room for others: collecting into the same type stays in place.
fn emptied<'a>(mut cells: Vec<Cell<'_>>) -> Vec<Cell<'a>> {
    cells.clear();
    cells.into_iter().map(|_| Cell::Null).collect()
}

/// Why a record is not taken.
enum Stop {
    Short,
    No,
}

type Taken<T> = Result<T, Stop>;

/// A text, and how far it has been read.
struct Scanner<'r> {
    text: &'r [u8],
    at: usize,
}

impl<'r> Scanner<'r> {
    /// The next byte that is no space; it is not taken.
    fn peek(&mut self) -> Taken<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::Short),
            }
        }
    }

    fn want(&mut self, wanted: u8) -> Taken<()> {
        if self.peek()? != wanted {
            return Err(Stop::No);
        }
        self.at += 1;
        Ok(())
    }

    fn record(&mut self, shape: &Shape, cells: &mut [Cell<'r>]) -> Taken<()> {
        self.want(b'{')?;
        self.object(shape, cells)
    }

    /// An object, of which the first brace has been taken.
    fn object(&mut self, shape: &Shape, cells: &mut [Cell<'r>]) -> Taken<()> {
        // Where a field has been, its bit is set; 64 fields an object are plenty for this way.
        if shape.fields.len() > 64 {
            return Err(Stop::No);
        }
        let (mut seen, mut next) = (0u64, 0);
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                self.want(b'"')?;
                let at = self.name(shape, next)?;
                // Which of two values of the same name counts is for the judge to say.
                if seen & (1 << at) != 0 {
                    return Err(Stop::No);
                }
                seen |= 1 << at;
                next = at + 1;
                self.want(b':')?;
                self.value(&shape.fields[at], cells)?;
                match self.peek()? {
                    b',' => self.at += 1,
                    b'}' => break,
                    _ => return Err(Stop::No),
                }
            }
            self.at += 1;
        }
        if seen.count_ones() as usize == shape.fields.len() {
            return Ok(());
        }
        let lacks = |(at, field): (usize, &Field)| field.required && seen & (1 << at) == 0;
        if shape.fields.iter().enumerate().any(lacks) { Err(Stop::No) } else { Ok(()) }
    }

    /// Which field a name is. Fields mostly come in the order of declaration, so `next` is tried first.
    fn name(&mut self, shape: &Shape, next: usize) -> Taken<usize> {
        if let Some(field) = shape.fields.get(next) {
            let (name, rest) = (field.name.as_bytes(), &self.text[self.at..]);
            // Names are short: a call of a comparison costs more than the bytes.
            if rest.get(name.len()) == Some(&b'"') && rest.iter().zip(name).all(|(found, wanted)| found == wanted) {
                self.at += name.len() + 1;
                return Ok(next);
            }
        }
        let name = self.string()?;
        shape.fields.iter().position(|field| field.name == name).ok_or(Stop::No)
    }

    fn value(&mut self, field: &Field, cells: &mut [Cell<'r>]) -> Taken<()> {
        let raw = match self.peek()? {
            b'"' => {
                self.at += 1;
                Raw::Text(self.string()?)
            }
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("true", Raw::Flag(true))?,
            b'f' => self.word("false", Raw::Flag(false))?,
            b'n' => {
                self.word("null", Raw::Composite)?;
                return if field.nullable { Ok(()) } else { Err(Stop::No) };
            }
            b'{' => {
                let Kind::Object(shape) = &field.kind else { return Err(Stop::No) };
                self.at += 1;
                return self.object(shape, cells);
            }
            _ => return Err(Stop::No),
        };
        match scalar::read(&field.kind, raw, Encoding::Typed) {
            Ok(cell) => {
                cells[field.leaf] = cell;
                Ok(())
            }
            Err(_) => Err(Stop::No),
        }
    }

    fn word<T>(&mut self, word: &str, value: T) -> Taken<T> {
        let rest = &self.text[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(if word.as_bytes().starts_with(rest) { Stop::Short } else { Stop::No })
        }
    }

    /// A string, of which the first quotation mark has been taken.
    fn string(&mut self) -> Taken<Cow<'r, str>> {
        let rest = &self.text[self.at..];
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
        let length = rest.iter().position(is_special).ok_or(Stop::Short)?;
        match rest[length] {
            b'"' => {
                self.at += length + 1;
                std::str::from_utf8(&rest[..length]).map(Cow::Borrowed).map_err(|_| Stop::No)
            }
            b'\\' => {
                let length = string_end(rest).ok_or(Stop::Short)?;
                let text = serde_json::from_slice(&self.text[self.at - 1..self.at + length]);
                self.at += length;
                text.map(Cow::Owned).map_err(|_| Stop::No)
            }
            _ => Err(Stop::No),
        }
    }

    fn number(&mut self) -> Taken<Raw<'r>> {
        let rest = &self.text[self.at..];
        if let Some((whole, length)) = short_whole(rest) {
            self.at += length;
            return Ok(Raw::Integer(whole));
        }
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        // A record does not end with a number.
        let length = rest.iter().position(|byte| !is_part(byte)).ok_or(Stop::Short)?;
        self.at += length;
        match serde_json::from_slice(&rest[..length]) {
            Ok(Value::Number(number)) => Ok(Raw::of_number(&number)),
            _ => Err(Stop::No),
        }
    }
}

/// A whole number of at most 18 digits without a sign at the start of a text, and how many digits it has; none where it is
/// written in any other way, or its end is not to be seen.
fn short_whole(text: &[u8]) -> Option<(i64, usize)> {
    let (mut whole, mut length) = (0, 0);
    while let Some(digit @ b'0'..=b'9') = text.get(length) {
        if length == 18 {
            return None;
        }
        whole = whole * 10 + i64::from(digit - b'0');
        length += 1;
    }
    let is_plain = length == 1 || length > 1 && text[0] != b'0';
    let ends = matches!(text.get(length), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'));
    (is_plain && ends).then_some((whole, length))
}

/// The length of a string's rest with its closing quotation mark.
pub(super) fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[found] == b'"' {
            return Some(found + 1);
        }
        at = found + 2;
    }
}
