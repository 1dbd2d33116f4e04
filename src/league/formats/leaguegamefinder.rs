//! The statistics API's LeagueGameFinder: two rows a game, one for each side, paired by `GAME_ID`.
//!
//! `MATCHUP` tells the sides apart: `DEN vs. MIA` is the home side's row, `MIA @ DEN` the
//! visitor's. From 2024-25 both rows of a game on a neutral floor read `A @ B`: then B is listed as
//! home and the game is neutral. Where the two rows contradict each other (`A @ B` and `B @ A`, or
//! twice `vs.`), the game is taken as neutral too and the side that comes first in the alphabet is
//! listed as home, which no model can profit from. Neutral games of earlier seasons cannot be told
//! from others in this format.
//!
//! Turnovers are the players' only: the team's own are not in this format.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::table::{Layout, Line, Table};
use super::{Parsed, Sink, Stop};
use crate::data::{Encoding, RawField, RawRecord, SourceKind, Violation};

pub(super) static LAYOUT: Layout = Layout {
    name: "leaguegamefinder",
    required: &[
        ("SEASON_ID", ""),
        ("TEAM_ABBREVIATION", ""),
        ("GAME_ID", ""),
        ("GAME_DATE", ""),
        ("MATCHUP", ""),
        ("WL", ""),
        ("PTS", ""),
        ("FGA", ""),
        ("FTA", ""),
        ("OREB", ""),
        ("TOV", ""),
    ],
    optional: &[
        "",
        "TEAM_ID",
        "TEAM_NAME",
        "MIN",
        "FGM",
        "FG_PCT",
        "FG3M",
        "FG3A",
        "FG3_PCT",
        "FTM",
        "FT_PCT",
        "DREB",
        "REB",
        "AST",
        "STL",
        "BLK",
        "BLKA",
        "PF",
        "PFD",
        "PLUS_MINUS",
        "VIDEO_AVAILABLE",
    ],
};

/// Where the columns stand.
struct Columns {
    season: usize,
    team: usize,
    id: usize,
    date: usize,
    matchup: usize,
    wl: usize,
    points: usize,
    totals: [usize; 4],
}

const TOTALS: [(&str, &str); 4] = [("FGA", "fga"), ("FTA", "fta"), ("OREB", "oreb"), ("TOV", "tov")];

impl Columns {
    /// Every required column is there: the format was chosen by them.
    fn of(table: &Table<'_>) -> Self {
        let at = |name: &str| table.column(name).unwrap_or(usize::MAX);
        Columns {
            season: at("SEASON_ID"),
            team: at("TEAM_ABBREVIATION"),
            id: at("GAME_ID"),
            date: at("GAME_DATE"),
            matchup: at("MATCHUP"),
            wl: at("WL"),
            points: at("PTS"),
            totals: TOTALS.map(|(name, _)| at(name)),
        }
    }
}

/// What a game's id says about it.
enum GameKind {
    /// One of the league's games that count, with its phase.
    Counts(&'static str),
    /// Something else, and what.
    Skipped(&'static str),
    /// No id of this format.
    Unknown,
}

/// Ten digits; spreadsheets drop the leading zeros.
fn padded(id: &str) -> String {
    if id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_digit()) { format!("00{id}") } else { id.to_owned() }
}

fn kind_of(id: &str) -> GameKind {
    if id.len() != 10 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return GameKind::Unknown;
    }
    match (&id[..2], &id[2..3]) {
        ("00", "1") => GameKind::Skipped("preseason games"),
        ("00", "2") => GameKind::Counts("regular"),
        ("00", "3") => GameKind::Skipped("All-Star games"),
        ("00", "4") => GameKind::Counts("playoff"),
        ("00", "5") => GameKind::Counts("playin"),
        ("00", "6") => GameKind::Counts("cup_final"),
        ("00", _) => GameKind::Unknown,
        ("10", _) => GameKind::Skipped("WNBA games"),
        ("13" | "14" | "15" | "16", _) => GameKind::Skipped("Summer League games"),
        ("20", _) => GameKind::Skipped("G League games"),
        _ => GameKind::Skipped("games of other leagues"),
    }
}

/// Pairs the rows and hands on one record a game.
pub(super) fn parse(mut table: Table<'_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
    let columns = Columns::of(&table);
    let mut waiting: BTreeMap<String, Line> = BTreeMap::new();
    let mut paired: BTreeSet<String> = BTreeSet::new();
    while let Some(line) = table.read()? {
        let id = padded(line.text(columns.id));
        let phase = match kind_of(&id) {
            GameKind::Skipped(reason) => {
                sink.skip(reason, 1);
                continue;
            }
            GameKind::Counts(phase) => phase,
            GameKind::Unknown => {
                let expected = "ten digits that start with 00 and the kind of game (2 regular, 4 playoffs, 5 play-in, 6 Cup final)";
                hand_on(sink, alone(&table, &columns, line, "game_id", expected))?;
                continue;
            }
        };
        if paired.contains(&id) {
            hand_on(sink, alone(&table, &columns, line, "duplicate_id", "two rows a game: this is a third one"))?;
        } else if let Some(first) = waiting.remove(&id) {
            if first.text(columns.team) == line.text(columns.team) {
                let expected = "the other side's row: this side has one already";
                hand_on(sink, alone(&table, &columns, line, "duplicate_id", expected))?;
                waiting.insert(id, first);
            } else {
                hand_on(sink, pair(&table, &columns, &id, phase, first, line))?;
                paired.insert(id);
            }
        } else {
            waiting.insert(id, line);
        }
    }
    let mut left: Vec<Line> = waiting.into_values().collect();
    left.sort_by_key(|line| line.row);
    for line in left {
        hand_on(
            sink,
            alone(&table, &columns, line, "partner_missing", "two rows a game: the other side's is missing"),
        )?;
    }
    Ok(Parsed {
        parser: "leaguegamefinder/1",
        scheme: "csv",
        source_kind: SourceKind::Real,
        violations: table.violations,
    })
}

fn hand_on(sink: &mut dyn Sink, record: RawRecord) -> Result<(), Stop> {
    if sink.record(record) { Ok(()) } else { Err(Stop::Cancelled) }
}

/// A row that makes no game, with the reason.
fn alone(table: &Table<'_>, columns: &Columns, mut line: Line, kind: &str, expected: &str) -> RawRecord {
    let place = table.file.at_row(line.row);
    let mut record = RawRecord::new(place.clone(), Encoding::Text);
    record.defects = std::mem::take(&mut line.defects);
    let found = format!("{:?}", line.text(columns.id));
    record.defects.push(Violation::error(kind, place.at_column("GAME_ID"), &found, expected));
    record.fields = rest(table, line);
    record
}

/// Every value of a row by its column, meant for no field.
fn rest(table: &Table<'_>, line: Line) -> Vec<RawField> {
    let row = line.row;
    let field =
        |(column, value): (&String, Value)| RawField { field: "".into(), column: column.clone().into(), row, value };
    table.header.iter().zip(line.values).map(field).collect()
}

/// Which of two rows is the home side's, and whether the floor is neutral.
struct Sides {
    home: Line,
    visitor: Line,
    neutral: bool,
}

fn pair(table: &Table<'_>, columns: &Columns, id: &str, phase: &str, first: Line, second: Line) -> RawRecord {
    let mut record = RawRecord::new(table.file.at_row(first.row.min(second.row)), Encoding::Text);
    record.rows = 2;
    let Sides { mut home, mut visitor, neutral } = sides(table, columns, first, second, &mut record.defects);
    record.defects.append(&mut home.defects);
    record.defects.append(&mut visitor.defects);
    agree(table, columns, &home, &visitor, &mut record.defects);
    let played = final_score(table, columns, &home, &visitor, &mut record.defects);
    let text = |value: &str| if value.is_empty() { Value::Null } else { Value::String(value.to_owned()) };
    let season = home.text(columns.season);
    // `22022`: the kind of season and its starting year.
    let year = if season.len() == 5 && season.is_ascii() { &season[1..] } else { season };
    let mut fields = vec![
        field("id", "GAME_ID", home.row, text(id)),
        field("date", "GAME_DATE", home.row, text(home.text(columns.date))),
        field("season", "SEASON_ID", home.row, text(year)),
        field("phase", "GAME_ID", home.row, text(phase)),
        field("neutral", "MATCHUP", home.row, text(if neutral { "1" } else { "0" })),
        field("home", "TEAM_ABBREVIATION", home.row, text(home.text(columns.team))),
        field("visitor", "TEAM_ABBREVIATION", visitor.row, text(visitor.text(columns.team))),
    ];
    let points = |line: &Line| if played { text(line.text(columns.points)) } else { Value::Null };
    fields.push(field("score.home", "PTS", home.row, points(&home)));
    fields.push(field("score.visitor", "PTS", visitor.row, points(&visitor)));
    for (names, line) in [(HOME_BOX, &home), (VISITOR_BOX, &visitor)] {
        for (name, ((column, _), at)) in names.into_iter().zip(TOTALS.iter().zip(columns.totals)) {
            let value = if played { text(line.text(at)) } else { Value::Null };
            fields.push(field(name, column, line.row, value));
        }
    }
    for line in [home, visitor] {
        fields.extend(rest(table, line));
    }
    record.fields = fields;
    record
}

const HOME_BOX: [&str; 4] = ["home_box.fga", "home_box.fta", "home_box.oreb", "home_box.tov"];
const VISITOR_BOX: [&str; 4] = ["visitor_box.fga", "visitor_box.fta", "visitor_box.oreb", "visitor_box.tov"];

fn field(field: &'static str, column: &'static str, row: u64, value: Value) -> RawField {
    RawField { field: field.into(), column: column.into(), row, value }
}

/// `A vs. B` or `A @ B`: the left side, whether it is at home, the right side.
fn matchup(text: &str) -> Option<(&str, bool, &str)> {
    let (left, at_home, right) = match text.split_once(" vs. ") {
        Some((left, right)) => (left, true, right),
        None => text.split_once(" @ ").map(|(left, right)| (left, false, right))?,
    };
    Some((left.trim(), at_home, right.trim()))
}

fn sides(table: &Table<'_>, columns: &Columns, first: Line, second: Line, defects: &mut Vec<Violation>) -> Sides {
    let teams = [first.text(columns.team).to_owned(), second.text(columns.team).to_owned()];
    let mut home_by_row = [None; 2];
    for (at, line) in [&first, &second].into_iter().enumerate() {
        match matchup(line.text(columns.matchup)) {
            Some((left, at_home, right))
                if (left == teams[0] && right == teams[1]) || (left == teams[1] && right == teams[0]) =>
            {
                home_by_row[at] = Some(if at_home { left == teams[1] } else { right == teams[1] });
            }
            _ => defects.push(Violation::error(
                "matchup",
                table.file.at_row(line.row).at_column("MATCHUP"),
                &format!("{:?}", line.text(columns.matchup)),
                format!("{} and {} with vs. or @ between them", teams[0], teams[1]),
            )),
        }
    }
    let both = (first.text(columns.matchup), second.text(columns.matchup));
    let (second_is_home, neutral) = match home_by_row {
        // Both rows name the same home side; word for word the same text means a neutral floor.
        [Some(one), Some(other)] if one == other => (one, both.0 == both.1),
        [Some(_), Some(_)] => (teams[1] < teams[0], true),
        [one, other] => (one.or(other).unwrap_or(false), false),
    };
    if second_is_home {
        Sides { home: second, visitor: first, neutral }
    } else {
        Sides { home: first, visitor: second, neutral }
    }
}

/// The rows of a game are of one day and one season.
fn agree(table: &Table<'_>, columns: &Columns, home: &Line, visitor: &Line, defects: &mut Vec<Violation>) {
    for (at, column) in [(columns.date, "GAME_DATE"), (columns.season, "SEASON_ID")] {
        if home.text(at) != visitor.text(at) {
            defects.push(Violation::error(
                "partner_differs",
                table.file.at_row(visitor.row).at_column(column),
                &format!("{:?}", visitor.text(at)),
                format!("{:?}, as in the game's other row {}", home.text(at), home.row),
            ));
        }
    }
}

/// Whether the game is over: `WL` says so on both rows, and then the points must agree with it.
fn final_score(
    table: &Table<'_>,
    columns: &Columns,
    home: &Line,
    visitor: &Line,
    defects: &mut Vec<Violation>,
) -> bool {
    let mut played = false;
    for (line, other) in [(home, visitor), (visitor, home)] {
        let (wl, points) = (line.text(columns.wl), line.text(columns.points));
        let place = |column: &str| table.file.at_row(line.row).at_column(column);
        match wl {
            "" if matches!(points, "" | "0") => {}
            "" => defects.push(Violation::error(
                "score_before_final",
                place("PTS"),
                &format!("{points:?}"),
                "no points while WL is empty: the game is not over",
            )),
            "W" | "L" => {
                played = true;
                let theirs = other.text(columns.points);
                let (ours, theirs) = (points.parse::<f64>().ok(), theirs.parse::<f64>().ok());
                if points.is_empty() {
                    defects.push(Violation::error(
                        "missing",
                        place("PTS"),
                        "an empty value",
                        "points, as WL says that the game is over",
                    ));
                } else if let (Some(ours), Some(theirs)) = (ours, theirs)
                    && ours != theirs
                    && (ours > theirs) != (wl == "W")
                {
                    defects.push(Violation::error(
                        "result_mismatch",
                        place("WL"),
                        &format!("{wl:?} with {ours} to {theirs} points"),
                        "W for the side with more points and L for the other",
                    ));
                }
            }
            _ => defects.push(Violation::error("literal_error", place("WL"), &format!("{wl:?}"), "W, L or nothing")),
        }
    }
    played
}
