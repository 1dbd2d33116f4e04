//! Features cut into bins once, so that a node's examples are summed by bin and not sorted.

use super::examples::Examples;

/// The code of a missing value.
pub(super) const MISSING: usize = 255;
/// Bins a feature has at most; the code after them is [`MISSING`].
const BINS: usize = 255;

/// One feature in bins.
pub(super) struct Binned {
    /// The bin of each example, or [`MISSING`]. Examples without weight have a code that says nothing.
    pub codes: Vec<u8>,
    /// Smallest and largest value of each bin, ascending.
    pub ranges: Vec<(f64, f64)>,
}

impl Binned {
    /// Every feature cut, and the features that vary: only they can part a node.
    pub(super) fn all(examples: &Examples<'_>) -> (Vec<Binned>, Vec<usize>) {
        let binned: Vec<Binned> = (0..examples.columns).map(|column| Binned::of(examples, column)).collect();
        let usable = (0..binned.len()).filter(|column| binned[*column].varies()).collect();
        (binned, usable)
    }

    /// Cuts a feature by its values in the examples with weight. Up to 255 distinct values have a bin each; more are
    /// cut at the weighted quantiles of 1/255, 2/255, …, and equal values stay together.
    pub(super) fn of(examples: &Examples<'_>, column: usize) -> Binned {
        let value = |row: u32| examples.values[row as usize * examples.columns + column];
        let mut rows: Vec<u32> = examples.used.iter().copied().filter(|row| !value(*row).is_nan()).collect();
        // Stable, and so are the sums of the weights of equal values. Comparing −0 and 0 as different is harmless:
        // below they are equal.
        rows.sort_by(|a, b| value(*a).total_cmp(&value(*b)));
        let groups: Vec<&[u32]> = rows.chunk_by(|a, b| value(*a) == value(*b)).collect();
        let total: f64 = rows.iter().map(|row| examples.weights[*row as usize]).sum();
        let mut binned = Binned { codes: vec![MISSING as u8; examples.y.len()], ranges: Vec::new() };
        let (mut before, mut last) = (0.0, None);
        for (at, group) in groups.iter().enumerate() {
            let weight: f64 = group.iter().map(|row| examples.weights[*row as usize]).sum();
            let middle = (before + 0.5 * weight) / total;
            let bin = if groups.len() <= BINS { at } else { ((middle * BINS as f64) as usize).min(BINS - 1) };
            before += weight;
            let v = value(group[0]);
            match binned.ranges.last_mut() {
                Some(range) if last == Some(bin) => range.1 = v,
                _ => binned.ranges.push((v, v)),
            }
            last = Some(bin);
            for row in *group {
                binned.codes[*row as usize] = (binned.ranges.len() - 1) as u8;
            }
        }
        binned
    }

    /// Whether there is a boundary to split at.
    pub(super) fn varies(&self) -> bool {
        self.ranges.len() > 1
    }

    /// The threshold between two bins: the midpoint between the values next to it.
    pub(super) fn threshold(&self, left: usize, right: usize) -> f64 {
        let (below, above) = (self.ranges[left].1, self.ranges[right].0);
        // Halves first, since a sum may overflow; and between neighbouring numbers the midpoint may round up to the
        // value that is to go right.
        let middle = 0.5 * below + 0.5 * above;
        if middle >= below && middle < above { middle } else { below }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn binned(values: Vec<f64>, weights: Option<&[f64]>) -> Binned {
        let n = values.len();
        let x = Array2::from_shape_vec((n, 1), values).expect("one column");
        let y: Vec<f64> = (0..n).map(|at| (at % 2) as f64).collect();
        Binned::of(&Examples::new(x.view(), &y, weights).expect("examples"), 0)
    }

    #[test]
    fn few_distinct_values_have_a_bin_each() {
        let found = binned(vec![3.0, 1.0, f64::NAN, 3.0, -0.0, 0.0], None);
        assert_eq!(found.codes, [2, 1, 255, 2, 0, 0]);
        assert_eq!(found.ranges, [(0.0, 0.0), (1.0, 1.0), (3.0, 3.0)]);
        assert_eq!((found.threshold(0, 1), found.threshold(0, 2)), (0.5, 1.5));
    }

    #[test]
    fn many_distinct_values_are_cut_where_their_weight_is() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let found = binned(values.clone(), None);
        assert_eq!(found.ranges.len(), 255);
        assert!(found.ranges.iter().all(|(low, high)| (2.0..=4.0).contains(&(high - low + 1.0))));
        assert!(found.codes.windows(2).all(|pair| pair[0] <= pair[1]));
        let weights: Vec<f64> = (0..1000).map(|at| if at < 100 { 9.0 } else { 1.0 }).collect();
        let found = binned(values, Some(&weights));
        // Each of the first hundred has more than 1/255 of the weight, and so a bin of its own.
        assert_eq!(found.codes[..101], (0..=100).collect::<Vec<u8>>());
        assert!((220..235).contains(&found.ranges.len()), "{}", found.ranges.len());
        assert!(found.ranges.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn a_threshold_parts_even_neighbouring_numbers_and_the_largest_ones() {
        let next = 1.0_f64.next_up();
        let found = binned(vec![1.0, next, f64::MAX, f64::MIN], None);
        let middle = found.threshold(1, 2);
        assert!((1.0..next).contains(&middle));
        assert!(found.threshold(0, 3).is_finite() && found.threshold(2, 3).is_finite());
    }

    #[test]
    fn constant_and_empty_features_do_not_vary() {
        assert!(!binned(vec![2.0, 2.0, f64::NAN], None).varies());
        assert!(!binned(vec![f64::NAN, f64::NAN], None).varies());
        assert!(!binned(vec![1.0, 1.0, 5.0], Some(&[1.0, 1.0, 0.0])).varies());
    }
}
