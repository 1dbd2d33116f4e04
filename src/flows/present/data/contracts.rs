//! The contracts as the page documents them: fields, rules, and where their published files are.

use crate::data::contract::Field;
use crate::data::{Contract, Kind, Rule, Scope, Severity};
use crate::league::contracts::all;
use crate::league::providers::form_rules;

/// A contract in words.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractDoc {
    /// Its id.
    pub id: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What a record is.
    pub description: String,
    /// The fields that name a record.
    pub key: String,
    /// Its fields; those of an object follow the object.
    pub fields: Vec<FieldRow>,
    /// What is checked beyond the fields.
    pub rules: Vec<RuleRow>,
    /// Route of its JSON Schema.
    pub json_schema: String,
    /// Route of its document after the Open Data Contract Standard.
    pub odcs: String,
}

/// A field of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRow {
    /// Its path.
    pub path: String,
    /// What it means.
    pub description: String,
    /// What values it takes, with their bounds.
    pub values: String,
    /// The unit, or a dash.
    pub unit: String,
    /// Whether it must be there and may be null.
    pub presence: &'static str,
}

/// A rule beyond the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// Its name, the `type` of its violations.
    pub name: &'static str,
    /// `error` or `warning`.
    pub severity: String,
    /// Whether a violation keeps the row out.
    pub refuses: bool,
    /// What it looks at.
    pub scope: &'static str,
    /// The dimension of data quality.
    pub dimension: &'static str,
    /// What it demands, as a sentence.
    pub demands: &'static str,
}

/// Every contract, in the order of the data.
pub fn contract_docs() -> Vec<ContractDoc> {
    all().map(contract_doc).collect()
}

fn contract_doc(contract: &'static Contract) -> ContractDoc {
    let mut fields = Vec::new();
    add_fields(&contract.shape.fields, "", &mut fields);
    ContractDoc {
        id: contract.id,
        version: contract.version,
        description: plain(&contract.description),
        key: contract.key.join(", "),
        fields,
        rules: contract.rules.iter().map(|rule| rule_row(rule)).collect(),
        json_schema: format!("/data/contracts/{}.schema.json", contract.id),
        odcs: format!("/data/contracts/{}.odcs.yaml", contract.id),
    }
}

fn add_fields(fields: &[Field], within: &str, rows: &mut Vec<FieldRow>) {
    for field in fields {
        let path = if within.is_empty() { field.name.clone() } else { format!("{within}.{}", field.name) };
        rows.push(FieldRow {
            path: path.clone(),
            description: plain(&field.description),
            values: values(&field.kind),
            unit: field.unit.clone().unwrap_or_else(|| "–".to_owned()),
            presence: presence(field),
        });
        if let Kind::Object(shape) = &field.kind {
            add_fields(&shape.fields, &path, rows);
        }
    }
}

/// A description without the marks of the code's documentation.
fn plain(description: &str) -> String {
    description.replace('`', "")
}

fn values(kind: &Kind) -> String {
    match kind {
        // Its fields follow.
        Kind::Object(_) => "object".to_owned(),
        kind => kind.words(),
    }
}

fn presence(field: &Field) -> &'static str {
    match (field.required, field.nullable) {
        (true, false) => "required",
        (true, true) => "required, may be null",
        (false, true) => "optional, may be null",
        (false, false) => "optional",
    }
}

/// The rules of the form of files, whatever contract they are read for.
pub fn form_rule_rows() -> Vec<RuleRow> {
    form_rules().into_iter().map(rule_row).collect()
}

fn rule_row(rule: &Rule) -> RuleRow {
    RuleRow {
        name: rule.name,
        severity: rule.severity.to_string(),
        refuses: rule.severity == Severity::Error,
        scope: match rule.scope {
            Scope::Form => "form",
            Scope::Record => "record",
            Scope::Set => "set",
        },
        dimension: rule.dimension,
        demands: rule.demands,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_of_every_contract_is_documented() {
        let docs = contract_docs();
        assert_eq!(docs.len(), all().count());
        for (doc, contract) in docs.iter().zip(all()) {
            for leaf in &contract.leaves {
                assert!(doc.fields.iter().any(|field| field.path == leaf.path), "{}: {}", doc.id, leaf.path);
            }
            let told = |field: &FieldRow| !field.description.is_empty() && !field.values.is_empty();
            let bare: Vec<&str> = doc.fields.iter().filter(|field| !told(field)).map(|field| &*field.path).collect();
            assert_eq!(bare, [""; 0], "{} has fields without words", doc.id);
            assert!(!doc.description.is_empty() && !doc.key.is_empty());
            assert!(!doc.description.contains('`'), "{}", doc.description);
        }
    }

    #[test]
    fn the_games_say_their_bounds_units_and_rules() {
        let docs = contract_docs();
        let games = docs.iter().find(|doc| doc.id == "games").expect("the games");
        let field = |path: &str| games.fields.iter().find(|field| field.path == path).expect(path);
        assert_eq!(field("score.home").values, "whole number from 0 to 300");
        assert_eq!((field("score.home").unit.as_str(), field("id").unit.as_str()), ("points", "–"));
        assert_eq!((field("score").values.as_str(), field("id").presence), ("object", "required"));
        // The fields of an object stand right behind it.
        let at = |path: &str| games.fields.iter().position(|field| field.path == path);
        assert_eq!(at("score").map(|at| at + 1), at("score.home"));
        let tie = games.rules.iter().find(|rule| rule.name == "tie").expect("the rule on ties");
        assert_eq!(
            (tie.severity.as_str(), tie.refuses, tie.scope, tie.dimension),
            ("error", true, "record", "accuracy")
        );
        assert_eq!(games.json_schema, "/data/contracts/games.schema.json");
        assert!(form_rule_rows().iter().all(|rule| rule.scope != "record" && rule.demands.ends_with('.')));
    }
}
