//! Runs to test with.

use std::collections::BTreeMap;

use crate::base::{Digest, Instant};
use crate::tracking::{Run, RunStatus};

/// A run of this name that started so many seconds after 1970.
pub fn run(name: &str, second: i64) -> Run {
    let at = |second| Instant::from_timestamp(second, 0).expect("a time in the calendar");
    Run {
        id: Digest::of_bytes(name.as_bytes()).hex()[..32].to_owned(),
        experiment: "nba".to_owned(),
        name: name.to_owned(),
        status: RunStatus::Finished,
        started_at: at(second),
        ended_at: at(second + 60),
        params: BTreeMap::new(),
        metrics: BTreeMap::new(),
        tags: BTreeMap::new(),
        data_version: None,
        feature_version: None,
        model_digest: None,
        parent: None,
        artifacts: Vec::new(),
        spec: None,
        deleted_at: None,
    }
}
