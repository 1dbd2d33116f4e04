//! A contract compiled from a Rust type: schemars gives the JSON Schema, serde the order of the fields.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde_json::{Map, Value};

use super::contract::{Contract, Field, Kind, Leaf, Pattern, Shape};
use super::rule::Rule;
use crate::base::Date;

/// What is said of a contract beside its type.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The contract's id.
    pub id: &'static str,
    /// Its semantic version.
    pub version: &'static str,
    /// The fields that name a record.
    pub key: &'static [&'static str],
    /// What is checked beyond the fields.
    pub rules: &'static [&'static Rule],
}

/// Names of the fields of a type and of the types within it, by type, in the order of declaration.
#[derive(Debug, Default)]
pub struct Orders(BTreeMap<String, &'static [&'static str]>);

impl Orders {
    /// Adds a type.
    #[must_use]
    pub fn of<T: JsonSchema + DeserializeOwned>(mut self) -> Self {
        self.0.insert(T::schema_name().into_owned(), field_names::<T>());
        self
    }
}

impl Contract {
    /// Compiles the contract of a type. `parts` holds the order of fields of every object within it.
    ///
    /// # Panics
    /// Where the type's schema says something that a contract cannot hold. That is a mistake of the declaration, and a
    /// test declares every contract.
    pub fn declare<T: JsonSchema + DeserializeOwned>(declaration: Declaration, parts: Orders) -> Self {
        let Declaration { id, version, key, rules } = declaration;
        let mut settings = SchemaSettings::draft2020_12();
        settings.meta_schema = Some("https://json-schema.org/draft/2020-12/schema".into());
        let mut schema = Value::from(settings.into_generator().into_root_schema_for::<T>());
        schema["x-contract-version"] = version.into();
        schema["$id"] = format!("urn:linelogic:contract:{id}:{version}").into();
        let compiler = Compiler { id, orders: parts.of::<T>(), root: &schema };
        let mut leaves = Vec::new();
        let shape = compiler.shape(&schema, &T::schema_name(), "", &mut leaves);
        let description = text(&schema, "description");
        Self { id, version, description, key, shape: Arc::new(shape), leaves, rules, schema }
    }
}

impl Contract {
    /// The contract's JSON Schema (draft 2020-12), as it is published.
    pub fn json_schema(&self) -> Value {
        with_order(&self.schema, &self.shape)
    }
}

struct Compiler<'a> {
    id: &'static str,
    orders: Orders,
    root: &'a Value,
}

impl Compiler<'_> {
    fn fail(&self, path: &str, reason: &str) -> ! {
        panic!("the declaration of contract {} is wrong at {path:?}: {reason}", self.id)
    }

    fn shape(&self, schema: &Value, name: &str, path: &str, leaves: &mut Vec<Leaf>) -> Shape {
        let Some(order) = self.orders.0.get(name) else { self.fail(path, &format!("no order of fields for {name}")) };
        if schema["additionalProperties"] != false {
            self.fail(path, "unknown fields must be denied (serde(deny_unknown_fields))");
        }
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let field = |name: &&'static str| {
            let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
            let property = &schema["properties"][*name];
            let leaf = leaves.len();
            let (kind, nullable) = self.kind(property, &path, leaves);
            if !matches!(kind, Kind::Object(_)) {
                leaves.push(Leaf { path });
            }
            Field {
                name: (*name).to_owned(),
                description: text(property, "description"),
                unit: property["x-unit"].as_str().map(str::to_owned),
                kind,
                nullable,
                required: required.contains(name),
                leaf,
            }
        };
        Shape { name: name.to_owned(), fields: order.iter().map(field).collect() }
    }

    fn kind(&self, schema: &Value, path: &str, leaves: &mut Vec<Leaf>) -> (Kind, bool) {
        if let Some(name) = schema["$ref"].as_str().and_then(|address| address.strip_prefix("#/$defs/")) {
            let target = &self.root["$defs"][name];
            return match target["type"].as_str() {
                Some("object") => (Kind::Object(Arc::new(self.shape(target, name, path, leaves))), false),
                _ => self.kind(target, path, leaves),
            };
        }
        let nothing = serde_json::json!({ "type": "null" });
        if let Some(any) = schema["anyOf"].as_array() {
            return match any.as_slice() {
                [of, null] if *null == nothing => (self.kind(of, path, leaves).0, true),
                _ => self.fail(path, "a union other than with null"),
            };
        }
        if let Some(values) = literals(schema) {
            return (Kind::OneOf { values }, false);
        }
        match &schema["type"] {
            Value::Array(types) => match types.as_slice() {
                [of, null] if null == "null" => (self.simple(of, schema, path), true),
                _ => self.fail(path, "more types than one"),
            },
            of => (self.simple(of, schema, path), false),
        }
    }

    fn simple(&self, of: &Value, schema: &Value, path: &str) -> Kind {
        let size = |name: &str| schema[name].as_u64().and_then(|size| usize::try_from(size).ok());
        match (of.as_str(), schema["format"].as_str()) {
            (Some("string"), Some("date")) => {
                let day = |name: &str| schema[name].as_str().and_then(|text| text.parse::<Date>().ok());
                Kind::Day { min: day("formatMinimum"), max: day("formatMaximum") }
            }
            (Some("string"), Some("date-time")) => Kind::Instant,
            (Some("string"), None) => Kind::Text {
                min_length: size("minLength"),
                max_length: size("maxLength"),
                pattern: schema["pattern"].as_str().map(|expression| match Pattern::known(expression) {
                    Some(pattern) => pattern,
                    None => self.fail(path, "a pattern that is not known"),
                }),
            },
            (Some("integer"), _) => Kind::Integer { min: whole(&schema["minimum"]), max: whole(&schema["maximum"]) },
            (Some("number"), _) => Kind::Number { min: schema["minimum"].as_f64(), max: schema["maximum"].as_f64() },
            (Some("boolean"), _) => Kind::Flag,
            (Some("array"), _) => {
                // The places in a list have no leaf of their own: its items are checked with it.
                Kind::List(Box::new(self.kind(&schema["items"], path, &mut Vec::new()).0))
            }
            _ => self.fail(path, &format!("a kind that is not known: {schema}")),
        }
    }
}

/// The texts of an `enum`, or of a `oneOf` whose members are constants (a Rust enum with documented variants).
fn literals(schema: &Value) -> Option<Vec<String>> {
    let texts = |values: &[Value], of: fn(&Value) -> Option<&str>| {
        values.iter().map(|value| of(value).map(str::to_owned)).collect::<Option<Vec<String>>>()
    };
    if let Some(values) = schema["enum"].as_array() {
        return texts(values, Value::as_str);
    }
    let mut all = Vec::new();
    for member in schema["oneOf"].as_array()? {
        match member["enum"].as_array() {
            Some(values) => all.extend(texts(values, Value::as_str)?),
            None => all.push(member["const"].as_str()?.to_owned()),
        }
    }
    Some(all)
}

/// A bound of whole numbers, which a schema may print as `300` or `300.0`.
fn whole(bound: &Value) -> Option<i64> {
    bound.as_i64().or_else(|| bound.as_f64().map(|bound| bound as i64))
}

fn text(schema: &Value, name: &str) -> String {
    // Doc comments break their lines where the editor did.
    schema[name].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of a struct's fields as serde reads them, in the order of declaration.
///
/// A JSON Schema keeps properties in the order of the alphabet. A derived `Deserialize` tells a deserializer which
/// fields it wants: this one listens and stops.
fn field_names<T: DeserializeOwned>() -> &'static [&'static str] {
    struct Listener<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Listener<'_> {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(Self::Error::custom("no struct"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            *self.0 = fields;
            Err(Self::Error::custom("heard"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut names: &'static [&'static str] = &[];
    // It always ends with an error: the names are what was asked for.
    let _ = T::deserialize(Listener(&mut names));
    names
}

/// A schema's properties in the order of declaration would need an ordered map; a reader of the published file gets the
/// order as `x-order` instead.
fn with_order(schema: &Value, shape: &Shape) -> Value {
    fn note(properties: &mut Map<String, Value>, shape: &Shape) {
        for (at, field) in shape.fields.iter().enumerate() {
            if let Some(property) = properties.get_mut(&field.name).and_then(Value::as_object_mut) {
                property.insert("x-order".to_owned(), (at + 1).into());
            }
        }
    }
    let mut schema = schema.clone();
    if let Some(properties) = schema["properties"].as_object_mut() {
        note(properties, shape);
    }
    for inner in shape.fields.iter().filter_map(|field| match &field.kind {
        Kind::Object(inner) => Some(inner),
        _ => None,
    }) {
        if let Some(properties) = schema["$defs"][&inner.name]["properties"].as_object_mut() {
            note(properties, inner);
        }
    }
    schema
}
