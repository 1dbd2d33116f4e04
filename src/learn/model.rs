//! A fitted model as a document.

use serde::{Deserialize, Serialize};

use crate::base::{Digest, math};

/// How features are put on one scale: `(x − mean) / scale`; a missing value becomes the mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// Mean of each feature over the training examples that have it.
    pub mean: Vec<f64>,
    /// Standard deviation (population), or 1 where a feature does not vary.
    pub scale: Vec<f64>,
}

/// A fitted logistic regression, complete in itself: it predicts the same from its JSON, bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Version of this document's form.
    pub schema: u32,
    /// Always `logistic_regression` in schema 1.
    pub estimator: String,
    /// Version of the feature set it was trained on; it refuses another.
    pub feature_version: String,
    /// Feature names in the order of the coefficients.
    pub features: Vec<String>,
    /// How the features are scaled.
    pub scaling: Scaling,
    /// Coefficients of the scaled features, on the logit scale.
    pub coefficients: Vec<f64>,
    /// Intercept, on the logit scale.
    pub intercept: f64,
    /// Inverse strength of the L2 penalty, as scikit-learn's `C`.
    pub c: f64,
}

impl Model {
    /// Probability of the label 1 for one example. NaN counts as missing.
    ///
    /// # Panics
    /// If the number of values is not the number of features.
    pub fn predict(&self, values: &[f64]) -> f64 {
        assert_eq!(values.len(), self.features.len(), "one value a feature");
        let mut logit = self.intercept;
        for (index, value) in values.iter().enumerate() {
            if !value.is_nan() {
                logit += self.coefficients[index] * ((value - self.scaling.mean[index]) / self.scaling.scale[index]);
            }
        }
        math::sigmoid(logit)
    }

    /// Digest of the model's canonical JSON.
    ///
    /// # Panics
    /// Never for a model that was fitted: its numbers are finite.
    pub fn digest(&self) -> Digest {
        Digest::of_json(self).expect("a fitted model's numbers are finite")
    }
}
