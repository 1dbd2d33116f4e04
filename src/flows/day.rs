//! What a page shows of one league day: pure, from the games, the day's log and the visitor's variant.

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::data::SourceKind;
use crate::league::Game;

/// One game as a fan sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameCard {
    /// The game, with its result if it is known by the page's `as_of`.
    pub game: Game,
    /// Probability that the home side wins, by the version this visitor is shown; none where no version could predict.
    pub prob_home: Option<f64>,
    /// Probability by the other version, scored in the shadow, with that version's name.
    pub shadow: Option<(String, f64)>,
    /// Whether the side with the higher probability won; none while the game is to come.
    pub pick_right: Option<bool>,
    /// Share of the model's features that were missing for this game.
    pub missing: f64,
}

/// A league day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayView {
    /// The day.
    pub day: Date,
    /// The page's `as_of`: the morning of "tonight".
    pub today: Date,
    /// The game day before.
    pub previous: Option<Date>,
    /// The game day after.
    pub next: Option<Date>,
    /// Simulated or real results.
    pub source_kind: SourceKind,
    /// The version that this visitor is shown, such as `1.4.0`.
    pub version: Option<String>,
    /// Arm of the rollout: `champion` or `challenger`.
    pub variant: String,
    /// Whether the probabilities were logged before the games, or computed now from what was known on that morning.
    pub logged: bool,
    /// What the reader should know, such as "No model was in production on this day".
    pub notes: Vec<String>,
    /// The games.
    pub games: Vec<GameCard>,
}
