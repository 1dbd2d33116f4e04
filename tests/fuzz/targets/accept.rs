//! Values against contracts: the fast way in and the judge agree, and what is accepted is accepted again.

use linelogic::base::Locus;
use linelogic::data::{Accepted, Contract, Encoding, Kind, RawRecord, Shape, put};
use linelogic::league::contracts::{IDS, all, by_id};
use serde_json::{Map, Value};

use super::choice;

fn contract(at: usize) -> &'static Contract {
    by_id(IDS[at]).expect("every id has its contract")
}

/// Whether the fast way takes every record that keeps the contract: it leaves lists to the judge.
fn is_flat(shape: &Shape) -> bool {
    shape.fields.iter().all(|field| match &field.kind {
        Kind::Object(inner) => is_flat(inner),
        Kind::List(_) => false,
        _ => true,
    })
}

pub fn accept(bytes: &[u8]) {
    for contract in all() {
        let judged = |text: &[u8]| {
            let value: Value = serde_json::from_slice(text).ok()?;
            let record = RawRecord::typed(&Locus::file("f"), 1, value);
            let (row, violations) = contract.check(&record);
            Some((row.map(|row| row.to_json(contract)), violations))
        };
        match contract.accept(bytes) {
            Accepted::Row(row, taken) => {
                let (judged, violations) = judged(&bytes[..taken]).expect("what is accepted is JSON");
                assert_eq!(violations, [], "{}", contract.id);
                assert_eq!(judged, Some(row.to_json(contract)), "{}", contract.id);
            }
            Accepted::Short => assert!(judged(bytes).is_none(), "{}: what is short is no whole JSON", contract.id),
            Accepted::No => {}
        }
        // Written once more, names are there once each: then the fast way must take what the judge takes.
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else { continue };
        let text = serde_json::to_vec(&value).expect("a value can be written");
        let (row, violations) = judged(&text).expect("it is JSON");
        assert_eq!(row.is_some(), violations.iter().all(|violation| !violation.is_error()));
        if is_flat(&contract.shape) {
            let taken = matches!(contract.accept(&text), Accepted::Row(..));
            assert_eq!(taken, violations.is_empty(), "{}: {violations:?}", contract.id);
        }
    }
}

/// A value in one field of a record of which nothing else is there: what is said of it, and how it is read.
fn read(contract: &Contract, leaf: usize, encoding: Encoding, value: Value) -> (Value, Vec<String>) {
    let path = contract.leaves[leaf].path.clone();
    let mut fields = Map::new();
    put(&mut fields, &path, value);
    let mut record = RawRecord::typed(&Locus::file("f"), 1, Value::Object(fields));
    record.encoding = encoding;
    let (_, violations) = contract.check(&record);
    let of_it = violations.iter().filter(|violation| violation.path() == path);
    (record.value, of_it.map(|violation| violation.kind.clone()).collect())
}

pub fn scalar(bytes: &[u8]) {
    let (at, bytes) = choice(bytes, IDS.len());
    let (leaf, bytes) = choice(bytes, contract(at).leaves.len());
    let contract = contract(at);
    let text = String::from_utf8_lossy(bytes);
    for encoding in [Encoding::Text, Encoding::Typed] {
        let (_, violations) = read(contract, leaf, encoding, Value::String(text.clone().into_owned()));
        assert!(violations.len() <= 1, "one value breaks one rule: {violations:?}");
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let (_, typed) = read(contract, leaf, Encoding::Typed, value.clone());
    let is_list =
        matches!(contract.field(&contract.leaves[leaf].path), Some((field, _)) if matches!(field.kind, Kind::List(_)));
    assert!(typed.len() <= 1 || is_list, "one value breaks one rule: {typed:?}");
    // A number, a flag or a text that keeps its promise in JSON keeps it in a table, too.
    if typed.is_empty() && !value.is_null() && !is_list {
        let text = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let (_, lax) = read(contract, leaf, Encoding::Text, Value::String(text));
        assert_eq!(lax, [] as [&str; 0], "{value}");
    }
}
