//! What each feature added to a prediction: Shapley values of one tree in polynomial time (Lundberg, Erion and Lee
//! 2018, "Consistent individualized feature attribution for tree ensembles", algorithm 2).

use super::Tree;

/// Shapley values of one tree's answer: what it answers on average, and what each of the `features` features adds.
///
/// The value of a set of known features is the tree's answer where a split on an unknown one goes both ways, weighted by
/// `cover` (path-dependent). Both parts together are [`Tree::predict`], up to rounding. NaN is missing, which is known.
///
/// # Panics
/// If the tree asks for a feature that is not there, which [`Tree::check`] rules out.
pub fn shap(tree: &Tree, values: &[f64], features: usize) -> (f64, Vec<f64>) {
    let mut walk = Walk { tree, values, added: vec![0.0; features] };
    walk.visit(0, &[], Step { feature: usize::MAX, zero: 1.0, one: 1.0, weight: 0.0 });
    (expected(tree, 0), walk.added)
}

/// The mean of the leaves below a node, weighted by cover.
fn expected(tree: &Tree, node: usize) -> f64 {
    match tree.children(node) {
        None => tree.value[node],
        Some((left, right)) => {
            let (zero_left, zero_right) = (tree.cover[left] / tree.cover[node], tree.cover[right] / tree.cover[node]);
            zero_left * expected(tree, left) + zero_right * expected(tree, right)
        }
    }
}

/// A feature on the way to a node.
#[derive(Clone, Copy)]
struct Step {
    feature: usize,
    /// Share of the ways that pass here where the feature is unknown.
    zero: f64,
    /// 1 if the example passes here where the feature is known, 0 if not.
    one: f64,
    /// Weight of the sets with as many known features as there are steps before this.
    weight: f64,
}

struct Walk<'a> {
    tree: &'a Tree,
    values: &'a [f64],
    added: Vec<f64>,
}

impl Walk<'_> {
    /// Depth is bounded: [`super::MAX_DEPTH`].
    fn visit(&mut self, node: usize, before: &[Step], step: Step) {
        let mut path = before.to_vec();
        extend(&mut path, step);
        let Some((left, right)) = self.tree.children(node) else {
            for at in 1..path.len() {
                let weight = unwound_sum(&path, at);
                self.added[path[at].feature] += weight * (path[at].one - path[at].zero) * self.tree.value[node];
            }
            return;
        };
        let feature = self.tree.feature[node] as usize;
        let (mut zero, mut one) = (1.0, 1.0);
        // A feature that was asked for before is one player: its steps become one.
        if let Some(at) = path.iter().position(|step| step.feature == feature) {
            (zero, one) = (path[at].zero, path[at].one);
            unwind(&mut path, at);
        }
        let goes_left = self.tree.goes_left(node, self.values);
        for (child, passes) in [(left, goes_left), (right, !goes_left)] {
            let zero = zero * self.tree.cover[child] / self.tree.cover[node];
            self.visit(child, &path, Step { feature, zero, one: if passes { one } else { 0.0 }, weight: 0.0 });
        }
    }
}

fn extend(path: &mut Vec<Step>, step: Step) {
    let depth = path.len();
    path.push(Step { weight: if depth == 0 { 1.0 } else { 0.0 }, ..step });
    let size = (depth + 1) as f64;
    for at in (0..depth).rev() {
        path[at + 1].weight += step.one * path[at].weight * (at + 1) as f64 / size;
        path[at].weight = step.zero * path[at].weight * (depth - at) as f64 / size;
    }
}

/// The weights of the path without the step at `index`, from the last to the first.
fn unwound(path: &[Step], index: usize) -> impl Iterator<Item = (usize, f64)> {
    let depth = path.len() - 1;
    let Step { zero, one, .. } = path[index];
    let mut next = path[depth].weight;
    let size = (depth + 1) as f64;
    (0..depth).rev().map(move |at| {
        if one != 0.0 {
            let weight = next * size / ((at + 1) as f64 * one);
            next = path[at].weight - weight * zero * (depth - at) as f64 / size;
            (at, weight)
        } else if zero != 0.0 {
            (at, path[at].weight * size / (zero * (depth - at) as f64))
        } else {
            // Only where a share of covers is too small for a number.
            (at, 0.0)
        }
    })
}

fn unwound_sum(path: &[Step], index: usize) -> f64 {
    unwound(path, index).map(|(_, weight)| weight).sum()
}

fn unwind(path: &mut Vec<Step>, index: usize) {
    let weights: Vec<(usize, f64)> = unwound(path, index).collect();
    for (at, weight) in weights {
        path[at].weight = weight;
    }
    for at in index..path.len() - 1 {
        path[at] = Step { weight: path[at].weight, ..path[at + 1] };
    }
    path.pop();
}
