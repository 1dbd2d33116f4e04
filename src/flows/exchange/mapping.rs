//! How runs and versions of ours stand in MLflow, in a file store as on a server.
//!
//! What MLflow has no field for is a tag: `data_version`, `feature_version`, and under `linelogic.` what a run needs to
//! come back as it was. Versions are whole numbers there, in the order of our semantic versions, which are tags.

use std::collections::BTreeMap;

use serde_json::Value;

use super::names;
use crate::base::{Digest, Instant};
use crate::registry::{ModelVersion, Registry, SemVer, Stage, State};
use crate::tracking::{MetricPoint, PARENT, RUN_NAME, Run};

/// Tag of a model version with its semantic version.
pub const VERSION: &str = "linelogic.version";
/// Tag of a run with the digest of its model.
const MODEL_DIGEST: &str = "linelogic.model_digest";
/// Tag of a run with what was asked for, as JSON; longer ones go on in `linelogic.spec.2` and so on.
const SPEC: &str = "linelogic.spec";
/// The name under which the games are a dataset.
pub const DATASET: &str = "games";

/// A run's tags in MLflow: its own, and those that stand for fields that MLflow does not have.
pub fn tags_of(run: &Run) -> BTreeMap<String, String> {
    let mut tags = run.all_tags();
    tags.extend(run.model_digest.map(|digest| (MODEL_DIGEST.to_owned(), digest.to_string())));
    if let Some(spec) = &run.spec {
        let text: Vec<char> = spec.to_string().chars().collect();
        for (at, piece) in text.chunks(names::TAG_VALUE).enumerate() {
            tags.insert(spec_key(at), piece.iter().collect());
        }
    }
    tags
}

fn spec_key(at: usize) -> String {
    if at == 0 { SPEC.to_owned() } else { format!("{SPEC}.{}", at + 1) }
}

/// Takes those tags out that stand for fields, and sets the fields.
pub(super) fn take_fields(run: &mut Run) {
    let digest =
        |tags: &BTreeMap<String, String>, key: &str| tags.get(key).and_then(|text| text.parse::<Digest>().ok());
    if let Some(found) = digest(&run.tags, "data_version") {
        run.tags.remove("data_version");
        run.data_version = Some(found);
    }
    if let Some(found) = digest(&run.tags, MODEL_DIGEST) {
        run.tags.remove(MODEL_DIGEST);
        run.model_digest = Some(found);
    }
    run.feature_version = run.tags.remove("feature_version");
    run.parent = run.tags.remove(PARENT);
    if run.tags.get(RUN_NAME) == Some(&run.name) {
        run.tags.remove(RUN_NAME);
    }
    let keys: Vec<String> = (0..).map(spec_key).take_while(|key| run.tags.contains_key(key)).collect();
    let text: String = keys.iter().filter_map(|key| run.tags.get(key)).map(String::as_str).collect();
    if let Ok(spec) = serde_json::from_str::<Value>(&text) {
        keys.iter().for_each(|key| drop(run.tags.remove(key)));
        run.spec = Some(spec);
    }
}

/// A run as it comes back from MLflow: times in milliseconds, no metric without a point, a point that was logged as the
/// run ended without a time of its own, and its files in the order of their paths.
pub fn as_in_mlflow(run: &Run) -> Run {
    let whole = |at: Instant| Instant::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at);
    let ended_at = whole(run.ended_at);
    let point = |point: &MetricPoint| MetricPoint { at: point.at.map(whole).filter(|at| *at != ended_at), ..*point };
    let metrics = run.metrics.iter().filter(|(_, points)| !points.is_empty());
    let mut artifacts = run.artifacts.clone();
    artifacts.sort_by(|a, b| a.path.cmp(&b.path));
    let mut back = Run {
        started_at: whole(run.started_at),
        ended_at,
        metrics: metrics.map(|(name, points)| (name.clone(), points.iter().map(point).collect())).collect(),
        tags: tags_of(run),
        data_version: None,
        feature_version: None,
        model_digest: None,
        parent: None,
        artifacts,
        spec: None,
        deleted_at: run.deleted_at.map(whole),
        ..run.clone()
    };
    take_fields(&mut back);
    back
}

/// When a point was logged, in milliseconds since 1970: the run's end where it has no time of its own.
pub fn logged_at(run: &Run, point: &MetricPoint) -> i64 {
    point.at.unwrap_or(run.ended_at).timestamp_millis()
}

/// A dataset of a run, in MLflow's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetInput {
    /// The digest's first 32 digits: MLflow takes 36.
    pub digest: String,
    /// Where it is from, as JSON: the whole digest of its manifest.
    pub source: String,
}

/// The games that a run was trained on.
pub fn dataset_of(run: &Run) -> Option<DatasetInput> {
    let version = run.data_version?;
    let source = serde_json::json!({ "data_version": version.to_string() }).to_string();
    Some(DatasetInput { digest: version.hex()[..32].to_owned(), source })
}

/// A version in MLflow's words.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionOut<'a> {
    /// The version.
    pub version: &'a ModelVersion,
    /// Its number, from 1, in a store that has no others.
    pub number: u64,
    /// Its stage now.
    pub stage: Stage,
    /// When it last changed.
    pub changed_at: Instant,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// In words, what it is.
    pub description: String,
}

/// The versions of a registered model, in the order of their semantic versions.
pub fn versions_of(registry: &Registry) -> Vec<VersionOut<'_>> {
    let state = registry.state();
    // A deleted version keeps its number.
    let mut all: Vec<&ModelVersion> = registry.versions().iter().chain(registry.deleted()).collect();
    all.sort_by_cached_key(|version| (version.version.parse::<SemVer>().ok(), version.version.clone()));
    let numbered = all.into_iter().zip(1..).filter(|(version, _)| !state.deleted.contains(version.version.as_str()));
    numbered
        .map(|(version, number)| {
            let events = registry.events().iter().filter(|event| event.version == version.version);
            let changed_at = events.map(|event| event.at).max().unwrap_or(version.registered_at);
            let stage = state.stages.get(version.version.as_str()).copied().unwrap_or(Stage::None);
            VersionOut {
                version,
                number,
                stage,
                changed_at,
                tags: tags_of_version(version, &state),
                description: match state.description_of(&version.version) {
                    "" => words(version),
                    text => text.to_owned(),
                },
            }
        })
        .collect()
}

fn tags_of_version(version: &ModelVersion, state: &State<'_>) -> BTreeMap<String, String> {
    let given = state.tags_of(&version.version);
    let given = given.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    fields_of_version(version).into_iter().chain(given).collect()
}

/// The tags that stand for fields of a version.
pub(super) fn fields_of_version(version: &ModelVersion) -> BTreeMap<String, String> {
    let kind = serde_json::to_value(version.source_kind).ok();
    let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
    [
        ("version", version.version.clone()),
        (VERSION, version.version.clone()),
        ("data_version", version.data_version.to_string()),
        ("feature_version", version.model.feature_version().to_owned()),
        ("source_kind", kind.to_owned()),
        ("trained_through", version.trained_through.to_string()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

/// What a version without a description is described as.
pub(super) fn words(version: &ModelVersion) -> String {
    let metrics: Vec<String> = version.metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
    let holdout = if metrics.is_empty() { String::new() } else { format!("; hold-out: {}", metrics.join(", ")) };
    format!("{} {}, trained through {}{holdout}", version.name, version.version, version.trained_through)
}

/// The aliases that point at a registered model's versions, each with the semantic version.
pub fn aliases_of(registry: &Registry) -> BTreeMap<String, String> {
    let aliases = registry.state().aliases;
    aliases.into_iter().map(|(alias, version)| (alias.to_owned(), version.to_owned())).collect()
}
