//! Registered models: versions found again by their semantic version, then stages, aliases and tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Published;
use super::client::{Kind, PublishError, Server, list, pairs, text};
use super::runs::There;
use crate::flows::exchange::mapping::{VERSION, VersionOut, aliases_of, versions_of};
use crate::registry::Registry;

/// Aliases that are set and taken away from here.
const OURS: [&str; 2] = ["champion", "challenger"];

/// A version on the server.
struct Known {
    number: String,
    stage: String,
    description: String,
    tags: BTreeMap<String, String>,
}

/// Publishes a registered model; `runs` are the runs that are there, by their ids here.
pub(super) fn publish(
    server: &Server,
    registry: &Registry,
    runs: &BTreeMap<String, There>,
    published: &mut Published,
) -> Result<(), PublishError> {
    let versions = versions_of(registry);
    if versions.is_empty() {
        return Ok(());
    }
    let aliases = model(server, registry.name())?;
    let mut known = known(server, registry.name())?;
    for version in &versions {
        if !known.contains_key(&version.version.version) {
            let made = create(server, version, runs)?;
            known.insert(version.version.version.clone(), made);
            published.versions_created += 1;
        }
    }
    let before = server.changes();
    for version in &versions {
        settle(server, version, &known[&version.version.version])?;
    }
    let name = registry.name();
    let wanted = aliases_of(registry);
    for (alias, version) in &wanted {
        let Some(at) = known.get(version) else { continue };
        if aliases.get(alias) != Some(&at.number) {
            let body = json!({ "name": name, "alias": alias, "version": at.number });
            server.post(Kind::Set, "registered-models/alias", &body)?;
        }
    }
    // One of ours that points nowhere any more; those of others stay.
    for alias in OURS.iter().filter(|alias| !wanted.contains_key(**alias) && aliases.contains_key(**alias)) {
        server.delete("registered-models/alias", &json!({ "name": name, "alias": alias }))?;
    }
    published.registry_changes += server.changes() - before;
    Ok(())
}

/// Makes the registered model where it is not there. Gives its aliases, each with a version's number.
fn model(server: &Server, name: &str) -> Result<BTreeMap<String, String>, PublishError> {
    match server.get("registered-models/get", &[("name", name)]) {
        Ok(found) => {
            let model = found.get("registered_model").cloned().unwrap_or_default();
            let of = |alias: &Value| {
                let version = alias.get("version")?;
                let version = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
                Some((alias.get("alias")?.as_str()?.to_owned(), version))
            };
            Ok(list(&model, "aliases").iter().filter_map(of).collect())
        }
        Err(error) if error.is_absence() => {
            server.post(Kind::Make, "registered-models/create", &json!({ "name": name }))?;
            Ok(BTreeMap::new())
        }
        Err(error) => Err(error),
    }
}

/// The versions that were published from here, by their semantic version.
fn known(server: &Server, name: &str) -> Result<BTreeMap<String, Known>, PublishError> {
    let path = "model-versions/search";
    let filter = format!("name='{}'", name.replace('\'', "\\'"));
    let (mut found, mut token) = (BTreeMap::new(), String::new());
    loop {
        let mut query = vec![("filter", filter.as_str()), ("max_results", "1000")];
        if !token.is_empty() {
            query.push(("page_token", token.as_str()));
        }
        let answer = server.get(path, &query)?;
        for version in list(&answer, "model_versions") {
            let known = read(version, path)?;
            if let Some(ours) = known.tags.get(VERSION).cloned() {
                found.insert(ours, known);
            }
        }
        match answer.get("next_page_token").and_then(Value::as_str) {
            Some(next) if !next.is_empty() && next != token => token = next.to_owned(),
            _ => return Ok(found),
        }
    }
}

fn read(version: &Value, call: &str) -> Result<Known, PublishError> {
    let number = text(version, call, &["version"])?.to_owned();
    let of = |name: &str| version.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (stage, description) = (of("current_stage"), of("description"));
    Ok(Known { number, stage, description, tags: pairs(list(version, "tags")) })
}

fn create(server: &Server, version: &VersionOut<'_>, runs: &BTreeMap<String, There>) -> Result<Known, PublishError> {
    let path = "model-versions/create";
    let tags: Vec<Value> = version.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let ours = version.version;
    let mut body = json!({ "name": ours.name, "description": version.description, "tags": tags });
    match runs.get(&ours.run_id) {
        Some(run) => {
            body["run_id"] = run.id.as_str().into();
            body["source"] = run.artifact_uri.as_str().into();
        }
        // A version whose run is not in the store: nothing lies there, but MLflow wants a place.
        None => body["source"] = format!("mlflow-artifacts:/{}/{}", ours.name, ours.version).into(),
    }
    let made = server.post(Kind::Make, path, &body)?;
    read(made.get("model_version").unwrap_or(&Value::Null), path)
}

/// Sets what differs of a version: tags, description, stage.
fn settle(server: &Server, version: &VersionOut<'_>, known: &Known) -> Result<(), PublishError> {
    let name = &version.version.name;
    for (key, value) in &version.tags {
        if known.tags.get(key) != Some(value) {
            let body = json!({ "name": name, "version": known.number, "key": key, "value": value });
            server.post(Kind::Set, "model-versions/set-tag", &body)?;
        }
    }
    if known.description != version.description {
        let body = json!({ "name": name, "version": known.number, "description": version.description });
        server.patch("model-versions/update", &body)?;
    }
    let stage = version.stage.to_string();
    if known.stage != stage {
        let body = json!({
            "name": name, "version": known.number, "stage": stage, "archive_existing_versions": false,
        });
        server.post(Kind::Set, "model-versions/transition-stage", &body)?;
    }
    Ok(())
}
