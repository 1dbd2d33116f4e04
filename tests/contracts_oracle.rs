//! The check of a contract held against two others over made-up records: the JSON Schema that is published of it, and
//! the fast way in.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use jsonschema::{Keyword, ValidationError, Validator};
use linelogic::base::Locus;
use linelogic::data::{Accepted, Contract, Encoding, Kind, RawRecord, Shape, Violation};
use linelogic::league::contracts;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

// ---- what is made up ------------------------------------------------------------------------------------------------

/// How often a value is not what its field wants, of a hundred.
type Wild = u32;

/// Spellings of an instant that the check takes, as Pydantic does, and RFC 3339 does not.
const LAX: [&str; 6] = [
    "2026-01-15 08:00:00Z",
    "2026-01-15_08:00:00Z",
    "2026-01-15T08:00Z",
    "2026-01-15T08:00:00+0100",
    "2026-01-15T08:00+01:00",
    "2026-01-15 08:00-0500",
];
/// Instants of RFC 3339 that the check refuses: a leap second, and a year that Python's calendar has not.
const STRICT_ALONE: [&str; 2] = ["2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z"];
/// Instants without their zone, which neither takes.
const NAIVE: [&str; 3] = ["2026-01-15T08:00:00", "2026-01-15T08:00:00.5", "2026-01-15 08:00"];
/// Instants of both.
const BOTH: [&str; 6] = [
    "2026-01-15T08:00:00Z",
    "2026-01-15t08:00:00z",
    "2026-01-15T08:00:00.123456Z",
    "2026-01-15T08:00:00.1234567Z",
    "2026-01-15T08:00:00+05:30",
    "1996-02-29T23:59:59-00:00",
];

fn kept(kind: &Kind) -> BoxedStrategy<Value> {
    let json = |text: String| Value::from(text);
    match kind {
        Kind::Text { pattern: Some(pattern), .. }
            if pattern.expression == linelogic::data::contract::THREE_CAPITALS =>
        {
            "[A-Z]{3}".prop_map(json).boxed()
        }
        Kind::Text { min_length, max_length, .. } => {
            let (min, max) = (min_length.unwrap_or(0), max_length.unwrap_or(60));
            let edges = [min, max].map(|length| Value::from("é".repeat(length)));
            let text = prop::collection::vec(prop_oneof!["[ -~]", "[a-zé–中🏀]"], min..=max);
            prop_oneof![4 => text.prop_map(|parts| parts.concat().into()), 1 => select(edges.to_vec())].boxed()
        }
        Kind::Integer { min, max } => {
            let (min, max) = (min.unwrap_or(-1000), max.unwrap_or(1000));
            prop_oneof![3 => min..=max, 1 => select(vec![min, max])].prop_map(Value::from).boxed()
        }
        Kind::Number { min, max } => {
            let (min, max) = (min.unwrap_or(-1e6), max.unwrap_or(1e6));
            let whole = (min.ceil() as i64)..=(max.floor() as i64);
            prop_oneof![3 => (min..=max).prop_map(Value::from), 1 => whole.prop_map(Value::from)].boxed()
        }
        Kind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Day { .. } => (1947u16..=2100, 1u8..=12, 1u8..=28)
            .prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}").into())
            .boxed(),
        Kind::Instant => select(BOTH.to_vec()).prop_map(Value::from).boxed(),
        Kind::OneOf { values } => select(values.clone()).prop_map(Value::from).boxed(),
        Kind::Object(shape) => record(shape, 0),
        Kind::List(of) => prop::collection::vec(kept(of), 0..3).prop_map(Value::from).boxed(),
    }
}

/// Days at the bounds, days that no calendar has, and texts that are nearly one.
const DAYS: [&str; 19] = [
    "1946-10-31",
    "1946-11-01",
    "2101-12-31",
    "2102-01-01",
    "2023-02-29",
    "2024-02-29",
    "0000-01-01",
    "2023-1-05",
    "2023-01-05T00:00:00",
    "2023-01-05 ",
    " 2023-01-05",
    "20230105",
    "2023/01/05",
    "1672876800",
    "2023-13-01",
    "2023-00-10",
    "2023-04-31",
    "+2023-01-05",
    "２０２３-01-05",
];

/// Just beyond a bound, or nearly of the right form.
fn near(kind: &Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text { min_length, max_length, .. } => {
            let mut all: Vec<Value> =
                vec![json!("a\u{0}b"), json!("\u{9f}"), json!("abc"), json!("ABCD"), json!("ABC\n")];
            all.extend(min_length.filter(|min| *min > 0).map(|min| json!("x".repeat(min - 1))));
            all.extend(max_length.map(|max| json!("é".repeat(max + 1))));
            select(all).boxed()
        }
        Kind::Integer { min, max } => {
            let mut all =
                vec![json!(1.5), json!(2.0), json!(-0.0), json!(1e300), json!(u64::MAX), json!(i64::MIN), json!("1")];
            all.extend(min.map(|min| json!(min - 1)));
            all.extend(max.map(|max| json!(max + 1)));
            all.extend(max.map(|max| json!(max as f64)));
            select(all).boxed()
        }
        Kind::Number { min, max } => {
            let mut all = vec![json!("0.5"), json!(1e308), json!(u64::MAX), json!(-0.0), json!(5e-324)];
            all.extend(min.map(|min| json!(min.next_down())));
            all.extend(max.map(|max| json!(max.next_up())));
            select(all).boxed()
        }
        Kind::Flag => select(vec![json!(0), json!(1), json!("true"), json!("")]).boxed(),
        Kind::Day { .. } => select(DAYS.map(Value::from).to_vec()).boxed(),
        Kind::Instant => {
            let one_off = (select(BOTH.to_vec()), 0usize..27, "[ -~]").prop_map(|(text, at, other)| {
                let text: String =
                    text.char_indices().map(|(here, c)| if here == at { other.clone() } else { c.into() }).collect();
                Value::from(text)
            });
            let cut =
                (select(BOTH.to_vec()), 0usize..27).prop_map(|(text, at)| Value::from(&text[..at.min(text.len())]));
            let known = select([LAX.to_vec(), STRICT_ALONE.to_vec(), NAIVE.to_vec()].concat()).prop_map(Value::from);
            prop_oneof![2 => known, 2 => one_off, 1 => cut].boxed()
        }
        Kind::OneOf { values } => {
            let first = values[0].clone();
            select(vec![
                json!(first.to_lowercase()),
                json!(first.to_uppercase()),
                json!(format!("{first} ")),
                json!([first]),
            ])
            .boxed()
        }
        Kind::Object(shape) => record(shape, 30),
        Kind::List(of) => prop::collection::vec(near(of), 0..3).prop_map(Value::from).boxed(),
    }
}

fn anything() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no NaN", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9:TZ. +-]{0,25}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
    .boxed()
}

/// A record of a shape: its fields, some left out, some null, some not what they should be, and some unknown ones.
fn record(shape: &Shape, wild: Wild) -> BoxedStrategy<Value> {
    let fields: Vec<BoxedStrategy<Option<(String, Value)>>> = shape
        .fields
        .iter()
        .map(|field| {
            let name = field.name.clone();
            let absent = if field.required { wild } else { wild + 20 };
            let null = if field.nullable { wild + 20 } else { wild };
            let some = prop_oneof![
                (100 + null) => kept(&field.kind),
                null => Just(Value::Null),
                2 * wild => near(&field.kind),
                wild => anything(),
            ];
            prop_oneof![(100 + absent) => some.prop_map(Some), absent => Just(None)]
                .prop_map(move |value| value.map(|value| (name.clone(), value)))
                .boxed()
        })
        .collect();
    let unknown =
        prop_oneof![100 => Just(Vec::new()), wild => prop::collection::vec(("[a-z_]{0,7}", anything()), 1..3)];
    (fields, unknown)
        .prop_map(|(fields, unknown)| {
            let mut object: Map<String, Value> = fields.into_iter().flatten().collect();
            for (name, value) in unknown {
                object.entry(name).or_insert(value);
            }
            Value::Object(object)
        })
        .boxed()
}

/// Records that keep the contract, records with a fault or two, and records with many; and what is no record.
fn records(contract: &Contract) -> BoxedStrategy<Value> {
    let shape = &contract.shape;
    prop_oneof![6 => record(shape, 0), 10 => record(shape, 1), 3 => record(shape, 12), 1 => anything()].boxed()
}

// ---- the JSON Schema ------------------------------------------------------------------------------------------------

/// `formatMinimum` and `formatMaximum` of days, as Ajv reads them: days in ISO form are ordered as their texts are.
struct DayBound {
    bound: String,
    is_least: bool,
}

impl<'i> Keyword<'i> for DayBound {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom("a day beyond its bound")) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let Some(day) = instance.as_str() else { return true };
        if self.is_least { day >= self.bound.as_str() } else { day <= self.bound.as_str() }
    }
}

fn day_bound<'a>(value: &'a Value, is_least: bool) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let bound = value.as_str().ok_or_else(|| ValidationError::custom("expected a day"))?.to_owned();
    Ok(Box::new(DayBound { bound, is_least }))
}

fn validator(contract: &Contract) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .with_keyword("formatMinimum", |_, value, _| day_bound(value, true))
        .with_keyword("formatMaximum", |_, value, _| day_bound(value, false))
        .build(&contract.json_schema())
        .expect("a schema")
}

fn violations(contract: &Contract, value: &Value) -> Vec<Violation> {
    let record = RawRecord::typed(&Locus::file("f"), 1, value.clone());
    let (row, violations) = contract.check(&record);
    assert_eq!(row.is_some(), violations.is_empty(), "fields have errors only");
    violations
}

/// Ways in which check and schema differ, each with how often it was met.
type Met = BTreeMap<&'static str, usize>;

/// Finds the values of which check and schema say different things, holds what the check says against what is documented,
/// and puts values in their place of which both say the same.
fn mend(shape: &Shape, value: &mut Value, path: &str, found: &[Violation], met: &mut Met) {
    let Some(object) = value.as_object_mut() else { return };
    for field in &shape.fields {
        let Some(value) = object.get_mut(&field.name) else { continue };
        let path = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
        let said = found.iter().find(|violation| violation.path() == path).map(|violation| violation.kind.as_str());
        let replaced = match (&field.kind, &*value) {
            (Kind::Object(inner), _) => {
                mend(inner, value, &path, found, met);
                continue;
            }
            // JSON Schema: a number with a fraction of nothing is an integer.
            (Kind::Integer { .. }, Value::Number(number)) if number.is_f64() => {
                let number = number.as_f64().unwrap_or_default();
                assert_eq!(said, Some("int_type"), "{path} {number}");
                (number.fract() == 0.0).then(|| ("whole number with a point", json!(number as i64)))
            }
            (Kind::Instant, Value::String(text)) => differs(text, said),
            _ => None,
        };
        if let Some((name, mended)) = replaced {
            *met.entry(name).or_default() += 1;
            *value = mended;
        }
    }
}

/// Whether an instant is one of which check and schema say different things, and an instant of which both say the same as
/// the check.
fn differs(text: &str, said: Option<&str>) -> Option<(&'static str, Value)> {
    let sample = json!(BOTH[0]);
    if STRICT_ALONE.contains(&text) || text.get(17..19) == Some("60") || text.starts_with("0000") {
        assert_eq!(said, Some("datetime_parsing"), "{text}");
        return Some(("leap second, or the year 0", json!("no instant")));
    }
    if NAIVE.contains(&text) {
        assert_eq!(said, Some("timezone_aware"), "{text}");
    }
    if LAX.contains(&text) {
        assert_eq!(said, None, "{text}");
        return Some(("instant that RFC 3339 does not know", sample));
    }
    // Made-up texts: taken by the check alone, they lack seconds or a colon, or have another mark for the T.
    let mark = text.as_bytes().get(10).copied().unwrap_or(b'T');
    let seconds = text.as_bytes().get(16) == Some(&b':');
    let tail = text.get(16..).unwrap_or_default();
    let offset_without_colon = tail.rfind(['+', '-']).is_some_and(|at| !tail[at..].contains(':'));
    let unknown_to_rfc = !matches!(mark, b'T' | b't') || !seconds || offset_without_colon;
    (said.is_none() && unknown_to_rfc).then_some(("instant that RFC 3339 does not know", sample))
}

#[test]
fn check_and_json_schema_say_the_same() {
    let mut met = Met::new();
    let (mut good, mut bad) = (0u32, 0u32);
    for contract in contracts::all() {
        let validator = validator(contract);
        let mut counts = [0u32; 2];
        let totals = std::cell::RefCell::new((&mut met, &mut counts));
        let mut runner = TestRunner::new(Config { cases: 2000, failure_persistence: None, ..Config::default() });
        let strategy = records(contract);
        runner
            .run(&strategy, |record| {
                let (met, counts) = &mut *totals.borrow_mut();
                let mut mended = record.clone();
                mend(&contract.shape, &mut mended, "", &violations(contract, &record), met);
                let found = violations(contract, &mended);
                let schema: Vec<String> =
                    validator.iter_errors(&mended).map(|error| format!("{}: {error}", error.instance_path())).collect();
                prop_assert_eq!(
                    found.is_empty(),
                    schema.is_empty(),
                    "{} {}: {:?} {:?}",
                    contract.id,
                    mended,
                    found,
                    schema
                );
                counts[usize::from(!found.is_empty())] += 1;
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", contract.id));
        let [kept, broken] = counts;
        assert!(kept > 200 && broken > 200, "{}: {kept} records keep the contract, {broken} do not", contract.id);
        (good, bad) = (good + kept, bad + broken);
    }
    // The other ways are of instants, of which few records have one: the test below has them one by one.
    assert!(met["whole number with a point"] > 20, "{met:?} ({good} good, {bad} bad)");
}

#[test]
fn every_documented_difference_is_one() {
    let contract = contracts::predictions();
    let validator = validator(contract);
    let both = |path: &str, value: Value| {
        let record = with(contract, path, value);
        (violations(contract, &record).is_empty(), validator.is_valid(&record))
    };
    for (texts, expected) in [
        (&BOTH[..], (true, true)),
        (&LAX[..], (true, false)),
        (&STRICT_ALONE[..], (false, true)),
        (&NAIVE[..], (false, false)),
    ] {
        for text in texts {
            assert_eq!(both("made_at", json!(text)), expected, "{text}");
        }
    }
    for (day, expected) in [("1946-10-31", false), ("1946-11-01", true), ("2101-12-31", true), ("2102-01-01", false)] {
        assert_eq!(both("day", json!(day)), (expected, expected), "{day}");
    }
    let games = contracts::games();
    let schema = self::validator(games);
    for (number, expected) in [("94", true), ("94.0", false), ("9.4e1", false), ("-0", false)] {
        let record = with(games, "score.home", serde_json::from_str(number).expect("a number"));
        assert_eq!((violations(games, &record).is_empty(), schema.is_valid(&record)), (expected, true), "{number}");
    }
}

/// A record that keeps the contract, but for one value.
fn with(contract: &Contract, path: &str, value: Value) -> Value {
    let mut record = Map::new();
    for leaf in &contract.leaves {
        let (field, _) = contract.field(&leaf.path).expect("a field");
        let kept = kept(&field.kind).new_tree(&mut TestRunner::deterministic()).expect("a value").current();
        linelogic::data::put(&mut record, &leaf.path, kept);
    }
    assert_eq!(violations(contract, &Value::Object(record.clone())), []);
    linelogic::data::put(&mut record, path, value);
    Value::Object(record)
}

/// Values that break each promise of some kind.
fn breakers() -> Vec<Value> {
    let texts = ["", "x", "1.5", "nan", "1000000000", "-1000000000", "a\u{0}", "1900-01-01", "2200-01-01", NAIVE[0]];
    let mut all: Vec<Value> = texts.map(Value::from).to_vec();
    all.extend([json!("x".repeat(100)), json!(true), json!(5), json!(1_000_000_000), json!(-1_000_000_000), json!([])]);
    all
}

#[test]
fn the_documented_error_types_are_those_that_are_found() {
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for contract in contracts::all() {
        for leaf in &contract.leaves {
            let (field, _) = contract.field(&leaf.path).expect("a field");
            let types = field.kind.error_types().into_iter().map(str::to_owned);
            documented.entry(format!("{:?}", std::mem::discriminant(&field.kind))).or_default().extend(types);
        }
        for leaf in &contract.leaves {
            let (field, _) = contract.field(&leaf.path).expect("a field");
            for (value, encoding) in
                breakers().into_iter().flat_map(|value| [(value.clone(), Encoding::Typed), (value, Encoding::Text)])
            {
                let mut raw = RawRecord::typed(&Locus::file("f"), 1, with(contract, &leaf.path, value));
                raw.encoding = encoding;
                let of_leaf = |violation: &Violation| violation.path() == leaf.path;
                for violation in contract.check(&raw).1.into_iter().filter(of_leaf) {
                    assert!(
                        field.kind.error_types().contains(&violation.kind.as_str()),
                        "{violation} of {:?}",
                        field.kind
                    );
                    let kind = format!("{:?}", std::mem::discriminant(&field.kind));
                    seen.entry(kind).or_default().insert(violation.kind);
                }
            }
        }
        let mut runner = TestRunner::new(Config { cases: 1500, failure_persistence: None, ..Config::default() });
        runner
            .run(&records(contract), |record| {
                for violation in violations(contract, &record) {
                    let kind = violation.kind.as_str();
                    let of_kind = contract.field(&violation.path()).map(|(field, _)| field.kind.error_types());
                    // A record that is no object has no field.
                    let documented = of_kind.unwrap_or_else(|| vec!["model_type"]);
                    prop_assert!(
                        ["missing", "extra_forbidden"].contains(&kind) || documented.contains(&kind),
                        "{}",
                        violation
                    );
                }
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", contract.id));
    }
    for (kind, types) in documented {
        let missing: Vec<_> = types.difference(&seen[&kind]).collect();
        assert!(missing.is_empty(), "documented, and never found: {missing:?}; found {:?}", seen[&kind]);
    }
}

// ---- the fast way in ------------------------------------------------------------------------------------------------

/// How a text is written: marks that are used up in turn.
struct Style {
    marks: Vec<u8>,
    at: usize,
}

impl Style {
    fn next(&mut self, of: u8) -> u8 {
        self.at += 1;
        self.marks.get(self.at % self.marks.len().max(1)).map_or(0, |mark| mark % of)
    }

    fn space(&mut self) -> &'static str {
        ["", "", "", " ", "\n", "\t ", "\r\n", "  "][usize::from(self.next(8))]
    }

    fn write(&mut self, value: &Value, out: &mut String) {
        out.push_str(self.space());
        match value {
            Value::Object(object) => {
                out.push('{');
                let mut names: Vec<&String> = object.keys().collect();
                if self.next(2) == 0 {
                    names.reverse();
                }
                for (at, name) in names.into_iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(self.space());
                    self.text(name, out);
                    out.push_str(self.space());
                    out.push(':');
                    self.write(&object[name], out);
                    if self.next(120) == 1 {
                        // The name again, with another value or the same.
                        let again = if self.next(2) == 0 { Value::Null } else { object[name].clone() };
                        out.push(',');
                        self.text(name, out);
                        out.push(':');
                        self.write(&again, out);
                    }
                }
                out.push('}');
            }
            Value::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    self.write(item, out);
                }
                out.push(']');
            }
            Value::String(text) => self.text(text, out),
            Value::Number(number) => {
                let text = number.to_string();
                let spelled = match self.next(40) {
                    1 => format!("{text}.0"),
                    2 => format!("{text}e0"),
                    3 => format!("{text}0E-1"),
                    4 => format!("-{text}"),
                    5 => format!("0{text}"),
                    6 => format!("+{text}"),
                    _ => text,
                };
                out.push_str(&spelled);
            }
            other => out.push_str(&other.to_string()),
        }
        out.push_str(self.space());
    }

    fn text(&mut self, text: &str, out: &mut String) {
        if self.next(10) > 0 {
            out.push_str(&Value::from(text).to_string());
            return;
        }
        // Every character escaped, those beyond the first plane by pairs.
        out.push('"');
        for unit in text.encode_utf16() {
            out.push_str(&format!("\\u{unit:04x}"));
        }
        out.push('"');
    }
}

/// What is done to a text, one byte at most.
#[derive(Debug, Clone)]
enum Damage {
    None,
    Cut(prop::sample::Index),
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    let byte = || prop_oneof![select(b"{}[],:\"\\ 0-.eE\x00\xff\xc3tn".to_vec()), any::<u8>()];
    prop_oneof![
        8 => Just(Damage::None),
        1 => place().prop_map(Damage::Cut),
        1 => (place(), byte()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        1 => (place(), byte()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
    ]
}

fn damaged(text: String, damage: &Damage) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    match damage {
        Damage::None => {}
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Replace(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Damage::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
    }
    bytes
}

/// Whether an object in the text has a name twice. The fast way leaves it to the check, which takes the last.
fn has_a_name_twice(bytes: &[u8]) -> bool {
    struct Names(bool);
    impl<'de> serde::Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visit;
            impl<'de> serde::de::Visitor<'de> for Visit {
                type Value = Names;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a value")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                    let (mut names, mut twice) = (BTreeSet::new(), false);
                    while let Some((name, inner)) = map.next_entry::<String, Names>()? {
                        twice |= !names.insert(name) || inner.0;
                    }
                    Ok(Names(twice))
                }
                fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                    let mut twice = false;
                    while let Some(inner) = seq.next_element::<Names>()? {
                        twice |= inner.0;
                    }
                    Ok(Names(twice))
                }
                fn visit_unit<E>(self) -> Result<Names, E> {
                    Ok(Names(false))
                }
                fn visit_bool<E>(self, _: bool) -> Result<Names, E> {
                    Ok(Names(false))
                }
                fn visit_i64<E>(self, _: i64) -> Result<Names, E> {
                    Ok(Names(false))
                }
                fn visit_u64<E>(self, _: u64) -> Result<Names, E> {
                    Ok(Names(false))
                }
                fn visit_f64<E>(self, _: f64) -> Result<Names, E> {
                    Ok(Names(false))
                }
                fn visit_str<E>(self, _: &str) -> Result<Names, E> {
                    Ok(Names(false))
                }
            }
            deserializer.deserialize_any(Visit)
        }
    }
    serde_json::from_slice::<Names>(bytes).is_ok_and(|names| names.0)
}

/// Holds the fast way against the check on one text; gives what the check says and whether it was left to it.
fn same(contract: &Contract, bytes: &[u8]) -> Result<(bool, bool), TestCaseError> {
    let shown = || format!("{} {}", contract.id, String::from_utf8_lossy(bytes));
    let raw = serde_json::from_slice::<Value>(bytes).ok().map(|value| RawRecord::typed(&Locus::file("f"), 1, value));
    let (row, _) = raw.as_ref().map_or((None, Vec::new()), |raw| contract.check(raw));
    let twice = has_a_name_twice(bytes);
    match (contract.accept(bytes), &row) {
        (Accepted::Row(fast, taken), Some(row)) => {
            prop_assert!(!twice, "{}", shown());
            prop_assert_eq!(&fast, row, "{}", shown());
            prop_assert!(bytes[taken..].iter().all(u8::is_ascii_whitespace), "{}", shown());
        }
        // What stands behind the record is not the fast way's affair.
        (Accepted::Row(fast, taken), None) => {
            let alone = RawRecord::typed(&Locus::file("f"), 1, serde_json::from_slice(&bytes[..taken]).expect("JSON"));
            prop_assert!(bytes[taken..].iter().any(|byte| !byte.is_ascii_whitespace()), "{}", shown());
            prop_assert_eq!(Some(fast), contract.check(&alone).0, "{}", shown());
        }
        (Accepted::Short | Accepted::No, Some(_)) => prop_assert!(twice, "left to the check: {}", shown()),
        (Accepted::Short | Accepted::No, None) => {}
    }
    Ok((row.is_some(), twice))
}

#[test]
fn the_fast_way_takes_what_the_check_takes() {
    static COUNTS: OnceLock<std::sync::Mutex<[u32; 3]>> = OnceLock::new();
    let counts = COUNTS.get_or_init(Default::default);
    for contract in contracts::all() {
        let shape = &contract.shape;
        let record = prop_oneof![5 => record(shape, 0), 4 => record(shape, 1), 1 => record(shape, 12)];
        let strategy = (record, prop::collection::vec(any::<u8>(), 1..80), damage());
        let mut runner = TestRunner::new(Config { cases: 4000, failure_persistence: None, ..Config::default() });
        runner
            .run(&strategy, |(record, marks, damage)| {
                let mut text = String::new();
                Style { marks, at: 0 }.write(&record, &mut text);
                let (kept, twice) = same(contract, &damaged(text, &damage))?;
                let mut counts = counts.lock().expect("counts");
                counts[usize::from(!kept)] += 1;
                counts[2] += u32::from(kept && twice);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", contract.id));
    }
    let [kept, broken, twice] = *counts.lock().expect("counts");
    assert!(kept > 2000 && broken > 2000 && twice > 20, "{kept} kept, {broken} broken, {twice} with a name twice");
}
