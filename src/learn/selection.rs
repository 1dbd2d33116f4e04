//! Features that a model can do without, told before the search: redundant ones, ones that L1 leaves out, and ones without which
//! games to come are predicted no worse.

use std::fmt;
use std::str::FromStr;

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::{EstimatorSpec, Fold, LearnError, Setting, redundant};
use crate::base::Seed;
use crate::features::TrainingFrame;
use crate::stats::pearson;

/// How features are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Selection {
    /// Of two that say nearly the same, the one that tells less of the outcome.
    Correlation {
        /// Pearson's correlation, without its sign, from which on they do.
        threshold: f64,
    },
    /// Those to which a logistic regression with an L1 penalty gives the coefficient 0.
    L1 {
        /// Inverse strength of the penalty.
        c: f64,
    },
    /// One after the other, as long as the log loss of the rest on the folds does not rise by more than a tolerance.
    Backward {
        /// How much it may rise, in all.
        tolerance: f64,
    },
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selection::Correlation { threshold } => write!(f, "correlation:{threshold}"),
            Selection::L1 { c } => write!(f, "l1:{c}"),
            Selection::Backward { tolerance } => write!(f, "backward:{tolerance}"),
        }
    }
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "expected correlation:THRESHOLD, l1:C or backward:TOLERANCE".to_owned();
        let (by, number) = text.split_once(':').ok_or_else(wrong)?;
        let number: f64 = number.parse().map_err(|_| wrong())?;
        match by {
            "correlation" if (0.0..=1.0).contains(&number) => Ok(Selection::Correlation { threshold: number }),
            "correlation" => Err(format!("the threshold is {number}: expected a number from 0 to 1")),
            "l1" => Ok(Selection::L1 { c: number }),
            "backward" if number.is_finite() && number >= 0.0 => Ok(Selection::Backward { tolerance: number }),
            "backward" => Err(format!("the tolerance is {number}: expected a finite number, 0 or more")),
            _ => Err(wrong()),
        }
    }
}

/// A feature that was dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// Its name.
    pub feature: String,
    /// Why, with the figure that decided.
    pub why: String,
}

/// Strength of the models that backward elimination judges by.
const STRENGTH: f64 = 0.01;

impl Selection {
    /// The features to drop of `setting`, in the order in which they go; at least one stays. `rows` and `folds` are of the
    /// training alone: what a model is judged on may not choose its features.
    ///
    /// # Errors
    /// Where the models that decide cannot be fitted.
    pub fn dropped(
        self,
        frame: &TrainingFrame,
        rows: &[usize],
        folds: &[Fold],
        setting: &Setting,
    ) -> Result<Vec<Dropped>, LearnError> {
        match self {
            Selection::Correlation { threshold } => Ok(by_correlation(frame, rows, &setting.features, threshold)),
            Selection::L1 { c } => by_l1(frame, rows, setting, c),
            Selection::Backward { tolerance } => backward(frame, folds, setting, tolerance),
        }
    }
}

fn by_correlation(frame: &TrainingFrame, rows: &[usize], features: &[String], threshold: f64) -> Vec<Dropped> {
    let known: Vec<usize> =
        features.iter().filter_map(|name| frame.features.iter().position(|feature| feature == name)).collect();
    let x = frame.x.select(Axis(0), rows).select(Axis(1), &known);
    let y: Vec<f64> = rows.iter().map(|row| frame.y[*row]).collect();
    let tells: Vec<f64> =
        x.columns().into_iter().map(|column| pearson(&column.to_vec(), &y).map_or(0.0, f64::abs)).collect();
    let name = |column: usize| &frame.features[known[column]];
    let dropped = redundant(x.view(), &tells, threshold).into_iter().map(|found| Dropped {
        feature: name(found.column).clone(),
        why: format!("correlation {:.4} with {}", found.correlation, name(found.kept)),
    });
    dropped.collect()
}

fn by_l1(frame: &TrainingFrame, rows: &[usize], setting: &Setting, c: f64) -> Result<Vec<Dropped>, LearnError> {
    let sparse = Setting { estimator: EstimatorSpec::LogisticRegression { c, l1_ratio: 1.0 }, ..setting.clone() };
    let model = sparse.fit(frame, rows, "", Seed(0))?;
    let coefficients = model.as_linear().map(|linear| linear.coefficients.clone()).unwrap_or_default();
    if coefficients.iter().all(|coefficient| *coefficient == 0.0) {
        // So strong a penalty tells nothing apart.
        return Ok(Vec::new());
    }
    let left_out = setting.features.iter().zip(coefficients).filter(|(_, coefficient)| *coefficient == 0.0);
    Ok(left_out
        .map(|(name, _)| Dropped { feature: name.clone(), why: format!("coefficient 0 at L1, C={c}") })
        .collect())
}

fn backward(
    frame: &TrainingFrame,
    folds: &[Fold],
    setting: &Setting,
    tolerance: f64,
) -> Result<Vec<Dropped>, LearnError> {
    let estimator = EstimatorSpec::LogisticRegression { c: STRENGTH, l1_ratio: 0.0 };
    let mut kept = Setting { estimator, ..setting.clone() };
    let loss = |setting: &Setting| setting.validate(frame, folds, "", Seed(0)).map(|judged| judged.scores.log_loss);
    let mut dropped = Vec::new();
    let bound = loss(&kept)? + tolerance;
    while kept.features.len() > 1 {
        let mut best: Option<(f64, usize)> = None;
        for at in 0..kept.features.len() {
            let mut without = kept.clone();
            without.features.remove(at);
            let found = loss(&without)?;
            if best.is_none_or(|(least, _)| found < least) {
                best = Some((found, at));
            }
        }
        let Some((least, at)) = best.filter(|(least, _)| *least <= bound) else { break };
        let feature = kept.features.remove(at);
        dropped.push(Dropped { feature, why: format!("validation log loss {least:.5} without it") });
    }
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::testing::frame;
    use crate::learn::walk_forward;

    /// The frame with the signal twice, the second time blurred a little.
    fn doubled() -> TrainingFrame {
        let mut frame = frame(4, 40);
        let mut rng = Seed(4).rng();
        let blurred: Vec<f64> = frame.x.column(0).iter().map(|value| value + 0.2 * rng.normal(0.0, 1.0)).collect();
        frame.x.push_column(ndarray::ArrayView1::from(&blurred)).expect("as long");
        frame.features.push("blurred".into());
        frame
    }

    fn dropped(selection: &str) -> Vec<Dropped> {
        let frame = doubled();
        let rows: Vec<usize> = (0..frame.y.len()).collect();
        let estimator = EstimatorSpec::LogisticRegression { c: 1.0, l1_ratio: 0.0 };
        let (features, calibration) = (frame.features.clone(), Default::default());
        let setting = Setting { estimator, feature_set: "all".into(), features, half_life: 4.0, calibration };
        let selection: Selection = selection.parse().expect("a selection");
        selection.dropped(&frame, &rows, &walk_forward(&frame, &rows), &setting).expect("models")
    }

    #[test]
    fn of_two_that_say_the_same_the_one_goes_that_tells_less() {
        let found = dropped("correlation:0.9");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].feature, "blurred");
        assert!(
            found[0].why.starts_with("correlation 0.9") && found[0].why.ends_with("with signal"),
            "{}",
            found[0].why
        );
        assert_eq!(dropped("correlation:0.999"), []);
    }

    #[test]
    fn a_strong_l1_penalty_leaves_the_signal_alone() {
        let names: Vec<String> = dropped("l1:0.02").into_iter().map(|dropped| dropped.feature).collect();
        assert!(names.contains(&"noise".to_owned()) && !names.contains(&"signal".to_owned()), "{names:?}");
        assert_eq!(dropped("l1:0.000000001"), [], "where nothing is left nothing is told apart");
    }

    #[test]
    fn backward_elimination_keeps_what_predicts() {
        let names: Vec<String> = dropped("backward:0.001").into_iter().map(|dropped| dropped.feature).collect();
        assert!(!names.is_empty() && !names.contains(&"signal".to_owned()), "{names:?}");
        assert_eq!(dropped("backward:10").len(), 2, "one feature always stays");
    }

    #[test]
    fn a_selection_is_written_as_it_is_read_and_nonsense_is_refused() {
        for text in ["correlation:0.95", "l1:0.01", "backward:0.0002"] {
            assert_eq!(text.parse::<Selection>().expect("a selection").to_string(), text);
        }
        for text in ["correlation:2", "backward:-1", "backward:NaN", "luck:1", "l1", "l1:much"] {
            assert!(text.parse::<Selection>().is_err(), "{text}");
        }
    }
}
