//! The lab's training page: trials ranked, results in words.

use super::chart::{Axis, Chart, Ink, Layer};
use super::{Tick, decimal, linear_ticks, plural, share, signed, span_text};
use crate::flows::train::TrainOutcome;
use crate::learn::{Model, Trial};
use crate::stats::Scores;

/// A trial as a row of the live table.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialRow {
    /// From 1.
    pub number: usize,
    /// What was tried.
    pub setting: String,
    /// Folds that it was judged on.
    pub folds: usize,
    /// Validation log loss.
    pub log_loss: String,
    /// Validation Brier score.
    pub brier: String,
    /// Validation accuracy.
    pub accuracy: String,
    /// Validation AUC.
    pub auc: String,
    /// Why it failed, if it did.
    pub problem: Option<String>,
    /// Whether it is the best so far.
    pub best: bool,
}

/// Index of the best trial so far: of those that were judged on the most folds the one with the least log loss; of equals the
/// one with the lower number.
pub fn best_trial(trials: &[Trial]) -> Option<usize> {
    let most = trials.iter().map(|trial| trial.folds).max()?;
    let judged = (0..trials.len()).filter(|at| trials[*at].folds == most && trials[*at].scores.is_some());
    judged.min_by(|a, b| {
        let (a, b) = (&trials[*a], &trials[*b]);
        a.log_loss().total_cmp(&b.log_loss()).then(a.unit.index.cmp(&b.unit.index))
    })
}

/// Trials as rows, the best first.
pub fn trial_rows(trials: &[Trial]) -> Vec<TrialRow> {
    let best = best_trial(trials);
    let mut order: Vec<usize> = (0..trials.len()).collect();
    order.sort_by(|a, b| {
        let key = |at: &usize| (std::cmp::Reverse(trials[*at].folds), trials[*at].unit);
        let (left, right) = (&trials[*a], &trials[*b]);
        key(a).0.cmp(&key(b).0).then(left.log_loss().total_cmp(&right.log_loss())).then(key(a).cmp(&key(b)))
    });
    let row = |at: usize| {
        let trial = &trials[at];
        let of = |value: fn(&Scores) -> String| trial.scores.as_ref().map_or_else(|| "–".to_owned(), value);
        TrialRow {
            number: trial.unit.index + 1,
            setting: trial.setting.summary(),
            folds: trial.folds,
            log_loss: of(|scores| decimal(scores.log_loss, 5)),
            brier: of(|scores| decimal(scores.brier, 5)),
            accuracy: of(|scores| share(scores.accuracy)),
            auc: of(auc_text),
            problem: trial.error.clone(),
            best: best == Some(at),
        }
    };
    order.into_iter().map(row).collect()
}

/// How a search goes: the best so far, and about how long it still takes. `begun` are the trials that were there when the clock
/// started, `seconds` ago.
pub fn search_words(trials: &[Trial], (done, total): (u64, u64), begun: u64, seconds: f64) -> String {
    let best = best_trial(trials).map_or_else(
        || "No trial has ended yet".to_owned(),
        |at| format!("Best so far {}, by {}", decimal(trials[at].log_loss(), 4), trials[at].setting.summary()),
    );
    let since = done.saturating_sub(begun);
    if since == 0 || done >= total {
        return format!("{best}.");
    }
    let left = seconds / since as f64 * (total - done) as f64;
    let left = match left {
        left if left < 1.0 => "less than a second".to_owned(),
        left if left < 90.0 => plural(left.round() as u64, "second"),
        left => plural((left / 60.0).round() as u64, "minute"),
    };
    format!("{best}; about {left} left.")
}

fn auc_text(scores: &Scores) -> String {
    scores.auc.map_or_else(|| "–".to_owned(), |auc| decimal(auc, 4))
}

/// The log loss of each trial in the order in which they ended, and the best so far; none without trials. Where some were
/// judged on more folds than others, only they are shown.
pub fn trial_chart(trials: &[Trial]) -> Option<Chart> {
    let best_at = best_trial(trials)?;
    let most = trials[best_at].folds;
    let judged = trials.iter().enumerate().filter(|(_, trial)| trial.folds == most && trial.scores.is_some());
    let mut points = Vec::new();
    let mut best_so_far: Vec<(f64, f64)> = Vec::new();
    let mut best = (1.0, f64::INFINITY);
    for (at, trial) in judged {
        let point = (points.len() as f64 + 1.0, trial.log_loss());
        let least = best_so_far.last().map_or(point.1, |last| last.1.min(point.1));
        best_so_far.push((point.0, least));
        if at == best_at {
            best = point;
        }
        points.push(point);
    }
    let low = best.1;
    // A setting that is far off would press the others together: it is drawn at the edge.
    let far = low + 0.02;
    let high = points.iter().map(|point| point.1.min(far)).max_by(f64::total_cmp)?;
    for (_, loss) in points.iter_mut().chain(&mut best_so_far) {
        *loss = loss.min(far);
    }
    let pad = ((high - low) * 0.12).max(0.0005);
    let (x, y) = ((0.0, points.len() as f64 + 1.0), (low - pad, high + pad));
    let whole = |tick: &Tick| tick.at >= 1.0 && tick.at % 1.0 == 0.0;
    let sentence = format!(
        "Validation log loss of {}: the least is {}, by {}.",
        plural(points.len() as u64, "trial"),
        decimal(low, 4),
        trials[best_at].setting.summary()
    );
    Some(Chart {
        x: Axis { range: x, ticks: linear_ticks(x.0, x.1, 6).into_iter().filter(whole).collect() },
        y: Axis { range: y, ticks: linear_ticks(y.0, y.1, 4) },
        layers: vec![Layer::Line(Ink::First, best_so_far), Layer::Dots(Ink::First, points), Layer::Ring(best)],
        sentence,
    })
}

/// The loss of the best boosted trees so far by their number; none while no such trial has ended.
pub fn loss_curve(trials: &[Trial]) -> Option<Chart> {
    let boosted: Vec<Trial> = trials.iter().filter(|trial| !trial.curve.is_empty()).cloned().collect();
    let best = &boosted[best_trial(&boosted)?];
    let points: Vec<(f64, f64)> = best.curve.iter().map(|(trees, loss)| (f64::from(*trees), *loss)).collect();
    let least = points.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let high = points.iter().map(|point| point.1).max_by(f64::total_cmp)?;
    let pad = ((high - least.1) * 0.12).max(0.0005);
    let (x, y) = ((0.0, points.last()?.0 * 1.03), (least.1 - pad, high + pad));
    let sentence = format!(
        "Validation log loss of {} by the number of trees: least, {}, after {}.",
        best.setting.summary(),
        decimal(least.1, 4),
        plural(least.0 as u64, "tree")
    );
    Some(Chart {
        x: Axis { range: x, ticks: linear_ticks(x.0, x.1, 6) },
        y: Axis { range: y, ticks: linear_ticks(y.0, y.1, 4) },
        layers: vec![Layer::Line(Ink::First, points), Layer::Ring(least)],
        sentence,
    })
}

/// A score with its name and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRow {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it says, in plain words.
    pub reading: String,
}

/// Scores with a plain reading each.
pub fn score_rows(scores: &Scores) -> Vec<ScoreRow> {
    let gain = 1.0 - scores.log_loss / std::f64::consts::LN_2;
    let against_coin = if gain > 0.0 {
        format!("A coin toss scores 0.693; this is {} better.", share(gain))
    } else {
        "A coin toss scores 0.693: this is no better.".to_owned()
    };
    let calibration = match scores.ece {
        e if e < 0.02 => "very well calibrated",
        e if e < 0.04 => "well calibrated",
        e if e < 0.08 => "roughly calibrated",
        _ => "poorly calibrated: read its percentages with care",
    };
    vec![
        ScoreRow { name: "Log loss", value: decimal(scores.log_loss, 4), reading: against_coin },
        ScoreRow {
            name: "Brier score",
            value: decimal(scores.brier, 4),
            reading: "Mean squared error of the probability; a coin toss scores 0.25.".to_owned(),
        },
        ScoreRow {
            name: "Accuracy",
            value: share(scores.accuracy),
            reading: format!("The favourite won in this share of {}.", plural(scores.n, "game")),
        },
        ScoreRow {
            name: "AUC",
            value: auc_text(scores),
            reading: "How often a won game had a higher number than a lost one.".to_owned(),
        },
        ScoreRow {
            name: "Calibration error",
            value: decimal(scores.ece, 4),
            reading: format!("Said and seen frequencies differ by {} on average: {calibration}.", share(scores.ece)),
        },
    ]
}

/// A feature with a figure as a bar.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureBar {
    /// The feature.
    pub feature: String,
    /// Its figure, with sign.
    pub value: String,
    /// Length of its bar, −1 to 1; the longest has length 1.
    pub length: f64,
}

/// Bars of features with a figure and its text each, in their order.
pub fn feature_bars<'a>(figures: &[(&'a str, f64)], text: impl Fn(usize) -> String) -> Vec<FeatureBar> {
    let longest = figures.iter().map(|(_, value)| value.abs()).fold(0.0, f64::max);
    let bar = |(at, (feature, value)): (usize, &(&'a str, f64))| FeatureBar {
        feature: (*feature).to_owned(),
        value: text(at),
        length: if longest > 0.0 { value / longest } else { 0.0 },
    };
    figures.iter().enumerate().map(bar).collect()
}

/// Coefficients, the weightiest first; none of a model that has none.
pub fn coefficient_rows(model: &Model) -> Vec<FeatureBar> {
    let Some(linear) = model.as_linear() else { return Vec::new() };
    let mut pairs: Vec<(&str, f64)> =
        model.features.iter().map(String::as_str).zip(linear.coefficients.iter().copied()).collect();
    pairs.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(b.0)));
    feature_bars(&pairs, |at| signed(pairs[at].1, 3))
}

/// What was dropped of the best setting's features before the search: each with why.
pub fn dropped_rows(outcome: &TrainOutcome) -> Vec<(String, String)> {
    let dropped = outcome.dropped.get(&outcome.setting.feature_set).into_iter().flatten();
    dropped.map(|one| (one.feature.clone(), one.why.clone())).collect()
}

/// The hold-out in a sentence.
pub fn outcome_words(outcome: &TrainOutcome) -> String {
    format!(
        "The best of {1} is {0}. The hold-out is {2} from {3}, which no trial has seen.",
        outcome.setting.summary(),
        plural(outcome.trials.len() as u64, "trial"),
        plural(outcome.holdout.n, "game"),
        span_text(outcome.holdout_days)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{EstimatorSpec, Setting, Unit};

    fn trial(index: usize, c: f64, log_loss: f64) -> Trial {
        let scores = Scores { n: 100, log_loss, brier: 0.22, accuracy: 0.64, auc: None, ece: 0.03 };
        let estimator = EstimatorSpec::LogisticRegression { c, l1_ratio: 0.0 };
        let setting = Setting {
            estimator,
            feature_set: "two".into(),
            features: vec![],
            half_life: 4.0,
            calibration: Default::default(),
        };
        Trial { unit: Unit { rung: 0, index }, setting, folds: 3, scores: Some(scores), curve: vec![], error: None }
    }

    #[test]
    fn the_best_trial_is_first_and_ties_go_to_the_lower_number() {
        let mut trials = vec![trial(0, 1.0, 0.62), trial(2, 0.1, 0.61), trial(1, 10.0, 0.61)];
        assert_eq!(best_trial(&trials), Some(2));
        let rows = trial_rows(&trials);
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 1]);
        assert_eq!(rows.iter().map(|row| row.best).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(rows[0].auc, "–");
        let failed = Trial { scores: None, error: Some("no".into()), ..trial(3, 1.0, 0.0) };
        let fewer = Trial { folds: 1, ..trial(4, 1.0, 0.5) };
        trials.extend([fewer, failed]);
        let rows = trial_rows(&trials);
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 3, 1, 4, 5]);
        assert_eq!((rows[3].log_loss.as_str(), rows[3].problem.as_deref()), ("–", Some("no")));
    }

    #[test]
    fn a_running_search_tells_the_best_so_far_and_the_time_left() {
        let trials = [trial(0, 1.0, 0.62), trial(1, 0.1, 0.61)];
        let words = search_words(&trials, (2, 10), 0, 5.0);
        assert_eq!(words, "Best so far 0.6100, by logistic regression, C=0.1, two features; about 20 seconds left.");
        assert!(search_words(&trials, (12, 100), 10, 60.0).ends_with("about 44 minutes left."));
        assert!(search_words(&trials, (2, 10), 2, 5.0).ends_with("two features."), "nothing has ended since");
        assert_eq!(search_words(&[], (0, 10), 0, 1.0), "No trial has ended yet.");
    }

    #[test]
    fn the_chart_shows_every_trial_and_the_best_so_far() {
        let chart = trial_chart(&[trial(0, 10.0, 0.62), trial(1, 0.01, 0.63), trial(2, 1.0, 0.61)]).expect("a chart");
        let expected = [
            Layer::Line(Ink::First, vec![(1.0, 0.62), (2.0, 0.62), (3.0, 0.61)]),
            Layer::Dots(Ink::First, vec![(1.0, 0.62), (2.0, 0.63), (3.0, 0.61)]),
            Layer::Ring((3.0, 0.61)),
        ];
        assert_eq!(chart.layers, expected);
        assert!(chart.y.range.0 < 0.61 && chart.y.range.1 > 0.63);
        let words = "the least is 0.6100, by logistic regression, C=1, two features.";
        assert!(chart.sentence.ends_with(words), "{}", chart.sentence);
        assert_eq!(trial_chart(&[]), None);
        let far = trial_chart(&[trial(0, 1.0, 0.61), trial(1, 1.0, 5.0)]).expect("a chart");
        assert!(far.y.range.1 < 0.64, "one that is far off is drawn at the edge");
    }

    #[test]
    fn the_loss_curve_is_of_the_best_boosted_trees() {
        assert_eq!(loss_curve(&[trial(0, 1.0, 0.6)]), None, "a line has none");
        let with = |index, loss, curve: &[(u32, f64)]| Trial { curve: curve.to_vec(), ..trial(index, 1.0, loss) };
        let trials = [with(0, 0.63, &[(10, 0.63)]), with(1, 0.62, &[(10, 0.66), (20, 0.61), (30, 0.62)])];
        let chart = loss_curve(&trials).expect("a curve");
        assert_eq!(chart.layers[1], Layer::Ring((20.0, 0.61)));
        assert!(chart.sentence.ends_with("least, 0.6100, after 20 trees."), "{}", chart.sentence);
    }

    #[test]
    fn one_trial_alone_still_has_a_chart_with_room() {
        let chart = trial_chart(&[trial(0, 1.0, 0.61)]).expect("a chart");
        assert!(chart.y.range.1 > chart.y.range.0 && chart.x.range.1 > chart.x.range.0);
    }

    #[test]
    fn a_model_no_better_than_a_coin_is_called_so() {
        let scores = Scores { n: 10, log_loss: 0.7, brier: 0.25, accuracy: 0.5, auc: Some(0.5), ece: 0.1 };
        let rows = score_rows(&scores);
        assert!(rows[0].reading.contains("no better"));
        assert!(rows[4].reading.contains("poorly"));
        let good = Scores { log_loss: 0.61, ece: 0.01, ..scores };
        assert!(score_rows(&good)[0].reading.contains("12.0% better"), "{}", score_rows(&good)[0].reading);
    }
}
