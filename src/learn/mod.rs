//! Frames become models: scaling, logistic regression, the search over penalty strengths.

mod error;
mod logistic;
mod model;
mod search;
mod train;
pub mod trees;

pub use error::FitError;
pub use logistic::{Fit, Settings, fit};
pub use model::{Model, Scaling};
pub use search::{Fold, SearchError, best, choose, day_start, validate, walk_forward};
pub use train::{REFERENCE_DIGEST, age_weights, predict, reference_digest, train};
