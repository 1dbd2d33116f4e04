//! `train --source SPEC [--search NAME] [--seasons A..B]`: search, train, record the run, register at Staging.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::backtest::seasons;
use super::source::{SourceSpec, ingested};
use super::{Failure, Global, Outcome, person};
use crate::adapters::{JournalStore, SystemClock};
use crate::base::{Seed, morning};
use crate::flows::evaluate::{Evaluation, evaluate};
use crate::flows::present::evaluation::{alarm_words, no_rival_words, rival_rows};
use crate::flows::record::record;
use crate::flows::registry::{record_training, state};
use crate::flows::searches::{NAMES, default_search, named};
use crate::flows::train::{Provenance, TrainError, TrainJob, TrainOutcome, TrainSpec};
use crate::learn::{Method, SearchSpec, Selection, Split, Trial};
use crate::ports::Clock;
use crate::registry::Change;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the games come from: demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR
    #[arg(long, value_name = "SPEC", default_value = "demo")]
    source: SourceSpec,
    /// Seasons to train on by the years in which they start, such as 2015..2021; all of them if not given
    #[arg(long, value_name = "A..B", value_parser = seasons)]
    seasons: Option<(u16, u16)>,
    #[command(flatten)]
    search: Searched,
    /// Drop features before the search: correlation:THRESHOLD, l1:C or backward:TOLERANCE; several go one after the other
    #[arg(long, value_name = "SELECTION", value_delimiter = ',')]
    select: Vec<Selection>,
    /// Threads that run trials at once; as many as the machine has if not given
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Where all chance comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Experiment that the run belongs to
    #[arg(long, default_value = "home-win")]
    experiment: String,
    /// A tag of the run, such as ticket_id=FC-12; may be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Who does it, for the runs and for the trail; without it the environment's user name
    #[arg(long, value_name = "NAME", value_parser = person::name)]
    actor: Option<String>,
}

/// A tag as `KEY=VALUE`.
pub(super) fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE such as ticket_id=FC-12".to_owned()),
    }
}

/// What is tried, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Searched {
    /// What to try: default, baselines, linear, trees, blend or wide
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = PossibleValuesParser::new(NAMES))]
    search: String,
    /// Inverse penalty strengths to try, in place of those of the default search
    #[arg(long, value_name = "C", value_delimiter = ',')]
    strengths: Vec<f64>,
    /// How the points are gone through: grid, random:N or halving:FACTOR; as the search says if not given
    #[arg(long, value_name = "METHOD", value_parser = method)]
    method: Option<Method>,
    /// How trials are judged: walk-forward, or blocked:FOLDS:GAP_DAYS
    #[arg(long, value_name = "SPLIT", value_parser = split)]
    split: Option<Split>,
}

impl Searched {
    /// The search that the flags ask for.
    pub(super) fn spec(&self) -> Result<SearchSpec, Failure> {
        let mut spec = match (self.search.as_str(), self.strengths.as_slice()) {
            (name, []) => named(name),
            ("default", strengths) => Some(default_search(strengths)),
            _ => return Err(Failure::Usage("--strengths is of the default search alone".to_owned())),
        }
        .ok_or_else(|| Failure::Usage(format!("there is no search {}", self.search)))?;
        spec.method = self.method.unwrap_or(spec.method);
        spec.split = self.split.unwrap_or(spec.split);
        Ok(spec)
    }
}

fn method(text: &str) -> Result<Method, String> {
    match text.split_once(':') {
        None if text == "grid" => Some(Method::Grid),
        Some(("random", trials)) => trials.parse().ok().map(|trials| Method::Random { trials }),
        Some(("halving", factor)) => factor.parse().ok().map(|factor| Method::Halving { factor }),
        _ => None,
    }
    .ok_or_else(|| "expected grid, random:N or halving:FACTOR".to_owned())
}

fn split(text: &str) -> Result<Split, String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        ["walk-forward"] => Some(Split::WalkForward),
        ["blocked", folds, gap] => {
            folds.parse().ok().zip(gap.parse().ok()).map(|(folds, gap_days)| Split::Blocked { folds, gap_days })
        }
        ["random", folds] => folds.parse().ok().map(|folds| Split::Random { folds }),
        _ => None,
    }
    .ok_or_else(|| "expected walk-forward, or blocked:FOLDS:GAP_DAYS such as blocked:5:7".to_owned())
}

/// Runs every trial that is left, several at once. The leaderboard does not depend on how many.
pub(super) fn run_trials(job: &mut TrainJob, threads: usize, done: &(dyn Fn() + Sync)) {
    loop {
        let units = job.search().ready();
        if units.is_empty() {
            return;
        }
        let next = AtomicUsize::new(0);
        let shared = &*job;
        let work = || {
            let mut trials = Vec::new();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                trials.push(shared.run(*unit));
                done();
            }
            trials
        };
        let trials: Vec<Trial> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads.min(units.len())).map(|_| scope.spawn(work)).collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        trials.into_iter().for_each(|trial| job.take(trial));
    }
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    version: &'a str,
    #[serde(flatten)]
    outcome: &'a TrainOutcome,
    evaluation: &'a Evaluation,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let data = ingested(&args.source, global)?;
    let known = data.log.seasons();
    let all = (known.first().copied().unwrap_or_default(), known.last().copied().unwrap_or_default());
    if let Some((first, last)) = args.seasons.filter(|(first, last)| !known.iter().any(|s| (first..=last).contains(&s)))
    {
        let found = known.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        return Err(Failure::Usage(format!("no season of {first}..{last} is in the data, which has {found}")));
    }
    let spec = TrainSpec {
        seasons: args.seasons.unwrap_or(all),
        as_of: global.as_of.unwrap_or(data.as_of),
        selection: args.select.clone(),
        search: args.search.spec()?,
        seed: Seed(args.seed),
        experiment: args.experiment.clone(),
    };
    let at = morning(spec.as_of);
    let provenance = Provenance { data_version: data.manifest.digest, source_kind: data.manifest.source_kind };
    let started = SystemClock.now();
    let refused = |error: TrainError| match error {
        TrainError::Spec(reason) => Failure::Usage(reason),
        other => Failure::Gate(other.to_string()),
    };
    let mut job = TrainJob::new(&data.log, spec, provenance).map_err(refused)?;
    let bar = global.progress("trials", job.search().total() as u64);
    let available = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    run_trials(&mut job, args.threads.map_or_else(available, NonZeroUsize::get), &|| bar.inc(1));
    bar.finish_and_clear();
    let now = SystemClock.now();
    let frame = job.frame().clone();
    let mut outcome = job.finish(started, now).map_err(refused)?;
    outcome.run.tags.extend(args.tags.iter().cloned());
    let user = person::user(args.actor.as_deref());
    let recorded = record(&outcome, &data.log).map_err(refused)?.by(user.as_deref());
    let outside = |error: &dyn std::fmt::Display| Failure::Environment(error.to_string());
    let store = JournalStore::open(&global.store).map_err(|error| outside(&error))?;
    let production = pollster::block_on(state(&store)).map_err(|error| outside(&error))?.1.production().cloned();
    let evaluation = evaluate(&data.log, &frame, &outcome, production.as_ref());
    let evaluation = evaluation.map_err(|error| Failure::Gate(error.to_string()))?;
    let actor = person::actor(args.actor.as_deref());
    let change = Change { at, recorded_at: now, actor, reason: "trained on the command line".to_owned() };
    let version = pollster::block_on(record_training(&store, &outcome, &recorded, "", &change))
        .map_err(|error| outside(&error))?;
    let report = Report { version: &version.version, outcome: &outcome, evaluation: &evaluation };
    global.print(&report, || text(&report))
}

fn text(report: &Report<'_>) -> String {
    let TrainOutcome { run, setting, trials, dropped, holdout, holdout_days, .. } = report.outcome;
    let mut out = format!("run {}\n{}\n\nfolds  validation log loss\n", run.id, run.name);
    for trial in trials {
        let loss = trial.scores.map_or_else(|| "failed".to_owned(), |scores| format!("{:.4}", scores.log_loss));
        let mark = if trial.setting == *setting { "  best" } else { "" };
        let why = trial.error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
        out.push_str(&format!("{:>5}  {loss}  {}{mark}{why}\n", trial.folds, trial.setting.summary()));
    }
    for (set, dropped) in dropped {
        out.push_str(&format!("\ndropped of the {set} features:\n"));
        dropped.iter().for_each(|one| out.push_str(&format!("  {}: {}\n", one.feature, one.why)));
    }
    out.push_str(&format!("\nhold-out {} to {}, {} games:", holdout_days.0, holdout_days.1, holdout.n));
    for (name, value) in holdout.named() {
        out.push_str(&format!(" {name} {value:.4}"));
    }
    out.push_str("\n\non the same games:\n");
    for row in rival_rows(report.evaluation) {
        out.push_str(&format!("  {} {}: model less it {}, {}\n", row.name, row.log_loss, row.difference, row.verdict));
    }
    for words in [no_rival_words(report.evaluation), alarm_words(report.evaluation)].into_iter().flatten() {
        out.push_str(&format!("{words}\n"));
    }
    out.push_str(&format!("version {} entered at Staging\n", report.version));
    out
}
