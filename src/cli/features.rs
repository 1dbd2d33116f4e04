//! `linelogic features …`: the feature store at a shell.

mod define;
mod join;
mod online;
mod rows;

use clap::Subcommand;

use super::operation::dataset;
use super::{Failure, Global, Outcome};
use crate::base::{Date, morning};
use crate::features::{DefinitionError, FeatureView};
use crate::flows::features::FeatureStoreError;
use crate::league::features::{ViewRows, compute_all, definitions};

/// Flags of `features`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every view with its schema, version and how fresh its served rows are
    List,
    /// What applying the definitions would change
    Plan(define::PlanArgs),
    /// Apply the definitions: what is served and joined is held against them
    Apply(define::ApplyArgs),
    /// The rows of a view as they are computed from the data, as CSV
    Compute(rows::ComputeArgs),
    /// The rows of views in files, in the layout that a Feast FileSource reads
    Export(rows::ExportArgs),
    /// Point-in-time join of any CSV files
    Join(join::Args),
    /// Take over the newest rows of an interval into the online store, both ends inclusive
    Materialize(online::MaterializeArgs),
    /// Go on from where the last run ended
    MaterializeIncremental(online::IncrementalArgs),
    /// Look features up as they are served, with the status of each
    GetOnline(online::GetArgs),
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    match &args.command {
        Command::List => online::list(global),
        Command::Plan(args) => define::plan(args, global),
        Command::Apply(args) => define::apply(args, global),
        Command::Compute(args) => rows::compute(args, global),
        Command::Export(args) => rows::export(args, global),
        Command::Join(args) => join::run(args, global),
        Command::Materialize(args) => online::materialize(args, global),
        Command::MaterializeIncremental(args) => online::incremental(args, global),
        Command::GetOnline(args) => online::get(args, global),
    }
}

/// Rows of views, from what was known on the morning of a day.
struct Computed {
    day: Date,
    /// Where the data comes from.
    source: String,
    views: Vec<ViewRows>,
}

/// Computes the rows of these views, of the data and the day that were asked for.
fn computed(wanted: &[FeatureView], global: &Global) -> Result<Computed, Failure> {
    let data = dataset(global)?;
    let day = global.as_of.unwrap_or(data.as_of);
    if day > data.as_of {
        let known = data.as_of;
        return Err(Failure::Usage(format!(
            "--as-of {day}: the data ends on {known}; give that day or an earlier one"
        )));
    }
    let mut views = compute_all(&data.log.as_of(day));
    views.retain(|of| wanted.iter().any(|view| view.name == of.view.name));
    // The schedule is known for days to come, and their rows would be of games that are not played yet.
    views.iter_mut().for_each(|of| of.rows.cut_after(now_of(day)));
    Ok(Computed { day, source: data.manifest.source, views })
}

/// The instant of a day's morning, in milliseconds.
fn now_of(day: Date) -> i64 {
    morning(day).timestamp_millis()
}

/// The views that are named, or all.
fn chosen(names: &[String]) -> Result<Vec<FeatureView>, Failure> {
    let definitions = definitions();
    if names.is_empty() {
        return Ok(definitions.views);
    }
    Ok(names.iter().map(|name| definitions.view(name).cloned()).collect::<Result<_, _>>()?)
}

impl From<DefinitionError> for Failure {
    fn from(error: DefinitionError) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl From<FeatureStoreError> for Failure {
    fn from(error: FeatureStoreError) -> Self {
        match error {
            FeatureStoreError::Store(error) => error.into(),
            FeatureStoreError::Refused(_) | FeatureStoreError::NotApplied { .. } => Failure::Gate(error.to_string()),
            _ => Failure::Usage(error.to_string()),
        }
    }
}
