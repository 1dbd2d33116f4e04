//! `ingest --source balldontlie` against a real server on this machine: what it makes of pages, limits and outages.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_cmd::Command;
use linelogic::league::demo;
use serde_json::{Value, json};
use tempfile::TempDir;

// What the tests of the download itself need besides.
#[allow(dead_code)]
#[path = "download/server.rs"]
mod server;
use server::{Asked, Reply, Server};

const KEY: &str = "not-a-real-key";

fn run(folder: &Path, server: Option<&Server>, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linelogic"));
    command.current_dir(folder).args(args).env_remove("BALLDONTLIE_API_KEY").env_remove("BALLDONTLIE_URL");
    if let Some(server) = server {
        command.env("BALLDONTLIE_API_KEY", KEY).env("BALLDONTLIE_URL", server.base());
    }
    command.output().expect("the command runs")
}

fn text(output: &Output) -> String {
    format!(
        "{:?}\n{}\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A month of the simulated league as the provider would tell it, with one game still to come.
fn games() -> Vec<Value> {
    let season = demo::games(demo::DEFAULT_SEED);
    let mut games: Vec<Value> = season
        .iter()
        .take(200)
        .enumerate()
        .map(|(at, game)| {
            let score = game.score.expect("played");
            json!({
                "id": 1_000_000 + at, "date": format!("{}T00:00:00.000Z", game.date), "season": game.season,
                "status": "Final", "period": 4, "time": "Final", "postseason": false,
                "home_team_score": score.home, "visitor_team_score": score.visitor,
                "home_team": {"id": at, "abbreviation": game.home.to_string()},
                "visitor_team": {"id": at + 1, "abbreviation": game.visitor.to_string()},
            })
        })
        .collect();
    let last = games.last_mut().expect("there are games");
    last["status"] = json!("2020-11-16T00:30:00Z");
    (last["home_team_score"], last["visitor_team_score"]) = (json!(0), json!(0));
    games
}

/// Two pages by cursor.
fn pages(asked: &Asked) -> Reply {
    let games = games();
    let (page, meta) = match asked.query("cursor") {
        None => (&games[..100], json!({"next_cursor": 100, "per_page": 100})),
        Some(_) => (&games[100..], json!({"per_page": 100})),
    };
    Reply::Json(json!({"data": page, "meta": meta}).to_string())
}

fn limit() -> Reply {
    Reply::Status("429 Too Many Requests", vec!["Retry-After: 86400".to_owned()], Vec::new())
}

const INGEST: [&str; 6] = ["ingest", "--json", "--source", "balldontlie:2020", "--out", "data"];

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_season_is_ingested_from_its_pages() {
    let (folder, server) = (folder(), Server::start(pages));
    let output = run(folder.path(), Some(&server), &INGEST);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let manifest = &document["manifest"];
    assert_eq!(manifest["source"], "balldontlie:2020..2020");
    assert_eq!(
        (&manifest["provider"], &manifest["requests"], &manifest["accepted"], &manifest["rows_in"]),
        (&json!("balldontlie"), &json!(2), &json!(200), &json!(200))
    );
    assert_eq!(manifest["inputs"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["stages"][0]["stage"], "fetch");
    assert!(document["stages"][0]["bytes"].as_u64().is_some_and(|bytes| bytes > 10_000));
    assert!(!folder.path().join(".linelogic/download").exists(), "the pages are removed when the games are safe");
    assert!(!text(&output).contains(KEY));
    // The same again is a recorded no-op.
    let output = run(folder.path(), Some(&server), &INGEST);
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(document["change"], "unchanged");
}

#[test]
fn at_a_limit_or_an_outage_the_last_snapshot_stays_and_an_alert_is_told() {
    let down = Reply::Status as fn(&'static str, Vec<String>, Vec<u8>) -> Reply;
    for outage in [false, true] {
        let refuses = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&refuses);
        let server = Server::start(move |asked| match (told.load(Ordering::SeqCst), outage) {
            (false, _) => pages(asked),
            (true, false) => limit(),
            (true, true) => down("503 Service Unavailable", vec!["Retry-After: 86400".to_owned()], Vec::new()),
        });
        let folder = folder();
        assert_eq!(run(folder.path(), Some(&server), &INGEST).status.code(), Some(0));
        let index = std::fs::read(folder.path().join("data/index.json")).expect("an index");
        refuses.store(true, Ordering::SeqCst);
        let output = run(folder.path(), Some(&server), &INGEST);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!(document["change"], "kept");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("alert: source_unavailable: balldontlie:2020..2020 cannot be had"), "{told}");
        assert_eq!(std::fs::read(folder.path().join("data/index.json")).expect("an index"), index);
        // The alert is in the journal, where the site's data is made from.
        let journal = std::fs::read_to_string(folder.path().join(".linelogic/journal.jsonl")).unwrap_or_default();
        assert!(journal.contains("source_unavailable"), "{journal}");
        // Commands that read the source compute on the snapshot.
        let args = ["backtest", "--source", "balldontlie:2020", "--seasons", "2020..2020", "--data", "data"];
        let output = run(folder.path(), Some(&server), &args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("alert: source_unavailable"), "{told}");
    }
}

#[test]
fn without_a_snapshot_a_limit_is_a_failure_of_the_environment() {
    let (folder, server) = (folder(), Server::start(|_| limit()));
    let demo = run(folder.path(), None, &["ingest", "--source", "demo", "--out", "data"]);
    assert_eq!(demo.status.code(), Some(0));
    let output = run(folder.path(), Some(&server), &INGEST);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("data has no snapshot of balldontlie"), "{}", text(&output));
}

#[test]
fn a_missing_key_is_a_mistake_of_usage_and_a_refused_one_of_the_environment() {
    let folder = folder();
    let output = run(folder.path(), None, &INGEST);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("BALLDONTLIE_API_KEY"));
    let server = Server::start(|_| Reply::Status("401 Unauthorized", Vec::new(), Vec::new()));
    let output = run(folder.path(), Some(&server), &INGEST);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(!text(&output).contains(KEY));
}
