//! Runs side by side: what they were given, what came out, and how their forecasts differ on the same games.

mod axes;
mod curves;
mod forecasts;
mod tables;

pub use axes::{axis_rows, default_axes, parallel_chart, possible_axes};
pub use curves::{course_chart, course_metrics, usual_metric};
pub use forecasts::{Forecasts, PairedRow, paired_rows, paired_words, reliability, roc};
pub use tables::{CompareRow, MetricRow, ParamTable, metric_rows, param_table, tag_table};

use crate::flows::present::chart::{Axis, Ink, Layer, Place};
use crate::flows::present::linear_ticks;
use crate::tracking::Run;

/// Most runs whose lines are told apart by a number at their end.
const NUMBERED: usize = 24;

/// What runs are called beside one another: their numbers stand in every chart.
pub fn run_label(number: usize, run: &Run) -> String {
    format!("{}. {}", number + 1, super::runs::called(&run.name, &run.id))
}

/// A line of a run, with its number at the end.
fn numbered(number: usize, of: usize, points: Vec<(f64, f64)>) -> Vec<Layer> {
    let end = points.last().copied();
    let mut layers = vec![Layer::Line(Ink::Series(number), points)];
    if let Some(end) = end.filter(|_| of <= NUMBERED) {
        layers.push(Layer::Label(Place::Right, end, (number + 1).to_string()));
    }
    layers
}

/// An axis around values, with room at both ends.
fn axis(values: impl Iterator<Item = f64>, room: f64) -> Option<Axis> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
    if low > high {
        return None;
    }
    let pad = if low == high { low.abs().max(1.0) * 0.05 } else { (high - low) * room };
    let range = (low - pad, high + pad);
    Some(Axis { range, ticks: linear_ticks(range.0, range.1, 5) })
}
