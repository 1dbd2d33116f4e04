//! Columns that say what another says already.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::stats::pearson;

/// A column that can go, because one that stays says much the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Redundant {
    /// The column to drop, from 0.
    pub column: usize,
    /// The column that stays, and with which it correlates most.
    pub kept: usize,
    /// Pearson's correlation of the two.
    pub correlation: f64,
}

/// Every pair of columns of rows × columns `x` whose Pearson correlation is above `threshold` in absolute value, over the rows
/// where both are there: the column with less of `keep_order` (say, its score alone), the one with more, the correlation.
///
/// Of two with equal `keep_order` the later column counts as less; NaN is less than every number. Pairs are sorted by
/// their first column, then their second. Constant columns correlate with nothing.
///
/// # Panics
/// If there is not one `keep_order` a column.
pub fn correlated(x: ArrayView2<'_, f64>, keep_order: &[f64], threshold: f64) -> Vec<(usize, usize, f64)> {
    let place = places(x, keep_order);
    let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|column| column.to_vec()).collect();
    let mut pairs = Vec::new();
    for first in 0..columns.len() {
        for second in first + 1..columns.len() {
            let Some(r) = pearson(&columns[first], &columns[second]).filter(|r| r.abs() > threshold) else { continue };
            let (less, more) = if place[first] > place[second] { (first, second) } else { (second, first) };
            pairs.push((less, more, r));
        }
    }
    pairs.sort_by_key(|(less, more, _)| (*less, *more));
    pairs
}

/// The columns to drop so that no two of those that stay correlate above `threshold`, in the order of columns.
///
/// Columns are taken by falling `keep_order`, as [`correlated`] compares it, and each stays unless it correlates with one
/// that stays already: a column goes only for one that is there, never for one that goes itself.
///
/// # Panics
/// If there is not one `keep_order` a column.
pub fn redundant(x: ArrayView2<'_, f64>, keep_order: &[f64], threshold: f64) -> Vec<Redundant> {
    let place = places(x, keep_order);
    let pairs = correlated(x, keep_order, threshold);
    let mut order: Vec<usize> = (0..place.len()).collect();
    order.sort_by_key(|column| place[*column]);
    let mut dropped: Vec<Option<Redundant>> = vec![None; place.len()];
    for column in order {
        let to_kept = pairs.iter().filter(|(less, more, _)| *less == column && dropped[*more].is_none());
        // Of equal correlations the better column, so that the answer does not depend on the order of pairs.
        let strongest = to_kept.max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()).then(place[b.1].cmp(&place[a.1])));
        dropped[column] =
            strongest.map(|(_, kept, correlation)| Redundant { column, kept: *kept, correlation: *correlation });
    }
    dropped.into_iter().flatten().collect()
}

/// The place of each column from best to worst, by falling `keep_order`.
fn places(x: ArrayView2<'_, f64>, keep_order: &[f64]) -> Vec<usize> {
    assert_eq!(x.ncols(), keep_order.len(), "one place in the order of keeping a column");
    // −0 and 0 are one number though `total_cmp` parts them.
    let worth = |column: usize| if keep_order[column].is_nan() { f64::NEG_INFINITY } else { keep_order[column] + 0.0 };
    let worse = |a: usize, b: usize| {
        let missing = keep_order[a].is_nan().cmp(&keep_order[b].is_nan());
        missing.then(worth(b).total_cmp(&worth(a))).then(a.cmp(&b))
    };
    let mut order: Vec<usize> = (0..keep_order.len()).collect();
    order.sort_by(|a, b| worse(*a, *b));
    let mut places = vec![0; order.len()];
    for (place, column) in order.into_iter().enumerate() {
        places[column] = place;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use ndarray::{Array2, array};

    #[test]
    fn of_two_alike_the_one_with_less_to_say_goes() {
        let x = array![[1.0, -2.0, 5.0], [2.0, -4.0, 1.0], [3.0, -6.0, 4.0], [4.0, -8.0, 2.0]];
        assert_eq!(correlated(x.view(), &[0.3, 0.2, 0.1], 0.9), [(1, 0, -1.0)]);
        assert_eq!(correlated(x.view(), &[0.2, 0.3, 0.1], 0.9), [(0, 1, -1.0)]);
        let found = redundant(x.view(), &[0.2, 0.3, 0.1], 0.9);
        assert_eq!(found, [Redundant { column: 0, kept: 1, correlation: -1.0 }]);
        assert_eq!(correlated(x.view(), &[0.0, -0.0, 0.1], 0.9), [(1, 0, -1.0)], "of equals the later");
        assert_eq!(correlated(x.view(), &[f64::NAN, f64::NEG_INFINITY, 0.1], 0.9), [(0, 1, -1.0)]);
        assert_eq!(correlated(x.view(), &[0.3, 0.2, 0.1], 1.0), [], "not above the threshold");
    }

    #[test]
    fn a_column_does_not_go_for_one_that_goes_itself() {
        // A chain: the middle correlates with both ends, the ends not with each other.
        let mut rng = Seed(3).rng();
        let ends = Array2::from_shape_fn((400, 2), |_| rng.normal(0.0, 1.0));
        let chain = Array2::from_shape_fn((400, 3), |(row, column)| match column {
            0 => ends[[row, 0]],
            1 => ends[[row, 0]] + ends[[row, 1]],
            _ => ends[[row, 1]],
        });
        let gone = |keep: [f64; 3]| -> Vec<(usize, usize)> {
            redundant(chain.view(), &keep, 0.5).iter().map(|one| (one.column, one.kept)).collect()
        };
        assert_eq!(correlated(chain.view(), &[3.0, 2.0, 1.0], 0.5).len(), 2);
        assert_eq!(gone([3.0, 2.0, 1.0]), [(1, 0)], "the last stays: the one it resembles is gone");
        assert_eq!(gone([2.0, 3.0, 1.0]), [(0, 1), (2, 1)]);
    }

    #[test]
    fn rows_where_one_is_missing_do_not_count() {
        let nan = f64::NAN;
        let x = array![[1.0, 1.0, 7.0], [2.0, 2.0, 7.0], [nan, 50.0, 7.0], [3.0, 3.0, 7.0], [-9.0, nan, 7.0]];
        let found = correlated(x.view(), &[2.0, 1.0, 0.0], 0.99);
        assert_eq!(found.iter().map(|(less, more, _)| (*less, *more)).collect::<Vec<_>>(), [(1, 0)]);
        assert!((found[0].2 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn what_stays_does_not_correlate_and_what_goes_has_its_reason() {
        for seed in 0..20 {
            let mut rng = Seed(seed).rng();
            let common: Vec<f64> = (0..60).map(|_| rng.normal(0.0, 1.0)).collect();
            let x = Array2::from_shape_fn((60, 8), |(row, _)| common[row] + rng.normal(0.0, 0.7));
            let keep: Vec<f64> = (0..8).map(|_| (rng.uniform() * 5.0).floor()).collect();
            let dropped = redundant(x.view(), &keep, 0.65);
            let stays = |column: usize| dropped.iter().all(|one| one.column != column);
            for (less, more, _) in correlated(x.view(), &keep, 0.65) {
                assert!(!(stays(less) && stays(more)), "{less} and {more} stay");
            }
            for one in &dropped {
                assert!(stays(one.kept) && keep[one.kept] >= keep[one.column] && one.correlation.abs() > 0.65);
            }
        }
    }
}
