//! `linelogic drift` as a user meets it.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// Runs `drift` in a folder with these two files.
fn drift(reference: &[u8], current: &[u8], flags: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("R.csv"), reference).expect("writes");
    std::fs::write(folder.path().join("C.csv"), current).expect("writes");
    run(folder.path(), flags)
}

fn run(folder: &Path, flags: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_linelogic"))
        .current_dir(folder)
        .args(["drift", "--reference", "R.csv", "--current", "C.csv"])
        .args(flags)
        .output()
        .expect("the command runs")
}

/// Evidently's vectors N and C, side by side in one file each.
fn vectors() -> (String, String) {
    let category = |counts: &[(&str, usize)], row: usize| -> String {
        let words: Vec<&str> = counts.iter().flat_map(|(word, n)| vec![*word; *n]).collect();
        words.get(row).copied().unwrap_or_default().to_owned()
    };
    let (mut reference, mut current) = ("n,c,only_here\n".to_owned(), "c,n\n".to_owned());
    for row in 0..100 {
        let n = if row < 40 { (row + 1).to_string() } else { String::new() };
        reference += &format!("{n},{},1\n", category(&[("a", 50), ("b", 30), ("c", 20)], row));
    }
    for row in 0..50 {
        let n = if row < 30 { (1.1 * (row + 1) as f64 + 2.0).to_string() } else { "NaN".to_owned() };
        current += &format!("{},{n}\n", category(&[("a", 20), ("b", 20), ("c", 10)], row));
    }
    (reference, current)
}

#[test]
fn evidentlys_vectors_come_out_of_the_command() {
    let (reference, current) = vectors();
    let output = drift(reference.as_bytes(), current.as_bytes(), &["--json"]);
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let p = |index: usize| report["columns"][index]["evidence"]["value"].as_f64().expect("a p-value");
    assert_eq!(
        (report["columns"][0]["column"].as_str(), report["columns"][0]["stattest"].as_str()),
        (Some("n"), Some("ks"))
    );
    assert!((p(0) - 0.842_271_7).abs() < 5e-8);
    assert_eq!(report["columns"][1]["stattest"], "chisquare");
    assert!((p(1) - 0.263_597_1).abs() < 5e-8);
    assert_eq!(report["columns"][0]["reference_missing"], 0.6);
    assert_eq!(report["not_compared"], serde_json::json!(["only_here"]));
    assert_eq!(report["drift_share"], 0.0);
    assert!(String::from_utf8_lossy(&output.stderr).contains("only_here"));
}

#[test]
fn a_file_against_itself_does_not_drift() {
    let (reference, _) = vectors();
    let output = drift(reference.as_bytes(), reference.as_bytes(), &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("drift score 0.000: 0 of 3 columns drifted"), "{text}");
}

#[test]
fn the_method_and_the_columns_can_be_chosen() {
    let flags = ["--json", "--method", "ks", "--columns", "flag"];
    let output = drift(b"flag,name\n0,x\n1,y\n", b"name,flag\nz,1\nz,1\n", &flags);
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(report["columns"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["columns"][0]["stattest"], "ks");
}

#[test]
fn text_is_readable() {
    let mut reference = "rating,flag,gone\n".to_owned();
    let mut current = reference.clone();
    for row in 0..40 {
        reference += &format!("{},{},\n", row, row % 2);
        current += &format!("{},{},\n", row + 25, row % 2);
    }
    let output = drift(reference.as_bytes(), current.as_bytes(), &[]);
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

/// Expects this exit code and this message.
fn refused(reference: &[u8], current: &[u8], flags: &[&str], code: i32, message: &str) {
    let output = drift(reference, current, flags);
    let found = String::from_utf8_lossy(&output.stderr);
    assert!(found.contains(message), "expected: {message}\nfound: {found}");
    assert_eq!(output.status.code(), Some(code), "{found}");
    assert!(output.stdout.is_empty());
}

#[test]
fn what_cannot_be_compared_is_refused_with_its_place() {
    let good = b"a,b\n1,x\n2,y\n";
    refused(good, b"a,b\n1,x\n2\n", &[], 3, "C.csv, row 3: expected 2 fields as in the header, found 1");
    refused(good, b"", &[], 3, "C.csv: the file is empty: expected a header with column names");
    refused(good, b"a,a\n1,2\n", &[], 3, "C.csv, row 1, column a: the name appears twice");
    refused(good, b"a,b\n1,\xff\xfe\n", &[], 3, "C.csv, row 2: expected UTF-8 text, found other bytes");
    refused(good, b"a;b\n1;x\n", &[], 3, "C.csv, row 1: expected commas between the columns, found ';'");
    refused(good, b"c,d\n1,2\n", &[], 3, "have no column in common: a, b against c, d");
    refused(good, good, &["--columns", "a,z"], 2, "R.csv: no column z; the file has a, b");
    refused(
        good,
        b"a,b\n1,x\n",
        &["--method", "ks"],
        2,
        "R.csv, row 2, column b: found `x`, expected a number: ks compares numbers",
    );
    refused(good, good, &["--method", "psi"], 2, "invalid value 'psi'");
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("R.csv: No such file"), "{output:?}");
}

#[test]
fn a_window_without_rows_gives_a_report_without_evidence() {
    let output = drift(b"a,b\n1,x\n2,y\n", b"\xef\xbb\xbfa,b\r\n", &["--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert!(output.status.success());
    assert_eq!(report["columns"][0]["column"], "a");
    assert_eq!(report["columns"][0]["evidence"], Value::Null);
    assert_eq!(report["columns"][1]["current_missing"], 1.0);
    assert_eq!(report["drift_share"], 0.0);
}
