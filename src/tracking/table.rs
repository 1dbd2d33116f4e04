//! Many runs by columns, for searching and sorting.

use std::collections::BTreeMap;

use super::run::latest;
use super::{Run, RunStatus, USER};

/// A metric of many runs: the latest value of each.
#[derive(Debug, Clone)]
pub struct MetricColumn {
    /// By row; NaN where the run lacks it, as a value that was logged is finite.
    values: Vec<f64>,
}

impl MetricColumn {
    /// The value of a row, none where its run lacks the metric.
    pub fn get(&self, row: usize) -> Option<f64> {
        self.values.get(row).copied().filter(|value| !value.is_nan())
    }

    /// Every row's value.
    pub fn iter(&self) -> impl Iterator<Item = Option<f64>> {
        self.values.iter().map(|value| (!value.is_nan()).then_some(*value))
    }

    /// The least and the greatest value; none where no run has the metric.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.iter().flatten().fold(None, |range, value| {
            Some(range.map_or((value, value), |(low, high): (f64, f64)| (low.min(value), high.max(value))))
        })
    }
}

/// A text of many runs: every word once, in order, and of each row the place of its word.
#[derive(Debug, Clone)]
pub struct TextColumn {
    words: Vec<String>,
    codes: Vec<u32>,
}

/// The code of a row that has no word.
const MISSING: u32 = u32::MAX;

impl TextColumn {
    /// The text of a row, none where its run lacks it.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.words.get(self.code(row)?).map(String::as_str)
    }

    /// The place of a row's word among [`TextColumn::words`].
    pub fn code(&self, row: usize) -> Option<usize> {
        self.codes.get(row).filter(|code| **code != MISSING).map(|code| *code as usize)
    }

    /// Every text that is there, once, in order.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// Runs with their metrics, parameters and tags by columns.
#[derive(Debug, Clone, Default)]
pub struct RunTable {
    runs: Vec<Run>,
    metrics: BTreeMap<String, MetricColumn>,
    params: BTreeMap<String, TextColumn>,
    tags: BTreeMap<String, TextColumn>,
    newest_first: Vec<u32>,
}

impl RunTable {
    /// Takes runs in any order; a row is a run's place here.
    ///
    /// # Panics
    /// If there are more than 2³² − 1 runs.
    pub fn new(runs: Vec<Run>) -> Self {
        let rows = u32::try_from(runs.len()).expect("fewer runs than a row number can count");
        let metrics = metric_columns(&runs);
        let params = text_columns(runs.len(), runs.iter().map(|run| &run.params));
        let tags: Vec<BTreeMap<String, String>> = runs.iter().map(Run::all_tags).collect();
        let tags = text_columns(runs.len(), tags.iter());
        let mut newest_first: Vec<u32> = (0..rows).collect();
        newest_first.sort_by(|a, b| {
            let [a, b] = [a, b].map(|row| &runs[*row as usize]);
            let time = |run: &Run| run.started_at.timestamp_millis();
            time(b).cmp(&time(a)).then_with(|| a.id.cmp(&b.id))
        });
        Self { runs, metrics, params, tags, newest_first }
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The run of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn run(&self, row: usize) -> &Run {
        &self.runs[row]
    }

    /// Every run, by row.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The row of a run.
    pub fn row_of(&self, id: &str) -> Option<usize> {
        self.runs.iter().position(|run| run.id == id)
    }

    /// Every row in MLflow's order: newest start first, in milliseconds, then by id.
    pub fn newest_first(&self) -> impl Iterator<Item = usize> {
        self.newest_first.iter().map(|row| *row as usize)
    }

    /// The metrics that some run has, in order.
    pub fn metric_names(&self) -> impl Iterator<Item = &str> {
        self.metrics.keys().map(String::as_str)
    }

    /// The parameters that some run has, in order.
    pub fn param_names(&self) -> impl Iterator<Item = &str> {
        self.params.keys().map(String::as_str)
    }

    /// The tags that some run has, in order: see [`Run::all_tags`].
    pub fn tag_names(&self) -> impl Iterator<Item = &str> {
        self.tags.keys().map(String::as_str)
    }

    /// A metric, none where no run has it.
    pub fn metric(&self, name: &str) -> Option<&MetricColumn> {
        self.metrics.get(name)
    }

    /// A parameter, none where no run has it.
    pub fn param(&self, name: &str) -> Option<&TextColumn> {
        self.params.get(name)
    }

    /// A tag, none where no run has it.
    pub fn tag(&self, name: &str) -> Option<&TextColumn> {
        self.tags.get(name)
    }
}

fn metric_columns(runs: &[Run]) -> BTreeMap<String, MetricColumn> {
    let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (row, run) in runs.iter().enumerate() {
        for (name, points) in &run.metrics {
            let column = found.entry(name).or_insert_with(|| vec![f64::NAN; runs.len()]);
            column[row] = latest(points).unwrap_or(f64::NAN);
        }
    }
    found.into_iter().map(|(name, values)| (name.to_owned(), MetricColumn { values })).collect()
}

fn text_columns<'a>(
    rows: usize,
    maps: impl Iterator<Item = &'a BTreeMap<String, String>>,
) -> BTreeMap<String, TextColumn> {
    let mut found: BTreeMap<&str, Vec<(&str, u32)>> = BTreeMap::new();
    for (row, map) in (0u32..).zip(maps) {
        for (key, word) in map {
            found.entry(key).or_default().push((word, row));
        }
    }
    let column = |mut texts: Vec<(&str, u32)>| {
        texts.sort_unstable();
        let mut column = TextColumn { words: Vec::new(), codes: vec![MISSING; rows] };
        for (word, row) in texts {
            if column.words.last().is_none_or(|last| last != word) {
                column.words.push(word.to_owned());
            }
            // There are no more words than rows, which a `u32` counts.
            column.codes[row as usize] = column.words.len() as u32 - 1;
        }
        column
    };
    found.into_iter().map(|(key, texts)| (key.to_owned(), column(texts))).collect()
}

impl RunStatus {
    /// MLflow's word.
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Running => "RUNNING",
            RunStatus::Finished => "FINISHED",
            RunStatus::Failed => "FAILED",
            RunStatus::Killed => "KILLED",
        }
    }
}

impl Run {
    /// Where its artifacts are, as MLflow addresses those of a run wherever they lie.
    pub fn artifact_uri(&self) -> String {
        format!("runs:/{}", self.id)
    }

    /// Who ran it, where that is known.
    pub fn user(&self) -> Option<&str> {
        self.tags.get(USER).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::MetricPoint;
    use crate::tracking::search::sample::run;

    #[test]
    fn a_row_keeps_its_run_and_columns_say_what_is_missing() {
        let mut old = run("old", 1);
        old.metrics.insert("loss".into(), vec![MetricPoint::new(0.7, 0), MetricPoint::new(0.6, 1)]);
        old.params.insert("c".into(), "1".into());
        let mut new = run("new", 2);
        new.metrics.insert("empty".into(), Vec::new());
        let table = RunTable::new(vec![old, new]);
        assert_eq!(table.len(), 2);
        assert_eq!(table.metric_names().collect::<Vec<_>>(), ["empty", "loss"]);
        let loss = table.metric("loss").expect("a column");
        assert_eq!(loss.iter().collect::<Vec<_>>(), [Some(0.6), None]);
        assert_eq!(loss.range(), Some((0.6, 0.6)));
        assert_eq!(table.metric("empty").expect("a column").range(), None);
        assert_eq!(table.param("c").map(|column| (column.get(0), column.get(1))), Some((Some("1"), None)));
        assert_eq!(table.newest_first().collect::<Vec<_>>(), [1, 0]);
        let names = table.tag("mlflow.runName").expect("every run has a name");
        assert_eq!(names.words(), ["new", "old"]);
        assert_eq!(table.row_of(&table.run(1).id), Some(1));
    }
}
