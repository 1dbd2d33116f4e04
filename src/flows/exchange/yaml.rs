//! `meta.yaml`: fields by name, each with a type that is asked for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::error::{ImportError, shown};
use crate::base::Instant;

/// Writes fields as YAML. Every text is quoted, so that no reader takes it for a number, a day or a truth value.
pub(super) fn write(fields: &impl Serialize) -> Result<Vec<u8>, String> {
    let text = serde_saphyr::to_string_with_options(fields, serde_saphyr::ser_options! { quote_all: true });
    text.map(String::into_bytes).map_err(|error| error.to_string())
}

/// The fields of a `meta.yaml`.
#[derive(Debug)]
pub(super) struct Meta {
    file: String,
    fields: BTreeMap<String, Value>,
}

impl Meta {
    /// Reads a file; it must be one mapping.
    pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Self, ImportError> {
        let text = utf8(file, bytes)?;
        let fields = serde_saphyr::from_str(text).map_err(|error| {
            let words = error.to_string();
            let first = words.lines().next().unwrap_or_default();
            let found = first.strip_prefix("error: ").unwrap_or(first).to_owned();
            content(file, None, "YAML with a value for each name", found)
        })?;
        Ok(Self { file: file.to_owned(), fields })
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, expected: &str) -> ImportError {
        let found = self.field(name).map_or_else(|| "nothing".to_owned(), |value| shown(&value.to_string()));
        content(&self.file, None, &format!("`{name}` to be {expected}"), found)
    }

    /// A text that need not be there. A number that was not quoted is taken as it reads.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, ImportError> {
        match self.field(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(name, "a text")),
        }
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<String, ImportError> {
        self.optional_text(name)?.ok_or_else(|| self.wrong(name, "a text"))
    }

    /// A whole number that need not be there.
    pub(super) fn optional_whole(&self, name: &str) -> Result<Option<i64>, ImportError> {
        let number = |value: &Value| value.as_i64().ok_or_else(|| self.wrong(name, "a whole number"));
        self.field(name).map(number).transpose()
    }

    /// Milliseconds since 1970 that need not be there.
    pub(super) fn optional_time(&self, name: &str) -> Result<Option<Instant>, ImportError> {
        let time = |at| time(at).ok_or_else(|| self.wrong(name, "milliseconds since 1970"));
        self.optional_whole(name)?.map(time).transpose()
    }

    /// Milliseconds since 1970.
    pub(super) fn time(&self, name: &str) -> Result<Instant, ImportError> {
        self.optional_time(name)?.ok_or_else(|| self.wrong(name, "milliseconds since 1970"))
    }

    /// One of several texts.
    pub(super) fn is(&self, name: &str, first: &str, other: &str) -> Result<bool, ImportError> {
        match self.optional_text(name)?.as_deref() {
            None => Ok(true),
            Some(text) if text == first => Ok(true),
            Some(text) if text == other => Ok(false),
            Some(_) => Err(self.wrong(name, &format!("{first} or {other}"))),
        }
    }

    /// A text that has to be a certain one.
    pub(super) fn must_be(&self, name: &str, wanted: &str) -> Result<(), ImportError> {
        if self.optional_text(name)?.as_deref() == Some(wanted) {
            Ok(())
        } else {
            Err(self.wrong(name, &format!("{wanted}, as its folder is named")))
        }
    }

    /// An error about a field of this file.
    pub(super) fn refuse(&self, name: &str, reason: &str) -> ImportError {
        content(&self.file, None, &format!("`{name}` that fits"), reason.to_owned())
    }
}

/// Milliseconds since 1970 as an instant, where they are not before it and a calendar reaches them.
pub(super) fn time(milliseconds: i64) -> Option<Instant> {
    (milliseconds >= 0).then(|| Instant::from_timestamp_millis(milliseconds)).flatten()
}

/// A file's text.
pub(super) fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, ImportError> {
    str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        content(file, None, "UTF-8", format!("other bytes at {at}"))
    })
}

/// An error about what a file holds.
pub(super) fn content(file: &str, line: Option<u64>, expected: &str, found: String) -> ImportError {
    ImportError::Content { file: file.to_owned(), line, expected: expected.to_owned(), found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_like_other_things_come_back_as_texts() {
        let texts = ["762431205896976686", "yes", "null", "2026-01-01", "12:30:45", "1e3", "", "~", "a\nb", "<b>", "é"];
        let fields: BTreeMap<String, &str> =
            texts.iter().enumerate().map(|(at, text)| (format!("f{at}"), *text)).collect();
        let written = write(&fields).unwrap();
        let shown = String::from_utf8(written.clone()).unwrap();
        assert!(shown.contains("f0: '762431205896976686'\n") && shown.contains("f1: 'yes'\n"), "{shown}");
        let meta = Meta::read("meta.yaml", &written).unwrap();
        for (name, text) in &fields {
            assert_eq!(meta.text(name).unwrap(), *text);
        }
    }

    #[test]
    fn a_field_of_another_kind_says_what_was_expected() {
        let meta = Meta::read("x/meta.yaml", b"start_time: soon\nname: [1]\nstage: <b>\nearly: -5\n").unwrap();
        let says = |error: ImportError| error.to_string();
        assert_eq!(
            says(meta.time("start_time").unwrap_err()),
            "x/meta.yaml: expected `start_time` to be a whole number, found \"\\\"soon\\\"\""
        );
        assert!(says(meta.text("name").unwrap_err()).contains("to be a text"));
        assert!(says(meta.text("gone").unwrap_err()).contains("found nothing"));
        assert!(says(meta.time("early").unwrap_err()).contains("milliseconds since 1970"));
        assert!(says(meta.is("stage", "active", "deleted").unwrap_err()).contains("active or deleted"));
        let damaged = says(Meta::read("m", b"a: [1").unwrap_err());
        assert!(damaged.starts_with("m: expected YAML") && damaged.contains("line 1 column 4"), "{damaged}");
        assert!(Meta::read("m", b"- x").is_err());
        assert!(says(Meta::read("m", &[0x61, 0xff]).unwrap_err()).contains("other bytes at 1"));
    }
}
