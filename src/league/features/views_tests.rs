//! What the views say, and how they hang together.

use super::tests::{self, made_up, team};
use super::*;
use crate::league::{Phase, Score};

fn view<'a>(all: &'a [ViewRows], name: &str) -> &'a ViewRows {
    all.iter().find(|view| view.view.name == name).unwrap_or_else(|| panic!("there is a view {name}"))
}

fn column<'a>(view: &'a ViewRows, field: &str) -> &'a [f64] {
    let at = view.view.fields.iter().position(|known| known.name == field);
    &view.rows.columns[at.unwrap_or_else(|| panic!("{} has the field {field}", view.view.name))]
}

fn bits(view: &ViewRows) -> Vec<u64> {
    view.rows.columns.iter().flatten().map(|value| value.to_bits()).collect()
}

fn game(day: u32, home: &str, visitor: &str, score: (u16, u16)) -> Game {
    Game { score: Some(Score { home: score.0, visitor: score.1 }), ..tests::game(day, home, visitor) }
}

/// A field of a key on a day of November 2021.
fn on(view: &ViewRows, day: u32, key: u32, field: &str) -> f64 {
    let at = morning(Date::from_ymd_opt(2021, 11, day).expect("a date")).timestamp_millis();
    let mut rows = (0..view.rows.len()).filter(|row| view.rows.keys[*row] == key && view.rows.event_at[*row] == at);
    column(view, field)[rows.next().expect("a row")]
}

#[test]
fn all_views_begin_with_those_of_the_model_bit_for_bit() {
    let log = GameLog::new(made_up(31));
    let (models, all) = (compute(&log), compute_all(&log));
    for (a, b) in models.all().into_iter().zip(&all) {
        assert_eq!((&a.view, &a.rows.keys, &a.rows.event_at), (&b.view, &b.rows.keys, &b.rows.event_at));
        assert_eq!(bits(a), bits(b), "{}", a.view.name);
    }
    let described: Vec<FeatureView> = all.into_iter().map(|view| view.view).collect();
    assert_eq!(described, all_views());
    assert_eq!(described[..views().len()], views());
    let mut names: Vec<&str> = described.iter().map(|view| view.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), described.len(), "names are unique");
}

#[test]
fn every_view_of_teams_or_the_league_has_one_row_a_key_and_day_and_that_of_pairs_one_a_meeting() {
    let log = GameLog::new(made_up(32));
    for ViewRows { view, rows } in compute_all(&log) {
        let expected = match view.entities.join(",").as_str() {
            "team" => 80 * 30,
            "league" => 80,
            _ => log.games().len(),
        };
        assert_eq!(rows.len(), expected, "{}", view.name);
        assert_eq!(rows.event_at, rows.known_at);
        let seen: Vec<(i64, u32)> = rows.event_at.iter().copied().zip(rows.keys.iter().copied()).collect();
        assert!(seen.is_sorted_by(|a, b| a < b), "{} is in the order of day and key, none twice", view.name);
        assert_eq!(view.fields.len(), rows.columns.len());
    }
}

#[test]
fn an_empty_log_has_all_views_without_rows() {
    assert!(compute_all(&GameLog::default()).iter().all(|view| view.rows.is_empty()));
}

#[test]
fn what_a_side_scores_less_what_it_allows_is_its_net_rating() {
    let all = compute_all(&GameLog::new(made_up(33)));
    let (ratings, stats) = (view(&all, "team_ratings"), view(&all, "team_season_stats"));
    let net = column(stats, "net_rating");
    let sides = column(ratings, "offensive_rating").iter().zip(column(ratings, "defensive_rating"));
    let mut known = 0;
    for ((scored, allowed), net) in sides.zip(net) {
        assert_eq!(scored.is_nan(), net.is_nan());
        assert!(net.is_nan() || (scored - allowed - net).abs() < 1e-9, "{scored} − {allowed} is not {net}");
        known += u32::from(!net.is_nan());
    }
    assert!(known > 2000);
}

#[test]
fn without_box_totals_the_efficiency_alone_is_missing_and_no_other_view_has_a_gap() {
    let with = made_up(34);
    let without = with.iter().cloned().map(|game| Game { home_box: None, visitor_box: None, ..game });
    let (with, without) = (compute_all(&GameLog::new(with.clone())), compute_all(&GameLog::new(without.collect())));
    for (a, b) in with.iter().zip(&without) {
        for (at, field) in a.view.fields.iter().enumerate() {
            let name = format!("{}.{}", a.view.name, field.name);
            let needs = a.view.name == "team_ratings"
                || ["team_season_stats.net_rating", "team_season_stats.pace", "team_form.net_rating"]
                    .contains(&name.as_str());
            let sees_chances = name.contains("_filters.split_");
            let bits = |view: &ViewRows| -> Vec<u64> { view.rows.columns[at].iter().map(|v| v.to_bits()).collect() };
            if sees_chances {
                assert!(bits(a) != bits(b) && b.rows.columns[at].iter().all(|value| value.is_finite()), "{name}");
            } else if needs {
                assert!(b.rows.columns[at].iter().all(|value| value.is_nan()), "{name}");
            } else {
                assert_eq!(bits(a), bits(b), "{name}");
            }
        }
    }
}

#[test]
fn shares_are_shares_and_splits_part_the_games_that_were_not_on_neutral_floors() {
    let games = made_up(35);
    let neutral =
        games.iter().filter(|game| game.neutral && game.phase == Phase::Regular && game.season == 2020).count();
    assert!(neutral > 0);
    let all = compute_all(&GameLog::new(games));
    for ViewRows { view, rows } in &all {
        for (field, values) in view.fields.iter().zip(&rows.columns) {
            let bounded = field.unit == "share" && !field.name.contains("shooting");
            assert!(!bounded || values.iter().all(|v| v.is_nan() || (0.0..=1.0).contains(v)), "{}", field.name);
            assert!(values.iter().all(|value| !value.is_infinite()), "{}.{}", view.name, field.name);
        }
    }
    // The morning after the first season's last regular day.
    let last = 40 * 30;
    let total = |name: &str, field: &str| column(view(&all, name), field)[last - 30..last].iter().sum::<f64>();
    let parted = total("team_splits", "home_games") + total("team_splits", "road_games");
    assert_eq!(parted + 2.0 * neutral as f64, total("team_season_stats", "games_played"));
    assert_eq!(total("team_splits", "home_games"), total("team_splits", "road_games"));
}

#[test]
fn two_teams_have_one_key_whichever_is_named_first() {
    let mut keys = Vec::new();
    for a in TeamId::all() {
        for b in TeamId::all().filter(|b| *b > a) {
            assert_eq!(pair_key(a, b), pair_key(b, a));
            assert_eq!(teams_of_pair(pair_key(a, b)), Some([a, b]));
            keys.push(pair_key(a, b));
        }
    }
    assert!(keys.is_sorted_by(|a, b| a < b) && keys.len() == 435);
    assert_eq!((pair_key(team("BOS"), team("ATL")), teams_of_pair(30), teams_of_pair(9999)), (2, None, None));
}

#[test]
fn meetings_count_from_the_side_of_the_lower_index_and_fade_after_three_seasons() {
    let first = game(1, "LAL", "BOS", (120, 100));
    let years_on = |years: i32| Game {
        id: format!("+{years}"),
        date: Date::from_ymd_opt(2021 + years, 11, 1).expect("a date"),
        season: (2021 + years) as u16,
        score: None,
        ..first.clone()
    };
    let all = compute_all(&GameLog::new(vec![first.clone(), years_on(2), years_on(3)]));
    let pairs = view(&all, "pair_head_to_head");
    let boston_first = pair_key(team("BOS"), team("LAL"));
    assert_eq!(pairs.rows.keys, [boston_first; 3]);
    assert_eq!(column(pairs, "meetings"), [0.0, 1.0, 0.0], "the running season and the two before");
    assert_eq!(column(pairs, "win_share"), [0.5, 3.0 / 7.0, 0.5]);
    assert_eq!(column(pairs, "margin"), [0.0, -20.0 / 7.0, 0.0]);
}

#[test]
fn the_filter_gives_the_numbers_worked_by_hand() {
    let log = GameLog::new(vec![game(1, "BOS", "LAL", (110, 100)), game(3, "CHI", "MIA", (90, 91))]);
    let all = compute_all(&log);
    let (teams, home) = (view(&all, "team_kalman"), view(&all, "league_kalman_home"));
    let (boston, lakers) = (team_key(team("BOS")), team_key(team("LAL")));
    assert!((on(teams, 1, boston, "strength_sd") - 4.475_488_8).abs() < 1e-6, "√20.03");
    // Variance of the margin: 2 · 20.03 + 0.25 + 153 = 193.31; surprise 10 − 2.75 = 7.25; gain 20.03 / 193.31.
    let moved = 20.03 / 193.31 * 7.25;
    assert!((on(teams, 2, boston, "strength") - moved).abs() < 1e-12);
    assert!((on(teams, 2, lakers, "strength") + moved).abs() < 1e-12);
    let variance = 20.03 - 20.03 * 20.03 / 193.31 + 0.03;
    assert!((on(teams, 2, boston, "strength_sd") - crate::base::math::sqrt(variance)).abs() < 1e-12);
    assert!(on(teams, 3, boston, "strength_sd") > on(teams, 2, boston, "strength_sd"), "idle days make less sure");
    assert!((on(home, 2, LEAGUE_KEY, "home_edge") - (2.75 + 0.25 / 193.31 * 7.25)).abs() < 1e-12);
}

#[test]
fn the_home_advantage_in_elo_falls_when_visitors_win_and_stays_on_neutral_floors() {
    let lost = game(1, "BOS", "LAL", (100, 110));
    let neutral = Game { neutral: true, ..game(2, "CHI", "MIA", (100, 130)) };
    let all = compute_all(&GameLog::new(vec![lost, neutral, game(3, "DEN", "UTA", (90, 91))]));
    let (teams, home) = (view(&all, "team_elo_adaptive"), view(&all, "league_elo_home"));
    let moved = on(teams, 2, team_key(team("LAL")), "elo") - 1500.0;
    // The winner's edge is −70: 20 · 13^0.8 / (7.5 − 0.42) · 0.599397 for the visitor.
    assert!((moved - 20.0 * 7.783_137 / 7.08 * 0.599_397).abs() < 1e-3, "{moved}");
    assert!((on(home, 2, LEAGUE_KEY, "home_elo") - (70.0 - 0.02 * moved)).abs() < 1e-9);
    assert_eq!(on(home, 3, LEAGUE_KEY, "home_elo"), on(home, 2, LEAGUE_KEY, "home_elo"));
    assert!(on(teams, 3, team_key(team("MIA")), "elo") > 1500.0);
}

#[test]
fn opponents_are_weighed_as_they_were_on_the_morning_of_the_game() {
    let games = vec![
        game(1, "BOS", "LAL", (110, 100)),
        game(2, "CHI", "BOS", (100, 90)),
        Game { phase: Phase::Playoff, ..game(3, "CHI", "LAL", (100, 90)) },
        game(4, "MIA", "DEN", (100, 90)),
    ];
    let all = compute_all(&GameLog::new(games));
    let (opponents, elo) = (view(&all, "team_opponents"), view(&all, "team_elo"));
    let (chicago, boston) = (team_key(team("CHI")), team_key(team("BOS")));
    assert!(on(opponents, 2, chicago, "elo").is_nan(), "nobody faced yet");
    assert_eq!(on(opponents, 3, chicago, "elo"), on(elo, 2, boston, "elo"), "before Boston lost to Chicago");
    assert_eq!(on(opponents, 3, chicago, "margin_rating"), on(elo, 2, boston, "margin_rating"));
    assert_eq!(on(opponents, 4, chicago, "games"), 1.0, "playoffs do not count");
}
