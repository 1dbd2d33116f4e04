//! Many trees as one model.

use serde::{Deserialize, Serialize};

use super::{MAX_TREES, Tree, TreeError, shap};
use crate::base::math;

/// How near to 0 and 1 a forest's probability is taken for its logit.
const CERTAIN: f64 = 1e-6;

/// How trees become a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The logit is `base` and all trees' values.
    Boosted,
    /// The probability is the mean of the trees' values.
    Forest,
}

/// A boosted model or a forest. It predicts the same from its JSON, bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trees {
    /// How the trees become a prediction.
    pub kind: Kind,
    /// Log-odds that boosting starts at; 0 in a forest.
    pub base: f64,
    /// The trees, in the order they were grown.
    pub trees: Vec<Tree>,
}

/// Why a model of trees is not sound.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EnsembleError {
    /// Too few or too many trees.
    #[error("there are {0} trees: expected 1 to {MAX_TREES}")]
    Count(usize),
    /// A base that cannot be.
    #[error("the base is {found}: expected {expected}")]
    Base {
        /// What it is.
        found: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// A tree that is not sound. Trees count from 0.
    #[error("tree {tree}: {error}")]
    Tree {
        /// The tree.
        tree: usize,
        /// Why it is not.
        error: TreeError,
    },
    /// A forest's value that is no probability.
    #[error("tree {tree}, node {node}: found the value {found}, expected a probability")]
    Probability {
        /// The tree.
        tree: usize,
        /// The node.
        node: usize,
        /// What it is.
        found: f64,
    },
}

impl Trees {
    /// Whether this model is sound for so many features; what passes can be predicted from and explained, wherever it
    /// came from.
    pub fn check(&self, features: usize) -> Result<(), EnsembleError> {
        if !(1..=MAX_TREES as usize).contains(&self.trees.len()) {
            return Err(EnsembleError::Count(self.trees.len()));
        }
        let (right, expected) = match self.kind {
            Kind::Boosted => (self.base.abs() <= 2e3, "log-odds within ±2000"),
            Kind::Forest => (self.base == 0.0, "0 in a forest"),
        };
        if !right {
            return Err(EnsembleError::Base { found: self.base, expected });
        }
        for (at, tree) in self.trees.iter().enumerate() {
            tree.check(features).map_err(|error| EnsembleError::Tree { tree: at, error })?;
            let odd = tree.value.iter().position(|value| !(0.0..=1.0).contains(value));
            if let Some(node) = odd.filter(|_| self.kind == Kind::Forest) {
                return Err(EnsembleError::Probability { tree: at, node, found: tree.value[node] });
            }
        }
        Ok(())
    }

    /// The sum that the trees are grown for: log-odds of a boosted model, the probability of a forest. One value a
    /// feature; NaN is missing.
    ///
    /// # Panics
    /// If a tree asks for a feature that is not there, which [`Trees::check`] rules out.
    pub fn raw(&self, values: &[f64]) -> f64 {
        let sum = self.trees.iter().fold(self.base, |sum, tree| sum + tree.predict(values));
        self.share(sum)
    }

    /// Log-odds of a boosted model after its first trees, for each of some counts of trees, which are ascending.
    ///
    /// # Panics
    /// As [`Trees::raw`], and if a count is larger than the number of trees.
    pub fn staged(&self, values: &[f64], counts: &[usize]) -> Vec<f64> {
        let (mut sum, mut grown) = (self.base, 0);
        let after = |count: &usize| {
            sum = self.trees[grown..*count].iter().fold(sum, |sum, tree| sum + tree.predict(values));
            grown = *count;
            sum
        };
        counts.iter().map(after).collect()
    }

    /// Probability of the label 1.
    ///
    /// # Panics
    /// As [`Trees::raw`].
    pub fn probability(&self, values: &[f64]) -> f64 {
        match self.kind {
            Kind::Boosted => math::sigmoid(self.raw(values)),
            Kind::Forest => self.raw(values),
        }
    }

    /// Log-odds of the label 1. A forest whose leaves are all pure answers 0 or 1, whose logit is infinite: its
    /// probability is kept one in a million away from both, which is less than any forest can know.
    ///
    /// # Panics
    /// As [`Trees::raw`].
    pub fn logit(&self, values: &[f64]) -> f64 {
        match self.kind {
            Kind::Boosted => self.raw(values),
            Kind::Forest => math::logit(self.raw(values).clamp(CERTAIN, 1.0 - CERTAIN)),
        }
    }

    /// What the model answers on average, and what each feature adds to it for this example ([`shap`]); together they
    /// are [`Trees::raw`]: log-odds of a boosted model, probability of a forest.
    ///
    /// # Panics
    /// As [`Trees::raw`].
    pub fn contributions(&self, values: &[f64]) -> (f64, Vec<f64>) {
        let mut average = self.base;
        let mut added = vec![0.0; values.len()];
        for tree in &self.trees {
            let (expected, of_tree) = shap(tree, values, values.len());
            average += expected;
            added.iter_mut().zip(of_tree).for_each(|(sum, value)| *sum += value);
        }
        added.iter_mut().for_each(|sum| *sum = self.share(*sum));
        (self.share(average), added)
    }

    /// A sum over trees as this kind counts it.
    fn share(&self, sum: f64) -> f64 {
        match self.kind {
            Kind::Boosted => sum,
            Kind::Forest => sum / self.trees.len() as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::trees::reference;

    #[test]
    fn a_model_predicts_the_same_from_its_json_bit_for_bit() {
        let (x, models) = reference::models();
        for model in models {
            assert_eq!(model.check(x.ncols()), Ok(()));
            let read: Trees =
                serde_json::from_str(&serde_json::to_string(&model).expect("it is JSON")).expect("its own");
            assert_eq!(read, model);
            for row in x.rows() {
                let row = row.to_vec();
                assert_eq!(read.logit(&row).to_bits(), model.logit(&row).to_bits());
            }
        }
    }

    #[test]
    fn contributions_add_up_to_the_prediction() {
        let (x, models) = reference::models();
        for model in models {
            for row in x.rows() {
                let row = row.to_vec();
                let (average, added) = model.contributions(&row);
                assert!((average + added.iter().sum::<f64>() - model.raw(&row)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_model_that_is_not_sound_says_why() {
        let (_, [boosted, forest]) = reference::models();
        let why = |model: Trees| model.check(5).expect_err("it was broken").to_string();
        assert_eq!(why(Trees { trees: vec![], ..forest.clone() }), "there are 0 trees: expected 1 to 2000");
        assert_eq!(why(Trees { base: 0.5, ..forest.clone() }), "the base is 0.5: expected 0 in a forest");
        assert_eq!(why(Trees { base: f64::NAN, ..boosted.clone() }), "the base is NaN: expected log-odds within ±2000");
        assert!(why(Trees { kind: Kind::Forest, base: 0.0, ..boosted.clone() }).contains("expected a probability"));
        assert!(boosted.check(1).expect_err("features are gone").to_string().starts_with("tree 0: node "));
    }
}
