//! Messages between page and worker. Specs and digests travel, not data: the worker fetches,
//! checks and joins for itself. The worker computes and the page commits.
//!
//! A message travels as its JSON text: strings are copied by the browser in one go, and what is tested natively is what
//! travels. Beside the text of [`Request::Import`] go the JavaScript `File`s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::{Date, Digest};
use crate::data::{ManifestDiff, Profile, Violation};
use crate::flows::datasets::NewDataset;
use crate::flows::export::{Export, Exported};
use crate::flows::ingest::{Rejection, StageReport};
use crate::flows::train::TrainSpec;
use crate::league::Game;
use crate::learn::{Trial, Unit};
use crate::monitoring::DriftReport;
use crate::registry::{ModelVersion, Rival, Stage};
use crate::serving::Prediction;
use crate::tracking::Run;

/// A job's number, given by the page.
pub type JobId = u32;

/// Which games to compute on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetRef {
    /// The data published with the site, under `data/`.
    Published,
    /// A dataset that the user imported, in the browser's store.
    Imported {
        /// Digest of its manifest.
        digest: Digest,
    },
}

/// A row of a dataset's quarantine, and how it is to be repaired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// Of this dataset.
    pub dataset: DatasetRef,
    /// Place of the row among the refused rows that are kept, from 0.
    pub row: usize,
    /// New values, each by the path of its contract's field, such as `score.home`.
    pub edits: BTreeMap<String, serde_json::Value>,
}

/// What the page asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Read and check files that are one set. The `File`s themselves travel beside the message, in this order.
    Import {
        /// Names of the files.
        names: Vec<String>,
    },
    /// Check a row of the quarantine as it is with edits; nothing is changed.
    Recheck(Repair),
    /// Make the dataset with a row of the quarantine let in as it is with edits.
    Release(Repair),
    /// Compare the games of two datasets.
    Diff {
        /// The games before.
        before: DatasetRef,
        /// The games after.
        after: DatasetRef,
        /// How many games of each kind of change are listed.
        shown: usize,
    },
    /// Tell what stands in the columns of a dataset's games.
    Profile {
        /// Of this dataset.
        dataset: DatasetRef,
    },
    /// Write a dataset, or what was found in it, as a file.
    Export {
        /// Of this dataset.
        dataset: DatasetRef,
        /// What of it.
        what: Export,
    },
    /// Tell what the feature views hold of a dataset on the morning of a day.
    Features {
        /// Of this dataset.
        dataset: DatasetRef,
        /// The day.
        day: Date,
    },
    /// Tell how the features of a game were joined.
    Explain {
        /// Of this dataset.
        dataset: DatasetRef,
        /// The game's id.
        game: String,
        /// The view.
        view: String,
    },
    /// Take over what is new up to the morning of a day into the served rows of every view.
    Materialize {
        /// Of this dataset.
        dataset: DatasetRef,
        /// Where the dataset comes from: what is served of another source is not gone on from.
        source: String,
        /// The day.
        day: Date,
        /// The [`OnlineView`](crate::features::OnlineView)s that are served now.
        served: Value,
    },
    /// Search and train.
    Learn {
        /// On these games.
        dataset: DatasetRef,
        /// A [`Learn`], which only the lab writes.
        work: Value,
    },
    /// Predict a day's games from what was known on its morning.
    Predict {
        /// On these games.
        dataset: DatasetRef,
        /// The day.
        day: Date,
        /// The versions to score, each with its stage.
        versions: Vec<(ModelVersion, Stage)>,
    },
    /// Take a day's predictions apart: the answer is [`Reply::Lab`] with [`Reasons`](crate::flows::reasons::Reasons).
    Why {
        /// On these games.
        dataset: DatasetRef,
        /// The day.
        day: Date,
        /// The version that predicts.
        version: ModelVersion,
    },
    /// Compare two windows.
    Drift {
        /// On these games.
        dataset: DatasetRef,
        /// The version whose features and predictions are compared.
        version: ModelVersion,
        /// First and last day of the reference.
        reference: (Date, Date),
        /// First and last day of the current window.
        current: (Date, Date),
    },
    /// Measure how long the features and a fit take here; no page asks for it, `cargo xtask bench` does.
    Bench {
        /// On these games.
        dataset: DatasetRef,
    },
    /// Score the version in Production on the hold-out of another version's run, for the gate.
    Judge {
        /// On these games.
        dataset: DatasetRef,
        /// The version in Production.
        production: ModelVersion,
        /// The other version's run.
        run: Run,
    },
}

/// A part of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learn {
    /// The training.
    pub spec: TrainSpec,
    /// The part.
    pub part: LearnPart,
}

/// What is to be done of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearnPart {
    /// Say how many folds there are: the answer is [`Reply::Lab`] with the number.
    Plan,
    /// Run some trials: each is told as [`Reply::Part`] with a [`Trial`].
    Trials {
        /// Which.
        units: Vec<Unit>,
    },
    /// Run what is left and fit the best: trials are told as they end, and the answer is [`Reply::Lab`] with a
    /// [`Trained`](crate::flows::evaluate::Trained).
    Finish {
        /// What was done.
        trials: Vec<Trial>,
        /// The version in Production, to be held against on the same games.
        production: Option<Box<ModelVersion>>,
    },
}

impl Request {
    /// Asks for a part of a training.
    ///
    /// # Errors
    /// If a number in it is not finite.
    pub fn learn(dataset: DatasetRef, work: &Learn) -> Result<Self, String> {
        let work = serde_json::to_value(work).map_err(|error| format!("a training could not be written: {error}"))?;
        Ok(Request::Learn { dataset, work })
    }
}

/// Page to worker.
// A message is written to text at once and never kept: its size in memory does not matter.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Start a job.
    Start {
        /// Its number.
        job: JobId,
        /// What to do.
        work: Request,
    },
    /// Stop a job; the answer is [`Reply::Cancelled`].
    Cancel {
        /// Its number.
        job: JobId,
    },
}

/// Worker to page.
// See [`ToWorker`].
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// The worker listens. Nothing is sent to it before this.
    Ready {
        /// The build it was made from.
        build: String,
    },
    /// Something about a job.
    Job {
        /// Its number.
        job: JobId,
        /// What.
        reply: Reply,
    },
    /// The worker has met a bug and stops: it answers nothing more.
    Died {
        /// The panic's message.
        reason: String,
    },
}

/// The build that page and worker must share.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");

impl Reply {
    /// An answer for the lab alone.
    ///
    /// # Errors
    /// If a number in it is not finite.
    pub fn lab<T: Serialize>(answer: &T) -> Result<Self, String> {
        let value = serde_json::to_value(answer);
        value.map(Reply::Lab).map_err(|error| format!("an answer could not be written: {error}"))
    }
}

/// A message as it travels.
///
/// # Errors
/// If a number in it is neither finite nor has a text of its own.
pub fn to_text<T: Serialize>(message: &T) -> Result<String, String> {
    crate::base::json::to_string(message).map_err(|error| format!("a message could not be written: {error}"))
}

/// A message from how it travelled.
///
/// # Errors
/// If it is not one of ours.
pub fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    crate::base::json::from_slice(text.as_bytes()).map_err(|error| format!("a message could not be read: {error}"))
}

impl Reply {
    /// Whether it is the last one about its job.
    pub fn is_last(&self) -> bool {
        !matches!(self, Reply::Progress { .. } | Reply::Part(_))
    }
}

/// What the worker answers about a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Work went on.
    Progress {
        /// What is being done, for people.
        task: String,
        /// Units done.
        done: u64,
        /// Units in all; 0 if not known.
        total: u64,
    },
    /// A part of the answer is there, for the lab alone, such as a trial that ended.
    Part(Value),
    /// An import passed its checks; the page commits it.
    Imported {
        /// The dataset.
        dataset: Box<NewDataset>,
        /// What the stages did so far: `fetch`, `normalise` and `validate`.
        stages: Vec<StageReport>,
    },
    /// A row of the quarantine was checked again.
    Rechecked {
        /// The game that it would be; none where it still breaks a promise.
        game: Option<Game>,
        /// Everything that it breaks; warnings do not keep it out.
        violations: Vec<Violation>,
    },
    /// A row of the quarantine was let in; the page commits the dataset.
    Released(Box<NewDataset>),
    /// Two datasets were compared.
    Compared(ManifestDiff),
    /// The columns of a dataset were looked through.
    Profiled(Profile),
    /// A file was written.
    Exported(Exported),
    /// What [`Request::Features`], [`Request::Explain`], [`Request::Materialize`] and [`Request::Learn`] ask for, as JSON: the fans' module
    /// reads every message, and so need not know the types that only the lab shows.
    Lab(Value),
    /// An import or a release was refused; nothing has changed.
    Refused(Rejection),
    /// A day was predicted.
    Predicted(Vec<Prediction>),
    /// Two windows were compared.
    Drifted(DriftReport),
    /// Figures by name, as [`crate::flows::bench::measure`] gives them.
    Measured(BTreeMap<String, f64>),
    /// Production was held against a hold-out.
    Judged(Rival),
    /// The job was stopped.
    Cancelled,
    /// The job could not be done.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::data::{Findings, SourceKind, Violation};
    use crate::learn::{Linear, Model, Scaling};
    use crate::monitoring::{ColumnDrift, Evidence};

    fn profile_of_the_demo() -> Profile {
        let contract = crate::league::games_contract();
        let mut profiler = crate::data::Profiler::of(contract);
        demo().log.games().iter().take(40).for_each(|game| profiler.add_json(&serde_json::json!(game)));
        profiler.finish()
    }

    fn travels<T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(message: T) {
        let text = to_text(&message).unwrap();
        assert_eq!(from_text::<T>(&text).unwrap(), message, "{text}");
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// A version whose coefficients need every bit.
    fn version() -> ModelVersion {
        let linear = Linear {
            scaling: Scaling { mean: vec![0.1 + 0.2, -1.0 / 3.0], scale: vec![f64::MIN_POSITIVE, 1e300 / 7.0] },
            coefficients: vec![std::f64::consts::PI, -5e-324],
            intercept: 0.3f64.sqrt(),
            c: 0.1,
            l1_ratio: 0.0,
        };
        let model = Model::linear("1.0.0", vec!["elo".into(), "rest".into()], linear).into();
        ModelVersion {
            name: "home-win".into(),
            version: "1.2.0+local.1".into(),
            run_id: "0".repeat(32),
            model,
            trained_through: day("2026-01-14"),
            source_kind: SourceKind::Simulated,
            data_version: Digest::of_bytes(b"games"),
            metrics: [("log_loss".to_owned(), 0.1f64 + 0.7)].into(),
            registered_at: crate::base::morning(day("2026-01-15")),
        }
    }

    #[test]
    fn the_gates_question_and_its_answers_travel() {
        let at = crate::base::morning(day("2026-01-15"));
        let run = Run {
            id: "0".repeat(32),
            experiment: "home-win".into(),
            name: "a run".into(),
            status: crate::tracking::RunStatus::Finished,
            started_at: at,
            ended_at: at,
            params: [("holdout_from".to_owned(), "2025-10-21".to_owned())].into(),
            metrics: [("auc".to_owned(), Vec::new())].into(),
            tags: [].into(),
            data_version: Some(Digest::of_bytes(b"games")),
            feature_version: Some("1.0.0".into()),
            model_digest: None,
            parent: None,
            artifacts: Vec::new(),
            spec: None,
            deleted_at: None,
        };
        travels(Request::Judge { dataset: DatasetRef::Published, production: version(), run });
        travels(Reply::Judged(Rival::Scored { version: "1.0.0".into(), log_loss: 0.1 + 0.2, games: 300 }));
        travels(Reply::Judged(Rival::NotComparable("its run is not in this browser".into())));
    }

    #[test]
    fn a_request_to_train_travels_with_a_seed_of_all_64_bits() {
        let spec = TrainSpec {
            seasons: (2020, 2025),
            as_of: day("2026-01-15"),
            selection: vec![],
            search: crate::flows::searches::default_search(&[0.01, 1.0 / 3.0, 100.0]),
            seed: Seed(u64::MAX - 1),
            experiment: "lab".into(),
        };
        let dataset = DatasetRef::Imported { digest: Digest::of_bytes(b"games") };
        let work = Learn { spec, part: LearnPart::Trials { units: vec![Unit { rung: 0, index: 3 }] } };
        travels(work.clone());
        travels(ToWorker::Start { job: 7, work: Request::learn(dataset, &work).unwrap() });
        travels(ToWorker::Cancel { job: 7 });
    }

    #[test]
    fn a_measurement_is_asked_for_in_the_words_that_the_bench_uses() {
        let digest = Digest::of_bytes(b"games");
        let dataset = DatasetRef::Imported { digest };
        let asked = format!(
            r#"{{"start":{{"job":1,"work":{{"bench":{{"dataset":{{"imported":{{"digest":"{digest}"}}}}}}}}}}}}"#
        );
        assert_eq!(from_text(&asked), Ok(ToWorker::Start { job: 1, work: Request::Bench { dataset } }));
        let measured = Reply::Measured([("milliseconds".to_owned(), 0.1 + 0.2)].into());
        let text = to_text(&FromWorker::Job { job: 1, reply: measured });
        assert_eq!(
            text.as_deref(),
            Ok(r#"{"job":{"job":1,"reply":{"measured":{"milliseconds":0.30000000000000004}}}}"#)
        );
    }

    #[test]
    fn a_version_travels_bit_for_bit() {
        let versions = vec![(version(), Stage::Production), (version(), Stage::Staging)];
        let work = Request::Predict { dataset: DatasetRef::Published, day: day("2026-01-15"), versions };
        travels(ToWorker::Start { job: 1, work });
    }

    #[test]
    fn numbers_that_json_does_not_know_travel_in_a_drift_report() {
        let column = ColumnDrift {
            column: "back_to_back".into(),
            stattest: "chisquare".into(),
            statistic: f64::INFINITY,
            evidence: Some(Evidence::PValue(0.0)),
            threshold: 0.05,
            drifted: true,
            reference_mean: 0.5,
            current_mean: 0.25,
            reference_n: 10,
            current_n: 4,
            reference_missing: 0.0,
            current_missing: 0.0,
        };
        let window = (day("2025-11-01"), day("2025-12-01"));
        let report = DriftReport {
            reference: window,
            current: window,
            columns: vec![column],
            drift_share: 1.0,
            missing_share: 0.0,
        };
        travels(FromWorker::Job { job: 3, reply: Reply::Drifted(report) });
    }

    #[test]
    fn a_refusal_travels_with_its_findings() {
        let locus = crate::base::Locus::file("<b>games</b>.csv").at_row(7).at_column("home_score");
        let violation = Violation::error("int_parsing", locus, "abc".into(), "Input should be a whole number");
        let findings = Findings { violations: vec![violation], violation_count: 1, ..Findings::default() };
        travels(FromWorker::Job { job: 2, reply: Reply::Refused(Rejection { message: "no".into(), findings }) });
    }

    #[test]
    fn what_is_asked_about_a_quarantine_travels_with_its_edits() {
        let dataset = DatasetRef::Imported { digest: Digest::of_bytes(b"games") };
        let edits = [("score.home".to_owned(), "101".into()), ("neutral".to_owned(), serde_json::Value::Null)].into();
        let repair = Repair { dataset: dataset.clone(), row: 3, edits };
        for work in [
            Request::Import { names: vec!["a.csv".into(), "<b>.json".into()] },
            Request::Recheck(repair.clone()),
            Request::Release(repair),
            Request::Diff { before: DatasetRef::Published, after: dataset.clone(), shown: 20 },
            Request::Profile { dataset: dataset.clone() },
            Request::Features { dataset: dataset.clone(), day: day("2026-01-15") },
            Request::Explain { dataset: dataset.clone(), game: "1".into(), view: "team_elo".into() },
            Request::Export { dataset, what: Export::FailureCases },
        ] {
            travels(ToWorker::Start { job: 4, work });
        }
    }

    #[test]
    fn an_import_travels_with_games_lineage_refused_rows_and_stages() {
        let ingested = demo();
        let mut dataset = NewDataset::from(ingested);
        dataset.games.truncate(3);
        dataset.lineage = crate::data::Lineage::new(vec![crate::data::Origin { input: 0, rows: vec![2, 3] }]);
        let violation = Violation::error("tie", crate::base::Locus::file("f").at_row(4), 7.into(), "No tie");
        let row = serde_json::json!({ "rows": [4], "raw": { "a": "\u{0}\u{2028}" }, "violations": [violation] });
        dataset.findings = Findings::of(vec![violation]);
        dataset.findings.quarantined.push(serde_json::from_value(row).unwrap());
        let stage = StageReport {
            stage: "validate".into(),
            rows_in: Some(3),
            rows_out: None,
            refused: 1,
            bytes: u64::MAX >> 11,
            milliseconds: 0.1 + 0.2,
        };
        let game = dataset.games.first().cloned();
        let violations = dataset.findings.violations.clone();
        for reply in [
            Reply::Imported { dataset: Box::new(dataset.clone()), stages: vec![stage] },
            Reply::Released(Box::new(dataset)),
            Reply::Rechecked { game, violations },
            Reply::Compared(ManifestDiff { added: 2, ..ManifestDiff::default() }),
            Reply::Profiled(profile_of_the_demo()),
            Reply::Exported(Exported {
                file_name: "a.csv".into(),
                media_type: "text/csv".into(),
                text: "a,\"b\"\n".into(),
            }),
        ] {
            assert!(reply.is_last());
            travels(FromWorker::Job { job: 1, reply });
        }
    }

    /// The simulated league.
    fn demo() -> crate::flows::ingest::Ingested {
        use crate::flows::ingest::{Input, ingest};
        ingest(Input::Demo(Seed(1)), crate::base::morning(day("2026-01-15")), &mut |_| true).unwrap()
    }

    /// Sends an answer for the lab and reads it as the page does.
    fn arrives<T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(answer: T) {
        let reply = Reply::lab(&answer).unwrap();
        assert!(reply.is_last());
        let text = to_text(&FromWorker::Job { job: 1, reply }).unwrap();
        let Ok(FromWorker::Job { reply: Reply::Lab(value), .. }) = from_text(&text) else { panic!("{text}") };
        assert_eq!(serde_json::from_value::<T>(value).unwrap(), answer);
    }

    #[test]
    fn what_the_feature_store_is_asked_and_answers_travels() {
        use crate::flows::feature_report::{explain_join, report};
        use crate::flows::features::materialize_all;
        let (log, morning) = (demo().log, day("2026-01-15"));
        let answer = materialize_all(&log, "demo:1", morning, &[]).expect("it can be materialised");
        let served = serde_json::to_value(&answer.0).unwrap();
        let (dataset, source) = (DatasetRef::Published, "demo:1".to_owned());
        travels(ToWorker::Start { job: 1, work: Request::Materialize { dataset, source, day: morning, served } });
        arrives(answer);
        arrives(report(&log, morning));
        let game = log.games().last().expect("a game").id.clone();
        arrives(explain_join(&log, &game, "pair_head_to_head"));
        arrives(explain_join(&log, "nothing", "team_elo"));
    }

    #[test]
    fn every_kind_of_reply_travels() {
        let scores = crate::stats::Scores { n: 2, log_loss: 0.1, brier: 0.2, accuracy: 0.5, auc: None, ece: 0.3 };
        let prediction = Prediction {
            game_id: "1".into(),
            version: "1.0.0".into(),
            stage: Stage::Production,
            prob_home: 1.0 / 3.0,
            missing: 0.0,
            stale_since: None,
        };
        for reply in [
            Reply::Progress { task: "Checking rows".into(), done: 1, total: 0 },
            Reply::Part(serde_json::json!(scores)),
            Reply::Predicted(vec![prediction]),
            Reply::Predicted(vec![]),
            Reply::Cancelled,
            Reply::Failed("the disk is full".into()),
        ] {
            travels(FromWorker::Job { job: 1, reply });
        }
        travels(FromWorker::Ready { build: BUILD.into() });
        travels(FromWorker::Died { reason: "a bug".into() });
    }

    #[test]
    fn only_progress_and_trials_leave_a_job_running() {
        assert!(!Reply::Progress { task: String::new(), done: 0, total: 0 }.is_last());
        for last in [Reply::Cancelled, Reply::Failed(String::new()), Reply::Predicted(vec![])] {
            assert!(last.is_last());
        }
    }

    #[test]
    fn what_is_not_a_message_is_an_error_and_no_panic() {
        for text in ["", "{}", "[]", r#"{"message":"start"}"#, r#"{"message":"unknown"}"#] {
            assert!(from_text::<ToWorker>(text).is_err(), "{text}");
        }
    }
}
