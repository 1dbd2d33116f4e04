//! The records of the contracts that have no type of their own elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::team::{Conference, Division};
use super::super::{Game, GameLog, Phase, Score, TEAMS, TeamId};
use crate::base::{Date, Instant};
use crate::data::contract::PRINTABLE;
use crate::registry::Stage;
use crate::serving::{Prediction, Settled};

/// A team, as it is published and as a list of teams is checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Team")]
pub struct TeamRecord {
    /// The number that balldontlie gives the team, unique in the set.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub id: u32,
    /// Three letters, as the statistics API prints them, unique in the set.
    #[schemars(regex(pattern = crate::data::contract::THREE_CAPITALS))]
    pub abbreviation: String,
    /// City or region in the name.
    #[schemars(length(min = 1, max = 40), regex(pattern = PRINTABLE))]
    pub city: String,
    /// The nickname.
    #[schemars(length(min = 1, max = 40), regex(pattern = PRINTABLE))]
    pub name: String,
    /// East or West.
    pub conference: Conference,
    /// Its division.
    pub division: Division,
    /// Latitude of the arena's city.
    #[schemars(range(min = -90.0, max = 90.0), extend("x-unit" = "degrees"))]
    pub latitude: f64,
    /// Longitude, west negative.
    #[schemars(range(min = -180.0, max = 180.0), extend("x-unit" = "degrees"))]
    pub longitude: f64,
}

/// One side's box totals in one game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BoxTotalsOfSide")]
pub struct BoxRecord {
    /// The game.
    #[schemars(length(min = 1, max = 40), regex(pattern = PRINTABLE))]
    pub game_id: String,
    /// The side.
    pub team: TeamId,
    /// Points scored, where they are known.
    #[serde(default)]
    #[schemars(range(min = 0, max = 300), extend("x-unit" = "points"))]
    pub points: Option<u16>,
    /// Field goals attempted.
    #[schemars(range(min = 0, max = 250), extend("x-unit" = "shots"))]
    pub fga: u16,
    /// Free throws attempted.
    #[schemars(range(min = 0, max = 150), extend("x-unit" = "shots"))]
    pub fta: u16,
    /// Offensive rebounds.
    #[schemars(range(min = 0, max = 100), extend("x-unit" = "rebounds"))]
    pub oreb: u16,
    /// Turnovers, the team's included where the source has them.
    #[schemars(range(min = 0, max = 100), extend("x-unit" = "turnovers"))]
    pub tov: u16,
}

/// A team's regular season as far as it is played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamSeasonStats {
    /// The year in which the season starts.
    #[schemars(range(min = 1946, max = 2100))]
    pub season: u16,
    /// The team.
    pub team: TeamId,
    /// Games played.
    #[schemars(range(min = 0, max = 82), extend("x-unit" = "games"))]
    pub games: u16,
    /// Games won.
    #[schemars(range(min = 0, max = 82), extend("x-unit" = "games"))]
    pub wins: u16,
    /// Games lost.
    #[schemars(range(min = 0, max = 82), extend("x-unit" = "games"))]
    pub losses: u16,
    /// Points scored in all.
    #[schemars(range(min = 0, max = 24_600), extend("x-unit" = "points"))]
    pub points_for: u32,
    /// Points of the opponents in all.
    #[schemars(range(min = 0, max = 24_600), extend("x-unit" = "points"))]
    pub points_against: u32,
    /// Possessions in all, FGA + 0.44 FTA − OREB + TOV; null unless every game has its box totals.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 16_400.0), extend("x-unit" = "possessions"))]
    pub possessions: Option<f64>,
}

/// One version's probability for one game, as it was logged before the game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Prediction")]
pub struct PredictionRecord {
    /// The league day.
    #[schemars(extend("formatMinimum" = "1946-11-01", "formatMaximum" = "2101-12-31"))]
    pub day: Date,
    /// When the prediction was made.
    pub made_at: Instant,
    /// The game.
    #[schemars(length(min = 1, max = 40), regex(pattern = PRINTABLE))]
    pub game_id: String,
    /// The model version that predicted.
    #[schemars(length(min = 1, max = 80), regex(pattern = PRINTABLE))]
    pub version: String,
    /// The stage that the version had.
    pub stage: Stage,
    /// Probability that the home side wins.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub prob_home: f64,
    /// Share of the model's features that were missing.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub missing: f64,
}

/// How a game that was predicted turned out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Outcome")]
pub struct OutcomeRecord {
    /// The league day.
    #[schemars(extend("formatMinimum" = "1946-11-01", "formatMaximum" = "2101-12-31"))]
    pub day: Date,
    /// The game.
    #[schemars(length(min = 1, max = 40), regex(pattern = PRINTABLE))]
    pub game_id: String,
    /// Whether the home side won.
    pub home_won: bool,
}

/// The thirty teams as records.
pub fn team_records() -> Vec<TeamRecord> {
    TeamId::all()
        .map(|id| {
            let team = id.team();
            TeamRecord {
                id: id.balldontlie(),
                abbreviation: team.abbreviation.to_owned(),
                city: team.city.to_owned(),
                name: team.name.to_owned(),
                conference: team.division.conference(),
                division: team.division,
                latitude: team.latitude,
                longitude: team.longitude,
            }
        })
        .collect()
}

/// Both sides' box totals of every game that has them.
pub fn box_records(log: &GameLog) -> Vec<BoxRecord> {
    let side = |game: &Game, home: bool| {
        let (totals, team) = if home { (game.home_box, game.home) } else { (game.visitor_box, game.visitor) };
        let points = game.score.map(|score| if home { score.home } else { score.visitor });
        let game_id = game.id.clone();
        totals.map(|box_| BoxRecord {
            game_id,
            team,
            points,
            fga: box_.fga,
            fta: box_.fta,
            oreb: box_.oreb,
            tov: box_.tov,
        })
    };
    log.games().iter().flat_map(|game| [side(game, true), side(game, false)]).flatten().collect()
}

/// Every team's regular seasons, from the games that have a score.
pub fn season_stats(log: &GameLog) -> Vec<TeamSeasonStats> {
    let mut all = Vec::new();
    for season in log.seasons() {
        let mut teams: Vec<TeamSeasonStats> = TeamId::all().map(|team| empty(season, team)).collect();
        let regular = log.games().iter().filter(|game| game.season == season && game.phase == Phase::Regular);
        for (game, score) in regular.filter_map(|game| game.score.map(|score| (game, score))) {
            let Score { home, visitor } = score;
            for (team, ours, theirs, totals) in
                [(game.home, home, visitor, game.home_box), (game.visitor, visitor, home, game.visitor_box)]
            {
                let stats = &mut teams[team.index()];
                stats.games += 1;
                stats.wins += u16::from(ours > theirs);
                stats.losses += u16::from(ours < theirs);
                stats.points_for += u32::from(ours);
                stats.points_against += u32::from(theirs);
                stats.possessions = stats.possessions.zip(totals).map(|(sum, totals)| sum + totals.possessions());
            }
        }
        all.extend(teams);
    }
    debug_assert!(all.len() % TEAMS.len() == 0);
    all
}

fn empty(season: u16, team: TeamId) -> TeamSeasonStats {
    let possessions = Some(0.0);
    TeamSeasonStats { season, team, games: 0, wins: 0, losses: 0, points_for: 0, points_against: 0, possessions }
}

impl PredictionRecord {
    /// A prediction of a day's log.
    pub fn of(day: Date, made_at: Instant, prediction: &Prediction) -> Self {
        Self {
            day,
            made_at,
            game_id: prediction.game_id.clone(),
            version: prediction.version.clone(),
            stage: prediction.stage,
            prob_home: prediction.prob_home,
            missing: prediction.missing,
        }
    }
}

impl OutcomeRecord {
    /// An outcome of a day's log.
    pub fn of(day: Date, settled: &Settled) -> Self {
        Self { day, game_id: settled.game_id.clone(), home_won: settled.home_won }
    }
}
