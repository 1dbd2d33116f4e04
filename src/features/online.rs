//! The online store: the newest row of every key, for serving.
//!
//! Rows enter by [`OnlineView::materialize`] and [`OnlineView::materialize_incremental`]; both ends of an interval are
//! inclusive, as in Feast. What Feast's users complain of is otherwise here: the first incremental run starts from the
//! data, a future end is clamped, intervals are merged, a late old row never overwrites a newer one, a correction that
//! became known after the last run is taken, and the time to live holds on reading, too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FeatureRows, FeatureView};
use crate::base::rfc3339_of;

/// A row as it is served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnlineRow {
    /// When what it says became true, in milliseconds since 1970 UTC.
    pub event_at: i64,
    /// When it could first be known.
    pub known_at: i64,
    /// One value a feature of the view; null where there is none.
    pub values: Vec<Option<f64>>,
}

/// The served rows of one view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnlineView {
    /// The view.
    pub view: String,
    /// The version that the rows are of.
    pub version: u32,
    /// Where the data comes from that they were computed from.
    #[serde(default)]
    pub source: String,
    /// Names of the features, in the order of the values.
    pub features: Vec<String>,
    /// What has been materialised, in milliseconds: both ends inclusive, disjoint, ascending.
    pub intervals: Vec<(i64, i64)>,
    /// Rows that became known later than this have not been looked at by an incremental run.
    pub known_through: Option<i64>,
    /// The newest row of every key.
    pub rows: BTreeMap<u32, OnlineRow>,
}

/// Why nothing was materialised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaterializeError {
    /// The interval ends before it begins.
    #[error("the interval begins at {start} and ends at {end}: the start should not be after the end")]
    Inverted {
        /// Its beginning.
        start: String,
        /// Its end.
        end: String,
    },
    /// The rows are of another version than those that are served.
    #[error(
        "view {view}: version {stored} is served and these rows are of version {given}; apply the definitions first"
    )]
    Version {
        /// The view.
        view: String,
        /// The version of the served rows.
        stored: u32,
        /// The version of the new ones.
        given: u32,
    },
}

/// What a run has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Materialized {
    /// The view.
    pub view: String,
    /// The interval that was looked at, in milliseconds; none where there was nothing to look at.
    pub interval: Option<(i64, i64)>,
    /// Rows in it that were known.
    pub rows: usize,
    /// Keys whose row is another one now.
    pub written: usize,
    /// Keys that have a newer row already, which stays.
    pub kept: usize,
}

impl OnlineView {
    /// A view of which nothing is served yet, for rows computed from the data of a source.
    pub fn new(view: &FeatureView, source: &str) -> Self {
        Self {
            view: view.name.clone(),
            version: view.version,
            source: source.to_owned(),
            features: view.fields.iter().map(|field| field.name.clone()).collect(),
            intervals: Vec::new(),
            known_through: None,
            rows: BTreeMap::new(),
        }
    }

    /// Takes over, for every key, the newest row with `start ≤ event_at ≤ end` that was known by `now`. An end after
    /// `now` is taken as `now`: what has not happened yet is not done.
    ///
    /// # Errors
    /// [`MaterializeError`]; nothing has changed then.
    pub fn materialize(
        &mut self,
        view: &FeatureView,
        rows: &FeatureRows,
        (start, end): (i64, i64),
        now: i64,
    ) -> Result<Materialized, MaterializeError> {
        self.check_version(view)?;
        if start > end {
            return Err(MaterializeError::Inverted { start: rfc3339_of(start), end: rfc3339_of(end) });
        }
        let end = end.min(now);
        if start > end {
            return Ok(self.nothing());
        }
        let wanted = |event_at: i64, known_at: i64| (start..=end).contains(&event_at) && known_at <= now;
        let done = self.take_over(rows, (start, end), wanted);
        self.note((start, end));
        Ok(done)
    }

    /// Goes on from where the last run ended up to `end`, or to `now` or the newest row if that is earlier, so that a
    /// later row is never passed over. Without a run before, it starts at the first row. Rows of the past that have
    /// become known since, such as corrections, are taken, too.
    ///
    /// # Errors
    /// [`MaterializeError::Version`]; nothing has changed then.
    pub fn materialize_incremental(
        &mut self,
        view: &FeatureView,
        rows: &FeatureRows,
        end: i64,
        now: i64,
    ) -> Result<Materialized, MaterializeError> {
        self.check_version(view)?;
        let known =
            || rows.event_at.iter().zip(&rows.known_at).filter(|(_, known)| **known <= now).map(|(event, _)| *event);
        let (Some(first), Some(newest)) = (known().min(), known().max()) else { return Ok(self.nothing()) };
        let end = end.min(now).min(newest);
        let start = self.intervals.last().map_or(first, |(_, end)| *end);
        let through = self.known_through;
        if start > end && through.is_some_and(|through| through >= now) {
            return Ok(self.nothing());
        }
        let wanted = |event_at: i64, known_at: i64| {
            known_at <= now
                && event_at <= end
                && (event_at >= start || through.is_none_or(|through| known_at > through))
        };
        let done = self.take_over(rows, (start.min(end), end), wanted);
        self.known_through = through.max(Some(now));
        if start <= end {
            self.note((start, end));
        }
        Ok(done)
    }

    /// When the newest served row became true; none where nothing is served.
    pub fn newest(&self) -> Option<i64> {
        self.rows.values().map(|row| row.event_at).max()
    }

    fn check_version(&self, view: &FeatureView) -> Result<(), MaterializeError> {
        if self.version == view.version {
            return Ok(());
        }
        Err(MaterializeError::Version { view: self.view.clone(), stored: self.version, given: view.version })
    }

    fn nothing(&self) -> Materialized {
        Materialized { view: self.view.clone(), interval: None, rows: 0, written: 0, kept: 0 }
    }

    fn take_over(
        &mut self,
        rows: &FeatureRows,
        interval: (i64, i64),
        wanted: impl Fn(i64, i64) -> bool,
    ) -> Materialized {
        let time = |row: usize| (rows.event_at[row], rows.known_at[row], row);
        let (mut newest, mut seen) = (BTreeMap::<u32, usize>::new(), 0);
        for row in 0..rows.len() {
            if wanted(rows.event_at[row], rows.known_at[row]) {
                seen += 1;
                let best = newest.entry(rows.keys[row]).or_insert(row);
                if time(row) > time(*best) {
                    *best = row;
                }
            }
        }
        let (mut written, mut kept) = (0, 0);
        for (key, row) in newest {
            let value = |column: &Vec<f64>| (!column[row].is_nan()).then_some(column[row]);
            let (event_at, known_at) = (rows.event_at[row], rows.known_at[row]);
            let new = OnlineRow { event_at, known_at, values: rows.columns.iter().map(value).collect() };
            match self.rows.get(&key) {
                Some(there) if (there.event_at, there.known_at) > (event_at, known_at) => kept += 1,
                Some(there) if *there == new => {}
                _ => {
                    self.rows.insert(key, new);
                    written += 1;
                }
            }
        }
        Materialized { view: self.view.clone(), interval: Some(interval), rows: seen, written, kept }
    }

    /// Adds an interval and joins those that overlap or touch.
    fn note(&mut self, interval: (i64, i64)) {
        self.intervals.push(interval);
        self.intervals.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::with_capacity(self.intervals.len());
        for (start, end) in self.intervals.drain(..) {
            match merged.last_mut() {
                // Times are whole milliseconds, so the next one touches.
                Some(last) if start <= last.1.saturating_add(1) => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        self.intervals = merged;
    }
}

/// How a feature was found. The names are those of Feast's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// A value, and not too old.
    Present,
    /// The row is there and says null.
    NullValue,
    /// No row of this key.
    NotFound,
    /// The row is older than the view's time to live: its value is withheld.
    OutsideMaxAge,
}

impl Status {
    /// Its name in Feast's protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Present => "PRESENT",
            Self::NullValue => "NULL_VALUE",
            Self::NotFound => "NOT_FOUND",
            Self::OutsideMaxAge => "OUTSIDE_MAX_AGE",
        }
    }
}

/// A feature as it is served.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OnlineValue {
    /// The value; null for every status but [`Status::Present`].
    pub value: Option<f64>,
    /// How it was found.
    pub status: Status,
    /// When what it says became true; null where there is no row.
    pub event_at: Option<i64>,
}

/// Looks one feature of a key up at an instant.
///
/// Where there is no row, or none that was true and known by then, it is not found; a row older than `ttl_ms` is
/// withheld, whatever it says (a row of exactly that age is valid, as in the join); then it is null or there.
pub fn get_online(online: Option<&OnlineView>, key: u32, column: usize, ttl_ms: Option<i64>, now: i64) -> OnlineValue {
    let by_then = |row: &&OnlineRow| row.event_at.max(row.known_at) <= now;
    let Some(row) = online.and_then(|online| online.rows.get(&key)).filter(by_then) else {
        return OnlineValue { value: None, status: Status::NotFound, event_at: None };
    };
    let is_old = ttl_ms.is_some_and(|ttl| now.saturating_sub(row.event_at) > ttl);
    let value = row.values.get(column).copied().flatten();
    let status = match value {
        _ if is_old => Status::OutsideMaxAge,
        None => Status::NullValue,
        Some(_) => Status::Present,
    };
    OnlineValue { value: value.filter(|_| !is_old), status, event_at: Some(row.event_at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing;

    fn rows(given: &[(u32, i64, i64, f64)]) -> FeatureRows {
        let mut rows = FeatureRows::empty(1);
        given.iter().for_each(|(key, event, known, value)| rows.push(*key, *event, *known, &[*value]));
        rows
    }

    fn view() -> FeatureView {
        testing::view("team_form", &["margin"])
    }

    /// Materialises intervals one after the other; gives the served (key, event, value).
    fn check(given: &[(u32, i64, i64, f64)], runs: &[(i64, i64)], expected: &[(u32, i64, Option<f64>)]) -> OnlineView {
        let mut online = OnlineView::new(&view(), "games");
        for run in runs {
            online.materialize(&view(), &rows(given), *run, 1_000).expect("it can be materialised");
        }
        let served: Vec<_> = online.rows.iter().map(|(key, row)| (*key, row.event_at, row.values[0])).collect();
        assert_eq!(served, expected);
        online
    }

    #[test]
    fn both_ends_of_an_interval_are_inclusive() {
        let given = [(1, 10, 10, 1.0), (1, 20, 20, 2.0), (2, 30, 30, 3.0)];
        check(&given, &[(10, 10)], &[(1, 10, Some(1.0))]);
        check(&given, &[(11, 19)], &[]);
        check(&given, &[(10, 20)], &[(1, 20, Some(2.0))]);
        check(&given, &[(11, 30)], &[(1, 20, Some(2.0)), (2, 30, Some(3.0))]);
    }

    #[test]
    fn a_late_old_row_never_overwrites_a_newer_one() {
        let given = [(1, 10, 10, 1.0), (1, 20, 20, 2.0)];
        check(&given, &[(15, 25), (0, 12)], &[(1, 20, Some(2.0))]);
    }

    #[test]
    fn a_correction_of_the_same_time_takes_the_place_of_what_it_corrects() {
        let mut online = check(&[(1, 10, 10, 1.0)], &[(0, 10)], &[(1, 10, Some(1.0))]);
        let given = rows(&[(1, 10, 10, 1.0), (1, 10, 15, 1.5)]);
        online.materialize(&view(), &given, (0, 10), 14).unwrap();
        assert_eq!(online.rows[&1].values, [Some(1.0)], "it is not known yet");
        online.materialize(&view(), &given, (0, 10), 15).unwrap();
        assert_eq!(online.rows[&1].values, [Some(1.5)]);
    }

    #[test]
    fn intervals_that_overlap_or_touch_are_one() {
        let online = check(&[], &[(10, 20), (40, 50), (21, 30), (15, 18)], &[]);
        assert_eq!(online.intervals, [(10, 30), (40, 50)]);
    }

    #[test]
    fn an_interval_that_ends_before_it_begins_is_refused_and_one_in_the_future_is_nothing() {
        let mut online = OnlineView::new(&view(), "games");
        let refused = online.materialize(&view(), &rows(&[]), (20, 10), 1_000).unwrap_err();
        assert!(refused.to_string().contains("should not be after the end"), "{refused}");
        let done = online.materialize(&view(), &rows(&[(1, 2_000, 0, 1.0)]), (1_500, 3_000), 1_000).unwrap();
        assert_eq!((done.interval, online.intervals.len(), online.rows.len()), (None, 0, 0));
    }

    #[test]
    fn rows_of_another_version_are_refused_and_both_versions_named() {
        let mut online = OnlineView::new(&view(), "games");
        let newer = FeatureView { version: 2, ..view() };
        let refused = online.materialize(&newer, &rows(&[]), (0, 1), 1).unwrap_err().to_string();
        assert!(refused.contains("version 1 is served") && refused.contains("version 2"), "{refused}");
    }

    #[test]
    fn the_first_incremental_run_starts_from_the_data_and_a_future_end_is_clamped() {
        let given = rows(&[(1, 10, 10, 1.0), (1, 20, 20, 2.0)]);
        let mut online = OnlineView::new(&view(), "games");
        let done = online.materialize_incremental(&view(), &given, i64::MAX, 500).unwrap();
        assert_eq!(done.interval, Some((10, 20)), "not from the wall clock, and not beyond the newest row");
        assert_eq!(online.rows[&1].values, [Some(2.0)]);
        let later = rows(&[(1, 10, 10, 1.0), (1, 20, 20, 2.0), (1, 25, 25, 3.0)]);
        let done = online.materialize_incremental(&view(), &later, 600, 600).unwrap();
        assert_eq!((done.interval, done.written), (Some((20, 25)), 1), "a row that came late is not passed over");
        assert_eq!(online.intervals, [(10, 25)]);
    }

    #[test]
    fn an_incremental_run_takes_corrections_of_what_it_has_passed() {
        let mut online = OnlineView::new(&view(), "games");
        online.materialize_incremental(&view(), &rows(&[(1, 10, 10, 1.0), (2, 20, 20, 2.0)]), 20, 20).unwrap();
        let corrected = rows(&[(1, 10, 10, 1.0), (2, 20, 20, 2.0), (1, 10, 30, 1.5)]);
        online.materialize_incremental(&view(), &corrected, 40, 40).unwrap();
        assert_eq!(online.rows[&1].values, [Some(1.5)]);
    }

    #[test]
    fn statuses_go_from_not_found_over_too_old_and_null_to_present() {
        let online =
            check(&[(1, 100, 100, 1.0), (2, 100, 100, f64::NAN)], &[(0, 100)], &[(1, 100, Some(1.0)), (2, 100, None)]);
        let status = |key, ttl, now| get_online(Some(&online), key, 0, ttl, now);
        assert_eq!(status(3, None, 100), OnlineValue { value: None, status: Status::NotFound, event_at: None });
        assert_eq!(status(1, Some(10), 110).status, Status::Present, "a row of exactly the time to live is valid");
        let old = status(1, Some(10), 111);
        assert_eq!((old.status, old.value, old.event_at), (Status::OutsideMaxAge, None, Some(100)), "its age is shown");
        assert_eq!(status(2, Some(10), 111).status, Status::OutsideMaxAge);
        assert_eq!(status(2, None, 111).status, Status::NullValue);
        assert_eq!(get_online(None, 1, 0, None, 0).status, Status::NotFound);
        assert_eq!(status(1, None, 99).status, Status::NotFound, "what was not true yet is not seen");
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties {
    use super::*;
    use crate::features::{Cutoff, Timeline, testing};
    use proptest::prelude::*;

    proptest! {
        /// Whatever runs there were: after an incremental one every key has what the join finds at its end.
        #[test]
        fn after_an_incremental_run_the_store_serves_what_the_join_finds(
            given in prop::collection::vec((0_u32..4, 0_i64..60, 0_i64..30), 0..60),
            ends in prop::collection::vec(0_i64..120, 1..6),
        ) {
            let view = testing::view("v", &["x"]);
            let mut rows = FeatureRows::empty(1);
            for (at, (key, event_at, late)) in given.iter().enumerate() {
                rows.push(*key, *event_at, event_at + late, &[at as f64]);
            }
            let mut online = OnlineView::new(&view, "games");
            let mut now = 0;
            for end in ends {
                now = now.max(end);
                online.materialize_incremental(&view, &rows, now, now).expect("it can be materialised");
                let timeline = Timeline::of(&rows);
                for key in 0..4 {
                    let joined = timeline.newest(key, now, None, Cutoff::Known);
                    let served = online.rows.get(&key).map(|row| (row.event_at, row.known_at));
                    prop_assert_eq!(served, joined.map(|row| (rows.event_at[row], rows.known_at[row])));
                    let value = online.rows.get(&key).and_then(|row| row.values[0]);
                    prop_assert_eq!(value, joined.map(|row| rows.columns[0][row]));
                }
                prop_assert!(online.intervals.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            }
        }
    }
}
