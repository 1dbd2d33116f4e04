//! How much a model leans on each feature.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::base::{Seed, math};
use crate::stats::{ScoreError, log_loss_of, score};

/// How much the log loss rises when one column is shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The column, from 0.
    pub column: usize,
    /// Mean rise of the log loss (natural logarithm, an example) over the shuffles; about 0, or below, where the model does
    /// not use the column or is not helped by it.
    pub mean: f64,
    /// Standard deviation (population) of the rise over the shuffles.
    pub sd: f64,
}

/// Permutation importance of each column of rows × columns `x` with labels `y` (Breiman 2001, "Random forests", section 10;
/// Fisher, Rudin and Dominici 2019, "All models are wrong, but many are useful", there "model reliance"): the mean log loss of
/// `predict` with the column's values put on other rows at random, less that without.
///
/// Columns stand in their order. Each is shuffled `repeats` times by draws of its own, so that a column added at the
/// end does not move another's figures. Of two columns that say the same, each may look unimportant: see
/// [`correlated`](super::correlated). Missing values are shuffled along.
///
/// # Errors
/// Where the rows are none or not as many as the labels, a label is not 0 or 1, or a prediction is not from 0 to 1.
///
/// # Panics
/// If `repeats` is zero.
pub fn permutation_importance(
    predict: &dyn Fn(&[f64]) -> f64,
    x: ArrayView2<'_, f64>,
    y: &[f64],
    repeats: usize,
    seed: Seed,
) -> Result<Vec<Importance>, ScoreError> {
    assert!(repeats > 0, "an importance is a mean over shuffles");
    let rows: Vec<Vec<f64>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let p: Vec<f64> = rows.iter().map(|row| predict(row)).collect();
    let base = score(y, &p)?.log_loss;
    let of_column = |column: usize| {
        let mut rng = seed.child(&format!("column {column}")).rng();
        let mut values = x.column(column).to_vec();
        let mut rows = rows.clone();
        let mut rises = Vec::with_capacity(repeats);
        for _ in 0..repeats {
            rng.shuffle(&mut values);
            for (row, value) in rows.iter_mut().zip(&values) {
                row[column] = *value;
            }
            rises.push(log_loss(predict, &rows, y)? - base);
        }
        let n = repeats as f64;
        let mean = rises.iter().sum::<f64>() / n;
        let variance = rises.iter().map(|rise| (rise - mean) * (rise - mean)).sum::<f64>() / n;
        Ok(Importance { column, mean, sd: math::sqrt(variance) })
    };
    (0..x.ncols()).map(of_column).collect()
}

/// The mean log loss alone: the other scores need a sort for every shuffle.
fn log_loss(predict: &dyn Fn(&[f64]) -> f64, rows: &[Vec<f64>], y: &[f64]) -> Result<f64, ScoreError> {
    let mut sum = 0.0;
    for (index, (row, y)) in rows.iter().zip(y).enumerate() {
        let p = predict(row);
        if !(0.0..=1.0).contains(&p) {
            return Err(ScoreError::Probability { index, found: p });
        }
        sum += log_loss_of(*y, p);
    }
    Ok(sum / y.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    #[derive(Deserialize)]
    struct Golden {
        importance: Case,
    }

    #[derive(Deserialize)]
    struct Case {
        coefficients: Vec<f64>,
        intercept: f64,
        x: Vec<Vec<f64>>,
        y: Vec<f64>,
        repeats: usize,
        mean: Vec<f64>,
        sd: Vec<f64>,
    }

    fn golden() -> (Case, Array2<f64>) {
        // Written by tests/reference/calibration_sklearn.py.
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/calibration_sklearn.json")).expect("the golden file");
        let case = golden.importance;
        let x = Array2::from_shape_fn((case.x.len(), case.x[0].len()), |(row, column)| case.x[row][column]);
        (case, x)
    }

    fn logistic(case: &Case) -> impl Fn(&[f64]) -> f64 {
        |row| math::sigmoid(row.iter().zip(&case.coefficients).map(|(x, b)| x * b).sum::<f64>() + case.intercept)
    }

    fn ranks(means: impl Iterator<Item = f64>) -> Vec<usize> {
        let means: Vec<f64> = means.collect();
        let mut order: Vec<usize> = (0..means.len()).collect();
        order.sort_by(|a, b| means[*b].total_cmp(&means[*a]));
        order
    }

    #[test]
    fn scikit_learn_puts_the_columns_in_the_same_order() {
        let (case, x) = golden();
        let found = permutation_importance(&logistic(&case), x.view(), &case.y, case.repeats, Seed(1)).expect("scores");
        assert_eq!(ranks(found.iter().map(|one| one.mean)), ranks(case.mean.iter().copied()));
        for one in &found {
            let (mean, sd) = (case.mean[one.column], case.sd[one.column]);
            // Both are means of `repeats` draws: within five standard errors of their difference.
            let error = math::sqrt(2.0 / case.repeats as f64) * sd.max(one.sd);
            assert!((one.mean - mean).abs() <= 5.0 * error, "{one:?}: scikit-learn has {mean}");
            assert!((one.sd - sd).abs() <= 0.5 * sd, "{one:?}: scikit-learn has {sd}");
        }
    }

    #[test]
    fn a_column_that_is_not_read_has_no_importance() {
        let (case, x) = golden();
        let predict = |row: &[f64]| math::sigmoid(row[0]);
        let found = permutation_importance(&predict, x.view(), &case.y, 3, Seed(1)).expect("scores");
        assert!(found[0].mean > 0.0);
        assert!(found[1..].iter().all(|one| (one.mean, one.sd) == (0.0, 0.0)));
    }

    #[test]
    fn a_further_column_does_not_move_the_figures_of_the_others() {
        let (case, x) = golden();
        let predict = |row: &[f64]| math::sigmoid(row[0] - row[1]);
        let of = |columns| {
            permutation_importance(&predict, x.slice(s![.., ..columns]), &case.y, 4, Seed(7)).expect("scores")
        };
        assert_eq!(of(2)[..], of(3)[..2]);
        let other = permutation_importance(&predict, x.view(), &case.y, 4, Seed(8)).expect("scores");
        assert_ne!(of(2)[0], other[0]);
    }

    #[test]
    fn what_cannot_be_scored_says_why() {
        let x = Array2::from_shape_fn((2, 1), |(row, _)| row as f64);
        let none = permutation_importance(&|_| 0.5, x.slice(s![..0, ..]), &[], 1, Seed(1));
        assert_eq!(none, Err(ScoreError::Empty));
        let short = permutation_importance(&|_| 0.5, x.view(), &[1.0], 1, Seed(1));
        assert_eq!(short, Err(ScoreError::Lengths { labels: 1, probabilities: 2 }));
        let label = permutation_importance(&|_| 0.5, x.view(), &[1.0, 0.5], 1, Seed(1));
        assert_eq!(label, Err(ScoreError::Label { index: 1, found: 0.5 }));
        let wild = permutation_importance(&|row| 2.0 * row[0], x.view(), &[1.0, 0.0], 1, Seed(1));
        assert_eq!(wild, Err(ScoreError::Probability { index: 1, found: 2.0 }));
    }
}
