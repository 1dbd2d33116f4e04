//! How trees are grown, and whether that can be.

use serde::{Deserialize, Serialize};

use super::MAX_DEPTH;

/// Trees that a model may have.
pub const MAX_TREES: u32 = 2_000;
/// Splits below one another that a boosted tree may have.
const BOOSTED_DEPTH: u32 = 12;

/// A parameter that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the parameter {parameter} is {found}: expected {expected}")]
pub struct ParamError {
    /// Its name.
    pub parameter: &'static str,
    /// What it is.
    pub found: f64,
    /// What it may be.
    pub expected: &'static str,
}

fn within(parameter: &'static str, found: f64, range: (f64, f64), expected: &'static str) -> Result<(), ParamError> {
    let right = found >= range.0 && found <= range.1;
    if right { Ok(()) } else { Err(ParamError { parameter, found, expected }) }
}

fn share(parameter: &'static str, found: f64) -> Result<(), ParamError> {
    within(parameter, found, (f64::MIN_POSITIVE, 1.0), "a share above 0, at most 1")
}

/// How a boosted model is to be grown, as somebody asks for it: not checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BoostedParams {
    /// Trees, 1 to 2,000.
    pub trees: u32,
    /// What a leaf's value is multiplied by: above 0, at most 1.
    pub learning_rate: f64,
    /// Splits below one another, 1 to 12.
    pub max_depth: u32,
    /// Sum of Hessians, weight · p · (1 − p), that a child must have: 0 or more.
    pub min_child_weight: f64,
    /// Examples that a child must have, whatever their weights: 1 or more.
    pub min_leaf: u32,
    /// L2 penalty on the leaves' values, λ: 0 or more.
    pub l2: f64,
    /// Share of the examples that each tree is grown on, drawn without replacement: above 0, at most 1.
    pub subsample: f64,
    /// Share of the features that each tree may use: above 0, at most 1.
    pub column_share: f64,
}

impl Default for BoostedParams {
    /// A hundred small trees, nothing drawn.
    fn default() -> Self {
        Self {
            trees: 100,
            learning_rate: 0.1,
            max_depth: 3,
            min_child_weight: 1.0,
            min_leaf: 1,
            l2: 1.0,
            subsample: 1.0,
            column_share: 1.0,
        }
    }
}

impl BoostedParams {
    /// The parameters, if a model can be grown by them.
    pub fn check(self) -> Result<Boosted, ParamError> {
        within("trees", self.trees.into(), (1.0, MAX_TREES.into()), "1 to 2,000")?;
        share("learning_rate", self.learning_rate)?;
        within("max_depth", self.max_depth.into(), (1.0, BOOSTED_DEPTH.into()), "1 to 12")?;
        within("min_child_weight", self.min_child_weight, (0.0, f64::MAX), "a finite number, 0 or more")?;
        within("min_leaf", self.min_leaf.into(), (1.0, f64::MAX), "1 or more")?;
        within("l2", self.l2, (0.0, f64::MAX), "a finite number, 0 or more")?;
        share("subsample", self.subsample)?;
        share("column_share", self.column_share)?;
        Ok(Boosted(self))
    }
}

/// Parameters of a boosted model that were checked; made by [`BoostedParams::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boosted(BoostedParams);

impl Boosted {
    /// The parameters.
    pub fn params(&self) -> &BoostedParams {
        &self.0
    }
}

/// Features that a split of a forest is chosen from, drawn anew at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitFeatures {
    /// The square root of the number of features, rounded down.
    Sqrt,
    /// This many, 1 or more; all where there are fewer.
    Count(u32),
}

/// How a forest is to be grown, as somebody asks for it: not checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ForestParams {
    /// Trees, 1 to 2,000.
    pub trees: u32,
    /// Splits below one another, 1 to 20.
    pub max_depth: u32,
    /// Examples that a child must have, whatever their weights; one that was drawn twice counts once. 1 or more.
    pub min_leaf: u32,
    /// Features that a split is chosen from.
    pub features: SplitFeatures,
    /// Whether each tree is grown on as many examples as there are, drawn with replacement.
    pub bootstrap: bool,
}

impl Default for ForestParams {
    /// A hundred deep trees with leaves of five, the root of the features a split, bootstrapped.
    fn default() -> Self {
        Self { trees: 100, max_depth: 12, min_leaf: 5, features: SplitFeatures::Sqrt, bootstrap: true }
    }
}

impl ForestParams {
    /// The parameters, if a forest can be grown by them.
    pub fn check(self) -> Result<Forest, ParamError> {
        within("trees", self.trees.into(), (1.0, MAX_TREES.into()), "1 to 2,000")?;
        within("max_depth", self.max_depth.into(), (1.0, MAX_DEPTH as f64), "1 to 20")?;
        within("min_leaf", self.min_leaf.into(), (1.0, f64::MAX), "1 or more")?;
        if let SplitFeatures::Count(count) = self.features {
            within("features", count.into(), (1.0, f64::MAX), "1 or more")?;
        }
        Ok(Forest(self))
    }
}

/// Parameters of a forest that were checked; made by [`ForestParams::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forest(ForestParams);

impl Forest {
    /// The parameters.
    pub fn params(&self) -> &ForestParams {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_cannot_be_is_named() {
        let usual = BoostedParams::default();
        assert!(usual.check().is_ok());
        let wrong = [
            (BoostedParams { trees: 2001, ..usual }, "the parameter trees is 2001: expected 1 to 2,000"),
            (BoostedParams { trees: 0, ..usual }, "the parameter trees is 0: expected 1 to 2,000"),
            (BoostedParams { max_depth: 13, ..usual }, "the parameter max_depth is 13: expected 1 to 12"),
            (
                BoostedParams { learning_rate: f64::NAN, ..usual },
                "the parameter learning_rate is NaN: expected a share above 0, at most 1",
            ),
            (
                BoostedParams { subsample: 0.0, ..usual },
                "the parameter subsample is 0: expected a share above 0, at most 1",
            ),
            (BoostedParams { l2: -1.0, ..usual }, "the parameter l2 is -1: expected a finite number, 0 or more"),
            (
                BoostedParams { min_child_weight: f64::INFINITY, ..usual },
                "the parameter min_child_weight is inf: expected a finite number, 0 or more",
            ),
            (BoostedParams { min_leaf: 0, ..usual }, "the parameter min_leaf is 0: expected 1 or more"),
        ];
        for (params, expected) in wrong {
            assert_eq!(params.check().expect_err("it cannot be").to_string(), expected);
        }
    }

    #[test]
    fn a_forest_that_cannot_be_grown_says_why() {
        let usual = ForestParams::default();
        assert!(usual.check().is_ok());
        let name = |params: ForestParams| params.check().expect_err("it cannot be").parameter;
        assert_eq!(name(ForestParams { max_depth: 21, ..usual }), "max_depth");
        assert_eq!(name(ForestParams { min_leaf: 0, ..usual }), "min_leaf");
        assert_eq!(name(ForestParams { trees: 5000, ..usual }), "trees");
        assert_eq!(name(ForestParams { features: SplitFeatures::Count(0), ..usual }), "features");
    }

    #[test]
    fn parameters_are_short_json() {
        let json = serde_json::to_string(&ForestParams { features: SplitFeatures::Count(3), ..Default::default() });
        let expected = r#"{"trees":100,"max_depth":12,"min_leaf":5,"features":{"count":3},"bootstrap":true}"#;
        assert_eq!(json.expect("it is JSON"), expected);
    }
}
