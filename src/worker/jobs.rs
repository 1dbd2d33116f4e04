//! What the worker does for each request.

use web_sys::File;

use super::datasets::load;
use super::imports::{diff, export, import, profile, recheck, release};
use super::training::learn;
use super::{Job, Stop};
use crate::base::Date;
use crate::features::OnlineView;
use crate::flows::bench::measure;
use crate::flows::drift::drift_report;
use crate::flows::feature_report::{explain_join, report};
use crate::flows::features::materialize_all;
use crate::flows::gate::rival_on_holdout;
use crate::flows::predict::predict_day;
use crate::flows::reasons::reasons;
use crate::league::features::frame;
use crate::protocol::{DatasetRef, Reply, Request};
use crate::registry::{ModelVersion, Stage};

/// Does a job and answers with its end.
pub(super) async fn run(job: Job, request: Request, files: Vec<File>) {
    let end = work(&job, request, files).await;
    job.end();
    job.reply(match end {
        Ok(reply) => reply,
        Err(Stop::Cancelled) => Reply::Cancelled,
        Err(Stop::Failed(reason)) => Reply::Failed(reason),
    });
}

async fn work(job: &Job, request: Request, files: Vec<File>) -> Result<Reply, Stop> {
    // A cancel that came right behind its job is heard before anything is done.
    job.pause().await?;
    match request {
        Request::Import { names } => import(job, &names, files),
        Request::Recheck(repair) => recheck(job, &repair).await,
        Request::Release(repair) => release(job, &repair).await,
        Request::Diff { before, after, shown } => diff(job, &before, &after, shown).await,
        Request::Profile { dataset } => profile(job, &dataset).await,
        Request::Features { dataset, day } => {
            let dataset = load(job, &dataset).await?;
            job.progress("Computing the views", 0, 0);
            job.pause().await?;
            lab(&report(&dataset.log, day))
        }
        Request::Explain { dataset, game, view } => {
            let dataset = load(job, &dataset).await?;
            job.pause().await?;
            lab(&explain_join(&dataset.log, &game, &view))
        }
        Request::Materialize { dataset, source, day, served } => {
            let dataset = load(job, &dataset).await?;
            job.progress("Computing the views", 0, 0);
            job.pause().await?;
            let served: Vec<OnlineView> = serde_json::from_value(served)?;
            lab(&materialize_all(&dataset.log, &source, day, &served)?)
        }
        Request::Export { dataset, what } => export(job, &dataset, what).await,
        Request::Learn { dataset, work } => learn(job, &dataset, serde_json::from_value(work)?).await,
        Request::Predict { dataset, day, versions } => predict(job, &dataset, day, &versions).await,
        Request::Why { dataset, day, version } => {
            let dataset = load(job, &dataset).await?;
            job.pause().await?;
            let model = version.model.open().map_err(Stop::Failed)?;
            lab(&reasons(&dataset.log, day, &model).map_err(Stop::Failed)?)
        }
        Request::Drift { dataset, version, reference, current } => {
            let dataset = load(job, &dataset).await?;
            job.progress("Comparing the windows", 0, 0);
            job.pause().await?;
            let model = version.model.open().map_err(Stop::Failed)?;
            drift_report(&dataset.log, &model, reference, current).map(Reply::Drifted).map_err(Stop::Failed)
        }
        Request::Bench { dataset } => {
            let dataset = load(job, &dataset).await?;
            let clock = super::scope().performance();
            let now = || clock.as_ref().map_or(f64::NAN, web_sys::Performance::now);
            Ok(Reply::Measured(measure(&dataset.log, &now)?))
        }
        Request::Judge { dataset, production, run } => {
            let dataset = load(job, &dataset).await?;
            job.pause().await?;
            Ok(Reply::Judged(rival_on_holdout(&frame(&dataset.log), &production, &run)))
        }
    }
}

pub(super) fn lab<T: serde::Serialize>(answer: &T) -> Result<Reply, Stop> {
    Reply::lab(answer).map_err(Stop::Failed)
}

async fn predict(
    job: &Job,
    dataset: &DatasetRef,
    day: Date,
    versions: &[(ModelVersion, Stage)],
) -> Result<Reply, Stop> {
    let dataset = load(job, dataset).await?;
    job.pause().await?;
    let versions: Vec<(&ModelVersion, Stage)> = versions.iter().map(|(version, stage)| (version, *stage)).collect();
    Ok(Reply::Predicted(predict_day(&dataset.log, day, &versions)?))
}
