//! Features and predictions of two windows of games, compared.

use chrono::TimeDelta;

use crate::base::Date;
use crate::features::TrainingFrame;
use crate::league::GameLog;
use crate::league::features::{FEATURE_VERSION, frame};
use crate::learn::{Model, predict};
use crate::monitoring::{Column, Data, DriftReport, PREDICTION, compare, is_continuous};

/// Days of the current window that [`windows`] takes.
pub const CURRENT_DAYS: i64 = 14;

/// Days of the reference window that [`windows`] takes: a year, so that every part of a season is in it.
pub const REFERENCE_DAYS: i64 = 365;

/// Why two windows cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DriftError {
    /// A window ends before it starts.
    #[error("the {window} window ends before it starts: {first} to {last}; give the earlier day first")]
    Reversed {
        /// `reference` or `current`.
        window: &'static str,
        /// Its first day.
        first: Date,
        /// Its last day.
        last: Date,
    },
    /// A window has no game.
    #[error("no game was found in the {window} window from {first} to {last}: choose days on which games are played")]
    Empty {
        /// `reference` or `current`.
        window: &'static str,
        /// Its first day.
        first: Date,
        /// Its last day.
        last: Date,
    },
    /// The model was trained on other features.
    #[error("the model was trained on features {trained}, and these are {current}: train a new version")]
    FeatureVersion {
        /// Features that it was trained on.
        trained: String,
        /// Features there are.
        current: &'static str,
    },
    /// The model takes a feature that the games do not have.
    #[error("the model needs the feature {feature}, which these features do not have: train a new version")]
    Feature {
        /// The feature.
        feature: String,
    },
}

/// The windows that are compared on the morning of a day: the fourteen days before it against the year before those.
pub fn windows(day: Date) -> ((Date, Date), (Date, Date)) {
    let current = (day - TimeDelta::days(CURRENT_DAYS), day - TimeDelta::days(1));
    let reference = (current.0 - TimeDelta::days(REFERENCE_DAYS), current.0 - TimeDelta::days(1));
    (reference, current)
}

/// Compares the games of two windows (first and last day, both inclusive): each feature of the model as it was before
/// tip-off, and the model's probability.
pub fn drift_report(
    log: &GameLog,
    model: &Model,
    reference: (Date, Date),
    current: (Date, Date),
) -> Result<DriftReport, String> {
    if model.feature_version != FEATURE_VERSION {
        let trained = model.feature_version.clone();
        return Err(DriftError::FeatureVersion { trained, current: FEATURE_VERSION }.to_string());
    }
    drift_of_frame(&frame(log), model, reference, current).map_err(|error| error.to_string())
}

/// [`drift_report`] over a frame that is there already. Its rows are games in the order of time.
///
/// Whether a feature is a scale or a set of categories is asked of the whole frame, not of the windows, so that a
/// window of three games does not turn a rating into categories. The prediction is always a scale.
pub fn drift_of_frame(
    frame: &TrainingFrame,
    model: &Model,
    reference: (Date, Date),
    current: (Date, Date),
) -> Result<DriftReport, DriftError> {
    let order = model.columns_of(frame).map_err(|feature| DriftError::Feature { feature })?;
    let windows = [rows_of(frame, "reference", reference)?, rows_of(frame, "current", current)?];
    let predictions = windows.clone().map(|rows| predict(model, frame, &rows.collect::<Vec<_>>()));
    let whole: Vec<Vec<f64>> = order.iter().map(|&column| frame.x.column(column).to_vec()).collect();
    let mut columns: Vec<Column<'_>> = Vec::with_capacity(order.len() + 1);
    for (name, values) in model.features.iter().zip(&whole) {
        let (reference, current) = (&values[windows[0].clone()], &values[windows[1].clone()]);
        let data = if is_continuous(values) {
            Data::Continuous { reference, current }
        } else {
            Data::Categorical { reference, current }
        };
        columns.push(Column { name, data });
    }
    let data = Data::Continuous { reference: &predictions[0], current: &predictions[1] };
    columns.push(Column { name: PREDICTION, data });
    Ok(DriftReport::new(reference, current, compare(&columns)))
}

/// The rows of a window: days ascend, so they are one range.
fn rows_of(
    frame: &TrainingFrame,
    window: &'static str,
    (first, last): (Date, Date),
) -> Result<std::ops::Range<usize>, DriftError> {
    if first > last {
        return Err(DriftError::Reversed { window, first, last });
    }
    let start = frame.days.partition_point(|day| *day < first);
    let end = frame.days.partition_point(|day| *day <= last);
    if start == end { Err(DriftError::Empty { window, first, last }) } else { Ok(start..end) }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::learn::Linear;
    use crate::monitoring::Evidence;

    fn day(offset: i64) -> Date {
        Date::from_ymd_opt(2026, 1, 1).expect("a day") + TimeDelta::days(offset)
    }

    fn model(features: &[&str]) -> Model {
        let names = features.iter().map(|name| (*name).to_owned()).collect();
        Model::linear("1.0.0", names, Linear::unscaled(vec![1.0; features.len()], 0.0))
    }

    /// Sixty days with two games each: a rating that jumps on day 40, a flag that does not, and one that never is there.
    fn sixty_days() -> TrainingFrame {
        let rows = 120;
        let x = Array2::from_shape_fn((rows, 3), |(row, column)| match column {
            0 => (row * 37 % 50) as f64 / 25.0 + if row >= 80 { 3.0 } else { 0.0 },
            1 => f64::from(row % 4 == 0),
            _ => f64::NAN,
        });
        TrainingFrame {
            features: ["rating", "flag", "gone"].map(str::to_owned).to_vec(),
            x,
            y: vec![f64::NAN; rows],
            ids: (0..rows).map(|row| row.to_string()).collect(),
            days: (0..rows).map(|row| day(row as i64 / 2)).collect(),
            groups: vec![2025; rows],
        }
    }

    #[test]
    fn a_jump_shows_in_its_feature_and_in_the_prediction() {
        let model = model(&["flag", "gone", "rating"]);
        let report =
            drift_of_frame(&sixty_days(), &model, (day(0), day(39)), (day(40), day(59))).expect("both have games");
        let found: Vec<(&str, &str, bool)> = report
            .columns
            .iter()
            .map(|column| (column.column.as_str(), column.stattest.as_str(), column.drifted))
            .collect();
        let expected = [
            ("flag", "chisquare", false),
            ("gone", "chisquare", false),
            ("rating", "ks", true),
            ("prediction", "ks", true),
        ];
        assert_eq!(found, expected);
        assert_eq!(report.columns[1].evidence, None);
        assert_eq!((report.columns[2].reference_n, report.columns[2].current_n), (80, 40));
        assert_eq!(report.drift_share, 2.0 / 3.0);
        assert!((report.missing_share - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_window_against_itself_is_nothing() {
        let window = (day(30), day(50));
        let report = drift_of_frame(&sixty_days(), &model(&["rating", "flag"]), window, window).expect("it has games");
        assert_eq!(report.drift_share, 0.0);
        assert!(report.columns.iter().all(|column| column.evidence == Some(Evidence::PValue(1.0))));
    }

    #[test]
    fn a_short_window_does_not_turn_a_rating_into_categories() {
        let report = drift_of_frame(&sixty_days(), &model(&["rating"]), (day(0), day(0)), (day(1), day(1)))
            .expect("both have games");
        assert_eq!(report.columns[0].stattest, "ks");
        assert!(!report.columns[0].drifted);
    }

    #[test]
    fn windows_that_cannot_be_compared_are_named() {
        let check = |reference: (i64, i64), current: (i64, i64), expected: &str| {
            let window = |(first, last)| (day(first), day(last));
            let error = drift_of_frame(&sixty_days(), &model(&["flag"]), window(reference), window(current));
            assert_eq!(error.expect_err(expected).to_string(), expected);
        };
        check(
            (5, 2),
            (10, 20),
            "the reference window ends before it starts: 2026-01-06 to 2026-01-03; give the earlier day first",
        );
        check(
            (0, 20),
            (100, 110),
            "no game was found in the current window from 2026-04-11 to 2026-04-21: choose days on which games are played",
        );
        let error = drift_of_frame(&sixty_days(), &model(&["pace"]), (day(0), day(9)), (day(10), day(19)));
        assert_eq!(
            error.expect_err("no such feature").to_string(),
            "the model needs the feature pace, which these features do not have: train a new version"
        );
    }

    #[test]
    fn the_usual_windows_lie_side_by_side() {
        let (reference, current) = windows(day(0));
        assert_eq!(current, (day(-14), day(-1)));
        assert_eq!(reference, (day(-379), day(-15)));
    }

    /// A model of the real features; its coefficients do not matter to the features' drift.
    fn real_model() -> Model {
        let names = crate::league::features::feature_names();
        let coefficients = vec![0.03; names.len()];
        Model::linear(FEATURE_VERSION, names, Linear::unscaled(coefficients, 0.0))
    }

    fn real_games() -> Option<GameLog> {
        let folder = std::env::var_os("LINELOGIC_SHARED").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
            std::path::PathBuf::from,
        );
        let path = folder.join("nba_games_2015_2023.csv");
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: {} is not there", path.display());
            return None;
        };
        let input = crate::flows::ingest::Input::of_bytes("games.csv", &bytes);
        let now = crate::base::morning(Date::from_ymd_opt(2026, 1, 1).expect("a day"));
        Some(crate::flows::ingest::ingest(input, now, &mut |_| true).expect("the real games are let in").log)
    }

    #[test]
    fn the_bubble_drifts_and_the_winter_of_2019_does_not() {
        let Some(log) = real_games() else { return };
        let report_on = |text: &str| {
            let (reference, current) = windows(text.parse().expect("a day"));
            drift_report(&log, &real_model(), reference, current).expect("both windows have games")
        };
        let bubble = report_on("2020-08-18");
        assert!(bubble.drift_share > 0.5, "{}", bubble.drift_share);
        for column in ["neutral", "travel_difference", "prediction"] {
            assert!(bubble.drifted().any(|drifted| drifted.column == column), "{column}");
        }
        let winter = report_on("2019-03-12");
        assert!(winter.drift_share <= 0.3, "{:?}", winter.drifted().map(|column| &column.column).collect::<Vec<_>>());
        assert_eq!(winter.missing_share, 0.0);
    }

    #[test]
    fn the_simulated_league_can_be_compared_and_does_not_drift_from_itself() {
        let now = crate::base::morning(Date::from_ymd_opt(2026, 1, 1).expect("a day"));
        let input = crate::flows::ingest::Input::Demo(crate::base::Seed(7));
        let demo = crate::flows::ingest::ingest(input, now, &mut |_| true).expect("the simulated league is let in");
        let (reference, current) = windows(demo.as_of);
        let model = real_model();
        let report = drift_report(&demo.log, &model, reference, current).expect("both windows have games");
        let names: Vec<&str> = report.columns.iter().map(|column| column.column.as_str()).collect();
        assert_eq!(names[..names.len() - 1], model.features[..]);
        assert_eq!(names.last(), Some(&PREDICTION));
        assert!(report.columns.iter().all(|column| column.evidence.is_some() && column.current_missing == 0.0));
        let flags = report.columns.iter().filter(|column| column.stattest == "chisquare").count();
        assert!((3..9).contains(&flags), "{flags} of the features are flags or small counts");
        let same = drift_report(&demo.log, &model, current, current).expect("the window has games");
        assert_eq!(same.drift_share, 0.0);
    }

    #[test]
    fn a_model_of_other_features_is_refused() {
        let other = Model { feature_version: "0.1.0".to_owned(), ..real_model() };
        let window = (day(0), day(1));
        let error = drift_report(&GameLog::default(), &other, window, window).expect_err("other features");
        assert!(error.contains("trained on features 0.1.0") && error.contains("train a new version"), "{error}");
    }
}
