//! `runs`, `reproduce` and what trainings and back-tests record, as a user meets them.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "common/place.rs"]
mod place;

use std::collections::BTreeSet;

use linelogic::adapters::JournalStore;
use linelogic::flows::documents::load_all;
use linelogic::tracking::{Blob, Run, USER};
use place::{Place, show};
use serde_json::Value;

fn runs(place: &Place) -> Vec<Run> {
    let store = JournalStore::open(&place.file(".linelogic")).expect("a store");
    pollster::block_on(load_all(&store)).expect("runs").1
}

fn blobs(place: &Place) -> Vec<Blob> {
    let store = JournalStore::open(&place.file(".linelogic")).expect("a store");
    pollster::block_on(load_all(&store)).expect("files").1
}

/// Trains on two seasons and gives the run's id.
fn trained(place: &Place) -> String {
    let train = ["train", "--source", "dir:data", "--seasons", "2021..2022", "--strengths", "0.003,0.1"];
    let report =
        place.json(&[&train[..], &["--as-of", "2023-03-10", "--tag", "ticket_id=FC-12", "--actor", " Ada "]].concat());
    report["run"]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_training_records_its_trials_its_files_and_what_was_asked_for_and_is_reproduced_from_that() {
    let place = Place::with_league();
    let id = trained(&place);
    let runs = runs(&place);
    let run = runs.iter().find(|run| run.id == id).expect("the training");
    assert_eq!(run.tags.get("ticket_id").map(String::as_str), Some("FC-12"));
    let trials: Vec<&Run> = runs.iter().filter(|trial| trial.parent.as_ref() == Some(&id)).collect();
    assert_eq!(trials.len(), 2);
    assert!(trials.iter().chain([&run]).all(|run| run.tags.get(USER).is_some_and(|user| user == "Ada")));
    assert!(trials.iter().all(|trial| trial.metric("validation_log_loss").is_some() && trial.params.contains_key("c")));

    let paths: Vec<&str> = run.artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
    let expected = [
        "features.json",
        "leaderboard.csv",
        "metadata.json",
        "model.json",
        "predictions.csv",
        "reliability.svg",
        "roc.svg",
    ];
    assert_eq!(paths, expected);
    let kept: BTreeSet<String> = blobs(&place).iter().map(|blob| blob.digest.hex()).collect();
    assert!(run.artifacts.iter().all(|artifact| kept.contains(&artifact.digest.hex())));
    let model =
        blobs(&place).into_iter().find(|blob| Some(blob.digest) == run.artifact("model.json").map(|it| it.digest));
    let model: linelogic::learn::Model =
        serde_json::from_slice(&model.expect("kept").bytes().expect("whole")).expect("a model");
    assert_eq!(Some(model.digest()), run.model_digest);

    let again = place.json(&["reproduce", &id[..10]]);
    assert_eq!(again["same"], true);
    assert_eq!(again["model"][0], again["model"][1]);
    let trial = place.json(&["reproduce", &trials[1].id]);
    assert_eq!((&trial["same"], &trial["model"]), (&Value::Bool(true), &Value::Null));
}

#[test]
fn a_run_is_not_reproduced_on_other_games_and_the_error_names_both() {
    let place = Place::with_league();
    let id = trained(&place);
    let refused = place.run(&["reproduce", &id, "--source", "demo:7"]);
    assert_eq!(refused.status.code(), Some(3), "{}", show(&refused));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("was made on the games sha256:") && told.contains("and these are sha256:"), "{told}");
}

#[test]
fn a_record_that_was_changed_is_found_out_by_running_it_again() {
    let place = Place::with_league();
    let id = trained(&place);
    let store = JournalStore::open(&place.path().join(".linelogic")).expect("a store");
    let (base, runs) = pollster::block_on(load_all::<Run, _>(&store)).expect("runs");
    let mut forged = runs.into_iter().find(|run| run.id == id).expect("the training");
    forged.metrics.get_mut("log_loss").expect("scored")[0].value -= 0.01;
    let mut batch = linelogic::ports::Batch { base, ..Default::default() };
    linelogic::flows::documents::put(&mut batch, &forged).expect("a run");
    pollster::block_on(linelogic::flows::documents::commit(&store, batch)).expect("taken");
    let found = place.run(&["reproduce", &id]);
    assert_eq!(found.status.code(), Some(1), "{}", show(&found));
    assert!(String::from_utf8_lossy(&found.stdout).contains("differs"), "{}", show(&found));
}

#[test]
fn a_back_test_is_a_run_with_every_seasons_scores_and_every_games_forecast() {
    let place = Place::with_league();
    let backtest = ["backtest", "--source", "dir:data", "--seasons", "2022..2023", "--strengths", "0.01"];
    let output = place.run(&backtest);
    assert!(output.status.success(), "{}", show(&output));
    let runs = runs(&place);
    assert_eq!(runs.len(), 1, "{runs:?}");
    let run = &runs[0];
    let seasons: Vec<i64> = run.metrics["season_log_loss"].iter().map(|point| point.step).collect();
    assert_eq!((run.experiment.as_str(), seasons), ("backtest", vec![2022, 2023]));
    let predictions = run.artifact("predictions.csv").expect("forecasts").digest;
    let predictions = blobs(&place).into_iter().find(|blob| blob.digest == predictions).expect("kept");
    let text = String::from_utf8(predictions.bytes().expect("whole")).expect("text");
    assert!(text.starts_with("game_id,date,home,visitor,prob_home,home_won\n") && text.lines().count() > 2_000);
}
