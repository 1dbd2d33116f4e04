//! The fans' page: a day's games as rows of an almanac.

use super::{count, date_long, date_medium, ordinal_share, percent, percent_pair, plural, share, signed};
use crate::base::{Date, days_between, math};
use crate::flows::day::{DayView, GameCard};
use crate::flows::reasons::{Reason, Reasons};
use crate::league::{Phase, TeamId};

/// One side of a game.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Three letters.
    pub abbreviation: &'static str,
    /// City and nickname.
    pub name: String,
    /// Its chance in whole percent; none where nothing was predicted.
    pub percent: Option<String>,
    /// Its share of the bar, 0 to 1.
    pub share: f64,
    /// Whether it is the side that the model picks.
    pub favoured: bool,
    /// Its points, once played.
    pub points: Option<u16>,
    /// Whether it won, once played.
    pub won: bool,
}

/// How a pick turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The side with the higher chance won.
    Right,
    /// It lost.
    Wrong,
    /// The game is still to come, or nothing was predicted.
    Open,
}

/// One game as the page lays it out.
#[derive(Debug, Clone, PartialEq)]
pub struct GameRow {
    /// The game's id.
    pub id: String,
    /// Left.
    pub visitor: Side,
    /// Right.
    pub home: Side,
    /// Whether it has a score.
    pub played: bool,
    /// How the pick turned out.
    pub verdict: Verdict,
    /// The side that the model picks, as its abbreviation, or why there is none.
    pub pick: String,
    /// `Playoffs`, `Play-in`, `neutral floor`, …; empty for an ordinary game.
    pub tags: Vec<&'static str>,
    /// Smaller print: the other version's number, missing features.
    pub details: Vec<String>,
    /// The whole game in one sentence, for a screen reader.
    pub sentence: String,
}

/// A game's row.
pub fn game_row(card: &GameCard) -> GameRow {
    let game = &card.game;
    let (home_text, visitor_text) = match card.prob_home {
        Some(p) => {
            let (home, visitor) = percent_pair(p);
            (Some(home), Some(visitor))
        }
        None => (None, None),
    };
    let home_favoured = card.prob_home.map(|p| p >= 0.5);
    let home = side(
        game.home,
        home_text,
        card.prob_home,
        home_favoured == Some(true),
        game.score.map(|s| (s.home, s.home > s.visitor)),
    );
    let visitor = side(
        game.visitor,
        visitor_text,
        card.prob_home.map(|p| 1.0 - p),
        home_favoured == Some(false),
        game.score.map(|s| (s.visitor, s.visitor > s.home)),
    );
    let verdict = match (card.prob_home, card.pick_right) {
        (Some(_), Some(true)) => Verdict::Right,
        (Some(_), Some(false)) => Verdict::Wrong,
        _ => Verdict::Open,
    };
    let pick = pick_words(&home, &visitor);
    let sentence = sentence(&home, &visitor, verdict, &pick);
    GameRow {
        id: game.id.clone(),
        played: game.score.is_some(),
        verdict,
        pick,
        tags: tags(game.phase, game.neutral),
        details: details(card),
        sentence,
        visitor,
        home,
    }
}

/// Why a game got its number, a line for each thing that moved it by a tenth of a point or more, the weightiest first.
pub fn reason_lines(reasons: &Reasons, home: &str, visitor: &str) -> Vec<String> {
    let line = |reason: &Reason| {
        let points = 100.0 * reason.adds;
        let side = if points > 0.0 { home } else { visitor };
        let mut name = reason.name.clone();
        // Names are of one alphabet.
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        format!("{name}: {} for {side}", signed(points.abs(), 1))
    };
    let moved = reasons.reasons.iter().filter(|reason| reason.adds.abs() >= 0.0005);
    let (start, _) = percent_pair(reasons.base);
    std::iter::once(format!("Knowing nothing of the teams: {start} for {home}. What moves it, in percentage points:"))
        .chain(moved.map(line))
        .collect()
}

fn side(
    team: TeamId,
    percent: Option<String>,
    chance: Option<f64>,
    favoured: bool,
    result: Option<(u16, bool)>,
) -> Side {
    let facts = team.team();
    Side {
        abbreviation: facts.abbreviation,
        name: format!("{} {}", facts.city, facts.name),
        percent,
        share: chance.unwrap_or(0.5),
        favoured,
        points: result.map(|(points, _)| points),
        won: result.is_some_and(|(_, won)| won),
    }
}

fn tags(phase: Phase, neutral: bool) -> Vec<&'static str> {
    let mut tags = Vec::new();
    match phase {
        Phase::Regular => {}
        Phase::Playin => tags.push("Play-in"),
        Phase::Playoff => tags.push("Playoffs"),
        Phase::CupFinal => tags.push("Cup final"),
    }
    if neutral {
        tags.push("Neutral floor");
    }
    tags
}

fn pick_words(home: &Side, visitor: &Side) -> String {
    let favourite = if home.favoured { home } else { visitor };
    match &favourite.percent {
        Some(_) => favourite.abbreviation.to_owned(),
        None => "No prediction for this game".to_owned(),
    }
}

fn details(card: &GameCard) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((version, p)) = &card.shadow {
        let home = card.game.home.abbreviation();
        lines.push(format!("Version {version}, scored alongside but shown to other visitors: {home} {}.", percent(*p)));
    }
    if card.missing > 0.0 {
        lines.push(format!("{} of the model's inputs were missing for this game.", share(card.missing)));
    }
    if let Some(since) = card.stale_since {
        let since = date_medium(since);
        lines.push(format!(
            "Stale: results since {since} are missing in the data, and this forecast rests on what was known then."
        ));
    }
    lines
}

fn sentence(home: &Side, visitor: &Side, verdict: Verdict, pick: &str) -> String {
    let chances = match (&visitor.percent, &home.percent) {
        (Some(v), Some(h)) => {
            format!("{} {v}, {} {h} to win.", visitor.name, home.name)
        }
        _ => format!("{pick}."),
    };
    let result = match (visitor.points, home.points) {
        (Some(v), Some(h)) => format!(" Final score {v} to {h}."),
        _ => String::new(),
    };
    let verdict = match verdict {
        Verdict::Right => " The pick was right.",
        Verdict::Wrong => " The pick was wrong.",
        Verdict::Open => "",
    };
    format!("{} at {}: {chances}{result}{verdict}", visitor.name, home.name)
}

/// Where a day lies, seen from the page's today: `Tonight`, `Yesterday`, `12 days ago`, `In 3 days`.
pub fn day_kicker(day: Date, today: Date) -> String {
    match days_between(today, day) {
        0 => "Tonight".to_owned(),
        -1 => "Yesterday".to_owned(),
        1 => "Tomorrow".to_owned(),
        n if n < 0 => format!("{} days ago", count(n.unsigned_abs())),
        n => format!("In {} days", count(n.unsigned_abs())),
    }
}

/// A day in a line and its score, if it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// `10 games` or `No games`.
    pub games: String,
    /// `7 of 10`, once results are in.
    pub picks: Option<String>,
    /// Mean log loss of the settled games.
    pub log_loss: Option<f64>,
}

/// Counts a day.
pub fn summary(view: &DayView) -> Summary {
    let games = if view.games.is_empty() { "No games".to_owned() } else { plural(view.games.len() as u64, "game") };
    let settled: Vec<(f64, bool, bool)> =
        view.games.iter().filter_map(|card| Some((card.prob_home?, card.game.home_won()?, card.pick_right?))).collect();
    if settled.is_empty() {
        return Summary { games, picks: None, log_loss: None };
    }
    let right = settled.iter().filter(|(_, _, right)| *right).count();
    let loss: f64 =
        settled.iter().map(|(p, home_won, _)| -math::ln(if *home_won { *p } else { 1.0 - *p }.max(1e-15))).sum();
    Summary { games, picks: Some(ordinal_share(right, settled.len())), log_loss: Some(loss / settled.len() as f64) }
}

/// How the numbers came to be, in one sentence under the version.
pub fn provenance(view: &DayView) -> String {
    let arm = match view.variant.as_str() {
        "challenger" => "You are in the challenger’s arm, one visitor of ten.",
        "champion" => "You are in the champion’s arm, nine visitors of ten.",
        other => return format!("Arm: {other}."),
    };
    if view.version.is_none() {
        return "No version predicted this day.".to_owned();
    }
    let when = if view.logged {
        "The numbers were written down on the morning of the day, before any game began."
    } else {
        "The numbers were computed now, from what was known on the morning of the day."
    };
    format!("{when} {arm}")
}

/// What an empty day says, and where to go.
pub fn empty_words(view: &DayView) -> String {
    match (view.previous, view.next) {
        (_, Some(next)) => {
            format!("Nobody plays on {}. The next games are on {}.", date_medium(view.day), date_long(next))
        }
        (Some(previous), None) => {
            format!("Nobody plays on {}. The last games were on {}.", date_medium(view.day), date_long(previous))
        }
        (None, None) => "There are no games in this data.".to_owned(),
    }
}

/// The game day nearest to a wished one; of two equally near, the earlier. `days` is ascending.
pub fn nearest_day(days: &[Date], wished: Date) -> Option<Date> {
    let after = days.partition_point(|day| *day < wished);
    let before = after.checked_sub(1).and_then(|index| days.get(index));
    match (before, days.get(after)) {
        (Some(before), Some(after)) if days_between(*before, wished) <= days_between(wished, *after) => Some(*before),
        (_, Some(after)) => Some(*after),
        (before, None) => before.copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::SourceKind;
    use crate::league::{Game, Score};

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn card(prob_home: Option<f64>, score: Option<(u16, u16)>, pick_right: Option<bool>) -> GameCard {
        GameCard {
            game: Game {
                id: "g1".into(),
                date: day("2026-01-14"),
                season: 2025,
                phase: Phase::Regular,
                neutral: false,
                home: "NYK".parse().expect("a team"),
                visitor: "BOS".parse().expect("a team"),
                score: score.map(|(home, visitor)| Score { home, visitor }),
                home_box: None,
                visitor_box: None,
            },
            prob_home,
            shadow: None,
            pick_right,
            missing: 0.0,
            stale_since: None,
        }
    }

    fn view(games: Vec<GameCard>) -> DayView {
        DayView {
            day: day("2026-01-14"),
            today: day("2026-01-15"),
            previous: Some(day("2026-01-13")),
            next: None,
            source_kind: SourceKind::Real,
            version: Some("1.0.0".into()),
            variant: "champion".into(),
            logged: true,
            notes: vec![],
            games,
        }
    }

    #[test]
    fn the_favourite_is_the_side_with_the_higher_chance() {
        let row = game_row(&card(Some(0.38), None, None));
        assert!(row.visitor.favoured && !row.home.favoured);
        assert_eq!(row.pick, "BOS");
        assert_eq!(row.home.percent.as_deref(), Some("38%"));
        assert_eq!(row.verdict, Verdict::Open);
        assert_eq!(row.sentence, "Boston Celtics at New York Knicks: Boston Celtics 62%, New York Knicks 38% to win.");
    }

    #[test]
    fn a_played_game_tells_score_and_verdict() {
        let row = game_row(&card(Some(0.7), Some((118, 112)), Some(true)));
        assert!(row.home.won && !row.visitor.won && row.played);
        assert_eq!(row.verdict, Verdict::Right);
        assert!(row.sentence.ends_with("Final score 112 to 118. The pick was right."));
    }

    #[test]
    fn a_game_without_a_prediction_says_so_and_favours_nobody() {
        let row = game_row(&card(None, Some((118, 112)), None));
        assert_eq!(row.verdict, Verdict::Open);
        assert!(!row.home.favoured && !row.visitor.favoured);
        assert_eq!(row.pick, "No prediction for this game");
        assert_eq!(row.home.percent, None);
    }

    #[test]
    fn the_shadow_and_the_missing_inputs_are_small_print() {
        let mut card = card(Some(0.7), None, None);
        card.shadow = Some(("1.1.0".into(), 0.64));
        card.missing = 0.25;
        card.stale_since = chrono::NaiveDate::from_ymd_opt(2026, 1, 12);
        let row = game_row(&card);
        assert_eq!(row.details.len(), 3);
        assert!(row.details[2].starts_with("Stale: results since 12 Jan 2026 are missing"), "{}", row.details[2]);
        assert!(row.details[0].contains("1.1.0") && row.details[0].contains("NYK 64%"));
        assert!(row.details[1].starts_with("25.0%"));
    }

    #[test]
    fn a_day_counts_only_games_with_a_prediction_and_a_result() {
        let view = view(vec![
            card(Some(0.5), Some((100, 90)), Some(true)),
            card(Some(0.5), Some((90, 100)), Some(false)),
            card(None, Some((90, 100)), None),
            card(Some(0.9), None, None),
        ]);
        let summary = summary(&view);
        assert_eq!(summary.games, "4 games");
        assert_eq!(summary.picks.as_deref(), Some("1 of 2"));
        let loss = summary.log_loss.expect("two settled games");
        assert!((loss - std::f64::consts::LN_2).abs() < 1e-12);
    }

    #[test]
    fn a_day_to_come_has_no_score() {
        let summary = summary(&view(vec![card(Some(0.9), None, None)]));
        assert_eq!((summary.games.as_str(), summary.picks, summary.log_loss), ("1 game", None, None));
    }

    #[test]
    fn the_kicker_counts_from_the_pages_today() {
        let today = day("2026-01-15");
        for (other, words) in [
            ("2026-01-15", "Tonight"),
            ("2026-01-14", "Yesterday"),
            ("2026-01-16", "Tomorrow"),
            ("2026-01-03", "12 days ago"),
            ("2026-01-18", "In 3 days"),
        ] {
            assert_eq!(day_kicker(day(other), today), words);
        }
    }

    #[test]
    fn a_wished_day_without_games_gives_the_nearest_one() {
        let days = [day("2026-01-10"), day("2026-01-12"), day("2026-01-20")];
        assert_eq!(nearest_day(&days, day("2026-01-12")), Some(day("2026-01-12")));
        assert_eq!(nearest_day(&days, day("2026-01-11")), Some(day("2026-01-10")));
        assert_eq!(nearest_day(&days, day("2026-01-19")), Some(day("2026-01-20")));
        assert_eq!(nearest_day(&days, day("2030-01-01")), Some(day("2026-01-20")));
        assert_eq!(nearest_day(&days, day("2000-01-01")), Some(day("2026-01-10")));
        assert_eq!(nearest_day(&[], day("2000-01-01")), None);
    }

    #[test]
    fn an_empty_day_names_the_day_to_go_to() {
        let empty = view(vec![]);
        assert!(empty_words(&empty).contains("Tuesday, 13 January 2026"));
    }
}
