//! A season's days: from the Tuesday between 18 and 24 October, 174 days to a Sunday in April.

use chrono::{Datelike, TimeDelta, Weekday};

use crate::base::{Date, days_between};

/// Days from the first to the last, both counted.
const LENGTH: i64 = 174;

/// Games on an ordinary day of the week, from Monday.
const BY_WEEKDAY: [f64; 7] = [7.0, 6.0, 9.0, 6.0, 10.0, 8.0, 7.0];

/// The days of a regular season, each with how many games it would ordinarily have.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    first: Date,
    weights: Vec<f64>,
}

impl Calendar {
    pub(super) fn of(season: u16) -> Self {
        let year = i32::from(season);
        let first = nth_from(year, 10, 18, Weekday::Tue);
        let thanksgiving = nth_from(year, 11, 22, Weekday::Thu);
        // The All-Star Sunday is the third of February; nobody plays from the Friday before to the Wednesday after.
        let all_star = nth_from(year + 1, 2, 15, Weekday::Sun);
        let weights = (0..LENGTH)
            .map(|at| {
                let day = first + TimeDelta::days(at);
                let christmas_eve = (day.month(), day.day()) == (12, 24);
                let break_day = (-2..=3).contains(&days_between(all_star, day));
                if day == thanksgiving || christmas_eve || break_day {
                    0.0
                } else if at == LENGTH - 1 {
                    // Everybody plays on the last day.
                    15.0
                } else {
                    BY_WEEKDAY[day.weekday().num_days_from_monday() as usize]
                }
            })
            .collect();
        Self { first, weights }
    }

    /// The last day.
    pub(super) fn last(&self) -> Date {
        self.day(self.weights.len() - 1)
    }

    /// The day of this number.
    pub(super) fn day(&self, at: usize) -> Date {
        self.first + TimeDelta::days(at as i64)
    }

    /// How many games each day would ordinarily have.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }
}

/// The first such weekday on or after a day of a month.
fn nth_from(year: i32, month: u32, day: u32, weekday: Weekday) -> Date {
    let from = Date::from_ymd_opt(year, month, day).unwrap_or(Date::MIN);
    let ahead = (7 + weekday.num_days_from_monday() - from.weekday().num_days_from_monday()) % 7;
    from + TimeDelta::days(i64::from(ahead))
}
