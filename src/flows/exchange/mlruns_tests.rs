use std::collections::BTreeMap;

use super::*;
use crate::flows::exchange::archive::{self, Bounds};
use crate::flows::exchange::mapping::as_in_mlflow;
use crate::flows::exchange::mlruns_out::{experiment_id, tree};

fn at(milliseconds: i64) -> crate::base::Instant {
    crate::base::Instant::from_timestamp_millis(milliseconds).unwrap()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A run with one of everything, and the bytes of its file.
fn run() -> (Run, BTreeMap<Digest, Blob>) {
    let (artifact, blob) = Blob::artifact("plots/roc.svg", b"<svg/>");
    let run = Run {
        id: "0123456789abcdef0123456789abcdef".into(),
        experiment: "home <b>win</b>: yes".into(),
        name: "2026-01-01".into(),
        status: RunStatus::Finished,
        started_at: at(1_700_000_000_000),
        ended_at: at(1_700_000_009_000),
        params: map(&[("c", "0.1"), ("dropped", ""), ("l/r", "1e3")]),
        metrics: BTreeMap::from([
            ("log_loss".into(), vec![MetricPoint::new(0.612_345_678_901_234_5, 0)]),
            (
                "curve/a".into(),
                vec![
                    MetricPoint { value: 1e-300, step: -1, at: Some(at(1_700_000_000_001)) },
                    MetricPoint { value: -0.0, step: 7, at: None },
                ],
            ),
        ]),
        tags: map(&[("seed", "1"), ("mlflow.note.content", "# a\n<script>alert(1)</script>\n")]),
        data_version: Some(Digest::of_bytes(b"data")),
        feature_version: Some("2.0.0".into()),
        model_digest: Some(Digest::of_bytes(b"model")),
        parent: Some("fedcba9876543210fedcba9876543210".into()),
        artifacts: vec![artifact],
        spec: Some(serde_json::json!({ "seed": 1, "long": "é".repeat(9000) })),
        deleted_at: Some(at(1_700_000_100_000)),
    };
    (run, BTreeMap::from([(blob.digest, blob)]))
}

fn entries() -> Vec<Entry> {
    let (run, blobs) = run();
    tree(&[run], &blobs, &[]).unwrap()
}

/// The tree with one file replaced, or taken away.
fn with(end: &str, bytes: Option<&str>) -> Vec<Entry> {
    let mut entries = entries();
    let found = entries.iter().position(|(path, _)| path.ends_with(end)).unwrap_or_else(|| panic!("{end}"));
    match bytes {
        Some(bytes) => entries[found].1 = bytes.as_bytes().to_vec(),
        None => drop(entries.remove(found)),
    }
    entries
}

#[track_caller]
fn refuses(entries: &[Entry], says: &str) {
    let error = read(entries).expect_err(says).to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn a_run_comes_back_from_its_tree_and_from_an_archive_of_it() {
    let (run, blobs) = run();
    let entries = entries();
    let wanted = as_in_mlflow(&run);
    assert_eq!(wanted, run, "nothing of it is lost");
    let packed = archive::write(&entries).unwrap();
    let unpacked = archive::read(&packed, Bounds::default()).unwrap();
    let bare: Vec<Entry> =
        entries.iter().map(|(path, bytes)| (path.trim_start_matches("mlruns/").to_owned(), bytes.clone())).collect();
    let nested: Vec<Entry> = entries.iter().map(|(path, bytes)| (format!("a/b/{path}"), bytes.clone())).collect();
    for entries in [entries, unpacked, bare, nested] {
        let contents = read(&entries).unwrap();
        assert_eq!(contents.runs, std::slice::from_ref(&wanted));
        assert_eq!(contents.blobs, blobs);
        assert_eq!((contents.experiments, contents.left_out), (1, BTreeMap::new()));
    }
}

#[test]
fn an_experiments_number_follows_from_its_name() {
    assert_eq!(experiment_id("Default"), "0");
    let id = experiment_id("home-win");
    assert_eq!(id.len(), 18);
    assert_eq!(id, experiment_id("home-win"));
    assert_ne!(id, experiment_id("home-win "));
}

#[test]
fn a_metric_that_is_no_finite_number_is_refused_with_its_file_and_line() {
    for value in ["nan", "NaN", "inf", "-Infinity", "1e999", "0,5", "<b>"] {
        let text = format!("1700000000001 0.5 0\n1700000000002 {value} 1\n");
        refuses(
            &with("metrics/log_loss", Some(&text)),
            &format!("metrics/log_loss, line 2: expected a finite number, found {value:?}"),
        );
    }
    refuses(&with("metrics/log_loss", Some("")), "expected a line for each point, found none");
    refuses(&with("metrics/log_loss", Some("1 0.5 x")), "line 1: expected a whole number as its step, found \"x\"");
    refuses(&with("metrics/log_loss", Some("-1 0.5 0")), "line 1: expected milliseconds since 1970");
    refuses(&with("metrics/log_loss", Some("1 0.5 0 a")), "expected milliseconds, a value and a step");
    let old = read(&with("metrics/log_loss", Some("1 0.5\n2 0.25 1 games digest x\n"))).expect_err("six fields");
    assert!(old.to_string().contains("line 2"), "{old}");
    let two = read(&with("metrics/log_loss", Some("1 0.5\n2 0.25 3 games digest\n"))).unwrap();
    let points = &two.runs[0].metrics["log_loss"];
    assert_eq!(points.iter().map(|point| (point.value, point.step)).collect::<Vec<_>>(), [(0.5, 0), (0.25, 3)]);
}

#[test]
fn what_is_missing_damaged_or_wrong_says_where() {
    let run_meta = "0123456789abcdef0123456789abcdef/meta.yaml";
    refuses(&with(run_meta, None), "0123456789abcdef0123456789abcdef/meta.yaml is missing");
    refuses(&with(run_meta, Some("run_id: [")), "expected YAML");
    refuses(&with(run_meta, Some("")), "`run_uuid` to be 0123456789abcdef0123456789abcdef, as its folder is named");
    refuses(&with(run_meta, Some("run_id: ffff\n")), "found \"\\\"ffff\\\"\"");
    let id = experiment_id("home <b>win</b>: yes");
    let meta = |rest: &str| format!("run_id: 0123456789abcdef0123456789abcdef\nexperiment_id: '{id}'\n{rest}");
    refuses(&with(run_meta, Some(&meta(""))), "`start_time` to be milliseconds since 1970, found nothing");
    refuses(&with(run_meta, Some(&meta("start_time: 1\nstatus: 9\n"))), "which is none of 1 to 5");
    refuses(&with(run_meta, Some(&meta("start_time: 1\nlifecycle_stage: gone\n"))), "active or deleted");
    let experiment = format!("mlruns/{id}/meta.yaml");
    refuses(&with(&experiment, None), "it says what the experiment is");
    refuses(&with(&experiment, Some("experiment_id: '7'\nname: x\n")), "as its folder is named");
    refuses(&with(&experiment, Some(&format!("experiment_id: {id}\nname: ''\n"))), "found an empty name");
    refuses(&with(&experiment, Some(&format!("experiment_id: {id}\nname: {}\n", "n".repeat(501)))), "at most 500");
    refuses(
        &with("params/c", Some(&"x".repeat(6001))),
        "params/c: expected a value that MLflow takes, found found 6001",
    );
}

#[test]
fn names_that_mlflow_forbids_and_paths_to_elsewhere_are_refused() {
    let id = experiment_id("home <b>win</b>: yes");
    let more = |path: String, bytes: &str| {
        let mut entries = entries();
        entries.push((path, bytes.as_bytes().to_vec()));
        entries
    };
    let run = format!("mlruns/{id}/0123456789abcdef0123456789abcdef");
    refuses(&more(format!("{run}/tags/a<b>"), "x"), "expected a name that MLflow takes");
    refuses(&more(format!("{run}/tags/{}", "k".repeat(251)), "x"), "251 characters, expected at most 250");
    refuses(&more(format!("{run}/params/c"), "x"), "another of the same name");
    refuses(&more(format!("{run}/params/c/d"), "x"), "another of the same name");
    refuses(&more(format!("mlruns/{id}/not-a-run/meta.yaml"), ""), "32 hexadecimal digits");
    refuses(&more("mlruns/../../etc/cron.d/x".into(), ""), "it leads elsewhere");
    refuses(&more("/etc/passwd".into(), ""), "it is absolute");
    let model = |name: &str| {
        let path = format!("mlruns/models/{name}/meta.yaml");
        more(path, &format!("name: '{name}'\n"))
    };
    refuses(&model("a:b"), "without / and :");
    let registered = read(&model("<b>")).unwrap().registered;
    assert_eq!((registered[0].name.as_str(), registered[0].versions.len()), ("<b>", 0));
    let alias = |name: &str, number: &str| {
        let mut entries = model("m");
        entries.push((format!("mlruns/models/m/aliases/{name}"), number.as_bytes().to_vec()));
        entries
    };
    refuses(&alias("v2", "1"), "an alias that MLflow takes");
    refuses(&alias("champion", "1"), "the number of a version that is there");
}

#[test]
fn one_run_in_two_experiments_is_refused_and_a_tree_that_is_none_says_what_is_there() {
    let (mut run, blobs) = run();
    let mut entries = entries();
    run.experiment = "other".into();
    entries.extend(tree(&[run], &blobs, &[]).unwrap());
    entries.sort();
    entries.dedup();
    refuses(&entries, "expected one run of this id");
    refuses(&[], "found nothing");
    refuses(&[("notes/a.txt".to_owned(), Vec::new())], "no MLflow store was found");
}

#[test]
fn an_export_names_what_mlflow_does_not_take() {
    let (good, blobs) = run();
    let refused = |change: fn(&mut Run), says: &str| {
        let mut run = good.clone();
        change(&mut run);
        let error = tree(&[run], &blobs, &[]).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    };
    refused(|run| drop(run.params.insert("a(b)".into(), "x".into())), "parameter \"a(b)\"");
    refused(|run| drop(run.params.insert("a".into(), "x".repeat(6001))), "6001 characters, expected at most 6000");
    refused(|run| drop(run.params.insert("l".into(), "x".into())), "a file store cannot hold both");
    refused(|run| run.id = "7".into(), "32 hexadecimal digits");
    refused(|run| run.artifacts[0].path = "../x".into(), "it leads elsewhere");
    refused(|run| run.artifacts[0].digest = Digest::of_bytes(b"other"), "not in the store");
}

#[cfg(not(target_arch = "wasm32"))]
mod random {
    use proptest::prelude::*;

    use super::*;

    fn key() -> impl Strategy<Value = String> {
        "[a-zé_][a-z0-9_.: é-]{0,9}(/[a-z][a-z0-9]{0,4})?"
    }

    /// Keys of which none is a folder of another.
    fn keyed<T: std::fmt::Debug>(values: impl Strategy<Value = T>) -> impl Strategy<Value = BTreeMap<String, T>> {
        prop::collection::btree_map(key(), values, 0..6).prop_map(|mut all| {
            let keys: Vec<String> = all.keys().cloned().collect();
            all.retain(|key, _| !keys.iter().any(|other| other.starts_with(&format!("{key}/"))));
            all
        })
    }

    fn point() -> impl Strategy<Value = MetricPoint> {
        let finite = prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL;
        (finite, any::<i64>(), prop::option::of(0..4_000_000_000_000_i64)).prop_map(|(value, step, time)| MetricPoint {
            value,
            step,
            at: time.map(at),
        })
    }

    fn status() -> impl Strategy<Value = RunStatus> {
        prop::sample::select(vec![RunStatus::Running, RunStatus::Finished, RunStatus::Failed, RunStatus::Killed])
    }

    prop_compose! {
        fn any_run()(
            id in "[0-9a-f]{32}",
            (experiment, name) in ("[a-z][ -~]{0,20}", "[ -~é]{0,20}"),
            status in status(),
            (start, long) in (0..2_000_000_000_000_i64, 0..100_000_i64),
            params in keyed("(?s).{0,20}"),
            metrics in keyed(prop::collection::vec(point(), 0..5)),
            tags in keyed("(?s).{0,20}"),
            (data, model) in (prop::option::of(any::<u8>()), prop::option::of(any::<u8>())),
            (feature_version, parent) in (prop::option::of("[0-9.]{1,5}"), prop::option::of("[0-9a-f]{32}")),
            files in prop::collection::btree_map("[a-z]{1,5}(/x\\.[a-z]{1,3})", prop::collection::vec(any::<u8>(), 0..40), 0..4),
            spec in prop::option::of("(?s).{0,40}"),
            deleted in prop::option::of(0..4_000_000_000_000_i64),
        ) -> (Run, BTreeMap<Digest, Blob>) {
            let kept: Vec<(Artifact, Blob)> = files.iter().map(|(path, bytes)| Blob::artifact(path, bytes)).collect();
            let digest = |byte: Option<u8>| byte.map(|byte| Digest::of_bytes(&[byte]));
            let run = Run {
                id, experiment, name, status, params, metrics, tags, feature_version, parent,
                started_at: at(start),
                ended_at: at(start + long),
                data_version: digest(data),
                model_digest: digest(model),
                artifacts: kept.iter().map(|(artifact, _)| artifact.clone()).collect(),
                spec: spec.map(|text| serde_json::json!({ "text": text })),
                deleted_at: deleted.map(at),
            };
            (run, kept.into_iter().map(|(_, blob)| (blob.digest, blob)).collect())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_runs_come_back_digest_for_digest(all in prop::collection::vec(any_run(), 1..4)) {
            let runs: BTreeMap<String, Run> = all.iter().map(|(run, _)| (run.id.clone(), run.clone())).collect();
            let runs: Vec<Run> = runs.into_values().collect();
            let blobs: BTreeMap<Digest, Blob> = all.into_iter().flat_map(|(_, blobs)| blobs).collect();
            let packed = archive::write(&tree(&runs, &blobs, &[]).unwrap()).unwrap();
            let mut contents = read(&archive::read(&packed, Bounds::default()).unwrap()).unwrap();
            contents.runs.sort_by(|a, b| a.id.cmp(&b.id));
            let digests = |runs: &[Run]| runs.iter().map(|run| Digest::of_json(run).unwrap()).collect::<Vec<_>>();
            let wanted: Vec<Run> = runs.iter().map(as_in_mlflow).collect();
            prop_assert_eq!(digests(&contents.runs), digests(&wanted));
            prop_assert_eq!(&contents.runs, &wanted);
            // What came back goes out the same, and what was whole already is not changed.
            let again = tree(&contents.runs, &contents.blobs, &[]).unwrap();
            prop_assert_eq!(archive::write(&again).unwrap(), packed);
        }
    }
}
