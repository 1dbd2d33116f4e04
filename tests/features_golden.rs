//! The point-in-time join against Feast's own answers (`tests/reference/features_feast.py`), by the engine and by
//! `linelogic features join`.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

mod common;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use linelogic::base::{Instant, tip_off};
use linelogic::features::{Cutoff, EntityRows, FeatureRows, Timeline, join_rows};
use linelogic::flows::ingest::{Input, ingest};
use linelogic::league::features::{compute_all, team_key};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/features_feast.json");
    serde_json::from_slice(&fs::read(path).expect("the golden file is there")).expect("it is JSON")
}

fn cases(golden: &Value) -> impl Iterator<Item = &Value> {
    golden["cases"].as_array().expect("cases").iter()
}

fn milliseconds(value: &Value) -> i64 {
    let text = value.as_str().expect("an instant");
    text.parse::<Instant>().expect("RFC 3339").timestamp_millis()
}

/// Keys as numbers: their letters are few.
fn key(value: &Value) -> u32 {
    value.as_str().expect("a key").bytes().fold(0, |key, byte| key * 26 + u32::from(byte - b'A'))
}

#[test]
fn the_engine_joins_as_feast_joins() {
    let golden = golden();
    for case in cases(&golden) {
        let mut rows = FeatureRows::empty(1);
        for row in case["rows"].as_array().expect("rows") {
            rows.push(
                key(&row[0]),
                milliseconds(&row[1]),
                milliseconds(&row[2]),
                &[row[3].as_f64().unwrap_or(f64::NAN)],
            );
        }
        let mut entities = EntityRows::default();
        for row in case["entities"].as_array().expect("entities") {
            entities.keys.push(key(&row[0]));
            entities.as_of.push(milliseconds(&row[1]));
        }
        let ttl = case["ttl_hours"].as_i64().filter(|hours| *hours > 0).map(|hours| hours * 3_600_000);
        let cutoff = if case["created_cutoff"] == true { Cutoff::Known } else { Cutoff::None };
        let found = join_rows(&entities, &Timeline::of(&rows), ttl, cutoff);
        let values = found.iter().map(|row| row.map_or(f64::NAN, |row| rows.columns[0][row]));
        let values: Vec<Option<f64>> = values.map(|value| (!value.is_nan()).then_some(value)).collect();
        let expected: Vec<Option<f64>> =
            case["expected"].as_array().expect("values").iter().map(Value::as_f64).collect();
        assert_eq!(values, expected, "{}", case["name"]);
    }
    assert_eq!(cases(&golden).count(), 6);
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn csv_of(header: &str, rows: &Value) -> String {
    let line = |row: &Value| row.as_array().expect("a row").iter().map(text).collect::<Vec<_>>().join(",") + "\n";
    header.to_owned() + "\n" + &rows.as_array().expect("rows").iter().map(line).collect::<String>()
}

#[test]
fn the_command_line_joins_as_feast_joins() {
    let folder = tempfile::tempdir().expect("a folder");
    let golden = golden();
    for case in cases(&golden) {
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).expect("writes");
        write("e.csv", csv_of("key,event_timestamp", &case["entities"]));
        write("f.csv", csv_of("key,event_timestamp,created_timestamp,value", &case["rows"]));
        let ttl = format!("{}h", case["ttl_hours"]);
        let mut arguments =
            vec!["features", "join", "--entities", "e.csv", "--key", "key", "--view", "v=f.csv", "--out", "o.csv"];
        arguments.extend(["--ttl", if ttl == "0h" { "0" } else { ttl.as_str() }]);
        if case["created_cutoff"] == false {
            arguments.push("--no-created-cutoff");
        }
        let output = Command::new(env!("CARGO_BIN_EXE_linelogic"))
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let joined = fs::read_to_string(folder.path().join("o.csv")).expect("written");
        let values: Vec<Option<f64>> =
            joined.lines().skip(1).map(|line| line.rsplit(',').next().and_then(|value| value.parse().ok())).collect();
        let expected: Vec<Option<f64>> =
            case["expected"].as_array().expect("values").iter().map(Value::as_f64).collect();
        assert_eq!(values, expected, "{}", case["name"]);
        assert!(joined.starts_with("key,event_timestamp,value\n"), "{joined}");
    }
}

/// Values as little-endian doubles, every null as one NaN.
fn digest(columns: &[Vec<f64>], found: &[Option<usize>]) -> String {
    let mut digest = Sha256::new();
    for column in columns {
        for row in found {
            let value = row.map_or(f64::NAN, |row| column[row]);
            let bits = if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() };
            digest.update(bits.to_le_bytes());
        }
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_real_games_join_as_feast_joins_them_to_the_last_value() {
    let Some(path) = common::shared("nba_games_2015_2023.csv") else { return };
    let bytes = fs::read(path).expect("reads");
    let now = Instant::from_timestamp(4_000_000_000, 0).expect("a moment in 2096");
    let log = ingest(Input::of_bytes("games.csv", &bytes), now, &mut |_| true).expect("the games are good").log;
    let mut games: Vec<_> = log.games().iter().collect();
    games.sort_by(|a, b| (a.date, &a.id).cmp(&(b.date, &b.id)));
    let entities = EntityRows {
        keys: games.iter().flat_map(|game| [team_key(game.home), team_key(game.visitor)]).collect(),
        as_of: games.iter().flat_map(|game| [tip_off(game.date).timestamp_millis(); 2]).collect(),
    };
    let golden = golden();
    let real = &golden["real_games"];
    assert_eq!(real["entity_rows"].as_u64(), Some(entities.keys.len() as u64));
    let expected = real["sha256"].as_object().expect("one digest a view");
    let mut views = 0;
    for rows in compute_all(&log).iter().filter(|rows| rows.view.entities == ["team"]) {
        let found = join_rows(&entities, &Timeline::of(&rows.rows), rows.view.ttl_ms, Cutoff::Known);
        assert!(found.iter().all(Option::is_some), "every side of a game has its row");
        let found = digest(&rows.rows.columns, &found);
        assert_eq!(Some(found.as_str()), expected[&rows.view.name].as_str(), "{}", rows.view.name);
        views += 1;
    }
    assert_eq!(views, expected.len());
}
