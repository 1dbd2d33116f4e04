//! Columns of two windows, compared one by one.

use std::collections::BTreeMap;

use crate::stats::{CategoryCounts, TwoSample, chi_square, ks};

use super::{ColumnDrift, Evidence};

/// A p-value counts as drift from here on: at or below it for the KS test, below it for chi-squared, as Evidently does.
pub const P_THRESHOLD: f64 = 0.05;

/// Numeric columns with at most this many distinct values are categories (Evidently's rule for small references).
const MOST_CATEGORIES: usize = 5;

/// A column of both windows.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its values.
    pub data: Data<'a>,
}

/// Values of a column in both windows, and by their kind the test. The lengths may differ.
#[derive(Debug, Clone, Copy)]
pub enum Data<'a> {
    /// Numbers on a scale, compared by the Kolmogorov–Smirnov test. What is not finite is missing.
    Continuous {
        /// Values of the reference window.
        reference: &'a [f64],
        /// Values of the current window.
        current: &'a [f64],
    },
    /// Numbers that name a category, such as a back-to-back's 0 and 1, compared by chi-squared. What is not finite is missing.
    Categorical {
        /// Values of the reference window.
        reference: &'a [f64],
        /// Values of the current window.
        current: &'a [f64],
    },
    /// Words, compared by chi-squared. None is missing.
    Labels {
        /// Values of the reference window.
        reference: &'a [Option<String>],
        /// Values of the current window.
        current: &'a [Option<String>],
    },
}

/// Whether numbers are continuous: they have more than five distinct finite values.
///
/// Ask it of all the values there are rather than of one short window, in which a continuous column looks discrete.
pub fn is_continuous<'a>(values: impl IntoIterator<Item = &'a f64>) -> bool {
    let mut seen: Vec<u64> = Vec::with_capacity(MOST_CATEGORIES + 1);
    for value in values.into_iter().filter(|value| value.is_finite()) {
        let bits = (value + 0.0).to_bits();
        if !seen.contains(&bits) {
            seen.push(bits);
            if seen.len() > MOST_CATEGORIES {
                return true;
            }
        }
    }
    false
}

/// Compares each column of the current window with the reference window, in the order given.
///
/// A column without a value in one of the windows is reported with no evidence and does not count as drifted; missing
/// values are left out of the test, and their share stands beside it, because no two-sample test sees them.
pub fn compare(columns: &[Column<'_>]) -> Vec<ColumnDrift> {
    columns.iter().map(compare_one).collect()
}

/// Share of the columns that could be compared which drifted; 0 if none could.
pub fn drift_share(columns: &[ColumnDrift]) -> f64 {
    let compared = columns.iter().filter(|column| column.evidence.is_some()).count();
    let drifted = columns.iter().filter(|column| column.drifted).count();
    if compared == 0 { 0.0 } else { drifted as f64 / compared as f64 }
}

fn compare_one(column: &Column<'_>) -> ColumnDrift {
    match column.data {
        Data::Continuous { reference, current } => {
            let (reference, current) = (Window::of(reference), Window::of(current));
            let test = ks(&reference.present, &current.present).ok();
            let drifted = test.is_some_and(|test| test.p_value <= P_THRESHOLD);
            report(column.name, "ks", test, drifted, [reference.summary(), current.summary()])
        }
        Data::Categorical { reference, current } => {
            let (reference, current) = (Window::of(reference), Window::of(current));
            let mut counts: CategoryCounts<u64> = BTreeMap::new();
            for value in &reference.present {
                counts.entry(value.to_bits()).or_default().0 += 1;
            }
            for value in &current.present {
                counts.entry(value.to_bits()).or_default().1 += 1;
            }
            let test = chi_square(&counts).ok();
            let drifted = test.is_some_and(|test| test.p_value < P_THRESHOLD);
            report(column.name, "chisquare", test, drifted, [reference.summary(), current.summary()])
        }
        Data::Labels { reference, current } => {
            let mut counts: CategoryCounts<&str> = BTreeMap::new();
            for value in reference.iter().flatten() {
                counts.entry(value).or_default().0 += 1;
            }
            for value in current.iter().flatten() {
                counts.entry(value).or_default().1 += 1;
            }
            let test = chi_square(&counts).ok();
            let drifted = test.is_some_and(|test| test.p_value < P_THRESHOLD);
            let summary = |values: &[Option<String>]| {
                let present = values.iter().flatten().count();
                Summary { mean: f64::NAN, n: present as u64, missing: missing_share(present, values.len()) }
            };
            report(column.name, "chisquare", test, drifted, [summary(reference), summary(current)])
        }
    }
}

/// The finite values of a window. Negative zero is zero.
struct Window {
    present: Vec<f64>,
    all: usize,
}

/// What a report says of a window.
struct Summary {
    mean: f64,
    n: u64,
    missing: f64,
}

impl Window {
    fn of(values: &[f64]) -> Self {
        let present = values.iter().filter(|value| value.is_finite()).map(|value| value + 0.0).collect();
        Self { present, all: values.len() }
    }

    fn summary(&self) -> Summary {
        let n = self.present.len();
        // The mean of nothing is NaN, by 0/0.
        let mean = self.present.iter().sum::<f64>() / n as f64;
        Summary { mean, n: n as u64, missing: missing_share(n, self.all) }
    }
}

/// An empty window misses everything.
fn missing_share(present: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { (all - present) as f64 / all as f64 }
}

fn report(
    column: &str,
    stattest: &str,
    test: Option<TwoSample>,
    drifted: bool,
    [reference, current]: [Summary; 2],
) -> ColumnDrift {
    ColumnDrift {
        column: column.to_owned(),
        stattest: stattest.to_owned(),
        statistic: test.map_or(f64::NAN, |test| test.statistic),
        evidence: test.map(|test| Evidence::PValue(test.p_value)),
        threshold: P_THRESHOLD,
        drifted,
        reference_mean: reference.mean,
        current_mean: current.mean,
        reference_n: reference.n,
        current_n: current.n,
        reference_missing: reference.missing,
        current_missing: current.missing,
    }
}
