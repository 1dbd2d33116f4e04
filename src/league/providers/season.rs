//! Our own file of one season: `{"kind":"games","schema":1,"season":2025,"source_kind":…,"games":[…]}`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::records::{hand_on, stop};
use super::{About, File, Parsed, Provider, Sink, Start, Stop};
use crate::base::Locus;
use crate::data::reader::json::{self as json_reader, Element, Handler};
use crate::data::{Rule, Scope, SourceKind, Violation};
use crate::league::{Game, games_contract};

/// Version of the file's form.
pub const SEASON_SCHEMA: u32 = 1;

const HEAD: Rule = Rule::error(
    "literal_error",
    Scope::Form,
    "conformity",
    "A season's file says its kind, its schema, its season and whether its results are simulated.",
);
const HEAD_MISSING: Rule = Rule::error("missing", Scope::Form, "conformity", "A season's file says what it is.");
const HEAD_EXTRA: Rule =
    Rule::error("extra_forbidden", Scope::Form, "conformity", "A season's file says nothing that is not known.");
const OTHER_SEASON: Rule =
    Rule::error("season_mismatch", Scope::Form, "consistency", "All games of a season's file are of its season.");

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

/// The file of a season.
pub(super) struct Season;

/// Names around the games.
const NAMES: [&str; 5] = ["kind", "schema", "season", "source_kind", "games"];

impl Provider for Season {
    fn id(&self) -> &'static str {
        "season"
    }

    fn version(&self) -> u32 {
        2
    }

    fn about(&self) -> About {
        About {
            title: "A season's file of this site",
            known_by: "JSON with kind, schema, season, source_kind and games",
        }
    }

    fn recognises(&self, start: &Start<'_>) -> bool {
        matches!(start, Start::Json { list: false, name: "kind" | "schema" | "source_kind" | "games", .. })
            // A game has a season too, but does not start with it.
            || matches!(start, Start::Json { list: false, name: "season", .. })
    }

    fn rules(&self) -> &'static [&'static Rule] {
        &[&HEAD, &HEAD_MISSING, &HEAD_EXTRA, &OTHER_SEASON]
    }

    fn parse(&self, file: File<'_, '_>, sink: &mut dyn Sink) -> Result<Parsed, Stop> {
        let mut head = Head { file: file.locus, sink, members: Vec::new(), seasons: Vec::new(), records: 0 };
        json_reader::read(file.window, Some(games_contract()), &["games"], &mut head)
            .map_err(|error| stop(file.locus, error))?;
        let violations = head.violations();
        if !violations.is_empty() {
            return Err(Stop::Unreadable(violations));
        }
        let simulated = head.member("source_kind") == Some(&json!("simulated"));
        let source_kind = if simulated { SourceKind::Simulated } else { SourceKind::Real };
        let parser = format!("{}/{}", self.id(), self.version());
        Ok(Parsed { provider: self.id(), parser, scheme: "json", source_kind, violations: Vec::new() })
    }
}

/// What stands around the games, heard while they are handed on.
struct Head<'s> {
    file: &'s Locus,
    sink: &'s mut dyn Sink,
    members: Vec<(String, Value)>,
    /// Seasons that the games name, with the first record of each.
    seasons: Vec<(i64, u64)>,
    records: u64,
}

/// Members and seasons that are remembered; a file has five and one.
const REMEMBERED: usize = 20;

impl Handler for Head<'_> {
    fn member(&mut self, name: &str, value: Value) {
        if self.members.len() < REMEMBERED {
            self.members.push((name.to_owned(), value));
        }
    }

    fn element(&mut self, number: u64, element: Element<'_>) -> bool {
        self.records = number;
        let season = match &element {
            Element::Row(row) => games_contract().leaf("season").and_then(|at| row.integer::<i64>(at)),
            Element::Value(value) => value.get("season").and_then(Value::as_i64),
            Element::Broken { .. } => None,
        };
        if let Some(season) = season
            && self.seasons.last().is_none_or(|(last, _)| *last != season)
            && self.seasons.len() < REMEMBERED
            && !self.seasons.iter().any(|(known, _)| *known == season)
        {
            self.seasons.push((season, number));
        }
        hand_on(self.file, number, element, self.sink)
    }

    fn taken(&mut self, bytes: u64) {
        self.sink.taken(bytes);
    }
}

impl Head<'_> {
    fn member(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut want = |name: &str, fine: fn(&Value) -> bool, expected: &str| {
            let place = self.file.at_column(name);
            match self.member(name) {
                Some(value) if fine(value) => {}
                Some(value) => {
                    let msg = format!("Input should be {expected}");
                    violations.push(Violation::of(&HEAD, place, value.clone(), msg));
                }
                None => violations.push(Violation::of(&HEAD_MISSING, place, Value::Null, "Field required")),
            }
        };
        want("kind", |kind| kind == "games", "'games'");
        want("schema", |schema| *schema == SEASON_SCHEMA, "1, the form that this version reads");
        want("season", Value::is_u64, "the year in which the season starts");
        want("source_kind", |kind| kind == "simulated" || kind == "real", "'simulated' or 'real'");
        let empty_list = self.records == 0 && self.member("games").is_some();
        if empty_list {
            let place = self.file.at_column("games");
            violations.push(Violation::of(
                &HEAD,
                place,
                self.member("games").cloned().unwrap_or_default(),
                "Input should be a list of games",
            ));
        }
        let season = self.member("season").and_then(Value::as_i64);
        for (other, record) in &self.seasons {
            if season.is_some_and(|season| season != *other) {
                let msg = format!("Input should be {}, the season of the file", season.unwrap_or_default());
                let place = self.file.at_row(*record).at_column("season");
                violations.push(Violation::of(&OTHER_SEASON, place, json!(other), msg));
            }
        }
        for (name, value) in self.members.iter().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
            let msg = "Extra inputs are not permitted";
            violations.push(Violation::of(&HEAD_EXTRA, self.file.at_column(name.clone()), value.clone(), msg));
        }
        violations
    }
}
