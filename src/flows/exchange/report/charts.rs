//! Reliability and ROC as inline SVG. Colours are the page's, by class.

use std::fmt::Write as _;

use super::html::number;
use crate::stats::{ECE_BINS, calibration_bins, roc_curve};

/// Side of the plot, and what is left of it and below for the ticks.
const SIDE: f64 = 260.0;
const MARGIN: f64 = 44.0;
/// Most points of a curve.
const MOST_POINTS: usize = 300;

/// Both charts, if there is anything to draw.
pub(super) fn charts(forecasts: &[(f64, f64)]) -> String {
    let (y, p): (Vec<f64>, Vec<f64>) = forecasts.iter().copied().unzip();
    let (Ok(bins), Ok(roc)) = (calibration_bins(&y, &p, ECE_BINS), roc_curve(&y, &p)) else { return String::new() };
    let seen: Vec<(f64, f64, u64)> =
        bins.iter().filter(|bin| bin.n > 0).map(|bin| (bin.mean_forecast, bin.observed, bin.n)).collect();
    let mut reliability = String::new();
    let most = seen.iter().map(|bin| bin.2).max().unwrap_or(1) as f64;
    line(&mut reliability, seen.iter().map(|bin| (bin.0, bin.1)));
    for (forecast, observed, count) in &seen {
        let (x, y) = place(*forecast, *observed);
        let radius = 2.5 + 6.5 * crate::base::math::sqrt(*count as f64 / most);
        let (said, came) = (number(*forecast), number(*observed));
        // Writing into a string cannot fail.
        let _ = write!(
            reliability,
            "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"><title>said {said}, came true {came}: {count} games</title></circle>"
        );
    }
    let mut curve = String::new();
    let every = roc.len().div_ceil(MOST_POINTS).max(1);
    let kept = roc.iter().enumerate().filter(|(at, _)| at % every == 0 || at + 1 == roc.len());
    line(&mut curve, kept.map(|(_, point)| (point.0, point.1)));
    let reliability = chart("Reliability", "said", "came true", &reliability);
    let roc = chart("ROC curve", "false positive rate", "true positive rate", &curve);
    format!("<div class=\"charts\">{reliability}{roc}</div>\n")
}

fn place(x: f64, y: f64) -> (f64, f64) {
    (MARGIN + x * SIDE, 8.0 + (1.0 - y) * SIDE)
}

fn line(into: &mut String, points: impl Iterator<Item = (f64, f64)>) {
    into.push_str("<polyline class=\"line\" points=\"");
    for (x, y) in points {
        let (x, y) = place(x, y);
        let _ = write!(into, "{x:.1},{y:.1} ");
    }
    into.push_str("\"/>");
}

/// The frame with its ticks and the diagonal around what is drawn.
fn chart(title: &str, x_name: &str, y_name: &str, drawn: &str) -> String {
    let mut ticks = String::new();
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let ((x, bottom), (left, y)) = (place(tick, 0.0), place(0.0, tick));
        let (right, top) = place(1.0, 1.0);
        let _ = write!(
            ticks,
            "<path class=\"grid\" d=\"M{x:.1} {bottom:.1}V{top:.1}M{left:.1} {y:.1}H{right:.1}\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
            bottom + 15.0,
            left - 6.0,
            y + 4.0
        );
    }
    let ((x0, y0), (x1, y1)) = (place(0.0, 0.0), place(1.0, 1.0));
    let (width, height) = (MARGIN + SIDE + 12.0, SIDE + MARGIN);
    let middle = (x0 + x1) / 2.0;
    format!(
        "<figure><figcaption>{title}</figcaption><svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}: {y_name} over {x_name}\">{ticks}\
         <path class=\"even\" d=\"M{x0} {y0}L{x1} {y1}\"/>{drawn}\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{x_name}</text>\
         <text transform=\"translate(11 {}) rotate(-90)\" text-anchor=\"middle\">{y_name}</text></svg></figure>",
        height - 4.0,
        (y0 + y1) / 2.0
    )
}
