//! A fitted model as a document.

use serde::{Deserialize, Serialize};

use super::trees::{Kind, Trees};
use super::{Blend, Calibration, CalibrationMethod};
use crate::base::{Digest, math};
use crate::features::TrainingFrame;

/// How features are put on one scale: `(x − mean) / scale`; a missing value becomes the mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Mean of each feature over the training examples that have it.
    pub mean: Vec<f64>,
    /// Standard deviation (population), or 1 where a feature does not vary.
    pub scale: Vec<f64>,
}

/// A fitted logistic regression: `logit = β₀ + Σ βⱼ (xⱼ − μⱼ) / sⱼ`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// How the features are scaled.
    pub scaling: Scaling,
    /// Coefficients of the scaled features, on the logit scale.
    pub coefficients: Vec<f64>,
    /// Intercept, on the logit scale.
    pub intercept: f64,
    /// Inverse strength of the penalty, as scikit-learn's `C`.
    pub c: f64,
    /// Share of the absolute values in the penalty: 0 is L2, 1 is L1.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub l1_ratio: f64,
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

impl Linear {
    /// A model of features that are on one scale already.
    pub fn unscaled(coefficients: Vec<f64>, intercept: f64) -> Self {
        let scaling = Scaling { mean: vec![0.0; coefficients.len()], scale: vec![1.0; coefficients.len()] };
        Self { scaling, coefficients, intercept, c: 1.0, l1_ratio: 0.0 }
    }

    fn logit(&self, values: &[f64]) -> f64 {
        let mut logit = self.intercept;
        for (index, value) in values.iter().enumerate() {
            if !value.is_nan() {
                logit += self.coefficients[index] * ((value - self.scaling.mean[index]) / self.scaling.scale[index]);
            }
        }
        logit
    }

    fn parts(&self, values: &[f64]) -> Vec<f64> {
        let part = |(index, value): (usize, &f64)| {
            let scaled = (value - self.scaling.mean[index]) / self.scaling.scale[index];
            if value.is_nan() { 0.0 } else { self.coefficients[index] * scaled }
        };
        values.iter().enumerate().map(part).collect()
    }

    fn check(&self, features: usize) -> Result<(), String> {
        let lengths = [self.coefficients.len(), self.scaling.mean.len(), self.scaling.scale.len()];
        if let Some(found) = lengths.iter().find(|length| **length != features) {
            return Err(format!("found {found} coefficients, means or scales, expected {features}: one a feature"));
        }
        let all = [&self.coefficients, &self.scaling.mean, &self.scaling.scale];
        let finite = all.into_iter().flatten().chain([&self.intercept]).all(|value| value.is_finite());
        let scaled = self.scaling.scale.iter().all(|scale| *scale > 0.0);
        if finite && scaled { Ok(()) } else { Err("a number is not finite, or a scale is not above 0".to_owned()) }
    }
}

/// What an estimator has learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "estimator", rename_all = "snake_case")]
pub enum Learned {
    /// A linear model of the logit.
    LogisticRegression(Linear),
    /// Trees whose leaves add up to the logit.
    GradientBoostedTrees(Trees),
    /// Trees whose leaves' mean is the probability.
    RandomForest(Trees),
    /// Several of the others, weighted.
    StackedBlend(Blend),
}

impl Learned {
    /// The estimator's name in documents and runs.
    pub fn name(&self) -> &'static str {
        match self {
            Learned::LogisticRegression(_) => "logistic_regression",
            Learned::GradientBoostedTrees(_) => "gradient_boosted_trees",
            Learned::RandomForest(_) => "random_forest",
            Learned::StackedBlend(_) => "stacked_blend",
        }
    }

    /// The logit of the label 1. NaN counts as missing.
    pub fn logit(&self, values: &[f64]) -> f64 {
        match self {
            Learned::LogisticRegression(linear) => linear.logit(values),
            Learned::GradientBoostedTrees(trees) | Learned::RandomForest(trees) => trees.logit(values),
            Learned::StackedBlend(blend) => blend.logit(values),
        }
    }

    /// What each feature adds to the logit, and the logit that they are added to: their sum is [`Learned::logit`], up to
    /// rounding. For trees they are Shapley values along the paths (TreeSHAP); a forest's are of its probability, and are put on
    /// the scale of the logit by one common factor.
    pub fn contributions(&self, values: &[f64]) -> Contributions {
        match self {
            Learned::LogisticRegression(linear) => {
                Contributions { base: linear.intercept, parts: linear.parts(values) }
            }
            Learned::GradientBoostedTrees(trees) => {
                let (base, parts) = trees.contributions(values);
                Contributions { base, parts }
            }
            Learned::RandomForest(trees) => {
                let (expected, parts) = trees.contributions(values);
                let base = math::logit(expected.clamp(1e-6, 1.0 - 1e-6));
                let moved: f64 = parts.iter().sum();
                let factor = if moved == 0.0 { 0.0 } else { (trees.logit(values) - base) / moved };
                Contributions { base, parts: parts.into_iter().map(|part| part * factor).collect() }
            }
            Learned::StackedBlend(blend) => blend.contributions(values),
        }
    }

    /// Says what does not fit together in a document that was read, for examples of this many features.
    pub fn check(&self, features: usize) -> Result<(), String> {
        match self {
            Learned::LogisticRegression(linear) => linear.check(features),
            Learned::GradientBoostedTrees(trees) => of_kind(trees, Kind::Boosted, features),
            Learned::RandomForest(trees) => of_kind(trees, Kind::Forest, features),
            Learned::StackedBlend(blend) => blend.check(features),
        }
    }
}

fn of_kind(trees: &Trees, kind: Kind, features: usize) -> Result<(), String> {
    if trees.kind != kind {
        return Err(format!("found trees of the kind {:?}, expected {kind:?}", trees.kind));
    }
    trees.check(features).map_err(|error| error.to_string())
}

/// A prediction taken apart by feature, on the logit scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contributions {
    /// The logit without knowing any feature.
    pub base: f64,
    /// What each feature adds.
    pub parts: Vec<f64>,
}

/// A fitted model, complete in itself: it predicts the same from its JSON, bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Version of this document's form: 1 where a reader of the first form can use it, which knew logistic regression with an
    /// L2 penalty alone, else 2.
    pub schema: u32,
    /// Version of the feature set it was trained on; it refuses another.
    pub feature_version: String,
    /// Feature names, in the order in which it takes their values.
    pub features: Vec<String>,
    /// What it has learned.
    #[serde(flatten)]
    pub learned: Learned,
    /// What its probabilities are put through.
    #[serde(default, skip_serializing_if = "is_uncalibrated")]
    pub calibration: Calibration,
}

fn is_uncalibrated(calibration: &Calibration) -> bool {
    *calibration == Calibration::None
}

/// The newest form of a model's document that is understood.
pub const MODEL_SCHEMA: u32 = 2;

impl Model {
    /// A model of these features.
    pub fn new(feature_version: &str, features: Vec<String>, learned: Learned) -> Self {
        let first_form = matches!(&learned, Learned::LogisticRegression(linear) if linear.l1_ratio == 0.0);
        let schema = if first_form { 1 } else { MODEL_SCHEMA };
        let (feature_version, calibration) = (feature_version.to_owned(), Calibration::None);
        Self { schema, feature_version, features, learned, calibration }
    }

    /// The model with its probabilities put through a calibration.
    pub fn calibrated(self, calibration: Calibration) -> Self {
        let schema = if is_uncalibrated(&calibration) { self.schema } else { MODEL_SCHEMA };
        Self { schema, calibration, ..self }
    }

    /// A logistic regression with an L2 penalty.
    pub fn linear(feature_version: &str, features: Vec<String>, linear: Linear) -> Self {
        Self::new(feature_version, features, Learned::LogisticRegression(linear))
    }

    /// In words, with what it was told.
    pub fn summary(&self) -> String {
        let name = self.learned.name().replace('_', " ");
        let told = match &self.learned {
            Learned::LogisticRegression(Linear { c, l1_ratio: 0.0, .. }) => format!("{name}, C={c}"),
            Learned::LogisticRegression(Linear { c, l1_ratio, .. }) => format!("{name}, C={c}, L1 {l1_ratio}"),
            Learned::GradientBoostedTrees(trees) | Learned::RandomForest(trees) => {
                format!("{name}, {} trees", trees.trees.len())
            }
            Learned::StackedBlend(blend) => format!("{name} of {} members", blend.members.len()),
        };
        match self.calibration.method() {
            CalibrationMethod::None => told,
            method => format!("{told}, {}", method.words()),
        }
    }

    /// The linear model, if it is one.
    pub fn as_linear(&self) -> Option<&Linear> {
        match &self.learned {
            Learned::LogisticRegression(linear) => Some(linear),
            _ => None,
        }
    }

    /// Probability of the label 1 for one example. NaN counts as missing.
    ///
    /// # Panics
    /// If the number of values is not the number of features.
    pub fn predict(&self, values: &[f64]) -> f64 {
        assert_eq!(values.len(), self.features.len(), "one value a feature");
        self.calibration.apply(math::sigmoid(self.learned.logit(values)))
    }

    /// A prediction taken apart: the probability without knowing any feature, and what each feature adds to it. The features'
    /// parts are their exact contributions to the logit, put on the scale of the probability by one common factor, so that all
    /// together they are the prediction.
    pub fn explain(&self, values: &[f64]) -> Contributions {
        let Contributions { base, parts } = self.learned.contributions(values);
        let known = self.calibration.apply(math::sigmoid(base));
        let logit: f64 = parts.iter().sum();
        // Without any change of the logit there is nothing to share out.
        let factor = if logit == 0.0 { 0.0 } else { (self.predict(values) - known) / logit };
        Contributions { base: known, parts: parts.into_iter().map(|part| part * factor).collect() }
    }

    /// The frame's column of each of the model's features, or the first feature that the frame does not have.
    pub fn columns_of(&self, frame: &TrainingFrame) -> Result<Vec<usize>, String> {
        let place =
            |name: &String| frame.features.iter().position(|feature| feature == name).ok_or_else(|| name.clone());
        self.features.iter().map(place).collect()
    }

    /// Says what is wrong with a model that was read from outside: it could not predict, or would not give a number.
    pub fn check(&self) -> Result<(), String> {
        if self.schema > MODEL_SCHEMA {
            return Err(format!("found a model of schema {}, expected at most {MODEL_SCHEMA}", self.schema));
        }
        self.calibration.check().map_err(|error| error.to_string())?;
        self.learned.check(self.features.len())
    }

    /// Digest of the model's canonical JSON.
    ///
    /// # Panics
    /// Never for a model that was fitted: its numbers are finite.
    pub fn digest(&self) -> Digest {
        Digest::of_json(self).expect("a fitted model's numbers are finite")
    }
}
