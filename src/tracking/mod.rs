//! Trainings become runs, in MLflow's words.

mod run;

pub use run::{MetricPoint, Run, RunStatus};
