//! One decision tree in flat arrays.

use serde::{Deserialize, Serialize};

/// Splits that a path from the root to a leaf may have. What walks a tree by recursion relies on it.
pub const MAX_DEPTH: usize = 20;

/// Size that no value of a sound tree has, so that sums over many trees stay finite.
const MAX_VALUE: f64 = 1e100;

/// How far the covers of two children may add up to another than their parent's, as a share of it: other programs
/// write covers in single precision.
const COVER_SLACK: f64 = 1e-5;

/// A binary tree, one entry a node in every array; node 0 is the root, and children come after their parents.
///
/// At an inner node a value of at most `threshold` goes left, a greater one right, and NaN where `missing_left` says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tree {
    /// The feature that a node asks for, or −1 at a leaf.
    pub feature: Vec<i32>,
    /// What the feature is compared with, in its own unit; 0 at a leaf.
    pub threshold: Vec<f64>,
    /// The node for values up to the threshold; 0 at a leaf.
    pub left: Vec<u32>,
    /// The node for values above the threshold; 0 at a leaf.
    pub right: Vec<u32>,
    /// Whether a missing value goes left; false at a leaf.
    pub missing_left: Vec<bool>,
    /// What a leaf answers: log-odds in a boosted tree, a probability in a forest's; 0 at an inner node.
    pub value: Vec<f64>,
    /// Sum of the weights of the training examples that came through the node.
    pub cover: Vec<f64>,
}

/// Why a tree is not sound. Nodes count from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TreeError {
    /// There is no root.
    #[error("the tree has no node")]
    NoNode,
    /// An array is not as long as `feature`.
    #[error("`{array}` has {found} entries: expected {expected}, one a node")]
    Lengths {
        /// The array.
        array: &'static str,
        /// Its length.
        found: usize,
        /// The number of nodes.
        expected: usize,
    },
    /// A node asks for a feature that is not there.
    #[error("node {node} asks for feature {found}: expected −1 at a leaf, or less than {features}")]
    Feature {
        /// The node.
        node: usize,
        /// What it asks for.
        found: i32,
        /// Features there are.
        features: usize,
    },
    /// A number that is not finite, too large, or no weight.
    #[error("`{array}` of node {node} is {found}: expected {expected}")]
    Number {
        /// The array.
        array: &'static str,
        /// The node.
        node: usize,
        /// What it is.
        found: f64,
        /// What may be there.
        expected: &'static str,
    },
    /// A child that does not come after its parent, or is not there.
    #[error("node {node} has the child {child}: expected a node after it and before {nodes}")]
    Child {
        /// The parent.
        node: usize,
        /// What it names.
        child: u32,
        /// Nodes there are.
        nodes: usize,
    },
    /// A node that is no node's child, or more than one's.
    #[error("node {node} is the child of {parents} nodes: expected one")]
    Parents {
        /// The node.
        node: usize,
        /// How many name it.
        parents: u32,
    },
    /// A path that is too long.
    #[error("node {node} lies {depth} splits below the root: expected at most {MAX_DEPTH}")]
    Depth {
        /// The node.
        node: usize,
        /// How deep it lies.
        depth: usize,
    },
    /// Children whose covers are not their parent's.
    #[error("the children of node {node} have the cover {found} together: expected {expected}, its own")]
    Cover {
        /// The parent.
        node: usize,
        /// The children's sum.
        found: f64,
        /// The parent's.
        expected: f64,
    },
}

impl Tree {
    /// The value of the leaf that these features lead to; NaN is missing.
    ///
    /// # Panics
    /// If the tree asks for a feature that is not there, which [`Tree::check`] rules out.
    pub fn predict(&self, values: &[f64]) -> f64 {
        let mut node = 0;
        while let Some((left, right)) = self.children(node) {
            node = if self.goes_left(node, values) { left } else { right };
        }
        self.value[node]
    }

    /// Both children, or none at a leaf.
    pub(super) fn children(&self, node: usize) -> Option<(usize, usize)> {
        (self.feature[node] >= 0).then(|| (self.left[node] as usize, self.right[node] as usize))
    }

    /// Where an inner node sends an example.
    pub(super) fn goes_left(&self, node: usize, values: &[f64]) -> bool {
        let value = values[self.feature[node] as usize];
        if value.is_nan() { self.missing_left[node] } else { value <= self.threshold[node] }
    }

    /// Adds a leaf at the end and says where.
    pub(super) fn push_leaf(&mut self, value: f64, cover: f64) -> usize {
        self.feature.push(-1);
        self.threshold.push(0.0);
        self.left.push(0);
        self.right.push(0);
        self.missing_left.push(false);
        self.value.push(value);
        self.cover.push(cover);
        self.feature.len() - 1
    }

    /// Whether the tree is sound for this many features: whole arrays, finite numbers, every node but the root the child
    /// of exactly one before it, no path longer than [`MAX_DEPTH`], and covers that add up. A tree that passes can be
    /// predicted from and explained, wherever it came from.
    pub fn check(&self, features: usize) -> Result<(), TreeError> {
        self.check_lengths()?;
        self.check_numbers()?;
        let nodes = self.feature.len();
        let mut parents = vec![0_u32; nodes];
        let mut depths = vec![0_usize; nodes];
        for node in 0..nodes {
            if node > 0 && parents[node] != 1 {
                return Err(TreeError::Parents { node, parents: parents[node] });
            }
            if depths[node] > MAX_DEPTH {
                return Err(TreeError::Depth { node, depth: depths[node] });
            }
            let found = self.feature[node];
            if found == -1 {
                continue;
            }
            if usize::try_from(found).map_or(true, |feature| feature >= features) {
                return Err(TreeError::Feature { node, found, features });
            }
            for child in [self.left[node], self.right[node]] {
                let at = child as usize;
                if at <= node || at >= nodes {
                    return Err(TreeError::Child { node, child, nodes });
                }
                parents[at] += 1;
                depths[at] = depths[node] + 1;
            }
            self.check_cover(node)?;
        }
        Ok(())
    }

    fn check_lengths(&self) -> Result<(), TreeError> {
        let expected = self.feature.len();
        if expected == 0 {
            return Err(TreeError::NoNode);
        }
        let others = [
            ("threshold", self.threshold.len()),
            ("left", self.left.len()),
            ("right", self.right.len()),
            ("missing_left", self.missing_left.len()),
            ("value", self.value.len()),
            ("cover", self.cover.len()),
        ];
        match others.into_iter().find(|(_, found)| *found != expected) {
            Some((array, found)) => Err(TreeError::Lengths { array, found, expected }),
            None => Ok(()),
        }
    }

    fn check_numbers(&self) -> Result<(), TreeError> {
        let wrong =
            |array, numbers: &[f64], expected, right: fn(f64) -> bool| match numbers.iter().position(|x| !right(*x)) {
                Some(node) => Err(TreeError::Number { array, node, found: numbers[node], expected }),
                None => Ok(()),
            };
        wrong("threshold", &self.threshold, "a finite number", f64::is_finite)?;
        wrong("value", &self.value, "a number within ±1e100", |x| x.abs() <= MAX_VALUE)?;
        wrong("cover", &self.cover, "a finite number above 0", |x| x.is_finite() && x > 0.0)
    }

    fn check_cover(&self, node: usize) -> Result<(), TreeError> {
        let found = self.cover[self.left[node] as usize] + self.cover[self.right[node] as usize];
        let expected = self.cover[node];
        let near = (found - expected).abs() <= COVER_SLACK * expected;
        if near { Ok(()) } else { Err(TreeError::Cover { node, found, expected }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        Tree {
            feature: vec![0, -1, 1, -1, -1],
            threshold: vec![0.5, 0.0, -2.0, 0.0, 0.0],
            left: vec![1, 0, 3, 0, 0],
            right: vec![2, 0, 4, 0, 0],
            missing_left: vec![true, false, false, false, false],
            value: vec![0.0, 1.0, 0.0, 2.0, 3.0],
            cover: vec![10.0, 4.0, 6.0, 1.0, 5.0],
        }
    }

    #[test]
    fn a_value_up_to_the_threshold_goes_left_and_nan_where_it_is_told() {
        let tree = tree();
        assert_eq!(tree.check(2), Ok(()));
        assert_eq!(tree.predict(&[0.5, 0.0]), 1.0);
        assert_eq!(tree.predict(&[f64::NAN, 0.0]), 1.0);
        assert_eq!(tree.predict(&[0.6, -2.0]), 2.0);
        assert_eq!(tree.predict(&[0.6, f64::NAN]), 3.0);
    }

    fn broken(change: impl FnOnce(&mut Tree)) -> String {
        let mut tree = tree();
        change(&mut tree);
        tree.check(2).expect_err("it was broken").to_string()
    }

    #[test]
    fn a_tree_that_is_not_sound_says_why() {
        assert_eq!(Tree::default().check(2), Err(TreeError::NoNode));
        assert_eq!(broken(|t| t.left.truncate(4)), "`left` has 4 entries: expected 5, one a node");
        assert_eq!(broken(|t| t.feature[2] = 2), "node 2 asks for feature 2: expected −1 at a leaf, or less than 2");
        assert_eq!(broken(|t| t.feature[2] = -7).split(':').next(), Some("node 2 asks for feature -7"));
        assert_eq!(broken(|t| t.right[2] = 9), "node 2 has the child 9: expected a node after it and before 5");
        assert_eq!(broken(|t| t.right[2] = 2), "node 2 has the child 2: expected a node after it and before 5");
        assert_eq!(
            broken(|t| (t.left[2], t.cover[2], t.cover[0]) = (4, 10.0, 14.0)),
            "node 3 is the child of 0 nodes: expected one"
        );
        assert_eq!(
            broken(|t| (t.feature[1], t.left[1], t.right[1], t.cover[1]) = (0, 3, 4, 6.0)).split(':').next(),
            Some("the children of node 0 have the cover 12 together")
        );
        assert!(broken(|t| t.value[3] = 1e200).ends_with("expected a number within ±1e100"));
        assert_eq!(broken(|t| t.threshold[0] = f64::NAN), "`threshold` of node 0 is NaN: expected a finite number");
        assert_eq!(broken(|t| t.cover[1] = 0.0), "`cover` of node 1 is 0: expected a finite number above 0");
    }

    #[test]
    fn a_node_with_two_parents_is_refused_since_its_paths_would_double_at_every_step() {
        let mut tree = tree();
        (tree.feature[1], tree.left[1], tree.right[1]) = (0, 3, 4);
        tree.cover = vec![12.0, 6.0, 6.0, 1.0, 5.0];
        assert_eq!(tree.check(2), Err(TreeError::Parents { node: 3, parents: 2 }));
    }

    #[test]
    fn a_path_that_is_too_long_is_refused() {
        let chain = |depth: usize| {
            let mut tree = Tree::default();
            for at in 0..depth {
                let node = tree.push_leaf(0.0, (depth - at + 1) as f64);
                (tree.feature[node], tree.left[node], tree.right[node]) = (0, 2 * at as u32 + 1, 2 * at as u32 + 2);
                // The left child is a leaf; the right one is the next turn's inner node.
                tree.push_leaf(0.0, 1.0);
            }
            tree.push_leaf(0.0, 1.0);
            tree
        };
        assert_eq!(chain(MAX_DEPTH).check(1), Ok(()));
        assert!(matches!(chain(MAX_DEPTH + 1).check(1), Err(TreeError::Depth { .. })));
    }
}
