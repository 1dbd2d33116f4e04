//! Words of the extended language.

use std::ops::Range;

use super::FilterError;

/// A word with its place in the filter, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub at: Range<usize>,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A name: of a value, or a keyword where nothing of it is quoted and it has no dot.
    Name {
        /// What stands before its first dot.
        entity: Option<String>,
        /// What stands after it, without quotes.
        key: String,
        /// Whether the key is in quotes or back-ticks.
        quoted: bool,
    },
    /// What stands in quotes, as it is: nothing in it is an escape.
    Text(String),
    /// A number without quotes.
    Number(f64),
    /// A comparator.
    Comparator(super::filter::Comparator),
    /// `(`, `)` or `,`.
    Mark(char),
}

impl Kind {
    /// Whether it is a keyword, in any case.
    pub fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self, Kind::Name { entity: None, key, quoted: false } if key.eq_ignore_ascii_case(keyword))
    }
}

/// The words of a filter.
///
/// # Errors
/// Where something is no word.
pub fn words(text: &str) -> Result<Vec<Word>, FilterError> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, end) = word(text, at, first)?;
        words.push(Word { kind, at: at..end });
        at = end;
    }
    Ok(words)
}

fn word(text: &str, at: usize, first: char) -> Result<(Kind, usize), FilterError> {
    match first {
        '(' | ')' | ',' => Ok((Kind::Mark(first), at + 1)),
        '\'' | '"' => {
            let end = closed(text, at, first)?;
            Ok((Kind::Text(text[at + 1..end - 1].to_owned()), end))
        }
        '<' | '>' | '=' | '!' => comparator(text, at),
        '`' => name(text, at),
        _ if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') => number(text, at),
        _ if is_bare(first) => name(text, at),
        _ => Err(FilterError::at(
            at..at + first.len_utf8(),
            format!("`{first}` cannot begin a word: expected a name, a value in quotes, a number or a comparator"),
        )),
    }
}

/// Whether a key with this character needs no back-ticks.
pub fn is_bare(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/' | '$')
}

fn closed(text: &str, at: usize, quote: char) -> Result<usize, FilterError> {
    delimited(text.as_bytes(), at, quote as u8, quote != '`').ok_or_else(|| {
        FilterError::at(at..text.len(), format!("nothing closes what {quote} opens: expected another {quote}"))
    })
}

fn comparator(text: &str, at: usize) -> Result<(Kind, usize), FilterError> {
    let length = text[at..].bytes().take_while(|byte| matches!(byte, b'<' | b'>' | b'=' | b'!')).count();
    let symbol = &text[at..at + length];
    let found = super::filter::Comparator::of(symbol).ok_or_else(|| {
        let hint = match symbol {
            "==" => " (did you mean `=`?)",
            "<>" => " (did you mean `!=`?)",
            _ => "",
        };
        FilterError::at(at..at + length, format!("`{symbol}` is no comparator{hint}: expected =, !=, <, <=, > or >="))
    })?;
    Ok((Kind::Comparator(found), at + length))
}

fn number(text: &str, at: usize) -> Result<(Kind, usize), FilterError> {
    let length = text[at..].find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '.' | '-' | '+' | '_'));
    let end = length.map_or(text.len(), |length| at + length);
    let found = &text[at..end];
    let value = super::evaluate::number(found).ok_or_else(|| {
        FilterError::at(
            at..end,
            format!("`{found}` is no number: expected one like 0.5, -3 or 1e-4, or quotes around it"),
        )
    })?;
    Ok((Kind::Number(value), end))
}

fn name(text: &str, at: usize) -> Result<(Kind, usize), FilterError> {
    let bare = |from: usize, dots: bool| {
        let end = text[from..].find(|letter: char| !is_bare(letter) && !(dots && letter == '.'));
        end.map_or(text.len(), |end| from + end)
    };
    if text[at..].starts_with('`') {
        let end = closed(text, at, '`')?;
        return Ok((Kind::Name { entity: None, key: text[at + 1..end - 1].to_owned(), quoted: true }, end));
    }
    let end = bare(at, false);
    let entity = &text[at..end];
    if !text[end..].starts_with('.') {
        return Ok((Kind::Name { entity: None, key: entity.to_owned(), quoted: false }, end));
    }
    let start = end + 1;
    let (key, end, quoted) = match text[start..].chars().next() {
        Some(quote @ ('`' | '"')) => {
            let end = closed(text, start, quote)?;
            (&text[start + 1..end - 1], end, true)
        }
        _ => {
            let end = bare(start, true);
            (&text[start..end], end, false)
        }
    };
    if key.is_empty() {
        return Err(FilterError::at(at..end, format!("`{entity}.` has no key: expected a name after the dot")));
    }
    Ok((Kind::Name { entity: Some(entity.to_owned()), key: key.to_owned(), quoted }, end))
}

/// Where what a quote opens is closed, in the way of sqlparse: a doubled quote, or one behind a backslash where these count,
/// closes only if no other quote does.
pub fn delimited(text: &[u8], at: usize, quote: u8, backslash: bool) -> Option<usize> {
    let body = &text[at + 1..];
    // The end of what is read from each place on, from the last place to the first.
    let mut ends: Vec<Option<usize>> = vec![None; body.len() + 2];
    for place in (0..body.len()).rev() {
        let next = body.get(place + 1).copied();
        ends[place] = if body[place] == quote {
            let pair = if next == Some(quote) { ends[place + 2] } else { None };
            pair.or(Some(place + 1))
        } else if backslash && body[place] == b'\\' && next == Some(quote) {
            ends[place + 2].or(ends[place + 1])
        } else {
            ends[place + 1]
        };
    }
    ends[0].map(|end| at + 1 + end)
}
