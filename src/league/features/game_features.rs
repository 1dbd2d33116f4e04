//! From joined rows to the features of a game.

use ndarray::Array2;

use super::filters::{self, Belief, Beliefs, EFFECTS, EdgeParts, FIGURES};
use super::kalman::Estimate;
use super::{LEAGUE_KEY, ViewRows, Views, compute, team_key};
use crate::base::tip_off;
use crate::features::{EntityRows, FeatureView, OnlineView, TrainingFrame, get_online, point_in_time_join};
use crate::league::{Game, GameLog};
use crate::learn::FeatureSet;

/// Version of the model's features: raised with every change of their list, order or formula. A model carries the
/// version that it was trained on, and another one is refused.
pub const FEATURE_VERSION: &str = "2.0.0";

/// The feature that [`filter_parts`] takes apart.
pub const FILTER_EDGE: &str = "filter_edge";

/// Elo points that are worth one point of margin (FiveThirtyEight's rule of thumb).
const ELO_PER_POINT: f64 = 28.0;

/// What is known of one side of a game at tip-off.
#[derive(Debug, Clone, Copy)]
struct Side {
    elo: f64,
    adaptive_elo: f64,
    kalman: f64,
    net_rating: f64,
    win_share: f64,
    form: f64,
    /// Rest, travel and margin rating.
    morning: filters::Side,
    /// Strengths by the two filters.
    whole: Estimate,
    split: Estimate,
}

/// What the home floor and the rest are worth at tip-off; all of the home edges are 0 on a neutral floor.
#[derive(Debug, Clone, Copy)]
struct League {
    /// Points.
    floor: f64,
    /// Elo points.
    adaptive_floor: f64,
    /// Points.
    kalman_floor: f64,
    /// Effects by the two filters.
    whole: [Estimate; FIGURES],
    split: [Estimate; FIGURES],
}

/// What is known of a game at tip-off.
struct Known {
    home: Side,
    visitor: Side,
    league: League,
    neutral: bool,
}

impl Known {
    fn difference(&self, of: fn(&Side) -> f64) -> f64 {
        of(&self.home) - of(&self.visitor)
    }

    fn beliefs(&self) -> Beliefs {
        let (home, visitor) = (&self.home, &self.visitor);
        Beliefs {
            whole: Belief { home: home.whole, visitor: visitor.whole, effects: self.league.whole },
            split: Belief { home: home.split, visitor: visitor.split, effects: self.league.split },
            figures: filters::figures(&home.morning, &visitor.morning, self.neutral),
        }
    }
}

type Formula = fn(&Known) -> f64;

/// Name and formula of each feature, in the order of the frame's columns. The default model reads the first; from the
/// fourth on they are the ratings, whose edges in points share the league's recent home edge, so that a model moves with
/// it.
const FEATURES: [(&str, Formula); 14] = [
    (FILTER_EDGE, |game| game.beliefs().edge()),
    ("kalman_edge", |game| game.difference(|side| side.kalman) + game.league.kalman_floor),
    ("adaptive_elo_edge", |game| {
        (game.difference(|side| side.adaptive_elo) + game.league.adaptive_floor) / ELO_PER_POINT
    }),
    ("elo_edge", |game| game.difference(|side| side.elo) / ELO_PER_POINT + game.league.floor),
    ("margin_edge", |game| game.difference(|side| side.morning.margin_rating) + game.league.floor),
    ("net_rating_edge", |game| game.difference(|side| side.net_rating) + game.league.floor),
    ("win_share_difference", |game| game.difference(|side| side.win_share)),
    ("form_difference", |game| game.difference(|side| side.form)),
    ("rest_difference", |game| game.difference(|side| side.morning.rest)),
    ("back_to_back_home", |game| game.home.morning.back_to_back),
    ("back_to_back_visitor", |game| game.visitor.morning.back_to_back),
    ("third_in_four_difference", |game| game.difference(|side| side.morning.third_in_four)),
    ("travel_difference", |game| game.difference(|side| side.morning.distance)),
    ("neutral", |game| f64::from(game.neutral)),
];

/// Features that come before the ratings.
const EDGES: usize = 3;

/// Names of all features, in order.
pub fn feature_names() -> Vec<String> {
    FEATURES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Features that go together, the default model's first.
pub fn feature_sets() -> Vec<FeatureSet> {
    let of = |name: &str, features: &[String]| FeatureSet { name: name.to_owned(), features: features.to_vec() };
    let all = feature_names();
    vec![of("default", &all[..1]), of("ratings", &all[EDGES..]), of("wide", &all)]
}

/// Every game of the log with its features as they were at tip-off and whether the home side won (NaN for games to
/// come), of every phase, in the order of the log; a group is a season.
///
/// A feature is NaN where something that it needs is not known, such as a net rating without box totals.
pub fn frame(log: &GameLog) -> TrainingFrame {
    frame_of(log, &compute(log))
}

/// The same from views that were computed before, of this log or of one that goes on beyond it.
pub fn frame_of(log: &GameLog, views: &Views) -> TrainingFrame {
    frame_over(log.games(), &Columns::joined(log.games(), views))
}

/// The frame of games from the rows that are served: each game asks the online store at its tip-off. What is not
/// served, or is outside its maximum age, is missing.
pub fn frame_served(games: &[Game], served: &[OnlineView]) -> TrainingFrame {
    frame_over(games, &Columns::served(games, served))
}

/// The `filter_edge` of each of some games taken apart, from views of a log that has them.
pub fn filter_parts(games: &[Game], views: &Views) -> Vec<EdgeParts> {
    parts_over(games, &Columns::joined(games, views))
}

/// The same from the rows that are served.
pub fn filter_parts_served(games: &[Game], served: &[OnlineView]) -> Vec<EdgeParts> {
    parts_over(games, &Columns::served(games, served))
}

fn parts_over(games: &[Game], columns: &Columns) -> Vec<EdgeParts> {
    beliefs_over(games, columns).iter().map(Beliefs::parts).collect()
}

fn beliefs_over(games: &[Game], columns: &Columns) -> Vec<Beliefs> {
    columns.known(games).iter().map(Known::beliefs).collect()
}

/// What the two filters believe of each of some games, from views of a log that has them.
#[cfg(test)]
pub(super) fn beliefs(games: &[Game], views: &Views) -> Vec<Beliefs> {
    beliefs_over(games, &Columns::joined(games, views))
}

fn frame_over(games: &[Game], columns: &Columns) -> TrainingFrame {
    let known = columns.known(games);
    let mut x = Array2::zeros((games.len(), FEATURES.len()));
    for (mut row, known) in x.rows_mut().into_iter().zip(&known) {
        for (value, (_, formula)) in row.iter_mut().zip(&FEATURES) {
            *value = formula(known);
        }
    }
    TrainingFrame {
        features: feature_names(),
        x,
        y: games.iter().map(|game| game.home_won().map_or(f64::NAN, f64::from)).collect(),
        ids: games.iter().map(|game| game.id.clone()).collect(),
        days: games.iter().map(|game| game.date).collect(),
        groups: games.iter().map(|game| game.season).collect(),
    }
}

/// The entity rows that a view is asked for: two a game, home before visitor, of a view of teams, and one a game of a
/// view of the league.
fn at_tip_off(games: &[Game], view: &FeatureView) -> EntityRows {
    let is_of_teams = view.entities == ["team"];
    let keys = |game: &Game| {
        if is_of_teams { vec![team_key(game.home), team_key(game.visitor)] } else { vec![LEAGUE_KEY] }
    };
    let mut entities = EntityRows::default();
    for game in games {
        let keys = keys(game);
        entities.as_of.extend(vec![tip_off(game.date).timestamp_millis(); keys.len()]);
        entities.keys.extend(keys);
    }
    entities
}

/// A view's fields with a value an entity row.
struct Column {
    view: FeatureView,
    columns: Vec<Vec<f64>>,
}

impl Column {
    /// From the rows of the past, each game at its time.
    fn joined(games: &[Game], of: &ViewRows) -> Self {
        let entities = at_tip_off(games, &of.view);
        Self { columns: point_in_time_join(&entities, &of.view, &of.rows).columns, view: of.view.clone() }
    }

    /// From the rows that are served.
    fn served(games: &[Game], view: FeatureView, served: &[OnlineView]) -> Self {
        let entities = at_tip_off(games, &view);
        let online = served.iter().find(|online| online.view == view.name && online.version == view.version);
        let place = |name: &String| online.and_then(|online| online.features.iter().position(|other| other == name));
        let column = |place: Option<usize>| {
            let value = |(key, now): (&u32, &i64)| {
                get_online(online, *key, place.unwrap_or(usize::MAX), view.ttl_ms, *now).value.unwrap_or(f64::NAN)
            };
            entities.keys.iter().zip(&entities.as_of).map(value).collect()
        };
        Self { columns: view.fields.iter().map(|field| column(place(&field.name))).collect(), view }
    }
}

/// All views that features are made of.
struct Columns(Vec<Column>);

impl Columns {
    fn joined(games: &[Game], views: &Views) -> Self {
        Self(views.all().into_iter().map(|view| Column::joined(games, view)).collect())
    }

    fn served(games: &[Game], served: &[OnlineView]) -> Self {
        Self(super::views().into_iter().map(|view| Column::served(games, view, served)).collect())
    }

    /// The values of a field of a view.
    ///
    /// # Panics
    /// If there is no such view or field, which the tests would show: both names are fixed in this module.
    fn take(&self, view: &str, field: &str) -> &[f64] {
        let of = self.0.iter().find(|column| column.view.name == view);
        let found = of.and_then(|of| of.view.column(field).map(|at| of.columns[at].as_slice()));
        found.unwrap_or_else(|| panic!("there is a view {view} with the field {field}"))
    }

    fn known(&self, games: &[Game]) -> Vec<Known> {
        let sides = self.sides(2 * games.len());
        let leagues = self.leagues(games);
        let of_game = |(at, game): (usize, &Game)| Known {
            home: sides[2 * at],
            visitor: sides[2 * at + 1],
            league: leagues[at],
            neutral: game.neutral,
        };
        games.iter().enumerate().map(of_game).collect()
    }

    fn sides(&self, n: usize) -> Vec<Side> {
        let (elo, margin) = (self.take("team_elo", "elo"), self.take("team_elo", "margin_rating"));
        let adaptive_elo = self.take("team_elo_adaptive", "elo");
        let kalman = self.take("team_kalman", "strength");
        let net = self.take("team_season_stats", "net_rating");
        let wins = self.take("team_season_stats", "win_share");
        let form = self.take("team_form", "net_rating");
        let schedule = |field: &str| self.take("team_schedule", field);
        let (rest, back) = (schedule("rest_days"), schedule("back_to_back"));
        let (third, distance) = (schedule("third_in_four"), schedule("distance"));
        let strength = |filter: &str| {
            let of = |what: &str| self.take("team_filters", &format!("{filter}_{what}"));
            estimates(of("strength"), of("variance"))
        };
        let (whole, split) = (strength("whole"), strength("split"));
        let side = |at: usize| Side {
            elo: elo[at],
            adaptive_elo: adaptive_elo[at],
            kalman: kalman[at],
            net_rating: net[at],
            win_share: wins[at],
            form: form[at],
            morning: filters::Side {
                rest: rest[at],
                back_to_back: back[at],
                third_in_four: third[at],
                distance: distance[at],
                margin_rating: margin[at],
            },
            whole: whole[at],
            split: split[at],
        };
        (0..n).map(side).collect()
    }

    fn leagues(&self, games: &[Game]) -> Vec<League> {
        let floor = self.take("league_home", "home_edge");
        let adaptive_floor = self.take("league_elo_home", "home_elo");
        let kalman_floor = self.take("league_kalman_home", "home_edge");
        let effects = |filter: &str| {
            EFFECTS.map(|effect| {
                let mean = self.take("league_filters", &format!("{filter}_{effect}"));
                estimates(mean, self.take("league_filters", &format!("{filter}_{effect}_variance")))
            })
        };
        let (whole, split) = (effects("whole"), effects("split"));
        let league = |(at, game): (usize, &Game)| {
            let on_floor = |edge: &[f64]| if game.neutral { 0.0 } else { edge[at] };
            League {
                floor: on_floor(floor),
                adaptive_floor: on_floor(adaptive_floor),
                kalman_floor: on_floor(kalman_floor),
                whole: std::array::from_fn(|effect| whole[effect][at]),
                split: std::array::from_fn(|effect| split[effect][at]),
            }
        };
        games.iter().enumerate().map(league).collect()
    }
}

fn estimates(means: &[f64], variances: &[f64]) -> Vec<Estimate> {
    means.iter().zip(variances).map(|(mean, variance)| Estimate { mean: *mean, variance: *variance }).collect()
}
