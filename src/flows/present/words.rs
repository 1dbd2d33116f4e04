//! Numbers, dates and counts as people read them.

use crate::base::{Date, Instant};
use crate::data::SourceKind;

/// A day with its weekday: `Thursday, 15 January 2026`.
pub fn date_long(day: Date) -> String {
    day.format("%A, %-d %B %Y").to_string()
}

/// A day without its weekday: `15 Jan 2026`.
pub fn date_medium(day: Date) -> String {
    day.format("%-d %b %Y").to_string()
}

/// A day for a button: `Thu 15 Jan`.
pub fn date_short(day: Date) -> String {
    day.format("%a %-d %b").to_string()
}

/// Two days as a span: `15 Jan 2026 – 3 Feb 2026`.
pub fn span_text((first, last): (Date, Date)) -> String {
    if first == last {
        date_medium(first)
    } else {
        format!("{}\u{2009}–\u{2009}{}", date_medium(first), date_medium(last))
    }
}

/// An instant of the calendar: `15 Jan 2026, 12:00 UTC`.
pub fn instant_text(instant: Instant) -> String {
    instant.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// A season by its starting year: `2025–26`.
pub fn season_label(start: u16) -> String {
    format!("{start}–{:02}", (start + 1) % 100)
}

/// A probability in whole percent. Nothing is certain, so the ends read `>99%` and `<1%`.
pub fn percent(p: f64) -> String {
    percent_pair(p).0
}

/// A probability and its complement in whole percent that add up to 100.
pub fn percent_pair(p: f64) -> (String, String) {
    if p.is_nan() {
        return ("–".to_owned(), "–".to_owned());
    }
    if p >= 0.995 {
        return (">99%".to_owned(), "<1%".to_owned());
    }
    if p < 0.005 {
        return ("<1%".to_owned(), ">99%".to_owned());
    }
    let whole = (p * 100.0).round() as u32;
    (format!("{whole}%"), format!("{}%", 100 - whole))
}

/// A share that may be exactly nothing or all: `0%`, `4.2%`, `100%`.
pub fn share(p: f64) -> String {
    if p.is_nan() {
        "–".to_owned()
    } else if p == 0.0 || p == 1.0 {
        format!("{:.0}%", p * 100.0)
    } else if p < 0.001 {
        "<0.1%".to_owned()
    } else {
        format!("{:.1}%", p * 100.0)
    }
}

/// A share as `7 of 10`.
pub fn ordinal_share(part: usize, whole: usize) -> String {
    format!("{} of {}", count(part as u64), count(whole as u64))
}

/// A number with this many places, a dash where there is none. The minus is a real one.
pub fn decimal(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.places$}", value.abs());
    let is_zero = text.bytes().all(|byte| byte == b'0' || byte == b'.');
    if value < 0.0 && !is_zero { format!("−{text}") } else { text }
}

/// A number with its sign.
pub fn signed(value: f64, places: usize) -> String {
    let text = decimal(value, places);
    if value > 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) { format!("+{text}") } else { text }
}

/// A p-value: `0.034`, and `<0.001` below that.
pub fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { decimal(p, 3) }
}

/// A whole number in groups of three: `11,525`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 game`, `12 games`.
pub fn plural(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", count(n)) }
}

/// A size: `812 bytes`, `64 KiB`, `1.5 MiB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1024 => plural(n, "byte"),
        1024..0x0010_0000 => format!("{:.0} KiB", n as f64 / 1024.0),
        _ if n.is_multiple_of(1 << 20) => format!("{} MiB", n >> 20),
        _ => format!("{:.1} MiB", n as f64 / f64::from(1 << 20)),
    }
}

/// What kind of results these are, in a word.
pub fn source_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Simulated => "Simulated",
        SourceKind::Real => "Real",
    }
}

/// What every page that shows simulated results says; none for real ones.
pub fn source_notice(kind: SourceKind) -> Option<&'static str> {
    match kind {
        SourceKind::Simulated => Some(
            "The teams are real; every schedule, score and prediction here comes from a simulated league, not from NBA games.",
        ),
        SourceKind::Real => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_day_reads_as_a_person_writes_it() {
        assert_eq!(date_long(day("2026-01-15")), "Thursday, 15 January 2026");
        assert_eq!(date_short(day("2026-01-05")), "Mon 5 Jan");
        assert_eq!(span_text((day("2026-01-05"), day("2026-01-05"))), "5 Jan 2026");
        assert_eq!(season_label(1999), "1999–00");
    }

    #[test]
    fn a_probability_and_its_complement_add_up_to_a_hundred() {
        for step in 0..=1000 {
            let (home, visitor) = percent_pair(f64::from(step) / 1000.0);
            let parse = |text: &str| text.trim_end_matches('%').parse::<u32>();
            match (parse(&home), parse(&visitor)) {
                (Ok(home), Ok(visitor)) => assert_eq!(home + visitor, 100),
                _ => assert!([home.as_str(), visitor.as_str()].contains(&">99%"), "{home} {visitor}"),
            }
        }
    }

    #[test]
    fn nothing_is_certain_and_nothing_impossible() {
        assert_eq!(percent_pair(1.0), (">99%".into(), "<1%".into()));
        assert_eq!(percent_pair(0.0), ("<1%".into(), ">99%".into()));
        assert_eq!(percent_pair(0.9949), ("99%".into(), "1%".into()));
        assert_eq!(percent(f64::NAN), "–");
    }

    #[test]
    fn signs_do_not_appear_on_a_rounded_zero() {
        assert_eq!(signed(-0.0001, 2), "0.00");
        assert_eq!(signed(0.0001, 2), "0.00");
        assert_eq!(signed(0.25, 2), "+0.25");
        assert_eq!(signed(-0.25, 2), "−0.25");
        assert_eq!(decimal(f64::INFINITY, 2), "–");
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(11_525_007), "11,525,007");
        assert_eq!(plural(1, "row"), "1 row");
        assert_eq!(plural(2, "row"), "2 rows");
    }

    #[test]
    fn sizes_are_read_in_powers_of_1024() {
        for (size, words) in
            [(1, "1 byte"), (900, "900 bytes"), (2048, "2 KiB"), (64 << 20, "64 MiB"), ((3 << 20) / 2, "1.5 MiB")]
        {
            assert_eq!(bytes(size), words);
        }
    }

    #[test]
    fn only_simulated_results_carry_the_notice() {
        assert!(source_notice(SourceKind::Simulated).is_some());
        assert!(source_notice(SourceKind::Real).is_none());
    }
}
