//! What the views must never do, on made-up games and, where they are there, on real ones.

use super::*;
use crate::base::Seed;
use crate::league::{BoxTotals, Phase, Score};

/// Two short made-up seasons of every day one to eight games, with a gap, a neutral floor and games to come.
pub fn made_up(seed: u64) -> Vec<Game> {
    let mut rng = Seed(seed).rng();
    let mut games = Vec::new();
    for season in [2020_u16, 2021] {
        let opening = Date::from_ymd_opt(i32::from(season), 10, 20).expect("a date");
        for offset in 0..40 {
            if offset == 20 || offset == 21 {
                continue;
            }
            let mut teams: Vec<TeamId> = TeamId::all().collect();
            rng.shuffle(&mut teams);
            for (number, pair) in teams.chunks(2).take(1 + rng.below(8)).enumerate() {
                let home = 85 + rng.below(40) as u16;
                let margin = 1 + rng.below(25) as u16;
                let score = if rng.below(9) < 5 {
                    Score { home: home + margin, visitor: home }
                } else {
                    Score { home, visitor: home + margin }
                };
                let totals = |rng: &mut crate::base::Rng| BoxTotals {
                    fga: 80 + rng.below(15) as u16,
                    fta: 15 + rng.below(15) as u16,
                    oreb: 5 + rng.below(10) as u16,
                    tov: 8 + rng.below(10) as u16,
                };
                let played = season == 2020 || offset < 30;
                games.push(Game {
                    id: format!("{season}-{offset:02}-{number}"),
                    date: opening + chrono::TimeDelta::days(offset),
                    season,
                    phase: if offset > 34 { Phase::Playoff } else { Phase::Regular },
                    neutral: offset % 13 == 5,
                    home: pair[0],
                    visitor: pair[1],
                    score: played.then_some(score),
                    home_box: played.then(|| totals(&mut rng)),
                    visitor_box: played.then(|| totals(&mut rng)),
                });
            }
        }
    }
    games
}

#[test]
fn every_view_has_one_row_a_key_and_day_from_first_to_last_game_of_each_season() {
    let log = GameLog::new(made_up(1));
    for view in compute(&log).all() {
        let keys = if view.view.entities == ["team"] { 30 } else { 1 };
        assert_eq!(view.rows.len(), 80 * keys, "{}", view.view.name);
        assert_eq!(view.rows.event_at, view.rows.known_at);
        let mut seen: Vec<(i64, u32)> =
            view.rows.event_at.iter().copied().zip(view.rows.keys.iter().copied()).collect();
        let rows = seen.len();
        assert!(seen.is_sorted(), "{} is in the order of day and key", view.view.name);
        seen.dedup();
        assert_eq!(seen.len(), rows);
        assert_eq!(view.view.fields.len(), view.rows.columns.len());
    }
}

fn bits(frame: &crate::features::TrainingFrame, rows: usize) -> Vec<u64> {
    frame.x.rows().into_iter().take(rows).flatten().map(|value| value.to_bits()).collect()
}

#[test]
fn results_of_a_day_and_later_change_no_feature_of_a_game_of_that_day_or_before() {
    let games = made_up(2);
    let log = GameLog::new(games.clone());
    let full = frame(&log);
    let mut changed_later = false;
    for day in log.days() {
        let upto = log.games().partition_point(|game| game.date <= day);
        let mut rng = Seed(7).child(&day.to_string()).rng();
        let mut shuffled: Vec<_> =
            games.iter().filter(|g| g.date >= day).map(|g| (g.score, g.home_box, g.visitor_box)).collect();
        rng.shuffle(&mut shuffled);
        let mut results = shuffled.into_iter();
        let other = games.iter().cloned().map(|mut game| {
            if game.date >= day {
                (game.score, game.home_box, game.visitor_box) = results.next().expect("one result a game");
            }
            game
        });
        let other = frame(&GameLog::new(other.collect()));
        assert_eq!(bits(&full, upto), bits(&other, upto), "{day}");
        changed_later |= bits(&full, games.len()) != bits(&other, games.len());
        let known = frame(&log.as_of(day));
        assert_eq!(bits(&full, upto), bits(&known, upto), "as of {day}");
    }
    assert!(changed_later, "the shuffle must change something for the test to mean anything");
}

#[test]
fn results_before_a_day_do_change_its_features() {
    let games = made_up(3);
    let log = GameLog::new(games.clone());
    let swapped = games.into_iter().map(|mut game| {
        game.score = game.score.map(|score| Score { home: score.visitor, visitor: score.home });
        game
    });
    let (a, b) = (frame(&log), frame(&GameLog::new(swapped.collect())));
    let last = log.games().len() - 1;
    for feature in [
        "filter_edge",
        "kalman_edge",
        "adaptive_elo_edge",
        "elo_edge",
        "margin_edge",
        "net_rating_edge",
        "win_share_difference",
        "form_difference",
    ] {
        let column = a.features.iter().position(|name| name == feature).expect("a feature");
        assert_ne!(a.x[[last, column]], b.x[[last, column]], "{feature}");
    }
}

#[test]
fn without_box_totals_only_what_needs_them_is_missing() {
    let without = made_up(4).into_iter().map(|game| Game { home_box: None, visitor_box: None, ..game });
    let log = GameLog::new(without.collect());
    let frame = frame(&log);
    for (column, name) in frame.features.iter().enumerate() {
        let missing = frame.x.column(column).iter().filter(|value| value.is_nan()).count();
        match name.as_str() {
            "net_rating_edge" | "form_difference" => assert_eq!(missing, log.games().len(), "{name}"),
            "travel_difference" => assert!(missing < log.games().len() / 3, "{name}: {missing}"),
            _ => assert_eq!(missing, 0, "{name}"),
        }
    }
}

#[test]
fn the_sets_part_the_features_and_the_default_model_reads_the_edge_of_the_filters() {
    let (sets, all) = (feature_sets(), feature_names());
    let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(names, ["default", "ratings", "wide"]);
    assert_eq!(sets[0].features, ["filter_edge"]);
    assert_eq!((sets[1].features.len(), &sets[2].features), (11, &all));
    assert!(sets.iter().flat_map(|set| &set.features).all(|name| all.contains(name)));
    let mut distinct = all.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn labels_are_missing_exactly_for_games_to_come() {
    let log = GameLog::new(made_up(5));
    let frame = frame(&log);
    for (label, game) in frame.y.iter().zip(log.games()) {
        assert_eq!(label.is_nan(), game.score.is_none());
    }
    assert_eq!(frame.features.len(), frame.x.ncols());
    assert!(frame.days.is_sorted());
}

#[test]
fn an_empty_log_has_an_empty_frame() {
    let frame = frame(&GameLog::default());
    assert_eq!((frame.x.nrows(), frame.y.len()), (0, 0));
}

#[test]
fn the_elo_recipe_gives_the_numbers_worked_by_hand() {
    let mut game = made_up(6).remove(0);
    game.neutral = false;
    game.score = Some(Score { home: 110, visitor: 100 });
    let mut elo = Elo::default();
    elo.begin_season();
    assert!((expected_home_win(1500.0, 1500.0, false) - 0.640_064_999_802_889_6).abs() < 1e-12);
    elo.learn(&game);
    // 20 · 13^0.8 / (7.5 + 0.6) · (1 − 0.640065) = 6.916922…
    assert!((elo.rating(game.home) - 1_506.916_9).abs() < 1e-3, "{}", elo.rating(game.home));
    assert!((elo.rating(game.home) + elo.rating(game.visitor) - 3000.0).abs() < 1e-9, "what one wins the other loses");
    elo.begin_season();
    assert!((elo.rating(game.visitor) - (0.75 * 1_493.083_1 + 0.25 * 1505.0)).abs() < 1e-3);
}

pub(super) fn team(text: &str) -> TeamId {
    text.parse().expect("a team")
}

/// A regular game of November 2021 that is to come.
pub(super) fn game(day: u32, home: &str, visitor: &str) -> Game {
    Game {
        id: format!("{day:02}{home}"),
        date: Date::from_ymd_opt(2021, 11, day).expect("a date"),
        season: 2021,
        phase: Phase::Regular,
        neutral: false,
        home: team(home),
        visitor: team(visitor),
        score: None,
        home_box: None,
        visitor_box: None,
    }
}

#[test]
fn distances_are_those_of_the_globe() {
    let far = distance_km(team("BOS"), team("LAL"));
    assert!((far - 4168.0).abs() < 15.0, "{far}");
    assert_eq!(distance_km(team("DEN"), team("DEN")), 0.0);
}

#[test]
fn rest_follows_the_schedule() {
    let log =
        GameLog::new(vec![game(1, "BOS", "NYK"), game(2, "BOS", "CHI"), game(4, "MIA", "BOS"), game(20, "BOS", "MIA")]);
    let schedule = compute(&log).schedule;
    let boston = |day: u32| -> Vec<f64> {
        let key = team_key(team("BOS"));
        let at = morning(Date::from_ymd_opt(2021, 11, day).expect("a date")).timestamp_millis();
        let row =
            (0..schedule.rows.len()).find(|row| schedule.rows.keys[*row] == key && schedule.rows.event_at[*row] == at);
        schedule.rows.columns.iter().map(|column| column[row.expect("a row")]).collect()
    };
    assert_eq!(boston(1), [7.0, 0.0, 0.0, 0.0], "a season begins rested and at home");
    assert_eq!(boston(2), [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(boston(4)[..3], [2.0, 0.0, 1.0], "the third in four nights");
    assert_eq!(boston(4)[3], distance_km(team("BOS"), team("MIA")));
    assert!(boston(5)[3].is_nan(), "no game, no travel");
    assert_eq!(boston(20)[0], 7.0);
}

#[test]
fn early_season_values_are_shrunk_as_documented() {
    let mut games = made_up(8);
    games.retain(|game| game.season == 2020);
    let first = games[0].date;
    games.truncate(games.iter().position(|game| game.date > first + chrono::TimeDelta::days(1)).expect("a later day"));
    games.iter_mut().for_each(|game| game.date = first);
    // A second day, on which the first is known.
    games.last_mut().expect("a game").date = first + chrono::TimeDelta::days(1);
    games.dedup_by(|a, b| a.home == b.home || a.visitor == b.visitor || a.home == b.visitor || a.visitor == b.home);
    let log = GameLog::new(games);
    let game = &log.games()[0];
    let stats = compute(&log).season_stats;
    let at = |name: &str| {
        let column = stats.view.fields.iter().position(|field| field.name == name).expect("a field");
        stats.rows.columns[column][30 + game.home.index()]
    };
    let won = f64::from(game.home_won().expect("played"));
    let net = Side::both(game).expect("played")[0].net_rating().expect("with totals");
    assert_eq!((at("games_played"), at("wins"), at("losses")), (1.0, won, 1.0 - won));
    assert!((at("win_share") - (won + 24.0 * 0.5) / 25.0).abs() < 1e-12);
    assert!((at("net_rating") - net / 25.0).abs() < 1e-12);
    assert!(stats.rows.columns[4][0].is_nan(), "before any game nobody knows how much is scored");
}
