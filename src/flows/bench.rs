//! What `linelogic bench` and the site's worker measure: the features of a log, and one fit on its training frame.
//! The clock is the caller's.

use std::collections::BTreeMap;

use ndarray::Axis;

use crate::base::{Date, Seed, math, tip_off};
use crate::features::{
    Cutoff, EntityRows, FeatureRows, OnlineView, Timeline, TrainingFrame, join_rows, point_in_time_join,
};
use crate::flows::features::online_features;
use crate::flows::searches::{HALF_LIFE, default_search};
use crate::flows::train::TrainSpec;
use crate::league::features::{
    self, FEATURE_VERSION, LEAGUE_KEY, SERVICE, ViewRows, definitions, feature_sets, team_key,
};
use crate::league::{GameLog, TeamId};
use crate::learn::{FitError, Scaling, Settings, Split, age_weights, fit, predict, train};
use crate::stats::log_loss_of;

/// Inverse penalty strength of the fit.
pub const STRENGTH: f64 = 0.1;

/// Timed fits, and timed computations of the features. Both are done once before, untimed.
const RUNS: (usize, usize) = (31, 5);

/// The games of a log whose result is known, with their features and the weights that a training gives them by age.
pub fn examples(log: &GameLog) -> (TrainingFrame, Vec<f64>) {
    let all = features::frame(log);
    let rows: Vec<usize> = (0..all.y.len()).filter(|row| !all.y[*row].is_nan()).collect();
    let weights = age_weights(&all, &rows, HALF_LIFE);
    let known = TrainingFrame {
        x: all.x.select(Axis(0), &rows),
        y: rows.iter().map(|row| all.y[*row]).collect(),
        ids: rows.iter().map(|row| all.ids[*row].clone()).collect(),
        days: rows.iter().map(|row| all.days[*row]).collect(),
        groups: rows.iter().map(|row| all.groups[*row]).collect(),
        features: all.features,
    };
    (known, weights)
}

/// Figures by name. `now` is a clock in milliseconds; times are medians.
///
/// `rows`, `columns`: of the frame; `milliseconds`: of one fit on standardised features with the penalty [`STRENGTH`];
/// `runs`: timed fits; `log_loss`: mean over the frame, of a model trained on all of it; `games`, `seasons`: of the log;
/// `features_milliseconds`: of all features of all its games; `features_runs`.
///
/// # Errors
/// If there is nothing to fit.
pub fn measure(log: &GameLog, now: &dyn Fn() -> f64) -> Result<BTreeMap<String, f64>, FitError> {
    let (frame, weights) = examples(log);
    let rows: Vec<usize> = (0..frame.y.len()).collect();
    // The first fit warms up, and is the one that is scored.
    let model = train(&frame, &rows, Some(&weights), STRENGTH, FEATURE_VERSION)?;
    let losses = frame.y.iter().zip(predict(&model, &frame, &rows)).map(|(y, p)| log_loss_of(*y, p));
    let log_loss = losses.sum::<f64>() / rows.len() as f64;
    let x = Scaling::of(&frame.x).apply(&frame.x);
    let fitting = median(RUNS.0, now, &mut || {
        // It went well a moment ago, on the same numbers.
        let _ = std::hint::black_box(fit(x.view(), &frame.y, Some(&weights), Settings::with_c(STRENGTH)));
    });
    let computing = median(RUNS.1, now, &mut || {
        std::hint::black_box(features::frame(log));
    });
    let store = measure_store(log, now);
    let figures = [
        ("rows", rows.len() as f64),
        ("columns", frame.features.len() as f64),
        ("milliseconds", fitting),
        ("runs", RUNS.0 as f64),
        ("log_loss", log_loss),
        ("games", log.games().len() as f64),
        ("seasons", log.seasons().len() as f64),
        ("features_milliseconds", computing),
        ("features_runs", RUNS.1 as f64),
    ];
    Ok(figures.into_iter().chain(store).map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Look-ups of a whole vector whose times are ranked.
const LOOKUPS: usize = 2_000;

/// The feature store: `all_views_milliseconds` of all views of all games; `join_rows`, two a game, and
/// `join_milliseconds` of their join with every view of teams, the sorting of its rows included;
/// `lookup_p99_milliseconds` of a model's whole vector for one team, in memory.
fn measure_store(log: &GameLog, now: &dyn Fn() -> f64) -> [(&'static str, f64); 5] {
    let all_views = median(RUNS.1, now, &mut || {
        std::hint::black_box(features::compute_all(log));
    });
    let views = features::compute_all(log);
    let games = log.games();
    let entities = EntityRows {
        keys: games.iter().flat_map(|game| [team_key(game.home), team_key(game.visitor)]).collect(),
        as_of: games.iter().flat_map(|game| [tip_off(game.date).timestamp_millis(); 2]).collect(),
    };
    let joining = median(RUNS.0, now, &mut || {
        for of in views.iter().filter(|of| of.view.entities == ["team"]) {
            std::hint::black_box(point_in_time_join(&entities, &of.view, &of.rows));
        }
    });
    [
        ("all_views_milliseconds", all_views),
        ("join_rows", entities.keys.len() as f64),
        ("join_milliseconds", joining),
        ("join_runs", RUNS.0 as f64),
        ("lookup_p99_milliseconds", lookup_p99(&views, now).unwrap_or(f64::NAN)),
    ]
}

fn lookup_p99(views: &[ViewRows], now: &dyn Fn() -> f64) -> Option<f64> {
    let definitions = definitions();
    let wanted = definitions.service(SERVICE).ok()?.features.clone();
    let end = views.iter().flat_map(|of| of.rows.event_at.iter().copied()).max()?;
    let mut served = Vec::new();
    for ViewRows { view, rows } in views {
        let mut online = OnlineView::new(view, "bench");
        online.materialize_incremental(view, rows, end, end).ok()?;
        served.push(online);
    }
    let teams: Vec<u32> = TeamId::all().map(team_key).collect();
    let mut times: Vec<f64> = (0..LOOKUPS)
        .map(|at| {
            let keys = [("team", teams[at % teams.len()]), ("league", LEAGUE_KEY)];
            let start = now();
            let _ = std::hint::black_box(online_features(&definitions, &served, &wanted, &keys, end));
            now() - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Some(times[LOOKUPS * 99 / 100])
}

/// Times of the join by the number of feature rows: `(feature rows, milliseconds)` each, of 23,000 entity rows over 30 keys,
/// the sorting of the rows included. Rows come in no order.
pub fn join_curve(sizes: &[usize], now: &dyn Fn() -> f64) -> Vec<(usize, f64)> {
    const ENTITIES: usize = 23_000;
    const SPAN: usize = 1 << 30;
    let mut rng = Seed(1).rng();
    let curve = sizes.iter().map(|size| {
        let mut rows = FeatureRows::empty(1);
        for _ in 0..*size {
            let at = rng.below(SPAN) as i64;
            rows.push(rng.below(30) as u32, at, at, &[at as f64]);
        }
        let mut entities = EntityRows::default();
        for _ in 0..ENTITIES {
            entities.keys.push(rng.below(30) as u32);
            entities.as_of.push(rng.below(SPAN) as i64);
        }
        let start = now();
        std::hint::black_box(join_rows(&entities, &Timeline::of(&rows), None, Cutoff::Known));
        (*size, now() - start)
    });
    curve.collect()
}

/// The search that is timed beside others: 24 strengths on five blocks of everything but the last season. No game weighs
/// less for its age, so that others can solve the same problem.
pub fn search_spec(log: &GameLog) -> TrainSpec {
    let seasons = log.seasons();
    let strengths: Vec<f64> = (0..24).map(|step| math::pow(10.0, -4.0 + 0.25 * f64::from(step))).collect();
    let mut search = default_search(&strengths);
    search.space.features = feature_sets().into_iter().filter(|set| set.name == SEARCHED).collect();
    search.space.half_lives = vec![1e9];
    search.split = Split::Blocked { folds: 5, gap_days: 0 };
    TrainSpec {
        seasons: (seasons.first().copied().unwrap_or_default(), seasons.last().copied().unwrap_or_default()),
        as_of: log.last_known_morning().unwrap_or(Date::MAX),
        selection: Vec::new(),
        search,
        seed: Seed(1),
        experiment: "bench".to_owned(),
    }
}

/// The feature set that the timed search reads.
const SEARCHED: &str = "ratings";

/// Median time of an odd number of runs.
pub fn median(runs: usize, now: &dyn Fn() -> f64, work: &mut dyn FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = now();
            work();
            now() - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::league::demo;

    #[test]
    fn the_median_is_not_moved_by_one_slow_run() {
        let clock = Cell::new(0.0);
        let mut lasts = [2.0, 900.0, 1.0, 3.0, 2.0].into_iter();
        let mut work = || clock.set(clock.get() + lasts.next().unwrap_or_default());
        assert_eq!(median(5, &|| clock.get(), &mut work), 2.0);
    }

    #[test]
    fn only_games_with_a_result_are_examples() {
        let log = GameLog::new(demo::games(demo::DEFAULT_SEED)).as_of(demo::as_of());
        let (frame, weights) = examples(&log);
        let played = log.games().iter().filter(|game| game.score.is_some()).count();
        assert!(played < log.games().len(), "the demo's last season is half played");
        assert_eq!((frame.x.nrows(), frame.y.len(), frame.ids.len(), weights.len()), (played, played, played, played));
        assert!(frame.y.iter().all(|y| *y == 0.0 || *y == 1.0));
    }

    #[test]
    fn the_curve_has_a_time_for_every_size() {
        let clock = Cell::new(0.0);
        let now = || {
            clock.set(clock.get() + 1.0);
            clock.get()
        };
        assert_eq!(join_curve(&[10, 100], &now), [(10, 1.0), (100, 1.0)]);
    }

    #[test]
    fn a_log_without_games_has_nothing_to_measure() {
        assert_eq!(measure(&GameLog::new(Vec::new()), &|| 0.0), Err(FitError::Empty));
    }
}
