//! What MLflow leaves to Python: how values are shown in messages, and how lists and words are read.

use serde_json::Value;

/// `repr` of a text.
pub fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut shown = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if letter == quote => shown.extend(['\\', letter]),
            _ if letter.is_control() || letter.is_whitespace() && letter != ' ' => {
                shown.push_str(&match u32::from(letter) {
                    code @ 0..=0xff => format!("\\x{code:02x}"),
                    code => format!("\\u{code:04x}"),
                })
            }
            _ => shown.push(letter),
        }
    }
    shown.push(quote);
    shown
}

/// `repr` of bytes.
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut shown = format!("b{quote}");
    for byte in bytes {
        match *byte {
            b'\\' => shown.push_str("\\\\"),
            b'\n' => shown.push_str("\\n"),
            b'\r' => shown.push_str("\\r"),
            b'\t' => shown.push_str("\\t"),
            byte if byte as char == quote => shown.extend(['\\', quote]),
            byte @ 0x20..=0x7e => shown.push(byte as char),
            byte => shown.push_str(&format!("\\x{byte:02x}")),
        }
    }
    shown.push(quote);
    shown
}

/// `repr` of what JSON was read to.
pub fn repr_json(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => repr(text),
        Value::Array(values) => format!("[{}]", values.iter().map(repr_json).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| format!("{}: {}", repr(key), repr_json(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Words as `shlex.split` parts them; none where a quote is not closed.
pub fn shell_words(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(letters.next()?),
            '\'' | '"' => quoted(letter, &mut letters, word.get_or_insert_default())?,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Some(words)
}

fn quoted(quote: char, letters: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match letters.next()? {
            letter if letter == quote => return Some(()),
            '\\' if quote == '"' => match letters.next()? {
                next @ ('"' | '\\') => word.push(next),
                next => word.extend(['\\', next]),
            },
            letter => word.push(letter),
        }
    }
}

/// Why a list is not one of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoList {
    /// It is no list that Python reads.
    IllFormed,
    /// Nothing is in it.
    Empty,
    /// Something else is in it; all of it as `repr` shows it.
    NotText(String),
}

enum Item {
    Text(String),
    Other(String),
}

impl Item {
    fn repr(&self) -> String {
        match self {
            Item::Text(text) => repr(text),
            Item::Other(shown) => shown.clone(),
        }
    }
}

/// The texts of a bracketed list, read as `ast.literal_eval` reads a tuple of texts and numbers.
pub fn texts(list: &str) -> Result<Vec<String>, NoList> {
    let mut reader = Reader { rest: list.trim() };
    let items = reader.tuple().filter(|_| reader.rest.is_empty()).ok_or(NoList::IllFormed)?;
    if items.is_empty() {
        return Err(NoList::Empty);
    }
    let shown: Vec<String> = items.iter().map(Item::repr).collect();
    let texts = items.into_iter().map(|item| match item {
        Item::Text(text) => Some(text),
        Item::Other(_) => None,
    });
    let comma = if shown.len() == 1 { "," } else { "" };
    texts.collect::<Option<_>>().ok_or_else(|| NoList::NotText(format!("({}{comma})", shown.join(", "))))
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn eat(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        let found = self.rest.strip_prefix(mark);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn tuple(&mut self) -> Option<Vec<Item>> {
        if !self.eat('(') {
            return None;
        }
        let mut items = Vec::new();
        loop {
            if self.eat(')') {
                return Some(items);
            }
            items.push(self.item()?);
            if !self.eat(',') {
                return self.eat(')').then_some(items);
            }
        }
    }

    fn item(&mut self) -> Option<Item> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(['\'', '"']) {
            let mut text = String::new();
            // Texts side by side are one.
            while let Some(quote) = self.rest.trim_start().chars().next().filter(|next| matches!(next, '\'' | '"')) {
                self.eat(quote);
                self.text(quote, &mut text)?;
            }
            return Some(Item::Text(text));
        }
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-._".contains(letter));
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let known = matches!(number, "None" | "True" | "False") || number.parse::<f64>().is_ok();
        self.rest = rest;
        known.then(|| Item::Other(number.to_owned()))
    }

    fn text(&mut self, quote: char, text: &mut String) -> Option<()> {
        let mut letters = self.rest.chars();
        loop {
            match letters.next()? {
                '\n' => return None,
                letter if letter == quote => {
                    self.rest = letters.as_str();
                    return Some(());
                }
                '\\' => escape(&mut letters, text)?,
                letter => text.push(letter),
            }
        }
    }
}

/// What a backslash in a Python text stands for.
fn escape(letters: &mut std::str::Chars<'_>, text: &mut String) -> Option<()> {
    let letter = letters.next()?;
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let code = letters.as_str().get(..digits)?;
        text.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        *letters = letters.as_str()[digits..].chars();
        return Some(());
    }
    match letter {
        '\n' => {}
        '\\' | '\'' | '"' => text.push(letter),
        'a' => text.push('\u{7}'),
        'b' => text.push('\u{8}'),
        'f' => text.push('\u{c}'),
        'n' => text.push('\n'),
        'r' => text.push('\r'),
        't' => text.push('\t'),
        'v' => text.push('\u{b}'),
        _ => text.extend(['\\', letter]),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_python_shows_them() {
        assert_eq!(repr("it's"), "\"it's\"");
        assert_eq!(repr("'\"\n\u{a0}"), "'\\'\"\\n\\xa0'");
        assert_eq!(repr_bytes(b"{\"a\": \xff'"), "b'{\"a\": \\xff\\''");
        let json = serde_json::json!({"a": [1, null, true], "b": "x"});
        assert_eq!(repr_json(&json), "{'a': [1, None, True], 'b': 'x'}");
    }

    #[test]
    fn words_are_parted_as_a_shell_parts_them() {
        let words = |text| shell_words(text).map(|words| words.join("|"));
        assert_eq!(words("metrics.\"a b\" desc").as_deref(), Some("metrics.a b|desc"));
        assert_eq!(words(" a\\ b  'c\\'").as_deref(), Some("a b|c\\"));
        assert_eq!(words("a\"b"), None);
    }

    #[test]
    fn lists_are_read_as_python_reads_them() {
        let joined = |list| texts(list).map(|texts| texts.join("|"));
        assert_eq!(joined("('a', \"b'\" 'c',)").as_deref(), Ok("a|b'c"));
        assert_eq!(joined("('\\x41\\n\\d')").as_deref(), Ok("A\n\\d"));
        assert_eq!(joined("()"), Err(NoList::Empty));
        assert_eq!(joined("('a' b)"), Err(NoList::IllFormed));
        assert_eq!(joined("(1)"), Err(NoList::NotText("(1,)".into())));
        assert_eq!(joined("('a', 2)"), Err(NoList::NotText("('a', 2)".into())));
    }
}
