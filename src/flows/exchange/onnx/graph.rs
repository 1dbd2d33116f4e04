//! A graph as it grows: operators are added one after the other, each naming what it works on.

use super::proto::{Attribute, AttributeType, DataType, Graph, Node, Tensor};
use super::{INPUT, OUTPUT, matrix_info, vector_info};

/// The name of a value in the graph: the input, a constant, or what an operator gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value(String);

/// Operators and constants so far.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
}

impl Builder {
    /// The rows, `[N, F]`.
    pub(super) fn features() -> Value {
        Value(INPUT.to_owned())
    }

    /// A constant tensor of doubles.
    pub(super) fn doubles(&mut self, dims: &[usize], values: &[f64]) -> Value {
        let tensor = doubles(dims, values);
        self.constant(tensor)
    }

    /// A constant number, which meets a tensor of any shape.
    pub(super) fn number(&mut self, value: f64) -> Value {
        self.doubles(&[], &[value])
    }

    /// A constant tensor of integers.
    pub(super) fn integers(&mut self, dims: &[usize], values: &[i64]) -> Value {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(tensor(dims, DataType::Int64, raw_data))
    }

    /// Equal constants are one.
    fn constant(&mut self, tensor: Tensor) -> Value {
        let same = |known: &&Tensor| {
            known.dims == tensor.dims && known.data_type == tensor.data_type && known.raw_data == tensor.raw_data
        };
        if let Some(known) = self.constants.iter().find(same) {
            return Value(known.name.clone());
        }
        let name = format!("constant_{}", self.constants.len());
        self.constants.push(Tensor { name: name.clone(), ..tensor });
        Value(name)
    }

    /// An operator of ONNX itself without attributes.
    pub(super) fn op(&mut self, op_type: &str, inputs: &[&Value]) -> Value {
        self.node("", op_type, inputs, Vec::new())
    }

    /// Any operator.
    pub(super) fn node(&mut self, domain: &str, op_type: &str, inputs: &[&Value], attribute: Vec<Attribute>) -> Value {
        let name = format!("{}_{}", op_type.to_lowercase(), self.nodes.len());
        self.nodes.push(Node {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op_type.to_owned(),
            attribute,
            domain: domain.to_owned(),
        });
        Value(name)
    }

    /// `1 / (1 + e⁻ˣ)` without overflow, in the order of operations of [`math::sigmoid`](crate::base::math::sigmoid): the
    /// operator `Sigmoid` may round otherwise, and near 1 a calibration would magnify the difference.
    pub(super) fn sigmoid(&mut self, x: &Value) -> Value {
        let (zero, one) = (self.number(0.0), self.number(1.0));
        let size = self.op("Abs", &[x]);
        let negative = self.op("Neg", &[&size]);
        let small = self.op("Exp", &[&negative]);
        let below = self.op("Add", &[&one, &small]);
        let positive = self.op("GreaterOrEqual", &[x, &zero]);
        let above = self.op("Where", &[&positive, &one, &small]);
        self.op("Div", &[&above, &below])
    }

    /// A value kept between two numbers.
    pub(super) fn clip(&mut self, x: &Value, low: f64, high: f64) -> Value {
        let (low, high) = (self.number(low), self.number(high));
        self.op("Clip", &[x, &low, &high])
    }

    /// `ln p` and `ln (1 − p)`.
    pub(super) fn logarithms(&mut self, p: &Value) -> (Value, Value) {
        let one = self.number(1.0);
        let rest = self.op("Sub", &[&one, p]);
        (self.op("Log", &[p]), self.op("Log", &[&rest]))
    }

    /// `ln (p / (1 − p))`.
    pub(super) fn logit(&mut self, p: &Value) -> Value {
        let (yes, no) = self.logarithms(p);
        self.op("Sub", &[&yes, &no])
    }

    /// `factor · x + summand`.
    pub(super) fn line(&mut self, x: &Value, factor: f64, summand: f64) -> Value {
        let (factor, summand) = (self.number(factor), self.number(summand));
        let product = self.op("Mul", &[&factor, x]);
        self.op("Add", &[&product, &summand])
    }

    /// The graph from the rows to the column of these probabilities.
    pub(super) fn finish(mut self, probabilities: &Value, features: usize) -> Graph {
        let axis = self.integers(&[1], &[1]);
        self.nodes.push(Node {
            input: vec![probabilities.0.clone(), axis.0],
            output: vec![OUTPUT.to_owned()],
            name: OUTPUT.to_owned(),
            op_type: "Squeeze".to_owned(),
            ..Node::default()
        });
        Graph {
            node: self.nodes,
            name: "linelogic".to_owned(),
            initializer: self.constants,
            input: vec![matrix_info(INPUT, features)],
            output: vec![vector_info(OUTPUT)],
        }
    }
}

fn tensor(dims: &[usize], data_type: DataType, raw_data: Vec<u8>) -> Tensor {
    let dims = dims.iter().map(|dim| *dim as i64).collect();
    Tensor { dims, data_type: data_type.into(), name: String::new(), raw_data }
}

/// A tensor of doubles.
pub(super) fn doubles(dims: &[usize], values: &[f64]) -> Tensor {
    tensor(dims, DataType::Double, values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// A vector of bytes.
pub(super) fn bytes(values: Vec<u8>) -> Tensor {
    tensor(&[values.len()], DataType::Uint8, values)
}

/// An attribute with an integer.
pub(super) fn int(name: &str, value: i64) -> Attribute {
    attribute(name, AttributeType::Int, |attribute| attribute.i = Some(value))
}

/// An attribute with integers.
pub(super) fn ints(name: &str, values: Vec<i64>) -> Attribute {
    attribute(name, AttributeType::Ints, |attribute| attribute.ints = values)
}

/// An attribute with a tensor.
pub(super) fn in_tensor(name: &str, value: Tensor) -> Attribute {
    attribute(name, AttributeType::Tensor, |attribute| attribute.t = Some(value))
}

fn attribute(name: &str, kind: AttributeType, fill: impl FnOnce(&mut Attribute)) -> Attribute {
    let mut attribute = Attribute { name: name.to_owned(), r#type: kind.into(), ..Attribute::default() };
    fill(&mut attribute);
    attribute
}
