//! The distribution of the two-sided one-sample Kolmogorov–Smirnov statistic, `scipy.stats.kstwo`.
//!
//! The choice among methods is that of R. Simard and P. L'Ecuyer, *Computing the two-sided Kolmogorov–Smirnov
//! distribution*, Journal of Statistical Software 39(11), 2011, with scipy's cut-offs. Where scipy takes Pomeranz's
//! recursion (n ≤ 140) the matrix of Marsaglia, Tsang and Wang is used here: both are exact.

use crate::base::math;

use super::special;

const PI2: f64 = std::f64::consts::PI * std::f64::consts::PI;

/// Scaling steps of the matrix powers are by 2¹²⁸.
const BIG: f64 = 340_282_366_920_938_463_463_374_607_431_768_211_456.0;
const BIG_EXPONENT: i32 = 128;

/// P(D ≥ d) for a sample of `n` ≥ 1 values.
pub fn kolmogorov_sf(n: u64, d: f64) -> f64 {
    if d >= 1.0 {
        return 0.0;
    }
    let size = n as f64;
    let t = size * d;
    if t <= 0.5 {
        return 1.0;
    }
    if t <= 1.0 {
        // Ruben and Gambino: n! (2d − 1/n)ⁿ.
        let log_cdf = special::stirling_error(size) + 0.5 * math::ln(std::f64::consts::TAU * size) - size
            + size * math::ln(2.0 * t - 1.0);
        return (1.0 - math::exp(log_cdf)).clamp(0.0, 1.0);
    }
    if t >= size - 1.0 {
        return (2.0 * math::pow(1.0 - d, size)).clamp(0.0, 1.0);
    }
    let z2 = t * d;
    // Above these bounds twice the one-sided tail is the two-sided one, to all digits.
    let tail_from = if n <= 140 { 4.0 } else { 2.2 };
    if d >= 0.5 || z2 >= tail_from {
        return if z2 >= 370.0 && n > 140 { 0.0 } else { (2.0 * smirnov_sf(n, d)).clamp(0.0, 1.0) };
    }
    let exact = n <= 140 || (n <= 100_000 && t * math::sqrt(d) <= 1.4);
    let cdf = if exact { durbin_cdf(n, d) } else { pelz_good_cdf(size, d) };
    (1.0 - cdf).clamp(0.0, 1.0)
}

/// P(D⁺ ≥ d), the one-sided tail, by the sum of Smirnov (1944), Dwass's form:
/// d Σ C(n, j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j). Each term is a binomial probability over d + j/n.
fn smirnov_sf(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let mut sum = 0.0;
    for j in 0..=n {
        let count = j as f64;
        let success = size * d + count;
        let failure = size - success;
        if failure < 0.0 {
            break;
        }
        sum += special::binomial(count, size, success, failure) * size / success;
    }
    d * sum
}

/// P(D < d) from the n-th power of Durbin's matrix (Marsaglia, Tsang and Wang, JSS 8(18), 2003).
fn durbin_cdf(n: u64, d: f64) -> f64 {
    let t = n as f64 * d;
    let k = libm::ceil(t) as usize;
    let m = 2 * k - 1;
    let mut base = durbin_matrix(m, k as f64 - t);
    let mut base_exponent = 0;
    let mut power = vec![0.0; m * m];
    for i in 0..m {
        power[i * m + i] = 1.0;
    }
    let mut exponent = 0;
    let mut left = n;
    while left > 0 {
        if left % 2 == 1 {
            power = multiply(&power, &base, m);
            exponent += base_exponent;
            rescale(&mut power, (k - 1) * m + k - 1, &mut exponent);
        }
        base = multiply(&base, &base, m);
        base_exponent *= 2;
        rescale(&mut base, (k - 1) * m + k - 1, &mut base_exponent);
        left /= 2;
    }
    let mut p = power[(k - 1) * m + k - 1];
    for i in 1..=n {
        p = i as f64 * p / n as f64;
        if p < 1.0 / BIG {
            p *= BIG;
            exponent -= BIG_EXPONENT;
        }
    }
    libm::ldexp(p, exponent)
}

/// The matrix H, by rows, for k − n·d = `h`.
fn durbin_matrix(m: usize, h: f64) -> Vec<f64> {
    let mut inverse_factorial = vec![1.0; m + 1];
    for j in 1..=m {
        inverse_factorial[j] = inverse_factorial[j - 1] / j as f64;
    }
    let mut matrix = vec![0.0; m * m];
    for row in 0..m {
        for column in 1..m {
            if row + 1 >= column {
                matrix[row * m + column] = inverse_factorial[row + 1 - column];
            }
        }
    }
    let mut h_power = 1.0;
    for j in 1..=m {
        h_power *= h;
        let corner = if j == m { (2.0 * h - 1.0).max(0.0) } else { 0.0 };
        let extra = if j == m { math::pow(corner, m as f64) - h_power } else { 0.0 };
        let value = (1.0 - h_power + extra) * inverse_factorial[j];
        matrix[(j - 1) * m] = value;
        matrix[(m - 1) * m + m - j] = value;
    }
    matrix
}

fn multiply(a: &[f64], b: &[f64], m: usize) -> Vec<f64> {
    let mut product = vec![0.0; m * m];
    for row in 0..m {
        for inner in 0..m {
            let factor = a[row * m + inner];
            for column in 0..m {
                product[row * m + column] += factor * b[inner * m + column];
            }
        }
    }
    product
}

fn rescale(matrix: &mut [f64], probe: usize, exponent: &mut i32) {
    if matrix[probe] > BIG {
        for value in matrix.iter_mut() {
            *value /= BIG;
        }
        *exponent += BIG_EXPONENT;
    }
}

/// P(D ≤ d) by W. Pelz and I. J. Good's expansion, *Approximating the lower tail-areas of the Kolmogorov–Smirnov
/// one-sample statistic*, Journal of the Royal Statistical Society B 38, 1976; for n > 140 its error is below 5e-11.
fn pelz_good_cdf(n: f64, d: f64) -> f64 {
    let z = math::sqrt(n) * d;
    let z2 = z * z;
    let (z4, z6) = (z2 * z2, z2 * z2 * z2);
    let log_q = -PI2 / 8.0 / z2;
    if log_q < -708.0 {
        return 0.0;
    }
    let terms = libm::ceil(16.0 * z / std::f64::consts::PI) as u32;
    let (pi4, pi6) = (PI2 * PI2, PI2 * PI2 * PI2);
    let mut k = [0.0; 4];
    for odd in (1..=terms).rev().map(|term| f64::from(2 * term - 1)) {
        let (m2, m4) = (odd * odd, odd * odd * odd * odd);
        let weight = math::exp(log_q * m2);
        k[0] += weight;
        k[1] += weight * (PI2 / 4.0 * m2 - z2);
        k[2] += weight
            * (6.0 * z6 + 2.0 * z4 + (2.0 * z4 - 5.0 * z2) * PI2 / 4.0 * m2 + pi4 * (1.0 - 2.0 * z2) / 16.0 * m4);
        k[3] += weight
            * (-30.0 * z6 - 90.0 * z4 * z4
                + PI2 * (135.0 * z4 - 96.0 * z6) / 4.0 * m2
                + pi4 * (-60.0 * z2 + 212.0 * z4) / 16.0 * m4
                + pi6 * (5.0 - 30.0 * z2) / 64.0 * m4 * m2);
    }
    let root = math::sqrt(std::f64::consts::TAU);
    let scales = [z, 6.0 * z4, 72.0 * z6 * z, 6480.0 * z6 * z4];
    for (value, scale) in k.iter_mut().zip(scales) {
        *value *= root / scale;
    }
    let log_q = -PI2 / 2.0 / z2;
    for term in (1..=terms).rev().map(f64::from) {
        let m2 = term * term;
        let weight = math::exp(log_q * m2) * m2 * PI2 * root;
        k[2] -= weight / (36.0 * z2 * z);
        k[3] += weight * (3.0 * z2 - PI2 * m2) / (216.0 * z6);
    }
    let root_n = math::sqrt(n);
    k[0] + k[1] / root_n + k[2] / n + k[3] / (n * root_n)
}
