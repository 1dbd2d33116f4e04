//! `ingest`, `validate` and `manifest` as a user meets them, with every bad input that a file can be.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use linelogic::league::demo;
use serde_json::Value;
use tempfile::TempDir;

const HEADER: &str = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,home_fga,home_fta,\
                      home_oreb,home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov";

/// A month of a simulated season as lines of CSV, the header first.
fn table() -> Vec<String> {
    let games = demo::games(demo::DEFAULT_SEED);
    let rows = games.iter().take(200).map(|game| {
        let (score, home, visitor) =
            (game.score.expect("played"), game.home_box.expect("played"), game.visitor_box.expect("played"));
        format!(
            "{},{},{},regular,0,{},{},{},{},{},{},{},{},{},{},{},{}",
            game.id,
            game.date,
            game.season,
            game.home,
            game.visitor,
            score.home,
            score.visitor,
            home.fga,
            home.fta,
            home.oreb,
            home.tov,
            visitor.fga,
            visitor.fta,
            visitor.oreb,
            visitor.tov
        )
    });
    std::iter::once(HEADER.to_owned()).chain(rows).collect()
}

fn csv(lines: &[String]) -> Vec<u8> {
    format!("{}\n", lines.join("\n")).into_bytes()
}

/// The table with one value changed; rows as an editor counts them.
fn with_value(row: usize, column: &str, value: &str) -> Vec<u8> {
    let mut lines = table();
    let at = HEADER.split(',').position(|name| name == column).expect("a column");
    let mut values: Vec<&str> = lines[row - 1].split(',').collect();
    values[at] = value;
    lines[row - 1] = values.join(",");
    csv(&lines)
}

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_linelogic")).current_dir(folder).args(args).output().expect("the command runs")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn show(output: &Output) -> String {
    format!(
        "exit code {}\n--- standard output\n{}--- standard error\n{}",
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.display().to_string(), fs::read(&path).expect("reads")))
        .collect();
    files.sort();
    files
}

/// The file of a kind that a folder's index lists.
fn listed(data: &Path, kind: &str) -> PathBuf {
    let index: Value = serde_json::from_slice(&fs::read(data.join("index.json")).expect("an index")).expect("JSON");
    let file = index["files"].as_array().into_iter().flatten().find(|file| file["kind"] == kind);
    data.join(file.and_then(|file| file["path"].as_str()).expect("it is listed"))
}

/// Ingests a bad file over good data: exit code 1, the message as in the snapshot, and not a byte changed.
#[track_caller]
fn refuses(name: &str, bytes: &[u8]) {
    let folder = folder();
    let good = run(folder.path(), &["ingest", "--source", "demo:5", "--out", "data"]);
    assert!(good.status.success(), "{}", show(&good));
    let before = contents(&folder.path().join("data"));
    fs::write(folder.path().join("games.csv"), bytes).expect("writes");
    let output = run(folder.path(), &["ingest", "--source", "csv:games.csv", "--out", "data"]);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert!(contents(&folder.path().join("data")) == before, "the folder has changed");
    let validated = run(folder.path(), &["validate", "games.csv", "--contract", "games"]);
    assert_eq!(validated.status.code(), Some(1), "{}", show(&validated));
    let shown = format!("$ ingest\n{}\n$ validate\n{}", show(&output), show(&validated));
    insta::assert_snapshot!(name.to_owned(), shown);
}

#[test]
fn a_file_that_is_no_table_is_refused() {
    refuses("binary", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0");
    refuses("prose", b"Dear reader,\nthis is a letter, not a table.\n");
}

#[test]
fn a_truncated_file_is_refused() {
    let whole = csv(&table());
    refuses("truncated_csv", &whole[..whole.len() - 30]);
    refuses("truncated_json", br#"{"kind":"games","schema":1,"season":2025,"source_kind":"real","games":[{"id":"1","#);
}

#[test]
fn an_empty_file_is_refused() {
    refuses("empty", b"");
    refuses("header_only", &csv(&[HEADER.to_owned()]));
}

#[test]
fn a_missing_or_unknown_column_is_refused() {
    refuses(
        "wrong_column",
        &String::from_utf8_lossy(&csv(&table())).replacen("home_score", "home_points", 1).into_bytes(),
    );
}

#[test]
fn a_score_that_is_no_number_or_negative_is_refused() {
    refuses("score_abc", &with_value(7, "home_score", "abc"));
    refuses("score_negative", &with_value(7, "visitor_score", "-3"));
}

#[test]
fn twenty_nine_teams_are_refused() {
    let lines: Vec<String> = table().into_iter().filter(|line| !line.contains(",DEN,")).collect();
    refuses("29_teams", &csv(&lines));
}

#[test]
fn a_duplicate_id_is_refused() {
    let first = table()[1].split(',').next().expect("an id").to_owned();
    refuses("duplicate_id", &with_value(9, "game_id", &first));
}

#[test]
fn markup_as_a_team_is_refused_as_the_text_that_it_is() {
    refuses("markup", &with_value(7, "home", "<img src=x onerror=alert(1)>"));
}

#[test]
fn two_hundred_megabytes_are_refused_unread() {
    let folder = folder();
    let file = fs::File::create(folder.path().join("games.csv")).expect("creates");
    file.set_len(200 << 20).expect("a sparse file");
    let output = run(folder.path(), &["ingest", "--source", "csv:games.csv", "--out", "data"]);
    insta::assert_snapshot!("too_large", show(&output));
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("data").exists());
}

#[test]
fn refused_rows_do_not_keep_the_rest_out_of_an_empty_folder_and_are_kept_beside_it() {
    let folder = folder();
    fs::write(folder.path().join("games.csv"), with_value(7, "home_score", "abc")).expect("writes");
    let output = run(folder.path(), &["ingest", "--source", "csv:games.csv", "--out", "data"]);
    insta::assert_snapshot!("quarantined", show(&output));
    let quarantine = fs::read_to_string(listed(&folder.path().join("data"), "quarantine")).expect("a quarantine");
    assert_eq!(quarantine.lines().count(), 1);
    assert!(quarantine.contains("\"home_score\":\"abc\""));
    // Over other data it needs a word.
    fs::write(folder.path().join("games.csv"), with_value(8, "home_score", "abc")).expect("writes");
    let args = ["ingest", "--source", "csv:games.csv", "--out", "data"];
    assert_eq!(run(folder.path(), &args).status.code(), Some(1));
    assert_eq!(run(folder.path(), &[&args[..], &["--allow-refused"]].concat()).status.code(), Some(0));
}

#[test]
fn a_refused_row_is_listed_exported_repaired_and_released_as_the_next_revision() {
    let folder = folder();
    fs::write(folder.path().join("games.csv"), with_value(7, "home_score", "abc")).expect("writes");
    let ingest = ["ingest", "--source", "csv:games.csv", "--out", "data"];
    assert_eq!(run(folder.path(), &ingest).status.code(), Some(0));
    let quarantine = |args: &[&str]| {
        let output = run(folder.path(), &[&["--data", "data", "--json", "quarantine"], args].concat());
        (serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default(), output.status.code())
    };
    let (rows, code) = quarantine(&["list"]);
    assert_eq!((&rows[0]["row"], &rows[0]["raw"]["home_score"], code), (&1.into(), &"abc".into(), Some(0)));
    let csv = run(folder.path(), &["--data", "data", "quarantine", "export", "--format", "failure-cases"]);
    let csv = String::from_utf8_lossy(&csv.stdout).into_owned();
    assert!(csv.starts_with("schema_context,column,check,check_number,failure_case,index\n"), "{csv}");
    assert!(csv.contains("Column,home_score,coerce_dtype('int64'),,abc,5"), "{csv}");
    // What does not help changes nothing.
    let before = contents(&folder.path().join("data"));
    let (refused, code) = quarantine(&["release", "--row", "1", "--set", "score.home=-3"]);
    assert_eq!((&refused["violations"][0]["type"], code), (&"greater_than_equal".into(), Some(1)));
    assert_eq!(quarantine(&["release", "--row", "2"]).1, Some(2));
    assert_eq!(quarantine(&["release", "--row", "1", "--set", "points=3"]).1, Some(2));
    assert_eq!(quarantine(&["release", "--row", "1", "--set", "score.home=131", "--dry-run"]).1, Some(0));
    assert!(contents(&folder.path().join("data")) == before, "the folder has changed");
    let (released, code) = quarantine(&["release", "--row", "1", "--set", "score.home=131"]);
    assert_eq!(code, Some(0), "{released}");
    let manifest = &released["manifest"];
    let counts = ["revision", "records", "quarantined", "released"].map(|name| manifest[name].as_u64());
    assert_eq!(counts, [Some(2), Some(200), Some(0), Some(1)]);
    assert_eq!(quarantine(&["list"]).0, Value::Array(vec![]));
    assert_eq!(run(folder.path(), &["--data", "data", "manifest", "verify"]).status.code(), Some(0));
}

#[test]
fn the_simulated_league_is_ingested_verified_and_unchanged_the_second_time() {
    let folder = folder();
    let first = run(folder.path(), &["ingest", "--source", "demo", "--out", "data"]);
    let second = run(folder.path(), &["ingest", "--source", "demo", "--out", "data"]);
    let valid = run(folder.path(), &["validate", "data", "--contract", "games"]);
    let verified = run(folder.path(), &["--data", "data", "manifest", "verify"]);
    let shown = [&first, &second, &valid, &verified].map(show).join("\n");
    insta::assert_snapshot!("demo", shown);
    let list = run(folder.path(), &["--data", "data", "--json", "manifest", "list"]);
    let chain: Value = serde_json::from_slice(&list.stdout).expect("one JSON document");
    let changes: Vec<&str> =
        chain.as_array().expect("a list").iter().filter_map(|link| link["change"].as_str()).collect();
    assert_eq!(changes, ["written", "unchanged"]);
    assert_eq!(chain[1]["previous"], chain[0]["seal"]);
}

#[test]
fn json_is_one_document_and_nothing_else() {
    let folder = folder();
    fs::write(folder.path().join("bad.csv"), with_value(7, "home_score", "abc")).expect("writes");
    let report = |args: &[&str]| -> (Value, Option<i32>) {
        let output = run(folder.path(), args);
        (serde_json::from_slice(&output.stdout).expect("one JSON document"), output.status.code())
    };
    let (document, code) = report(&["ingest", "--json", "--source", "demo", "--out", "data"]);
    assert_eq!((document["change"].as_str(), code), (Some("written"), Some(0)));
    let (document, code) = report(&["validate", "--json", "bad.csv", "--contract", "games"]);
    assert_eq!((document["valid"].as_bool(), document["errors"].as_u64(), code), (Some(false), Some(1), Some(1)));
    let locus = &document["findings"]["violations"][0]["locus"];
    assert_eq!((locus["row"].as_u64(), locus["column"].as_str()), (Some(7), Some("home_score")));
    let (document, code) = report(&["validate", "--json", "nowhere.csv"]);
    assert_eq!((document["error"]["kind"].as_str(), code), (Some("environment"), Some(3)));
}

#[test]
fn mistakes_of_usage_end_with_two_and_missing_files_with_three() {
    let folder = folder();
    let code = |args: &[&str]| run(folder.path(), args).status.code();
    assert_eq!(code(&["ingest", "--source", "ftp:x"]), Some(2));
    assert_eq!(code(&["ingest", "--as-of", "soon"]), Some(2));
    assert_eq!(code(&["validate", "x.csv", "--contract", "players"]), Some(2));
    assert_eq!(code(&["frobnicate"]), Some(2));
    assert_eq!(code(&["ingest", "--source", "csv:nowhere.csv"]), Some(3));
    assert_eq!(code(&["--data", "nowhere", "manifest", "verify"]), Some(3));
}
