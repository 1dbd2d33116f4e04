//! One row a game: `game_id,date,season,phase,neutral,home,visitor,…` with each side's box totals.

use super::table::{Layout, Table, TableLine, held_against, raw};
use super::{About, File, Parsed, Provider, Sink, Start, Stop};
use crate::base::Locus;
use crate::data::{RawRecord, Rule, Scope, SourceKind, Violation, any_error, steps};

static LAYOUT: Layout = Layout {
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

const BOX_INCOMPLETE: Rule = Rule::warning(
    "box_incomplete",
    Scope::Form,
    "completeness",
    "A side has all four box totals or none; with fewer they are not used.",
);

/// The table of games.
pub(super) struct NbaGames;

impl Provider for NbaGames {
    fn id(&self) -> &'static str {
        LAYOUT.name
    }

    fn version(&self) -> u32 {
        2
    }

    fn about(&self) -> About {
        About {
            title: "One row a game",
            known_by: "columns game_id, date, season, phase, neutral, home, visitor, home_score, visitor_score, then fga, fta, oreb and tov of each side",
        }
    }

    fn layout(&self) -> Option<&'static Layout> {
        Some(&LAYOUT)
    }

    fn recognises(&self, start: &Start<'_>) -> bool {
        matches!(start, Start::Table(header) if !any_error(&held_against(&LAYOUT, header, &Locus::default())))
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &[&BOX_INCOMPLETE]
    }

    fn parse(&self, mut file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
        let mut table = Table::open(&mut file)?;
        while let Some(line) = table.read()? {
            sink.taken(table.taken());
            if !sink.record(record(&table, line)) {
                return Err(Stop::Cancelled);
            }
        }
        Ok(Parsed {
            provider: self.id(),
            parser: format!("{}/{}", self.id(), self.version()),
            scheme: "csv",
            source_kind: SourceKind::Real,
            violations: table.finish(),
        })
    }
}

fn record(table: &Table<'_, '_>, line: TableLine) -> RawRecord {
    let TableLine { line, mut defects } = line;
    let row = line.row;
    let raw = raw(&table.header, &line);
    let columns = table.header.iter().cloned().zip(line.values);
    let mut values: Vec<_> = columns.map(|(column, value)| (LAYOUT.field(&column), column, row, value)).collect();
    for side in ["home_box", "visitor_box"] {
        drop_incomplete(side, &mut values, &table.file.at_row(row), &mut defects);
    }
    let mut record = RawRecord::text(table.file, vec![row], values);
    record.defects = defects;
    record.raw = Some(raw);
    record
}

type Cell = (&'static str, String, u64, Option<String>);

/// Possessions need all four totals of a side: fewer are dropped with a warning.
fn drop_incomplete(side: &str, values: &mut [Cell], place: &Locus, defects: &mut Vec<Violation>) {
    let of_side = |path: &str| path.split_once('.').is_some_and(|(object, _)| object == side);
    let there = values.iter().filter(|(path, _, _, value)| of_side(path) && value.is_some()).count();
    if there == 0 || there == 4 {
        return;
    }
    let mut empty = values.iter().filter(|(path, _, _, value)| of_side(path) && value.is_none());
    let (path, column) = empty.next().map_or((side, side), |(path, column, _, _)| (*path, column.as_str()));
    let msg = "A side should have all four box totals or none: they are not used";
    let found = format!("{there} of 4 totals");
    defects.push(Violation::of(&BOX_INCOMPLETE, place.at_column(column), found.into(), msg).at(steps(path)));
    values.iter_mut().filter(|(path, ..)| of_side(path)).for_each(|(_, _, _, value)| *value = None);
}
