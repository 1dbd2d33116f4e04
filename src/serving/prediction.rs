//! Predictions as they were logged before the games, and how they turned out.

use serde::{Deserialize, Serialize};

use crate::base::{Date, Instant};
use crate::registry::Stage;

/// One version's probability for one game, logged before it was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The game.
    pub game_id: String,
    /// Version that predicted.
    pub version: String,
    /// The stage that it had: Production for the champion, Staging for the challenger in the shadow.
    pub stage: Stage,
    /// Probability that the home side wins.
    pub prob_home: f64,
    /// Share of the model's features that were missing.
    pub missing: f64,
}

/// The result of a game that was predicted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The game.
    pub game_id: String,
    /// Whether the home side won.
    pub home_won: bool,
}

/// One day's predictions, written on its morning; outcomes are added once the day is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayLog {
    /// The league day.
    pub day: Date,
    /// When the predictions were made, on the axis of `as_of`: before the day's games.
    pub made_at: Instant,
    /// Predictions of every version that was in Production or Staging, in the order of (game, stage).
    pub predictions: Vec<Prediction>,
    /// Outcomes, empty until the day is settled.
    #[serde(default)]
    pub settled: Vec<Settled>,
}
