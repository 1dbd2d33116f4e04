//! Runs: made once, completed where they are not whole.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};

use super::client::{Kind, PublishError, Server, list, pairs, text};
use super::{PUBLISHED, Parcel, Published, RUN_ID};
use crate::base::Digest;
use crate::flows::exchange::mapping::{DATASET, as_in_mlflow, dataset_of, logged_at, tags_of};
use crate::tracking::{PARENT, Run, RunStatus, USER};

/// Most metrics, parameters and tags in a call.
const METRICS: usize = 1000;
const PARAMS: usize = 100;
const TAGS: usize = 100;

/// A run on the server.
#[derive(Debug, Clone)]
pub(super) struct There {
    /// Its id there.
    pub(super) id: String,
    /// Where its files lie.
    pub(super) artifact_uri: String,
    deleted: bool,
    info: Value,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    /// Keys of its metrics.
    metrics: Vec<String>,
}

/// Publishes the runs; parents before their children. Gives each by its id here.
pub(super) fn publish(
    server: &Server,
    parcel: Parcel<'_>,
    published: &mut Published,
    progress: &mut dyn FnMut(usize),
) -> Result<BTreeMap<String, There>, PublishError> {
    let mut experiments = BTreeMap::new();
    let mut there: BTreeMap<String, There> = BTreeMap::new();
    let name_of = |run: &Run| parcel.experiment.unwrap_or(&run.experiment).to_owned();
    for run in parcel.runs {
        let name = name_of(run);
        if let Entry::Vacant(new) = experiments.entry(name) {
            let id = experiment(server, new.key(), published)?;
            there.extend(known(server, &id)?);
            new.insert(id);
        }
    }
    let mut elsewhere = 0;
    for (done, run) in parents_first(parcel.runs).into_iter().enumerate() {
        let experiment = &experiments[&name_of(run)];
        one(server, parcel, run, experiment, &mut there, published)?;
        let found = &there[&run.id];
        elsewhere += usize::from(!run.artifacts.is_empty() && proxied(&found.artifact_uri).is_none());
        progress(done + 1);
    }
    if elsewhere > 0 {
        published.notes.push(format!(
            "the files of {elsewhere} runs were not sent: the server keeps files where only clients reach them; start it with --serve-artifacts"
        ));
    }
    Ok(there)
}

/// The runs, each after its parent.
fn parents_first(runs: &[Run]) -> Vec<&Run> {
    let by_id: BTreeMap<&str, &Run> = runs.iter().map(|run| (run.id.as_str(), run)).collect();
    let depth = |run: &Run| {
        let mut depth = 0;
        let mut parent = run.parent.as_deref();
        // A run that is its own ancestor has as many as there are runs, and no more.
        while let Some(above) = parent.and_then(|id| by_id.get(id)).filter(|_| depth < runs.len()) {
            depth += 1;
            parent = above.parent.as_deref();
        }
        depth
    };
    let mut sorted: Vec<(usize, &Run)> = runs.iter().map(|run| (depth(run), run)).collect();
    sorted.sort_by(|a, b| (a.0, a.1.started_at, &a.1.id).cmp(&(b.0, b.1.started_at, &b.1.id)));
    sorted.into_iter().map(|(_, run)| run).collect()
}

fn experiment(server: &Server, name: &str, published: &mut Published) -> Result<String, PublishError> {
    let path = "experiments/get-by-name";
    match server.get(path, &[("experiment_name", name)]) {
        Ok(found) => {
            if text(&found, path, &["experiment", "lifecycle_stage"]).is_ok_and(|stage| stage == "deleted") {
                let advice = "restore it there, or give --experiment another name";
                return Err(PublishError::Unfit(format!("experiment {name:?} is deleted on the server: {advice}")));
            }
            Ok(text(&found, path, &["experiment", "experiment_id"])?.to_owned())
        }
        Err(error) if error.is_absence() => {
            let path = "experiments/create";
            let made = server.post(Kind::Make, path, &json!({ "name": name }))?;
            published.experiments += 1;
            Ok(text(&made, path, &["experiment_id"])?.to_owned())
        }
        Err(error) => Err(error),
    }
}

/// Every run of an experiment that was published from here, by its id here.
fn known(server: &Server, experiment: &str) -> Result<BTreeMap<String, There>, PublishError> {
    let path = "runs/search";
    let mut found = BTreeMap::new();
    let mut token = String::new();
    loop {
        let mut body = json!({
            "experiment_ids": [experiment], "filter": format!("tags.\"{RUN_ID}\" LIKE '%'"), "max_results": 1000,
            "run_view_type": "ALL",
        });
        if !token.is_empty() {
            body["page_token"] = token.as_str().into();
        }
        let answer = server.post(Kind::Ask, path, &body)?;
        for run in list(&answer, "runs") {
            let run = there(run, path)?;
            if let Some(id) = run.tags.get(RUN_ID).cloned() {
                found.insert(id, run);
            }
        }
        match answer.get("next_page_token").and_then(Value::as_str) {
            Some(next) if !next.is_empty() && next != token => token = next.to_owned(),
            _ => return Ok(found),
        }
    }
}

fn there(run: &Value, call: &str) -> Result<There, PublishError> {
    let data = run.get("data").cloned().unwrap_or_default();
    let metrics = list(&data, "metrics").iter().filter_map(|metric| metric.get("key")?.as_str().map(str::to_owned));
    Ok(There {
        id: text(run, call, &["info", "run_id"])?.to_owned(),
        artifact_uri: text(run, call, &["info", "artifact_uri"])?.to_owned(),
        deleted: text(run, call, &["info", "lifecycle_stage"]).is_ok_and(|stage| stage == "deleted"),
        info: run.get("info").cloned().unwrap_or_default(),
        params: pairs(list(&data, "params")),
        tags: pairs(list(&data, "tags")),
        metrics: metrics.collect(),
    })
}

/// Makes a run or completes it.
fn one(
    server: &Server,
    parcel: Parcel<'_>,
    run: &Run,
    experiment: &str,
    known: &mut BTreeMap<String, There>,
    published: &mut Published,
) -> Result<(), PublishError> {
    let mark = Digest::of_json(&as_in_mlflow(run)).map_err(|error| PublishError::Unfit(error.to_string()))?.to_string();
    let mut tags = tags_of(run);
    tags.insert(RUN_ID.to_owned(), run.id.clone());
    // A parent is called there as it is called there.
    if let Some(parent) = run.parent.as_ref().and_then(|parent| known.get(parent)) {
        tags.insert(PARENT.to_owned(), parent.id.clone());
    }
    let found = match known.get(&run.id).cloned() {
        Some(found) if found.tags.get(PUBLISHED) == Some(&mark) => {
            published.runs_unchanged += 1;
            return Ok(());
        }
        Some(mut found) => {
            if found.deleted {
                server.post(Kind::Set, "runs/restore", &json!({ "run_id": found.id }))?;
                found.deleted = false;
            }
            published.runs_completed += 1;
            found
        }
        None => {
            published.runs_created += 1;
            create(server, run, experiment, &tags)?
        }
    };
    known.insert(run.id.clone(), found.clone());
    complete(server, run, &found, &tags, published)?;
    files(server, parcel, run, &found, published)?;
    close(server, run, &found, &mark)
}

fn create(
    server: &Server,
    run: &Run,
    experiment: &str,
    tags: &BTreeMap<String, String>,
) -> Result<There, PublishError> {
    let path = "runs/create";
    let first: Vec<Value> =
        [RUN_ID, PARENT].iter().filter_map(|key| Some(json!({ "key": key, "value": tags.get(*key)? }))).collect();
    let mut body = json!({
        "experiment_id": experiment, "start_time": run.started_at.timestamp_millis(), "run_name": run.name,
        "tags": first,
    });
    if let Some(user) = run.tags.get(USER) {
        body["user_id"] = user.as_str().into();
    }
    let made = server.post(Kind::Make, path, &body)?;
    let run = made
        .get("run")
        .ok_or_else(|| PublishError::Answer { call: format!("POST {path}"), expected: "`run`".to_owned() })?;
    there(run, path)
}

/// Sends the parameters, metrics, tags and inputs that the server does not have.
fn complete(
    server: &Server,
    run: &Run,
    there: &There,
    tags: &BTreeMap<String, String>,
    published: &mut Published,
) -> Result<(), PublishError> {
    let path = "runs/log-batch";
    let pair = |(key, value): (&String, &String)| json!({ "key": key, "value": value });
    let missing = |ours: &BTreeMap<String, String>, theirs: &BTreeMap<String, String>| -> Vec<Value> {
        ours.iter().filter(|(key, value)| theirs.get(*key) != Some(*value)).map(pair).collect()
    };
    for params in missing(&run.params, &there.params).chunks(PARAMS) {
        server.post(Kind::Set, path, &json!({ "run_id": there.id, "params": params }))?;
    }
    for tags in missing(tags, &there.tags).chunks(TAGS) {
        server.post(Kind::Set, path, &json!({ "run_id": there.id, "tags": tags }))?;
    }
    let mut points = Vec::new();
    for key in run.metrics.keys() {
        points.extend(missing_points(server, run, there, key)?);
    }
    for points in points.chunks(METRICS) {
        // A file store behind the server would keep a point twice: it is sent once, and looked for the next time.
        server.post(Kind::Make, path, &json!({ "run_id": there.id, "metrics": points }))?;
        published.points += points.len();
    }
    if let Some(dataset) = dataset_of(run) {
        let dataset = json!({
            "dataset": {
                "name": DATASET, "digest": dataset.digest, "source": dataset.source, "source_type": "linelogic",
                "schema": "{}", "profile": "{}",
            },
            "tags": [{ "key": "mlflow.data.context", "value": "training" }],
        });
        server.post(Kind::Set, "runs/log-inputs", &json!({ "run_id": there.id, "datasets": [dataset] }))?;
    }
    Ok(())
}

/// The points of a metric that the server does not have.
fn missing_points(server: &Server, run: &Run, there: &There, key: &str) -> Result<Vec<Value>, PublishError> {
    let mut kept: BTreeMap<(i64, i64, u64), usize> = BTreeMap::new();
    if there.metrics.iter().any(|known| known == key) {
        let mut token = String::new();
        loop {
            let mut query = vec![("run_id", there.id.as_str()), ("metric_key", key), ("max_results", "25000")];
            if !token.is_empty() {
                query.push(("page_token", token.as_str()));
            }
            let answer = server.get("metrics/get-history", &query)?;
            for point in list(&answer, "metrics") {
                let whole = |name: &str| whole(point, name).unwrap_or_default();
                let value = point.get("value").and_then(Value::as_f64).unwrap_or(f64::NAN);
                *kept.entry((whole("step"), whole("timestamp"), value.to_bits())).or_default() += 1;
            }
            match answer.get("next_page_token").and_then(Value::as_str) {
                Some(next) if !next.is_empty() && next != token => token = next.to_owned(),
                _ => break,
            }
        }
    }
    let mut missing = Vec::new();
    for point in run.metrics.get(key).map(Vec::as_slice).unwrap_or_default() {
        let at = logged_at(run, point);
        match kept.get_mut(&(point.step, at, point.value.to_bits())) {
            Some(left) if *left > 0 => *left -= 1,
            _ => missing.push(json!({ "key": key, "value": point.value, "timestamp": at, "step": point.step })),
        }
    }
    Ok(missing)
}

/// A whole number, which some servers write as a text.
fn whole(value: &Value, name: &str) -> Option<i64> {
    let field = value.get(name)?;
    field.as_i64().or_else(|| field.as_str()?.parse().ok())
}

/// The folder of a run's files as the server's proxy names it.
fn proxied(artifact_uri: &str) -> Option<&str> {
    let rest = artifact_uri.strip_prefix("mlflow-artifacts:")?;
    let path = match rest.strip_prefix("//") {
        // A host may stand between.
        Some(rest) if !rest.starts_with('/') => rest.split_once('/')?.1,
        Some(rest) => rest,
        None => rest,
    };
    Some(path.trim_start_matches('/').trim_end_matches('/'))
}

fn files(
    server: &Server,
    parcel: Parcel<'_>,
    run: &Run,
    there: &There,
    published: &mut Published,
) -> Result<(), PublishError> {
    let Some(folder) = proxied(&there.artifact_uri) else { return Ok(()) };
    for artifact in &run.artifacts {
        let unfit = |reason: &str| PublishError::Unfit(format!("run {}, file {:?}: {reason}", run.id, artifact.path));
        let blob = parcel.blobs.get(&artifact.digest).ok_or_else(|| unfit("its bytes are not in the store"))?;
        let bytes = blob.bytes().map_err(|reason| unfit(&reason))?;
        server.put_artifact(&format!("{folder}/{}", artifact.path), &bytes)?;
        published.artifacts += 1;
    }
    Ok(())
}

/// Ends the run, marks it as whole, and deletes it where it is in the trash.
fn close(server: &Server, run: &Run, there: &There, mark: &str) -> Result<(), PublishError> {
    let status = match run.status {
        RunStatus::Running => "RUNNING",
        RunStatus::Finished => "FINISHED",
        RunStatus::Failed => "FAILED",
        RunStatus::Killed => "KILLED",
    };
    let going = run.status == RunStatus::Running && run.ended_at == run.started_at;
    let end = run.ended_at.timestamp_millis();
    let same = |name: &str, wanted: &str| there.info.get(name).and_then(Value::as_str) == Some(wanted);
    let ended = going || whole(&there.info, "end_time") == Some(end);
    if !(same("status", status) && same("run_name", &run.name) && ended) {
        let mut body = json!({ "run_id": there.id, "status": status, "run_name": run.name });
        if !going {
            body["end_time"] = end.into();
        }
        server.post(Kind::Set, "runs/update", &body)?;
    }
    server.post(Kind::Set, "runs/set-tag", &json!({ "run_id": there.id, "key": PUBLISHED, "value": mark }))?;
    if run.deleted_at.is_some() {
        server.post(Kind::Set, "runs/delete", &json!({ "run_id": there.id }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_where_the_proxy_has_them() {
        for (uri, folder) in [
            ("mlflow-artifacts:/1/a/artifacts", Some("1/a/artifacts")),
            ("mlflow-artifacts:///1/a/artifacts/", Some("1/a/artifacts")),
            ("mlflow-artifacts://host:5000/1/a/artifacts", Some("1/a/artifacts")),
            ("s3://bucket/1/a/artifacts", None),
            ("/mlruns/1/a/artifacts", None),
        ] {
            assert_eq!(proxied(uri), folder, "{uri}");
        }
    }
}
