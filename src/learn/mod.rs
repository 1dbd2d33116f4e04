//! Frames become models: scaling, logistic regression, the search over penalty strengths.

mod error;
mod logistic;
mod model;
mod search;
mod train;

pub use error::FitError;
pub use logistic::{Fit, Settings, fit, fit_from};
pub use model::{Model, Scaling};
pub use search::{Fold, SearchError, best, choose, day_start, validate, walk_forward};
pub use train::{REFERENCE_DIGEST, age_weights, predict, reference_digest, train};
