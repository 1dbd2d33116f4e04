//! The stages of an ingest as rows of a table.

use super::super::{bytes, count};
use crate::flows::ingest::StageReport;

/// What a stage did, in the order of the table's columns; a dash where the stage knows no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRow {
    /// Its name.
    pub stage: String,
    /// Rows in.
    pub rows_in: String,
    /// Rows out.
    pub rows_out: String,
    /// Rows refused or passed over.
    pub refused: String,
    /// Bytes read or written.
    pub bytes: String,
    /// How long it took.
    pub time: String,
}

/// The rows of the stages.
pub fn stage_rows(stages: &[StageReport]) -> Vec<StageRow> {
    stages.iter().map(stage_row).collect()
}

fn stage_row(report: &StageReport) -> StageRow {
    let rows = |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), count);
    StageRow {
        stage: report.stage.clone(),
        rows_in: rows(report.rows_in),
        rows_out: rows(report.rows_out),
        refused: count(report.refused),
        bytes: bytes(report.bytes),
        time: duration(report.milliseconds),
    }
}

/// A length of time, from milliseconds: `<1 ms`, `340 ms`, `1.2 s`, `2 min 5 s`.
pub fn duration(milliseconds: f64) -> String {
    match milliseconds {
        ms if !ms.is_finite() || ms < 0.0 => "–".to_owned(),
        ms if ms < 1.0 => "<1 ms".to_owned(),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 59_950.0 => format!("{:.1} s", ms / 1000.0),
        ms => {
            let seconds = (ms / 1000.0).round() as u64;
            format!("{} min {} s", count(seconds / 60), seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_without_rows_has_dashes() {
        let fetch = StageReport {
            stage: "fetch".into(),
            rows_in: None,
            rows_out: None,
            refused: 0,
            bytes: 2048,
            milliseconds: 0.2,
        };
        let validate = StageReport {
            stage: "validate".into(),
            rows_in: Some(1300),
            rows_out: Some(1230),
            refused: 70,
            ..fetch.clone()
        };
        let rows = stage_rows(&[fetch, validate]);
        assert_eq!((rows[0].rows_in.as_str(), rows[0].bytes.as_str(), rows[0].time.as_str()), ("–", "2 KiB", "<1 ms"));
        assert_eq!(
            (rows[1].rows_in.as_str(), rows[1].rows_out.as_str(), rows[1].refused.as_str()),
            ("1,300", "1,230", "70")
        );
    }

    #[test]
    fn a_time_reads_in_its_own_unit() {
        for (milliseconds, words) in [
            (0.0, "<1 ms"),
            (1.0, "1 ms"),
            (999.4, "999 ms"),
            (999.6, "1.0 s"),
            (59_949.0, "59.9 s"),
            (59_960.0, "1 min 0 s"),
            (125_000.0, "2 min 5 s"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(duration(milliseconds), words, "{milliseconds}");
        }
    }
}
