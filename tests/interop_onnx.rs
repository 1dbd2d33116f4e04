//! Models in ONNX and MLflow's folder, run by MLflow and onnxruntime themselves.
//!
//! `LINELOGIC_INTEROP_PYTHON` names a Python that has them; `cargo xtask test --interop` makes one.
#![cfg(not(target_arch = "wasm32"))]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use linelogic::base::{Date, Seed, math};
use linelogic::features::TrainingFrame;
use linelogic::flows::exchange::mlmodel::{About, folder};
use linelogic::learn::trees::{BoostedParams, ForestParams};
use linelogic::learn::{CalibrationMethod, EstimatorSpec, Examples, Model, fit_calibration};
use ndarray::Array2;
use serde_json::json;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Random rows that every model is asked about.
const ROWS: usize = 600;

/// So many examples of four features; one name is markup, and the last feature is missing in every fifth example.
fn frame(rows: usize, seed: u64) -> TrainingFrame {
    let mut rng = Seed(seed).rng();
    let x = Array2::from_shape_fn((rows, 4), |(row, column)| {
        let value = rng.normal(0.0, 1.0);
        match column {
            0 => 120.0 * value,
            3 if row % 5 == 0 => f64::NAN,
            _ => value,
        }
    });
    let won = |row: ndarray::ArrayView1<'_, f64>| f64::from(rng.uniform() < math::sigmoid(row[0] / 80.0 + row[1]));
    let y = x.rows().into_iter().map(won).collect();
    let first = Date::from_ymd_opt(2015, 10, 1).unwrap_or_default();
    TrainingFrame {
        features: ["elo_edge", "rest: \"days\" & <b>", "noise", "gap"].map(str::to_owned).to_vec(),
        x,
        y,
        ids: (0..rows).map(|row| row.to_string()).collect(),
        days: (0..rows).map(|row| first + chrono::TimeDelta::days(row as i64)).collect(),
        groups: (0..rows).map(|row| 2015 + (row / 100) as u16).collect(),
    }
}

fn estimators() -> Vec<EstimatorSpec> {
    let boosted = BoostedParams { trees: 60, ..BoostedParams::default() };
    let forest = ForestParams { trees: 40, max_depth: 8, ..ForestParams::default() };
    let ridge = EstimatorSpec::LogisticRegression { c: 0.5, l1_ratio: 0.0 };
    let rating = EstimatorSpec::Baseline { feature: "elo_edge".to_owned() };
    let trees = [EstimatorSpec::GradientBoostedTrees(boosted), EstimatorSpec::RandomForest(forest)];
    let members = [vec![ridge.clone(), rating.clone()], trees.to_vec()].concat();
    let lasso = EstimatorSpec::LogisticRegression { c: 0.05, l1_ratio: 1.0 };
    let blend = EstimatorSpec::StackedBlend { members, c: 1.0 };
    [vec![ridge, lasso, rating, blend], trees.to_vec()].concat()
}

/// Every estimator with every calibration, each fitted to examples, and one of a single feature.
fn models() -> Outcome<Vec<Model>> {
    let frame = frame(500, 11);
    let rows: Vec<usize> = (0..frame.y.len()).collect();
    let examples = Examples { frame: &frame, rows: &rows, half_life: 4.0 };
    let mut models = Vec::new();
    for spec in estimators() {
        let plain = Model::new("1.0", frame.features.clone(), spec.check()?.fit(&examples, Seed(3))?);
        let p: Vec<f64> = frame.x.rows().into_iter().map(|row| plain.predict(&row.to_vec())).collect();
        for method in CalibrationMethod::ALL {
            models.push(plain.clone().calibrated(fit_calibration(method, &p, &frame.y, None)?));
        }
    }
    let mut narrow = frame.clone();
    narrow.features.truncate(1);
    narrow.x = frame.x.select(ndarray::Axis(1), &[0]);
    let examples = Examples { frame: &narrow, rows: &rows, half_life: 4.0 };
    let alone = EstimatorSpec::Baseline { feature: "elo_edge".to_owned() }.check()?.fit(&examples, Seed(3))?;
    models.push(Model::new("1.0", narrow.features, alone));
    Ok(models)
}

/// The folder as a program reads it, beside it the rows and our probabilities of them.
fn write(model: &Model, to: &Path) -> Outcome {
    let created = "2026-01-15T12:00:00Z".parse()?;
    let about = About { created, run_id: Some("0123456789abcdef0123456789abcdef"), name: "home-win 1.0.0" };
    fs::create_dir_all(to.join("model"))?;
    for file in folder(model, &about)? {
        fs::write(to.join("model").join(file.name), file.bytes)?;
    }
    let mut x = frame(ROWS, 12).x.slice_move(ndarray::s![.., ..model.features.len()]);
    // Far out and at the edge, where exponentials end.
    x.row_mut(0).fill(1e6);
    x.row_mut(1).fill(-1e6);
    x.row_mut(2).fill(0.0);
    x.row_mut(3).fill(f64::NAN);
    let rows: Vec<Vec<f64>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let p: Vec<f64> = rows.iter().map(|row| model.predict(row)).collect();
    let about = json!({ "summary": model.summary(), "features": model.features, "x": rows, "p": p });
    Ok(fs::write(to.join("rows.json"), about.to_string())?)
}

#[test]
fn mlflow_and_onnxruntime_give_our_probabilities_for_every_model() -> Outcome {
    let python = std::env::var("LINELOGIC_INTEROP_PYTHON")
        .map_err(|_| "LINELOGIC_INTEROP_PYTHON is not set: expected a Python with mlflow, onnx and onnxruntime")?;
    let folder = tempfile::tempdir()?;
    let models = models()?;
    for (number, model) in models.iter().enumerate() {
        write(model, &folder.path().join(format!("{number:02}")))?;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/interop_onnx.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    println!("{out}");
    assert_eq!(out.lines().filter(|line| line.starts_with("same ")).count(), models.len(), "{out}");
    Ok(())
}
