//! Models of every kind for the tests of what is exported: fitted to a small made-up frame with missing values.

use ndarray::Array2;

use crate::base::{Date, Seed, math};
use crate::features::TrainingFrame;
use crate::learn::trees::{BoostedParams, ForestParams};
use crate::learn::{Calibration, CalibrationMethod, EstimatorSpec, Examples, Model, fit_calibration};

/// Three features of 300 examples; the third is missing in every fifth.
pub(super) fn frame() -> TrainingFrame {
    let mut rng = Seed(11).rng();
    let rows = 300;
    let x = Array2::from_shape_fn((rows, 3), |(row, column)| {
        let value = rng.normal(0.0, 1.0);
        if column == 2 && row % 5 == 0 { f64::NAN } else { value }
    });
    let y = x.rows().into_iter().map(|row| f64::from(rng.uniform() < math::sigmoid(1.5 * row[0]))).collect();
    let first = Date::from_ymd_opt(2015, 10, 1).expect("a date");
    TrainingFrame {
        features: ["signal", "noise", "gap"].map(str::to_owned).to_vec(),
        x,
        y,
        ids: (0..rows).map(|row| row.to_string()).collect(),
        days: (0..rows).map(|row| first + chrono::TimeDelta::days(row as i64)).collect(),
        groups: (0..rows).map(|row| 2015 + (row / 60) as u16).collect(),
    }
}

/// Every estimator, each with every calibration, by a name.
pub(super) fn models() -> Vec<(String, Model)> {
    let frame = frame();
    let rows: Vec<usize> = (0..frame.y.len()).collect();
    let examples = Examples { frame: &frame, rows: &rows, half_life: 4.0 };
    let boosted = BoostedParams { trees: 20, ..BoostedParams::default() };
    let forest = ForestParams { trees: 15, max_depth: 6, ..ForestParams::default() };
    let ridge = EstimatorSpec::LogisticRegression { c: 0.5, l1_ratio: 0.0 };
    let members =
        vec![ridge.clone(), EstimatorSpec::GradientBoostedTrees(boosted), EstimatorSpec::RandomForest(forest)];
    let specs = [
        ridge,
        EstimatorSpec::LogisticRegression { c: 0.05, l1_ratio: 1.0 },
        EstimatorSpec::GradientBoostedTrees(boosted),
        EstimatorSpec::RandomForest(forest),
        EstimatorSpec::StackedBlend { members, c: 1.0 },
        EstimatorSpec::Baseline { feature: "signal".into() },
    ];
    let mut models = Vec::new();
    for spec in specs {
        let learned = spec.check().expect("parameters").fit(&examples, Seed(3)).expect("a fit");
        let plain = Model::new("1", frame.features.clone(), learned);
        let p: Vec<f64> = frame.x.rows().into_iter().map(|row| plain.predict(&row.to_vec())).collect();
        for method in CalibrationMethod::ALL {
            let calibration = match method {
                CalibrationMethod::None => Calibration::None,
                method => fit_calibration(method, &p, &frame.y, None).expect("a calibration"),
            };
            models.push((format!("{} {method}", spec.summary()), plain.clone().calibrated(calibration)));
        }
    }
    models
}
