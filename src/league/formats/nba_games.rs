//! One row a game: `game_id,date,season,phase,neutral,home,visitor,…` with each side's box totals.

use super::table::{Layout, Table, fields};
use super::{Parsed, Sink, Stop};
use crate::data::{Encoding, RawRecord, SourceKind};

pub(super) static LAYOUT: Layout = Layout {
    name: "nba_games",
    required: &[
        ("game_id", "id"),
        ("date", "date"),
        ("season", "season"),
        ("phase", "phase"),
        ("neutral", "neutral"),
        ("home", "home"),
        ("visitor", "visitor"),
        ("home_score", "score.home"),
        ("visitor_score", "score.visitor"),
        ("home_fga", "home_box.fga"),
        ("home_fta", "home_box.fta"),
        ("home_oreb", "home_box.oreb"),
        ("home_tov", "home_box.tov"),
        ("visitor_fga", "visitor_box.fga"),
        ("visitor_fta", "visitor_box.fta"),
        ("visitor_oreb", "visitor_box.oreb"),
        ("visitor_tov", "visitor_box.tov"),
    ],
    optional: &[],
};

/// Reads every row as one record.
pub(super) fn parse(mut table: Table<'_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
    while let Some(mut line) = table.read()? {
        let mut record = RawRecord::new(table.file.at_row(line.row), Encoding::Text);
        record.defects = std::mem::take(&mut line.defects);
        record.fields = fields(&LAYOUT, &table.header, line);
        if !sink.record(record) {
            return Err(Stop::Cancelled);
        }
    }
    Ok(Parsed { parser: "nba_games/1", scheme: "csv", source_kind: SourceKind::Real, violations: table.violations })
}
