//! Runs and registered models published to an MLflow server through its REST interface (native only).
//!
//! Publishing is safe to repeat: a run is found again by its tag `linelogic.run_id`, a version by its tag
//! `linelogic.version`, and only what the server does not have yet is sent. A run that is there as a whole carries the
//! digest of what was sent, and is not asked about again.

mod client;
mod registry;
mod runs;

use std::collections::BTreeMap;

use serde::Serialize;

pub use client::{Auth, PublishError, Server};

use crate::base::Digest;
use crate::registry::Registry;
use crate::tracking::{Blob, Run};

/// Tag of a run with its id here.
pub const RUN_ID: &str = "linelogic.run_id";
/// Tag of a run that is there as a whole, with the digest of what was sent.
pub const PUBLISHED: &str = "linelogic.published";

/// What was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Experiments that were made.
    pub experiments: usize,
    /// Runs that were made.
    pub runs_created: usize,
    /// Runs that were there in part or have changed, and were completed.
    pub runs_completed: usize,
    /// Runs that were there as they are.
    pub runs_unchanged: usize,
    /// Points of metrics that were sent.
    pub points: usize,
    /// Files that were sent.
    pub artifacts: usize,
    /// Model versions that were made.
    pub versions_created: usize,
    /// Stages, aliases, tags and descriptions of the registry that were set.
    pub registry_changes: usize,
    /// Calls that change something.
    pub changes: usize,
    /// What could not be sent, a sentence each.
    pub notes: Vec<String>,
}

/// What is to be published.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    /// The runs.
    pub runs: &'a [Run],
    /// The bytes of their files.
    pub blobs: &'a BTreeMap<Digest, Blob>,
    /// The registered models.
    pub registries: &'a [Registry],
    /// The experiment that all runs go to, in place of their own.
    pub experiment: Option<&'a str>,
}

/// Publishes, and tells after each run how many are done.
///
/// # Errors
/// Where a call fails. What was sent by then is there; the same again completes it.
pub fn publish(
    server: &Server,
    parcel: Parcel<'_>,
    progress: &mut dyn FnMut(usize),
) -> Result<Published, PublishError> {
    let mut published = Published::default();
    let there = runs::publish(server, parcel, &mut published, progress)?;
    for registry in parcel.registries {
        registry::publish(server, registry, &there, &mut published)?;
    }
    published.changes = server.changes();
    Ok(published)
}
