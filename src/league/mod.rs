//! The NBA: everything about basketball that the engine above does not know.

pub mod checks;
mod contract;
pub mod demo;
pub mod features;
pub mod formats;
mod game;
pub mod team;

pub use contract::games as games_contract;
pub use game::{BoxTotals, Game, GameLog, Phase, Score};
pub use team::{Conference, Division, TEAMS, Team, TeamId};
