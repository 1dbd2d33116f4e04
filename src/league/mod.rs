//! The NBA: everything about basketball that the engine above does not know.

pub mod contracts;
pub mod demo;
pub mod features;
mod game;
pub mod providers;
pub mod team;

pub use contracts::games as games_contract;
pub use game::{BoxTotals, Game, GameLog, Phase, Score};
pub use team::{Conference, Division, TEAMS, Team, TeamId};
