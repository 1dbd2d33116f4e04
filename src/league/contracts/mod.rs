//! The league's contracts, each declared once as a Rust type, with the rules that fields cannot say.

mod games;
mod judge;
mod others;
mod records;

pub use games::{BEGUN, GamesJudge, SetChecks, games};
pub use judge::{Judge, Place, Spot, Spots};
pub use others::{
    BoxTotalsJudge, OutcomesJudge, PredictionsJudge, TeamSeasonStatsJudge, TeamsJudge, Unique, box_totals, outcomes,
    predictions, team_season_stats, teams,
};
pub use records::{
    BoxRecord, OutcomeRecord, PredictionRecord, TeamRecord, TeamSeasonStats, box_records, season_stats, team_records,
};

use crate::data::Contract;

/// Ids of all contracts, in the order of the data.
pub const IDS: [&str; 6] = ["teams", "games", "box_totals", "team_season_stats", "predictions", "outcomes"];

/// A contract by its id.
pub fn by_id(id: &str) -> Option<&'static Contract> {
    match id {
        "teams" => Some(teams()),
        "games" => Some(games()),
        "box_totals" => Some(box_totals()),
        "team_season_stats" => Some(team_season_stats()),
        "predictions" => Some(predictions()),
        "outcomes" => Some(outcomes()),
        _ => None,
    }
}

/// All contracts, in the order of the data.
pub fn all() -> impl Iterator<Item = &'static Contract> {
    IDS.into_iter().filter_map(by_id)
}

#[cfg(test)]
mod tests;
