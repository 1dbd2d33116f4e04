//! The views that have no other test of their values, held against an independent computation of a made-up league.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::*;
use crate::base::Digest;

/// View, day, entity key, values.
type Row = (String, Date, u32, Vec<Option<f64>>);

/// `tests/reference/views_python.py` writes it.
#[derive(Deserialize)]
pub(super) struct Golden {
    pub(super) games: Vec<Game>,
    rows: Vec<Row>,
}

/// Views whose values other tests hold against numbers from outside.
const ELSEWHERE: [&str; 7] =
    ["team_season_stats", "team_form", "team_elo", "team_schedule", "league_home", "team_filters", "league_filters"];

pub(super) fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/views_python.json")).expect("the golden file is whole")
}

fn close(ours: f64, theirs: Option<f64>) -> bool {
    match theirs {
        None => ours.is_nan(),
        Some(theirs) => (ours - theirs).abs() <= 1e-9,
    }
}

#[test]
fn every_row_of_the_made_up_league_is_what_python_computes_from_the_definitions() {
    let golden = golden();
    let all = compute_all(&GameLog::new(golden.games));
    let mut ours = BTreeMap::new();
    for ViewRows { view, rows } in &all {
        for row in 0..rows.len() {
            let values: Vec<f64> = rows.columns.iter().map(|column| column[row]).collect();
            ours.insert((view.name.as_str(), rows.event_at[row], rows.keys[row]), values);
        }
    }
    for (view, day, key, theirs) in &golden.rows {
        let at = morning(*day).timestamp_millis();
        let ours = &ours[&(view.as_str(), at, *key)];
        let same = ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| close(*ours, *theirs));
        assert!(same, "{view} of {key} on {day}: {ours:?}, Python {theirs:?}");
    }
}

#[test]
fn the_reference_has_every_other_view_and_every_irregularity() {
    let golden = golden();
    let named: BTreeSet<&str> = golden.rows.iter().map(|(view, ..)| view.as_str()).collect();
    let all = all_views();
    let expected = all.iter().map(|view| view.name.as_str()).filter(|name| !ELSEWHERE.contains(name));
    assert_eq!(named, expected.collect());
    let some = |what: &str, is: fn(&Game) -> bool| assert!(golden.games.iter().any(is), "{what}");
    some("a neutral floor", |game| game.neutral);
    some("a game to come", |game| game.score.is_none());
    some("totals of one side alone", |game| game.home_box.is_some() != game.visitor_box.is_some());
    some("no shots", |game| game.home_box.is_some_and(|totals| totals.fga == 0) && possessions(game).is_some());
    some("totals without possessions", |game| {
        game.home_box.is_some() && game.visitor_box.is_some() && possessions(game).is_none()
    });
    for phase in crate::league::Phase::ALL {
        assert!(golden.games.iter().any(|game| game.phase == phase), "{phase:?}");
    }
    let pairs = golden.rows.iter().filter(|(view, ..)| view == "pair_head_to_head").map(|(_, _, key, _)| key);
    let distinct: BTreeSet<&u32> = pairs.clone().collect();
    assert!(distinct.len() < pairs.count(), "pairs that meet again");
    let nulls = golden.rows.iter().flat_map(|(.., values)| values).filter(|value| value.is_none()).count();
    assert!(nulls > 0, "values that nobody knows yet");
}

/// A view's rows to the last bit.
fn fingerprint(of: &ViewRows) -> String {
    let mut bytes = Vec::new();
    for row in 0..of.rows.len() {
        bytes.extend(of.rows.event_at[row].to_le_bytes());
        bytes.extend(of.rows.known_at[row].to_le_bytes());
        bytes.extend(of.rows.keys[row].to_le_bytes());
        for column in &of.rows.columns {
            let bits = if column[row].is_nan() { u64::MAX } else { column[row].to_bits() };
            bytes.extend(bits.to_le_bytes());
        }
    }
    Digest::of_bytes(&bytes).hex()
}

#[test]
fn a_view_whose_rows_change_is_a_new_version() {
    let recorded: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../tests/golden/view_fingerprints.json"))
            .expect("the record is whole");
    let mut new = Vec::new();
    for of in compute_all(&GameLog::new(golden().games)) {
        let (name, found) = (format!("{}@{}", of.view.name, of.view.version), fingerprint(&of));
        match recorded.get(&name) {
            Some(known) => assert_eq!(
                *known, found,
                "{name} has other rows than were recorded for this version: a changed formula is a new version, which \
                 models that were trained on the old one refuse"
            ),
            None => new.push(format!("\"{name}\": \"{found}\"")),
        }
    }
    assert!(new.is_empty(), "new views: add to tests/golden/view_fingerprints.json\n{}", new.join(",\n"));
}
