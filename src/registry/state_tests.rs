use super::*;
use crate::learn::{Linear, Model};
use crate::registry::{Figures, Rival, Stay, Target, Waited, gate};

fn model(feature_version: &str) -> ModelDocument {
    Model::linear(feature_version, vec![], Linear::unscaled(vec![], 0.0)).into()
}

fn candidate(run: &str, features: &str) -> Candidate {
    Candidate {
        run_id: run.into(),
        model: model(features),
        trained_through: day(1),
        source_kind: SourceKind::Simulated,
        data_version: Digest::of_bytes(run.as_bytes()),
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

fn registered(registry: &Registry, run: &str, on: u32) -> Registry {
    let done = registry.register(candidate(run, "1.0.0"), &change(on));
    registry.with(Some(done.version), &done.events)
}

fn moved(registry: &Registry, version: &str, to: Stage, on: u32) -> Registry {
    registry.with(None, &registry.transition(version, to, &change(on)).unwrap())
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
    let trail: Vec<String> =
        registry.events().iter().map(|event| format!("{} {}", event.version, event.action)).collect();
    let expected = [
        "1.0.0 registered at Staging",
        "1.0.0 alias challenger set",
        "1.0.0 Staging → Archived",
        "1.1.0 registered at Staging",
        "1.1.0 alias challenger moved here from 1.0.0",
    ];
    assert_eq!(trail, expected);
    let reasons: Vec<&str> = registry.events().iter().map(|event| event.reason.as_str()).collect();
    let follows = "challenger follows Staging";
    let manifests = format!("{} after {}", Digest::of_bytes(b"b").short(), Digest::of_bytes(b"a").short());
    let second = format!("a test; minor: new data, manifest {manifests}");
    assert_eq!(reasons, ["a test; the first version", follows, "1.1.0 entered Staging", &second, follows]);
    let sequences: Vec<u64> = registry.events().iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
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
    let registry = registry.with(None, &registry.transition("1.0.0", Stage::Production, &noon).unwrap());
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

/// Two versions of which 1.0.0 serves and 1.1.0 is in Staging.
fn two() -> Registry {
    registered(&moved(&registered(&empty(), "a", 1), "1.0.0", Stage::Production, 2), "b", 3)
}

fn pointing(aliases: BTreeMap<&str, &str>) -> String {
    aliases.iter().map(|(alias, version)| format!("{alias} {version}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn champion_and_challenger_follow_their_stages_and_are_not_moved_by_hand() {
    let registry = two();
    assert_eq!(pointing(registry.aliases_at(morning(day(3)))), "challenger 1.1.0, champion 1.0.0");
    let error = registry.set_alias("champion", "1.1.0", &change(4)).unwrap_err().to_string();
    assert!(error.starts_with("alias champion always points at the version in Production"), "{error}");
    assert!(registry.delete_alias("challenger", &change(4)).is_err());
    let moves = registry.transition("1.1.0", Stage::Production, &change(4)).unwrap();
    let trail: Vec<String> = moves.iter().map(|event| format!("{} {}", event.version, event.action)).collect();
    let expected = [
        "1.0.0 Production → Archived",
        "1.1.0 Staging → Production",
        "1.1.0 alias challenger taken away",
        "1.1.0 alias champion moved here from 1.0.0",
    ];
    assert_eq!(trail, expected);
    let registry = registry.with(None, &moves);
    assert_eq!(pointing(registry.aliases_at(morning(day(4)))), "champion 1.1.0");
    assert_eq!(pointing(registry.aliases_at(morning(day(1)))), "challenger 1.0.0");
}

#[test]
fn an_alias_is_set_moved_and_taken_away_and_every_morning_knows_where_it_pointed() {
    let registry = two();
    let set = |registry: &Registry, version: &str, on: u32| {
        registry.with(None, &registry.set_alias("best", version, &change(on)).unwrap())
    };
    let registry = set(&set(&registry, "1.0.0", 4), "1.1.0", 5);
    let last = registry.events().last().unwrap();
    assert_eq!(last.action, RegistryAction::AliasSet { alias: "best".into(), from: Some("1.0.0".into()) });
    assert_eq!(registry.set_alias("best", "1.1.0", &change(6)).unwrap(), []);
    let registry = registry.with(None, &registry.delete_alias("best", &change(7)).unwrap());
    assert_eq!(registry.delete_alias("best", &change(8)).unwrap(), []);
    let best = |on: u32| registry.aliases_at(morning(day(on))).get("best").map(|version| (*version).to_owned());
    assert_eq!((best(3), best(4).as_deref(), best(6).as_deref(), best(7)), (None, Some("1.0.0"), Some("1.1.0"), None));
    assert!(registry.set_alias("best", "9.0.0", &change(8)).is_err());
    assert!(registry.set_alias("v7", "1.0.0", &change(8)).is_err());
}

#[test]
fn tags_and_descriptions_keep_what_was_there_before() {
    let registry = two();
    let registry = registry.with(None, &registry.set_tag(Some("1.0.0"), "ticket", "7", &change(4)).unwrap());
    let again = registry.set_tag(Some("1.0.0"), "ticket", "8", &change(5)).unwrap();
    let expected = RegistryAction::TagSet { key: "ticket".into(), from: Some("7".into()), to: "8".into() };
    assert_eq!(again[0].action, expected);
    let registry = registry.with(None, &again);
    assert_eq!(registry.set_tag(Some("1.0.0"), "ticket", "8", &change(6)).unwrap(), []);
    let gone = registry.delete_tag(Some("1.0.0"), "ticket", &change(6)).unwrap();
    assert_eq!(gone[0].action, RegistryAction::TagDeleted { key: "ticket".into(), from: "8".into() });
    let registry = registry.with(None, &gone);
    let registry = registry.with(None, &registry.set_tag(None, "team", "ratings", &change(6)).unwrap());
    let registry = registry.with(None, &registry.describe(Some("1.1.0"), "with rest", &change(6)).unwrap());
    let registry = registry.with(None, &registry.describe(None, "who wins at home", &change(6)).unwrap());
    assert_eq!(registry.state_at(morning(day(4))).tags_of("1.0.0")["ticket"], "7");
    let now = registry.state();
    assert_eq!((now.tags_of("1.0.0").len(), now.tags_of("")["team"]), (0, "ratings"));
    assert_eq!((now.description_of("1.1.0"), now.description_of("")), ("with rest", "who wins at home"));
    let error = empty().describe(None, "a typing mistake", &change(1)).unwrap_err();
    assert_eq!(error.to_string(), "Registered Model with name=m not found");
}

#[test]
fn a_deleted_version_is_out_of_sight_comes_back_archived_and_keeps_its_number() {
    let registry = two();
    let registry = registry.with(None, &registry.set_alias("best", "1.1.0", &change(4)).unwrap());
    let gone = registry.delete("1.1.0", &change(5)).unwrap();
    let trail: Vec<String> = gone.iter().map(|event| event.action.to_string()).collect();
    assert_eq!(trail, ["deleted from Staging", "alias best taken away", "alias challenger taken away"]);
    let registry = registry.with(None, &gone);
    assert_eq!((registry.versions().len(), registry.deleted().len()), (1, 1));
    assert_eq!(stages(registry.stages()), "1.0.0 Production");
    assert_eq!(registry.staging_at(day(4)).unwrap().version, "1.1.0", "it was there then");
    let error = registry.transition("1.1.0", Stage::Production, &change(6)).unwrap_err().to_string();
    assert_eq!(error, "version 1.1.0 is deleted: restore it first");
    assert_eq!(registry.register(candidate("c", "1.0.0"), &change(6)).version.version, "1.2.0");
    let registry = registry.with(None, &registry.restore("1.1.0", &change(7)).unwrap());
    assert_eq!(stages(registry.stages()), "1.0.0 Production, 1.1.0 Archived");
    assert!(registry.restore("1.1.0", &change(8)).is_err());
    let error = registry.delete("1.0.0", &change(8)).unwrap_err().to_string();
    assert!(error.contains("in Production and cannot be deleted"), "{error}");
}

#[test]
fn a_purged_version_leaves_its_number_taken() {
    let registry = two();
    let registry = registry.with(None, &registry.delete("1.1.0", &change(4)).unwrap());
    let purged = Registry::new("m", registry.versions().to_vec(), registry.events().to_vec());
    assert_eq!(purged.register(candidate("c", "1.0.0"), &change(5)).version.version, "1.2.0");
}

#[test]
fn a_rollback_leads_to_the_version_before_or_to_a_named_one_that_served() {
    let registry = moved(&two(), "1.1.0", Stage::Production, 4);
    let registry = moved(&registered(&registry, "c", 5), "1.2.0", Stage::Production, 6);
    let back = |to: Option<&str>| {
        let registry = registry.with(None, &registry.rollback(to, &change(7)).unwrap());
        registry.production().unwrap().version.clone()
    };
    assert_eq!((back(None).as_str(), back(Some("1.0.0")).as_str()), ("1.1.0", "1.0.0"));
    let registry = registered(&registry, "d", 7);
    let error = registry.rollback(Some("1.3.0"), &change(8)).unwrap_err().to_string();
    assert!(error.contains("never in Production") && error.contains("1.0.0, 1.1.0, 1.2.0"), "{error}");
    assert_eq!(empty().rollback(None, &change(1)).unwrap_err(), RegistryError::NothingBefore);
}

#[test]
fn reigns_say_who_was_in_production_from_when_to_when() {
    let registry = moved(&moved(&two(), "1.1.0", Stage::Production, 4), "1.1.0", Stage::Archived, 6);
    let registry = moved(&registry, "1.0.0", Stage::Production, 8);
    let reign = |version: &str, from: u32, to: Option<u32>| Stay {
        version: version.into(),
        from: morning(day(from)),
        to: to.map(|to| morning(day(to))),
    };
    assert_eq!(registry.reigns(), [reign("1.0.0", 2, Some(4)), reign("1.1.0", 4, Some(6)), reign("1.0.0", 8, None)]);
    let stay = registry.last_in_staging("1.1.0", morning(day(5))).unwrap();
    assert_eq!((stay.days(morning(day(5))), stay.days(morning(day(3)))), (1, 0), "it left on the fourth");
    assert_eq!(registry.last_in_staging("1.1.0", morning(day(2))), None);
}

#[test]
fn an_address_leads_to_a_version_now_and_on_a_past_morning() {
    let registry = two();
    let registry = registry.with(None, &registry.set_alias("best", "1.0.0", &change(4)).unwrap());
    let find = |named: &str| registry.find(named, None).map(|version| version.version.clone());
    for (named, expected) in [
        ("1.0.0", "1.0.0"),
        ("models:/m/1.1.0", "1.1.0"),
        ("models:/m/production", "1.0.0"),
        ("models:/m/latest", "1.1.0"),
        ("models:/m@best", "1.0.0"),
        ("models:/m@challenger", "1.1.0"),
    ] {
        assert_eq!(find(named).as_deref(), Ok(expected), "{named}");
    }
    let champion = ModelAddress { name: "m".into(), target: Target::Alias("champion".into()) };
    assert!(registry.resolve(&champion, Some(morning(day(1)))).is_err(), "nothing served on the first");
    for (named, why) in [
        ("models:/other/1.0.0", "models:/other/1.0.0 is a version of other, and this is the registry of m"),
        ("models:/m@worst", "Registered model alias worst not found."),
        ("models:/m/Archived", "No versions of model with name 'm' and stage 'Archived' found"),
        ("models:/m/3", "version 3 is not in the registry: it holds 1.0.0, 1.1.0"),
    ] {
        assert_eq!(find(named).unwrap_err().to_string(), why);
    }
}

#[test]
fn a_level_that_is_asked_for_takes_the_place_of_the_rules() {
    let registry = two();
    let asked = registry.register_as(candidate("c", "1.0.0"), Some(Level::Major), &change(5));
    assert_eq!(asked.version.version, "2.0.0");
    let reason = &asked.events.iter().find(|event| event.action == RegistryAction::Registered).unwrap().reason;
    assert!(reason.starts_with("a test; major: asked for, minor by the rule: new data"), "{reason}");
    let same = Candidate { run_id: "other".into(), ..candidate("b", "1.0.0") };
    assert_eq!(registry.register(same, &change(5)).version.version, "1.1.1");
}

#[test]
fn a_promotion_keeps_what_the_gate_said() {
    let registry = two();
    let report = gate(&Figures {
        version: "1.1.0".into(),
        accuracy: Some(0.6),
        log_loss: Some(0.65),
        rival: Rival::NotComparable("a test".into()),
        ece: Some(0.02),
        holdout_games: Some(300),
        waited: Waited::Days(1),
        alerts: vec![],
        features: Ok(String::new()),
        data: Ok(String::new()),
    });
    let events = registry.promote("1.1.0", Some(&report), &change(4)).unwrap();
    let with: Vec<&RegistryEvent> = events.iter().filter(|event| event.gate.is_some()).collect();
    assert_eq!((with.len(), with[0].version.as_str(), with[0].overrides_the_gate()), (1, "1.1.0", true));
    let json = serde_json::to_value(with[0]).unwrap();
    assert_eq!(json["gate"]["checks"][3]["name"], "staging");
    assert_eq!(serde_json::from_value::<RegistryEvent>(json).unwrap(), *with[0]);
}

#[test]
fn a_trail_of_before_there_were_aliases_has_champion_and_challenger() {
    let registry = two();
    let moves = |event: &RegistryEvent| {
        matches!(event.action, RegistryAction::AliasSet { .. } | RegistryAction::AliasDeleted { .. })
    };
    let old: Vec<RegistryEvent> = registry.events().iter().filter(|event| !moves(event)).cloned().collect();
    let old = Registry::new("m", registry.versions().to_vec(), old);
    assert_eq!(old.state().aliases, registry.state().aliases);
}

#[cfg(not(target_arch = "wasm32"))]
mod any_sequence {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Act {
        Register { run: u8, features: u8, level: Option<Level> },
        Move { version: usize, to: Stage },
        Alias { version: usize },
        Delete { version: usize },
        Restore { version: usize },
        Rollback,
    }

    fn act() -> impl Strategy<Value = Act> {
        let level = prop_oneof![Just(None), Just(Some(Level::Major)), Just(Some(Level::Patch))];
        let stage = prop_oneof![
            Just(Stage::None),
            Just(Stage::Staging),
            Just(Stage::Production),
            Just(Stage::Production),
            Just(Stage::Archived)
        ];
        prop_oneof![
            4 => (any::<u8>(), 1..3_u8, level).prop_map(|(run, features, level)| Act::Register { run, features, level }),
            4 => (0..8_usize, stage).prop_map(|(version, to)| Act::Move { version, to }),
            2 => (0..8_usize).prop_map(|version| Act::Alias { version }),
            2 => (0..8_usize).prop_map(|version| Act::Delete { version }),
            1 => (0..8_usize).prop_map(|version| Act::Restore { version }),
            1 => Just(Act::Rollback),
        ]
    }

    /// What an act adds; nothing where the registry refuses.
    fn done(registry: &Registry, act: &Act, change: &Change) -> (Option<ModelVersion>, Vec<RegistryEvent>) {
        let all: Vec<&ModelVersion> = registry.versions().iter().chain(registry.deleted()).collect();
        let name = |at: usize| all.get(at % all.len().max(1)).map_or("9.9.9", |version| version.version.as_str());
        let events = match act {
            Act::Register { run, features, level } => {
                let candidate = candidate(&run.to_string(), &format!("{features}.0.0"));
                let done = registry.register_as(candidate, *level, change);
                return (Some(done.version).filter(|_| !done.events.is_empty()), done.events);
            }
            Act::Move { version, to } => registry.transition(name(*version), *to, change),
            Act::Alias { version } => registry.set_alias("best", name(*version), change),
            Act::Delete { version } => registry.delete(name(*version), change),
            Act::Restore { version } => registry.restore(name(*version), change),
            Act::Rollback => registry.rollback(None, change),
        };
        (None, events.unwrap_or_default())
    }

    proptest! {
        #[test]
        fn numbers_only_grow_and_the_entries_tell_all_that_the_stages_say(acts in prop::collection::vec(act(), 1..40)) {
            let (mut registry, mut given) = (empty(), Vec::<SemVer>::new());
            for act in &acts {
                let (version, events) = done(&registry, act, &change(1));
                if let Some(version) = &version {
                    let number: SemVer = version.version.parse().unwrap();
                    prop_assert!(given.last().is_none_or(|last| *last < number), "{number} after {:?}", given.last());
                    given.push(number);
                }
                registry = registry.with(version, &events);
                let state = registry.state();
                for stage in [Stage::Staging, Stage::Production] {
                    prop_assert!(state.stages.values().filter(|found| **found == stage).count() <= 1);
                }
                // Folded from their own entries alone, the aliases are those that follow from the stages.
                let mut told: BTreeMap<&str, &str> = BTreeMap::new();
                for event in registry.events() {
                    match &event.action {
                        RegistryAction::AliasSet { alias, .. } => { told.insert(alias, &event.version); }
                        RegistryAction::AliasDeleted { alias } => { told.remove(alias.as_str()); }
                        _ => {}
                    }
                }
                prop_assert_eq!(&told, &state.aliases);
                prop_assert_eq!(told.get("champion").copied(), state.version_in(Stage::Production));
                let sequences: BTreeSet<u64> = registry.events().iter().map(|event| event.sequence).collect();
                prop_assert_eq!(sequences.len(), registry.events().len());
            }
        }
    }
}
