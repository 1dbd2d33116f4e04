//! What the rules raise on a day.

use crate::base::Date;
use crate::monitoring::{Alert, AlertRule, DriftReport, evaluate, observe};
use crate::serving::DayLog;

/// Alerts on the morning of `day`, at most one a rule, from the day's drift report (where there is one) and the logs so
/// far. Pure: the caller stores them under the rule and the day, so that a second run finds them there.
///
/// Logs of later days are not looked at, and neither are outcomes of the day itself.
pub fn raise(rules: &[AlertRule], day: Date, drift: Option<&DriftReport>, logs: &[DayLog]) -> Vec<Alert> {
    evaluate(rules, &observe(day, drift, logs))
}
