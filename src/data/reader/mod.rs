//! Sources read through a bounded window: whatever their size, and whatever they claim to be.
//!
//! [`Window`] holds a piece of the source and never more than [`RECORD_AT_MOST`] and a little; [`csv`] and [`json`] find
//! records in it. A record that is larger is refused, so a line of a gigabyte costs no more memory than any other.

pub mod csv;
pub mod json;

use std::io::{self, Read};

use memchr::memchr2_iter;
use sha2::{Digest as _, Sha256};

use crate::base::Digest;

/// Bytes that a record may have: a game has some 400.
pub const RECORD_AT_MOST: usize = 1 << 20;
/// Bytes that are read ahead.
const AHEAD: usize = 256 << 10;

/// A piece of a source, with what is known of all that went through it.
pub struct Window<'a> {
    input: &'a mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    consumed: u64,
    lines: u64,
    /// Whether the last byte taken was a carriage return: a line feed behind it ends no further line.
    returned: bool,
    hasher: Option<Sha256>,
    /// Bytes that are read ahead.
    ahead: usize,
}

impl<'a> Window<'a> {
    /// A window at the start of a source, with the first piece read.
    ///
    /// # Errors
    /// What the source says.
    pub fn open(input: &'a mut dyn Read, digest: bool) -> io::Result<Self> {
        Self::in_pieces(input, digest, AHEAD)
    }

    /// As [`Window::open`], reading so many bytes ahead. What is read does not depend on it; with a small number every
    /// record meets the end of the window, which is how the tests reach what happens there.
    ///
    /// # Errors
    /// What the source says.
    pub fn in_pieces(input: &'a mut dyn Read, digest: bool, ahead: usize) -> io::Result<Self> {
        let mut window = Self {
            input,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            ended: false,
            consumed: 0,
            lines: 0,
            returned: false,
            hasher: digest.then(Sha256::new),
            ahead: ahead.clamp(1, AHEAD),
        };
        window.fill()?;
        Ok(window)
    }

    /// What is at hand.
    pub fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.ended && self.start == self.end
    }

    /// Whether all that is left is at hand.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Bytes taken so far.
    pub fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The line of the first byte at hand, as an editor counts.
    pub fn line(&self) -> u64 {
        self.lines + 1
    }

    /// Takes bytes off the front.
    pub fn consume(&mut self, count: usize) {
        let taken = &self.buffer[self.start..self.start + count];
        for at in memchr2_iter(b'\n', b'\r', taken) {
            let after_return = if at == 0 { self.returned } else { taken[at - 1] == b'\r' };
            self.lines += u64::from(taken[at] == b'\r' || !after_return);
        }
        self.returned = taken.last().map_or(self.returned, |last| *last == b'\r');
        self.start += count;
        self.consumed += count as u64;
    }

    /// Reads on if little is at hand, so that few records are begun twice.
    ///
    /// # Errors
    /// What the source says.
    pub fn keep_ahead(&mut self) -> io::Result<()> {
        if self.end - self.start < self.ahead / 8 && !self.ended { self.fill().map(|_| ()) } else { Ok(()) }
    }

    /// Reads more, unless the source has ended or as much as a record may have is at hand already. Says whether there is
    /// more than before.
    ///
    /// # Errors
    /// What the source says.
    pub fn fill(&mut self) -> io::Result<bool> {
        if self.ended || self.end - self.start > RECORD_AT_MOST {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let before = self.end;
        if self.buffer.is_empty() {
            // Memory that comes as zeros need not be written: of a small source most of it is never touched.
            self.buffer = vec![0; self.ahead];
        } else {
            self.buffer.resize(self.end + self.ahead, 0);
        }
        while self.end - before < self.ahead.div_ceil(2) {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(count) => {
                    if let Some(hasher) = &mut self.hasher {
                        hasher.update(&self.buffer[self.end..self.end + count]);
                    }
                    self.end += count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.end > before)
    }

    /// Bytes and digest of the whole source. What was not looked at is read to its end, so that the digest is that of
    /// all of it; none where no digest was asked for.
    ///
    /// # Errors
    /// What the source says.
    pub fn finish(mut self) -> io::Result<(u64, Option<Digest>)> {
        while !self.ended {
            self.consumed += (self.end - self.start) as u64;
            self.start = self.end;
            self.fill()?;
        }
        self.consumed += (self.end - self.start) as u64;
        Ok((self.consumed, self.hasher.map(|hasher| Digest::from_bytes(hasher.finalize().into()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(7).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn all_bytes_go_through_and_are_digested_whatever_was_looked_at() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
        let mut input = Trickle(&bytes);
        let mut window = Window::open(&mut input, true).unwrap();
        window.consume(10);
        assert_eq!(window.finish().unwrap(), (1_000_000, Some(Digest::of_bytes(&bytes))));
    }

    #[test]
    fn no_more_than_a_record_and_a_piece_is_held() {
        let mut input = io::repeat(b'x');
        let mut window = Window::open(&mut input, false).unwrap();
        while window.fill().unwrap() {}
        assert!(window.data().len() <= RECORD_AT_MOST + AHEAD);
        assert!(window.buffer.capacity() <= 2 * (RECORD_AT_MOST + 2 * AHEAD));
    }

    #[test]
    fn lines_are_counted_as_they_are_taken() {
        let mut input: &[u8] = b"a\nb\r\nc";
        let mut window = Window::open(&mut input, false).unwrap();
        window.consume(3);
        assert_eq!((window.line(), window.consumed()), (2, 3));
        window.consume(2);
        assert_eq!(window.line(), 3);
    }

    #[test]
    fn a_line_ends_with_a_line_feed_a_carriage_return_or_both() {
        let text = b"a\n\nb\r\r\nc\r\nd\re";
        for piece in 1..text.len() {
            let mut input = &text[..];
            let mut window = Window::open(&mut input, false).unwrap();
            while !window.is_done() {
                window.consume(piece.min(window.data().len()));
            }
            assert_eq!(window.line(), 7, "in pieces of {piece}");
        }
    }
}
