//! The filters against numpy and by hand, and an edge against its parts.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::base::morning;
use crate::features::OnlineView;
use crate::league::features::game_features::beliefs;
use crate::league::features::tests::{game, made_up, team};
use crate::league::features::{
    LEAGUE_KEY, ViewRows, compute, filter_parts, filter_parts_served, frame, golden_tests, team_key,
};
use crate::league::{BoxTotals, GameLog, Score};

/// `tests/reference/filters_numpy.py` writes it.
#[derive(Deserialize)]
struct Golden {
    scores: Vec<(String, f64, f64)>,
    rows: Vec<(String, Date, u32, Vec<f64>)>,
}

#[test]
fn scores_and_rows_of_the_made_up_league_are_those_of_numpy_with_whole_matrices() {
    let golden: Golden = serde_json::from_str(include_str!("../../../../tests/golden/filters_numpy.json"))
        .expect("the golden file is whole");
    let log = GameLog::new(golden_tests::golden().games);
    let views = compute(&log);
    assert_eq!(golden.scores.len(), log.games().len());
    for ((id, whole, split), (game, beliefs)) in
        golden.scores.iter().zip(log.games().iter().zip(beliefs(log.games(), &views)))
    {
        let ours = beliefs.scores();
        assert_eq!(*id, game.id);
        assert!((ours[0] - whole).abs() <= 1e-9 && (ours[1] - split).abs() <= 1e-9, "{id}: {ours:?}, {whole}, {split}");
    }
    let mut ours = BTreeMap::new();
    for ViewRows { view, rows } in [&views.filters, &views.league_filters] {
        for row in 0..rows.len() {
            let values: Vec<f64> = rows.columns.iter().map(|column| column[row]).collect();
            ours.insert((view.name.as_str(), rows.event_at[row], rows.keys[row]), values);
        }
    }
    for (view, day, key, theirs) in &golden.rows {
        let ours = &ours[&(view.as_str(), morning(*day).timestamp_millis(), *key)];
        let same = ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() <= 1e-9);
        assert!(same, "{view} of {key} on {day}: {ours:?}, numpy {theirs:?}");
    }
}

/// Values of a key on a day of November 2021.
fn on(of: &ViewRows, day: u32, key: u32) -> Vec<f64> {
    let at = morning(Date::from_ymd_opt(2021, 11, day).expect("a date")).timestamp_millis();
    let mut rows = (0..of.rows.len()).filter(|row| of.rows.keys[*row] == key && of.rows.event_at[*row] == at);
    let row = rows.next().expect("a row");
    of.rows.columns.iter().map(|column| column[row]).collect()
}

fn assert_close(ours: &[f64], expected: &[f64]) {
    let same = ours.len() == expected.len() && ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(same, "{ours:?} is not {expected:?}");
}

#[test]
fn a_first_game_without_box_totals_moves_both_filters_as_worked_by_hand() {
    let won = Game { score: Some(Score { home: 110, visitor: 100 }), ..game(1, "BOS", "BKN") };
    let views = compute(&GameLog::new(vec![won, game(3, "CHI", "MIA")]));
    let boston = team_key(team("BOS"));
    assert_close(&on(&views.filters, 1, boston), &[0.0, 13.0, 0.0, 16.0]);
    // 1,000 km of travel count as `km`; both are rested, nobody played yesterday, and every rating is 0.
    let km = -crate::league::features::distance_km(team("BKN"), team("BOS")) / 1000.0;
    let soft = 15.0 * math::asinh(10.0 / 15.0);
    let variance = 26.0 + 0.25 + 0.33 * km * km + 97.0;
    let surprise = soft - 2.2;
    let whole = [13.0 / variance * surprise, 13.0 - 13.0 * 13.0 / variance + 0.019];
    let of_split = 2.0 * 16.0 + 0.25 + 0.33 * km * km + 96.3;
    let surprise_of_split = soft - 2.3;
    let split = [16.0 / of_split * surprise_of_split, 16.0 - (14.0 * 14.0 + 2.0 * 2.0) / of_split + 0.028];
    assert_close(&on(&views.filters, 2, boston), &[whole[0], whole[1], split[0], split[1]]);
    let league = on(&views.league_filters, 2, LEAGUE_KEY);
    assert_close(&league[..2], &[2.2 + 0.25 / variance * surprise, 0.25 - 0.0625 / variance]);
    assert_close(&league[10..12], &[0.33 * km / variance * surprise, 0.33 - 0.33 * 0.33 * km * km / variance]);
    assert_close(&league[2..4], &[0.0, 1.3]);
    let later = on(&views.filters, 3, boston);
    assert!((later[1] - whole[1] - 0.019).abs() < 1e-12, "an idle day makes less sure");
}

#[test]
fn a_season_opens_with_the_summers_drift_alone() {
    let last = game(1, "BOS", "LAL");
    let next = Game {
        id: "next".to_owned(),
        date: Date::from_ymd_opt(2022, 10, 20).expect("a date"),
        season: 2022,
        ..last.clone()
    };
    let views = compute(&GameLog::new(vec![last, next]));
    let rows = &views.filters.rows;
    assert_eq!(rows.len(), 60);
    assert_close(&[rows.columns[1][30]], &[0.66 * 0.66 * 13.0 + 1.95]);
    assert_close(&[rows.columns[3][30]], &[0.65 * 0.65 * 16.0 + 2.9 + 0.85]);
    assert_close(&[views.league_filters.rows.columns[1][1]], &[0.35]);
}

#[test]
fn news_of_two_without_a_covariance_is_that_of_each() {
    let both = news_of_two([3.0, -1.0], [4.0, 8.0], 0.0);
    for (both, (surprise, variance)) in both.iter().zip([(3.0, 4.0), (-1.0, 8.0)]) {
        let alone = news(surprise, variance);
        assert_close(&[both.pull, both.weight], &[alone.pull, alone.weight]);
    }
}

#[test]
fn chances_need_box_totals_that_make_sense() {
    let totals = |fga: u16, tov: u16| Some(BoxTotals { fga, fta: 25, oreb: 10, tov });
    let with = |home_box, visitor_box| Game { home_box, visitor_box, ..game(1, "BOS", "LAL") };
    assert_close(&[surplus(&with(totals(90, 12), totals(80, 12))).expect("with totals")], &[9.0]);
    assert_eq!(surplus(&with(totals(90, 12), None)), None);
    let none = Some(BoxTotals { fga: 0, fta: 0, oreb: 9, tov: 0 });
    assert_eq!(surplus(&with(none, none)), None, "no possessions");
}

#[test]
fn the_parts_of_an_edge_make_the_edge_and_on_a_neutral_floor_the_floor_is_no_part() {
    let log = GameLog::new(made_up(41));
    let views = compute(&log);
    let (parts, frame) = (filter_parts(log.games(), &views), frame(&log));
    assert_eq!(frame.features[0], "filter_edge");
    let mut seen = [false; 6];
    for ((game, parts), edge) in log.games().iter().zip(&parts).zip(frame.x.column(0)) {
        assert!((parts.values.iter().sum::<f64>() - edge).abs() < 1e-12, "{}: {parts:?}, {edge}", game.id);
        assert!((10.0..13.0).contains(&parts.points), "{}", parts.points);
        for (seen, value) in seen.iter_mut().zip(parts.values) {
            *seen |= value != 0.0;
        }
        let of_the_floor = [parts.values[1], parts.values[2], parts.values[3]];
        assert!(!game.neutral || of_the_floor == [0.0; 3], "{}: {parts:?}", game.id);
    }
    assert_eq!(seen, [true; 6], "each part counts somewhere");
}

#[test]
fn an_edge_is_missing_only_where_its_rows_are() {
    let log = GameLog::new(made_up(42));
    assert!(frame(&log).x.column(0).iter().all(|edge| edge.is_finite()), "unknown journeys are taken as none");
    let nothing: [OnlineView; 0] = [];
    let parts = filter_parts_served(log.games(), &nothing);
    assert!(parts.iter().all(|parts| parts.values[0].is_nan() && parts.values[4].is_nan()));
}

#[cfg(not(target_arch = "wasm32"))]
mod real {
    use super::*;
    use crate::league::Phase;
    use crate::league::features::leak_tests::real::real_games;
    use crate::stats::score;

    /// The experiment's figures, of the filters alone, without a model.
    const LOG_LOSS: [((u16, u16), f64); 3] =
        [((2016, 2017), 0.61900), ((2018, 2021), 0.62602), ((2022, 2023), 0.62456)];

    #[test]
    fn the_normal_probability_of_the_edge_scores_as_in_the_experiment() {
        let Some(log) = real_games() else { return };
        let frame = frame(&log);
        for ((first, last), expected) in LOG_LOSS {
            let rows = (0..frame.y.len()).filter(|row| {
                (first..=last).contains(&frame.groups[*row]) && log.games()[*row].phase == Phase::Regular
            });
            let (y, p): (Vec<f64>, Vec<f64>) =
                rows.map(|row| (frame.y[row], 0.5 * math::erfc(-frame.x[[row, 0]] / std::f64::consts::SQRT_2))).unzip();
            let found = score(&y, &p).expect("played games").log_loss;
            assert!((found - expected).abs() <= 5.1e-6, "{first} to {last}: {found}");
        }
    }
}
