//! Parts of a training: the features are computed once for all of them.

use std::cell::RefCell;
use std::rc::Rc;

use super::datasets::load;
use super::jobs::lab;
use super::{Job, Stop};
use crate::adapters::browser::BrowserClock;
use crate::base::Digest;
use crate::flows::evaluate::{Trained, evaluate};
use crate::flows::record::record;
use crate::flows::train::{TrainJob, TrainSpec};
use crate::learn::Unit;
use crate::ports::Clock;
use crate::protocol::{DatasetRef, Learn, LearnPart, Reply};

/// The training that was last worked on here, by the digest of its data and its spec. No trial has been taken.
#[derive(Default)]
pub(super) struct Last(RefCell<Option<(Digest, Rc<TrainJob>)>>);

/// Does a part of a training.
pub(super) async fn learn(job: &Job, dataset: &DatasetRef, work: Learn) -> Result<Reply, Stop> {
    let started_at = BrowserClock.now();
    let training = prepared(job, dataset, work.spec).await?;
    match work.part {
        LearnPart::Plan => lab(&training.folds().len()),
        LearnPart::Trials { units } => {
            for unit in units {
                run(job, &training, unit).await?;
            }
            lab(&())
        }
        LearnPart::Finish { trials, production } => {
            let mut whole = TrainJob::clone(&training);
            trials.into_iter().for_each(|trial| whole.take(trial));
            while let Some(unit) = whole.search().ready().into_iter().next() {
                let (done, total) = (whole.search().done() as u64, whole.search().total() as u64);
                job.reply(Reply::Progress { task: "Trying settings".to_owned(), done, total });
                let trial = run(job, &whole, unit).await?;
                whole.take(trial);
            }
            let total = whole.search().total() as u64;
            job.reply(Reply::Progress { task: "Fitting the best on everything known".to_owned(), done: total, total });
            job.pause().await?;
            let outcome = whole.finish(started_at, BrowserClock.now())?;
            let log = &load(job, dataset).await?.log;
            let evaluation = evaluate(log, training.frame(), &outcome, production.as_deref())?;
            let recorded = record(&outcome, log)?;
            lab(&Trained { outcome, evaluation, recorded })
        }
    }
}

/// Runs a trial and tells of it.
async fn run(job: &Job, training: &TrainJob, unit: Unit) -> Result<crate::learn::Trial, Stop> {
    job.pause().await?;
    let trial = training.run(unit);
    job.reply(Reply::Part(serde_json::to_value(&trial)?));
    Ok(trial)
}

async fn prepared(job: &Job, dataset: &DatasetRef, spec: TrainSpec) -> Result<Rc<TrainJob>, Stop> {
    let dataset = load(job, dataset).await?;
    let digest = Digest::of_json(&(dataset.provenance, &spec))?;
    if let Some((_, known)) = job.shared.training.0.borrow().as_ref().filter(|(known, _)| *known == digest) {
        return Ok(Rc::clone(known));
    }
    job.reply(Reply::Progress { task: "Computing features".to_owned(), done: 0, total: 0 });
    job.pause().await?;
    let training = Rc::new(TrainJob::new(&dataset.log, spec, dataset.provenance)?);
    *job.shared.training.0.borrow_mut() = Some((digest, Rc::clone(&training)));
    Ok(training)
}
