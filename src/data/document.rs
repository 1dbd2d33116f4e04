//! Contracts as a page that people read, made from their declarations.

use std::fmt::Write as _;

use super::contract::{Contract, Field, Kind, Pattern, Shape};
use super::rule::{Rule, Scope};

impl Contract {
    /// The contract as a section of a Markdown page.
    pub fn markdown(&self) -> String {
        let mut out = format!("## `{}`, version {}\n\n", self.id, self.version);
        let key: Vec<String> = self.key.iter().map(|name| format!("`{name}`")).collect();
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{}\n\nKey: {}.\n", self.description, key.join(", "));
        out.push_str("| field | type | unit | required | meaning |\n|---|---|---|---|---|\n");
        rows(&self.shape, "", &mut out);
        out.push('\n');
        if !self.rules.is_empty() {
            out.push_str(&rules(self.rules));
            out.push('\n');
        }
        out
    }
}

/// The page of several contracts: what holds for all of them, then each.
///
/// `form` are the rules of the form of files, which are the same for every contract.
pub fn page<'c>(contracts: impl IntoIterator<Item = &'c Contract>, form: &[&Rule]) -> String {
    let contracts: Vec<&Contract> = contracts.into_iter().collect();
    let mut out = String::from(HEAD);
    out.push_str("| contract | version | key | fields | rules |\n|---|---|---|---|---|\n");
    for contract in &contracts {
        let (id, anchor) = (contract.id, format!("{}-version-{}", contract.id, contract.version.replace('.', "")));
        let (key, fields) = (contract.key.join(", "), contract.leaves.len());
        let _ = writeln!(
            out,
            "| [`{id}`](#{anchor}) | {} | {key} | {fields} | {} |",
            contract.version,
            contract.rules.len()
        );
    }
    out.push_str(ERRORS_HEAD);
    for (name, kind) in examples() {
        let types: Vec<String> = kind.error_types().iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(out, "| {name} | {} |", types.join(", "));
    }
    out.push('\n');
    for contract in contracts {
        out.push_str(&contract.markdown());
    }
    out.push_str("## Form of files\n\nRules that hold for every file, whatever its contract.\n\n");
    out.push_str(&rules(form));
    out
}

const HEAD: &str = "# Contracts

This page is made from the declarations, and a test holds it against them. To make it anew:

    cargo run -- contract export --all --format markdown --out docs/contracts.md

A contract says what every record of a kind promises. It is declared once, as a Rust type with doc comments and bounds in attributes and a list of rules. From that declaration come:

| what | where |
|---|---|
| the check | `linelogic validate FILE --contract NAME`, `linelogic ingest`, imports on the data page |
| JSON Schema, draft 2020-12 | `linelogic contract export NAME --format json-schema`; on the site `data/contracts/NAME.schema.json` |
| Open Data Contract Standard 3.1, YAML | `linelogic contract export NAME --format odcs`; on the site `data/contracts/NAME.odcs.yaml` |
| this page | `linelogic contract export NAME --format markdown` |
| records that keep it | `linelogic export table --contract NAME --source SPEC` |

The version is semantic: major where a record that was fine no longer is, minor where more is allowed, patch where only words change.

What the forms cannot say: JSON Schema takes `94.0` for a whole number, and the check refuses it as Pydantic's strict mode does. It has no word for the first and the last day (`formatMinimum` and `formatMaximum` are what Ajv understands). An instant may lack its seconds, have a space for the `T`, or an offset without a colon; the format `date-time` demands RFC 3339 to the letter. Rules are not in it at all; in the ODCS document they are checks of the engine `linelogic`.

";

const ERRORS_HEAD: &str = "
## Errors of a field

The `type` of a violation is Pydantic's. Beside those of the value's kind below, a field may be `missing` and an unknown field is `extra_forbidden`. A kind without bounds has no errors of bounds.

| kind | error types |
|---|---|
";

/// Every kind with all of its bounds.
fn examples() -> [(&'static str, Kind); 9] {
    let shape = || Shape { name: String::new(), fields: Vec::new() };
    [
        (
            "text",
            Kind::Text {
                min_length: Some(1),
                max_length: Some(1),
                pattern: Pattern::known(super::contract::PRINTABLE),
            },
        ),
        ("whole number", Kind::Integer { min: Some(0), max: Some(0) }),
        ("number", Kind::Number { min: Some(0.0), max: Some(0.0) }),
        ("true or false", Kind::Flag),
        ("day", Kind::Day { min: Some(crate::base::Date::MIN), max: Some(crate::base::Date::MAX) }),
        ("instant", Kind::Instant),
        ("one of several texts", Kind::OneOf { values: Vec::new() }),
        ("object", Kind::Object(shape().into())),
        ("list", Kind::List(Box::new(Kind::Flag))),
    ]
}

fn rows(shape: &Shape, path: &str, out: &mut String) {
    for field in &shape.fields {
        let path = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        let required = match (field.required, field.nullable) {
            (true, false) => "yes",
            (true, true) => "yes, may be null",
            (false, _) => "no",
        };
        let unit = field.unit.as_deref().unwrap_or_default();
        let _ = writeln!(
            out,
            "| `{path}` | {} | {unit} | {required} | {} |",
            cell(&field_words(field)),
            cell(&field.description)
        );
        if let Kind::Object(inner) = &field.kind {
            rows(inner, &path, out);
        }
    }
}

fn field_words(field: &Field) -> String {
    match &field.kind {
        Kind::OneOf { values } => {
            let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("one of {}", quoted.join(", "))
        }
        Kind::Object(_) => "object".to_owned(),
        kind => kind.words(),
    }
}

fn rules(rules: &[&Rule]) -> String {
    let mut out = String::from("| rule | severity | scope | dimension | demands |\n|---|---|---|---|---|\n");
    for rule in rules {
        let scope = match rule.scope {
            Scope::Form => "form",
            Scope::Record => "record",
            Scope::Set => "set",
        };
        let _ = writeln!(
            out,
            "| `{}` | {} | {scope} | {} | {} |",
            rule.name,
            rule.severity,
            rule.dimension,
            cell(rule.demands)
        );
    }
    out
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
