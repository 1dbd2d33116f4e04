//! `team_form`: the last ten games.

use std::collections::VecDeque;

use super::season_stats::SeasonStats;
use super::{Fold, Side, push, shrunk, team_key, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, TEAMS, TeamId};

/// Games that count.
const WINDOW: usize = 10;

/// Games that the season's value is worth.
const PRIOR_GAMES: f64 = 5.0;

/// One remembered game.
#[derive(Debug, Clone, Copy)]
struct Recent {
    won: bool,
    margin: f64,
    net_rating: Option<f64>,
}

/// The last ten games of every team in the running season, of any phase.
#[derive(Debug, Default)]
pub struct Form {
    teams: [VecDeque<Recent>; TEAMS.len()],
    season: SeasonStats,
}

impl Fold for Form {
    fn view() -> FeatureView {
        view_of(
            "team_form",
            "team",
            "The last ten games of the running season, of any phase. Means are shrunk toward the team's season: \
             (sum + 5 · season) / (games + 5).",
            &[
                ("games", "games", "Games in the window, at most ten."),
                ("win_share", "share", "Share of them won, shrunk toward the season's win share."),
                ("margin", "points", "Mean margin, shrunk toward 0."),
                ("net_rating", "points per 100 possessions", "Mean net rating, shrunk toward the season's."),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.teams = Default::default();
        self.season.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        for team in TeamId::all() {
            let recent = &self.teams[team.index()];
            let n = recent.len() as f64;
            let wins = recent.iter().filter(|game| game.won).count() as f64;
            let margin: f64 = recent.iter().map(|game| game.margin).sum();
            let boxes = recent.iter().filter_map(|game| game.net_rating);
            let known = boxes.clone().count() as f64;
            let values = [
                n,
                shrunk(wins, n, self.season.win_share(team), PRIOR_GAMES),
                shrunk(margin, n, 0.0, PRIOR_GAMES),
                shrunk(boxes.sum(), known, self.season.net_rating(team), PRIOR_GAMES),
            ];
            push(rows, team_key(team), day, &values);
        }
    }

    fn learn(&mut self, game: &Game) {
        self.season.learn(game);
        for side in Side::both(game).iter().flatten() {
            let recent = &mut self.teams[side.team.index()];
            if recent.len() == WINDOW {
                recent.pop_front();
            }
            let margin = side.points_for - side.points_against;
            recent.push_back(Recent { won: side.won(), margin, net_rating: side.net_rating() });
        }
    }
}
