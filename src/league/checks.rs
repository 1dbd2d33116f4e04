//! What a contract's fields cannot say: rules within a game, and rules over the whole set.

use std::collections::{BTreeMap, BTreeSet};

use super::{BoxTotals, Game, Phase, Score, TEAMS, TeamId};
use crate::base::{Date, Locus};
use crate::data::{RawRecord, Row, Severity, Violation};

/// A season with fewer regular-season games than this may still lack a team: it has just begun.
pub const BEGUN: usize = 100;

/// Makes a game of a row that keeps the contract, with every rule that it breaks; no game where one keeps it out.
///
/// `today` is the day of the ingest: a real game after it cannot have a score. None for a simulated league.
pub fn game_of(row: &Row<'_>, record: &RawRecord, today: Option<Date>) -> (Option<Game>, Vec<Violation>) {
    let mut violations = Vec::new();
    let Some(mut game) = assemble(row) else {
        // Every required field has kept its kind, so this says that contract and type have drifted apart.
        violations.push(Violation::error("contract", record.locus.clone(), "a row", "the fields of a game"));
        return (None, violations);
    };
    game.score = score_of(row, record, &mut violations);
    game.home_box = box_of("home", row, record, &mut violations);
    game.visitor_box = box_of("visitor", row, record, &mut violations);
    check_sense(&game, record, today, &mut violations);
    let refused = violations.iter().any(|violation| violation.severity == Severity::Error);
    ((!refused).then_some(game), violations)
}

fn assemble(row: &Row<'_>) -> Option<Game> {
    Some(Game {
        id: row.text("id")?.to_owned(),
        date: row.day("date")?,
        season: row.integer("season")?,
        phase: match row.text("phase")? {
            "regular" => Phase::Regular,
            "playin" => Phase::Playin,
            "playoff" => Phase::Playoff,
            "cup_final" => Phase::CupFinal,
            _ => return None,
        },
        neutral: row.flag("neutral")?,
        home: row.text("home")?.parse().ok()?,
        visitor: row.text("visitor")?.parse().ok()?,
        score: None,
        home_box: None,
        visitor_box: None,
    })
}

/// Both scores or none; never equal.
fn score_of(row: &Row<'_>, record: &RawRecord, violations: &mut Vec<Violation>) -> Option<Score> {
    let (home, visitor) = (row.integer::<u16>("score.home"), row.integer::<u16>("score.visitor"));
    match (home, visitor) {
        (Some(home), Some(visitor)) if home == visitor => {
            violations.push(Violation::error(
                "tie",
                record.locus_of("score.home"),
                &format!("{home}–{visitor}"),
                "a winner (a game still to come has no score at all)",
            ));
            None
        }
        (Some(home), Some(visitor)) => Some(Score { home, visitor }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let empty = if home.is_none() { "score.home" } else { "score.visitor" };
            violations.push(Violation::error(
                "score_incomplete",
                record.locus_of(empty),
                "the other side's score only",
                "both scores of a final game, or none of a game still to come",
            ));
            None
        }
    }
}

/// All four totals or none; fewer are dropped with a warning, since possessions need all.
fn box_of(side: &str, row: &Row<'_>, record: &RawRecord, violations: &mut Vec<Violation>) -> Option<BoxTotals> {
    let names = ["fga", "fta", "oreb", "tov"].map(|name| format!("{side}_box.{name}"));
    let [fga, fta, oreb, tov] = names.each_ref().map(|name| row.integer::<u16>(name));
    match (fga, fta, oreb, tov) {
        (Some(fga), Some(fta), Some(oreb), Some(tov)) => Some(BoxTotals { fga, fta, oreb, tov }),
        (None, None, None, None) => None,
        partly => {
            let empty = [partly.0, partly.1, partly.2, partly.3].iter().position(Option::is_none).unwrap_or(0);
            violations.push(Violation::warning(
                "box_incomplete",
                record.locus_of(&names[empty]),
                "an empty value beside other totals",
                "all four box totals of a side, or none: they are not used",
            ));
            None
        }
    }
}

fn check_sense(game: &Game, record: &RawRecord, today: Option<Date>, violations: &mut Vec<Violation>) {
    if game.home == game.visitor {
        violations.push(Violation::error(
            "self_play",
            record.locus_of("visitor"),
            game.visitor.abbreviation(),
            "another team than the home side",
        ));
    }
    let first = Date::from_ymd_opt(i32::from(game.season), 9, 1);
    // The season of 2019 ended on 11 October 2020, later than any other.
    let last = Date::from_ymd_opt(i32::from(game.season) + 1, 10, 31);
    if let (Some(first), Some(last)) = (first, last)
        && !(first..=last).contains(&game.date)
    {
        violations.push(Violation::error(
            "season_mismatch",
            record.locus_of("season"),
            &game.season.to_string(),
            format!("the year in which the season of {} starts", game.date),
        ));
    }
    if game.score.is_some() && today.is_some_and(|today| game.date > today) {
        violations.push(Violation::error(
            "played_in_the_future",
            record.locus_of("score.home"),
            &format!("a score of a game on {}", game.date),
            "no score of a game that is still to come",
        ));
    }
}

/// The rules over the whole set, told game by game.
#[derive(Debug, Default)]
pub struct SetChecks {
    ids: BTreeMap<String, Locus>,
    days: BTreeMap<(Date, TeamId), Locus>,
    seasons: BTreeMap<u16, Season>,
    unplayed: Vec<(Date, Locus)>,
    last_played: Option<Date>,
}

#[derive(Debug, Default)]
struct Season {
    teams: BTreeSet<TeamId>,
    regular: usize,
}

impl SetChecks {
    /// Holds a game against those before it. Where it breaks no rule it counts as one of them.
    pub fn enter(&mut self, game: &Game, record: &RawRecord) -> Vec<Violation> {
        let mut violations = Vec::new();
        if let Some(before) = self.ids.get(&game.id) {
            violations.push(Violation::error(
                "duplicate_id",
                record.locus_of("id"),
                &format!("{:?}", game.id),
                format!("an id that no other game has; {before} has it too"),
            ));
        }
        for (team, column) in [(game.home, "home"), (game.visitor, "visitor")] {
            if let Some(before) = self.days.get(&(game.date, team)) {
                violations.push(Violation::error(
                    "team_twice_a_day",
                    record.locus_of(column),
                    &format!("{team} on {}", game.date),
                    format!("at most one game of a team on a day; {before} is another"),
                ));
            }
        }
        if violations.is_empty() {
            self.count(game, record);
        }
        violations
    }

    fn count(&mut self, game: &Game, record: &RawRecord) {
        let row = record.locus.clone();
        self.ids.insert(game.id.clone(), row.clone());
        let season = self.seasons.entry(game.season).or_default();
        season.regular += usize::from(game.phase == Phase::Regular);
        for team in [game.home, game.visitor] {
            season.teams.insert(team);
            self.days.insert((game.date, team), row.clone());
        }
        if game.score.is_some() {
            self.last_played = self.last_played.max(Some(game.date));
        } else {
            self.unplayed.push((game.date, row));
        }
    }

    /// What is to be said about the set as a whole.
    pub fn finish(&self, set: &Locus) -> Vec<Violation> {
        let mut violations = Vec::new();
        let every: BTreeSet<TeamId> = self.seasons.values().flat_map(|season| season.teams.iter().copied()).collect();
        if every.len() < TEAMS.len() && !every.is_empty() {
            violations.push(teams_missing(set.clone(), "the set", &every));
        } else {
            for (year, season) in &self.seasons {
                if season.regular >= BEGUN && season.teams.len() < TEAMS.len() {
                    violations.push(teams_missing(set.clone(), &format!("season {year}"), &season.teams));
                }
            }
        }
        for (day, row) in &self.unplayed {
            if self.last_played.is_some_and(|last| *day < last) {
                violations.push(Violation::warning(
                    "result_missing",
                    row.clone(),
                    &format!("no score of a game on {day}"),
                    "a score, as later games have theirs; it is taken as postponed",
                ));
            }
        }
        violations
    }
}

fn teams_missing(set: Locus, part: &str, found: &BTreeSet<TeamId>) -> Violation {
    let missing: Vec<&str> = TeamId::all().filter(|team| !found.contains(team)).map(TeamId::abbreviation).collect();
    let (names, verb) = (missing.join(", "), if missing.len() == 1 { "is" } else { "are" });
    Violation::error(
        "team_count",
        set,
        &format!("{} teams in {part}", found.len()),
        format!("exactly {}: {names} {verb} missing", TEAMS.len()),
    )
}
