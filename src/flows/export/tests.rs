use super::*;
use crate::base::{Instant, Locus, Seed};
use crate::data::{Quarantined, Violation};
use crate::flows::ingest::{Ingested, Input, ingest};

fn demo() -> Ingested {
    ingest(Input::Demo(Seed(3)), Instant::from_timestamp(1_800_000_000, 0).unwrap(), &mut |_| true).unwrap()
}

#[test]
fn a_table_of_games_is_read_again_as_the_same_games() {
    let mut games = demo().log.games()[..600].to_vec();
    // A game to come, one on a neutral floor, one without totals.
    let last = games.len() - 1;
    games[last].score = None;
    (games[last].home_box, games[last].visitor_box) = (None, None);
    games[1].neutral = true;
    (games[2].home_box, games[2].visitor_box) = (None, None);
    games[3].id = "a \"quoted\", id".to_owned();
    let text = games_csv(&games).unwrap();
    let again = ingest(Input::of_bytes("games.csv", text.as_bytes()), Default::default(), &mut |_| true);
    // On the first day of 1970 all of them are in the future, which is refused: the day of the ingest counts.
    assert!(again.is_err());
    let now = Instant::from_timestamp(4_000_000_000, 0).unwrap();
    let again = ingest(Input::of_bytes("games.csv", text.as_bytes()), now, &mut |_| true).unwrap();
    assert_eq!(again.findings.violations, []);
    assert_eq!(again.log, crate::league::GameLog::new(games));
}

#[test]
fn files_are_named_after_their_dataset() {
    let mut manifest = demo().manifest;
    manifest.source = "csv:sea sons/2022.csv".to_owned();
    let digest = manifest.digest.short();
    let name = |what: Export| what.file(&manifest, String::new()).file_name;
    assert_eq!(name(Export::Games), format!("sea-sons-2022-games-{digest}.csv"));
    assert_eq!(name(Export::Backup), format!("sea-sons-2022-backup-{digest}.jsonl"));
    manifest.source = "demo:3".to_owned();
    assert_eq!(Export::Quarantine.file(&manifest, String::new()).file_name, format!("3-quarantine-{digest}.jsonl"));
}

#[test]
fn refused_rows_are_one_a_line_and_violations_one_a_row() {
    let violation = Violation::error("tie", Locus::file("f").at_row(4).at_column("home_score"), 7.into(), "No tie");
    let row: Quarantined =
        serde_json::from_value(serde_json::json!({ "raw": { "a": "line\nfeed" }, "violations": [violation] })).unwrap();
    let mut findings = Findings::of(vec![violation]);
    findings.quarantined = vec![row.clone(), row.clone()];
    let text = quarantine(&findings).unwrap();
    let rows: Vec<Quarantined> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows, findings.quarantined);
    let table = failure_cases(&findings);
    assert_eq!(table.lines().nth(1).unwrap(), "Column,home_score,tie,0,7,2");
}
