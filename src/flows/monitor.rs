//! What is known of the models' health on a morning.

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::flows::documents::load_all;
use crate::monitoring::{Alert, DriftReport, Performance, performance, served, window};
use crate::ports::{Store, StoreError};
use crate::serving::DayLog;
use crate::stats::Scores;

/// Performance, drift and alerts as they were known on the morning of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MonitorReport {
    /// The morning.
    pub as_of: Date,
    /// The days over which the log-loss rule watches, both inclusive.
    pub watched: (Date, Date),
    /// Scores of what was in Production over the watched days; none while no game of theirs is settled.
    pub served: Option<Scores>,
    /// The days over which versions are compared, both inclusive.
    pub window: (Date, Date),
    /// Every version that predicted in the window.
    pub performance: Vec<Performance>,
    /// The newest drift report whose current window had ended.
    pub drift: Option<DriftReport>,
    /// Alerts raised so far, newest first.
    pub alerts: Vec<Alert>,
}

/// What a store holds for monitoring.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// Logs, by day.
    pub logs: Vec<DayLog>,
    /// Drift reports.
    pub drifts: Vec<DriftReport>,
    /// Alerts.
    pub alerts: Vec<Alert>,
}

/// Reads what a store holds for monitoring.
pub async fn load<S: Store>(store: &S) -> Result<Records, StoreError> {
    let (_, logs) = load_all::<DayLog, S>(store).await?;
    let (_, drifts) = load_all::<DriftReport, S>(store).await?;
    let (_, alerts) = load_all::<Alert, S>(store).await?;
    Ok(Records { logs, drifts, alerts })
}

impl Records {
    /// The newest day that was logged: the morning that the store as a whole speaks of.
    pub fn newest_day(&self) -> Option<Date> {
        self.logs.iter().map(|log| log.day).max()
    }

    /// The state on the morning of `as_of`, with versions compared over the `days` days before it. What was logged or
    /// raised later is not seen, nor are outcomes of the day itself.
    pub fn report(&self, as_of: Date, days: u32) -> MonitorReport {
        let watched = window(as_of);
        let compared = (as_of - chrono::TimeDelta::days(i64::from(days.max(1))), watched.1);
        let drift = self.drifts.iter().filter(|report| report.current.1 < as_of).max_by_key(|report| report.current.1);
        MonitorReport {
            as_of,
            watched,
            served: served(&self.logs, watched),
            window: compared,
            performance: performance(&self.logs, compared),
            drift: drift.cloned(),
            alerts: self.alerts_until(as_of),
        }
    }

    /// Alerts that had been raised by the morning of a day, newest first and by rule within a day.
    pub fn alerts_until(&self, as_of: Date) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self.alerts.iter().filter(|alert| alert.day <= as_of).cloned().collect();
        alerts.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| a.rule.cmp(&b.rule)));
        alerts
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::base::morning;
    use crate::registry::Stage;
    use crate::serving::Prediction;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn log(on: &str, prob_home: f64) -> DayLog {
        let made = Prediction {
            game_id: on.to_owned(),
            version: "1.0.0".to_owned(),
            stage: Stage::Production,
            prob_home,
            missing: 0.0,
            stale_since: None,
        };
        let mut log = DayLog::new(day(on), morning(day(on)), vec![made]);
        log.settle([(on, true)]);
        log
    }

    fn alert(rule: &str, on: &str) -> Alert {
        Alert { rule: rule.to_owned(), day: day(on), value: 1.0, above: 0.5, message: String::new() }
    }

    fn records() -> Records {
        let window = |first: &str, last: &str| (day(first), day(last));
        let reference = window("2025-10-21", "2025-12-20");
        Records {
            logs: vec![log("2026-01-02", 0.5), log("2026-01-09", 0.8), log("2026-01-10", 0.1)],
            drifts: vec![
                DriftReport::new(reference, window("2025-12-21", "2026-01-03"), vec![]),
                DriftReport::new(reference, window("2025-12-27", "2026-01-09"), vec![]),
            ],
            alerts: vec![
                alert("log_loss", "2026-01-04"),
                alert("log_loss", "2026-01-10"),
                alert("drift_score", "2026-01-10"),
            ],
        }
    }

    #[test]
    fn a_morning_does_not_see_what_came_later() {
        let report = records().report(day("2026-01-09"), 30);
        assert_eq!(report.watched, (day("2026-01-02"), day("2026-01-08")));
        assert_eq!(report.served.map(|scores| scores.n), Some(1), "the day's own outcome is still to come");
        assert_eq!(report.drift.map(|drift| drift.current.1), Some(day("2026-01-03")));
        assert_eq!(report.alerts, [alert("log_loss", "2026-01-04")]);
    }

    #[test]
    fn alerts_are_newest_first() {
        let found = records().report(day("2026-01-10"), 1);
        let order: Vec<(&str, Date)> = found.alerts.iter().map(|alert| (alert.rule.as_str(), alert.day)).collect();
        let tenth = day("2026-01-10");
        assert_eq!(order, [("drift_score", tenth), ("log_loss", tenth), ("log_loss", day("2026-01-04"))]);
        assert_eq!(found.window, (day("2026-01-09"), day("2026-01-09")));
        assert_eq!(found.performance[0].predicted, 1);
    }

    #[test]
    fn the_newest_day_is_that_of_the_newest_log() {
        assert_eq!(records().newest_day(), Some(day("2026-01-10")));
        assert_eq!(Records::default().newest_day(), None);
        let nothing = Records::default().report(day("2026-01-10"), 30);
        assert_eq!((nothing.served, nothing.drift, nothing.alerts.len()), (None, None, 0));
    }
}
