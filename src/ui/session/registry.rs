//! Versions, runs and their trail.

use super::{Inner, ModelRow, Problem};
use crate::base::Date;
use crate::flows::train::TrainOutcome;
use crate::registry::{ModelVersion, Stage};

impl Inner {
    pub(super) async fn versions_on(&self, day: Date) -> Result<(Option<ModelVersion>, Option<ModelVersion>), Problem> {
        let _ = day;
        Ok((None, None))
    }
    pub(super) async fn production(&self) -> Result<Option<ModelVersion>, Problem> {
        Ok(None)
    }
    pub(super) async fn register(&self, outcome: TrainOutcome) -> Result<ModelVersion, Problem> {
        let _ = outcome;
        Err(String::new())
    }
    pub(super) async fn models(&self) -> Result<Vec<ModelRow>, Problem> {
        Ok(vec![])
    }
    pub(super) async fn transition(&self, version: String, to: Stage, reason: String) -> Result<(), Problem> {
        let _ = (version, to, reason);
        Ok(())
    }
}
