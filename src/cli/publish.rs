//! `linelogic publish`: runs and registered models to a server of another tool.

use std::env;

use super::mlruns::runs_and_files;
use super::operation::{registry, store_there};
use super::{Failure, Global, Outcome};
use crate::adapters::mlflow::{Auth, Parcel, PublishError, Published, Server, publish};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of an MLflow server, such as http://127.0.0.1:5000; MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and
    /// MLFLOW_TRACKING_PASSWORD, say who asks
    #[arg(long, value_name = "URL")]
    mlflow: String,
    /// The experiment that all runs go to, in place of their own
    #[arg(long, value_name = "NAME")]
    experiment: Option<String>,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let store = store_there(global)?;
    let (runs, blobs) = runs_and_files(&store)?;
    let registries = [registry(&store)?];
    let server = Server::new(&args.mlflow, &auth())?;
    let bar = global.progress("runs", runs.len() as u64);
    let experiment = args.experiment.as_deref();
    let parcel = Parcel { runs: &runs, blobs: &blobs, registries: &registries, experiment };
    let published = publish(&server, parcel, &mut |done| bar.set_position(done as u64));
    bar.finish_and_clear();
    let published = published?;
    global.print(&published, || words(&args.mlflow, &published))
}

/// Who asks, by MLflow's own variables.
fn auth() -> Auth {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(token) = variable("MLFLOW_TRACKING_TOKEN") {
        return Auth::Token(token);
    }
    match variable("MLFLOW_TRACKING_USERNAME") {
        Some(user) => Auth::Basic(user, variable("MLFLOW_TRACKING_PASSWORD").unwrap_or_default()),
        None => Auth::None,
    }
}

fn words(address: &str, published: &Published) -> String {
    let Published { runs_created, runs_completed, runs_unchanged, points, artifacts, .. } = published;
    let mut lines = vec![
        format!("{address}: {runs_created} runs made, {runs_completed} completed, {runs_unchanged} there as they are"),
        format!(
            "{points} metric points and {artifacts} files sent, {} model versions made, {} changes of the registry",
            published.versions_created, published.registry_changes
        ),
    ];
    lines.extend(published.notes.iter().cloned());
    lines.join("\n")
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Settings(reason) => Failure::Usage(reason),
            other => Failure::Environment(other.to_string()),
        }
    }
}
