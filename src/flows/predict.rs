//! The day's games with each version's probability.

use crate::base::Date;
use crate::league::GameLog;
use crate::registry::{ModelVersion, Stage};
use crate::serving::Prediction;

/// Why a version cannot predict.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PredictError {
    /// It was trained on another version of the features.
    #[error("version {version} was trained on features {trained}, and these are {current}: train a new version")]
    FeatureVersion {
        /// The model version.
        version: String,
        /// Features it was trained on.
        trained: String,
        /// Features there are.
        current: String,
    },
}

/// Predictions for every game of a day, from what was known on its morning, ordered by (game, stage).
pub fn predict_day(
    log: &GameLog,
    day: Date,
    versions: &[(&ModelVersion, Stage)],
) -> Result<Vec<Prediction>, PredictError> {
    let _ = (log, day, versions);
    todo!()
}
