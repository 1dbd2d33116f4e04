//! What a model is trained on.

use ndarray::Array2;

use crate::base::Date;

/// Examples with features and labels, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingFrame {
    /// Feature names, one a column of `x`.
    pub features: Vec<String>,
    /// Features, examples × features; NaN is missing.
    pub x: Array2<f64>,
    /// Labels, 0 or 1; NaN where the outcome is not known yet.
    pub y: Vec<f64>,
    /// Id of each example.
    pub ids: Vec<String>,
    /// Day of each example, ascending.
    pub days: Vec<Date>,
    /// The block of time each example belongs to (a season), by which splits are made.
    pub groups: Vec<u16>,
}
