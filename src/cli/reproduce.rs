//! `reproduce RUN`: a recorded run, run again and held against its record.

use super::operation::{all, store_there};
use super::runs::named;
use super::source::{SourceSpec, ingested};
use super::{Failure, Global, Outcome};
use crate::adapters::data_dir::DataDir;
use crate::data::Manifest;
use crate::flows::reproduce::{ReproduceError, Reproduced, reproduce};
use crate::league::GameLog;
use crate::tracking::Run;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run's id, or as many of its first digits as name it alone
    run: String,
    /// Where its games come from: demo[:SEED], csv:PATH or dir:DIR; the revision in --data that it was made on if not given
    #[arg(long, value_name = "SPEC")]
    source: Option<SourceSpec>,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let runs: Vec<Run> = all(&store_there(global)?)?;
    let run = named(&runs, &args.run)?;
    let parent = run.parent.as_ref().and_then(|parent| runs.iter().find(|other| other.id == *parent));
    let (log, manifest) = games(args, run, global)?;
    let done = reproduce(run, parent, &log, &manifest).map_err(|error| match error {
        ReproduceError::Train(_) => Failure::Gate(error.to_string()),
        _ => Failure::Environment(error.to_string()),
    })?;
    global.print(&done, || text(&done))?;
    if done.same {
        return Ok(());
    }
    Err(Failure::Gate(format!("run {} came out otherwise than it is recorded", run.id)))
}

/// The games that a run was made on.
fn games(args: &Args, run: &Run, global: &Global) -> Result<(GameLog, Manifest), Failure> {
    if let Some(source) = &args.source {
        let data = ingested(source, global)?;
        return Ok((data.log, data.manifest));
    }
    let folder = DataDir::new(&global.data);
    let (chain, current) = (folder.chain()?, folder.index()?);
    let made_on = |manifest: &Manifest| run.data_version.is_none_or(|digest| digest == manifest.digest);
    let index = match chain.revisions().rev().find(|entry| made_on(&entry.manifest)) {
        _ if made_on(&current.manifest) => current,
        Some(entry) => folder.revision(&chain, entry)?,
        // The error that says which games these are and which they should be.
        None => current,
    };
    let log = folder.games(&index)?;
    Ok((log, index.manifest))
}

fn text(done: &Reproduced) -> String {
    let mut lines = vec![format!("run {}", done.run_id)];
    if let Some((recorded, again)) = &done.model {
        let recorded = recorded.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        lines.push(format!("model  recorded {recorded}\n       again    {again}"));
    }
    for figure in &done.figures {
        let recorded = figure.recorded.map_or_else(|| "none".to_owned(), |value| value.to_string());
        let mark = if recorded == figure.again.to_string() { "" } else { "  differs" };
        lines.push(format!("{:<22} recorded {recorded:<20} again {}{mark}", figure.name, figure.again));
    }
    lines.push(if done.same { "the same, to the last bit" } else { "not the same" }.to_owned());
    lines.join("\n")
}
