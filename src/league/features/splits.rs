//! `team_splits`: at home and on the road.

use super::season_stats::{Mean, SeasonStats};
use super::{Fold, margin, push, shrunk, team_key, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, Phase, TEAMS, TeamId};

/// Games that the prior is worth. What a team is at home beyond its season and the league's edge is mostly chance, and
/// the fit weighs it accordingly (`docs/features.md`).
const PRIOR_GAMES: f64 = 100.0;

/// Games on one kind of floor.
#[derive(Debug, Clone, Copy, Default)]
struct Floor {
    wins: Mean,
    margin: Mean,
}

impl Floor {
    fn add(&mut self, margin: f64) {
        self.wins.add(f64::from(margin > 0.0));
        self.margin.add(margin);
    }

    /// Games, wins, win share and margin, shrunk toward these priors.
    fn values(&self, win_share: f64, margin: f64) -> [f64; 4] {
        [
            self.wins.n,
            self.wins.sum,
            shrunk(self.wins.sum, self.wins.n, win_share.clamp(0.0, 1.0), PRIOR_GAMES),
            shrunk(self.margin.sum, self.margin.n, margin, PRIOR_GAMES),
        ]
    }
}

/// The regular season of every team so far, parted by floor.
#[derive(Debug, Default)]
pub struct Splits {
    home: [Floor; TEAMS.len()],
    road: [Floor; TEAMS.len()],
    /// The home sides' games of the running season and of the one before.
    league: Floor,
    last_league: Floor,
    season: SeasonStats,
}

impl Splits {
    /// What the home floor adds to a win share and to a margin: the home sides' means over the last season and this one.
    /// Nothing while no such game is known.
    fn edge(&self) -> (f64, f64) {
        let (now, last) = (&self.league, &self.last_league);
        let share = now.wins.joined(last.wins).value().unwrap_or(0.5) - 0.5;
        (share, now.margin.joined(last.margin).value().unwrap_or(0.0))
    }
}

impl Fold for Splits {
    fn view() -> FeatureView {
        view_of(
            "team_splits",
            "team",
            "The regular season so far at home and on the road; games on neutral floors count in neither. Means are \
             shrunk toward the team's season with the league's home edge added or taken away: \
             (sum + 100 · prior) / (games + 100).",
            &[
                ("home_games", "games", "Games at home."),
                ("home_wins", "games", "Of them won."),
                ("home_win_share", "share", "Share of them won, shrunk."),
                ("home_margin", "points", "Mean margin in them, shrunk."),
                ("road_games", "games", "Games on the other side's floor."),
                ("road_wins", "games", "Of them won."),
                ("road_win_share", "share", "Share of them won, shrunk."),
                ("road_margin", "points", "Mean margin in them, shrunk."),
            ],
        )
    }

    fn begin_season(&mut self) {
        (self.home, self.road) = Default::default();
        self.last_league = std::mem::take(&mut self.league);
        self.season.begin_season();
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        let (share_edge, margin_edge) = self.edge();
        for team in TeamId::all() {
            let (share, margin) = (self.season.win_share(team), self.season.margin(team));
            let home = self.home[team.index()].values(share + share_edge, margin + margin_edge);
            let road = self.road[team.index()].values(share - share_edge, margin - margin_edge);
            let mut values = [0.0; 8];
            values[..4].copy_from_slice(&home);
            values[4..].copy_from_slice(&road);
            push(rows, team_key(team), day, &values);
        }
    }

    fn learn(&mut self, game: &Game) {
        self.season.learn(game);
        let Some(margin) = margin(game) else { return };
        if game.phase == Phase::Regular && !game.neutral {
            self.home[game.home.index()].add(margin);
            self.road[game.visitor.index()].add(-margin);
            self.league.add(margin);
        }
    }
}
