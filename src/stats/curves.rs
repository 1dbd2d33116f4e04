//! Curves and distributions of forecasts, as pages draw them, and skill against a constant forecast.

use super::scores::{ScoreError, bin_of, check, log_loss_of};

/// The ROC curve of forecasts `p` of labels `y`: false positive rate, true positive rate, and the threshold at or above
/// which a forecast counts as a yes, from (0, 0) with the threshold infinity to (1, 1).
///
/// As scikit-learn's `roc_curve` with `drop_intermediate=True`: forecasts that are equal are one step, and points in the
/// middle of a straight run of equal steps are left out. Empty if only one class is there, as one of the rates is then none.
///
/// # Errors
/// Where the forecasts cannot be scored.
pub fn roc_curve(y: &[f64], p: &[f64]) -> Result<Vec<(f64, f64, f64)>, ScoreError> {
    check(y, p)?;
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]).then(a.cmp(b)));
    // Misses and hits at or above each threshold.
    let mut steps: Vec<(f64, f64, f64)> = Vec::new();
    let (mut misses, mut hits) = (0.0, 0.0);
    for (place, at) in order.iter().enumerate() {
        hits += y[*at];
        misses += 1.0 - y[*at];
        // −0 and 0 are one probability though `total_cmp` parts them.
        if order.get(place + 1).is_none_or(|next| p[*next] != p[*at]) {
            steps.push((misses, hits, p[*at]));
        }
    }
    if misses == 0.0 || hits == 0.0 {
        return Ok(Vec::new());
    }
    let corner = |place: usize| {
        let [before, at, after] = [place - 1, place, place + 1].map(|place| steps[place]);
        at.0 - before.0 != after.0 - at.0 || at.1 - before.1 != after.1 - at.1
    };
    let kept = |place: &usize| *place == 0 || place + 1 == steps.len() || corner(*place);
    let points = (0..steps.len()).filter(kept).map(|place| {
        let (false_positives, true_positives, threshold) = steps[place];
        (false_positives / misses, true_positives / hits, threshold)
    });
    Ok(std::iter::once((0.0, 0.0, f64::INFINITY)).chain(points).collect())
}

/// How many of some values from 0 to 1 fall into each of this many bins of equal width, `[low, high)`, the last closed
/// at 1. Other numbers and NaN are counted nowhere.
///
/// # Panics
/// If `bins` is zero.
pub fn histogram(values: &[f64], bins: usize) -> Vec<u64> {
    assert!(bins > 0, "a histogram has bins");
    let mut counts = vec![0; bins];
    for value in values.iter().filter(|value| (0.0..=1.0).contains(*value)) {
        counts[bin_of(*value, bins)] += 1;
    }
    counts
}

/// The distribution of forecasts `p` of each class of `y`: the [`histogram`] of those with the label 0, and with 1.
///
/// # Errors
/// Where the forecasts cannot be scored.
///
/// # Panics
/// If `bins` is zero.
pub fn histograms(y: &[f64], p: &[f64], bins: usize) -> Result<[Vec<u64>; 2], ScoreError> {
    check(y, p)?;
    let of = |class: f64| -> Vec<f64> { y.iter().zip(p).filter(|(y, _)| **y == class).map(|(_, p)| *p).collect() };
    Ok([0.0, 1.0].map(|class| histogram(&of(class), bins)))
}

/// Share of a reference's loss that is saved: `1 − loss / reference`; 1 is perfect, 0 as good as the reference, negative
/// worse. None where the reference loses nothing.
pub fn skill(loss: f64, reference: f64) -> Option<f64> {
    (reference > 0.0).then(|| 1.0 - loss / reference)
}

/// Brier skill score against the forecast `rate` for every example (Murphy 1973); none where that is always right.
///
/// # Errors
/// Where the forecasts, or the rate, cannot be scored.
pub fn brier_skill(y: &[f64], p: &[f64], rate: f64) -> Result<Option<f64>, ScoreError> {
    against_rate(y, p, rate, |y, p| (p - y) * (p - y))
}

/// Skill of the log loss against the forecast `rate` for every example.
///
/// # Errors
/// Where the forecasts, or the rate, cannot be scored.
pub fn log_loss_skill(y: &[f64], p: &[f64], rate: f64) -> Result<Option<f64>, ScoreError> {
    against_rate(y, p, rate, log_loss_of)
}

fn against_rate(y: &[f64], p: &[f64], rate: f64, loss: fn(f64, f64) -> f64) -> Result<Option<f64>, ScoreError> {
    check(y, p)?;
    let constant = vec![rate; y.len()];
    check(y, &constant)?;
    let total = |p: &[f64]| y.iter().zip(p).map(|(y, p)| loss(*y, *p)).sum::<f64>();
    Ok(skill(total(p), total(&constant)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::stats::score;

    #[derive(serde::Deserialize)]
    struct Golden {
        roc: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        y: Vec<f64>,
        p: Vec<f64>,
        fpr: Vec<f64>,
        tpr: Vec<f64>,
        thresholds: Vec<f64>,
        brier_skill: f64,
        log_loss_skill: f64,
        histograms: [Vec<u64>; 2],
    }

    #[test]
    fn scikit_learn_draws_the_same_curve() {
        // Written by tests/reference/calibration_sklearn.py, which leaves out the first threshold: JSON has no infinity.
        let golden: Golden =
            serde_json::from_str(include_str!("../../tests/golden/curves_sklearn.json")).expect("the golden file");
        assert!(golden.roc.len() >= 5);
        for case in golden.roc {
            let found = roc_curve(&case.y, &case.p).expect("valid forecasts");
            assert_eq!(found.len(), case.fpr.len(), "{}", case.name);
            assert_eq!(found[0], (0.0, 0.0, f64::INFINITY));
            let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12, "{}: {a} and not {b}", case.name);
            for (at, (fpr, tpr, threshold)) in found.iter().enumerate() {
                near(*fpr, case.fpr[at]);
                near(*tpr, case.tpr[at]);
                if at > 0 {
                    near(*threshold, case.thresholds[at - 1]);
                }
            }
            let rate = case.y.iter().sum::<f64>() / case.y.len() as f64;
            near(brier_skill(&case.y, &case.p, rate).expect("valid").expect("both classes"), case.brier_skill);
            near(log_loss_skill(&case.y, &case.p, rate).expect("valid").expect("both classes"), case.log_loss_skill);
            assert_eq!(histograms(&case.y, &case.p, 20), Ok(case.histograms), "{}", case.name);
        }
    }

    #[test]
    fn the_area_under_the_curve_is_the_auc() {
        for seed in 0..30 {
            let mut rng = Seed(seed).rng();
            let p: Vec<f64> = (0..80).map(|_| (rng.uniform() * 12.0).floor() / 12.0).collect();
            let y: Vec<f64> = p.iter().map(|p| f64::from(rng.uniform() < 0.2 + 0.6 * p)).collect();
            let curve = roc_curve(&y, &p).expect("valid forecasts");
            let area: f64 = curve.windows(2).map(|two| (two[1].0 - two[0].0) * (two[1].1 + two[0].1) / 2.0).sum();
            let auc = score(&y, &p).expect("valid forecasts").auc.expect("both classes");
            assert!((area - auc).abs() < 1e-12, "{area} and not {auc}");
            assert_eq!(curve.last().map(|last| (last.0, last.1)), Some((1.0, 1.0)));
        }
    }

    #[test]
    fn one_class_has_no_curve_and_bad_forecasts_say_why() {
        assert_eq!(roc_curve(&[1.0, 1.0], &[0.5, 0.25]), Ok(Vec::new()));
        assert_eq!(roc_curve(&[], &[]), Err(ScoreError::Empty));
        assert_eq!(roc_curve(&[0.0], &[1.5]), Err(ScoreError::Probability { index: 0, found: 1.5 }));
        assert_eq!(histograms(&[2.0], &[0.5], 4), Err(ScoreError::Label { index: 0, found: 2.0 }));
        assert_eq!(roc_curve(&[0.0, 1.0], &[-0.0, 0.0]).map(|curve| curve.len()), Ok(2), "one threshold, not two");
    }

    #[test]
    fn a_histogram_counts_its_ends_and_leaves_out_what_lies_outside() {
        assert_eq!(histogram(&[0.0, 0.24, 0.25, 1.0, 0.99, -0.1, 1.1, f64::NAN], 4), [2, 1, 0, 2]);
        assert_eq!(histogram(&[], 2), [0, 0]);
        assert_eq!(histograms(&[0.0, 1.0, 1.0], &[0.1, 0.2, 0.9], 2), Ok([vec![1, 0], vec![1, 1]]));
    }

    #[test]
    fn skill_is_the_share_of_the_loss_that_is_saved() {
        let y = [1.0, 0.0];
        assert_eq!(brier_skill(&y, &[1.0, 0.0], 0.5), Ok(Some(1.0)));
        assert_eq!(log_loss_skill(&y, &[0.5, 0.5], 0.5), Ok(Some(0.0)));
        assert_eq!(brier_skill(&y, &[0.0, 1.0], 0.5), Ok(Some(-3.0)));
        assert_eq!(brier_skill(&[1.0], &[0.5], 1.0), Ok(None), "the reference is always right");
        assert!(matches!(brier_skill(&y, &[0.5, 0.5], f64::NAN), Err(ScoreError::Probability { index: 0, .. })));
        assert_eq!(skill(0.0, 0.0), None);
    }
}
