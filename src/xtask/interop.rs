//! `cargo xtask test --interop`: the tests with other tools, over a pinned environment in the cache.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::bench::python_with;
use super::process::cargo;
use super::project::Project;

/// MLflow, onnx, onnxruntime and all that they need, each in one version.
const PACKAGES: &str = include_str!("../../tests/reference/interop_requirements.txt");

/// The variable with the Python that has them.
const PYTHON: &str = "LINELOGIC_INTEROP_PYTHON";

/// The Python to test with: the one that the variable names, else that of the environment, made if it is missing.
fn python(project: &Project) -> Result<PathBuf> {
    if let Some(given) = env::var_os(PYTHON).filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(given));
    }
    let packages: Vec<&str> = PACKAGES.lines().filter(|line| !line.trim().is_empty()).collect();
    python_with(project, "venv-interop", &packages)
}

/// The command that runs the tests.
///
/// # Errors
/// Where there is no Python, or the packages cannot be had.
pub fn tests(project: &Project) -> Result<Command> {
    let python = python(project)?;
    let mut test = cargo(project);
    test.args(["test", "--locked", "--test", "interop", "--test", "interop_onnx", "--", "--test-threads=1"])
        .env(PYTHON, python);
    Ok(test)
}
