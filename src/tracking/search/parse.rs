//! The extended language: `OR`, `NOT`, parentheses, and more tests than MLflow has.

use std::ops::Range;

use super::FilterError;
use super::filter::{Attribute, Clause, Comparator, Condition, DatasetKey, Field, Test};
use super::lexer::{Kind, Word, words};
use crate::base::{Date, morning};

/// How deep conditions may be nested.
const DEPTH: usize = 100;

/// Reads a filter.
///
/// # Errors
/// Where it does not follow the grammar: the place, what was found and what was expected.
pub fn parse(text: &str) -> Result<Condition, FilterError> {
    let words = words(text)?;
    let mut parser = Parser { text, words: &words, next: 0 };
    if words.is_empty() {
        return Ok(Condition::All(Vec::new()));
    }
    let condition = parser.any(0)?;
    match parser.words.get(parser.next) {
        None => Ok(condition),
        Some(_) => Err(parser.expected("AND, OR or the end")),
    }
}

/// Reads `field [ASC|DESC]` with the keys that only the extended language takes.
///
/// # Errors
/// As for [`parse`].
pub fn parse_order(text: &str) -> Result<(Field, bool), FilterError> {
    let words = words(text)?;
    let mut parser = Parser { text, words: &words, next: 0 };
    let field = parser.field()?;
    let descending = parser.keyword("DESC");
    if !descending {
        parser.keyword("ASC");
    }
    match parser.words.get(parser.next) {
        None => Ok((field, !descending)),
        Some(_) => Err(parser.expected("ASC, DESC or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    words: &'a [Word],
    next: usize,
}

impl Parser<'_> {
    fn any(&mut self, depth: usize) -> Result<Condition, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword("OR") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Condition, FilterError> {
        let mut parts = vec![self.one(depth)?];
        while self.keyword("AND") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Condition, FilterError> {
        if depth > DEPTH {
            return Err(self.error(format!("conditions are nested more than {DEPTH} deep")));
        }
        if self.keyword("NOT") {
            return Ok(Condition::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.mark('(') {
            let inner = self.any(depth + 1)?;
            if !self.mark(')') {
                return Err(self.expected("AND, OR or `)`"));
            }
            return Ok(inner);
        }
        let field = self.field()?;
        let test = self.test(&field)?;
        Ok(Condition::Clause(Clause { field, test }))
    }

    fn field(&mut self) -> Result<Field, FilterError> {
        let Some(Word { kind: Kind::Name { entity, key, .. }, at }) = self.words.get(self.next) else {
            return Err(self.expected("a name like metrics.log_loss, params.c, tags.note or start_time"));
        };
        let field = named(entity.as_deref(), key).map_err(|message| FilterError::at(at.clone(), message))?;
        self.next += 1;
        Ok(field)
    }

    fn test(&mut self, field: &Field) -> Result<Test, FilterError> {
        if self.keyword("IS") {
            let not = self.keyword("NOT");
            return if self.keyword("NULL") { Ok(Test::Missing { not }) } else { Err(self.expected("NULL")) };
        }
        let not = self.keyword("NOT");
        if self.keyword("IN") {
            return self.list(field, not);
        }
        for (word, ignore_case) in [("LIKE", false), ("ILIKE", true)] {
            if self.keyword(word) {
                return Ok(Test::Like { pattern: self.pattern(field)?, ignore_case, not });
            }
        }
        match self.words.get(self.next) {
            Some(Word { kind: Kind::Comparator(comparator), at }) if !not => {
                self.next += 1;
                self.compare(field, *comparator, at)
            }
            _ if not => Err(self.expected("IN, LIKE or ILIKE after NOT")),
            _ => Err(self.expected(&format!("a comparator: {}", comparators(field).join(", ")))),
        }
    }

    fn compare(&mut self, field: &Field, comparator: Comparator, at: &Range<usize>) -> Result<Test, FilterError> {
        match self.value(field)? {
            Value::Number(number) => Ok(Test::Number(comparator, number)),
            Value::Text(is) => match comparator {
                Comparator::Equal => Ok(Test::Text { is, not: false }),
                Comparator::NotEqual => Ok(Test::Text { is, not: true }),
                _ if matches!(field, Field::Param(_) | Field::Tag(_)) => Err(FilterError::at(
                    at.clone(),
                    format!(
                        "`{comparator}` compares numbers and '{is}' is in quotes: expected a number without quotes"
                    ),
                )),
                _ => Err(FilterError::at(
                    at.clone(),
                    format!(
                        "`{comparator}` compares numbers and {} is a text: expected {}",
                        shown(field),
                        comparators(field).join(", ")
                    ),
                )),
            },
        }
    }

    fn list(&mut self, field: &Field, not: bool) -> Result<Test, FilterError> {
        if !self.mark('(') {
            return Err(self.expected("`(` and a list of values"));
        }
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        loop {
            let start = self.next;
            match self.value(field)? {
                Value::Number(number) => numbers.push(number),
                Value::Text(text) => texts.push(text),
            }
            if !numbers.is_empty() && !texts.is_empty() {
                self.next = start;
                return Err(self.error("a list has numbers or texts in quotes, not both".to_owned()));
            }
            if self.mark(')') {
                break;
            }
            if !self.mark(',') {
                return Err(self.expected("`,` or `)`"));
            }
        }
        Ok(if texts.is_empty() { Test::NumberIn { of: numbers, not } } else { Test::TextIn { of: texts, not } })
    }

    fn pattern(&mut self, field: &Field) -> Result<String, FilterError> {
        let number = matches!(field, Field::Metric(_)) || matches!(field, Field::Attribute(name) if name.is_time());
        if number {
            self.next -= 1;
            return Err(self.error(format!(
                "{} is a number: expected {}",
                shown(field),
                comparators(field).join(", ")
            )));
        }
        match self.words.get(self.next) {
            Some(Word { kind: Kind::Text(pattern), .. }) => {
                self.next += 1;
                Ok(pattern.clone())
            }
            _ => Err(self.expected("a pattern in quotes, like 'elo%'")),
        }
    }

    fn value(&mut self, field: &Field) -> Result<Value, FilterError> {
        let found = match self.words.get(self.next) {
            Some(Word { kind: Kind::Number(number), .. }) => Some(Value::Number(*number)),
            Some(Word { kind: Kind::Text(text), .. }) => Some(Value::Text(text.clone())),
            _ => None,
        };
        let value = match (field, found) {
            (Field::Param(_) | Field::Tag(_), Some(value)) => value,
            (Field::Param(_) | Field::Tag(_), None) => {
                return Err(self.expected("a text in quotes or a number without"));
            }
            (Field::Metric(_), Some(value @ Value::Number(_))) => value,
            (Field::Metric(_), _) => return Err(self.expected("a number without quotes")),
            (Field::Attribute(time), Some(value)) if time.is_time() => match value {
                Value::Number(_) => value,
                Value::Text(text) => Value::Number(milliseconds(&text).ok_or_else(|| self.expected(TIMES))?),
            },
            (Field::Attribute(time), None) if time.is_time() => return Err(self.expected(TIMES)),
            (_, Some(value @ Value::Text(_))) => value,
            _ => return Err(self.expected("a text in quotes")),
        };
        self.next += 1;
        Ok(value)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let is = self.words.get(self.next).is_some_and(|word| word.kind.is_keyword(keyword));
        self.next += usize::from(is);
        is
    }

    fn mark(&mut self, mark: char) -> bool {
        let is = self.words.get(self.next).is_some_and(|word| word.kind == Kind::Mark(mark));
        self.next += usize::from(is);
        is
    }

    fn error(&self, message: String) -> FilterError {
        let end = self.text.len();
        FilterError::at(self.words.get(self.next).map_or(end..end, |word| word.at.clone()), message)
    }

    fn expected(&self, what: &str) -> FilterError {
        let found = self.words.get(self.next).map(|word| &self.text[word.at.clone()]);
        match found {
            Some(found) => self.error(format!("found `{found}`: expected {what}")),
            None => self.error(format!("the filter ends here: expected {what}")),
        }
    }
}

const TIMES: &str = "milliseconds since 1970, or a date or time in quotes, like '2026-11-01' or '2026-11-01T18:30:00Z'";

enum Value {
    Number(f64),
    Text(String),
}

/// A date, from its first moment in UTC, or a time in RFC 3339, in milliseconds since 1970.
fn milliseconds(text: &str) -> Option<f64> {
    let day = text.parse::<Date>().ok().map(morning);
    let instant = day.or_else(|| chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()));
    instant.map(|instant| instant.timestamp_millis() as f64)
}

/// The comparators that fit a field.
pub fn comparators(field: &Field) -> &'static [&'static str] {
    match field {
        Field::Metric(_) => &["=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN", "IS NULL", "IS NOT NULL"],
        Field::Attribute(name) if name.is_time() => &["=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"],
        Field::Param(_) | Field::Tag(_) => &[
            "=",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "LIKE",
            "ILIKE",
            "NOT LIKE",
            "NOT ILIKE",
            "IN",
            "NOT IN",
            "IS NULL",
            "IS NOT NULL",
        ],
        Field::Attribute(_) | Field::Dataset(_) => {
            &["=", "!=", "LIKE", "ILIKE", "NOT LIKE", "NOT ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"]
        }
    }
}

/// A field as messages name it.
fn shown(field: &Field) -> String {
    match field {
        Field::Metric(key) => format!("metrics.{key}"),
        Field::Param(key) => format!("params.{key}"),
        Field::Tag(key) => format!("tags.{key}"),
        Field::Attribute(attribute) => attribute.name().to_owned(),
        Field::Dataset(key) => format!("datasets.{}", key.name()),
    }
}

/// What may stand before a dot.
const ENTITIES: [&str; 13] = [
    "attr",
    "attribute",
    "attributes",
    "dataset",
    "datasets",
    "metric",
    "metrics",
    "param",
    "parameter",
    "parameters",
    "params",
    "run",
    "tag",
];

/// The field of a name.
///
/// # Errors
/// Where it is none, in words.
pub fn named(entity: Option<&str>, key: &str) -> Result<Field, String> {
    match entity {
        None | Some("attribute" | "attributes" | "attr" | "run") => {
            Attribute::named(key).map(Field::Attribute).ok_or_else(|| {
                let names = Attribute::ALL.map(Attribute::name);
                let hint = nearest(key, &names).unwrap_or_default();
                let others = if entity.is_none() { ", or metrics., params. or tags. before a key" } else { "" };
                format!("no attribute is called `{key}`{hint}: expected {}{others}", names.join(", "))
            })
        }
        Some("metric" | "metrics") => Ok(Field::Metric(key.to_owned())),
        Some("param" | "params" | "parameter" | "parameters") => Ok(Field::Param(key.to_owned())),
        Some("tag" | "tags") => Ok(Field::Tag(key.to_owned())),
        Some("dataset" | "datasets") => DatasetKey::named(key).map(Field::Dataset).ok_or_else(|| {
            let names = DatasetKey::ALL.map(DatasetKey::name);
            let hint = nearest(key, &names).unwrap_or_default();
            format!("a dataset has no `{key}`{hint}: expected {}", names.join(", "))
        }),
        Some(entity) => {
            let hint = nearest(entity, &ENTITIES).unwrap_or_default();
            Err(format!("`{entity}` is no entity{hint}: expected metrics, params, tags, attributes or datasets"))
        }
    }
}

/// ` (did you mean …?)` where a name is near enough to be meant.
fn nearest(found: &str, names: &[&str]) -> Option<String> {
    let found = found.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&found, name);
    let name = names.iter().min_by_key(|name| distance(name))?;
    (distance(name) <= 1 + name.len() / 4).then(|| format!(" (did you mean `{name}`?)"))
}
