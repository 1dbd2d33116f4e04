//! Games, and the log of them that a day can look back on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TeamId;
use crate::base::Date;
use crate::data::contract::PRINTABLE;

/// Which part of a season a game belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The 82 games.
    Regular,
    /// The play-in tournament; counts in no standings.
    Playin,
    /// The playoffs.
    Playoff,
    /// The Cup final; counts in no standings.
    CupFinal,
}

impl Phase {
    /// All phases, in the order of declaration.
    pub const ALL: [Phase; 4] = [Phase::Regular, Phase::Playin, Phase::Playoff, Phase::CupFinal];

    /// The phase at a place in [`Phase::ALL`].
    pub fn at(index: usize) -> Option<Phase> {
        Self::ALL.get(index).copied()
    }

    /// What it is called in a sentence, before "games".
    pub fn words(self) -> &'static str {
        match self {
            Phase::Regular => "regular",
            Phase::Playin => "play-in",
            Phase::Playoff => "playoff",
            Phase::CupFinal => "Cup final",
        }
    }
}

/// A final score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The home side's points.
    #[schemars(range(min = 0, max = 300), extend("x-unit" = "points"))]
    pub home: u16,
    /// The visitor's points.
    #[schemars(range(min = 0, max = 300), extend("x-unit" = "points"))]
    pub visitor: u16,
}

/// One side's box totals, as far as possessions need them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoxTotals {
    /// Field goals attempted.
    #[schemars(range(min = 0, max = 250), extend("x-unit" = "shots"))]
    pub fga: u16,
    /// Free throws attempted.
    #[schemars(range(min = 0, max = 150), extend("x-unit" = "shots"))]
    pub fta: u16,
    /// Offensive rebounds.
    #[schemars(range(min = 0, max = 100), extend("x-unit" = "rebounds"))]
    pub oreb: u16,
    /// Turnovers (the team's included, where the source has them).
    #[schemars(range(min = 0, max = 100), extend("x-unit" = "turnovers"))]
    pub tov: u16,
}

impl BoxTotals {
    /// Chances to score that the side took: FGA + 0.44 FTA.
    pub fn chances(&self) -> f64 {
        f64::from(self.fga) + 0.44 * f64::from(self.fta)
    }

    /// Possessions of the side: its chances − OREB + TOV.
    pub fn possessions(&self) -> f64 {
        self.chances() - f64::from(self.oreb) + f64::from(self.tov)
    }
}

/// A game, played or still to come. The contract `games` describes its JSON form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Game {
    /// The provider's id, unique in the set.
    #[schemars(length(min = 1, max = 40), regex(pattern = PRINTABLE))]
    pub id: String,
    /// The league day.
    #[schemars(extend("formatMinimum" = "1946-11-01", "formatMaximum" = "2101-12-31"))]
    pub date: Date,
    /// The year in which the season starts.
    #[schemars(range(min = 1946, max = 2100))]
    pub season: u16,
    /// Which part of the season.
    pub phase: Phase,
    /// Played on a neutral floor, so that nobody has home advantage.
    pub neutral: bool,
    /// The side listed as home.
    pub home: TeamId,
    /// The side listed as visitor.
    pub visitor: TeamId,
    /// The final score; none while the game is to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// The home side's totals, where the source has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_box: Option<BoxTotals>,
    /// The visitor's totals, where the source has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor_box: Option<BoxTotals>,
}

impl Game {
    /// Whether the home side won; none while the game is to come.
    pub fn home_won(&self) -> Option<bool> {
        self.score.map(|score| score.home > score.visitor)
    }

    /// The game as it was known on the morning of a day: without its result if that was still to come.
    pub fn as_of(&self, day: Date) -> Game {
        if self.date < day {
            return self.clone();
        }
        Game { score: None, home_box: None, visitor_box: None, ..self.clone() }
    }
}

/// Games in the order of (date, id), the order in which everything folds over them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GameLog {
    games: Vec<Game>,
}

impl GameLog {
    /// Puts games in order.
    pub fn new(mut games: Vec<Game>) -> Self {
        games.sort_by(|a, b| (a.date, &a.id).cmp(&(b.date, &b.id)));
        Self { games }
    }

    /// All games in order.
    pub fn games(&self) -> &[Game] {
        &self.games
    }

    /// What was known on the morning of a day: results of that day and later are taken away, the schedule stays.
    pub fn as_of(&self, day: Date) -> GameLog {
        GameLog { games: self.games.iter().map(|game| game.as_of(day)).collect() }
    }

    /// The games of one day.
    pub fn on(&self, day: Date) -> &[Game] {
        let start = self.games.partition_point(|game| game.date < day);
        let end = self.games.partition_point(|game| game.date <= day);
        &self.games[start..end]
    }

    /// Starting years of the seasons in it, ascending.
    pub fn seasons(&self) -> Vec<u16> {
        let mut seasons: Vec<u16> = self.games.iter().map(|game| game.season).collect();
        seasons.sort_unstable();
        seasons.dedup();
        seasons
    }

    /// The days that have games, ascending.
    pub fn days(&self) -> Vec<Date> {
        let mut days: Vec<Date> = self.games.iter().map(|game| game.date).collect();
        days.dedup();
        days
    }

    /// Teams whose results are behind on the morning of a day, with the first of their past days in the season that has no
    /// result. A game that never came about is passed over as soon as a later result of the team is known.
    pub fn behind(&self, day: Date) -> BTreeMap<TeamId, Date> {
        let mut behind = BTreeMap::new();
        let mut season = None;
        for game in self.games.iter().take_while(|game| game.date < day) {
            if season.replace(game.season) != Some(game.season) {
                behind.clear();
            }
            for team in [game.home, game.visitor] {
                if game.score.is_some() {
                    behind.remove(&team);
                } else {
                    behind.entry(team).or_insert(game.date);
                }
            }
        }
        behind
    }

    /// The day after the last played game: the morning that the log as a whole speaks of.
    pub fn last_known_morning(&self) -> Option<Date> {
        self.games.iter().rev().find(|game| game.score.is_some()).and_then(|game| game.date.succ_opt())
    }
}
