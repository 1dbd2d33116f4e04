//! The back-test on made-up games, and on the real ones where they are there.

use super::*;

use crate::base::{Date, Seed, math, morning};
use crate::flows::ingest::{Input, ingest};
use crate::flows::searches::{STRENGTHS, default_search};
use crate::flows::slices::slices;
use crate::league::Score;
use crate::league::{Game, TeamId};

/// Seasons of 400 games between teams of hidden, lasting strength; no box totals.
fn made_up(seasons: std::ops::RangeInclusive<u16>) -> GameLog {
    with_spread(seasons, 0.8)
}

/// The same with another standard deviation of the teams' strengths, in logits.
fn with_spread(seasons: std::ops::RangeInclusive<u16>, spread: f64) -> GameLog {
    let mut rng = Seed(11).rng();
    let strength: Vec<f64> = (0..30).map(|_| rng.normal(0.0, spread)).collect();
    let mut games = Vec::new();
    for season in seasons {
        let opening = Date::from_ymd_opt(i32::from(season), 10, 20).expect("a date");
        for offset in 0..50 {
            let mut teams: Vec<TeamId> = TeamId::all().collect();
            rng.shuffle(&mut teams);
            for (number, pair) in teams.chunks(2).take(8).enumerate() {
                let logit = strength[pair[0].index()] - strength[pair[1].index()] + 0.3;
                let (more, less) = (100 + rng.below(20) as u16, 80 + rng.below(20) as u16);
                let home_won = rng.uniform() < math::sigmoid(logit);
                let (home, visitor) = if home_won { (more, less) } else { (less, more) };
                games.push(Game {
                    id: format!("{season}-{offset:02}-{number}"),
                    date: opening + chrono::TimeDelta::days(offset),
                    season,
                    phase: if offset > 45 { Phase::Playoff } else { Phase::Regular },
                    neutral: false,
                    home: pair[0],
                    visitor: pair[1],
                    score: Some(Score { home, visitor }),
                    home_box: None,
                    visitor_box: None,
                });
            }
        }
    }
    GameLog::new(games)
}

#[test]
fn a_season_is_predicted_better_than_by_its_home_rate() {
    let log = made_up(2018..=2021);
    let mut told = Vec::new();
    let found = backtest(&log, (2020, 2021), &default_search(&STRENGTHS), None, &mut |season| told.push(season))
        .expect("a back-test");
    assert_eq!(told, [2020, 2021]);
    assert!(found.pooled.model.log_loss < found.pooled.home_rate.log_loss - 0.03, "{:?}", found.pooled);
    assert_eq!(found.pooled.model.n, 2 * 46 * 8, "the regular season alone is scored");
    assert_eq!(found.games.len(), 800, "and every game is predicted");
    assert_eq!(found.seasons[1].trained_on, 1200);
    let csv = to_csv(&found.games);
    assert_eq!(csv.lines().count(), 801);
    assert!(csv.starts_with("game_id,date,home,visitor,prob_home\n2020-00-0,2020-10-20,"), "{}", &csv[..80]);
}

#[test]
fn forecasts_are_compared_game_by_game_and_one_that_is_too_good_is_not_believed() {
    let log = made_up(2018..=2021);
    let found = backtest(&log, (2020, 2021), &default_search(&STRENGTHS), None, &mut |_| {}).expect("a back-test");
    let less = found.pooled.less_home_rate.expect("hundreds of pairs");
    assert_eq!(less.n, found.pooled.model.n);
    assert!((less.mean - (found.pooled.model.log_loss - found.pooled.home_rate.log_loss)).abs() < 1e-12);
    assert!(less.interval.1 < 0.0 && less.p_value.is_some_and(|p| p < 1e-3), "{less:?}");
    let BrierParts { reliability, resolution, uncertainty } = found.brier_parts;
    assert!((reliability - resolution + uncertainty - found.pooled.model.brier).abs() < 1e-12);
    assert!(found.seasons.iter().all(|season| season.too_good == (season.scores.model.log_loss < BEST_OF_MARKETS)));
    let unequal =
        backtest(&with_spread(2018..=2020, 4.0), (2020, 2020), &default_search(&STRENGTHS), None, &mut |_| {})
            .expect("a back-test");
    assert!(unequal.seasons[0].too_good, "{:?}", unequal.seasons[0].scores.model);
}

#[test]
fn slices_part_the_games_and_lose_none() {
    let log = made_up(2018..=2021);
    let found = backtest(&log, (2020, 2021), &default_search(&STRENGTHS), None, &mut |_| {}).expect("a back-test");
    let cut = slices(&log, &found.games).expect("played games");
    let games = |by: &str| -> u64 { cut.iter().filter(|slice| slice.by == by).map(|slice| slice.scores.n).sum() };
    let regular = found.pooled.model.n;
    assert_eq!((games("phase"), games("month"), games("favourite")), (800, regular, regular));
    assert_eq!(games("team"), 2 * regular, "from either side");
    let first_games = regular - games("rest");
    assert!(first_games > 0 && first_games <= 2 * 30, "{first_games} games without one before");
    let names: Vec<&str> = cut.iter().filter(|slice| slice.by == "month").map(|slice| slice.name.as_str()).collect();
    assert_eq!(names, ["October", "November", "December"], "in the order of the season");
    // The weighted mean of the slices is the whole.
    let loss: f64 = cut
        .iter()
        .filter(|slice| slice.by == "favourite")
        .map(|slice| slice.scores.log_loss * slice.scores.n as f64)
        .sum();
    assert!((loss / regular as f64 - found.pooled.model.log_loss).abs() < 1e-12);
    for slice in cut.iter().filter(|slice| slice.by == "favourite") {
        assert!((slice.observed - slice.mean_forecast).abs() < 0.25, "{slice:?}");
    }
}

#[test]
fn results_of_a_season_and_later_do_not_change_its_opening_days_predictions() {
    let log = made_up(2018..=2020);
    let flipped = log.games().iter().cloned().map(|mut game| {
        if game.season == 2020 {
            game.score = game.score.map(|score| Score { home: score.visitor, visitor: score.home });
        }
        game
    });
    let other = GameLog::new(flipped.collect());
    let one = backtest(&log, (2020, 2020), &default_search(&STRENGTHS), None, &mut |_| ()).expect("a back-test");
    let two = backtest(&other, (2020, 2020), &default_search(&STRENGTHS), None, &mut |_| ()).expect("a back-test");
    let opening = |found: &Backtest| found.games.iter().take(8).map(|game| game.prob_home).collect::<Vec<_>>();
    assert_eq!(opening(&one), opening(&two));
    assert_ne!(one.games[300].prob_home, two.games[300].prob_home);
    assert_eq!(one.seasons[0].setting, two.seasons[0].setting);
}

#[test]
fn other_forecasts_are_held_against_the_same_games() {
    let log = made_up(2019..=2020);
    let mut csv = String::from("date,team1,team2,prob1\n");
    let forecast = log.games().iter().filter(|game| game.season == 2020).take(20);
    for (at, game) in forecast.enumerate() {
        let (a, b) = (game.home.team().name, game.visitor.team().name);
        let (a, b, p) = if at == 0 { (b, a, 0.25) } else { (a, b, 0.75) };
        csv.push_str(&format!("{},{a},{b},{p}\n", game.date));
    }
    let forecasts = Forecasts::parse("f.csv", csv.as_bytes()).expect("a good file");
    let found =
        backtest(&log, (2020, 2020), &default_search(&STRENGTHS), Some(&forecasts), &mut |_| ()).expect("a back-test");
    let against = found.pooled.against.expect("forecasts were given");
    assert_eq!((against.matched, against.unmatched), (20, 46 * 8 - 20));
    assert_eq!(against.ours.expect("matched games").n, 20);
    assert!(
        found.games.iter().take(20).all(|game| game.prob_against == Some(0.75)),
        "the first is given from its other side"
    );
}

#[test]
fn what_cannot_be_back_tested_says_why() {
    let log = made_up(2018..=2019);
    let error = |seasons| {
        backtest(&log, seasons, &default_search(&STRENGTHS), None, &mut |_| ()).expect_err("no back-test").to_string()
    };
    assert_eq!(error((2018, 2019)), "season 2018 has no earlier season in the data to train on: begin later");
    assert_eq!(error((2019, 2020)), "season 2020 is not in the data, which has 2018, 2019");
    assert!(error((2020, 2019)).starts_with("season 2020"));
}

/// The real games, if the folder with them is there.
fn real(file: &str) -> Option<Vec<u8>> {
    let folder =
        std::env::var("LINELOGIC_SHARED").unwrap_or_else(|_| format!("{}/../shared/data", env!("CARGO_MANIFEST_DIR")));
    let read = std::fs::read(format!("{folder}/{file}")).ok();
    if read.is_none() {
        eprintln!("skipped: {folder}/{file} is not there (set LINELOGIC_SHARED to the folder)");
    }
    read
}

#[test]
fn on_the_real_games_the_pooled_log_loss_is_at_most_0_630() {
    let Some(bytes) = real("nba_games_2015_2023.csv") else { return };
    let input = Input::of_bytes("nba_games_2015_2023.csv", &bytes);
    let now = morning(Date::from_ymd_opt(2024, 7, 1).expect("a date"));
    let log = ingest(input, now, &mut |_| true).expect("a clean file").log;
    let forecasts = real("forecasts_538_2015_2021.csv").expect("the folder has both files");
    let forecasts = Forecasts::parse("forecasts_538_2015_2021.csv", &forecasts).expect("a clean file");
    let found =
        backtest(&log, (2018, 2021), &default_search(&STRENGTHS), Some(&forecasts), &mut |_| ()).expect("a back-test");
    for season in &found.seasons {
        eprintln!(
            "{} {} {:.4} {:?}",
            season.season,
            season.setting.summary(),
            season.scores.model.log_loss,
            season.scores
        );
    }
    eprintln!("pooled {:?}", found.pooled);
    assert_eq!(found.pooled.model.n, 1230 + 1059 + 1080 + 1230);
    assert!(found.pooled.model.log_loss <= 0.630, "{}", found.pooled.model.log_loss);
    assert!(found.pooled.model.log_loss > 0.59, "better than the closing line: something leaks");
    let against = found.pooled.against.expect("forecasts were given");
    assert_eq!((against.matched, against.unmatched), (found.pooled.model.n, 0));
    // FiveThirtyEight's and the baseline's figures on these games are known (shared/data/README.md).
    let known = [(0.6763, 0.6133), (0.6913, 0.6331), (0.6895, 0.6293), (0.6893, 0.6257)];
    for (season, (rate, theirs)) in found.seasons.iter().zip(known) {
        let scores = &season.scores;
        assert!((scores.home_rate.log_loss - rate).abs() < 1e-4);
        let against = scores.against.as_ref().and_then(|against| against.theirs).expect("forecasts were given");
        assert!((against.log_loss - theirs).abs() < 1e-4);
    }
}
