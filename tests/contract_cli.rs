//! `contract` and `export table` as a user meets them.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use linelogic::league::contracts;
use serde_json::Value;

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_linelogic")).current_dir(folder).args(args).output().expect("the command runs")
}

/// Runs it, expects an exit code, and gives both outputs.
#[track_caller]
fn ends(folder: &Path, args: &[&str], code: i32) -> (String, String) {
    let output = run(folder, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn the_list_has_every_contract_with_its_rules() {
    let folder = folder();
    let (out, _) = ends(folder.path(), &["contract", "list", "--json"], 0);
    let list: Vec<Value> = serde_json::from_str(&out).expect("JSON");
    let ids: Vec<&str> = list.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, contracts::IDS);
    for (one, contract) in list.iter().zip(contracts::all()) {
        assert_eq!(one["version"], contract.version);
        assert_eq!(one["fields"], contract.leaves.len());
        assert_eq!(one["rules"].as_array().map(Vec::len), Some(contract.rules.len()));
    }
    let (out, _) = ends(folder.path(), &["contract", "show", "games"], 0);
    assert!(out.contains("score.home") && out.contains("self_play"), "{out}");
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_one() {
    let folder = folder();
    for args in [["contract", "show", "gamse"].as_slice(), &["export", "table", "--contract", "gamse"]] {
        let (_, err) = ends(folder.path(), args, 2);
        assert!(err.contains("'games'"), "{err}");
    }
    let (_, err) = ends(folder.path(), &["contract", "export", "--all", "--format", "odcs"], 2);
    assert!(err.contains("--out"), "{err}");
}

#[test]
fn a_contract_is_exported_in_every_form() {
    let folder = folder();
    for (format, ending) in [("json-schema", "schema.json"), ("odcs", "odcs.yaml")] {
        ends(folder.path(), &["contract", "export", "--all", "--format", format, "--out", "published"], 0);
        for contract in contracts::all() {
            let path = folder.path().join(format!("published/{}.{ending}", contract.id));
            let text = fs::read_to_string(path).expect("a file");
            let (out, _) = ends(folder.path(), &["contract", "export", contract.id, "--format", format], 0);
            assert_eq!(text, out);
            let (value, expected) = match format {
                "odcs" => {
                    (serde_saphyr::from_str(&text).expect("YAML"), serde_json::to_value(contract.odcs()).expect("JSON"))
                }
                _ => (serde_json::from_str::<Value>(&text).expect("JSON"), contract.json_schema()),
            };
            assert_eq!(value, expected);
        }
    }
    let (page, _) = ends(folder.path(), &["contract", "export", "--all", "--format", "markdown"], 0);
    assert!(contracts::IDS.iter().all(|id| page.contains(&format!("## `{id}`"))), "{page}");
}

#[test]
fn a_table_that_is_exported_keeps_its_contract() {
    let folder = folder();
    for contract in contracts::IDS.into_iter().filter(|id| *id != "predictions") {
        let mut rows = Vec::new();
        for format in ["jsonl", "json", "csv"] {
            let file = format!("{contract}.{format}");
            let args =
                ["export", "table", "--contract", contract, "--source", "demo", "--format", format, "--out", &file];
            ends(folder.path(), &args, 0);
            let (out, _) = ends(folder.path(), &["validate", &file, "--contract", contract, "--json"], 0);
            let report: Value = serde_json::from_str(&out).expect("JSON");
            assert_eq!((&report["valid"], &report["errors"]), (&true.into(), &0.into()), "{file}: {out}");
            rows.push(report["counts"]["accepted"].as_u64().expect("a count"));
        }
        assert!(rows[0] > 0 && rows.iter().all(|count| *count == rows[0]), "{contract}: {rows:?}");
    }
}

#[test]
fn what_was_not_known_is_not_exported() {
    let folder = folder();
    let count = |as_of: &str| {
        let args = ["export", "table", "--contract", "outcomes", "--source", "demo", "--as-of", as_of];
        let (out, _) = ends(folder.path(), &args, 0);
        for line in out.lines() {
            let outcome: Value = serde_json::from_str(line).expect("JSON");
            assert!(outcome["day"].as_str().is_some_and(|day| day < as_of), "{line}");
        }
        out.lines().count()
    };
    let (early, late) = (count("2024-01-15"), count("2025-01-15"));
    assert!(early > 0 && late > early, "{early} {late}");
}

#[test]
fn predictions_come_from_a_journal_and_their_absence_is_said() {
    let folder = folder();
    let predictions = |more: &[&str], code| {
        ends(folder.path(), &[["export", "table", "--contract", "predictions"].as_slice(), more].concat(), code).1
    };
    let err = predictions(&[], 3);
    assert!(err.contains("journal"), "{err}");
    assert!(predictions(&["--source", "dir:nowhere"], 3).contains("nowhere"));
    assert!(predictions(&["--source", "demo"], 2).contains("not from games"));
    fs::create_dir_all(folder.path().join("empty")).expect("a folder");
    fs::write(folder.path().join("empty/store.jsonl"), "").expect("writes");
    assert!(predictions(&["--source", "dir:empty"], 3).contains("no prediction has been logged"));
}
