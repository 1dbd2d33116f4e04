//! The record of one training.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Digest, Instant};

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
    /// The value.
    pub value: f64,
    /// The step it belongs to: the trial of a search, 0 for a final value.
    pub step: u32,
}

/// One training with everything needed to judge it and to run it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// 32 hexadecimal digits, derived from what the run consists of.
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
    /// Tags: `code_version`, `seed`, `ticket_id`, ….
    pub tags: BTreeMap<String, String>,
    /// Digest of the manifest of the data.
    pub data_version: Digest,
    /// Version of the feature set.
    pub feature_version: String,
    /// Digest of the model that came out.
    pub model_digest: Option<Digest>,
}

impl Run {
    /// The last point of a metric.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).and_then(|points| points.last()).map(|point| point.value)
    }
}
