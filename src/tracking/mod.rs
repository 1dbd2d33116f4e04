//! Trainings become runs, in MLflow's words.

mod artifact;
mod run;
pub mod search;
mod table;

pub use artifact::{Artifact, Blob, Content};
pub use run::{MetricPoint, NOTE, PARENT, RUN_NAME, Run, RunStatus, USER};
pub use table::{MetricColumn, RunTable, TextColumn};
