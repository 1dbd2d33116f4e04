//! How good probabilities were.
//!
//! Definitions follow scikit-learn (`log_loss`, `brier_score_loss`, `roc_auc_score`), and the tests hold them
//! against it to 1e-12.

use serde::{Deserialize, Serialize};

use super::NORMAL_97_5 as Z;
use crate::base::math;

/// Scores of probability forecasts of a yes or no, on the same examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Examples scored.
    pub n: u64,
    /// Mean negative log likelihood, natural logarithm.
    pub log_loss: f64,
    /// Mean squared error of the probability (Brier 1950).
    pub brier: f64,
    /// Share of examples on the right side of one half.
    pub accuracy: f64,
    /// Area under the ROC curve, ties counted half; none if only one class is there.
    pub auc: Option<f64>,
    /// Expected calibration error with ten bins of equal width.
    pub ece: f64,
}

impl Scores {
    /// The scores by the names under which a run and a version keep them; no AUC where there is none.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let all = [
            ("log_loss", Some(self.log_loss)),
            ("brier", Some(self.brier)),
            ("accuracy", Some(self.accuracy)),
            ("auc", self.auc),
            ("ece", Some(self.ece)),
        ];
        all.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

/// Why forecasts cannot be scored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum ScoreError {
    /// There is nothing to score.
    #[error("there are no forecasts to score")]
    Empty,
    /// Not one probability a label.
    #[error("{labels} labels and {probabilities} probabilities: expected one probability a label")]
    Lengths {
        /// Labels given.
        labels: usize,
        /// Probabilities given.
        probabilities: usize,
    },
    /// A label that is neither 0 nor 1.
    #[error("label {index} is {found}: expected 0 or 1")]
    Label {
        /// Its place, from 0.
        index: usize,
        /// What it is.
        found: f64,
    },
    /// A probability that is none.
    #[error("probability {index} is {found}: expected a number from 0 to 1")]
    Probability {
        /// Its place, from 0.
        index: usize,
        /// What it is.
        found: f64,
    },
}

/// One bin of a reliability diagram: forecasts in `[low, high)`, the last bin closed at 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Lower end of the bin.
    pub low: f64,
    /// Upper end of the bin.
    pub high: f64,
    /// Forecasts in it.
    pub n: u64,
    /// Their mean; 0 in an empty bin.
    pub mean_forecast: f64,
    /// Share of them that came true; 0 in an empty bin.
    pub observed: f64,
    /// 95 % interval of the share (Wilson 1927); 0 to 1 in an empty bin.
    pub interval: (f64, f64),
}

/// Number of bins of [`Scores::ece`].
pub const ECE_BINS: usize = 10;

/// At most about how large the expected calibration error of a perfectly calibrated forecast of `n` examples is by chance
/// alone: `√(bins / (2πn))`.
///
/// In a bin of `nₖ` examples the share that comes true lies around the mean forecast with variance at most `1 / (4nₖ)`, so by
/// `√(2/π)` standard deviations in the mean; `Σ (nₖ/n) √(2/π) / (2√nₖ)` is largest where all bins are equally full. That the
/// error of a good forecast is above 0 for want of examples is shown by Roelofs, Cain, Shlens and Mozer (2022), "Mitigating bias
/// in calibration error estimation".
pub fn ece_by_chance(n: u64, bins: usize) -> f64 {
    math::sqrt(bins as f64 / (2.0 * std::f64::consts::PI * n as f64))
}

/// All scores of forecasts `p` of labels `y` (0 or 1).
pub fn score(y: &[f64], p: &[f64]) -> Result<Scores, ScoreError> {
    check(y, p)?;
    let bins = bin(y, p, ECE_BINS);
    let ece = bins.iter().map(|bin| bin.n as f64 * (bin.mean_forecast - bin.observed).abs()).sum::<f64>();
    Ok(Scores {
        n: y.len() as u64,
        log_loss: mean(y, p, log_loss_of),
        brier: mean(y, p, |y, p| (p - y) * (p - y)),
        accuracy: mean(y, p, |y, p| f64::from((p > 0.5) == (y == 1.0))),
        auc: auc(y, p),
        ece: ece / y.len() as f64,
    })
}

/// Negative log likelihood of one label. The probability is kept ε = 2⁻⁵² from 0 and 1, as scikit-learn does, so
/// that one certain miss costs 36 and not infinity.
pub fn log_loss_of(y: f64, p: f64) -> f64 {
    let of_label = if y == 1.0 { p } else { 1.0 - p };
    -math::ln(of_label.clamp(f64::EPSILON, 1.0 - f64::EPSILON))
}

/// The reliability diagram of forecasts with this many bins of equal width.
///
/// # Panics
/// If `bins` is zero.
pub fn calibration_bins(y: &[f64], p: &[f64], bins: usize) -> Result<Vec<CalibrationBin>, ScoreError> {
    assert!(bins > 0, "a reliability diagram has bins");
    check(y, p)?;
    Ok(bin(y, p, bins))
}

pub(super) fn check(y: &[f64], p: &[f64]) -> Result<(), ScoreError> {
    if y.len() != p.len() {
        return Err(ScoreError::Lengths { labels: y.len(), probabilities: p.len() });
    }
    if y.is_empty() {
        return Err(ScoreError::Empty);
    }
    if let Some(index) = y.iter().position(|label| *label != 0.0 && *label != 1.0) {
        return Err(ScoreError::Label { index, found: y[index] });
    }
    if let Some(index) = p.iter().position(|value| !(0.0..=1.0).contains(value)) {
        return Err(ScoreError::Probability { index, found: p[index] });
    }
    Ok(())
}

fn mean(y: &[f64], p: &[f64], of: impl Fn(f64, f64) -> f64) -> f64 {
    y.iter().zip(p).map(|(y, p)| of(*y, *p)).sum::<f64>() / y.len() as f64
}

/// The bin of equal width that a probability falls into; 1 falls into the last.
pub(super) fn bin_of(probability: f64, bins: usize) -> usize {
    ((probability * bins as f64) as usize).min(bins - 1)
}

fn bin(y: &[f64], p: &[f64], bins: usize) -> Vec<CalibrationBin> {
    let mut sums = vec![(0_u64, 0.0, 0.0); bins];
    for (label, probability) in y.iter().zip(p) {
        let at = bin_of(*probability, bins);
        sums[at].0 += 1;
        sums[at].1 += probability;
        sums[at].2 += label;
    }
    let edge = |at: usize| at as f64 / bins as f64;
    let of = |(at, (n, forecast, observed)): (usize, (u64, f64, f64))| {
        let count = n.max(1) as f64;
        CalibrationBin {
            low: edge(at),
            high: edge(at + 1),
            n,
            mean_forecast: forecast / count,
            observed: observed / count,
            interval: wilson(observed, n as f64),
        }
    };
    sums.into_iter().enumerate().map(of).collect()
}

/// 95 % interval of a share of `hits` in `n` (Wilson, 1927, "Probable inference", JASA 22).
fn wilson(hits: f64, n: f64) -> (f64, f64) {
    if n == 0.0 {
        return (0.0, 1.0);
    }
    let share = hits / n;
    let denominator = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / denominator;
    let half = Z * math::sqrt(share * (1.0 - share) / n + Z * Z / (4.0 * n * n)) / denominator;
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// Area under the ROC curve as the Mann–Whitney statistic with mean ranks for ties (Hanley and McNeil 1982).
/// None if only one class is there.
fn auc(y: &[f64], p: &[f64]) -> Option<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]).then(a.cmp(b)));
    let positives = y.iter().filter(|label| **label == 1.0).count() as f64;
    let negatives = y.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    // Twice the rank sum of the positives: ranks of tied forecasts are halves, twice that is whole and exact.
    let mut twice_rank_sum = 0.0;
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        // −0 and 0 are one probability though `total_cmp` parts them.
        while end < order.len() && p[order[end]] == p[order[start]] {
            end += 1;
        }
        let tied = order[start..end].iter().filter(|at| y[**at] == 1.0).count() as f64;
        twice_rank_sum += tied * (start + 1 + end) as f64;
        start = end;
    }
    Some((twice_rank_sum - positives * (positives + 1.0)) / (2.0 * positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_forecast_has_no_more_calibration_error_than_chance_may_give() {
        let mut rng = crate::base::Seed(7).rng();
        for n in [100_usize, 300, 1_200] {
            let mut total = 0.0;
            for _ in 0..200 {
                let p: Vec<f64> = (0..n).map(|_| rng.uniform()).collect();
                let y: Vec<f64> = p.iter().map(|p| f64::from(rng.uniform() < *p)).collect();
                total += score(&y, &p).unwrap().ece;
            }
            let (mean, bound) = (total / 200.0, ece_by_chance(n as u64, ECE_BINS));
            assert!(mean < bound && mean > 0.6 * bound, "{n}: {mean} and {bound}");
        }
    }

    #[test]
    fn forecasts_that_cannot_be_scored_say_why() {
        assert_eq!(score(&[], &[]), Err(ScoreError::Empty));
        assert_eq!(score(&[1.0], &[]), Err(ScoreError::Lengths { labels: 1, probabilities: 0 }));
        assert_eq!(score(&[1.0, 2.0], &[0.5, 0.5]), Err(ScoreError::Label { index: 1, found: 2.0 }));
        assert_eq!(score(&[1.0, 0.0], &[0.5, 1.5]), Err(ScoreError::Probability { index: 1, found: 1.5 }));
        assert!(matches!(score(&[1.0], &[f64::NAN]), Err(ScoreError::Probability { index: 0, .. })));
        assert!(matches!(score(&[f64::NAN], &[0.5]), Err(ScoreError::Label { index: 0, .. })));
    }

    #[test]
    fn one_class_has_no_auc_but_every_other_score() {
        let scores = score(&[1.0, 1.0], &[0.5, 0.25]).expect("valid forecasts");
        assert_eq!(scores.auc, None);
        assert_eq!(scores.accuracy, 0.0, "one half is not above one half");
        assert!((scores.log_loss - 1.5 * std::f64::consts::LN_2).abs() < 1e-15);
    }

    #[test]
    fn unsorted_ties_count_half() {
        // Four pairs: two right, one wrong, … counted by hand: (2 + 2 · ½) / 4 over the pairs of two and two.
        let scores = score(&[0.0, 1.0, 0.0, 1.0], &[0.5, 0.5, 0.2, 0.8]).expect("valid forecasts");
        assert_eq!(scores.auc, Some(0.875));
    }

    #[test]
    fn a_certain_miss_costs_much_and_not_infinity() {
        let scores = score(&[0.0], &[1.0]).expect("valid forecasts");
        assert!((scores.log_loss - 36.043_653_389_117_15).abs() < 1e-12, "{}", scores.log_loss);
        assert_eq!(score(&[1.0], &[1.0]).expect("valid forecasts").accuracy, 1.0);
    }

    #[derive(Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        y: Vec<f64>,
        p: Vec<f64>,
        log_loss: f64,
        brier: f64,
        accuracy: f64,
        auc: Option<f64>,
        ece: f64,
    }

    #[test]
    fn scikit_learn_gives_the_same_scores() {
        // Written by tests/reference/scores_and_logistic_sklearn.py.
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/scores_sklearn.json")).expect("the golden file");
        assert!(golden.cases.len() >= 10);
        for case in golden.cases {
            let found = score(&case.y, &case.p).expect("valid forecasts");
            let near = |found: f64, expected: f64, what: &str| {
                assert!((found - expected).abs() <= 1e-12, "{}, {what}: {found} and not {expected}", case.name);
            };
            near(found.log_loss, case.log_loss, "log loss");
            near(found.brier, case.brier, "Brier");
            near(found.accuracy, case.accuracy, "accuracy");
            near(found.ece, case.ece, "ECE");
            assert_eq!(found.auc.is_some(), case.auc.is_some(), "{}", case.name);
            near(found.auc.unwrap_or_default(), case.auc.unwrap_or_default(), "AUC");
        }
    }

    #[test]
    fn bins_cover_all_forecasts_and_their_ends() {
        let y = [0.0, 1.0, 1.0, 0.0];
        let bins = calibration_bins(&y, &[0.0, 1.0, 0.95, 0.1], 10).expect("valid forecasts");
        assert_eq!(bins.iter().map(|bin| bin.n).sum::<u64>(), 4);
        assert_eq!((bins[0].n, bins[1].n, bins[9].n), (1, 1, 2));
        assert_eq!(bins[5].interval, (0.0, 1.0));
        // Wilson's interval of 2 in 2: from 1 / (1 + z²/2) to 1.
        assert!((bins[9].interval.0 - 0.342_380_227_485_104_7).abs() < 1e-9, "{:?}", bins[9].interval);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_rank_formula_counts_pairs(rows in prop::collection::vec((any::<bool>(), 0_u8..8), 1..60)) {
            let y: Vec<f64> = rows.iter().map(|(label, _)| f64::from(*label)).collect();
            let p: Vec<f64> = rows.iter().map(|(_, p)| f64::from(*p) / 7.0).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for (yes, p_yes) in y.iter().zip(&p).filter(|(y, _)| **y == 1.0) {
                for (no, p_no) in y.iter().zip(&p).filter(|(y, _)| **y == 0.0) {
                    pairs += yes - no;
                    won += if p_yes > p_no { 1.0 } else if p_yes == p_no { 0.5 } else { 0.0 };
                }
            }
            let expected = (pairs > 0.0).then(|| won / pairs);
            prop_assert_eq!(score(&y, &p).expect("valid forecasts").auc.map(|auc| (auc * 1e12) as i64), expected.map(|auc| (auc * 1e12) as i64));
        }
    }
}
