//! The features page in words: views, what is served, and why a row was joined.

use super::{count, date_medium, decimal, plural, share};
use crate::base::{Instant, hours_at_tip_off};
use crate::data::Manifest;
use crate::features::{
    Candidate, FeatureView, Freshness, Materialized, OnlineValue, OnlineView, Status, Verdict, age_words, get_online,
};
use crate::flows::feature_report::{ExplainedJoin, FeatureReport, ViewReport};
use crate::league::features::{FEATURE_VERSION, keys};
use crate::registry::{ModelVersion, Stage};

/// A view's head: what it is and how fresh its served rows are.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewHead {
    /// Its name.
    pub name: String,
    /// Entity, version and time to live.
    pub facts: String,
    /// How fresh the served rows are, in a word: Feast's colour, or that nothing is served.
    pub colour: &'static str,
    /// The same in words.
    pub fresh: String,
    /// Where its rows come from and lead: data, source, rows, services, models.
    pub lineage: String,
    /// Missing share of the season's joined values.
    pub missing: String,
}

/// Both ends of every view's lineage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ends {
    /// The data by its source and digest.
    pub data: String,
    /// The models in use that read the service, each with its stage.
    pub models: Vec<String>,
}

impl Ends {
    /// Of a dataset and the versions in use, with their stages, as far as they were trained on these features.
    pub fn of<'v>(manifest: &Manifest, versions: impl Iterator<Item = (&'v ModelVersion, Stage)>) -> Self {
        let reads = |(version, stage): &(&ModelVersion, Stage)| {
            version.model.feature_version() == FEATURE_VERSION && matches!(stage, Stage::Production | Stage::Staging)
        };
        let words =
            |(version, stage): (&ModelVersion, Stage)| format!("{} {} in {stage}", version.name, version.version);
        Self {
            data: format!("{} {}", manifest.source, manifest.digest.short()),
            models: versions.filter(reads).map(words).collect(),
        }
    }
}

/// A view's head at an instant.
pub fn view_head(report: &ViewReport, served: Option<&OnlineView>, ends: &Ends, now: i64) -> ViewHead {
    let view = &report.view;
    let newest = served.and_then(OnlineView::newest);
    let fresh = match newest {
        Some(newest) => {
            let keys = plural(served.map_or(0, |online| online.rows.len()) as u64, "key");
            format!("{keys} served, the newest {}", age_words(now.saturating_sub(newest)))
        }
        None => "nothing is served".to_owned(),
    };
    let readers = match report.services.is_empty() {
        true => "shown only".to_owned(),
        false if ends.models.is_empty() => format!("{} → no model in use", report.services.join(", ")),
        false => format!("{} → {}", report.services.join(", "), ends.models.join(", ")),
    };
    ViewHead {
        name: view.name.clone(),
        facts: format!("{}, version {}, valid for {}", view.entities.join(", "), view.version, hours(view.ttl_ms)),
        colour: if newest.is_some() { Freshness::of(newest, now).name() } else { "not served" },
        fresh,
        lineage: format!("{} → {} → {} → {readers}", ends.data, view.source, plural(report.rows, "row")),
        missing: report.missing.map_or_else(|| "–".to_owned(), share),
    }
}

/// What the reader should know of results that are missing; none where nothing is.
pub fn behind_words(report: &FeatureReport) -> Option<String> {
    let since = report.behind?;
    let age = hours_at_tip_off(since, report.day);
    Some(format!(
        "Results are missing since {}: rows of the teams that miss them show the state of that morning, {age} hours old at tonight's tip-off. Forecasts that use them say so; above 72 hours the daily pipeline raises an alert.",
        date_medium(since)
    ))
}

fn hours(ttl_ms: Option<i64>) -> String {
    ttl_ms.map_or_else(|| "ever".to_owned(), |ms| format!("{} h", decimal(ms as f64 / 3.6e6, 0)))
}

/// A day or an instant of the league's axis: `15 Jan 2026, 12:00`.
fn at(milliseconds: i64) -> String {
    Instant::from_timestamp_millis(milliseconds).map_or_else(
        || milliseconds.to_string(),
        |at| format!("{}, {}", date_medium(at.date_naive()), at.format("%H:%M")),
    )
}

/// What materialising has done, in a sentence.
pub fn materialized_words(done: &[Materialized]) -> String {
    let written: usize = done.iter().map(|one| one.written).sum();
    if written == 0 {
        return "Nothing is new: every view is served up to this morning.".to_owned();
    }
    let views = done.iter().filter(|one| one.written > 0).count();
    format!("{} of {} are served anew.", plural(written as u64, "row"), plural(views as u64, "view"))
}

/// A feature of one key as it is served.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedFeature {
    /// Its name within its view.
    pub name: String,
    /// The value, or a dash.
    pub value: String,
    /// Its unit.
    pub unit: String,
    /// How it was found.
    pub status: Status,
}

/// A view's features of one key, as they are served.
#[derive(Debug, Clone, PartialEq)]
pub struct ServedView {
    /// The view.
    pub view: String,
    /// How old the key's row is, or that there is none.
    pub age: String,
    /// Its features.
    pub features: Vec<ServedFeature>,
}

/// Every feature of a key as it is served at an instant, view by view.
pub fn lookup(views: &[(&FeatureView, Option<&OnlineView>)], key: u32, now: i64) -> Vec<ServedView> {
    let of_view = |(view, served): &(&FeatureView, Option<&OnlineView>)| {
        let mut newest = None;
        let features = view.fields.iter().enumerate().map(|(column, field)| {
            let OnlineValue { value, status, event_at } = get_online(*served, key, column, view.ttl_ms, now);
            newest = event_at;
            ServedFeature {
                name: field.name.clone(),
                value: value.map_or_else(|| "–".to_owned(), number),
                unit: field.unit.clone(),
                status,
            }
        });
        let features = features.collect();
        let age = newest.map_or_else(|| "no row".to_owned(), |at| age_words(now.saturating_sub(at)));
        ServedView { view: view.name.clone(), age, features }
    };
    views.iter().map(of_view).collect()
}

fn number(value: f64) -> String {
    let places = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        100.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    decimal(value, places)
}

/// What a status means.
pub fn status_words(status: Status) -> &'static str {
    match status {
        Status::Present => "there, and not too old",
        Status::NullValue => "the row is there and says null",
        Status::NotFound => "no row of this key is served",
        Status::OutsideMaxAge => "older than it may be: the value is withheld",
    }
}

/// Teams to look up, each as `(key, letters)`.
pub fn teams() -> Vec<(u32, String)> {
    keys("team")
}

/// A row of the explainer.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedRow {
    /// When what it says became true.
    pub event_at: String,
    /// When it could be known.
    pub known_at: String,
    /// What became of it.
    pub verdict: Verdict,
    /// The same as a sentence.
    pub reason: String,
    /// Its values, as many as are shown.
    pub values: String,
    /// Place on the time line, in percent of it.
    pub place: f64,
}

/// A key of the explainer, with its candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedKey {
    /// The key.
    pub name: String,
    /// Its candidates, the newest first.
    pub rows: Vec<ExplainedRow>,
    /// Place of the instant that is asked about, in percent of the time line.
    pub asked: f64,
}

/// Values that a row of the explainer shows.
const VALUES_SHOWN: usize = 3;

/// How a game's features were joined: a sentence, and every key with its candidates.
pub fn explained(told: &ExplainedJoin) -> (String, Vec<ExplainedKey>) {
    let words = format!(
        "The game asks at {}. A row joins if it speaks of that time or an earlier one, was known by then, and is at most \
         {} old; of several the newest.",
        at(told.as_of),
        hours(told.view.ttl_ms)
    );
    let keys = told.keys.iter().map(|(name, candidates)| explained_key(told, name, candidates)).collect();
    (words, keys)
}

fn explained_key(told: &ExplainedJoin, name: &str, candidates: &[Candidate]) -> ExplainedKey {
    let times = || candidates.iter().map(|one| one.event_at).chain([told.as_of]);
    let (first, last) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
    let place = |time: i64| if first == last { 50.0 } else { 100.0 * (time - first) as f64 / (last - first) as f64 };
    let row = |one: &Candidate| ExplainedRow {
        event_at: at(one.event_at),
        known_at: at(one.known_at),
        verdict: one.verdict,
        reason: reason(one, told),
        values: values(one, &told.view),
        place: place(one.event_at),
    };
    ExplainedKey { name: name.to_owned(), rows: candidates.iter().rev().map(row).collect(), asked: place(told.as_of) }
}

fn reason(candidate: &Candidate, told: &ExplainedJoin) -> String {
    match candidate.verdict {
        Verdict::Joined => "joined: the newest that is valid".to_owned(),
        Verdict::Future => "not joined: it speaks of a later time".to_owned(),
        Verdict::NotKnown => format!("not joined: it became known on {}", at(candidate.known_at)),
        Verdict::TooOld => format!("not joined: older than {}", hours(told.view.ttl_ms)),
        Verdict::Superseded => "not joined: a newer one is valid".to_owned(),
    }
}

fn values(candidate: &Candidate, view: &FeatureView) -> String {
    let shown = view.fields.iter().zip(&candidate.values).take(VALUES_SHOWN);
    let text: Vec<String> = shown
        .map(|(field, value)| format!("{} {}", field.name, value.map_or_else(|| "null".to_owned(), number)))
        .collect();
    let more = view.fields.len().saturating_sub(VALUES_SHOWN);
    let rest = if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
    text.join(", ") + &rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Seed, morning};
    use crate::flows::feature_report::{explain_join, report};
    use crate::flows::features::{materialize_all, served_of};
    use crate::league::{GameLog, demo};

    fn log() -> GameLog {
        GameLog::new(demo::games(Seed(4)))
    }

    #[test]
    fn a_view_says_what_it_is_and_how_fresh_it_is() {
        let (log, day) = (log(), demo::as_of());
        let report = report(&log, day);
        let elo = report.views.iter().find(|of| of.view.name == "team_elo").expect("the view");
        let now = morning(day).timestamp_millis();
        let ends = Ends { data: "demo abc".to_owned(), models: vec!["home-win 1.4.0 in Production".to_owned()] };
        let bare = view_head(elo, None, &ends, now);
        assert_eq!((bare.colour, bare.fresh.as_str()), ("not served", "nothing is served"));
        let (served, done) = materialize_all(&log, "demo", day, &[]).expect("it can be materialised");
        assert!(materialized_words(&done).ends_with("are served anew."));
        let of_elo = served_of(&served, &elo.view, "demo");
        assert_eq!(served_of(&served, &elo.view, "another source"), None);
        let head = view_head(elo, of_elo, &ends, now);
        assert_eq!((head.colour, head.fresh.as_str()), ("green", "30 keys served, the newest just now"));
        assert_eq!((head.facts.as_str(), head.missing.as_str()), ("team, version 1, valid for 24 h", "0%"));
        assert!(
            head.lineage.starts_with("demo abc → games → ")
                && head.lineage.ends_with("→ game_prediction → home-win 1.4.0 in Production"),
            "{}",
            head.lineage
        );
        let (_, again) = materialize_all(&log, "demo", day, &served).expect("it can be materialised");
        assert!(materialized_words(&again).starts_with("Nothing is new"));
        let rows = lookup(&[(&elo.view, of_elo)], 1, now + 30 * 3_600_000);
        let of_elo = &rows[0];
        let withheld = |row: &ServedFeature| row.status == Status::OutsideMaxAge && row.value == "–";
        assert!(of_elo.features.iter().all(withheld), "{rows:?}");
        assert_eq!((of_elo.view.as_str(), of_elo.age.as_str()), ("team_elo", "1d ago"));
    }

    #[test]
    fn the_explainer_says_of_every_row_why() {
        let log = log();
        let game = log.games().iter().rev().find(|game| game.score.is_some()).expect("a played game");
        let told = explain_join(&log, &game.id, "team_elo").expect("the view");
        let (words, keys) = explained(&told);
        assert!(words.contains("12:00") && words.contains("24 h"), "{words}");
        assert_eq!((keys.len(), keys[0].name.as_str()), (2, game.home.abbreviation()));
        let joined: Vec<_> = keys[0].rows.iter().filter(|row| row.verdict == Verdict::Joined).collect();
        assert_eq!(joined.len(), 1);
        assert!(joined[0].values.starts_with("elo ") && joined[0].place < keys[0].asked);
        assert!(keys[0].rows.iter().any(|row| row.reason == "not joined: older than 24 h"));
    }
}
