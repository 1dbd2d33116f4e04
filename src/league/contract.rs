//! The contract `games`: what every game promises, whatever format it came in.

use std::sync::OnceLock;

use super::TEAMS;
use crate::base::Date;
use crate::data::{Contract, Field, Kind};

/// More points than any side has scored (186 in 1983), and more than any sum that is no typing error.
const MOST_POINTS: i64 = 300;

/// The contract of a game, version 1.0.0. Its field names are those of [`super::Game`]'s JSON form.
pub fn games() -> &'static Contract {
    static GAMES: OnceLock<Contract> = OnceLock::new();
    GAMES.get_or_init(|| Contract {
        id: "games".to_owned(),
        version: "1.0.0".to_owned(),
        description: "A game between two of the thirty teams, played or still to come.".to_owned(),
        fields: fields(),
    })
}

fn fields() -> Vec<Field> {
    let teams = || Kind::OneOf { values: TEAMS.iter().map(|team| team.abbreviation.to_owned()).collect() };
    let phases = ["regular", "playin", "playoff", "cup_final"];
    // The league's first game was played on 1 November 1946.
    let first = Date::from_ymd_opt(1946, 11, 1).unwrap_or(Date::MIN);
    let last = Date::from_ymd_opt(2101, 12, 31).unwrap_or(Date::MAX);
    let points = Kind::Integer { min: 0, max: MOST_POINTS };
    let mut fields = vec![
        field("id", "the provider's id, unique in the set", Kind::Text { min_length: 1, max_length: 40 }, false),
        field("date", "the league day", Kind::Day { min: first, max: last }, false),
        field("season", "the year in which the season starts", Kind::Integer { min: 1946, max: 2100 }, false),
        field(
            "phase",
            "the part of the season",
            Kind::OneOf { values: phases.iter().map(|phase| (*phase).to_owned()).collect() },
            false,
        ),
        field("neutral", "whether it is played on a neutral floor", Kind::Flag, false),
        field("home", "the side listed as home", teams(), false),
        field("visitor", "the side listed as visitor", teams(), false),
        field("score.home", "the home side's points, empty while the game is to come", points.clone(), true),
        field("score.visitor", "the visitor's points, empty while the game is to come", points, true),
    ];
    for side in ["home", "visitor"] {
        for (name, what, max) in [
            ("fga", "field goals attempted", 250),
            ("fta", "free throws attempted", 150),
            ("oreb", "offensive rebounds", 100),
            ("tov", "turnovers", 100),
        ] {
            fields.push(field(
                &format!("{side}_box.{name}"),
                &format!("the {side} side's {what}"),
                Kind::Integer { min: 0, max },
                true,
            ));
        }
    }
    fields
}

fn field(name: &str, description: &str, kind: Kind, nullable: bool) -> Field {
    Field { name: name.to_owned(), description: description.to_owned(), kind, nullable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::league::{BoxTotals, Game, Phase, Score};

    #[test]
    fn the_contract_names_every_field_of_a_game_and_no_other() {
        let totals = BoxTotals { fga: 80, fta: 20, oreb: 10, tov: 14 };
        let game = Game {
            id: "D1".to_owned(),
            date: Date::from_ymd_opt(2026, 1, 15).unwrap(),
            season: 2025,
            phase: Phase::CupFinal,
            neutral: true,
            home: "BOS".parse().unwrap(),
            visitor: "LAL".parse().unwrap(),
            score: Some(Score { home: 100, visitor: 99 }),
            home_box: Some(totals),
            visitor_box: Some(totals),
        };
        let mut names = Vec::new();
        let value = serde_json::to_value(&game).unwrap();
        for (name, value) in value.as_object().unwrap() {
            match value.as_object() {
                Some(inner) => names.extend(inner.keys().map(|key| format!("{name}.{key}"))),
                None => names.push(name.clone()),
            }
        }
        names.sort();
        let mut fields: Vec<&str> = games().fields.iter().map(|field| field.name.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(names, fields);
    }
}
