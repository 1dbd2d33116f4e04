//! Registered models of an `mlruns/` tree become versions here, where the tree has what a version consists of: those that were
//! exported by this app, whatever wrote the tree in between.
//!
//! A version keeps its number and comes at stage None, wherever it was in the tree: what serves here does not change because
//! a file was dropped, and whoever wants it in Production leads it past the gate.

use std::collections::BTreeMap;

use super::mapping::{VERSION, fields_of_version, words};
use super::mlruns_in::Contents;
use crate::base::Instant;
use crate::flows::register::{MODEL_FILE, holdout_metrics, model_of, trained_through};
use crate::registry::{
    CHALLENGER, CHAMPION, Change, ModelVersion, Registry, RegistryError, RegistryEvent, SemVer, Stage,
};

/// A registered model of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredModel {
    /// Its name.
    pub name: String,
    /// Its versions.
    pub versions: Vec<RegisteredVersion>,
    /// Its aliases with the numbers that they point at.
    pub aliases: BTreeMap<String, String>,
}

/// A version in MLflow's words.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredVersion {
    /// Its number.
    pub number: String,
    /// The run that it came from; empty where that is not told.
    pub run_id: String,
    /// Its stage.
    pub stage: Stage,
    /// Its description.
    pub description: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was registered.
    pub created_at: Instant,
}

/// What the registered models of a tree come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Registered {
    /// Versions that are new here.
    pub versions: Vec<ModelVersion>,
    /// What is added to the trails.
    pub events: Vec<RegistryEvent>,
    /// Versions that were here already, the same.
    pub known: usize,
    /// What is not kept, a sentence each.
    pub notes: Vec<String>,
}

/// Works out which versions of a tree are new here. `registries` are those of the tree's registered models.
pub fn registered(contents: &Contents, registries: &[Registry], change: &Change) -> Registered {
    let mut found = Registered::default();
    for model in &contents.registered {
        let empty = Registry::new(&model.name, Vec::new(), Vec::new());
        let registry = registries.iter().find(|registry| registry.name() == model.name).unwrap_or(&empty);
        take_in(contents, model, registry, change, &mut found);
    }
    found
}

fn take_in(contents: &Contents, model: &RegisteredModel, registry: &Registry, change: &Change, found: &mut Registered) {
    let mut registry = registry.clone();
    let mut here = BTreeMap::new();
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for theirs in &model.versions {
        let mut left_out = |why: String| reasons.entry(why).or_default().push(&theirs.number);
        let version = match version_of(contents, &model.name, theirs) {
            Ok(version) => version,
            Err(why) => {
                left_out(why);
                continue;
            }
        };
        if let Some(ours) = registry.version(&version.version) {
            if (&ours.run_id, ours.model.digest()) == (&version.run_id, version.model.digest()) {
                here.insert(theirs.number.as_str(), version.version);
                found.known += 1;
            } else {
                left_out(format!("another {} is here", version.version));
            }
            continue;
        }
        let reason = format!("version {} of an MLflow store, {} there", theirs.number, theirs.stage);
        let change = Change { reason, ..change.clone() };
        let mut events = registry.take_in(&version.version, &change);
        if events.is_empty() {
            left_out(format!("the trail knows another {}", version.version));
            continue;
        }
        registry = registry.with(Some(version.clone()), &events);
        events.extend(edits(&mut registry, &version, theirs, &change, &mut found.notes));
        here.insert(theirs.number.as_str(), version.version.clone());
        found.versions.push(version);
        found.events.extend(events);
    }
    found.notes.extend(reasons.into_iter().map(|(why, numbers)| not_kept(&model.name, &numbers, &why)));
    if model.versions.is_empty() {
        found.notes.push(format!("not kept: the registered model {}, since it has no version", model.name));
    }
    for (alias, number) in &model.aliases {
        let Some(version) = here.get(number.as_str()) else { continue };
        // Those that follow a stage follow the stages here.
        if [CHAMPION, CHALLENGER].contains(&alias.as_str()) {
            continue;
        }
        if let Some(other) = registry.state().aliases.get(alias.as_str()).filter(|other| *other != version) {
            found.notes.push(format!("not kept: alias {alias} of {}, since it points at {other} here", model.name));
            continue;
        }
        let set = registry.set_alias(alias, version, change);
        found.events.extend(took(&mut registry, set, &mut found.notes));
    }
}

fn not_kept(name: &str, numbers: &[&str], why: &str) -> String {
    /// How many numbers are told.
    const TOLD: usize = 5;
    let more = numbers.len().saturating_sub(TOLD);
    let told = numbers[..numbers.len() - more].join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if numbers.len() == 1 { "version" } else { "versions" };
    format!("not kept: {noun} {told}{more} of {name}, since {why}")
}

/// The tags and the description that people gave a version.
fn edits(
    registry: &mut Registry,
    version: &ModelVersion,
    theirs: &RegisteredVersion,
    change: &Change,
    notes: &mut Vec<String>,
) -> Vec<RegistryEvent> {
    let mut events = Vec::new();
    let (fields, on) = (fields_of_version(version), Some(version.version.as_str()));
    for (key, value) in theirs.tags.iter().filter(|(key, _)| !fields.contains_key(*key)) {
        let set = registry.set_tag(on, key, value, change);
        events.extend(took(registry, set, notes));
    }
    if !theirs.description.is_empty() && theirs.description != words(version) {
        let described = registry.describe(on, &theirs.description, change);
        events.extend(took(registry, described, notes));
    }
    events
}

/// The entries of an edit, which the registry has from now on; where it was refused, the refusal is noted.
fn took(
    registry: &mut Registry,
    edit: Result<Vec<RegistryEvent>, RegistryError>,
    notes: &mut Vec<String>,
) -> Vec<RegistryEvent> {
    match edit {
        Ok(events) => {
            *registry = registry.with(None, &events);
            events
        }
        Err(why) => {
            notes.push(format!("not kept: {why}"));
            Vec::new()
        }
    }
}

/// The version as this app has it, or why the tree does not hold it, as a clause.
fn version_of(contents: &Contents, name: &str, theirs: &RegisteredVersion) -> Result<ModelVersion, String> {
    let tag = |key: &str| theirs.tags.get(key).map(String::as_str);
    let number = tag(VERSION).and_then(|text| text.parse::<SemVer>().ok());
    let number = number.ok_or("it was not registered by this app, which judges models in its own form alone")?;
    let run = contents.runs.iter().find(|run| run.id == theirs.run_id).ok_or("its run is not in the tree")?;
    let model = run.artifact(MODEL_FILE).and_then(|artifact| contents.blobs.get(&artifact.digest));
    let model = model_of(model.ok_or_else(|| format!("its run has no {MODEL_FILE}"))?);
    let model = model.map_err(|why| format!("the {MODEL_FILE} of its run is damaged: {why}"))?;
    if run.model_digest != Some(model.digest()) {
        return Err(format!("the {MODEL_FILE} of its run is not the model that the run records"));
    }
    let source_kind = tag("source_kind").and_then(|kind| serde_json::from_value(kind.into()).ok());
    Ok(ModelVersion {
        name: name.to_owned(),
        version: number.to_string(),
        run_id: run.id.clone(),
        model,
        trained_through: tag("trained_through")
            .and_then(|day| day.parse().ok())
            .or_else(|| trained_through(run))
            .ok_or("it does not say through which day it learned")?,
        source_kind: source_kind.ok_or("it does not say whether its games were played")?,
        data_version: run.data_version.ok_or("its run does not say which data it was trained on")?,
        metrics: holdout_metrics(run),
        registered_at: theirs.created_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Digest, json, morning};
    use crate::data::SourceKind;
    use crate::flows::exchange::import::import;
    use crate::flows::exchange::mlruns_in::read;
    use crate::flows::exchange::mlruns_out::tree;
    use crate::flows::registry::state_of;
    use crate::flows::shelf::{Shelf, now};
    use crate::learn::{Linear, Model, ModelDocument};
    use crate::registry::{Candidate, RegistryAction};
    use crate::tracking::{Blob, MetricPoint, Run, RunStatus};

    fn change(day: &str) -> Change {
        let at = morning(day.parse().expect("a day"));
        Change { at, recorded_at: at, actor: "test".into(), reason: "a test".into() }
    }

    fn model(weight: f64) -> ModelDocument {
        Model::linear("2.0.0", vec!["a".into()], Linear::unscaled(vec![weight], 0.2)).into()
    }

    /// A run of 32 times this digit, whose model has this weight.
    fn trained(digit: char, weight: f64) -> (Run, Blob) {
        let model = model(weight);
        let bytes = json::to_vec(&model).expect("JSON");
        let (artifact, blob) = Blob::artifact(MODEL_FILE, &bytes);
        let at = morning("2026-01-15".parse().expect("a day"));
        let run = Run {
            id: digit.to_string().repeat(32),
            experiment: "home-win".into(),
            name: digit.to_string(),
            status: RunStatus::Finished,
            started_at: at,
            ended_at: at,
            params: BTreeMap::from([("trained_through".into(), "2026-01-14".into())]),
            metrics: BTreeMap::from([
                ("log_loss".into(), vec![MetricPoint::new(0.62, 0)]),
                ("folds".into(), vec![MetricPoint::new(5.0, 0)]),
            ]),
            tags: BTreeMap::new(),
            data_version: Some(Digest::of_bytes(b"games")),
            feature_version: Some("2.0.0".into()),
            model_digest: Some(model.digest()),
            parent: None,
            artifacts: vec![artifact],
            spec: None,
            deleted_at: None,
        };
        (run, blob)
    }

    /// A registry with two versions, the first in Production and tagged, the second in Staging and described.
    fn two(weight: f64) -> (Vec<Run>, BTreeMap<Digest, Blob>, Registry) {
        let mut registry = Registry::new("home-win", vec![], vec![]);
        let (mut runs, mut blobs) = (vec![], BTreeMap::new());
        for (digit, weight) in [('a', weight), ('b', weight + 1.0)] {
            let (run, blob) = trained(digit, weight);
            let candidate = Candidate {
                run_id: run.id.clone(),
                model: model(weight),
                trained_through: "2026-01-14".parse().expect("a day"),
                source_kind: SourceKind::Simulated,
                data_version: Digest::of_bytes(b"games"),
                metrics: holdout_metrics(&run),
                build: String::new(),
            };
            let registration = registry.register(candidate, &change("2026-01-15"));
            registry = registry.with(Some(registration.version.clone()), &registration.events);
            if digit == 'a' {
                let events = registry.transition("1.0.0", Stage::Production, &change("2026-01-15")).expect("moved");
                registry = registry.with(None, &events);
                let events = registry.set_tag(Some("1.0.0"), "reviewed", "yes", &change("2026-01-15")).expect("set");
                registry = registry.with(None, &events);
            }
            runs.push(run);
            blobs.insert(blob.digest, blob);
        }
        let newest = registry.versions()[1].version.clone();
        let events = registry.describe(Some(&newest), "more weight", &change("2026-01-15")).expect("described");
        registry = registry.with(None, &events);
        let events = registry.set_alias("candidate", &newest, &change("2026-01-15")).expect("set");
        registry = registry.with(None, &events);
        (runs, blobs, registry)
    }

    fn contents(runs: &[Run], blobs: &BTreeMap<Digest, Blob>, registry: Registry) -> Contents {
        read(&tree(runs, blobs, &[registry]).expect("a tree")).expect("is read")
    }

    #[test]
    fn versions_come_back_with_their_numbers_tags_and_aliases_at_stage_none() {
        let (runs, blobs, registry) = two(0.1);
        let contents = contents(&runs, &blobs, registry.clone());
        let shelf = Shelf::default();
        let imported = now(import(&shelf, &contents, &change("2026-02-01"))).expect("an import");
        assert_eq!((imported.runs, imported.versions, imported.known_versions), (2, 2, 0));
        assert_eq!(imported.notes, Vec::<String>::new());
        let (_, here) = now(state_of(&shelf, "home-win")).expect("a registry");
        assert_eq!(here.versions(), registry.versions());
        let (ours, theirs) = (here.state(), registry.state());
        assert!(ours.stages.values().all(|stage| *stage == Stage::None), "{ours:?}");
        assert_eq!((&ours.tags, &ours.descriptions), (&theirs.tags, &theirs.descriptions));
        assert_eq!(ours.aliases, BTreeMap::from([("candidate", registry.versions()[1].version.as_str())]));
        let first = &here.events()[0];
        assert_eq!((&first.action, first.actor.as_str()), (&RegistryAction::Imported, "test"));
        assert_eq!(first.reason, "version 1 of an MLflow store, Production there");
        let again = now(import(&shelf, &contents, &change("2026-02-02"))).expect("an import");
        assert_eq!((again.runs, again.versions, again.known_versions), (0, 0, 2));
        assert_eq!(now(state_of(&shelf, "home-win")).expect("a registry").1, here, "a second import changes nothing");
    }

    #[test]
    fn what_serves_here_stays_and_another_version_of_a_number_is_left_out() {
        let (_, _, ours) = two(7.0);
        let (runs, blobs, theirs) = two(0.1);
        let found = registered(&contents(&runs, &blobs, theirs), &[ours], &change("2026-02-01"));
        assert_eq!((found.versions.len(), found.events.len(), found.known), (0, 0, 0));
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
        assert_eq!(found.notes[0], "not kept: version 1 of home-win, since another 1.0.0 is here");
    }

    #[test]
    fn an_alias_that_points_elsewhere_here_stays_and_is_told() {
        let (runs, blobs, theirs) = two(0.1);
        let (first, newest) = (theirs.versions()[0].version.clone(), theirs.versions()[1].version.clone());
        let moved = theirs.set_alias("candidate", &first, &change("2026-01-16")).expect("set");
        let ours = theirs.with(None, &moved);
        let found = registered(&contents(&runs, &blobs, theirs), &[ours], &change("2026-02-01"));
        assert_eq!((found.known, found.events.len()), (2, 0));
        let told = format!("not kept: alias candidate of home-win, since it points at {first} here");
        assert_eq!(found.notes, [told], "there it is {newest}");
    }

    #[test]
    fn a_version_without_its_model_is_left_out_and_says_why() {
        let (runs, blobs, registry) = two(0.1);
        let whole = contents(&runs, &blobs, registry);
        let says = |contents: &Contents, why: &str| {
            let found = registered(contents, &[], &change("2026-02-01"));
            assert!(found.notes.iter().any(|note| note.contains(why)), "{why}: {:?}", found.notes);
        };
        let mut other = whole.clone();
        other.runs.clear();
        says(&other, "not kept: versions 1, 2 of home-win, since its run is not in the tree");
        let mut other = whole.clone();
        other.runs[0].artifacts.clear();
        says(&other, "version 1 of home-win, since its run has no model.json");
        let mut other = whole.clone();
        other.runs[0].model_digest = other.runs[1].model_digest;
        says(&other, "is not the model that the run records");
        let mut other = whole.clone();
        other.registered[0].versions.iter_mut().for_each(|version| version.tags.clear());
        says(&other, "it was not registered by this app");
        let mut other = whole;
        other.registered[0].versions.clear();
        other.registered[0].aliases.clear();
        says(&other, "the registered model home-win, since it has no version");
    }
}
