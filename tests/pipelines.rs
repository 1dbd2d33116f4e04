//! The pipelines over the simulated league: what is logged stays, what was not known is not seen, twice is once.
#![cfg(all(feature = "native", not(target_arch = "wasm32")))]

#[path = "pipelines/registry.rs"]
mod registry;
#[path = "pipelines/serving.rs"]
mod serving;

use std::cell::Cell;
use std::sync::OnceLock;

use linelogic::adapters::{MemoryStore, Silent};
use linelogic::base::{Date, Instant, Seed, morning};
use linelogic::flows::documents::{load_all, load_one};
use linelogic::flows::ingest::{Input, ingest};
use linelogic::flows::pipelines::{Context, Dataset, Features, PipelineError, Weekly, daily, known_by, weekly};
use linelogic::flows::registry::{state, transition};
use linelogic::flows::replay::{ReplayError, replay};
use linelogic::league::features::frame;
use linelogic::league::{GameLog, Score};
use linelogic::pipeline::{DAILY, Outcome, Report, WEEKLY};
use linelogic::ports::{Batch, Document, Revision, Store, StoreError};
use linelogic::registry::{Change, RegistryAction, RegistryEvent, Stage};
use linelogic::serving::DayLog;
use pollster::block_on;

fn demo() -> &'static Dataset {
    static DEMO: OnceLock<Dataset> = OnceLock::new();
    DEMO.get_or_init(|| {
        let made = ingest(Input::Demo(Seed(1)), Instant::default(), &mut |_| true).expect("the league is valid");
        Dataset { log: made.log, manifest: made.manifest, as_of: made.as_of }
    })
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn context<'a, S: Store>(store: &'a S, data: &'a Dataset) -> Context<'a, S, Silent> {
    Context { store, events: &Silent, data, features: None, recorded_at: None, actor: "test", dry_run: false }
}

fn documents<S: Store>(store: &S) -> (Revision, Vec<Document>) {
    block_on(store.scan("")).unwrap()
}

fn outcome(report: &Report, step: &str) -> Outcome {
    report.steps.iter().find(|report| report.name == step).unwrap_or_else(|| panic!("no step {step}")).outcome
}

/// A store with a version in Production, trained on the mornings before the last season.
fn opened() -> (MemoryStore, &'static Dataset) {
    static OPENED: OnceLock<Vec<Document>> = OnceLock::new();
    let there = OPENED.get_or_init(|| {
        let store = MemoryStore::new();
        let report = block_on(weekly(&context(&store, demo()), day("2025-10-20"), Weekly::Bootstrap)).unwrap();
        assert!(report.gate.unwrap().passed);
        documents(&store).1
    });
    (MemoryStore::with(Revision(1), there.clone()), demo())
}

#[test]
fn features_of_the_whole_log_are_those_that_each_morning_knew() {
    let whole = frame(&demo().log);
    for morning in ["2020-12-22", "2021-10-19", "2023-05-20", "2025-10-21", "2025-12-24", "2026-01-15"] {
        let (of_whole, of_morning) = (known_by(&whole, day(morning)), frame(&demo().log.as_of(day(morning))));
        let end = of_whole.days.partition_point(|other| *other <= day(morning));
        let bits = |frame: &linelogic::features::TrainingFrame| -> Vec<u64> {
            let x = frame.x.slice(ndarray::s![..end, ..]);
            x.iter()
                .chain(&frame.y[..end])
                .map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() })
                .collect()
        };
        assert_eq!(of_whole.ids, of_morning.ids, "{morning}");
        assert_eq!(bits(&of_whole), bits(&of_morning), "{morning}");
    }
}

#[test]
fn the_first_version_that_passes_the_gate_serves() {
    let (store, _) = opened();
    let (_, registry) = block_on(state(&store)).unwrap();
    let production = registry.production_at(day("2025-10-20")).unwrap();
    assert_eq!(production.version, "1.0.0");
    assert!(production.trained_through < day("2025-10-20"));
    let to_production =
        |event: &&RegistryEvent| matches!(event.action, RegistryAction::Transitioned { to: Stage::Production, .. });
    let moved = registry.events().iter().find(to_production).unwrap();
    assert!(moved.reason.contains("the first version that serves; gate passed"), "{}", moved.reason);
    let asked = &moved.gate.as_ref().expect("the report is kept").checks;
    let unasked: Vec<&str> = asked.iter().filter(|one| one.passed.is_none()).map(|one| one.name.as_str()).collect();
    assert_eq!(unasked, ["log_loss", "staging"], "both speak of a version that serves");
}

#[test]
fn reports_have_the_steps_of_their_plans() {
    let (store, data) = opened();
    let names = |report: Report| report.steps.into_iter().map(|step| step.name).collect::<Vec<_>>();
    let of_day = block_on(daily(&context(&store, data), day("2025-11-05"))).unwrap();
    assert_eq!(names(of_day), DAILY.map(|step| step.name));
    let of_week = block_on(weekly(&context(&store, data), day("2025-10-20"), Weekly::Bootstrap)).unwrap();
    assert_eq!(names(of_week), WEEKLY.map(|step| step.name));
}

#[test]
fn a_second_daily_run_writes_nothing() {
    let (store, data) = opened();
    let first = block_on(daily(&context(&store, data), day("2025-12-05"))).unwrap();
    assert!(first.written > 0);
    assert_eq!(outcome(&first, "log"), Outcome::Ran);
    let before = documents(&store);
    let second = block_on(daily(&context(&store, data), day("2025-12-05"))).unwrap();
    assert_eq!(second.written, 0);
    assert_eq!(outcome(&second, "log"), Outcome::Skipped);
    assert_eq!(documents(&store), before, "not even the revision moves");
}

#[test]
fn a_second_weekly_run_is_the_same_run_even_when_the_data_has_grown() {
    let (store, _) = opened();
    let before = documents(&store);
    let grown = Dataset {
        manifest: {
            let mut other = demo().manifest.clone();
            other.digest = linelogic::base::Digest::of_bytes(b"more");
            other
        },
        ..demo().clone()
    };
    let report = block_on(weekly(&context(&store, &grown), day("2025-10-20"), Weekly::Bootstrap)).unwrap();
    assert_eq!(outcome(&report, "search"), Outcome::Skipped);
    assert_eq!((report.written, report.version.as_deref()), (0, Some("1.0.0")));
    assert_eq!(documents(&store), before);
}

#[test]
fn what_was_logged_before_the_games_stays_and_results_are_only_added() {
    let (store, data) = opened();
    block_on(daily(&context(&store, data), day("2025-12-05"))).unwrap();
    let load = || block_on(load_one::<DayLog, _>(&store, "2025-12-05")).unwrap().1.unwrap();
    let logged = load();
    assert!(!logged.predictions.is_empty() && logged.settled.is_empty());
    assert!(logged.predictions.iter().all(|one| one.version == "1.0.0" && one.stage == Stage::Production));

    // Another version serves from the same morning on, and the day is run again.
    block_on(weekly(&context(&store, data), day("2025-12-04"), Weekly::Bootstrap)).unwrap();
    let at = morning(day("2025-12-05"));
    let change = Change { at, recorded_at: at, actor: "test".into(), reason: "test".into() };
    block_on(transition(&store, "1.1.0", Stage::Production, &change)).unwrap();
    block_on(daily(&context(&store, data), day("2025-12-05"))).unwrap();
    assert_eq!(load(), logged);

    let settled = block_on(daily(&context(&store, data), day("2025-12-06"))).unwrap();
    assert_eq!(outcome(&settled, "settle"), Outcome::Ran);
    let after = load();
    assert_eq!(after.predictions, logged.predictions);
    assert_eq!(after.unsettled(), Vec::<&str>::new());
    for settled in &after.settled {
        let game = data.log.games().iter().find(|game| game.id == settled.game_id).unwrap();
        assert_eq!(game.home_won(), Some(settled.home_won));
    }
}

#[test]
fn results_of_the_day_and_later_change_nothing_that_a_day_writes() {
    let mut games = demo().log.games().to_vec();
    for game in games.iter_mut().filter(|game| game.date >= day("2025-12-05")) {
        if let Some(score) = &mut game.score {
            *score = Score { home: score.visitor, visitor: score.home };
        }
    }
    let other = Dataset { log: GameLog::new(games), ..demo().clone() };
    let run = |data: &Dataset| {
        let (store, _) = opened();
        block_on(weekly(&context(&store, data), day("2025-12-05"), Weekly::Bootstrap)).unwrap();
        block_on(daily(&context(&store, data), day("2025-12-05"))).unwrap();
        documents(&store)
    };
    assert_eq!(run(&other), run(demo()));
}

#[test]
fn a_version_that_has_seen_the_day_does_not_predict_it() {
    let (store, data) = opened();
    let report = block_on(daily(&context(&store, data), day("2025-10-20"))).unwrap();
    assert_eq!(outcome(&report, "predict"), Outcome::Skipped, "there is no game on the day before opening");
    let early = MemoryStore::new();
    block_on(weekly(&context(&early, data), day("2025-12-05"), Weekly::Bootstrap)).unwrap();
    // Pretend that it had been in Production a month before it was trained.
    let (revision, mut there) = documents(&early);
    for document in there.iter_mut().filter(|document| document.kind == "event") {
        document.body["at"] = serde_json::to_value(morning(day("2025-11-01"))).unwrap();
    }
    let early = MemoryStore::with(revision, there);
    let report = block_on(daily(&context(&early, data), day("2025-11-05"))).unwrap();
    let predict = report.steps.iter().find(|step| step.name == "predict").unwrap();
    assert_eq!(predict.outcome, Outcome::Skipped);
    assert!(predict.detail.contains("1.0.0 has seen games up to 2025-12-04"), "{}", predict.detail);
    assert_eq!(outcome(&report, "log"), Outcome::Skipped);
}

#[test]
fn a_version_that_the_gate_refuses_stays_at_staging() {
    // Every winner is a coin's: there is nothing to learn.
    let mut rng = Seed(5).rng();
    let mut games = demo().log.games().to_vec();
    for game in &mut games {
        if let Some(score) = &mut game.score
            && rng.uniform() < 0.5
        {
            *score = Score { home: score.visitor, visitor: score.home };
        }
    }
    let coins = Dataset { log: GameLog::new(games), ..demo().clone() };
    let store = MemoryStore::new();
    let report = block_on(weekly(&context(&store, &coins), day("2025-10-20"), Weekly::Bootstrap)).unwrap();
    let gate = report.gate.unwrap();
    assert!(!gate.passed, "{}", gate.summary());
    let (_, registry) = block_on(state(&store)).unwrap();
    assert_eq!((registry.stage("1.0.0"), registry.production()), (Some(Stage::Staging), None));
}

#[test]
fn a_day_behind_the_data_is_refused_and_leaves_nothing() {
    let (store, data) = opened();
    let before = documents(&store);
    let error = block_on(daily(&context(&store, data), day("2026-01-16"))).unwrap_err();
    assert!(matches!(error, PipelineError::Beyond { .. }), "{error}");
    assert_eq!(documents(&store), before);
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let (store, data) = opened();
    let before = documents(&store);
    let dry = Context { dry_run: true, ..context(&store, data) };
    let said = block_on(daily(&dry, day("2025-12-05"))).unwrap();
    assert_eq!(documents(&store), before);
    let done = block_on(daily(&context(&store, data), day("2025-12-05"))).unwrap();
    assert_eq!((said.steps, said.written), (done.steps, done.written));
}

/// A store into which somebody else commits just before the first commit.
struct Busy(MemoryStore, Cell<bool>);

impl Store for Busy {
    async fn scan(&self, prefix: &str) -> Result<(Revision, Vec<Document>), StoreError> {
        self.0.scan(prefix).await
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        if !self.1.replace(true) {
            let (base, _) = self.0.scan("none/").await?;
            let body = "somebody else".into();
            let other = Document { key: "setting/x".into(), kind: "setting".into(), schema: 1, body };
            self.0.commit(Batch { base, puts: vec![other], deletes: vec![] }).await?;
        }
        self.0.commit(batch).await
    }
}

#[test]
fn a_run_that_somebody_else_overtook_runs_again_on_what_is_there() {
    let (store, data) = opened();
    let busy = Busy(store, Cell::new(false));
    let report = block_on(daily(&context(&busy, data), day("2025-12-05"))).unwrap();
    assert_eq!(outcome(&report, "log"), Outcome::Ran);
    let (revision, there) = documents(&busy.0);
    assert_eq!(revision, Revision(3));
    assert!(there.iter().any(|document| document.key == "setting/x"));
    assert!(there.iter().any(|document| document.key == "day/2025-12-05"));
}

#[test]
fn a_replay_is_the_same_from_features_computed_once_or_for_each_day_and_twice_is_once() {
    let data = demo();
    let days = (None, Some(day("2025-10-27")));
    let whole = Features::of(&data.log);
    let (once, each) = (MemoryStore::new(), MemoryStore::new());
    let replayed = block_on(replay(&Context { features: Some(&whole), ..context(&once, data) }, 2025, days)).unwrap();
    assert_eq!((replayed.daily_runs, replayed.weekly_runs), (7, 5));
    assert_eq!(replayed.notes, Vec::<String>::new());
    block_on(replay(&context(&each, data), 2025, days)).unwrap();
    assert_eq!(documents(&once), documents(&each));
    let before = documents(&once);
    let again = block_on(replay(&Context { features: Some(&whole), ..context(&once, data) }, 2025, days)).unwrap();
    assert_eq!((again.logged, again.registered.len()), (0, 0));
    assert_eq!(documents(&once), before);
    let (_, logs) = block_on(load_all::<DayLog, _>(&once)).unwrap();
    assert!(logs.iter().all(|log| log.unsettled().is_empty() || log.day == day("2025-10-27")));
    assert!(logs.iter().flat_map(|log| &log.predictions).all(|one| one.version == "1.4.0"));
}

#[test]
fn a_season_that_is_not_there_is_refused_with_those_that_are() {
    let store = MemoryStore::new();
    let error = block_on(replay(&context(&store, demo()), 2031, (None, None))).unwrap_err();
    assert!(matches!(error, ReplayError::NoSeason { .. }));
    assert!(error.to_string().contains("2020, 2021, 2022, 2023, 2024, 2025"), "{error}");
}
