//! Files of every provider, the whole way: bytes, records, contract, rules of the set, gate, seal.

use std::io::Read;

use linelogic::base::{Date, Digest, Instant};
use linelogic::data::{Counts, Findings, Severity, SourceKind, failure_cases};
use linelogic::flows::check::{Checking, InputFile, check};
use linelogic::flows::ingest::{Examined, Input, admit, examine, recheck};
use linelogic::flows::validate::validate;
use linelogic::league::contracts::{GamesJudge, IDS, by_id};
use linelogic::league::{Game, games_contract, providers};

use super::{Trickle, choice};

/// Findings that are kept: few, so that inputs get beyond it.
const KEPT: usize = 20;

fn now() -> Instant {
    Instant::from_timestamp(1_790_000_000, 0).expect("an instant")
}

fn examined<'a>(files: Vec<Box<dyn Read + 'a>>) -> Examined {
    let files = (1..).zip(files).map(|(at, reader)| InputFile { name: format!("f{at}"), reader }).collect();
    let input = Input::Files { name: "set".to_owned(), scheme: None, files };
    examine(input, now().date_naive(), KEPT, None, &mut |_| true)
}

fn hold(counts: Counts, findings: &Findings) {
    let Counts { rows_in, accepted, quarantined, skipped } = counts;
    assert_eq!(rows_in, accepted + quarantined + skipped, "every row goes somewhere");
    assert!(findings.violations.len() <= KEPT && findings.quarantined.len() <= KEPT);
    assert!(findings.error_count <= findings.violation_count);
    assert_eq!(findings.rules.iter().map(|rule| rule.count).sum::<u64>(), findings.violation_count);
    assert!(quarantined == 0 || findings.error_count > 0, "a refused row has its reason");
    for row in &findings.quarantined {
        assert!(row.violations.iter().any(|violation| violation.severity == Severity::Error));
    }
    // They are stored and sent as JSON.
    let text = serde_json::to_string(findings).expect("findings can be written");
    assert_eq!(&serde_json::from_str::<Findings>(&text).expect("and read"), findings);
    failure_cases::csv(games_contract(), findings);
    findings.violations.iter().for_each(|violation| assert!(violation.to_string().len() < 20_000));
}

/// The whole way of a file.
fn whole_way(bytes: &[u8]) {
    let found = examined(vec![Box::new(bytes)]);
    hold(found.counts, &found.findings);
    assert!(found.bytes <= bytes.len() as u64);
    if let Some(input) = found.inputs.first() {
        assert_eq!((input.bytes, input.digest), (bytes.len() as u64, Digest::of_bytes(bytes)));
        assert_eq!(input.rows, found.counts.rows_in);
    }
    assert_eq!(examined(vec![Box::new(Trickle(bytes))]), found, "byte by byte it is the same");
    // The same file twice is a set without a new game.
    let twice = examined(vec![Box::new(bytes), Box::new(bytes)]);
    hold(twice.counts, &twice.findings);
    if found.inputs.len() == 1 {
        assert_eq!(twice.games.len(), found.games.len());
        assert_eq!(twice.counts.rows_in, 2 * found.counts.rows_in);
    }
    for row in &found.findings.quarantined {
        let games: Vec<Game> = found.games.iter().map(|(game, _)| game.clone()).collect();
        recheck(&games, found.source_kind, row, &[("score.home".to_owned(), 100.into())], now());
    }
    again(&found.games.iter().map(|(game, _)| game.clone()).collect::<Vec<_>>());
    match admit(found.clone(), now()) {
        Ok(ingested) => {
            assert_eq!(ingested.log.games().len(), found.games.len());
            assert_eq!(ingested.lineage.problem(ingested.manifest.records, ingested.manifest.inputs.len()), None);
            assert!(found.of_the_set.iter().all(|violation| violation.severity == Severity::Warning));
        }
        Err(rejection) => assert!(rejection.message.starts_with("set is refused and nothing has changed")),
    }
}

/// Games that were accepted are accepted again from the file that we write of them, as they were.
fn again(games: &[Game]) {
    let Some(season) = games.first().map(|game| game.season) else { return };
    let of_season: Vec<Game> = games.iter().filter(|game| game.season == season).cloned().collect();
    let bytes = providers::season_bytes(season, SourceKind::Real, &of_season).expect("games can be written");
    let files = vec![InputFile::of_bytes("season", &bytes)];
    let today: Date = now().date_naive();
    let checking = Checking { kept: KEPT, collect: true, progress: &mut |_| true, timer: None };
    let checked = check("season", files, GamesJudge::new(Some(today)), checking, &providers::parse);
    let back: Vec<Game> = checked.items.into_iter().map(|(game, _)| game).collect();
    assert_eq!(back, of_season);
}

/// Bytes of any kind.
pub fn files(bytes: &[u8]) {
    whole_way(bytes);
}

const GAMES_HEADER: &str = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,home_fga,home_fta,\
                            home_oreb,home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov\n";
const FINDER_HEADER: &str = "SEASON_ID,TEAM_ABBREVIATION,GAME_ID,GAME_DATE,MATCHUP,WL,PTS,FGA,FTA,OREB,TOV\n";

/// Rows of a table with one row a game.
pub fn games_table(rows: &[u8]) {
    whole_way(&[GAMES_HEADER.as_bytes(), rows].concat());
}

/// Rows of a table with two rows a game.
pub fn finder_table(rows: &[u8]) {
    whole_way(&[FINDER_HEADER.as_bytes(), rows].concat());
}

/// Games of a season's file.
pub fn season(games: &[u8]) {
    let head: &[u8] = br#"{"kind":"games","schema":1,"season":2024,"source_kind":"real","games":["#;
    whole_way(&[head, games, b"]}"].concat());
}

/// Answers of balldontlie.
pub fn balldontlie(bytes: &[u8]) {
    let (kind, bytes) = choice(bytes, 3);
    match kind {
        0 => whole_way(&[br#"{"data":["#, bytes, br#"],"meta":{"next_cursor":null}}"#].concat()),
        1 => whole_way(&[br#"{"data":"#, bytes].concat()),
        _ => whole_way(bytes),
    }
}

/// Records of any contract, as JSON or as a table.
pub fn records(bytes: &[u8]) {
    let (at, bytes) = choice(bytes, IDS.len());
    let contract = by_id(IDS[at]).expect("every id has its contract");
    let found = |reader: Box<dyn Read + '_>| {
        let files = vec![InputFile { name: "f".to_owned(), reader }];
        validate(contract, "set", files, now().date_naive(), KEPT, &mut |_| true)
    };
    let whole = found(Box::new(bytes));
    hold(whole.counts, &whole.findings);
    assert_eq!(found(Box::new(Trickle(bytes))), whole, "byte by byte it is the same");
}

/// Commits of a back-up, each in a line and with the digest that it should have.
pub fn backup(bytes: &[u8]) {
    let mut journal = Vec::new();
    for commit in bytes.split(|byte| *byte == b'\n') {
        let digest = Digest::of_bytes(commit.trim_ascii());
        journal.extend_from_slice(format!("{{\"format\":1,\"digest\":\"{digest}\",\"commit\":").as_bytes());
        journal.extend_from_slice(commit);
        journal.extend_from_slice(b"}\n");
    }
    whole_way(&journal);
}
