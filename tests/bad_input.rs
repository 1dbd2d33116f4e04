//! Files as they come from the world, broken in every way that a reader may meet: each ends in the violation that names
//! the place, or in a refusal that says what to do, and no row is lost from the count.
#![cfg(not(target_arch = "wasm32"))]

use std::cell::Cell;
use std::io::{self, Read};

use linelogic::base::{Date, Instant};
use linelogic::data::{Counts, Findings, Violation};
use linelogic::flows::check::InputFile;
use linelogic::flows::ingest::{self, Examined, Input, admit};
use linelogic::flows::validate::validate;
use linelogic::league::TeamId;
use linelogic::league::contracts::by_id;
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};

/// Counts what the whole program holds, whichever test runs.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// No input may make the program hold more.
const MEMORY_AT_MOST: usize = 64 << 20;

const HEADER: &str = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,home_fga,home_fta,\
                      home_oreb,home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov\n";
/// Rows of [`good`]: with them the set has all its teams, and what is found is found in the row that follows.
const GOOD: u64 = 15;
/// The line of the row that follows.
const NEXT: u64 = GOOD + 2;

fn now() -> Instant {
    Instant::from_timestamp(1_790_000_000, 0).expect("an instant")
}

fn today() -> Date {
    now().date_naive()
}

/// A table in which nothing is wrong: every team plays once.
fn good() -> String {
    let teams: Vec<&str> = TeamId::all().map(TeamId::abbreviation).collect();
    let rows = teams.chunks(2).enumerate().map(|(at, pair)| row(&format!("g{at}"), pair[0], pair[1]));
    format!("{HEADER}{}", rows.collect::<String>())
}

fn row(id: &str, home: &str, visitor: &str) -> String {
    format!("{id},2024-01-10,2023,regular,0,{home},{visitor},110,100,88,20,10,13,90,18,11,12\n")
}

/// The row that follows the good ones, a day later, with a value in the place of another.
fn next(column: &str, value: &str) -> String {
    let names = HEADER.trim().split(',');
    let line = row("next", "LAL", "BOS").replace("01-10", "01-11");
    let values = names.zip(line.trim().split(',')).map(|(name, was)| if name == column { value } else { was });
    values.collect::<Vec<_>>().join(",") + "\n"
}

/// The good rows as JSON, with the text of one more game.
fn list(more: &str) -> String {
    let teams: Vec<&str> = TeamId::all().map(TeamId::abbreviation).collect();
    let games = teams.chunks(2).enumerate().map(|(at, pair)| game(&format!("g{at}"), pair[0], pair[1], "110"));
    let games: Vec<String> = games.chain([more.to_owned()]).collect();
    format!("[{}]", games.join(","))
}

fn game(id: &str, home: &str, visitor: &str, points: &str) -> String {
    let day = if id == "next" { 11 } else { 10 };
    format!(
        r#"{{"id":"{id}","date":"2024-01-{day}","season":2023,"phase":"regular","neutral":false,"home":"{home}","visitor":"{visitor}","score":{{"home":{points},"visitor":100}},"home_box":null,"visitor_box":null}}"#
    )
}

/// Examines bytes, and validates them: both must find the same, and every row must have gone somewhere.
fn examine(bytes: impl AsRef<[u8]>) -> Examined {
    let bytes = bytes.as_ref();
    let found = examine_stream(bytes);
    let files = vec![InputFile::of_bytes("f", bytes)];
    let games = by_id("games").expect("a contract");
    let validated = validate(games, "f", files, today(), 100, &mut |_| true);
    assert_eq!((validated.counts, &validated.findings), (found.counts, &found.findings));
    assert_eq!(validated.valid, found.findings.error_count == 0 && found.counts.accepted > 0);
    found
}

fn examine_stream<'a>(reader: impl Read + 'a) -> Examined {
    let files = vec![InputFile { name: "f".to_owned(), reader: Box::new(reader) }];
    let input = Input::Files { name: "f".to_owned(), scheme: None, files };
    let found = ingest::examine(input, today(), 100, None, &mut |_| true);
    adds_up(found.counts, &found.findings);
    assert!(!found.cancelled);
    found
}

fn adds_up(counts: Counts, findings: &Findings) {
    assert_eq!(counts.rows_in, counts.accepted + counts.quarantined + counts.skipped, "every row goes somewhere");
    assert_eq!(findings.quarantined.len() as u64, counts.quarantined, "every refused row is kept");
}

/// What was found: rule, row and column.
fn told(violations: &[Violation]) -> Vec<(&str, Option<u64>, Option<&str>)> {
    violations.iter().map(|one| (one.kind.as_str(), one.locus.row, one.locus.column.as_deref())).collect()
}

/// All good rows are in, and the next is refused for one reason.
#[track_caller]
fn only_next_is_refused(found: &Examined, kind: &str, place: u64, column: Option<&str>, input: Value) {
    assert_eq!(told(&found.findings.violations), [(kind, Some(place), column)]);
    assert_eq!(found.findings.violations[0].input, input);
    let counts = Counts { rows_in: GOOD + 1, accepted: GOOD, quarantined: 1, skipped: 0 };
    assert_eq!((found.counts, &found.of_the_set), (counts, &vec![]));
    assert_eq!(told(&found.findings.quarantined[0].violations), [(kind, Some(place), column)]);
}

/// Nothing of the file is let in, for one reason, in these words.
#[track_caller]
fn refused(found: Examined, accepted: u64, kind: &str, row: Option<u64>, message: &str) {
    assert_eq!(found.counts.accepted, accepted, "rows that were read before");
    assert_eq!(told(&found.of_the_set), [(kind, row, None)]);
    let rejection = admit(found, now()).expect_err("it is refused");
    assert_eq!(rejection.message, format!("f is refused and nothing has changed: {message}"));
}

#[test]
fn a_good_table_is_good() {
    let found = examine(good());
    assert_eq!(found.findings, Findings::default());
    assert_eq!(found.counts.accepted, GOOD);
    assert!(admit(found, now()).is_ok());
    assert_eq!(examine(list(&game("next", "LAL", "BOS", "120"))).counts.accepted, GOOD + 1);
}

// ---- encodings ---------------------------------------------------------------------------------------------------

#[test]
fn bytes_of_latin_1_within_utf_8() {
    let mut bytes = good().into_bytes();
    bytes.extend_from_slice(next("game_id", "Jokić").as_bytes());
    assert_eq!(examine(&bytes).counts.accepted, GOOD + 1, "UTF-8 is fine");
    let mut bytes = good().into_bytes();
    let line = next("game_id", "caf#");
    bytes.extend(line.bytes().map(|byte| if byte == b'#' { 0xe9 } else { byte }));
    only_next_is_refused(&examine(bytes), "string_unicode", NEXT, Some("game_id"), json!("caf\u{fffd}"));
}

#[test]
fn latin_1_within_json_is_broken_json() {
    let text = list(&game("caf#", "LAL", "BOS", "120").replace("01-10", "01-11"));
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'#' { 0xe9 } else { byte }).collect();
    let found = examine(bytes);
    assert_eq!(told(&found.findings.violations), [("json_invalid", Some(GOOD + 1), None)]);
    assert!(found.findings.violations[0].msg.starts_with("Invalid JSON: invalid unicode code point"));
    assert_eq!((found.counts.accepted, found.counts.quarantined), (GOOD, 1));
}

#[test]
fn utf_16_with_its_mark() {
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = format!("\u{feff}{}", good());
        text.encode_utf16().flat_map(order).collect()
    };
    for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
        let message = "f: File should be CSV or JSON in UTF-8; found \"UTF-16 text\" [not_text]";
        refused(examine(bytes), 0, "not_text", None, message);
    }
    // Without its mark it has a NUL in every character.
    let bare: Vec<u8> = good().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let message = "f: File should be CSV or JSON in UTF-8; found \"binary data\" [not_text]";
    refused(examine(bare), 0, "not_text", None, message);
}

#[test]
fn a_byte_order_mark_and_crlf_change_nothing() {
    let (plain, json) = (good(), list(&game("next", "LAL", "BOS", "120")));
    let games = |bytes: Vec<u8>| examine(bytes).games;
    let expected = games(plain.clone().into_bytes());
    assert_eq!(games(format!("\u{feff}{plain}").into_bytes()), expected);
    assert_eq!(games(plain.replace('\n', "\r\n").into_bytes()), expected);
    assert_eq!(games(format!("\u{feff}{}", plain.replace('\n', "\r\n")).into_bytes()), expected);
    assert_eq!(games(format!("\u{feff}{json}").into_bytes()), games(json.clone().into_bytes()));
    assert_eq!(games(json.replace("},{", "},\r\n{").into_bytes()), games(json.into_bytes()));
}

#[test]
fn nul_bytes() {
    let message = "f: File should be CSV or JSON in UTF-8; found \"binary data\" [not_text]";
    refused(examine(format!("{}{}", good(), next("game_id", "a\0b"))), 0, "not_text", None, message);
    // Beyond the first bytes, which tell whether a file is text, it is a character that no id may have.
    let file = format!("{}{}{}", good(), "\n".repeat(10_000), next("game_id", "a\0b"));
    let found = examine(file);
    only_next_is_refused(&found, "string_pattern_mismatch", NEXT + 10_000, Some("game_id"), json!("a\0b"));
}

// ---- tables ------------------------------------------------------------------------------------------------------

#[test]
fn quoted_line_breaks_count_as_lines() {
    let file = format!("{}{}{}", good(), next("game_id", "\"a\nb\""), next("home", "XXX").replace("next", "after"));
    let found = examine(file);
    let expected =
        [("string_pattern_mismatch", Some(NEXT), Some("game_id")), ("literal_error", Some(NEXT + 2), Some("home"))];
    assert_eq!(told(&found.findings.violations), expected);
    assert_eq!(found.findings.violations[0].input, json!("a\nb"));
    assert_eq!((found.counts.accepted, found.counts.quarantined), (GOOD, 2));
}

#[test]
fn a_quotation_mark_that_is_never_closed() {
    let file = format!("{}{}{}", good(), next("phase", "\"regular"), row("lost", "LAL", "BOS"));
    let message = "f, row 17: File should be whole: everything behind the quotation mark would be one value; \
                   found \"a quotation mark that is never closed\" [truncated]";
    let found = examine(file);
    assert_eq!((found.counts.rows_in, found.counts.quarantined), (GOOD + 1, 1));
    refused(found, GOOD, "truncated", Some(NEXT), message);
}

#[test]
fn a_row_that_breaks_off() {
    let line = next("", "");
    let file = format!("{}{}", good(), &line[..30]);
    let message = "f, row 17: File should be whole: get it again; \
                   found \"the end of the file after 5 of 17 values\" [truncated]";
    refused(examine(file), GOOD, "truncated", Some(NEXT), message);
    // Where only the last line break is missing, no value need be.
    let found = examine(good().trim_end());
    assert_eq!(told(&found.findings.violations), [("no_final_line_break", Some(NEXT - 1), None)]);
    assert_eq!((found.counts.accepted, found.findings.error_count), (GOOD, 0));
}

#[test]
fn ten_thousand_columns() {
    let header: Vec<String> = (0..10_000).map(|at| format!("c{at}")).collect();
    let message = "f, row 1: A record should have at most 1 MiB and 1,000 columns; \
                   found \"the row that starts in line 1 has more than 1000 values\" [record_too_long]";
    refused(examine(header.join(",") + "\n1\n"), 0, "record_too_long", Some(1), message);
    let message = message.replace("row 1:", "row 17:").replace("line 1 ", "line 17 ");
    let file = format!("{}{}\n", good(), ",".repeat(9_999));
    refused(examine(file), GOOD, "record_too_long", Some(NEXT), &message);
}

#[test]
fn numbers_that_are_none() {
    for (value, kind) in [
        ("1e999", "less_than_equal"),
        ("-1e999", "greater_than_equal"),
        ("NaN", "int_parsing"),
        ("Infinity", "int_parsing"),
        ("-inf", "int_parsing"),
        ("99999999999999999999", "less_than_equal"),
        ("110.5", "int_from_float"),
        ("0x6e", "int_parsing"),
    ] {
        let found = examine(good() + &next("home_score", value));
        only_next_is_refused(&found, kind, NEXT, Some("home_score"), json!(value));
    }
}

#[test]
fn days_that_are_none() {
    for day in
        ["2023-02-30", "2023-13-01", "2023-02-29", "30.02.2023", "2023-2-3", "0000-01-01", "2024-01-11T00:00:00Z"]
    {
        let found = examine(good() + &next("date", day));
        only_next_is_refused(&found, "date_parsing", NEXT, Some("date"), json!(day));
    }
    let found = examine(good() + &next("date", "2023-02-30"));
    let msg = "Input should be a valid date in the format YYYY-MM-DD, day value is outside expected range";
    assert_eq!(found.findings.violations[0].msg, msg);
}

#[test]
fn markup_in_the_place_of_a_team() {
    for team in ["<b>LAL</b>", "<script>alert(1)</script>", "LAL&amp;", "=HYPERLINK(1)", "lal", "LAL\u{200b}"] {
        let found = examine(good() + &next("home", team));
        only_next_is_refused(&found, "literal_error", NEXT, Some("home"), json!(team));
    }
}

#[test]
fn the_same_id_or_team_or_column_twice() {
    let found = examine(good() + &next("game_id", "g3"));
    only_next_is_refused(&found, "duplicate_id", NEXT, Some("game_id"), json!("g3"));
    let msg = "Id should be one that no other game has; f, row 5 has it too";
    assert_eq!(found.findings.violations[0].msg, msg);
    let found = examine(good() + &row("again", "ATL", "ATL").replace("01-10", "01-11"));
    only_next_is_refused(&found, "self_play", NEXT, Some("visitor"), json!("ATL"));
    let twice = good().replacen("visitor_tov", "home_tov", 1);
    let found = examine(twice);
    let expected = [("missing", Some(1), Some("visitor_tov")), ("duplicate_column", Some(1), Some("home_tov"))];
    assert_eq!(told(&found.of_the_set), expected);
    assert_eq!(found.counts, Counts::default());
}

#[test]
fn nothing_at_all_and_a_header_alone() {
    let message = "f: File should have a header and rows; found \"an empty file\" [empty]";
    for bytes in ["", "\u{feff}", " \r\n\t\n"] {
        refused(examine(bytes), 0, "empty", None, message);
    }
    for header in [HEADER, HEADER.trim_end()] {
        let found = examine(header);
        assert_eq!((found.counts, told(&found.findings.violations)), (Counts::default(), vec![]));
        let rejection = admit(found, now()).expect_err("it is refused");
        assert_eq!(rejection.message, "f is refused and nothing has changed: it has no rows");
    }
}

// ---- JSON --------------------------------------------------------------------------------------------------------

#[test]
fn numbers_that_json_has_not() {
    for (value, reason) in [
        ("NaN", "expected value"),
        ("Infinity", "expected value"),
        ("-Infinity", "invalid number"),
        ("1e999", "number out of range"),
        ("0110", "invalid number"),
    ] {
        let text = game("next", "LAL", "BOS", value);
        let found = examine(list(&text));
        only_next_is_refused(&found, "json_invalid", GOOD + 1, None, json!(text));
        let msg = &found.findings.violations[0].msg;
        assert!(msg.starts_with(&format!("Invalid JSON: {reason}")), "{value}: {msg}");
    }
    let found = examine(list(&game("next", "LAL", "BOS", "18446744073709551615")));
    let input = json!(18_446_744_073_709_551_615_u64);
    only_next_is_refused(&found, "less_than_equal", GOOD + 1, Some("score.home"), input);
}

#[test]
fn a_probability_that_is_no_number() {
    let contract = by_id("predictions").expect("a contract");
    let header = contract.leaves.iter().map(|leaf| leaf.path.clone()).collect::<Vec<_>>();
    let at = header.iter().position(|name| name == "prob_home").expect("a probability");
    for (value, kind) in [
        ("Infinity", "finite_number"),
        ("NaN", "finite_number"),
        ("1e999", "finite_number"),
        ("1.5", "less_than_equal"),
        ("half", "float_parsing"),
    ] {
        let mut values = vec![""; header.len()];
        values[at] = value;
        let file = format!("{}\n{}\n", header.join(","), values.join(","));
        let validated =
            validate(contract, "f", vec![InputFile::of_bytes("f", file.as_bytes())], today(), 100, &mut |_| true);
        adds_up(validated.counts, &validated.findings);
        let of_it = validated.findings.violations.iter().filter(|one| one.path() == "prob_home");
        let of_it: Vec<Violation> = of_it.cloned().collect();
        assert_eq!(told(&of_it), [(kind, Some(2), Some("prob_home"))], "{value}");
        assert_eq!((validated.counts.quarantined, validated.valid), (1, false));
    }
}

#[test]
fn a_hundred_thousand_lists_within_each_other() {
    let deep = "[".repeat(100_000);
    let message = |line: u64| {
        format!(
            "f, row {line}: Values should be nested less deeply; found \"the value that starts in line {line} is \
             nested more than 127 deep\" [json_invalid]"
        )
    };
    refused(examine(&deep), 0, "json_invalid", Some(1), &message(1));
    refused(examine("{\"a\":".repeat(100_000)), 0, "unknown_format", None, UNKNOWN);
    refused(examine("{\"id\":".repeat(100_000)), 0, "json_invalid", Some(1), &message(1));
    let closed = format!("{deep}{}", "]".repeat(100_000));
    let file = list(&format!("\n{}", game("next", "LAL", "BOS", &closed)));
    refused(examine(file), GOOD, "json_invalid", Some(2), &message(2));
    // As deep as values may be: no place in a game takes a list.
    let file = list(&game("next", "LAL", "BOS", &format!("{}{}", "[".repeat(120), "]".repeat(120))));
    assert_eq!(told(&examine(file).findings.violations), [("int_type", Some(GOOD + 1), Some("score.home"))]);
}

const UNKNOWN: &str = "f: File should be a season's file, games as the contract has them, balldontlie's games, or a \
                       back-up; found \"an object that starts with \\\"a\\\"\" [unknown_format]";

#[test]
fn of_a_name_that_is_there_twice_the_last_counts() {
    // As Python's reader and Pydantic take it.
    let twice = game("next", "LAL", "BOS", "120").replacen("\"season\":2023", "\"season\":1900,\"season\":2023", 1);
    assert_eq!(examine(list(&twice)).counts.accepted, GOOD + 1);
    let twice = game("next", "LAL", "BOS", "120").replacen("\"season\":2023", "\"season\":2023,\"season\":1900", 1);
    let found = examine(list(&twice));
    only_next_is_refused(&found, "greater_than_equal", GOOD + 1, Some("season"), json!(1900));
    let extra = game("next", "LAL", "BOS", "120").replacen('{', r#"{"winner":"LAL","#, 1);
    only_next_is_refused(&examine(list(&extra)), "extra_forbidden", GOOD + 1, Some("winner"), json!("LAL"));
}

#[test]
fn json_that_breaks_off() {
    let whole = list(&game("next", "LAL", "BOS", "120"));
    let message = "f, row 1: JSON should be whole: get the file again; \
                   found \"the end of the file in line 1\" [truncated]";
    for (lost, accepted) in [(1, GOOD + 1), (2, GOOD), (100, GOOD)] {
        let found = examine(&whole[..whole.len() - lost]);
        refused(found, accepted, "truncated", Some(1), message);
    }
    let season = format!(r#"{{"kind":"games","schema":1,"season":2023,"source_kind":"real","games":{whole}"#);
    refused(examine(&season), GOOD + 1, "truncated", Some(1), message);
    assert_eq!(examine(season + "}").counts.accepted, GOOD + 1);
}

// ---- more than is held -------------------------------------------------------------------------------------------

/// Says how much of it was taken.
struct Counted<'c, R>(R, &'c Cell<u64>);

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.set(self.1.get() + count as u64);
        Ok(count)
    }
}

const GIGABYTE: u64 = 1 << 30;

/// A start, and then a gigabyte of one byte.
fn endless<'c>(start: &'c str, byte: u8, taken: &'c Cell<u64>) -> impl Read + 'c {
    Counted(start.as_bytes().chain(io::repeat(byte).take(GIGABYTE)), taken)
}

/// Examines a start and a gigabyte behind it, with an eye on what is held and what is read of it.
fn examine_gigabyte(start: &str) -> Examined {
    let taken = Cell::new(0);
    MEMORY.reset_peak_usage();
    let found = examine_stream(endless(start, b'x', &taken));
    let peak = MEMORY.peak_usage();
    assert!(peak < MEMORY_AT_MOST, "{peak} bytes were held");
    assert!(taken.get() < 4 << 20, "{} bytes were read of a line that is too long after one MiB", taken.get());
    found
}

#[test]
fn a_line_of_a_gigabyte() {
    let table = "A record should have at most 1 MiB and 1,000 columns";
    let json = "A record should have at most 1 MiB";
    let (good, quoted) = (good(), good() + "\"");
    let games = list("{\"id\":\"");
    let open = games[..games.len() - 1].to_owned();
    for (start, accepted, place, expected) in [
        (&good, GOOD, NEXT, format!("{table}; found \"the row that starts in line 17 has more than 1048576 bytes\"")),
        (&quoted, GOOD, NEXT, format!("{table}; found \"the row that starts in line 17 has more than 1048576 bytes\"")),
        (&open, GOOD, 1, format!("{json}; found \"the value that starts in line 1 has more than 1048576 bytes\"")),
    ] {
        let found = examine_gigabyte(start);
        refused(
            found,
            accepted,
            "record_too_long",
            Some(place),
            &format!("f, row {place}: {expected} [record_too_long]"),
        );
    }
}

#[test]
fn a_header_of_a_gigabyte() {
    let found = examine_gigabyte("");
    assert_eq!(found.counts, Counts::default());
    let message = "f, row 1: A record should have at most 1 MiB and 1,000 columns; \
                   found \"the row that starts in line 1 has more than 1048576 bytes\" [record_too_long]";
    refused(found, 0, "record_too_long", Some(1), message);
}

#[test]
fn what_is_packed_is_not_unpacked() {
    // A bomb needs its reader's help: the first bytes are enough to refuse it, and nothing behind them is read.
    for (magic, what) in [
        ("\x1f\u{8b}", "a gzip file (unpack it first)"),
        ("PK\x03\x04", "a ZIP file or an Excel workbook (save it as CSV)"),
        ("PAR1", "a Parquet file (save it as CSV)"),
        ("%PDF-1.7", "a PDF file"),
    ] {
        let magic: Vec<u8> = magic.chars().map(|character| character as u8).collect();
        let taken = Cell::new(0);
        let bomb = Counted(magic.as_slice().chain(io::repeat(0).take(GIGABYTE)), &taken);
        MEMORY.reset_peak_usage();
        let found = examine_stream(bomb);
        assert!(MEMORY.peak_usage() < MEMORY_AT_MOST);
        assert!(taken.get() <= 256 << 10, "{} bytes were read", taken.get());
        let message = format!("f: File should be CSV or JSON in UTF-8; found \"{what}\" [not_text]");
        refused(found, 0, "not_text", None, &message);
    }
}

/// Gives its bytes and then fails.
struct Fails<'a>(&'a [u8]);

impl Read for Fails<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::Error::other("the disk is gone")) } else { self.0.read(buffer) }
    }
}

#[test]
fn a_source_that_fails_in_the_middle() {
    // A window is filled before its rows are handed on, so a short file fails before its first row.
    let found = examine_stream(Fails(good().as_bytes()));
    let message = "f: File should be readable to its end; found \"the disk is gone\" [unreadable]";
    refused(found, 0, "unreadable", None, message);
}
