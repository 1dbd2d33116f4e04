//! No row of any view knows a result of its own day or of a later one.

use super::tests::made_up;
use super::*;
use crate::base::{Rng, Seed};
use crate::league::{Score, demo};

/// The rows of a view up to a day's morning, as bits.
fn bits(view: &ViewRows, day: Date) -> Vec<(u32, i64, Vec<u64>)> {
    let rows = &view.rows;
    let at = morning(day).timestamp_millis();
    let upto = (0..rows.len()).filter(|row| rows.event_at[*row] <= at);
    upto.map(|row| {
        let values = rows.columns.iter().map(|column| column[row].to_bits()).collect();
        (rows.keys[row], rows.known_at[row], values)
    })
    .collect()
}

/// The log with the results of a day and later dealt out anew among its games.
fn shuffled(log: &GameLog, day: Date, rng: &mut Rng) -> GameLog {
    let later = |game: &Game| game.date >= day;
    let mut results: Vec<_> =
        log.games().iter().filter(|g| later(g)).map(|g| (g.score, g.home_box, g.visitor_box)).collect();
    rng.shuffle(&mut results);
    let mut results = results.into_iter();
    altered(log, day, |game| (game.score, game.home_box, game.visitor_box) = results.next().expect("one a game"))
}

/// The log with every game of a day and later changed.
fn altered(log: &GameLog, day: Date, mut change: impl FnMut(&mut Game)) -> GameLog {
    let mut games = log.games().to_vec();
    games.iter_mut().filter(|game| game.date >= day).for_each(&mut change);
    GameLog::new(games)
}

/// The log in which every game of a day and later ended with these scores and no box totals.
fn ended(log: &GameLog, day: Date, score: Score) -> GameLog {
    altered(log, day, |game| (game.score, game.home_box, game.visitor_box) = (Some(score), None, None))
}

/// Views whose rows follow from the schedule alone.
const NO_RESULTS: [&str; 1] = ["team_schedule"];

/// Asserts over some days that the results of the day and later change nothing up to its morning. Gives the views that a
/// later row of changed, which shows that the change was one.
fn assert_no_leak(log: &GameLog, days: &[Date]) -> Vec<String> {
    let full = compute_all(log);
    let mut moved = Vec::new();
    for day in days {
        let mut rng = Seed(11).child(&day.to_string()).rng();
        let others = [
            ("shuffled", shuffled(log, *day, &mut rng)),
            ("rout", ended(log, *day, Score { home: 180, visitor: 60 })),
            ("as of the day", log.as_of(*day)),
        ];
        for (how, other) in others {
            for (ours, theirs) in full.iter().zip(compute_all(&other)) {
                let name = &ours.view.name;
                assert!(bits(ours, *day) == bits(&theirs, *day), "{name} knows on {day} what comes later ({how})");
                if !moved.contains(name) && bits(ours, Date::MAX) != bits(&theirs, Date::MAX) {
                    moved.push(name.clone());
                }
            }
        }
    }
    moved
}

/// So many different days of a log, drawn at random.
fn some_days(log: &GameLog, seed: u64, n: usize) -> Vec<Date> {
    let mut days = log.days();
    Seed(seed).rng().shuffle(&mut days);
    days.truncate(n);
    days
}

fn assert_all_moved(mut moved: Vec<String>) {
    moved.extend(NO_RESULTS.map(str::to_owned));
    moved.sort();
    let mut all: Vec<String> = all_views().into_iter().map(|view| view.name).collect();
    all.sort();
    assert_eq!(moved, all, "the changes must change something for the test to mean anything");
}

#[test]
fn results_of_a_day_and_later_change_no_row_of_that_day_or_before_in_any_view() {
    for seed in 20..26 {
        let log = GameLog::new(made_up(seed));
        let moved = assert_no_leak(&log, &some_days(&log, seed, 6));
        assert_all_moved(moved);
    }
}

#[test]
fn no_view_of_the_simulated_league_knows_a_result_before_its_day_is_over() {
    let games = demo::games(demo::DEFAULT_SEED).into_iter().filter(|game| game.season <= 2021).collect();
    let log = GameLog::new(games);
    let moved = assert_no_leak(&log, &some_days(&log, 5, 8));
    assert_all_moved(moved);
}

#[test]
fn a_day_of_results_is_in_the_rows_of_the_next_morning() {
    let log = GameLog::new(made_up(27));
    let day = log.days()[6];
    let (full, without) = (compute_all(&log), compute_all(&log.as_of(day)));
    let next = day.succ_opt().expect("a day");
    for (ours, theirs) in full.iter().zip(&without) {
        // The pairs that meet on the next day need not have met on this one.
        let waits = NO_RESULTS.contains(&ours.view.name.as_str()) || ours.view.entities == ["pair"];
        assert_eq!(bits(ours, next) == bits(theirs, next), waits, "{}", ours.view.name);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod real {
    use super::*;
    use crate::league::{BoxTotals, Phase};
    use std::path::{Path, PathBuf};

    /// The real games that lie beside the project, or nothing and a line that says so.
    pub(in crate::league::features) fn real_games() -> Option<GameLog> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        let path = std::env::var_os("LINELOGIC_SHARED").map_or(beside, PathBuf::from).join("nba_games_2015_2023.csv");
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: {} is absent; set LINELOGIC_SHARED to the folder that has it", path.display());
            return None;
        };
        Some(GameLog::new(text.lines().skip(1).map(game_of).collect()))
    }

    /// A line of the file, whose columns `data/README.md` beside it lists.
    fn game_of(line: &str) -> Game {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<u16>().ok();
        let totals = |at: usize| {
            Some(BoxTotals { fga: number(at)?, fta: number(at + 1)?, oreb: number(at + 2)?, tov: number(at + 3)? })
        };
        let phase = match cells[3] {
            "regular" => Phase::Regular,
            "playin" => Phase::Playin,
            "playoff" => Phase::Playoff,
            _ => Phase::CupFinal,
        };
        Game {
            id: cells[0].to_owned(),
            date: cells[1].parse().expect("a date"),
            season: number(2).expect("a season"),
            phase,
            neutral: cells[4] == "1",
            home: cells[5].parse().expect("a team"),
            visitor: cells[6].parse().expect("a team"),
            score: number(7).zip(number(8)).map(|(home, visitor)| Score { home, visitor }),
            home_box: totals(9),
            visitor_box: totals(13),
        }
    }

    #[test]
    fn no_view_of_the_real_games_knows_a_result_before_its_day_is_over() {
        let Some(log) = real_games() else { return };
        // The seasons about the bubble, which has the neutral floors and the odd phases.
        let log =
            GameLog::new(log.games().iter().filter(|game| (2019..2021).contains(&game.season)).cloned().collect());
        let moved = assert_no_leak(&log, &some_days(&log, 9, 5));
        assert_all_moved(moved);
    }

    /// `LINELOGIC_SHARED=… cargo test --release --lib league::features -- --ignored --nocapture all_views`
    #[test]
    #[ignore = "a measurement: only a release build says something"]
    fn all_views_over_nine_real_seasons_take_less_than_300_ms() {
        let Some(log) = real_games() else { return };
        let mut times: Vec<f64> = (0..9)
            .map(|_| {
                let start = std::time::Instant::now();
                std::hint::black_box(compute_all(&log));
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        eprintln!("all views over {} games: median {:.1} ms of {times:.1?}", log.games().len(), times[4]);
        assert!(times[4] < 300.0, "{} ms", times[4]);
    }
}
