//! The record of one training, trial or back-test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Artifact;
use crate::base::{Digest, Instant};

/// The tag that a run's [`Run::data_version`] stands for.
pub const DATA_VERSION: &str = "data_version";
/// MLflow's tag of a run's parent.
pub const PARENT: &str = "mlflow.parentRunId";
/// MLflow's tag of a run's name.
pub const RUN_NAME: &str = "mlflow.runName";
/// MLflow's tag of a run's description.
pub const NOTE: &str = "mlflow.note.content";
/// MLflow's tag of who ran it.
pub const USER: &str = "mlflow.user";

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum RunStatus {
    Running,
    Finished,
    Failed,
    Killed,
}

/// One point of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// The value, finite: JSON has no other.
    pub value: f64,
    /// The step it belongs to: the trial of a search, 0 for a final value.
    pub step: i64,
    /// When it was logged; none where it was logged as the run ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
}

impl MetricPoint {
    /// A point that was logged as its run ended.
    pub fn new(value: f64, step: i64) -> Self {
        Self { value, step, at: None }
    }
}

/// One training, trial or back-test with everything needed to judge it and to run it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// 32 lower-case hexadecimal digits; of our own runs, derived from what the run consists of.
    pub id: String,
    /// The experiment it belongs to.
    pub experiment: String,
    /// A name for people.
    pub name: String,
    /// How it ended.
    pub status: RunStatus,
    /// When it started.
    pub started_at: Instant,
    /// When it ended.
    pub ended_at: Instant,
    /// Settings, as text.
    pub params: BTreeMap<String, String>,
    /// Metrics, each with its points in order.
    pub metrics: BTreeMap<String, Vec<MetricPoint>>,
    /// Tags: `code_version`, `seed`, `ticket_id`, …. What has a field of its own is not among them: see [`Run::all_tags`].
    pub tags: BTreeMap<String, String>,
    /// Digest of the manifest of the data; none for a run of another tool.
    pub data_version: Option<Digest>,
    /// Version of the feature set; none for a run of another tool.
    pub feature_version: Option<String>,
    /// Digest of the model that came out.
    pub model_digest: Option<Digest>,
    /// The search that it is a trial of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its files, in the order of their paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// What was asked for, from which it can be run again; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Value>,
    /// When it was moved to the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Instant>,
}

impl Run {
    /// The latest point of a metric, as in MLflow: the one with the greatest step, then time, then value.
    pub fn metric(&self, name: &str) -> Option<f64> {
        latest(self.metrics.get(name)?)
    }

    /// Its tags with those that other fields stand for: `data_version`, `feature_version`, and MLflow's names of the run's
    /// name and parent.
    pub fn all_tags(&self) -> BTreeMap<String, String> {
        let own = [
            (DATA_VERSION, self.data_version.map(|digest| digest.to_string())),
            ("feature_version", self.feature_version.clone()),
            (RUN_NAME, Some(self.name.clone())),
            (PARENT, self.parent.clone()),
        ];
        let own = own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        self.tags.clone().into_iter().chain(own).collect()
    }

    /// A file of it.
    pub fn artifact(&self, path: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|artifact| artifact.path == path)
    }
}

/// The value of the point with the greatest step, then time, then value.
pub(super) fn latest(points: &[MetricPoint]) -> Option<f64> {
    let latest = points.iter().max_by(|a, b| (a.step, a.at).cmp(&(b.step, b.at)).then(a.value.total_cmp(&b.value)));
    latest.map(|point| point.value)
}
