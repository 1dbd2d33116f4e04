//! Play-in and playoffs.

use std::cmp::Ordering;

use chrono::TimeDelta;

use super::SeasonGames;
use super::calendar::Calendar;
use super::play::{self, Legs};
use super::strength::League;
use crate::base::{Date, Rng};
use crate::league::{Conference, Phase, TEAMS, TeamId};

/// At home in a best of seven, as seen by the better seed.
const AT_HOME: [bool; 7] = [true, true, false, false, true, false, true];

/// Everything that a game needs.
struct Court<'a> {
    games: &'a mut SeasonGames,
    league: &'a mut League,
    legs: &'a mut Legs,
    rng: &'a mut Rng,
}

/// A series: the better seed, the other, and the games each has won.
struct Series {
    high: TeamId,
    low: TeamId,
    wins: [usize; 2],
}

/// Plays what follows the regular season and appends it.
pub(super) fn play(games: &mut SeasonGames, days: &Calendar, league: &mut League, legs: &mut Legs, rng: &mut Rng) {
    let table = standings(games);
    let start = days.last() + TimeDelta::days(2);
    let mut court = Court { games, league, legs, rng };
    let mut bracket = Vec::new();
    for (shift, conference) in [Conference::East, Conference::West].into_iter().enumerate() {
        let seeds: Vec<TeamId> =
            table.iter().copied().filter(|team| team.team().division.conference() == conference).collect();
        bracket.push((conference, seeds, shift as i64));
    }
    let eights = court.play_in(&bracket, start);
    let mut day = start + TimeDelta::days(4);
    // First round in the order of the bracket: 1–8, 4–5, 3–6, 2–7.
    let mut alive: Vec<Vec<TeamId>> = eights
        .iter()
        .map(|seeds| [0, 7, 3, 4, 2, 5, 1, 6].into_iter().filter_map(|at| seeds.get(at).copied()).collect())
        .collect();
    while alive[0].len() > 1 {
        let (winners, end) = court.round(&alive, &table, day);
        alive = winners;
        day = end + TimeDelta::days(2);
    }
    let finalists: Vec<TeamId> = alive.into_iter().flatten().collect();
    court.round(&[finalists], &table, day + TimeDelta::days(1));
}

/// Teams from best to worst: by wins, then by margin, then by the alphabet.
fn standings(games: &SeasonGames) -> Vec<TeamId> {
    let mut wins = vec![(0i64, 0i64); TEAMS.len()];
    for game in &games.games {
        let Some(score) = game.score else { continue };
        let margin = i64::from(score.home) - i64::from(score.visitor);
        for (team, margin) in [(game.home, margin), (game.visitor, -margin)] {
            wins[team.index()].0 += i64::from(margin > 0);
            wins[team.index()].1 += margin;
        }
    }
    let mut teams: Vec<TeamId> = TeamId::all().collect();
    teams.sort_by(|a, b| wins[b.index()].cmp(&wins[a.index()]).then(a.cmp(b)));
    teams
}

impl Court<'_> {
    /// Plays one game; the winner.
    fn game(&mut self, day: Date, phase: Phase, home: TeamId, visitor: TeamId) -> TeamId {
        self.league.advance_to(day);
        let mut game = self.games.next(day, phase, home, visitor);
        play::play(&mut game, self.league, self.legs, self.rng);
        let winner = if game.home_won() == Some(true) { home } else { visitor };
        self.games.games.push(game);
        winner
    }

    /// The play-in of both conferences: seventh to tenth play for the last two places. The eight of each, in order.
    fn play_in(&mut self, bracket: &[(Conference, Vec<TeamId>, i64)], start: Date) -> Vec<Vec<TeamId>> {
        let mut eights = Vec::new();
        let mut deciders = Vec::new();
        for (_, seeds, shift) in bracket {
            let day = start + TimeDelta::days(*shift);
            let seventh = self.game(day, Phase::Playin, seeds[6], seeds[7]);
            let ninth = self.game(day, Phase::Playin, seeds[8], seeds[9]);
            let second_chance = if seventh == seeds[6] { seeds[7] } else { seeds[6] };
            deciders.push((second_chance, ninth));
            let mut eight = seeds[..6].to_vec();
            eight.push(seventh);
            eights.push(eight);
        }
        for (eight, (home, visitor)) in eights.iter_mut().zip(deciders) {
            eight.push(self.game(start + TimeDelta::days(3), Phase::Playin, home, visitor));
        }
        eights
    }

    /// One round of best-of-seven series of neighbours; the winners of each conference, and the last day.
    fn round(&mut self, alive: &[Vec<TeamId>], table: &[TeamId], start: Date) -> (Vec<Vec<TeamId>>, Date) {
        let rank = |team: TeamId| table.iter().position(|other| *other == team).unwrap_or(usize::MAX);
        let mut series: Vec<(usize, i64, Series)> = Vec::new();
        for (conference, teams) in alive.iter().enumerate() {
            for (at, pair) in teams.chunks(2).enumerate() {
                let [one, other] = pair else { continue };
                let better = rank(*one).cmp(&rank(*other)) == Ordering::Less;
                let (high, low) = if better { (*one, *other) } else { (*other, *one) };
                // Half of the series start a day later, so that there is play every day.
                series.push((conference, (at as i64) % 2, Series { high, low, wins: [0, 0] }));
            }
        }
        let mut end = start;
        for number in 0..7 {
            for (_, shift, series) in &mut series {
                if series.wins.contains(&4) {
                    continue;
                }
                // Every other day, and a day more where the series moves.
                let moves = [0, 0, 1, 1, 2, 3, 4][number];
                let day = start + TimeDelta::days(*shift + 2 * number as i64 + moves / 2);
                let (home, visitor) =
                    if AT_HOME[number] { (series.high, series.low) } else { (series.low, series.high) };
                let winner = self.game(day, Phase::Playoff, home, visitor);
                series.wins[usize::from(winner != series.high)] += 1;
                end = end.max(day);
            }
        }
        let mut winners = vec![Vec::new(); alive.len()];
        for (conference, _, series) in series {
            winners[conference].push(if series.wins[0] == 4 { series.high } else { series.low });
        }
        (winners, end)
    }
}
