//! From joined rows to the features of a game.

use ndarray::Array2;

use super::{LEAGUE_KEY, ViewRows, Views, compute, team_key};
use crate::base::tip_off;
use crate::features::{EntityRows, FeatureView, OnlineView, TrainingFrame, get_online, point_in_time_join};
use crate::league::{Game, GameLog};
use crate::learn::FeatureSet;

/// Version of the model's features: raised with every change of their list, order or formula. A model carries the
/// version that it was trained on, and another one is refused.
pub const FEATURE_VERSION: &str = "1.0.0";

/// Elo points that are worth one point of margin (FiveThirtyEight's rule of thumb).
const ELO_PER_POINT: f64 = 28.0;

/// What is known of one side of a game at tip-off.
#[derive(Debug, Clone, Copy)]
struct Side {
    elo: f64,
    margin_rating: f64,
    net_rating: f64,
    win_share: f64,
    form: f64,
    rest: f64,
    back_to_back: f64,
    third_in_four: f64,
    distance: f64,
}

/// What is known of a game at tip-off: both sides, and what the floor is worth in points (0 on a neutral one).
struct Known {
    home: Side,
    visitor: Side,
    floor: f64,
    neutral: f64,
}

impl Known {
    fn difference(&self, of: fn(&Side) -> f64) -> f64 {
        of(&self.home) - of(&self.visitor)
    }
}

type Formula = fn(&Known) -> f64;

/// Name and formula of each feature, in the order of the model's coefficients. The three edges in points share the
/// league's recent home edge, so that the model moves with it.
const FEATURES: [(&str, Formula); 11] = [
    ("elo_edge", |game| game.difference(|side| side.elo) / ELO_PER_POINT + game.floor),
    ("margin_edge", |game| game.difference(|side| side.margin_rating) + game.floor),
    ("net_rating_edge", |game| game.difference(|side| side.net_rating) + game.floor),
    ("win_share_difference", |game| game.difference(|side| side.win_share)),
    ("form_difference", |game| game.difference(|side| side.form)),
    ("rest_difference", |game| game.difference(|side| side.rest)),
    ("back_to_back_home", |game| game.home.back_to_back),
    ("back_to_back_visitor", |game| game.visitor.back_to_back),
    ("third_in_four_difference", |game| game.difference(|side| side.third_in_four)),
    ("travel_difference", |game| game.difference(|side| side.distance)),
    ("neutral", |game| game.neutral),
];

/// Names of the model's features, in order.
pub fn feature_names() -> Vec<String> {
    FEATURES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Features that go together, the default model's first.
pub fn feature_sets() -> Vec<FeatureSet> {
    let of = |name: &str, names: Vec<String>| FeatureSet { name: name.to_owned(), features: names };
    vec![of("default", feature_names())]
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
    let teams = teams_at_tip_off(log.games());
    let league = league_at_tip_off(log.games());
    let columns = Columns {
        season_stats: Column::joined(&teams, &views.season_stats),
        form: Column::joined(&teams, &views.form),
        elo: Column::joined(&teams, &views.elo),
        schedule: Column::joined(&teams, &views.schedule),
        home: Column::joined(&league, &views.home),
    };
    frame_over(log.games(), &columns)
}

/// The frame of games from the rows that are served: each game asks the online store at its tip-off. What is not
/// served, or is outside its maximum age, is missing.
pub fn frame_served(games: &[Game], served: &[OnlineView]) -> TrainingFrame {
    let teams = teams_at_tip_off(games);
    let league = league_at_tip_off(games);
    let [season_stats, form, elo, schedule, home] = super::views();
    let columns = Columns {
        season_stats: Column::served(&teams, season_stats, served),
        form: Column::served(&teams, form, served),
        elo: Column::served(&teams, elo, served),
        schedule: Column::served(&teams, schedule, served),
        home: Column::served(&league, home, served),
    };
    frame_over(games, &columns)
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

/// Two entity rows a game, home before visitor.
fn teams_at_tip_off(games: &[Game]) -> EntityRows {
    let time = |game: &Game| tip_off(game.date).timestamp_millis();
    EntityRows {
        keys: games.iter().flat_map(|game| [team_key(game.home), team_key(game.visitor)]).collect(),
        as_of: games.iter().flat_map(|game| [time(game), time(game)]).collect(),
    }
}

/// One entity row a game.
fn league_at_tip_off(games: &[Game]) -> EntityRows {
    let time = |game: &Game| tip_off(game.date).timestamp_millis();
    EntityRows { keys: vec![LEAGUE_KEY; games.len()], as_of: games.iter().map(time).collect() }
}

/// A view's fields with a value an entity row.
struct Column {
    view: FeatureView,
    columns: Vec<Vec<f64>>,
}

impl Column {
    /// From the rows of the past, each entity row at its time.
    fn joined(entities: &EntityRows, of: &ViewRows) -> Self {
        Self { columns: point_in_time_join(entities, &of.view, &of.rows).columns, view: of.view.clone() }
    }

    /// From the rows that are served.
    fn served(entities: &EntityRows, view: FeatureView, served: &[OnlineView]) -> Self {
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

    /// The values of one field.
    ///
    /// # Panics
    /// If the view has no such field, which the tests would show: names and views are both fixed in this module.
    fn take(&self, name: &str) -> &[f64] {
        let at = self.view.fields.iter().position(|field| field.name == name);
        &self.columns[at.unwrap_or_else(|| panic!("the view {} has the field {name}", self.view.name))]
    }
}

struct Columns {
    season_stats: Column,
    form: Column,
    elo: Column,
    schedule: Column,
    home: Column,
}

impl Columns {
    fn known(&self, games: &[Game]) -> Vec<Known> {
        let home_edge = self.home.take("home_edge");
        let sides = self.sides(2 * games.len());
        let of_game = |(at, game): (usize, &Game)| Known {
            home: sides[2 * at],
            visitor: sides[2 * at + 1],
            floor: if game.neutral { 0.0 } else { home_edge[at] },
            neutral: f64::from(game.neutral),
        };
        games.iter().enumerate().map(of_game).collect()
    }

    fn sides(&self, n: usize) -> Vec<Side> {
        let (elo, margin) = (self.elo.take("elo"), self.elo.take("margin_rating"));
        let (net, wins) = (self.season_stats.take("net_rating"), self.season_stats.take("win_share"));
        let form = self.form.take("net_rating");
        let (rest, back) = (self.schedule.take("rest_days"), self.schedule.take("back_to_back"));
        let (third, distance) = (self.schedule.take("third_in_four"), self.schedule.take("distance"));
        let side = |at: usize| Side {
            elo: elo[at],
            margin_rating: margin[at],
            net_rating: net[at],
            win_share: wins[at],
            form: form[at],
            rest: rest[at],
            back_to_back: back[at],
            third_in_four: third[at],
            distance: distance[at],
        };
        (0..n).map(side).collect()
    }
}
