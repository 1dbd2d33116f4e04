//! `team_opponents`: how strong the opponents were.

use super::elo::Elo;
use super::home::Margins;
use super::season_stats::Mean;
use super::{Fold, push, team_key, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, Phase, TEAMS, TeamId};

/// The opponents' ratings that a team met.
#[derive(Debug, Clone, Copy, Default)]
struct Faced {
    elo: Mean,
    margin_rating: Mean,
}

/// Strength of schedule of the regular season so far.
#[derive(Debug, Default)]
pub struct Opponents {
    elo: Elo,
    margins: Margins,
    /// The ratings of the day's morning, by which its games are weighed.
    morning: (Elo, Margins),
    teams: [Faced; TEAMS.len()],
}

impl Fold for Opponents {
    fn view() -> FeatureView {
        view_of(
            "team_opponents",
            "team",
            "Strength of schedule: the opponents of the regular season so far, each with its rating of team_elo on the \
             morning of the game. Not shrunk; null before the first game. Games to come do not count.",
            &[
                ("games", "games", "Regular-season games played."),
                ("elo", "Elo points", "Mean Elo rating of the opponents."),
                ("margin_rating", "points", "Mean margin rating of the opponents."),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.elo.begin_season();
        self.margins.begin_season();
        self.teams = Default::default();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        self.morning = (self.elo.clone(), self.margins.clone());
        for team in TeamId::all() {
            let faced = &self.teams[team.index()];
            let mean = |of: Mean| of.value().unwrap_or(f64::NAN);
            push(rows, team_key(team), day, &[faced.elo.n, mean(faced.elo), mean(faced.margin_rating)]);
        }
    }

    fn learn(&mut self, game: &Game) {
        self.elo.learn(game);
        self.margins.learn(game);
        if game.phase != Phase::Regular || game.score.is_none() {
            return;
        }
        let (elo, margins) = &self.morning;
        for (team, opponent) in [(game.home, game.visitor), (game.visitor, game.home)] {
            let faced = &mut self.teams[team.index()];
            faced.elo.add(elo.rating(opponent));
            faced.margin_rating.add(margins.rating(opponent));
        }
    }
}
