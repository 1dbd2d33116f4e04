//! Which visitor sees which version.

use serde::{Deserialize, Serialize};

use crate::registry::Stage;

use super::bucket::{bucket, bucket_ranges, choose};

/// One arm of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name: `champion` or `challenger`.
    pub name: String,
    /// The stage whose version it serves.
    pub stage: Stage,
    /// Share of visitors, 0 to 1; all shares sum to 1.
    pub weight: f64,
}

/// An A/B set-up: visitors are split by a hash of their id and the salt, the same visitor always the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Makes this split independent of every other.
    pub salt: String,
    /// The arms, in the order of their buckets.
    pub variants: Vec<Variant>,
}

/// Name of the arm that serves Production.
pub const CHAMPION: &str = "champion";
/// Name of the arm that serves Staging.
pub const CHALLENGER: &str = "challenger";

/// Salt of the rollout that an installation starts with, so that page and command line send an id the same way.
pub const DEFAULT_SALT: &str = "default";

impl Default for Rollout {
    /// [`Rollout::staged`] under [`DEFAULT_SALT`].
    fn default() -> Self {
        Self::staged(DEFAULT_SALT)
    }
}

/// Why a rollout cannot split visitors.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RolloutError {
    /// There is no arm.
    #[error("a rollout needs at least one variant, found none")]
    NoVariant,
    /// A weight is not a share.
    #[error("variant {name}: expected a weight from 0 to 1, found {weight}")]
    Weight {
        /// The variant.
        name: String,
        /// Its weight.
        weight: f64,
    },
    /// The shares are more or less than everybody.
    #[error("expected weights that sum to 1, found a sum of {sum}")]
    Sum {
        /// Their sum.
        sum: f64,
    },
    /// Two arms have one name.
    #[error("variant {name} appears twice: names must be unique")]
    Twice {
        /// The name.
        name: String,
    },
}

/// Where a visitor was sent, and which version that is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The visitor's id.
    pub visitor: String,
    /// Where the id falls, 0 to 1.
    pub bucket: f64,
    /// The arm.
    pub variant: String,
    /// The stage whose version is shown.
    pub stage: Stage,
    /// The version that is shown; none while no version serves.
    pub version: Option<String>,
    /// Whether the arm's own stage had no version, so that Production's is shown instead.
    pub fallback: bool,
}

impl Rollout {
    /// A rollout whose weights are shares of all visitors.
    pub fn new(salt: impl Into<String>, variants: Vec<Variant>) -> Result<Self, RolloutError> {
        let rollout = Self { salt: salt.into(), variants };
        rollout.validate()?;
        Ok(rollout)
    }

    /// The first form: nine visitors of ten see the version in Production, one the version in Staging.
    pub fn staged(salt: impl Into<String>) -> Self {
        let variant = |name: &str, stage: Stage, weight: f64| Variant { name: name.to_owned(), stage, weight };
        let variants = vec![variant(CHAMPION, Stage::Production, 0.9), variant(CHALLENGER, Stage::Staging, 0.1)];
        Self { salt: salt.into(), variants }
    }

    /// Whether it can split visitors: what was read from a document is asked before it is used.
    pub fn validate(&self) -> Result<(), RolloutError> {
        if self.variants.is_empty() {
            return Err(RolloutError::NoVariant);
        }
        for (index, variant) in self.variants.iter().enumerate() {
            if !(0.0..=1.0).contains(&variant.weight) {
                return Err(RolloutError::Weight { name: variant.name.clone(), weight: variant.weight });
            }
            if self.variants[..index].iter().any(|other| other.name == variant.name) {
                return Err(RolloutError::Twice { name: variant.name.clone() });
            }
        }
        let sum: f64 = self.variants.iter().map(|variant| variant.weight).sum();
        if (sum - 1.0).abs() > 1e-9 { Err(RolloutError::Sum { sum }) } else { Ok(()) }
    }

    /// Where a visitor's id falls under this rollout's salt, a multiple of 1/10,000 in [0, 1).
    pub fn bucket(&self, visitor: &str) -> f64 {
        bucket(&self.salt, visitor)
    }

    /// The visitor's arm: a function of the id, the salt and the weights alone, so it is the same in every tab, on the
    /// command line, and after a reload.
    ///
    /// # Panics
    /// If the rollout has no variant, which [`Rollout::validate`] refuses.
    pub fn assign(&self, visitor: &str) -> &Variant {
        let weights: Vec<f64> = self.variants.iter().map(|variant| variant.weight).collect();
        let ranges = bucket_ranges(weights.len(), 1.0, Some(&weights));
        // Rounding may end the last range a hair below 1, never a whole 1/10,000.
        let arm = choose(self.bucket(visitor), &ranges).unwrap_or(self.variants.len() - 1);
        &self.variants[arm]
    }

    /// The visitor's arm and the version behind it. Where the arm's stage has no version, Production's is shown; the
    /// arm stays the same, so the visitor is back in it as soon as there is one.
    pub fn route(&self, visitor: &str, version_in: impl Fn(Stage) -> Option<String>) -> Assignment {
        let variant = self.assign(visitor);
        let own = version_in(variant.stage);
        let fallback = own.is_none() && variant.stage != Stage::Production;
        let (stage, version) =
            if fallback { (Stage::Production, version_in(Stage::Production)) } else { (variant.stage, own) };
        Assignment {
            visitor: visitor.to_owned(),
            bucket: self.bucket(visitor),
            variant: variant.name.clone(),
            stage,
            version,
            fallback,
        }
    }
}
