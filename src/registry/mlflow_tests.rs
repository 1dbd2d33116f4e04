//! The rules held against the real MLflow, by `tests/reference/registry_mlflow.py`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::base::{Date, Digest, morning};
use crate::data::SourceKind;
use crate::learn::{Linear, Model};

#[derive(Deserialize)]
struct Golden {
    transitions: Vec<Transition>,
    stages: Vec<StageText>,
    aliases: Vec<Alias>,
    alias_moves: AliasMoves,
    names: Vec<Name>,
    tags: Vec<Tag>,
    numbers: Numbers,
    resolved: Vec<Resolved>,
    addresses: Vec<Address>,
}

#[derive(Deserialize)]
struct Transition {
    from: String,
    to: String,
    archive_existing_versions: bool,
    refusal: Option<String>,
    moved: String,
    other: String,
}

#[derive(Deserialize)]
struct StageText {
    stage: String,
    refusal: Option<String>,
    canonical: Option<String>,
}

#[derive(Deserialize)]
struct Alias {
    alias: String,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct AliasMoves {
    after_move: BTreeMap<String, u64>,
    deleting_an_alias_that_is_not_there: Option<String>,
    after_version_2_was_deleted: BTreeMap<String, u64>,
    missing: String,
}

#[derive(Deserialize)]
struct Name {
    name: String,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Tag {
    key: String,
    length: usize,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Numbers {
    given: Vec<u64>,
}

#[derive(Deserialize)]
struct Resolved {
    uri: String,
    version: Option<serde_json::Value>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    uri: String,
    refusal: Option<String>,
    model_id: Option<String>,
    name: Option<String>,
    version: Option<String>,
    stage: Option<String>,
    alias: Option<String>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/registry_mlflow.json")).expect("the golden file")
}

fn change() -> Change {
    let at = morning(Date::from_ymd_opt(2026, 1, 1).expect("a day"));
    Change { at, recorded_at: at, actor: "test".into(), reason: String::new() }
}

/// A model with this many versions, `1.0.0`, `1.1.0` and so on: MLflow's 1, 2 and so on.
fn model(name: &str, versions: usize) -> Registry {
    let mut registry = Registry::new(name, vec![], vec![]);
    for run in 0..versions {
        registry = one_more(&registry, run).0;
    }
    registry
}

fn one_more(registry: &Registry, run: usize) -> (Registry, String) {
    let candidate = Candidate {
        run_id: run.to_string(),
        model: Model::linear("1.0.0", vec![], Linear::unscaled(vec![], 0.0)).into(),
        trained_through: Date::from_ymd_opt(2025, 12, 31).expect("a day"),
        source_kind: SourceKind::Simulated,
        data_version: Digest::of_bytes(run.to_string().as_bytes()),
        metrics: BTreeMap::new(),
        build: String::new(),
    };
    let done = registry.register(candidate, &change());
    let name = done.version.version.clone();
    (registry.with(Some(done.version), &done.events), name)
}

fn ours(version: u64) -> String {
    format!("1.{}.0", version - 1)
}

fn stage(text: &str) -> Stage {
    text.parse().expect("a stage")
}

fn moved(registry: &Registry, version: &str, to: &str) -> Registry {
    registry.with(None, &registry.transition(version, stage(to), &change()).expect("it is there"))
}

fn refusal<T>(answer: Result<T, RegistryError>) -> Option<String> {
    answer.err().map(|error| error.to_string())
}

#[test]
fn versions_move_as_with_mlflows_archiving_flag() {
    for case in golden().transitions {
        let is_active = matches!(case.to.as_str(), "Staging" | "Production");
        if let Some(text) = &case.refusal {
            // The flag is refused where nothing would be archived; here there is no flag to give.
            assert!(case.archive_existing_versions && !is_active && text.contains("is not an Active stage"), "{text}");
            continue;
        }
        // The version that stands aside is there first: in a stage for one only, the other cannot be there before it.
        let registry = moved(&moved(&model("m", 2), "1.0.0", &case.from), "1.1.0", &case.to);
        let registry = moved(&registry, "1.0.0", &case.to);
        let found = |version: &str| registry.stage(version).expect("it is there").to_string();
        assert_eq!(found("1.0.0"), case.moved, "{} to {}", case.from, case.to);
        // Without the flag MLflow leaves several versions in one active stage. Here one enters and the other is archived.
        let other = if is_active { "Archived" } else { case.other.as_str() };
        assert_eq!(found("1.1.0"), other, "{} to {}", case.from, case.to);
        assert!(!case.archive_existing_versions || other == case.other, "with the flag the two agree");
    }
}

#[test]
fn stages_are_read_and_refused_as_mlflow_does() {
    for case in golden().stages {
        let found = case.stage.parse::<Stage>();
        assert_eq!(found.as_ref().err(), case.refusal.as_ref());
        assert_eq!(found.ok().map(|stage| stage.to_string()), case.canonical);
    }
}

#[test]
fn aliases_are_taken_and_refused_as_mlflow_does() {
    let registry = model("m", 2);
    for case in golden().aliases {
        assert_eq!(refusal(check_alias(&case.alias)), case.refusal, "{}", case.alias);
        if case.alias != CHAMPION {
            assert_eq!(refusal(registry.set_alias(&case.alias, "1.0.0", &change())), case.refusal);
        }
    }
}

#[test]
fn an_alias_moves_and_goes_with_its_version_as_in_mlflow() {
    let AliasMoves { after_move, deleting_an_alias_that_is_not_there, after_version_2_was_deleted, missing } =
        golden().alias_moves;
    let set = |registry: &Registry, alias: &str, version: u64| {
        registry.with(None, &registry.set_alias(alias, &ours(version), &change()).expect("it can be set"))
    };
    // What MLflow has not: the challenger.
    let aliases = |registry: &Registry| -> BTreeMap<String, String> {
        let state = registry.state();
        let set = state.aliases.iter().filter(|(alias, _)| **alias != CHALLENGER);
        set.map(|(alias, version)| ((*alias).to_owned(), (*version).to_owned())).collect()
    };
    let theirs = |golden: BTreeMap<String, u64>| -> BTreeMap<String, String> {
        golden.into_iter().map(|(alias, version)| (alias, ours(version))).collect()
    };
    let registry = set(&set(&set(&model("m", 2), "best", 1), "other", 1), "best", 2);
    assert_eq!(aliases(&registry), theirs(after_move));
    assert_eq!(refusal(registry.delete_alias("never", &change())), deleting_an_alias_that_is_not_there);
    let registry = registry.with(None, &registry.delete(&ours(2), &change()).expect("it does not serve"));
    assert_eq!(aliases(&registry), theirs(after_version_2_was_deleted));
    assert_eq!(refusal(registry.find("models:/m@best", None)), Some(missing));
}

#[test]
fn names_and_tags_are_taken_and_refused_as_mlflow_does() {
    for case in golden().names {
        assert_eq!(refusal(check_model_name(&case.name)), case.refusal, "{}", case.name);
    }
    for case in golden().tags {
        assert_eq!(refusal(check_tag(&case.key, &"v".repeat(case.length))), case.refusal, "{}", case.key);
    }
}

#[test]
fn numbers_of_deleted_versions_are_not_given_again_as_in_mlflow() {
    let mut registry = model("m", 0);
    let mut given = Vec::new();
    for (run, step) in ["create", "create", "1", "create", "create", "3", "create"].into_iter().enumerate() {
        if step == "create" {
            let (with, name) = one_more(&registry, run);
            (registry, given) = (with, [given, vec![name]].concat());
        } else {
            let version = ours(step.parse().expect("a number"));
            registry = registry.with(None, &registry.delete(&version, &change()).expect("it does not serve"));
        }
    }
    assert_eq!(given, golden().numbers.given.into_iter().map(ours).collect::<Vec<_>>());
}

#[test]
fn addresses_lead_where_mlflows_lead() {
    let registry = moved(&moved(&model("led", 3), "1.0.0", "Archived"), "1.1.0", "Production");
    let (registry, _) = one_more(&registry, 3);
    // Of MLflow's four versions the third is in Staging and the fourth at None; a new one enters at Staging here.
    let registry = moved(&moved(&registry, "1.3.0", "None"), "1.2.0", "Staging");
    let registry = registry.with(None, &registry.set_alias("best", "1.1.0", &change()).expect("it can be set"));
    let mut cases = golden().resolved;
    let empty = cases.pop().expect("the last is asked of an empty stage");
    for case in cases {
        let number =
            case.version.map(|version| version.to_string().trim_matches('"').parse::<u64>().expect("a number"));
        let uri = if case.uri == "models:/led/1" { "models:/led/1.0.0" } else { &case.uri };
        let found = registry.find(uri, None);
        assert_eq!(found.as_ref().ok().map(|version| version.version.clone()), number.map(ours), "{uri}");
        assert_eq!(refusal(found), case.refusal, "{uri}");
    }
    let registry = moved(&registry, "1.1.0", "Archived");
    assert_eq!(refusal(registry.find(&empty.uri, None)), empty.refusal);
}

#[test]
fn addresses_are_read_as_mlflow_reads_them() {
    for case in golden().addresses {
        let found = ModelAddress::parse(&case.uri);
        let is_host = case.uri.starts_with("models://host");
        if case.model_id.is_some() || is_host {
            // There are no models outside a registered one, and no other registry.
            assert!(refusal(found).is_some_and(|text| text.starts_with("Not a proper models:/ URI")), "{}", case.uri);
            continue;
        }
        if let Some(text) = &case.stage
            && let Err(error) = text.parse::<Stage>()
        {
            // MLflow says so once it looks for a version.
            assert_eq!(refusal(found), Some(error));
            continue;
        }
        let expected = case.name.map(|name| {
            let target = match (case.version, case.stage, case.alias) {
                (Some(version), _, _) => Target::Version(version),
                (_, Some(text), _) => Target::Stage(stage(&text)),
                (_, _, Some(alias)) => Target::Alias(alias),
                _ => Target::Latest,
            };
            ModelAddress { name, target }
        });
        assert_eq!(found.as_ref().ok(), expected.as_ref(), "{}", case.uri);
        assert_eq!(refusal(found), case.refusal, "{}", case.uri);
    }
}
