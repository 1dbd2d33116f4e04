//! Searches on made-up examples.

use super::*;
use crate::learn::testing::frame;
use crate::learn::{CalibrationMethod, EstimatorSpec, walk_forward};

fn space(c: &[f64]) -> Space {
    let set = |name: &str, features: &[&str]| FeatureSet {
        name: name.into(),
        features: features.iter().map(|feature| (*feature).to_owned()).collect(),
    };
    Space {
        estimators: vec![
            EstimatorSpace::LogisticRegression { c: c.to_vec(), l1_ratio: vec![0.0] },
            EstimatorSpace::Baseline { feature: vec!["signal".into()] },
        ],
        features: vec![set("both", &["signal", "noise"]), set("signal", &["signal"])],
        half_lives: vec![4.0],
        calibrations: vec![CalibrationMethod::None],
    }
}

fn spec(method: Method) -> SearchSpec {
    SearchSpec { space: space(&[1e-6, 0.01, 1.0]), method, split: Split::WalkForward }
}

/// Runs a search to its end, taking of the ready trials the one that `pick` says.
fn run(spec: &SearchSpec, seed: Seed, pick: fn(usize) -> usize) -> Search {
    let frame = frame(4, 15);
    let rows: Vec<usize> = (0..frame.y.len()).collect();
    let folds = walk_forward(&frame, &rows);
    let mut search = Search::new(spec, folds.len(), seed).expect("a search");
    loop {
        let ready = search.ready();
        if ready.is_empty() {
            return search;
        }
        let unit = ready[pick(ready.len())];
        let trial = search.run(unit, &frame, &folds, "1", seed);
        search.take(trial);
    }
}

#[test]
fn a_grid_tries_every_combination_and_the_signal_wins() {
    let search = run(&spec(Method::Grid), Seed(1), |_| 0);
    assert_eq!((search.total(), search.done()), (8, 8));
    let best = search.best().expect("done");
    assert!(best.log_loss() < 0.68, "{best:?}");
    let losses: Vec<f64> = search.leaderboard().iter().map(|trial| trial.log_loss()).collect();
    assert!(losses.is_sorted());
    let weakest = search.leaderboard().pop().expect("a last one").setting.estimator.clone();
    assert_eq!(weakest, EstimatorSpec::LogisticRegression { c: 1e-6, l1_ratio: 0.0 });
}

#[test]
fn the_leaderboard_is_the_same_whatever_the_order_in_which_trials_end() {
    for method in [Method::Grid, Method::Random { trials: 5 }, Method::Halving { factor: 2 }] {
        let spec = spec(method);
        let (one, two) = (run(&spec, Seed(3), |_| 0), run(&spec, Seed(3), |ready| ready - 1));
        assert_eq!(one.leaderboard(), two.leaderboard(), "{method:?}");
        assert_eq!(one.best(), two.best());
    }
}

#[test]
fn a_search_goes_on_from_the_trials_that_were_done() {
    let spec = spec(Method::Halving { factor: 2 });
    let whole = run(&spec, Seed(3), |_| 0);
    let mut resumed = Search::new(&spec, 3, Seed(3)).expect("a search");
    for trial in whole.trials().into_iter().take(5) {
        let text = serde_json::to_string(&trial).expect("a trial is JSON");
        resumed.take(serde_json::from_str(&text).expect("its own JSON"));
    }
    let mut foreign = whole.trials().pop().expect("a trial");
    foreign.setting.half_life = 1.0;
    resumed.take(foreign);
    assert_eq!(resumed.done(), 5, "a trial of another search is left out");
    for trial in whole.trials() {
        resumed.take(trial);
    }
    assert_eq!(resumed, whole);
}

#[test]
fn halving_judges_fewer_settings_on_more_folds() {
    assert_eq!(rungs(24, 5, 3), [1, 3, 5]);
    assert_eq!(rungs(2, 9, 2), [1, 9]);
    assert_eq!(rungs(1, 5, 3), [5]);
    let search = run(&spec(Method::Halving { factor: 2 }), Seed(1), |_| 0);
    let on = |folds: usize| search.trials().iter().filter(|trial| trial.folds == folds).count();
    assert_eq!([on(1), on(2), on(3)], [8, 4, 2]);
    assert_eq!((search.total(), search.leaderboard().len()), (14, 8));
    assert_eq!(search.best().expect("done").folds, 3);
}

#[test]
fn draws_are_points_of_the_space_without_repetition_and_follow_the_seed() {
    let space = space(&[0.1, 1.0]);
    let all = space.settings().expect("points");
    let drawn = space.draw(4, Seed(5)).expect("points");
    assert_eq!(drawn.len(), 4);
    assert!(drawn.iter().all(|setting| all.contains(setting)));
    assert!((1..4).all(|at| !drawn[..at].contains(&drawn[at])));
    assert_eq!(drawn, space.draw(4, Seed(5)).expect("points"));
    assert_ne!(drawn, space.draw(4, Seed(6)).expect("points"));
    assert_eq!(space.draw(100, Seed(5)).expect("points").len(), all.len());
}

#[test]
fn a_space_with_a_point_that_cannot_be_tried_is_an_error_that_names_it() {
    let error = space(&[0.1, -1.0]).settings().expect_err("no valid point").to_string();
    assert_eq!(error, "the search space has a point that cannot be tried: C is -1: expected a finite number above 0");
    let empty = Space { half_lives: vec![], ..space(&[1.0]) };
    assert_eq!(empty.settings(), Err(SpaceError::Empty { axis: "half_lives".into() }));
    let large = space(&vec![1.0; MOST_POINTS]);
    assert!(matches!(large.settings(), Err(SpaceError::TooLarge { .. })));
    let error = |method| Search::new(&spec(method), 3, Seed(1)).expect_err("no search").to_string();
    assert_eq!(error(Method::Halving { factor: 1 }), "the factor is 1: expected 2 to 10");
    assert_eq!(error(Method::Random { trials: 0 }), "the number of draws is 0: expected at least 1");
}

#[test]
fn trials_that_fail_are_told_and_a_search_of_nothing_else_is_an_error() {
    let mut spec = spec(Method::Grid);
    spec.space.features[0].features.push("luck".into());
    let search = run(&spec, Seed(1), |_| 0);
    let failed: Vec<Trial> = search.trials().into_iter().filter(|trial| trial.scores.is_none()).collect();
    assert_eq!(failed.len(), 4);
    assert_eq!(failed[0].error.as_deref(), Some("there is no feature luck"));
    assert!(search.best().expect("others did not fail").scores.is_some());
    spec.space.features.pop();
    let error = run(&spec, Seed(1), |_| 0).best().expect_err("all failed").to_string();
    assert_eq!(error, "every trial failed, the first because there is no feature luck");
    let search = Search::new(&spec, 3, Seed(1)).expect("a search");
    assert_eq!(search.best().expect_err("not run"), SearchError::Unfinished { left: 4 });
}
