//! What could follow in the filter box, and where it is wrong.

use std::ops::Range;

use super::mode;
use crate::tracking::RunTable;
use crate::tracking::search::complete;

/// A way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What is put in.
    pub word: String,
    /// What it is, or how many runs have it.
    pub hint: String,
    /// The whole text with it.
    pub text: String,
    /// Where one goes on, in the units in which a browser counts: of UTF-16.
    pub cursor: usize,
}

impl Offer {
    /// Puts a word in the place of a part of a text. A word that ends with a space takes the place of the spaces behind it.
    fn of(text: &str, at: Range<usize>, word: &str, hint: String) -> Self {
        let after = &text[at.end..];
        let after = if word.ends_with(' ') { after.trim_start() } else { after };
        let start = format!("{}{word}", &text[..at.start]);
        let cursor = start.encode_utf16().count();
        Self { word: word.trim_end().to_owned(), hint, text: format!("{start}{after}"), cursor }
    }
}

/// The place in bytes of a place in units of UTF-16.
fn byte_of(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, letter) in text.char_indices() {
        if left < letter.len_utf16() {
            return at;
        }
        left -= letter.len_utf16();
    }
    text.len()
}

/// What could follow at a place, which a browser counts in units of UTF-16.
pub fn offers(text: &str, units: usize, table: &RunTable, strict: bool) -> Vec<Offer> {
    let offered = complete(text, byte_of(text, units), table, mode(strict));
    offered.into_iter().map(|offer| Offer::of(text, offer.replace, &offer.text, offer.hint)).collect()
}

/// A text before, at and after the place of an error; all of it where that is no single place. At its end the place is a
/// space of its own, so that it can be seen.
pub fn error_parts(text: &str, at: Option<Range<usize>>) -> (String, String, String) {
    let whole = 0..text.len();
    let at = at.unwrap_or(whole);
    let floor = |place: usize| (0..=place.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (floor(at.start), floor(at.end.max(at.start)));
    let end = if start == end { start + text[start..].chars().next().map_or(0, char::len_utf8) } else { end };
    let wrong = if start == end { "\u{a0}" } else { &text[start..end] };
    (text[..start].to_owned(), wrong.to_owned(), text[end..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, at: Option<Range<usize>>) -> (String, String, String) {
        error_parts(text, at)
    }

    #[test]
    fn the_place_of_an_error_is_cut_out_wherever_it_is() {
        let of = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(parts("a ? b", Some(2..3)), of("a ", "?", " b"));
        assert_eq!(parts("a >", Some(3..3)), of("a >", "\u{a0}", ""));
        assert_eq!(parts("a > b", Some(2..2)), of("a ", ">", " b"));
        assert_eq!(parts("é?", Some(1..2)), of("", "é", "?"), "a place within a letter is the letter's");
        assert_eq!(parts("ab", None), of("", "ab", ""));
        assert_eq!(parts("ab", Some(7..9)), of("ab", "\u{a0}", ""));
    }

    #[test]
    fn an_offer_takes_the_place_of_what_was_typed() {
        let offer = Offer::of("é AND met = 1", 7..10, "metrics.", String::new());
        assert_eq!((offer.text.as_str(), offer.cursor), ("é AND metrics. = 1", 14));
        let offer = Offer::of("metrics.lo  = 1", 8..10, "log_loss ", String::new());
        assert_eq!((offer.text.as_str(), offer.cursor), ("metrics.log_loss = 1", 17));
        assert_eq!(offer.word, "log_loss");
        assert_eq!(byte_of("é𝄞x", 3), 6);
        assert_eq!(byte_of("é", 9), 2);
    }

    #[test]
    fn names_of_the_runs_are_offered_where_a_name_can_stand() {
        let table = RunTable::new(&[super::super::sample::run("a", None, "1", Some(0.6))]);
        let offered = offers("metrics.lo", 10, &table, false);
        assert_eq!(offered[0].text, "metrics.log_loss ");
        assert_eq!(offers("params.C = ", 11, &table, true)[0].word, "'1'");
    }
}
