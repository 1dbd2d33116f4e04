//! Runs and registered models as the `mlruns/` tree of MLflow's file store.
//!
//! MLflow 3.17 opens it (with `MLFLOW_ALLOW_FILE_STORE=true`), and `mlflow migrate-filestore` takes it into a database.
//! Places of artifacts are relative to the folder that `mlruns` lies in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::error::ExportError;
use super::mapping::{DATASET, DatasetInput, aliases_of, dataset_of, logged_at, tags_of, versions_of};
use super::{Entry, names, yaml};
use crate::base::{Digest, Instant};
use crate::registry::Registry;
use crate::tracking::{Blob, MetricPoint, Run, RunStatus, USER};

/// The folder of the tree.
pub const ROOT: &str = "mlruns";

/// The tree of these runs, with the bytes of their files, and of these registered models. Paths begin with [`ROOT`] and
/// come in order; a path that ends in `/` is a folder.
///
/// # Errors
/// Where MLflow does not take a name or a value, or the bytes of a file are not there.
pub fn tree(runs: &[Run], blobs: &BTreeMap<Digest, Blob>, registries: &[Registry]) -> Result<Vec<Entry>, ExportError> {
    let mut out = Out::default();
    out.folder(&format!("{ROOT}/.trash"));
    let mut experiments: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        experiments.entry(&run.experiment).or_default().push(run);
    }
    for (name, runs) in &experiments {
        experiment(&mut out, name, runs)?;
    }
    for run in runs {
        self::run(&mut out, run, blobs)?;
    }
    let known: BTreeMap<&str, &Run> = runs.iter().map(|run| (run.id.as_str(), run)).collect();
    for registry in registries {
        registered_model(&mut out, registry, &known)?;
    }
    Ok(out.0.into_iter().collect())
}

/// The number under which an experiment lies in the tree: MLflow's own for its default experiment, else one that follows
/// from the name.
pub fn experiment_id(name: &str) -> String {
    if name == "Default" {
        return "0".to_owned();
    }
    const FIRST: u64 = 100_000_000_000_000_000;
    (FIRST + Digest::of_bytes(name.as_bytes()).prefix_u64() % (8 * FIRST)).to_string()
}

/// Where a run's files lie, as the tree says it.
fn artifact_uri(run: &Run) -> String {
    format!("./{}/artifacts", place(run))
}

fn place(run: &Run) -> String {
    format!("{ROOT}/{}/{}", experiment_id(&run.experiment), run.id)
}

/// Files by their paths.
#[derive(Default)]
struct Out(BTreeMap<String, Vec<u8>>);

impl Out {
    fn folder(&mut self, path: &str) {
        self.0.insert(format!("{path}/"), Vec::new());
    }

    fn meta(&mut self, folder: &str, fields: &Value) -> Result<(), ExportError> {
        let path = format!("{folder}/meta.yaml");
        let bytes = yaml::write(fields).map_err(|reason| ExportError::Unfit { place: path.clone(), reason })?;
        self.0.insert(path, bytes);
        Ok(())
    }

    /// A file for each key. A key of which another is a folder cannot lie beside it.
    fn values(
        &mut self,
        folder: &str,
        whose: &str,
        limit: usize,
        values: &BTreeMap<String, String>,
    ) -> Result<(), ExportError> {
        self.folder(folder);
        for (key, value) in values {
            let unfit = |reason| ExportError::Unfit { place: format!("{whose} {key:?}"), reason };
            names::key(key).map_err(unfit)?;
            names::length("characters", value, limit).map_err(unfit)?;
            apart(key, values).map_err(unfit)?;
            self.0.insert(format!("{folder}/{key}"), value.clone().into_bytes());
        }
        Ok(())
    }
}

/// Whether no other key lies within this one, as in a folder.
fn apart<T>(key: &str, keys: &BTreeMap<String, T>) -> Result<(), String> {
    let within = format!("{key}/");
    match keys.range(within.clone()..).next() {
        Some((other, _)) if other.starts_with(&within) => {
            Err(format!("{other:?} is there too, and a file store cannot hold both"))
        }
        _ => Ok(()),
    }
}

fn milliseconds(at: Instant) -> i64 {
    at.timestamp_millis()
}

fn experiment(out: &mut Out, name: &str, runs: &[&Run]) -> Result<(), ExportError> {
    names::experiment(name).map_err(|reason| ExportError::Unfit { place: format!("experiment {name:?}"), reason })?;
    let id = experiment_id(name);
    let folder = format!("{ROOT}/{id}");
    let first = runs.iter().map(|run| run.started_at).min().unwrap_or_default();
    let last = runs.iter().map(|run| run.ended_at).max().unwrap_or_default();
    out.meta(
        &folder,
        &json!({
            "artifact_location": format!("./{folder}"),
            "creation_time": milliseconds(first),
            "experiment_id": id,
            "last_update_time": milliseconds(last.max(first)),
            "lifecycle_stage": "active",
            "name": name,
        }),
    )?;
    let datasets: BTreeSet<(String, String)> =
        runs.iter().filter_map(|run| dataset_of(run)).map(|dataset| (dataset.digest, dataset.source)).collect();
    for (digest, source) in datasets {
        let id = dataset_id(&digest);
        let fields = json!({
            "digest": digest, "name": DATASET, "profile": "{}", "schema": "{}", "source": source,
            "source_type": "linelogic",
        });
        out.meta(&format!("{folder}/datasets/{id}"), &fields)?;
    }
    Ok(())
}

fn dataset_id(digest: &str) -> String {
    Digest::of_bytes(format!("{DATASET}:{digest}").as_bytes()).hex()[..32].to_owned()
}

fn run(out: &mut Out, run: &Run, blobs: &BTreeMap<Digest, Blob>) -> Result<(), ExportError> {
    let whose = |what: &str| format!("run {}, {what}", run.id);
    if !names::is_run_id(&run.id) {
        let reason = "expected an id of 32 hexadecimal digits".to_owned();
        return Err(ExportError::Unfit { place: whose("its id"), reason });
    }
    let folder = place(run);
    run_meta(out, run, &folder)?;
    out.values(&format!("{folder}/params"), &whose("parameter"), names::PARAM_VALUE, &run.params)?;
    out.values(&format!("{folder}/tags"), &whose("tag"), names::TAG_VALUE, &tags_of(run))?;
    out.folder(&format!("{folder}/metrics"));
    for (key, points) in run.metrics.iter().filter(|(_, points)| !points.is_empty()) {
        let unfit = |reason| ExportError::Unfit { place: format!("{} {key:?}", whose("metric")), reason };
        names::key(key).map_err(unfit)?;
        apart(key, &run.metrics).map_err(unfit)?;
        let line = |point: &MetricPoint| format!("{} {:?} {}\n", logged_at(run, point), point.value, point.step);
        out.0.insert(format!("{folder}/metrics/{key}"), points.iter().map(line).collect::<String>().into_bytes());
    }
    if let Some(DatasetInput { digest, .. }) = dataset_of(run) {
        let input = Digest::of_bytes(format!("{}:{digest}", run.id).as_bytes()).hex()[..32].to_owned();
        let fields = json!({
            "destination_id": run.id, "destination_type": "RUN", "source_id": dataset_id(&digest),
            "source_type": "DATASET", "tags": { "mlflow.data.context": "training" },
        });
        out.meta(&format!("{folder}/inputs/{input}"), &fields)?;
    }
    artifacts(out, run, &folder, blobs)
}

fn run_meta(out: &mut Out, run: &Run, folder: &str) -> Result<(), ExportError> {
    let status = match run.status {
        RunStatus::Running => 1,
        RunStatus::Finished => 3,
        RunStatus::Failed => 4,
        RunStatus::Killed => 5,
    };
    // A run that is still going has no end yet.
    let going = run.status == RunStatus::Running && run.ended_at == run.started_at;
    out.meta(
        folder,
        &json!({
            "artifact_uri": artifact_uri(run),
            "deleted_time": run.deleted_at.map(milliseconds),
            "end_time": (!going).then(|| milliseconds(run.ended_at)),
            "entry_point_name": "",
            "experiment_id": experiment_id(&run.experiment),
            "lifecycle_stage": if run.deleted_at.is_some() { "deleted" } else { "active" },
            "run_id": run.id,
            "run_name": run.name,
            "source_name": "",
            "source_type": 4,
            "source_version": "",
            "start_time": milliseconds(run.started_at),
            "status": status,
            "tags": [],
            "user_id": run.tags.get(USER).map_or("", String::as_str),
        }),
    )
}

fn artifacts(out: &mut Out, run: &Run, folder: &str, blobs: &BTreeMap<Digest, Blob>) -> Result<(), ExportError> {
    out.folder(&format!("{folder}/artifacts"));
    for artifact in &run.artifacts {
        let place = || format!("run {}, file {:?}", run.id, artifact.path);
        names::relative(&artifact.path).map_err(|reason| ExportError::Unfit { place: place(), reason })?;
        let missing = |reason: String| {
            let (run, path) = (run.id.clone(), artifact.path.clone());
            ExportError::NoBytes { run, path, reason }
        };
        let blob = blobs.get(&artifact.digest).ok_or_else(|| missing("they were not kept or purged".to_owned()))?;
        let bytes = blob.bytes().map_err(missing)?;
        out.0.insert(format!("{folder}/artifacts/{}", artifact.path), bytes);
    }
    Ok(())
}

fn registered_model(out: &mut Out, registry: &Registry, runs: &BTreeMap<&str, &Run>) -> Result<(), ExportError> {
    let name = registry.name();
    let versions = versions_of(registry);
    if versions.is_empty() {
        return Ok(());
    }
    names::model(name).map_err(|reason| ExportError::Unfit { place: format!("registered model {name:?}"), reason })?;
    let folder = format!("{ROOT}/models/{name}");
    let number = |wanted: &str| versions.iter().find(|out| out.version.version == wanted).map(|out| out.number);
    let aliases: BTreeMap<String, String> = aliases_of(registry)
        .into_iter()
        .filter_map(|(alias, version)| Some((alias, number(&version)?.to_string())))
        .collect();
    let first = versions.iter().map(|out| out.version.registered_at).min().unwrap_or_default();
    let last = versions.iter().map(|out| out.changed_at).max().unwrap_or_default();
    out.meta(
        &folder,
        &json!({
            "aliases": aliases,
            "creation_timestamp": milliseconds(first),
            "description": "",
            "last_updated_timestamp": milliseconds(last),
            "name": name,
        }),
    )?;
    for (alias, number) in &aliases {
        names::alias(alias).map_err(|reason| ExportError::Unfit { place: format!("alias {alias:?}"), reason })?;
        out.0.insert(format!("{folder}/aliases/{alias}"), number.clone().into_bytes());
    }
    for version in &versions {
        let within = format!("{folder}/version-{}", version.number);
        let run = runs.get(version.version.run_id.as_str());
        let source = run.map_or_else(|| format!("./{within}"), |run| artifact_uri(run));
        out.meta(
            &within,
            &json!({
                "creation_timestamp": milliseconds(version.version.registered_at),
                "current_stage": version.stage.to_string(),
                "description": version.description,
                "last_updated_timestamp": milliseconds(version.changed_at),
                "name": name,
                "run_id": version.version.run_id,
                "run_link": null,
                "source": source,
                "status": "READY",
                "status_message": null,
                "storage_location": source,
                "user_id": null,
                "version": version.number,
            }),
        )?;
        let whose = format!("version {}, tag", version.version.version);
        out.values(&format!("{within}/tags"), &whose, names::REGISTRY_TAG_VALUE, &version.tags)?;
    }
    Ok(())
}
