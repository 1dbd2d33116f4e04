//! A contract: what every record of a kind promises.
//!
//! It is declared once, as a Rust type with doc comments and bounds in attributes, and compiled from that type's JSON
//! Schema ([`Contract::declare`]). From the compiled form come the check of a record, the fast way in
//! ([`super::Accepted`]), the published schema, the ODCS document and the page that documents it.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::ContractRef;
use super::rule::Rule;
use crate::base::Date;

/// A contract: an id, a semantic version, and what a record holds.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Its id, such as `games`.
    pub id: &'static str,
    /// Its semantic version: major where a record that was fine no longer is.
    pub version: &'static str,
    /// What a record is.
    pub description: String,
    /// The fields that name a record among others.
    pub key: &'static [&'static str],
    /// What a record holds.
    pub shape: Arc<Shape>,
    /// Every value that is no object, in the order of declaration, with its path (`score.home`).
    pub leaves: Vec<Leaf>,
    /// What is checked beyond the fields.
    pub rules: &'static [&'static Rule],
    /// The JSON Schema that it was compiled from.
    pub schema: Value,
}

/// An object's fields, in the order of declaration.
#[derive(Debug, PartialEq)]
pub struct Shape {
    /// The declared type's name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// One field of an object.
#[derive(Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// The unit of its values, where they have one.
    pub unit: Option<String>,
    /// What values it takes.
    pub kind: Kind,
    /// Whether the value may be null.
    pub nullable: bool,
    /// Whether it must be there.
    pub required: bool,
    /// Position of its first leaf among the contract's leaves.
    pub leaf: usize,
}

/// A value that is no object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The way to it, with dots.
    pub path: String,
}

/// What values a field takes. Bounds are inclusive.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Text, by its length in characters and its pattern.
    Text {
        /// Least length.
        min_length: Option<usize>,
        /// Greatest length.
        max_length: Option<usize>,
        /// The pattern that it matches.
        pattern: Option<Pattern>,
    },
    /// A whole number.
    Integer {
        /// Least value.
        min: Option<i64>,
        /// Greatest value.
        max: Option<i64>,
    },
    /// A finite number.
    Number {
        /// Least value.
        min: Option<f64>,
        /// Greatest value.
        max: Option<f64>,
    },
    /// True or false.
    Flag,
    /// A day, written `YYYY-MM-DD`.
    Day {
        /// First day.
        min: Option<Date>,
        /// Last day.
        max: Option<Date>,
    },
    /// An instant with its zone, as RFC 3339 writes it.
    Instant,
    /// One of these texts.
    OneOf {
        /// All that are allowed, in the order of declaration.
        values: Vec<String>,
    },
    /// An object of its own.
    Object(Arc<Shape>),
    /// A list of values of one kind.
    List(Box<Kind>),
}

/// A regular expression of a contract, with the function that decides it.
///
/// Patterns are few and known, so that the site needs no engine for regular expressions; a test holds each function
/// against one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    /// The expression, as the schema prints it.
    pub expression: &'static str,
}

/// No control characters.
pub const PRINTABLE: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";
/// Three capital letters.
pub const THREE_CAPITALS: &str = r"^[A-Z]{3}$";

impl Pattern {
    /// A pattern by its expression; none where it is not one of the known.
    pub fn known(expression: &str) -> Option<Self> {
        [PRINTABLE, THREE_CAPITALS].into_iter().find(|known| *known == expression).map(|expression| Self { expression })
    }

    /// Whether a text matches.
    pub fn matches(self, text: &str) -> bool {
        match self.expression {
            PRINTABLE if text.is_ascii() => !text.bytes().any(|byte| matches!(byte, 0..=0x1f | 0x7f)),
            PRINTABLE => !text.chars().any(|c| matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}')),
            _ => text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.expression)
    }
}

impl Contract {
    /// Its id and version.
    pub fn reference(&self) -> ContractRef {
        ContractRef { id: self.id.to_owned(), version: self.version.to_owned() }
    }

    /// Where a leaf stands, by its path.
    pub fn leaf(&self, path: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf.path == path)
    }

    /// The field at a path, with whether it, and every object around it, must be there and not be null.
    pub fn field(&self, path: &str) -> Option<(&Field, bool)> {
        let mut shape = &*self.shape;
        let mut needed = true;
        let mut steps = path.split('.').peekable();
        while let Some(step) = steps.next() {
            let field = shape.field(step)?;
            needed &= field.required && !field.nullable;
            match (&field.kind, steps.peek()) {
                (_, None) => return Some((field, needed)),
                (Kind::Object(inner), Some(_)) => shape = inner,
                _ => return None,
            }
        }
        None
    }
}

impl Shape {
    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Kind {
    /// The types of the violations that a value of this kind can have, in the order in which they are looked for.
    ///
    /// They are Pydantic's. Those that end in `_parsing` or say a fraction are of texts of a table, but for days and
    /// instants, which are texts in JSON, too.
    pub fn error_types(&self) -> Vec<&'static str> {
        fn bounds<T>(mut types: Vec<&'static str>, min: &Option<T>, max: &Option<T>) -> Vec<&'static str> {
            types.extend(min.as_ref().map(|_| "greater_than_equal"));
            types.extend(max.as_ref().map(|_| "less_than_equal"));
            types
        }
        match self {
            Kind::Text { min_length, max_length, pattern } => {
                let mut types = vec!["string_type"];
                types.extend(min_length.map(|_| "string_too_short"));
                types.extend(max_length.map(|_| "string_too_long"));
                types.extend(pattern.map(|_| "string_pattern_mismatch"));
                types
            }
            Kind::Integer { min, max } => {
                let mut types = vec!["int_type", "int_parsing", "int_from_float"];
                // Beyond 64 bits a bound is broken, where there is one.
                types.extend((min.is_none() || max.is_none()).then_some("int_parsing_size"));
                bounds(types, min, max)
            }
            Kind::Number { min, max } => bounds(vec!["float_type", "float_parsing", "finite_number"], min, max),
            Kind::Flag => vec!["bool_type", "bool_parsing"],
            Kind::Day { min, max } => bounds(vec!["date_type", "date_parsing"], min, max),
            Kind::Instant => vec!["datetime_type", "datetime_parsing", "timezone_aware"],
            Kind::OneOf { .. } => vec!["literal_error"],
            Kind::Object(_) => vec!["model_type"],
            Kind::List(_) => vec!["list_type"],
        }
    }

    /// What is allowed, in a few words, for documentation.
    pub fn words(&self) -> String {
        fn range<T: fmt::Display>(what: &str, min: &Option<T>, max: &Option<T>) -> String {
            match (min, max) {
                (Some(min), Some(max)) => format!("{what} from {min} to {max}"),
                (Some(min), None) => format!("{what} of at least {min}"),
                (None, Some(max)) => format!("{what} of at most {max}"),
                (None, None) => what.to_owned(),
            }
        }
        match self {
            Kind::Text { min_length, max_length, pattern } => {
                let text = match (min_length, max_length) {
                    (Some(min), Some(max)) => format!("text of {min} to {max} characters"),
                    _ => "text".to_owned(),
                };
                match pattern.map(|pattern| pattern.expression) {
                    Some(PRINTABLE) => format!("{text}, none of them a control character"),
                    Some(THREE_CAPITALS) => "three capital letters".to_owned(),
                    _ => text,
                }
            }
            Kind::Integer { min, max } => range("whole number", min, max),
            Kind::Number { min, max } => range("number", min, max),
            Kind::Flag => "true or false".to_owned(),
            Kind::Day { min, max } => range("day, YYYY-MM-DD,", min, max),
            Kind::Instant => "instant with its zone, as in RFC 3339".to_owned(),
            Kind::OneOf { values } if values.len() > 8 => {
                format!("one of {} texts: {}", values.len(), values.join(", "))
            }
            Kind::OneOf { values } => values.join(", "),
            Kind::Object(shape) => format!("an object, {}", shape.name),
            Kind::List(kind) => format!("a list of {}", kind.words()),
        }
    }
}
