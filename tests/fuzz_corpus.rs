//! Every input that is kept under `tests/fuzz/corpus/` goes through its fuzz target: seeds written by hand, and what the
//! fuzzer has found of interest.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::Path;

// `run` is how the fuzzer calls them.
#[allow(dead_code)]
#[path = "fuzz/targets/mod.rs"]
mod targets;

fn corpus() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

#[test]
fn every_kept_input_passes_its_target() {
    for (name, _) in targets::TARGETS {
        let mut files: Vec<_> = fs::read_dir(corpus().join(name))
            .unwrap_or_else(|error| panic!("the corpus of {name}: {error}"))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        assert!(files.len() >= 3, "{name} has seeds");
        for file in files {
            let bytes = fs::read(&file).expect("reads");
            let passed = std::panic::catch_unwind(|| targets::run(name, &bytes));
            assert!(passed.is_ok(), "{} breaks a promise", file.display());
        }
    }
}

#[test]
fn every_target_is_declared_for_the_fuzzer_and_has_a_corpus() {
    let manifest = fs::read_to_string(corpus().join("../Cargo.toml")).expect("reads");
    let mut declared: Vec<&str> = manifest.split("[[bin]]").skip(1).filter_map(|bin| bin.split('"').nth(1)).collect();
    let mut named: Vec<&str> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
    let mut kept: Vec<String> = fs::read_dir(corpus())
        .expect("a corpus")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    declared.sort();
    named.sort();
    kept.sort();
    assert_eq!(declared, named);
    assert_eq!(kept, named);
}
