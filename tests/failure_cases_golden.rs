//! Failure cases held against Pandera's own rows, with every difference named, counted and checked.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use linelogic::base::Locus;
use linelogic::data::failure_cases::{self, Row};
use linelogic::data::{Contract, Declaration, Findings, Orders, Violation};
use linelogic::flows::check::{Checking, InputFile, check};
use linelogic::league::contracts::{Judge, Place, Unique};
use linelogic::league::providers;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The schema of the golden file's cases.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Frame {
    game_id: String,
    date: String,
    #[schemars(range(min = 1946, max = 2100))]
    season: i64,
    phase: Phase,
    home: Side,
    #[schemars(range(min = 0, max = 300))]
    home_score: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Regular,
    Playin,
    Playoff,
    CupFinal,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Side {
    Bos,
    Den,
    Lal,
}

/// The schema of the cases of frames of texts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Coerced {
    #[schemars(length(min = 1, max = 4), regex(pattern = linelogic::data::contract::THREE_CAPITALS))]
    game_id: String,
    #[schemars(range(min = 1946, max = 2100))]
    season: i64,
    #[schemars(range(min = 0, max = 300))]
    home_score: Option<i64>,
    #[schemars(range(min = 0.0))]
    share: f64,
}

fn frame() -> &'static Contract {
    static FRAME: OnceLock<Contract> = OnceLock::new();
    let declaration = Declaration { id: "frame", version: "1.0.0", key: &["game_id"], rules: &[] };
    FRAME.get_or_init(|| Contract::declare::<Frame>(declaration, Orders::default()))
}

fn coerced() -> &'static Contract {
    static COERCED: OnceLock<Contract> = OnceLock::new();
    let declaration = Declaration { id: "coerced", version: "1.0.0", key: &[], rules: &[] };
    COERCED.get_or_init(|| Contract::declare::<Coerced>(declaration, Orders::default()))
}

/// Judges nothing but that the first field is unique, where it is the key.
struct KeyJudge(&'static Contract, Unique);

impl Judge for KeyJudge {
    type Item = ();

    fn contract(&self) -> &'static Contract {
        self.0
    }

    fn judge(&mut self, row: &linelogic::data::Row<'_>, place: &Place<'_>) -> (Option<()>, Vec<Violation>) {
        let key = self.0.key.first().and_then(|field| row.text(self.0.leaf(field)?));
        let violations: Vec<Violation> =
            key.and_then(|key| self.1.enter(key, self.0.key[0], place)).into_iter().collect();
        (violations.is_empty().then_some(()), violations)
    }

    fn finish(&mut self, set: &Locus) -> Vec<Violation> {
        self.1.finish(set)
    }
}

/// The way of every table: a provider, the contract, a judge, the findings.
fn findings(contract: &'static Contract, name: &str, text: &str) -> Findings {
    let files = vec![InputFile::of_bytes(name, text.as_bytes())];
    let checking = Checking { kept: 1000, collect: false, progress: &mut |_| true, timer: None };
    let judge = KeyJudge(contract, Unique::default());
    check(name, files, judge, checking, &|name, reader, _, sink| providers::parse_records(contract, name, reader, sink))
        .findings
}

fn ours(contract: &'static Contract, text: &str) -> Vec<Row> {
    failure_cases::rows(contract, &findings(contract, "frame.csv", text))
}

#[derive(Deserialize)]
struct Case {
    name: String,
    csv: String,
    failure_cases: Vec<[Value; 6]>,
}

#[derive(Deserialize)]
struct Golden {
    failure_case_fields: Vec<String>,
    cases: Vec<Case>,
    coerced: Vec<Case>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/failure_cases_pandera.json")).expect("the golden file")
}

/// A cell as the table writes it. A frame's column of numbers with gaps is one of floating point; a table's values are
/// shown as they are written.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64().map(|number| number.to_string()).unwrap_or_default(),
        other => other.to_string(),
    }
}

const CONTEXT: usize = 0;
const COLUMN: usize = 1;
const CHECK: usize = 2;
const CASE: usize = 4;
const INDEX: usize = 5;

/// Where we differ from Pandera on purpose. Each takes its rows away and says whether it met any.
struct Differences(BTreeMap<&'static str, usize>);

impl Differences {
    fn without(&mut self, rows: Vec<Row>, name: &'static str, is_it: impl Fn(&Row) -> bool) -> Vec<Row> {
        let before = rows.len();
        let rows: Vec<Row> = rows.into_iter().filter(|row| !is_it(row)).collect();
        *self.0.entry(name).or_default() += before - rows.len();
        rows
    }

    fn expected(&mut self, theirs: &[[Value; 6]]) -> Vec<Row> {
        let rows: Vec<Row> = theirs.iter().map(|row| std::array::from_fn(|at| cell(&row[at]))).collect();
        // A column of a table has no type of its own: each value is read by itself, and those that do not read are
        // coercion's failures, which Pandera tells a second time.
        let rows = self.without(rows, "type of a column", |row| row[CHECK].starts_with("dtype("));
        let rows = self.without(rows, "check of a column of another type", |row| row[CASE].starts_with("TypeError("));
        let optional = |row: &Row| row[CHECK] == "column_in_dataframe" && row[CASE] == "home_score";
        let rows = self.without(rows, "absent column that may be null", optional);
        // A header that is not the contract's refuses the table; its rows would be read in the wrong places.
        let of_schema = |row: &Row| row[CONTEXT] == "DataFrameSchema";
        let refused = rows.iter().any(of_schema);
        let rows = self.without(rows, "rows below a wrong header", |row| refused && !of_schema(row));
        // A row that is refused for itself is in nobody's way.
        let broken: BTreeSet<String> = rows
            .iter()
            .filter(|row| row[CHECK] != "field_uniqueness" && !row[INDEX].is_empty())
            .map(|row| row[INDEX].clone())
            .collect();
        let is_unique = |row: &Row| row[CHECK] == "field_uniqueness";
        let rows =
            self.without(rows, "duplicates among refused rows", |row| is_unique(row) && broken.contains(&row[INDEX]));
        let left: Vec<String> = rows.iter().filter(|row| is_unique(row)).map(|row| row[CASE].clone()).collect();
        let alone = |row: &Row| is_unique(row) && left.iter().filter(|case| **case == row[CASE]).count() == 1;
        let rows = self.without(rows, "duplicates of refused rows", alone);
        // Of a text the first broken promise is told, as Pydantic does.
        let too_long: BTreeSet<String> =
            rows.iter().filter(|row| row[CHECK].starts_with("str_length")).map(|row| row[INDEX].clone()).collect();
        let form = |row: &Row| row[CHECK].starts_with("str_matches") && too_long.contains(&row[INDEX]);
        self.without(rows, "form of a text that is too long", form)
    }
}

#[test]
fn failure_cases_are_those_of_pandera() {
    let golden = golden();
    assert_eq!(golden.failure_case_fields, failure_cases::COLUMNS);
    let mut differences = Differences(BTreeMap::new());
    let mut rows = 0;
    let cases = golden.cases.iter().map(|case| (frame(), case));
    for (contract, case) in cases.chain(golden.coerced.iter().map(|case| (coerced(), case))) {
        let expected = differences.expected(&case.failure_cases);
        assert_eq!(ours(contract, &case.csv), expected, "{}", case.name);
        rows += expected.len();
    }
    assert!(rows >= 35, "only {rows} rows were compared");
    let unmet: Vec<_> = differences.0.iter().filter(|(_, met)| **met == 0).collect();
    assert!(unmet.is_empty(), "these differences are met by no case: {unmet:?}");
}

#[test]
fn rows_of_records_are_counted_from_the_first() {
    let record = |season: i64| {
        format!(r#"{{"game_id":"g{season}","date":"d","season":{season},"phase":"regular","home":"BOS"}}"#)
    };
    let text = format!("[{},{}]", record(2022), record(1900));
    for name in ["frame.json", "frame"] {
        let rows = failure_cases::rows(frame(), &findings(frame(), name, &text));
        assert_eq!(rows, [["Column", "season", "in_range(1946, 2100)", "0", "1900", "1"].map(str::to_owned)]);
    }
}

#[test]
fn an_unknown_field_of_many_records_is_one_row() {
    let record = |id: u8| {
        format!(r#"{{"game_id":"g{id}","date":"d","season":2022,"phase":"regular","home":"BOS","arena":"x"}}"#)
    };
    let text = format!("{}\n{}\n{}\n", record(1), record(2), record(3));
    let rows = failure_cases::rows(frame(), &findings(frame(), "frame.jsonl", &text));
    assert_eq!(rows, [["DataFrameSchema", "", "column_in_schema", "", "arena", ""].map(str::to_owned)]);
    assert_eq!(rows[0][COLUMN], "");
}
