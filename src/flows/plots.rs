//! Curves of forecasts as SVG files, for whoever opens a run's artifacts elsewhere.

use std::fmt::Write as _;

use crate::stats::{ECE_BINS, ScoreError, calibration_bins, roc_curve};

/// Side of the square that is plotted on, and the room around it for words, in pixels.
const SIDE: f64 = 400.0;
const MARGIN: f64 = 56.0;

/// Most points of a ROC curve; more cannot be seen at this size.
const ROC_POINTS: usize = 200;

/// Reliability of forecasts in ten bins of equal width: the share that came true by the mean forecast, with the 95 % interval
/// of the share (Wilson 1927).
///
/// # Errors
/// Where there is nothing to score.
pub fn reliability_svg(y: &[f64], p: &[f64]) -> Result<String, ScoreError> {
    let mut body = String::new();
    for bin in calibration_bins(y, p, ECE_BINS)?.iter().filter(|bin| bin.n > 0) {
        let (x, at) = (across(bin.mean_forecast), up(bin.observed));
        let (low, high) = (up(bin.interval.0), up(bin.interval.1));
        // Writing to a string cannot fail.
        let _ = write!(
            body,
            "<path d=\"M{x:.1} {low:.1}V{high:.1}\" stroke=\"steelblue\"/><circle cx=\"{x:.1}\" cy=\"{at:.1}\" r=\"4\" fill=\"steelblue\"><title>{} games, forecast {:.3}, observed {:.3}</title></circle>",
            bin.n, bin.mean_forecast, bin.observed
        );
    }
    Ok(frame("Reliability", "forecast probability of a home win", "observed share of home wins", &body))
}

/// The ROC curve of forecasts.
///
/// # Errors
/// Where there is nothing to score, or only one outcome.
pub fn roc_svg(y: &[f64], p: &[f64]) -> Result<String, ScoreError> {
    let curve = roc_curve(y, p)?;
    if curve.len() < 2 {
        return Err(ScoreError::Empty);
    }
    let every = curve.len().div_ceil(ROC_POINTS).max(1);
    let last = curve.len() - 1;
    let mut line = String::new();
    for (at, (false_positive, true_positive, _)) in curve.iter().enumerate() {
        if at % every == 0 || at == last {
            let _ = write!(line, "{:.1},{:.1} ", across(*false_positive), up(*true_positive));
        }
    }
    let body =
        format!("<polyline points=\"{}\" fill=\"none\" stroke=\"steelblue\" stroke-width=\"2\"/>", line.trim_end());
    Ok(frame("ROC curve", "share of home losses called home wins", "share of home wins called home wins", &body))
}

fn across(value: f64) -> f64 {
    MARGIN + value * SIDE
}

fn up(value: f64) -> f64 {
    MARGIN + (1.0 - value) * SIDE
}

/// A unit square with its diagonal, ticks and words.
fn frame(title: &str, x: &str, y: &str, body: &str) -> String {
    let whole = SIDE + 2.0 * MARGIN;
    let mut ticks = String::new();
    for tick in 0..=5 {
        let value = f64::from(tick) / 5.0;
        let (tx, ty) = (across(value), up(value));
        let _ = write!(
            ticks,
            "<text x=\"{tx:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{value:.1}</text><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.1}</text>",
            MARGIN + SIDE + 18.0,
            MARGIN - 8.0,
            ty + 4.0
        );
    }
    let middle = MARGIN + SIDE / 2.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">\
         <title>{title}</title><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\
         <text x=\"{middle}\" y=\"28\" text-anchor=\"middle\" font-size=\"15\">{title}</text>\
         <rect x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"gray\"/>\
         <path d=\"M{MARGIN} {bottom}L{right} {MARGIN}\" stroke=\"gray\" stroke-dasharray=\"4 4\"/>{ticks}\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{x}</text>\
         <text transform=\"translate(16 {middle}) rotate(-90)\" text-anchor=\"middle\">{y}</text>{body}</svg>\n",
        whole - 10.0,
        bottom = MARGIN + SIDE,
        right = MARGIN + SIDE,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_stands_where_its_forecast_and_its_share_are() {
        let svg = reliability_svg(&[1.0, 0.0, 1.0, 1.0], &[0.75; 4]).expect("four games");
        assert_eq!(svg.matches("<circle").count(), 1);
        assert!(
            svg.contains("cx=\"356.0\" cy=\"156.0\"") && svg.contains("4 games, forecast 0.750, observed 0.750"),
            "{svg}"
        );
    }

    #[test]
    fn a_curve_begins_at_nothing_and_ends_at_everything_however_many_games() {
        let p: Vec<f64> = (0..1000).map(|at| f64::from(at) / 1000.0).collect();
        let y: Vec<f64> = (0..1000).map(|at| f64::from(u8::from(at % 3 == 0))).collect();
        let svg = roc_svg(&y, &p).expect("both outcomes");
        assert!(svg.contains("points=\"56.0,456.0 ") && svg.contains("456.0,56.0\""), "{svg}");
        assert!(svg.len() < 10_000, "{} bytes", svg.len());
        assert!(roc_svg(&[1.0], &[0.5]).is_err(), "one outcome has no curve");
    }
}
