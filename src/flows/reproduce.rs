//! A recorded run, run again: the same games and the same settings must give the same model, digest for digest.

use serde::{Deserialize, Serialize};

use crate::base::Digest;
use crate::data::Manifest;
use crate::flows::train::{Provenance, TrainError, TrainJob, TrainSpec};
use crate::league::GameLog;
use crate::league::features::FEATURE_VERSION;
use crate::learn::Unit;
use crate::tracking::Run;

/// Why a run cannot be run again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReproduceError {
    /// It does not say what was asked for.
    #[error("run {run} cannot be run again: {why}")]
    NotRecorded {
        /// Its id.
        run: String,
        /// What is missing.
        why: String,
    },
    /// It was made on features that this version does not compute.
    #[error(
        "run {run} was made on features {found}, and this version computes {FEATURE_VERSION}: use version {code} of this program"
    )]
    Features {
        /// Its id.
        run: String,
        /// Its features.
        found: String,
        /// The program's version that made it.
        code: String,
    },
    /// The games are others.
    #[error("run {run} was made on the games {expected}, and these are {found}")]
    Data {
        /// Its id.
        run: String,
        /// Its data.
        expected: Digest,
        /// The data at hand.
        found: Digest,
    },
    /// The training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
}

/// A figure as it was recorded and as it came out again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// As recorded; none where the run does not have it.
    pub recorded: Option<f64>,
    /// As it came out again.
    pub again: f64,
}

/// What running again came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reproduced {
    /// The run.
    pub run_id: String,
    /// Whether everything is the same to the last bit.
    pub same: bool,
    /// Digest of the model: as recorded, and as it came out again; none for a trial, which keeps no model.
    pub model: Option<(Option<Digest>, Digest)>,
    /// Its metrics.
    pub figures: Vec<Figure>,
}

/// What a run needs to be run again: its spec, and for a trial which one of its training it is.
fn asked(run: &Run, parent: Option<&Run>) -> Result<(TrainSpec, Option<Unit>), ReproduceError> {
    let not = |why: &str| ReproduceError::NotRecorded { run: run.id.clone(), why: why.to_owned() };
    let spec = |run: &Run| {
        let spec = run.spec.clone().ok_or_else(|| not("it does not say what was asked for"))?;
        serde_json::from_value::<TrainSpec>(spec)
            .map_err(|error| not(&format!("its spec is none of a training: {error}")))
    };
    if run.parent.is_none() {
        return Ok((spec(run)?, None));
    }
    let parent = parent.ok_or_else(|| not("the training that it is a trial of is not in the store"))?;
    let unit = run.spec.clone().and_then(|unit| serde_json::from_value(unit).ok());
    Ok((spec(parent)?, Some(unit.ok_or_else(|| not("it does not say which trial it was"))?)))
}

/// Runs a training or one of its trials again on these games. `parent` is the training that it is a trial of.
///
/// # Errors
/// Where it cannot be run again, or not on these games.
pub fn reproduce(
    run: &Run,
    parent: Option<&Run>,
    log: &GameLog,
    manifest: &Manifest,
) -> Result<Reproduced, ReproduceError> {
    let (spec, unit) = asked(run, parent)?;
    let features = run.feature_version.clone().unwrap_or_default();
    if features != FEATURE_VERSION {
        let code = run.tags.get("code_version").cloned().unwrap_or_default();
        return Err(ReproduceError::Features { run: run.id.clone(), found: features, code });
    }
    if let Some(expected) = run.data_version.filter(|expected| *expected != manifest.digest) {
        return Err(ReproduceError::Data { run: run.id.clone(), expected, found: manifest.digest });
    }
    let provenance = Provenance { data_version: manifest.digest, source_kind: manifest.source_kind };
    let job = TrainJob::new(log, spec, provenance)?;
    let figure = |name: String, again: f64| Figure { recorded: run.metric(&name), name, again };
    if let Some(unit) = unit {
        let trial = job.run(unit);
        let scores = trial.scores.iter().flat_map(|scores| scores.named().collect::<Vec<_>>());
        let figures: Vec<Figure> = scores.map(|(name, value)| figure(format!("validation_{name}"), value)).collect();
        let same = all_same(&figures) && trial.error.as_ref() == run.tags.get("error");
        return Ok(Reproduced { run_id: run.id.clone(), same, model: None, figures });
    }
    let again = job.finish(run.started_at, run.ended_at)?;
    let named = again.holdout.named();
    let figures: Vec<Figure> = named.map(|(name, value)| figure(name.to_owned(), value)).collect();
    let digest = again.model.digest();
    let same = run.model_digest == Some(digest) && all_same(&figures);
    Ok(Reproduced { run_id: run.id.clone(), same, model: Some((run.model_digest, digest)), figures })
}

fn all_same(figures: &[Figure]) -> bool {
    figures.iter().all(|figure| figure.recorded.is_some_and(|recorded| recorded.to_bits() == figure.again.to_bits()))
}
