//! Operation as a user meets it on the command line.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "common/place.rs"]
mod place;

use place::Place;
use serde_json::Value;

#[test]
fn a_clone_goes_from_data_to_a_published_journal() {
    let place = Place::empty();
    let (code, _, err) = place.said(&["registry", "list"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("no store is there"), "{err}");
    assert!(!place.path().join(".linelogic").exists(), "a command that reads makes no store");

    place.json(&["ingest", "--source", "demo", "--out", "public/data"]);
    let replayed = place.json(&["replay", "--season", "2025", "--to", "2025-11-20"]);
    assert_eq!((replayed["daily_runs"].as_u64(), replayed["weekly_runs"].as_u64()), (Some(31), Some(6)));
    let versions = place.json(&["registry", "list"]);
    assert_eq!(versions.as_array().unwrap().len(), 6);
    assert_eq!((&versions[4]["stage"], &versions[5]["stage"]), (&"Production".into(), &"Staging".into()));
    let then = place.json(&["registry", "list", "--as-of", "2023-12-01"]);
    assert_eq!((then.as_array().unwrap().len(), &then[2]["stage"]), (3, &"Production".into()));
    assert_eq!(place.json(&["runs", "list"]).as_array().unwrap().len(), 6);

    let report = place.json(&["pipeline", "daily", "--as-of", "2025-11-21"]);
    assert!(report["written"].as_u64().unwrap() > 0);
    let again = place.json(&["pipeline", "daily", "--as-of", "2025-11-21"]);
    assert_eq!(again["written"], 0);

    promote_and_roll_back(&place);
    keep_the_registry(&place);

    let exported = place.json(&["export", "bundle", "--out", "public/data/store.jsonl"]);
    assert_eq!(exported["indexed"], true);
    let bytes = std::fs::read(place.path().join("public/data/store.jsonl")).unwrap();
    let journal = linelogic::adapters::journal::parse(&bytes).unwrap();
    assert_eq!(journal.documents.len() as u64, exported["documents"].as_u64().unwrap());
    let index: Value =
        serde_json::from_slice(&std::fs::read(place.path().join("public/data/index.json")).unwrap()).unwrap();
    let listed = index["files"].as_array().unwrap().iter().find(|file| file["kind"] == "store").unwrap();
    assert_eq!(listed["digest"], exported["digest"]);
    assert_eq!(place.said(&["manifest", "verify"]).0, 0, "the index and its files still hold together");

    // What the site publishes: what only the lab shows apart.
    let split = place.json(&["export", "bundle", "--split", "--out", "public/data/store.jsonl"]);
    let data = place.path().join("public/data");
    let read = |name: &str| linelogic::adapters::journal::parse(&std::fs::read(data.join(name)).unwrap()).unwrap();
    let (store, lab) = (read("store.jsonl"), read("lab.jsonl"));
    let kinds = |of: &linelogic::adapters::journal::Journal| -> std::collections::BTreeSet<String> {
        of.documents.values().map(|document| document.kind.clone()).collect()
    };
    assert!(kinds(&lab).contains("run") && kinds(&store).contains("version"), "{:?}", kinds(&lab));
    assert!(kinds(&lab).is_disjoint(&kinds(&store)));
    let files: Vec<_> = std::fs::read_dir(data.join("artifacts")).unwrap().collect();
    assert_eq!(store.documents.len() + lab.documents.len() + files.len(), journal.documents.len());
    assert_eq!(split["documents"].as_u64(), Some(store.documents.len() as u64));
    for file in files {
        let path = file.unwrap().path();
        let digest = linelogic::base::Digest::of_bytes(&std::fs::read(&path).unwrap());
        assert_eq!(path.file_name().unwrap().to_str(), Some(digest.hex().as_str()));
    }
    assert_eq!(place.said(&["manifest", "verify"]).0, 0, "two journals are listed");
}

/// Version 1.5.0 entered Staging on the 18th.
fn promote_and_roll_back(place: &Place) {
    let (code, out, err) = place.said(&["registry", "promote", "1.5.0", "--as-of", "2025-11-22", "--json"]);
    assert_eq!(code, 1, "{err}");
    for line in
        ["yes  accuracy     hold-out accuracy 0.", "no   staging      4 days in Staging, at least 7 are asked for"]
    {
        assert!(err.contains(line), "{err}");
    }
    let refused: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&refused["changed"], &refused["gate"]["passed"]), (&false.into(), &false.into()));
    assert_eq!(refused["gate"]["checks"].as_array().unwrap().len(), 7);

    let promoted = place.json(&["registry", "promote", "models:/home-win@challenger", "--as-of", "2025-11-25"]);
    assert_eq!((&promoted["changed"], &promoted["gate"]["passed"]), (&true.into(), &true.into()));
    let (_, back, _) = place.said(&["registry", "rollback", "--as-of", "2025-11-26", "--reason", "a test"]);
    assert!(back.contains("1.4.0") && back.contains("rollback: a test"), "{back}");
    let (code, _, err) = place.said(&["registry", "promote", "9.9.9"]);
    assert_eq!(code, 2);
    assert!(err.contains("it holds 1.0.0, 1.1.0"), "{err}");
    let (code, _, err) = place.said(&["registry", "rollback", "--to", "9.9.9"]);
    assert_eq!(code, 2, "{err}");
    let reigns = place.json(&["registry", "history", "--production"]);
    let last = reigns.as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["version"], &last["to"]), (&"1.4.0".into(), &Value::Null));
}

fn keep_the_registry(place: &Place) {
    place.json(&["registry", "alias", "best", "1.3.0"]);
    place.json(&["registry", "tag", "ticket", "7", "--on", "models:/home-win@best"]);
    let described = place.json(&["registry", "describe", "who wins at home", "--actor", "Ada"]);
    assert_eq!(described["events"][0]["actor"], "Ada");
    let (code, _, err) = place.said(&["registry", "describe", "x", "--actor", &"x".repeat(61)]);
    assert_eq!(code, 2);
    assert!(err.contains("at most 60 characters"), "{err}");
    let shown = place.json(&["registry", "show", "models:/home-win@best"]);
    assert_eq!((&shown["version"], &shown["aliases"][0]), (&"1.3.0".into(), &"best".into()));
    assert_eq!(shown["tags"]["ticket"], "7");
    let (code, _, err) = place.said(&["registry", "alias", "champion", "1.3.0"]);
    assert_eq!(code, 2);
    assert!(err.contains("always points at the version in Production"), "{err}");
    let (code, _, err) = place.said(&["registry", "show", "models:/home-win"]);
    assert_eq!(code, 2);
    assert!(err.contains("Not a proper models:/ URI"), "{err}");

    place.json(&["registry", "delete", "1.3.0"]);
    assert_eq!(place.json(&["registry", "list", "--deleted"])[0]["version"], "1.3.0");
    assert_eq!(place.said(&["registry", "show", "1.3.0"]).0, 2);
    place.json(&["registry", "restore", "1.3.0"]);
    assert_eq!(place.json(&["registry", "show", "1.3.0"])["stage"], "Archived");
    assert_eq!(place.json(&["registry", "models"]), serde_json::json!(["home-win"]));
    let (code, _, err) = place.said(&["registry", "register", "ffff"]);
    assert_eq!(code, 2);
    assert!(err.contains("is not in the store"), "{err}");

    let trail = place.json(&["registry", "history"]);
    for file in ["trail.jsonl", "trail.csv"] {
        assert_eq!(place.said(&["registry", "history", "--out", file]).0, 0);
        let text = std::fs::read_to_string(place.path().join(file)).unwrap();
        let head = usize::from(file.ends_with("csv"));
        assert_eq!(text.lines().count(), trail.as_array().unwrap().len() + head, "{file}");
    }
    assert_eq!(place.said(&["registry", "history", "--out", "trail.txt"]).0, 2);
}

#[test]
fn a_day_behind_the_data_is_a_usage_error_and_a_damaged_store_one_of_the_environment() {
    let place = Place::empty();
    place.json(&["ingest", "--source", "demo", "--out", "public/data"]);
    let (code, out, err) = place.said(&["pipeline", "daily", "--as-of", "2027-01-01", "--json"]);
    assert_eq!(code, 2, "{err}");
    assert!(serde_json::from_str::<Value>(&out).unwrap()["error"]["message"].as_str().unwrap().contains("2026-01-15"));
    std::fs::write(place.path().join(".linelogic/journal.jsonl"), "not a journal\n").unwrap();
    let (code, _, err) = place.said(&["registry", "list"]);
    assert_eq!(code, 3);
    assert!(err.contains("journal.jsonl (journal line 1)"), "{err}");
}

#[test]
fn a_browsers_back_up_opens_as_a_store_and_a_file_that_is_not_whole_is_left_as_it_is() {
    use linelogic::adapters::journal;
    use linelogic::flows::backup::REVISION;
    use linelogic::ports::Document;

    let place = Place::empty();
    let body = serde_json::json!({
        "id": "0123456789abcdef0123456789abcdef", "experiment": "lab", "name": "from the browser", "status": "FINISHED",
        "started_at": "2026-01-15T12:00:00Z", "ended_at": "2026-01-15T12:01:00Z", "params": {}, "tags": {},
        "metrics": {}, "data_version": null, "feature_version": null, "model_digest": null
    });
    let run = Document { key: "run/0123456789abcdef0123456789abcdef".into(), kind: "run".into(), schema: 2, body };
    let text = journal::compact(REVISION, &[run]).unwrap();
    let file = place.path().join("linelogic-backup-2026-01-15.jsonl");
    std::fs::write(&file, &text).unwrap();
    let runs = place.json(&["runs", "list", "--store", "linelogic-backup-2026-01-15.jsonl"]);
    assert_eq!(runs[0]["name"], "from the browser");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "reading changes nothing");

    for broken in [&text[..text.len() / 2], "GAME_ID,PTS\n1,2"] {
        std::fs::write(&file, broken).unwrap();
        let (code, _, err) = place.said(&["runs", "list", "--store", "linelogic-backup-2026-01-15.jsonl"]);
        assert_eq!(code, 3, "{err}");
        assert!(err.contains("line"), "{err}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), broken);
    }
}
