//! Drift reports, performance and alerts.

use proptest::prelude::*;

use super::*;
use crate::base::{Date, morning};
use crate::registry::Stage;
use crate::serving::{DayLog, Prediction};

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn continuous<'a>(reference: &'a [f64], current: &'a [f64]) -> Column<'a> {
    Column { name: "elo", data: Data::Continuous { reference, current } }
}

#[test]
fn a_shifted_column_drifts_and_its_twin_does_not() {
    let reference: Vec<f64> = (0..200).map(f64::from).collect();
    let shifted: Vec<f64> = reference.iter().map(|value| value + 60.0).collect();
    let found = compare(&[continuous(&reference, &shifted), continuous(&reference, &reference)]);
    assert_eq!(found.iter().map(|column| column.drifted).collect::<Vec<_>>(), [true, false]);
    assert_eq!((found[0].reference_mean, found[0].current_mean), (99.5, 159.5));
    assert_eq!(drift_share(&found), 0.5);
}

#[test]
fn missing_values_are_counted_and_left_out_of_the_test() {
    let reference = [1.0, 2.0, 3.0, f64::NAN];
    let current = [1.0, f64::INFINITY, f64::NAN, f64::NAN, 3.0];
    let found = &compare(&[continuous(&reference, &current)])[0];
    assert_eq!((found.reference_n, found.current_n), (3, 2));
    assert_eq!((found.reference_missing, found.current_missing), (0.25, 0.6));
    assert_eq!(found.evidence, compare(&[continuous(&[1.0, 2.0, 3.0], &[1.0, 3.0])])[0].evidence);
}

#[test]
fn a_column_without_values_does_not_take_the_report_with_it() {
    let values: Vec<f64> = (0..50).map(f64::from).collect();
    let gone = [f64::NAN; 50];
    let far: Vec<f64> = values.iter().map(|value| value + 100.0).collect();
    let found = compare(&[continuous(&values, &gone), continuous(&gone, &values), continuous(&values, &far)]);
    for column in &found[..2] {
        assert_eq!((column.evidence, column.drifted), (None, false));
        assert!(column.statistic.is_nan());
    }
    assert_eq!(found[0].current_missing, 1.0);
    assert_eq!(drift_share(&found), 1.0, "the share is of what could be compared");
    let nothing = compare(&[continuous(&[], &[])]);
    assert_eq!((nothing[0].evidence, nothing[0].current_missing, drift_share(&nothing)), (None, 1.0, 0.0));
}

#[test]
fn flags_are_compared_as_categories() {
    let share = |ones: usize| -> Vec<f64> { (0..100).map(|i| if i < ones { 1.0 } else { 0.0 }).collect() };
    let (reference, near, far) = (share(20), share(22), share(50));
    let column = |current| Column { name: "back_to_back", data: Data::Categorical { reference: &reference, current } };
    let found = compare(&[column(&near), column(&far)]);
    assert!(found.iter().all(|column| column.stattest == "chisquare"));
    // (22 − 20)²/20 + (78 − 80)²/80.
    assert!((found[0].statistic - 0.25).abs() < 1e-12);
    assert_eq!((found[0].drifted, found[1].drifted), (false, true));
}

#[test]
fn a_new_category_always_drifts() {
    let words = |text: &str| -> Vec<Option<String>> {
        text.split(' ').map(|word| (word != "-").then(|| word.to_owned())).collect()
    };
    let (reference, current) = (words("east west east - west"), words("east west north"));
    let data = Data::Labels { reference: &reference, current: &current };
    let found = &compare(&[Column { name: "conference", data }])[0];
    assert_eq!((found.statistic, found.evidence), (f64::INFINITY, Some(Evidence::PValue(0.0))));
    assert!(found.drifted);
    assert_eq!((found.reference_n, found.reference_missing), (4, 0.2));
}

#[test]
fn more_than_five_values_are_a_scale() {
    assert!(!is_continuous(&[0.0, -0.0, 1.0, 2.0, 3.0, 4.0, f64::NAN, f64::INFINITY]));
    assert!(is_continuous(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
}

#[test]
fn a_report_with_infinite_and_missing_numbers_round_trips() {
    let new = Data::Categorical { reference: &[0.0, 0.0], current: &[0.0, 1.0] };
    let columns = compare(&[Column { name: "flag", data: new }, continuous(&[1.0], &[f64::NAN])]);
    let window = (day("2026-01-01"), day("2026-01-07"));
    let report = DriftReport::new(window, window, columns);
    let text = serde_json::to_string(&report).expect("writes");
    let back: DriftReport = serde_json::from_str(&text).expect("reads");
    assert_eq!(back.columns[0].statistic, f64::INFINITY);
    assert!(back.columns[1].statistic.is_nan() && back.columns[1].current_mean.is_nan());
    assert_eq!(serde_json::to_string(&back).expect("writes"), text);
    assert!(serde_json::from_str::<DriftReport>(&text.replace("\"Infinity\"", "\"much\"")).is_err());
}

#[test]
fn the_missing_share_is_that_of_the_features() {
    let columns = compare(&[
        continuous(&[1.0, 2.0], &[1.0, f64::NAN]),
        continuous(&[1.0, 2.0], &[1.0, 2.0]),
        Column { name: PREDICTION, data: Data::Continuous { reference: &[0.5], current: &[f64::NAN] } },
    ]);
    let window = (day("2026-01-01"), day("2026-01-07"));
    assert_eq!(DriftReport::new(window, window, columns).missing_share, 0.25);
}

proptest! {
    #[test]
    fn drift_of_a_window_against_itself_is_nothing(
        numbers in prop::collection::vec(prop_oneof![Just(f64::NAN), -5.0..5.0, Just(1.0)], 0..200),
        words in prop::collection::vec(prop::option::of("[a-d]"), 0..50),
    ) {
        let x = &numbers[..];
        let found = compare(&[
            Column { name: "scale", data: Data::Continuous { reference: x, current: x } },
            Column { name: "flag", data: Data::Categorical { reference: x, current: x } },
            Column { name: "word", data: Data::Labels { reference: &words, current: &words } },
        ]);
        prop_assert_eq!(drift_share(&found), 0.0);
        for column in found {
            prop_assert!(!column.drifted);
            prop_assert!(matches!(column.evidence, None | Some(Evidence::PValue(1.0))), "{:?}", column);
            prop_assert_eq!(column.evidence.is_none(), column.reference_n == 0);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        reference in prop::collection::vec(-5.0..5.0, 1..60),
        current in prop::collection::vec(-5.0..5.0, 1..60),
    ) {
        let reversed: Vec<f64> = current.iter().rev().copied().collect();
        let found = compare(&[continuous(&reference, &current), continuous(&reference, &reversed)]);
        prop_assert_eq!(found[0].evidence, found[1].evidence);
    }
}

/// A day's log with these games: (home probability in Production, in Staging, whether the home side won).
fn log(on: &str, games: &[(f64, f64, Option<bool>)]) -> DayLog {
    let id = |index: usize| format!("{on}-{index}");
    let mut predictions = Vec::new();
    for (index, (champion, challenger, _)) in games.iter().enumerate() {
        for (version, stage, prob_home) in
            [("1.9.0", Stage::Production, *champion), ("1.10.0", Stage::Staging, *challenger)]
        {
            predictions.push(Prediction {
                game_id: id(index),
                version: version.to_owned(),
                stage,
                prob_home,
                missing: if stage == Stage::Production { 0.125 } else { 0.0 },
                stale_since: None,
            });
        }
    }
    let mut log = DayLog::new(day(on), morning(day(on)), predictions);
    let results: Vec<(String, bool)> =
        games.iter().enumerate().filter_map(|(index, game)| game.2.map(|won| (id(index), won))).collect();
    log.settle(results.iter().map(|(id, won)| (id.as_str(), *won)));
    log
}

#[test]
fn versions_are_scored_on_the_same_settled_games() {
    let logs = [
        log("2026-01-09", &[(0.9, 0.9, Some(false))]),
        log("2026-01-10", &[(0.8, 0.6, Some(true)), (0.5, 0.4, Some(false))]),
        log("2026-01-16", &[(0.7, 0.7, None)]),
    ];
    let found = performance(&logs, (day("2026-01-10"), day("2026-01-16")));
    let versions: Vec<&str> = found.iter().map(|entry| entry.version.as_str()).collect();
    assert_eq!(versions, ["1.9.0", "1.10.0"]);
    let scores = found[0].scores.expect("two games are settled");
    assert_eq!((found[0].predicted, scores.n), (3, 2));
    // −(ln 0.8 + ln 0.5) / 2 and (0.04 + 0.25) / 2.
    assert!((scores.log_loss - 0.458_145_365_937_077_5).abs() < 1e-15);
    assert!((scores.brier - 0.145).abs() < 1e-15);
    assert_eq!((found[0].missing, found[1].missing), (0.125, 0.0));
    let challenger = found[1].scores.expect("two games are settled");
    assert!((challenger.brier - 0.16).abs() < 1e-15);
    assert_eq!(served(&logs, (day("2026-01-10"), day("2026-01-16"))), found[0].scores);
    assert_eq!(served(&logs, (day("2026-01-11"), day("2026-01-20"))), None);
    assert_eq!(performance(&logs, (day("2026-01-11"), day("2026-01-20")))[0].scores, None);
}

fn drifted_report(share_of_ten: usize, missing: bool) -> DriftReport {
    let low: Vec<f64> = (0..40).map(f64::from).collect();
    let high: Vec<f64> = low.iter().map(|value| value + 100.0).collect();
    let mut hole = low.clone();
    if missing {
        hole[..20].fill(f64::NAN);
    }
    let names: Vec<String> = (0..10).map(|index| format!("feature_{index}")).collect();
    let columns: Vec<Column<'_>> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let current = if index < share_of_ten { &high } else { &hole };
            Column { name, data: Data::Continuous { reference: &low, current } }
        })
        .collect();
    DriftReport::new((day("2025-10-21"), day("2025-12-31")), (day("2026-01-01"), day("2026-01-14")), compare(&columns))
}

fn alerts(drift: Option<&DriftReport>, logs: &[DayLog]) -> Vec<Alert> {
    evaluate(&default_rules(), &observe(day("2026-01-15"), drift, logs))
}

#[test]
fn a_drift_score_above_three_tenths_raises_and_says_which_columns() {
    assert_eq!(alerts(Some(&drifted_report(3, false)), &[]), [], "0.3 is not above 0.3");
    let found = alerts(Some(&drifted_report(4, false)), &[]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].rule.as_str(), found[0].day, found[0].value), (DRIFT_SCORE, day("2026-01-15"), 0.4));
    assert_eq!(
        found[0].message,
        "drift score is 0.4, above 0.3. 4 of 10 columns drifted between 2026-01-01 and 2026-01-14: feature_0, \
         feature_1, feature_2, feature_3. Too many columns differ from the reference window. Look at the drift \
         report, and train again if the change is real."
    );
}

#[test]
fn a_log_loss_above_eight_tenths_raises_once_twenty_games_are_settled() {
    let wrong = |games: usize| vec![(0.6, 0.6, Some(false)); games];
    let few = [log("2026-01-08", &wrong(10)), log("2026-01-14", &wrong(9))];
    assert_eq!(observe(day("2026-01-15"), None, &few), []);
    let enough = [log("2026-01-08", &wrong(10)), log("2026-01-14", &wrong(10))];
    let found = alerts(None, &enough);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, LOG_LOSS);
    assert!((found[0].value - 0.916_290_731_874_155).abs() < 1e-12);
    assert!(found[0].message.contains("Measured over 20 games from 2026-01-08 to 2026-01-14."), "{}", found[0].message);
    let too_old = [log("2026-01-07", &wrong(10)), log("2026-01-14", &wrong(10))];
    assert_eq!(alerts(None, &too_old), []);
    let right = [log("2026-01-14", &[(0.6, 0.1, Some(true)); 25])];
    assert_eq!(alerts(None, &right), [], "what nobody was shown raises nothing");
}

#[test]
fn missing_features_above_a_twentieth_raise_from_the_log_or_from_the_report() {
    // The log of the day says 0.125 for the champion.
    let found = alerts(None, &[log("2026-01-15", &[(0.6, 0.6, None)])]);
    assert_eq!((found[0].rule.as_str(), found[0].value), (MISSING_FEATURES, 0.125));
    let found = alerts(Some(&drifted_report(0, true)), &[]);
    let missing = found.iter().find(|alert| alert.rule == MISSING_FEATURES).expect("half is missing");
    assert_eq!(missing.value, 0.5);
    assert_eq!(alerts(Some(&drifted_report(0, false)), &[]), []);
}

#[test]
fn features_of_a_state_three_days_old_raise() {
    let stale = |since: &str| {
        let mut log = log("2026-01-15", &[(0.6, 0.6, None), (0.7, 0.6, None)]);
        log.predictions.iter_mut().for_each(|made| made.missing = 0.0);
        let served = log.predictions.iter_mut().find(|made| made.stage == Stage::Production).expect("one is served");
        served.stale_since = Some(day(since));
        log
    };
    assert_eq!(alerts(None, &[stale("2026-01-13")]), [], "60 hours are within the bound");
    let found = alerts(None, &[stale("2026-01-12")]);
    assert_eq!((found[0].rule.as_str(), found[0].value, found.len()), (STALE_FEATURES, 84.0, 1));
    assert!(found[0].message.contains("1 of 2 games on 2026-01-15 were predicted from the state of 2026-01-12"));
    let mut shadow = stale("2026-01-12");
    shadow.predictions.iter_mut().for_each(|made| made.stage = Stage::Staging);
    assert_eq!(alerts(None, &[shadow]), [], "what nobody was shown raises nothing");
}

#[test]
fn a_number_that_is_none_raises_nothing() {
    let seen =
        |value: f64| Observation { rule: LOG_LOSS.to_owned(), day: day("2026-01-15"), value, detail: String::new() };
    assert_eq!(evaluate(&default_rules(), &[seen(f64::NAN), seen(0.8)]), []);
    assert_eq!(evaluate(&default_rules(), &[seen(0.81), seen(f64::INFINITY)]).len(), 2);
    assert_eq!(evaluate(&[], &[seen(5.0)]), []);
}
