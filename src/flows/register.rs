//! A run that is in the store becomes a version: its model is the artifact `model.json`.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::gate::manifests;
use super::registry::{RegistryFlowError, busy, put_events, state_of};
use crate::base::Date;
use crate::data::Manifest;
use crate::flows::documents::{self, RETRIES};
use crate::learn::{Model, ModelDocument};
use crate::ports::{Batch, Store, StoreError};
use crate::registry::{Candidate, Change, Level, Registration, check_model_name};
use crate::tracking::{Blob, Run};

/// The artifact that a run's model is.
pub const MODEL_FILE: &str = "model.json";
/// The metrics that a version takes over from its run.
const METRICS: [&str; 5] = ["log_loss", "brier", "accuracy", "auc", "ece"];

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted<'a> {
    /// The registered model's name.
    pub name: &'a str,
    /// The run.
    pub run_id: &'a str,
    /// Which part of the number is raised; none for the one that the rule gives.
    pub level: Option<Level>,
    /// What to describe the version as; empty for nothing.
    pub description: &'a str,
    /// Marks where it was made; empty for the site's own.
    pub build: &'a str,
}

/// Registers the model of a run at Staging, in one commit. A run that was registered before stays the version that it
/// became. `at_hand` is the manifest of data that is not in the store.
///
/// # Errors
/// Where the name cannot be one, where the run does not hold what a version needs, and those of the store.
pub async fn register_run<S: Store>(
    store: &S,
    wanted: &Wanted<'_>,
    at_hand: Option<&Manifest>,
    change: &Change,
) -> Result<Registration, RegistryFlowError> {
    check_model_name(wanted.name)?;
    let candidate = candidate(store, wanted, at_hand).await?;
    for _ in 0..RETRIES {
        let (base, registry) = state_of(store, wanted.name).await?;
        let mut registration = registry.register_as(candidate.clone(), wanted.level, change);
        if registration.events.is_empty() {
            return Ok(registration);
        }
        if !wanted.description.is_empty() {
            let with = registry.with(Some(registration.version.clone()), &registration.events);
            registration.events.extend(with.describe(
                Some(&registration.version.version),
                wanted.description,
                change,
            )?);
        }
        let mut batch = Batch { base, ..Batch::default() };
        documents::put(&mut batch, &registration.version)?;
        put_events(&mut batch, &registration.events)?;
        match documents::commit(store, batch).await {
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(registration),
        }
    }
    Err(busy().into())
}

async fn candidate<S: Store>(
    store: &S,
    wanted: &Wanted<'_>,
    at_hand: Option<&Manifest>,
) -> Result<Candidate, RegistryFlowError> {
    let refused = |why: &str| RegistryFlowError::Run { run: wanted.run_id.to_owned(), why: why.to_owned() };
    let (_, run) = documents::load_one::<Run, S>(store, wanted.run_id).await?;
    let run = run.filter(|run| run.deleted_at.is_none()).ok_or_else(|| refused("it is not in the store"))?;
    let Some(artifact) = run.artifact(MODEL_FILE) else {
        return Err(refused("it has no artifact model.json"));
    };
    let (_, blob) = documents::load_one::<Blob, S>(store, &artifact.digest.hex()).await?;
    let blob = blob.ok_or_else(|| refused("the bytes of its model.json are not in the store"))?;
    let model = model_of(&blob).map_err(|why| refused(&format!("its model.json is damaged: {why}")))?;
    if run.model_digest.is_some_and(|digest| digest != model.digest()) {
        return Err(refused("its model.json is not the model that the run records"));
    }
    let Some(data_version) = run.data_version else {
        return Err(refused("it does not say which data it was trained on"));
    };
    let mut known = manifests(store).await?.into_iter().chain(at_hand.cloned());
    let source_kind = known
        .find(|manifest| manifest.digest == data_version)
        .map(|manifest| manifest.source_kind)
        .ok_or_else(|| refused(&format!("the manifest {} of its data is not known", data_version.short())))?;
    Ok(Candidate {
        run_id: run.id.clone(),
        model,
        trained_through: trained_through(&run)
            .ok_or_else(|| refused("it does not say through which day it learned"))?,
        source_kind,
        data_version,
        metrics: holdout_metrics(&run),
        build: wanted.build.to_owned(),
    })
}

/// The metrics of a run that a version takes over.
pub fn holdout_metrics(run: &Run) -> BTreeMap<String, f64> {
    METRICS.iter().filter_map(|name| Some(((*name).to_owned(), run.metric(name)?))).collect()
}

/// The model that the bytes of [`MODEL_FILE`] are.
///
/// # Errors
/// Where they are none.
pub fn model_of(blob: &Blob) -> Result<ModelDocument, String> {
    let document: ModelDocument = serde_json::from_slice(&blob.bytes()?).map_err(|error| error.to_string())?;
    document.open().map(|_: Model| document)
}

/// The last day whose results a run's model knows: as it says, or else the day before the morning that it trained on,
/// which is the latest that it can be.
pub fn trained_through(run: &Run) -> Option<Date> {
    let day = |name: &str| run.params.get(name).and_then(|text| Date::from_str(text).ok());
    day("trained_through").or_else(|| day("as_of")?.pred_opt())
}
