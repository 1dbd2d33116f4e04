//! Frames become models: scaling, logistic regression, the search as a resumable job.

mod model;

pub use model::{Model, Scaling};
