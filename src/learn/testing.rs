//! Made-up examples for the tests of this module.

use ndarray::Array2;

use crate::base::{Date, Seed, math};
use crate::features::TrainingFrame;

/// Four examples a day, `days` days a group, with one informative and one random feature.
pub fn frame(groups: u16, days: usize) -> TrainingFrame {
    let mut rng = Seed(9).rng();
    let rows = usize::from(groups) * days * 4;
    let x = Array2::from_shape_fn((rows, 2), |_| rng.normal(0.0, 1.0));
    let y = x.rows().into_iter().map(|row| f64::from(rng.uniform() < math::sigmoid(row[0]))).collect();
    let first = Date::from_ymd_opt(2015, 10, 1).expect("a date");
    TrainingFrame {
        features: vec!["signal".into(), "noise".into()],
        x,
        y,
        ids: (0..rows).map(|row| row.to_string()).collect(),
        days: (0..rows).map(|row| first + chrono::TimeDelta::days((row / 4) as i64)).collect(),
        groups: (0..rows).map(|row| 2015 + (row / 4 / days) as u16).collect(),
    }
}
