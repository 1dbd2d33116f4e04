//! A search over many runs, as `linelogic bench --tracking` times it. The clock is the caller's.
//!
//! `tests/reference/bench_search_mlflow.py` makes the same runs in MLflow and asks the same: what is made here follows formulas
//! that are written there once more.

use serde::Serialize;

use super::bench::median;
use crate::base::Instant;
use crate::tracking::search::{Filter, MAX_RESULTS, Mode, SearchRequest, search};
use crate::tracking::{MetricPoint, Run, RunStatus, RunTable};

/// The filter.
pub const FILTER: &str = "metrics.metric_03 > 0.5 AND params.model != 'model_1'";
/// The key to sort by.
pub const ORDER: &str = "metrics.metric_07 DESC";

/// Timed searches, after one that warms up.
const SEARCHES: usize = 31;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchTime {
    /// Runs, and metrics of each.
    pub runs: usize,
    /// Metrics of each.
    pub metrics: usize,
    /// Building the table, once.
    pub table_milliseconds: f64,
    /// Median of a search: filter read, every run tested, those that pass sorted, the first page cut.
    pub milliseconds: f64,
    /// Timed searches.
    pub searches: usize,
    /// Runs that pass.
    pub found: usize,
    /// The names of the first three, to see that others find the same.
    pub first: Vec<String>,
}

/// Made-up runs, each with this many metrics, five parameters and three tags.
///
/// # Panics
/// Never: the times are in the calendar.
pub fn made_up_runs(runs: usize, metrics: usize) -> Vec<Run> {
    let run = |row: usize| {
        let value = |metric: usize| ((row * 7919 + metric * 104_729) % 10_007) as f64 / 10_007.0;
        let start = 1_760_000_000_000 + 1000 * i64::try_from(row).unwrap_or(i64::MAX / 4096);
        let at = |milliseconds| Instant::from_timestamp_millis(milliseconds).expect("a time in the calendar");
        Run {
            id: format!("{:032x}", row as u64 * 2_654_435_761 % 4_294_967_296),
            experiment: "bench".to_owned(),
            name: format!("run {row}"),
            status: RunStatus::Finished,
            started_at: at(start),
            ended_at: at(start + 500),
            params: (0..5)
                .map(|param| match param {
                    0 => ("model".to_owned(), format!("model_{}", row % 5)),
                    _ => (format!("param_{param}"), (row % (7 * param)).to_string()),
                })
                .collect(),
            metrics: (0..metrics)
                .map(|metric| (format!("metric_{metric:02}"), vec![MetricPoint::new(value(metric), 0)]))
                .collect(),
            tags: (0..3).map(|tag| (format!("tag_{tag}"), (row % (tag + 2)).to_string())).collect(),
            data_version: None,
            feature_version: None,
            model_digest: None,
            parent: None,
            artifacts: Vec::new(),
            spec: None,
            deleted_at: None,
        }
    };
    (0..runs).map(run).collect()
}

/// Times the search. `now` is a clock in milliseconds.
///
/// # Panics
/// Never: the filter and the key are valid.
pub fn measure_search(runs: usize, metrics: usize, now: &dyn Fn() -> f64) -> SearchTime {
    let made = made_up_runs(runs, metrics);
    let start = now();
    let table = RunTable::new(&made);
    let table_milliseconds = now() - start;
    let request = SearchRequest {
        filter: FILTER.to_owned(),
        mode: Mode::Strict,
        order_by: vec![ORDER.to_owned()],
        max_results: MAX_RESULTS,
        ..SearchRequest::default()
    };
    let page = || search(&table, &request).expect("a valid search").rows;
    let first = page().iter().take(3).map(|row| table.run(*row).name.to_owned()).collect();
    let milliseconds = median(SEARCHES, now, &mut || {
        std::hint::black_box(page());
    });
    let found = Filter::parse(FILTER, Mode::Strict).expect("a valid filter").rows(&table).len();
    SearchTime { runs, metrics, table_milliseconds, milliseconds, searches: SEARCHES, found, first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_some_runs_and_not_all() {
        let time = std::cell::Cell::new(0.0);
        let now = || {
            time.set(time.get() + 1.0);
            time.get()
        };
        let measured = measure_search(500, 8, &now);
        assert!(measured.found > 50 && measured.found < 450, "{measured:?}");
        assert_eq!((measured.milliseconds, measured.first.len()), (1.0, 3));
    }
}
