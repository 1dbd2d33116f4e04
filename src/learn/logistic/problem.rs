//! The objective divided by C, with its gradient and Hessian.
//!
//! Each sum runs over the examples in their order; what is computed side by side is different sums, so that the blocks
//! and tiles below do not change a bit.

use ndarray::{ArrayView2, Axis};

use super::Settings;
use crate::base::math;

/// Examples worked on at a time: few enough that their values stay in the first-level cache.
const BLOCK: usize = 64;
/// Side of the squares in which the Hessian is summed: 16 sums fit in the registers.
const TILE: usize = 4;

/// The objective divided by C, over the examples.
pub(super) struct Problem<'a> {
    /// Block after block of examples; in it strip after strip of `TILE` columns; in it example after example. After the
    /// last feature comes a column of ones for the intercept, then zeros up to a whole strip.
    blocks: Vec<[f64; TILE]>,
    /// Strips of columns.
    strips: usize,
    /// Features, not counting the intercept.
    pub(super) columns: usize,
    y: &'a [f64],
    weights: &'a [f64],
    /// Weight of ½ ‖β‖².
    ridge: f64,
    /// Weight of ‖β‖₁.
    pub(super) lasso: f64,
    /// Sum of the weights.
    pub(super) total_weight: f64,
}

/// A place, and what is known of the objective there.
#[derive(Clone)]
pub(super) struct Point {
    /// Coefficients, and the intercept last.
    pub(super) beta: Vec<f64>,
    /// The objective, divided by C.
    pub(super) loss: f64,
    /// Gradient of all of it but the L1 part.
    pub(super) gradient: Vec<f64>,
    /// Second derivative of each example's loss by its logit, kept for the Hessian.
    curvature: Vec<f64>,
}

impl<'a> Problem<'a> {
    pub(super) fn new(x: ArrayView2<'_, f64>, y: &'a [f64], weights: &'a [f64], settings: Settings) -> Self {
        let columns = x.ncols();
        let strips = (columns + 1).div_ceil(TILE);
        let mut blocks = vec![[0.0; TILE]; x.nrows() * strips];
        for (block, examples) in blocks.chunks_mut(BLOCK * strips).zip(x.axis_chunks_iter(Axis(0), BLOCK)) {
            let length = examples.nrows();
            for (place, row) in examples.rows().into_iter().enumerate() {
                for (at, value) in row.iter().chain([&1.0]).enumerate() {
                    block[at / TILE * length + place][at % TILE] = *value;
                }
            }
        }
        Self {
            blocks,
            strips,
            columns,
            y,
            weights,
            ridge: (1.0 - settings.l1_ratio) / settings.c,
            lasso: settings.l1_ratio / settings.c,
            total_weight: weights.iter().sum(),
        }
    }

    /// The usual start, which halves the work of one at the origin: no coefficient, and the logit of the base rate.
    pub(super) fn base_rate(&self) -> Vec<f64> {
        let mut beta = vec![0.0; self.columns + 1];
        let base = self.y.iter().zip(self.weights).map(|(y, w)| y * w).sum::<f64>() / self.total_weight;
        beta[self.columns] = math::logit(base);
        beta
    }

    /// The objective there, up to rounding and without a pass that computes logits.
    pub(super) fn loss_at_base_rate(&self) -> f64 {
        let won: f64 = self.y.iter().zip(self.weights).map(|(y, w)| y * w).sum();
        let logit = math::logit(won / self.total_weight);
        won * math::softplus(-logit) + (self.total_weight - won) * math::softplus(logit)
    }

    /// Loss, gradient and curvatures at this place.
    pub(super) fn evaluate(&self, beta: Vec<f64>) -> Point {
        let mut point = Point { beta, loss: 0.0, gradient: Vec::new(), curvature: vec![0.0; self.y.len()] };
        self.evaluate_again(&mut point);
        point
    }

    /// The same for a point whose place was changed, in its own memory.
    ///
    /// Loss and probability share one exponential, and the probability's is not computed again for the Hessian.
    pub(super) fn evaluate_again(&self, point: &mut Point) {
        let beta = &point.beta;
        let mut loss = 0.0;
        let mut gradient = vec![[0.0; TILE]; self.strips];
        let mut residuals = [0.0; BLOCK];
        let (mut size, mut e, mut softened) = (f64::NAN, 0.0, 0.0);
        let examples = self.y.chunks(BLOCK).zip(self.weights.chunks(BLOCK));
        let blocks = self.blocks.chunks(BLOCK * self.strips).zip(point.curvature.chunks_mut(BLOCK));
        for ((y, weights), (block, curvature)) in examples.zip(blocks) {
            let residuals = &mut residuals[..y.len()];
            self.logits(block, beta, residuals);
            for (((y, weight), curvature), residual) in y.iter().zip(weights).zip(curvature).zip(residuals.iter_mut()) {
                let logit = *residual;
                // At the usual start all logits are one.
                if logit.abs() != size {
                    size = logit.abs();
                    e = math::exp(-size);
                    softened = math::ln_1p(e);
                }
                // −ln σ(z) of the label that was, by softplus: full precision on both sides.
                let against = if *y == 1.0 { -logit } else { logit };
                loss += weight * (softened + if against > 0.0 { against } else { 0.0 });
                let p = (if logit >= 0.0 { 1.0 } else { e }) / (1.0 + e);
                *residual = weight * (p - y);
                *curvature = weight * p * (1.0 - p);
            }
            for (sums, strip) in gradient.iter_mut().zip(block.chunks_exact(residuals.len())) {
                add_scaled(sums, residuals, strip);
            }
        }
        let coefficients = &beta[..self.columns];
        let norm: f64 = coefficients.iter().map(|b| b * b).sum();
        point.loss = loss + 0.5 * self.ridge * norm;
        if self.lasso > 0.0 {
            point.loss += self.lasso * coefficients.iter().map(|b| b.abs()).sum::<f64>();
        }
        point.gradient.clear();
        point.gradient.extend_from_slice(&gradient.as_flattened()[..=self.columns]);
        for (g, b) in point.gradient.iter_mut().zip(coefficients) {
            *g += self.ridge * b;
        }
    }

    /// Logits of a block of examples: the intercept, then feature after feature.
    fn logits(&self, block: &[[f64; TILE]], beta: &[f64], logits: &mut [f64]) {
        logits.fill(beta[self.columns]);
        for (strip, coefficients) in block.chunks_exact(logits.len()).zip(beta[..self.columns].chunks(TILE)) {
            // Past the last feature nothing is added: 0 times a number that is finite.
            let mut padded = [0.0; TILE];
            padded[..coefficients.len()].copy_from_slice(coefficients);
            for (logit, values) in logits.iter_mut().zip(strip) {
                // Written out, as in `add`: one after the other, in the order of the features.
                *logit += values[0] * padded[0];
                *logit += values[1] * padded[1];
                *logit += values[2] * padded[2];
                *logit += values[3] * padded[3];
            }
        }
    }

    /// Lower triangle by rows of the Hessian of all but the L1 part; what is above the diagonal means nothing.
    pub(super) fn hessian(&self, point: &Point) -> Vec<f64> {
        let strips = self.strips;
        let mut squares = vec![[[0.0; TILE]; TILE]; strips * strips];
        let mut scaled = [[0.0; TILE]; BLOCK];
        for (block, curvature) in self.blocks.chunks(BLOCK * strips).zip(point.curvature.chunks(BLOCK)) {
            let strip = |at: usize| &block[at * curvature.len()..(at + 1) * curvature.len()];
            for down in 0..strips {
                for (scaled, (values, curvature)) in scaled.iter_mut().zip(strip(down).iter().zip(curvature)) {
                    *scaled = values.map(|value| curvature * value);
                }
                for right in 0..=down {
                    add_products(&mut squares[down * strips + right], &scaled, strip(right));
                }
            }
        }
        let size = self.columns + 1;
        let mut hessian = vec![0.0; size * size];
        for i in 0..size {
            for j in 0..=i {
                hessian[i * size + j] = squares[i / TILE * strips + j / TILE][i % TILE][j % TILE];
            }
        }
        for i in 0..self.columns {
            hessian[i * size + i] += self.ridge;
        }
        hessian
    }

    /// Σ wᵢ |xᵢⱼ| of each column and of the intercept: its product with the machine epsilon is what rounding makes of
    /// the gradient's component.
    pub(super) fn magnitudes(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns + 1];
        for (block, weights) in self.blocks.chunks(BLOCK * self.strips).zip(self.weights.chunks(BLOCK)) {
            for (sums, strip) in sums.chunks_mut(TILE).zip(block.chunks_exact(weights.len())) {
                for (values, weight) in strip.iter().zip(weights) {
                    for (sum, value) in sums.iter_mut().zip(values) {
                        *sum += weight * value.abs();
                    }
                }
            }
        }
        sums
    }
}

/// Adds each example's values, scaled.
fn add_scaled(sums: &mut [f64; TILE], scales: &[f64], strip: &[[f64; TILE]]) {
    let mut here = *sums;
    for (values, scale) in strip.iter().zip(scales) {
        add(&mut here, *scale, values);
    }
    *sums = here;
}

/// Adds each example's outer product of two strips.
fn add_products(square: &mut [[f64; TILE]; TILE], left: &[[f64; TILE]], right: &[[f64; TILE]]) {
    // A copy on the stack, so that the sums stay in registers.
    let [mut first, mut second, mut third, mut fourth] = *square;
    for (left, right) in left.iter().zip(right) {
        add(&mut first, left[0], right);
        add(&mut second, left[1], right);
        add(&mut third, left[2], right);
        add(&mut fourth, left[3], right);
    }
    *square = [first, second, third, fourth];
}

/// Adds values, scaled. It is written out and inlined because the site is built for size, which keeps short loops: this is
/// where a fit spends its time.
#[inline(always)]
fn add(sums: &mut [f64; TILE], scale: f64, values: &[f64; TILE]) {
    sums[0] += scale * values[0];
    sums[1] += scale * values[1];
    sums[2] += scale * values[2];
    sums[3] += scale * values[3];
}
