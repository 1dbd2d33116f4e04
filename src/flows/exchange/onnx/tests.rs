//! What was written is read again and computed operator by operator, one row at a time; `tests/interop_onnx.rs` holds it
//! against onnxruntime.

use std::collections::BTreeMap;

use prost::Message as _;

use super::proto::{self, DataType, Node, Tensor};
use super::*;
use crate::base::math;
use crate::flows::exchange::testing::{frame, models};
use crate::learn::Calibration;
use crate::learn::trees::{Kind, Tree, Trees};

fn read(bytes: &[u8]) -> proto::Model {
    proto::Model::decode(bytes).expect("what was written")
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    let eights = tensor.raw_data.chunks_exact(8).map(|bytes| <[u8; 8]>::try_from(bytes).expect("eight bytes"));
    match tensor.data_type() {
        DataType::Double => eights.map(f64::from_le_bytes).collect(),
        DataType::Int64 => eights.map(|bytes| i64::from_le_bytes(bytes) as f64).collect(),
        _ => tensor.raw_data.iter().map(|byte| f64::from(*byte)).collect(),
    }
}

/// Computes the graph for one row. Every tensor is flat; flags and integers are numbers.
fn run(model: &proto::Model, row: &[f64]) -> f64 {
    let graph = model.graph.as_ref().expect("a graph");
    let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::from([(INPUT, row.to_vec())]);
    values.extend(graph.initializer.iter().map(|tensor| (tensor.name.as_str(), numbers(tensor))));
    for node in &graph.node {
        let inputs: Vec<&Vec<f64>> = node.input.iter().map(|name| &values[name.as_str()]).collect();
        let value = compute(node, &inputs);
        values.insert(&node.output[0], value);
    }
    assert_eq!(values[OUTPUT].len(), 1);
    values[OUTPUT][0]
}

fn compute(node: &Node, inputs: &[&Vec<f64>]) -> Vec<f64> {
    let longest = inputs.iter().map(|input| input.len()).max().expect("an input");
    let each = |of: fn(&[f64]) -> f64| -> Vec<f64> {
        let at = |at: usize| inputs.iter().map(|input| input[at % input.len()]).collect::<Vec<_>>();
        (0..longest).map(|place| of(&at(place))).collect()
    };
    match node.op_type.as_str() {
        "Abs" => each(|x| x[0].abs()),
        "Neg" => each(|x| -x[0]),
        "Exp" => each(|x| math::exp(x[0])),
        "Log" => each(|x| math::ln(x[0])),
        "Add" => each(|x| x[0] + x[1]),
        "Sub" => each(|x| x[0] - x[1]),
        "Mul" => each(|x| x[0] * x[1]),
        "Div" => each(|x| x[0] / x[1]),
        "Min" => each(|x| x[0].min(x[1])),
        "Max" => each(|x| x[0].max(x[1])),
        "Clip" => each(|x| x[0].clamp(x[1], x[2])),
        "IsNaN" => each(|x| f64::from(x[0].is_nan())),
        "Less" => each(|x| f64::from(x[0] < x[1])),
        "Equal" => each(|x| f64::from(x[0] == x[1])),
        "GreaterOrEqual" => each(|x| f64::from(x[0] >= x[1])),
        "Where" => each(|x| if x[0] == 1.0 { x[1] } else { x[2] }),
        "MatMul" => vec![inputs[0].iter().zip(inputs[1]).map(|(a, b)| a * b).sum()],
        "ReduceSum" => vec![inputs[0].iter().sum()],
        "Gather" => vec![inputs[0][inputs[1][0] as usize]],
        "Cast" | "Squeeze" => inputs[0].clone(),
        "TreeEnsemble" => vec![leaves(node, inputs[0])],
        other => panic!("{other} is not computed here"),
    }
}

/// The sum of the leaves, by the operator's specification.
fn leaves(node: &Node, row: &[f64]) -> f64 {
    let attribute = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name).expect(name);
    let ints = |name: &str| &attribute(name).ints;
    let splits = numbers(attribute("nodes_splits").t.as_ref().expect("a tensor"));
    let weights = numbers(attribute("leaf_weights").t.as_ref().expect("a tensor"));
    let leaf = |root: &i64| {
        let mut at = *root as usize;
        loop {
            let value = row[ints("nodes_featureids")[at] as usize];
            let yes =
                if value.is_nan() { ints("nodes_missing_value_tracks_true")[at] == 1 } else { value <= splits[at] };
            let branch =
                if yes { ["nodes_truenodeids", "nodes_trueleafs"] } else { ["nodes_falsenodeids", "nodes_falseleafs"] };
            let [next, is_leaf] = branch.map(|name| ints(name)[at]);
            if is_leaf == 1 {
                return weights[next as usize];
            }
            at = next as usize;
        }
    };
    ints("tree_roots").iter().map(leaf).sum()
}

#[test]
fn every_estimator_with_every_calibration_gives_the_same_probabilities() {
    let frame = frame();
    for (name, model) in models() {
        let read = read(&onnx(&model).expect("a model"));
        for row in frame.x.rows() {
            let row = row.to_vec();
            let (ours, theirs) = (model.predict(&row), run(&read, &row));
            assert!((ours - theirs).abs() < 1e-9, "{name}: {ours} {theirs} at {row:?}");
        }
    }
}

#[test]
fn the_same_model_gives_the_same_bytes_and_says_what_it_is() {
    let (_, model) = models().swap_remove(0);
    let bytes = onnx(&model).expect("a model");
    assert_eq!(bytes, onnx(&model).expect("a model"));
    let read = read(&bytes);
    let props: BTreeMap<&str, &str> =
        read.metadata_props.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
    assert_eq!(props["features"], r#"["signal","noise","gap"]"#);
    assert_eq!(props["model_digest"], model.digest().to_string());
    assert_eq!((read.ir_version, read.opset_import.len()), (10, 2));
}

#[test]
fn a_tree_of_one_leaf_is_a_question_with_one_answer() {
    let leaf = Tree {
        feature: vec![-1],
        threshold: vec![0.0],
        left: vec![0],
        right: vec![0],
        missing_left: vec![false],
        value: vec![0.25],
        cover: vec![1.0],
    };
    let trees = Trees { kind: Kind::Boosted, base: -1.0, trees: vec![leaf.clone(), leaf] };
    let model = Model::new("1", vec!["a".into()], Learned::GradientBoostedTrees(trees));
    let read = read(&onnx(&model).expect("a model"));
    for value in [-1.0, 0.0, 1.0, f64::NAN] {
        assert!((run(&read, &[value]) - math::sigmoid(-0.5)).abs() < 1e-15);
    }
}

#[test]
fn an_isotonic_map_is_level_outside_its_points_and_meets_them() {
    let linear = Linear::unscaled(vec![1.0], 0.0);
    let isotonic = |x: &[f64], y: &[f64]| Calibration::Isotonic { x: x.to_vec(), y: y.to_vec() };
    for calibration in [isotonic(&[0.3, 0.5, 0.7], &[0.1, 0.2, 0.9]), isotonic(&[0.5], &[0.4])] {
        let model = Model::linear("1", vec!["a".into()], linear.clone()).calibrated(calibration);
        let read = read(&onnx(&model).expect("a model"));
        for logit in [-800.0, -2.0, math::logit(0.3), 0.0, 0.5, 3.0, 800.0] {
            assert!((run(&read, &[logit]) - model.predict(&[logit])).abs() < 1e-12, "{logit}");
        }
    }
}

#[test]
fn a_model_that_cannot_predict_or_takes_nothing_is_refused() {
    let broken = Model::linear("1", vec!["a".into()], Linear::unscaled(vec![], 0.0));
    assert!(matches!(onnx(&broken), Err(OnnxError::Model(why)) if why.contains("one a feature")));
    let none = Model::linear("1", vec![], Linear::unscaled(vec![], 0.0));
    assert_eq!(onnx(&none), Err(OnnxError::NoFeature));
}
