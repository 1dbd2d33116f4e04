//! Frames become models: scaling, logistic regression, the search over penalty strengths; their calibration, and which
//! features they lean on or could do without.

mod calibration;
mod error;
mod importance;
mod logistic;
mod model;
mod redundancy;
mod search;
mod train;

pub use calibration::{Calibration, CalibrationError, CalibrationMethod, UnknownMethod, fit_calibration};
pub use error::FitError;
pub use importance::{Importance, permutation_importance};
pub use logistic::{Fit, Settings, fit};
pub use model::{Model, Scaling};
pub use redundancy::{Redundant, correlated, redundant};
pub use search::{Fold, SearchError, best, choose, day_start, validate, walk_forward};
pub use train::{REFERENCE_DIGEST, age_weights, predict, reference_digest, train};
