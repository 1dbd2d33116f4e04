//! Rows that were refused, kept with the reasons, and the gate that decides over the whole.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::record::{Encoding, RawRecord, put};
use super::{Severity, Violation, any_error};
use crate::base::Locus;

/// A refused row, kept so that it can be looked through, repaired and released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Where it stands in the source.
    #[serde(default)]
    pub locus: Locus,
    /// The source's rows that it was made of.
    #[serde(default)]
    pub rows: Vec<u64>,
    /// How its values are written, and so how strictly an edit of them is read.
    #[serde(default = "text")]
    pub encoding: Encoding,
    /// The record in the shape of its contract, as far as it could be understood: what an edit changes.
    #[serde(default)]
    pub record: Value,
    /// The row as the source has it, by the source's own names.
    pub raw: Map<String, Value>,
    /// Why it was refused.
    pub violations: Vec<Violation>,
}

fn text() -> Encoding {
    Encoding::Text
}

/// Reasons that are kept of a refused row. All of them are counted.
const REASONS_KEPT: usize = 100;

impl Quarantined {
    /// Keeps a refused record, with the first of its violations and in any case the first that is an error.
    pub fn new(record: &RawRecord, violations: &[Violation]) -> Self {
        let (first, rest) = violations.split_at(violations.len().min(REASONS_KEPT));
        let mut violations = first.to_vec();
        if !any_error(&violations) {
            violations.extend(rest.iter().find(|violation| violation.is_error()).cloned());
        }
        let raw = match (&record.raw, &record.value) {
            (Some(raw), _) => raw.clone(),
            (None, Value::Object(object)) => object.clone(),
            (None, other) => [("value".to_owned(), other.clone())].into_iter().collect(),
        };
        Self {
            locus: record.locus.clone(),
            rows: record.rows.clone(),
            encoding: record.encoding,
            record: record.value.clone(),
            raw,
            violations,
        }
    }

    /// Bytes of it as JSON, near enough to what keeping it costs.
    pub fn size(&self) -> usize {
        let mut count = ByteCount(0);
        // Nothing in it that is no JSON: the record was read from text.
        let _ = serde_json::to_writer(&mut count, self);
        count.0
    }

    /// The record with some values replaced, each by the path of its contract's field, ready to be checked again. What
    /// was wrong with its form is not held against it any more: it has been looked at.
    pub fn edited(&self, edits: &[(String, Value)]) -> RawRecord {
        let mut value = match &self.record {
            Value::Object(object) => object.clone(),
            _ => Map::new(),
        };
        for (path, edit) in edits {
            put(&mut value, path, edit.clone());
        }
        for inner in value.values_mut() {
            if inner.as_object().is_some_and(|object| object.values().all(Value::is_null)) {
                *inner = Value::Null;
            }
        }
        RawRecord {
            locus: self.locus.clone(),
            encoding: self.encoding,
            rows: self.rows.clone(),
            value: Value::Object(value),
            columns: Vec::new(),
            raw: Some(self.raw.clone()),
            defects: Vec::new(),
        }
    }
}

struct ByteCount(usize);

impl std::io::Write for ByteCount {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
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
    if let Some(first) = of_the_set.iter().find(|violation| violation.severity == Severity::Error) {
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
        let warning = Violation::warning("w", Locus::file("f"), "a".into(), "b");
        assert_eq!(gate(counts, std::slice::from_ref(&warning)), Ok(()));
        let error = Violation::error("e", Locus::file("f"), 29.into(), "30 teams");
        assert_eq!(gate(counts, &[warning, error]), Err("f: 30 teams; found 29 [e]".to_owned()));
    }
}
