//! Another version's forecasts of games that a version was judged on, where they would say anything.

use crate::base::Date;
use crate::features::TrainingFrame;
use crate::learn::predict;
use crate::registry::ModelVersion;

/// What a version says of these rows, the first of which is of the day `first`.
///
/// # Errors
/// Why it says nothing: it cannot be read, takes other features, or has learned from games of that time.
pub fn forecasts(
    frame: &TrainingFrame,
    version: &ModelVersion,
    rows: &[usize],
    first: Date,
) -> Result<Vec<f64>, String> {
    let (name, seen) = (&version.version, version.trained_through);
    let model = version.model.open().map_err(|reason| format!("version {name} is damaged: {reason}"))?;
    if model.columns_of(frame).is_err() {
        return Err(format!("version {name} takes other features"));
    }
    if seen >= first {
        return Err(format!("version {name} has learned from games up to {seen}, and the hold-out begins on {first}"));
    }
    Ok(predict(&model, frame, rows))
}

/// Rows of the days from the first to the last whose outcome is known.
pub fn judged_rows(frame: &TrainingFrame, (first, last): (Date, Date)) -> Vec<usize> {
    let judged = |row: &usize| (first..=last).contains(&frame.days[*row]) && !frame.y[*row].is_nan();
    (0..frame.ids.len()).filter(judged).collect()
}
