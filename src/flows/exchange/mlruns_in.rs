//! The `mlruns/` tree of MLflow's file store as runs: all of it is checked before any of it counts.

use std::collections::BTreeMap;

use super::error::{ImportError, shown};
use super::mapping::take_fields;
use super::registered::{RegisteredModel, RegisteredVersion};
use super::yaml::{Meta, content, time, utf8};
use super::{Entry, names};
use crate::base::Digest;
use crate::tracking::{Artifact, Blob, MetricPoint, RUN_NAME, Run, RunStatus, USER};

/// What a tree holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// The runs, in the order of their experiments and ids.
    pub runs: Vec<Run>,
    /// The bytes of their files.
    pub blobs: BTreeMap<Digest, Blob>,
    /// Experiments.
    pub experiments: usize,
    /// Registered models.
    pub registered: Vec<RegisteredModel>,
    /// What is there and has no place here, with how often: in words.
    pub left_out: BTreeMap<&'static str, usize>,
}

/// Reads a tree. It may lie within other folders, such as `mlruns`.
///
/// # Errors
/// Where a path leads elsewhere, a file is missing or damaged, an id is wrong, a name or a value is none that MLflow
/// takes, or a metric is no finite number.
pub fn read(entries: &[Entry]) -> Result<Contents, ImportError> {
    let mut all = Folder::default();
    for (path, bytes) in entries {
        let refused = |reason| ImportError::Path { path: path.chars().take(200).collect(), reason };
        names::relative(path).map_err(refused)?;
        let noise = path.split('/').any(|part| part == "__MACOSX" || part == ".DS_Store");
        if !path.ends_with('/') && !noise && !all.insert("", path, bytes) {
            return Err(refused("another of the same name is there".to_owned()));
        }
    }
    let root = root(&all)?;
    let mut contents = Contents::default();
    for (name, folder) in &root.folders {
        match *name {
            "models" => registered_models(folder, &mut contents)?,
            ".trash" => {
                for (id, folder) in &folder.folders {
                    experiment(id, folder, &mut contents)?;
                }
            }
            id if names::is_experiment_id(id) => experiment(id, folder, &mut contents)?,
            _ => contents.leave_out("files that are no part of an MLflow store", folder.count()),
        }
    }
    contents.leave_out("files that are no part of an MLflow store", root.files.len());
    let mut ids = BTreeMap::new();
    for run in &contents.runs {
        if let Some(other) = ids.insert(&run.id, &run.experiment) {
            let found = format!("it in {} and in {}", shown(other), shown(&run.experiment));
            return Err(content(&format!("run {}", run.id), None, "one run of this id", found));
        }
    }
    Ok(contents)
}

impl Contents {
    fn leave_out(&mut self, what: &'static str, count: usize) {
        if count > 0 {
            *self.left_out.entry(what).or_default() += count;
        }
    }
}

/// A folder of a tree.
#[derive(Default)]
struct Folder<'a> {
    /// Where it lies, for messages: empty, or with a slash at its end.
    place: String,
    files: BTreeMap<&'a str, &'a [u8]>,
    folders: BTreeMap<&'a str, Folder<'a>>,
}

impl<'a> Folder<'a> {
    /// Puts a file in its place; false if one is there. Paths are of bounded depth.
    fn insert(&mut self, place: &str, path: &'a str, bytes: &'a [u8]) -> bool {
        match path.split_once('/') {
            None => !self.folders.contains_key(path) && self.files.insert(path, bytes).is_none(),
            Some((first, rest)) => {
                let within = format!("{place}{first}/");
                let free = !self.files.contains_key(first);
                let folder = self.folders.entry(first).or_default();
                let done = free && folder.insert(&within, rest, bytes);
                folder.place = within;
                done
            }
        }
    }

    fn folder(&self, name: &str) -> Option<&Folder<'a>> {
        self.folders.get(name)
    }

    /// The fields of its `meta.yaml`.
    fn meta(&self, what: &str) -> Result<Meta, ImportError> {
        let file = format!("{}meta.yaml", self.place);
        match self.files.get("meta.yaml") {
            Some(bytes) => Meta::read(&file, bytes),
            None => Err(ImportError::Missing { file, why: format!("it says what the {what} is") }),
        }
    }

    fn count(&self) -> usize {
        self.files.len() + self.folders.values().map(Folder::count).sum::<usize>()
    }

    /// Every file below it, by its path from here.
    fn all_files(&self) -> Vec<(String, &'a [u8])> {
        let mut found: Vec<(String, &[u8])> =
            self.files.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect();
        for (name, folder) in &self.folders {
            found.extend(folder.all_files().into_iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// The text of every file below a folder of it, by its key.
    fn values(&self, name: &str, limit: usize) -> Result<BTreeMap<String, String>, ImportError> {
        let mut values = BTreeMap::new();
        let Some(folder) = self.folder(name) else { return Ok(values) };
        for (key, bytes) in folder.all_files() {
            let file = format!("{}{key}", folder.place);
            let wrong = |what: &str| {
                let what = what.to_owned();
                let file = file.clone();
                move |reason| content(&file, None, &what, reason)
            };
            names::key(&key).map_err(wrong("a name that MLflow takes"))?;
            let value = utf8(&file, bytes)?;
            names::length("characters", value, limit).map_err(wrong("a value that MLflow takes"))?;
            values.insert(key, value.to_owned());
        }
        Ok(values)
    }
}

/// The folder that experiments lie in.
fn root<'a, 'b>(all: &'b Folder<'a>) -> Result<&'b Folder<'a>, ImportError> {
    let mut folder = all;
    loop {
        if folder.folders.keys().any(|name| names::is_experiment_id(name) || *name == ".trash") {
            return Ok(folder);
        }
        // The tree itself, or what it was packed in.
        let inner = folder.folder("mlruns").or_else(|| {
            let mut inner = folder.folders.values();
            inner.next().filter(|_| folder.folders.len() == 1)
        });
        match inner {
            Some(inner) => folder = inner,
            None => {
                let names: Vec<String> = folder.folders.keys().chain(folder.files.keys()).map(|n| shown(n)).collect();
                let found = if names.is_empty() {
                    "nothing".to_owned()
                } else {
                    format!(
                        "{}{}",
                        names[..names.len().min(5)].join(", "),
                        if names.len() > 5 { " and more" } else { "" }
                    )
                };
                return Err(ImportError::NoTree(found));
            }
        }
    }
}

fn experiment(id: &str, folder: &Folder<'_>, contents: &mut Contents) -> Result<(), ImportError> {
    let meta = folder.meta("experiment")?;
    meta.must_be("experiment_id", id)?;
    let name = meta.text("name")?;
    names::experiment(&name).map_err(|reason| meta.refuse("name", &reason))?;
    meta.is("lifecycle_stage", "active", "deleted")?;
    contents.experiments += 1;
    for (name_of_folder, inner) in &folder.folders {
        match *name_of_folder {
            "tags" => contents.leave_out("tags of experiments", inner.count()),
            "traces" => contents.leave_out("traces", inner.folders.len()),
            "models" => contents.leave_out("logged models", inner.folders.len()),
            // Those of runs are counted with them.
            "datasets" => {}
            run_id => {
                let run = run(id, &name, run_id, inner, contents)?;
                contents.runs.push(run);
            }
        }
    }
    Ok(())
}

fn run(
    experiment_id: &str,
    experiment: &str,
    id: &str,
    folder: &Folder<'_>,
    contents: &mut Contents,
) -> Result<Run, ImportError> {
    if !names::is_run_id(id) {
        let expected = "a run's folder with 32 hexadecimal digits as its name";
        return Err(content(&folder.place, None, expected, shown(id)));
    }
    let meta = folder.meta("run")?;
    let field = if meta.optional_text("run_id")?.is_some() { "run_id" } else { "run_uuid" };
    meta.must_be(field, id)?;
    meta.must_be("experiment_id", experiment_id)?;
    let started_at = meta.time("start_time")?;
    let ended_at = meta.optional_time("end_time")?.unwrap_or(started_at);
    let deleted = !meta.is("lifecycle_stage", "active", "deleted")?;
    let mut tags = folder.values("tags", names::TAG_VALUE)?;
    let name = meta.optional_text("run_name")?.or_else(|| tags.get(RUN_NAME).cloned()).unwrap_or_default();
    names::length("characters", &name, names::TAG_VALUE).map_err(|reason| meta.refuse("run_name", &reason))?;
    // MLflow writes `unknown` where nobody said who it was.
    if let Some(user) = meta.optional_text("user_id")?.filter(|user| !user.is_empty() && user != "unknown") {
        tags.entry(USER.to_owned()).or_insert(user);
    }
    let mut metrics = BTreeMap::new();
    if let Some(folder) = folder.folder("metrics") {
        for (key, bytes) in folder.all_files() {
            let file = format!("{}{key}", folder.place);
            names::key(&key).map_err(|reason| content(&file, None, "a name that MLflow takes", reason))?;
            let mut points = metric(&file, bytes)?;
            points.iter_mut().for_each(|point| point.at = point.at.filter(|at| *at != ended_at));
            metrics.insert(key, points);
        }
    }
    contents.leave_out("model outputs of runs", folder.folder("outputs").map_or(0, |outputs| outputs.folders.len()));
    let mut run = Run {
        id: id.to_owned(),
        experiment: experiment.to_owned(),
        name,
        status: status(&meta)?,
        started_at,
        ended_at,
        params: folder.values("params", names::PARAM_VALUE)?,
        metrics,
        tags,
        data_version: None,
        feature_version: None,
        model_digest: None,
        parent: None,
        artifacts: artifacts(folder, contents),
        spec: None,
        deleted_at: deleted.then_some(meta.optional_time("deleted_time")?.unwrap_or(ended_at)),
    };
    take_fields(&mut run);
    let inputs = folder.folder("inputs").map_or(0, |inputs| inputs.folders.len());
    contents.leave_out("dataset inputs", inputs.saturating_sub(usize::from(run.data_version.is_some())));
    let elsewhere = meta.optional_text("artifact_uri")?.is_some_and(|uri| !uri.ends_with(&format!("{id}/artifacts")));
    contents.leave_out("runs whose files lie outside the tree", usize::from(elsewhere));
    Ok(run)
}

/// How a run ended: MLflow's number or its name.
fn status(meta: &Meta) -> Result<RunStatus, ImportError> {
    let text = meta.optional_text("status")?;
    match text.as_deref() {
        // One that is only planned has not ended either.
        None | Some("1" | "RUNNING" | "2" | "SCHEDULED") => Ok(RunStatus::Running),
        Some("3" | "FINISHED") => Ok(RunStatus::Finished),
        Some("4" | "FAILED") => Ok(RunStatus::Failed),
        Some("5" | "KILLED") => Ok(RunStatus::Killed),
        Some(other) => Err(meta.refuse("status", &format!("{}, which is none of 1 to 5", shown(other)))),
    }
}

/// The points of a metric: a line each, `<milliseconds> <value> [<step> [<dataset> <digest>]]`.
fn metric(file: &str, bytes: &[u8]) -> Result<Vec<MetricPoint>, ImportError> {
    let text = utf8(file, bytes)?;
    let mut points = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let parts: Vec<&str> = line.trim().split(' ').collect();
        let wrong = |expected: &str, found: &str| content(file, Some(number), expected, shown(found));
        let (at, value, step) = match parts[..] {
            [at, value] => (at, value, "0"),
            [at, value, step] | [at, value, step, _, _] => (at, value, step),
            _ => return Err(wrong("milliseconds, a value and a step", line)),
        };
        let when = at.parse().ok().and_then(time).ok_or_else(|| wrong("milliseconds since 1970", at))?;
        let finite = value.parse::<f64>().ok().filter(|value| value.is_finite());
        let step = step.parse().map_err(|_| wrong("a whole number as its step", step))?;
        let value = finite.ok_or_else(|| wrong("a finite number", value))?;
        points.push(MetricPoint { value, step, at: Some(when) });
    }
    if points.is_empty() {
        return Err(content(file, None, "a line for each point", "none".to_owned()));
    }
    Ok(points)
}

fn artifacts(folder: &Folder<'_>, contents: &mut Contents) -> Vec<Artifact> {
    let files = folder.folder("artifacts").map(Folder::all_files).unwrap_or_default();
    let mut artifacts = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let (artifact, blob) = Blob::artifact(&path, bytes);
        contents.blobs.insert(blob.digest, blob);
        artifacts.push(artifact);
    }
    artifacts
}

/// Registered models, all of it checked: which versions can be kept is seen when their runs are known.
fn registered_models(folder: &Folder<'_>, contents: &mut Contents) -> Result<(), ImportError> {
    for (name_of_folder, model) in &folder.folders {
        let meta = model.meta("registered model")?;
        meta.must_be("name", name_of_folder)?;
        names::model(name_of_folder).map_err(|reason| meta.refuse("name", &reason))?;
        let tags = model.values("tags", names::REGISTRY_TAG_VALUE)?;
        contents.leave_out("tags of registered models", tags.len());
        let mut versions = Vec::new();
        for (within, version) in &model.folders {
            if let Some(number) = within.strip_prefix("version-") {
                let meta = version.meta("model version")?;
                meta.must_be("version", number)?;
                meta.must_be("name", name_of_folder)?;
                let stage = meta.optional_text("current_stage")?.unwrap_or_else(|| "None".to_owned());
                versions.push(RegisteredVersion {
                    number: number.to_owned(),
                    run_id: meta.optional_text("run_id")?.unwrap_or_default(),
                    stage: stage.parse().map_err(|reason: String| meta.refuse("current_stage", &reason))?,
                    description: meta.optional_text("description")?.unwrap_or_default(),
                    tags: version.values("tags", names::REGISTRY_TAG_VALUE)?,
                    created_at: meta.optional_time("creation_timestamp")?.unwrap_or_default(),
                });
            }
        }
        let mut aliases = BTreeMap::new();
        for (alias, bytes) in model.folder("aliases").map(Folder::all_files).unwrap_or_default() {
            let file = format!("{}aliases/{alias}", model.place);
            names::alias(&alias).map_err(|reason| content(&file, None, "an alias that MLflow takes", reason))?;
            let number = utf8(&file, bytes)?.trim();
            if !versions.iter().any(|version| version.number == number) {
                return Err(content(&file, None, "the number of a version that is there", shown(number)));
            }
            aliases.insert(alias, number.to_owned());
        }
        contents.registered.push(RegisteredModel { name: (*name_of_folder).to_owned(), versions, aliases });
    }
    Ok(())
}

#[cfg(test)]
#[path = "mlruns_tests.rs"]
mod tests;
