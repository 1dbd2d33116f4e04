//! Frames become models: estimators, splits in time, and the search over settings as a resumable job.

mod error;
mod estimator;
mod folds;
mod logistic;
mod model;
mod search;
mod setting;
#[cfg(test)]
mod testing;
mod train;

pub use error::FitError;
pub use estimator::{Estimator, EstimatorSpec, Examples, ParamError};
pub use folds::{Fold, Split, SplitError, day_start, walk_forward};
pub use logistic::{Fit, Settings, fit};
pub use model::{Contributions, Learned, Linear, MODEL_SCHEMA, Model, Scaling};
pub use search::{
    EstimatorSpace, FeatureSet, MOST_POINTS, Method, Search, SearchError, SearchSpec, Space, SpaceError, Trial, Unit,
};
pub use setting::{LearnError, Setting, predict};
pub use train::{REFERENCE_DIGEST, age_weights, reference_digest, train};
