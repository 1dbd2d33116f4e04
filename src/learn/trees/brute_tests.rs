//! Trees and Shapley values against searches that try everything.

use ndarray::Array2;
use proptest::prelude::*;

use super::{BoostedParams, ForestParams, Kind, SplitFeatures, Tree, Trees, fit_boosted, fit_forest, shap};
use crate::base::{Seed, math};

/// What a node is judged by, computed from the examples themselves.
struct Brute<'a> {
    x: &'a Array2<f64>,
    a: Vec<f64>,
    b: Vec<f64>,
    l2: f64,
    min_leaf: usize,
    min_b: f64,
}

impl Brute<'_> {
    fn sum(&self, of: &[f64], rows: &[usize]) -> f64 {
        rows.iter().map(|row| of[*row]).sum()
    }

    fn score(&self, rows: &[usize]) -> f64 {
        let a = self.sum(&self.a, rows);
        a * a / (self.sum(&self.b, rows) + self.l2)
    }

    fn part(&self, rows: &[usize], feature: usize, threshold: f64, missing_left: bool) -> (Vec<usize>, Vec<usize>) {
        rows.iter().partition(|row| {
            let value = self.x[[**row, feature]];
            if value.is_nan() { missing_left } else { value <= threshold }
        })
    }

    /// Every split there is: feature, threshold, direction, gain.
    fn splits(&self, rows: &[usize]) -> Vec<(usize, f64, bool, f64)> {
        let mut found = Vec::new();
        for feature in 0..self.x.ncols() {
            let mut values: Vec<f64> = rows.iter().map(|row| self.x[[*row, feature]]).filter(|v| !v.is_nan()).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            for pair in values.windows(2) {
                for missing_left in [true, false] {
                    let threshold = (pair[0] + pair[1]) / 2.0;
                    let (left, right) = self.part(rows, feature, threshold, missing_left);
                    let small = |rows: &[usize]| rows.len() < self.min_leaf || self.sum(&self.b, rows) < self.min_b;
                    if !small(&left) && !small(&right) {
                        let gain = self.score(&left) + self.score(&right) - self.score(rows);
                        found.push((feature, threshold, missing_left, gain));
                    }
                }
            }
        }
        found
    }

    /// Follows the tree from a node and holds each split against all others.
    fn agrees(&self, tree: &Tree, node: usize, rows: &[usize], depth: u32) -> Result<(), TestCaseError> {
        let splits = self.splits(rows);
        let best = splits.iter().map(|split| split.3).fold(0.0, f64::max);
        let Some((left, right)) = tree.children(node) else {
            prop_assert!(depth == 0 || best < 1e-9, "a leaf could gain {best}");
            return Ok(());
        };
        prop_assert!(depth > 0);
        let feature = tree.feature[node] as usize;
        let first = splits.iter().find(|split| split.3 >= best - 1e-11).expect("the best is among them");
        prop_assert_eq!((feature, tree.threshold[node]), (first.0, first.1), "gain {}", best);
        if rows.iter().any(|row| self.x[[*row, feature]].is_nan()) {
            prop_assert_eq!(tree.missing_left[node], first.2);
        }
        let (left_rows, right_rows) = self.part(rows, feature, tree.threshold[node], tree.missing_left[node]);
        self.agrees(tree, left, &left_rows, depth - 1)?;
        self.agrees(tree, right, &right_rows, depth - 1)
    }
}

/// Few distinct values, so that there are ties; some missing.
fn examples() -> impl Strategy<Value = (Array2<f64>, Vec<f64>, Vec<f64>)> {
    (4..30_usize, 1..4_usize, any::<u64>()).prop_map(|(rows, columns, seed)| {
        let mut rng = Seed(seed).rng();
        let mut value = |_| if rng.below(6) == 0 { f64::NAN } else { rng.below(8) as f64 };
        let x = Array2::from_shape_fn((rows, columns), &mut value);
        let y = (0..rows).map(|row| if row < 2 { row as f64 } else { rng.below(2) as f64 }).collect();
        let weights = (0..rows).map(|_| (1 + rng.below(3)) as f64 * 0.5).collect();
        (x, y, weights)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_boosted_tree_has_the_best_of_all_splits((x, y, weights) in examples(), min_leaf in 1..4_u32, l2 in 0..2_u32) {
        let params = BoostedParams {
            trees: 2, max_depth: 3, min_leaf, l2: f64::from(l2), min_child_weight: 0.2, ..BoostedParams::default()
        };
        let checked = params.check().expect("they can be");
        let model = fit_boosted(x.view(), &y, Some(&weights), &checked, Seed(1)).expect("both labels");
        let rows: Vec<usize> = (0..y.len()).collect();
        let mut logits = vec![model.base; y.len()];
        for tree in &model.trees {
            let p: Vec<f64> = logits.iter().map(|logit| math::sigmoid(*logit)).collect();
            let brute = Brute {
                x: &x,
                a: rows.iter().map(|row| weights[*row] * (p[*row] - y[*row])).collect(),
                b: rows.iter().map(|row| weights[*row] * p[*row] * (1.0 - p[*row])).collect(),
                l2: params.l2,
                min_leaf: min_leaf as usize,
                min_b: params.min_child_weight,
            };
            brute.agrees(tree, 0, &rows, 3)?;
            for row in &rows {
                logits[*row] += tree.predict(&x.row(*row).to_vec());
            }
        }
    }

    #[test]
    fn a_forests_tree_has_the_best_of_all_splits((x, y, weights) in examples(), min_leaf in 1..4_u32) {
        let params =
            ForestParams { trees: 1, max_depth: 4, min_leaf, features: SplitFeatures::Count(9), bootstrap: false };
        let checked = params.check().expect("they can be");
        let model = fit_forest(x.view(), &y, Some(&weights), &checked, Seed(1)).expect("both labels");
        let a = y.iter().zip(&weights).map(|(y, weight)| y * weight).collect();
        let brute = Brute { x: &x, a, b: weights.clone(), l2: 0.0, min_leaf: min_leaf as usize, min_b: 0.0 };
        brute.agrees(&model.trees[0], 0, &(0..y.len()).collect::<Vec<_>>(), 4)?;
    }

    #[test]
    fn shapley_values_are_those_of_all_subsets(seed in any::<u64>(), features in 1..7_usize, depth in 0..6_u32) {
        let mut rng = Seed(seed).rng();
        let mut tree = Tree::default();
        let node = tree.push_leaf(rng.normal(0.0, 1.0), 1.0 + rng.uniform());
        grow_randomly(&mut tree, node, features, depth, &mut rng);
        prop_assert_eq!(tree.check(features), Ok(()));
        let mut value = |_| if rng.below(8) == 0 { f64::NAN } else { rng.uniform() };
        let values: Vec<f64> = (0..features).map(&mut value).collect();
        let (expected, added) = shap(&tree, &values, features);
        prop_assert!((expected + added.iter().sum::<f64>() - tree.predict(&values)).abs() < 1e-9);
        for (feature, added) in added.iter().enumerate() {
            let exact = shapley(&tree, &values, feature);
            prop_assert!((added - exact).abs() < 1e-9, "feature {}: {} and not {}", feature, added, exact);
        }
    }

    #[test]
    fn a_foreign_tree_that_passes_the_check_can_be_used(
        nodes in 1..8_usize, seed in any::<u64>(), cover in prop::sample::select(vec![1.0, 1e-300, 5e-324, 1e300]),
    ) {
        let mut rng = Seed(seed).rng();
        let mut tree = Tree::default();
        for _ in 0..nodes {
            tree.push_leaf(rng.normal(0.0, 1.0), cover * (1 + rng.below(4)) as f64);
        }
        for node in 0..nodes {
            tree.feature[node] = rng.below(4) as i32 - 1;
            tree.left[node] = rng.below(nodes + 1) as u32;
            tree.right[node] = rng.below(nodes + 1) as u32;
        }
        if tree.check(2).is_ok() {
            let model = Trees { kind: Kind::Boosted, base: 0.0, trees: vec![tree] };
            let (average, added) = model.contributions(&[0.5, f64::NAN]);
            prop_assert!(average.is_finite() && added.iter().all(|value| value.is_finite()));
        }
    }
}

/// Splits a leaf again and again, on features that may have been asked for before.
fn grow_randomly(tree: &mut Tree, node: usize, features: usize, depth: u32, rng: &mut crate::base::Rng) {
    if depth == 0 || rng.below(5) == 0 {
        return;
    }
    let cover = tree.cover[node];
    let share = 0.05 + 0.9 * rng.uniform();
    let left = tree.push_leaf(rng.normal(0.0, 1.0), cover * share);
    let right = tree.push_leaf(rng.normal(0.0, 1.0), cover - cover * share);
    tree.feature[node] = rng.below(features) as i32;
    tree.threshold[node] = rng.uniform();
    (tree.left[node], tree.right[node]) = (left as u32, right as u32);
    tree.missing_left[node] = rng.below(2) == 0;
    tree.value[node] = 0.0;
    grow_randomly(tree, left, features, depth - 1, rng);
    grow_randomly(tree, right, features, depth - 1, rng);
}

/// The tree's answer where only the features in `known` (a bit each) are known.
fn answer(tree: &Tree, values: &[f64], known: u32, node: usize) -> f64 {
    let Some((left, right)) = tree.children(node) else { return tree.value[node] };
    if known >> tree.feature[node] & 1 == 1 {
        return answer(tree, values, known, if tree.goes_left(node, values) { left } else { right });
    }
    let of = |child: usize| tree.cover[child] * answer(tree, values, known, child);
    (of(left) + of(right)) / tree.cover[node]
}

/// Shapley's formula over all subsets of the other features.
fn shapley(tree: &Tree, values: &[f64], feature: usize) -> f64 {
    let n = values.len() as u32;
    let factorial = |k: u32| (1..=k).map(f64::from).product::<f64>();
    (0..1_u32 << n)
        .filter(|known| known >> feature & 1 == 0)
        .map(|known| {
            let size = known.count_ones();
            let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
            let with = answer(tree, values, known | 1 << feature, 0);
            weight * (with - answer(tree, values, known, 0))
        })
        .sum()
}
