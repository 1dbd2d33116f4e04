//! MLflow's answers, written by `tests/reference/search_mlflow.py`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FilterError, Mode, SearchPage, SearchRequest, View, search};
use crate::tracking::{Run, RunTable};

#[derive(Deserialize)]
struct Golden {
    runs: Vec<Run>,
    probes: BTreeMap<String, Vec<Probe>>,
}

#[derive(Debug, Deserialize)]
struct Probe {
    filter: Option<String>,
    order_by: Option<Vec<String>>,
    max_results: Option<i64>,
    page_token: Option<String>,
    view: Option<String>,
    experiments: Option<Vec<String>>,
    runs: Option<Vec<String>>,
    next: Option<String>,
    error: Option<String>,
    raised: Option<String>,
}

impl Probe {
    fn request(&self, mode: Mode) -> SearchRequest {
        SearchRequest {
            filter: self.filter.clone().unwrap_or_default(),
            mode,
            order_by: self.order_by.clone().unwrap_or_default(),
            max_results: self.max_results.unwrap_or(1000),
            page_token: self.page_token.clone(),
            view: match self.view.as_deref() {
                Some("all") => View::All,
                Some("deleted") => View::DeletedOnly,
                _ => View::ActiveOnly,
            },
            experiments: self.experiments.clone(),
        }
    }
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/search_mlflow.json")).expect("the golden file")
}

fn shown(table: &RunTable, found: Result<SearchPage, FilterError>) -> Result<(Vec<String>, Option<String>), String> {
    let found = found.map_err(|error| error.message)?;
    Ok((found.rows.iter().map(|row| table.run(*row).name.to_owned()).collect(), found.next_page_token))
}

#[test]
fn mlflow_gives_the_same_rows_and_the_same_messages() {
    let golden = golden();
    let table = RunTable::new(&golden.runs);
    let mut wrong = Vec::new();
    for (group, probes) in &golden.probes {
        for probe in probes {
            let found = shown(&table, search(&table, &probe.request(Mode::Strict)));
            let right = match (&probe.runs, &probe.error) {
                (Some(runs), _) => found.as_ref() == Ok(&(runs.clone(), probe.next.clone())),
                (None, Some(error)) => found.as_ref() == Err(error),
                // MLflow lets an error of another library through; that it is one is all that can be asked.
                (None, None) => probe.raised.is_some() && found.is_err(),
            };
            if !right {
                wrong.push(format!("{group}: {probe:?}\n   found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_extended_language_answers_what_mlflow_answers() {
    let golden = golden();
    let table = RunTable::new(&golden.runs);
    for probe in golden.probes.into_values().flatten().filter(|probe| probe.runs.is_some()) {
        let [strict, extended] = [Mode::Strict, Mode::Extended].map(|mode| search(&table, &probe.request(mode)));
        assert_eq!(strict, extended, "{probe:?}");
    }
}

#[test]
fn enough_is_asked() {
    let probes = golden().probes;
    let of = |group: &str| probes[group].len();
    let refused = probes["written"].iter().filter(|probe| probe.error.is_some()).count();
    assert!(of("written") >= 46 && refused >= 15 && of("random") >= 300 && of("damaged") >= 500, "{refused} refused");
}

#[test]
fn an_error_says_where_it_is_in_any_mode() {
    let mut places = 0;
    for probe in golden().probes.into_values().flatten().filter(|probe| probe.order_by.is_none()) {
        for mode in [Mode::Strict, Mode::Extended] {
            let filter = probe.filter.as_deref().unwrap_or_default();
            if let Err(FilterError { at: Some(at), .. }) = super::Filter::parse(filter, mode) {
                assert!(filter.get(at.clone()).is_some(), "{filter:?} has no place {at:?}");
                places += 1;
            }
        }
    }
    assert!(places > 500, "{places}");
}
