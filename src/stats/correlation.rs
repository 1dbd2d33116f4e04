//! How straight the line is on which two series lie.

use crate::base::math;

/// Pearson's correlation of two series, from −1 to 1, over the places where both are there (NaN counts as missing).
/// None where fewer than two places are left, one of the two does not vary over them, or squares of its deviations
/// overflow or vanish.
///
/// # Panics
/// If the slices differ in length.
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "two series of the same places");
    let pairs: Vec<(f64, f64)> =
        a.iter().copied().zip(b.iter().copied()).filter(|(a, b)| !a.is_nan() && !b.is_nan()).collect();
    let first = pairs.first()?;
    // Not by the variance: rounding of the mean gives equal values one above 0.
    if pairs.iter().all(|pair| pair.0 == first.0) || pairs.iter().all(|pair| pair.1 == first.1) {
        return None;
    }
    let n = pairs.len() as f64;
    let mean_a = pairs.iter().map(|(a, _)| a).sum::<f64>() / n;
    let mean_b = pairs.iter().map(|(_, b)| b).sum::<f64>() / n;
    let (mut squares_a, mut squares_b, mut products) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean_a, b - mean_b);
        squares_a += a * a;
        squares_b += b * b;
        products += a * b;
    }
    let usable = |squares: f64| squares > 0.0 && squares.is_finite();
    let r = products / math::sqrt(squares_a) / math::sqrt(squares_b);
    (usable(squares_a) && usable(squares_b) && r.is_finite()).then(|| r.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Golden {
        pearson: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        a: Vec<Option<f64>>,
        b: Vec<Option<f64>>,
        r: Option<f64>,
    }

    #[test]
    fn numpy_gives_the_same_correlation() {
        // Written by tests/reference/calibration_sklearn.py; null is a missing value.
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/curves_sklearn.json")).expect("the golden file");
        assert!(golden.pearson.len() >= 5);
        let series = |values: &[Option<f64>]| values.iter().map(|one| one.unwrap_or(f64::NAN)).collect::<Vec<_>>();
        for case in golden.pearson {
            let found = pearson(&series(&case.a), &series(&case.b));
            match (found, case.r) {
                (Some(found), Some(r)) => assert!((found - r).abs() <= 1e-12, "{}: {found} and not {r}", case.name),
                (found, expected) => assert_eq!(found, expected, "{}", case.name),
            }
        }
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        assert_eq!(pearson(&[], &[]), None);
        assert_eq!(pearson(&[1.0], &[2.0]), None);
        assert_eq!(pearson(&[0.1; 3], &[1.0, 2.0, 4.0]), None);
        assert_eq!(pearson(&[1.0, 2.0, f64::NAN], &[5.0, f64::NAN, 6.0]), None, "one place has both");
        assert_eq!(pearson(&[1.0, f64::INFINITY], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1e200, -1e200], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1e-200, -1e-200], &[1.0, 2.0]), None, "squares that vanish");
    }

    #[test]
    fn a_straight_line_is_one_and_never_more() {
        let a = [0.1, 0.2, 0.7, 0.4];
        assert_eq!(pearson(&a, &a.map(|x| 3.0 * x)).map(|r| (r * 1e12).round()), Some(1e12));
        assert!(pearson(&a, &a.map(|x| -x)).is_some_and(|r| (-1.0..-1.0 + 1e-12).contains(&r)));
    }
}
