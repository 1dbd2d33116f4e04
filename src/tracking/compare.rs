//! Runs side by side, and their forecasts of the same games.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{MetricPoint, Run};
use crate::stats::{CalibrationBin, Paired, ScoreError, calibration_bins, log_loss_of, paired, roc_curve};

/// Any number of runs, value by value. Every list has one entry a run, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The runs' ids.
    pub runs: Vec<String>,
    /// Parameters: those that differ first, each part in the order of names.
    pub params: Vec<ComparedText>,
    /// Tags, likewise.
    pub tags: Vec<ComparedText>,
    /// Metrics in the order of their names.
    pub metrics: Vec<ComparedMetric>,
}

/// A parameter or a tag of several runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedText {
    /// Its key.
    pub key: String,
    /// Its value in each run.
    pub values: Vec<Option<String>>,
    /// Whether the runs do not all have the same.
    pub differs: bool,
}

/// A metric of several runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedMetric {
    /// Its key.
    pub key: String,
    /// Its latest value in each run.
    pub values: Vec<Option<f64>>,
    /// Whether the runs do not all have the same.
    pub differs: bool,
    /// Its points in each run by step, one a step: the latest.
    pub curves: Vec<Vec<(i64, f64)>>,
}

impl ComparedMetric {
    /// Whether some run has more than one point, so that there is a curve to draw.
    pub fn has_curve(&self) -> bool {
        self.curves.iter().any(|curve| curve.len() > 1)
    }
}

/// Compares runs. With one run, or none, nothing differs.
pub fn compare(runs: &[&Run]) -> Comparison {
    let tags: Vec<BTreeMap<String, String>> = runs.iter().map(|run| run.all_tags()).collect();
    Comparison {
        runs: runs.iter().map(|run| run.id.clone()).collect(),
        params: texts(&runs.iter().map(|run| &run.params).collect::<Vec<_>>()),
        tags: texts(&tags.iter().collect::<Vec<_>>()),
        metrics: metrics(runs),
    }
}

fn differs<T: PartialEq>(values: &[T]) -> bool {
    values.windows(2).any(|pair| pair[0] != pair[1])
}

fn texts(maps: &[&BTreeMap<String, String>]) -> Vec<ComparedText> {
    let keys: BTreeSet<&String> = maps.iter().flat_map(|map| map.keys()).collect();
    let text = |key: &String| {
        let values: Vec<Option<String>> = maps.iter().map(|map| map.get(key).cloned()).collect();
        ComparedText { key: key.clone(), differs: differs(&values), values }
    };
    let (mut first, same): (Vec<_>, Vec<_>) = keys.into_iter().map(text).partition(|text| text.differs);
    first.extend(same);
    first
}

fn metrics(runs: &[&Run]) -> Vec<ComparedMetric> {
    let keys: BTreeSet<&String> = runs.iter().flat_map(|run| run.metrics.keys()).collect();
    let metric = |key: &String| {
        let values: Vec<Option<f64>> = runs.iter().map(|run| run.metric(key)).collect();
        let curve = |run: &&Run| run.metrics.get(key).map(|points| curve(points)).unwrap_or_default();
        ComparedMetric { key: key.clone(), differs: differs(&values), values, curves: runs.iter().map(curve).collect() }
    };
    keys.into_iter().map(metric).collect()
}

/// One value a step. Where a step was logged again, the later value counts, as in MLflow's charts.
fn curve(points: &[MetricPoint]) -> Vec<(i64, f64)> {
    let mut steps: BTreeMap<i64, MetricPoint> = BTreeMap::new();
    for point in points {
        let later = |kept: &MetricPoint| (point.at, point.value) > (kept.at, kept.value);
        if steps.get(&point.step).is_none_or(later) {
            steps.insert(point.step, *point);
        }
    }
    steps.into_iter().map(|(step, point)| (step, point.value)).collect()
}

/// The artifact that has a run's forecasts of the hold-out games.
pub const PREDICTIONS: &str = "predictions.csv";

/// The forecast of one hold-out game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoldoutPrediction {
    /// The game.
    pub game_id: String,
    /// Its day.
    pub date: String,
    /// The home team.
    pub home: String,
    /// The visitors.
    pub visitor: String,
    /// The forecast that the home team wins.
    pub prob_home: f64,
    /// Whether it did; in the table 1 or 0.
    #[serde(deserialize_with = "won")]
    pub home_won: bool,
}

fn won<'de, D: Deserializer<'de>>(field: D) -> Result<bool, D::Error> {
    match String::deserialize(field)?.as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        found => Err(D::Error::custom(format!("home_won is {found}: expected 1 or 0"))),
    }
}

/// Reads the artifact [`PREDICTIONS`]; games that are still to be played are left out.
///
/// # Errors
/// Where it is not such a table: the line, what was found and what was expected.
pub fn holdout_predictions(csv: &[u8]) -> Result<Vec<HoldoutPrediction>, String> {
    let mut reader = csv::Reader::from_reader(csv);
    let mut found: Vec<HoldoutPrediction> = Vec::new();
    let mut seen = BTreeSet::new();
    let told = |error: csv::Error| format!("{PREDICTIONS}: {error}");
    let head = reader.headers().map_err(told)?.clone();
    let result = head.iter().position(|name| name == "home_won");
    for (row, record) in reader.records().enumerate() {
        let line = row + 2;
        let record = record.map_err(told)?;
        if result.and_then(|at| record.get(at)).is_some_and(str::is_empty) {
            continue;
        }
        let prediction: HoldoutPrediction = record.deserialize(Some(&head)).map_err(told)?;
        if !(0.0..=1.0).contains(&prediction.prob_home) {
            let found = prediction.prob_home;
            return Err(format!("{PREDICTIONS} line {line}: prob_home is {found}: expected a number from 0 to 1"));
        }
        if !seen.insert(prediction.game_id.clone()) {
            return Err(format!("{PREDICTIONS} line {line}: game {} is there twice", prediction.game_id));
        }
        found.push(prediction);
    }
    Ok(found)
}

/// Two runs' forecasts of the games that both forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SameGames {
    /// How many games the first run forecast.
    pub first: u64,
    /// How many the second did.
    pub second: u64,
    /// The log loss of the first less that of the second on the games of both: negative where the first is better. None with
    /// fewer than two games.
    pub difference: Option<Paired>,
}

/// Compares two runs' hold-out forecasts game by game.
///
/// # Errors
/// Where the runs disagree about how a game ended.
pub fn same_games(first: &[HoldoutPrediction], second: &[HoldoutPrediction]) -> Result<SameGames, String> {
    let others: BTreeMap<&str, &HoldoutPrediction> =
        second.iter().map(|prediction| (prediction.game_id.as_str(), prediction)).collect();
    let (mut losses, mut other_losses) = (Vec::new(), Vec::new());
    // In the order of the games' names, so that the sums do not depend on the files' order.
    let games: BTreeMap<&str, &HoldoutPrediction> =
        first.iter().map(|prediction| (prediction.game_id.as_str(), prediction)).collect();
    for (game, one) in games {
        let Some(other) = others.get(game) else { continue };
        if one.home_won != other.home_won {
            let words = |won: bool| if won { "the home team won" } else { "the visitors won" };
            return Err(format!(
                "game {game}: one run has that {}, the other that {}",
                words(one.home_won),
                words(other.home_won)
            ));
        }
        let loss = |prediction: &HoldoutPrediction| log_loss_of(f64::from(prediction.home_won), prediction.prob_home);
        losses.push(loss(one));
        other_losses.push(loss(other));
    }
    Ok(SameGames { first: first.len() as u64, second: second.len() as u64, difference: paired(&losses, &other_losses) })
}

/// How a run's hold-out forecasts came true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoldoutCurves {
    /// The reliability diagram, in bins of equal width.
    pub reliability: Vec<CalibrationBin>,
    /// False positive rate and true positive rate from (0, 0) to (1, 1); empty where one side won every game.
    pub roc: Vec<(f64, f64)>,
}

/// The curves of hold-out forecasts with this many bins.
///
/// # Errors
/// Where there is nothing to draw.
///
/// # Panics
/// If `bins` is zero.
pub fn holdout_curves(predictions: &[HoldoutPrediction], bins: usize) -> Result<HoldoutCurves, ScoreError> {
    let y: Vec<f64> = predictions.iter().map(|prediction| f64::from(prediction.home_won)).collect();
    let p: Vec<f64> = predictions.iter().map(|prediction| prediction.prob_home).collect();
    let roc = roc_curve(&y, &p)?.into_iter().map(|(misses, hits, _)| (misses, hits)).collect();
    Ok(HoldoutCurves { reliability: calibration_bins(&y, &p, bins)?, roc })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::search::sample::run;

    #[test]
    fn what_differs_comes_first() {
        let mut one = run("one", 1);
        let mut two = run("two", 2);
        for run in [&mut one, &mut two] {
            run.params.insert("a".into(), "same".into());
        }
        one.params.insert("b".into(), "1".into());
        two.params.insert("c".into(), "2".into());
        one.metrics.insert("loss".into(), [(0.7, 0), (0.6, 1), (0.65, 1)].map(|(v, s)| MetricPoint::new(v, s)).into());
        let found = compare(&[&one, &two]);
        let keys: Vec<(&str, bool)> = found.params.iter().map(|text| (text.key.as_str(), text.differs)).collect();
        assert_eq!(keys, [("b", true), ("c", true), ("a", false)]);
        assert_eq!(found.params[0].values, [Some("1".to_owned()), None]);
        assert_eq!(found.tags.iter().map(|tag| tag.key.as_str()).collect::<Vec<_>>(), ["mlflow.runName"]);
        assert_eq!(found.metrics[0].values, [Some(0.65), None]);
        assert_eq!(found.metrics[0].curves, [vec![(0, 0.7), (1, 0.65)], vec![]]);
        assert!(found.metrics[0].differs && found.metrics[0].has_curve());
        assert!(compare(&[&one]).params.iter().all(|text| !text.differs), "one run differs from none");
        assert_eq!(compare(&[]).runs.len(), 0);
    }

    const HEAD: &str = "game_id,date,home,visitor,prob_home,home_won\n";

    fn read(rows: &str) -> Result<Vec<HoldoutPrediction>, String> {
        holdout_predictions(format!("{HEAD}{rows}").as_bytes())
    }

    #[test]
    fn runs_are_judged_on_the_games_of_both() {
        let first = read("g1,2026-01-01,AAA,BBB,0.9,1\ng2,2026-01-01,CCC,DDD,0.5,0\ng3,2026-01-02,AAA,CCC,0.6,1\n");
        let second = read("g3,2026-01-02,AAA,CCC,0.5,1\ng1,2026-01-01,AAA,BBB,0.8,1\ng4,2026-01-03,AAA,DDD,0.5,0\n");
        let found = same_games(&first.expect("a table"), &second.expect("a table")).expect("the same results");
        let difference = found.difference.expect("two games");
        assert_eq!((found.first, found.second, difference.n), (3, 3, 2));
        let expected =
            (log_loss_of(1.0, 0.9) - log_loss_of(1.0, 0.8) + log_loss_of(1.0, 0.6) - log_loss_of(1.0, 0.5)) / 2.0;
        assert!((difference.mean - expected).abs() < 1e-15 && difference.mean < 0.0);
        let won = read("g1,2026-01-01,AAA,BBB,0.9,1\n").expect("a table");
        let lost = read("g1,2026-01-01,AAA,BBB,0.9,0\n").expect("a table");
        let error = same_games(&won, &lost).expect_err("they disagree");
        assert_eq!(error, "game g1: one run has that the home team won, the other that the visitors won");
        assert_eq!(same_games(&won, &won).expect("one game").difference, None);
    }

    #[test]
    fn a_table_that_is_none_says_where() {
        for (rows, expected) in [
            (
                "g1,2026-01-01,AAA,BBB,1.5,1\n",
                "predictions.csv line 2: prob_home is 1.5: expected a number from 0 to 1",
            ),
            ("g1,,,,0.5,1\ng1,,,,0.5,1\n", "predictions.csv line 3: game g1 is there twice"),
        ] {
            assert_eq!(read(rows).expect_err("no such table"), expected);
        }
        assert!(read("g1,2026-01-01,AAA,BBB,x,1\n").expect_err("no number").contains("line: 2"));
        let error = read("g1,2026-01-01,AAA,BBB,0.5,2\n").expect_err("no result");
        assert!(error.contains("line: 2") && error.contains("home_won is 2: expected 1 or 0"), "{error}");
    }

    #[test]
    fn curves_come_from_the_forecasts() {
        let predictions = read("g1,,,,0.9,1\ng2,,,,0.2,0\ng3,,,,0.6,1\ng4,,,,0.7,0\n").expect("a table");
        let curves = holdout_curves(&predictions, 5).expect("forecasts");
        assert_eq!((curves.roc[0], curves.roc[curves.roc.len() - 1]), ((0.0, 0.0), (1.0, 1.0)));
        assert_eq!(curves.reliability.iter().map(|bin| bin.n).collect::<Vec<_>>(), [0, 1, 0, 2, 1]);
        assert!(holdout_curves(&[], 5).is_err());
    }
}
