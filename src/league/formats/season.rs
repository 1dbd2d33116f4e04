//! Our own file of one season: `{"kind":"games","schema":1,"season":2025,"source_kind":…,"games":[…]}`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Parsed, Sink, Stop};
use crate::base::Locus;
use crate::data::{Encoding, RawField, RawRecord, SourceKind, Violation};
use crate::league::{Game, games_contract};

/// Version of the file's form.
pub const SEASON_SCHEMA: u32 = 1;

/// The file as a trusted reader takes it: after its digest was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeasonFile {
    /// Always `games`.
    pub kind: String,
    /// [`SEASON_SCHEMA`].
    pub schema: u32,
    /// The year in which the season starts.
    pub season: u16,
    /// Simulated or real; it goes with the games wherever the file goes.
    pub source_kind: SourceKind,
    /// The season's games in the order of (date, id).
    pub games: Vec<Game>,
}

/// The bytes of a season's file: compact, fields in the order of the types, so the same games give the same bytes.
pub fn season_bytes(season: u16, source_kind: SourceKind, games: &[Game]) -> Result<Vec<u8>, serde_json::Error> {
    let games = games.to_vec();
    serde_json::to_vec(&SeasonFile { kind: "games".to_owned(), schema: SEASON_SCHEMA, season, source_kind, games })
}

/// Reads the games one by one, so that a large file costs no more than its largest record.
pub(super) fn parse(file: &Locus, text: &[u8], sink: &mut dyn Sink) -> Result<Parsed, Stop> {
    let mut head = Head::default();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = DocumentSeed { file, head: &mut head, sink }.deserialize(&mut reader).and_then(|()| reader.end());
    if head.cancelled {
        return Err(Stop::Cancelled);
    }
    if let Err(error) = read {
        return Err(not_a_season(file, text, &head, &error).into());
    }
    let violations = head.violations(file);
    if !violations.is_empty() {
        return Err(Stop::Unreadable(violations));
    }
    let simulated = head.source_kind.as_deref() == Some("simulated");
    let source_kind = if simulated { SourceKind::Simulated } else { SourceKind::Real };
    Ok(Parsed { parser: "season/1", scheme: "json", source_kind, violations: Vec::new() })
}

fn not_a_season(file: &Locus, text: &[u8], head: &Head, error: &serde_json::Error) -> Violation {
    let place = file.at_row(error.line() as u64);
    if error.is_eof() {
        let found = format!("the end of the file in line {}, column {}", error.line(), error.column());
        return Violation::error("truncated", place, &found, "JSON that is whole: get the file again");
    }
    if error.is_data() {
        let expected = "a season's file: an object with kind, schema, season, source_kind and games";
        let start = text.iter().find(|byte| !byte.is_ascii_whitespace());
        let found = match (start, head.count) {
            (Some(b'['), _) => "a list".to_owned(),
            _ => error.to_string(),
        };
        return Violation::error("model_type", place, &found, expected);
    }
    Violation::error("json_invalid", place, &error.to_string(), "well-formed JSON")
}

/// What stands around the games.
#[derive(Debug, Default)]
struct Head {
    kind: Option<Value>,
    schema: Option<Value>,
    season: Option<Value>,
    source_kind: Option<String>,
    odd_source_kind: Option<Value>,
    has_games: bool,
    unknown: Vec<String>,
    /// Seasons that the games name, with the first record of each.
    seasons: Vec<(Value, u64)>,
    count: u64,
    cancelled: bool,
}

impl Head {
    fn violations(&self, file: &Locus) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut want = |name: &str, found: Option<&Value>, fine: bool, expected: &str| {
            let kind = if found.is_none() { "missing" } else { "literal_error" };
            if !fine {
                let found = found.map_or_else(|| "nothing".to_owned(), Value::to_string);
                violations.push(Violation::error(kind, file.at_column(name), &found, expected));
            }
        };
        want("kind", self.kind.as_ref(), self.kind == Some("games".into()), "\"games\"");
        want(
            "schema",
            self.schema.as_ref(),
            self.schema == Some(SEASON_SCHEMA.into()),
            "1, the form that this version reads",
        );
        let year = self.season.as_ref().and_then(Value::as_u64);
        want("season", self.season.as_ref(), year.is_some(), "the year in which the season starts");
        let source_kind = self.source_kind.as_deref();
        let fine = matches!(source_kind, Some("simulated" | "real"));
        want("source_kind", self.odd_source_kind.as_ref(), fine, "\"simulated\" or \"real\"");
        want("games", None, self.has_games, "the list of games");
        for (season, record) in &self.seasons {
            if year.is_some() && Some(season) != self.season.as_ref() {
                let place = file.at_row(*record).at_column("season");
                violations.push(Violation::error(
                    "season_mismatch",
                    place,
                    &season.to_string(),
                    format!("{}, the season of the file", self.season.as_ref().unwrap_or(&Value::Null)),
                ));
            }
        }
        for name in &self.unknown {
            let place = file.at_column(name.clone());
            violations.push(Violation::error(
                "extra_forbidden",
                place,
                "an unknown field",
                "kind, schema, season, source_kind and games",
            ));
        }
        violations
    }
}

struct DocumentSeed<'a> {
    file: &'a Locus,
    head: &'a mut Head,
    sink: &'a mut dyn Sink,
}

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a season's file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { file, head, sink } = self;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "kind" => head.kind = Some(map.next_value()?),
                "schema" => head.schema = Some(map.next_value()?),
                "season" => head.season = Some(map.next_value()?),
                "source_kind" => {
                    let value: Value = map.next_value()?;
                    head.source_kind = value.as_str().map(str::to_owned);
                    head.odd_source_kind = Some(value);
                }
                "games" => {
                    head.has_games = true;
                    map.next_value_seed(GamesSeed { file, head: &mut *head, sink: &mut *sink })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    if head.unknown.len() < 20 {
                        head.unknown.push(key);
                    }
                }
            }
        }
        Ok(())
    }
}

struct GamesSeed<'a> {
    file: &'a Locus,
    head: &'a mut Head,
    sink: &'a mut dyn Sink,
}

impl<'de> DeserializeSeed<'de> for GamesSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for GamesSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of games")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<Value>()? {
            self.head.count += 1;
            if let Some(season) = value.get("season")
                && self.head.seasons.len() < 20
                && !self.head.seasons.iter().any(|(known, _)| known == season)
            {
                self.head.seasons.push((season.clone(), self.head.count));
            }
            if !self.sink.record(record(self.file, self.head.count, value)) {
                self.head.cancelled = true;
                return Err(serde::de::Error::custom("cancelled"));
            }
        }
        Ok(())
    }
}

/// One game's object as a record; objects within it are flattened by a dot.
fn record(file: &Locus, number: u64, value: Value) -> RawRecord {
    let mut record = RawRecord::new(file.at_row(number), Encoding::Typed);
    let Value::Object(object) = value else {
        record.defects.push(Violation::error(
            "model_type",
            record.locus.clone(),
            &value.to_string(),
            "an object, a game",
        ));
        return record;
    };
    let contract = games_contract();
    for (name, value) in object {
        let mut take = |name: String, value: Value| {
            if contract.position(&name).is_none() {
                let place = file.at_row(number).at_column(name.clone());
                record.defects.push(Violation::error(
                    "extra_forbidden",
                    place,
                    &value.to_string(),
                    "no field of this name",
                ));
            }
            record.fields.push(RawField { field: name.clone().into(), column: name.into(), row: number, value });
        };
        match (name.as_str(), value) {
            ("score" | "home_box" | "visitor_box", Value::Null) => {}
            ("score" | "home_box" | "visitor_box", Value::Object(inner)) => {
                for (key, value) in inner {
                    take(format!("{name}.{key}"), value);
                }
            }
            (_, value) => take(name, value),
        }
    }
    record
}
