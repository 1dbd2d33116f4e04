//! A whole setting: estimator, features, weights by age and calibration; how it is fitted, and how it is judged.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::{EstimatorSpec, Examples, FitError, Fold, Model, ParamError, walk_forward};
use crate::base::Seed;
use crate::features::TrainingFrame;
use crate::stats::{ScoreError, Scores, score};

/// Everything that one trial sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The estimator.
    pub estimator: EstimatorSpec,
    /// Name of the feature set, for people.
    pub feature_set: String,
    /// The features it reads.
    pub features: Vec<String>,
    /// Groups (seasons) after which an example counts half.
    pub half_life: f64,
}

/// Why a setting gave no model or no scores.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LearnError {
    /// A parameter cannot be.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Its predictions cannot be scored.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

impl Setting {
    /// In words.
    pub fn summary(&self) -> String {
        format!("{}, {} features", self.estimator.summary(), self.feature_set)
    }

    /// Says which parameter cannot be.
    pub fn check(&self) -> Result<(), ParamError> {
        if !(self.half_life.is_finite() && self.half_life > 0.0) {
            return Err(ParamError::new("half_life", self.half_life, "a finite number of seasons above 0"));
        }
        if self.features.is_empty() {
            return Err(ParamError::new("features", "none", "at least one"));
        }
        self.estimator.check().map(|_| ())
    }

    /// Fits a model to these rows of a frame, which are ascending. Its calibration, if any, is fitted on predictions of rows by
    /// models that knew only the rows before them.
    pub fn fit(&self, frame: &TrainingFrame, rows: &[usize], version: &str, seed: Seed) -> Result<Model, LearnError> {
        self.check()?;
        let narrow = self.narrow(frame)?;
        let examples = Examples { frame: &narrow, rows, half_life: self.half_life };
        let learned = self.estimator.check()?.fit(&examples, seed)?;
        Ok(Model::new(version, self.features.clone(), learned))
    }

    /// Scores it: each fold's validation rows predicted by a model fitted to its training rows, pooled.
    pub fn validate(
        &self,
        frame: &TrainingFrame,
        folds: &[Fold],
        version: &str,
        seed: Seed,
    ) -> Result<Scores, LearnError> {
        let (mut y, mut p) = (Vec::new(), Vec::new());
        for fold in folds {
            let model = self.fit(frame, &fold.train, version, seed)?;
            p.extend(predict(&model, frame, &fold.validate));
            y.extend(fold.validate.iter().map(|row| frame.y[*row]));
        }
        Ok(score(&y, &p)?)
    }

    /// The frame with the setting's features alone, in its order.
    fn narrow(&self, frame: &TrainingFrame) -> Result<TrainingFrame, FitError> {
        let place = |name: &String| {
            let at = frame.features.iter().position(|feature| feature == name);
            at.ok_or_else(|| FitError::NoFeature { feature: name.clone() })
        };
        let columns: Vec<usize> = self.features.iter().map(place).collect::<Result<_, _>>()?;
        Ok(TrainingFrame { features: self.features.clone(), x: frame.x.select(Axis(1), &columns), ..frame.clone() })
    }
}

/// Logits of rows by estimators fitted to the rows before them alone, walk-forward: `(rows, logits)`. The first
/// season's have none.
pub(super) fn out_of_fold(
    estimator: &dyn super::Estimator,
    examples: &Examples<'_>,
    seed: Seed,
) -> Result<(Vec<usize>, Vec<f64>), FitError> {
    let folds = walk_forward(examples.frame, examples.rows);
    if folds.is_empty() {
        return Err(FitError::NoFolds);
    }
    let (mut rows, mut logits) = (Vec::new(), Vec::new());
    for fold in folds {
        let learned = estimator.fit(&examples.with_rows(&fold.train), seed)?;
        logits.extend(fold.validate.iter().map(|row| learned.logit(&examples.frame.x.row(*row).to_vec())));
        rows.extend(fold.validate);
    }
    Ok((rows, logits))
}

/// The model's probability for each of these rows.
///
/// # Panics
/// If the frame has not all of the model's features.
pub fn predict(model: &Model, frame: &TrainingFrame, rows: &[usize]) -> Vec<f64> {
    let columns = match model.columns_of(frame) {
        Ok(columns) => columns,
        Err(missing) => panic!("a model predicts from the features it was trained on, and {missing} is not there"),
    };
    let mut values = vec![0.0; columns.len()];
    let mut one = |row: &usize| {
        for (value, column) in values.iter_mut().zip(&columns) {
            *value = frame.x[[*row, *column]];
        }
        model.predict(&values)
    };
    rows.iter().map(&mut one).collect()
}
