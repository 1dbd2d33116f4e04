//! What a report is made of, from what a store holds.

use super::{HistoryRow, ReportInput, VersionRow, report};
use crate::base::{Digest, Instant};
use crate::data::Manifest;
use crate::learn::Model;
use crate::registry::{ModelVersion, Registry, RegistryEvent, Stage};
use crate::tracking::Run;
use crate::tracking::compare::holdout_predictions;

/// What a store holds of an experiment.
#[derive(Debug, Clone, Copy)]
pub struct Experiment<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its runs.
    pub runs: &'a [Run],
    /// The file [`PREDICTIONS`](crate::tracking::compare::PREDICTIONS) of the [`best`](super::best) run; none where it is not at hand.
    pub predictions: Option<&'a [u8]>,
    /// The registry.
    pub registry: &'a Registry,
    /// The manifests at hand.
    pub manifests: &'a [Manifest],
}

/// The report of an experiment.
///
/// # Errors
/// Where the predictions are no such file: what was found and what was expected.
pub fn report_of(experiment: &Experiment<'_>, made_at: Instant) -> Result<String, String> {
    let forecasts = experiment.predictions.map(parsed).transpose()?.unwrap_or_default();
    Ok(report(&ReportInput {
        experiment: experiment.name,
        made_at,
        runs: experiment.runs,
        forecasts: &forecasts,
        versions: &versions(experiment.registry),
        history: &history(experiment.registry),
        data: &experiment.manifests.iter().map(data).collect(),
    }))
}

/// Labels and probabilities of played games.
fn parsed(bytes: &[u8]) -> Result<Vec<(f64, f64)>, String> {
    let predictions = holdout_predictions(bytes)?;
    Ok(predictions.into_iter().map(|one| (f64::from(u8::from(one.home_won)), one.prob_home)).collect())
}

fn versions(registry: &Registry) -> Vec<VersionRow> {
    let stages = registry.stages();
    let row = |version: &ModelVersion| VersionRow {
        version: version.version.clone(),
        stage: stages.get(version.version.as_str()).copied().unwrap_or(Stage::None).to_string(),
        run_id: version.run_id.clone(),
        summary: version
            .model
            .open()
            .as_ref()
            .map_or_else(|_| "a model that cannot be read".to_owned(), Model::summary),
        registered_at: version.registered_at,
    };
    registry.versions().iter().map(row).collect()
}

fn history(registry: &Registry) -> Vec<HistoryRow> {
    let row = |event: &RegistryEvent| HistoryRow {
        at: event.at,
        version: event.version.clone(),
        what: event.action.to_string(),
        actor: event.actor.clone(),
        reason: event.reason.clone(),
    };
    registry.events().iter().map(row).collect()
}

/// What is known of data, by the digest of its manifest.
fn data(manifest: &Manifest) -> (Digest, String) {
    let to = manifest.last_day.map_or_else(String::new, |day| format!(" to {day}"));
    (manifest.digest, format!("{}, {} records{to}", manifest.source, manifest.records))
}
