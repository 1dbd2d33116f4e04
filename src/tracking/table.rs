//! Many runs by columns, for searching and sorting.

mod packed;
mod texts;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::texts::Texts;
use super::run::latest;
use super::{DATA_VERSION, PARENT, RUN_NAME, Run, RunStatus};
use crate::base::{Digest, Instant};

/// A metric of many runs: the latest value of each.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MetricColumn {
    /// By row; NaN where the run lacks it, as a value that was logged is finite.
    #[serde(with = "packed")]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TextColumn {
    words: Texts,
    #[serde(with = "packed")]
    codes: Vec<u32>,
}

/// Stands for no word, and for no row.
const MISSING: u32 = u32::MAX;

impl TextColumn {
    /// The text of a row, none where its run lacks it.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.words.get(self.code(row)?)
    }

    /// The place of a row's word among [`TextColumn::words`].
    pub fn code(&self, row: usize) -> Option<usize> {
        self.codes.get(row).filter(|code| **code != MISSING).map(|code| *code as usize)
    }

    /// Every text that is there, once, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter()
    }
}

/// What a run is besides its metrics, parameters and tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunHead<'a> {
    /// Its id.
    pub id: &'a str,
    /// The experiment it belongs to.
    pub experiment: &'a str,
    /// A name for people.
    pub name: &'a str,
    /// How it ended.
    pub status: RunStatus,
    /// When it started, to the millisecond as MLflow counts.
    pub started_at: Instant,
    /// When it ended, to the millisecond.
    pub ended_at: Instant,
    /// The id of the search that it is a trial of.
    pub parent: Option<&'a str>,
    /// When it was moved to the trash, to the millisecond.
    pub deleted_at: Option<Instant>,
}

impl RunHead<'_> {
    /// Where its artifacts are, as MLflow addresses those of a run wherever they lie.
    pub fn artifact_uri(&self) -> String {
        format!("runs:/{}", self.id)
    }
}

/// Runs by columns: the latest values of their metrics, their parameters, their tags and what they are besides. Its serialized
/// form has all of that, and ten thousand runs are read from it in a few milliseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RunTable {
    ids: Texts,
    experiments: TextColumn,
    statuses: Vec<RunStatus>,
    /// In milliseconds since 1970, as the two that follow.
    #[serde(with = "packed")]
    started: Vec<i64>,
    #[serde(with = "packed")]
    ended: Vec<i64>,
    /// [`KEPT`] where a run is not in the trash.
    #[serde(with = "packed")]
    deleted: Vec<i64>,
    metrics: BTreeMap<String, MetricColumn>,
    params: BTreeMap<String, TextColumn>,
    /// The names of runs and the ids of their searches are tags too.
    tags: BTreeMap<String, TextColumn>,
    #[serde(with = "packed")]
    newest_first: Vec<u32>,
    /// Of each row the row of its search.
    #[serde(with = "packed")]
    parents: Vec<u32>,
}

/// Stands for no time in the trash.
const KEPT: i64 = i64::MIN;

impl RunTable {
    /// Takes runs in any order; a row is a run's place here.
    ///
    /// # Panics
    /// If there are more than 2³² − 1 runs.
    pub fn new(runs: &[Run]) -> Self {
        Self::default().changed(|_| false, runs)
    }

    /// The table after a change: without the runs whose ids are `gone`, and with others at its end.
    ///
    /// # Panics
    /// If there are more than 2³² − 1 runs.
    pub fn changed(&self, gone: impl Fn(&str) -> bool, added: &[Run]) -> Self {
        let kept: Vec<usize> = (0..self.len()).filter(|row| !gone(self.id(*row))).collect();
        let ids: Texts = kept.iter().map(|row| self.id(*row)).chain(added.iter().map(|run| run.id.as_str())).collect();
        let rows = u32::try_from(ids.len()).expect("fewer runs than a row number can count") as usize;
        let times = |before: &[i64], time: fn(&Run) -> i64| -> Vec<i64> {
            kept.iter().map(|row| before[*row]).chain(added.iter().map(time)).collect()
        };
        let started = times(&self.started, |run| run.started_at.timestamp_millis());
        let experiments: Vec<_> = (kept.len()..).zip(added.iter().map(|run| run.experiment.as_str())).collect();
        let all_tags: Vec<BTreeMap<String, String>> = added.iter().map(Run::all_tags).collect();
        let tags = text_columns(&self.tags, &kept, all_tags.iter());
        Self {
            experiments: text_column(Some(&self.experiments), &kept, &experiments, rows),
            statuses: kept.iter().map(|row| self.statuses[*row]).chain(added.iter().map(|run| run.status)).collect(),
            ended: times(&self.ended, |run| run.ended_at.timestamp_millis()),
            deleted: times(&self.deleted, |run| run.deleted_at.map_or(KEPT, |at| at.timestamp_millis())),
            metrics: metric_columns(&self.metrics, &kept, added),
            params: text_columns(&self.params, &kept, added.iter().map(|run| &run.params)),
            newest_first: newest_first(&ids, &started),
            parents: parents(&ids, tags.get(PARENT)),
            ids,
            started,
            tags,
        }
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The run of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn run(&self, row: usize) -> RunHead<'_> {
        let at = |milliseconds: i64| Instant::from_timestamp_millis(milliseconds).unwrap_or_default();
        let tag = |name: &str| self.tag(name)?.get(row);
        RunHead {
            id: self.id(row),
            experiment: self.experiments.get(row).unwrap_or_default(),
            name: tag(RUN_NAME).unwrap_or_default(),
            status: self.statuses[row],
            started_at: at(self.started[row]),
            ended_at: at(self.ended[row]),
            parent: tag(PARENT),
            deleted_at: self.is_deleted(row).then(|| at(self.deleted[row])),
        }
    }

    /// Every run, by row.
    pub fn runs(&self) -> impl Iterator<Item = RunHead<'_>> {
        (0..self.len()).map(|row| self.run(row))
    }

    /// The id of a row's run; empty where there is no such row.
    pub fn id(&self, row: usize) -> &str {
        self.ids.get(row).unwrap_or_default()
    }

    /// Whether a row's run is in the trash.
    pub fn is_deleted(&self, row: usize) -> bool {
        self.deleted.get(row).is_some_and(|at| *at != KEPT)
    }

    /// How many runs are in the trash.
    pub fn deleted(&self) -> usize {
        self.deleted.iter().filter(|at| **at != KEPT).count()
    }

    /// The row of a run.
    pub fn row_of(&self, id: &str) -> Option<usize> {
        self.ids.iter().position(|other| other == id)
    }

    /// The row of the search that a row's run is a trial of; none where it is of none, or of one that is not here.
    pub fn parent(&self, row: usize) -> Option<usize> {
        self.parents.get(row).filter(|parent| **parent != MISSING).map(|parent| *parent as usize)
    }

    /// Every row in MLflow's order: newest start first, in milliseconds, then by id.
    pub fn newest_first(&self) -> impl Iterator<Item = usize> {
        self.newest_first.iter().map(|row| *row as usize)
    }

    /// The metrics that some run has a value of, in order.
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

    /// Digest of the manifest of a run's data, none where it is not known.
    pub fn data_version(&self, row: usize) -> Option<Digest> {
        self.tag(DATA_VERSION)?.get(row)?.parse().ok()
    }
}

fn newest_first(ids: &Texts, started: &[i64]) -> Vec<u32> {
    let mut newest_first: Vec<u32> = (0..).zip(started).map(|(row, _)| row).collect();
    newest_first.sort_by(|a, b| {
        let [a, b] = [a, b].map(|row| *row as usize);
        started[b].cmp(&started[a]).then_with(|| ids.get(a).cmp(&ids.get(b)))
    });
    newest_first
}

fn parents(ids: &Texts, parents: Option<&TextColumn>) -> Vec<u32> {
    let mut by_id: Vec<(&str, u32)> = ids.iter().zip(0..).collect();
    by_id.sort_unstable();
    let row_of = |id: &str| {
        let place = by_id.binary_search_by(|(other, _)| (*other).cmp(id)).ok()?;
        Some(by_id[place].1)
    };
    let of_row = |row: usize| parents?.get(row).and_then(row_of);
    (0..ids.len()).map(|row| of_row(row).unwrap_or(MISSING)).collect()
}

/// The kept rows of the columns that there were, and below them the added runs.
fn metric_columns(
    before: &BTreeMap<String, MetricColumn>,
    kept: &[usize],
    added: &[Run],
) -> BTreeMap<String, MetricColumn> {
    let rows = kept.len() + added.len();
    let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (name, column) in before {
        let mut values: Vec<f64> = kept.iter().map(|row| column.values[*row]).collect();
        values.resize(rows, f64::NAN);
        found.insert(name, values);
    }
    for (row, run) in (kept.len()..).zip(added) {
        for (name, points) in &run.metrics {
            let values = found.entry(name).or_insert_with(|| vec![f64::NAN; rows]);
            values[row] = latest(points).unwrap_or(f64::NAN);
        }
    }
    let is_logged = |values: &[f64]| values.iter().any(|value| !value.is_nan());
    let logged = found.into_iter().filter(|(_, values)| is_logged(values));
    logged.map(|(name, values)| (name.to_owned(), MetricColumn { values })).collect()
}

/// The kept rows of the columns that there were, and below them what is added.
fn text_columns<'a>(
    before: &BTreeMap<String, TextColumn>,
    kept: &[usize],
    added: impl ExactSizeIterator<Item = &'a BTreeMap<String, String>>,
) -> BTreeMap<String, TextColumn> {
    let rows = kept.len() + added.len();
    let mut new: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for (row, map) in (kept.len()..).zip(added) {
        for (key, word) in map {
            new.entry(key).or_default().push((row, word));
        }
    }
    let mut columns: BTreeMap<String, TextColumn> = BTreeMap::new();
    for (key, column) in before {
        let column = text_column(Some(column), kept, &new.remove(key.as_str()).unwrap_or_default(), rows);
        if column.words.len() > 0 {
            columns.insert(key.clone(), column);
        }
    }
    columns.extend(new.into_iter().map(|(key, words)| (key.to_owned(), text_column(None, kept, &words, rows))));
    columns
}

fn text_column(before: Option<&TextColumn>, kept: &[usize], new: &[(usize, &str)], rows: usize) -> TextColumn {
    let code_before = |row: usize| before.and_then(|column| column.code(row));
    let words_before: Vec<&str> = before.into_iter().flat_map(TextColumn::words).collect();
    let mut is_used = vec![false; words_before.len()];
    kept.iter().filter_map(|row| code_before(*row)).for_each(|code| is_used[code] = true);
    let used = words_before.iter().zip(&is_used).filter(|(_, is_used)| **is_used).map(|(word, _)| *word);
    let mut words: Vec<&str> = used.chain(new.iter().map(|(_, word)| *word)).collect();
    words.sort_unstable();
    words.dedup();
    // There are no more words than rows, which a `u32` counts.
    let place = |word: &str| words.partition_point(|other| *other < word) as u32;
    let moved: Vec<u32> = words_before.iter().map(|word| place(word)).collect();
    let mut codes: Vec<u32> = kept.iter().map(|row| code_before(*row).map_or(MISSING, |code| moved[code])).collect();
    codes.resize(rows, MISSING);
    new.iter().for_each(|(row, word)| codes[*row] = place(word));
    TextColumn { words: words.into_iter().collect(), codes }
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
        let table = RunTable::new(&[old, new]);
        assert_eq!(table.len(), 2);
        assert_eq!(table.metric_names().collect::<Vec<_>>(), ["loss"], "nothing was logged of the other");
        let loss = table.metric("loss").expect("a column");
        assert_eq!(loss.iter().collect::<Vec<_>>(), [Some(0.6), None]);
        assert_eq!(loss.range(), Some((0.6, 0.6)));
        assert_eq!(table.param("c").map(|column| (column.get(0), column.get(1))), Some((Some("1"), None)));
        assert_eq!(table.newest_first().collect::<Vec<_>>(), [1, 0]);
        let names = table.tag("mlflow.runName").expect("every run has a name");
        assert_eq!(names.words().collect::<Vec<_>>(), ["new", "old"]);
        assert_eq!(table.row_of(table.run(1).id), Some(1));
    }
}
