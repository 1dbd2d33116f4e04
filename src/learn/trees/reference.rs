//! A small model of each kind, the same on every target.

use ndarray::Array2;

use super::{BoostedParams, ForestParams, Trees, fit_boosted, fit_forest};
use crate::base::{Digest, Seed, math};

/// Made-up examples, and a boosted model and a forest grown on them with everything drawn that can be.
pub(super) fn models() -> (Array2<f64>, [Trees; 2]) {
    let mut rng = Seed(20_151_027).child("trees").rng();
    let (rows, columns) = (400, 5);
    let x = Array2::from_shape_fn((rows, columns), |(_, column)| match (rng.uniform() < 0.03, column) {
        (true, _) => f64::NAN,
        (false, 0) => rng.below(4) as f64,
        (false, column) => rng.normal(column as f64, 1.0 + column as f64),
    });
    let mut label = |row: ndarray::ArrayView1<'_, f64>| {
        let logit: f64 = row.iter().filter(|value| !value.is_nan()).map(|value| 0.1 * value).sum();
        f64::from(rng.uniform() < math::sigmoid(logit - 0.8))
    };
    let y: Vec<f64> = x.rows().into_iter().map(&mut label).collect();
    let weights: Vec<f64> = (0..rows).map(|row| math::pow(0.5, (row / 100) as f64 / 4.0)).collect();
    let boosted = BoostedParams { trees: 20, subsample: 0.7, column_share: 0.8, ..BoostedParams::default() };
    let boosted = boosted.check().expect("these parameters are within their bounds");
    let forest = ForestParams { trees: 10, max_depth: 6, ..ForestParams::default() };
    let forest = forest.check().expect("these parameters are within their bounds");
    let boosted = fit_boosted(x.view(), &y, Some(&weights), &boosted, Seed(1));
    let forest = fit_forest(x.view(), &y, Some(&weights), &forest, Seed(2));
    let models = [boosted, forest].map(|model| model.expect("both labels are among the examples"));
    (x, models)
}

/// Digest of a small boosted model, a small forest, and what both add up for one example: asserted natively and in the
/// browser, so that a difference in one bit between the two shows.
#[doc(hidden)]
pub fn reference_digest() -> Digest {
    let (x, models) = models();
    let explained: Vec<(f64, Vec<f64>)> = models.iter().map(|model| model.contributions(&x.row(0).to_vec())).collect();
    Digest::of_json(&(models, explained)).expect("a grown model's numbers are finite")
}

/// What [`reference_digest`] must give on every target.
#[doc(hidden)]
pub const REFERENCE_DIGEST: &str = "sha256:c78a32cd726dedc628333932c54bdba27dc5b16e4e5d3a59c9068bad1994db4f";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trees_come_out_on_every_target() {
        assert_eq!(reference_digest().to_string(), REFERENCE_DIGEST);
    }
}
