//! What is published of a contract: JSON Schema, the data contract of the Open Data Contract Standard, and the page.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use linelogic::data::{Contract, Kind, document};
use linelogic::league::{contracts, providers};
use serde_json::{Value, json};

/// The published schema of the standard.
fn odcs_schema() -> Validator {
    let schema: Value =
        serde_json::from_str(include_str!("reference/odcs-json-schema-v3.1.0.json")).expect("the standard's schema");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn faults(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn odcs(contract: &Contract) -> Value {
    serde_json::to_value(contract.odcs()).expect("JSON")
}

#[test]
fn every_contract_is_a_valid_json_schema_of_draft_2020_12() {
    for contract in contracts::all() {
        let schema = contract.json_schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["$id"], format!("urn:linelogic:contract:{}:{}", contract.id, contract.version));
        assert_eq!(schema["x-contract-version"], contract.version);
        let fault = jsonschema::draft202012::meta::validate(&schema).err().map(|error| error.to_string());
        assert_eq!(fault, None, "{}", contract.id);
        jsonschema::draft202012::new(&schema).expect("a schema that a validator understands");
    }
}

#[test]
fn the_json_schema_has_every_field_with_its_meaning_and_its_place() {
    for contract in contracts::all() {
        let schema = contract.json_schema();
        let mut orders = BTreeSet::new();
        for field in &contract.shape.fields {
            let property = &schema["properties"][&field.name];
            assert_eq!(property["x-unit"].as_str(), field.unit.as_deref(), "{} {}", contract.id, field.name);
            assert!(property["description"].as_str().is_some_and(|text| text.len() > 4), "{}", field.name);
            orders.insert(property["x-order"].as_u64().expect("its place"));
        }
        assert_eq!(orders, (1..=contract.shape.fields.len() as u64).collect());
        assert_eq!(schema["additionalProperties"], false);
        let required: Vec<&str> =
            contract.shape.fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
        assert_eq!(schema["required"], json!(required), "{}", contract.id);
    }
}

#[test]
fn every_contract_is_a_valid_data_contract_of_the_open_standard() {
    let validator = odcs_schema();
    for contract in contracts::all() {
        assert_eq!(faults(&validator, &odcs(contract)), Vec::<String>::new(), "{}", contract.id);
    }
}

#[test]
fn the_standard_refuses_what_it_does_not_know() {
    let validator = odcs_schema();
    let good = odcs(contracts::games());
    let broken = |change: fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        faults(&validator, &document).len()
    };
    assert_eq!(broken(|_| {}), 0);
    assert!(broken(|it| it["extra"] = json!(1)) > 0);
    assert!(broken(|it| it["apiVersion"] = json!("v9.0.0")) > 0);
    assert!(broken(|it| it["schema"][0]["extra"] = json!(1)) > 0);
    assert!(broken(|it| it["schema"][0]["properties"][0]["extra"] = json!(1)) > 0);
    assert!(broken(|it| it["schema"][0]["properties"][0]["logicalTypeOptions"]["minimum"] = json!(1)) > 0);
    assert!(broken(|it| it["schema"][0]["quality"][0]["dimension"] = json!("beauty")) > 0);
    assert!(broken(|it| it["schema"][0]["quality"][0]["engine"] = Value::Null) > 0);
}

#[test]
fn the_data_contract_has_what_the_declaration_has() {
    for contract in contracts::all() {
        let document = odcs(contract);
        assert_eq!((&document["apiVersion"], &document["kind"]), (&json!("v3.1.0"), &json!("DataContract")));
        assert_eq!((&document["version"], &document["status"]), (&json!(contract.version), &json!("active")));
        let table = &document["schema"][0];
        let properties = table["properties"].as_array().expect("properties");
        for (field, property) in contract.shape.fields.iter().zip(properties) {
            assert_eq!(property["name"], json!(field.name));
            assert_eq!(property["required"], json!(field.required && !field.nullable));
            let position = contract.key.iter().position(|name| *name == field.name);
            assert_eq!(property["primaryKeyPosition"].as_u64(), position.map(|at| at as u64 + 1));
            assert_eq!(property["unique"].as_bool(), position.filter(|_| contract.key.len() == 1).map(|_| true));
            if let Kind::Integer { min, max } = &field.kind {
                let options = &property["logicalTypeOptions"];
                assert_eq!((options["minimum"].as_i64(), options["maximum"].as_i64()), (*min, *max));
            }
        }
        assert_eq!(properties.len(), contract.shape.fields.len());
        let quality = table["quality"].as_array().expect("rules");
        for (rule, check) in contract.rules.iter().zip(quality) {
            let of = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
            assert_eq!(
                [of("name"), of("description"), of("dimension"), of("severity")],
                [rule.name, rule.demands, rule.dimension, &rule.severity.to_string()]
            );
        }
        assert_eq!(quality.len(), contract.rules.len());
    }
    let games = odcs(contracts::games());
    let score = games["schema"][0]["properties"].as_array().and_then(|all| all.iter().find(|it| it["name"] == "score"));
    let home = &score.expect("a score")["properties"][0];
    assert_eq!(home["logicalTypeOptions"], json!({ "minimum": 0, "maximum": 300 }));
    assert_eq!(home["customProperties"], json!([{ "property": "unit", "value": "points" }]));
}

#[test]
fn yaml_read_again_is_the_document() {
    for contract in contracts::all() {
        let text = serde_saphyr::to_string(&contract.odcs()).expect("YAML");
        let read: Value = serde_saphyr::from_str(&text).expect("YAML that reads");
        assert_eq!(read, odcs(contract), "{text}");
        assert!(text.starts_with("apiVersion: v3.1.0\nkind: DataContract\n"), "{text}");
    }
}

#[test]
fn the_page_of_the_contracts_is_what_the_declarations_give() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/contracts.md");
    let page = document::page(contracts::all(), &providers::form_rules());
    let there = fs::read_to_string(&path).unwrap_or_default();
    let differs = there.lines().zip(page.lines()).position(|(there, page)| there != page);
    assert!(
        there == page,
        "docs/contracts.md is not what the declarations give (first at line {}); make it anew: \
         cargo run -- contract export --all --format markdown --out docs/contracts.md",
        differs.unwrap_or(there.lines().count().min(page.lines().count())) + 1
    );
}
