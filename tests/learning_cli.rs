//! `train`, `backtest` and `predict` as a user meets them.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

mod common;
#[path = "common/place.rs"]
mod place;

use std::fs;
use std::path::Path;

use linelogic::league::demo;
use place::{Place, show};
use serde_json::Value;

/// The command ends with this code, says this, prints nothing, and leaves no file behind.
#[track_caller]
fn refuses(place: &Place, args: &[&str], code: i32, said: &str) {
    let before = names(place.path());
    let output = place.run(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", show(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{args:?}: {}", show(&output));
    assert!(output.stdout.is_empty(), "{args:?}: {}", show(&output));
    assert_eq!(names(place.path()), before, "{args:?}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const DEMO: [&str; 2] = ["--source", "dir:data"];

#[test]
fn a_training_prints_its_trials_and_enters_at_staging_and_then_predicts() {
    let place = Place::with_league();
    refuses(&place, &["predict", "--as-of", "2024-01-10"], 3, "no store is there");
    let train = ["train", "--seasons", "2021..2023", "--strengths", "0.003,0.1", "--as-of", "2024-01-10"];
    let output = place.run(&[&train[..], &DEMO].concat());
    let text = show(&output);
    // The run's id follows from the clock.
    let id = text.lines().find_map(|line| line.strip_prefix("run ")).expect("a run");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    insta::assert_snapshot!("train", text.replace(id, "<run>"));

    let runs = place.json(&["runs", "list"]);
    assert_eq!((runs.as_array().map(Vec::len), runs[0]["id"].as_str()), (Some(1), Some(id)));
    // Another seed makes it another run, even within one tick of the clock.
    let again = place.json(&[&train[..], &DEMO, &["--seed", "2"]].concat());
    assert_eq!(again["version"], "1.0.1", "the same model again");
    assert_eq!(again["trained_through"], "2024-01-09", "a morning knows the days before it");
    assert_eq!(again["trials"].as_array().map(Vec::len), Some(2));
    let versions = place.json(&["registry", "list"]);
    let stages: Vec<&str> =
        versions.as_array().into_iter().flatten().filter_map(|version| version["stage"].as_str()).collect();
    assert_eq!(stages, ["Archived", "Staging"]);

    let day = place.run(&["predict", "--as-of", "2024-01-10"]);
    insta::assert_snapshot!("predict", show(&day));
    let day = place.json(&["predict", "--as-of", "2024-01-10"]);
    let predictions = day["predictions"].as_array().expect("a list");
    let tonight = "2024-01-10".parse().expect("a date");
    let games = demo::games(demo::DEFAULT_SEED).into_iter().filter(|game| game.date == tonight).count();
    assert!(games > 0 && predictions.len() == games, "{games} games, {day}");
    for line in predictions {
        let p = line["prob_home"].as_f64().expect("a probability");
        assert!(p > 0.02 && p < 0.98 && line["version"] == "1.0.1" && line["missing"] == 0.0, "{line}");
    }
    refuses(&place, &["predict", "--as-of", "2023-12-01"], 3, "no version was in Production or Staging on 2023-12-01");
}

#[test]
fn a_search_has_the_same_leaderboard_and_model_on_any_number_of_threads() {
    let place = Place::with_league();
    let train = |threads: &str, store: &str| {
        let of_search =
            ["--search", "wide", "--method", "random:10", "--select", "correlation:0.97", "--threads", threads];
        let head = ["train", "--seasons", "2021..2023", "--as-of", "2024-01-10", "--store", store];
        place.json(&[&head[..], &DEMO, &of_search].concat())
    };
    let (one, three) = (train("1", "one"), train("3", "three"));
    assert_eq!(one["trials"].as_array().map(Vec::len), Some(10));
    for part in ["trials", "model", "setting", "holdout", "dropped", "evaluation"] {
        assert_eq!(one[part], three[part], "{part}");
    }
    assert!(one["dropped"]["wide"].as_array().is_some_and(|dropped| !dropped.is_empty()), "{}", one["dropped"]);
    // Whatever won, it predicts from the store.
    let day = place.json(&["predict", "--as-of", "2024-01-10", "--why", "--store", "one"]);
    let (predictions, reasons) = (day["predictions"].as_array(), day["reasons"].as_array());
    for (line, of_game) in predictions.into_iter().flatten().zip(reasons.expect("they were asked for")) {
        let adds = of_game["reasons"].as_array().into_iter().flatten().filter_map(|reason| reason["adds"].as_f64());
        let sum = of_game["base"].as_f64().unwrap_or_default() + adds.sum::<f64>();
        assert!((sum - line["prob_home"].as_f64().unwrap_or_default()).abs() < 1e-9, "{line} {of_game}");
    }
}

#[test]
fn a_back_test_is_cut_into_slices_where_they_are_asked_for() {
    let place = Place::with_league();
    let args = |more: &[&'static str]| [&["backtest", "--seasons", "2023"][..], &DEMO, more].concat();
    let text = place.run(&args(&["--slices"])).stdout;
    let text = String::from_utf8(text).expect("text");
    for by in ["by month", "by phase", "by favourite", "by rest", "by team"] {
        assert!(text.contains(by), "{by}: {text}");
    }
    let json = |more: &[&'static str]| -> Value {
        serde_json::from_slice(&place.run(&args(more)).stdout).expect("a document of JSON")
    };
    assert_eq!(json(&["--json"]).get("slices"), None);
    let slices = json(&["--json", "--slices"])["slices"].as_array().expect("slices").clone();
    assert_eq!(slices.iter().filter(|slice| slice["by"] == "team").count(), 30);
}

#[test]
fn a_back_test_prints_a_table_and_writes_every_game() {
    let place = Place::with_league();
    let args = ["backtest", "--seasons", "2022..2023", "--out", "p.csv"];
    fs::write(place.path().join("p.csv"), "older predictions\n").expect("writes");
    let text = show(&place.run(&[&args[..], &DEMO].concat()));
    // The run's id follows from the clock.
    let id = text.lines().find_map(|line| line.strip_prefix("run ")).expect("a run");
    insta::assert_snapshot!("backtest", text.replace(id, "<run>"));
    assert_eq!(names(place.path()), [".linelogic", "data", "p.csv"], "nothing is left beside the file");

    let csv = fs::read_to_string(place.path().join("p.csv")).expect("reads");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("game_id,date,home,visitor,prob_home"));
    let ids: Vec<String> = demo::games(demo::DEFAULT_SEED)
        .into_iter()
        .filter(|game| (2022..=2023).contains(&game.season))
        .map(|game| game.id)
        .collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().map(|row| row[0]).eq(ids.iter().map(String::as_str)), "every game once and in order");
    assert!(rows.iter().all(|row| row.len() == 5 && row[4].parse::<f64>().is_ok_and(|p| p > 0.0 && p < 1.0)));

    let found = place.json(&[&args[..3], &DEMO].concat());
    assert_eq!((&found["pooled"]["model"]["n"], &found["feature_version"]), (&2460.into(), &"2.0.0".into()));
    let loss = |who: &str| found["pooled"][who]["log_loss"].as_f64().expect("a figure");
    assert!(loss("model") < loss("home_rate") - 0.02, "{found}");
}

#[test]
fn what_lies_behind_a_morning_does_not_change_the_games_before_it() {
    let place = Place::with_league();
    let whole = place.run(&["backtest", "--source", "demo", "--seasons", "2021", "--out", "whole.csv"]);
    assert!(whole.status.success(), "{}", show(&whole));
    let args = ["backtest", "--source", "demo", "--seasons", "2021", "--out", "then.csv", "--as-of", "2022-01-10"];
    assert!(place.run(&args).status.success());
    let rows = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(place.path().join(file)).expect("reads");
        text.lines()
            .filter(|line| line.split(',').nth(1).is_some_and(|day| day <= "2022-01-10"))
            .map(str::to_owned)
            .collect()
    };
    let before = rows("then.csv");
    assert!(before.len() > 500);
    assert!(before == rows("whole.csv"), "a later result changed an earlier forecast");
}

#[test]
fn seasons_that_are_not_there_are_mistakes_of_usage() {
    let place = Place::with_league();
    let backtest = |seasons: &'static str| [&["backtest", "--seasons", seasons][..], &DEMO].concat();
    refuses(&place, &backtest("1999..2000"), 2, "season 1999 is not in the data, which has 2020, 2021");
    refuses(&place, &backtest("2020"), 2, "season 2020 has no earlier season in the data to train on: begin later");
    refuses(&place, &backtest("2021..2018"), 2, "the first season is after the last");
    refuses(&place, &backtest("soon"), 2, "such as 2018..2021");
    let train = |more: [&'static str; 2]| [&["train"][..], &DEMO, &more].concat();
    refuses(&place, &train(["--seasons", "2021..2018"]), 2, "the first season is after the last");
    refuses(&place, &train(["--seasons", "1999..2000"]), 2, "no season of 1999..2000 is in the data, which has 2020,");
    refuses(&place, &train(["--strengths", "0.1,0"]), 2, "C is 0: expected a finite number above 0");
    refuses(&place, &train(["--strengths", "strong"]), 2, "invalid float literal");
    refuses(&place, &train(["--split", "random:5"]), 2, "a random split is refused: it would train on games");
    refuses(&place, &train(["--split", "blocked:1:7"]), 2, "1 folds: expected 2 to 50");
    refuses(&place, &train(["--method", "luck"]), 2, "expected grid, random:N or halving:FACTOR");
    refuses(
        &place,
        &train(["--search", "everything"]),
        2,
        "possible values: default, baselines, linear, trees, blend, wide",
    );
    // Five days of a season are there, but too few to learn from.
    refuses(&place, &train(["--as-of", "2020-10-25"]), 1, "are too few to train on: 100 are needed");
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let place = Place::with_league();
    let backtest = |more: &[&'static str]| [&["backtest", "--seasons", "2021"][..], &DEMO, more].concat();
    fs::write(place.path().join("f.csv"), "day,home,away,p\n2021-12-01,Heat,Bulls,.5\n").expect("writes");
    refuses(&place, &backtest(&["--against", "f.csv"]), 3, "f.csv: the column date is missing: expected date, team1");
    fs::write(place.path().join("f.csv"), "date,team1,team2,prob1\n2021-12-01,Heat,Bulls,55%\n").expect("writes");
    refuses(&place, &backtest(&["--against", "f.csv"]), 3, "f.csv, row 2, column prob1: found \"55%\", expected");
    refuses(&place, &backtest(&["--against", "nowhere.csv"]), 3, "nowhere.csv");
    refuses(&place, &backtest(&["--out", "nowhere/p.csv"]), 3, "nowhere/p.csv: ");
    refuses(&place, &backtest(&["--out", "data"]), 3, "data: ");
    assert!(place.path().join("data/index.json").is_file());
    refuses(&place, &["backtest", "--seasons", "2021", "--source", "dir:nowhere"], 3, "nowhere");
    fs::create_dir(place.path().join("store")).expect("makes");
    fs::write(place.path().join("store/journal.jsonl"), "not a journal\n").expect("writes");
    refuses(&place, &["--store", "store", "predict"], 3, "journal line 1");
}

#[test]
fn on_the_real_games_the_pooled_log_loss_is_at_most_0_630_and_every_game_has_its_forecast() {
    let (Some(games), Some(forecasts)) =
        (common::shared("nba_games_2015_2023.csv"), common::shared("forecasts_538_2015_2021.csv"))
    else {
        return;
    };
    let place = Place::empty();
    let source = format!("csv:{}", games.canonicalize().expect("a file").display());
    let against = forecasts.canonicalize().expect("a file").display().to_string();
    let args = ["backtest", "--source", &source, "--seasons", "2018..2021", "--against", &against, "--out", "p.csv"];
    let found = place.json(&args);
    let pooled = &found["pooled"];
    let loss = pooled["model"]["log_loss"].as_f64().expect("a figure");
    assert!(loss <= 0.630, "{loss}");
    assert!(loss >= 0.59, "{loss} is better than the closing line: something leaks");
    assert_eq!((&pooled["model"]["n"], &pooled["against"]["matched"]), (&4599.into(), &4599.into()));
    assert_eq!(pooled["against"]["unmatched"], 0);
    // What others publish of these games: without it a mismatch of games would go unseen.
    let theirs = pooled["against"]["theirs"]["log_loss"].as_f64().expect("a figure");
    assert!((theirs - 0.6249).abs() < 1e-4, "{theirs}");
    let csv = fs::read_to_string(place.path().join("p.csv")).expect("reads");
    assert!(csv.lines().count() > 4600, "play-in and playoffs are predicted too");
}
