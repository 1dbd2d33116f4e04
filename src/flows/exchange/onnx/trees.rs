//! Trees as the operator `TreeEnsemble` of `ai.onnx.ml` 5, the first whose thresholds, leaves and sums are all doubles.

use super::graph::{Builder, Value, bytes, doubles, in_tensor, int, ints};
use super::proto::Attribute;
use crate::learn::trees::Tree;

/// The mode of a node that sends values up to its threshold to the true branch.
const UP_TO: u8 = 0;

/// The flat arrays of the operator. A branch names a node or, where it is marked, a leaf.
#[derive(Default)]
struct Arrays {
    roots: Vec<i64>,
    features: Vec<i64>,
    splits: Vec<f64>,
    missing_true: Vec<i64>,
    true_branch: Branches,
    false_branch: Branches,
    leaves: Vec<f64>,
}

#[derive(Default)]
struct Branches {
    at: Vec<i64>,
    leaf: Vec<i64>,
}

impl Branches {
    fn push(&mut self, (at, leaf): (usize, bool)) {
        self.at.push(at as i64);
        self.leaf.push(i64::from(leaf));
    }
}

impl Arrays {
    fn push(&mut self, tree: &Tree) {
        self.roots.push(self.features.len() as i64);
        if tree.feature[0] < 0 {
            // The operator has no tree that is one leaf: a question whose answers are the same stands for it.
            let leaf = self.leaves.len();
            self.leaves.extend([tree.value[0]; 2]);
            self.question(0, 0.0, false, [(leaf, true), (leaf + 1, true)]);
            return;
        }
        let (mut nodes, mut leaves) = (self.features.len(), self.leaves.len());
        let place = |feature: &i32| {
            let next = if *feature < 0 { &mut leaves } else { &mut nodes };
            *next += 1;
            (*next - 1, *feature < 0)
        };
        let places: Vec<(usize, bool)> = tree.feature.iter().map(place).collect();
        for (node, (_, leaf)) in places.iter().enumerate() {
            if *leaf {
                self.leaves.push(tree.value[node]);
            } else {
                let branches = [tree.left[node], tree.right[node]].map(|child| places[child as usize]);
                self.question(tree.feature[node].into(), tree.threshold[node], tree.missing_left[node], branches);
            }
        }
    }

    fn question(&mut self, feature: i64, split: f64, missing_true: bool, [yes, no]: [(usize, bool); 2]) {
        self.features.push(feature);
        self.splits.push(split);
        self.missing_true.push(missing_true.into());
        self.true_branch.push(yes);
        self.false_branch.push(no);
    }

    fn attributes(self) -> Vec<Attribute> {
        let (nodes, leaves) = (self.splits.len(), self.leaves.len());
        vec![
            // 1 is SUM, 0 of the transform is none.
            int("aggregate_function", 1),
            ints("leaf_targetids", vec![0; leaves]),
            in_tensor("leaf_weights", doubles(&[leaves], &self.leaves)),
            int("n_targets", 1),
            ints("nodes_falseleafs", self.false_branch.leaf),
            ints("nodes_falsenodeids", self.false_branch.at),
            ints("nodes_featureids", self.features),
            ints("nodes_missing_value_tracks_true", self.missing_true),
            in_tensor("nodes_modes", bytes(vec![UP_TO; nodes])),
            in_tensor("nodes_splits", doubles(&[nodes], &self.splits)),
            ints("nodes_trueleafs", self.true_branch.leaf),
            ints("nodes_truenodeids", self.true_branch.at),
            int("post_transform", 0),
            ints("tree_roots", self.roots),
        ]
    }
}

/// The sum of the trees' leaves, `[N, 1]`.
pub(super) fn sum(graph: &mut Builder, trees: &[Tree]) -> Value {
    let mut arrays = Arrays::default();
    trees.iter().for_each(|tree| arrays.push(tree));
    graph.node("ai.onnx.ml", "TreeEnsemble", &[&Builder::features()], arrays.attributes())
}
