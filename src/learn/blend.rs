//! A stacked blend: several estimators under a logistic regression over their logits.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::setting::out_of_fold;
use super::{Contributions, Estimator, EstimatorSpec, Examples, FitError, Learned, ParamError, Settings, fit};
use crate::base::Seed;

/// A fitted blend: `logit = β₀ + Σ wₖ · logitₖ`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blend {
    /// The members, fitted to all examples.
    pub members: Vec<Learned>,
    /// Weight of each member's logit.
    pub weights: Vec<f64>,
    /// What is added.
    pub intercept: f64,
}

impl Blend {
    /// The logit of the label 1.
    pub fn logit(&self, values: &[f64]) -> f64 {
        let weighted = self.members.iter().zip(&self.weights).map(|(member, weight)| weight * member.logit(values));
        self.intercept + weighted.sum::<f64>()
    }

    /// What each feature adds to the logit: the members' contributions by their weights.
    pub fn contributions(&self, values: &[f64]) -> Contributions {
        let mut whole = Contributions { base: self.intercept, parts: vec![0.0; values.len()] };
        for (member, weight) in self.members.iter().zip(&self.weights) {
            let Contributions { base, parts } = member.contributions(values);
            whole.base += weight * base;
            whole.parts.iter_mut().zip(parts).for_each(|(sum, part)| *sum += weight * part);
        }
        whole
    }

    /// Says what does not fit together in a document that was read.
    pub fn check(&self, features: usize) -> Result<(), String> {
        if self.members.is_empty() || self.members.len() != self.weights.len() {
            let (members, weights) = (self.members.len(), self.weights.len());
            return Err(format!("found {members} members and {weights} weights, expected as many, and at least one"));
        }
        if !self.weights.iter().chain([&self.intercept]).all(|value| value.abs() <= 1e100) {
            return Err("a weight of the blend is not finite, or beyond 1e100".to_owned());
        }
        self.members.iter().try_for_each(|member| member.check(features))
    }
}

/// A blend with parameters that can be.
pub(super) struct Blender {
    members: Vec<Box<dyn Estimator>>,
    c: f64,
}

impl Blender {
    pub(super) fn new(members: &[EstimatorSpec], c: f64) -> Result<Self, ParamError> {
        if !(2..=10).contains(&members.len()) {
            return Err(ParamError::new("members", members.len(), "2 to 10 estimators"));
        }
        if members.iter().any(|member| matches!(member, EstimatorSpec::StackedBlend { .. })) {
            return Err(ParamError::new("members", "a blend", "estimators that are no blends themselves"));
        }
        if !(c.is_finite() && c > 0.0) {
            return Err(ParamError::new("c", c, "a finite number above 0"));
        }
        Ok(Self { members: members.iter().map(EstimatorSpec::check).collect::<Result<_, _>>()?, c })
    }
}

impl Estimator for Blender {
    /// The weights are those of a logistic regression over the members' logits, held to the even mean by an L2 penalty: it is
    /// over the mean logit, which is not scaled, and each member's difference from it.
    fn fit(&self, examples: &Examples<'_>, seed: Seed) -> Result<Learned, FitError> {
        let n = self.members.len();
        let mut logits = Vec::with_capacity(n);
        let mut rows = Vec::new();
        for (at, member) in self.members.iter().enumerate() {
            let (judged, found) = out_of_fold(member.as_ref(), examples, seed.child(&format!("member {at}")))?;
            rows = judged;
            logits.push(found);
        }
        let even = 1.0 / n as f64;
        let mean = |row: usize| logits.iter().map(|of| of[row]).sum::<f64>() * even;
        let x = Array2::from_shape_fn((rows.len(), n + 1), |(row, column)| match column {
            // Large, so that the penalty on its coefficient is next to none: it is free to stretch the mean.
            0 => STRETCH * mean(row),
            member => logits[member - 1][row] - mean(row),
        });
        let judged = examples.with_rows(&rows);
        let fitted = fit(x.view(), &judged.y(), Some(&judged.weights()), Settings::with_c(self.c))?;
        let of_differences = &fitted.coefficients[1..];
        let centre = of_differences.iter().sum::<f64>() * even;
        let of_mean = STRETCH * fitted.coefficients[0] * even;
        let weights = of_differences.iter().map(|coefficient| of_mean + coefficient - centre).collect();
        let each = self.members.iter().enumerate();
        let members = each.map(|(at, member)| member.fit(examples, seed.child(&format!("member {at}"))));
        Ok(Learned::StackedBlend(Blend {
            members: members.collect::<Result<_, _>>()?,
            weights,
            intercept: fitted.intercept,
        }))
    }
}

/// What the mean logit is multiplied by while its weight is found.
const STRETCH: f64 = 1e3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::math;
    use crate::learn::testing::frame;
    use crate::learn::trees::BoostedParams;

    fn members() -> Vec<EstimatorSpec> {
        let boosted = BoostedParams { trees: 20, max_depth: 2, ..BoostedParams::default() };
        vec![
            EstimatorSpec::LogisticRegression { c: 1.0, l1_ratio: 0.0 },
            EstimatorSpec::GradientBoostedTrees(boosted),
            EstimatorSpec::Baseline { feature: "noise".into() },
        ]
    }

    fn blend(c: f64) -> Blend {
        let frame = frame(4, 40);
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let examples = Examples { frame: &frame, rows: &rows, half_life: 4.0 };
        match Blender::new(&members(), c).expect("members").fit(&examples, Seed(1)) {
            Ok(Learned::StackedBlend(blend)) => blend,
            other => panic!("a blend: {other:?}"),
        }
    }

    #[test]
    fn a_strong_penalty_leaves_the_even_mean_and_a_weak_one_finds_the_signal() {
        let held = blend(1e-5).weights;
        assert!(held.iter().all(|weight| (weight - held[0]).abs() < 1e-2 && *weight > 0.0), "{held:?}");
        // A member that says next to nothing may get any weight: what counts is what moves the blend.
        let free = blend(10.0);
        let moves = |values: [f64; 2]| (free.logit(&values) - free.logit(&values.map(|value| -value))).abs();
        assert!(moves([1.0, 0.0]) > 3.0 * moves([0.0, 1.0]), "{:?}", free.weights);
    }

    #[test]
    fn a_blend_is_explained_by_its_members_and_read_from_its_json_bit_for_bit() {
        let blend = blend(1.0);
        let text = serde_json::to_string(&blend).expect("JSON");
        let read: Blend = serde_json::from_str(&text).expect("its own JSON");
        for values in [[0.3, -1.0], [f64::NAN, 2.0], [-2.0, f64::NAN]] {
            let logit = blend.logit(&values);
            assert_eq!(read.logit(&values).to_bits(), logit.to_bits());
            let Contributions { base, parts } = blend.contributions(&values);
            assert!((base + parts.iter().sum::<f64>() - logit).abs() < 1e-9);
        }
        assert!(math::sigmoid(blend.logit(&[2.0, 0.0])) > math::sigmoid(blend.logit(&[-2.0, 0.0])));
        assert_eq!(read.check(2), Ok(()));
        let lost = Blend { weights: vec![1.0], ..read };
        assert!(lost.check(2).is_err_and(|why| why.contains("3 members and 1 weights")));
    }

    #[test]
    fn members_that_cannot_be_are_refused() {
        let error = |members: &[EstimatorSpec], c| Blender::new(members, c).err().map(|error| error.to_string());
        assert_eq!(error(&members()[..1], 1.0).as_deref(), Some("members is 1: expected 2 to 10 estimators"));
        assert!(error(&members(), 0.0).is_some_and(|why| why.starts_with("c is 0")));
        let nested = EstimatorSpec::StackedBlend { members: members(), c: 1.0 };
        assert!(error(&[nested, members()[0].clone()], 1.0).is_some_and(|why| why.contains("no blends")));
    }
}
