//! `linelogic route`, `monitor` and `alert list` over a store, as a user meets them.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use linelogic::adapters::JournalStore;
use linelogic::base::{Date, Digest, Instant, morning};
use linelogic::data::SourceKind;
use linelogic::flows::documents::{commit, put};
use linelogic::flows::registry::MODEL;
use linelogic::learn::{Linear, Model};
use linelogic::monitoring::{Column, Data, DriftReport, compare, default_rules, evaluate, observe};
use linelogic::ports::{Batch, Store};
use linelogic::registry::{ModelVersion, RegistryAction, RegistryEvent, Stage};
use linelogic::serving::{DayLog, Prediction, Rollout};
use serde_json::Value;

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn version(number: &str, at: Instant) -> ModelVersion {
    let model = Model::linear("1.0.0", vec!["elo_edge".to_owned()], Linear::unscaled(vec![0.1], 0.2)).into();
    ModelVersion {
        name: MODEL.to_owned(),
        version: number.to_owned(),
        run_id: "0".repeat(32),
        model,
        trained_through: day("2025-12-31"),
        source_kind: SourceKind::Simulated,
        data_version: Digest::of_bytes(b"games"),
        metrics: Default::default(),
        registered_at: at,
    }
}

/// Version 1.0.0 goes to Production on the first; 1.1.0 enters Staging on the tenth.
fn registry() -> (Vec<ModelVersion>, Vec<RegistryEvent>) {
    let (first, tenth) = (morning(day("2026-01-01")), morning(day("2026-01-10")));
    let event = |sequence: u64, version: &str, action: RegistryAction, at: Instant| RegistryEvent {
        sequence,
        name: MODEL.to_owned(),
        version: version.to_owned(),
        action,
        at,
        recorded_at: at,
        actor: "test".to_owned(),
        reason: "to have something to serve".to_owned(),
        gate: None,
    };
    let promoted = RegistryAction::Transitioned { from: Stage::Staging, to: Stage::Production };
    let events = vec![
        event(0, "1.0.0", RegistryAction::Registered, first),
        event(1, "1.0.0", promoted, first),
        event(2, "1.1.0", RegistryAction::Registered, tenth),
    ];
    (vec![version("1.0.0", first), version("1.1.0", tenth)], events)
}

/// Twelve days of two games each; from the fourth on, the version in Production is badly wrong.
fn logs() -> Vec<DayLog> {
    let of_day = |offset: i64| {
        let on = day("2026-01-01") + chrono::TimeDelta::days(offset);
        let game = |n: u8| format!("{on}-{n}");
        let made = |n: u8, version: &str, stage: Stage, prob_home: f64| Prediction {
            game_id: game(n),
            version: version.to_owned(),
            stage,
            prob_home,
            missing: 0.0,
            stale_since: None,
        };
        let mut predictions = Vec::new();
        for n in 0..4 {
            predictions.push(made(n, "1.0.0", Stage::Production, if offset < 3 { 0.75 } else { 0.25 }));
            if offset >= 9 {
                predictions.push(made(n, "1.1.0", Stage::Staging, 0.75));
            }
        }
        let mut log = DayLog::new(on, morning(on), predictions);
        if offset < 11 {
            let results: Vec<String> = (0..4).map(game).collect();
            log.settle(results.iter().map(|id| (id.as_str(), true)));
        }
        log
    };
    (0..12).map(of_day).collect()
}

fn drift() -> DriftReport {
    let low: Vec<f64> = (0..40).map(f64::from).collect();
    let high: Vec<f64> = low.iter().map(|value| value + 100.0).collect();
    let columns = compare(&[
        Column { name: "elo_edge", data: Data::Continuous { reference: &low, current: &high } },
        Column { name: "prediction", data: Data::Continuous { reference: &low, current: &low } },
    ]);
    DriftReport::new((day("2025-10-21"), day("2025-12-28")), (day("2025-12-29"), day("2026-01-11")), columns)
}

fn fill(folder: &Path) {
    let store = JournalStore::open(folder).expect("opens");
    let mut batch = Batch { base: pollster::block_on(store.scan("")).expect("scans").0, ..Batch::default() };
    let (versions, events) = registry();
    versions.iter().for_each(|record| put(&mut batch, record).expect("writes"));
    events.iter().for_each(|record| put(&mut batch, record).expect("writes"));
    logs().iter().for_each(|record| put(&mut batch, record).expect("writes"));
    put(&mut batch, &drift()).expect("writes");
    let seen = observe(day("2026-01-12"), Some(&drift()), &logs());
    evaluate(&default_rules(), &seen).iter().for_each(|record| put(&mut batch, record).expect("writes"));
    pollster::block_on(commit(&store, batch)).expect("commits");
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let command = &mut Command::new(env!("CARGO_BIN_EXE_linelogic"));
    command.current_dir(folder).args(arguments).output().expect("the command runs")
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fill(&folder.path().join(".linelogic"));
    folder
}

/// A visitor of each arm.
fn visitors() -> (String, String) {
    let of = |stage: Stage| {
        (0..).map(|id| format!("visitor-{id}")).find(|id| Rollout::default().assign(id).stage == stage).expect("one")
    };
    (of(Stage::Production), of(Stage::Staging))
}

#[test]
fn a_visitor_is_routed_as_the_registry_was_on_that_morning() {
    let folder = filled();
    let (champion, challenger) = visitors();
    let route = |user: &str, as_of: &str| json(folder.path(), &["route", "--user", user, "--as-of", as_of]);
    let shown = |found: &Value| (found["variant"].clone(), found["version"].clone(), found["fallback"].clone());
    let expect = |variant: &str, version: &str, fallback: bool| {
        (Value::from(variant), Value::from(version), Value::from(fallback))
    };
    assert_eq!(shown(&route(&champion, "2026-01-12")), expect("champion", "1.0.0", false));
    assert_eq!(shown(&route(&challenger, "2026-01-12")), expect("challenger", "1.1.0", false));
    assert_eq!(shown(&route(&challenger, "2026-01-09")), expect("challenger", "1.0.0", true));
    assert_eq!(route(&challenger, "2025-12-31")["version"], Value::Null);
    assert_eq!(shown(&json(folder.path(), &["route", "--user", &challenger])), expect("challenger", "1.1.0", false));
}

#[test]
fn without_a_store_the_arm_is_told_and_no_store_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_, challenger) = visitors();
    let found = json(folder.path(), &["route", "--user", &challenger]);
    assert_eq!((&found["variant"], &found["version"]), (&Value::from("challenger"), &Value::Null));
    assert!(!folder.path().join(".linelogic").exists());
    let output = run(folder.path(), &["monitor"]);
    assert_eq!(output.status.code(), Some(3));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains(".linelogic: no store is there; run `linelogic pipeline daily"), "{message}");
    assert!(!folder.path().join(".linelogic").exists());
}

#[test]
fn the_monitor_says_what_was_known_that_morning() {
    let folder = filled();
    let report = json(folder.path(), &["monitor", "--as-of", "2026-01-12"]);
    assert_eq!(report["watched"], serde_json::json!(["2026-01-05", "2026-01-11"]));
    assert_eq!(report["served"]["n"], 28);
    assert!((report["served"]["log_loss"].as_f64().expect("a number") - linelogic::base::math::ln(4.0)).abs() < 1e-12);
    assert_eq!(report["performance"][1]["version"], "1.1.0");
    assert_eq!(report["performance"][1]["scores"]["n"], 8);
    assert_eq!(report["drift"]["drift_share"], 0.5);
    let early = json(folder.path(), &["monitor", "--as-of", "2026-01-03"]);
    assert_eq!((&early["served"]["n"], &early["drift"]), (&Value::from(8), &Value::Null));
    assert_eq!(early["alerts"], serde_json::json!([]));
}

#[test]
fn the_monitor_is_readable() {
    let output = run(filled().path(), &["monitor", "--as-of", "2026-01-12"]);
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

#[test]
fn alerts_are_listed_with_what_to_do() {
    let folder = filled();
    let rules = |found: &Value| -> Vec<String> {
        let alerts = found.as_array().expect("a list");
        alerts.iter().map(|alert| alert["rule"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(rules(&json(folder.path(), &["alert", "list"])), ["drift_score", "log_loss"]);
    assert_eq!(rules(&json(folder.path(), &["alert", "list", "--as-of", "2026-01-11"])), Vec::<String>::new());
    let text = run(folder.path(), &["alert", "list", "--as-of", "2026-01-11"]);
    assert_eq!(String::from_utf8_lossy(&text.stdout), "no alert up to 2026-01-11\n");
}
