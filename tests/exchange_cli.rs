//! The registry as it leaves one store and enters another, a version as another tool runs it, and an experiment as a page.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "common/place.rs"]
mod place;

use place::Place;
use std::fs;

/// A folder with a store in which one version was trained.
fn trained() -> Place {
    let place = Place::empty();
    place.json(&["train", "--source", "demo", "--strengths", "0.1"]);
    place
}

#[test]
fn a_registry_leaves_and_enters_as_one_signed_file() {
    let place = trained();
    let exported = place.json(&["export", "bundle", "--out", "out/registry.zip", "--profile", "ann"]);
    assert_eq!((&exported["counts"]["run"], &exported["counts"]["version"]), (&2.into(), &1.into()));
    let key = exported["key"].as_str().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(place.file(".linelogic/signing.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let other = ["--store", "other"];
    let wrong = "0".repeat(64);
    let (code, _, err) = place.said(&[&["import", "out/registry.zip", "--expect-key", &wrong], &other[..]].concat());
    assert_eq!(code, 1);
    assert!(err.contains("signed with the key"), "{err}");
    assert!(!place.file("other").exists(), "a refused bundle makes no store");
    let import = [&["import", "out/registry.zip", "--expect-key", key], &other[..]].concat();
    assert_eq!(place.json(&import)["exported_by"], "ann");
    assert_eq!(place.json(&import)["added"], serde_json::json!({}), "a second time changes nothing");
    let list = place.json(&["registry", "list"]);
    assert_eq!(place.json(&[&["registry", "list"], &other[..]].concat()), list);

    let mut bytes = fs::read(place.file("out/registry.zip")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(place.file("damaged.bundle"), &bytes).unwrap();
    assert_eq!(place.said(&["import", "damaged.bundle", "--store", "third"]).0, 1);
    fs::write(place.file("other.csv"), "a,b\n").unwrap();
    let (code, _, err) = place.said(&["import", "other.csv"]);
    assert_eq!(code, 1);
    assert!(err.contains("expected a signed bundle, or a zip archive"), "{err}");
}

#[test]
fn a_version_leaves_as_mlflows_folder_a_zip_of_it_or_the_model_alone() {
    let place = trained();
    let exported = place.json(&["export", "onnx", "--stage", "Staging", "--out", "model"]);
    assert_eq!(exported["version"], "1.0.0");
    let files = ["MLmodel", "conda.yaml", "model.onnx", "python_env.yaml", "requirements.txt"];
    assert_eq!(exported["files"], serde_json::json!(files));
    let text = fs::read_to_string(place.file("model/MLmodel")).unwrap();
    assert!(text.contains("loader_module: mlflow.onnx") && text.contains("home-win 1.0.0"), "{text}");
    place.json(&["export", "onnx", "1.0.0", "--out", "alone.onnx"]);
    let model = fs::read(place.file("model/model.onnx")).unwrap();
    assert_eq!(fs::read(place.file("alone.onnx")).unwrap(), model);
    place.json(&["export", "onnx", "1.0.0", "--out", "model.zip"]);
    assert!(fs::read(place.file("model.zip")).unwrap().starts_with(b"PK\x03\x04"));
    let (code, _, err) = place.said(&["export", "onnx", "--out", "none"]);
    assert_eq!(code, 2);
    assert!(err.contains("a version at Production is not in the registry"), "{err}");
}

#[test]
fn an_experiment_is_a_page_that_opens_from_disk() {
    let place = trained();
    let exported = place.json(&["export", "report", "--out", "report.html"]);
    assert_eq!(exported["runs"], 2, "a training and its trial");
    let page = fs::read_to_string(place.file("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("1.0.0") && page.len() < 300_000);
    let (code, _, err) = place.said(&["export", "report", "--experiment", "nobody's"]);
    assert_eq!(code, 2);
    assert!(err.contains("the store has home-win"), "{err}");
}
