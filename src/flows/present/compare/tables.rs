//! Parameters, metrics and tags of runs in rows, a column a run.

use std::collections::{BTreeMap, BTreeSet};

use crate::flows::present::runs::{lower_is_better, metric_text};
use crate::tracking::{NOTE, PARENT, RUN_NAME, Run};

/// A name with the value of every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompareRow {
    /// The name.
    pub name: String,
    /// The values, in the order of the runs; empty where a run has none.
    pub values: Vec<String>,
}

/// Values that differ, and those that are the same in all runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParamTable {
    /// Those that tell the runs apart.
    pub differing: Vec<CompareRow>,
    /// The others, each once.
    pub same: Vec<(String, String)>,
}

/// The parameters: those that differ apart from those that do not.
pub fn param_table(runs: &[&Run]) -> ParamTable {
    let params: Vec<BTreeMap<String, String>> = runs.iter().map(|run| run.params.clone()).collect();
    table(&params)
}

/// The tags, without those that a run has for itself.
pub fn tag_table(runs: &[&Run]) -> ParamTable {
    let own = [NOTE, PARENT, RUN_NAME];
    let tags =
        runs.iter().map(|run| run.all_tags().into_iter().filter(|(key, _)| !own.contains(&key.as_str())).collect());
    table(&tags.collect::<Vec<_>>())
}

fn table(maps: &[BTreeMap<String, String>]) -> ParamTable {
    let names: BTreeSet<&String> = maps.iter().flat_map(BTreeMap::keys).collect();
    let mut parted = ParamTable::default();
    for name in names {
        let values: Vec<Option<&String>> = maps.iter().map(|map| map.get(name)).collect();
        match values[0] {
            Some(value) if values.iter().all(|other| *other == Some(value)) => {
                parted.same.push((name.clone(), value.clone()));
            }
            _ => {
                let values = values.into_iter().map(|value| value.cloned().unwrap_or_default()).collect();
                parted.differing.push(CompareRow { name: name.clone(), values });
            }
        }
    }
    parted
}

/// A metric with the last value of every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricRow {
    /// The name.
    pub name: String,
    /// The values; a dash where a run has none.
    pub values: Vec<String>,
    /// Which of them are the best; none where all are the same.
    pub best: Vec<bool>,
}

/// The metrics, those that all runs have first.
pub fn metric_rows(runs: &[&Run]) -> Vec<MetricRow> {
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.metrics.keys()).collect();
    let mut rows: Vec<(usize, MetricRow)> = names
        .into_iter()
        .map(|name| {
            let values: Vec<Option<f64>> = runs.iter().map(|run| run.metric(name)).collect();
            let there: Vec<f64> = values.iter().flatten().copied().collect();
            let best = if lower_is_better(name) {
                there.iter().copied().min_by(f64::total_cmp)
            } else {
                there.iter().copied().max_by(f64::total_cmp)
            };
            let differ = there.iter().any(|value| Some(*value) != best);
            let row = MetricRow {
                name: name.clone(),
                values: values.iter().map(|value| value.map_or_else(|| "–".to_owned(), metric_text)).collect(),
                best: values.iter().map(|value| differ && value.is_some() && *value == best).collect(),
            };
            (runs.len() - there.len(), row)
        })
        .collect();
    rows.sort_by_key(|(missing, _)| *missing);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::runs::sample::run;
    use super::*;

    #[test]
    fn what_differs_is_apart_from_what_is_the_same() {
        let (a, mut b) = (run("a", None, "1", Some(0.6)), run("b", None, "2", Some(0.7)));
        b.params.insert("depth".into(), "3".into());
        let table = param_table(&[&a, &b]);
        let row =
            |name: &str, values: [&str; 2]| CompareRow { name: name.into(), values: values.map(str::to_owned).into() };
        assert_eq!(table.differing, [row("C", ["1", "2"]), row("depth", ["", "3"])]);
        assert_eq!(tag_table(&[&a, &b]).same, [("seed".to_owned(), "7".to_owned())]);
    }

    #[test]
    fn the_best_of_a_metric_is_marked_whichever_way_it_is_good() {
        let (a, b) = (run("a", None, "1", Some(0.6)), run("b", None, "2", Some(0.7)));
        let rows = metric_rows(&[&a, &b]);
        assert_eq!(rows[0].values, ["0.6000", "0.7000"]);
        assert_eq!(rows[0].best, [true, false], "a loss is good when it is low");
        let none = run("c", None, "2", None);
        assert_eq!(metric_rows(&[&a, &none])[0].values, ["0.6000", "–"]);
        assert_eq!(metric_rows(&[&a, &a])[0].best, [false, false]);
    }
}
