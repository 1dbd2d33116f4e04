//! The two-sample tests held against scipy, and what must hold of them for any input.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::special::chi2_sf;
use super::{TwoSampleError, chi_square, kolmogorov_sf, ks};

/// Reference seed, its n, current seed, its n, levels, shift of current, statistic, p-value.
type KsCase = (u64, usize, u64, usize, u32, f64, f64, f64);

/// Fields as the generator `tests/reference/two_sample_scipy.py` names them.
#[derive(Deserialize)]
struct Golden {
    ks: Vec<KsCase>,
    kstwo: Vec<(u64, f64, f64)>,
    chisquare: Vec<(Vec<u64>, Vec<u64>, f64, f64)>,
    chi2: Vec<(f64, f64, f64)>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/two_sample_scipy.json")).expect("the golden file is whole")
}

/// The generator's splitmix64 and its transformation.
fn sample(seed: u64, n: usize, levels: u32, shift: f64) -> Vec<f64> {
    let mut state = seed;
    let draw = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let u = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        (if levels == 0 { u } else { (u * f64::from(levels)).floor() }) + shift
    };
    std::iter::repeat_with(draw).take(n).collect()
}

/// Within 1e-9, and for what is not vanishing also in relative terms.
fn assert_close(found: f64, expected: f64, relative: f64, what: &str) {
    if found == expected {
        return;
    }
    let difference = (found - expected).abs();
    assert!(difference <= 1e-9, "{what}: found {found:e}, expected {expected:e}");
    let bound = expected.abs().max(1e-290) * relative;
    assert!(difference <= bound, "{what}: found {found:e}, expected {expected:e}: off by {difference:e}");
}

#[test]
fn the_ks_test_agrees_with_scipy() {
    for (a, n, b, m, levels, shift, statistic, p) in golden().ks {
        let found = ks(&sample(a, n, levels, 0.0), &sample(b, m, levels, shift)).expect("both have values");
        let what = format!("n {n}, m {m}, levels {levels}, shift {shift}");
        assert_close(found.statistic, statistic, 1e-14, &what);
        // scipy's one-minus-CDF branches carry an absolute error of 1e-15 or so: relative to a p of 1e-4, 1e-9.
        assert_close(found.p_value, p, 1e-9, &what);
    }
}

#[test]
fn the_kolmogorov_tail_agrees_with_scipy() {
    for (n, d, expected) in golden().kstwo {
        assert_close(kolmogorov_sf(n, d), expected, 1e-8, &format!("n {n}, d {d}"));
    }
}

#[test]
fn the_chi_squared_test_agrees_with_scipy() {
    for (reference, current, statistic, p) in golden().chisquare {
        let counts: BTreeMap<usize, (u64, u64)> =
            reference.iter().copied().zip(current.iter().copied()).enumerate().collect();
        let found = chi_square(&counts).expect("both have values");
        let what = format!("{reference:?} against {current:?}");
        assert!((found.statistic - statistic).abs() <= 1e-9 * statistic.max(1.0), "{what}: {}", found.statistic);
        assert_close(found.p_value, p, 1e-8, &what);
    }
}

#[test]
fn the_chi_squared_tail_agrees_with_scipy() {
    for (statistic, degrees, expected) in golden().chi2 {
        assert_close(chi2_sf(statistic, degrees), expected, 1e-10, &format!("x {statistic}, df {degrees}"));
    }
}

#[test]
fn evidentlys_numeric_vector_is_reproduced() {
    let reference: Vec<f64> = (1..=40).map(f64::from).collect();
    let current: Vec<f64> = (1..=30).map(|i| 1.1 * f64::from(i) + 2.0).collect();
    let found = ks(&reference, &current).expect("both have values");
    assert!((found.p_value - 0.842_271_7).abs() < 5e-8, "{found:?}");
}

#[test]
fn evidentlys_categorical_vectors_are_reproduced() {
    let known = BTreeMap::from([("a", (50, 20)), ("b", (30, 20)), ("c", (20, 10))]);
    let found = chi_square(&known).expect("both have values");
    assert!((found.p_value - 0.263_597_1).abs() < 5e-8, "{found:?}");
    let new = BTreeMap::from([("a", (50, 20)), ("b", (30, 20)), ("c", (20, 0)), ("d", (0, 10))]);
    let found = chi_square(&new).expect("both have values");
    assert_eq!((found.statistic, found.p_value), (f64::INFINITY, 0.0));
}

#[test]
fn a_single_category_is_no_evidence() {
    let found = chi_square(&BTreeMap::from([("a", (5, 7))])).expect("both have values");
    assert_eq!((found.statistic, found.p_value), (0.0, 1.0));
}

#[test]
fn a_sample_without_values_is_named() {
    assert_eq!(ks(&[], &[1.0]), Err(TwoSampleError::EmptyReference));
    assert_eq!(ks(&[1.0], &[f64::NAN]), Err(TwoSampleError::EmptyCurrent));
    assert_eq!(chi_square(&BTreeMap::from([("a", (0, 1))])), Err(TwoSampleError::EmptyReference));
    assert_eq!(chi_square(&BTreeMap::from([("a", (1, 0))])), Err(TwoSampleError::EmptyCurrent));
}

#[test]
fn missing_values_are_left_out_and_counted_out() {
    let found = ks(&[1.0, f64::NAN, 3.0], &[f64::NAN, 2.0, 2.5, 9.0]).expect("both have values");
    assert_eq!((found.reference_n, found.current_n), (2, 3));
    assert_eq!(found, ks(&[1.0, 3.0], &[2.0, 2.5, 9.0]).expect("both have values"));
}

/// The share of all interleavings of two samples whose gap is at least `steps` / (n·m), by trying each.
fn share_by_enumeration(n: usize, m: usize, steps: u64) -> f64 {
    let (mut outside, mut all) = (0_u64, 0_u64);
    for mask in (0_u32..1 << (n + m)).filter(|mask| mask.count_ones() as usize == n) {
        let (mut i, mut j, mut gap) = (0_u64, 0_u64, 0_u64);
        for step in 0..n + m {
            if mask >> step & 1 == 1 {
                i += 1
            } else {
                j += 1
            }
            gap = gap.max((i * m as u64).abs_diff(j * n as u64));
        }
        all += 1;
        outside += u64::from(gap >= steps);
    }
    outside as f64 / all as f64
}

#[test]
fn the_p_value_of_small_samples_is_the_share_of_all_interleavings() {
    for (n, m) in [(1, 1), (2, 3), (4, 4), (3, 6), (5, 7), (6, 4)] {
        let reference: Vec<f64> = (0..n).map(|i| i as f64).collect();
        for cut in 0..=n {
            let current: Vec<f64> = (0..m).map(|j| cut as f64 - 0.5 + j as f64 / 100.0).collect();
            let found = ks(&reference, &current).expect("both have values");
            let steps = (found.statistic * (n * m) as f64).round() as u64;
            let expected = share_by_enumeration(n, m, steps);
            assert!((found.p_value - expected).abs() < 1e-12, "n {n}, m {m}, cut {cut}: {found:?}, {expected}");
        }
    }
}

proptest! {
    #[test]
    fn a_sample_does_not_differ_from_itself(values in prop::collection::vec(-1e6..1e6, 1..300)) {
        let found = ks(&values, &values).expect("not empty");
        prop_assert_eq!((found.statistic, found.p_value), (0.0, 1.0));
    }

    #[test]
    fn the_ks_test_is_symmetric(
        a in prop::collection::vec(0..30_i32, 1..60),
        b in prop::collection::vec(0..30_i32, 1..60),
    ) {
        let (a, b): (Vec<f64>, Vec<f64>) = (a.into_iter().map(f64::from).collect(), b.into_iter().map(f64::from).collect());
        let (forth, back) = (ks(&a, &b).expect("not empty"), ks(&b, &a).expect("not empty"));
        prop_assert_eq!(forth.statistic, back.statistic);
        prop_assert!((forth.p_value - back.p_value).abs() < 1e-12);
        prop_assert!((0.0..=1.0).contains(&forth.p_value));
    }

    #[test]
    fn only_the_order_of_values_matters(values in prop::collection::vec((-50.0..50.0, -50.0..50.0), 1..80)) {
        let (a, b): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
        let cube = |x: &f64| x * x * x + 2.0 * x;
        let moved = ks(&a.iter().map(cube).collect::<Vec<_>>(), &b.iter().map(cube).collect::<Vec<_>>());
        prop_assert_eq!(ks(&a, &b), moved);
    }

    #[test]
    fn tails_are_probabilities_that_fall(n in 1_u64..3000, d in 0.0..1.0_f64, step in 0.0..0.2_f64) {
        let (near, far) = (kolmogorov_sf(n, d), kolmogorov_sf(n, d + step));
        prop_assert!((0.0..=1.0).contains(&near));
        // Methods meet at their cut-offs to within 1e-10.
        prop_assert!(far <= near + 1e-10);
    }
}
