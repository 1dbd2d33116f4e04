//! The daily and the weekly pipeline: plans of [`crate::pipeline`] run over a store.
//!
//! Everything that decides takes the day; the clock's time is only written down. A pipeline reads what it needs, works,
//! and commits once, so a run that is interrupted leaves nothing behind, and one that has nothing new to say commits
//! nothing. Running the same day again is therefore safe, and reported as steps that were skipped.

mod daily;
mod weekly;

pub use daily::daily;
pub use weekly::{Weekly, weekly};

use std::borrow::Cow;

use crate::base::{Date, Digest, Instant, Seed};
use crate::data::Manifest;
use crate::features::TrainingFrame;
use crate::flows::documents;
use crate::flows::predict::PredictError;
use crate::flows::registry::busy;
use crate::flows::train::TrainError;
use crate::league::GameLog;
use crate::league::features::{ViewRows, complete, compute, frame, frame_of};
use crate::pipeline::{Outcome, Report, StepReport};
use crate::ports::{Batch, Document, Event, Events, Store, StoreError};
use crate::registry::RegistryError;

/// Experiment that weekly runs belong to.
pub const EXPERIMENT: &str = "weekly";
/// Seed of weekly trainings.
pub const SEED: Seed = Seed(1);

/// The games that a pipeline works on.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Every game, those to come too.
    pub log: GameLog,
    /// The record of the ingest.
    pub manifest: Manifest,
    /// The morning that the data speaks of.
    pub as_of: Date,
}

/// Why a pipeline stopped. Nothing of it was committed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PipelineError {
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A model cannot be trained.
    #[error("{0}")]
    Train(#[from] TrainError),
    /// A day cannot be predicted.
    #[error("{0}")]
    Predict(#[from] PredictError),
    /// The registry refused.
    #[error("{0}")]
    Registry(#[from] RegistryError),
    /// The data breaks a rule over the whole set.
    #[error("the games known on {day} break {count} rules, the first: {first}; ingest the data again")]
    Invalid {
        /// The morning.
        day: Date,
        /// How many rules.
        count: usize,
        /// The first.
        first: String,
    },
    /// The feature store refused.
    #[error("{0}")]
    Features(String),
    /// A value cannot be written as canonical JSON.
    #[error("a digest could not be taken: {0}")]
    Digest(String),
    /// The day lies behind the data.
    #[error("the data speaks of the morning of {known}, and {day} is later: ingest newer data, or take an earlier day")]
    Beyond {
        /// The day asked for.
        day: Date,
        /// The morning of the data.
        known: Date,
    },
}

/// Every view of a log, and the frame that models train on.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The views, in the order of the definitions.
    pub views: Vec<ViewRows>,
    /// Every game with its features.
    pub frame: TrainingFrame,
}

impl Features {
    /// Computes them.
    pub fn of(log: &GameLog) -> Self {
        let models = compute(log);
        let frame = frame_of(log, &models);
        Self { views: complete(log, models), frame }
    }
}

/// What a pipeline works on and how.
#[derive(Debug)]
pub struct Context<'a, S, E> {
    /// Where documents are.
    pub store: &'a S,
    /// Who is told.
    pub events: &'a E,
    /// The games.
    pub data: &'a Dataset,
    /// Features of the whole log, if they are computed already: they are those of each game's morning in any case, so
    /// one computation serves every day. None: they are computed of what was known on the day.
    pub features: Option<&'a Features>,
    /// The clock's time, or none to write down the morning itself, so that the same data gives the same bytes.
    pub recorded_at: Option<Instant>,
    /// Who runs it.
    pub actor: &'a str,
    /// Say what would be written, and write nothing.
    pub dry_run: bool,
}

impl<S: Store, E: Events> Context<'_, S, E> {
    fn recorded_at(&self, morning: Instant) -> Instant {
        self.recorded_at.unwrap_or(morning)
    }

    /// Features and labels as they were known on a morning.
    fn frame_at(&self, day: Date) -> TrainingFrame {
        match self.features {
            Some(whole) => known_by(&whole.frame, day),
            None => frame(&self.data.log.as_of(day)),
        }
    }

    /// The same with the views. Rows of later mornings may be among theirs: each says when it was known.
    fn features_at(&self, day: Date) -> (TrainingFrame, Cow<'_, [ViewRows]>) {
        match self.features {
            Some(whole) => (known_by(&whole.frame, day), Cow::Borrowed(&whole.views)),
            None => {
                let Features { views, frame } = Features::of(&self.data.log.as_of(day));
                (frame, Cow::Owned(views))
            }
        }
    }

    fn check_day(&self, day: Date) -> Result<(), PipelineError> {
        if day > self.data.as_of {
            return Err(PipelineError::Beyond { day, known: self.data.as_of });
        }
        Ok(())
    }

    fn tell(&self, step: &StepReport) {
        let outcome = match step.outcome {
            Outcome::Ran => "ran",
            Outcome::Skipped => "skipped",
        };
        let (name, detail) = (step.name.clone(), step.detail.clone());
        self.events.emit(Event::Step { name, outcome: outcome.to_owned(), detail });
    }

    /// Commits what a run wants written; none if somebody else committed since its base and it has to run again.
    async fn close(&self, report: Report, batch: Batch) -> Result<Option<Report>, PipelineError> {
        if self.dry_run || (batch.puts.is_empty() && batch.deletes.is_empty()) {
            return Ok(Some(report));
        }
        match documents::commit(self.store, batch).await {
            Ok(_) => Ok(Some(report)),
            Err(StoreError::Stale { .. }) => {
                self.events.emit(Event::Notice("the store was changed meanwhile: running again".to_owned()));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A frame of the whole log as it was known on a morning: the features are the same, later labels are taken away.
pub fn known_by(whole: &TrainingFrame, day: Date) -> TrainingFrame {
    let mut frame = whole.clone();
    let known = frame.days.partition_point(|other| *other < day);
    frame.y[known..].fill(f64::NAN);
    frame
}

/// Adds a record to a batch if the store holds it otherwise or not at all. Says whether it was added.
fn put_new<T: documents::Record>(batch: &mut Batch, there: &[Document], record: &T) -> Result<bool, StoreError> {
    let document = documents::document(record)?;
    if there.contains(&document) {
        return Ok(false);
    }
    documents::put(batch, record)?;
    Ok(true)
}

fn digest<T: serde::Serialize>(value: &T) -> Result<Digest, PipelineError> {
    Digest::of_json(value).map_err(|error| PipelineError::Digest(error.to_string()))
}

fn stale() -> PipelineError {
    busy().into()
}

fn plural(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}
