//! The day's games with each version's probability.

use crate::base::Date;
use crate::features::TrainingFrame;
use crate::league::features::{FEATURE_VERSION, feature_names, frame};
use crate::league::{Game, GameLog};
use crate::learn::Model;
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
    /// Its parts do not fit together.
    #[error("version {version} is damaged: its features or coefficients are not those of features {current}")]
    Damaged {
        /// The model version.
        version: String,
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
    check(versions)?;
    predict_from(&frame(&log.as_of(day)), log, day, versions)
}

/// The same from features that were computed before, of any log that knows every result before the day: features are
/// those of each game's morning in any case. `log` tells which results are behind.
pub fn predict_from(
    frame: &TrainingFrame,
    log: &GameLog,
    day: Date,
    versions: &[(&ModelVersion, Stage)],
) -> Result<Vec<Prediction>, PredictError> {
    check(versions)?;
    let mut rows: Vec<usize> = (0..frame.ids.len()).filter(|row| frame.days[*row] == day).collect();
    rows.sort_by(|a, b| frame.ids[*a].cmp(&frame.ids[*b]));
    let mut versions = versions.to_vec();
    versions.sort_by(|a, b| (a.1, &a.0.version).cmp(&(b.1, &b.0.version)));
    let behind = log.behind(day);
    let stale_since = |game: &Game| [game.home, game.visitor].iter().filter_map(|team| behind.get(team)).min().copied();
    let mut predictions = Vec::with_capacity(rows.len() * versions.len());
    for row in rows {
        let values = frame.x.row(row).to_vec();
        let missing = values.iter().filter(|value| value.is_nan()).count() as f64 / values.len().max(1) as f64;
        let game = log.on(day).iter().find(|game| game.id == frame.ids[row]);
        for (version, stage) in &versions {
            predictions.push(Prediction {
                game_id: frame.ids[row].clone(),
                version: version.version.clone(),
                stage: *stage,
                prob_home: version.model.predict(&values),
                missing,
                stale_since: game.and_then(stale_since),
            });
        }
    }
    Ok(predictions)
}

fn check(versions: &[(&ModelVersion, Stage)]) -> Result<(), PredictError> {
    let names = feature_names();
    for (version, _) in versions {
        let Model { feature_version, features, scaling, coefficients, .. } = &version.model;
        if feature_version != FEATURE_VERSION {
            return Err(PredictError::FeatureVersion {
                version: version.version.clone(),
                trained: feature_version.clone(),
                current: FEATURE_VERSION.to_owned(),
            });
        }
        let lengths = [coefficients.len(), scaling.mean.len(), scaling.scale.len()];
        if *features != names || lengths.iter().any(|length| *length != names.len()) {
            let (version, current) = (version.version.clone(), FEATURE_VERSION.to_owned());
            return Err(PredictError::Damaged { version, current });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "predict_tests.rs"]
mod tests;
