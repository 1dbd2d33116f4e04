//! What the alert rules look at on a day.

use chrono::TimeDelta;

use crate::base::{Date, hours_at_tip_off};
use crate::registry::Stage;
use crate::serving::DayLog;

use super::{DRIFT_SCORE, DriftReport, LOG_LOSS, MISSING_FEATURES, Observation, STALE_FEATURES, served};

/// Days over which the log loss is watched.
pub const WINDOW_DAYS: i64 = 7;

/// With fewer settled games in the window the log loss is left alone. Where FiveThirtyEight's forecasts are taken for the
/// truth, ten games drawn at random exceed 0.8 by chance one time in sixteen, twenty one time in sixty, thirty one time
/// in two hundred.
pub const LEAST_GAMES: u64 = 20;

/// The watched window on the morning of `day`: the seven days before it.
pub fn window(day: Date) -> (Date, Date) {
    (day - TimeDelta::days(WINDOW_DAYS), day - TimeDelta::days(1))
}

/// What can be said on the morning of `day`: the drift score, the log loss of what visitors were shown over the last
/// seven days, the share of features missing, and how old the state is that features show. What is not known is not
/// observed.
///
/// Missing features are those of the day's own predictions in Production; on a day without games, of the drift report.
/// Stale features are those of the day's own predictions, too.
pub fn observe(day: Date, drift: Option<&DriftReport>, logs: &[DayLog]) -> Vec<Observation> {
    let observation =
        |rule: &str, value: f64, detail: String| Observation { rule: rule.to_owned(), day, value, detail };
    let mut seen = Vec::new();
    if let Some(report) = drift {
        let names: Vec<&str> = report.drifted().map(|column| column.column.as_str()).collect();
        let compared = report.columns.iter().filter(|column| column.evidence.is_some()).count();
        let (first, last) = report.current;
        let named = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        let detail = format!("{} of {compared} columns drifted between {first} and {last}{named}.", names.len());
        seen.push(observation(DRIFT_SCORE, report.drift_share, detail));
    }
    let (first, last) = window(day);
    if let Some(scores) = served(logs, (first, last)).filter(|scores| scores.n >= LEAST_GAMES) {
        let detail = format!("Measured over {} games from {first} to {last}.", scores.n);
        seen.push(observation(LOG_LOSS, scores.log_loss, detail));
    }
    if let Some((share, games)) = missing_on(day, logs) {
        let detail = format!("Measured over the features of {games} games on {day}.");
        seen.push(observation(MISSING_FEATURES, share, detail));
    } else if let Some(report) = drift {
        let (first, last) = report.current;
        let detail = format!("Measured over the games from {first} to {last}.");
        seen.push(observation(MISSING_FEATURES, report.missing_share, detail));
    }
    if let Some((since, stale, games)) = stale_on(day, logs) {
        let hours = hours_at_tip_off(since, day) as f64;
        let detail = format!("{stale} of {games} games on {day} were predicted from the state of {since} or later.");
        seen.push(observation(STALE_FEATURES, hours, detail));
    }
    seen
}

/// Since when the stalest of the day's predictions in Production is behind, how many are behind, and of how many.
fn stale_on(day: Date, logs: &[DayLog]) -> Option<(Date, usize, usize)> {
    let log = logs.iter().find(|log| log.day == day)?;
    let served = || log.predictions.iter().filter(|made| made.stage == Stage::Production);
    let stale = || served().filter_map(|made| made.stale_since);
    Some((stale().min()?, stale().count(), served().count()))
}

/// Mean missing share over the day's predictions in Production, and their number.
fn missing_on(day: Date, logs: &[DayLog]) -> Option<(f64, usize)> {
    let log = logs.iter().find(|log| log.day == day)?;
    let shares: Vec<f64> = log
        .predictions
        .iter()
        .filter(|prediction| prediction.stage == Stage::Production)
        .map(|prediction| prediction.missing)
        .collect();
    if shares.is_empty() {
        return None;
    }
    Some((shares.iter().sum::<f64>() / shares.len() as f64, shares.len()))
}
