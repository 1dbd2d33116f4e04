//! Trainings become runs, in MLflow's words.

mod artifact;
pub mod compare;
mod run;
pub mod search;
mod table;

pub use artifact::{ARTIFACTS, Artifact, Blob, Content};
pub use compare::{Comparison, compare};
pub use run::{DATA_VERSION, MetricPoint, NOTE, PARENT, RUN_NAME, Run, RunStatus, USER};
pub use table::{MetricColumn, RunHead, RunTable, TextColumn};
