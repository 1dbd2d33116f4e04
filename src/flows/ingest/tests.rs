use super::*;
use crate::flows::check::InputFile;
use crate::league::providers::season_bytes;

fn now() -> Instant {
    Instant::from_timestamp(1_800_000_000, 0).unwrap()
}

fn ingest_bytes(bytes: &[u8]) -> Result<Ingested, Rejection> {
    ingest(Input::of_bytes("games.csv", bytes), now(), &mut |_| true)
}

fn examine_bytes(bytes: &[u8]) -> Examined {
    examine(Input::of_bytes("games.csv", bytes), now().date_naive(), usize::MAX, None, &mut |_| true)
}

/// The first games of a simulated season as a CSV file: enough for all teams, few enough to be quick.
fn table(count: usize) -> Vec<String> {
    let header = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,home_fga,home_fta,home_oreb,\
                  home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov";
    let games = demo::games(demo::DEFAULT_SEED);
    let rows = games.iter().take(count).map(|game| {
        let (score, home, visitor) = (game.score.unwrap(), game.home_box.unwrap(), game.visitor_box.unwrap());
        format!(
            "{},{},{},regular,0,{},{},{},{},{},{},{},{},{},{},{},{}",
            game.id,
            game.date,
            game.season,
            game.home,
            game.visitor,
            score.home,
            score.visitor,
            home.fga,
            home.fta,
            home.oreb,
            home.tov,
            visitor.fga,
            visitor.fta,
            visitor.oreb,
            visitor.tov
        )
    });
    std::iter::once(header.to_owned()).chain(rows).collect()
}

fn text(lines: &[String]) -> Vec<u8> {
    let mut text = lines.join("\n").into_bytes();
    text.push(b'\n');
    text
}

/// A table with one value of one row changed.
fn changed(row: usize, column: usize, value: &str) -> Vec<u8> {
    let mut lines = table(120);
    let mut values: Vec<&str> = lines[row - 1].split(',').collect();
    values[column] = value;
    lines[row - 1] = values.join(",");
    text(&lines)
}

/// What is found in a table with one value changed.
fn found(row: usize, column: usize, value: &str) -> Vec<String> {
    let examined = examine_bytes(&changed(row, column, value));
    assert_eq!(examined.counts.rows_in, 120);
    examined.findings.violations.iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_table_is_let_in_and_sealed_by_its_games() {
    let ingested = ingest_bytes(&text(&table(120))).unwrap();
    let manifest = &ingested.manifest;
    assert_eq!((manifest.rows_in, manifest.accepted, manifest.quarantined, manifest.skipped), (120, 120, 0, 0));
    assert_eq!((manifest.source.as_str(), manifest.source_kind), ("csv:games.csv", SourceKind::Real));
    assert_eq!(manifest.digest, Digest::of_json(&ingested.log.games()).unwrap());
    // Another order of the rows is the same content.
    let mut lines = table(120);
    lines[1..].reverse();
    assert_eq!(ingest_bytes(&text(&lines)).unwrap().manifest.digest, manifest.digest);
}

#[test]
fn a_bad_value_is_refused_with_file_row_column_found_and_expected() {
    assert_eq!(
        found(5, 7, "abc"),
        [
            "games.csv, row 5, column home_score: Input should be a valid integer, unable to parse string as an integer; found \"abc\" [int_parsing]"
        ]
    );
    assert_eq!(
        found(5, 8, "-3"),
        [
            "games.csv, row 5, column visitor_score: Input should be greater than or equal to 0; found \"-3\" [greater_than_equal]"
        ]
    );
    assert!(found(5, 5, "<script>alert(1)</script>")[0].contains("[literal_error]"));
    let missing = &found(5, 8, "")[0];
    assert!(missing.contains("row 5, column visitor_score: Field required"), "{missing}");
    assert!(found(5, 2, "2031")[0].contains("[season_mismatch]"));
    let missing = &found(5, 9, "")[0];
    assert!(missing.contains("row 5, column home_fga") && missing.contains("[box_incomplete]"), "{missing}");
}

#[test]
fn one_bad_row_goes_to_quarantine_and_the_rest_is_let_in() {
    let ingested = ingest_bytes(&changed(5, 7, "abc")).unwrap();
    assert_eq!((ingested.manifest.accepted, ingested.manifest.quarantined), (119, 1));
    let [row] = &ingested.findings.quarantined[..] else { panic!("{:?}", ingested.findings) };
    assert_eq!(row.raw["home_score"], "abc");
    assert_eq!(row.violations[0].locus.row, Some(5));
}

#[test]
fn markup_in_a_name_is_text() {
    let ingested = ingest_bytes(&changed(5, 0, "<img src=x onerror=alert(1)>")).unwrap();
    assert_eq!(ingested.manifest.accepted, 120);
    assert!(ingested.log.games().iter().any(|game| game.id == "<img src=x onerror=alert(1)>"));
}

#[test]
fn a_second_game_of_the_same_id_a_tie_and_a_game_against_oneself_are_refused() {
    let lines = table(120);
    let first_id = lines[1].split(',').next().unwrap().to_owned();
    let violations = found(9, 0, &first_id);
    assert_eq!(violations.len(), 1);
    assert!(violations[0].contains("row 9") && violations[0].contains("games.csv, row 2 has it too"), "{violations:?}");
    let values: Vec<&str> = lines[4].split(',').collect();
    assert!(found(5, 8, values[7])[0].contains("[tie]"));
    assert!(found(5, 6, values[5])[0].contains("[self_play]"));
}

#[test]
fn a_team_twice_on_a_day_is_refused() {
    let lines = table(120);
    let (one, other) = (lines[1].split(',').collect::<Vec<_>>(), lines[2].split(',').collect::<Vec<_>>());
    assert_eq!(one[1], other[1], "both on the first day");
    let violations = found(3, 5, one[5]);
    assert!(violations[0].contains("column home") && violations[0].contains("[team_twice_a_day]"), "{violations:?}");
}

#[test]
fn a_score_before_the_game_is_refused() {
    let examined = examine(
        Input::of_bytes("games.csv", &text(&table(120))),
        Date::from_ymd_opt(2020, 10, 20).unwrap(),
        usize::MAX,
        None,
        &mut |_| true,
    );
    let kinds: Vec<&str> = examined.findings.violations.iter().map(|violation| violation.kind.as_str()).collect();
    assert!(kinds.contains(&"played_in_the_future"), "{kinds:?}");
}

#[test]
fn twenty_nine_teams_reject_the_whole_set() {
    let lines: Vec<String> = table(300).into_iter().filter(|line| !line.contains(",DEN,")).collect();
    let rejection = ingest_bytes(&text(&lines)).unwrap_err();
    assert_eq!(
        rejection.message,
        "games.csv is refused and nothing has changed: games.csv: There should be exactly 30 teams in the set: DEN is missing; found 29 [team_count]"
    );
}

#[test]
fn more_than_one_bad_row_in_twenty_reject_the_whole_set() {
    let mut lines = table(120);
    for line in lines.iter_mut().skip(1).step_by(10) {
        *line = line.replacen("regular", "preseason", 1);
    }
    let rejection = ingest_bytes(&text(&lines)).unwrap_err();
    assert!(rejection.message.contains("12 of 120 rows are refused, and at most 5 % may be"), "{}", rejection.message);
    assert!(rejection.message.contains("row 2, column phase"), "{}", rejection.message);
}

#[test]
fn an_import_can_be_cancelled() {
    let rejection =
        ingest(Input::of_bytes("games.csv", &text(&table(3_000))), now(), &mut |done| done.rows < 256).unwrap_err();
    assert_eq!(rejection.message, "games.csv: cancelled; nothing has changed");
}

#[test]
fn the_simulated_league_passes_the_checks_of_a_file_and_stays_simulated() {
    let ingested = ingest(Input::Demo(demo::DEFAULT_SEED), now(), &mut |_| true).unwrap();
    let files: Vec<(String, Vec<u8>)> = ingested
        .log
        .seasons()
        .into_iter()
        .map(|season| {
            let games: Vec<Game> = ingested.log.games().iter().filter(|game| game.season == season).cloned().collect();
            (format!("season-{season}.json"), season_bytes(season, SourceKind::Simulated, &games).unwrap())
        })
        .collect();
    let files = files.iter().map(|(name, bytes)| InputFile::of_bytes(name, bytes)).collect();
    let input = Input::Files { name: "data".to_owned(), scheme: Some("dir"), files };
    let again = ingest(input, now(), &mut |_| true).unwrap();
    assert_eq!(again.manifest.digest, ingested.manifest.digest);
    assert_eq!(again.manifest.source_kind, SourceKind::Simulated);
    assert_eq!(again.findings.violations, []);
    assert_eq!(again.as_of, demo::as_of());
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Path, PathBuf};

    /// A file of the real data, or nothing and a line that says so.
    fn shared(file: &str) -> Option<Vec<u8>> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
        let path = std::env::var_os("LINELOGIC_SHARED").map_or(beside, PathBuf::from).join(file);
        let bytes = std::fs::read(&path).ok();
        if bytes.is_none() {
            eprintln!("skipped: {} is absent; set LINELOGIC_SHARED to the folder that has it", path.display());
        }
        bytes
    }

    #[test]
    fn all_games_of_nine_real_seasons_are_let_in() {
        let Some(bytes) = shared("nba_games_2015_2023.csv") else { return };
        let examined = examine_bytes(&bytes);
        assert_eq!(examined.findings.violations, []);
        assert_eq!((examined.counts.accepted, examined.games.len()), (11_525, 11_525));
    }

    #[test]
    fn both_formats_of_a_real_season_give_the_same_games() {
        let (Some(table), Some(finder)) = (shared("nba_games_2015_2023.csv"), shared("leaguegamefinder_2022-23.csv"))
        else {
            return;
        };
        let (table, finder) = (examine_bytes(&table), examine_bytes(&finder));
        assert_eq!(finder.findings.violations, []);
        let of_2022 = |examined: &Examined| {
            let mut games: Vec<_> = examined
                .games
                .iter()
                .map(|(game, _)| game)
                .filter(|game| game.season == 2022)
                .map(|game| (game.id.clone(), game.date, game.phase, game.home, game.visitor, game.score))
                .collect();
            games.sort_by(|a, b| a.0.cmp(&b.0));
            games
        };
        assert_eq!(of_2022(&finder).len(), 1_320);
        assert_eq!(of_2022(&finder), of_2022(&table));
        assert_eq!(finder.counts, Counts { rows_in: 4_322, accepted: 2_640, quarantined: 0, skipped: 1_682 });
        // Every row has an end: in a game of two rows, or passed over with its reason, by the id of its game.
        let passed_over: Vec<(&str, u64)> =
            finder.findings.skipped.iter().map(|(reason, rows)| (reason.as_str(), *rows)).collect();
        assert_eq!(passed_over, [("All-Star games", 10), ("G League games", 1_532), ("preseason games", 140)]);
        let mut rows: Vec<u64> = finder.games.iter().flat_map(|(_, origin)| origin.rows.iter().copied()).collect();
        rows.sort_unstable();
        let text = String::from_utf8(shared("leaguegamefinder_2022-23.csv").unwrap_or_default()).unwrap();
        let counts = |line: &str| ["002", "004", "005"].iter().any(|kind| line.contains(&format!(",{kind}22")));
        let counted: Vec<u64> = (1..).zip(text.lines()).filter(|(_, line)| counts(line)).map(|(row, _)| row).collect();
        assert_eq!(rows, counted);
    }

    /// Whatever happens to a file, every row of it is let in, refused or passed over.
    fn every_row_is_somewhere(examined: &Examined) {
        let Counts { rows_in, accepted, quarantined, skipped } = examined.counts;
        assert_eq!(accepted + quarantined + skipped, rows_in);
        assert_eq!(examined.findings.quarantined.iter().filter(|row| row.violations.is_empty()).count(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            every_row_is_somewhere(&examine_bytes(&bytes));
        }

        #[test]
        fn mutations_of_a_table_never_panic_and_lose_no_row(
            edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = base();
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            every_row_is_somewhere(&examine_bytes(&bytes));
            bytes.truncate(cut.index(bytes.len()));
            every_row_is_somewhere(&examine_bytes(&bytes));
        }
    }

    /// A table, made once.
    fn base() -> Vec<u8> {
        static BASE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        BASE.get_or_init(|| text(&table(60))).clone()
    }
}
