//! What the rules raise on a day.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::base::Date;
use crate::monitoring::{Alert, AlertRule, DriftReport, WINDOW_DAYS, evaluate, observe};
use crate::serving::DayLog;

/// Alerts on the morning of `day`, at most one a rule, from the day's drift report (where there is one) and the logs so
/// far. Pure: the caller stores them under the rule and the day, so that a second run finds them there.
///
/// Logs of later days are not looked at, and neither are outcomes of the day itself.
pub fn raise(rules: &[AlertRule], day: Date, drift: Option<&DriftReport>, logs: &[DayLog]) -> Vec<Alert> {
    evaluate(rules, &observe(day, drift, logs))
}

/// The alerts that are open on the morning of a day, by rule, each rule by its latest alert: those that were raised within the
/// days that the rules watch, this morning among them. A rule that has been quiet for as long is content again.
pub fn open(alerts: &[Alert], day: Date) -> Vec<&Alert> {
    let since = day - TimeDelta::days(WINDOW_DAYS - 1);
    let mut latest: BTreeMap<&str, &Alert> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| (since..=day).contains(&alert.day)) {
        let entry = latest.entry(&alert.rule).or_insert(alert);
        if alert.day > entry.day {
            *entry = alert;
        }
    }
    latest.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_open_for_a_week_unless_its_rule_raises_another() {
        let alert = |rule: &str, on: &str| Alert {
            rule: rule.to_owned(),
            day: on.parse().expect("a day"),
            value: 1.0,
            above: 0.5,
            message: String::new(),
        };
        let raised =
            [alert("drift_score", "2026-01-10"), alert("log_loss", "2026-01-03"), alert("log_loss", "2026-01-08")];
        let open_on = |on: &str| {
            let day = on.parse().expect("a day");
            let found = open(&raised, day);
            found.into_iter().map(|alert| format!("{} {}", alert.rule, alert.day)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(open_on("2026-01-02"), "");
        assert_eq!(open_on("2026-01-09"), "log_loss 2026-01-08");
        assert_eq!(open_on("2026-01-10"), "drift_score 2026-01-10, log_loss 2026-01-08");
        assert_eq!(open_on("2026-01-15"), "drift_score 2026-01-10");
        assert_eq!(open_on("2026-01-17"), "");
    }
}
