//! Calibrations held against scikit-learn and betacal, and what must hold of them for any input.

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::base::json as documents;

#[derive(Deserialize)]
struct Golden {
    grid: Vec<f64>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    p: Vec<f64>,
    y: Vec<f64>,
    weights: Option<Vec<f64>>,
    platt: Option<Both<Platt>>,
    isotonic: Isotonic,
    beta: Option<Both<Beta>>,
}

#[derive(Deserialize)]
struct Platt {
    slope: f64,
    intercept: f64,
    objective: f64,
    grid: Vec<f64>,
}

#[derive(Deserialize)]
struct Isotonic {
    x: Vec<f64>,
    y: Vec<f64>,
    grid: Vec<f64>,
}

/// A reference as it is, whose optimiser stops a little early, and the minimum of its objective.
#[derive(Deserialize)]
struct Both<T> {
    shipped: T,
    converged: T,
}

#[derive(Deserialize)]
struct Beta {
    a: f64,
    b: f64,
    c: f64,
    objective: f64,
    grid: Vec<f64>,
}

fn golden() -> Golden {
    // Written by tests/reference/calibration_sklearn.py.
    let golden: Golden =
        serde_json::from_str(include_str!("../../../tests/golden/calibration_sklearn.json")).expect("the golden file");
    assert!(golden.cases.len() >= 15);
    golden
}

impl Case {
    fn fit(&self, method: CalibrationMethod) -> Calibration {
        let fitted = fit_calibration(method, &self.p, &self.y, self.weights.as_deref()).expect("an ordinary problem");
        assert_eq!(fitted.check(), Ok(()), "{}", self.name);
        fitted
    }

    /// Summed log loss of the calibrated forecasts, against the labels or Platt's smoothed ones.
    fn objective(&self, fitted: &Calibration) -> f64 {
        let examples = Examples::of(&self.p, &self.y, self.weights.as_deref()).expect("valid examples");
        let (one, zero) = (examples.weight_of(1.0), examples.weight_of(0.0));
        let smooth = matches!(fitted, Calibration::Platt { .. });
        let (high, low) = if smooth { ((one + 1.0) / (one + 2.0), 1.0 / (zero + 2.0)) } else { (1.0, 0.0) };
        let mut loss = 0.0;
        for ((p, y), weight) in examples.p.iter().zip(&examples.y).zip(&examples.weights) {
            let (q, target) = (fitted.apply(*p), if *y == 1.0 { high } else { low });
            loss -= weight * (target * math::ln(q) + (1.0 - target) * math::ln_1p(-q));
        }
        loss
    }

    fn near(&self, found: f64, expected: f64, tolerance: f64, what: &str) {
        let bound = tolerance * expected.abs().max(1.0);
        assert!((found - expected).abs() <= bound, "{}, {what}: {found} and not {expected}", self.name);
    }

    fn near_on(&self, grid: &[f64], fitted: &Calibration, expected: &[f64], tolerance: f64) {
        for (p, expected) in grid.iter().zip(expected) {
            self.near(fitted.apply(*p), *expected, tolerance, &format!("at {p}"));
        }
    }
}

/// Of slope and intercept, against the minimum.
const PLATT: f64 = 1e-9;

#[test]
fn scikit_learn_finds_the_same_platt_scaling() {
    let golden = golden();
    for case in &golden.cases {
        let Some(Both { shipped, converged }) = &case.platt else { continue };
        let found = case.fit(CalibrationMethod::Platt);
        let Calibration::Platt { slope, intercept } = found else { panic!("{found:?} is not Platt's") };
        if converged.slope < 0.0 {
            assert_eq!((case.name.as_str(), slope), ("turned round", 0.0));
            continue;
        }
        case.near(slope, converged.slope, PLATT, "slope");
        case.near(intercept, converged.intercept, PLATT, "intercept");
        case.near_on(&golden.grid, &found, &converged.grid, PLATT);
        case.near(slope, shipped.slope, 1e-6, "slope");
        case.near(intercept, shipped.intercept, 1e-6, "intercept");
        // Not the ends: a logit of −36 makes its last step visible.
        case.near_on(&golden.grid[2..14], &found, &shipped.grid[2..14], 1e-6);
        let objective = case.objective(&found);
        case.near(objective, converged.objective, 1e-12, "objective");
        assert!(objective <= shipped.objective + 1e-11, "{}: {objective} is not the minimum", case.name);
    }
}

#[test]
fn scikit_learn_finds_the_same_isotonic_regression() {
    let golden = golden();
    for case in &golden.cases {
        let found = case.fit(CalibrationMethod::Isotonic);
        let Calibration::Isotonic { x, y } = &found else { panic!("{found:?} is not isotonic") };
        assert_eq!(x, &case.isotonic.x, "{}", case.name);
        assert_eq!(y.len(), case.isotonic.y.len(), "{}", case.name);
        for (found, expected) in y.iter().zip(&case.isotonic.y) {
            assert!((found - expected).abs() <= 1e-12, "{}: {found} and not {expected}", case.name);
        }
        case.near_on(&golden.grid, &found, &case.isotonic.grid, 1e-12);
    }
}

/// Of the coefficients, against the minimum.
const BETA: f64 = 1e-8;

#[test]
fn betacal_finds_the_same_beta_calibration() {
    let golden = golden();
    for case in &golden.cases {
        let Some(Both { shipped, converged }) = &case.beta else { continue };
        let found = case.fit(CalibrationMethod::Beta);
        let Calibration::Beta { a, b, c } = found else { panic!("{found:?} is not beta's") };
        if converged.b < 0.0 {
            assert_eq!((case.name.as_str(), a, b), ("turned round", 0.0, 0.0));
            continue;
        }
        case.near(a, converged.a, BETA, "a");
        case.near(b, converged.b, BETA, "b");
        case.near(c, converged.c, BETA, "c");
        case.near_on(&golden.grid, &found, &converged.grid, BETA);
        // As it ships, its optimiser stops where the gradient is still 1e-4.
        let objective = case.objective(&found);
        assert!(objective <= shipped.objective + 1e-10, "{}: {objective} is not the minimum", case.name);
        case.near(objective, converged.objective, 1e-10, "objective");
        case.near_on(&golden.grid[2..13], &found, &shipped.grid[2..13], 2e-3);
    }
}

#[test]
fn forecasts_that_are_turned_round_become_the_base_rate() {
    let (p, y) = ([0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 0.95, 0.5], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    // Platt's smoothed labels have the mean (3 · 4/5 + 5 · 1/7) / 8.
    for (method, rate) in [("platt", (2.4 + 5.0 / 7.0) / 8.0), ("isotonic", 0.375), ("beta", 0.375)] {
        let fitted = fit_calibration(method.parse().expect("a method"), &p, &y, None).expect("both classes");
        for p in [0.0, 0.3, 1.0] {
            assert!((fitted.apply(p) - rate).abs() < 1e-9, "{method}: {}", fitted.apply(p));
        }
    }
}

#[test]
fn what_cannot_be_calibrated_says_why() {
    for method in [CalibrationMethod::Platt, CalibrationMethod::Isotonic, CalibrationMethod::Beta] {
        let fit = |p: &[f64], y: &[f64], weights: Option<&[f64]>| fit_calibration(method, p, y, weights);
        assert_eq!(fit(&[], &[], None), Err(FitError::Empty));
        assert_eq!(fit(&[0.5, 0.5], &[0.0, 1.0], Some(&[0.0, 0.0])), Err(FitError::Empty));
        assert_eq!(fit(&[0.5], &[1.0, 0.0], None), Err(FitError::Lengths { rows: 1, labels: 2, weights: 1 }));
        assert_eq!(fit(&[0.5], &[1.0], Some(&[])), Err(FitError::Lengths { rows: 1, labels: 1, weights: 0 }));
        assert_eq!(fit(&[0.5, 1.5], &[1.0, 0.0], None), Err(FitError::Probability { row: 1, found: 1.5 }));
        assert!(matches!(fit(&[f64::NAN], &[1.0], None), Err(FitError::Probability { row: 0, .. })));
        assert_eq!(fit(&[0.5, 0.6], &[1.0, 0.5], None), Err(FitError::Label { row: 1, found: 0.5 }));
        assert_eq!(fit(&[0.5, 0.6], &[1.0, 1.0], None), Err(FitError::OneClass { label: 1.0 }));
        assert_eq!(fit(&[0.5, 0.6], &[1.0, 0.0], Some(&[0.0, 1.0])), Err(FitError::OneClass { label: 0.0 }));
        assert_eq!(fit(&[0.5, 0.6], &[1.0, 0.0], Some(&[1.0, 1e-30])), Err(FitError::OneClass { label: 1.0 }));
        for (weight, other) in [(-1.0, 1.0), (f64::INFINITY, 1.0), (f64::MAX, f64::MAX)] {
            let found = fit(&[0.5, 0.6], &[1.0, 0.0], Some(&[other, weight]));
            assert_eq!(found, Err(FitError::Weight { row: 1, found: weight }));
        }
    }
    assert_eq!(fit_calibration(CalibrationMethod::None, &[], &[], None), Ok(Calibration::None));
}

#[test]
fn forecasts_of_one_or_two_values_and_separable_ones_have_an_answer() {
    for method in [CalibrationMethod::Platt, CalibrationMethod::Isotonic, CalibrationMethod::Beta] {
        let level = fit_calibration(method, &[0.4; 4], &[1.0, 0.0, 1.0, 1.0], None).expect("one value");
        let rate = if method == CalibrationMethod::Platt { (3.0 * 0.8 + 1.0 / 3.0) / 4.0 } else { 0.75 };
        assert!((level.apply(0.4) - rate).abs() < 1e-9, "{method}: {}", level.apply(0.4));
        assert!((level.apply(0.9) - rate).abs() < 1e-9, "{method}: one value says nothing of others");
        let p: Vec<f64> = (0..40).map(|at| [0.3, 0.6][at % 2]).collect();
        let y: Vec<f64> = (0..40).map(|at| f64::from([2, 3, 4, 5, 7, 11, 13, 17].contains(&at))).collect();
        let two = fit_calibration(method, &p, &y, None).expect("two values");
        assert_eq!(two.check(), Ok(()));
        if method != CalibrationMethod::Platt {
            assert!((two.apply(0.3) - 0.1).abs() < 1e-7 && (two.apply(0.6) - 0.3).abs() < 1e-7, "{two:?}");
        }
        let parted = fit_calibration(method, &[0.1, 0.2, 0.7, 0.8], &[0.0, 0.0, 1.0, 1.0], None).expect("separable");
        assert!(parted.apply(0.2) < 0.5 && parted.apply(0.7) > 0.5, "{parted:?}");
    }
}

#[test]
fn a_calibration_reads_the_same_from_its_json() {
    let all = [
        (Calibration::None, r#"{"method":"none"}"#),
        (Calibration::Platt { slope: 0.5, intercept: -0.25 }, r#"{"intercept":-0.25,"method":"platt","slope":0.5}"#),
        (
            Calibration::Isotonic { x: vec![0.25, 0.5], y: vec![0.0, 1.0] },
            r#"{"method":"isotonic","x":[0.25,0.5],"y":[0.0,1.0]}"#,
        ),
        (Calibration::Beta { a: 1.0, b: 0.0, c: 0.1 }, r#"{"a":1.0,"b":0.0,"c":0.1,"method":"beta"}"#),
    ];
    for (calibration, text) in all {
        let expected: serde_json::Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(serde_json::to_value(&calibration).expect("it is JSON"), expected);
        assert_eq!(documents::from_slice::<Calibration>(text.as_bytes()).expect("its own JSON"), calibration);
    }
    for case in golden().cases {
        let fitted = case.fit(CalibrationMethod::Isotonic);
        let json = documents::to_string(&fitted).expect("it is JSON");
        assert_eq!(documents::from_slice::<Calibration>(json.as_bytes()).expect("its own JSON"), fitted);
    }
}

#[test]
fn a_method_has_one_name_everywhere() {
    for (method, name) in CalibrationMethod::ALL.into_iter().zip(["none", "platt", "isotonic", "beta"]) {
        assert_eq!((method.to_string().as_str(), name.parse()), (name, Ok(method)));
        assert_eq!(serde_json::to_value(method).expect("a name"), json!(name));
    }
    let unknown = "temperature".parse::<CalibrationMethod>().expect_err("no such method");
    assert_eq!(unknown.to_string(), r#"there is no calibration "temperature": expected none, platt, isotonic or beta"#);
    assert_eq!(Calibration::default().method(), CalibrationMethod::None);
}

#[test]
fn a_document_that_could_give_nan_or_turn_an_order_round_is_refused() {
    let platt = |slope, intercept| Calibration::Platt { slope, intercept }.check();
    assert!(matches!(platt(f64::NAN, 0.0), Err(CalibrationError::Coefficient { name: "slope", .. })));
    assert!(matches!(platt(1.0, 1e300), Err(CalibrationError::Coefficient { name: "intercept", .. })));
    assert_eq!(platt(-0.5, 0.0), Err(CalibrationError::Falling { name: "slope", found: -0.5 }));
    let beta = |a, b, c| Calibration::Beta { a, b, c }.check();
    assert!(matches!(beta(1.0, 1.0, f64::INFINITY), Err(CalibrationError::Coefficient { name: "c", .. })));
    assert_eq!(beta(1.0, -1.0, 0.0), Err(CalibrationError::Falling { name: "b", found: -1.0 }));
    let isotonic = |x: &[f64], y: &[f64]| Calibration::Isotonic { x: x.to_vec(), y: y.to_vec() }.check();
    assert_eq!(isotonic(&[], &[]), Err(CalibrationError::Lengths { x: 0, y: 0 }));
    assert_eq!(isotonic(&[0.1], &[0.1, 0.2]), Err(CalibrationError::Lengths { x: 1, y: 2 }));
    assert_eq!(isotonic(&[0.1, 2.0], &[0.1, 0.2]), Err(CalibrationError::Point { index: 1, x: 2.0, y: 0.2 }));
    assert!(matches!(isotonic(&[0.1], &[f64::NAN]), Err(CalibrationError::Point { index: 0, .. })));
    assert_eq!(isotonic(&[0.2, 0.2], &[0.1, 0.2]), Err(CalibrationError::Order { index: 1 }));
    assert_eq!(isotonic(&[0.2, 0.3], &[0.2, 0.1]), Err(CalibrationError::Order { index: 1 }));
    assert_eq!(isotonic(&[0.2], &[0.1]), Ok(()));
    assert_eq!(Calibration::None.check(), Ok(()));
}

#[test]
fn numbers_outside_count_as_the_nearer_end_and_nan_stays_nan() {
    let unequal = Calibration::Isotonic { x: vec![0.5], y: Vec::new() };
    assert!(unequal.apply(0.5).is_nan(), "not a panic, though check would have refused it");
    let steep = Calibration::Isotonic { x: vec![0.0, 5e-324], y: vec![0.25, 1.0] };
    assert_eq!((steep.apply(0.0), steep.apply(5e-324)), (0.25, 1.0));
    for calibration in [Calibration::None, Calibration::Platt { slope: 1.5, intercept: 0.2 }, steep] {
        assert_eq!(calibration.apply(-0.5), calibration.apply(0.0));
        assert_eq!(calibration.apply(f64::INFINITY), calibration.apply(1.0));
        assert!(calibration.apply(f64::NAN).is_nan());
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    /// Forecasts in steps of a fortieth, labels, and weights that are sometimes 0.
    fn rows() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
        let row = (0_u8..=40, any::<bool>(), prop_oneof![Just(0.0), Just(1.0), 0.01..5.0_f64]);
        let row = row.prop_map(|(p, y, weight)| (f64::from(p) / 40.0, f64::from(y), weight));
        prop::collection::vec(row, 2..60)
    }

    fn parts(rows: &[(f64, f64, f64)]) -> [Vec<f64>; 3] {
        [
            rows.iter().map(|row| row.0).collect(),
            rows.iter().map(|row| row.1).collect(),
            rows.iter().map(|row| row.2).collect(),
        ]
    }

    /// The weighted isotonic regression at each point by its max–min formula (Barlow et al. 1972): the largest over starts at or
    /// before it of the smallest mean over ends at or after it.
    fn max_min(rows: &[(f64, f64, f64)]) -> Vec<(f64, f64)> {
        let mut x: Vec<f64> = rows.iter().filter(|row| row.2 > 0.0).map(|row| row.0).collect();
        x.sort_by(f64::total_cmp);
        x.dedup();
        let mean = |from: f64, to: f64| {
            let inside = || rows.iter().filter(|row| (from..=to).contains(&row.0));
            inside().map(|row| row.1 * row.2).sum::<f64>() / inside().map(|row| row.2).sum::<f64>()
        };
        let at = |place: usize| {
            let least = |from: &f64| x[place..].iter().map(|to| mean(*from, *to)).fold(f64::INFINITY, f64::min);
            x[..=place].iter().map(least).fold(f64::NEG_INFINITY, f64::max)
        };
        (0..x.len()).map(|place| (x[place], at(place))).collect()
    }

    proptest! {
        #[test]
        fn pooling_is_the_max_min_formula(rows in rows()) {
            let [p, y, weights] = parts(&rows);
            let fitted = fit_calibration(CalibrationMethod::Isotonic, &p, &y, Some(&weights));
            prop_assume!(fitted.is_ok());
            let fitted = fitted.expect("assumed");
            for (x, expected) in max_min(&rows) {
                prop_assert!((fitted.apply(x) - expected).abs() < 1e-12, "{} at {x} and not {expected}", fitted.apply(x));
            }
        }

        #[test]
        fn every_map_rises_and_stays_between_0_and_1(rows in rows(), method in 1..4_usize) {
            let [p, y, weights] = parts(&rows);
            let method = CalibrationMethod::ALL[method];
            let fitted = match fit_calibration(method, &p, &y, Some(&weights)) {
                Ok(fitted) => fitted,
                Err(error) => {
                    prop_assert!(matches!(error, FitError::Empty | FitError::OneClass { .. }), "{error}");
                    return Ok(());
                }
            };
            prop_assert_eq!(fitted.check(), Ok(()));
            let mut before = 0.0;
            for step in 0..=1000 {
                let q = fitted.apply(f64::from(step) / 1000.0);
                prop_assert!((0.0..=1.0).contains(&q), "{q}");
                prop_assert!(q >= before - 1e-12, "{q} after {before}");
                before = q;
            }
        }

        #[test]
        fn a_weight_of_two_is_the_example_twice(rows in rows(), method in 1..4_usize) {
            let method = CalibrationMethod::ALL[method];
            let whole: Vec<_> = rows.iter().map(|row| (row.0, row.1, row.2.round())).collect();
            let repeated: Vec<_> = whole.iter().flat_map(|row| vec![*row; row.2 as usize]).collect();
            let ([p, y, weights], [p_repeated, y_repeated, _]) = (parts(&whole), parts(&repeated));
            let weighted = fit_calibration(method, &p, &y, Some(&weights));
            let repeated = fit_calibration(method, &p_repeated, &y_repeated, None);
            prop_assert_eq!(weighted.is_ok(), repeated.is_ok());
            if let (Ok(weighted), Ok(repeated)) = (weighted, repeated) {
                for p in p_repeated {
                    let (one, other) = (weighted.apply(p), repeated.apply(p));
                    prop_assert!((one - other).abs() < 1e-6, "{one} and {other} at {p}");
                }
            }
        }

        #[test]
        fn whatever_passes_the_check_gives_a_probability(
            coefficients in prop::array::uniform3(any::<f64>()),
            points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..6),
            p in 0.0..=1.0_f64,
        ) {
            let [a, b, c] = coefficients;
            let mut x: Vec<f64> = points.iter().map(|point| point.0.abs().fract()).collect();
            let mut y: Vec<f64> = points.iter().map(|point| point.1.abs().fract()).collect();
            x.sort_by(f64::total_cmp);
            y.sort_by(f64::total_cmp);
            for any in [
                Calibration::Platt { slope: a, intercept: b },
                Calibration::Beta { a, b, c },
                Calibration::Isotonic { x, y },
            ] {
                if any.check().is_ok() {
                    prop_assert!((0.0..=1.0).contains(&any.apply(p)), "{any:?} at {p}: {}", any.apply(p));
                }
            }
        }
    }
}
