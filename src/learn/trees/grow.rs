//! One tree, grown from the root by the best split of each node.

use std::collections::VecDeque;

use super::Tree;
use super::bins::{Binned, MISSING};
use crate::base::Rng;

/// A split that gains less than this share of the node's cover more than another is no better: the difference is
/// rounding, and the first in order is taken. Likewise a node that gains no more is a leaf.
const ROUNDING: f64 = 1e-12;

/// What the examples are split by, one entry an example in each.
pub(super) struct Target<'a> {
    /// Gradients, or weights of the label 1.
    pub a: &'a [f64],
    /// Hessians, or weights.
    pub b: &'a [f64],
    /// Weights, for the cover.
    pub weights: &'a [f64],
}

/// When a node is split.
pub(super) struct Rules {
    pub max_depth: u32,
    pub min_leaf: u32,
    /// Smallest sum of `b` in a child.
    pub min_b: f64,
    pub l2: f64,
    /// Features drawn for each split, or all.
    pub per_split: Option<usize>,
}

/// Sums over some examples.
#[derive(Clone, Copy, Default)]
struct Sums {
    a: f64,
    b: f64,
    n: u32,
}

impl Sums {
    fn add(&mut self, other: Sums) {
        self.a += other.a;
        self.b += other.b;
        self.n += other.n;
    }

    fn plus(mut self, other: Sums) -> Sums {
        self.add(other);
        self
    }

    fn less(self, other: Sums) -> Sums {
        Sums { a: self.a - other.a, b: self.b - other.b, n: self.n - other.n }
    }

    /// a² / (b + λ), in an order that does not overflow; nothing where there is no curvature.
    fn score(self, l2: f64) -> f64 {
        let curvature = self.b + l2;
        if curvature > 0.0 { self.a * (self.a / curvature) } else { 0.0 }
    }
}

struct Split {
    gain: f64,
    feature: usize,
    /// The bins on both sides of the boundary.
    bins: (usize, usize),
    /// Where missing values go; none if the node has none.
    missing_left: Option<bool>,
}

/// A node whose examples are `rows[from..to]`.
struct Open {
    node: usize,
    from: usize,
    to: usize,
    depth: u32,
    sums: Sums,
}

/// What grows a tree; lives as long as one.
pub(super) struct Grower<'a> {
    pub binned: &'a [Binned],
    pub target: Target<'a>,
    pub rules: &'a Rules,
    /// Features that may be split on, ascending.
    pub features: &'a [usize],
}

impl Grower<'_> {
    /// Grows a tree on these examples (ascending, at least one), breadth first. `leaf` is the value of a leaf by its
    /// sums of `a` and `b`; chance is needed only where features are drawn for each split.
    pub(super) fn grow(&self, mut rows: Vec<u32>, rng: &mut Rng, leaf: impl Fn(f64, f64) -> f64) -> Tree {
        let mut tree = Tree::default();
        let mut spare = Vec::new();
        let mut open = VecDeque::from([self.open(&mut tree, &rows, (0, rows.len()), 0, &leaf)]);
        while let Some(at) = open.pop_front() {
            let Some(split) = self.split(&rows[at.from..at.to], &at, tree.cover[at.node], rng) else { continue };
            let middle = at.from + self.part(&mut rows[at.from..at.to], &mut spare, &split);
            let left = self.open(&mut tree, &rows, (at.from, middle), at.depth + 1, &leaf);
            let right = self.open(&mut tree, &rows, (middle, at.to), at.depth + 1, &leaf);
            tree.feature[at.node] = split.feature as i32;
            tree.threshold[at.node] = self.binned[split.feature].threshold(split.bins.0, split.bins.1);
            (tree.left[at.node], tree.right[at.node]) = (left.node as u32, right.node as u32);
            // What was never seen missing goes with the greater part.
            let heavier_left = tree.cover[left.node] >= tree.cover[right.node];
            tree.missing_left[at.node] = split.missing_left.unwrap_or(heavier_left);
            tree.value[at.node] = 0.0;
            open.push_back(left);
            open.push_back(right);
        }
        tree
    }

    /// Adds a node, for now a leaf.
    fn open(
        &self,
        tree: &mut Tree,
        rows: &[u32],
        (from, to): (usize, usize),
        depth: u32,
        leaf: impl Fn(f64, f64) -> f64,
    ) -> Open {
        let (mut sums, mut cover) = (Sums::default(), 0.0);
        for row in &rows[from..to] {
            sums.add(self.one(*row));
            cover += self.target.weights[*row as usize];
        }
        let value = leaf(sums.a, sums.b);
        let node = tree.push_leaf(if value.is_finite() { value } else { 0.0 }, cover);
        Open { node, from, to, depth, sums }
    }

    fn one(&self, row: u32) -> Sums {
        Sums { a: self.target.a[row as usize], b: self.target.b[row as usize], n: 1 }
    }

    /// Moves the examples that go left to the front, both parts in their order, and says how many they are.
    fn part(&self, rows: &mut [u32], spare: &mut Vec<u32>, split: &Split) -> usize {
        let codes = &self.binned[split.feature].codes;
        spare.clear();
        let mut kept = 0;
        for at in 0..rows.len() {
            let row = rows[at];
            let bin = usize::from(codes[row as usize]);
            let left = if bin == MISSING { split.missing_left == Some(true) } else { bin <= split.bins.0 };
            if left {
                rows[kept] = row;
                kept += 1;
            } else {
                spare.push(row);
            }
        }
        rows[kept..].copy_from_slice(spare);
        kept
    }

    /// The best split of a node, if one is worth it.
    fn split(&self, rows: &[u32], at: &Open, cover: f64, rng: &mut Rng) -> Option<Split> {
        if at.depth >= self.rules.max_depth || at.sums.n / 2 < self.rules.min_leaf {
            return None;
        }
        let floor = ROUNDING * cover;
        let mut best = None;
        let Some(drawn) = self.rules.per_split else {
            for feature in self.features {
                self.try_feature(*feature, rows, at.sums, floor, &mut best);
            }
            return best;
        };
        let mut features = self.features.to_vec();
        rng.shuffle(&mut features);
        let (first, rest) = features.split_at_mut(drawn.min(self.features.len()));
        first.sort_unstable();
        // As in scikit-learn, more are drawn where none of the first parts the node.
        for feature in first.iter().chain(rest.iter()).enumerate() {
            if feature.0 >= drawn && best.is_some() {
                break;
            }
            self.try_feature(*feature.1, rows, at.sums, floor, &mut best);
        }
        best
    }

    /// Tries every boundary of a feature, with missing values left and right, from the lowest threshold on.
    fn try_feature(&self, feature: usize, rows: &[u32], all: Sums, floor: f64, best: &mut Option<Split>) {
        let binned = &self.binned[feature];
        let mut bins = [Sums::default(); MISSING + 1];
        for row in rows {
            bins[usize::from(binned.codes[*row as usize])].add(self.one(*row));
        }
        let missing = bins[MISSING];
        let whole = all.score(self.rules.l2);
        let mut left = Sums::default();
        let mut last = None;
        for (bin, sums) in bins[..binned.ranges.len()].iter().enumerate().filter(|(_, sums)| sums.n > 0) {
            if let Some(last) = last {
                for missing_left in [true, false] {
                    if missing.n == 0 && !missing_left {
                        continue;
                    }
                    let left = if missing_left { left.plus(missing) } else { left };
                    let right = all.less(left);
                    if !(self.may_be(left) && self.may_be(right)) {
                        continue;
                    }
                    let gain = left.score(self.rules.l2) + right.score(self.rules.l2) - whole;
                    // False as well for what is not a number.
                    if gain > best.as_ref().map_or(0.0, |best| best.gain) + floor {
                        let missing_left = (missing.n > 0).then_some(missing_left);
                        *best = Some(Split { gain, feature, bins: (last, bin), missing_left });
                    }
                }
            }
            left.add(*sums);
            last = Some(bin);
        }
    }

    fn may_be(&self, child: Sums) -> bool {
        child.n >= self.rules.min_leaf && child.b >= self.rules.min_b
    }
}
