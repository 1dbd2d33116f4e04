//! The day's games with each version's probability.

use crate::base::Date;
use crate::features::TrainingFrame;
use crate::league::features::{FEATURE_VERSION, frame};
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
    #[error("version {version} is damaged: {reason}")]
    Damaged {
        /// The model version.
        version: String,
        /// What does not fit.
        reason: String,
    },
}

/// Predictions for every game of a day, from what was known on its morning, ordered by (game, stage).
pub fn predict_day(
    log: &GameLog,
    day: Date,
    versions: &[(&ModelVersion, Stage)],
) -> Result<Vec<Prediction>, PredictError> {
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
    let mut versions = check(frame, versions)?;
    let mut rows: Vec<usize> = (0..frame.ids.len()).filter(|row| frame.days[*row] == day).collect();
    rows.sort_by(|a, b| frame.ids[*a].cmp(&frame.ids[*b]));
    versions.sort_by(|a, b| (a.stage, &a.version.version).cmp(&(b.stage, &b.version.version)));
    let behind = log.behind(day);
    let stale_since = |game: &Game| [game.home, game.visitor].iter().filter_map(|team| behind.get(team)).min().copied();
    let mut predictions = Vec::with_capacity(rows.len() * versions.len());
    for row in rows {
        let game = log.on(day).iter().find(|game| game.id == frame.ids[row]);
        for Scored { version, stage, model, columns } in &versions {
            let values: Vec<f64> = columns.iter().map(|column| frame.x[[row, *column]]).collect();
            let missing = values.iter().filter(|value| value.is_nan()).count() as f64 / values.len().max(1) as f64;
            predictions.push(Prediction {
                game_id: frame.ids[row].clone(),
                version: version.version.clone(),
                stage: *stage,
                prob_home: model.predict(&values),
                missing,
                stale_since: game.and_then(stale_since),
            });
        }
    }
    Ok(predictions)
}

/// A version with the columns of a frame that it reads.
struct Scored<'a> {
    version: &'a ModelVersion,
    stage: Stage,
    model: Model,
    columns: Vec<usize>,
}

fn check<'a>(frame: &TrainingFrame, versions: &[(&'a ModelVersion, Stage)]) -> Result<Vec<Scored<'a>>, PredictError> {
    let one = |(version, stage): &(&'a ModelVersion, Stage)| {
        let name = version.version.clone();
        if version.model.feature_version() != FEATURE_VERSION {
            let (trained, current) = (version.model.feature_version().to_owned(), FEATURE_VERSION.to_owned());
            return Err(PredictError::FeatureVersion { version: name, trained, current });
        }
        let opened = version.model.open().and_then(|model| {
            let columns = model.columns_of(frame);
            let columns = columns.map_err(|missing| format!("features {FEATURE_VERSION} have no {missing}"))?;
            Ok((model, columns))
        });
        match opened {
            Ok((model, columns)) => Ok(Scored { version, stage: *stage, model, columns }),
            Err(reason) => Err(PredictError::Damaged { version: name, reason }),
        }
    };
    versions.iter().map(one).collect()
}

#[cfg(test)]
#[path = "predict_tests.rs"]
mod tests;
