//! Calibrations as operators.

use super::graph::{Builder, Value, int};
use super::proto::DataType;
use crate::learn::Calibration;

/// The probabilities put through a calibration.
pub(super) fn calibrated(graph: &mut Builder, p: Value, calibration: &Calibration) -> Value {
    match calibration {
        Calibration::None => p,
        Calibration::Platt { slope, intercept } => {
            let inside = inside(graph, &p);
            let logit = graph.logit(&inside);
            let line = graph.line(&logit, *slope, *intercept);
            graph.sigmoid(&line)
        }
        Calibration::Beta { a, b, c } => {
            let inside = inside(graph, &p);
            let (yes, no) = graph.logarithms(&inside);
            let (a, b, c) = (graph.number(*a), graph.number(*b), graph.number(*c));
            let yes = graph.op("Mul", &[&a, &yes]);
            let no = graph.op("Mul", &[&b, &no]);
            let difference = graph.op("Sub", &[&yes, &no]);
            let logit = graph.op("Add", &[&difference, &c]);
            graph.sigmoid(&logit)
        }
        Calibration::Isotonic { x, y } => interpolated(graph, &p, x, y),
    }
}

/// As the calibrations themselves: away from 0 and 1, where logarithms end.
fn inside(graph: &mut Builder, p: &Value) -> Value {
    graph.clip(p, f64::EPSILON, 1.0 - f64::EPSILON)
}

/// Straight lines between points, level outside them. The points left and right of a probability are found by counting those
/// that are less than it.
fn interpolated(graph: &mut Builder, p: &Value, x: &[f64], y: &[f64]) -> Value {
    let points = x.len();
    let (xs, ys) = (graph.doubles(&[points], x), graph.doubles(&[points], y));
    let less = graph.op("Less", &[&xs, p]);
    let less = graph.node("", "Cast", &[&less], vec![int("to", i32::from(DataType::Int64).into())]);
    let axes = graph.integers(&[1], &[1]);
    let count = graph.node("", "ReduceSum", &[&less, &axes], vec![int("keepdims", 1)]);
    let (zero, one) = (graph.integers(&[], &[0]), graph.integers(&[], &[1]));
    let last = graph.integers(&[], &[points as i64 - 1]);
    let right = graph.op("Min", &[&count, &last]);
    let before = graph.op("Sub", &[&count, &one]);
    let left = graph.op("Max", &[&before, &zero]);
    let [x_left, x_right] = [&left, &right].map(|at| graph.op("Gather", &[&xs, at]));
    let [y_left, y_right] = [&left, &right].map(|at| graph.op("Gather", &[&ys, at]));
    let width = graph.op("Sub", &[&x_right, &x_left]);
    // Outside the points both are the same one, and any share of the way from it to itself is no way.
    let (none, some) = (graph.number(0.0), graph.number(1.0));
    let outside = graph.op("Equal", &[&width, &none]);
    let width = graph.op("Where", &[&outside, &some, &width]);
    let way = graph.op("Sub", &[p, &x_left]);
    let share = graph.op("Div", &[&way, &width]);
    let rise = graph.op("Sub", &[&y_right, &y_left]);
    let risen = graph.op("Mul", &[&rise, &share]);
    let value = graph.op("Add", &[&y_left, &risen]);
    graph.op("Min", &[&value, &y_right])
}
