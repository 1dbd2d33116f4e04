use super::*;
use crate::base::morning;
use crate::data::SourceKind;
use crate::flows::documents::put;
use crate::flows::overlay::Overlay;
use crate::flows::shelf::{Shelf, now};
use crate::learn::{Linear, Model};
use crate::tracking::{RunStatus, USER};

fn at(day: &str) -> Instant {
    morning(day.parse().unwrap())
}

fn run(id: &str, parent: Option<&str>, files: &[&str]) -> (Run, Vec<Blob>) {
    let (artifacts, blobs) = files.iter().map(|text| Blob::artifact("file.txt", text.as_bytes())).unzip();
    let run = Run {
        id: id.into(),
        experiment: "test".into(),
        name: id.into(),
        status: RunStatus::Finished,
        started_at: at("2026-01-15"),
        ended_at: at("2026-01-15"),
        params: BTreeMap::new(),
        metrics: BTreeMap::new(),
        tags: BTreeMap::new(),
        data_version: None,
        feature_version: None,
        model_digest: None,
        parent: parent.map(str::to_owned),
        artifacts,
        spec: None,
        deleted_at: None,
    };
    (run, blobs)
}

/// A search `a` with two trials, and a run `b` by itself; `a` and `b` have a file in common.
fn shelf() -> Shelf {
    let mut batch = Batch::default();
    let runs = [
        run("a", None, &["shared", "alone"]),
        run("a1", Some("a"), &[]),
        run("a2", Some("a"), &["trial"]),
        run("b", None, &["shared"]),
    ];
    for (run, blobs) in runs {
        put(&mut batch, &run).unwrap();
        blobs.iter().for_each(|blob| put(&mut batch, blob).unwrap());
    }
    let shelf = Shelf::default();
    now(shelf.commit(batch)).unwrap();
    shelf
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn trash(shelf: &Shelf) -> Vec<String> {
    now(load_all::<Run, _>(shelf))
        .unwrap()
        .1
        .into_iter()
        .filter(|run| run.deleted_at.is_some())
        .map(|run| run.id)
        .collect()
}

fn blobs(shelf: &Shelf) -> usize {
    now(shelf.scan("artifact/")).unwrap().1.len()
}

#[test]
fn a_search_goes_to_the_trash_and_comes_back_with_its_trials() {
    let shelf = shelf();
    assert_eq!(now(delete(&shelf, &ids(&["a2"]), at("2026-01-16"))).unwrap(), ["a2"]);
    assert_eq!(now(delete(&shelf, &ids(&["a"]), at("2026-01-17"))).unwrap(), ["a", "a1"]);
    assert_eq!(trash(&shelf), ["a", "a1", "a2"]);
    assert_eq!(now(delete(&shelf, &ids(&["a"]), at("2026-01-18"))).unwrap(), ids(&[]), "it is there already");
    assert_eq!(now(restore(&shelf, &ids(&["a"]))).unwrap(), ["a", "a1"]);
    assert_eq!(trash(&shelf), ["a2"], "a trial that went by itself stays there");
}

#[test]
fn a_run_that_is_not_there_is_named_and_nothing_changes() {
    let shelf = shelf();
    let refused = now(delete(&shelf, &ids(&["b", "zz"]), at("2026-01-16"))).unwrap_err();
    assert_eq!(refused.to_string(), "run zz is not in the store");
    assert_eq!(trash(&shelf), ids(&[]));
}

#[test]
fn a_purge_frees_the_runs_and_the_files_that_no_other_run_has() {
    let shelf = shelf();
    now(delete(&shelf, &ids(&["a"]), at("2026-01-16"))).unwrap();
    assert_eq!(blobs(&shelf), 3);
    let before: usize = shelf.0.borrow().1.values().map(|document| json::to_string(document).unwrap().len()).sum();
    let purged = now(purge(&shelf, &ids(&["a", "b"]), |_| false)).unwrap();
    let after: usize = shelf.0.borrow().1.values().map(|document| json::to_string(document).unwrap().len()).sum();
    let freed = Freed { runs: 3, artifacts: 2, bytes: (before - after) as u64 };
    let kept = Kept { run: "b".into(), why: "it is not in the trash: delete it first".into() };
    assert_eq!(purged, Purged { freed, kept: vec![kept] });
    assert_eq!(blobs(&shelf), 1, "the file in common is still b's");
    assert_eq!(now(load_all::<Run, _>(&shelf)).unwrap().1.len(), 1);
}

#[test]
fn a_run_of_a_registered_version_and_one_that_came_with_the_site_stay() {
    let shelf = shelf();
    let mut batch = Batch { base: Revision(1), ..Batch::default() };
    let version = ModelVersion {
        name: "home-win".into(),
        version: "1.2.0".into(),
        run_id: "a".into(),
        model: Model::linear("1", vec!["a".into()], Linear::unscaled(vec![0.1], 0.2)).into(),
        trained_through: "2026-01-14".parse().unwrap(),
        source_kind: SourceKind::Simulated,
        data_version: Digest::of_bytes(b"games"),
        metrics: BTreeMap::new(),
        registered_at: at("2026-01-15"),
    };
    put(&mut batch, &version).unwrap();
    now(shelf.commit(batch)).unwrap();
    now(delete(&shelf, &ids(&["a", "b"]), at("2026-01-16"))).unwrap();
    let purged = now(purge(&shelf, &ids(&["a", "b"]), |key| key == "run/b")).unwrap();
    let why: Vec<&str> = purged.kept.iter().map(|kept| kept.why.as_str()).collect();
    assert_eq!(
        why,
        ["version 1.2.0 of the registry came from it", "it came with the site and can only be hidden here"]
    );
    assert_eq!((purged.freed.runs, purged.freed.artifacts), (2, 1), "the trials went, and the file of one");
}

#[test]
fn tags_and_notes_keep_to_the_rules() {
    let shelf = shelf();
    now(set_tag(&shelf, "b", "reviewed by", Some("me"))).unwrap();
    now(set_note(&shelf, "b", "  good on weekdays \n")).unwrap();
    let tags = |shelf: &Shelf| now(load_all::<Run, _>(shelf)).unwrap().1.pop().unwrap().tags;
    assert_eq!(tags(&shelf)["reviewed by"], "me");
    assert_eq!(tags(&shelf)[NOTE], "good on weekdays");
    now(set_note(&shelf, "b", " ")).unwrap();
    now(set_tag(&shelf, "b", "reviewed by", None)).unwrap();
    assert!(tags(&shelf).is_empty());
    let wrong = [("", "a name"), ("a\nb", "letters"), ("data_version", "does not change"), (PARENT, "does not change")];
    for (key, said) in wrong {
        let refused = now(set_tag(&shelf, "b", key, Some("x"))).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    assert!(now(set_tag(&shelf, "b", USER, Some(&"x".repeat(8001)))).unwrap_err().to_string().contains("8,000"));
    assert_eq!(now(set_tag(&shelf, "zz", "a", None)).unwrap_err(), TrackingFlowError::Unknown("zz".into()));
}

#[test]
fn a_run_that_came_with_the_site_is_hidden_and_shown_again_and_stays() {
    let overlay = Overlay::new(shelf().0.into_inner().1.into_values().collect(), Shelf::default());
    let fixed = |key: &str| overlay.published(key).is_some();
    let deleted = |overlay: &Overlay<Shelf>| {
        let runs = now(load_all::<Run, _>(overlay)).unwrap().1;
        runs.iter().filter(|run| run.deleted_at.is_some()).count()
    };
    assert_eq!(now(delete(&overlay, &ids(&["a", "b"]), at("2026-01-16"))).unwrap().len(), 4);
    let purged = now(purge(&overlay, &ids(&["a", "b"]), fixed)).unwrap();
    assert_eq!((purged.freed, purged.kept.len()), (Freed::default(), 4));
    assert!(purged.kept[0].why.contains("came with the site"), "{}", purged.kept[0].why);
    assert_eq!(deleted(&overlay), 4);
    now(restore(&overlay, &ids(&["a"]))).unwrap();
    assert_eq!(deleted(&overlay), 1, "b is still in the trash");
}
