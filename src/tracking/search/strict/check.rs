//! `SearchUtils._get_value`, and the store's checks of comparators.

use super::identifier::{Key, set, without};
use super::python::{self, NoList};
use super::{Class, Field, FilterError, Kind, Range, Tree, Type};
use crate::tracking::search::filter::{Clause, Comparator, Condition, Test};

/// Comparisons whose comparators are not checked yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed(pub(super) Vec<Compared>);

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// What is compared.
    pub key: Key,
    /// How, as it was written.
    pub comparator: String,
    /// With what.
    pub asked: Asked,
    /// Where it is.
    pub at: Range<usize>,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Of `IS NULL`.
    Nothing,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    Texts(Vec<String>),
}

/// Reads the right side of a comparison.
pub fn value(tree: &Tree<'_>, key: &Key, part: usize) -> Result<Asked, FilterError> {
    let text = tree.value(part);
    let number = matches!(tree.kind(part), Kind::Token(Type::Integer | Type::Float));
    let quotable = tree.is(part, Type::SingleString) || tree.is_group(part, Class::Identifier);
    let list = tree.is_group(part, Class::Parenthesis);
    let error = |message: String| FilterError::at(tree.node(part).at.clone(), message);
    match &key.field {
        Field::Metric(_) if number => read_number(text).map_err(error),
        Field::Metric(_) => Err(error(format!("Expected numeric value type for metric. Found {text}"))),
        Field::Attribute(time) if time.is_time() => {
            let found = if number { read_number(text) } else { Err(String::new()) };
            found.map_err(|_| {
                let written = &key.written;
                error(format!("Expected numeric value type for numeric attribute: {written}. Found {text}"))
            })
        }
        _ if quotable => unquoted(text).map_err(error),
        Field::Param(_) | Field::Tag(_) => {
            let entity = key.entity();
            Err(error(format!("Expected a quoted string value for {entity} (e.g. 'my-value'). Got value {text}")))
        }
        Field::Attribute(_) if list && key.written != "run_id" => {
            Err(error("Only ['run_id'] attributes support comparison with a list of quoted string values.".to_owned()))
        }
        _ if list => read_list(text).map_err(error),
        Field::Attribute(_) => Err(error(format!("Expected a quoted string value for attributes. Got value {text}"))),
        Field::Dataset(_) => {
            Err(error(format!("Expected a quoted string value for dataset attributes. Got value {text}")))
        }
    }
}

fn read_number(text: &str) -> Result<Asked, String> {
    text.parse().map(Asked::Number).map_err(|_| format!("could not convert string to float: {}", python::repr(text)))
}

fn unquoted(text: &str) -> Result<Asked, String> {
    let inner = without("'\"", text);
    if inner.len() == text.len() {
        return Err(format!(
            "Parameter value is either not quoted or unidentified quote types used for string value {text}. Use either \
             single or double quotes."
        ));
    }
    Ok(Asked::Text(inner.to_owned()))
}

fn read_list(text: &str) -> Result<Asked, String> {
    python::texts(text).map(Asked::Texts).map_err(|error| match error {
        NoList::Empty => {
            "While parsing a list in the query, expected a non-empty list of string values, but got empty list".to_owned()
        }
        NoList::IllFormed => {
            "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list."
                .to_owned()
        }
        NoList::NotText(shown) => format!(
            "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type \
             in list: {shown}"
        ),
    })
}

impl Parsed {
    /// Checks comparators in the order of the clauses.
    pub fn checked(self) -> Result<Condition, FilterError> {
        let clauses = self.0.into_iter().map(|compared| compared.checked().map(Condition::Clause));
        clauses.collect::<Result<_, _>>().map(Condition::All)
    }
}

const NUMERIC: [&str; 6] = ["!=", "<", "<=", "=", ">", ">="];
const OF_PARAMS: [&str; 6] = ["!=", "=", "ILIKE", "IS NOT NULL", "IS NULL", "LIKE"];
const OF_TEXTS: [&str; 6] = ["!=", "=", "ILIKE", "IN", "LIKE", "NOT IN"];

impl Compared {
    fn checked(self) -> Result<Clause, FilterError> {
        let comparator = self.comparator.to_uppercase();
        // A quote is missing in MLflow's messages, and times are said to take what texts do.
        let (allowed, shown, closing) = match &self.key.field {
            Field::Metric(_) => (&NUMERIC, &NUMERIC, ""),
            Field::Param(_) => (&OF_PARAMS, &OF_PARAMS, "'"),
            Field::Tag(_) => (&OF_PARAMS, &OF_PARAMS, ""),
            Field::Attribute(time) if time.is_time() => (&NUMERIC, &OF_TEXTS, ""),
            Field::Attribute(_) => (&OF_TEXTS, &OF_TEXTS, "'"),
            Field::Dataset(_) => (&OF_TEXTS, &OF_TEXTS, ""),
        };
        if !allowed.contains(&comparator.as_str()) {
            let message = format!("Invalid comparator '{comparator}' not one of '{}{closing}", set(shown));
            return Err(FilterError::at(self.at, message));
        }
        let test = match (self.asked, comparator.as_str()) {
            (Asked::Nothing, comparator) => Test::Missing { not: comparator == "IS NOT NULL" },
            (Asked::Number(number), comparator) => match Comparator::of(comparator) {
                Some(comparator) => Test::Number(comparator, number),
                None => return Err(unfit(self.at, comparator, "a number")),
            },
            (Asked::Text(is), "=") => Test::Text { is, not: false },
            (Asked::Text(is), "!=") => Test::Text { is, not: true },
            (Asked::Text(pattern), "LIKE") => Test::Like { pattern, ignore_case: false, not: false },
            (Asked::Text(pattern), "ILIKE") => Test::Like { pattern, ignore_case: true, not: false },
            (Asked::Texts(of), "IN") => Test::TextIn { of, not: false },
            (Asked::Texts(of), "NOT IN") => Test::TextIn { of, not: true },
            (Asked::Text(_), comparator) => return Err(unfit(self.at, comparator, "a text")),
            (Asked::Texts(_), comparator) => return Err(unfit(self.at, comparator, "a list")),
        };
        Ok(Clause { field: self.key.field, test })
    }
}

/// MLflow lets these through, and its database refuses them.
fn unfit(at: Range<usize>, comparator: &str, what: &str) -> FilterError {
    FilterError::at(at, format!("'{comparator}' does not compare with {what}"))
}
