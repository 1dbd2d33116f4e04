//! How old features are, in Feast's words and colours.

use serde::{Deserialize, Serialize};

const HOUR_MS: i64 = 3_600_000;

/// How fresh the newest row of a view is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Younger than a day.
    Green,
    /// Younger than three days.
    Amber,
    /// Older, or there is no row at all.
    Red,
}

impl Freshness {
    /// Of the newest row at an instant: below 24 hours green, below 72 amber, then red. A row of the future is fresh.
    pub fn of(newest: Option<i64>, now: i64) -> Self {
        match newest.map(|newest| now.saturating_sub(newest)) {
            Some(age) if age < 24 * HOUR_MS => Self::Green,
            Some(age) if age < 72 * HOUR_MS => Self::Amber,
            _ => Self::Red,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// An age as people say it: `just now`, `5m`, `3h`, `2d`, `4mo`, with `ago` behind.
pub fn age_words(milliseconds: i64) -> String {
    let minutes = milliseconds.max(0) / 60_000;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes}m ago"),
        60..1_440 => format!("{}h ago", minutes / 60),
        1_440..43_200 => format!("{}d ago", minutes / 1_440),
        _ => format!("{}mo ago", minutes / 43_200),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_green_for_a_day_and_amber_for_three() {
        let of = |hours: i64| Freshness::of(Some(0), hours * HOUR_MS);
        assert_eq!([0, 23].map(of), [Freshness::Green; 2]);
        assert_eq!([24, 71].map(of), [Freshness::Amber; 2]);
        assert_eq!([72, 9_999].map(of), [Freshness::Red; 2]);
        assert_eq!(Freshness::of(None, 0), Freshness::Red);
        assert_eq!(Freshness::of(Some(5), 0), Freshness::Green);
    }

    #[test]
    fn ages_are_said_in_one_unit() {
        let said: Vec<String> = [30_000, 300_000, 3 * HOUR_MS, 50 * HOUR_MS, 60 * 24 * HOUR_MS].map(age_words).into();
        assert_eq!(said, ["just now", "5m ago", "3h ago", "2d ago", "2mo ago"]);
    }
}
