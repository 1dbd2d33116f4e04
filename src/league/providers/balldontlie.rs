//! balldontlie's `games`, in every form that its answers have had.
//!
//! * Around the games: an object with `data` and `meta` (paging by page until 2023, by cursor since), or the list alone;
//!   several pages one after another, or in a list, are one set.
//! * Dates are `2019-02-08T00:00:00.000Z` until 2024 and plain since. The day in front is the league's.
//! * A game is over where `status` says Final (or `status_state` says final). Before that both scores are 0 or null, and
//!   `status` is the time of the tip-off or the quarter that is being played.
//! * `postseason` is true for the playoffs alone: games of the play-in and the Cup final carry false. They are told by
//!   `season_type` and `ist_stage` where these are given, otherwise by their days, as far as these are known
//!   ([`PLAYINS`], [`CUP_FINALS`]); in a season that is not listed they count as regular.
//! * There are no box totals.

use serde_json::{Map, Value, json};

use super::records::{JSON_INVALID, stop};
use super::{About, File, Parsed, Provider, Sink, Start, Stop};
use crate::base::Locus;
use crate::data::reader::json::{self as json_reader, Element, Handler};
use crate::data::{Encoding, RawRecord, Rule, Scope, SourceKind, Violation};

const SHAPE: Rule = Rule::error(
    "model_type",
    Scope::Form,
    "conformity",
    "A game of balldontlie is an object with the fields that its API documents.",
);
const SCORE_BEFORE_FINAL: Rule = Rule::warning(
    "score_before_final",
    Scope::Form,
    "timeliness",
    "A game that is not over has no score yet; what it has so far is not used.",
);
const PAGE_META: Rule = Rule::warning(
    "page_missing",
    Scope::Form,
    "completeness",
    "The last page of a download says that no other follows.",
);
const ERROR_PAGE: Rule = Rule::error(
    "error_page",
    Scope::Form,
    "conformity",
    "A page has games; a message in their place is an error of the provider.",
);

/// Answers of the API.
pub(super) struct Balldontlie;

impl Provider for Balldontlie {
    fn id(&self) -> &'static str {
        "balldontlie"
    }

    fn version(&self) -> u32 {
        1
    }

    fn about(&self) -> About {
        About {
            title: "balldontlie's games",
            known_by: "JSON as its API answers: data with games that have home_team and visitor_team, and meta; several pages may follow one another",
        }
    }

    fn recognises(&self, start: &Start<'_>) -> bool {
        match start {
            Start::Json { name: "data" | "meta" | "error", .. } => true,
            Start::Json { text, .. } => {
                let head = &text[..text.len().min(4096)];
                memchr::memmem::find(head, b"\"home_team\"").is_some()
                    || memchr::memmem::find(head, b"\"home_team_score\"").is_some()
            }
            Start::Table(_) => false,
        }
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &[&SHAPE, &SCORE_BEFORE_FINAL, &PAGE_META, &ERROR_PAGE]
    }

    fn parse(&self, file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
        let mut pages = Pages { file: file.locus, sink, number: 0, more: None, error: None };
        let first = super::sniff::first_name(file.window.data());
        let lists: &[&str] = if matches!(first, (false, ref name) if name == "id") { &[] } else { &["data"] };
        json_reader::read(file.window, None, lists, &mut pages).map_err(|error| stop(file.locus, error))?;
        let Pages { more, error, .. } = pages;
        if let Some(message) = error {
            let msg = "Page should have games";
            return Err(Violation::of(&ERROR_PAGE, file.locus.clone(), message, msg).into());
        }
        let mut violations = Vec::new();
        if let Some(more) = more {
            let msg = "The last page should say that no other follows: games may be missing";
            violations.push(Violation::of(&PAGE_META, file.locus.clone(), more, msg));
        }
        let parser = format!("{}/{}", self.id(), self.version());
        Ok(Parsed { provider: self.id(), parser, scheme: "json", source_kind: SourceKind::Real, violations })
    }
}

/// Hands games on and remembers what the last page says of the next.
struct Pages<'s> {
    file: &'s Locus,
    sink: &'s mut dyn Sink,
    number: u64,
    more: Option<Value>,
    error: Option<Value>,
}

impl Handler for Pages<'_> {
    fn member(&mut self, name: &str, value: Value) {
        match name {
            "meta" => self.more = next_page(&value),
            "error" | "message" => self.error = Some(value),
            _ => {}
        }
    }

    fn element(&mut self, _: u64, element: Element<'_>) -> bool {
        match element {
            // A list of pages: what is in it is the same as pages one after another.
            Element::Value(Value::Object(mut page)) if page.get("data").is_some_and(Value::is_array) => {
                if let Some(meta) = page.get("meta") {
                    self.more = next_page(meta);
                }
                let Some(Value::Array(games)) = page.remove("data") else { return true };
                games.into_iter().all(|game| self.game(game))
            }
            Element::Value(game) => self.game(game),
            Element::Row(_) => true,
            Element::Broken { reason, text } => {
                self.number += 1;
                let mut record = RawRecord::typed(self.file, self.number, json!({}));
                let msg = format!("Invalid JSON: {reason}");
                record.defects.push(Violation::of(&JSON_INVALID, record.locus.clone(), json!(text), msg));
                record.encoding = Encoding::Text;
                record.raw = Some([("text".to_owned(), json!(text))].into_iter().collect());
                self.sink.record(record)
            }
        }
    }

    fn taken(&mut self, bytes: u64) {
        self.sink.taken(bytes);
    }
}

impl Pages<'_> {
    fn game(&mut self, game: Value) -> bool {
        self.number += 1;
        let record = match game {
            Value::Object(game) => record(self.file, self.number, game),
            other => {
                let mut record = RawRecord::typed(self.file, self.number, json!({}));
                let msg = "Input should be an object";
                record.defects.push(Violation::of(&SHAPE, record.locus.clone(), other.clone(), msg));
                record.encoding = Encoding::Text;
                record.raw = Some([("value".to_owned(), other)].into_iter().collect());
                record
            }
        };
        self.sink.record(record)
    }
}

/// What `meta` says of a page behind this one; none where it is the last.
fn next_page(meta: &Value) -> Option<Value> {
    let next = meta.get("next_cursor").or_else(|| meta.get("next_page"))?;
    (!next.is_null()).then(|| next.clone())
}

/// A game of the API as a record of the contract. Values keep their types, so that a text where a number should be is
/// found by the contract.
fn record(file: &Locus, number: u64, game: Map<String, Value>) -> RawRecord {
    let get = |name: &str| game.get(name).cloned().unwrap_or(Value::Null);
    let place = file.at_row(number);
    let mut defects = Vec::new();
    let mut fields = Map::new();
    let mut columns = Vec::new();
    let mut take = |path: &'static str, column: &'static str, value: Option<Value>| {
        columns.push(crate::data::Column { path: path.into(), name: column.into(), row: number });
        // A field that the source does not have is missing, not null.
        if let Some(value) = value {
            crate::data::put(&mut fields, path, value);
        }
    };
    take("id", "id", game.get("id").map(id_text));
    take("date", "date", game.get("date").map(day_text));
    take("season", "season", game.get("season").cloned());
    take("phase", "postseason", Some(phase(&game)));
    take("neutral", "neutral", Some(Value::Bool(false)));
    for (path, column) in [("home", "home_team"), ("visitor", "visitor_team")] {
        take(path, column, game.get(column).map(team));
    }
    let scores = [get("home_team_score"), get("visitor_team_score")];
    if is_final(&game) {
        let [home, visitor] = scores;
        take("score.home", "home_team_score", Some(home));
        take("score.visitor", "visitor_team_score", Some(visitor));
    } else if scores.iter().any(|score| score.as_f64().is_some_and(|score| score != 0.0)) {
        let msg = "A game that is not over should have no score: what it has so far is not used";
        let at = place.at_column("home_team_score");
        defects.push(Violation::of(&SCORE_BEFORE_FINAL, at, json!(scores), msg));
    }
    let mut record = RawRecord::typed(file, number, Value::Object(fields));
    record.columns = columns;
    record.defects = defects;
    record.raw = Some(game);
    record
}

/// Ids are whole numbers there, and text in the contract.
fn id_text(id: &Value) -> Value {
    match id {
        Value::Number(number) if number.is_u64() => Value::String(number.to_string()),
        other => other.clone(),
    }
}

/// The day in front of an instant at midnight.
fn day_text(date: &Value) -> Value {
    match date.as_str().and_then(|text| text.split_once('T')) {
        Some((day, time)) if time.starts_with("00:00:00") => Value::String(day.to_owned()),
        _ => date.clone(),
    }
}

/// A team's abbreviation; where the team is no object, what is there.
fn team(team: &Value) -> Value {
    match team.get("abbreviation") {
        Some(Value::String(text)) => Value::String(text.trim().to_owned()),
        Some(other) => other.clone(),
        None => team.clone(),
    }
}

fn is_final(game: &Map<String, Value>) -> bool {
    let says = |name: &str| {
        let text = game.get(name).and_then(Value::as_str).unwrap_or_default().trim();
        text.eq_ignore_ascii_case("final") || text.to_ascii_lowercase().starts_with("final/")
    };
    says("status_state") || says("status")
}

/// First and last day of the play-in, season by season: nothing else was played on these days.
const PLAYINS: [(&str, &str); 7] = [
    ("2020-08-15", "2020-08-15"),
    ("2021-05-18", "2021-05-21"),
    ("2022-04-12", "2022-04-15"),
    ("2023-04-11", "2023-04-14"),
    ("2024-04-16", "2024-04-19"),
    ("2025-04-15", "2025-04-18"),
    ("2026-04-14", "2026-04-17"),
];

/// Days of the Cup's finals: nothing else was played on them.
const CUP_FINALS: [&str; 3] = ["2023-12-09", "2024-12-17", "2025-12-16"];

fn phase(game: &Map<String, Value>) -> Value {
    let text = |name: &str| game.get(name).and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let (stage, kind) = (text("ist_stage"), text("season_type"));
    let date = text("date");
    let day = date.get(..10).unwrap_or_default();
    let name = if game.get("postseason") == Some(&Value::Bool(true)) {
        "playoff"
    } else if stage.contains("championship") || stage == "final" || CUP_FINALS.contains(&day) {
        "cup_final"
    } else if kind.replace(['-', ' ', '_'], "").contains("playin")
        || PLAYINS.iter().any(|(first, last)| (*first..=*last).contains(&day))
    {
        "playin"
    } else {
        match game.get("postseason") {
            Some(Value::Bool(false)) | None => "regular",
            // What is no flag is found by the contract.
            Some(other) => return other.clone(),
        }
    };
    Value::String(name.to_owned())
}
