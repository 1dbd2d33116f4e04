//! Runs looked for, and what a line says of each.

use super::{Column, Line, Order, Shown, duration_text, metric_text, started_text};
use crate::base::Instant;
use crate::flows::present::{count, plural};
use crate::tracking::search::{self as language, FilterError, MOST_RESULTS, Mode, SearchRequest, View};
use crate::tracking::{RunStatus, RunTable};

/// The rows that a filter finds, in order: the newest first unless another order is asked for.
///
/// # Errors
/// Where the filter cannot be read.
pub fn search(
    table: &RunTable,
    filter: &str,
    strict: bool,
    order: Option<&Order>,
    shown: Shown,
) -> Result<Vec<usize>, FilterError> {
    let ours = order.and_then(|order| Some((keys(table, &order.column)?, order.descending)));
    let theirs = order.filter(|_| ours.is_none()).map(Order::clause);
    let request = SearchRequest {
        filter: filter.to_owned(),
        mode: mode(strict),
        order_by: theirs.into_iter().collect(),
        max_results: MOST_RESULTS,
        view: if shown == Shown::Deleted { View::DeletedOnly } else { View::ActiveOnly },
        ..SearchRequest::default()
    };
    let mut rows = language::search(table, &request)?.rows;
    if let Some((keys, descending)) = ours {
        rows.sort_by(|a, b| match (keys[*a], keys[*b]) {
            (Some(a), Some(b)) if descending => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            // What has no value is last either way.
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
    }
    Ok(rows)
}

/// The language of the filter box.
pub fn mode(strict: bool) -> Mode {
    if strict { Mode::Strict } else { Mode::Extended }
}

/// What rows are ordered by where the search language has no order of its own: how long runs took, and parameters that are
/// numbers, which it would order as texts.
fn keys(table: &RunTable, column: &Column) -> Option<Vec<Option<f64>>> {
    match column {
        Column::Duration => {
            Some(table.runs().map(|run| Some(milliseconds(run.started_at, run.ended_at) as f64)).collect())
        }
        Column::Param(name) => {
            let column = table.param(name)?;
            let words: Option<Vec<f64>> = column.words().map(|word| word.trim().parse().ok()).collect();
            let words = words?;
            Some((0..table.len()).map(|row| column.code(row).map(|code| words[code])).collect())
        }
        _ => None,
    }
}

/// How long a run took.
pub fn milliseconds(started_at: Instant, ended_at: Instant) -> i64 {
    (ended_at - started_at).num_milliseconds()
}

/// The row of each run's search, if it has one that is there.
pub fn parent_rows(table: &RunTable) -> Vec<Option<usize>> {
    (0..table.len()).map(|row| table.parent(row)).collect()
}

/// What a run has in a column; empty where it has nothing.
pub fn cell(table: &RunTable, row: usize, column: &Column) -> String {
    let run = table.run(row);
    let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
    match column {
        Column::Started => started_text(run.started_at),
        Column::Duration if run.status == RunStatus::Running => String::new(),
        Column::Duration => duration_text(milliseconds(run.started_at, run.ended_at)),
        Column::Status => status_word(run.status).to_owned(),
        Column::Metric(name) => {
            table.metric(name).and_then(|column| column.get(row)).map(metric_text).unwrap_or_default()
        }
        Column::Param(name) => word(table.param(name).and_then(|column| column.get(row))),
        Column::Tag(name) => word(table.tag(name).and_then(|column| column.get(row))),
    }
}

/// How wide a column is, in characters.
pub fn width(table: &RunTable, column: &Column) -> u32 {
    let words = match column {
        Column::Param(name) => table.param(name),
        Column::Tag(name) => table.tag(name),
        _ => None,
    };
    let longest = words.and_then(|column| column.words().map(|word| word.chars().count()).max());
    column.width(longest.unwrap_or_default())
}

/// How a run ended.
pub fn status_word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "Running",
        RunStatus::Finished => "Finished",
        RunStatus::Failed => "Failed",
        RunStatus::Killed => "Stopped",
    }
}

/// What a run is called: its name, or its id where it has none.
pub fn called<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.trim().is_empty() { id } else { name }
}

/// How many were found, and how they stand.
pub fn found_words(table: &RunTable, found: &[usize], lines: &[Line], shown: Shown) -> String {
    let all = if shown == Shown::Deleted { table.deleted() } else { table.len() - table.deleted() };
    let found = found.len();
    let searches = lines.iter().filter(|line| line.trials > 0).count();
    let trials: usize = lines.iter().map(|line| line.trials).sum();
    let mut words = match (shown, all) {
        (Shown::Active, 0) => "No run is recorded yet.".to_owned(),
        (Shown::Deleted, 0) => "The trash is empty.".to_owned(),
        _ if found == all => plural(all as u64, "run"),
        _ => format!("{} of {}", count(found as u64), plural(all as u64, "run")),
    };
    if searches > 0 {
        let searches =
            if searches == 1 { "1 search".to_owned() } else { format!("{} searches", count(searches as u64)) };
        words.push_str(&format!(", {} of them under {searches}", count(trials as u64)));
    }
    words
}

/// The names of all columns that the table can have.
pub fn all_columns(table: &RunTable) -> Vec<Column> {
    let mut all = vec![Column::Started, Column::Duration, Column::Status];
    all.extend(table.metric_names().map(|name| Column::Metric(name.to_owned())));
    all.extend(table.param_names().map(|name| Column::Param(name.to_owned())));
    // The name is a column of its own, and what a run is a trial of stands by its place.
    let apart = [crate::tracking::RUN_NAME, crate::tracking::PARENT];
    all.extend(table.tag_names().filter(|name| !apart.contains(name)).map(|name| Column::Tag(name.to_owned())));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::morning;
    use crate::flows::present::runs::lines;
    use crate::flows::present::runs::sample::run;
    use crate::tracking::Run;

    fn table() -> RunTable {
        let gone = Run { deleted_at: Some(morning("2026-01-16".parse().expect("a day"))), ..run("d", None, "1", None) };
        RunTable::new(&[
            run("a", None, "10", Some(0.63)),
            run("b", Some("a"), "0.5", Some(0.61)),
            run("ccc", Some("a"), "2", None),
            gone,
        ])
    }

    fn order(text: &str) -> Order {
        let (name, way) = text.split_once(' ').expect("a way");
        Order { column: Column::parse(name).expect("a column"), descending: way == "DESC" }
    }

    #[test]
    fn runs_are_found_in_any_order_and_parameters_by_their_size() {
        let table = table();
        let rows = |filter: &str, by: Option<&str>, shown| {
            search(&table, filter, false, by.map(order).as_ref(), shown).expect("a filter")
        };
        assert_eq!(rows("", None, Shown::Active), [0, 1, 2]);
        assert_eq!(rows("", None, Shown::Deleted), [3]);
        assert_eq!(rows("metrics.log_loss > 0", Some("metrics.log_loss ASC"), Shown::Active), [1, 0]);
        assert_eq!(rows("", Some("params.C ASC"), Shown::Active), [1, 2, 0], "as numbers, not as texts");
        assert_eq!(rows("", Some("attributes.duration DESC"), Shown::Active), [2, 0, 1]);
        let error = search(&table, "metrics.log_loss >", false, None, Shown::Active).expect_err("half a filter");
        assert!(error.at.is_some() && !error.message.is_empty());
    }

    #[test]
    fn a_cell_says_what_its_run_has() {
        let table = table();
        assert_eq!(width(&table, &Column::Param("C".into())), 10);
        let says = |row, column: &str| cell(&table, row, &Column::parse(column).expect("a column"));
        assert_eq!(says(0, "metrics.log_loss"), "0.6300");
        assert_eq!(says(2, "metrics.log_loss"), "");
        assert_eq!(says(0, "params.C"), "10");
        assert_eq!(says(0, "tags.seed"), "7");
        assert_eq!(says(2, "attributes.duration"), "3.0 s");
        assert_eq!(says(0, "attributes.status"), "Finished");
        let labels: Vec<String> = all_columns(&table).iter().map(|column| column.label().to_owned()).collect();
        assert_eq!(labels, ["Started", "Took", "Status", "log_loss", "C", "seed"]);
    }

    #[test]
    fn the_count_says_how_many_stand_under_a_search() {
        let table = table();
        let parents = parent_rows(&table);
        assert_eq!(parents, [None, Some(0), Some(0), None]);
        let words =
            |found: &[usize], shown| found_words(&table, found, &lines(found, &parents, false, |_| false), shown);
        assert_eq!(words(&[0, 1, 2], Shown::Active), "3 runs, 2 of them under 1 search");
        assert_eq!(words(&[0], Shown::Active), "1 of 3 runs");
        assert_eq!(words(&[3], Shown::Deleted), "1 run");
        let none = RunTable::new(&[]);
        assert_eq!(found_words(&none, &[], &[], Shown::Active), "No run is recorded yet.");
        assert_eq!(found_words(&none, &[], &[], Shown::Deleted), "The trash is empty.");
    }
}
