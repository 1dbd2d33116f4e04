//! The lab's monitoring page: windows, drift rows, alerts.

use super::{count, decimal, p_value, share};
use crate::base::Date;
use crate::monitoring::{Alert, ColumnDrift, DriftReport, Evidence, STALE_FEATURES};

/// Drift score above which the rule raises an alert.
pub const DRIFT_BOUND: f64 = 0.3;

/// First and last day of a window, both inclusive.
pub type Window = (Date, Date);

/// A reference and a current window with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// What it compares.
    pub label: &'static str,
    /// Before.
    pub reference: Window,
    /// Now.
    pub current: Window,
}

/// The year in which the season of a day starts. A league year runs from 15 October to 14 October: every season since
/// 2015 began later in October than that, and the latest one to end did so on 11 October 2020.
pub fn league_year(day: Date) -> i32 {
    use chrono::Datelike;
    if (day.month(), day.day()) >= (10, 15) { day.year() } else { day.year() - 1 }
}

/// The comparisons that the data allows, seen from a morning. `days` is ascending; only days before `as_of` count.
pub fn presets(days: &[Date], as_of: Date) -> Vec<Preset> {
    let known: Vec<Date> = days.iter().copied().filter(|day| *day < as_of).collect();
    let Some(last) = known.last().copied() else { return Vec::new() };
    let of_year = |year: i32| -> Option<Window> {
        let mut of_year = known.iter().copied().filter(|day| league_year(*day) == year);
        let first = of_year.next()?;
        Some((first, of_year.next_back().unwrap_or(first)))
    };
    let year = league_year(last);
    let month_ago = last - chrono::TimeDelta::days(29);
    let recent = known.iter().copied().find(|day| *day >= month_ago).map(|first| (first, last));
    let mut presets = Vec::new();
    if let (Some(reference), Some(current)) = (of_year(year - 1), recent) {
        presets.push(Preset { label: "Last 30 days against the season before", reference, current });
    }
    if let (Some(reference), Some(current)) = (of_year(year - 1), of_year(year)) {
        presets.push(Preset { label: "This season against the season before", reference, current });
    }
    if let (Some(season), Some(current)) = (of_year(year), recent) {
        let before = known.iter().copied().rfind(|day| *day < current.0 && *day >= season.0);
        if let Some(before) = before {
            presets.push(Preset {
                label: "Last 30 days against this season until then",
                reference: (season.0, before),
                current,
            });
        }
    }
    presets
}

/// Checks two windows.
pub fn check_windows(reference: Window, current: Window) -> Result<(), String> {
    for (name, window) in [("reference", reference), ("current", current)] {
        if window.0 > window.1 {
            return Err(format!("The {name} window ends before it begins."));
        }
    }
    Ok(())
}

/// A column of the report as a row.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftRow {
    /// The feature, or `prediction`.
    pub column: String,
    /// The test's name for people.
    pub test: String,
    /// The statistic.
    pub statistic: String,
    /// `p 0.034` or `distance 0.12`.
    pub evidence: String,
    /// Whether it counts as drift.
    pub drifted: bool,
    /// Means of the two windows.
    pub means: (String, String),
    /// Missing shares of the two windows.
    pub missing: (String, String),
    /// Values in the two windows.
    pub sizes: (String, String),
}

/// The report's rows, the drifted ones first, each group in the report's order.
pub fn drift_rows(report: &DriftReport) -> Vec<DriftRow> {
    let mut rows: Vec<DriftRow> = report.columns.iter().map(drift_row).collect();
    rows.sort_by_key(|row| !row.drifted);
    rows
}

fn drift_row(column: &ColumnDrift) -> DriftRow {
    DriftRow {
        column: column.column.clone(),
        test: test_name(&column.stattest),
        statistic: decimal(column.statistic, 4),
        evidence: match column.evidence {
            Some(Evidence::PValue(p)) => p_value(p),
            Some(Evidence::Distance(d)) => decimal(d, 4),
            None => "no values".to_owned(),
        },
        drifted: column.drifted,
        means: (decimal(column.reference_mean, 3), decimal(column.current_mean, 3)),
        missing: (share(column.reference_missing), share(column.current_missing)),
        sizes: (count(column.reference_n), count(column.current_n)),
    }
}

fn test_name(stattest: &str) -> String {
    match stattest {
        "ks" => "Kolmogorov–Smirnov".to_owned(),
        "chisquare" | "chi_square" | "chi2" => "χ²".to_owned(),
        other => other.to_owned(),
    }
}

/// The drift score in words.
pub fn drift_words(report: &DriftReport) -> String {
    let drifted = report.columns.iter().filter(|column| column.drifted).count();
    let verdict = if report.drift_share > DRIFT_BOUND {
        "above the bound of 0.3: look at the columns below, and train again if they matter"
    } else {
        "within the bound of 0.3"
    };
    format!("{drifted} of {} columns drifted, {verdict}.", report.columns.len())
}

/// An alert's numbers: `0.42 > 0.30`, `84 h > 72 h`.
pub fn alert_numbers(alert: &Alert) -> String {
    if alert.rule == STALE_FEATURES {
        return format!("{} h > {} h", decimal(alert.value, 0), decimal(alert.above, 0));
    }
    format!("{} > {}", decimal(alert.value, 3), decimal(alert.above, 3))
}

/// A rule's name for people.
pub fn rule_name(rule: &str) -> String {
    match rule {
        "drift_score" => "Drift score".to_owned(),
        "log_loss" => "Log loss".to_owned(),
        "missing_features" => "Missing features".to_owned(),
        "stale_features" => "Stale features".to_owned(),
        other => other.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn column(name: &str, drifted: bool) -> ColumnDrift {
        ColumnDrift {
            column: name.into(),
            stattest: "ks".into(),
            statistic: 0.1,
            evidence: Some(Evidence::PValue(0.0002)),
            threshold: 0.05,
            drifted,
            reference_mean: 1.0,
            current_mean: f64::NAN,
            reference_n: 1_200,
            current_n: 0,
            reference_missing: 0.0,
            current_missing: 1.0,
        }
    }

    #[test]
    fn a_league_year_holds_the_longest_season() {
        assert_eq!(league_year(day("2020-10-11")), 2019);
        assert_eq!(league_year(day("2018-10-16")), 2018);
        assert_eq!(league_year(day("2021-01-01")), 2020);
    }

    #[test]
    fn presets_look_only_at_days_that_are_over() {
        let days: Vec<Date> = [
            "2024-10-22",
            "2025-06-01",
            "2025-10-21",
            "2025-12-01",
            "2025-12-20",
            "2026-01-14",
            "2026-01-15",
            "2026-04-01",
        ]
        .map(day)
        .to_vec();
        let presets = presets(&days, day("2026-01-15"));
        assert_eq!(presets.len(), 3);
        assert_eq!(presets[0].reference, (day("2024-10-22"), day("2025-06-01")));
        assert_eq!(presets[0].current, (day("2025-12-20"), day("2026-01-14")));
        assert_eq!(presets[1].current, (day("2025-10-21"), day("2026-01-14")));
        assert_eq!(presets[2].reference, (day("2025-10-21"), day("2025-12-01")));
    }

    #[test]
    fn a_single_season_still_has_a_comparison() {
        let days: Vec<Date> = ["2022-10-18", "2022-12-01", "2023-06-12"].map(day).to_vec();
        let presets = presets(&days, day("2023-06-13"));
        assert_eq!(presets.len(), 1);
        assert_eq!(presets[0].reference, (day("2022-10-18"), day("2022-12-01")));
        assert!(super::presets(&[], day("2023-06-13")).is_empty());
    }

    #[test]
    fn windows_run_forward() {
        let window = (day("2026-01-02"), day("2026-01-01"));
        assert!(check_windows(window, (window.1, window.0)).expect_err("backwards").contains("reference"));
        assert!(check_windows((window.1, window.0), (window.1, window.0)).is_ok());
    }

    #[test]
    fn drifted_columns_come_first_and_gaps_read_as_dashes() {
        let report = DriftReport {
            reference: (day("2025-01-01"), day("2025-02-01")),
            current: (day("2026-01-01"), day("2026-02-01")),
            columns: vec![column("a", false), column("b", true), column("prediction", false)],
            drift_share: 1.0 / 3.0,
            missing_share: 0.0,
        };
        let rows = drift_rows(&report);
        let names: Vec<&str> = rows.iter().map(|row| row.column.as_str()).collect();
        assert_eq!(names, ["b", "a", "prediction"]);
        assert_eq!(rows[0].means, ("1.000".into(), "–".into()));
        assert_eq!(rows[0].missing, ("0%".into(), "100%".into()));
        assert_eq!(rows[0].evidence, "<0.001");
        assert!(drift_words(&report).contains("1 of 3 columns drifted, above"));
    }
}
