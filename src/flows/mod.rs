//! Use cases: load through ports, call pure stages, commit. The page, the worker and the command
//! line run the same flows.

pub mod alerts;
pub mod backtest;
pub mod backup;
pub mod bench;
pub mod bench_tracking;
pub mod check;
pub mod datasets;
pub mod day;
pub mod documents;
pub mod drift;
pub mod evaluate;
pub mod exchange;
pub mod export;
pub mod feature_report;
pub mod features;
pub mod forecasts;
pub mod gate;
pub mod history;
pub mod ingest;
pub mod judging;
pub mod monitor;
pub mod overlay;
pub mod pipelines;
pub mod plots;
pub mod predict;
pub mod present;
pub mod profile;
pub mod reasons;
pub mod record;
pub mod register;
pub mod registry;
pub mod replay;
pub mod reproduce;
pub mod rival;
pub mod run_table;
pub mod searches;
pub mod serving;
#[cfg(test)]
mod shelf;
pub mod slices;
pub mod tables;
pub mod tracking;
pub mod train;
pub mod validate;
