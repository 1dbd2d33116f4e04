//! From a frame to a model: scaling, weights by age, and the fit.

use ndarray::{Array2, Axis};

use super::{Fit, FitError, Linear, Model, Scaling, Settings, fit};
use crate::base::{Digest, Seed, math};
use crate::features::TrainingFrame;

impl Scaling {
    /// Mean and population standard deviation of each column over the values that are there. A column that does not
    /// vary has scale 1, and one without any value has mean 0 besides: both end with the coefficient 0.
    pub fn of(x: &Array2<f64>) -> Scaling {
        let mut scaling = Scaling { mean: Vec::new(), scale: Vec::new() };
        for column in x.axis_iter(Axis(1)) {
            let present = column.iter().filter(|value| !value.is_nan());
            let n = present.clone().count().max(1) as f64;
            let mean = present.clone().sum::<f64>() / n;
            let variance = present.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
            let scale = math::sqrt(variance);
            // A constant column's variance is rounding, not information (scikit-learn's `_is_constant_feature`).
            let constant = scale <= 10.0 * f64::EPSILON * mean.abs();
            scaling.mean.push(mean);
            scaling.scale.push(if constant { 1.0 } else { scale });
        }
        scaling
    }

    /// The columns on one scale; a missing value becomes the mean, which is 0.
    pub fn apply(&self, x: &Array2<f64>) -> Array2<f64> {
        let mut scaled = x.clone();
        for (at, mut column) in scaled.axis_iter_mut(Axis(1)).enumerate() {
            let (mean, scale) = (self.mean[at], self.scale[at]);
            column.mapv_inplace(|value| if value.is_nan() { 0.0 } else { (value - mean) / scale });
        }
        scaled
    }
}

/// Weight of each of these rows by the age of its group: ½ to the power of (newest group − group) / `half_life`.
/// Groups are whole numbers such as years.
pub fn age_weights(frame: &TrainingFrame, rows: &[usize], half_life: f64) -> Vec<f64> {
    let newest = rows.iter().map(|row| frame.groups[*row]).max().unwrap_or_default();
    let weight = |group: u16| math::pow(0.5, f64::from(newest - group) / half_life);
    // Neighbours are mostly of one group.
    let mut last = (newest, weight(newest));
    let mut of_row = |row: &usize| {
        let group = frame.groups[*row];
        if group != last.0 {
            last = (group, weight(group));
        }
        last.1
    };
    rows.iter().map(&mut of_row).collect()
}

/// Fits a model to these rows of a frame. A missing value (NaN) becomes the feature's mean; an infinite one is an error.
pub fn train(
    frame: &TrainingFrame,
    rows: &[usize],
    weights: Option<&[f64]>,
    c: f64,
    feature_version: &str,
) -> Result<Model, FitError> {
    let x = frame.x.select(Axis(0), rows);
    if let Some(((row, column), found)) = x.indexed_iter().find(|(_, value)| value.is_infinite()) {
        return Err(FitError::NotFinite { row: rows[row], column: frame.features[column].clone(), found: *found });
    }
    let y: Vec<f64> = rows.iter().map(|row| frame.y[*row]).collect();
    let scaling = Scaling::of(&x);
    let fitted = fit(scaling.apply(&x).view(), &y, weights, Settings::with_c(c))?;
    let Fit { coefficients, intercept, .. } = fitted;
    let linear = Linear { scaling, coefficients, intercept, c, l1_ratio: 0.0 };
    Ok(Model::linear(feature_version, frame.features.clone(), linear))
}

/// Digest of a small model trained on made-up examples: asserted natively and in the browser, so that a difference in
/// one bit between the two shows.
#[doc(hidden)]
pub fn reference_digest() -> Digest {
    let mut rng = Seed(20_151_027).rng();
    let (rows, columns) = (400, 5);
    let mut x = Array2::zeros((rows, columns));
    let mut y = Vec::with_capacity(rows);
    for mut row in x.rows_mut() {
        for (at, value) in row.iter_mut().enumerate() {
            *value = if rng.uniform() < 0.03 { f64::NAN } else { rng.normal(at as f64, 1.0 + at as f64) };
        }
        let logit: f64 = row.iter().filter(|value| !value.is_nan()).map(|value| 0.1 * value).sum();
        y.push(f64::from(rng.uniform() < math::sigmoid(logit - 0.8)));
    }
    let frame = TrainingFrame {
        features: (0..columns).map(|at| format!("feature_{at}")).collect(),
        x,
        y,
        ids: (0..rows).map(|row| row.to_string()).collect(),
        days: vec![crate::base::Date::MIN; rows],
        groups: (0..rows).map(|row| (row / 100) as u16).collect(),
    };
    let all: Vec<usize> = (0..rows).collect();
    let weights = age_weights(&frame, &all, 4.0);
    match train(&frame, &all, Some(&weights), 0.1, "reference") {
        Ok(model) => model.digest(),
        Err(error) => Digest::of_bytes(error.to_string().as_bytes()),
    }
}

/// What [`reference_digest`] must give on every target.
#[doc(hidden)]
pub const REFERENCE_DIGEST: &str = "sha256:5e6f04e2f12ec872175308dfc39ee9bfe22c2a24e6954b82361f10ef7f32539c";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::predict;
    use ndarray::array;

    fn frame(x: Array2<f64>, y: Vec<f64>) -> TrainingFrame {
        let n = y.len();
        TrainingFrame {
            features: (0..x.ncols()).map(|at| format!("f{at}")).collect(),
            x,
            y,
            ids: (0..n).map(|row| row.to_string()).collect(),
            days: vec![crate::base::Date::MIN; n],
            groups: (0..n).map(|row| 2000 + row as u16).collect(),
        }
    }

    #[test]
    fn the_same_model_comes_out_on_every_target() {
        assert_eq!(reference_digest().to_string(), REFERENCE_DIGEST);
    }

    #[test]
    fn a_missing_value_counts_as_the_mean() {
        let nan = f64::NAN;
        let x = array![[1.0, nan], [3.0, nan], [nan, nan], [2.0, nan]];
        let scaling = Scaling::of(&x);
        assert_eq!((scaling.mean[0], scaling.mean[1], scaling.scale[1]), (2.0, 0.0, 1.0));
        let scaled = scaling.apply(&x);
        assert_eq!(scaled[[2, 0]], 0.0);
        let frame = frame(x, vec![0.0, 1.0, 1.0, 0.0]);
        let model = train(&frame, &[0, 1, 2, 3], None, 1.0, "1").expect("enough to fit");
        assert_eq!(model.as_linear().map(|linear| linear.coefficients[1]), Some(0.0));
        assert_eq!(model.predict(&[nan, nan]), model.predict(&[2.0, 7.0]));
    }

    #[test]
    fn an_infinite_value_is_an_error_that_says_where() {
        let frame = frame(array![[1.0], [0.0], [f64::NEG_INFINITY]], vec![0.0, 1.0, 0.0]);
        let error = train(&frame, &[0, 1, 2], None, 1.0, "1").expect_err("an infinite value");
        assert_eq!(error.to_string(), "example 2, feature f0: found -inf, expected a finite number");
    }

    #[test]
    fn a_constant_column_does_not_blow_up() {
        let scaling = Scaling::of(&array![[0.1], [0.1], [0.1]]);
        assert_eq!(scaling.scale, vec![1.0]);
    }

    #[test]
    fn a_group_one_half_life_older_weighs_half() {
        let frame = frame(array![[1.0], [0.0], [1.0], [0.0], [1.0]], vec![0.0; 5]);
        assert_eq!(age_weights(&frame, &[0, 2, 4], 2.0), vec![0.25, 0.5, 1.0]);
    }

    #[test]
    fn a_model_predicts_the_same_from_its_json() {
        let frame = frame(array![[1.0], [0.3], [0.7], [0.2]], vec![1.0, 1.0, 0.0, 0.0]);
        let model = train(&frame, &[0, 1, 2, 3], None, 1.0, "1").expect("enough to fit");
        let json = serde_json::to_string(&model).expect("a model is JSON");
        let read: Model = serde_json::from_str(&json).expect("its own JSON");
        assert_eq!(predict(&model, &frame, &[0, 1]), predict(&read, &frame, &[0, 1]));
        assert_eq!(model.digest(), read.digest());
    }
}
