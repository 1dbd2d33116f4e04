//! The profile held against numpy, and against counting by hand.

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::base::{Date, Locus};
use crate::data::{Declaration, Orders, RawRecord};

#[derive(Deserialize)]
struct Case {
    numbers: Vec<f64>,
    mean: f64,
    sd: Option<f64>,
    quantiles: [f64; 7],
    edges: Vec<f64>,
    counts: Vec<u64>,
    distinct: u64,
}

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

fn profile_of(records: impl IntoIterator<Item = Value>) -> Profile {
    let mut profiler = Profiler::free();
    records.into_iter().for_each(|record| profiler.add_json(&record));
    profiler.finish()
}

fn numbers_of(numbers: &[f64]) -> (ColumnProfile, NumberProfile) {
    let profile = profile_of(numbers.iter().map(|number| json!({ "x": number })));
    let column = profile.columns.into_iter().next().expect("a column");
    let numbers = column.numbers.clone().expect("numbers");
    (column, numbers)
}

fn assert_close(found: f64, expected: f64, what: &str) {
    let bound = 1e-12 * expected.abs().max(f64::MIN_POSITIVE);
    assert!((found - expected).abs() <= bound, "{what}: found {found:e}, expected {expected:e}");
}

#[test]
fn numbers_agree_with_numpy() {
    let golden: Golden =
        serde_json::from_str(include_str!("../../../tests/golden/profile_numpy.json")).expect("the golden file");
    assert!(golden.cases.len() > 30);
    for (at, case) in golden.cases.iter().enumerate() {
        let (column, found) = numbers_of(&case.numbers);
        assert_eq!(
            (column.kind, column.distinct),
            (ColumnKind::Number, Distinct { count: case.distinct, exact: true })
        );
        // A mean near zero of large numbers has the rounding of the large ones.
        let size = case.numbers.iter().fold(0.0_f64, |size, number| size.max(number.abs()));
        assert!((found.mean - case.mean).abs() <= 1e-13 * size, "case {at}: {} for {}", found.mean, case.mean);
        assert_eq!(found.sd.is_some(), case.sd.is_some(), "case {at}");
        if let (Some(found), Some(expected)) = (found.sd, case.sd) {
            assert_close(found, expected, &format!("sd of case {at}"));
        }
        assert_eq!(found.quantiles, case.quantiles, "quantiles of case {at}");
        let histogram = found.histogram.expect("a histogram");
        assert_eq!((histogram.edges, histogram.counts), (case.edges.clone(), case.counts.clone()), "case {at}");
    }
}

#[test]
fn objects_are_told_by_their_members_and_what_is_missing_is_null() {
    let profile = profile_of([
        json!({ "id": "a", "score": { "home": 100, "visitor": 90 }, "neutral": true }),
        json!({ "id": "b", "score": null, "neutral": false }),
        json!({ "id": "b", "score": { "home": 110 }, "odd": [1, 2] }),
    ]);
    let column = |name: &str| profile.columns.iter().find(|column| column.name == name).expect(name);
    assert_eq!(profile.rows, 3);
    assert!(profile.columns.iter().all(|column| column.name != "score" && column.count == 3));
    assert_eq!((column("score.home").nulls, column("score.visitor").nulls, column("odd").nulls), (1, 2, 2));
    assert!((column("neutral").null_share() - 1.0 / 3.0).abs() < 1e-15);
    assert_eq!((column("neutral").kind, column("odd").kind), (ColumnKind::Flag, ColumnKind::List));
    let id = column("id");
    assert_eq!((id.kind, id.distinct), (ColumnKind::Text, Distinct { count: 2, exact: true }));
    let counted: Vec<_> = id.frequent.iter().map(|one| (one.value.as_str(), one.count)).collect();
    assert_eq!(counted, [("b", 2), ("a", 1)]);
    assert_eq!((id.first.as_deref(), id.last.as_deref()), (Some("a"), Some("b")));
}

#[test]
fn a_column_of_numbers_and_texts_says_so() {
    let profile = profile_of([json!({ "x": 1 }), json!({ "x": "one" }), json!({ "x": null }), json!({ "x": 2 })]);
    let column = &profile.columns[0];
    assert_eq!((column.kind, column.nulls, column.distinct.count), (ColumnKind::Mixed, 1, 3));
    assert_eq!(column.numbers.as_ref().map(|numbers| numbers.count), Some(2));
    assert_eq!(column.frequent.len(), 1);
}

/// A measurement.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Measurement {
    /// When.
    day: Date,
    /// Where.
    place: Place,
    /// How much.
    amount: Option<f64>,
    /// Whether by hand.
    manual: bool,
}

/// A place.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Place {
    /// Its name.
    name: String,
    /// Its floor.
    #[schemars(range(min = -3, max = 90))]
    floor: i32,
}

#[test]
fn rows_of_a_contract_are_told_as_their_json_is() {
    let declaration = Declaration { id: "measurements", version: "1.0.0", key: &["day"], rules: &[] };
    let contract = Contract::declare::<Measurement>(declaration, Orders::default().of::<Place>());
    let record = |at: u32| {
        json!({
            "day": format!("2023-01-{:02}", 1 + at % 20), "manual": at.is_multiple_of(4),
            "place": { "name": if at.is_multiple_of(3) { "roof" } else { "hall" }, "floor": at % 7 },
            "amount": if at.is_multiple_of(5) { Value::Null } else { json!(f64::from(at) / 8.0) },
        })
    };
    let (mut by_row, mut by_json) = (Profiler::of(&contract), Profiler::of(&contract));
    for at in 0..60 {
        let raw = RawRecord::typed(&Locus::file("x"), u64::from(at) + 1, record(at));
        let (row, violations) = contract.check(&raw);
        assert_eq!(violations, []);
        by_row.add_row(&contract, &row.expect("the record keeps the contract"));
        by_json.add_json(&record(at));
    }
    let (by_row, by_json) = (by_row.finish(), by_json.finish());
    assert_eq!(by_row, by_json);
    let told: Vec<_> = by_row.columns.iter().map(|column| (column.name.as_str(), column.kind, column.nulls)).collect();
    let expected = [
        ("day", ColumnKind::Time, 0),
        ("place.name", ColumnKind::Text, 0),
        ("place.floor", ColumnKind::Number, 0),
        ("amount", ColumnKind::Number, 12),
        ("manual", ColumnKind::Flag, 0),
    ];
    assert_eq!(told, expected);
    let day = &by_row.columns[0];
    assert_eq!((day.first.as_deref(), day.last.as_deref()), (Some("2023-01-01"), Some("2023-01-20")));
}

#[test]
fn beyond_the_bound_distinct_values_are_more_than() {
    let most = DISTINCT_AT_MOST as u64;
    let profile = profile_of((0..3 * most).map(|at| json!({ "text": format!("t{}", at % (2 * most)), "number": at })));
    let text = &profile.columns.iter().find(|column| column.name == "text").expect("the text");
    assert_eq!(text.distinct, Distinct { count: most, exact: false });
    assert_eq!((text.first.as_deref(), text.nulls), (None, 0));
    // What is held was held from its first row on.
    assert!(text.frequent.iter().all(|one| one.count == 2), "{:?}", text.frequent);
    let column = profile.columns.iter().find(|column| column.name == "number").expect("the number");
    let number = column.numbers.as_ref().expect("numbers");
    assert_eq!(column.distinct, Distinct { count: most, exact: false });
    assert!(!number.exact);
    let last = (3 * most - 1) as f64;
    assert_eq!((number.min, number.max, number.mean), (0.0, last, number.mean));
    assert!((number.mean - last / 2.0).abs() < 1e-6);
    for (share, quantile) in SHARES.into_iter().zip(number.quantiles) {
        // Four standard errors of a quantile of the sample.
        let bound = 4.0 * (share * (1.0 - share) / SAMPLE as f64).sqrt() * last;
        assert!((quantile - share * last).abs() <= bound, "{share}: {quantile}");
    }
    let histogram = number.histogram.as_ref().expect("a histogram");
    assert_eq!(histogram.counts.iter().sum::<u64>(), SAMPLE as u64);
}

#[test]
fn whatever_the_numbers_the_profile_is_read_back_as_it_was_written() {
    for numbers in [vec![f64::MAX, f64::MIN], vec![f64::MAX; 5], vec![5e-324, 0.0], vec![1.0, 1.0 + f64::EPSILON]] {
        let profile = profile_of(numbers.iter().map(|number| json!({ "x": number })));
        let text = serde_json::to_string(&profile).expect("it is written");
        assert_eq!(serde_json::from_str::<Profile>(&text).expect("it is read"), profile, "{numbers:?}");
    }
}

#[test]
fn columns_are_bounded_and_it_is_said() {
    let record: serde_json::Map<String, Value> =
        (0..COLUMNS_AT_MOST + 7).map(|at| (format!("c{at}"), json!(at))).collect();
    let profile = profile_of([Value::Object(record)]);
    assert_eq!((profile.columns.len(), profile.more_columns), (COLUMNS_AT_MOST, true));
    assert_eq!(profile_of([]), Profile::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Against sorting all numbers and counting by the edges alone.
    #[test]
    fn a_profile_is_what_sorting_and_counting_give(
        values in prop::collection::vec(prop_oneof![
            3 => (-40_i32..40).prop_map(|n| json!(n)),
            2 => (-1e3_f64..1e3).prop_map(|n| json!(n)),
            1 => Just(Value::Null),
            1 => "[a-c]{1,2}".prop_map(|text| json!(text)),
        ], 1..120)
    ) {
        let profile = profile_of(values.iter().map(|value| json!({ "x": value })));
        let column = &profile.columns[0];
        let mut sorted: Vec<f64> = values.iter().filter_map(Value::as_f64).map(|number| number + 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        prop_assert_eq!(column.nulls as usize, values.iter().filter(|value| value.is_null()).count());
        let distinct = values.iter().filter(|value| !value.is_null()).map(|value| match value.as_f64() {
            Some(number) => (number + 0.0).to_string(),
            None => value.to_string(),
        });
        prop_assert_eq!(column.distinct.count as usize, distinct.collect::<std::collections::BTreeSet<_>>().len());
        let counted: u64 = column.frequent.iter().map(|one| one.count).sum();
        prop_assert!(counted <= texts.len() as u64);
        for one in &column.frequent {
            prop_assert_eq!(one.count as usize, texts.iter().filter(|text| **text == one.value).count());
        }
        let Some(numbers) = &column.numbers else {
            prop_assert!(sorted.is_empty());
            return Ok(());
        };
        prop_assert_eq!((numbers.min, numbers.max), (sorted[0], sorted[sorted.len() - 1]));
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        prop_assert!((numbers.mean - mean).abs() < 1e-9);
        let squares: f64 = sorted.iter().map(|number| (number - mean) * (number - mean)).sum();
        let sd = (squares / (sorted.len() as f64 - 1.0)).sqrt();
        prop_assert!(numbers.sd.map_or(sorted.len() == 1, |found| (found - sd).abs() < 1e-8));
        for (share, found) in SHARES.into_iter().zip(numbers.quantiles) {
            let place = share * (sorted.len() - 1) as f64;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            prop_assert!((found - (low + (high - low) * place.fract())).abs() < 1e-9);
        }
        let histogram = numbers.histogram.as_ref().expect("numbers of this size can be divided");
        for (at, count) in histogram.counts.iter().enumerate() {
            let (low, high) = (histogram.edges[at], histogram.edges[at + 1]);
            let is_in = |number: &&f64| **number >= low && (**number < high || at == BINS - 1 && **number == high);
            prop_assert_eq!(*count as usize, sorted.iter().filter(is_in).count());
        }
    }
}
