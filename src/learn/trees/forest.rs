//! Random forests (Breiman 2001) of Gini trees with sample weights.

use ndarray::ArrayView2;

use super::bins::Binned;
use super::examples::Examples;
use super::grow::{Grower, Rules, Target};
use super::{Forest, Kind, SplitFeatures, Trees};
use crate::base::{Seed, math};
use crate::learn::FitError;

/// Fits a random forest to rows × columns `x` (NaN is missing) and labels `y`, each example weighted by `weights` (1 if
/// none).
///
/// A leaf's value is the weighted share of the label 1 among its examples; the forest's probability is the mean over
/// its trees, as in scikit-learn, and not the share of their votes. With the bootstrap each tree draws as many examples
/// as have weight, with replacement, and an example counts by its weight times how often it was drawn. Features are
/// drawn for each split among those that vary, and more where none of them parts the node. All draws of a tree come
/// from its child of the seed. A feature that does not vary is never split on, nor is the lone difference between
/// missing and there. Examples of weight 0 take no part.
///
/// # Errors
/// The same as for the logistic regression, but for missing values, which are allowed.
pub fn fit_forest(
    x: ArrayView2<'_, f64>,
    y: &[f64],
    weights: Option<&[f64]>,
    params: &Forest,
    seed: Seed,
) -> Result<Trees, FitError> {
    let params = params.params();
    let examples = Examples::new(x, y, weights)?;
    let (binned, usable) = Binned::all(&examples);
    let per_split = match params.features {
        SplitFeatures::Sqrt => (math::sqrt(examples.columns as f64) as usize).max(1),
        SplitFeatures::Count(count) => count as usize,
    };
    let rules = Rules {
        max_depth: params.max_depth,
        min_leaf: params.min_leaf,
        min_b: 0.0,
        l2: 0.0,
        per_split: (per_split < usable.len()).then_some(per_split),
    };
    let mut trees = Vec::with_capacity(params.trees as usize);
    for index in 0..params.trees {
        let mut rng = seed.child(&format!("tree {index}")).rng();
        let mut rows = examples.used.clone();
        let mut weights = examples.weights.to_vec();
        if params.bootstrap {
            let mut times = vec![0_u32; y.len()];
            for _ in 0..examples.used.len() {
                times[examples.used[rng.below(examples.used.len())] as usize] += 1;
            }
            rows.retain(|row| times[*row as usize] > 0);
            weights.iter_mut().zip(&times).for_each(|(weight, times)| *weight *= f64::from(*times));
        }
        let ones: Vec<f64> = weights.iter().zip(y).map(|(weight, y)| weight * y).collect();
        let target = Target { a: &ones, b: &weights, weights: &weights };
        let grower = Grower { binned: &binned, target, rules: &rules, features: &usable };
        trees.push(grower.grow(rows, &mut rng, |ones, all| ones / all));
    }
    Ok(Trees { kind: Kind::Forest, base: 0.0, trees })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::trees::ForestParams;
    use ndarray::{Array2, Axis, array};

    fn random(seed: u64, rows: usize, columns: usize) -> (Array2<f64>, Vec<f64>) {
        let mut rng = Seed(seed).rng();
        let x = Array2::from_shape_fn((rows, columns), |_| rng.normal(0.0, 1.0));
        let y = x.rows().into_iter().map(|row| f64::from(rng.uniform() < math::sigmoid(row.sum()))).collect();
        (x, y)
    }

    fn fit(x: &Array2<f64>, y: &[f64], weights: Option<&[f64]>, params: ForestParams) -> Result<Trees, FitError> {
        fit_forest(x.view(), y, weights, &params.check().expect("parameters that can be"), Seed(1))
    }

    fn one_tree() -> ForestParams {
        ForestParams { trees: 1, max_depth: 4, min_leaf: 1, features: SplitFeatures::Count(9), bootstrap: false }
    }

    #[test]
    fn a_leaf_is_the_weighted_share_of_ones_as_computed_by_hand() {
        let x = array![[1.0], [1.0], [2.0], [2.0]];
        let weights = [1.0, 3.0, 1.0, 1.0];
        let model = fit(&x, &[0.0, 1.0, 0.0, 0.0], Some(&weights), one_tree()).expect("four examples");
        assert_eq!(model.trees[0].value, [0.0, 0.75, 0.0]);
        assert_eq!(model.trees[0].cover, [6.0, 4.0, 2.0]);
        assert_eq!((model.probability(&[1.5]), model.probability(&[1.6])), (0.75, 0.0));
    }

    #[test]
    fn a_weight_of_two_is_the_example_twice() {
        let (x, y) = random(2, 90, 3);
        let weights: Vec<f64> = (0..90).map(|at| [1.0, 2.0, 0.0][at % 3]).collect();
        let rows: Vec<usize> = (0..90).flat_map(|at| vec![at; [1, 2, 0][at % 3]]).collect();
        let repeated_y: Vec<f64> = rows.iter().map(|row| y[*row]).collect();
        let weighted = fit(&x, &y, Some(&weights), one_tree()).expect("weighted");
        let repeated = fit(&x.select(Axis(0), &rows), &repeated_y, None, one_tree()).expect("repeated");
        assert_eq!(weighted, repeated);
    }

    #[test]
    fn the_same_seed_gives_the_same_forest_and_every_tree_is_another() {
        let (x, y) = random(3, 200, 6);
        let params = ForestParams { trees: 4, ..ForestParams::default() }.check().expect("they can be");
        let grown = |seed| fit_forest(x.view(), &y, None, &params, Seed(seed)).expect("an ordinary problem");
        let model = grown(1);
        assert_eq!(model, grown(1));
        assert_ne!(model, grown(2));
        assert!(model.trees.windows(2).all(|pair| pair[0] != pair[1]));
        // A bootstrap of 200 draws about 63 % of the examples, and as many in all as there are.
        assert!(model.trees.iter().all(|tree| tree.cover[0] == 200.0));
        assert_eq!(model.check(6), Ok(()));
    }

    #[test]
    fn a_node_that_no_drawn_feature_parts_is_parted_by_another() {
        let x = Array2::from_shape_fn((40, 5), |(row, column)| match column {
            4 => row as f64,
            _ => f64::from(row == 39),
        });
        let y: Vec<f64> = (0..40).map(|row| f64::from(row % 20 < 10)).collect();
        let params = ForestParams { min_leaf: 2, features: SplitFeatures::Count(1), ..one_tree() };
        let model = fit(&x, &y, None, params).expect("an ordinary problem");
        assert_eq!(model.trees[0].feature[0], 4);
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let x = array![[1.0], [f64::INFINITY]];
        let error = fit(&x, &[0.0, 1.0], None, one_tree());
        assert!(matches!(error, Err(FitError::NotFinite { row: 1, .. })));
        let x = array![[1.0], [f64::NAN]];
        assert_eq!(fit(&x, &[1.0, 1.0], None, one_tree()), Err(FitError::OneClass { label: 1.0 }));
        let model = fit(&x, &[0.0, 1.0], None, one_tree()).expect("the base rate");
        assert_eq!(model.trees[0].feature, [-1]);
        assert_eq!(model.probability(&[5.0]), 0.5);
    }

    #[test]
    fn a_forest_says_nothing_is_certain_on_the_logit_scale() {
        let x = array![[1.0], [2.0]];
        let model = fit(&x, &[0.0, 1.0], None, one_tree()).expect("two examples");
        assert_eq!(model.probability(&[2.0]), 1.0);
        assert!((model.logit(&[2.0]) - math::logit(1.0 - 1e-6)).abs() < 1e-12);
        assert!((model.logit(&[1.0]) + model.logit(&[2.0])).abs() < 1e-9);
    }
}
