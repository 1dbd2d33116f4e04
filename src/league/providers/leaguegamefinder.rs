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

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::table::{Layout, Table, TableLine, held_against};
use super::{About, File, Parsed, Provider, Sink, Start, Stop};
use crate::base::Locus;
use crate::data::reader::csv::Line;
use crate::data::{Encoding, RawRecord, Rule, Scope, SourceKind, Violation, any_error};

const GAME_ID: Rule = Rule::error(
    "game_id",
    Scope::Form,
    "conformity",
    "GAME_ID has ten digits that start with 00 and the kind of game (2 regular, 4 playoffs, 5 play-in, 6 Cup final).",
);
const THIRD_ROW: Rule =
    Rule::error("duplicate_id", Scope::Form, "uniqueness", "A game has two rows, one for each side.");
const PARTNER_MISSING: Rule =
    Rule::error("partner_missing", Scope::Form, "completeness", "A game has two rows, one for each side.");
const PARTNER_DIFFERS: Rule =
    Rule::error("partner_differs", Scope::Form, "consistency", "The two rows of a game are of one day and one season.");
const MATCHUP: Rule =
    Rule::error("matchup", Scope::Form, "consistency", "MATCHUP names both sides with vs. or @ between them.");
const SCORE_BEFORE_FINAL: Rule =
    Rule::error("score_before_final", Scope::Form, "consistency", "There are no points while WL is empty.");
const POINTS_MISSING: Rule =
    Rule::error("missing", Scope::Form, "completeness", "There are points where WL says that the game is over.");
const RESULT_MISMATCH: Rule = Rule::error(
    "result_mismatch",
    Scope::Form,
    "consistency",
    "WL is W for the side with more points and L for the other.",
);
const WL: Rule = Rule::error("literal_error", Scope::Form, "conformity", "WL is W, L or empty.");

static LAYOUT: Layout = Layout {
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
    fn of(table: &Table<'_, '_>) -> Self {
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

/// Bytes of rows that wait for their partner. A row has some 200 and a season some 2,600 of them, so what goes beyond it
/// is no file of this format.
const WAITING_AT_MOST: usize = 32 << 20;

/// Ids of games that have both rows: a bit for each of the ten million numbers that an id of a kind can have.
#[derive(Default)]
struct Paired([Vec<u64>; 10]);

impl Paired {
    fn place(id: &str) -> Option<(usize, usize, u64)> {
        let (kind, number): (usize, usize) = (id.get(2..3)?.parse().ok()?, id.get(3..)?.parse().ok()?);
        Some((kind, number / 64, 1 << (number % 64)))
    }

    fn contains(&self, id: &str) -> bool {
        Self::place(id).is_some_and(|(kind, at, bit)| self.0[kind].get(at).is_some_and(|bits| bits & bit != 0))
    }

    fn insert(&mut self, id: &str) {
        let Some((kind, at, bit)) = Self::place(id) else { return };
        let bits = &mut self.0[kind];
        if bits.len() <= at {
            bits.resize(at + 1, 0);
        }
        bits[at] |= bit;
    }
}

/// What a row that waits holds, near enough.
fn weight(line: &TableLine) -> usize {
    let values = line.line.values.iter().map(|value| 24 + value.as_ref().map_or(0, String::len));
    200 + values.sum::<usize>()
}

/// The statistics API's table.
pub(super) struct LeagueGameFinder;

impl Provider for LeagueGameFinder {
    fn id(&self) -> &'static str {
        LAYOUT.name
    }

    fn version(&self) -> u32 {
        2
    }

    fn about(&self) -> About {
        About {
            title: "LeagueGameFinder",
            known_by: "two rows a game, as the NBA statistics API prints it: SEASON_ID, TEAM_ABBREVIATION, GAME_ID, GAME_DATE, MATCHUP, WL, PTS, …",
        }
    }

    fn layout(&self) -> Option<&'static Layout> {
        Some(&LAYOUT)
    }

    fn recognises(&self, start: &Start<'_>) -> bool {
        matches!(start, Start::Table(header) if !any_error(&held_against(&LAYOUT, header, &Locus::default())))
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &[
            &GAME_ID,
            &THIRD_ROW,
            &PARTNER_MISSING,
            &PARTNER_DIFFERS,
            &MATCHUP,
            &SCORE_BEFORE_FINAL,
            &POINTS_MISSING,
            &RESULT_MISMATCH,
            &WL,
        ]
    }

    fn parse(&self, mut file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
        let mut table = Table::open(&mut file)?;
        pair_up(&mut table, sink)?;
        Ok(Parsed {
            provider: self.id(),
            parser: format!("{}/{}", self.id(), self.version()),
            scheme: "csv",
            source_kind: SourceKind::Real,
            violations: table.finish(),
        })
    }
}

/// Pairs the rows and hands on one record a game.
fn pair_up(table: &mut Table<'_, '_>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let columns = Columns::of(table);
    let mut waiting: BTreeMap<String, TableLine> = BTreeMap::new();
    let (mut paired, mut held) = (Paired::default(), 0);
    while let Some(line) = table.read()? {
        sink.taken(table.taken());
        let id = padded(line.line.text(columns.id));
        let phase = match kind_of(&id) {
            GameKind::Skipped(reason) => {
                hand_on(sink.skip(reason, 1))?;
                continue;
            }
            GameKind::Counts(phase) => phase,
            GameKind::Unknown => {
                hand_on(sink.record(alone(table, &columns, line, &GAME_ID)))?;
                continue;
            }
        };
        if paired.contains(&id) {
            hand_on(sink.record(alone(table, &columns, line, &THIRD_ROW)))?;
        } else if let Some(first) = waiting.remove(&id) {
            held -= weight(&first);
            if first.line.text(columns.team) == line.line.text(columns.team) {
                hand_on(sink.record(alone(table, &columns, line, &THIRD_ROW)))?;
                held += weight(&first);
                waiting.insert(id, first);
            } else {
                hand_on(sink.record(pair(table, &columns, &id, phase, first, line)))?;
                paired.insert(&id);
            }
        } else if held > WAITING_AT_MOST {
            hand_on(sink.record(alone(table, &columns, line, &PARTNER_MISSING)))?;
        } else {
            held += weight(&line);
            waiting.insert(id, line);
        }
    }
    let mut left: Vec<TableLine> = waiting.into_values().collect();
    left.sort_by_key(|line| line.line.row);
    for line in left {
        hand_on(sink.record(alone(table, &columns, line, &PARTNER_MISSING)))?;
    }
    Ok(())
}

fn hand_on(more: bool) -> Result<(), Stop> {
    if more { Ok(()) } else { Err(Stop::Cancelled) }
}

/// A row that makes no game, with the reason.
fn alone(table: &Table<'_, '_>, columns: &Columns, line: TableLine, rule: &Rule) -> RawRecord {
    let TableLine { line, mut defects } = line;
    let id = padded(line.text(columns.id));
    let place = table.file.at_row(line.row).at_column("GAME_ID");
    defects.push(Violation::of(rule, place, json!(id), rule.demands.trim_end_matches('.')));
    // What one side's row tells of the game is kept, so that the rest can be filled in by hand.
    let phase = match kind_of(&id) {
        GameKind::Counts(phase) => Some(phase.to_owned()),
        _ => None,
    };
    let cell = |path, column, at: usize| (path, column, line.row, some(line.text(at)));
    let mut record = RawRecord::text(
        table.file,
        vec![line.row],
        [
            ("id", "GAME_ID", line.row, some(&id)),
            cell("date", "GAME_DATE", columns.date),
            ("season", "SEASON_ID", line.row, some(year_of(line.text(columns.season)))),
            ("phase", "GAME_ID", line.row, phase),
            ("neutral", "MATCHUP", line.row, Some("0".to_owned())),
        ],
    );
    record.defects = defects;
    record.raw = Some(raw_of(table, &[&line]));
    record
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// `22022`: the kind of season and its starting year.
fn year_of(season: &str) -> &str {
    if season.len() == 5 && season.is_ascii() { &season[1..] } else { season }
}

/// Every value by its column; where there are two rows, the row is named.
fn raw_of(table: &Table<'_, '_>, lines: &[&Line]) -> Map<String, Value> {
    let mut raw = Map::new();
    for line in lines {
        for (at, column) in table.header.iter().enumerate().take(line.values.len()) {
            let name = if lines.len() > 1 { format!("{column} (row {})", line.row) } else { column.clone() };
            raw.insert(name, line.values[at].clone().map_or(Value::Null, Value::String));
        }
    }
    raw
}

/// Which of two rows is the home side's, and whether the floor is neutral.
struct Sides {
    home: Line,
    visitor: Line,
    neutral: bool,
}

fn pair(
    table: &Table<'_, '_>,
    columns: &Columns,
    id: &str,
    phase: &str,
    mut first: TableLine,
    mut second: TableLine,
) -> RawRecord {
    let mut defects = std::mem::take(&mut first.defects);
    defects.append(&mut second.defects);
    let rows = vec![first.line.row, second.line.row];
    let raw = raw_of(table, &[&first.line, &second.line]);
    let Sides { home, visitor, neutral } = sides(table, columns, first.line, second.line, &mut defects);
    agree(table, columns, &home, &visitor, &mut defects);
    let played = final_score(table, columns, &home, &visitor, &mut defects);
    let mut values = vec![
        ("id", "GAME_ID", home.row, some(id)),
        ("date", "GAME_DATE", home.row, some(home.text(columns.date))),
        ("season", "SEASON_ID", home.row, some(year_of(home.text(columns.season)))),
        ("phase", "GAME_ID", home.row, some(phase)),
        ("neutral", "MATCHUP", home.row, some(if neutral { "1" } else { "0" })),
        ("home", "TEAM_ABBREVIATION", home.row, some(home.text(columns.team))),
        ("visitor", "TEAM_ABBREVIATION", visitor.row, some(visitor.text(columns.team))),
    ];
    let of_played = |text: &str| if played { some(text) } else { None };
    values.push(("score.home", "PTS", home.row, of_played(home.text(columns.points))));
    values.push(("score.visitor", "PTS", visitor.row, of_played(visitor.text(columns.points))));
    for (names, line) in [(HOME_BOX, &home), (VISITOR_BOX, &visitor)] {
        for (name, ((column, _), at)) in names.into_iter().zip(TOTALS.iter().zip(columns.totals)) {
            values.push((name, column, line.row, of_played(line.text(at))));
        }
    }
    let mut record = RawRecord::text(table.file, rows, values);
    debug_assert_eq!(record.encoding, Encoding::Text);
    record.defects = defects;
    record.raw = Some(raw);
    record
}

const HOME_BOX: [&str; 4] = ["home_box.fga", "home_box.fta", "home_box.oreb", "home_box.tov"];
const VISITOR_BOX: [&str; 4] = ["visitor_box.fga", "visitor_box.fta", "visitor_box.oreb", "visitor_box.tov"];

/// `A vs. B` or `A @ B`: the left side, whether it is at home, the right side.
fn matchup(text: &str) -> Option<(&str, bool, &str)> {
    let (left, at_home, right) = match text.split_once(" vs. ") {
        Some((left, right)) => (left, true, right),
        None => text.split_once(" @ ").map(|(left, right)| (left, false, right))?,
    };
    Some((left.trim(), at_home, right.trim()))
}

fn sides(table: &Table<'_, '_>, columns: &Columns, first: Line, second: Line, defects: &mut Vec<Violation>) -> Sides {
    let teams = [first.text(columns.team).to_owned(), second.text(columns.team).to_owned()];
    let mut home_by_row = [None; 2];
    for (at, line) in [&first, &second].into_iter().enumerate() {
        match matchup(line.text(columns.matchup)) {
            Some((left, at_home, right))
                if (left == teams[0] && right == teams[1]) || (left == teams[1] && right == teams[0]) =>
            {
                home_by_row[at] = Some(if at_home { left == teams[1] } else { right == teams[1] });
            }
            _ => defects.push(Violation::of(
                &MATCHUP,
                table.file.at_row(line.row).at_column("MATCHUP"),
                json!(line.text(columns.matchup)),
                format!("MATCHUP should be {} and {} with vs. or @ between them", teams[0], teams[1]),
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
fn agree(table: &Table<'_, '_>, columns: &Columns, home: &Line, visitor: &Line, defects: &mut Vec<Violation>) {
    for (at, column) in [(columns.date, "GAME_DATE"), (columns.season, "SEASON_ID")] {
        if home.text(at) != visitor.text(at) {
            defects.push(Violation::of(
                &PARTNER_DIFFERS,
                table.file.at_row(visitor.row).at_column(column),
                json!(visitor.text(at)),
                format!("{column} should be {:?}, as in the game's other row {}", home.text(at), home.row),
            ));
        }
    }
}

/// Whether the game is over: `WL` says so on both rows, and then the points must agree with it.
fn final_score(
    table: &Table<'_, '_>,
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
            "" => {
                let msg = "There should be no points while WL is empty: the game is not over";
                defects.push(Violation::of(&SCORE_BEFORE_FINAL, place("PTS"), json!(points), msg));
            }
            "W" | "L" => {
                played = true;
                let theirs = other.text(columns.points);
                let (ours, theirs) = (points.parse::<f64>().ok(), theirs.parse::<f64>().ok());
                if points.is_empty() {
                    let msg = "There should be points, as WL says that the game is over";
                    defects.push(Violation::of(&POINTS_MISSING, place("PTS"), Value::Null, msg));
                } else if let (Some(ours), Some(theirs)) = (ours, theirs)
                    && ours != theirs
                    && (ours > theirs) != (wl == "W")
                {
                    let found = format!("{wl} with {ours} to {theirs} points");
                    let msg = "WL should be W for the side with more points and L for the other";
                    defects.push(Violation::of(&RESULT_MISMATCH, place("WL"), json!(found), msg));
                }
            }
            _ => defects.push(Violation::of(&WL, place("WL"), json!(wl), "WL should be W, L or empty")),
        }
    }
    played
}
