//! Rules that watch a number, and what they raise.

use serde::{Deserialize, Serialize};

use crate::base::Date;

/// Name of the rule over [`DriftReport::drift_share`](super::DriftReport::drift_share).
pub const DRIFT_SCORE: &str = "drift_score";
/// Name of the rule over the log loss of what visitors were shown.
pub const LOG_LOSS: &str = "log_loss";
/// Name of the rule over the share of missing feature values.
pub const MISSING_FEATURES: &str = "missing_features";
/// Name of the rule over the age of the state that features show, in hours at tip-off.
pub const STALE_FEATURES: &str = "stale_features";

/// Name of the alert that a source could not be had.
pub const SOURCE_UNAVAILABLE: &str = "source_unavailable";

/// A bound on a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertRule {
    /// Its name: `drift_score`, `log_loss`, `missing_features`, `stale_features`.
    pub name: String,
    /// Raises above this.
    pub above: f64,
    /// What it watches and what to do, for people.
    pub description: String,
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// The day it speaks of.
    pub day: Date,
    /// What was found.
    pub value: f64,
    /// The rule's bound at that time.
    pub above: f64,
    /// What it means, for people.
    pub message: String,
}

/// A number that a rule may watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Name of the rule that watches it.
    pub rule: String,
    /// The day it speaks of.
    pub day: Date,
    /// The number.
    pub value: f64,
    /// What it was taken from, as a sentence that can stand alone.
    pub detail: String,
}

/// The rules that every installation starts with.
pub fn default_rules() -> Vec<AlertRule> {
    let rule = |name: &str, above: f64, description: &str| AlertRule {
        name: name.to_owned(),
        above,
        description: description.to_owned(),
    };
    vec![
        rule(
            DRIFT_SCORE,
            0.3,
            "Too many columns differ from the reference window. Look at the drift report, and train again if the \
             change is real.",
        ),
        rule(
            LOG_LOSS,
            0.8,
            "The predictions shown to visitors were worse than a coin's (0.693). Compare the versions on the same \
             games, and roll back or train again.",
        ),
        rule(
            MISSING_FEATURES,
            0.05,
            "Too many feature values are missing. Check the last ingest for refused rows and missing columns.",
        ),
        rule(
            STALE_FEATURES,
            72.0,
            "Results that should be there are missing, and features show an older state (hours at tip-off). Ingest \
             newer data, and look at the provider's status if there is none.",
        ),
    ]
}

/// Holds the observations against the rules, in the order of the rules. A value at its bound is fine; NaN says nothing
/// and raises nothing.
pub fn evaluate(rules: &[AlertRule], observations: &[Observation]) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for rule in rules {
        let broken = observations.iter().filter(|seen| seen.rule == rule.name && seen.value > rule.above);
        alerts.extend(broken.map(|seen| Alert {
            rule: rule.name.clone(),
            day: seen.day,
            value: seen.value,
            above: rule.above,
            message: format!(
                "{} is {}, above {}. {} {}",
                rule.name.replace('_', " "),
                rounded(seen.value),
                rounded(rule.above),
                seen.detail,
                rule.description
            ),
        }));
    }
    alerts
}

/// A source could not be had for this reason, and its last good snapshot, of so many hours ago, stays in use.
pub fn source_unavailable(source: &str, reason: &str, hours: f64, day: Date) -> Alert {
    Alert {
        rule: SOURCE_UNAVAILABLE.to_owned(),
        day,
        value: hours.max(0.0),
        above: 0.0,
        message: format!(
            "{source} cannot be had: {reason}. The last good snapshot, {} hours old, stays in use. Run the ingest \
             again later; if that does not help, look at the provider's status.",
            rounded(hours.max(0.0))
        ),
    }
}

/// Three decimals at most, without trailing zeros.
fn rounded(value: f64) -> String {
    let text = format!("{value:.3}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
