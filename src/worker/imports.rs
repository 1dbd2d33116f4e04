//! Datasets made, repaired, compared and written out.

use serde_json::Value;
use web_sys::File;

use super::datasets::{load, whole};
use super::{Job, Stop};
use crate::adapters::browser::{BrowserClock, FileStream};
use crate::adapters::journal;
use crate::data::{Findings, KEPT, Profiler, Rows};
use crate::flows::check::InputFile;
use crate::flows::datasets::documents;
use crate::flows::export::{self, Export};
use crate::flows::ingest::{self, IngestPipeline, Input, Rejection, ReleaseError, name_of};
use crate::flows::present::plural;
use crate::league::{Game, games_contract};
use crate::ports::{Clock, Revision};
use crate::protocol::{DatasetRef, Repair, Reply};

/// Reads the files as streams, to their end in one go.
pub(super) fn import(job: &Job, names: &[String], files: Vec<File>) -> Result<Reply, Stop> {
    let name = names.join(",");
    if files.len() != names.len() || files.is_empty() {
        let (found, expected) = (files.len(), names.len());
        return Err(Stop::Failed(format!("{name}: {found} of {expected} files reached the worker")));
    }
    let total = files.iter().map(|file| file.size() as u64).sum();
    let clock = super::scope().performance();
    let now = move || clock.as_ref().map_or_else(js_sys::Date::now, web_sys::Performance::now);
    let mut pipeline = IngestPipeline::new(&now);
    let files = pipeline.fetch(|| {
        let open = |(name, file): (&String, File)| -> Result<InputFile<'static>, Stop> {
            Ok(InputFile { name: name.clone(), reader: Box::new(FileStream::open(file)?) })
        };
        let files: Vec<_> = names.iter().zip(files).map(open).collect::<Result<_, _>>()?;
        Ok::<_, Stop>((files, total))
    })?;
    let at = BrowserClock.now();
    job.progress(READING, 0, total);
    let input = Input::Files { name, scheme: None, files };
    let examined = pipeline.examine(input, at.date_naive(), KEPT, &mut |done| {
        job.progress(&format!("{READING}, {}", plural(done.rows, "row")), done.bytes.min(total), total);
        true
    });
    job.progress("Sealing", total, total);
    match pipeline.admit(examined, at) {
        Ok(ingested) => Ok(Reply::Imported { dataset: Box::new(ingested.into()), stages: pipeline.into_stages() }),
        Err(rejection) => Ok(Reply::Refused(rejection)),
    }
}

/// What is done with the bytes of a file.
const READING: &str = "Reading and checking";

/// The edits as the flow takes them.
fn edits(repair: &Repair) -> Vec<(String, Value)> {
    repair.edits.iter().map(|(path, value)| (path.clone(), value.clone())).collect()
}

/// Checks a refused row as it is with its edits.
pub(super) async fn recheck(job: &Job, repair: &Repair) -> Result<Reply, Stop> {
    let before = whole(job, &repair.dataset).await?;
    let rows = &before.findings.quarantined;
    let row = rows.get(repair.row).ok_or(ReleaseError::NoSuchRow(repair.row, rows.len()))?;
    let (game, violations) =
        ingest::recheck(before.log.games(), before.manifest.source_kind, row, &edits(repair), BrowserClock.now());
    Ok(Reply::Rechecked { game, violations })
}

/// Makes the dataset's next revision, with a refused row in it.
pub(super) async fn release(job: &Job, repair: &Repair) -> Result<Reply, Stop> {
    let before = whole(job, &repair.dataset).await?;
    match ingest::release(&before, repair.row, &edits(repair), BrowserClock.now()) {
        Ok(released) => Ok(Reply::Released(Box::new(released.into()))),
        Err(ReleaseError::Refused { first, violations }) => {
            let name = name_of(&before.manifest.source);
            let message = format!("The row of {name} is not released and nothing has changed: {first}");
            Ok(Reply::Refused(Rejection { message, findings: Findings::of(violations) }))
        }
        Err(error) => Err(error.into()),
    }
}

/// Compares the games of two datasets by their ids.
pub(super) async fn diff(job: &Job, before: &DatasetRef, after: &DatasetRef, shown: usize) -> Result<Reply, Stop> {
    let (before, after) = (load(job, before).await?, load(job, after).await?);
    let rows = |games: &[Game]| -> Result<Rows, serde_json::Error> {
        games.iter().map(|game| Ok((game.id.clone(), serde_json::to_value(game)?))).collect()
    };
    let (old, new) = (rows(before.log.games())?, rows(after.log.games())?);
    job.pause().await?;
    Ok(Reply::Compared(crate::data::diff(&old, &new, shown)))
}

/// Games between two looks at whether the job was stopped.
const PROFILED: usize = 2_000;

/// Tells what stands in the columns of a dataset's games.
pub(super) async fn profile(job: &Job, dataset: &DatasetRef) -> Result<Reply, Stop> {
    let of = load(job, dataset).await?;
    let games = of.log.games();
    let mut profiler = Profiler::of(games_contract());
    for (at, part) in games.chunks(PROFILED).enumerate() {
        job.progress("Profiling the columns", (at * PROFILED) as u64, games.len() as u64);
        for game in part {
            profiler.add_json(&serde_json::to_value(game)?);
        }
        job.pause().await?;
    }
    Ok(Reply::Profiled(profiler.finish()))
}

/// Writes a dataset, or what was found in it.
pub(super) async fn export(job: &Job, dataset: &DatasetRef, what: Export) -> Result<Reply, Stop> {
    let of = whole(job, dataset).await?;
    let manifest = of.manifest.clone();
    let text = match what {
        Export::Backup => journal::compact(Revision(1), &documents(&of.into())?.1)?,
        Export::Games => export::games_csv(of.log.games())?,
        Export::FailureCases => export::failure_cases(&of.findings),
        Export::Quarantine => export::quarantine(&of.findings)?,
    };
    Ok(Reply::Exported(what.file(&manifest, text)))
}
