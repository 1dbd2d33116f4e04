//! The quadratic model of a proximal Newton step.

use super::newton::{largest, solve};

/// Rounds of coordinate descent after which the model's minimum is taken as it is.
const ROUNDS: u32 = 1_000;
/// Share by which the diagonal is raised where the model is solved, so that features that depend on one another can be.
/// It shortens a step a little and takes nothing from the answer, which is where no step is left.
const DAMPING: f64 = 1e-12;
/// Rounds of descent between two times that the coefficients other than 0 are solved for.
const SOLVED: u32 = 4;

/// How far a component is from optimal: the smallest subgradient of the smooth part, of this slope, plus `lasso · |b|`.
pub(super) fn violation(b: f64, slope: f64, lasso: f64) -> f64 {
    if b > 0.0 {
        (slope + lasso).abs()
    } else if b < 0.0 {
        (slope - lasso).abs()
    } else {
        let excess = slope.abs() - lasso;
        // Not `max`, which would make 0 of a slope that is NaN.
        if excess <= 0.0 { 0.0 } else { excess }
    }
}

/// The objective around a place: its smooth part to second order, its L1 part exactly.
pub(super) struct Quadratic {
    /// Full, symmetric.
    hessian: Vec<f64>,
    /// Where the model's minimum is sought; the intercept last.
    target: Vec<f64>,
    /// The smooth part's gradient at the target.
    slope: Vec<f64>,
    lasso: f64,
}

impl Quadratic {
    /// The model around `beta`, from the smooth part's gradient and its Hessian's lower triangle there.
    pub(super) fn new(beta: &[f64], gradient: &[f64], mut hessian: Vec<f64>, lasso: f64) -> Self {
        let size = beta.len();
        for i in 0..size {
            for j in 0..i {
                hessian[j * size + i] = hessian[i * size + j];
            }
        }
        Self { hessian, target: beta.to_vec(), slope: gradient.to_vec(), lasso }
    }

    /// The minimum, to this size of its subgradient.
    ///
    /// Coordinate descent finds which coefficients are 0; every few rounds the others are solved for, which is exact
    /// where descent alone is slow: correlated features.
    pub(super) fn minimise(mut self, enough: f64) -> Vec<f64> {
        for round in 1..=ROUNDS {
            for j in 0..self.target.len() {
                self.descend(j);
            }
            if self.worst() <= enough {
                break;
            }
            if round % SOLVED == 0 {
                self.solve_support();
                if self.worst() <= enough {
                    break;
                }
            }
        }
        self.target
    }

    fn lasso_of(&self, j: usize) -> f64 {
        if j + 1 == self.target.len() { 0.0 } else { self.lasso }
    }

    fn worst(&self) -> f64 {
        let of = |j: usize| violation(self.target[j], self.slope[j], self.lasso_of(j));
        largest((0..self.target.len()).map(of))
    }

    /// Moves one component to its minimum with the others fixed.
    fn descend(&mut self, j: usize) {
        let (b, slope, lasso) = (self.target[j], self.slope[j], self.lasso_of(j));
        let curvature = self.hessian[j * self.target.len() + j];
        let moved = if curvature > 0.0 {
            let free = b * curvature - slope;
            let shrunk = free.abs() - lasso;
            if shrunk > 0.0 { shrunk.copysign(free) / curvature } else { 0.0 }
        } else if slope.abs() <= lasso {
            // The loss does not depend on this feature.
            0.0
        } else {
            b
        };
        self.shift(j, moved);
    }

    fn shift(&mut self, j: usize, moved: f64) {
        let by = moved - self.target[j];
        self.target[j] = moved;
        if by != 0.0 {
            let size = self.target.len();
            for (slope, h) in self.slope.iter_mut().zip(&self.hessian[j * size..(j + 1) * size]) {
                *slope += h * by;
            }
        }
    }

    /// Moves the components that are not 0 to their minimum with the others fixed at 0. One that would change its sign on
    /// the way becomes 0 there, and the way goes on without it. The model falls all along, so this does no harm anywhere.
    fn solve_support(&mut self) {
        for _ in 0..self.target.len() {
            let Some((support, step)) = self.support_step() else { return };
            let mut share = 1.0;
            let mut first = None;
            for (j, s) in support.iter().zip(&step) {
                let b = self.target[*j];
                // Towards 0 and as far as it or farther: the share is above 0 and at most 1.
                if self.lasso_of(*j) > 0.0 && s.abs() >= b.abs() && (*s > 0.0) == (b > 0.0) && b / s <= share {
                    share = b / s;
                    first = Some(*j);
                }
            }
            for (j, s) in support.iter().zip(&step) {
                self.shift(*j, self.target[*j] - share * s);
            }
            let Some(j) = first else { return };
            self.shift(j, 0.0);
        }
    }

    /// The components that are not 0, with the intercept, and what to take from each to reach their common minimum.
    fn support_step(&self) -> Option<(Vec<usize>, Vec<f64>)> {
        let size = self.target.len();
        let support: Vec<usize> = (0..size).filter(|j| self.target[*j] != 0.0 || j + 1 == size).collect();
        let sign = |j: usize| if self.lasso_of(j) == 0.0 { 0.0 } else { self.target[j].signum() };
        let right: Vec<f64> = support.iter().map(|j| self.slope[*j] + self.lasso_of(*j) * sign(*j)).collect();
        let mut lower = Vec::with_capacity(support.len() * support.len());
        for i in &support {
            let damped = |j: usize| if j == *i { 1.0 + DAMPING } else { 1.0 };
            lower.extend(support.iter().map(|j| self.hessian[i * size + j] * damped(*j)));
        }
        solve(&lower, &right).map(|step| (support, step))
    }
}
