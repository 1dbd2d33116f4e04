//! What the features page shows of a dataset: every view with the distribution of its features, and one game's join told
//! row by row.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::{Date, morning, tip_off};
use crate::data::{Profile, Profiler};
use crate::features::{Candidate, Cutoff, EntityRows, FeatureView, Timeline, explain, join_rows};
use crate::league::features::{LEAGUE_KEY, ViewRows, compute_all, definitions, key_name, pair_key, team_key};
use crate::league::{Game, GameLog};

const DAY_MS: i64 = 24 * 3_600_000;
/// How far around tip-off candidates of a join are told.
const AROUND: (i64, i64) = (4 * DAY_MS, 2 * DAY_MS);

/// The views as they were known on a morning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureReport {
    /// The day.
    pub day: Date,
    /// The season whose games the distributions are of.
    pub season: Option<u16>,
    /// The last day with games up to the day; none where there is none.
    pub game_day: Option<Date>,
    /// The first past day whose results are missing for a team that has had none since; none where nothing is behind.
    #[serde(default)]
    pub behind: Option<Date>,
    /// Every view, in the order of the definitions.
    pub views: Vec<ViewReport>,
}

/// A view as it was known on a morning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewReport {
    /// The view.
    pub view: FeatureView,
    /// Services that read it.
    pub services: Vec<String>,
    /// Rows up to the day.
    pub rows: u64,
    /// When the newest row became true, in milliseconds since 1970 UTC.
    pub newest: Option<i64>,
    /// The features as they were joined to the season's games up to the day.
    pub profile: Profile,
    /// Share of these values that are null; none where there is no value.
    pub missing: Option<f64>,
}

/// One game's join with one view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedJoin {
    /// The view.
    pub view: FeatureView,
    /// The instant at which the game asks.
    pub as_of: i64,
    /// Each key that the game asks for, with its candidates.
    pub keys: Vec<(String, Vec<Candidate>)>,
}

/// Keys under which a game asks for features of an entity.
fn keys_of(game: &Game, entity: &str) -> Vec<u32> {
    match entity {
        "team" => vec![team_key(game.home), team_key(game.visitor)],
        "league" => vec![LEAGUE_KEY],
        _ => vec![pair_key(game.home, game.visitor)],
    }
}

fn entity_of(view: &FeatureView) -> &str {
    view.entities.first().map(String::as_str).unwrap_or_default()
}

/// Computes the report from what was known on the morning of `day`.
pub fn report(log: &GameLog, day: Date) -> FeatureReport {
    let log = log.as_of(day);
    let last = log.games().iter().rev().find(|game| game.date <= day);
    let (season, game_day) = (last.map(|game| game.season), last.map(|game| game.date));
    let games: Vec<&Game> = log.games().iter().filter(|game| Some(game.season) == season && game.date <= day).collect();
    let definitions = definitions();
    let views = compute_all(&log).into_iter().map(|mut of| {
        of.rows.cut_after(morning(day).timestamp_millis());
        let (profile, missing) = profile(&of, &games);
        ViewReport {
            services: definitions.services_with(&of.view.name).into_iter().map(str::to_owned).collect(),
            rows: of.rows.len() as u64,
            newest: of.rows.event_at.iter().copied().max(),
            profile,
            missing,
            view: of.view,
        }
    });
    let views = views.collect();
    FeatureReport { day, season, game_day, behind: log.behind(day).into_values().min(), views }
}

/// The distribution of a view's features as they are joined to games, and their missing share.
fn profile(of: &ViewRows, games: &[&Game]) -> (Profile, Option<f64>) {
    let mut entities = EntityRows::default();
    for game in games {
        for key in keys_of(game, entity_of(&of.view)) {
            entities.keys.push(key);
            entities.as_of.push(tip_off(game.date).timestamp_millis());
        }
    }
    let found = join_rows(&entities, &Timeline::of(&of.rows), of.view.ttl_ms, Cutoff::Known);
    let mut profiler = Profiler::free();
    let (mut missing, mut values) = (0.0, 0.0);
    for row in &found {
        let mut record = Map::new();
        for (field, column) in of.view.fields.iter().zip(&of.rows.columns) {
            let value = row.map_or(f64::NAN, |row| column[row]);
            missing += f64::from(value.is_nan());
            values += 1.0;
            record.insert(field.name.clone(), serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number));
        }
        profiler.add_json(&Value::Object(record));
    }
    (profiler.finish(), (values > 0.0).then(|| missing / values))
}

/// Tells how a game's features of a view were joined; none where there is no such game or view.
pub fn explain_join(log: &GameLog, game_id: &str, view: &str) -> Option<ExplainedJoin> {
    let game = log.games().iter().find(|game| game.id == game_id)?;
    let of = compute_all(log).into_iter().find(|of| of.view.name == view)?;
    let as_of = tip_off(game.date).timestamp_millis();
    let entity = entity_of(&of.view);
    let of_key = |key: u32| {
        let name = key_name(entity, key).unwrap_or_default();
        (name, explain(&of.rows, key, as_of, of.view.ttl_ms, AROUND))
    };
    let keys = keys_of(game, entity).into_iter().map(of_key).collect();
    Some(ExplainedJoin { as_of, keys, view: of.view })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::features::Verdict;
    use crate::league::demo;

    fn log() -> GameLog {
        GameLog::new(demo::games(Seed(2)))
    }

    #[test]
    fn the_report_has_every_view_with_the_distribution_of_its_features() {
        let report = report(&log(), demo::as_of());
        assert_eq!(report.views.len(), definitions().views.len());
        let elo = report.views.iter().find(|of| of.view.name == "team_elo").expect("the view");
        assert_eq!((elo.services.as_slice(), elo.missing), (["game_prediction".to_owned()].as_slice(), Some(0.0)));
        assert_eq!(elo.newest, Some(morning(demo::as_of()).timestamp_millis()), "the morning's own row");
        assert!(elo.profile.rows > 100 && elo.profile.columns.len() == elo.view.fields.len());
    }

    #[test]
    fn a_games_join_takes_the_row_of_its_morning() {
        let log = log();
        let game = log.games().iter().rev().find(|game| game.score.is_some()).expect("a played game");
        let told = explain_join(&log, &game.id, "team_elo").expect("the game and the view");
        assert_eq!(told.keys.len(), 2);
        for (_, candidates) in &told.keys {
            let joined: Vec<_> = candidates.iter().filter(|one| one.verdict == Verdict::Joined).collect();
            assert_eq!(joined.len(), 1);
            assert_eq!(joined[0].event_at, morning(game.date).timestamp_millis());
            assert!(candidates.iter().any(|one| one.verdict == Verdict::TooOld));
        }
        assert_eq!(explain_join(&log, "nothing", "team_elo"), None);
    }
}
