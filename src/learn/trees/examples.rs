//! What a fit is given, checked.

use std::borrow::Cow;

use ndarray::ArrayView2;

use crate::base::math;
use crate::learn::FitError;

/// Examples that can be fitted: no infinity, labels 0 and 1 both there, weights that have a sum.
pub(super) struct Examples<'a> {
    /// Features, row-major; NaN is missing.
    pub values: Cow<'a, [f64]>,
    /// Features of an example.
    pub columns: usize,
    /// Labels, 0 or 1.
    pub y: &'a [f64],
    /// Weights, 0 or more.
    pub weights: Cow<'a, [f64]>,
    /// The examples with weight, ascending. The others take no part.
    pub used: Vec<u32>,
}

impl<'a> Examples<'a> {
    pub(super) fn new(x: ArrayView2<'a, f64>, y: &'a [f64], weights: Option<&'a [f64]>) -> Result<Self, FitError> {
        let weights = weights.map_or_else(|| Cow::Owned(vec![1.0; y.len()]), Cow::Borrowed);
        check(&x, y, &weights)?;
        let columns = x.ncols();
        let values = match x.to_slice() {
            Some(values) => Cow::Borrowed(values),
            None => Cow::Owned(x.iter().copied().collect()),
        };
        let used = (0..y.len()).filter(|row| weights[*row] > 0.0).map(|row| row as u32).collect();
        Ok(Self { values, columns, y, weights, used })
    }

    pub(super) fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.columns..(at + 1) * self.columns]
    }

    /// Logit of the share of the weight that is labelled 1; finite, however far apart the weights are.
    pub(super) fn base_logit(&self) -> f64 {
        let of = |label: f64| self.y.iter().zip(self.weights.iter()).filter(move |(y, _)| **y == label).map(|(_, w)| w);
        math::ln(of(1.0).sum()) - math::ln(of(0.0).sum())
    }
}

fn check(x: &ArrayView2<'_, f64>, y: &[f64], weights: &[f64]) -> Result<(), FitError> {
    if x.nrows() != y.len() || weights.len() != y.len() {
        return Err(FitError::Lengths { rows: x.nrows(), labels: y.len(), weights: weights.len() });
    }
    if let Some(((row, column), found)) = x.indexed_iter().find(|(_, value)| value.is_infinite()) {
        return Err(FitError::NotFinite { row, column: column.to_string(), found: *found });
    }
    if let Some(row) = y.iter().position(|label| *label != 0.0 && *label != 1.0) {
        return Err(FitError::Label { row, found: y[row] });
    }
    let mut total = 0.0;
    for (row, weight) in weights.iter().enumerate() {
        total += weight;
        // A sum that is too large for a number is the fault of the weight that made it so.
        if !(total.is_finite() && *weight >= 0.0) {
            return Err(FitError::Weight { row, found: *weight });
        }
    }
    let mut labels = y.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).map(|(label, _)| *label);
    let first = labels.next().ok_or(FitError::Empty)?;
    if labels.all(|label| label == first) { Err(FitError::OneClass { label: first }) } else { Ok(()) }
}
