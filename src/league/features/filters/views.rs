//! `team_filters` and `league_filters`: what the filters believe on a morning.

use super::{EFFECTS, Estimate, FIGURES, Filters};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::features::{Fold, LEAGUE_KEY, push, team_key, view_of};
use crate::league::{Game, TeamId};

/// Unit of each effect, unit of its variance, and what it is.
const WORDS: [(&str, &str, &str); FIGURES] = [
    ("points", "points²", "what the home floor is worth to the home side"),
    ("points", "points²", "what it is worth to the home side that it played yesterday"),
    ("points", "points²", "what it is worth to the home side that the visitor played yesterday"),
    ("points", "points²", "what it is worth to be the side for which the game is the third in four nights"),
    ("points per day", "(points per day)²", "what a day more of rest is worth, counted from one to four"),
    ("points per 1,000 km", "(points per 1,000 km)²", "what a longer journey to the game is worth"),
    (
        "points per point",
        "(points per point)²",
        "what the home floor is worth beyond that for each point of the home side's margin rating",
    ),
];

/// The filters by the beginning of their fields' names, with words.
const FILTERS: [(&str, &str); 2] = [
    ("whole", "by the filter that sees margins whole"),
    ("split", "by the filter that sees chances and what is made of them apart"),
];

fn values(estimates: impl IntoIterator<Item = Estimate>) -> Vec<f64> {
    estimates.into_iter().flat_map(|estimate| [estimate.mean, estimate.variance]).collect()
}

/// The teams' rows.
#[derive(Debug, Default)]
pub struct TeamFilters(Filters);

impl Fold for TeamFilters {
    fn view() -> FeatureView {
        view_of(
            "team_filters",
            "team",
            "Strength in points of softened margin, 15 · asinh(margin / 15), by two Kalman filters that also know of \
             the floor, rest and travel. One sees margins whole, the other the surplus of chances and what is made of \
             them apart, and its strength is the sum of both.",
            &[
                ("whole_strength", "points", "Mean by the filter that sees margins whole."),
                ("whole_variance", "points²", "How far off that may be: its variance."),
                ("split_strength", "points", "Mean by the filter that sees the two parts."),
                ("split_variance", "points²", "How far off that may be: its variance."),
            ],
        )
    }

    fn begin_season(&mut self) {
        self.0.begin_season();
    }

    fn write(&mut self, day: Date, games: &[Game], rows: &mut FeatureRows) {
        self.0.begin_day(day, games);
        let Filters { whole, conversion, chances, .. } = &self.0;
        for at in TeamId::all() {
            let team = at.index();
            let split = conversion.teams[team].plus(chances.teams[team]);
            push(rows, team_key(at), day, &values([whole.teams[team], split]));
        }
    }

    fn learn(&mut self, game: &Game) {
        self.0.learn(game);
    }
}

/// The league's row.
#[derive(Debug, Default)]
pub struct LeagueFilters(Filters);

impl Fold for LeagueFilters {
    fn view() -> FeatureView {
        let mut fields = Vec::new();
        for (filter, by) in FILTERS {
            for (effect, (unit, unit_of_variance, what)) in EFFECTS.iter().zip(WORDS) {
                let variance = format!("Variance of {filter}_{effect}: how far off it may be.");
                fields.push((format!("{filter}_{effect}"), unit, format!("Mean of {what}, {by}.")));
                fields.push((format!("{filter}_{effect}_variance"), unit_of_variance, variance));
            }
        }
        let fields: Vec<(&str, &str, &str)> =
            fields.iter().map(|(name, unit, words)| (name.as_str(), *unit, words.as_str())).collect();
        view_of(
            "league_filters",
            "league",
            "What the floor, tired legs, rest and travel are worth in points of softened margin, as the filters of \
             team_filters learn it beside the strengths.",
            &fields,
        )
    }

    fn begin_season(&mut self) {
        self.0.begin_season();
    }

    fn write(&mut self, day: Date, games: &[Game], rows: &mut FeatureRows) {
        self.0.begin_day(day, games);
        let Filters { whole, conversion, chances, .. } = &self.0;
        let split = conversion.effects.iter().zip(&chances.effects).map(|(one, other)| one.plus(*other));
        push(rows, LEAGUE_KEY, day, &values(whole.effects.into_iter().chain(split)));
    }

    fn learn(&mut self, game: &Game) {
        self.0.learn(game);
    }
}
