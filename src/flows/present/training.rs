//! The lab's training page: the form checked, trials ranked, results in words.

use super::{Tick, decimal, linear_ticks, plural, share, signed, span_text};
use crate::base::math;
use crate::flows::train::{TrainOutcome, Trial};
use crate::learn::Model;
use crate::stats::Scores;

/// The most strengths that one search takes.
pub const MAX_STRENGTHS: usize = 40;

/// Reads strengths from a text: numbers above zero, parted by commas, semicolons or spaces; ascending and unique.
pub fn parse_strengths(text: &str) -> Result<Vec<f64>, String> {
    let mut strengths = Vec::new();
    for word in text.split([',', ';', ' ', '\n', '\t']).filter(|word| !word.is_empty()) {
        let value: f64 = word.parse().map_err(|_| format!("“{word}” is not a number."))?;
        if !(1e-6..=1e6).contains(&value) {
            return Err(format!("{word} is out of range: a strength lies between 0.000001 and 1,000,000."));
        }
        strengths.push(value);
    }
    strengths.sort_by(f64::total_cmp);
    strengths.dedup();
    match strengths.len() {
        0 => Err("Give at least one strength, such as 0.01, 0.1, 1.".to_owned()),
        n if n > MAX_STRENGTHS => {
            Err(format!("{n} strengths are more than one search takes: {MAX_STRENGTHS} at most."))
        }
        _ => Ok(strengths),
    }
}

/// Reads a seed.
pub fn parse_seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("“{}” is not a whole number of at most 20 digits.", text.trim()))
}

/// Checks a season range.
pub fn check_seasons((first, last): (u16, u16)) -> Result<(), String> {
    if first > last { Err("The first season comes after the last one.".to_owned()) } else { Ok(()) }
}

/// A strength as people write it: `0.001`, `1`, `30`.
pub fn strength(c: f64) -> String {
    format!("{c}")
}

/// A trial as a row of the live table.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialRow {
    /// From 1.
    pub number: usize,
    /// Strength.
    pub c: String,
    /// Validation log loss.
    pub log_loss: String,
    /// Validation Brier score.
    pub brier: String,
    /// Validation accuracy.
    pub accuracy: String,
    /// Validation AUC.
    pub auc: String,
    /// Whether it is the best so far.
    pub best: bool,
}

/// Index of the trial with the least log loss; of equals the smaller strength, which is the simpler model.
pub fn best_trial(trials: &[Trial]) -> Option<usize> {
    (0..trials.len()).min_by(|a, b| {
        let (a, b) = (&trials[*a], &trials[*b]);
        a.scores.log_loss.total_cmp(&b.scores.log_loss).then(a.c.total_cmp(&b.c))
    })
}

/// Trials as rows, in the order in which they ran.
pub fn trial_rows(trials: &[Trial]) -> Vec<TrialRow> {
    let best = best_trial(trials);
    trials
        .iter()
        .enumerate()
        .map(|(index, trial)| TrialRow {
            number: trial.index + 1,
            c: strength(trial.c),
            log_loss: decimal(trial.scores.log_loss, 5),
            brier: decimal(trial.scores.brier, 5),
            accuracy: share(trial.scores.accuracy),
            auc: auc_text(&trial.scores),
            best: best == Some(index),
        })
        .collect()
}

fn auc_text(scores: &Scores) -> String {
    scores.auc.map_or_else(|| "–".to_owned(), |auc| decimal(auc, 4))
}

/// What a chart of trials draws: validation log loss over log10(C).
#[derive(Debug, Clone, PartialEq)]
pub struct TrialChart {
    /// Points, ascending in x: log10(C) and log loss.
    pub points: Vec<(f64, f64)>,
    /// The best of them.
    pub best: Option<(f64, f64)>,
    /// Range and marks of x, powers of ten.
    pub x: ((f64, f64), Vec<Tick>),
    /// Range and marks of y.
    pub y: ((f64, f64), Vec<Tick>),
    /// The chart in a sentence.
    pub sentence: String,
}

/// Lays out the chart; none without trials.
pub fn trial_chart(trials: &[Trial]) -> Option<TrialChart> {
    let best_at = best_trial(trials)?;
    let place = |trial: &Trial| (math::ln(trial.c) / std::f64::consts::LN_10, trial.scores.log_loss);
    let mut points: Vec<(f64, f64)> = trials.iter().map(place).filter(|(_, y)| y.is_finite()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, last) = (points.first()?.0, points.last()?.0);
    let low = points.iter().map(|p| p.1).min_by(f64::total_cmp)?;
    let high = points.iter().map(|p| p.1).max_by(f64::total_cmp)?;
    let pad = ((high - low) * 0.12).max(0.0005);
    let x = (first - 0.25, last + 0.25);
    let y = (low - pad, high + pad);
    let x_ticks = (x.0.ceil() as i64..=x.1.floor() as i64)
        .map(|power| Tick { at: power as f64, label: strength(power_of_ten(power)) })
        .collect();
    let best = &trials[best_at];
    Some(TrialChart {
        best: Some(place(best)),
        x: (x, x_ticks),
        y: (y, linear_ticks(y.0, y.1, 4)),
        sentence: format!(
            "Validation log loss over strength for {}: from {} to {}, least at C = {}.",
            plural(points.len() as u64, "trial"),
            decimal(low, 4),
            decimal(high, 4),
            strength(best.c)
        ),
        points,
    })
}

fn power_of_ten(power: i64) -> f64 {
    format!("1e{power}").parse().unwrap_or(f64::NAN)
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

/// A coefficient as a bar.
#[derive(Debug, Clone, PartialEq)]
pub struct CoefficientRow {
    /// The feature.
    pub feature: String,
    /// Its coefficient on the scaled feature, with sign.
    pub value: String,
    /// Length of its bar, −1 to 1; the longest has length 1.
    pub length: f64,
}

/// Coefficients, the weightiest first.
pub fn coefficient_rows(model: &Model) -> Vec<CoefficientRow> {
    let longest = model.coefficients.iter().map(|c| c.abs()).fold(0.0, f64::max);
    let mut pairs: Vec<(&String, f64)> = model.features.iter().zip(model.coefficients.iter().copied()).collect();
    pairs.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(b.0)));
    pairs
        .into_iter()
        .map(|(feature, value)| CoefficientRow {
            feature: feature.clone(),
            value: signed(value, 3),
            length: if longest > 0.0 { value / longest } else { 0.0 },
        })
        .collect()
}

/// The hold-out in a sentence.
pub fn outcome_words(outcome: &TrainOutcome) -> String {
    format!(
        "Chosen C = {} of {}. The hold-out is {} from {}, which no trial has seen.",
        strength(outcome.model.c),
        plural(outcome.trials.len() as u64, "trial"),
        plural(outcome.holdout.n, "game"),
        span_text(outcome.holdout_days)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(index: usize, c: f64, log_loss: f64) -> Trial {
        let scores = Scores { n: 100, log_loss, brier: 0.22, accuracy: 0.64, auc: None, ece: 0.03 };
        Trial { index, c, scores }
    }

    #[test]
    fn strengths_are_read_in_any_order_and_spacing() {
        assert_eq!(parse_strengths("1, 0.1;0.01  1\n10"), Ok(vec![0.01, 0.1, 1.0, 10.0]));
        assert_eq!(parse_strengths("1e-3"), Ok(vec![0.001]));
    }

    #[test]
    fn a_strength_that_cannot_be_tried_is_named() {
        for (text, part) in [
            ("", "at least one"),
            ("0.1, abc", "“abc”"),
            ("0", "out of range"),
            ("-1", "out of range"),
            ("NaN", "out of range"),
        ] {
            let message = parse_strengths(text).expect_err(text);
            assert!(message.contains(part), "{text}: {message}");
        }
        let many: Vec<String> = (1..=MAX_STRENGTHS + 1).map(|n| n.to_string()).collect();
        assert!(parse_strengths(&many.join(" ")).is_err());
    }

    #[test]
    fn a_seed_is_a_whole_number() {
        assert_eq!(parse_seed(" 42 "), Ok(42));
        assert!(parse_seed("-1").is_err());
        assert!(parse_seed("").is_err());
    }

    #[test]
    fn seasons_run_forward() {
        assert!(check_seasons((2019, 2019)).is_ok());
        assert!(check_seasons((2020, 2019)).is_err());
    }

    #[test]
    fn the_best_trial_is_marked_and_ties_go_to_the_simpler_model() {
        let trials = [trial(0, 1.0, 0.61), trial(1, 0.1, 0.61), trial(2, 10.0, 0.62)];
        assert_eq!(best_trial(&trials), Some(1));
        let rows = trial_rows(&trials);
        assert_eq!(rows.iter().filter(|row| row.best).count(), 1);
        assert!(rows[1].best);
        assert_eq!(rows[0].auc, "–");
    }

    #[test]
    fn the_chart_runs_over_powers_of_ten() {
        let chart = trial_chart(&[trial(0, 10.0, 0.62), trial(1, 0.01, 0.63), trial(2, 1.0, 0.61)]).expect("a chart");
        let labels: Vec<&str> = chart.x.1.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["0.01", "0.1", "1", "10"]);
        assert!(chart.points.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert!(chart.y.0.0 < 0.61 && chart.y.0.1 > 0.63);
        assert!(chart.sentence.contains("least at C = 1."), "{}", chart.sentence);
        assert_eq!(trial_chart(&[]), None);
    }

    #[test]
    fn one_trial_alone_still_has_a_chart_with_room() {
        let chart = trial_chart(&[trial(0, 1.0, 0.61)]).expect("a chart");
        assert!(chart.y.0.1 > chart.y.0.0 && chart.x.0.1 > chart.x.0.0);
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
