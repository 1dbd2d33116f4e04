//! What a morning's predictions are served from: views brought up to the morning, and the day's features looked up in
//! them.

use crate::base::{Date, morning};
use crate::features::{MaterializeError, Materialized, OnlineView, TrainingFrame};
use crate::flows::features::{Span, advance, served_of};
use crate::league::Game;
use crate::league::features::{ViewRows, frame_served};

/// Views as they are served on a morning.
#[derive(Debug, Clone, PartialEq)]
pub struct Morning {
    /// The served rows, for the day's predictions.
    pub served: Vec<OnlineView>,
    /// What was taken over.
    pub done: Vec<Materialized>,
    /// The features of the day's games, as the served rows give them.
    pub frame: TrainingFrame,
    /// How the served rows came about.
    pub origin: Origin,
}

/// How served rows came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// They go on from those of an earlier morning, or are the first.
    Advanced,
    /// They were materialised from the beginning: going on from what was served gave other features than those that
    /// a model trains on.
    Anew,
    /// They were materialised for this morning alone: what is served is of a later one and stays.
    Past,
}

/// Brings views to the morning of a day and looks up the features of the day's games. `joined` is the frame that a
/// model would train on: what is served is held against its rows, so that training and serving read the same.
///
/// # Errors
/// Where a row does not fit.
pub fn serve_morning(
    games: &[Game],
    joined: &TrainingFrame,
    views: &[&ViewRows],
    before: &[OnlineView],
    (source, day): (&str, Date),
) -> Result<Morning, MaterializeError> {
    let now = morning(day).timestamp_millis();
    let is_later = |of: &&ViewRows| {
        served_of(before, &of.view, source)
            .is_some_and(|online| online.known_through.max(online.intervals.last().map(|last| last.1)) > Some(now))
    };
    let is_past = views.iter().any(is_later);
    let from = |before: &[OnlineView], origin: Origin| {
        let (served, done) = advance(before, source, views.iter().copied(), Span::Incremental(now), now)?;
        let frame = frame_served(games, &served);
        Ok(Morning { served, done, frame, origin })
    };
    if is_past {
        return from(&[], Origin::Past);
    }
    let advanced = from(before, Origin::Advanced)?;
    if same_features(&advanced.frame, joined, day) { Ok(advanced) } else { from(&[], Origin::Anew) }
}

/// Whether the rows of a day are the same in both frames, bit for bit.
fn same_features(served: &TrainingFrame, joined: &TrainingFrame, day: Date) -> bool {
    let start = joined.days.partition_point(|other| *other < day);
    let end = joined.days.partition_point(|other| *other <= day);
    let bits = |value: &f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
    served.ids == joined.ids[start..end]
        && (start..end)
            .zip(served.x.rows())
            .all(|(row, served)| joined.x.row(row).iter().map(bits).eq(served.iter().map(bits)))
}
