//! A model as it is stored and sent: its JSON, opened where it is to predict.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Model;
use crate::base::Digest;

/// The JSON of a [`Model`], kept as it was written. Whoever only passes a model on need not know what estimators there are,
/// and one that a later version has written is kept whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelDocument(Value);

impl ModelDocument {
    /// The model.
    ///
    /// # Errors
    /// If it is not the JSON of a model that can predict: which part is wrong.
    pub fn open(&self) -> Result<Model, String> {
        let model: Model = serde_json::from_value(self.0.clone()).map_err(|error| error.to_string())?;
        model.check().map(|()| model)
    }

    /// Digest of its canonical JSON: that of the model.
    ///
    /// # Panics
    /// Never: numbers of JSON are finite.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&self.0).expect("numbers of JSON are finite")
    }

    /// Version of the feature set it was trained on; empty if it does not say.
    pub fn feature_version(&self) -> &str {
        self.0.get("feature_version").and_then(Value::as_str).unwrap_or_default()
    }

    /// Names of the features that it takes, in order; none if it does not say.
    pub fn features(&self) -> Vec<&str> {
        let names = self.0.get("features").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Whether another model is this one with other probabilities made of the same logit: everything is equal but the
    /// calibration, and the document's form, which depends on it.
    pub fn differs_in_calibration_only(&self, other: &Self) -> bool {
        let rest = |document: &Value| {
            let mut rest = document.clone();
            if let Some(parts) = rest.as_object_mut() {
                parts.remove("calibration");
                parts.remove("schema");
            }
            rest
        };
        self != other && rest(&self.0) == rest(&other.0)
    }
}

impl From<&Model> for ModelDocument {
    /// # Panics
    /// Never for a model that was fitted: its numbers are finite.
    fn from(model: &Model) -> Self {
        Self(serde_json::to_value(model).expect("a fitted model's numbers are finite"))
    }
}

impl From<Model> for ModelDocument {
    fn from(model: Model) -> Self {
        Self::from(&model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Linear;

    #[test]
    fn a_document_is_the_model_again_with_the_same_digest() {
        let model = Model::linear("1", vec!["a".into()], Linear::unscaled(vec![0.1 + 0.2], -5e-324));
        let document = ModelDocument::from(&model);
        assert_eq!((document.open(), document.digest()), (Ok(model.clone()), model.digest()));
        let text = serde_json::to_string(&document).expect("JSON");
        let read: ModelDocument = serde_json::from_str(&text).expect("its own JSON");
        assert_eq!((read.feature_version(), read.open()), ("1", Ok(model)));
    }

    #[test]
    fn a_calibration_is_told_from_another_model() {
        let model = |intercept: f64| Model::linear("1", vec!["a".into()], Linear::unscaled(vec![0.5], intercept));
        let plain = ModelDocument::from(model(0.1));
        let calibrated = model(0.1).calibrated(crate::learn::Calibration::Platt { slope: 1.2, intercept: 0.0 });
        assert!(plain.differs_in_calibration_only(&calibrated.into()));
        assert!(!plain.differs_in_calibration_only(&plain));
        assert!(!plain.differs_in_calibration_only(&model(0.2).into()));
        assert_eq!(plain.features(), ["a"]);
    }

    #[test]
    fn a_model_that_cannot_predict_is_kept_and_says_why_it_cannot() {
        let model = Model::linear("1", vec!["a".into()], Linear::unscaled(vec![], 0.0));
        let error = ModelDocument::from(model).open().expect_err("no coefficient");
        assert!(error.contains("one a feature"), "{error}");
        let later = ModelDocument(serde_json::json!({ "schema": 9, "estimator": "oracle", "feature_version": "7" }));
        assert_eq!(later.feature_version(), "7");
        assert!(later.open().is_err());
    }
}
