//! A whole setting: estimator, features, weights by age and calibration; how it is fitted, and how it is judged.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::{
    Calibration, CalibrationMethod, EstimatorSpec, Examples, FitError, Fold, Learned, Model, ParamError,
    fit_calibration, walk_forward,
};
use crate::base::{Seed, math};
use crate::features::TrainingFrame;
use crate::stats::{ScoreError, Scores, log_loss_of, score};

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
    /// How its probabilities are calibrated.
    #[serde(default, skip_serializing_if = "is_none")]
    pub calibration: CalibrationMethod,
}

fn is_none(method: &CalibrationMethod) -> bool {
    *method == CalibrationMethod::None
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

/// How a setting did on its folds.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its scores, pooled.
    pub scores: Scores,
    /// Of boosted trees, the pooled log loss after so many of them, before any calibration; empty for others.
    pub curve: Vec<(u32, f64)>,
}

impl Setting {
    /// In words.
    pub fn summary(&self) -> String {
        let calibrated = match self.calibration {
            CalibrationMethod::None => String::new(),
            method => format!(", {}", method.words()),
        };
        format!("{}, {} features{calibrated}", self.estimator.summary(), self.feature_set)
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
        let estimator = self.estimator.check()?;
        let calibration = match self.calibration {
            CalibrationMethod::None => Calibration::None,
            method => {
                let (judged, logits) = out_of_fold(estimator.as_ref(), &examples, seed)?;
                let p: Vec<f64> = logits.into_iter().map(math::sigmoid).collect();
                let judged = examples.with_rows(&judged);
                fit_calibration(method, &p, &judged.y(), Some(&judged.weights()))?
            }
        };
        let learned = estimator.fit(&examples, seed)?;
        Ok(Model::new(version, self.features.clone(), learned).calibrated(calibration))
    }

    /// Scores it: each fold's validation rows predicted by a model fitted to its training rows, pooled.
    pub fn validate(
        &self,
        frame: &TrainingFrame,
        folds: &[Fold],
        version: &str,
        seed: Seed,
    ) -> Result<Judged, LearnError> {
        let (mut y, mut p) = (Vec::new(), Vec::new());
        let mut curve: Vec<(u32, f64)> = Vec::new();
        for fold in folds {
            let model = self.fit(frame, &fold.train, version, seed)?;
            p.extend(predict(&model, frame, &fold.validate));
            y.extend(fold.validate.iter().map(|row| frame.y[*row]));
            add_losses(&mut curve, &model, frame, &fold.validate);
        }
        curve.iter_mut().for_each(|(_, loss)| *loss /= y.len() as f64);
        Ok(Judged { scores: score(&y, &p)?, curve })
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

/// Points of a loss curve.
const CURVE: usize = 20;

/// Adds the losses of rows after some counts of a boosted model's trees; nothing for others.
fn add_losses(curve: &mut Vec<(u32, f64)>, model: &Model, frame: &TrainingFrame, rows: &[usize]) {
    let (Learned::GradientBoostedTrees(trees), Ok(columns)) = (&model.learned, model.columns_of(frame)) else { return };
    let mut counts: Vec<usize> = (1..=CURVE).map(|point| (point * trees.trees.len()).div_ceil(CURVE)).collect();
    counts.dedup();
    curve.resize(counts.len(), (0, 0.0));
    for row in rows {
        let values: Vec<f64> = columns.iter().map(|column| frame.x[[*row, *column]]).collect();
        let staged = trees.staged(&values, &counts);
        for ((point, count), logit) in curve.iter_mut().zip(&counts).zip(staged) {
            *point = (*count as u32, point.1 + log_loss_of(frame.y[*row], math::sigmoid(logit)));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::testing::frame;
    use crate::learn::trees::BoostedParams;

    fn setting(calibration: CalibrationMethod) -> Setting {
        let features = vec!["noise".to_owned(), "signal".to_owned()];
        let estimator = EstimatorSpec::LogisticRegression { c: 1e-4, l1_ratio: 0.0 };
        Setting { estimator, feature_set: "both".into(), features, half_life: 4.0, calibration }
    }

    #[test]
    fn a_calibration_is_learned_from_games_that_their_model_has_not_seen_and_makes_up_for_a_strong_pull() {
        let frame = frame(4, 60);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let (seen, judged) = rows.split_at(720);
        let loss = |calibration| {
            let fold = Fold { train: seen.to_vec(), validate: judged.to_vec() };
            setting(calibration).validate(&frame, &[fold], "1", Seed(1)).expect("scores").scores.log_loss
        };
        let plain = loss(CalibrationMethod::None);
        // An isotonic one may say 0 or 1, which the log loss punishes beyond measure where few games bear it out.
        for method in [CalibrationMethod::Platt, CalibrationMethod::Beta] {
            assert!(loss(method) < plain - 0.005, "{method}: {} and {plain} without", loss(method));
        }
        let model = setting(CalibrationMethod::Platt).fit(&frame, seen, "1", Seed(1)).expect("a model");
        assert_eq!((model.schema, model.calibration.method()), (2, CalibrationMethod::Platt));
        let text = serde_json::to_string(&model).expect("a model is JSON");
        let read: Model = serde_json::from_str(&text).expect("its own JSON");
        assert_eq!(predict(&model, &frame, judged), predict(&read, &frame, judged));
        assert_eq!((read.digest(), read.check()), (model.digest(), Ok(())));
    }

    #[test]
    fn boosted_trees_have_a_loss_curve_that_ends_at_their_score() {
        let frame = frame(4, 40);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let params = BoostedParams { trees: 50, max_depth: 1, ..BoostedParams::default() };
        let boosted =
            Setting { estimator: EstimatorSpec::GradientBoostedTrees(params), ..setting(CalibrationMethod::None) };
        let judged = |of: &Setting| of.validate(&frame, &walk_forward(&frame, &rows), "1", Seed(1)).expect("scores");
        let Judged { scores, curve } = judged(&boosted);
        assert_eq!((curve.len(), curve[0].0, curve[19].0), (20, 3, 50));
        assert!((curve[19].1 - scores.log_loss).abs() < 1e-12, "{curve:?}");
        assert!(curve[5].1 < curve[0].1, "it learns: {curve:?}");
        assert_eq!(judged(&setting(CalibrationMethod::None)).curve, []);
    }

    #[test]
    fn what_is_judged_does_not_move_the_calibration() {
        let mut frame = frame(4, 30);
        let rows: Vec<usize> = (0..360).collect();
        let before = setting(CalibrationMethod::Isotonic).fit(&frame, &rows, "1", Seed(1)).expect("a model");
        frame.y[360..].iter_mut().for_each(|y| *y = 1.0 - *y);
        assert_eq!(setting(CalibrationMethod::Isotonic).fit(&frame, &rows, "1", Seed(1)), Ok(before));
    }

    #[test]
    fn features_are_read_by_name_and_explained_to_the_last_point() {
        let frame = frame(3, 40);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let model = setting(CalibrationMethod::Platt).fit(&frame, &rows, "1", Seed(1)).expect("a model");
        let (noise, signal) = (frame.x[[7, 1]], frame.x[[7, 0]]);
        let p = model.predict(&[noise, signal]);
        assert_eq!(predict(&model, &frame, &[7]), [p]);
        let told = model.explain(&[noise, signal]);
        assert!((told.base + told.parts.iter().sum::<f64>() - p).abs() < 1e-12);
        assert!(told.parts[1].abs() > told.parts[0].abs(), "the signal moves it most: {told:?}");
    }

    #[test]
    fn a_single_day_cannot_be_calibrated_and_says_so() {
        let frame = frame(1, 1);
        let error = setting(CalibrationMethod::Platt).fit(&frame, &[0, 1, 2, 3], "1", Seed(1));
        assert!(matches!(error, Err(LearnError::Fit(FitError::NoFolds | FitError::OneClass { .. }))), "{error:?}");
        let lost = Setting { features: vec!["luck".into()], ..setting(CalibrationMethod::None) };
        let error = lost.fit(&frame, &[0, 1], "1", Seed(1)).expect_err("no such feature");
        assert_eq!(error.to_string(), "there is no feature luck");
    }
}
