//! Decision trees for two classes: gradient boosting and random forests, and what each feature added to a prediction.
//!
//! Both kinds are grown by one search over histograms: a feature is cut once into at most 255 bins, and a node tries
//! every boundary between bins that have examples. A split of a node with the sums `a` and `b` gains
//!
//! `a_L² / (b_L + λ) + a_R² / (b_R + λ) − a² / (b + λ)`
//!
//! which is XGBoost's gain (Chen and Guestrin 2016, equation 7, without the half) where `a` and `b` are the sums of
//! gradients and Hessians, and half the fall in weighted Gini impurity where `a` is the weight of the examples labelled
//! 1, `b` the weight of all and λ zero. Missing values (NaN) are tried on both sides.
//!
//! A model is the same on every machine: sums run over the examples in their order, nothing is drawn but from the
//! [`Seed`](crate::base::Seed), and every tree has its own child seed.
//!
//! smartcore 0.7, whose linear algebra the logistic regression uses, is not used here. Its `RandomForestClassifier`
//! takes no sample weights and votes by class, without probabilities. Its `RandomForestRegressor` takes weights and
//! answers a mean, which for labels 0 and 1 is a probability, but always bootstraps; its `XGRegressor` fits squared
//! error alone. None of them sends missing values a way of their own, and the trees of all are private, so that no
//! prediction could be explained.

mod bins;
mod boosted;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod brute_tests;
mod ensemble;
mod examples;
mod forest;
#[cfg(test)]
mod golden_tests;
mod grow;
mod params;
mod reference;
mod shap;
mod tree;

pub use boosted::fit_boosted;
pub use ensemble::{EnsembleError, Kind, Trees};
pub use forest::fit_forest;
pub use params::{Boosted, BoostedParams, Forest, ForestParams, MAX_TREES, ParamError, SplitFeatures};
pub use reference::{REFERENCE_DIGEST, reference_digest};
pub use shap::shap;
pub use tree::{MAX_DEPTH, Tree, TreeError};
