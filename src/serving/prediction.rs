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
    /// The morning whose state the features show, where results that should be there since are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<Date>,
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

/// How the picks of one version turned out: the side with the higher probability against the side that won.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picks {
    /// Picks that were right.
    pub right: u64,
    /// Settled games with a pick. A probability of exactly one half picks nobody.
    pub of: u64,
}

impl Picks {
    /// Share of picks that were right; none without a pick.
    pub fn accuracy(self) -> Option<f64> {
        (self.of > 0).then(|| self.right as f64 / self.of as f64)
    }
}

impl Prediction {
    /// Whether the side with the higher probability won; none at exactly one half, which picks nobody.
    pub fn pick_right(&self, home_won: bool) -> Option<bool> {
        pick_right(self.prob_home, home_won)
    }
}

/// Whether the side that a probability favours won; none at exactly one half, which picks nobody.
pub fn pick_right(prob_home: f64, home_won: bool) -> Option<bool> {
    if prob_home == 0.5 || prob_home.is_nan() { None } else { Some((prob_home > 0.5) == home_won) }
}

impl DayLog {
    /// A day's predictions before its games, put in the order of (game, stage).
    pub fn new(day: Date, made_at: Instant, mut predictions: Vec<Prediction>) -> Self {
        predictions.sort_by(|a, b| (&a.game_id, a.stage, &a.version).cmp(&(&b.game_id, b.stage, &b.version)));
        Self { day, made_at, predictions, settled: Vec::new() }
    }

    /// Adds the outcomes of predicted games that have none yet, and says how many. A second call with the same results
    /// adds nothing: an outcome once written stays, and a game that nobody predicted is not this log's.
    pub fn settle<'a>(&mut self, results: impl IntoIterator<Item = (&'a str, bool)>) -> usize {
        let before = self.settled.len();
        for (game_id, home_won) in results {
            if self.outcome(game_id).is_none() && self.predictions.iter().any(|made| made.game_id == game_id) {
                self.settled.push(Settled { game_id: game_id.to_owned(), home_won });
            }
        }
        self.settled.sort_by(|a, b| a.game_id.cmp(&b.game_id));
        self.settled.len() - before
    }

    /// Whether the home side won a game, once that is settled.
    pub fn outcome(&self, game_id: &str) -> Option<bool> {
        self.settled.iter().find(|settled| settled.game_id == game_id).map(|settled| settled.home_won)
    }

    /// Ids of predicted games that have no outcome yet, each once, in order.
    pub fn unsettled(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self
            .predictions
            .iter()
            .map(|made| made.game_id.as_str())
            .filter(|game_id| self.outcome(game_id).is_none())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Every prediction with its game's outcome, as far as it is settled.
    pub fn with_outcomes(&self) -> impl Iterator<Item = (&Prediction, Option<bool>)> {
        self.predictions.iter().map(|made| (made, self.outcome(&made.game_id)))
    }

    /// The picks of the version that had this stage when the day was logged.
    pub fn picks(&self, stage: Stage) -> Picks {
        let mut picks = Picks::default();
        for (made, outcome) in self.with_outcomes().filter(|(made, _)| made.stage == stage) {
            if let Some(right) = outcome.and_then(|home_won| made.pick_right(home_won)) {
                picks.of += 1;
                picks.right += u64::from(right);
            }
        }
        picks
    }
}
