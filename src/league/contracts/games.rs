//! The contract `games`: what every game promises, whatever format it came in, and the rules that its fields cannot say.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::OnceLock;

use chrono::Datelike;
use hashbrown::HashTable;
use serde_json::{Value, json};

use super::super::{BoxTotals, Game, Phase, Score, TEAMS, TeamId};
use super::judge::{Judge, Place, Spot, Spots};
use crate::base::{Date, Locus, days_between};
use crate::data::{Contract, Declaration, Orders, Row, Rule, Scope, Violation, any_error, steps};

/// A season with fewer regular-season games than this may still lack a team: it has just begun.
pub const BEGUN: usize = 100;

/// Games that a season can have of each phase: 1,230 regular ones since there are thirty teams (and a few more where a
/// provider cannot tell the play-in from them), six of the play-in, at most seven in each of fifteen series, one Cup final.
const MOST: [(Phase, usize); 4] =
    [(Phase::Regular, 1_240), (Phase::Playin, 6), (Phase::Playoff, 105), (Phase::CupFinal, 1)];
/// A season whose playoffs have begun has at least this many regular games: the shortest with thirty teams had 990.
const FEWEST_REGULAR: usize = 900;

/// Possessions of a side that a game has had, by far: the extremes of nine seasons are 82 and 128.
const POSSESSIONS: std::ops::RangeInclusive<f64> = 70.0..=150.0;

const TIE: Rule = Rule::error("tie", Scope::Record, "accuracy", "A game that is over has a winner.");
const ZERO_SCORE: Rule =
    Rule::error("zero_score", Scope::Record, "accuracy", "Both sides of a game that is over have scored.");
const SELF_PLAY: Rule = Rule::error("self_play", Scope::Record, "consistency", "A team plays against another team.");
const SEASON_MISMATCH: Rule = Rule::error(
    "season_mismatch",
    Scope::Record,
    "consistency",
    "The date lies between 1 September of the season's year and 31 October of the next.",
);
const FUTURE: Rule = Rule::error(
    "played_in_the_future",
    Scope::Record,
    "timeliness",
    "A game after the day of the ingest has no score.",
);
/// Box totals that no game has had.
pub(super) const IMPOSSIBLE_BOX: Rule = Rule::warning(
    "impossible_box",
    Scope::Record,
    "accuracy",
    "A side has 70 to 150 possessions, and no more offensive rebounds than shots that it can have missed.",
);
const DUPLICATE_ID: Rule = Rule::error(
    "duplicate_id",
    Scope::Set,
    "uniqueness",
    "No earlier row has the game's id; the later row is refused.",
);
const TWICE: Rule = Rule::error(
    "team_twice_a_day",
    Scope::Set,
    "uniqueness",
    "A team plays at most once a day; the later row is refused.",
);
const RESULT_MISSING: Rule = Rule::warning(
    "result_missing",
    Scope::Set,
    "completeness",
    "A game before the last one with a score has a score; otherwise it is taken as postponed.",
);
const TEAM_COUNT: Rule = Rule::error(
    "team_count",
    Scope::Set,
    "completeness",
    "The set has exactly thirty teams, and so has every season of at least 100 regular games.",
);
const TOO_MANY: Rule = Rule::error(
    "too_many_games",
    Scope::Set,
    "coverage",
    "A season has at most 1,240 regular games, 6 of the play-in, 105 of the playoffs and one Cup final.",
);
const TOO_FEW: Rule = Rule::warning(
    "too_few_games",
    Scope::Set,
    "coverage",
    "A season whose playoffs have begun has at least 900 regular games.",
);

/// The contract of a game. Its fields are those of [`Game`]'s JSON form.
pub fn games() -> &'static Contract {
    static GAMES: OnceLock<Contract> = OnceLock::new();
    const RULES: &[&Rule] = &[
        &TIE,
        &ZERO_SCORE,
        &SELF_PLAY,
        &SEASON_MISMATCH,
        &FUTURE,
        &IMPOSSIBLE_BOX,
        &DUPLICATE_ID,
        &TWICE,
        &RESULT_MISSING,
        &TEAM_COUNT,
        &TOO_MANY,
        &TOO_FEW,
    ];
    GAMES.get_or_init(|| {
        Contract::declare::<Game>(
            Declaration { id: "games", version: "2.0.0", key: &["id"], rules: RULES },
            Orders::default().of::<Score>().of::<BoxTotals>(),
        )
    })
}

/// Where the fields of a game stand among the contract's leaves.
struct Leaves {
    id: usize,
    date: usize,
    season: usize,
    phase: usize,
    neutral: usize,
    home: usize,
    visitor: usize,
    score: [usize; 2],
    boxes: [[usize; 4]; 2],
}

fn leaves() -> &'static Leaves {
    static LEAVES: OnceLock<Leaves> = OnceLock::new();
    LEAVES.get_or_init(|| {
        let at = |path: &str| games().leaf(path).unwrap_or(usize::MAX);
        let boxes = |side: &str| ["fga", "fta", "oreb", "tov"].map(|name| at(&format!("{side}.{name}")));
        Leaves {
            id: at("id"),
            date: at("date"),
            season: at("season"),
            phase: at("phase"),
            neutral: at("neutral"),
            home: at("home"),
            visitor: at("visitor"),
            score: [at("score.home"), at("score.visitor")],
            boxes: [boxes("home_box"), boxes("visitor_box")],
        }
    })
}

/// Makes games of rows and holds each against the rules and against the games before it.
#[derive(Debug)]
pub struct GamesJudge {
    today: Option<Date>,
    set: SetChecks,
}

impl GamesJudge {
    /// `today` is the day of the ingest: a real game after it cannot have a score. None for a simulated league.
    pub fn new(today: Option<Date>) -> Self {
        Self { today, set: SetChecks::default() }
    }

    /// With games that are there already, such as those that a row of the quarantine joins.
    #[must_use]
    pub fn among(mut self, games: &[Game], set: &Locus) -> Self {
        for (number, game) in (1..).zip(games) {
            self.set.enter(game, &Place::of(set, number));
        }
        self
    }
}

impl Judge for GamesJudge {
    type Item = Game;

    fn contract(&self) -> &'static Contract {
        games()
    }

    fn judge(&mut self, row: &Row<'_>, place: &Place<'_>) -> (Option<Game>, Vec<Violation>) {
        let mut violations = Vec::new();
        let Some(game) = assemble(row) else {
            // Every required field has kept its kind, so this says that contract and type have drifted apart.
            let msg = "Fields should make a game";
            violations.push(Violation::error("contract", place.locus(), Value::Null, msg));
            return (None, violations);
        };
        check_sense(&game, place, self.today, &mut violations);
        if !any_error(&violations) {
            violations.extend(self.set.enter(&game, place));
        }
        ((!any_error(&violations)).then_some(game), violations)
    }

    fn finish(&mut self, set: &Locus) -> Vec<Violation> {
        self.set.finish(set)
    }
}

fn assemble(row: &Row<'_>) -> Option<Game> {
    let at = leaves();
    let team = |leaf: usize| row.choice(leaf).and_then(TeamId::at);
    let boxes = |[fga, fta, oreb, tov]: [usize; 4]| {
        Some(BoxTotals {
            fga: row.integer(fga)?,
            fta: row.integer(fta)?,
            oreb: row.integer(oreb)?,
            tov: row.integer(tov)?,
        })
    };
    Some(Game {
        id: row.text(at.id)?.to_owned(),
        date: row.day(at.date)?,
        season: row.integer(at.season)?,
        phase: Phase::at(row.choice(at.phase)?)?,
        neutral: row.flag(at.neutral)?,
        home: team(at.home)?,
        visitor: team(at.visitor)?,
        score: row.integer(at.score[0]).zip(row.integer(at.score[1])).map(|(home, visitor)| Score { home, visitor }),
        home_box: boxes(at.boxes[0]),
        visitor_box: boxes(at.boxes[1]),
    })
}

fn check_sense(game: &Game, place: &Place<'_>, today: Option<Date>, violations: &mut Vec<Violation>) {
    if let Some(Score { home, visitor }) = game.score {
        let found = || json!(format!("{home}–{visitor}"));
        let at = || place.locus_of("score.home");
        if home == 0 || visitor == 0 {
            let msg = "A final score should be above 0 on both sides; a game still to come has no score at all";
            violations.push(Violation::of(&ZERO_SCORE, at(), found(), msg));
        } else if home == visitor {
            let msg = "A final score should have a winner; a game still to come has no score at all";
            violations.push(Violation::of(&TIE, at(), found(), msg));
        }
        if today.is_some_and(|today| game.date > today) {
            let msg = "A game that is still to come should have no score";
            violations.push(Violation::of(&FUTURE, at(), json!(format!("a score of {}", game.date)), msg));
        }
    }
    if game.home == game.visitor {
        let (at, team) = (place.locus_of("visitor"), json!(game.visitor.abbreviation()));
        violations.push(Violation::of(&SELF_PLAY, at, team, "The visitor should be another team than the home side"));
    }
    if !season_spans(game.season, game.date) {
        let msg = format!("Season should be the year in which the season of {} starts", game.date);
        violations.push(Violation::of(&SEASON_MISMATCH, place.locus_of("season"), json!(game.season), msg));
    }
    let [home, visitor] = [game.score.map(|score| score.home), game.score.map(|score| score.visitor)];
    for (side, totals, points) in [("home_box", game.home_box, home), ("visitor_box", game.visitor_box, visitor)] {
        if let Some(found) = totals.and_then(|totals| impossible(totals, points)) {
            let at = place.locus_of(&format!("{side}.fga"));
            let msg = "Box totals should be those of a game";
            violations.push(Violation::of(&IMPOSSIBLE_BOX, at, json!(found), msg).at(steps(side)));
        }
    }
}

/// Whether a season can have a game on a day. The season of 2019 ended on 11 October 2020, later than any other.
fn season_spans(season: u16, day: Date) -> bool {
    match day.year() - i32::from(season) {
        0 => day.month() >= 9,
        1 => day.month() <= 10,
        _ => false,
    }
}

/// What no game has had, in words; none where the totals can be.
///
/// Shots missed are not among the totals, but the points bound them: whoever has `points` has made at least a third as
/// many shots, a free throw counting as one.
pub(super) fn impossible(totals: BoxTotals, points: Option<u16>) -> Option<String> {
    let possessions = totals.possessions();
    if !POSSESSIONS.contains(&possessions) {
        return Some(format!("{possessions:.1} possessions"));
    }
    let made = points.map_or(0, |points| points.div_ceil(3));
    let missed = (totals.fga + totals.fta).saturating_sub(made);
    (totals.oreb > missed).then(|| format!("{} offensive rebounds of at most {missed} missed shots", totals.oreb))
}

/// The rules over the whole set, told game by game.
///
/// What it remembers is bounded by the calendar, not by the source: it counts only games that break no rule, and of
/// these there are at most fifteen a day.
#[derive(Debug, Default)]
pub struct SetChecks {
    spots: Spots,
    ids: Ids,
    /// For each day from the league's first: which team has played, and where.
    days: Vec<Option<Box<[Option<Spot>; TEAMS.len()]>>>,
    seasons: BTreeMap<u16, Season>,
    unplayed: Vec<(Date, Spot)>,
    last_played: Option<Date>,
}

#[derive(Debug, Default)]
struct Season {
    teams: TeamSet,
    games: [usize; 4],
}

/// Some of the teams: a bit each, as it is asked of every game.
#[derive(Debug, Default, Clone, Copy)]
struct TeamSet(u32);

const _: () = assert!(TEAMS.len() <= 32);

impl TeamSet {
    fn insert(&mut self, team: TeamId) {
        self.0 |= 1 << team.index();
    }

    fn has(self, team: TeamId) -> bool {
        self.0 & (1 << team.index()) != 0
    }

    fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    fn is_whole(self) -> bool {
        self.len() == TEAMS.len()
    }
}

/// Where each id stands. Their texts lie one behind the other, so that an id costs no allocation of its own.
#[derive(Debug, Default)]
struct Ids {
    texts: String,
    places: HashTable<(Range<u32>, Spot)>,
    hashing: foldhash::fast::RandomState,
}

impl Ids {
    fn get(&self, id: &str) -> Option<Spot> {
        let is_it = |(at, _): &(Range<u32>, Spot)| text_at(&self.texts, at) == id;
        self.places.find(self.hashing.hash_one(id), is_it).map(|(_, spot)| *spot)
    }

    /// Adds an id that is not there.
    fn insert(&mut self, id: &str, spot: Spot) {
        let start = self.texts.len() as u32;
        self.texts.push_str(id);
        let (texts, hashing) = (&self.texts, &self.hashing);
        let place = (start..texts.len() as u32, spot);
        self.places.insert_unique(hashing.hash_one(id), place, |(at, _)| hashing.hash_one(text_at(texts, at)));
    }
}

fn text_at<'t>(texts: &'t str, at: &Range<u32>) -> &'t str {
    &texts[at.start as usize..at.end as usize]
}

/// The league's first game was played on 1 November 1946.
const FIRST_DAY: Option<Date> = Date::from_ymd_opt(1946, 11, 1);

fn day_number(day: Date) -> usize {
    FIRST_DAY.and_then(|first| usize::try_from(days_between(first, day)).ok()).unwrap_or_default()
}

impl SetChecks {
    /// Holds a game against those before it. Where it breaks no rule it counts as one of them.
    pub fn enter(&mut self, game: &Game, place: &Place<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        if let Some(before) = self.ids.get(&game.id) {
            let first = self.spots.locus(before);
            let msg = format!("Id should be one that no other game has; {first} has it too");
            let violation = Violation::of(&DUPLICATE_ID, place.locus_of("id"), json!(game.id), msg).at(steps("id"));
            violations.push(violation.with("first", json!(first)));
        }
        let today = self.days.get(day_number(game.date)).and_then(Option::as_ref);
        for (team, field) in [(game.home, "home"), (game.visitor, "visitor")] {
            if let Some(before) = today.and_then(|teams| teams[team.index()]) {
                let found = json!(format!("{team} on {}", game.date));
                let msg =
                    format!("A team should play at most once a day; {} is another game", self.spots.locus(before));
                violations.push(Violation::of(&TWICE, place.locus_of(field), found, msg).at(steps(field)));
            }
        }
        if violations.is_empty() {
            self.count(game, place);
        }
        violations
    }

    fn count(&mut self, game: &Game, place: &Place<'_>) {
        let spot = self.spots.spot(place);
        self.ids.insert(&game.id, spot);
        let season = self.seasons.entry(game.season).or_default();
        season.games[game.phase as usize] += 1;
        let day = day_number(game.date);
        if self.days.len() <= day {
            self.days.resize(day + 1, None);
        }
        let teams = self.days[day].get_or_insert_with(|| Box::new([None; TEAMS.len()]));
        for team in [game.home, game.visitor] {
            season.teams.insert(team);
            teams[team.index()] = Some(spot);
        }
        if game.score.is_some() {
            self.last_played = self.last_played.max(Some(game.date));
        } else {
            self.unplayed.push((game.date, spot));
        }
    }

    /// What is to be said about the set as a whole.
    pub fn finish(&self, set: &Locus) -> Vec<Violation> {
        let mut violations = Vec::new();
        let every = TeamSet(self.seasons.values().fold(0, |every, season| every | season.teams.0));
        if !every.is_whole() && every.len() > 0 {
            violations.push(teams_missing(set.clone(), "the set", every));
        } else {
            for (year, season) in &self.seasons {
                if season.games[Phase::Regular as usize] >= BEGUN && !season.teams.is_whole() {
                    violations.push(teams_missing(set.clone(), &format!("season {year}"), season.teams));
                }
            }
        }
        for (year, season) in &self.seasons {
            violations.extend(counts_of(*year, season, set));
        }
        for (day, spot) in &self.unplayed {
            if self.last_played.is_some_and(|last| *day < last) {
                let found = json!(format!("no score of a game on {day}"));
                let msg = "A game should have a score where later games have theirs; it is taken as postponed";
                violations.push(Violation::of(&RESULT_MISSING, self.spots.locus(*spot), found, msg));
            }
        }
        violations
    }
}

fn counts_of(year: u16, season: &Season, set: &Locus) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (phase, most) in MOST {
        let found = season.games[phase as usize];
        if found > most {
            let name = phase.words();
            let msg = format!("Season {year} should have at most {most} {name} games");
            violations.push(Violation::of(&TOO_MANY, set.clone(), json!(found), msg));
        }
    }
    let regular = season.games[Phase::Regular as usize];
    if season.games[Phase::Playoff as usize] > 0 && regular < FEWEST_REGULAR {
        let msg =
            format!("Season {year}, whose playoffs have begun, should have at least {FEWEST_REGULAR} regular games");
        violations.push(Violation::of(&TOO_FEW, set.clone(), json!(regular), msg));
    }
    violations
}

fn teams_missing(set: Locus, part: &str, found: TeamSet) -> Violation {
    let missing: Vec<&str> = TeamId::all().filter(|team| !found.has(*team)).map(TeamId::abbreviation).collect();
    let (names, verb) = (missing.join(", "), if missing.len() == 1 { "is" } else { "are" });
    let msg = format!("There should be exactly {} teams in {part}: {names} {verb} missing", TEAMS.len());
    Violation::of(&TEAM_COUNT, set, json!(found.len()), msg)
}
