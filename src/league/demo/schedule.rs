//! Schedules of 82 games with the league's structure.
//!
//! Who meets whom is fixed by the structure: four games against each team of the division, three or
//! four against the others of the conference, two against every team of the other conference, half
//! of them at home. When they meet is drawn day by day: the games that come first are those whose
//! teams are behind their pace, whose visitor is on the road and near, and whose sides did not play
//! the day before. Nobody plays three days in a row, nor four times in five days.

use std::cmp::Ordering;

use super::calendar::Calendar;
use crate::base::{Date, Rng, Seed};
use crate::league::team::distance_km;
use crate::league::{TEAMS, TeamId};

/// A game that is to be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fixture {
    pub(super) date: Date,
    pub(super) home: TeamId,
    pub(super) visitor: TeamId,
}

/// A team's games in a season.
const GAMES: f64 = 82.0;

/// A team's back-to-backs in a season.
const BACK_TO_BACKS: f64 = 14.0;
/// What a game loses for a side that played the day before and has had its share of back-to-backs so far.
const BACK_TO_BACK: f64 = 1.1;
/// What it loses more for each that the side has had beyond its share, and less for each that it lacks.
const BEYOND_SHARE: f64 = 0.4;
/// What a game loses for a thousand kilometres that the visitor travels.
const TRAVEL: f64 = 0.55;
/// What a game gains where a side stays where it is, on the road or at home.
const STAY: f64 = 0.6;
/// What a game loses where the pair met within the last ten days.
const MET: f64 = 2.0;
/// Spread of the chance in the order.
const CHANCE: f64 = 0.35;

/// How often a schedule is drawn until one keeps every rule; about every second draw does.
const TRIES: u64 = 40;

/// Draws a season's schedule, in the order of its days.
pub(super) fn draw(calendar: &Calendar, season: u16, seed: Seed) -> Vec<Fixture> {
    let mut draft = try_draw(calendar, season, seed.child("0"));
    for again in 1..TRIES {
        if draft.broken == 0 {
            break;
        }
        let other = try_draw(calendar, season, seed.child(&again.to_string()));
        if other.broken < draft.broken {
            draft = other;
        }
    }
    let mut placed = draft.placed;
    placed.sort_by_key(|(at, home, _)| (*at, home.index()));
    placed.iter().map(|&(at, home, visitor)| Fixture { date: calendar.day(at), home, visitor }).collect()
}

fn try_draw(calendar: &Calendar, season: u16, seed: Seed) -> Draft {
    let mut draft = Draft {
        open: pairings(season),
        placed: Vec::new(),
        busy: vec![vec![false; calendar.weights().len()]; TEAMS.len()],
        teams: vec![Whereabouts::default(); TEAMS.len()],
        rng: seed.rng(),
        broken: 0,
    };
    let mut weight_left: f64 = calendar.weights().iter().sum();
    let weight = weight_left;
    for (at, ordinary) in calendar.weights().iter().enumerate() {
        if *ordinary == 0.0 {
            continue;
        }
        let share = draft.open.len() as f64 * ordinary / weight_left;
        let wanted = (share + draft.rng.uniform()) as usize;
        weight_left -= ordinary;
        draft.fill_day(at, wanted.clamp(1, 15), 1.0 - weight_left / weight);
    }
    draft.place_the_rest(calendar);
    draft
}

/// Every game of the season's structure as (home, visitor): 41 at home and 41 away for each team.
fn pairings(season: u16) -> Vec<(TeamId, TeamId)> {
    let mut pairs = Vec::with_capacity(1230);
    let teams: Vec<TeamId> = TeamId::all().collect();
    for (at, &one) in teams.iter().enumerate() {
        for &other in &teams[at + 1..] {
            let (at_one, at_other) = meetings(one, other, season);
            pairs.extend(std::iter::repeat_n((one, other), at_one));
            pairs.extend(std::iter::repeat_n((other, one), at_other));
        }
    }
    pairs
}

/// How often a pair meets: at the one's home and at the other's.
fn meetings(one: TeamId, other: TeamId, season: u16) -> (usize, usize) {
    let (here, there) = (one.team().division, other.team().division);
    if here.conference() != there.conference() {
        return (1, 1);
    }
    if here == there {
        return (2, 2);
    }
    // Between two divisions each team has three games instead of four against two of the five, turning with
    // the seasons; of those it is at home twice against the one and once against the other.
    let in_division = |team: TeamId| {
        TeamId::all().filter(|other| other.team().division == team.team().division).position(|other| other == team)
    };
    let (Some(one_at), Some(other_at)) = (in_division(one), in_division(other)) else { return (2, 2) };
    // The difference is taken from the division that comes first, so that it does not depend on the order of the pair.
    let first_is_one = (here as u8) < (there as u8);
    let (first, second) = if first_is_one { (one_at, other_at) } else { (other_at, one_at) };
    let (at_first, at_second) = match (second + 10 - first + usize::from(season)) % 5 {
        0 => (2, 1),
        1 => (1, 2),
        _ => (2, 2),
    };
    if first_is_one { (at_first, at_second) } else { (at_second, at_first) }
}

/// Where a team is and how long it has been there.
#[derive(Debug, Clone, Default)]
struct Whereabouts {
    played: usize,
    back_to_backs: usize,
    /// The arena of its last game; its own before the first.
    at: Option<TeamId>,
    /// Games in a row on the road, or at home.
    stay: usize,
    on_the_road: bool,
    /// The last day against each opponent.
    met: Vec<(TeamId, usize)>,
}

struct Draft {
    open: Vec<(TeamId, TeamId)>,
    placed: Vec<(usize, TeamId, TeamId)>,
    busy: Vec<Vec<bool>>,
    teams: Vec<Whereabouts>,
    rng: Rng,
    /// Games that were placed against the rules.
    broken: usize,
}

impl Draft {
    /// Whether a team can play on a day: not twice, not three days in a row, not four times in five days.
    fn is_free(&self, team: TeamId, at: usize) -> bool {
        let busy = &self.busy[team.index()];
        let played = |from: usize, to: usize| (from..=to).filter(|day| busy.get(*day) == Some(&true)).count();
        if busy[at] {
            return false;
        }
        // Windows that hold the day, those that reach into days already filled included.
        let three = (at.saturating_sub(2)..=at).all(|start| played(start, start + 2) < 2);
        let five = (at.saturating_sub(4)..=at).all(|start| played(start, start + 4) < 3);
        three && five
    }

    /// How much a game is due on a day; `elapsed` is the share of the season's games that should be played by its end.
    fn due(&mut self, home: TeamId, visitor: TeamId, at: usize, elapsed: f64) -> f64 {
        let chance = self.rng.normal(0.0, CHANCE);
        let mut due = chance;
        for team in [home, visitor] {
            let whereabouts = &self.teams[team.index()];
            due += elapsed * GAMES - whereabouts.played as f64;
            if at > 0 && self.busy[team.index()][at - 1] {
                let beyond = whereabouts.back_to_backs as f64 - elapsed * BACK_TO_BACKS;
                due -= BACK_TO_BACK + BEYOND_SHARE * beyond;
            }
        }
        let (host, guest) = (&self.teams[home.index()], &self.teams[visitor.index()]);
        if host.stay > 0 && !host.on_the_road {
            due += if host.stay < 5 { STAY } else { -STAY };
        }
        if guest.stay > 0 && guest.on_the_road {
            due += match guest.stay {
                0..5 => STAY,
                5..7 => -2.0 * STAY,
                _ => -6.0 * STAY,
            };
        }
        let from = guest.at.unwrap_or(visitor);
        due -= TRAVEL * distance_km(from, home) / 1000.0;
        if guest.met.iter().any(|&(team, day)| team == home && at - day <= 10) {
            due -= MET;
        }
        due
    }

    /// Places up to `wanted` games on a day, the most due first.
    fn fill_day(&mut self, at: usize, wanted: usize, elapsed: f64) {
        let free: Vec<bool> = TeamId::all().map(|team| self.is_free(team, at)).collect();
        let mut ranked: Vec<(f64, usize)> = Vec::new();
        for index in 0..self.open.len() {
            let (home, visitor) = self.open[index];
            if free[home.index()] && free[visitor.index()] {
                ranked.push((self.due(home, visitor, at, elapsed), index));
            }
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut taken = Vec::new();
        for (_, index) in ranked {
            if taken.len() == wanted {
                break;
            }
            let (home, visitor) = self.open[index];
            if !self.busy[home.index()][at] && !self.busy[visitor.index()][at] {
                self.place(at, home, visitor);
                taken.push(index);
            }
        }
        taken.sort_unstable_by(|a, b| b.cmp(a));
        for index in taken {
            self.open.remove(index);
        }
    }

    fn place(&mut self, at: usize, home: TeamId, visitor: TeamId) {
        self.placed.push((at, home, visitor));
        for (team, opponent) in [(home, visitor), (visitor, home)] {
            let day_before = at > 0 && self.busy[team.index()][at - 1];
            self.busy[team.index()][at] = true;
            let on_the_road = team == visitor;
            let whereabouts = &mut self.teams[team.index()];
            whereabouts.stay = if whereabouts.on_the_road == on_the_road { whereabouts.stay + 1 } else { 1 };
            whereabouts.on_the_road = on_the_road;
            whereabouts.at = Some(home);
            whereabouts.played += 1;
            whereabouts.back_to_backs += usize::from(day_before);
            whereabouts.met.retain(|(other, _)| *other != opponent);
            whereabouts.met.push((opponent, at));
        }
    }

    /// Puts games that found no day where both sides are free, the emptiest such day first. The rules on rows of
    /// games hold here too, until no day is left that keeps them.
    fn place_the_rest(&mut self, calendar: &Calendar) {
        for (home, visitor) in std::mem::take(&mut self.open) {
            let load = |draft: &Self, at: usize| draft.placed.iter().filter(|(day, ..)| *day == at).count();
            let mut best: Option<(bool, f64, usize)> = None;
            for (at, ordinary) in calendar.weights().iter().enumerate() {
                let clash = self.busy[home.index()][at] || self.busy[visitor.index()][at];
                if *ordinary == 0.0 || clash {
                    continue;
                }
                let kept = self.is_free(home, at) && self.is_free(visitor, at);
                let full = load(self, at) as f64 / ordinary;
                // A better day keeps the rules, or else is emptier.
                let better = |old: &(bool, f64, usize)| match (kept, old.0) {
                    (true, false) => true,
                    (false, true) => false,
                    _ => full.total_cmp(&old.1) == Ordering::Less,
                };
                if best.as_ref().is_none_or(better) {
                    best = Some((kept, full, at));
                }
            }
            // Two teams of 82 games in 165 days always have a day on which neither plays.
            if let Some((kept, _, at)) = best {
                self.broken += usize::from(!kept);
                self.busy[home.index()][at] = true;
                self.busy[visitor.index()][at] = true;
                self.placed.push((at, home, visitor));
            }
        }
    }
}
