//! The point-in-time join.

use super::{FeatureRows, FeatureView};

/// Entities and the instant at which each asks for its features. Times are milliseconds since 1970 UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityRows {
    /// Entity key of each row.
    pub keys: Vec<u32>,
    /// The row's time: nothing later is seen.
    pub as_of: Vec<i64>,
}

/// The features found, one column a field of the view, one value an entity row; NaN where nothing was valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// One column a field, each as long as the entity rows.
    pub columns: Vec<Vec<f64>>,
    /// For each entity row, the index of the feature row that was joined.
    pub rows: Vec<Option<usize>>,
}

/// For each entity row, the newest feature row of its key with `event_at ≤ as_of`,
/// `known_at ≤ as_of` and, if the view has a time to live, `event_at ≥ as_of − ttl` (both ends
/// closed); ties in `event_at` go to the latest `known_at`, and among equals of both to the last
/// row given. Entity rows are never dropped or merged: where nothing is valid the values are NaN.
///
/// Costs a sort of the feature rows, a search an entity row (of a step or two where they come in the order of time), and a
/// step for each newer row that was not known yet.
///
/// # Panics
/// If the vectors of `entities` or of `rows` differ in length.
pub fn point_in_time_join(entities: &EntityRows, view: &FeatureView, rows: &FeatureRows) -> Joined {
    let found = join_rows(entities, &Timeline::of(rows), view.ttl_ms, Cutoff::Known);
    let pick = |column: &Vec<f64>| found.iter().map(|row| row.map_or(f64::NAN, |row| column[row])).collect();
    Joined { columns: rows.columns.iter().map(pick).collect(), rows: found }
}

/// Whether a row that became known after the entity's time can join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cutoff {
    /// It cannot: `known_at ≤ as_of`.
    Known,
    /// It can, as in Feast without `filter_by_created_timestamp`: corrections reach into the past.
    None,
}

/// Feature rows by key, each key's in the order of (event_at, known_at, row), for any number of joins and look-ups.
#[derive(Debug, Clone)]
pub struct Timeline<'r> {
    event_at: &'r [i64],
    known_at: &'r [i64],
    /// Row numbers, key after key.
    order: Vec<u32>,
    /// Where each key's rows start in `order`, with the end of the last behind.
    starts: Vec<u32>,
}

impl<'r> Timeline<'r> {
    /// Sorts the rows of every key; a pass and no sort for rows that came in the order of time.
    ///
    /// # Panics
    /// If the vectors of `rows` differ in length, or there are more than 4,294,967,295 rows.
    pub fn of(rows: &'r FeatureRows) -> Self {
        let n = rows.len();
        assert!(rows.event_at.len() == n && rows.known_at.len() == n, "a feature row has both its times");
        assert!(rows.columns.iter().all(|column| column.len() == n), "a feature row has a value in every column");
        assert!(u32::try_from(n).is_ok(), "a view has less than 2³² rows");
        let keys = rows.keys.iter().max().map_or(0, |key| *key as usize + 1);
        let mut starts = vec![0; keys + 1];
        rows.keys.iter().for_each(|key| starts[*key as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let (mut order, mut next) = (vec![0; n], starts.clone());
        for (row, key) in rows.keys.iter().enumerate() {
            let place = &mut next[*key as usize];
            order[*place as usize] = row as u32;
            *place += 1;
        }
        for key in keys_out_of_order(rows, keys) {
            let of_key = &mut order[starts[key] as usize..starts[key + 1] as usize];
            // With their times beside them rows are not looked up at every comparison, which millions of rows feel.
            let time = |row: u32| (rows.event_at[row as usize], rows.known_at[row as usize]);
            let mut timed: Vec<_> = of_key.iter().map(|row| (time(*row), *row)).collect();
            timed.sort_unstable();
            of_key.iter_mut().zip(timed).for_each(|(place, (_, row))| *place = row);
        }
        Self { event_at: &rows.event_at, known_at: &rows.known_at, order, starts }
    }

    /// A key's rows in the order of time.
    pub fn of_key(&self, key: u32) -> &[u32] {
        match (self.starts.get(key as usize), self.starts.get(key as usize + 1)) {
            (Some(start), Some(end)) => &self.order[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// The newest row of a key that is valid at `as_of`.
    pub fn newest(&self, key: u32, as_of: i64, ttl_ms: Option<i64>, cutoff: Cutoff) -> Option<usize> {
        let of_key = self.of_key(key);
        let end = of_key.partition_point(|row| self.event_at[*row as usize] <= as_of);
        self.newest_before(of_key, end, as_of, ttl_ms, cutoff)
    }

    /// How many of a key's rows speak of `as_of` or an earlier time, searched from a place near which the answer is
    /// thought to lie: in steps that double, and then by halves.
    fn end_near(&self, of_key: &[u32], hint: usize, as_of: i64) -> usize {
        let is_before = |row: &u32| self.event_at[*row as usize] <= as_of;
        let hint = hint.min(of_key.len());
        let mut step = 1;
        let (low, high) = if of_key.get(hint).is_some_and(is_before) {
            let mut low = hint + 1;
            while of_key.get(low + step - 1).is_some_and(is_before) {
                low += step;
                step *= 2;
            }
            (low, of_key.len().min(low + step - 1))
        } else {
            let mut high = hint;
            while high >= step && !is_before(&of_key[high - step]) {
                high -= step;
                step *= 2;
            }
            (high.saturating_sub(step), high)
        };
        low + of_key[low..high].partition_point(is_before)
    }

    /// Of a key's rows up to a place, the newest that is valid at `as_of`.
    fn newest_before(
        &self,
        of_key: &[u32],
        end: usize,
        as_of: i64,
        ttl_ms: Option<i64>,
        cutoff: Cutoff,
    ) -> Option<usize> {
        // A bound before the beginning of time is no bound.
        let oldest = ttl_ms.map_or(i64::MIN, |ttl| as_of.saturating_sub(ttl));
        of_key[..end]
            .iter()
            .rev()
            .map(|row| *row as usize)
            .take_while(|row| self.event_at[*row] >= oldest)
            .find(|row| cutoff == Cutoff::None || self.known_at[*row] <= as_of)
    }
}

/// Keys below a bound that have a row behind one of a later time. Rows are read from the first to the last, as memory likes
/// it; those of a computation that goes through time need no more than a look.
fn keys_out_of_order(rows: &FeatureRows, keys: usize) -> Vec<usize> {
    if rows.event_at.is_sorted() && rows.known_at.is_sorted() {
        return Vec::new();
    }
    let mut newest = vec![((i64::MIN, i64::MIN), true); keys];
    for ((key, event_at), known_at) in rows.keys.iter().zip(&rows.event_at).zip(&rows.known_at) {
        let (last, in_order) = &mut newest[*key as usize];
        *in_order &= *last <= (*event_at, *known_at);
        *last = (*event_at, *known_at);
    }
    (0..keys).filter(|key| !newest[*key].1).collect()
}

/// For each entity row, the feature row that joins; see [`point_in_time_join`].
///
/// # Panics
/// If the vectors of `entities` differ in length.
pub fn join_rows(
    entities: &EntityRows,
    timeline: &Timeline<'_>,
    ttl_ms: Option<i64>,
    cutoff: Cutoff,
) -> Vec<Option<usize>> {
    assert_eq!(entities.keys.len(), entities.as_of.len(), "an entity row has a key and a time");
    // Entity rows mostly come in the order of time, so each key's search begins where its last one ended.
    let mut ends = vec![0; timeline.starts.len()];
    let rows = entities.keys.iter().zip(&entities.as_of);
    rows.map(|(key, as_of)| {
        let of_key = timeline.of_key(*key);
        let end = ends.get_mut(*key as usize)?;
        *end = timeline.end_near(of_key, *end, *as_of);
        timeline.newest_before(of_key, *end, *as_of, ttl_ms, cutoff)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;

    fn view(ttl_ms: Option<i64>) -> FeatureView {
        FeatureView { ttl_ms, ..testing::view("test", &["value"]) }
    }

    /// Joins rows of (key, event, known, value) to entities of (key, as of) and compares; None is null.
    fn check(ttl_ms: Option<i64>, rows: &[(u32, i64, i64, f64)], cases: &[(u32, i64, Option<f64>)]) {
        let mut given = FeatureRows::empty(1);
        for (key, event_at, known_at, value) in rows {
            given.push(*key, *event_at, *known_at, &[*value]);
        }
        let entities =
            EntityRows { keys: cases.iter().map(|c| c.0).collect(), as_of: cases.iter().map(|c| c.1).collect() };
        let joined = point_in_time_join(&entities, &view(ttl_ms), &given);
        let found: Vec<Option<f64>> = joined.columns[0].iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
        let expected: Vec<Option<f64>> = cases.iter().map(|case| case.2).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_golden_vector_of_feast_with_the_created_filter() {
        // Feast 0.67.0, `filter_by_created_timestamp=True`; days of January 2024 from 1, ttl 24 h.
        const BOS: u32 = 1;
        const LAL: u32 = 2;
        const NYK: u32 = 3;
        let rows = [
            (BOS, DAY, DAY, 1.0),
            (BOS, 2 * DAY, 2 * DAY + HOUR, 2.0),
            (BOS, 2 * DAY, 5 * DAY, 2.5),
            (LAL, DAY, DAY, 10.0),
            (NYK, 3 * DAY, 3 * DAY, f64::NAN),
        ];
        check(
            Some(DAY),
            &rows,
            &[
                (BOS, DAY, Some(1.0)),
                (BOS, 2 * DAY, Some(1.0)),
                (BOS, 3 * DAY, Some(2.0)),
                (BOS, 3 * DAY + 1000, None),
                (LAL, 0, None),
                (99, 3 * DAY, None),
                (NYK, 3 * DAY, None),
            ],
        );
    }

    #[test]
    fn a_row_known_later_does_not_join() {
        check(None, &[(1, 0, 10, 1.0)], &[(1, 9, None), (1, 10, Some(1.0))]);
    }

    #[test]
    fn a_time_to_live_is_closed_at_both_ends() {
        check(Some(5), &[(1, 10, 10, 1.0)], &[(1, 9, None), (1, 10, Some(1.0)), (1, 15, Some(1.0)), (1, 16, None)]);
    }

    #[test]
    fn duplicate_entity_rows_and_their_order_stay() {
        check(None, &[(1, 0, 0, 1.0), (2, 0, 0, 2.0)], &[(2, 3, Some(2.0)), (1, 3, Some(1.0)), (2, 3, Some(2.0))]);
    }

    #[test]
    fn a_tie_goes_to_the_latest_known_and_then_to_the_last_given() {
        check(None, &[(1, 5, 8, 3.0), (1, 5, 6, 1.0), (1, 5, 8, 4.0)], &[(1, 7, Some(1.0)), (1, 9, Some(4.0))]);
    }

    #[test]
    fn a_newer_null_hides_an_older_value() {
        check(None, &[(1, 1, 1, 1.0), (1, 2, 2, f64::NAN)], &[(1, 1, Some(1.0)), (1, 2, None)]);
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        check(
            Some(i64::MAX),
            &[(1, i64::MIN, i64::MIN, 1.0)],
            &[(1, i64::MIN, Some(1.0)), (1, -2, Some(1.0)), (1, 0, None)],
        );
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties {
    use super::*;
    use crate::base::Seed;
    use crate::features::testing;
    use proptest::prelude::*;

    fn naive(entities: &EntityRows, ttl_ms: Option<i64>, rows: &FeatureRows) -> Vec<Option<usize>> {
        let one = |at: usize| {
            let (key, as_of) = (entities.keys[at], entities.as_of[at]);
            let mut best: Option<usize> = None;
            for row in 0..rows.len() {
                let valid = rows.keys[row] == key
                    && rows.event_at[row] <= as_of
                    && rows.known_at[row] <= as_of
                    && ttl_ms.is_none_or(|ttl| rows.event_at[row] >= as_of - ttl);
                let time = |row: usize| (rows.event_at[row], rows.known_at[row]);
                if valid && best.is_none_or(|best| time(row) >= time(best)) {
                    best = Some(row);
                }
            }
            best
        };
        (0..entities.keys.len()).map(one).collect()
    }

    /// Random rows and entities with many ties, as `spread` is small against `n`.
    fn random(seed: u64, n: usize, entities: usize, keys: usize, spread: usize) -> (EntityRows, FeatureRows) {
        let mut rng = Seed(seed).rng();
        let mut rows = FeatureRows::empty(1);
        for row in 0..n {
            let event_at = rng.below(spread) as i64;
            let known_at = event_at + rng.below(4) as i64 * rng.below(spread) as i64 / 8;
            rows.push(rng.below(keys) as u32, event_at, known_at, &[row as f64]);
        }
        let mut wanted = EntityRows::default();
        for _ in 0..entities {
            wanted.keys.push(rng.below(keys + 1) as u32);
            wanted.as_of.push(rng.below(spread + spread / 4 + 1) as i64);
        }
        (wanted, rows)
    }

    fn view(ttl_ms: Option<i64>) -> FeatureView {
        FeatureView { ttl_ms, ..testing::view("", &[]) }
    }

    #[test]
    fn ten_thousand_random_rows_join_as_a_naive_loop_joins_them() {
        for (seed, ttl) in [(1, None), (2, Some(0)), (3, Some(40)), (4, Some(4000))] {
            let (entities, rows) = random(seed, 10_000, 1_500, 30, 5_000);
            assert_eq!(point_in_time_join(&entities, &view(ttl), &rows).rows, naive(&entities, ttl, &rows));
        }
    }

    proptest! {
        #[test]
        fn any_rows_join_as_a_naive_loop_joins_them(
            seed in any::<u64>(), n in 0_usize..60, keys in 1_usize..4, spread in 1_usize..20, ttl in prop::option::of(0_i64..12),
        ) {
            let (entities, rows) = random(seed, n, 40, keys, spread);
            let joined = point_in_time_join(&entities, &view(ttl), &rows);
            prop_assert_eq!(joined.rows.len(), entities.keys.len());
            prop_assert_eq!(joined.rows, naive(&entities, ttl, &rows));
        }

        #[test]
        fn no_row_that_becomes_known_after_the_entitys_time_changes_a_join(seed in any::<u64>(), n in 0_usize..60) {
            let (entities, mut rows) = random(seed, n, 40, 3, 20);
            let before = point_in_time_join(&entities, &view(Some(8)), &rows);
            for key in 0..4 {
                for event_at in 0..30 {
                    rows.push(key, event_at, 1_000, &[f64::INFINITY]);
                }
            }
            let after = point_in_time_join(&entities, &view(Some(8)), &rows);
            prop_assert_eq!(before.rows, after.rows);
        }
    }
}
