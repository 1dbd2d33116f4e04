//! `team_season_stats`: record and efficiency of the regular season so far.

use super::{Fold, Side, push, shrunk, team_key, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, Phase, TEAMS, TeamId};

/// Games that the prior is worth.
const PRIOR_GAMES: f64 = 24.0;

/// Share of last season's distance from the league's mean that is expected to last.
const CARRY: f64 = 0.7;

/// Sums over one team's regular season, or over the league's.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    games: f64,
    wins: f64,
    points_for: f64,
    points_against: f64,
    /// Games with box totals, and sums over these.
    boxes: f64,
    net_rating: f64,
    pace: f64,
}

impl Totals {
    fn add(&mut self, side: &Side) {
        self.games += 1.0;
        self.wins += f64::from(side.won());
        self.points_for += side.points_for;
        self.points_against += side.points_against;
        if let (Some(net_rating), Some(possessions)) = (side.net_rating(), side.possessions) {
            self.boxes += 1.0;
            self.net_rating += net_rating;
            self.pace += possessions;
        }
    }
}

/// A mean, if there is anything to take it of.
fn mean(sum: f64, n: f64) -> Option<f64> {
    (n > 0.0).then(|| sum / n)
}

/// A sum over games, and of how many.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    /// The sum.
    pub(super) sum: f64,
    /// How many games are in it.
    pub(super) n: f64,
}

impl Mean {
    /// One game more.
    pub(super) fn add(&mut self, value: f64) {
        self.sum += value;
        self.n += 1.0;
    }

    /// The mean, if there is anything to take it of.
    pub(super) fn value(self) -> Option<f64> {
        mean(self.sum, self.n)
    }

    /// The mean of the games of both.
    pub(super) fn joined(self, other: Mean) -> Mean {
        Mean { sum: self.sum + other.sum, n: self.n + other.n }
    }
}

/// A per-game mean shrunk toward last season's, regressed to the league's; `league` is this season's and the last's. Null
/// while neither the team's past nor the league's says anything.
pub(super) fn carried(now: Mean, before: Mean, (league, last_league): (Mean, Mean)) -> f64 {
    let Some(mean) = last_league.value().or_else(|| league.value()) else { return f64::NAN };
    let lasting = match (before.value(), last_league.value()) {
        (Some(team), Some(league)) => CARRY * (team - league),
        _ => 0.0,
    };
    shrunk(now.sum, now.n, mean + lasting, PRIOR_GAMES)
}

/// The season of every team so far, and the one before.
#[derive(Debug, Default)]
pub struct SeasonStats {
    teams: [Totals; TEAMS.len()],
    league: Totals,
    last: [Totals; TEAMS.len()],
    last_league: Totals,
}

impl SeasonStats {
    /// One of the totals as [`carried`] from last season.
    fn mean_of(&self, team: TeamId, of: fn(&Totals) -> Mean) -> f64 {
        let (now, before) = (&self.teams[team.index()], &self.last[team.index()]);
        carried(of(now), of(before), (of(&self.league), of(&self.last_league)))
    }

    /// The net rating, whose league mean is 0 by its definition. Null while no game with box totals is known.
    pub(super) fn net_rating(&self, team: TeamId) -> f64 {
        if self.league.boxes + self.last_league.boxes == 0.0 {
            return f64::NAN;
        }
        let (now, before) = (&self.teams[team.index()], &self.last[team.index()]);
        let prior = CARRY * mean(before.net_rating, before.boxes).unwrap_or(0.0);
        shrunk(now.net_rating, now.boxes, prior, PRIOR_GAMES)
    }

    /// The margin, whose league mean is 0: points for less points against, but known from the first morning on.
    pub(super) fn margin(&self, team: TeamId) -> f64 {
        let (now, before) = (&self.teams[team.index()], &self.last[team.index()]);
        let of = |totals: &Totals| totals.points_for - totals.points_against;
        shrunk(of(now), now.games, CARRY * mean(of(before), before.games).unwrap_or(0.0), PRIOR_GAMES)
    }

    /// The win share, whose league mean is ½.
    pub(super) fn win_share(&self, team: TeamId) -> f64 {
        let (now, before) = (&self.teams[team.index()], &self.last[team.index()]);
        let prior = 0.5 + CARRY * (mean(before.wins, before.games).unwrap_or(0.5) - 0.5);
        shrunk(now.wins, now.games, prior, PRIOR_GAMES)
    }
}

impl Fold for SeasonStats {
    fn view() -> FeatureView {
        view_of(
            "team_season_stats",
            "team",
            "Record and efficiency of the regular season so far. Means are shrunk toward last season's, regressed to \
             the league's mean: (sum + 24 · prior) / (games + 24). Play-in, playoffs and Cup final do not count.",
            &[
                ("games_played", "games", "Regular-season games played."),
                ("wins", "games", "Of them won."),
                ("losses", "games", "Of them lost."),
                ("win_share", "share", "Wins by games, shrunk toward 0.5 + 0.7 · (last season's − 0.5)."),
                ("points_for", "points per game", "Points scored, shrunk."),
                ("points_against", "points per game", "Points allowed, shrunk."),
                (
                    "net_rating",
                    "points per 100 possessions",
                    "Margin per 100 possessions, shrunk toward 0.7 · last season's.",
                ),
                ("pace", "possessions per game", "Mean of both sides' possessions, shrunk."),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.last = std::mem::take(&mut self.teams);
        self.last_league = std::mem::take(&mut self.league);
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        for team in TeamId::all() {
            let now = &self.teams[team.index()];
            let values = [
                now.games,
                now.wins,
                now.games - now.wins,
                self.win_share(team),
                self.mean_of(team, |t| Mean { sum: t.points_for, n: t.games }),
                self.mean_of(team, |t| Mean { sum: t.points_against, n: t.games }),
                self.net_rating(team),
                self.mean_of(team, |t| Mean { sum: t.pace, n: t.boxes }),
            ];
            push(rows, team_key(team), day, &values);
        }
    }

    fn learn(&mut self, game: &Game) {
        if game.phase != Phase::Regular {
            return;
        }
        for side in Side::both(game).iter().flatten() {
            self.teams[side.team.index()].add(side);
            self.league.add(side);
        }
    }
}
