//! The NBA's feature views and the frame that the model is trained on.
//!
//! [`compute`] folds over the games once, in the order of time, and writes one row a team (or league) and day of each
//! season, from its first to its last scheduled day: what was known on the day's morning. Results of the day itself
//! are folded in after the day's rows are written, so a row cannot know them. [`frame`] joins these rows to the games
//! through [`point_in_time_join`](crate::features::point_in_time_join) and makes the model's features out of them.
//!
//! [`compute_all`] adds the views that the model does not need, by the same rules; rows about a pair of teams stand only
//! on the days on which the two meet.
//!
//! The formulas are in `docs/features.md`.

mod adaptive_elo;
mod definitions;
mod elo;
mod filters;
mod form;
mod game_features;
mod home;
mod kalman;
mod opponents;
mod pairs;
mod ratings;
mod schedule;
mod season_stats;
mod splits;

pub use definitions::{SERVICE, definitions, key_name, key_of, keys};
pub use elo::{Elo, expected_home_win};
pub use filters::EdgeParts;
pub use game_features::{
    FEATURE_VERSION, FILTER_EDGE, feature_names, feature_sets, filter_parts, filter_parts_served, frame, frame_of,
    frame_served,
};
pub use pairs::{pair_key, teams_of_pair};
pub use schedule::distance_km;

use std::collections::BTreeMap;

use super::{Game, GameLog, TeamId};
use crate::base::{Date, morning};
use crate::features::{FeatureRows, FeatureView, Field, ValueType};

/// How long a row stays valid: a day, as there is a row for every day of the season.
const TTL_MS: i64 = 24 * 3_600_000;

/// The entity key under which the league's own rows stand.
pub const LEAGUE_KEY: u32 = 0;

/// The entity key of a team.
pub fn team_key(team: TeamId) -> u32 {
    team.index() as u32
}

/// A view with its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewRows {
    /// What it is.
    pub view: FeatureView,
    /// Its rows, in the order of (day, entity key).
    pub rows: FeatureRows,
}

/// The rows of the views that the model needs, as [`compute`] gives them.
#[derive(Debug, Clone, PartialEq)]
pub struct Views {
    /// `team_season_stats`: record and efficiency of the regular season so far.
    pub season_stats: ViewRows,
    /// `team_form`: the last ten games.
    pub form: ViewRows,
    /// `team_elo`: ratings that carry over between seasons.
    pub elo: ViewRows,
    /// `team_schedule`: rest and travel.
    pub schedule: ViewRows,
    /// `league_home`: what home floor was worth lately.
    pub home: ViewRows,
    /// `team_elo_adaptive`: Elo with a home advantage that is learned.
    pub elo_adaptive: ViewRows,
    /// `league_elo_home`: that home advantage.
    pub elo_home: ViewRows,
    /// `team_kalman`: strengths by a Kalman filter.
    pub kalman: ViewRows,
    /// `league_kalman_home`: its home edge.
    pub kalman_home: ViewRows,
    /// `team_filters`: strengths by the two filters of the default model.
    pub filters: ViewRows,
    /// `league_filters`: what they know of the floor, rest and travel.
    pub league_filters: ViewRows,
}

/// Views that the model needs.
const MODELS: usize = 11;

impl Views {
    /// All views in the order in which they are documented.
    pub fn all(&self) -> [&ViewRows; MODELS] {
        [
            &self.season_stats,
            &self.form,
            &self.elo,
            &self.schedule,
            &self.home,
            &self.elo_adaptive,
            &self.elo_home,
            &self.kalman,
            &self.kalman_home,
            &self.filters,
            &self.league_filters,
        ]
    }

    /// The same, taken.
    fn into_all(self) -> [ViewRows; MODELS] {
        [
            self.season_stats,
            self.form,
            self.elo,
            self.schedule,
            self.home,
            self.elo_adaptive,
            self.elo_home,
            self.kalman,
            self.kalman_home,
            self.filters,
            self.league_filters,
        ]
    }
}

/// What a view remembers of the past. A view sees a season begin, is asked for the rows of each day's morning, and is told
/// the day's games afterwards.
trait Fold {
    /// The view's description.
    fn view() -> FeatureView;
    /// A season begins: carry over, forget or regress.
    fn begin_season(&mut self);
    /// Writes the rows of a day's morning; `games` are the day's games, of which only the schedule may be used.
    fn write(&mut self, day: Date, games: &[Game], rows: &mut FeatureRows);
    /// The day is over: learns its games.
    fn learn(&mut self, game: &Game);
}

/// The views that the model needs, without rows.
pub fn views() -> [FeatureView; MODELS] {
    [
        season_stats::SeasonStats::view(),
        form::Form::view(),
        elo::Ratings::view(),
        schedule::Schedule::view(),
        home::Home::view(),
        adaptive_elo::Teams::view(),
        adaptive_elo::HomeAdvantage::view(),
        kalman::Strengths::view(),
        kalman::HomeEdge::view(),
        filters::TeamFilters::view(),
        filters::LeagueFilters::view(),
    ]
}

/// Computes the rows of the views that the model needs over a log, in the order of time.
pub fn compute(log: &GameLog) -> Views {
    let seasons = &seasons_of(log);
    Views {
        season_stats: rows_of(seasons, season_stats::SeasonStats::default()),
        form: rows_of(seasons, form::Form::default()),
        elo: rows_of(seasons, elo::Ratings::default()),
        schedule: rows_of(seasons, schedule::Schedule::default()),
        home: rows_of(seasons, home::Home::default()),
        elo_adaptive: rows_of(seasons, adaptive_elo::Teams::default()),
        elo_home: rows_of(seasons, adaptive_elo::HomeAdvantage::default()),
        kalman: rows_of(seasons, kalman::Strengths::default()),
        kalman_home: rows_of(seasons, kalman::HomeEdge::default()),
        filters: rows_of(seasons, filters::TeamFilters::default()),
        league_filters: rows_of(seasons, filters::LeagueFilters::default()),
    }
}

/// All views, without rows, in the order in which they are documented: those of [`views`] and then those that the model
/// does not need.
pub fn all_views() -> Vec<FeatureView> {
    let more =
        [ratings::Efficiency::view(), splits::Splits::view(), opponents::Opponents::view(), pairs::HeadToHead::view()];
    views().into_iter().chain(more).collect()
}

/// Computes the rows of all views over a log, in the order of [`all_views`].
pub fn compute_all(log: &GameLog) -> Vec<ViewRows> {
    complete(log, compute(log))
}

/// All views of a log, those of the model having been computed before.
pub fn complete(log: &GameLog, models: Views) -> Vec<ViewRows> {
    let seasons = seasons_of(log);
    let more = [
        rows_of(&seasons, ratings::Efficiency::default()),
        rows_of(&seasons, splits::Splits::default()),
        rows_of(&seasons, opponents::Opponents::default()),
        rows_of(&seasons, pairs::HeadToHead::default()),
    ];
    models.into_all().into_iter().chain(more).collect()
}

/// The games of each season in order. A season has at least one.
fn seasons_of(log: &GameLog) -> Vec<Vec<Game>> {
    let of = |season: u16| log.games().iter().filter(|game| game.season == season).cloned().collect();
    log.seasons().into_iter().map(of).collect()
}

fn rows_of<F: Fold>(seasons: &[Vec<Game>], mut fold: F) -> ViewRows {
    let view = F::view();
    let mut rows = FeatureRows::empty(view.fields.len());
    for games in seasons {
        let (Some(first), Some(last)) = (games.first(), games.last()) else { continue };
        fold.begin_season();
        let mut rest = games.as_slice();
        for day in first.date.iter_days().take_while(|day| *day <= last.date) {
            let (today, later) = rest.split_at(rest.partition_point(|game| game.date <= day));
            fold.write(day, today, &mut rows);
            today.iter().for_each(|game| fold.learn(game));
            rest = later;
        }
    }
    ViewRows { view, rows }
}

/// Adds a row that speaks of a day's morning and was known by then.
fn push(rows: &mut FeatureRows, key: u32, day: Date, values: &[f64]) {
    let at = morning(day).timestamp_millis();
    rows.push(key, at, at, values);
}

fn view_of(name: &str, entity: &str, description: &str, fields: &[(&str, &str, &str)]) -> FeatureView {
    let field = |(name, unit, description): &(&str, &str, &str)| Field {
        name: (*name).to_owned(),
        dtype: match *unit {
            "flag" => ValueType::Bool,
            "games" | "days" => ValueType::Int64,
            _ => ValueType::Float64,
        },
        unit: (*unit).to_owned(),
        description: (*description).to_owned(),
    };
    FeatureView {
        name: name.to_owned(),
        entities: vec![entity.to_owned()],
        version: 1,
        ttl_ms: Some(TTL_MS),
        description: description.to_owned(),
        owner: "LineLogic".to_owned(),
        tags: BTreeMap::from([("league".to_owned(), "nba".to_owned())]),
        source: "games".to_owned(),
        fields: fields.iter().map(field).collect(),
    }
}

/// Possessions of a game: the mean of both sides' estimates. None where box totals are missing or make no sense.
fn possessions(game: &Game) -> Option<f64> {
    let both = (game.home_box?.possessions() + game.visitor_box?.possessions()) / 2.0;
    (both > 0.0).then_some(both)
}

/// What the home side won a played game by.
fn margin(game: &Game) -> Option<f64> {
    game.score.map(|score| f64::from(score.home) - f64::from(score.visitor))
}

/// A played game from one side: whose, points for and against, and the net rating per 100 possessions if it is known.
struct Side {
    team: TeamId,
    points_for: f64,
    points_against: f64,
    possessions: Option<f64>,
}

impl Side {
    /// Both sides of a played game, the home side first.
    fn both(game: &Game) -> Option<[Side; 2]> {
        let score = game.score?;
        let (home, visitor) = (f64::from(score.home), f64::from(score.visitor));
        let possessions = possessions(game);
        Some([
            Side { team: game.home, points_for: home, points_against: visitor, possessions },
            Side { team: game.visitor, points_for: visitor, points_against: home, possessions },
        ])
    }

    fn won(&self) -> bool {
        self.points_for > self.points_against
    }

    fn net_rating(&self) -> Option<f64> {
        self.possessions.map(|possessions| 100.0 * (self.points_for - self.points_against) / possessions)
    }
}

/// A mean shrunk toward a prior: `(sum + weight · prior) / (n + weight)`.
fn shrunk(sum: f64, n: f64, prior: f64, weight: f64) -> f64 {
    (sum + weight * prior) / (n + weight)
}

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod leak_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod views_tests;
