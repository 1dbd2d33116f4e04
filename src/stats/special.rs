//! Special functions behind the tests' p-values, on `libm` alone so that they are the same everywhere.

use crate::base::math;

/// Relative size at which a series or a continued fraction has converged.
const EPSILON: f64 = 1e-16;

/// Bound on the terms of a series or continued fraction. Around `x = a` both need some multiple of √a terms.
const MAX_TERMS: usize = 1_000_000;

/// Survival function of the chi-squared distribution: the probability of a value above `statistic`.
///
/// `scipy.stats.chi2.sf`. With no degree of freedom all of the distribution is at 0, so the answer is 1 there and 0
/// above. NaN if the statistic is NaN.
pub fn chi2_sf(statistic: f64, degrees: f64) -> f64 {
    if statistic.is_nan() || degrees.is_nan() {
        return f64::NAN;
    }
    if statistic <= 0.0 {
        return 1.0;
    }
    if degrees <= 0.0 || statistic.is_infinite() {
        return 0.0;
    }
    gamma_q(degrees / 2.0, statistic / 2.0)
}

/// Regularised upper incomplete gamma function Q(a, x) for a > 0, x ≥ 0 (DLMF 8.2.4).
///
/// Series for P below x = a + 1 (DLMF 8.11.4), Lentz's continued fraction for Q above it (DLMF 8.9.2).
pub fn gamma_q(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < a + 1.0 { (1.0 - gamma_p_series(a, x)).clamp(0.0, 1.0) } else { gamma_q_fraction(a, x).clamp(0.0, 1.0) }
}

/// xᵃ e⁻ˣ / Γ(a + 1), written so that large arguments lose no digits (Loader 2000).
fn gamma_density(a: f64, x: f64) -> f64 {
    math::exp(-stirling_error(a) - deviance(a, x)) / math::sqrt(std::f64::consts::TAU * a)
}

fn gamma_p_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..MAX_TERMS {
        term *= x / (a + k as f64);
        sum += term;
        if term < sum * EPSILON {
            break;
        }
    }
    gamma_density(a, x) * sum
}

fn gamma_q_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    for k in 1..MAX_TERMS {
        let numerator = -(k as f64) * (k as f64 - a);
        b += 2.0;
        let next = numerator * d + b;
        d = 1.0 / if next.abs() < TINY { TINY } else { next };
        let next = b + numerator / c;
        c = if next.abs() < TINY { TINY } else { next };
        let factor = d * c;
        h *= factor;
        if (factor - 1.0).abs() < 2.0 * EPSILON {
            break;
        }
    }
    // Γ(a + 1) = a Γ(a).
    gamma_density(a, x) * a * h
}

/// ln Γ(n + 1) minus Stirling's main term: ln n! − (n + ½) ln n + n − ½ ln 2π, for n > 0.
///
/// C. Loader, *Fast and accurate computation of binomial probabilities*, 2000.
pub fn stirling_error(n: f64) -> f64 {
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
    if n < 16.0 {
        return math::ln_gamma(n + 1.0) - (n + 0.5) * math::ln(n) + n - HALF_LN_TAU;
    }
    let r = 1.0 / (n * n);
    let series = 1.0 / 12.0
        - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r * (1.0 / 1188.0 - r * (691.0 / 360_360.0)))));
    series / n
}

/// Loader's deviance x ln(x / m) + m − x, without cancellation where x is near m; 0 ln 0 is 0.
pub fn deviance(x: f64, m: f64) -> f64 {
    if x == 0.0 {
        return m;
    }
    let difference = x - m;
    if difference.abs() >= 0.1 * (x + m) {
        return x * math::ln(x / m) - difference;
    }
    let v = difference / (x + m);
    let mut sum = difference * v;
    let mut power = 2.0 * x * v;
    for j in 1..1000 {
        power *= v * v;
        let next = sum + power / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// Probability of `k` successes in `n` independent trials of success probability `p`, accurate far into the tails.
///
/// `success` and `failure` are the expected counts n·p and n·(1 − p), given apart so that neither is a difference.
pub fn binomial(k: f64, n: f64, success: f64, failure: f64) -> f64 {
    if success <= 0.0 {
        return if k == 0.0 { 1.0 } else { 0.0 };
    }
    if failure <= 0.0 {
        return if k == n { 1.0 } else { 0.0 };
    }
    if k == 0.0 {
        return math::exp(if success < 0.1 * n { n * math::ln_1p(-success / n) } else { n * math::ln(failure / n) });
    }
    if k == n {
        return math::exp(if failure < 0.1 * n { n * math::ln_1p(-failure / n) } else { n * math::ln(success / n) });
    }
    let rest = n - k;
    let log =
        stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k, success) - deviance(rest, failure);
    math::exp(log) * math::sqrt(n / (std::f64::consts::TAU * k * rest))
}
