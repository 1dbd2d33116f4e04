//! Runs for tests.

use crate::base::morning;
use crate::tracking::{MetricPoint, Run, RunStatus};

/// A run of the 15th of a month, which took so many seconds.
pub fn run(id: &str, parent: Option<&str>, c: &str, loss: Option<f64>) -> Run {
    let started_at = morning("2026-01-15".parse().expect("a day"));
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Run {
        id: id.into(),
        experiment: "test".into(),
        name: format!("run {id}"),
        status: RunStatus::Finished,
        started_at,
        ended_at: started_at + chrono::TimeDelta::seconds(id.len() as i64),
        params: pairs(&[("C", c)]),
        metrics: loss.map(|loss| ("log_loss".to_owned(), vec![MetricPoint::new(loss, 0)])).into_iter().collect(),
        tags: pairs(&[("seed", "7")]),
        data_version: None,
        feature_version: None,
        model_digest: None,
        parent: parent.map(str::to_owned),
        artifacts: vec![],
        spec: None,
        deleted_at: None,
    }
}
