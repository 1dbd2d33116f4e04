//! `features join`: the point-in-time join of any CSV files, so that an answer can be held against other tools.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

use super::super::csv_table::{Table, is_missing};
use super::super::{Failure, Global, Outcome, replace, tell};
use crate::base::Locus;
use crate::features::{Cutoff, EntityRows, FeatureRef, FeatureRows, Timeline, columns, did_you_mean, join_rows};
use crate::flows::present::plural;

/// The column with the instant of a row.
const EVENT: &str = "event_timestamp";
/// The column with the instant at which a feature row became known.
const CREATED: &str = "created_timestamp";

/// Flags of `features join`. Time columns are `event_timestamp` and, in views, `created_timestamp`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// CSV file with the entity rows: keys, event_timestamp, and whatever else is to stay beside them
    #[arg(long, value_name = "FILE")]
    entities: PathBuf,
    /// Column of a key; more than once, or with commas, for keys of several columns
    #[arg(long = "key", value_name = "COLUMN", required = true, value_delimiter = ',')]
    keys: Vec<String>,
    /// A view and its CSV file; more than once for several views
    #[arg(long = "view", value_name = "NAME=FILE", required = true)]
    views: Vec<ViewFile>,
    /// How old a feature row may be, such as 24h or 7d; 0 is without bound. NAME=24h is for one view alone
    #[arg(long = "ttl", value_name = "[NAME=]TIME")]
    ttls: Vec<Ttl>,
    /// Let corrections reach into the past, as Feast does without filter_by_created_timestamp
    #[arg(long)]
    no_created_cutoff: bool,
    /// Name the columns view__feature
    #[arg(long)]
    full_feature_names: bool,
    /// Where the joined rows go
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Clone)]
struct ViewFile {
    name: String,
    path: PathBuf,
}

impl FromStr for ViewFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                Ok(Self { name: name.to_owned(), path: path.into() })
            }
            _ => Err(format!("expected NAME=FILE, found `{text}`")),
        }
    }
}

/// A time to live in microseconds, of one view or of all.
#[derive(Debug, Clone)]
struct Ttl {
    view: Option<String>,
    microseconds: Option<i64>,
}

impl FromStr for Ttl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (view, time) = match text.split_once('=') {
            Some((view, time)) => (Some(view.to_owned()), time),
            None => (None, text),
        };
        let wrong = || format!("expected a time such as 24h, 90m, 7d or 0, found `{time}`");
        if time.starts_with('-') {
            return Err(format!(
                "a time to live is not negative: expected a time such as 24h, or 0 for none, found `{time}`"
            ));
        }
        let microseconds = if time == "0" {
            0
        } else {
            let time = humantime::parse_duration(time).map_err(|_| wrong())?;
            i64::try_from(time.as_micros()).map_err(|_| wrong())?
        };
        Ok(Self { view, microseconds: (microseconds > 0).then_some(microseconds) })
    }
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Report {
    entities: usize,
    views: Vec<ViewReport>,
    out: PathBuf,
}

#[derive(Debug, Serialize)]
struct ViewReport {
    view: String,
    rows: usize,
    features: usize,
    /// Entity rows that a feature row was joined to.
    joined: usize,
}

/// A view's file, read.
struct View {
    name: String,
    table: Table,
    rows: FeatureRows,
    /// Columns of the features.
    features: Vec<usize>,
    ttl: Option<i64>,
}

pub(super) fn run(args: &Args, global: &Global) -> Outcome {
    check_names(args)?;
    let mut keys = Keys::default();
    let table = Table::open(&args.entities, csv::Trim::None)?;
    let entities = entity_rows(&table, &args.keys, &mut keys)?;
    let views = args.views.iter().map(|view| read_view(view, args, &mut keys)).collect::<Result<Vec<_>, _>>()?;
    let names = feature_columns(&table, &views, args.full_feature_names)?;
    let cutoff = if args.no_created_cutoff { Cutoff::None } else { Cutoff::Known };
    let found: Vec<Vec<Option<usize>>> =
        views.iter().map(|view| join_rows(&entities, &Timeline::of(&view.rows), view.ttl, cutoff)).collect();
    replace(&args.out, &written(&table, &views, &names, &found)?)?;
    let of_view = |(view, found): (&View, &Vec<Option<usize>>)| ViewReport {
        view: view.name.clone(),
        rows: view.table.rows.len(),
        features: view.features.len(),
        joined: found.iter().flatten().count(),
    };
    let report = Report {
        entities: table.rows.len(),
        views: views.iter().zip(&found).map(of_view).collect(),
        out: args.out.clone(),
    };
    global.print(&report, || text(&report))
}

fn check_names(args: &Args) -> Outcome {
    for (at, view) in args.views.iter().enumerate() {
        if args.views[..at].iter().any(|other| other.name == view.name) {
            return Err(Failure::Usage(format!("--view {}: the name is given twice", view.name)));
        }
    }
    let names = || args.views.iter().map(|view| view.name.as_str());
    for name in args.ttls.iter().filter_map(|ttl| ttl.view.as_deref()) {
        if !names().any(|known| known == name) {
            let near = did_you_mean(name, names());
            return Err(Failure::Usage(format!("--ttl {name}=…: there is no view `{name}`{near}")));
        }
    }
    Ok(())
}

/// Keys as numbers, in the order in which they come.
#[derive(Default)]
struct Keys(HashMap<Vec<String>, u32>);

impl Keys {
    /// The number of a row's key; none where a part of it is missing, which equals nothing, as in SQL.
    fn of(&mut self, row: &csv::StringRecord, columns: &[usize]) -> Option<u32> {
        let key: Vec<String> = columns.iter().map(|at| row[*at].trim().to_owned()).collect();
        if key.iter().any(|part| is_missing(part)) {
            return None;
        }
        let next = self.0.len() as u32;
        Some(*self.0.entry(key).or_insert(next))
    }
}

/// A key that no row has.
const NOBODY: u32 = u32::MAX;

fn entity_rows(table: &Table, keys: &[String], known: &mut Keys) -> Result<EntityRows, Failure> {
    let columns = keys.iter().map(|key| table.column(key)).collect::<Result<Vec<_>, _>>()?;
    let event = table.column(EVENT)?;
    let mut entities = EntityRows::default();
    for row in &table.rows {
        let place = || table.locus(row, event);
        let at = instant(&row[event], &place)?.ok_or_else(|| {
            Failure::Environment(format!(
                "{}: expected the time at which features are asked for, found nothing",
                place()
            ))
        })?;
        entities.keys.push(known.of(row, &columns).map_or(NOBODY, |key| key + 1));
        entities.as_of.push(at);
    }
    Ok(entities)
}

fn read_view(file: &ViewFile, args: &Args, known: &mut Keys) -> Result<View, Failure> {
    let table = Table::open(&file.path, csv::Trim::None)?;
    let keys = args.keys.iter().map(|key| table.column(key)).collect::<Result<Vec<_>, _>>()?;
    let (event, created) = (table.column(EVENT)?, table.index(CREATED));
    let features: Vec<usize> =
        (0..table.header.len()).filter(|at| !keys.contains(at) && *at != event && Some(*at) != created).collect();
    if features.is_empty() {
        return Err(Failure::Usage(format!("{}: the file has no column beside keys and times", table.name())));
    }
    if created.is_none() && !args.no_created_cutoff {
        tell(&format!("{}: no {CREATED}, so each row is taken as known at its {EVENT}", table.name()));
    }
    let mut rows = FeatureRows::empty(0);
    let mut without_key = 0;
    for row in &table.rows {
        let place = || table.locus(row, event);
        let event_at = instant(&row[event], &place)?
            .ok_or_else(|| Failure::Environment(format!("{}: expected the time of the row, found nothing", place())))?;
        // A row of which nobody knows when it became known joins only where that is not asked.
        let unknown = if args.no_created_cutoff { i64::MIN } else { i64::MAX };
        let known_at = match created {
            Some(at) => instant(&row[at], &|| table.locus(row, at))?.unwrap_or(unknown),
            None => event_at,
        };
        let key = known.of(row, &keys);
        without_key += usize::from(key.is_none());
        // It keeps its place, so that row numbers are those of the table, under a key that is nobody's.
        rows.push(key.map_or(0, |key| key + 1), event_at, known_at, &[]);
    }
    if without_key > 0 {
        tell(&format!("{}: {} without a key join nothing", table.name(), plural(without_key as u64, "row")));
    }
    let of_view = args.ttls.iter().rev().find(|ttl| ttl.view.as_deref() == Some(&file.name));
    let ttl = of_view.or_else(|| args.ttls.iter().rev().find(|ttl| ttl.view.is_none()));
    let ttl = ttl.and_then(|ttl| ttl.microseconds);
    Ok(View { name: file.name.clone(), table, rows, features, ttl })
}

/// An instant in microseconds since 1970 UTC; none where nothing is written.
fn instant(text: &str, place: &dyn Fn() -> Locus) -> Result<Option<i64>, Failure> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("nat") || is_missing(text) {
        return Ok(None);
    }
    let read = read_instant(text).map_err(|reason| {
        let what = "expected a day (2024-01-31) or an instant (2024-01-31T19:30:00Z)";
        Failure::Environment(format!("{}: {what}, found `{text}`: {reason}", place()))
    })?;
    Ok(Some(read))
}

/// Without a zone it is UTC. Digits beyond microseconds are cut off.
fn read_instant(text: &str) -> Result<i64, impl fmt::Display> {
    let config = speedate::TimeConfigBuilder::new()
        .microseconds_precision_overflow_behavior(speedate::MicrosecondsPrecisionOverflowBehavior::Truncate)
        .unix_timestamp_offset(Some(0))
        .build();
    let day = |text: &str| speedate::Date::parse_str_rfc3339(text).map(|day| day.timestamp() * 1_000_000);
    if text.len() <= 10 {
        return day(text);
    }
    let read = speedate::DateTime::parse_bytes_rfc3339_with_config(text.as_bytes(), &config)?;
    Ok(read.timestamp_tz() * 1_000_000 + i64::from(read.time.microsecond))
}

/// Names of the features' columns, in order.
fn feature_columns(entities: &Table, views: &[View], full: bool) -> Result<Vec<String>, Failure> {
    let of_view = |view: &View| -> Vec<FeatureRef> {
        let name = |at: &usize| FeatureRef { view: view.name.clone(), feature: view.table.header[*at].clone() };
        view.features.iter().map(name).collect()
    };
    let features: Vec<FeatureRef> = views.iter().flat_map(of_view).collect();
    let names = columns(&features, full)?;
    for (name, feature) in names.iter().zip(&features) {
        if entities.index(name).is_some() {
            let file = entities.name();
            let hint = "ask for --full-feature-names, or name the column otherwise";
            return Err(Failure::Usage(format!(
                "{feature} would be the column `{name}`, which {file} has already: {hint}"
            )));
        }
    }
    Ok(names)
}

fn written(
    entities: &Table,
    views: &[View],
    names: &[String],
    found: &[Vec<Option<usize>>],
) -> Result<Vec<u8>, Failure> {
    let broken = |error: csv::Error| Failure::Environment(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(entities.header.iter().chain(names)).map_err(broken)?;
    for (at, row) in entities.rows.iter().enumerate() {
        for value in row {
            writer.write_field(value).map_err(broken)?;
        }
        for (view, found) in views.iter().zip(found) {
            let joined = found[at].map(|row| &view.table.rows[row]);
            for column in &view.features {
                let value = joined.map_or("", |row| &row[*column]);
                writer.write_field(if is_missing(value.trim()) { "" } else { value }).map_err(broken)?;
            }
        }
        writer.write_record(None::<&[u8]>).map_err(broken)?;
    }
    writer.into_inner().map_err(|error| Failure::Environment(error.to_string()))
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    for view in &report.views {
        let (rows, features) = (plural(view.rows as u64, "row"), plural(view.features as u64, "feature"));
        out += &format!("{}: {rows}, {features}, joined to {} of {}\n", view.view, view.joined, report.entities);
    }
    out + &format!("{}: {}\n", report.out.display(), plural(report.entities as u64, "row"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_a_zone() {
        let read = |text: &str| read_instant(text).ok();
        let day = 86_400_000_000;
        assert_eq!(read("1970-01-02"), Some(day));
        for text in
            ["1970-01-02T00:00:00Z", "1970-01-02 00:00:00", "1970-01-02 00:00:00+00:00", "1970-01-02T02:00:00+02:00"]
        {
            assert_eq!(read(text), Some(day), "{text}");
        }
        assert_eq!(read("1970-01-01T00:00:00.0000019"), Some(1), "digits beyond microseconds are cut off");
        for wrong in ["1970-02-30", "yesterday", "12", "1970-01-01T25:00"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_to_live_has_a_unit_and_is_not_negative() {
        let read = |text: &str| text.parse::<Ttl>().map(|ttl| (ttl.view, ttl.microseconds));
        assert_eq!(read("24h"), Ok((None, Some(86_400_000_000))));
        assert_eq!(read("form=7d"), Ok((Some("form".into()), Some(7 * 86_400_000_000))));
        assert_eq!(read("0"), Ok((None, None)));
        assert!(read("-1h").unwrap_err().contains("not negative"));
        assert!(read("soon").unwrap_err().starts_with("expected a time"));
    }
}
