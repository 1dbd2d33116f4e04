use super::*;
use crate::base::{Instant, Locus};
use crate::data::{Encoding, Origin, SourceKind};
use crate::flows::shelf::{Shelf, now};
use crate::league::Phase;

fn manifest() -> Manifest {
    Manifest {
        digest: Digest::of_bytes(b"games"),
        source: "csv:games.csv".into(),
        source_kind: SourceKind::Real,
        provider: "nba_games".into(),
        revision: 1,
        parser: "nba_games/1".into(),
        contracts: vec![],
        inputs: vec![],
        requests: 0,
        rows_in: 2,
        accepted: 2,
        records: 2,
        quarantined: 0,
        released: 0,
        skipped: 0,
        first_day: None,
        last_day: None,
        ingested_at: Instant::UNIX_EPOCH,
        previous: None,
    }
}

fn game(id: &str, day: &str, season: u16) -> Game {
    Game {
        id: id.into(),
        date: day.parse().unwrap(),
        season,
        phase: Phase::Regular,
        neutral: false,
        home: "BOS".parse().unwrap(),
        visitor: "NYK".parse().unwrap(),
        score: None,
        home_box: None,
        visitor_box: None,
    }
}

/// Two games, and so many refused rows.
fn dataset(refused: u64) -> NewDataset {
    let mut findings = Findings::default();
    for row in 2..2 + refused {
        let locus = Locus::file("games.csv").at_row(row);
        let violation = Violation::error("int_parsing", locus.at_column("home_score"), "abc".into(), "A number");
        findings.note(violation.clone(), usize::MAX);
        findings.quarantined.push(Quarantined {
            locus,
            rows: vec![row],
            encoding: Encoding::Text,
            record: json!({ "id": row.to_string() }),
            raw: [("home_score".to_owned(), json!("abc"))].into_iter().collect(),
            violations: vec![violation],
        });
    }
    NewDataset {
        manifest: manifest(),
        as_of: "2023-11-03".parse().unwrap(),
        games: vec![game("1", "2022-11-01", 2022), game("2", "2023-11-02", 2023)],
        findings,
        lineage: Lineage::new(vec![Origin { input: 0, rows: vec![2] }, Origin { input: 0, rows: vec![3] }]),
    }
}

fn under(documents: &[Document], prefix: &str) -> Vec<Document> {
    documents.iter().filter(|document| document.key.starts_with(prefix)).cloned().collect()
}

#[test]
fn a_dataset_comes_back_from_its_documents_as_it_went_in() {
    let new = dataset(250);
    let (head, documents) = documents(&new).unwrap();
    assert_eq!((head.seasons.as_slice(), head.quarantined), (&[2022, 2023][..], 250));
    let keys: Vec<&str> = documents.iter().map(|document| document.key.as_str()).collect();
    let hex = Digest::of_bytes(b"games").hex();
    let expected =
        ["dataset/", "games/", "games/", "lineage/", "findings/", "quarantine/", "quarantine/", "quarantine/"];
    let ends = ["", "/2022", "/2023", "", "", "/0000", "/0001", "/0002"];
    let expected: Vec<String> = expected.iter().zip(ends).map(|(kind, end)| format!("{kind}{hex}{end}")).collect();
    assert_eq!(keys, expected);
    assert!(documents.iter().all(|document| KINDS.contains(&document.kind.as_str())));

    let digest = new.manifest.digest;
    assert_eq!(stored_dataset(documents[0].clone()).unwrap(), head);
    assert_eq!(stored_games(under(&documents, &games_prefix(&digest))).unwrap().games(), new.games);
    assert_eq!(stored_lineage(under(&documents, &lineage_key(&digest))).unwrap(), new.lineage);
    let (violations, rows) =
        (under(&documents, &findings_key(&digest)), under(&documents, &quarantine_prefix(&digest)));
    assert_eq!(stored_findings(documents[0].clone(), violations, rows).unwrap(), new.findings);
}

#[test]
fn a_head_stays_small_whatever_was_found() {
    let (head, documents) = documents(&dataset(1000)).unwrap();
    assert_eq!((head.findings.violations.len(), head.findings.violation_count), (SHOWN, 1000));
    assert_eq!(head.findings.quarantined, []);
    let bytes = serde_json::to_vec(&documents[0]).unwrap().len();
    assert!(bytes < 32 << 10, "{bytes} bytes");
}

#[test]
fn a_dataset_of_a_newer_site_is_not_read_as_ours() {
    let (_, mut documents) = documents(&dataset(0)).unwrap();
    documents[0].schema = 3;
    assert!(matches!(stored_dataset(documents.remove(0)), Err(StoreError::ReadOnly(_))));
    documents[0].schema = 2;
    assert!(matches!(stored_games(documents), Err(StoreError::ReadOnly(_))));
}

/// A dataset as a newer version of the site may write it.
fn newer_head() -> Document {
    let body = json!({ "manifest": { "source": "csv:new.csv" }, "columns": [] });
    Document { key: format!("{DATASETS}{}", "ab".repeat(32)), kind: "dataset".into(), schema: 3, body }
}

#[test]
fn a_dataset_that_cannot_be_read_is_left_out_and_the_others_are_there() {
    let (head, written) = documents(&dataset(0)).unwrap();
    let damaged = Document { key: format!("{DATASETS}{}", "cd".repeat(32)), schema: 2, body: json!(7), ..newer_head() };
    let shelf = Shelf::with(1, written.into_iter().chain([newer_head(), damaged]));
    let heads = now(heads(&shelf)).unwrap();
    assert_eq!(heads.read, [head]);
    let told: Vec<_> = heads.left_out.iter().map(|left| (left.name.as_str(), left.is_newer())).collect();
    assert_eq!(told, [("new.csv", true), ("cdcdcdcdcdcd", false)]);
    assert!(matches!(&heads.left_out[1].why, StoreError::Damaged { key, .. } if key.contains("cdcd")));
}

#[test]
fn nothing_is_kept_beside_a_dataset_of_a_newer_version_and_the_history_is_told_all_the_same() {
    let shelf = Shelf::default();
    now(keep(&shelf, &dataset(0), &[])).unwrap();
    shelf.0.borrow_mut().1.insert(newer_head().key, newer_head());
    let before = shelf.0.borrow().1.clone();
    let refused = now(keep(&shelf, &dataset(1), &[])).unwrap_err();
    assert!(matches!(&refused, StoreError::ReadOnly(why) if why.contains("newer version")), "{refused}");
    assert_eq!(shelf.0.borrow().1, before);
    let archive = now(Archive::load(&shelf)).unwrap();
    assert_eq!((archive.verify(), archive.datasets().len()), (Ok(1), 1));
}

#[test]
fn a_part_that_a_newer_version_wrote_is_not_written_over() {
    for part in ["games", "lineage", "quarantine"] {
        let shelf = Shelf::default();
        now(keep(&shelf, &dataset(1), &[])).unwrap();
        let there = |document: &&mut Document| document.kind == part;
        shelf.0.borrow_mut().1.values_mut().find(there).expect("a part").schema = 2;
        let before = shelf.0.borrow().1.clone();
        // The same games with other findings would take the place of what is there.
        let refused = now(keep(&shelf, &dataset(2), &[])).unwrap_err();
        assert!(matches!(&refused, StoreError::ReadOnly(why) if why.starts_with(part)), "{refused}");
        assert_eq!(shelf.0.borrow().1, before);
    }
}

/// A head as schema 1 wrote it, with a refused row.
fn first_form_head() -> Document {
    let violation = r#"{"type":"int_parsing","severity":"error","locus":{"file":"games.csv","row":5,"column":"home_score"},
        "found":"abc","expected":"a whole number from 0 to 300"}"#;
    let text = format!(
        r#"{{"key":"dataset/00","kind":"dataset","schema":1,"body":{{"manifest":{},"as_of":"2023-11-03",
        "seasons":[2022],"days":["2022-11-01"],"findings":{{"violations":[{violation}],"violation_count":1,
        "quarantined":[{{"raw":{{"game_id":"7","home_score":"abc"}},"violations":[{violation}]}}],
        "skipped":[["preseason games",3]]}}}}}}"#,
        serde_json::to_string(&manifest()).unwrap()
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_head_of_the_former_form_is_read_with_all_that_it_held() {
    let head = stored_dataset(first_form_head()).unwrap();
    assert_eq!((head.quarantined, head.findings.violation_count, head.findings.error_count), (1, 1, 1));
    assert_eq!(head.findings.skipped, [("preseason games".to_owned(), 3)]);
    assert_eq!(head.findings.rules[0].column.as_deref(), Some("home_score"));

    let findings = stored_findings(first_form_head(), vec![], vec![]).unwrap();
    let told = findings.violations[0].to_string();
    assert!(told.contains("row 5") && told.contains("a whole number") && told.contains("abc"), "{told}");
    let [row] = &findings.quarantined[..] else { panic!("{findings:?}") };
    assert_eq!((row.rows.as_slice(), row.locus.row, &row.raw["game_id"]), (&[5][..], Some(5), &json!("7")));
    assert_eq!(row.violations, findings.violations);
}

#[test]
fn a_head_of_the_former_form_that_is_damaged_is_an_error_with_its_key() {
    for damage in [json!(7), json!(null), json!({ "violations": [7], "quarantined": 8 })] {
        let mut document = first_form_head();
        document.body["findings"] = damage;
        assert!(matches!(stored_dataset(document), Err(StoreError::Damaged { key, .. }) if key == "dataset/00"));
    }
    let mut document = first_form_head();
    document.body = json!(7);
    assert!(matches!(stored_dataset(document), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_day_is_looked_for_in_the_seasons_that_can_have_it() {
    let seasons = |day: &str| seasons_of(day.parse().unwrap());
    assert_eq!(seasons("2026-01-15"), [2025]);
    assert_eq!(seasons("2020-10-11"), [2019, 2020], "the bubble's last game belongs to the season before");
    assert_eq!(seasons("2025-10-21"), [2024, 2025]);
}

#[test]
fn a_season_file_of_another_kind_is_refused_by_name() {
    let text = br#"{"kind":"store","schema":1,"season":2025,"source_kind":"real","games":[]}"#;
    assert!(season_games("season-2025.json", text).unwrap_err().starts_with("season-2025.json: expected games"));
}
