//! What the league defines for the feature store: its entities, its views and what its model reads.

use super::{FEATURE_VERSION, LEAGUE_KEY, all_views, pair_key, team_key, teams_of_pair};
use crate::features::{Definitions, Entity, FeatureRef, FeatureService, FeatureView};
use crate::league::{TEAMS, TeamId};

/// Name of the service that the model is trained on and served with.
pub const SERVICE: &str = "game_prediction";

/// The key of the league as a table writes it.
const LEAGUE: &str = "nba";

/// What the model's formulas take from the views, of both sides and of the league, beside all fields of [`FILTERS`].
const OF_THE_MODEL: [(&str, &str); 14] = [
    ("team_elo", "elo"),
    ("team_elo", "margin_rating"),
    ("team_season_stats", "net_rating"),
    ("team_season_stats", "win_share"),
    ("team_form", "net_rating"),
    ("team_schedule", "rest_days"),
    ("team_schedule", "back_to_back"),
    ("team_schedule", "third_in_four"),
    ("team_schedule", "distance"),
    ("league_home", "home_edge"),
    ("team_elo_adaptive", "elo"),
    ("league_elo_home", "home_elo"),
    ("team_kalman", "strength"),
    ("league_kalman_home", "home_edge"),
];

/// Views that a formula of the model takes as a whole.
const FILTERS: [&str; 2] = ["team_filters", "league_filters"];

/// What the model's formulas take.
fn of_the_model(views: &[FeatureView]) -> Vec<FeatureRef> {
    let feature = |view: &str, feature: &str| FeatureRef { view: view.to_owned(), feature: feature.to_owned() };
    let whole = views.iter().filter(|view| FILTERS.contains(&view.name.as_str()));
    let of_whole = whole.flat_map(|view| view.fields.iter().map(|field| feature(&view.name, &field.name)));
    OF_THE_MODEL.into_iter().map(|(view, name)| feature(view, name)).chain(of_whole).collect()
}

/// Every definition of the league.
pub fn definitions() -> Definitions {
    let entity = |name: &str, description: &str| Entity {
        name: name.to_owned(),
        join_key: name.to_owned(),
        description: description.to_owned(),
    };
    let views = all_views();
    let features = of_the_model(&views);
    Definitions {
        entities: vec![
            entity("team", "One of the thirty teams, by its three letters."),
            entity("league", "The league as a whole; its key is always nba."),
            entity("pair", "Two teams, written BOS-LAL, the one that comes first in the alphabet first."),
        ],
        views,
        services: vec![FeatureService {
            name: SERVICE.to_owned(),
            version: FEATURE_VERSION.to_owned(),
            description:
                "What the model takes of both teams and of the league; a game's features are formulas over these."
                    .to_owned(),
            features,
        }],
    }
}

/// A key as a table writes it; none where the entity has no such key.
pub fn key_name(entity: &str, key: u32) -> Option<String> {
    match entity {
        "team" => TeamId::at(key as usize).map(|team| team.abbreviation().to_owned()),
        "league" if key == LEAGUE_KEY => Some(LEAGUE.to_owned()),
        "pair" => teams_of_pair(key).map(|[low, high]| format!("{}-{}", low.abbreviation(), high.abbreviation())),
        _ => None,
    }
}

/// A key by what a table writes; none where the entity has no such key.
pub fn key_of(entity: &str, name: &str) -> Option<u32> {
    match entity {
        "team" => TeamId::all().find(|team| team.abbreviation() == name).map(team_key),
        "league" => (name == LEAGUE).then_some(LEAGUE_KEY),
        "pair" => {
            let (low, high) = name.split_once('-')?;
            let team = |name: &str| TeamId::all().find(|team| team.abbreviation() == name);
            let (low, high) = (team(low)?, team(high)?);
            (low != high).then(|| pair_key(low, high))
        }
        _ => None,
    }
}

/// Every key of an entity, with its name.
pub fn keys(entity: &str) -> Vec<(u32, String)> {
    let most = (TEAMS.len() * TEAMS.len()) as u32;
    (0..most).filter_map(|key| key_name(entity, key).map(|name| (key, name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wrong_with_the_definitions() {
        assert_eq!(definitions().problems(), []);
    }

    #[test]
    fn every_value_is_of_the_type_that_its_view_promises() {
        let log = crate::league::GameLog::new(crate::league::demo::games(crate::base::Seed(3)));
        for rows in crate::league::features::compute_all(&log) {
            for (field, column) in rows.view.fields.iter().zip(&rows.rows.columns) {
                let wrong = column.iter().find(|value| !field.dtype.fits(**value));
                assert_eq!(wrong, None, "{}:{} is {:?}", rows.view.name, field.name, field.dtype);
            }
        }
    }

    #[test]
    fn a_key_comes_back_from_its_name() {
        for view in all_views() {
            let entity = view.entities.join(",");
            let keys = keys(&entity);
            assert!(!keys.is_empty(), "{entity}");
            for (key, name) in keys {
                assert_eq!(key_of(&entity, &name), Some(key), "{entity} {name}");
            }
        }
        assert_eq!(key_of("team", "ZZZ"), None);
    }
}
