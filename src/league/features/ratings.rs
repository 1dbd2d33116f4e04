//! `team_ratings`: points per 100 possessions, and the four factors as far as box totals allow.

use super::season_stats::{Mean, carried};
use super::{Fold, possessions, push, team_key, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{BoxTotals, Game, Phase, TEAMS, TeamId};

/// Figures of one side of a game: offensive rating, turnover share, free throw rate, offensive rebounds, true shooting.
const FIGURES: usize = 5;

/// Means of the figures.
type Means = [Mean; FIGURES];

/// One team's season: what it did, and what was done against it.
#[derive(Debug, Clone, Copy, Default)]
struct Season {
    own: Means,
    allowed: Means,
}

/// The regular season of every team so far, and the one before.
#[derive(Debug, Default)]
pub struct Efficiency {
    teams: [Season; TEAMS.len()],
    last: [Season; TEAMS.len()],
    /// Means over both sides of every game; what all allow is what all do.
    league: Means,
    last_league: Means,
}

/// A share, unless there is nothing to take it of.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// The figures of one side of a game with so many possessions.
fn figures(points: u16, totals: &BoxTotals, possessions: f64) -> [Option<f64>; FIGURES] {
    let (points, fga, fta) = (f64::from(points), f64::from(totals.fga), f64::from(totals.fta));
    [
        Some(100.0 * points / possessions),
        Some(f64::from(totals.tov) / possessions),
        ratio(fta, fga),
        Some(100.0 * f64::from(totals.oreb) / possessions),
        ratio(points, 2.0 * totals.chances()),
    ]
}

fn add(means: &mut Means, figures: &[Option<f64>; FIGURES]) {
    for (mean, figure) in means.iter_mut().zip(figures) {
        if let Some(figure) = figure {
            mean.add(*figure);
        }
    }
}

impl Fold for Efficiency {
    fn view() -> FeatureView {
        let per_100 = "points per 100 possessions";
        view_of(
            "team_ratings",
            "team",
            "Offence and defence of the regular season so far, from games with box totals. Every field is the mean of \
             its games' figures, shrunk toward last season's, regressed to the league's mean: \
             (sum + 24 · prior) / (games + 24). The shooting and rebounding shares of the four factors need made shots \
             and defensive rebounds, which box totals lack; true shooting and rebounds per 100 possessions stand in.",
            &[
                ("offensive_rating", per_100, "Points scored per 100 possessions."),
                ("defensive_rating", per_100, "Points allowed per 100 possessions."),
                ("turnover_share", "share", "Turnovers by possessions."),
                ("opponent_turnover_share", "share", "The opponents' turnovers by possessions."),
                ("free_throw_rate", "free throws per shot", "Free throws attempted by field goals attempted."),
                ("opponent_free_throw_rate", "free throws per shot", "The opponents' free throw rate."),
                ("offensive_rebounds", "rebounds per 100 possessions", "Offensive rebounds per 100 possessions."),
                (
                    "opponent_offensive_rebounds",
                    "rebounds per 100 possessions",
                    "The opponents' offensive rebounds per 100 possessions.",
                ),
                ("true_shooting", "share", "Points by 2 · (FGA + 0.44 · FTA)."),
                ("opponent_true_shooting", "share", "The opponents' true shooting."),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.last = std::mem::take(&mut self.teams);
        self.last_league = std::mem::take(&mut self.league);
    }

    fn write(&mut self, day: Date, _games: &[Game], rows: &mut FeatureRows) {
        for team in TeamId::all() {
            let (now, last) = (&self.teams[team.index()], &self.last[team.index()]);
            let mut values = [0.0; 2 * FIGURES];
            for at in 0..FIGURES {
                let league = (self.league[at], self.last_league[at]);
                values[2 * at] = carried(now.own[at], last.own[at], league);
                values[2 * at + 1] = carried(now.allowed[at], last.allowed[at], league);
            }
            push(rows, team_key(team), day, &values);
        }
    }

    fn learn(&mut self, game: &Game) {
        let (Phase::Regular, Some(score)) = (game.phase, game.score) else { return };
        let (Some(home), Some(visitor), Some(possessions)) = (game.home_box, game.visitor_box, possessions(game))
        else {
            return;
        };
        let home = figures(score.home, &home, possessions);
        let visitor = figures(score.visitor, &visitor, possessions);
        for (team, own, allowed) in [(game.home, &home, &visitor), (game.visitor, &visitor, &home)] {
            let season = &mut self.teams[team.index()];
            add(&mut season.own, own);
            add(&mut season.allowed, allowed);
            add(&mut self.league, own);
        }
    }
}
