//! Use cases: load through ports, call pure stages, commit. The page, the worker and the command
//! line run the same flows.

pub mod alerts;
pub mod datasets;
pub mod day;
pub mod drift;
pub mod ingest;
pub mod overlay;
pub mod predict;
pub mod present;
pub mod train;
