//! Gradient boosting with logistic loss and second-order leaves (Chen and Guestrin 2016).

use ndarray::ArrayView2;

use super::bins::Binned;
use super::examples::Examples;
use super::grow::{Grower, Rules, Target};
use super::{Boosted, Kind, Trees};
use crate::base::{Rng, Seed, math};
use crate::learn::FitError;

/// Smallest curvature of one example of weight 1, as in XGBoost: far from its label it would round to none.
const MIN_CURVATURE: f64 = 1e-16;

/// Fits boosted trees to rows × columns `x` (NaN is missing) and labels `y`, each example weighted by `weights` (1 if
/// none).
///
/// It starts at the logit of the weighted base rate. Each tree is grown on the gradients w (p − y) and Hessians
/// w p (1 − p) at what the trees before it say; its leaves are −G / (H + λ) times the learning rate. Where a share of
/// examples or features is asked for, each tree draws its own from a child of the seed. A feature that does not vary
/// is never split on, nor is the lone difference between missing and there. Examples of weight 0 take no part.
///
/// # Errors
/// The same as for the logistic regression, but for missing values, which are allowed.
pub fn fit_boosted(
    x: ArrayView2<'_, f64>,
    y: &[f64],
    weights: Option<&[f64]>,
    params: &Boosted,
    seed: Seed,
) -> Result<Trees, FitError> {
    let params = params.params();
    let examples = Examples::new(x, y, weights)?;
    let (binned, usable) = Binned::all(&examples);
    let rules = Rules {
        max_depth: params.max_depth,
        min_leaf: params.min_leaf,
        min_b: params.min_child_weight,
        l2: params.l2,
        per_split: None,
    };
    let base = examples.base_logit();
    let mut logits = vec![base; y.len()];
    let (mut gradients, mut hessians) = (vec![0.0; y.len()], vec![0.0; y.len()]);
    let mut trees = Vec::with_capacity(params.trees as usize);
    for index in 0..params.trees {
        for row in &examples.used {
            let row = *row as usize;
            let (p, weight) = (math::sigmoid(logits[row]), examples.weights[row]);
            gradients[row] = weight * (p - y[row]);
            hessians[row] = weight * (p * (1.0 - p)).max(MIN_CURVATURE);
        }
        let mut rng = seed.child(&format!("tree {index}")).rng();
        let rows = drawn(&examples.used, params.subsample, &mut rng);
        let features = drawn(&usable, params.column_share, &mut rng);
        let target = Target { a: &gradients, b: &hessians, weights: &examples.weights };
        let grower = Grower { binned: &binned, target, rules: &rules, features: &features };
        let tree = grower.grow(rows, &mut rng, |g, h| {
            let value = -g / (h + params.l2) * params.learning_rate;
            // No negative zero, so that JSON gives the same bits back in any case.
            value + 0.0
        });
        for row in &examples.used {
            logits[*row as usize] += tree.predict(examples.row(*row as usize));
        }
        trees.push(tree);
    }
    Ok(Trees { kind: Kind::Boosted, base, trees })
}

/// A share of these, rounded and at least one, drawn without replacement and in their order.
fn drawn<T: Copy + Ord>(all: &[T], share: f64, rng: &mut Rng) -> Vec<T> {
    let mut drawn = all.to_vec();
    let count = ((share * all.len() as f64).round() as usize).max(1);
    if count < all.len() {
        rng.shuffle(&mut drawn);
        drawn.truncate(count);
        drawn.sort_unstable();
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::trees::BoostedParams;
    use ndarray::{Array2, Axis, array};

    fn random(seed: u64, rows: usize, columns: usize) -> (Array2<f64>, Vec<f64>) {
        let mut rng = Seed(seed).rng();
        let mut value = |_| if rng.uniform() < 0.05 { f64::NAN } else { rng.normal(0.0, 1.0) };
        let x = Array2::from_shape_fn((rows, columns), &mut value);
        let known = |row: ndarray::ArrayView1<'_, f64>| row.iter().filter(|v| !v.is_nan()).sum::<f64>();
        let mut rng = Seed(seed).child("labels").rng();
        let y = x.rows().into_iter().map(|row| f64::from(rng.uniform() < math::sigmoid(known(row)))).collect();
        (x, y)
    }

    fn fit(x: &Array2<f64>, y: &[f64], weights: Option<&[f64]>, params: BoostedParams) -> Result<Trees, FitError> {
        fit_boosted(x.view(), y, weights, &params.check().expect("parameters that can be"), Seed(1))
    }

    fn small() -> BoostedParams {
        BoostedParams { trees: 5, min_child_weight: 0.0, ..BoostedParams::default() }
    }

    #[test]
    fn a_leaf_is_minus_gradient_by_curvature_as_computed_by_hand() {
        // Half are 1, so p = ½: gradients ∓½, Hessians ¼. Left of 2.5: G = 1, H = ½; right: G = −1, H = ½.
        let x = array![[1.0], [2.0], [3.0], [4.0]];
        let params = BoostedParams { trees: 1, learning_rate: 0.3, max_depth: 2, ..small() };
        let model = fit(&x, &[0.0, 0.0, 1.0, 1.0], None, params).expect("four examples");
        assert_eq!(model.base, 0.0);
        let tree = &model.trees[0];
        assert_eq!((tree.threshold[0], tree.feature.len(), &tree.cover), (2.5, 3, &vec![4.0, 2.0, 2.0]));
        assert!((tree.value[1] - -0.3 / 1.5).abs() < 1e-15 && (tree.value[2] - 0.3 / 1.5).abs() < 1e-15);
        assert!((model.probability(&[9.0]) - 1.0 / (1.0 + math::exp(-0.2))).abs() < 1e-15);
    }

    #[test]
    fn a_weight_of_two_is_the_example_twice() {
        let (x, y) = random(2, 90, 3);
        let weights: Vec<f64> = (0..90).map(|at| [1.0, 2.0, 0.0][at % 3]).collect();
        let rows: Vec<usize> = (0..90).flat_map(|at| vec![at; [1, 2, 0][at % 3]]).collect();
        let repeated_y: Vec<f64> = rows.iter().map(|row| y[*row]).collect();
        let weighted = fit(&x, &y, Some(&weights), small()).expect("weighted");
        let repeated = fit(&x.select(Axis(0), &rows), &repeated_y, None, small()).expect("repeated");
        for (a, b) in weighted.trees.iter().zip(&repeated.trees) {
            assert_eq!((&a.feature, &a.threshold, &a.missing_left), (&b.feature, &b.threshold, &b.missing_left));
        }
        for row in x.rows() {
            let row = row.to_vec();
            assert!((weighted.raw(&row) - repeated.raw(&row)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_model_and_another_seed_another() {
        let (x, y) = random(3, 200, 4);
        let params = BoostedParams { subsample: 0.5, column_share: 0.5, ..small() }.check().expect("they can be");
        let grown = |seed| fit_boosted(x.view(), &y, None, &params, Seed(seed)).expect("an ordinary problem");
        assert_eq!(grown(1), grown(1));
        assert_ne!(grown(1), grown(2));
        let tree = &grown(1).trees[0];
        assert_eq!(tree.cover[0], 100.0);
        let used: std::collections::BTreeSet<i32> = tree.feature.iter().copied().filter(|f| *f >= 0).collect();
        assert!(used.len() <= 2);
    }

    #[test]
    fn the_loss_on_the_examples_falls_with_every_tree() {
        let (x, y) = random(4, 300, 4);
        let loss = |trees| {
            let model = fit(&x, &y, None, BoostedParams { trees, ..small() }).expect("an ordinary problem");
            let p: Vec<f64> = x.rows().into_iter().map(|row| model.probability(&row.to_vec())).collect();
            crate::stats::score(&y, &p).expect("probabilities").log_loss
        };
        let losses: Vec<f64> = [1, 2, 5, 20, 60].into_iter().map(loss).collect();
        assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{losses:?}");
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let x = array![[1.0], [2.0]];
        let fitted = |y: &[f64], weights: Option<&[f64]>| fit(&x, y, weights, small());
        assert_eq!(fit(&Array2::zeros((0, 1)), &[], None, small()), Err(FitError::Empty));
        assert_eq!(fitted(&[0.0, 1.0], Some(&[0.0, 0.0])), Err(FitError::Empty));
        assert_eq!(fitted(&[1.0, 1.0], None), Err(FitError::OneClass { label: 1.0 }));
        assert_eq!(fitted(&[1.0], None), Err(FitError::Lengths { rows: 2, labels: 1, weights: 1 }));
        assert_eq!(fitted(&[1.0, 0.5], None), Err(FitError::Label { row: 1, found: 0.5 }));
        assert!(matches!(fitted(&[1.0, f64::NAN], None), Err(FitError::Label { row: 1, .. })));
        assert_eq!(fitted(&[1.0, 0.0], Some(&[1.0, -1.0])), Err(FitError::Weight { row: 1, found: -1.0 }));
        assert_eq!(fitted(&[1.0, 0.0], Some(&[1e308; 2])), Err(FitError::Weight { row: 1, found: 1e308 }));
        let infinite = array![[1.0], [f64::NEG_INFINITY]];
        let error = fit(&infinite, &[1.0, 0.0], None, small());
        assert!(matches!(error, Err(FitError::NotFinite { row: 1, .. })));
    }

    #[test]
    fn features_that_do_not_vary_are_never_split_on() {
        let (mut x, y) = random(5, 60, 3);
        x.column_mut(0).fill(7.0);
        x[[3, 0]] = f64::NAN;
        x.column_mut(2).fill(f64::NAN);
        let model = fit(&x, &y, None, small()).expect("one feature is left");
        assert!(model.trees.iter().all(|tree| tree.feature.iter().all(|feature| [-1, 1].contains(feature))));
        let model = fit(&x.select(Axis(1), &[0, 2]), &y, None, small()).expect("the base rate is left");
        assert!(model.trees.iter().all(|tree| tree.feature == [-1]));
        assert!((model.raw(&[f64::NAN, 0.0]) - model.base).abs() < 1e-12);
        assert!(fit(&Array2::zeros((60, 0)), &y, None, small()).is_ok());
    }

    #[test]
    fn separable_examples_and_huge_numbers_end_in_finite_models() {
        let hard = BoostedParams { trees: 300, learning_rate: 1.0, l2: 0.0, ..small() };
        let x = array![[-1e308, 1.0], [-1e-308, f64::NAN], [1e308, 5e-324], [1.7e308, -1.0]];
        for params in [hard, small()] {
            for weights in [None, Some([1e-300, 1e300, 1.0, 1e-10]), Some([1.0, 5e-324, 1e300, 1.0])] {
                let weights = weights.as_ref().map(|weights| weights.as_slice());
                let model = fit(&x, &[0.0, 0.0, 1.0, 1.0], weights, params).expect("both classes");
                assert_eq!(model.check(2), Ok(()));
                let p = model.probability(&[f64::NAN, 0.3]);
                assert!((0.0..=1.0).contains(&p));
            }
        }
    }

    #[test]
    fn more_features_than_examples_have_an_answer() {
        let (x, _) = random(6, 6, 20);
        let model = fit(&x, &[0.0, 1.0, 0.0, 1.0, 1.0, 0.0], None, small()).expect("both classes");
        assert_eq!(model.check(20), Ok(()));
    }
}
