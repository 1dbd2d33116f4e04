//! Days and instants. The core never reads a clock: both arrive as arguments.

use chrono::{DateTime, NaiveDate, Utc};

/// A day of the league's calendar (the date on which a game tips off in North America).
pub type Date = NaiveDate;

/// A point in time, UTC.
pub type Instant = DateTime<Utc>;

/// The morning of a league day: everything up to the day before is known, nothing of the day is.
///
/// Sources give dates without a time of day, so a league day runs from 00:00 to 24:00 on its own
/// axis, written as UTC: results of day `d` are known from `morning(d + 1)`.
pub fn morning(date: Date) -> Instant {
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// The instant at which games of a league day are taken to tip off: noon of its axis, after the
/// morning's features and before any result of that day.
pub fn tip_off(date: Date) -> Instant {
    morning(date) + chrono::TimeDelta::hours(12)
}

/// Hours from a day's morning to the tip-off of another: how old the state of that morning is when games begin.
pub fn hours_at_tip_off(since: Date, day: Date) -> i64 {
    (tip_off(day) - morning(since)).num_hours()
}

/// An instant in RFC 3339, UTC, with a fraction where it has one.
pub fn rfc3339(instant: Instant) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Milliseconds since 1970 UTC in RFC 3339; as a number where no calendar reaches.
pub fn rfc3339_of(milliseconds: i64) -> String {
    Instant::from_timestamp_millis(milliseconds).map_or_else(|| format!("{milliseconds} ms"), rfc3339)
}

/// Whole days from `earlier` to `later`; negative if they are in the other order.
pub fn days_between(earlier: Date, later: Date) -> i64 {
    (later - earlier).num_days()
}
