//! Tokens of SQL, as sqlparse 0.6.1 cuts them: its regular expressions, tried in the same order at every place.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Type;
use crate::tracking::search::lexer::delimited;

/// A type of keyword by its upper-case word.
pub struct Keywords(BTreeMap<&'static str, Type>);

impl Keywords {
    /// sqlparse's dictionaries.
    pub fn new() -> Self {
        let mut words = BTreeMap::new();
        let mut kind = Type::Keyword;
        for line in include_str!("keywords.txt").lines() {
            match line.strip_prefix('[') {
                Some(name) => {
                    kind = match name.trim_end_matches(']') {
                        "Keyword" => Type::Keyword,
                        "Name" => Type::Name,
                        "Name.Builtin" => Type::Builtin,
                        "Operator" => Type::Operator,
                        // Data definition, manipulation and control, and WITH.
                        _ => Type::OtherKeyword,
                    }
                }
                None => words.extend(line.split(' ').map(|word| (word, kind))),
            }
        }
        Self(words)
    }

    fn of(&self, word: &str) -> Type {
        self.0.get(word.to_uppercase().as_str()).copied().unwrap_or(Type::Name)
    }
}

/// Every token with its place. Together they are the text.
pub fn tokens(text: &str) -> Vec<(Type, Range<usize>)> {
    let keywords = Keywords::new();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let here = Here { text, at, rest: &text[at..] };
        let (kind, length) = here.token(&keywords).unwrap_or((Type::Error, first.len_utf8()));
        tokens.push((kind, at..at + length));
        at += length;
    }
    tokens
}

/// `\w`.
fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// `[A-ZÀ-Ü]` without regard to case.
fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, 'À'..='Ü' | 'à'..='ü' | 'ſ' | '\u{212a}') && letter != '÷'
}

/// `\s`.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

struct Here<'a> {
    text: &'a str,
    at: usize,
    rest: &'a str,
}

type Found = Option<(Type, usize)>;

impl Here<'_> {
    fn token(&self, keywords: &Keywords) -> Found {
        self.span()
            .or_else(|| self.comment())
            .or_else(|| self.space())
            .or_else(|| self.quoted_name())
            .or_else(|| self.placeholder())
            .or_else(|| self.special_keyword())
            .or_else(|| self.name())
            .or_else(|| self.number())
            .or_else(|| self.string())
            .or_else(|| self.phrase())
            .or_else(|| self.word(keywords))
            .or_else(|| self.symbol())
    }

    /// The character before this place.
    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// How many bytes of the rest, from a place on, are characters of a kind.
    fn run(&self, from: usize, is: impl Fn(char) -> bool) -> usize {
        let rest = &self.rest[from..];
        rest.find(|letter| !is(letter)).unwrap_or(rest.len())
    }

    fn after(&self, from: usize) -> Option<char> {
        self.rest[from..].chars().next()
    }

    /// `/*…*/` and `$tag$…$tag$`.
    fn span(&self) -> Found {
        if self.rest.starts_with("/*") {
            let open = if self.rest.starts_with("/*+") { 3 } else { 2 };
            let close = self.rest[open..].find("*/")?;
            return Some((Type::Comment, open + close + 2));
        }
        let tag = self.rest.strip_prefix('$')?;
        if self.before().is_some_and(|letter| is_word(letter) || matches!(letter, '"' | '$')) {
            return None;
        }
        let name = self.run(1, is_word);
        let starts_well = tag.chars().next().is_some_and(|first| first == '$' || first == '_' || is_letter(first));
        let open = 2 + name;
        if !starts_well || !self.rest[1 + name..].starts_with('$') {
            return None;
        }
        let close = self.rest[open..].find(&self.rest[..open])?;
        Some((Type::Literal, open + close + open))
    }

    fn comment(&self) -> Found {
        if !self.rest.starts_with("--") && !self.rest.starts_with("# ") {
            return None;
        }
        let end = self.rest.find(['\r', '\n']);
        let end = end.map_or(self.rest.len(), |end| end + self.newline(end).unwrap_or(0));
        Some((Type::Comment, end))
    }

    fn newline(&self, from: usize) -> Option<usize> {
        let rest = &self.rest[from..];
        if rest.starts_with("\r\n") { Some(2) } else { rest.starts_with(['\r', '\n']).then_some(1) }
    }

    fn space(&self) -> Found {
        if let Some(length) = self.newline(0) {
            return Some((Type::Newline, length));
        }
        let first = self.after(0)?;
        if is_space(first) {
            return Some((Type::Whitespace, first.len_utf8()));
        }
        for (symbol, kind) in [(":=", Type::Assignment), ("::", Type::Punctuation), ("*", Type::Wildcard)] {
            if self.rest.starts_with(symbol) {
                return Some((kind, symbol.len()));
            }
        }
        None
    }

    fn quoted_name(&self) -> Found {
        if self.rest.starts_with('`') {
            return Some((Type::Name, delimited(self.text.as_bytes(), self.at, b'`', false)? - self.at));
        }
        // The acute accent has two bytes; a doubled one inside is a part of the name.
        let body = self.rest.strip_prefix('´')?;
        let mut end = None;
        let mut letters = body.char_indices().peekable();
        while let Some((place, letter)) = letters.next() {
            if letter == '´' {
                end = Some(place);
                if letters.next_if(|(_, next)| *next == '´').is_none() {
                    break;
                }
            }
        }
        end.map(|place| (Type::Name, place + 2 * '´'.len_utf8()))
    }

    fn placeholder(&self) -> Found {
        if self.rest.starts_with('?') {
            return Some((Type::Placeholder, 1));
        }
        if self.rest.starts_with('%') {
            if matches!(self.after(1), Some('s' | 'S')) {
                return Some((Type::Placeholder, 2));
            }
            if self.rest.starts_with("%(") {
                let end = 2 + self.run(2, is_word);
                let closes = end > 2 && self.rest[end..].to_ascii_lowercase().starts_with(")s");
                if closes {
                    return Some((Type::Placeholder, end + 2));
                }
            }
        }
        let length = self.rest.chars().next().map_or(0, char::len_utf8);
        let words = self.run(length, is_word);
        if words > 0 && self.rest.starts_with(['$', ':']) && !self.before().is_some_and(is_word) {
            return Some((Type::Placeholder, 1 + words));
        }
        (words > 0 && self.rest.starts_with('\\')).then_some((Type::Command, 1 + words))
    }

    /// Keywords that a bracket after them does not make functions.
    fn special_keyword(&self) -> Found {
        let length = self.run(0, is_word);
        let word = self.rest[..length].to_ascii_uppercase();
        ["CASE", "IN", "VALUES", "USING", "FROM", "AS"].contains(&word.as_str()).then_some((Type::Keyword, length))
    }

    fn name(&self) -> Found {
        for mark in ["@", "##", "#"] {
            if let Some(rest) = self.rest.strip_prefix(mark) {
                let length = self.run(mark.len(), is_word);
                if rest.starts_with(is_letter) && rest[..length].chars().count() > 1 {
                    return Some((Type::Name, mark.len() + length));
                }
            }
        }
        if !self.rest.starts_with(is_letter) {
            return None;
        }
        let length = self.run(0, is_word);
        let spaces = self.run(length, is_space);
        let mut after = self.rest[length + spaces..].chars();
        let dot = after.next() == Some('.') && !after.next().is_some_and(|next| next.is_ascii_digit());
        let named = dot || self.before() == Some('.') || self.after(length) == Some('(');
        named.then_some((Type::Name, length))
    }

    fn number(&self) -> Found {
        let sign = usize::from(self.rest.starts_with('-'));
        let digits = |from: usize| self.run(from, |letter| letter.is_ascii_digit());
        let bytes = self.rest.as_bytes();
        if self.rest[sign..].to_ascii_lowercase().starts_with("0x") {
            let hexadecimal = self.run(sign + 2, |letter| letter.is_ascii_hexdigit());
            if hexadecimal > 0 {
                return Some((Type::Hexadecimal, sign + 2 + hexadecimal));
            }
        }
        let whole = digits(sign);
        let end = sign + whole;
        let point = bytes.get(end) == Some(&b'.');
        let fraction = if point { digits(end + 1) } else { 0 };
        if whole > 0 {
            let mantissas = [(point && fraction > 0).then_some(end + 1 + fraction), Some(end)];
            for mantissa in mantissas.into_iter().flatten() {
                let from = mantissa + 1 + usize::from(bytes.get(mantissa + 1) == Some(&b'-'));
                if matches!(bytes.get(mantissa), Some(b'e' | b'E')) && from <= bytes.len() && digits(from) > 0 {
                    return Some((Type::Float, from + digits(from)));
                }
            }
        }
        let clear = |end: &usize| !self.after(*end).is_some_and(|next| next == '_' || is_letter(next));
        // A shorter number is taken where a letter follows the whole one.
        if point && whole + fraction > 0 {
            let least = if whole > 0 { end + 1 } else { end + 2 };
            if let Some(end) = (least..=end + 1 + fraction).rev().find(clear) {
                return Some((Type::Float, end));
            }
        }
        (sign + 1..=end).rev().find(clear).map(|end| (Type::Integer, end))
    }

    fn string(&self) -> Found {
        for (quote, kind) in [('\'', Type::SingleString), ('"', Type::SymbolString)] {
            if self.rest.starts_with(quote) {
                return Some((kind, delimited(self.text.as_bytes(), self.at, quote as u8, true)? - self.at));
            }
        }
        if self.rest.starts_with('[')
            && !self.before().is_some_and(|before| is_word(before) || matches!(before, ']' | ')'))
        {
            let inside = self.run(1, |letter| !matches!(letter, '[' | ']'));
            if inside > 0 && self.after(1 + inside) == Some(']') {
                return Some((Type::Name, inside + 2));
            }
        }
        None
    }

    /// Keywords of several words, and comparators that are words.
    fn phrase(&self) -> Found {
        PHRASES.iter().find_map(|(phrase, kind)| Some((*kind, self.says(phrase)?)))
    }

    /// How long a phrase is here: its words with spaces between them, where it ends with a word.
    fn says(&self, phrase: &str) -> Option<usize> {
        let mut end = 0;
        for (place, word) in phrase.split(' ').enumerate() {
            if place > 0 {
                let spaces = self.run(end, is_space);
                end += spaces;
                if spaces == 0 {
                    return None;
                }
            }
            if word == "9" {
                let digits = self.run(end, |letter| letter.is_ascii_digit());
                end += digits;
                if digits == 0 {
                    return None;
                }
            } else {
                let found = self.rest.get(end..end + word.len())?;
                end += word.len();
                if !found.eq_ignore_ascii_case(word) {
                    return None;
                }
            }
            if self.after(end).is_some_and(is_word) {
                return None;
            }
        }
        Some(end)
    }

    fn word(&self, keywords: &Keywords) -> Found {
        let first = self.after(0).filter(|first| is_word(*first))?;
        let length = first.len_utf8();
        let length = length + self.run(length, |letter| is_word(letter) || matches!(letter, '$' | '#'));
        Some((keywords.of(&self.rest[..length]), length))
    }

    fn symbol(&self) -> Found {
        let first = self.after(0)?;
        if ";:()[],.".contains(first) {
            return Some((Type::Punctuation, 1));
        }
        let operators = ["->>", "->", "#>>", "#>", "@>", "<@", "?|", "?&", "-", "#-"];
        if let Some(operator) = operators.into_iter().find(|operator| self.rest.starts_with(operator)) {
            return Some((Type::Operator, operator.len()));
        }
        let comparison = self.run(0, |letter| "<>=~!".contains(letter));
        if comparison > 0 {
            return Some((Type::Comparison, comparison));
        }
        let operator = self.run(0, |letter| "+/@#%^&|-".contains(letter));
        (operator > 0).then_some((Type::Operator, operator))
    }
}

/// In the order in which they are tried; `9` is any whole number.
const PHRASES: [(&str, Type); 48] = {
    use Type::{Builtin, Comparison, Keyword, Order, OtherKeyword};
    [
        ("LEFT INNER JOIN", Keyword),
        ("LEFT OUTER JOIN", Keyword),
        ("LEFT JOIN", Keyword),
        ("RIGHT INNER JOIN", Keyword),
        ("RIGHT OUTER JOIN", Keyword),
        ("RIGHT JOIN", Keyword),
        ("FULL INNER JOIN", Keyword),
        ("FULL OUTER JOIN", Keyword),
        ("FULL JOIN", Keyword),
        ("INNER JOIN", Keyword),
        ("OUTER JOIN", Keyword),
        ("CROSS JOIN", Keyword),
        ("NATURAL JOIN", Keyword),
        ("JOIN", Keyword),
        ("END IF", Keyword),
        ("END LOOP", Keyword),
        ("END WHILE", Keyword),
        ("END FOR", Keyword),
        ("END CASE", Keyword),
        ("END", Keyword),
        ("IF NOT EXISTS", Keyword),
        ("IF EXISTS", Keyword),
        ("NOT NULL", Keyword),
        ("ASC NULLS FIRST", Order),
        ("ASC NULLS LAST", Order),
        ("ASC", Order),
        ("DESC NULLS FIRST", Order),
        ("DESC NULLS LAST", Order),
        ("DESC", Order),
        ("NULLS FIRST", Order),
        ("NULLS LAST", Order),
        ("UNION ALL", Keyword),
        ("CREATE OR REPLACE", OtherKeyword),
        ("CREATE", OtherKeyword),
        ("DOUBLE PRECISION", Builtin),
        ("GROUP BY", Keyword),
        ("ORDER BY", Keyword),
        ("PRIMARY KEY", Keyword),
        ("HANDLER FOR", Keyword),
        ("GO 9", Keyword),
        ("NOT LIKE", Comparison),
        ("NOT ILIKE", Comparison),
        ("NOT RLIKE", Comparison),
        ("LIKE", Comparison),
        ("ILIKE", Comparison),
        ("RLIKE", Comparison),
        ("NOT REGEXP", Comparison),
        ("REGEXP", Comparison),
    ]
};
