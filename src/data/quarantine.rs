//! Rows that were refused, kept with the reasons, and the gate that decides over the whole.

use serde::{Deserialize, Serialize};

use super::Violation;

/// A refused row as it was read, with every violation found in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The raw fields by name.
    pub raw: serde_json::Map<String, serde_json::Value>,
    /// Why it was refused.
    pub violations: Vec<Violation>,
}

/// Of the rows that were held against a contract, at most this share may be refused.
pub const REFUSED_AT_MOST: f64 = 0.05;

/// How many rows went where. `accepted + quarantined + skipped` is `rows_in`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows read.
    pub rows_in: u64,
    /// Rows let in.
    pub accepted: u64,
    /// Rows refused.
    pub quarantined: u64,
    /// Rows passed over because the provider marks them as something else.
    pub skipped: u64,
}

/// The gate's policy: nothing is let in where a finding concerns the whole set, where no row was accepted, or where
/// more than [`REFUSED_AT_MOST`] of the rows were refused. The answer says why not, as a clause.
pub fn gate(counts: Counts, of_the_set: &[Violation]) -> Result<(), String> {
    if let Some(first) = of_the_set.iter().find(|violation| violation.severity == super::Severity::Error) {
        return Err(first.to_string());
    }
    let held = counts.accepted + counts.quarantined;
    if held == 0 && counts.skipped > 0 {
        return Err(format!("all {} rows are of kinds that are passed over", counts.skipped));
    }
    if counts.accepted == 0 {
        return Err(match held {
            0 => "it has no rows".to_owned(),
            1 => "its only row is refused".to_owned(),
            _ => format!("all {held} rows are refused"),
        });
    }
    if counts.quarantined as f64 > REFUSED_AT_MOST * held as f64 {
        return Err(format!(
            "{} of {held} rows are refused, and at most {:.0} % may be",
            counts.quarantined,
            REFUSED_AT_MOST * 100.0
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locus;

    #[test]
    fn the_gate_lets_one_in_twenty_be_refused_and_no_more() {
        let counts =
            |accepted, quarantined| Counts { rows_in: accepted + quarantined, accepted, quarantined, skipped: 0 };
        assert_eq!(gate(counts(95, 5), &[]), Ok(()));
        assert_eq!(gate(counts(94, 6), &[]), Err("6 of 100 rows are refused, and at most 5 % may be".to_owned()));
        assert_eq!(gate(counts(0, 3), &[]), Err("all 3 rows are refused".to_owned()));
        assert_eq!(gate(counts(0, 0), &[]), Err("it has no rows".to_owned()));
    }

    #[test]
    fn a_finding_about_the_set_rejects_it_and_a_warning_does_not() {
        let counts = Counts { rows_in: 9, accepted: 9, ..Counts::default() };
        let warning = Violation::warning("w", Locus::file("f"), "a", "b");
        assert_eq!(gate(counts, std::slice::from_ref(&warning)), Ok(()));
        let error = Violation::error("e", Locus::file("f"), "29 teams", "30");
        assert_eq!(gate(counts, &[warning, error]), Err("f: found 29 teams, expected 30 [e]".to_owned()));
    }
}
