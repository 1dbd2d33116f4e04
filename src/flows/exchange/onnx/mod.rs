//! A model in ONNX, for onnxruntime and whatever else reads the format.
//!
//! Everything is computed in doubles, by the operators of opset 18 and, for trees, `TreeEnsemble` of `ai.onnx.ml` 5
//! (onnxruntime 1.20 and later). The one input is `features`, `[N, F]`, with a column for each of the model's features in the
//! model's order and NaN where a value is missing; the one output is `prob_home`, `[N]`. The features' names are in the
//! model's metadata. One matrix rather than an input a feature: it is what `mlflow.onnx` feeds from a table whatever the
//! number of features (with several inputs it would give vectors to a model of two features and a matrix to one of one), and
//! the signature beside it in `MLmodel` is what puts a table's columns into order by name.
//!
//! The same model gives the same bytes.

mod calibration;
mod graph;
mod proto;
#[cfg(test)]
mod tests;
mod trees;

use prost::Message as _;

use self::graph::{Builder, Value};
use self::proto::{DataType, Dimension, Entry, OperatorSet, Shape, TensorType, Type, ValueInfo};
use crate::base::canonical_json;
use crate::learn::{Blend, Learned, Linear, Model};

/// Name of the input.
pub const INPUT: &str = "features";
/// Name of the output.
pub const OUTPUT: &str = "prob_home";

/// Version of the format: the one that came with `ai.onnx.ml` 5.
const IR_VERSION: i64 = 10;
/// Versions of the operators.
const OPSETS: [(&str, i64); 2] = [("", 18), ("ai.onnx.ml", 5)];
/// How near to 0 and 1 a forest's probability is taken for its logit, as in [`Trees::logit`](crate::learn::trees::Trees::logit).
const CERTAIN: f64 = 1e-6;

/// Why a model cannot be written as ONNX.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnnxError {
    /// It could not predict.
    #[error("the model cannot predict, and is not exported: {0}")]
    Model(String),
    /// There would be nothing to put in.
    #[error("the model has no feature: expected one at least, as ONNX has no matrix without columns")]
    NoFeature,
}

/// The model in ONNX.
///
/// # Errors
/// If the model is not sound, or takes no feature.
pub fn onnx(model: &Model) -> Result<Vec<u8>, OnnxError> {
    model.check().map_err(OnnxError::Model)?;
    if model.features.is_empty() {
        return Err(OnnxError::NoFeature);
    }
    let mut graph = Builder::default();
    let logit = logit(&mut graph, &model.learned);
    let p = graph.sigmoid(&logit);
    let p = calibration::calibrated(&mut graph, p, &model.calibration);
    let names = canonical_json(&model.features).map_err(|error| OnnxError::Model(error.to_string()))?;
    let metadata = [
        ("features", String::from_utf8_lossy(&names).into_owned()),
        ("feature_version", model.feature_version.clone()),
        ("model_digest", model.digest().to_string()),
    ];
    let written = proto::Model {
        ir_version: IR_VERSION,
        producer_name: "linelogic".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: model.summary(),
        graph: Some(graph.finish(&p, model.features.len())),
        opset_import: OPSETS.map(|(domain, version)| OperatorSet { domain: domain.to_owned(), version }).to_vec(),
        metadata_props: metadata.map(|(key, value)| Entry { key: key.to_owned(), value }).to_vec(),
    };
    Ok(written.encode_to_vec())
}

/// The logit of what was learned, `[N, 1]`.
fn logit(graph: &mut Builder, learned: &Learned) -> Value {
    match learned {
        Learned::LogisticRegression(linear) => of_linear(graph, linear),
        Learned::GradientBoostedTrees(boosted) => {
            let sum = trees::sum(graph, &boosted.trees);
            let base = graph.number(boosted.base);
            graph.op("Add", &[&base, &sum])
        }
        Learned::RandomForest(forest) => {
            let sum = trees::sum(graph, &forest.trees);
            let count = graph.number(forest.trees.len() as f64);
            let mean = graph.op("Div", &[&sum, &count]);
            let inside = graph.clip(&mean, CERTAIN, 1.0 - CERTAIN);
            graph.logit(&inside)
        }
        Learned::StackedBlend(blend) => of_blend(graph, blend),
    }
}

/// `β₀ + Σ βⱼ (xⱼ − μⱼ) / sⱼ`, in which a missing value adds nothing.
fn of_linear(graph: &mut Builder, linear: &Linear) -> Value {
    let rows = Builder::features();
    let width = linear.coefficients.len();
    let mean = graph.doubles(&[width], &linear.scaling.mean);
    let scale = graph.doubles(&[width], &linear.scaling.scale);
    let coefficients = graph.doubles(&[width, 1], &linear.coefficients);
    let (zero, intercept) = (graph.number(0.0), graph.number(linear.intercept));
    let centred = graph.op("Sub", &[&rows, &mean]);
    let scaled = graph.op("Div", &[&centred, &scale]);
    let missing = graph.op("IsNaN", &[&rows]);
    let known = graph.op("Where", &[&missing, &zero, &scaled]);
    let sum = graph.op("MatMul", &[&known, &coefficients]);
    graph.op("Add", &[&sum, &intercept])
}

/// `β₀ + Σ wₖ · logitₖ`.
fn of_blend(graph: &mut Builder, blend: &Blend) -> Value {
    let mut sum = graph.number(blend.intercept);
    for (member, weight) in blend.members.iter().zip(&blend.weights) {
        let of_member = logit(graph, member);
        let weight = graph.number(*weight);
        let weighted = graph.op("Mul", &[&weight, &of_member]);
        sum = graph.op("Add", &[&sum, &weighted]);
    }
    sum
}

fn matrix_info(name: &str, columns: usize) -> ValueInfo {
    let width = Dimension { dim_value: Some(columns as i64), dim_param: None };
    info(name, vec![rows(), width], "One row an example, one column a feature; NaN is missing.")
}

fn vector_info(name: &str) -> ValueInfo {
    info(name, vec![rows()], "Probability of the label 1: that the home side wins.")
}

fn rows() -> Dimension {
    Dimension { dim_value: None, dim_param: Some("N".to_owned()) }
}

fn info(name: &str, dim: Vec<Dimension>, doc_string: &str) -> ValueInfo {
    let tensor_type = TensorType { elem_type: DataType::Double.into(), shape: Some(Shape { dim }) };
    let r#type = Some(Type { tensor_type: Some(tensor_type) });
    ValueInfo { name: name.to_owned(), r#type, doc_string: doc_string.to_owned() }
}
