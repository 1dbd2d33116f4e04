//! The day's features, materialised: the rows that predictions are served from.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::features::TrainingFrame;
use crate::flows::documents::Record;

/// Features of one day's games as they were on its morning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Online {
    /// The day.
    pub day: Date,
    /// Version of the feature set.
    pub feature_version: String,
    /// Names of the features, in order.
    pub features: Vec<String>,
    /// Values by the game's id, in the order of the features; null is missing.
    pub games: BTreeMap<String, Vec<Option<f64>>>,
}

impl Record for Online {
    const KIND: &'static str = "online";
    fn id(&self) -> String {
        "games".to_owned()
    }
}

impl Online {
    /// Takes one day's rows out of a frame.
    pub fn of(frame: &TrainingFrame, day: Date, feature_version: &str) -> Self {
        let start = frame.days.partition_point(|other| *other < day);
        let end = frame.days.partition_point(|other| *other <= day);
        let values = |row: usize| frame.x.row(row).iter().map(|value| (!value.is_nan()).then_some(*value)).collect();
        Self {
            day,
            feature_version: feature_version.to_owned(),
            features: frame.features.clone(),
            games: (start..end).map(|row| (frame.ids[row].clone(), values(row))).collect(),
        }
    }

    /// The rows as a frame without labels, for scoring.
    pub fn frame(&self) -> TrainingFrame {
        let width = self.features.len();
        let mut x = Array2::from_elem((self.games.len(), width), f64::NAN);
        for (row, values) in self.games.values().enumerate() {
            for (column, value) in values.iter().enumerate().take(width) {
                x[[row, column]] = value.unwrap_or(f64::NAN);
            }
        }
        let n = self.games.len();
        TrainingFrame {
            features: self.features.clone(),
            x,
            y: vec![f64::NAN; n],
            ids: self.games.keys().cloned().collect(),
            days: vec![self.day; n],
            groups: vec![0; n],
        }
    }
}
