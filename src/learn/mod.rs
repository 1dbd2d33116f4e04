//! Frames become models: estimators, splits in time, the search over settings as a resumable job, calibration, and which
//! features a model leans on or could do without.

mod blend;
mod calibration;
mod document;
mod error;
mod estimator;
mod folds;
mod importance;
mod logistic;
mod model;
mod redundancy;
mod search;
mod selection;
mod setting;
#[cfg(test)]
mod testing;
mod train;
pub mod trees;

pub use blend::Blend;
pub use calibration::{Calibration, CalibrationError, CalibrationMethod, UnknownMethod, fit_calibration};
pub use document::ModelDocument;
pub use error::FitError;
pub use estimator::{Estimator, EstimatorSpec, Examples, ParamError};
pub use folds::{Fold, Split, SplitError, day_start, walk_forward};
pub use importance::{Importance, permutation_importance};
pub use logistic::{Fit, Settings, fit, fit_from};
pub use model::{Contributions, Learned, Linear, MODEL_SCHEMA, Model, Scaling};
pub use redundancy::{Redundant, correlated, redundant};
pub use search::{
    EstimatorSpace, FeatureSet, MOST_POINTS, Method, Search, SearchError, SearchSpec, Space, SpaceError, Trial, Unit,
};
pub use selection::{Dropped, Selection};
pub use setting::{Judged, LearnError, Setting, predict};
pub use train::{REFERENCE_DIGEST, age_weights, reference_digest, train};
