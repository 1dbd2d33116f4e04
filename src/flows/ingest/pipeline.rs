//! The ingest as four stages, each with what went in, what came out, what was refused, how long it took and how many
//! bytes it was.

use serde::{Deserialize, Serialize};

use super::{Examined, Ingested, Input, Rejection, admit, examine};
use crate::base::{Date, Instant};
use crate::flows::check::{Done, Timer};

/// What a stage did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// `fetch`, `normalise`, `validate` or `persist`.
    pub stage: String,
    /// Rows that went in; none where the stage knows no rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_in: Option<u64>,
    /// Rows, or after `validate` games, that came out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_out: Option<u64>,
    /// Rows refused or passed over by the stage.
    pub refused: u64,
    /// Bytes that it read or wrote.
    pub bytes: u64,
    /// How long it took.
    pub milliseconds: f64,
}

/// Takes a source through the stages `fetch` → `normalise` → `validate` → `persist`.
///
/// Fetching and persisting are the caller's: they reach outside. Reading is a stream, so `fetch` of a file is opening
/// it, and its bytes are counted where they are read.
pub struct IngestPipeline<'a> {
    timer: Timer<'a>,
    stages: Vec<StageReport>,
}

impl<'a> IngestPipeline<'a> {
    /// A pipeline that is timed by this clock, in milliseconds from anywhere.
    pub fn new(clock: &'a dyn Fn() -> f64) -> Self {
        Self { timer: Timer(clock), stages: Vec::new() }
    }

    fn now(&self) -> f64 {
        (self.timer.0)()
    }

    /// Fetches: gives what `fetch` gives, which says how many bytes it was.
    ///
    /// # Errors
    /// Those of `fetch`.
    pub fn fetch<T, E>(&mut self, fetch: impl FnOnce() -> Result<(T, u64), E>) -> Result<T, E> {
        let start = self.now();
        let (fetched, bytes) = fetch()?;
        let milliseconds = self.now() - start;
        let stage = "fetch".to_owned();
        self.stages.push(StageReport { stage, rows_in: None, rows_out: None, refused: 0, bytes, milliseconds });
        Ok(fetched)
    }

    /// Normalises and validates.
    pub fn examine(
        &mut self,
        input: Input<'_>,
        today: Date,
        kept: usize,
        progress: &mut dyn FnMut(Done) -> bool,
    ) -> Examined {
        let start = self.now();
        let examined = examine(input, today, kept, Some(self.timer), progress);
        let all = self.now() - start;
        let counts = examined.counts;
        let held = counts.rows_in - counts.skipped;
        self.stages.push(StageReport {
            stage: "normalise".to_owned(),
            rows_in: Some(counts.rows_in),
            rows_out: Some(held),
            refused: counts.skipped,
            bytes: examined.bytes,
            milliseconds: (all - examined.judging).max(0.0),
        });
        self.stages.push(StageReport {
            stage: "validate".to_owned(),
            rows_in: Some(held),
            rows_out: Some(counts.accepted),
            refused: counts.quarantined,
            bytes: examined.bytes,
            milliseconds: examined.judging,
        });
        examined
    }

    /// The gate and the seal, as a part of `validate`.
    ///
    /// # Errors
    /// A [`Rejection`] where the gate says no.
    pub fn admit(&mut self, examined: Examined, now: Instant) -> Result<Ingested, Rejection> {
        let start = self.now();
        let admitted = admit(examined, now);
        let took = self.now() - start;
        if let Some(validate) = self.stages.last_mut() {
            validate.milliseconds += took;
        }
        admitted
    }

    /// Persists: `persist` says how many bytes it wrote.
    ///
    /// # Errors
    /// Those of `persist`.
    pub fn persist<T, E>(&mut self, games: u64, persist: impl FnOnce() -> Result<(T, u64), E>) -> Result<T, E> {
        let start = self.now();
        let (persisted, bytes) = persist()?;
        let milliseconds = self.now() - start;
        let stage = "persist".to_owned();
        let (rows_in, rows_out) = (Some(games), Some(games));
        self.stages.push(StageReport { stage, rows_in, rows_out, refused: 0, bytes, milliseconds });
        Ok(persisted)
    }

    /// What the stages did so far.
    pub fn stages(&self) -> &[StageReport] {
        &self.stages
    }

    /// What the stages did.
    pub fn into_stages(self) -> Vec<StageReport> {
        self.stages
    }
}
