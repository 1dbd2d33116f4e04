//! Use cases: load through ports, call pure stages, commit. The page, the worker and the command
//! line run the same flows.

pub mod alerts;
pub mod backtest;
pub mod bench;
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
pub mod ingest;
pub mod judging;
pub mod monitor;
pub mod overlay;
pub mod pipelines;
pub mod predict;
pub mod present;
pub mod reasons;
pub mod registry;
pub mod replay;
pub mod rival;
pub mod searches;
pub mod serving;
pub mod slices;
pub mod tables;
pub mod train;
pub mod validate;
