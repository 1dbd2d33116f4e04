//! The contracts held against their references: Pydantic's errors, record by record, Pandera's failure cases, and the
//! published schema of the Open Data Contract Standard.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;

use linelogic::base::{Date, Instant, Locus};
use linelogic::data::{Accepted, Contract, Declaration, Orders, RawRecord};
use linelogic::league::contracts;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What no contract of the league has: numbers without an upper bound, lists of objects.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Probe {
    #[schemars(length(min = 2, max = 4))]
    name: String,
    #[schemars(range(min = 0, max = 300))]
    count: i64,
    #[schemars(range(min = 0.0, max = 1.0))]
    share: Option<f64>,
    on: bool,
    day: Date,
    at: Instant,
    team: ProbeTeam,
    r#box: Vec<Box>,
    note: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Box {
    #[schemars(range(min = 0.0, max = 1.0))]
    fg_pct: f64,
    #[schemars(range(min = 0))]
    made: i64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ProbeTeam {
    Bos,
    Lal,
}

fn probe() -> Contract {
    let declaration = Declaration { id: "probe", version: "1.0.0", key: &["name"], rules: &[] };
    Contract::declare::<Probe>(declaration, Orders::default().of::<Box>())
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Expected {
    r#type: String,
    loc: Value,
    msg: String,
    input: Value,
    #[serde(default)]
    ctx: Option<Value>,
}

#[derive(Deserialize)]
struct Case {
    contract: String,
    json: String,
    /// A list of [`Expected`]; the input of one may be nested too deeply for a reader of values.
    errors: std::boxed::Box<RawValue>,
}

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

/// What our check says of a record's text, in Pydantic's form.
fn found(contract: &Contract, json: &str) -> Vec<Expected> {
    let value = match serde_json::from_str::<Value>(json) {
        Ok(value) => value,
        Err(error) => {
            let (r#type, msg) = ("json_invalid".to_owned(), error.to_string());
            return vec![Expected { r#type, loc: Value::Array(vec![]), msg, input: json.into(), ctx: None }];
        }
    };
    let record = RawRecord::typed(&Locus::file("f"), 1, value);
    let (row, violations) = contract.check(&record);
    assert_eq!(row.is_some(), violations.is_empty());
    // The fast way in says yes to exactly the same.
    let fast = matches!(contract.accept(json.as_bytes()), Accepted::Row(..));
    assert!(!fast || row.is_some(), "taken by the fast way alone: {json}");
    violations
        .into_iter()
        .map(|violation| {
            let json = serde_json::to_value(&violation).expect("JSON");
            Expected {
                r#type: violation.kind,
                loc: json["loc"].clone(),
                msg: violation.msg,
                input: json["input"].clone(),
                ctx: json.get("ctx").cloned(),
            }
        })
        .collect()
}

/// Spellings in which we differ from Pydantic on purpose (ADR 12).
fn differs_on_purpose(case: &Case, expected: Option<&[Expected]>) -> Option<&'static str> {
    let text = &case.json;
    let Some(expected) = expected else { return Some("nested more than 127 deep") };
    let number_text = |field: &str| {
        let text = serde_json::from_str::<Value>(text).ok().and_then(|value| value[field].as_str().map(str::to_owned));
        text.is_some_and(|text| text.parse::<f64>().is_ok())
    };
    if ["day", "date", "at", "made_at"].into_iter().any(number_text) {
        return Some("a text of digits is no day and no instant");
    }
    let parses = serde_json::from_str::<Value>(text);
    if parses.is_err() && expected.first().is_none_or(|error| error.r#type != "json_invalid") {
        return Some("NaN, Infinity and numbers beyond a double are no JSON");
    }
    let large =
        |value: &Value| value.as_f64().is_some_and(|number| number.abs() > 9e18 && !value.is_u64() && !value.is_i64());
    let mut some_large = false;
    if let Ok(value) = &parses {
        walk(value, &mut |inner| some_large |= large(inner) || inner.is_u64() && !inner.is_i64());
    }
    if some_large {
        return Some("whole numbers beyond 64 bits");
    }
    if text.contains("-0,") || text.contains("-0}") {
        return Some("-0 is a number with a sign, and no whole number");
    }
    None
}

fn walk(value: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(object) => object.values().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

#[test]
fn errors_are_those_of_pydantic() {
    let golden: Golden = serde_json::from_str(include_str!("golden/contracts_pydantic.json")).expect("the golden file");
    let probe = probe();
    let mut purposes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut compared = 0;
    for case in &golden.cases {
        let contract = if case.contract == "probe" { &probe } else { contracts::by_id(&case.contract).expect("known") };
        let expected: Option<Vec<Expected>> = serde_json::from_str(case.errors.get()).ok();
        if let Some(purpose) = differs_on_purpose(case, expected.as_deref()) {
            *purposes.entry(purpose).or_default() += 1;
            continue;
        }
        compared += 1;
        let (mut ours, mut theirs) = (found(contract, &case.json), expected.unwrap_or_default());
        // Unknown fields of an object come in the order of the alphabet, not of the text; and what a reader of JSON says
        // is its own.
        let key = |error: &Expected| (error.r#type.clone(), error.loc.to_string());
        let in_order = |errors: &[Expected]| -> Vec<_> {
            errors.iter().filter(|error| error.r#type != "extra_forbidden").map(key).collect()
        };
        let order_differs = in_order(&ours) != in_order(&theirs);
        for errors in [&mut ours, &mut theirs] {
            errors.sort_by_key(key);
            for error in errors.iter_mut().filter(|error| error.r#type == "json_invalid") {
                (error.msg, error.ctx) = (String::new(), None);
            }
        }
        if order_differs || ours != theirs {
            faults.push(format!("{}\n  ours   {ours:?}\n  theirs {theirs:?}", case.json));
        }
    }
    assert!(faults.is_empty(), "{} of {compared} differ:\n{}", faults.len(), faults[..faults.len().min(12)].join("\n"));
    assert!(compared > 650, "only {compared} cases were compared; {purposes:?}");
}
