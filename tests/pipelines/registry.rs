//! The registry over a store: the week in Staging, alerts at the gate, a rollback that brings everything back, and runs
//! that become versions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant as Clock};

use linelogic::adapters::MemoryStore;
use linelogic::base::{Digest, morning};
use linelogic::flows::documents::{load_all, put};
use linelogic::flows::pipelines::{Weekly, weekly};
use linelogic::flows::predict::predict_day;
use linelogic::flows::register::{MODEL_FILE, Wanted, register_run};
use linelogic::flows::registry::{MODEL, RegistryFlowError, decide, names, rollback, state, state_of, transition};
use linelogic::monitoring::Alert;
use linelogic::pipeline::{Outcome, Report};
use linelogic::ports::{Batch, Store};
use linelogic::registry::{Change, Level, ModelVersion, Registry, Stage};
use linelogic::tracking::Run;
use pollster::block_on;

use super::{context, day, demo, documents, outcome};

fn opened() -> MemoryStore {
    super::opened().0
}

fn train(store: &MemoryStore, on: &str) -> Report {
    block_on(weekly(&context(store, demo()), day(on), Weekly::Bootstrap)).unwrap()
}

fn registry(store: &MemoryStore) -> Registry {
    block_on(state(store)).unwrap().1
}

fn stages(store: &MemoryStore) -> String {
    let registry = registry(store);
    let stages = registry.stages();
    stages.iter().map(|(version, stage)| format!("{version} {stage}")).collect::<Vec<_>>().join(", ")
}

fn change(on: &str) -> Change {
    let at = morning(day(on));
    Change { at, recorded_at: at, actor: "test".into(), reason: "a test".into() }
}

fn add<T: linelogic::flows::documents::Record>(store: &MemoryStore, record: &T) {
    let (base, _) = documents(store);
    let mut batch = Batch { base, ..Batch::default() };
    put(&mut batch, record).unwrap();
    block_on(store.commit(batch)).unwrap();
}

#[test]
fn a_version_takes_over_a_week_after_it_entered_staging_and_not_before() {
    let store = opened();
    let first = train(&store, "2025-12-01");
    assert_eq!(outcome(&first, "promote"), Outcome::Skipped);
    let gate = first.gate.unwrap();
    assert!(!gate.passed && first.promotion.is_none());
    assert!(gate.summary().contains("0 days in Staging, at least 7 are asked for"), "{}", gate.summary());
    assert_eq!(stages(&store), "1.0.0 Production, 1.1.0 Staging");

    let early = train(&store, "2025-12-05");
    assert_eq!(outcome(&early, "promote"), Outcome::Skipped);
    assert_eq!(stages(&store), "1.0.0 Production, 1.1.0 Archived, 1.2.0 Staging");

    let after = train(&store, "2025-12-12");
    let asked = after.promotion.expect("it was asked");
    assert!(asked.passed, "{}", asked.summary());
    assert_eq!(stages(&store), "1.0.0 Archived, 1.1.0 Archived, 1.2.0 Production, 1.3.0 Staging");
    let found = registry(&store);
    let aliases = found.state().aliases;
    assert_eq!((aliases["champion"], aliases["challenger"]), ("1.2.0", "1.3.0"));
    assert_eq!(found.production_at(day("2025-12-11")).unwrap().version, "1.0.0");
    assert_eq!(found.production_at(day("2025-12-12")).unwrap().version, "1.2.0");

    let before = documents(&store);
    let again = train(&store, "2025-12-12");
    assert_eq!((again.written, outcome(&again, "promote")), (0, Outcome::Skipped));
    assert_eq!(documents(&store), before);
}

#[test]
fn an_open_alert_keeps_a_version_in_staging_until_it_is_over() {
    let store = opened();
    train(&store, "2025-12-01");
    let alert = Alert {
        rule: "log_loss".to_owned(),
        day: day("2025-12-08"),
        value: 0.9,
        above: 0.8,
        message: "a test".to_owned(),
    };
    add(&store, &alert);
    let asked = train(&store, "2025-12-10").promotion.expect("nine days have passed");
    let refused: Vec<&str> = asked.refusals().map(|check| check.detail.as_str()).collect();
    assert_eq!(refused, ["1 alert is open: log_loss of 2025-12-08"]);
    assert_eq!(stages(&store), "1.0.0 Production, 1.1.0 Archived, 1.2.0 Staging");
    let asked = train(&store, "2025-12-17").promotion.expect("a week has passed");
    assert!(asked.passed, "{}", asked.summary());
}

/// The digest of a day's predictions by the version in Production.
fn predicted(version: &ModelVersion, on: &str) -> Digest {
    Digest::of_json(&predict_day(&demo().log, day(on), &[(version, Stage::Production)]).unwrap()).unwrap()
}

#[test]
fn a_rollback_brings_back_version_aliases_and_predictions_in_one_commit_within_a_second() {
    let store = opened();
    train(&store, "2025-12-01");
    let seen = |store: &MemoryStore| {
        let registry = registry(store);
        let version = registry.production().unwrap().clone();
        let champion = registry.state().aliases["champion"].to_owned();
        (predicted(&version, "2025-12-05"), version, champion)
    };
    let before = seen(&store);
    block_on(transition(&store, "1.1.0", Stage::Production, &change("2025-12-02"))).unwrap();
    let promoted = seen(&store);
    assert_ne!((promoted.0, promoted.2.as_str()), (before.0, before.2.as_str()));
    let (revision, _) = documents(&store);

    let start = Clock::now();
    let events = block_on(rollback(&store, MODEL, None, &change("2025-12-03"))).unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(seen(&store), before);
    assert_eq!(documents(&store).0.0, revision.0 + 1, "one commit");
    assert!(events.iter().all(|event| event.actor == "test"));
    // The named one is brought back as well, and the trail tells all of it.
    block_on(rollback(&store, MODEL, Some("1.1.0"), &change("2025-12-04"))).unwrap();
    let reigns: Vec<String> = registry(&store).reigns().into_iter().map(|reign| reign.version).collect();
    assert_eq!(reigns, ["1.0.0", "1.1.0", "1.0.0", "1.1.0"]);
}

/// A store with the run of its first version, which now has its model as an artifact.
fn with_artifact() -> (MemoryStore, Run) {
    let store = opened();
    let version = registry(&store).versions()[0].clone();
    let runs = block_on(load_all::<Run, _>(&store)).unwrap().1;
    let run = runs.into_iter().find(|run| run.id == version.run_id).unwrap();
    assert!(run.artifact(MODEL_FILE).is_some(), "a training records its model");
    (store, run)
}

#[test]
fn a_run_with_its_model_becomes_a_version_of_another_registered_model() {
    let (store, run) = with_artifact();
    let wanted = Wanted {
        name: "ratings",
        run_id: &run.id,
        level: Some(Level::Minor),
        description: "the site's model",
        build: "",
    };
    let at_hand = Some(&demo().manifest);
    let done = block_on(register_run(&store, &wanted, at_hand, &change("2025-12-01"))).unwrap();
    assert_eq!((done.version.version.as_str(), done.version.name.as_str()), ("1.0.0", "ratings"));
    let site = registry(&store).versions()[0].clone();
    assert_eq!((&done.version.model, &done.version.metrics), (&site.model, &site.metrics));
    assert!(done.version.trained_through >= site.trained_through && done.version.trained_through < day("2025-10-20"));
    let (_, other) = block_on(state_of(&store, "ratings")).unwrap();
    assert_eq!(other.state().description_of("1.0.0"), "the site's model");
    assert_eq!(other.state().aliases, BTreeMap::from([("challenger", "1.0.0")]));
    assert_eq!(block_on(names(&store)).unwrap().into_iter().collect::<Vec<_>>(), [MODEL, "ratings"]);
    let again = block_on(register_run(&store, &wanted, at_hand, &change("2025-12-02"))).unwrap();
    assert_eq!((again.version, again.events.len()), (done.version, 0));
}

#[test]
fn a_run_that_lacks_what_a_version_needs_is_refused_and_nothing_is_written() {
    let (store, run) = with_artifact();
    let refused = |run: &Run, name: &str, at_hand: bool| {
        add(&store, run);
        let before = documents(&store);
        let wanted = Wanted { name, run_id: &run.id, ..Wanted::default() };
        let at_hand = at_hand.then_some(&demo().manifest);
        let error = block_on(register_run(&store, &wanted, at_hand, &change("2025-12-01"))).unwrap_err();
        assert_eq!(documents(&store), before);
        error.to_string()
    };
    let bare = Run { artifacts: vec![], ..run.clone() };
    assert!(refused(&bare, "ratings", true).contains("it has no artifact model.json"));
    let foreign = Run { data_version: None, ..run.clone() };
    assert!(refused(&foreign, "ratings", true).contains("does not say which data"));
    let other = Run { model_digest: Some(Digest::of_bytes(b"other")), ..run.clone() };
    assert!(refused(&other, "ratings", true).contains("not the model that the run records"));
    let deleted = Run { deleted_at: Some(run.ended_at), ..run.clone() };
    assert!(refused(&deleted, "ratings", true).contains("not in the store"));
    assert!(refused(&run, "ratings", false).contains("of its data is not known"));
    assert_eq!(refused(&run, "a/b", true), "Invalid model name 'a/b'. Names cannot contain '/' or ':'.");
}

#[test]
fn a_refused_change_of_an_alias_writes_nothing() {
    let store = opened();
    let before = documents(&store);
    let error = block_on(decide(&store, MODEL, |now| now.set_alias("champion", "1.0.0", &change("2025-12-01"))));
    assert!(matches!(error, Err(RegistryFlowError::Refused(_))));
    assert_eq!(documents(&store), before);
}
