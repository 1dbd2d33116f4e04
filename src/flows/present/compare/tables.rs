//! Parameters, metrics and tags of runs in rows, a column a run.

use crate::flows::present::runs::{lower_is_better, metric_text};
use crate::tracking::compare::{ComparedMetric, ComparedText, compare};
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
    table(compare(runs).params)
}

/// The tags, without those that a run has for itself.
pub fn tag_table(runs: &[&Run]) -> ParamTable {
    let own = [NOTE, PARENT, RUN_NAME];
    let tags = compare(runs).tags.into_iter().filter(|tag| !own.contains(&tag.key.as_str()));
    table(tags.collect())
}

fn table(texts: Vec<ComparedText>) -> ParamTable {
    let mut parted = ParamTable::default();
    for ComparedText { key, values, differs } in texts {
        let mut values = values.into_iter().map(Option::unwrap_or_default);
        if differs {
            parted.differing.push(CompareRow { name: key, values: values.collect() });
        } else {
            parted.same.push((key, values.next().unwrap_or_default()));
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
    let row = |metric: ComparedMetric| {
        let ComparedMetric { key, values, differs, .. } = metric;
        let there = || values.iter().flatten().copied();
        let best = if lower_is_better(&key) { there().min_by(f64::total_cmp) } else { there().max_by(f64::total_cmp) };
        let missing = values.iter().filter(|value| value.is_none()).count();
        let row = MetricRow {
            name: key,
            best: values.iter().map(|value| differs && value.is_some() && *value == best).collect(),
            values: values.iter().map(|value| value.map_or_else(|| "–".to_owned(), metric_text)).collect(),
        };
        (missing, row)
    };
    let mut rows: Vec<(usize, MetricRow)> = compare(runs).metrics.into_iter().map(row).collect();
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
