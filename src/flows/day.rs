//! What a page shows of one league day: pure, from the games, the day's log and the visitor's variant.

use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::data::SourceKind;
use crate::league::Game;
use crate::registry::{ModelVersion, Stage};
use crate::serving::{DayLog, Prediction, Variant};

/// One game as a fan sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameCard {
    /// The game, with its result if it is known by the page's `as_of`.
    pub game: Game,
    /// Probability that the home side wins, by the version this visitor is shown; none where no version could predict.
    pub prob_home: Option<f64>,
    /// Probability by the other version, scored in the shadow, with that version's name.
    pub shadow: Option<(String, f64)>,
    /// Whether the side with the higher probability won; none while the game is to come.
    pub pick_right: Option<bool>,
    /// Share of the model's features that were missing for this game.
    pub missing: f64,
    /// The morning whose state the forecast rests on, where results that should be there since are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<Date>,
}

/// A league day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayView {
    /// The day.
    pub day: Date,
    /// The page's `as_of`: the morning of "tonight".
    pub today: Date,
    /// The game day before.
    pub previous: Option<Date>,
    /// The game day after.
    pub next: Option<Date>,
    /// Simulated or real results.
    pub source_kind: SourceKind,
    /// The version that this visitor is shown, such as `1.4.0`.
    pub version: Option<String>,
    /// Arm of the rollout: `champion` or `challenger`.
    pub variant: String,
    /// Whether the probabilities were logged before the games, or computed now from what was known on that morning.
    pub logged: bool,
    /// What the reader should know, such as "No model was in production on this day".
    pub notes: Vec<String>,
    /// The games.
    pub games: Vec<GameCard>,
}

/// Which versions a visitor's day needs, before any of them has spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct DayPlan {
    /// Arm of the rollout.
    pub variant: String,
    /// The version whose probability is shown.
    pub shown: Option<(ModelVersion, Stage)>,
    /// The version that is scored beside it.
    pub shadow: Option<(ModelVersion, Stage)>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// Chooses the versions of a day for a visitor's arm: its stage's version is shown and the other one scored in the
/// shadow. Where no version is in Staging, both arms see Production's.
///
/// A version that has seen the day's results in training is left out: its probability would not be a forecast.
pub fn plan_day(
    day: Date,
    source_kind: SourceKind,
    variant: &Variant,
    production: Option<&ModelVersion>,
    staging: Option<&ModelVersion>,
) -> DayPlan {
    let mut notes = Vec::new();
    let mut honest = |version: Option<&ModelVersion>, stage: Stage| {
        let version = version?;
        if version.trained_through >= day {
            notes.push(format!(
                "Version {} was trained on results up to {}, this day's among them: its probabilities would not be forecasts and are not shown.",
                version.version, version.trained_through
            ));
            return None;
        }
        Some((version.clone(), stage))
    };
    let production = honest(production, Stage::Production);
    let staging = honest(staging, Stage::Staging);
    let (shown, shadow) = match (variant.stage, production, staging) {
        (Stage::Staging, production, Some(staging)) => (Some(staging), production),
        (_, production, staging) => (production, staging),
    };
    match &shown {
        None => notes.push("No model was in production on this day, so there is no forecast for it.".to_owned()),
        Some((version, _)) if version.source_kind != source_kind => notes.push(mismatch(version, source_kind)),
        Some(_) => {}
    }
    DayPlan { variant: variant.name.clone(), shown, shadow, notes }
}

fn mismatch(version: &ModelVersion, shown: SourceKind) -> String {
    let (learned, games) = match shown {
        SourceKind::Real => ("simulated results, and these games were really played", "real"),
        SourceKind::Simulated => ("games that were really played, and these results are simulated", "simulated"),
    };
    format!(
        "Version {} learned from {learned}: train and promote a version on the {games} data before you rely on it.",
        version.version
    )
}

impl DayPlan {
    /// The versions whose predictions are not in the day's log and have to be computed.
    pub fn to_compute(&self, log: Option<&DayLog>) -> Vec<(ModelVersion, Stage)> {
        [&self.shown, &self.shadow]
            .into_iter()
            .flatten()
            .filter(|(version, _)| !log.is_some_and(|log| logged(log, &version.version)))
            .cloned()
            .collect()
    }
}

fn logged(log: &DayLog, version: &str) -> bool {
    log.predictions.iter().any(|prediction| prediction.version == version)
}

/// What a day is, beside its forecasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayFacts<'a> {
    /// The day.
    pub day: Date,
    /// The page's `as_of`.
    pub today: Date,
    /// The days that have games, ascending.
    pub days: &'a [Date],
    /// The day's games.
    pub games: &'a [Game],
    /// Simulated or real results.
    pub source_kind: SourceKind,
}

/// Puts a day together from its games, the log of its morning, and what was computed for versions that the log has not.
pub fn day_view(facts: DayFacts<'_>, plan: DayPlan, log: Option<&DayLog>, computed: &[Prediction]) -> DayView {
    let DayPlan { variant, shown, shadow, mut notes } = plan;
    let is_logged = shown.as_ref().is_some_and(|(version, _)| log.is_some_and(|log| logged(log, &version.version)));
    let find = |game: &Game, version: &str| {
        let of_log = log.into_iter().flat_map(|log| &log.predictions);
        of_log.chain(computed).find(|one| one.game_id == game.id && one.version == version)
    };
    let cards = facts.games.iter().map(|game| {
        let game = game.as_of(facts.today);
        let prediction = shown.as_ref().and_then(|(version, _)| find(&game, &version.version));
        let other = shadow.as_ref().and_then(|(version, _)| find(&game, &version.version));
        let prob_home = prediction.map(|prediction| prediction.prob_home);
        GameCard {
            prob_home,
            shadow: other.map(|prediction| (prediction.version.clone(), prediction.prob_home)),
            pick_right: prob_home.zip(game.home_won()).and_then(|(prob, home_won)| pick_right(prob, home_won)),
            missing: prediction.map_or(0.0, |prediction| prediction.missing),
            // Of a day ahead, results are missing because the games are still to come.
            stale_since: prediction.filter(|_| facts.day <= facts.today).and_then(|made| made.stale_since),
            game,
        }
    });
    let games: Vec<GameCard> = cards.collect();
    if facts.day > facts.today && shown.is_some() && !games.is_empty() {
        notes.push(format!(
            "This day is still ahead: its probabilities are from what is known on {} and will move with the games until then.",
            facts.today
        ));
    }
    if let Some(since) = games.iter().filter_map(|card| card.stale_since).min() {
        let stale = games.iter().filter(|card| card.stale_since.is_some()).count();
        notes.push(format!(
            "Results since {since} are missing in the data: {stale} of these {} forecasts rest on what was known then.",
            games.len()
        ));
    }
    let before = facts.days.partition_point(|day| *day < facts.day);
    let after = facts.days.partition_point(|day| *day <= facts.day);
    DayView {
        day: facts.day,
        today: facts.today,
        previous: before.checked_sub(1).and_then(|place| facts.days.get(place)).copied(),
        next: facts.days.get(after).copied(),
        source_kind: facts.source_kind,
        version: shown.map(|(version, _)| version.version),
        variant,
        logged: is_logged,
        notes,
        games,
    }
}

/// Whether the side with the higher probability won; at exactly one half there is no pick.
fn pick_right(prob_home: f64, home_won: bool) -> Option<bool> {
    (prob_home != 0.5).then_some((prob_home > 0.5) == home_won)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Digest, morning};
    use crate::league::{Phase, Score};
    use crate::learn::{Linear, Model};

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn version(name: &str, trained_through: &str) -> ModelVersion {
        let model = Model::linear("1.0.0", vec![], Linear::unscaled(vec![], 0.0)).into();
        ModelVersion {
            name: "home-win".into(),
            version: name.into(),
            run_id: "0".repeat(32),
            model,
            trained_through: date(trained_through),
            source_kind: SourceKind::Simulated,
            data_version: Digest::of_bytes(b"games"),
            metrics: Default::default(),
            registered_at: morning(date(trained_through)),
        }
    }

    fn game(id: &str, day: &str, score: Option<(u16, u16)>) -> Game {
        Game {
            id: id.into(),
            date: date(day),
            season: 2025,
            phase: Phase::Regular,
            neutral: false,
            home: "BOS".parse().unwrap(),
            visitor: "NYK".parse().unwrap(),
            score: score.map(|(home, visitor)| Score { home, visitor }),
            home_box: None,
            visitor_box: None,
        }
    }

    fn prediction(game: &str, version: &str, stage: Stage, prob_home: f64) -> Prediction {
        Prediction { game_id: game.into(), version: version.into(), stage, prob_home, missing: 0.0, stale_since: None }
    }

    fn arm(name: &str, stage: Stage) -> Variant {
        Variant { name: name.into(), stage, weight: 1.0 }
    }

    const DAYS: [&str; 3] = ["2026-01-13", "2026-01-14", "2026-01-16"];

    fn view(day: &str, games: &[Game], plan: DayPlan, log: Option<&DayLog>, computed: &[Prediction]) -> DayView {
        let days = DAYS.map(date);
        let facts = DayFacts {
            day: date(day),
            today: date("2026-01-15"),
            days: &days,
            games,
            source_kind: SourceKind::Simulated,
        };
        day_view(facts, plan, log, computed)
    }

    fn log_of(day: &str, predictions: Vec<Prediction>) -> DayLog {
        DayLog { day: date(day), made_at: morning(date(day)), predictions, settled: vec![] }
    }

    fn plan(
        day: &str,
        variant: &Variant,
        production: Option<&ModelVersion>,
        staging: Option<&ModelVersion>,
    ) -> DayPlan {
        plan_day(date(day), SourceKind::Simulated, variant, production, staging)
    }

    #[test]
    fn a_past_day_shows_the_logged_probability_the_result_and_whether_the_pick_was_right() {
        let (old, new) = (version("1.0.0", "2026-01-01"), version("1.1.0", "2026-01-08"));
        let plan = plan("2026-01-14", &arm("champion", Stage::Production), Some(&old), Some(&new));
        let log = log_of(
            "2026-01-14",
            vec![
                prediction("g1", "1.0.0", Stage::Production, 0.7),
                prediction("g1", "1.1.0", Stage::Staging, 0.4),
                prediction("g2", "1.0.0", Stage::Production, 0.7),
            ],
        );
        assert!(plan.to_compute(Some(&log)).is_empty());
        let games = [game("g1", "2026-01-14", Some((100, 90))), game("g2", "2026-01-14", Some((90, 100)))];
        let view = view("2026-01-14", &games, plan, Some(&log), &[]);
        assert!(view.logged);
        assert_eq!((view.previous, view.next), (Some(date("2026-01-13")), Some(date("2026-01-16"))));
        assert_eq!(view.version.as_deref(), Some("1.0.0"));
        assert_eq!(view.games[0].prob_home, Some(0.7));
        assert_eq!(view.games[0].shadow, Some(("1.1.0".to_owned(), 0.4)));
        assert_eq!([view.games[0].pick_right, view.games[1].pick_right], [Some(true), Some(false)]);
        assert!(view.notes.is_empty(), "{:?}", view.notes);
    }

    #[test]
    fn the_challenger_arm_sees_staging_and_without_one_production() {
        let (old, new) = (version("1.0.0", "2026-01-01"), version("1.1.0", "2026-01-08"));
        let challenger = arm("challenger", Stage::Staging);
        let both = plan("2026-01-14", &challenger, Some(&old), Some(&new));
        assert_eq!(both.shown.unwrap().0.version, "1.1.0");
        assert_eq!(both.shadow.unwrap().0.version, "1.0.0");
        let one = plan("2026-01-14", &challenger, Some(&old), None);
        assert_eq!(one.shown.unwrap().0.version, "1.0.0");
    }

    #[test]
    fn a_version_that_has_seen_the_day_is_not_shown() {
        let seen = version("2.0.0", "2026-01-14");
        let plan = plan("2026-01-14", &arm("champion", Stage::Production), Some(&seen), None);
        assert_eq!(plan.shown, None);
        assert!(plan.notes[0].contains("2.0.0") && plan.notes[0].contains("not shown"), "{:?}", plan.notes);
        let view = view("2026-01-14", &[game("g1", "2026-01-14", Some((100, 90)))], plan, None, &[]);
        assert_eq!((view.games[0].prob_home, view.games[0].pick_right), (None, None));
        assert!(!view.logged);
    }

    #[test]
    fn a_result_of_today_or_later_is_not_shown_even_if_it_is_in_the_data() {
        let model = version("1.0.0", "2026-01-01");
        let plan = plan("2026-01-16", &arm("champion", Stage::Production), Some(&model), None);
        assert_eq!(plan.to_compute(None).len(), 1);
        let computed = [prediction("g1", "1.0.0", Stage::Production, 0.6)];
        let view = view("2026-01-16", &[game("g1", "2026-01-16", Some((100, 90)))], plan, None, &computed);
        assert_eq!((view.games[0].game.score, view.games[0].pick_right), (None, None));
        assert_eq!(view.games[0].prob_home, Some(0.6));
        assert!(!view.logged && view.notes[0].contains("still ahead"));
    }

    #[test]
    fn a_forecast_from_stale_features_says_so_unless_its_day_is_still_ahead() {
        let model = version("1.0.0", "2026-01-01");
        let stale = |on: &str| {
            let plan = plan(on, &arm("champion", Stage::Production), Some(&model), None);
            let mut made = prediction("g1", "1.0.0", Stage::Production, 0.6);
            made.stale_since = Some(date("2026-01-12"));
            view(on, &[game("g1", on, None), game("g2", on, None)], plan, None, &[made])
        };
        let today = stale("2026-01-14");
        assert_eq!(today.games[0].stale_since, Some(date("2026-01-12")));
        assert!(today.notes[0].contains("since 2026-01-12") && today.notes[0].contains("1 of these 2"));
        let ahead = stale("2026-01-16");
        assert_eq!((ahead.games[0].stale_since, ahead.notes.len()), (None, 1), "{:?}", ahead.notes);
    }

    #[test]
    fn a_version_that_learned_from_the_other_kind_of_results_says_so() {
        let model = version("1.0.0", "2026-01-01");
        let champion = arm("champion", Stage::Production);
        let plan = plan_day(date("2026-01-14"), SourceKind::Real, &champion, Some(&model), None);
        assert!(plan.shown.is_some() && plan.notes[0].contains("simulated results"), "{:?}", plan.notes);
    }

    #[test]
    fn a_day_before_any_version_says_that_there_is_no_forecast() {
        let plan = plan("2026-01-14", &arm("champion", Stage::Production), None, None);
        assert!(plan.notes[0].contains("No model was in production"));
        assert_eq!(view("2026-01-14", &[], plan, None, &[]).version, None);
    }

    #[test]
    fn even_odds_are_no_pick() {
        assert_eq!(
            (pick_right(0.5, true), pick_right(0.51, true), pick_right(0.49, true)),
            (None, Some(true), Some(false))
        );
    }
}
