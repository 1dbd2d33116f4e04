//! `features …` as a user meets it: definitions planned and applied, rows materialised, looked up and joined.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs the command and gives the exit code and what it prints on either side.
fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_linelogic")).current_dir(folder).args(args).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The simulated league, ingested once for every test.
fn data() -> &'static str {
    static DATA: OnceLock<(TempDir, String)> = OnceLock::new();
    let (_, path) = DATA.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data").display().to_string();
        let (code, _, err) = run(folder.path(), &["ingest", "--source", "demo", "--out", &path]);
        assert_eq!(code, Some(0), "{err}");
        (folder, path)
    });
    path
}

/// Runs `features …` over the simulated league with the folder's own store.
fn features(folder: &TempDir, args: &[&str]) -> (Option<i32>, String, String) {
    run(folder.path(), &[&["--data", data(), "features"], args].concat())
}

fn document(folder: &TempDir, args: &[&str]) -> Value {
    let (code, out, err) = features(folder, &[args, &["--json"]].concat());
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).expect("one JSON document")
}

#[test]
fn a_plan_changes_nothing_and_a_second_apply_finds_nothing_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, _) = features(&folder, &["plan"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("+ view team_elo: is created") && out.contains("read by game_prediction"), "{out}");
    assert!(!folder.path().join(".linelogic").exists(), "a plan makes no store");
    assert_eq!(features(&folder, &["apply"]).0, Some(0));
    let again = document(&folder, &["plan"]);
    assert_eq!((&again["changes"], &again["refusals"]), (&json!([]), &json!([])));
}

#[test]
fn a_change_of_a_schema_without_a_new_version_is_refused_and_nothing_is_applied() {
    let folder = tempfile::tempdir().expect("a folder");
    features(&folder, &["apply"]);
    let mut definitions = document(&folder, &["plan", "--print"]);
    definitions["views"][0]["fields"][0]["unit"] = json!("dozens of games");
    fs::write(folder.path().join("d.json"), definitions.to_string()).expect("writes");
    for command in ["plan", "apply"] {
        let (code, out, err) = features(&folder, &[command, "--definitions", "d.json"]);
        assert_eq!(code, Some(1), "{command}: {out}{err}");
        assert!((out + &err).contains("is still version 1"), "{command}");
    }
    assert_eq!(document(&folder, &["plan"])["changes"], json!([]), "what was applied before is there");
}

#[test]
fn a_new_version_takes_the_served_rows_of_the_old_one_away() {
    let folder = tempfile::tempdir().expect("a folder");
    features(&folder, &["apply"]);
    features(&folder, &["materialize-incremental", "2100-01-01", "--view", "team_elo"]);
    let mut definitions = document(&folder, &["plan", "--print"]);
    let views = definitions["views"].as_array_mut().expect("views");
    let elo = views.iter_mut().find(|view| view["name"] == "team_elo").expect("the view");
    elo["version"] = json!(2);
    fs::write(folder.path().join("d.json"), definitions.to_string()).expect("writes");
    let (code, out, err) = features(&folder, &["apply", "--definitions", "d.json"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("~ view team_elo: goes from version 1 to 2; its served rows go"), "{out}");
    let online = document(&folder, &["get-online", "--entity", "team=BOS", "--feature", "team_elo:elo"]);
    assert_eq!(online["results"][1]["statuses"], json!(["NOT_FOUND"]));
    let (code, _, err) = features(&folder, &["materialize-incremental", "2100-01-01", "--view", "team_elo"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("version 2 is applied, and these features are version 1"), "{err}");
}

#[test]
fn rows_are_served_after_they_are_materialised_and_withheld_when_they_are_old() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, err) = features(&folder, &["materialize-incremental", "2100-01-01"]);
    assert_eq!(code, Some(1), "nothing is applied");
    assert!(err.contains("apply the definitions first"), "{err}");
    features(&folder, &["apply"]);
    let done = document(&folder, &["materialize-incremental", "2100-01-01"]);
    let done = done.as_array().expect("one a view");
    assert!(
        done.iter().all(|view| view["interval"][1].as_i64().is_some_and(|end| end < 4_000_000_000_000)),
        "{done:?}"
    );
    assert!(
        done.iter().filter(|view| view["view"] != "pair_head_to_head").all(|view| view["written"] != 0),
        "{done:?}"
    );
    let again = document(&folder, &["materialize-incremental", "2100-01-01"]);
    assert!(again.as_array().expect("one a view").iter().all(|view| view["written"] == 0), "{again}");

    let online = document(&folder, &["get-online", "--entity", "team=BOS", "--entity", "team=LAL"]);
    let names = online["metadata"]["feature_names"]["val"].as_array().expect("names");
    assert_eq!((names[0].as_str(), names[1].as_str(), names.len()), (Some("team"), Some("team_elo__elo"), 47));
    assert_eq!(online["results"][0]["values"], json!(["BOS", "LAL"]));
    assert_eq!(online["results"][1]["statuses"], json!(["PRESENT", "PRESENT"]));
    let newest = online["results"][1]["event_timestamps"][0].as_str().expect("an instant").to_owned();
    let later =
        (newest.parse::<linelogic::base::Instant>().expect("an instant") + chrono::TimeDelta::hours(25)).to_rfc3339();
    let later = document(&folder, &["get-online", "--entity", "team=BOS", "--feature", "team_elo:elo", "--at", &later]);
    assert_eq!(later["results"][1]["statuses"], json!(["OUTSIDE_MAX_AGE"]));
    assert_eq!(later["results"][1]["values"], json!([null]), "an old value is withheld");
    assert_eq!(later["results"][1]["event_timestamps"], json!([newest]), "and its age is told");

    let listed = document(&folder, &["list"]);
    assert!(
        listed.as_array().expect("views").iter().any(|view| view["name"] == "team_elo" && view["freshness"] == "green")
    );
}

#[test]
fn rows_of_one_source_are_not_gone_on_from_with_those_of_another_and_the_future_is_not_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    features(&folder, &["apply"]);
    let elo = ["materialize-incremental", "2100-01-01", "--view", "team_elo"];
    let first = document(&folder, &elo);
    let (code, _, err) = run(folder.path(), &["ingest", "--source", "demo:7", "--out", "other"]);
    assert_eq!(code, Some(0), "{err}");
    let (code, out, err) = run(folder.path(), &[&["--data", "other", "--json", "features"], &elo[..]].concat());
    assert_eq!(code, Some(0), "{err}");
    let other: Value = serde_json::from_str(&out).expect("one JSON document");
    assert_eq!(other[0]["written"], json!(30), "it starts anew");
    assert_eq!(other[0]["interval"][0], first[0]["interval"][0], "from the first row");
    let listed = document(&folder, &["list"]);
    let listed = listed.as_array().expect("views").iter().find(|view| view["name"] == "team_elo").expect("the view");
    assert_eq!(listed["source_served"], json!("demo:7"));
    let feature = ["get-online", "--entity", "team=BOS", "--feature", "team_elo:elo"];
    assert_eq!(document(&folder, &feature)["results"][1]["statuses"], json!(["PRESENT"]));
    let before = document(&folder, &[&feature[..], &["--at", "2021-01-01"]].concat());
    assert_eq!(before["results"][1]["statuses"], json!(["NOT_FOUND"]), "the row of a later day is not seen");
}

#[test]
fn wrong_names_are_answered_with_the_nearest_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    features(&folder, &["apply"]);
    let said = |args: &[&str], code: i32, part: &str| {
        let (found, out, err) = features(&folder, args);
        assert_eq!(found, Some(code), "{args:?}: {out}{err}");
        assert!(err.contains(part), "{args:?}: {err}");
    };
    said(&["get-online", "--entity", "team=BSO"], 2, "there is no team BSO; did you mean `BOS`?");
    said(&["get-online", "--entity", "tema=BOS"], 2, "expected one of team, league, pair");
    said(&["get-online", "--entity", "team=BOS", "--feature", "team_elo:ello"], 2, "did you mean `elo`?");
    said(&["get-online", "--entity", "team=BOS", "--feature", "team_elo"], 2, "view:feature");
    said(&["compute", "team_fom"], 2, "did you mean `team_form`?");
    said(&["materialize", "2026-01-02", "2026-01-01", "--view", "team_elo"], 2, "should not be after the end");
    said(&["materialize", "yesterday", "2026-01-01"], 2, "expected a day");
}

#[test]
fn the_rows_of_a_view_go_out_as_csv_and_as_parquet() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, err) = features(&folder, &["compute", "team_schedule"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("team,event_timestamp,created_timestamp,rest_days,back_to_back,third_in_four,distance\n"));
    let rows = out.lines().count() - 1;
    let files = document(&folder, &["export", "--view", "team_schedule", "--out", "archive"]);
    assert_eq!(files[0]["rows"].as_u64(), Some(rows as u64));
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let file = fs::File::open(folder.path().join("archive/team_schedule.parquet")).expect("written");
    let reader = SerializedFileReader::new(file).expect("a Parquet file");
    assert_eq!(reader.metadata().file_metadata().num_rows(), rows as i64);
    let first = reader.get_row_iter(None).expect("rows").next().expect("one").expect("readable").to_string();
    let csv: Vec<&str> = out.lines().nth(1).expect("a row").split(',').collect();
    assert!(first.contains(&format!("\"{}\"", csv[0])) && first.contains(&format!("rest_days: {}", csv[3])), "{first}");
}

fn join(folder: &TempDir, entities: &str, view: &str, more: &[&str]) -> (Option<i32>, String, String) {
    fs::write(folder.path().join("e.csv"), entities).expect("writes");
    fs::write(folder.path().join("f.csv"), view).expect("writes");
    let args = ["features", "join", "--entities", "e.csv", "--key", "team", "--view", "form=f.csv", "--out", "o.csv"];
    let (code, _, err) = run(folder.path(), &[&args[..], more].concat());
    let out = fs::read_to_string(folder.path().join("o.csv")).unwrap_or_default();
    (code, out, err)
}

const VIEW: &str =
    "team,event_timestamp,created_timestamp,x\nBOS,2024-01-01,2024-01-01,1.50\nBOS,2024-01-02,2024-01-04,nan\n";

#[test]
fn entity_rows_keep_their_order_their_doubles_and_their_other_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let entities = "won,team,event_timestamp,note\n1,BOS,2024-01-03 12:00:00,\"a, b\"\n0,XXX,2024-01-03,\n1,BOS,2024-01-03 12:00:00,\"a, b\"\n0,BOS,2024-01-05T02:00:00+02:00, c \n";
    let (code, out, err) = join(&folder, entities, VIEW, &[]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(
        out,
        "won,team,event_timestamp,note,x\n1,BOS,2024-01-03 12:00:00,\"a, b\",1.50\n0,XXX,2024-01-03,,\n1,BOS,2024-01-03 12:00:00,\"a, b\",1.50\n0,BOS,2024-01-05T02:00:00+02:00, c ,\n",
        "the correction is known on the fifth alone, and it says null"
    );
    let (_, out, _) =
        join(&folder, entities, VIEW, &["--no-created-cutoff", "--full-feature-names", "--ttl", "form=36h"]);
    let values: Vec<&str> = out.lines().map(|line| line.rsplit(',').next().unwrap_or_default()).collect();
    assert_eq!(values, ["form__x", "", "", "", ""], "without the cutoff the null of the second is seen on the third");
}

#[test]
fn what_cannot_be_joined_is_said_with_its_place_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let entities = "team,event_timestamp\nBOS,2024-01-03\n";
    let said = |entities: &str, view: &str, more: &[&str], code: i32, part: &str| {
        let (found, out, err) = join(&folder, entities, view, more);
        assert_eq!(found, Some(code), "{err}");
        assert!(err.contains(part), "expected `{part}` in: {err}");
        assert_eq!(out, "", "nothing is written");
    };
    said("team,event_timestamp\nBOS,\n", VIEW, &[], 3, "e.csv, row 2, column event_timestamp: expected the time");
    said("team,event_timestamp\nBOS,2024-02-30\n", VIEW, &[], 3, "found `2024-02-30`");
    said("team,when\nBOS,2024-01-03\n", VIEW, &[], 2, "expected a column `event_timestamp`; the file has team, when");
    said("team,event_timestamp\nBOS\n", VIEW, &[], 3, "expected 2 fields");
    said(entities, "team,event_timestamp\nBOS,2024-01-01\n", &[], 2, "no column beside keys and times");
    said("team,event_timestamp,x\nBOS,2024-01-03,7\n", VIEW, &[], 2, "which e.csv has already");
    said(entities, VIEW, &["--ttl", "from=24h"], 2, "did you mean `form`?");
    said(entities, VIEW, &["--ttl", "-1h"], 2, "");
    said(entities, VIEW, &["--ttl=-1h"], 2, "not negative");
    said(entities, VIEW, &["--view", "form=f.csv"], 2, "given twice");
    said(entities, VIEW, &["--view", "other=f.csv"], 2, "ask for full names");
}
