use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::base::Seed;

const EVIL: &str = "<script>alert('x')</script> & \"quoted\" {{body}} \u{202e}";

fn run(number: usize, name: &str) -> Run {
    let loss = 0.6 + (number % 97) as f64 / 1000.0;
    let estimator = ["logistic_regression", "gradient_boosted_trees", "random_forest"][number % 3];
    let calibration = ["none", "isotonic"][number % 2];
    let body = json!({
        "id": format!("{number:032x}"), "experiment": "default", "name": name, "status": "FINISHED",
        "started_at": format!("2026-01-{:02}T10:00:00Z", 1 + number % 28), "ended_at": "2026-02-01T10:01:00Z",
        "params": {
            "estimator": estimator,
            "c": format!("{}", 0.01 * (1 + number % 40) as f64), "calibration": calibration,
            "features": "elo_edge,margin_edge,rest_days,back_to_back", "as_of": "2026-01-15", "seed": "1",
        },
        "metrics": {
            "log_loss": [{ "value": loss, "step": 0 }], "brier": [{ "value": loss / 3.0, "step": 0 }],
            "accuracy": [{ "value": 1.3 - loss, "step": 0 }], "auc": [{ "value": 1.32 - loss, "step": 0 }],
            "ece": [{ "value": 0.02, "step": 0 }],
            "validation_log_loss": [{ "value": loss + 0.01, "step": 0 }, { "value": loss + 0.004, "step": 1 }],
        },
        "tags": {}, "data_version": Digest::of_bytes(b"rows"), "feature_version": "2.1", "model_digest": null,
    });
    serde_json::from_value(body).expect("a run")
}

fn page(runs: &[Run], forecasts: &[(f64, f64)], text: &str) -> String {
    let at: Instant = "2026-01-15T12:00:00Z".parse().expect("a time");
    let version = |version: &str, stage: &str| VersionRow {
        version: version.into(),
        stage: stage.into(),
        run_id: "00ff00ff".into(),
        summary: text.into(),
        registered_at: at,
    };
    let versions = [version("1.0.0", "Archived"), version("1.1.0", "Production"), version("1.2.0", "Staging")];
    let history = [HistoryRow {
        at,
        version: "1.1.0".into(),
        what: "Staging → Production".into(),
        actor: "ann".into(),
        reason: format!("{text} accuracy 0.66 above 0.52; log loss 0.607 against 0.612"),
    }];
    let data = BTreeMap::from([(Digest::of_bytes(b"rows"), "demo:7, 9,840 games to 2026-01-14".to_owned())]);
    let (versions, history, data) = (&versions[..], &history[..], &data);
    report(&ReportInput { experiment: text, made_at: at, runs, forecasts, versions, history, data })
}

fn forecasts() -> Vec<(f64, f64)> {
    let mut rng = Seed(5).rng();
    let one = |_| {
        let p = 0.1 + 0.8 * rng.uniform();
        (f64::from(rng.uniform() < p), p)
    };
    (0..1200).map(one).collect()
}

#[test]
fn two_thousand_runs_fit_and_what_does_not_is_counted() {
    let runs: Vec<Run> = (0..2000).map(|number| run(number, &format!("{EVIL} number {number}"))).collect();
    let page = page(&runs, &forecasts(), "default");
    assert!(page.len() < MOST_BYTES, "{} bytes", page.len());
    let shown = page.matches("<td class=\"n\" data-v=\"0.").count() / 6;
    assert!(shown > 100, "{shown}");
    assert!(page.contains(" of 2000; ") && page.contains("are left out to keep this page small"));
}

#[test]
fn long_texts_everywhere_do_not_break_the_bound() {
    let long = "&'\"<>".repeat(2000);
    let mut runs: Vec<Run> = (0..200).map(|number| run(number, &long)).collect();
    for (number, run) in runs.iter_mut().enumerate() {
        run.params = (0..200).map(|at| (format!("{at:03}{long}"), format!("{number}{long}"))).collect();
    }
    assert!(page(&runs, &forecasts(), &long).len() < MOST_BYTES);
}

#[test]
fn markup_in_any_name_shows_as_text() {
    let mut one = run(1, EVIL);
    one.params.insert(EVIL.into(), EVIL.into());
    one.metrics.insert(EVIL.into(), vec![crate::tracking::MetricPoint::new(0.5, 0)]);
    let page = page(&[one, run(2, "plain")], &[], EVIL);
    assert_eq!(page.matches("<script>").count(), 1, "the page's own");
    assert!(!page.contains("alert('x')") && page.contains("&lt;script&gt;alert(&#39;x&#39;)"));
    assert!(page.contains("{{body}}") && !page.contains('\u{202e}'));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let page = page(&[run(1, "one")], &forecasts(), "default");
    for address in ["http:", "https:", "src=", "href=", "url(", "@import", "fetch("] {
        assert!(!page.contains(address), "{address}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn the_best_run_is_the_finished_one_with_the_least_log_loss() {
    let mut runs = vec![run(3, "good"), run(1, "best of all, and failed"), run(2, "better"), run(0, "in the trash")];
    runs[1].status = RunStatus::Failed;
    runs[3].deleted_at = Some(runs[3].ended_at);
    assert_eq!(best(&runs).map(|run| run.name.as_str()), Some("better"));
    assert_eq!(best(&[]), None);
    runs[0].metrics.clear();
    assert_eq!(best(&runs[..1]), None);
}

#[test]
fn an_experiment_without_runs_is_a_page_too() {
    let page = page(&[], &[], "empty");
    assert!(page.contains("No run yet.") && page.ends_with("</html>\n"));
}

#[test]
fn the_trials_of_a_search_are_ranked_by_their_own_metric() {
    let mut runs = vec![run(50, "search"), run(10, "second trial"), run(2, "first trial")];
    let search = runs[0].id.clone();
    runs[1].parent = Some(search.clone());
    runs[2].parent = Some(search);
    let page = page(&runs, &[], "default");
    let board = page.split("<h2>Leaderboard of its search</h2>").nth(1).expect("a leaderboard");
    assert!(board.find("first trial").expect("it") < board.find("second trial").expect("it"));
}
