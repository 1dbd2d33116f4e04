//! The quadratic model of a proximal Newton step.

use super::newton::solve;

/// Rounds of coordinate descent after which the model's minimum is taken as it is.
const ROUNDS: u32 = 10_000;

/// How far a component is from optimal: the smallest subgradient of the smooth part, of this slope, plus `lasso · |b|`.
pub(super) fn violation(b: f64, slope: f64, lasso: f64) -> f64 {
    if b > 0.0 {
        (slope + lasso).abs()
    } else if b < 0.0 {
        (slope - lasso).abs()
    } else {
        (slope.abs() - lasso).max(0.0)
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
    /// Coordinate descent finds which coefficients are 0 and the signs of the others; every now and then these are
    /// taken as known and the others solved for, which is exact where descent alone is slow: correlated features.
    pub(super) fn minimise(mut self, enough: f64) -> Vec<f64> {
        for round in 1..=ROUNDS {
            for j in 0..self.target.len() {
                self.descend(j);
            }
            if self.worst() <= enough {
                break;
            }
            if round.is_power_of_two() && round > 1 {
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
        (0..self.target.len()).map(of).fold(0.0, f64::max)
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

    /// Moves the components that are not 0 to their minimum with the others fixed at 0, if that keeps their signs.
    fn solve_support(&mut self) {
        let size = self.target.len();
        let support: Vec<usize> = (0..size).filter(|j| self.target[*j] != 0.0 || j + 1 == size).collect();
        let sign = |j: usize| if self.lasso_of(j) == 0.0 { 0.0 } else { self.target[j].signum() };
        let right: Vec<f64> = support.iter().map(|j| self.slope[*j] + self.lasso_of(*j) * sign(*j)).collect();
        let mut lower = Vec::with_capacity(support.len() * support.len());
        for i in &support {
            lower.extend(support.iter().map(|j| self.hessian[i * size + j]));
        }
        let Some(step) = solve(&lower, &right) else { return };
        let moved: Vec<f64> = support.iter().zip(&step).map(|(j, s)| self.target[*j] - s).collect();
        let kept = |(j, moved): (&usize, &f64)| self.lasso_of(*j) == 0.0 || self.target[*j] * moved > 0.0;
        if support.iter().zip(&moved).all(kept) {
            for (j, moved) in support.iter().zip(&moved) {
                self.shift(*j, *moved);
            }
        }
    }
}
