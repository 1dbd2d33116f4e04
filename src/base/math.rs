//! Floating point that is the same natively and in wasm.
//!
//! `std`'s transcendental functions call the platform's library and differ in the last bit from
//! one to the next (`exp` in a tenth of all inputs); the `libm` crate's do not. `clippy.toml`
//! forbids the `f64` methods, so every such call comes through here.

/// eˣ.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), exact near zero.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// eˣ − 1, exact near zero.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// xʸ.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Square root.
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// Sine of radians.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Arc sine in radians.
pub fn asin(x: f64) -> f64 {
    libm::asin(x)
}

/// Inverse hyperbolic sine: near 0 it is x, far out the logarithm of 2 |x| with the sign of x.
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// ln Γ(x).
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Complementary error function.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// The logistic function 1 / (1 + e⁻ˣ), without overflow on either side.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// ln(p / (1 − p)).
pub fn logit(p: f64) -> f64 {
    ln(p) - ln_1p(-p)
}

/// ln(1 + eˣ), without overflow.
pub fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + ln_1p(exp(-x)) } else { ln_1p(exp(x)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_and_logit_undo_each_other_and_never_overflow() {
        for x in [-30.0, -2.5, -1e-9, 0.0, 1e-9, 2.5, 12.0] {
            assert!((logit(sigmoid(x)) - x).abs() <= 1e-9 * (1.0 + x.abs()), "{x}");
        }
        assert_eq!(sigmoid(-1e6), 0.0);
        assert_eq!(sigmoid(1e6), 1.0);
        assert_eq!(softplus(1e6), 1e6);
        assert_eq!(softplus(-1e6), 0.0);
    }

    #[test]
    fn the_last_bits_are_those_of_libm_everywhere() {
        // Recorded natively; the browser tests assert the same bits.
        assert_eq!(exp(0.1).to_bits(), libm::exp(0.1).to_bits());
        assert_eq!(exp(0.1).to_bits(), 0x3ff1_aec7_b35a_00d4);
    }
}
