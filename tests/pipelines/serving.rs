//! What predictions are served from: the online store holds what a model trains on, and says where it is behind.

use linelogic::adapters::MemoryStore;
use linelogic::base::morning;
use linelogic::features::{OnlineView, TrainingFrame};
use linelogic::flows::documents::{load_all, load_one, put};
use linelogic::flows::features::{Applied, served};
use linelogic::flows::pipelines::{Dataset, daily};
use linelogic::flows::predict::predict_day;
use linelogic::flows::registry::state;
use linelogic::league::features::{definitions, frame, frame_served};
use linelogic::league::{Game, GameLog, Score};
use linelogic::monitoring::Alert;
use linelogic::pipeline::{Outcome, Report, StepReport};
use linelogic::ports::{Batch, Document, Store};
use linelogic::registry::Stage;
use linelogic::serving::{DayLog, Prediction};
use pollster::block_on;

use super::{context, day, demo};

/// A store with a version in Production.
fn opened() -> MemoryStore {
    super::opened().0
}

fn run(store: &MemoryStore, data: &Dataset, on: &str) -> Report {
    block_on(daily(&context(store, data), day(on))).unwrap()
}

fn materialise(report: &Report) -> &StepReport {
    report.steps.iter().find(|step| step.name == "materialise").unwrap()
}

/// The predictions of a day as the join gives them, rounded as they are logged.
fn joined(store: &MemoryStore, data: &Dataset, on: &str) -> Vec<Prediction> {
    let (_, registry) = block_on(state(store)).unwrap();
    let version = registry.production_at(day(on)).unwrap();
    let mut made = predict_day(&data.log, day(on), &[(version, Stage::Production)]).unwrap();
    made.iter_mut().for_each(|made| made.prob_home = (made.prob_home * 1e6).round() / 1e6);
    made
}

fn logged(store: &MemoryStore, on: &str) -> Vec<Prediction> {
    let (_, log) = block_on(load_one::<DayLog, _>(store, on)).unwrap();
    log.map(|log| log.predictions).unwrap_or_default()
}

/// The data with some games made others.
fn changed(with: impl Fn(&mut Game)) -> Dataset {
    let mut games = demo().log.games().to_vec();
    games.iter_mut().for_each(with);
    Dataset { log: GameLog::new(games), ..demo().clone() }
}

#[test]
fn predictions_are_served_from_the_rows_that_a_model_would_train_on() {
    let store = opened();
    let first = run(&store, demo(), "2025-12-05");
    assert!(materialise(&first).detail.contains("of 11 views"), "{}", materialise(&first).detail);
    assert!(!logged(&store, "2025-12-05").is_empty());
    assert_eq!(logged(&store, "2025-12-05"), joined(&store, demo(), "2025-12-05"));
    let (_, applied) = block_on(load_one::<Applied, _>(&store, "applied")).unwrap();
    let applied = applied.expect("the daily run applies them");
    assert_eq!((applied.definitions, applied.applied_at), (definitions(), Some(morning(day("2025-12-05")))));
    // Days later the rows go on from where they were.
    run(&store, demo(), "2025-12-20");
    assert_eq!(logged(&store, "2025-12-20"), joined(&store, demo(), "2025-12-20"));
    let there: Vec<OnlineView> = block_on(served(&store)).unwrap();
    assert!(there.iter().all(|view| view.intervals.len() == 1 && view.source == demo().manifest.source));
}

#[test]
fn what_an_older_version_served_is_taken_away() {
    let store = opened();
    let (base, _) = block_on(store.scan("")).unwrap();
    let mut old =
        Document { key: "online/games".to_owned(), schema: 1, ..block_on(store.scan("run/")).unwrap().1[0].clone() };
    old.body = serde_json::json!({"day": "2025-12-04", "feature_version": "1.0.0", "features": [], "games": {}});
    block_on(store.commit(Batch { base, puts: vec![old], ..Batch::default() })).unwrap();
    run(&store, demo(), "2025-12-05");
    assert!(block_on(store.scan("online/")).unwrap().1.is_empty());
    assert_eq!(block_on(served(&store)).unwrap().len(), 11);
}

#[test]
fn a_view_of_another_version_is_served_anew_in_the_run_that_applies_it() {
    let store = opened();
    run(&store, demo(), "2025-12-05");
    let (base, _) = block_on(store.scan("")).unwrap();
    let (_, applied) = block_on(load_one::<Applied, _>(&store, "applied")).unwrap();
    let mut applied = applied.unwrap();
    let of_elo = applied.definitions.views.iter_mut().find(|view| view.name == "team_elo").unwrap();
    of_elo.version = 0;
    let mut rows = block_on(served(&store)).unwrap();
    let elo = rows.iter_mut().find(|view| view.view == "team_elo").unwrap();
    elo.version = 0;
    let mut batch = Batch { base, ..Batch::default() };
    put(&mut batch, &applied).unwrap();
    put(&mut batch, elo).unwrap();
    block_on(store.commit(batch)).unwrap();
    let report = run(&store, demo(), "2025-12-06");
    assert!(materialise(&report).detail.contains("1 change of definitions applied"), "{}", materialise(&report).detail);
    let after = block_on(served(&store)).unwrap();
    let versions: Vec<u32> = after.iter().map(|view| view.version).collect();
    assert_eq!(versions, [1; 11], "the old rows' delete does not take the new ones along");
    assert_eq!(logged(&store, "2025-12-06"), joined(&store, demo(), "2025-12-06"));
}

#[test]
fn every_game_of_a_season_is_served_what_the_join_gives() {
    let store = opened();
    let whole = frame(&demo().log);
    let bits = |frame: &TrainingFrame, row: usize| -> Vec<u64> {
        frame.x.row(row).iter().map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() }).collect()
    };
    for on in ["2025-10-21", "2025-11-14", "2025-11-15", "2025-12-23", "2026-01-15"] {
        run(&store, demo(), on);
        let views: Vec<OnlineView> = block_on(served(&store)).unwrap();
        let of_day = frame_served(demo().log.on(day(on)), &views);
        assert!(!of_day.ids.is_empty(), "{on}");
        for (row, id) in of_day.ids.iter().enumerate() {
            let other = whole.ids.iter().position(|other| other == id).unwrap();
            assert_eq!(bits(&of_day, row), bits(&whole, other), "{on} {id}");
        }
    }
    let later = frame_served(demo().log.on(demo().as_of.succ_opt().unwrap()), &block_on(served(&store)).unwrap());
    assert!(later.x.iter().any(|value| value.is_nan()), "yesterday's rows are outside their maximum age");
}

#[test]
fn a_past_day_is_served_its_own_rows_and_leaves_the_later_ones() {
    let store = opened();
    run(&store, demo(), "2025-12-20");
    let before = block_on(served(&store)).unwrap();
    let past = run(&store, demo(), "2025-12-05");
    assert_eq!(materialise(&past).outcome, Outcome::Skipped);
    assert!(materialise(&past).detail.contains("of a later day"), "{}", materialise(&past).detail);
    assert_eq!(logged(&store, "2025-12-05"), joined(&store, demo(), "2025-12-05"));
    assert_eq!(block_on(served(&store)).unwrap(), before);
}

#[test]
fn results_that_were_restated_are_served_from_the_next_run_on() {
    let store = opened();
    run(&store, demo(), "2025-12-05");
    let restated = changed(|game| {
        if game.date == day("2025-11-20") {
            game.score = game.score.map(|score| Score { home: score.visitor, visitor: score.home });
        }
    });
    run(&store, &restated, "2025-12-06");
    assert_eq!(logged(&store, "2025-12-06"), joined(&store, &restated, "2025-12-06"));
    assert_ne!(logged(&store, "2025-12-06"), joined(&store, demo(), "2025-12-06"));
}

#[test]
fn served_rows_that_give_other_features_than_the_join_are_materialised_anew() {
    let store = opened();
    run(&store, demo(), "2025-12-05");
    let mut views = block_on(served(&store)).unwrap();
    let elo = views.iter_mut().find(|view| view.view == "team_elo").unwrap();
    // A row that claims to be of the next morning, and would be kept as the newer one.
    let next = morning(day("2025-12-06")).timestamp_millis();
    for row in elo.rows.values_mut() {
        (row.event_at, row.known_at, row.values[0]) = (next, next + 1, Some(1_900.0));
    }
    let (base, _) = block_on(store.scan("")).unwrap();
    let mut batch = Batch { base, ..Batch::default() };
    put(&mut batch, elo).unwrap();
    block_on(store.commit(batch)).unwrap();
    let report = run(&store, demo(), "2025-12-06");
    assert!(materialise(&report).detail.contains("anew"), "{}", materialise(&report).detail);
    assert_eq!(logged(&store, "2025-12-06"), joined(&store, demo(), "2025-12-06"));
}

#[test]
fn results_that_are_missing_make_predictions_stale_and_after_three_days_an_alert() {
    let on = "2025-12-20";
    let without = |since: &str| {
        let since = day(since);
        changed(move |game| {
            if game.date >= since {
                (game.score, game.home_box, game.visitor_box) = (None, None, None);
            }
        })
    };
    for (since, raised) in [("2025-12-18", false), ("2025-12-14", true)] {
        let (store, data) = (opened(), without(since));
        run(&store, &data, on);
        let made = logged(&store, on);
        let oldest = made.iter().filter_map(|made| made.stale_since).min();
        assert!(oldest.is_some_and(|oldest| oldest >= day(since)), "{since}: {oldest:?}");
        let (_, alerts) = block_on(load_all::<Alert, _>(&store)).unwrap();
        let alert = alerts.iter().find(|alert| alert.rule == "stale_features");
        assert_eq!(alert.is_some(), raised, "{since}: {alerts:?}");
    }
    let store = opened();
    run(&store, demo(), on);
    assert!(logged(&store, on).iter().all(|made| made.stale_since.is_none()));
}
