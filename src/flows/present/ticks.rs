//! Where an axis has its marks.

use super::decimal;
use crate::base::math;

/// A mark of an axis: where, and what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Place on the axis, in its unit.
    pub at: f64,
    /// What stands there.
    pub label: String,
}

/// Round marks (1, 2 or 5 times a power of ten apart) inside a range, about `wanted` of them.
/// An empty or unordered range has none.
pub fn linear_ticks(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    if !(low.is_finite() && high.is_finite() && low < high) || wanted == 0 {
        return Vec::new();
    }
    let rough = (high - low) / wanted as f64;
    let exponent = (math::ln(rough) / std::f64::consts::LN_10).floor();
    let unit = math::pow(10.0, exponent);
    let step = match rough / unit {
        m if m < 1.5 => unit,
        m if m < 3.2 => 2.0 * unit,
        m if m < 7.1 => 5.0 * unit,
        _ => 10.0 * unit,
    };
    let places = (-(math::ln(step) / std::f64::consts::LN_10 + 1e-9).floor()).max(0.0) as usize;
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last)
        .map(|index| {
            let at = index as f64 * step;
            Tick { at, label: decimal(at, places) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, wanted: usize) -> Vec<String> {
        linear_ticks(low, high, wanted).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn marks_are_round_and_inside_the_range() {
        assert_eq!(labels(0.0, 1.0, 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(0.6101, 0.6188, 4), ["0.612", "0.614", "0.616", "0.618"].map(String::from));
        assert_eq!(labels(-10.0, 10.0, 4), ["−10", "−5", "0", "5", "10"]);
    }

    #[test]
    fn an_empty_range_has_no_marks() {
        assert!(labels(1.0, 1.0, 4).is_empty());
        assert!(labels(f64::NAN, 1.0, 4).is_empty());
        assert!(labels(0.0, 1.0, 0).is_empty());
    }
}
