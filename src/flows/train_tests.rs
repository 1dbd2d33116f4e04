//! Training on the simulated league.

use super::*;
use crate::base::{days_between, morning};
use crate::flows::record::{Recorded, record};
use crate::flows::searches::default_search;
use crate::league::demo;
use crate::learn::{EstimatorSpec, Method, SearchSpec, Split};
use crate::tracking::USER;

fn log() -> GameLog {
    GameLog::new(demo::games(Seed(7)))
}

fn spec(seasons: (u16, u16), as_of: Date) -> TrainSpec {
    let experiment = "test".to_owned();
    TrainSpec {
        seasons,
        as_of,
        selection: vec![],
        search: default_search(&[0.001, 0.01, 1.0]),
        seed: Seed(1),
        experiment,
    }
}

fn provenance() -> Provenance {
    Provenance { data_version: Digest::of_bytes(b"demo"), source_kind: SourceKind::Simulated }
}

fn run(log: &GameLog, spec: TrainSpec) -> TrainOutcome {
    let started = morning(spec.as_of);
    let job = TrainJob::new(log, spec, provenance()).expect("enough games");
    job.finish(started, started).expect("a model")
}

#[test]
fn a_training_ends_in_a_run_a_model_and_scores_of_games_that_no_trial_saw() {
    let log = log();
    let seasons = log.seasons();
    let (first, last) = (seasons[0], seasons[seasons.len() - 1]);
    let mut job = TrainJob::new(&log, spec((first, last), demo::as_of()), provenance()).expect("enough games");
    assert_eq!(job.search().total(), 3);
    let held_out_from = job.frame.days[job.rows[job.holdout]];
    assert!(job.folds.iter().flat_map(|fold| &fold.validate).all(|row| job.frame.days[*row] < held_out_from));
    let mut trials = Vec::new();
    while let Some(trial) = job.step() {
        trials.push(trial);
    }
    assert_eq!(job.step(), None, "no trial is left");
    let at = morning(demo::as_of());
    let outcome = job.finish(at, at).expect("a model");
    assert_eq!(outcome.trials, trials);
    assert_eq!(outcome.holdout_days.0, held_out_from);
    let days = log.games().iter().filter(|game| game.season == last).map(|game| game.date);
    assert_eq!(Some(held_out_from), days.min(), "the half-played season is the hold-out");
    assert!(outcome.trained_through < demo::as_of());
    assert!(outcome.holdout.log_loss < 0.68 && outcome.holdout.log_loss > 0.55, "{:?}", outcome.holdout);
    let run = &outcome.run;
    assert!(run.id.len() == 32 && run.id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{}", run.id);
    assert_eq!(run.metric("log_loss"), Some(outcome.holdout.log_loss));
    for name in ["brier", "accuracy", "auc", "ece"] {
        assert!(run.metric(name).is_some(), "{name}");
    }
    assert_eq!(run.metrics["validation_log_loss"].len(), 3);
    assert_eq!(run.model_digest, Some(outcome.model.digest()));
    let best = trials.iter().min_by(|a, b| a.log_loss().total_cmp(&b.log_loss())).expect("trials");
    assert_eq!(outcome.setting, best.setting);
    let c = outcome.model.as_linear().expect("a linear model").c;
    assert_eq!(best.setting.estimator, EstimatorSpec::LogisticRegression { c, l1_ratio: 0.0 });
}

#[test]
fn the_same_spec_on_the_same_data_gives_the_same_run() {
    let log = log();
    let last = log.seasons()[log.seasons().len() - 1];
    let one = run(&log, spec((last - 2, last), demo::as_of()));
    let two = run(&log, spec((last - 2, last), demo::as_of()));
    assert_eq!(one, two);
    let narrower = run(&log, spec((last - 1, last), demo::as_of()));
    assert_ne!(one.run.id, narrower.run.id);
    assert_ne!(one.model.digest(), narrower.model.digest());
}

#[test]
fn nothing_after_as_of_changes_a_training() {
    let log = log();
    let season = log.seasons()[2];
    let opening = log.games().iter().find(|game| game.season == season).expect("a game").date;
    let day = opening + chrono::TimeDelta::days(90);
    let spec = spec((season - 2, season + 1), day);
    let full = run(&log, spec.clone());
    let known = run(&log.as_of(day), spec.clone());
    assert_eq!(full, known);
    let at = morning(day);
    let shared = TrainJob::from_frame(frame(&log), spec, provenance()).and_then(|job| job.finish(at, at));
    assert_eq!(shared.as_ref(), Ok(&full), "features computed once for all days are the same");
    assert!(days_between(full.trained_through, day) >= 1);
}

#[test]
fn a_single_season_is_enough() {
    let log = log();
    let first = log.seasons()[0];
    let outcome = run(&log, spec((first, first), demo::as_of()));
    assert!(outcome.holdout.n >= 300, "the last quarter: {}", outcome.holdout.n);
}

#[test]
fn what_cannot_be_trained_says_why() {
    let log = log();
    let first = log.seasons()[0];
    let good = spec((first, first + 1), demo::as_of());
    let error = |spec: TrainSpec| TrainJob::new(&log, spec, provenance()).expect_err("no training").to_string();
    let searched = |search: SearchSpec| error(TrainSpec { search, ..good.clone() });
    assert!(searched(default_search(&[])).contains("the search space is empty"));
    assert!(searched(default_search(&[-1.0, f64::NAN])).contains("C is -1: expected a finite number above 0"));
    let random = SearchSpec { split: Split::Random { folds: 5 }, ..default_search(&[1.0]) };
    assert!(searched(random).starts_with("a random split is refused"));
    let halving = SearchSpec { method: Method::Halving { factor: 1 }, ..default_search(&[1.0]) };
    assert!(searched(halving).contains("the factor is 1"));
    assert!(error(TrainSpec { seasons: (2021, 2020), ..good.clone() }).contains("after the last"));
    assert_eq!(
        error(TrainSpec { seasons: (1990, 1991), ..good }),
        "0 played games are too few to train on: 100 are needed"
    );
}

#[test]
fn a_recorded_training_says_on_every_run_who_recorded_it_and_what_a_run_says_itself_stays() {
    let log = log();
    let last = log.seasons()[log.seasons().len() - 1];
    let outcome = run(&log, spec((last - 1, last), demo::as_of()));
    let users = |recorded: &Recorded| -> Vec<Option<String>> {
        let runs = std::iter::once(&recorded.run).chain(&recorded.trials);
        runs.map(|run| run.tags.get(USER).cloned()).collect()
    };
    let recorded = record(&outcome, &log).expect("a record");
    assert!(users(&recorded).iter().all(Option::is_none));
    assert_eq!(recorded.clone().by(None), recorded);
    let named = recorded.by(Some("Ada"));
    assert_eq!(users(&named), vec![Some("Ada".to_owned()); 4]);
    assert_eq!(named.clone().by(Some("Grace")), named);
}
