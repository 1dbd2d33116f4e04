//! What holds of every fit, on random problems.

use ndarray::Array2;
use proptest::prelude::*;

use super::*;

/// Examples of 1 to 6 coarse features, so that ties, constant and equal columns occur.
fn problems() -> impl Strategy<Value = (Array2<f64>, Vec<f64>, Vec<f64>)> {
    (2_usize..40, 1_usize..7).prop_flat_map(|(rows, columns)| {
        let values = prop::collection::vec(-4_i8..5, rows * columns);
        let labels = prop::collection::vec(any::<bool>(), rows);
        let weights = prop::collection::vec(0_u8..4, rows);
        (values, labels, weights).prop_map(move |(values, labels, weights)| {
            let x = Array2::from_shape_fn((rows, columns), |(i, j)| f64::from(values[i * columns + j]) / 2.0);
            let weights = weights.into_iter().map(|weight| f64::from(weight) / 2.0).collect();
            (x, labels.into_iter().map(f64::from).collect(), weights)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Conditions of Karush, Kuhn and Tucker: they hold at the minimum of a convex function and nowhere else.
    #[test]
    fn the_answer_is_optimal(
        (x, y, weights) in problems(),
        c in prop::sample::select(vec![0.01, 0.1, 1.0, 10.0]),
        ratio in prop::sample::select(vec![0.0, 0.3, 0.7, 1.0]),
    ) {
        let settings = Settings::with_penalty(c, ratio);
        match fit(x.view(), &y, Some(&weights), settings) {
            Ok(found) => {
                let mut beta = found.coefficients;
                beta.push(found.intercept);
                let problem = Problem::new(x.view(), &y, &weights, settings);
                let at = problem.evaluate(beta);
                let enough = 1.000_1e-10 * problem.total_weight;
                for (j, (b, slope)) in at.beta.iter().zip(&at.gradient).enumerate() {
                    let lasso = if j == x.ncols() { 0.0 } else { ratio / c };
                    if *b == 0.0 {
                        prop_assert!(slope.abs() <= lasso + enough, "{slope} {lasso}");
                        prop_assert!(b.is_sign_positive() || ratio == 0.0);
                    } else {
                        prop_assert!((slope + lasso * b.signum()).abs() <= enough, "{slope} {lasso} {b}");
                    }
                }
                prop_assert!((found.objective - at.loss * c).abs() <= 1e-12 * found.objective);
            }
            Err(error) => prop_assert!(matches!(error, FitError::OneClass { .. } | FitError::Empty), "{error}"),
        }
    }

    #[test]
    fn a_start_saves_steps_and_changes_nothing(
        (x, y, weights) in problems(),
        ratio in prop::sample::select(vec![0.0, 0.5]),
        place in prop::collection::vec(-3.0..3.0_f64, 7),
    ) {
        let settings = Settings::with_penalty(0.5, ratio);
        let start = &place[..=x.ncols()];
        let cold = fit(x.view(), &y, Some(&weights), settings);
        match (cold, fit_from(x.view(), &y, Some(&weights), settings, start)) {
            (Ok(cold), Ok(warm)) => {
                for (cold, warm) in cold.coefficients.iter().zip(&warm.coefficients) {
                    prop_assert!((cold - warm).abs() < 1e-6);
                }
            }
            (cold, warm) => prop_assert_eq!(cold, warm),
        }
    }
}
