//! The contracts beside `games`, and their rules.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::super::{BoxTotals, TEAMS, TeamId};
use super::games::{IMPOSSIBLE_BOX, impossible};
use super::judge::{Judge, Place, Spot, Spots};
use super::records::{BoxRecord, OutcomeRecord, PredictionRecord, TeamRecord, TeamSeasonStats};
use crate::base::{Locus, tip_off};
use crate::data::{Contract, Declaration, Orders, Row, Rule, Scope, Violation, any_error, steps};

const DUPLICATE: Rule =
    Rule::error("duplicate_id", Scope::Set, "uniqueness", "No earlier row has the same key; the later row is refused.");
const TOO_MANY_ROWS: Rule =
    Rule::error("too_many_rows", Scope::Set, "coverage", "A set has at most 2,000,000 rows: split a larger one.");
const TEAM_COUNT: Rule = Rule::error("team_count", Scope::Set, "completeness", "There are exactly thirty teams.");
const CONFERENCE_SIZE: Rule =
    Rule::error("conference_size", Scope::Set, "consistency", "Each conference has exactly fifteen teams.");
const DIVISION: Rule =
    Rule::error("division_mismatch", Scope::Record, "consistency", "A division belongs to the team's conference.");
const RECORD_MISMATCH: Rule =
    Rule::error("record_mismatch", Scope::Record, "consistency", "Games are wins and losses together.");
const LEAGUE_SUMS: Rule = Rule::error(
    "league_sums",
    Scope::Set,
    "consistency",
    "In a season with all teams, wins equal losses and points scored equal points allowed.",
);
const MADE_TOO_LATE: Rule =
    Rule::error("made_too_late", Scope::Record, "timeliness", "A prediction is made before the day's games tip off.");

/// What must be unique, and where it was seen. Keys are remembered, so their number is bounded.
#[derive(Debug, Default)]
pub struct Unique {
    spots: Spots,
    keys: HashMap<Box<str>, Spot>,
    refused: bool,
}

/// Keys that are remembered.
const KEYS_AT_MOST: usize = 2_000_000;

impl Unique {
    /// Remembers a record's key; a violation of its field where an earlier record has it.
    pub fn enter(&mut self, key: &str, field: &str, place: &Place<'_>) -> Option<Violation> {
        if let Some(before) = self.keys.get(key) {
            let first = self.spots.locus(*before);
            let msg = format!("{key} should be there once; {first} has it too");
            let violation = Violation::of(&DUPLICATE, place.locus_of(field), json!(key), msg).at(steps(field));
            return Some(violation.with("first", json!(first)));
        }
        if self.keys.len() >= KEYS_AT_MOST {
            self.refused = true;
            return None;
        }
        let spot = self.spots.spot(place);
        self.keys.insert(key.into(), spot);
        None
    }

    /// Says whether there were more keys than are remembered.
    pub fn finish(&self, set: &Locus) -> Vec<Violation> {
        let msg = format!("A set should have at most {KEYS_AT_MOST} rows: split it");
        let too_many = || Violation::of(&TOO_MANY_ROWS, set.clone(), Value::Null, msg);
        if self.refused { vec![too_many()] } else { Vec::new() }
    }
}

/// Declares a contract once and looks up where its leaves stand.
macro_rules! contract {
    ($(#[$doc:meta])* $name:ident, $id:literal, $version:literal, $record:ty, $key:expr, [$($rule:expr),* $(,)?]) => {
        $(#[$doc])*
        pub fn $name() -> &'static Contract {
            static CONTRACT: OnceLock<Contract> = OnceLock::new();
            const RULES: &[&Rule] = &[$(&$rule),*];
            CONTRACT.get_or_init(|| {
                let declaration = Declaration { id: $id, version: $version, key: &$key, rules: RULES };
                Contract::declare::<$record>(declaration, Orders::default())
            })
        }
    };
}

contract! {
    /// The contract of the list of teams.
    teams, "teams", "1.0.0", TeamRecord, ["id"], [DIVISION, DUPLICATE, TEAM_COUNT, CONFERENCE_SIZE, TOO_MANY_ROWS]
}
contract! {
    /// The contract of box totals, a row for each side of a game.
    box_totals, "box_totals", "1.0.0", BoxRecord, ["game_id", "team"], [IMPOSSIBLE_BOX, DUPLICATE, TOO_MANY_ROWS]
}
contract! {
    /// The contract of teams' regular seasons.
    team_season_stats, "team_season_stats", "1.0.0", TeamSeasonStats, ["season", "team"],
    [RECORD_MISMATCH, DUPLICATE, LEAGUE_SUMS, TOO_MANY_ROWS]
}
contract! {
    /// The contract of logged predictions.
    predictions, "predictions", "1.0.0", PredictionRecord, ["game_id", "version"],
    [MADE_TOO_LATE, DUPLICATE, TOO_MANY_ROWS]
}
contract! {
    /// The contract of the outcomes of predicted games.
    outcomes, "outcomes", "1.0.0", OutcomeRecord, ["game_id"], [DUPLICATE, TOO_MANY_ROWS]
}

fn leaf(contract: &Contract, path: &str) -> usize {
    contract.leaf(path).unwrap_or(usize::MAX)
}

fn judged(violations: Vec<Violation>) -> (Option<()>, Vec<Violation>) {
    ((!any_error(&violations)).then_some(()), violations)
}

/// Judges a list of teams.
#[derive(Debug, Default)]
pub struct TeamsJudge {
    ids: Unique,
    abbreviations: Unique,
    conferences: [usize; 2],
}

impl Judge for TeamsJudge {
    type Item = ();

    fn contract(&self) -> &'static Contract {
        teams()
    }

    fn judge(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<()>, Vec<Violation>) {
        let at = |path| leaf(teams(), path);
        let (id, abbreviation) = (row.integer::<u32>(at("id")), row.text(at("abbreviation")));
        let (conference, division) = (row.choice(at("conference")), row.choice(at("division")));
        let mut violations = Vec::new();
        violations.extend(self.ids.enter(&id.unwrap_or_default().to_string(), "id", place));
        violations.extend(self.abbreviations.enter(abbreviation.unwrap_or_default(), "abbreviation", place));
        // The first three divisions are those of the East.
        if let (Some(conference), Some(division)) = (conference, division)
            && (division < 3) != (conference == 0)
        {
            let found = row.json(teams(), at("division"));
            let msg = "The division should belong to the team's conference";
            violations.push(Violation::of(&DIVISION, place.locus_of("division"), found, msg).at(steps("division")));
        }
        if let Some(conference) = conference.filter(|_| !any_error(&violations)) {
            self.conferences[conference.min(1)] += 1;
        }
        judged(violations)
    }

    fn finish(&mut self, set: &Locus) -> Vec<Violation> {
        let [east, west] = self.conferences;
        let mut violations = self.ids.finish(set);
        if east + west != TEAMS.len() {
            let msg = format!("There should be exactly {} teams", TEAMS.len());
            violations.push(Violation::of(&TEAM_COUNT, set.clone(), json!(east + west), msg));
        } else if east != west {
            let found = json!(format!("{east} in the East and {west} in the West"));
            violations.push(Violation::of(
                &CONFERENCE_SIZE,
                set.clone(),
                found,
                "There should be 15 teams a conference",
            ));
        }
        violations
    }
}

/// Judges box totals.
#[derive(Debug, Default)]
pub struct BoxTotalsJudge {
    keys: Unique,
}

impl Judge for BoxTotalsJudge {
    type Item = ();

    fn contract(&self) -> &'static Contract {
        box_totals()
    }

    fn judge(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<()>, Vec<Violation>) {
        let at = |path| leaf(box_totals(), path);
        let count = |path| row.integer::<u16>(at(path)).unwrap_or_default();
        let totals = BoxTotals { fga: count("fga"), fta: count("fta"), oreb: count("oreb"), tov: count("tov") };
        let mut violations = Vec::new();
        if let Some(found) = impossible(totals, row.integer(at("points"))) {
            let msg = "Box totals should be those of a game";
            violations.push(Violation::of(&IMPOSSIBLE_BOX, place.locus_of("fga"), json!(found), msg));
        }
        let team = row.choice(at("team")).and_then(TeamId::at).map_or("", TeamId::abbreviation);
        let key = format!("{} {team}", row.text(at("game_id")).unwrap_or_default());
        violations.extend(self.keys.enter(&key, "game_id", place));
        judged(violations)
    }

    fn finish(&mut self, set: &Locus) -> Vec<Violation> {
        self.keys.finish(set)
    }
}

/// Sums over the teams of a season.
#[derive(Debug, Default)]
struct Sums {
    teams: usize,
    wins: u64,
    losses: u64,
    points_for: u64,
    points_against: u64,
}

/// Judges teams' seasons.
#[derive(Debug, Default)]
pub struct TeamSeasonStatsJudge {
    keys: Unique,
    seasons: BTreeMap<u16, Sums>,
}

impl Judge for TeamSeasonStatsJudge {
    type Item = ();

    fn contract(&self) -> &'static Contract {
        team_season_stats()
    }

    fn judge(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<()>, Vec<Violation>) {
        let at = |path| leaf(team_season_stats(), path);
        let count = |path| row.integer::<u64>(at(path)).unwrap_or_default();
        let (games, wins, losses) = (count("games"), count("wins"), count("losses"));
        let mut violations = Vec::new();
        if games != wins + losses {
            let (found, msg) = (json!(games), format!("Games should be {wins} wins and {losses} losses together"));
            violations.push(Violation::of(&RECORD_MISMATCH, place.locus_of("games"), found, msg).at(steps("games")));
        }
        let season = row.integer::<u16>(at("season")).unwrap_or_default();
        let team = row.choice(at("team")).and_then(TeamId::at).map_or("", TeamId::abbreviation);
        violations.extend(self.keys.enter(&format!("{season} {team}"), "team", place));
        if !any_error(&violations) {
            let sums = self.seasons.entry(season).or_default();
            sums.teams += 1;
            sums.wins += wins;
            sums.losses += losses;
            sums.points_for += count("points_for");
            sums.points_against += count("points_against");
        }
        judged(violations)
    }

    fn finish(&mut self, set: &Locus) -> Vec<Violation> {
        let mut violations = self.keys.finish(set);
        for (year, sums) in self.seasons.iter().filter(|(_, sums)| sums.teams == TEAMS.len()) {
            let pairs = [
                ("wins", sums.wins, "losses", sums.losses),
                ("points scored", sums.points_for, "points allowed", sums.points_against),
            ];
            for (one, ours, other, theirs) in pairs.into_iter().filter(|(_, ours, _, theirs)| ours != theirs) {
                let msg = format!("In season {year}, {one} of all teams should equal {other}, {theirs}");
                violations.push(Violation::of(&LEAGUE_SUMS, set.clone(), json!(ours), msg));
            }
        }
        violations
    }
}

/// Judges logged predictions.
#[derive(Debug, Default)]
pub struct PredictionsJudge {
    keys: Unique,
}

impl Judge for PredictionsJudge {
    type Item = ();

    fn contract(&self) -> &'static Contract {
        predictions()
    }

    fn judge(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<()>, Vec<Violation>) {
        let at = |path| leaf(predictions(), path);
        let mut violations = Vec::new();
        if let (Some(day), Some(made_at)) = (row.day(at("day")), row.instant(at("made_at")))
            && made_at > tip_off(day)
        {
            let msg = format!("A prediction for {day} should be made by {}", tip_off(day).to_rfc3339());
            let found = json!(made_at.to_rfc3339());
            violations.push(Violation::of(&MADE_TOO_LATE, place.locus_of("made_at"), found, msg).at(steps("made_at")));
        }
        let text = |path| row.text(at(path)).unwrap_or_default();
        let key = format!("{} {}", text("game_id"), text("version"));
        violations.extend(self.keys.enter(&key, "game_id", place));
        judged(violations)
    }

    fn finish(&mut self, set: &Locus) -> Vec<Violation> {
        self.keys.finish(set)
    }
}

/// Judges outcomes.
#[derive(Debug, Default)]
pub struct OutcomesJudge {
    keys: Unique,
}

impl Judge for OutcomesJudge {
    type Item = ();

    fn contract(&self) -> &'static Contract {
        outcomes()
    }

    fn judge(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<()>, Vec<Violation>) {
        let key = row.text(leaf(outcomes(), "game_id")).unwrap_or_default();
        judged(self.keys.enter(key, "game_id", place).into_iter().collect())
    }

    fn finish(&mut self, set: &Locus) -> Vec<Violation> {
        self.keys.finish(set)
    }
}
