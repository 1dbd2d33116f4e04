//! `features list`, `features materialize`, `features materialize-incremental` and `features get-online`.

use serde::Serialize;
use serde_json::{Value, json};

use super::super::operation::{store, store_there};
use super::super::{Failure, Global, Outcome};
use super::{Computed, chosen, computed, now_of};
use crate::adapters::JournalStore;
use crate::base::{Date, Instant, morning, rfc3339_of as shown};
use crate::features::{
    FeatureRef, FeatureView, Freshness, Materialized, OnlineValue, OnlineView, Status, age_words, columns, did_you_mean,
};
use crate::flows::features as store_flow;
use crate::flows::features::{Span, online_features};
use crate::flows::present::plural;
use crate::league::features::{SERVICE, definitions, key_of, keys};

/// Flags of `features materialize`.
#[derive(Debug, clap::Args)]
pub(super) struct MaterializeArgs {
    /// First instant: a day, taken as its morning, or an instant in RFC 3339
    #[arg(value_parser = instant)]
    start: Instant,
    /// Last instant
    #[arg(value_parser = instant)]
    end: Instant,
    /// A view; more than once for several; all if not given
    #[arg(long = "view", value_name = "NAME")]
    views: Vec<String>,
}

/// Flags of `features materialize-incremental`.
#[derive(Debug, clap::Args)]
pub(super) struct IncrementalArgs {
    /// Last instant: a day, taken as its morning, or an instant in RFC 3339
    #[arg(value_parser = instant)]
    end: Instant,
    /// A view; more than once for several; all if not given
    #[arg(long = "view", value_name = "NAME")]
    views: Vec<String>,
}

/// Flags of `features get-online`.
#[derive(Debug, clap::Args)]
pub(super) struct GetArgs {
    /// Whose features: team=BOS; more than once for several
    #[arg(long = "entity", value_name = "ENTITY=KEY", required = true)]
    entities: Vec<String>,
    /// A feature as view:feature; more than once for several
    #[arg(long = "feature", value_name = "VIEW:FEATURE", conflicts_with = "service")]
    features: Vec<FeatureRef>,
    /// All features of a service
    #[arg(long, value_name = "NAME", default_value = SERVICE)]
    service: String,
    /// Name the features view__feature
    #[arg(long)]
    full_feature_names: bool,
    /// The instant at which they are asked for; the morning of --as-of, or of the last materialised day, if not given
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
}

/// Parses a day, taken as its morning, or an instant.
fn instant(text: &str) -> Result<Instant, String> {
    let day = || Date::parse_from_str(text, "%Y-%m-%d").ok().map(morning);
    let whole = || Instant::from_timestamp_millis(chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis());
    day().or_else(whole).ok_or_else(|| "expected a day (2026-01-15) or an instant (2026-01-15T12:00:00Z)".to_owned())
}

pub(super) fn materialize(args: &MaterializeArgs, global: &Global) -> Outcome {
    let span = Span::Interval(args.start.timestamp_millis(), args.end.timestamp_millis());
    run(span, &args.views, global)
}

pub(super) fn incremental(args: &IncrementalArgs, global: &Global) -> Outcome {
    run(Span::Incremental(args.end.timestamp_millis()), &args.views, global)
}

fn run(span: Span, names: &[String], global: &Global) -> Outcome {
    let wanted = chosen(names)?;
    let Computed { day, source, views } = computed(&wanted, global)?;
    let done = pollster::block_on(store_flow::materialize(&store(global)?, &source, &views, span, now_of(day)))?;
    global.print(&done, || done.iter().map(line).collect())
}

fn line(done: &Materialized) -> String {
    match done.interval {
        None => format!("{}: nothing to do\n", done.view),
        Some((start, end)) => {
            let kept = if done.kept > 0 { format!(", {} kept a newer row", done.kept) } else { String::new() };
            let (rows, keys) = (plural(done.rows as u64, "row"), plural(done.written as u64, "key"));
            format!("{}: {} to {}: {rows}, {keys} written{kept}\n", done.view, shown(start), shown(end))
        }
    }
}

/// A view as `features list` shows it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    view: FeatureView,
    services: Vec<String>,
    keys: usize,
    source_served: Option<String>,
    intervals: Vec<(String, String)>,
    newest: Option<String>,
    freshness: Freshness,
    age: Option<String>,
}

pub(super) fn list(global: &Global) -> Outcome {
    let definitions = definitions();
    let served = if global.store.is_dir() { served(&store_there(global)?)? } else { Vec::new() };
    let now = now(global, None, &served);
    let listed: Vec<Listed> = definitions
        .views
        .iter()
        .map(|view| {
            let online = served.iter().find(|online| online.view == view.name && online.version == view.version);
            let newest = online.and_then(OnlineView::newest);
            Listed {
                services: definitions.services_with(&view.name).into_iter().map(str::to_owned).collect(),
                keys: online.map_or(0, |online| online.rows.len()),
                source_served: online.map(|online| online.source.clone()),
                intervals: online.map_or_else(Vec::new, |online| {
                    online.intervals.iter().map(|(start, end)| (shown(*start), shown(*end))).collect()
                }),
                newest: newest.map(shown),
                freshness: Freshness::of(newest, now),
                age: newest.map(|newest| age_words(now.saturating_sub(newest))),
                view: view.clone(),
            }
        })
        .collect();
    global.print(&listed, || listed.iter().map(text_of).collect())
}

fn text_of(listed: &Listed) -> String {
    let view = &listed.view;
    let ttl = view.ttl_ms.map_or_else(|| "no bound".to_owned(), |ms| format!("{} h", ms as f64 / 3.6e6));
    let fresh = match &listed.age {
        Some(age) => {
            format!("{}: newest row {age}, {} served", listed.freshness.name(), plural(listed.keys as u64, "key"))
        }
        None => "red: nothing is served".to_owned(),
    };
    let mut text =
        format!("{} (version {}, {}, ttl {ttl}) {fresh}\n", view.name, view.version, view.entities.join(", "));
    for field in &view.fields {
        text += &format!("    {:<24} {:<8} {}\n", field.name, field.dtype.name(), field.unit);
    }
    text
}

fn served(store: &JournalStore) -> Result<Vec<OnlineView>, Failure> {
    Ok(pollster::block_on(store_flow::served(store))?)
}

/// The instant that is asked about: what was given, the morning of `--as-of`, or where the materialised rows end.
fn now(global: &Global, at: Option<Instant>, served: &[OnlineView]) -> i64 {
    let newest = || served.iter().flat_map(|online| online.intervals.last()).map(|(_, end)| *end).max();
    at.map(|at| at.timestamp_millis()).or_else(|| global.as_of.map(now_of)).or_else(newest).unwrap_or_default()
}

pub(super) fn get(args: &GetArgs, global: &Global) -> Outcome {
    let definitions = definitions();
    let features = if args.features.is_empty() {
        definitions.service(&args.service)?.features.clone()
    } else {
        args.features.clone()
    };
    let names = columns(&features, args.full_feature_names || args.features.is_empty())?;
    let served = served(&store_there(global)?)?;
    let now = now(global, args.at, &served);
    let mut vectors = Vec::new();
    for given in &args.entities {
        let (entity, name, key) = entity_key(given)?;
        // There is one league, so it need not be named.
        let league = keys("league").first().map(|(key, _)| ("league", *key));
        let keys: Vec<(&str, u32)> = [(entity, key)].into_iter().chain(league).collect();
        vectors.push((entity, name, online_features(&definitions, &served, &features, &keys, now)?));
    }
    global.print(&document(&names, &vectors), || text_of_vectors(&names, &vectors, now))
}

fn entity_key(given: &str) -> Result<(&str, &str, u32), Failure> {
    let (entity, name) = given
        .split_once('=')
        .ok_or_else(|| Failure::Usage(format!("--entity: expected ENTITY=KEY such as team=BOS, found `{given}`")))?;
    let names = keys(entity);
    if names.is_empty() {
        let entities: Vec<String> = definitions().entities.into_iter().map(|entity| entity.name).collect();
        return Err(Failure::Usage(format!("--entity {given}: expected one of {}", entities.join(", "))));
    }
    let key = key_of(entity, name).ok_or_else(|| {
        let near = did_you_mean(name, names.iter().map(|(_, name)| name.as_str()));
        Failure::Usage(format!("--entity {given}: there is no {entity} {name}{near}"))
    })?;
    Ok((entity, name, key))
}

/// As Feast's server answers: the join keys first and always present, then one vector a feature.
fn document(names: &[String], vectors: &[(&str, &str, Vec<OnlineValue>)]) -> Value {
    let entity = vectors.first().map_or("", |(entity, _, _)| entity);
    let feature_names: Vec<&str> = std::iter::once(entity).chain(names.iter().map(String::as_str)).collect();
    let keys = json!({
        "values": vectors.iter().map(|(_, name, _)| *name).collect::<Vec<_>>(),
        "statuses": vectors.iter().map(|_| Status::Present).collect::<Vec<_>>(),
        "event_timestamps": vectors.iter().map(|_| shown(0)).collect::<Vec<_>>(),
    });
    let of_feature = |at: usize| {
        let values: Vec<OnlineValue> = vectors.iter().map(|(_, _, values)| values[at]).collect();
        json!({
            "values": values.iter().map(|value| value.value).collect::<Vec<_>>(),
            "statuses": values.iter().map(|value| value.status).collect::<Vec<_>>(),
            "event_timestamps": values.iter().map(|value| value.event_at.map(shown)).collect::<Vec<_>>(),
        })
    };
    let results: Vec<Value> = std::iter::once(keys).chain((0..names.len()).map(of_feature)).collect();
    json!({ "metadata": { "feature_names": { "val": feature_names } }, "results": results })
}

fn text_of_vectors(names: &[String], vectors: &[(&str, &str, Vec<OnlineValue>)], now: i64) -> String {
    let width = names.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for (entity, name, values) in vectors {
        text += &format!("{entity} {name} at {}\n", shown(now));
        for (feature, value) in names.iter().zip(values) {
            let number = value.value.map_or_else(|| "–".to_owned(), |number| format!("{number:.4}"));
            let age = value.event_at.map_or_else(String::new, |at| age_words(now.saturating_sub(at)));
            text += &format!("    {feature:<width$}  {number:>12}  {:<16} {age}\n", value.status.name());
        }
    }
    text
}
