use super::*;
use crate::league::games_contract;
use serde_json::Value;

/// Keeps what a parser hands over.
#[derive(Default)]
struct Kept {
    rows: Vec<(u64, Value)>,
    records: Vec<RawRecord>,
    skipped: Vec<(String, u64)>,
}

impl Sink for Kept {
    fn row(&mut self, row: &Row<'_>, _: &Locus, number: u64) -> bool {
        self.rows.push((number, row.to_json(games_contract())));
        true
    }

    fn record(&mut self, record: RawRecord) -> bool {
        self.records.push(record);
        true
    }

    fn skip(&mut self, reason: &str, rows: u64) -> bool {
        self.skipped.push((reason.to_owned(), rows));
        true
    }
}

fn read(text: &str) -> (Result<Parsed, Stop>, Kept) {
    read_bytes(text.as_bytes())
}

fn read_bytes(mut bytes: &[u8]) -> (Result<Parsed, Stop>, Kept) {
    let mut kept = Kept::default();
    let parsed = parse("f.csv", &mut bytes, false, &mut kept).parsed;
    (parsed, kept)
}

/// The rules that a file as a whole breaks.
fn unreadable(text: &str) -> Vec<String> {
    match read(text).0 {
        Err(Stop::Unreadable(violations)) => violations.iter().map(ToString::to_string).collect(),
        other => panic!("expected the file to be unreadable, found {other:?}"),
    }
}

const LGF: &str =
    "SEASON_ID,TEAM_ID,TEAM_ABBREVIATION,TEAM_NAME,GAME_ID,GAME_DATE,MATCHUP,WL,MIN,PTS,FGM,FGA,FTA,OREB,TOV";

fn lgf(rows: &[&str]) -> String {
    let mut text = format!("{LGF}\n");
    for row in rows {
        text.push_str(row);
        text.push('\n');
    }
    text
}

/// A row of the statistics API: team, id, matchup, W or L, points.
fn side(team: &str, id: &str, matchup: &str, wl: &str, points: &str) -> String {
    format!("22022,1,{team},Name,{id},2023-01-15,{matchup},{wl},240,{points},40,80,20,10,12")
}

fn values(record: &RawRecord, fields: &[&str]) -> Vec<Value> {
    fields.iter().map(|field| record.get(field).cloned().unwrap_or(Value::Null)).collect()
}

#[test]
fn the_two_rows_of_a_game_become_one_record_with_the_home_side_by_the_matchup() {
    for swapped in [false, true] {
        let mut rows =
            [side("DEN", "0022200001", "DEN vs. MIA", "W", "110"), side("MIA", "0022200001", "MIA @ DEN", "L", "101")];
        if swapped {
            rows.reverse();
        }
        let (parsed, kept) = read(&lgf(&[&rows[0], &rows[1]]));
        assert_eq!(parsed.unwrap().parser, "leaguegamefinder/2");
        let [record] = &kept.records[..] else { panic!("{:?}", kept.records) };
        assert_eq!((record.rows.len(), &record.defects), (2, &vec![]));
        let fields = ["id", "date", "season", "phase", "neutral", "home", "visitor", "score.home", "visitor_box.tov"];
        let expected = ["0022200001", "2023-01-15", "2022", "regular", "0", "DEN", "MIA", "110", "12"];
        assert_eq!(values(record, &fields), expected);
        assert_eq!(record.locus_of("score.visitor").row, Some(if swapped { 2 } else { 3 }));
        assert!(games_contract().check(record).0.is_some());
    }
}

#[test]
fn a_neutral_game_has_the_same_matchup_twice_and_its_right_side_is_listed_as_home() {
    let check = |matchups: [&str; 2], home: &str| {
        let rows =
            [side("NYK", "0022400001", matchups[0], "W", "110"), side("ATL", "0022400001", matchups[1], "L", "101")];
        let (_, kept) = read(&lgf(&[&rows[0], &rows[1]]));
        assert_eq!(values(&kept.records[0], &["neutral", "home"]), ["1", home], "{matchups:?}");
    };
    check(["ATL @ NYK", "ATL @ NYK"], "NYK");
    check(["NYK @ ATL", "NYK @ ATL"], "ATL");
    // Rows that contradict each other: the first in the alphabet.
    check(["NYK @ ATL", "ATL @ NYK"], "ATL");
    check(["NYK vs. ATL", "ATL vs. NYK"], "ATL");
}

#[test]
fn games_that_do_not_count_are_passed_over_by_their_id() {
    let rows: Vec<String> = [
        ("0012200001", "preseason games"),
        ("0032200001", "All-Star games"),
        ("2022200001", "G League games"),
        ("1522200001", "Summer League games"),
        ("1022200001", "WNBA games"),
    ]
    .iter()
    .map(|(id, _)| side("DEN", id, "DEN vs. MIA", "W", "110"))
    .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let (parsed, kept) = read(&lgf(&rows));
    assert!(parsed.is_ok() && kept.records.is_empty());
    let reasons: Vec<&str> = kept.skipped.iter().map(|(reason, _)| reason.as_str()).collect();
    assert_eq!(reasons, ["preseason games", "All-Star games", "G League games", "Summer League games", "WNBA games"]);
}

#[test]
fn the_kind_of_game_is_in_its_id_even_where_a_spreadsheet_took_the_zeros() {
    for (id, phase) in
        [("22200001", "regular"), ("42200001", "playoff"), ("52200001", "playin"), ("62200001", "cup_final")]
    {
        let rows = [side("DEN", id, "DEN vs. MIA", "W", "110"), side("MIA", id, "MIA @ DEN", "L", "101")];
        let (_, kept) = read(&lgf(&[&rows[0], &rows[1]]));
        assert_eq!(values(&kept.records[0], &["id", "phase"]), [format!("00{id}"), phase.to_owned()]);
    }
}

/// The rules that the records of a LeagueGameFinder file break.
fn lgf_defects(rows: &[String]) -> Vec<String> {
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let (_, kept) = read(&lgf(&rows));
    kept.records.iter().flat_map(|record| record.defects.iter().map(|defect| defect.kind.clone())).collect()
}

#[test]
fn rows_that_make_no_pair_are_violations() {
    let home = || side("DEN", "0022200001", "DEN vs. MIA", "W", "110");
    let visitor = || side("MIA", "0022200001", "MIA @ DEN", "L", "101");
    let none: [&str; 0] = [];
    assert_eq!(lgf_defects(&[home(), visitor()]), none);
    assert_eq!(lgf_defects(&[home()]), ["partner_missing"]);
    assert_eq!(lgf_defects(&[home(), home(), visitor()]), ["duplicate_id"]);
    assert_eq!(lgf_defects(&[home(), visitor(), visitor()]), ["duplicate_id"]);
    assert_eq!(lgf_defects(&[side("DEN", "", "DEN vs. MIA", "W", "110")]), ["game_id"]);
    assert_eq!(lgf_defects(&[home(), visitor().replace("2023-01-15", "2023-01-16")]), ["partner_differs"]);
    assert_eq!(lgf_defects(&[home(), visitor().replace("MIA @ DEN", "MIA at DEN")]), ["matchup"]);
    assert_eq!(lgf_defects(&[home(), visitor().replace(",L,", ",W,")]), ["result_mismatch"]);
    assert_eq!(lgf_defects(&[home(), visitor().replace(",L,", ",,")]), ["score_before_final"]);
    assert_eq!(lgf_defects(&[home(), visitor().replace(",101,", ",,")]), ["missing"]);
}

#[test]
fn a_game_still_to_come_has_no_score_and_no_totals() {
    let rows = [side("DEN", "0022200001", "DEN vs. MIA", "", "0"), side("MIA", "0022200001", "MIA @ DEN", "", "")];
    let (_, kept) = read(&lgf(&[&rows[0], &rows[1]]));
    assert_eq!(kept.records[0].defects, []);
    assert_eq!(
        values(&kept.records[0], &["score.home", "score.visitor", "home_box.fga"]),
        [Value::Null, Value::Null, Value::Null]
    );
}

const HEADER: &str = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,home_fga,home_fta,home_oreb,home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov";
const ROW: &str = "1,2023-01-15,2022,regular,0,DEN,MIA,110,101,80,20,10,12,81,21,11,13";

#[test]
fn line_ends_marks_and_quoted_line_breaks_do_not_matter() {
    let check = |text: String, rows: &[u64]| {
        let (parsed, kept) = read(&text);
        assert_eq!(parsed.unwrap().violations, []);
        assert_eq!(kept.records.iter().map(|record| record.locus.row.unwrap()).collect::<Vec<_>>(), rows);
        assert!(kept.records.iter().all(|record| games_contract().check(record).0.is_some()));
    };
    check(format!("{HEADER}\n{ROW}\n{ROW}\n"), &[2, 3]);
    check(format!("\u{feff}{HEADER}\r\n{ROW}\r\n{ROW}\r\n"), &[2, 3]);
    check(format!("{HEADER}\n\n{ROW}\n\n{ROW}\n"), &[3, 5]);
    // Every value in quotes, the header too.
    let quoted = |line: &str| line.split(',').map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(",");
    check(format!("{}\n{}\n", quoted(HEADER), quoted(ROW)), &[2]);
    // A line break in a quoted value moves the rows after it, as an editor counts them.
    let (_, kept) = read(&format!("{HEADER}\n\"a\nb\",{}\n{ROW}\n", &ROW[2..]));
    assert_eq!(kept.records[1].locus.row, Some(4));
    assert_eq!(kept.records[0].get("id").unwrap().clone(), "a\nb");
}

#[test]
fn short_and_long_rows_are_violations_of_their_row_alone() {
    let (parsed, kept) = read(&format!("{HEADER}\n1,2023-01-15,2022\n{ROW},9\n{ROW}\n"));
    assert_eq!(parsed.unwrap().violations, []);
    let defects: Vec<String> =
        kept.records.iter().flat_map(|record| &record.defects).map(ToString::to_string).collect();
    assert_eq!(
        defects,
        [
            "f.csv, row 2, column phase: Row should have 17 values, as the header has columns; found \"3 values\" [row_length]",
            "f.csv, row 3: Row should have 17 values, as the header has columns; found \"18 values\" [row_length]",
        ]
    );
}

#[test]
fn a_file_that_breaks_off_is_refused_as_a_whole() {
    let rules = |text: String| {
        let violations = read(&text).0.unwrap().violations;
        violations.iter().map(|violation| violation.kind.clone()).collect::<Vec<_>>()
    };
    assert_eq!(rules(format!("{HEADER}\n{ROW}\n{}", &ROW[..20])), ["truncated"]);
    assert_eq!(rules(format!("{HEADER}\n{ROW}\n\"{ROW}\n{ROW}\n")), ["truncated"]);
    // A last row without a line break may be whole.
    assert_eq!(rules(format!("{HEADER}\n{ROW}\n{ROW}")), ["no_final_line_break"]);
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let found = |bytes: &[u8]| match read_bytes(bytes).0 {
        Err(Stop::Unreadable(violations)) => violations[0].input.as_str().unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(found(b""), "an empty file");
    assert_eq!(found(b" \r\n\t"), "an empty file");
    assert_eq!(found(b"\xef\xbb\xbf"), "an empty file");
    assert_eq!(found(b"\xff\xfeg\0a\0"), "UTF-16 text");
    assert_eq!(found(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "binary data");
    assert!(found(b"PK\x03\x04...").contains("Excel"));
    assert!(found(b"<!doctype html>").contains("HTML"));
}

#[test]
fn bytes_that_are_no_utf_8_are_a_violation_of_their_value() {
    let mut bytes = format!("{HEADER}\n{ROW}\n").into_bytes();
    let at = bytes.len() - ROW.len() - 1;
    bytes[at] = 0xe9;
    let (parsed, kept) = read_bytes(&bytes);
    parsed.unwrap();
    assert_eq!(kept.records[0].defects[0].kind, "string_unicode");
    assert_eq!(kept.records[0].defects[0].locus.column.as_deref(), Some("game_id"));
}

#[test]
fn a_header_that_is_almost_right_says_which_columns() {
    let text = HEADER.replace("home_score", "home_points");
    assert_eq!(
        unreadable(&text),
        [
            "f.csv, row 1, column home_score: Table should have the column home_score, as the format nba_games has it; found nothing [missing]",
            "f.csv, row 1, column home_points: Table should have only the columns of the format nba_games; found \"home_points\" [extra_forbidden]",
        ]
    );
    assert_eq!(unreadable(&format!("{HEADER},home"))[0].split_once('[').unwrap().1, "duplicate_column]");
}

#[test]
fn a_header_of_no_format_names_the_formats() {
    let message = &unreadable("name;age\na;1\n")[0];
    for part in [
        "unknown_format",
        "nba_games (missing here: game_id",
        "leaguegamefinder (missing here: SEASON_ID",
        "semicolons",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_season_of_ours_is_read_with_typed_values() {
    let game = r#"{"id":"D1","date":"2026-01-15","season":2025,"phase":"regular","neutral":false,"home":"BOS","visitor":"LAL","score":{"home":99,"visitor":90}}"#;
    let text = format!(r#"{{"kind":"games","schema":1,"season":2025,"source_kind":"simulated","games":[{game}]}}"#);
    let (parsed, kept) = read(&text);
    let parsed = parsed.unwrap();
    assert_eq!((parsed.parser.as_str(), parsed.source_kind), ("season/2", SourceKind::Simulated));
    assert!(kept.records.is_empty());
    let mut expected: Value = serde_json::from_str(game).unwrap();
    expected["home_box"] = Value::Null;
    expected["visitor_box"] = Value::Null;
    assert_eq!(kept.rows, [(1, expected)]);
    // A text is no number here, and an unknown field is refused.
    let (_, kept) = read(&text.replace("99", "\"99\"").replace("\"id\"", "\"name\":\"<b>\",\"id\""));
    let kinds: Vec<String> =
        games_contract().check(&kept.records[0]).1.into_iter().map(|violation| violation.kind).collect();
    assert_eq!(kinds, ["int_type", "extra_forbidden"], "fields in their order, unknown ones last, as Pydantic has it");
}

#[test]
fn json_that_is_no_season_says_what_is_wrong_and_where() {
    let check = |text: &str, parts: &[&str]| {
        let messages = unreadable(text).join("; ");
        for part in parts {
            assert!(messages.contains(part), "{messages} lacks {part}");
        }
    };
    let head = ["column kind", "column schema", "column season", "column source_kind", "Field required"];
    check(r#"{"games":[]}"#, &head);
    check("{\"kind\": \"games\",\n \"games\": [{", &["row 2", "the end of the file in line 2", "[truncated]"]);
    check("{\"kind\": games}", &["row 1", "[json_invalid]"]);
    check(
        r#"{"kind":"runs","schema":9,"season":2025,"source_kind":"real","games":[{"season":2024}],"x":1}"#,
        &["found \"runs\"", "found 9", "row 1, column season", "column x"],
    );
    check(&"[".repeat(100_000), &["nested more than 127 deep"]);
    check(&format!(r#"{{"games":{}"#, "[".repeat(100_000)), &["nested more than 127 deep"]);
    check(r#"{"name":1}"#, &[r#"starts with \"name\""#, "[unknown_format]"]);
}

#[test]
fn what_is_no_record_is_a_violation_of_its_own() {
    let (parsed, kept) = read("[1,2,{\"id\":NaN}]");
    assert_eq!(parsed.unwrap().parser, "records/1");
    let kinds: Vec<Vec<String>> = kept
        .records
        .iter()
        .map(|record| games_contract().check(record).1.into_iter().map(|violation| violation.kind).collect())
        .collect();
    assert_eq!((&kinds[0], &kinds[1]), (&vec!["model_type".to_owned()], &vec!["model_type".to_owned()]));
    assert_eq!(kinds[2][0], "json_invalid");
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = read_bytes(&bytes);
        }

        #[test]
        fn no_text_after_a_known_header_makes_a_parser_panic(text in "[0-9A-Z@,.\"\\n\\r vsé{}:-]{0,400}", which in 0..3usize) {
            let head = [HEADER, LGF, r#"{"kind":"games","games":["#][which];
            let _ = read_bytes(format!("{head}\n{text}").as_bytes());
        }
    }
}
