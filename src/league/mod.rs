//! The NBA: everything about basketball that the engine above does not know.

pub mod features;
mod game;
pub mod team;

pub use game::{BoxTotals, Game, GameLog, Phase, Score};
pub use team::{Conference, Division, TEAMS, Team, TeamId};
