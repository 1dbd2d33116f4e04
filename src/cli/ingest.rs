//! Fetches, normalises, validates and writes data with its manifest.

use super::{Failure, Global, Outcome};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs it.
pub fn run(_args: &Args, _global: &Global) -> Outcome {
    Err(Failure::Environment("this build does not have it".to_owned()))
}
