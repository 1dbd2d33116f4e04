//! The distribution of numbers that are seen one after another.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{BINS, DISTINCT_AT_MOST, Distinct, Histogram, NumberProfile, SAMPLE, SHARES};
use crate::base::{Rng, Seed, math};

/// A finite number in the order of numbers.
#[derive(Debug, Clone, Copy)]
struct Ordered(f64);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Numbers as they are held.
enum Held {
    /// All of them: each distinct number with how often it was seen.
    All(BTreeMap<Ordered, u64>),
    /// A uniform sample of them.
    Sample(Vec<f64>),
}

/// Takes finite numbers.
pub(super) struct Numbers {
    count: u64,
    min: f64,
    max: f64,
    mean: f64,
    /// Sum of squared distances from the mean (Welford 1962).
    squares: f64,
    held: Held,
    rng: Rng,
}

impl Numbers {
    /// For the column of this name, from which the sample's chance is drawn.
    pub(super) fn new(column: &str) -> Self {
        let rng = Seed(0).child(column).rng();
        let held = Held::All(BTreeMap::new());
        Self { count: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0, squares: 0.0, held, rng }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn add(&mut self, number: f64) {
        // Both zeros are one number.
        let number = number + 0.0;
        self.count += 1;
        self.min = self.min.min(number);
        self.max = self.max.max(number);
        let before = number - self.mean;
        let n = self.count as f64;
        // The distance of two numbers may be more than a floating-point number can be; their mean never is.
        self.mean += if before.is_finite() { before / n } else { number / n - self.mean / n };
        self.squares += before * (number - self.mean);
        match &mut self.held {
            Held::All(counts) => {
                *counts.entry(Ordered(number)).or_default() += 1;
                if counts.len() > DISTINCT_AT_MOST {
                    self.held = Held::Sample(sample(counts, &mut self.rng));
                }
            }
            Held::Sample(sample) => replace(sample, self.count, number, &mut self.rng),
        }
    }

    pub(super) fn distinct(&self) -> Distinct {
        match &self.held {
            Held::All(counts) => Distinct { count: counts.len() as u64, exact: true },
            Held::Sample(_) => Distinct { count: DISTINCT_AT_MOST as u64, exact: false },
        }
    }

    pub(super) fn finish(self) -> Option<NumberProfile> {
        if self.count == 0 {
            return None;
        }
        let (sorted, exact) = match self.held {
            Held::All(counts) => (counts.into_iter().map(|(number, count)| (number.0, count)).collect(), true),
            Held::Sample(mut sample) => {
                sample.sort_by(f64::total_cmp);
                (sample.into_iter().map(|number| (number, 1)).collect::<Vec<_>>(), false)
            }
        };
        let mut quantiles = SHARES.map(|share| quantile(&sorted, share));
        if !exact {
            // The ends are known, whatever the sample has.
            (quantiles[0], quantiles[6]) = (self.min, self.max);
        }
        let sd = (self.count > 1).then(|| math::sqrt(self.squares / (self.count - 1) as f64));
        let histogram = histogram(&sorted, self.min, self.max);
        Some(NumberProfile {
            count: self.count,
            min: self.min,
            max: self.max,
            mean: self.mean,
            sd: sd.filter(|sd| sd.is_finite()),
            quantiles,
            histogram,
            exact,
        })
    }
}

/// A uniform sample of numbers whose counts are known.
fn sample(counts: &BTreeMap<Ordered, u64>, rng: &mut Rng) -> Vec<f64> {
    let mut sample = Vec::with_capacity(SAMPLE);
    let mut seen = 0;
    for (number, count) in counts {
        for _ in 0..*count {
            seen += 1;
            if sample.len() < SAMPLE {
                sample.push(number.0);
            } else {
                replace(&mut sample, seen, number.0, rng);
            }
        }
    }
    sample
}

/// A full sample meets the `seen`-th number: it is taken in with the chance of `SAMPLE / seen`.
fn replace(sample: &mut [f64], seen: u64, number: f64, rng: &mut Rng) {
    let at = rng.below(usize::try_from(seen).unwrap_or(usize::MAX));
    if let Some(held) = sample.get_mut(at) {
        *held = number;
    }
}

/// The quantile at a share of sorted numbers with their counts, interpolated as numpy does it.
fn quantile(sorted: &[(f64, u64)], share: f64) -> f64 {
    let total: u64 = sorted.iter().map(|(_, count)| count).sum();
    let place = share * (total.saturating_sub(1)) as f64;
    let below = place as u64;
    let t = place - below as f64;
    let (a, b) = (nth(sorted, below), nth(sorted, below + 1));
    let gap = b - a;
    if !gap.is_finite() {
        return a * (1.0 - t) + b * t;
    }
    // From the nearer end, so that the interpolation rises with the share in floating point too.
    if t < 0.5 { a + gap * t } else { b - gap * (1.0 - t) }
}

/// The number at a place, from 0; the last where the place is beyond it.
fn nth(sorted: &[(f64, u64)], place: u64) -> f64 {
    let mut before = 0;
    for (number, count) in sorted {
        before += count;
        if place < before {
            return *number;
        }
    }
    sorted.last().map_or(0.0, |(number, _)| *number)
}

fn histogram(sorted: &[(f64, u64)], min: f64, max: f64) -> Option<Histogram> {
    let (low, high) = if min == max { (min - 0.5, max + 0.5) } else { (min, max) };
    let width = high - low;
    let step = width / BINS as f64;
    if !width.is_finite() || step <= 0.0 {
        return None;
    }
    let mut edges: Vec<f64> = (0..BINS).map(|at| low + at as f64 * step).collect();
    edges.push(high);
    if edges.windows(2).any(|pair| pair[0] >= pair[1]) {
        // The numbers lie closer than floating point can divide.
        return None;
    }
    let mut counts = vec![0; BINS];
    for (number, count) in sorted {
        let mut at = (((number - low) / width * BINS as f64) as usize).min(BINS - 1);
        // The division may round across an edge; the edges decide.
        if *number < edges[at] {
            at = at.saturating_sub(1);
        } else if at < BINS - 1 && *number >= edges[at + 1] {
            at += 1;
        }
        counts[at] += count;
    }
    Some(Histogram { edges, counts })
}
