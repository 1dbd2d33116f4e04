//! What can learn from examples: one trait, and the settings that lead to what implements it.
//!
//! Settings are unchecked until [`EstimatorSpec::check`] has made an [`Estimator`] of them; only that can fit.

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use super::blend::Blender;
use super::trees::{self, Boosted, BoostedParams, Forest, ForestParams, fit_boosted, fit_forest};
use super::{FitError, Learned, Linear, Scaling, Settings, age_weights, fit};
use crate::base::Seed;
use crate::features::TrainingFrame;

/// Examples to learn from: rows of a frame, the older ones weighing less.
#[derive(Debug, Clone, Copy)]
pub struct Examples<'a> {
    /// Where they are.
    pub frame: &'a TrainingFrame,
    /// Which, ascending.
    pub rows: &'a [usize],
    /// Groups (seasons) after which an example counts half.
    pub half_life: f64,
}

impl<'a> Examples<'a> {
    /// Their features; NaN is missing.
    ///
    /// # Errors
    /// At the first infinite value.
    pub fn x(&self) -> Result<Array2<f64>, FitError> {
        let x = self.frame.x.select(Axis(0), self.rows);
        match x.indexed_iter().find(|(_, value)| value.is_infinite()) {
            Some(((row, column), found)) => {
                let column = self.frame.features[column].clone();
                Err(FitError::NotFinite { row: self.rows[row], column, found: *found })
            }
            None => Ok(x),
        }
    }

    /// Their labels.
    pub fn y(&self) -> Vec<f64> {
        self.rows.iter().map(|row| self.frame.y[*row]).collect()
    }

    /// Their weights by age.
    pub fn weights(&self) -> Vec<f64> {
        age_weights(self.frame, self.rows, self.half_life)
    }

    /// Others of the same frame.
    pub fn with_rows<'b>(&self, rows: &'b [usize]) -> Examples<'b>
    where
        'a: 'b,
    {
        Examples { frame: self.frame, rows, half_life: self.half_life }
    }
}

/// Something with checked parameters that learns from examples.
pub trait Estimator {
    /// Learns. The same examples and seed give the same, bit for bit, on every machine.
    ///
    /// # Errors
    /// Where nothing can be learned from these examples; never a model with a number that is not finite.
    fn fit(&self, examples: &Examples<'_>, seed: Seed) -> Result<Learned, FitError>;
}

/// A parameter that no estimator takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{name} is {found}: expected {expected}")]
pub struct ParamError {
    /// The parameter.
    pub name: String,
    /// What it is.
    pub found: String,
    /// What it may be.
    pub expected: String,
}

impl ParamError {
    /// An error over a parameter.
    pub fn new(name: &str, found: impl ToString, expected: &str) -> Self {
        Self { name: name.to_owned(), found: found.to_string(), expected: expected.to_owned() }
    }
}

/// An estimator and its parameters, as a search tries them and a run records them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum EstimatorSpec {
    /// Logistic regression on scaled features.
    LogisticRegression {
        /// Inverse strength of the penalty (scikit-learn's `C`), above 0.
        c: f64,
        /// Share of the absolute values in the penalty: 0 is L2, 1 is L1, between them elastic net.
        #[serde(default)]
        l1_ratio: f64,
    },
    /// Gradient-boosted trees.
    GradientBoostedTrees(BoostedParams),
    /// A random forest.
    RandomForest(ForestParams),
    /// Several estimators, and a logistic regression over their logits that is fitted to predictions of games by members that
    /// knew only the games before them (Wolpert 1992: stacked generalisation).
    StackedBlend {
        /// The estimators.
        members: Vec<EstimatorSpec>,
        /// Inverse strength of the penalty on how far their weights are from an even mean.
        c: f64,
    },
    /// A logistic curve over one feature alone, hardly penalised: what a rating is worth by itself.
    Baseline {
        /// The feature.
        feature: String,
    },
}

/// The inverse strength that does not hold a baseline's slope back.
const NO_PENALTY: f64 = 1e6;

impl EstimatorSpec {
    /// The estimator's name, as in documents and runs.
    pub fn name(&self) -> &'static str {
        match self {
            EstimatorSpec::LogisticRegression { .. } => "logistic_regression",
            EstimatorSpec::GradientBoostedTrees(_) => "gradient_boosted_trees",
            EstimatorSpec::RandomForest(_) => "random_forest",
            EstimatorSpec::StackedBlend { .. } => "stacked_blend",
            EstimatorSpec::Baseline { .. } => "baseline",
        }
    }

    /// The estimator's name in words.
    pub fn title(&self) -> String {
        match self {
            EstimatorSpec::Baseline { feature } => format!("{} alone", feature.replace('_', " ")),
            other => other.name().replace('_', " "),
        }
    }

    /// Its parameters by name, as a run records them.
    pub fn params(&self) -> Vec<(String, String)> {
        let pairs = match self {
            EstimatorSpec::LogisticRegression { c, l1_ratio } => {
                vec![("c", c.to_string()), ("l1_ratio", l1_ratio.to_string())]
            }
            EstimatorSpec::GradientBoostedTrees(params) => return fields(params),
            EstimatorSpec::RandomForest(params) => return fields(params),
            EstimatorSpec::StackedBlend { members, c } => {
                let names: Vec<String> = members.iter().map(EstimatorSpec::summary).collect();
                vec![("members", names.join("; ")), ("c", c.to_string())]
            }
            EstimatorSpec::Baseline { feature } => vec![("feature", feature.clone())],
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// In words, with its parameters.
    pub fn summary(&self) -> String {
        match self {
            EstimatorSpec::LogisticRegression { c, l1_ratio } => match *l1_ratio {
                0.0 => format!("logistic regression, C={c}"),
                1.0 => format!("logistic regression, L1, C={c}"),
                ratio => format!("logistic regression, L1 {ratio}, C={c}"),
            },
            EstimatorSpec::GradientBoostedTrees(BoostedParams { trees, learning_rate, max_depth, .. }) => {
                format!("{trees} boosted trees of depth {max_depth}, rate {learning_rate}")
            }
            EstimatorSpec::RandomForest(ForestParams { trees, max_depth, min_leaf, .. }) => {
                format!("forest of {trees} trees of depth {max_depth}, leaves of {min_leaf}")
            }
            EstimatorSpec::StackedBlend { members, c } => {
                let names: Vec<String> = members.iter().map(EstimatorSpec::summary).collect();
                format!("blend of {} (C={c})", names.join(" and "))
            }
            EstimatorSpec::Baseline { .. } => self.title(),
        }
    }

    /// The estimator, if its parameters can be.
    ///
    /// # Errors
    /// At the first parameter that cannot.
    pub fn check(&self) -> Result<Box<dyn Estimator>, ParamError> {
        match self {
            EstimatorSpec::LogisticRegression { c, l1_ratio } => Ok(Box::new(Logistic::new(*c, *l1_ratio)?)),
            EstimatorSpec::GradientBoostedTrees(params) => Ok(Box::new(params.check()?)),
            EstimatorSpec::RandomForest(params) => Ok(Box::new(params.check()?)),
            EstimatorSpec::StackedBlend { members, c } => Ok(Box::new(Blender::new(members, *c)?)),
            EstimatorSpec::Baseline { feature } => Ok(Box::new(Baseline { feature: feature.clone() })),
        }
    }
}

/// Logistic regression with parameters that can be.
struct Logistic(Settings);

impl Logistic {
    fn new(c: f64, l1_ratio: f64) -> Result<Self, ParamError> {
        if !(c.is_finite() && c > 0.0) {
            return Err(ParamError::new("C", c, "a finite number above 0"));
        }
        if !(0.0..=1.0).contains(&l1_ratio) {
            return Err(ParamError::new("l1_ratio", l1_ratio, "a number from 0 to 1"));
        }
        Ok(Self(Settings::with_penalty(c, l1_ratio)))
    }
}

impl Estimator for Logistic {
    fn fit(&self, examples: &Examples<'_>, _seed: Seed) -> Result<Learned, FitError> {
        let x = examples.x()?;
        let scaling = Scaling::of(&x);
        let fitted = fit(scaling.apply(&x).view(), &examples.y(), Some(&examples.weights()), self.0)?;
        let Settings { c, l1_ratio, .. } = self.0;
        let (coefficients, intercept) = (fitted.coefficients, fitted.intercept);
        Ok(Learned::LogisticRegression(Linear { scaling, coefficients, intercept, c, l1_ratio }))
    }
}

impl From<trees::ParamError> for ParamError {
    fn from(error: trees::ParamError) -> Self {
        Self::new(error.parameter, error.found, error.expected)
    }
}

/// A structure's fields by name.
fn fields<T: Serialize>(params: &T) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(params) else { return Vec::new() };
    let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fields.into_iter().map(|(name, value)| (name, text(value))).collect()
}

impl Estimator for Boosted {
    fn fit(&self, examples: &Examples<'_>, seed: Seed) -> Result<Learned, FitError> {
        let x = examples.x()?;
        let fitted = fit_boosted(x.view(), &examples.y(), Some(&examples.weights()), self, seed)?;
        Ok(Learned::GradientBoostedTrees(fitted))
    }
}

impl Estimator for Forest {
    fn fit(&self, examples: &Examples<'_>, seed: Seed) -> Result<Learned, FitError> {
        let x = examples.x()?;
        let fitted = fit_forest(x.view(), &examples.y(), Some(&examples.weights()), self, seed)?;
        Ok(Learned::RandomForest(fitted))
    }
}

/// One feature alone. The others keep their place with the coefficient 0.
struct Baseline {
    feature: String,
}

impl Estimator for Baseline {
    fn fit(&self, examples: &Examples<'_>, _seed: Seed) -> Result<Learned, FitError> {
        let features = &examples.frame.features;
        let at = features.iter().position(|name| *name == self.feature);
        let at = at.ok_or_else(|| FitError::NoFeature { feature: self.feature.clone() })?;
        let x = examples.x()?;
        let all = Scaling::of(&x);
        let scaled = all.apply(&x).select(Axis(1), &[at]);
        let settings = Settings::with_c(NO_PENALTY);
        let fitted = fit(scaled.view(), &examples.y(), Some(&examples.weights()), settings)?;
        let mut linear = Linear::unscaled(vec![0.0; features.len()], fitted.intercept);
        linear.c = NO_PENALTY;
        linear.coefficients[at] = fitted.coefficients[0];
        (linear.scaling.mean[at], linear.scaling.scale[at]) = (all.mean[at], all.scale[at]);
        Ok(Learned::LogisticRegression(linear))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::testing::frame;

    #[test]
    fn parameters_that_cannot_be_are_named_before_anything_is_fitted() {
        let logistic = |c, l1_ratio| EstimatorSpec::LogisticRegression { c, l1_ratio }.check().err();
        assert_eq!(logistic(0.1, 0.0), None);
        assert_eq!(
            logistic(0.0, 0.0).map(|e| e.to_string()).as_deref(),
            Some("C is 0: expected a finite number above 0")
        );
        assert!(logistic(f64::NAN, 0.0).is_some_and(|error| error.name == "C"));
        assert!(logistic(1.0, 1.5).is_some_and(|error| error.name == "l1_ratio"));
    }

    #[test]
    fn a_baseline_reads_one_feature_alone() {
        let frame = frame(2, 30);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let examples = Examples { frame: &frame, rows: &rows, half_life: 4.0 };
        let fit = |feature: &str| {
            let estimator = EstimatorSpec::Baseline { feature: feature.into() }.check().expect("a name");
            estimator.fit(&examples, Seed(1))
        };
        let learned = fit("signal").expect("a curve");
        assert_eq!(learned.logit(&[0.3, 5.0]), learned.logit(&[0.3, -7.0]));
        assert!(learned.logit(&[1.0, 0.0]) > learned.logit(&[0.0, 0.0]));
        assert_eq!(fit("luck"), Err(FitError::NoFeature { feature: "luck".into() }));
    }
}
