//! The simulated league: the embedded default source, so that a clone works with no account and no network.
//!
//! The thirty teams and where they play are facts; every result is made up. Hidden strengths move
//! within and between seasons (`strength`), schedules have the real structure with road trips and
//! back-to-backs (`schedule`), and games are played by possessions and efficiency (`play`), so
//! that scores, box totals and predictability are those of the real league: `docs/data.md` has the
//! calibration table, and a test holds it.
//!
//! The same seed gives the same bytes on every machine.

mod calendar;
mod play;
mod postseason;
mod schedule;
mod strength;

use super::{Game, Phase, TeamId};
use crate::base::{Date, Seed};
use play::Legs;
use strength::League;

/// The generator with its version: another version makes other games of the same seed.
pub const VERSION: &str = "demo/1";

/// The seed that is used where none is named.
pub const DEFAULT_SEED: Seed = Seed(1);

/// Digest over the canonical bytes of [`DEFAULT_SEED`]'s games: the same natively and in the browser.
pub const DEFAULT_DIGEST: &str = "sha256:8f88206829a6404ed3a338c2494579d65d1c797c5711a26f9646c6c1bbed5556";

/// Starting years of the first and the last season.
pub const SEASONS: (u16, u16) = (2020, 2025);

/// The morning that the league stands at: games of this day and later are still to come.
pub fn as_of() -> Date {
    Date::from_ymd_opt(2026, 1, 15).unwrap_or(Date::MIN)
}

/// Every game of the six seasons, in the order of (date, id).
pub fn games(seed: Seed) -> Vec<Game> {
    let mut league = League::new(seed.child("strength"));
    let mut games = Vec::new();
    for season in SEASONS.0..=SEASONS.1 {
        let seed = seed.child(&format!("season {season}"));
        if season > SEASONS.0 {
            league.off_season();
        }
        games.extend(play_season(season, seed, &mut league));
    }
    games.sort_by(|a, b| (a.date, &a.id).cmp(&(b.date, &b.id)));
    games
}

/// One season: the schedule, its results up to [`as_of`], and what follows if it is over by then.
fn play_season(season: u16, seed: Seed, league: &mut League) -> Vec<Game> {
    let days = calendar::Calendar::of(season);
    let fixtures = schedule::draw(&days, season, seed.child("schedule"));
    let mut rng = seed.child("results").rng();
    let mut legs = Legs::default();
    let mut season_games = SeasonGames { season, games: Vec::with_capacity(fixtures.len() + 100) };
    let mut today = None;
    for fixture in &fixtures {
        if fixture.date < as_of() && today != Some(fixture.date) {
            league.advance_to(fixture.date);
            today = Some(fixture.date);
        }
        let mut game = season_games.next(fixture.date, Phase::Regular, fixture.home, fixture.visitor);
        if fixture.date < as_of() {
            play::play(&mut game, league, &mut legs, &mut rng);
        }
        season_games.games.push(game);
    }
    if days.last() < as_of() {
        postseason::play(&mut season_games, &days, league, &mut legs, &mut rng);
    }
    season_games.games
}

/// The games of a season so far, and the ids they take.
struct SeasonGames {
    season: u16,
    games: Vec<Game>,
}

impl SeasonGames {
    /// The next game, not yet played. Ids are the league's own: `D`, the season's last two digits, a running number.
    fn next(&self, date: Date, phase: Phase, home: TeamId, visitor: TeamId) -> Game {
        Game {
            id: format!("D{:02}{:05}", self.season % 100, self.games.len() + 1),
            date,
            season: self.season,
            phase,
            neutral: false,
            home,
            visitor,
            score: None,
            home_box: None,
            visitor_box: None,
        }
    }
}

#[cfg(test)]
mod tests;
