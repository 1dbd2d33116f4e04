//! Why a row was joined and others were not: the join of one entity row, told row by row.

use serde::{Deserialize, Serialize};

use super::{FeatureRows, Timeline};

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was joined.
    Joined,
    /// It speaks of a time after the entity's.
    Future,
    /// It was not known at the entity's time.
    NotKnown,
    /// It is older than the time to live.
    TooOld,
    /// It is valid, and another valid one is newer.
    Superseded,
}

/// A row of the entity's key, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// When what it says became true, in milliseconds since 1970 UTC.
    pub event_at: i64,
    /// When it could first be known.
    pub known_at: i64,
    /// What became of it.
    pub verdict: Verdict,
    /// Its values, one a feature of the view; null where there is none.
    pub values: Vec<Option<f64>>,
}

/// The rows of a key with `as_of − before ≤ event_at ≤ as_of + after`, in the order of time, each with what became of it
/// in the join of an entity row at `as_of`. The joined one is among them however old it is.
pub fn explain(
    rows: &FeatureRows,
    key: u32,
    as_of: i64,
    ttl_ms: Option<i64>,
    (before, after): (i64, i64),
) -> Vec<Candidate> {
    let timeline = Timeline::of(rows);
    let joined = timeline.newest(key, as_of, ttl_ms, super::Cutoff::Known);
    let oldest = ttl_ms.map_or(i64::MIN, |ttl| as_of.saturating_sub(ttl));
    let shown = (as_of.saturating_sub(before))..=(as_of.saturating_add(after));
    let verdict = |row: usize| match (rows.event_at[row], rows.known_at[row]) {
        _ if joined == Some(row) => Verdict::Joined,
        (event_at, _) if event_at > as_of => Verdict::Future,
        (_, known_at) if known_at > as_of => Verdict::NotKnown,
        (event_at, _) if event_at < oldest => Verdict::TooOld,
        _ => Verdict::Superseded,
    };
    let of_key = timeline.of_key(key).iter().map(|row| *row as usize);
    of_key
        .filter(|row| shown.contains(&rows.event_at[*row]) || joined == Some(*row))
        .map(|row| Candidate {
            event_at: rows.event_at[row],
            known_at: rows.known_at[row],
            verdict: verdict(row),
            values: rows.columns.iter().map(|column| (!column[row].is_nan()).then_some(column[row])).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_says_why_it_was_not_joined() {
        let mut rows = FeatureRows::empty(1);
        for (event_at, known_at) in [(10, 10), (40, 40), (45, 90), (50, 50), (60, 60)] {
            rows.push(7, event_at, known_at, &[event_at as f64]);
        }
        rows.push(8, 50, 50, &[0.0]);
        let told = explain(&rows, 7, 55, Some(20), (1_000, 1_000));
        let verdicts: Vec<_> = told.iter().map(|one| (one.event_at, one.verdict)).collect();
        assert_eq!(
            verdicts,
            [
                (10, Verdict::TooOld),
                (40, Verdict::Superseded),
                (45, Verdict::NotKnown),
                (50, Verdict::Joined),
                (60, Verdict::Future)
            ]
        );
        let near = explain(&rows, 7, 55, None, (0, 0));
        assert_eq!(near.len(), 1, "the joined one is told however old it is");
        assert_eq!(near[0].values, [Some(50.0)]);
        assert_eq!(explain(&rows, 99, 55, None, (1_000, 1_000)), []);
    }
}
