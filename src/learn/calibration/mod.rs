//! Maps that make a model's probabilities come true as often as they say.
//!
//! Three are fitted on forecasts with their outcomes that the model was not trained on: Platt's (Platt 1999, "Probabilistic
//! outputs for support vector machines"), isotonic regression (Zadrozny and Elkan 2002) and beta calibration (Kull,
//! Silva Filho and Flach 2017, "Beta calibration"). None of them turns an order round.

mod isotonic;
mod sigmoid;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::FitError;
use crate::base::math;

/// How probabilities are calibrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalibrationMethod {
    /// Not at all.
    #[default]
    None,
    /// A straight line on the logit, fitted to smoothed labels.
    Platt,
    /// A rising line through points, as close to the labels as such a line comes.
    Isotonic,
    /// A straight line in ln p and ln(1 − p).
    Beta,
}

impl CalibrationMethod {
    /// Every method, in the order in which they are listed.
    pub const ALL: [CalibrationMethod; 4] = [Self::None, Self::Platt, Self::Isotonic, Self::Beta];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "no calibration",
            Self::Platt => "Platt calibration",
            Self::Isotonic => "isotonic calibration",
            Self::Beta => "beta calibration",
        }
    }

    /// Its name in documents and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Platt => "platt",
            Self::Isotonic => "isotonic",
            Self::Beta => "beta",
        }
    }
}

impl fmt::Display for CalibrationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no method of calibration has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no calibration {0:?}: expected none, platt, isotonic or beta")]
pub struct UnknownMethod(pub String);

impl FromStr for CalibrationMethod {
    type Err = UnknownMethod;

    fn from_str(name: &str) -> Result<Self, UnknownMethod> {
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| UnknownMethod(name.to_owned()))
    }
}

/// A fitted map from probabilities to probabilities; it gives the same from its JSON, bit for bit.
///
/// One that was read from outside is to be held against [`Calibration::check`] before it is used.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Calibration {
    /// Every probability stays what it is.
    #[default]
    None,
    /// `q = σ(slope · logit(p) + intercept)`. Platt and scikit-learn write `1 / (1 + exp(A f + B))`: A is the slope and
    /// B the intercept, each with the other sign.
    Platt {
        /// Change of the logit for one of the logit of p; 0 or more.
        slope: f64,
        /// Logit of what one half becomes.
        intercept: f64,
    },
    /// Straight lines between points; left of the first and right of the last as at these.
    Isotonic {
        /// Probabilities, ascending, no two equal.
        x: Vec<f64>,
        /// What each becomes, never falling.
        y: Vec<f64>,
    },
    /// `q = σ(a · ln p − b · ln(1 − p) + c)`.
    Beta {
        /// Coefficient of ln p; 0 or more.
        a: f64,
        /// Coefficient of −ln(1 − p); 0 or more.
        b: f64,
        /// Intercept, on the logit scale.
        c: f64,
    },
}

/// What is wrong with a calibration that was read. Points count from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// A coefficient that is not finite, or so large that a logit would not be.
    #[error("the calibration's {name} is {found}: expected a number within ±1e100")]
    Coefficient {
        /// Its name in the document.
        name: &'static str,
        /// What it is.
        found: f64,
    },
    /// A coefficient with which a higher probability would become a lower one.
    #[error("the calibration's {name} is {found}: expected 0 or more, as it would turn the order round")]
    Falling {
        /// Its name in the document.
        name: &'static str,
        /// What it is.
        found: f64,
    },
    /// Not one value a point, or no point.
    #[error("the calibration has {x} points and {y} values: expected as many of each, and one at least")]
    Lengths {
        /// Points given.
        x: usize,
        /// Values given.
        y: usize,
    },
    /// A point or its value is no probability.
    #[error("point {index} of the calibration is ({x}, {y}): expected two numbers from 0 to 1")]
    Point {
        /// The point.
        index: usize,
        /// Where it is.
        x: f64,
        /// Its value.
        y: f64,
    },
    /// A point that is not right of the one before it, or whose value is lower.
    #[error("point {index} of the calibration is not right of the one before it, or lies lower")]
    Order {
        /// The point.
        index: usize,
    },
}

/// Largest coefficient: three of them times the largest |ln p| are far from overflowing.
const LARGEST: f64 = 1e100;

impl Calibration {
    /// The method that fits such a map.
    pub fn method(&self) -> CalibrationMethod {
        match self {
            Self::None => CalibrationMethod::None,
            Self::Platt { .. } => CalibrationMethod::Platt,
            Self::Isotonic { .. } => CalibrationMethod::Isotonic,
            Self::Beta { .. } => CalibrationMethod::Beta,
        }
    }

    /// What this probability becomes: from 0 to 1, and never less for a higher probability (where two lie so close that
    /// only rounding parts them, to rounding). A number outside 0 to 1 counts as the nearer end; NaN stays NaN.
    pub fn apply(&self, p: f64) -> f64 {
        let p = p.clamp(0.0, 1.0);
        match self {
            Self::None => p,
            Self::Platt { slope, intercept } => math::sigmoid(slope * math::logit(inside(p)) + intercept),
            Self::Isotonic { x, y } => isotonic::interpolate(x, y, p),
            Self::Beta { a, b, c } => {
                let p = inside(p);
                math::sigmoid(a * math::ln(p) - b * math::ln_1p(-p) + c)
            }
        }
    }

    /// Whether this can be applied: a document from outside that passes never gives NaN and never turns an order round.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), CalibrationError> {
        match self {
            Self::None => Ok(()),
            Self::Platt { slope, intercept } => {
                coefficient("slope", *slope)?;
                coefficient("intercept", *intercept)?;
                rising("slope", *slope)
            }
            Self::Isotonic { x, y } => points(x, y),
            Self::Beta { a, b, c } => {
                coefficient("a", *a)?;
                coefficient("b", *b)?;
                coefficient("c", *c)?;
                rising("a", *a)?;
                rising("b", *b)
            }
        }
    }
}

/// The probability kept ε = 2⁻⁵² from 0 and 1, where logarithms end; `betacal` does the same.
fn inside(p: f64) -> f64 {
    p.clamp(f64::EPSILON, 1.0 - f64::EPSILON)
}

fn coefficient(name: &'static str, found: f64) -> Result<(), CalibrationError> {
    if found.abs() <= LARGEST { Ok(()) } else { Err(CalibrationError::Coefficient { name, found }) }
}

fn rising(name: &'static str, found: f64) -> Result<(), CalibrationError> {
    if found >= 0.0 { Ok(()) } else { Err(CalibrationError::Falling { name, found }) }
}

fn points(x: &[f64], y: &[f64]) -> Result<(), CalibrationError> {
    if x.len() != y.len() || x.is_empty() {
        return Err(CalibrationError::Lengths { x: x.len(), y: y.len() });
    }
    let probability = |value: f64| (0.0..=1.0).contains(&value);
    if let Some(index) = (0..x.len()).find(|at| !(probability(x[*at]) && probability(y[*at]))) {
        return Err(CalibrationError::Point { index, x: x[index], y: y[index] });
    }
    match (1..x.len()).find(|at| x[*at] <= x[at - 1] || y[*at] < y[at - 1]) {
        Some(index) => Err(CalibrationError::Order { index }),
        None => Ok(()),
    }
}

/// Fits a map from probabilities `p` to what came true, `y` (0 or 1), each example weighted by `weights` (1 if none).
/// Examples without weight are as if they were not there. [`CalibrationMethod::None`] learns nothing and refuses nothing.
///
/// - **Platt** is scikit-learn's `_sigmoid_calibration` of logit(p) (ε = 2⁻⁵² from 0 and 1): the labels 1 and 0 are
///   smoothed to (N₁ + 1) / (N₁ + 2) and 1 / (N₀ + 2), where N₁ and N₀ are sums of weights.
/// - **Isotonic** is scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.
/// - **Beta** is `betacal`'s "abm".
///
/// Where the best slope of Platt's or beta's map would be negative it is 0 and the rest is fitted anew, so that a map never
/// turns forecasts round; scikit-learn keeps a negative slope, and `betacal` one that is negative in the second fit.
///
/// # Errors
/// Where the slices differ in length, a value is not what it must be, only one class has weight, or a minimum was not reached.
pub fn fit_calibration(
    method: CalibrationMethod,
    p: &[f64],
    y: &[f64],
    weights: Option<&[f64]>,
) -> Result<Calibration, FitError> {
    if method == CalibrationMethod::None {
        return Ok(Calibration::None);
    }
    let examples = Examples::of(p, y, weights)?;
    match method {
        CalibrationMethod::None => Ok(Calibration::None),
        CalibrationMethod::Platt => sigmoid::platt(&examples),
        CalibrationMethod::Isotonic => Ok(isotonic::fit(examples)),
        CalibrationMethod::Beta => sigmoid::beta(&examples),
    }
}

/// Forecasts with their outcomes, each with a weight above zero.
struct Examples {
    p: Vec<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
}

impl Examples {
    fn of(p: &[f64], y: &[f64], weights: Option<&[f64]>) -> Result<Examples, FitError> {
        let weights = weights.map_or_else(|| vec![1.0; p.len()], <[f64]>::to_vec);
        if p.len() != y.len() || p.len() != weights.len() {
            return Err(FitError::Lengths { rows: p.len(), labels: y.len(), weights: weights.len() });
        }
        let mut examples = Examples { p: Vec::new(), y: Vec::new(), weights: Vec::new() };
        let mut total = 0.0;
        for (row, ((p, y), weight)) in p.iter().zip(y).zip(weights).enumerate() {
            if !(0.0..=1.0).contains(p) {
                return Err(FitError::Probability { row, found: *p });
            }
            if *y != 0.0 && *y != 1.0 {
                return Err(FitError::Label { row, found: *y });
            }
            total += weight;
            // A sum that overflows would be as bad as an infinite weight.
            if !(weight >= 0.0 && f64::is_finite(total)) {
                return Err(FitError::Weight { row, found: weight });
            }
            if weight > 0.0 {
                // −0 and 0 are one probability, and a document has the one without a sign.
                examples.p.push(*p + 0.0);
                examples.y.push(*y);
                examples.weights.push(weight);
            }
        }
        if examples.y.is_empty() {
            return Err(FitError::Empty);
        }
        // A class that vanishes in rounding beside the other is as good as not there: the base rate's logit is infinite.
        for label in [0.0, 1.0] {
            if examples.weight_of(1.0 - label) <= f64::EPSILON * total {
                return Err(FitError::OneClass { label });
            }
        }
        Ok(examples)
    }

    /// Sum of the weights of one label.
    fn weight_of(&self, label: f64) -> f64 {
        self.y.iter().zip(&self.weights).filter(|(y, _)| **y == label).map(|(_, weight)| weight).sum()
    }
}
