//! Two forecasts of the same examples, compared loss by loss.

use serde::{Deserialize, Serialize};

use super::NORMAL_97_5 as Z;
use crate::base::math;

/// How much more one forecast loses than another on the same examples; negative where it is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Examples that both forecast.
    pub n: u64,
    /// Mean of the first one's loss less the second one's.
    pub mean: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// 95 % interval of the mean.
    pub interval: (f64, f64),
    /// The Diebold–Mariano statistic; none where the losses do not differ in their spread.
    pub statistic: Option<f64>,
    /// Its two-sided p-value by the normal distribution: how often equally good forecasts differ so much.
    pub p_value: Option<f64>,
}

/// Compares losses pair by pair (Diebold and Mariano 1995, for forecasts one step ahead: the losses of different examples
/// are taken as uncorrelated). None where there are fewer than two pairs, as one has no spread.
///
/// # Panics
/// If the slices differ in length.
pub fn paired(first: &[f64], second: &[f64]) -> Option<Paired> {
    assert_eq!(first.len(), second.len(), "a loss of both for every example");
    let n = first.len() as f64;
    if first.len() < 2 {
        return None;
    }
    let difference = || first.iter().zip(second).map(|(first, second)| first - second);
    let mean = difference().sum::<f64>() / n;
    // Diebold and Mariano divide by n; with n − 1 it is the paired t statistic, which small samples need.
    let variance = difference().map(|one| (one - mean) * (one - mean)).sum::<f64>() / (n - 1.0);
    let standard_error = math::sqrt(variance / n);
    let statistic = (standard_error > 0.0).then(|| mean / standard_error);
    Some(Paired {
        n: first.len() as u64,
        mean,
        standard_error,
        interval: (mean - Z * standard_error, mean + Z * standard_error),
        statistic,
        p_value: statistic.map(|statistic| math::erfc(statistic.abs() / std::f64::consts::SQRT_2)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Golden {
        paired: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        first: Vec<f64>,
        second: Vec<f64>,
        mean: f64,
        standard_error: f64,
        low: f64,
        high: f64,
        statistic: Option<f64>,
        p_value: Option<f64>,
    }

    #[test]
    fn scipy_gives_the_same() {
        // Written by tests/reference/comparison_scipy.py.
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/comparison_scipy.json")).expect("the golden file");
        assert!(golden.paired.len() >= 5);
        for case in golden.paired {
            let found = paired(&case.first, &case.second).expect("two pairs or more");
            let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} and not {b}");
            near(found.mean, case.mean);
            near(found.standard_error, case.standard_error);
            near(found.interval.0, case.low);
            near(found.interval.1, case.high);
            assert_eq!(found.statistic.is_some(), case.statistic.is_some());
            near(found.statistic.unwrap_or_default(), case.statistic.unwrap_or_default());
            near(found.p_value.unwrap_or_default(), case.p_value.unwrap_or_default());
        }
    }

    #[test]
    fn one_pair_has_no_spread_and_equal_losses_have_no_statistic() {
        assert_eq!(paired(&[1.0], &[2.0]), None);
        let same = paired(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]).expect("three pairs");
        assert_eq!((same.mean, same.statistic, same.p_value, same.interval), (0.0, None, None, (0.0, 0.0)));
    }

    #[test]
    fn the_other_way_round_is_the_negative() {
        let (a, b) = ([0.2, 0.9, 0.4, 0.7], [0.3, 0.5, 0.6, 0.6]);
        let (one, other) = (paired(&a, &b).expect("four pairs"), paired(&b, &a).expect("four pairs"));
        assert_eq!((one.mean, one.p_value), (-other.mean, other.p_value));
        assert_eq!(one.interval, (-other.interval.1, -other.interval.0));
    }
}
