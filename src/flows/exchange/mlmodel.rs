//! A model as the folder that MLflow keeps: `MLmodel`, the environment, and the model in ONNX.
//!
//! The layout is that of `mlflow.onnx.save_model` in MLflow 3.17.2.

use serde::Serialize;

use super::onnx::{OUTPUT, OnnxError, onnx};
use crate::base::Instant;
use crate::learn::Model;

/// Versions that the export is tested with, and that its environment asks for.
const PYTHON: &str = "3.11.7";
const MLFLOW: &str = "3.17.2";
const NUMPY: &str = "2.4.6";
const ONNX: &str = "1.23.2";
const ONNXRUNTIME: &str = "1.32.0";

/// What is said of a model beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// When it was made, such as when its version was registered.
    pub created: Instant,
    /// The run that it came from.
    pub run_id: Option<&'a str>,
    /// What it is called, such as `home-win 1.2.0`.
    pub name: &'a str,
}

/// A file of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderFile {
    /// Its name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A column of a signature.
#[derive(Serialize)]
struct Column<'a> {
    r#type: &'static str,
    name: &'a str,
    required: bool,
}

/// The files of the folder, in the order of their names.
///
/// # Errors
/// As [`onnx()`].
pub fn folder(model: &Model, about: &About<'_>) -> Result<Vec<FolderFile>, OnnxError> {
    let onnx = onnx(model)?;
    let file = |name, text: String| FolderFile { name, bytes: text.into_bytes() };
    Ok(vec![
        file("MLmodel", mlmodel(model, about, onnx.len())),
        file("conda.yaml", conda()),
        FolderFile { name: "model.onnx", bytes: onnx },
        file("python_env.yaml", python_env()),
        file("requirements.txt", requirements().join("\n")),
    ])
}

fn mlmodel(model: &Model, about: &About<'_>, size: usize) -> String {
    let digest = model.digest();
    // A column that must be there may hold NaN.
    let column = |name: &str| json(&Column { r#type: "double", name, required: true });
    let inputs = format!("[{}]", model.features.iter().map(|name| column(name)).collect::<Vec<_>>().join(", "));
    let outputs = format!("[{}]", column(OUTPUT));
    let run = about.run_id.map_or_else(String::new, |run| format!("run_id: {}\n", json(&run)));
    format!(
        "flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_session_options: null
    onnx_version: {ONNX}
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: {PYTHON}
metadata:
  description: {}
  feature_version: {}
  model_digest: {}
  name: {}
mlflow_version: {MLFLOW}
model_size_bytes: {size}
model_uuid: {}
{run}signature:
  inputs: {}
  outputs: {}
  params: null
utc_time_created: {}
",
        json(&model.summary()),
        json(&model.feature_version),
        json(&digest),
        json(&about.name),
        json(&&digest.hex()[..32]),
        json(&inputs),
        json(&outputs),
        json(&about.created.format("%Y-%m-%d %H:%M:%S%.6f").to_string()),
    )
}

/// A scalar in JSON, which YAML 1.2 reads as it is: quotes keep a name from being anything else. Only characters that JSON
/// may leave bare and YAML may not print are to be escaped beyond it.
fn json<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let bare =
        |c: char| !(c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    let escaped = |c: char| if bare(c) { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) };
    text.chars().map(escaped).collect()
}

fn requirements() -> Vec<String> {
    [("mlflow", MLFLOW), ("numpy", NUMPY), ("onnx", ONNX), ("onnxruntime", ONNXRUNTIME)]
        .map(|(name, version)| format!("{name}=={version}"))
        .to_vec()
}

fn conda() -> String {
    let packages: String = requirements().iter().map(|package| format!("  - {package}\n")).collect();
    format!(
        "channels:\n- conda-forge\ndependencies:\n- python={PYTHON}\n- pip<=23.2.1\n- pip:\n{packages}name: mlflow-env\n"
    )
}

fn python_env() -> String {
    format!(
        "python: {PYTHON}\nbuild_dependencies:\n- pip==23.2.1\n- setuptools==65.5.0\n- wheel\ndependencies:\n- -r requirements.txt\n"
    )
}
