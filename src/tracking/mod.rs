//! Trainings become runs, in MLflow's words.

mod artifact;
mod run;

pub use artifact::{ARTIFACTS, Artifact, Blob, Content};
pub use run::{MetricPoint, NOTE, PARENT, RUN_NAME, Run, RunStatus, USER};
