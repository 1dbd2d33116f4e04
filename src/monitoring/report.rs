//! What a comparison of two windows found.

use serde::{Deserialize, Serialize};

use crate::base::Date;

/// What speaks for drift, with its direction: a p-value drifts at or below its threshold, a distance at or above.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "evidence", content = "value", rename_all = "snake_case")]
pub enum Evidence {
    /// Small is drift.
    PValue(f64),
    /// Large is drift.
    Distance(f64),
}

/// One column of a drift report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// The feature, or `prediction`.
    pub column: String,
    /// The test, such as `ks` or `chisquare`.
    pub stattest: String,
    /// The test's statistic: infinite where chi-squared meets a new category, NaN if a window had no value.
    #[serde(with = "super::number")]
    pub statistic: f64,
    /// What it came to; none if a window had no value.
    pub evidence: Option<Evidence>,
    /// From where on it counts as drift.
    pub threshold: f64,
    /// Whether it does.
    pub drifted: bool,
    /// Means of the two windows; NaN for text and where a window had no value.
    #[serde(with = "super::number")]
    pub reference_mean: f64,
    /// See `reference_mean`.
    #[serde(with = "super::number")]
    pub current_mean: f64,
    /// Values present in the two windows.
    pub reference_n: u64,
    /// See `reference_n`.
    pub current_n: u64,
    /// Share of missing values in the two windows.
    pub reference_missing: f64,
    /// See `reference_missing`.
    pub current_missing: f64,
}

/// Features and predictions of a current window held against a reference window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftReport {
    /// First and last day of the reference window.
    pub reference: (Date, Date),
    /// First and last day of the current window.
    pub current: (Date, Date),
    /// One entry a feature, and `prediction` last.
    pub columns: Vec<ColumnDrift>,
    /// Share of the columns that could be compared which drifted, 0 to 1: the drift score.
    pub drift_share: f64,
    /// Share of feature values missing in the current window.
    pub missing_share: f64,
}

impl DriftReport {
    /// Puts a report together from its columns.
    pub fn new(reference: (Date, Date), current: (Date, Date), columns: Vec<ColumnDrift>) -> Self {
        let features = || columns.iter().filter(|column| column.column != PREDICTION);
        let count = features().count();
        let missing: f64 = features().map(|column| column.current_missing).sum();
        let missing_share = if count == 0 { 0.0 } else { missing / count as f64 };
        Self { reference, current, drift_share: super::drift_share(&columns), missing_share, columns }
    }

    /// The columns that drifted, in the report's order.
    pub fn drifted(&self) -> impl Iterator<Item = &ColumnDrift> {
        self.columns.iter().filter(|column| column.drifted)
    }
}

/// Name of the column that holds the model's probability.
pub const PREDICTION: &str = "prediction";
