//! A contract in the words of the Open Data Contract Standard, version 3.1.0
//! (<https://bitol-io.github.io/open-data-contract-standard/v3.1.0/>).
//!
//! Bounds are options of a logical type, allowed texts and the key are checks of the standard's library, and what fields
//! cannot say are checks of our own engine: `linelogic validate` runs them by their names.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Severity;
use super::contract::{Contract, Field, Kind, Shape};
use super::rule::{Rule, Scope};

/// The version of the standard.
pub const API_VERSION: &str = "v3.1.0";

/// The engine that runs a contract's own rules.
const ENGINE: &str = "linelogic";

/// The rule that the key names a record; the standard has a check for it.
const DUPLICATE: &str = "duplicate_id";

/// A data contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DataContract {
    api_version: &'static str,
    kind: &'static str,
    id: String,
    name: String,
    version: String,
    status: &'static str,
    description: Description,
    schema: Vec<Object>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Description {
    purpose: String,
    usage: String,
}

/// A set of records.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    name: String,
    logical_type: &'static str,
    physical_type: &'static str,
    description: String,
    properties: Vec<Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quality: Vec<Quality>,
}

/// A field, or the items of a list, which have no name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    logical_type: &'static str,
    physical_type: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key_position: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique: Option<bool>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    logical_type_options: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_properties: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Property>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quality: Vec<Quality>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Quality {
    id: String,
    name: String,
    description: String,
    dimension: &'static str,
    severity: Severity,
    #[serde(flatten)]
    check: Check,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Check {
    /// A check that the standard names.
    #[serde(rename_all = "camelCase")]
    Library { metric: &'static str, arguments: Value, must_be: u64, unit: &'static str },
    /// A check that an engine knows by its name.
    Custom { engine: &'static str, implementation: Value },
}

impl Check {
    /// No record may be one of these.
    fn none(metric: &'static str, arguments: Value) -> Self {
        Check::Library { metric, arguments, must_be: 0, unit: "rows" }
    }
}

impl Contract {
    /// The contract as the Open Data Contract Standard writes it.
    pub fn odcs(&self) -> DataContract {
        let properties = self.shape.fields.iter().map(|field| self.property(field, true)).collect();
        DataContract {
            api_version: API_VERSION,
            kind: "DataContract",
            id: format!("urn:linelogic:contract:{}", self.id),
            name: self.id.to_owned(),
            version: self.version.to_owned(),
            status: "active",
            description: Description {
                purpose: self.description.clone(),
                usage: format!("Hold a file against it: linelogic validate FILE --contract {}", self.id),
            },
            schema: vec![Object {
                name: self.id.to_owned(),
                logical_type: "object",
                physical_type: "file",
                description: self.description.clone(),
                properties,
                quality: self.rules.iter().map(|rule| self.quality(rule)).collect(),
            }],
        }
    }

    fn property(&self, field: &Field, of_record: bool) -> Property {
        let key = self.key.iter().position(|name| of_record && *name == field.name);
        let unit = field.unit.as_ref().map(|unit| json!({ "property": "unit", "value": unit }));
        Property {
            name: field.name.clone(),
            description: field.description.clone(),
            required: field.required && !field.nullable,
            primary_key: key.map(|_| true),
            primary_key_position: key.map(|at| at + 1),
            unique: key.filter(|_| self.key.len() == 1).map(|_| true),
            custom_properties: unit.into_iter().collect(),
            ..self.value(&field.kind)
        }
    }

    /// What is said of a value, whoever holds it.
    fn value(&self, kind: &Kind) -> Property {
        let (logical_type, physical_type) = types(kind);
        let inner = |shape: &Shape| shape.fields.iter().map(|field| self.property(field, false)).collect();
        Property {
            logical_type,
            physical_type,
            logical_type_options: options(kind),
            properties: if let Kind::Object(shape) = kind { inner(shape) } else { Vec::new() },
            items: match kind {
                Kind::List(of) => Some(Box::new(Property { required: true, ..self.value(of) })),
                _ => None,
            },
            quality: if let Kind::OneOf { values } = kind { vec![one_of(values)] } else { Vec::new() },
            ..Property::default()
        }
    }

    fn quality(&self, rule: &Rule) -> Quality {
        let check = match (rule.scope, rule.name) {
            (Scope::Set, DUPLICATE) => Check::none("duplicateValues", json!({ "properties": self.key })),
            _ => Check::Custom {
                engine: ENGINE,
                implementation: json!({ "contract": self.id, "rule": rule.name, "scope": rule.scope }),
            },
        };
        Quality {
            id: rule.name.to_owned(),
            name: rule.name.to_owned(),
            description: rule.demands.to_owned(),
            dimension: rule.dimension,
            severity: rule.severity,
            check,
        }
    }
}

fn one_of(values: &[String]) -> Quality {
    Quality {
        id: "literal_error".to_owned(),
        name: "literal_error".to_owned(),
        description: "The value is one of those that are allowed.".to_owned(),
        dimension: "conformity",
        severity: Severity::Error,
        check: Check::none("invalidValues", json!({ "validValues": values })),
    }
}

/// The standard's type and JSON's.
fn types(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Text { .. } | Kind::OneOf { .. } => ("string", "string"),
        Kind::Integer { .. } => ("integer", "integer"),
        Kind::Number { .. } => ("number", "number"),
        Kind::Flag => ("boolean", "boolean"),
        Kind::Day { .. } => ("date", "string"),
        Kind::Instant => ("timestamp", "string"),
        Kind::Object(_) => ("object", "object"),
        Kind::List(_) => ("array", "array"),
    }
}

fn options(kind: &Kind) -> Map<String, Value> {
    let all: Vec<(&str, Option<Value>)> = match kind {
        Kind::Text { min_length, max_length, pattern } => vec![
            ("minLength", min_length.map(Value::from)),
            ("maxLength", max_length.map(Value::from)),
            ("pattern", pattern.map(|pattern| pattern.expression.into())),
        ],
        Kind::Integer { min, max } => vec![("minimum", min.map(Value::from)), ("maximum", max.map(Value::from))],
        Kind::Number { min, max } => vec![("minimum", min.map(Value::from)), ("maximum", max.map(Value::from))],
        Kind::Day { min, max } => vec![
            ("format", Some("yyyy-MM-dd".into())),
            ("minimum", min.map(|day| day.to_string().into())),
            ("maximum", max.map(|day| day.to_string().into())),
        ],
        Kind::Instant => vec![("format", Some("yyyy-MM-dd'T'HH:mm:ssXXX".into())), ("timezone", Some(true.into()))],
        Kind::Flag | Kind::OneOf { .. } | Kind::Object(_) | Kind::List(_) => Vec::new(),
    };
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
