//! `manifest` as a user meets it: revisions, their differences, what was pruned, and what was tampered with.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const HEADER: &str = "game_id,date,season,phase,neutral,home,visitor,home_score,visitor_score,home_fga,home_fta,\
                      home_oreb,home_tov,visitor_fga,visitor_fta,visitor_oreb,visitor_tov";
const TEAMS: [&str; 30] = [
    "ATL", "BOS", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW", "HOU", "IND", "LAC", "LAL", "MEM", "MIA",
    "MIL", "MIN", "NOP", "NYK", "OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS",
];

/// A day of made-up games in each of two seasons; the fifth home side has so many points.
fn table(points: u32) -> String {
    let rows = [2022, 2023].into_iter().flat_map(|year| (0..15).map(move |at| (year, at))).map(|(year, at)| {
        let home = if at == 4 && year == 2023 { points } else { 100 + at };
        let (one, other) = (TEAMS[at as usize], TEAMS[29 - at as usize]);
        format!("{year}-{at:02},{year}-11-01,{year},regular,0,{one},{other},{home},{},,,,,,,,", 111 - at)
    });
    std::iter::once(HEADER.to_owned()).chain(rows).collect::<Vec<_>>().join("\n") + "\n"
}

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_linelogic")).current_dir(folder).args(args).output().expect("the command runs")
}

#[track_caller]
fn ingest(folder: &Path, text: &str) {
    fs::write(folder.join("games.csv"), text).expect("writes");
    let output = run(folder, &["ingest", "--source", "csv:games.csv", "--out", "data"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs `manifest …` and gives the exit code and what it prints on either side.
fn manifest(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = run(folder, &[&["--data", "data", "manifest"], args].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn document(folder: &Path, args: &[&str]) -> Value {
    let (code, out, err) = manifest(folder, &[&["--json"], args].concat());
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).expect("one JSON document")
}

/// A folder with two revisions of one file.
fn two_revisions() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    ingest(folder.path(), &table(104));
    ingest(folder.path(), &table(104));
    let without_the_first: Vec<String> =
        table(121).lines().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| line.to_owned()).collect();
    // A team that is missing would refuse the set: its other game is there.
    ingest(folder.path(), &(without_the_first.join("\n") + "\n"));
    folder
}

#[test]
fn two_revisions_differ_by_the_games_that_were_added_removed_and_changed() {
    let folder = two_revisions();
    let (code, out, err) = manifest(folder.path(), &["diff", "previous", "latest"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("csv:games.csv revision 1 ("), "{out}");
    assert!(out.contains("0 added, 1 removed, 1 changed, 28 the same\n- 2022-00  {"), "{out}");
    assert!(out.contains("~ 2023-04  score.home 104 -> 121\n"), "{out}");
    let back = document(folder.path(), &["diff", "latest", "previous"]);
    assert_eq!((back["diff"]["added"].as_u64(), back["diff"]["changed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(back["diff"]["first_changed"][0]["fields"][0]["after"], 104);
    let (_, out, _) = manifest(folder.path(), &["diff", "--first", "0"]);
    assert!(out.contains("and 1 more removed\nand 1 more changed"), "{out}");
}

#[test]
fn a_manifest_is_found_by_the_start_of_its_digest_or_its_seal() {
    let folder = two_revisions();
    let list = document(folder.path(), &["list"]);
    for entry in list.as_array().expect("a list") {
        let seal = entry["seal"].as_str().expect("a seal");
        let shown = document(folder.path(), &["show", &seal["sha256:".len()..][..12]]);
        assert_eq!((&shown["seal"], &shown["manifest"]["digest"]), (&entry["seal"], &entry["digest"]));
        assert_eq!(shown["kept"], true);
    }
    let latest = document(folder.path(), &["show"]);
    assert_eq!((latest["change"].as_str(), latest["manifest"]["revision"].as_u64()), (Some("written"), Some(2)));
    let (_, out, _) = manifest(folder.path(), &["show", "latest"]);
    assert!(out.contains("source    csv:games.csv revision 2\n") && out.contains("kept      yes\n"), "{out}");
    for (wrong, why) in [("abc", "at least 4"), ("00000000", "no manifest is called"), ("newest", "expected latest")] {
        let (code, _, err) = manifest(folder.path(), &["show", wrong]);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(why), "{err}");
    }
}

#[test]
fn what_was_pruned_is_told_and_the_rest_still_verifies() {
    let folder = two_revisions();
    let pruned = document(folder.path(), &["prune", "--keep", "1"]);
    assert_eq!(pruned["revisions"].as_array().map(Vec::len), Some(1));
    let (code, _, err) = manifest(folder.path(), &["diff"]);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("csv:games.csv") && err.contains("pruned"), "{err}");
    let (code, out, _) = manifest(folder.path(), &["verify"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("chain: 3 entries; revisions: 1 kept, 1 pruned"), "{out}");
    assert_eq!(manifest(folder.path(), &["prune", "--keep", "0"]).0, Some(2));
    let (_, out, _) = manifest(folder.path(), &["show", "previous"]);
    assert!(out.contains("kept      no: they were pruned"), "{out}");
}

#[test]
fn a_game_is_traced_to_its_manifest_or_it_is_said_that_its_rows_are_not_known() {
    let folder = two_revisions();
    let traced = document(folder.path(), &["trace", "2023-04"]);
    assert_eq!(traced["game"]["score"]["home"], 121);
    assert_eq!(traced["manifest"]["revision"], 2);
    if traced["known"] == true {
        // One line above it was taken out of the second file.
        assert_eq!(traced["rows"], serde_json::json!([20]));
        assert_eq!(traced["input"]["name"], "games.csv");
    } else {
        assert!(manifest(folder.path(), &["trace", "2023-04"]).1.contains("its lineage is not known"));
    }
    let before = document(folder.path(), &["trace", "2023-04", "--of", "previous"]);
    assert_eq!(before["game"]["score"]["home"], 104);
    assert_eq!(manifest(folder.path(), &["trace", "nowhere"]).0, Some(2));
}

#[test]
fn tampering_with_the_chain_or_with_a_former_revision_is_found_by_one_command() {
    let folder = two_revisions();
    let data = folder.path().join("data");
    let chain = fs::read_to_string(data.join("manifests.jsonl")).expect("a chain");
    let tampered = |text: &str, told: &str| {
        fs::write(data.join("manifests.jsonl"), text).expect("writes");
        let (code, out, _) = manifest(folder.path(), &["verify"]);
        assert_eq!(code, Some(1), "{out}");
        assert!(out.contains(told), "{out}");
    };
    tampered(
        &chain.replacen("\"rows_in\":30", "\"rows_in\":31", 1),
        "manifests.jsonl, entry 1: its manifest was changed",
    );
    let second: Vec<&str> = chain.lines().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| line).collect();
    tampered(&(second.join("\n") + "\n"), "manifests.jsonl, entry 2: it follows the manifest");
    tampered("{\"change\":", "manifests.jsonl: line 1: expected a manifest");
    fs::write(data.join("manifests.jsonl"), &chain).expect("writes");
    assert_eq!(manifest(folder.path(), &["verify"]).0, Some(0));
    // A file that only the former revision has.
    let kept = fs::read_dir(&data).expect("a folder").map(|entry| entry.expect("an entry").path());
    let index: Vec<_> = kept
        .filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("index.") && name != "index.json")
        })
        .collect();
    let former: Value = serde_json::from_slice(&fs::read(&index[0]).expect("reads")).expect("JSON");
    let path = data.join(former["files"][1]["path"].as_str().expect("a path"));
    let text = fs::read_to_string(&path).expect("reads");
    fs::write(&path, text.replace("2023-04", "2023-40")).expect("writes");
    let (code, out, _) = manifest(folder.path(), &["verify"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("season-2023.") && out.contains("was changed or damaged"), "{out}");
}
