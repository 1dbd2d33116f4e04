use super::*;
use crate::learn::{Linear, Model};

fn model(feature_version: &str) -> ModelDocument {
    Model::linear(feature_version, vec![], Linear::unscaled(vec![], 0.0)).into()
}

fn candidate(run: &str, features: &str) -> Candidate {
    Candidate {
        run_id: run.into(),
        model: model(features),
        trained_through: day(1),
        source_kind: SourceKind::Simulated,
        data_version: Digest::of_bytes(b""),
        metrics: BTreeMap::new(),
        build: String::new(),
    }
}

fn day(number: u32) -> Date {
    Date::from_ymd_opt(2026, 1, number).unwrap()
}

fn change(number: u32) -> Change {
    Change { at: morning(day(number)), recorded_at: morning(day(31)), actor: "test".into(), reason: "a test".into() }
}

fn empty() -> Registry {
    Registry::new("m", vec![], vec![])
}

fn with(registry: &Registry, version: Option<ModelVersion>, events: Vec<RegistryEvent>) -> Registry {
    let mut versions = registry.versions().to_vec();
    versions.extend(version);
    Registry::new("m", versions, [registry.events(), &events].concat())
}

fn registered(registry: &Registry, run: &str, on: u32) -> Registry {
    let done = registry.register(candidate(run, "1.0.0"), &change(on));
    with(registry, Some(done.version), done.events)
}

fn moved(registry: &Registry, version: &str, to: Stage, on: u32) -> Registry {
    with(registry, None, registry.transition(version, to, &change(on)).unwrap())
}

/// Stages as `1.0.0 Archived, 1.1.0 Production`.
fn stages(stages: BTreeMap<&str, Stage>) -> String {
    stages.iter().map(|(version, stage)| format!("{version} {stage}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_first_version_is_1_0_0_and_enters_at_staging() {
    let registry = registered(&empty(), "a", 1);
    assert_eq!(stages(registry.stages()), "1.0.0 Staging");
    assert_eq!(registry.events()[0].action, RegistryAction::Registered);
}

#[test]
fn a_run_is_registered_once() {
    let registry = registered(&empty(), "a", 1);
    let again = registry.register(candidate("a", "1.0.0"), &change(2));
    assert_eq!((again.version.version.as_str(), again.events.len()), ("1.0.0", 0));
}

#[test]
fn a_new_version_moves_the_other_out_of_staging_and_the_trail_says_so() {
    let registry = registered(&registered(&empty(), "a", 1), "b", 2);
    assert_eq!(stages(registry.stages()), "1.0.0 Archived, 1.1.0 Staging");
    let reasons: Vec<&str> = registry.events().iter().map(|event| event.reason.as_str()).collect();
    assert_eq!(reasons, ["a test", "1.1.0 entered Staging", "a test"]);
    let sequences: Vec<u64> = registry.events().iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
}

#[test]
fn promoting_archives_the_version_that_was_in_production() {
    let registry = moved(&registered(&empty(), "a", 1), "1.0.0", Stage::Production, 2);
    let registry = moved(&registered(&registry, "b", 3), "1.1.0", Stage::Production, 4);
    assert_eq!(stages(registry.stages()), "1.0.0 Archived, 1.1.0 Production");
    assert_eq!(registry.before_production().unwrap().version, "1.0.0");
}

#[test]
fn a_past_morning_shows_the_version_that_was_in_production_then() {
    let registry = moved(&registered(&empty(), "a", 1), "1.0.0", Stage::Production, 2);
    let registry = moved(&registered(&registry, "b", 3), "1.1.0", Stage::Production, 4);
    let production = |number| registry.production_at(day(number)).map(|version| version.version.clone());
    assert_eq!(production(1), None);
    assert_eq!(production(2).as_deref(), Some("1.0.0"));
    assert_eq!(production(3).as_deref(), Some("1.0.0"));
    assert_eq!(production(4).as_deref(), Some("1.1.0"));
    assert_eq!(registry.staging_at(day(3)).unwrap().version, "1.1.0");
    assert_eq!(registry.staging_at(day(4)), None);
}

#[test]
fn what_happens_during_a_day_holds_from_the_next_morning() {
    let registry = registered(&empty(), "a", 1);
    let noon = Change { at: crate::base::tip_off(day(2)), ..change(2) };
    let registry = with(&registry, None, registry.transition("1.0.0", Stage::Production, &noon).unwrap());
    assert_eq!(registry.production_at(day(2)), None);
    assert!(registry.production_at(day(3)).is_some());
}

#[test]
fn a_change_of_the_past_leaves_one_version_in_production_on_every_morning() {
    let registry = moved(&registered(&empty(), "a", 1), "1.0.0", Stage::Production, 2);
    let registry = moved(&registered(&registry, "b", 3), "1.1.0", Stage::Production, 9);
    let registry = moved(&registered(&registry, "c", 4), "1.2.0", Stage::Production, 5);
    for number in 2..=12 {
        let held = registry.stages_at(morning(day(number)));
        assert_eq!(held.values().filter(|stage| **stage == Stage::Production).count(), 1, "{}", stages(held));
    }
    assert_eq!(registry.production_at(day(6)).unwrap().version, "1.2.0");
    assert_eq!(registry.production().unwrap().version, "1.1.0");
}

#[test]
fn moving_to_where_it_is_adds_nothing() {
    let registry = registered(&empty(), "a", 1);
    assert_eq!(registry.transition("1.0.0", Stage::Staging, &change(2)).unwrap(), []);
}

#[test]
fn an_unknown_version_is_refused_with_the_known_ones() {
    let registry = registered(&empty(), "a", 1);
    let error = registry.transition("9.0.0", Stage::Production, &change(2)).unwrap_err();
    assert_eq!(error.to_string(), "version 9.0.0 is not in the registry: it holds 1.0.0");
}

#[test]
fn other_features_raise_the_major_version_and_a_build_marks_where_it_was_made() {
    let registry = registered(&empty(), "a", 1);
    let local = Candidate { build: "local.1".into(), ..candidate("b", "2.0.0") };
    assert_eq!(registry.register(local, &change(2)).version.version, "2.0.0+local.1");
}

#[test]
fn stages_are_read_in_any_case() {
    assert_eq!("production".parse(), Ok(Stage::Production));
    assert_eq!(
        "prod".parse::<Stage>().unwrap_err(),
        "Invalid Model Version stage: prod. Value must be one of None, Staging, Production, Archived."
    );
}
