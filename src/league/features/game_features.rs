//! From joined rows to the features of a game.

use ndarray::Array2;

use super::{LEAGUE_KEY, ViewRows, Views, compute, team_key};
use crate::base::tip_off;
use crate::features::{EntityRows, TrainingFrame, point_in_time_join};
use crate::league::{Game, GameLog};

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

/// Every game of the log with its features as they were at tip-off and whether the home side won (NaN for games to
/// come), of every phase, in the order of the log; a group is a season.
///
/// A feature is NaN where something that it needs is not known, such as a net rating without box totals.
pub fn frame(log: &GameLog) -> TrainingFrame {
    frame_of(log, &compute(log))
}

/// The same from views that were computed before, of this log or of one that goes on beyond it.
pub fn frame_of(log: &GameLog, views: &Views) -> TrainingFrame {
    let games = log.games();
    let known = join(games, views);
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

fn join(games: &[Game], views: &Views) -> Vec<Known> {
    // Two entity rows a game, home before visitor.
    let times: Vec<i64> = games.iter().map(|game| tip_off(game.date).timestamp_millis()).collect();
    let teams = EntityRows {
        keys: games.iter().flat_map(|game| [team_key(game.home), team_key(game.visitor)]).collect(),
        as_of: times.iter().flat_map(|time| [*time, *time]).collect(),
    };
    let league = EntityRows { keys: vec![LEAGUE_KEY; games.len()], as_of: times };
    let columns = Columns {
        season_stats: Column::of(&teams, &views.season_stats),
        form: Column::of(&teams, &views.form),
        elo: Column::of(&teams, &views.elo),
        schedule: Column::of(&teams, &views.schedule),
    };
    let league = Column::of(&league, &views.home);
    let home_edge = league.take("home_edge");
    let sides = columns.sides(teams.keys.len());
    let of_game = |(at, game): (usize, &Game)| Known {
        home: sides[2 * at],
        visitor: sides[2 * at + 1],
        floor: if game.neutral { 0.0 } else { home_edge[at] },
        neutral: f64::from(game.neutral),
    };
    games.iter().enumerate().map(of_game).collect()
}

/// A view's fields, joined.
struct Column<'a> {
    of: &'a ViewRows,
    columns: Vec<Vec<f64>>,
}

impl<'a> Column<'a> {
    fn of(entities: &EntityRows, of: &'a ViewRows) -> Self {
        Self { of, columns: point_in_time_join(entities, &of.view, &of.rows).columns }
    }

    /// The values of one field.
    ///
    /// # Panics
    /// If the view has no such field, which the tests would show: names and views are both fixed in this module.
    fn take(&self, name: &str) -> &[f64] {
        let at = self.of.view.fields.iter().position(|field| field.name == name);
        &self.columns[at.unwrap_or_else(|| panic!("the view {} has the field {name}", self.of.view.name))]
    }
}

struct Columns<'a> {
    season_stats: Column<'a>,
    form: Column<'a>,
    elo: Column<'a>,
    schedule: Column<'a>,
}

impl Columns<'_> {
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
