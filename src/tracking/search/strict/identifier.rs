//! `SearchUtils._get_identifier`.

use super::{Attribute, DatasetKey, Field};

/// What an identifier names.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The value.
    pub field: Field,
    /// The key as it was written, for messages.
    pub written: String,
}

/// Reads `[entity.]key`. Of an attribute the key is one of some names.
pub fn identifier(text: &str, attributes: &[&str]) -> Result<Key, String> {
    let (entity, key) = text.split_once('.').unwrap_or(("attribute", text));
    let key = without("`", without("\"'", key));
    let field = match without("`", entity) {
        "metric" | "metrics" => Field::Metric(key.to_owned()),
        "parameter" | "parameters" | "param" | "params" => Field::Param(key.to_owned()),
        "tag" | "tags" => Field::Tag(key.to_owned()),
        "attribute" | "attributes" | "attr" | "run" => {
            let named = Attribute::named(key).filter(|_| attributes.contains(&key));
            Field::Attribute(named.ok_or_else(|| {
                format!("Invalid attribute key '{key}' specified. Valid keys are '{}'", set(attributes))
            })?)
        }
        "dataset" | "datasets" => Field::Dataset(DatasetKey::named(key).ok_or_else(|| {
            let names = DatasetKey::ALL.map(DatasetKey::name);
            format!("Invalid dataset key '{key}' specified. Valid keys are '{}'", set(&names))
        })?),
        entity => {
            return Err(format!(
                "Invalid entity type '{entity}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
            ));
        }
    };
    Ok(Key { field, written: key.to_owned() })
}

/// A text without one of these quotes around it.
pub fn without<'a>(quotes: &str, text: &'a str) -> &'a str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    quotes.chars().find_map(inner).unwrap_or(text)
}

/// A Python set of texts. Python shows it in an order that changes from run to run; here it is sorted.
pub fn set(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    format!("{{{}}}", quoted.join(", "))
}
