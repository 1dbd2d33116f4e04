//! Why there is no fit.

/// Why there is no fit. Rows and columns count from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Nothing to fit.
    #[error("there are no examples with weight to train on")]
    Empty,
    /// The parts do not belong together.
    #[error("{rows} examples, {labels} labels and {weights} weights: expected as many of each")]
    Lengths {
        /// Rows of the matrix.
        rows: usize,
        /// Labels given.
        labels: usize,
        /// Weights given.
        weights: usize,
    },
    /// A value that is infinite, or missing where no value may be.
    #[error("example {row}, feature {column}: found {found}, expected a finite number")]
    NotFinite {
        /// The example.
        row: usize,
        /// The feature's name, or its number where it has none.
        column: String,
        /// What it is.
        found: f64,
    },
    /// A label that is neither 0 nor 1.
    #[error("the label of example {row} is {found}: expected 0 or 1")]
    Label {
        /// The example.
        row: usize,
        /// What it is.
        found: f64,
    },
    /// A weight that is negative or not finite.
    #[error("the weight of example {row} is {found}: expected a finite number, 0 or more")]
    Weight {
        /// The example.
        row: usize,
        /// What it is.
        found: f64,
    },
    /// A strength that cannot be.
    #[error("the inverse penalty strength C is {0}: expected a finite number above 0")]
    Strength(f64),
    /// A share of L1 in the penalty that cannot be.
    #[error("the L1 share of the penalty is {0}: expected a number from 0 (L2) to 1 (L1)")]
    L1Ratio(f64),
    /// A start of another size.
    #[error("the start has {found} numbers: expected {expected}, a coefficient a feature and the intercept")]
    StartLength {
        /// Numbers that it must have.
        expected: usize,
        /// Numbers that it has.
        found: usize,
    },
    /// A start that is nowhere.
    #[error("number {place} of the start is {found}: expected a finite number")]
    Start {
        /// Its place, from 0; the intercept is last.
        place: usize,
        /// What it is.
        found: f64,
    },
    /// Only one class, so that the best intercept is infinite.
    #[error("every example has the label {label}: both outcomes are needed to train")]
    OneClass {
        /// The label that all have.
        label: f64,
    },
    /// The minimum was not reached.
    #[error("not converged after {steps} steps: the mean gradient is still {gradient:e}; use a smaller C")]
    NotConverged {
        /// Steps taken.
        steps: u32,
        /// Largest component of the mean gradient.
        gradient: f64,
    },
}
