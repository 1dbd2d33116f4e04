//! `bench [--source SPEC] [--frame-out PATH]`: how long the features and a fit take natively, and the frame for others
//! to fit. `cargo xtask bench` runs it.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::source::{SourceSpec, ingested};
use super::train::run_trials;
use super::{Failure, Global, Outcome};
use crate::base::Digest;
use crate::data::SourceKind;
use crate::features::TrainingFrame;
use crate::flows::bench::{STRENGTH, examples, join_curve, measure, median, search_spec};
use crate::flows::bench_tracking::measure_search;
use crate::flows::train::{Provenance, TrainJob};
use crate::league::GameLog;
use crate::learn::{EstimatorSpec, Setting};

/// Feature rows of the curve.
const SIZES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

/// Runs that are searched, and metrics of each.
const RUNS: usize = 10_000;
const METRICS: usize = 30;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the games come from: demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR
    #[arg(long, value_name = "SPEC", default_value = "demo")]
    source: SourceSpec,
    /// Write the frame as CSV: the features, then the columns weight, label and strength
    #[arg(long, value_name = "PATH")]
    frame_out: Option<PathBuf>,
    /// Time the point-in-time join by the number of feature rows, up to ten million, and nothing else
    #[arg(long)]
    join_curve: bool,
    /// Time a search over 10,000 runs with 30 metrics each, and nothing else
    #[arg(long)]
    tracking: bool,
    /// Time a search of 24 settings on five folds with this many threads, and nothing else; its frame gets the columns fold and
    /// label
    #[arg(long, value_name = "THREADS")]
    search: Option<NonZeroUsize>,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    if args.join_curve {
        let start = Instant::now();
        let curve = join_curve(&SIZES, &|| start.elapsed().as_secs_f64() * 1000.0);
        return global.print(&curve, || curve.iter().map(|(rows, ms)| format!("{rows} rows: {ms:.2} ms\n")).collect());
    }
    if args.tracking {
        let start = Instant::now();
        let found = measure_search(RUNS, METRICS, &|| start.elapsed().as_secs_f64() * 1000.0);
        return global.print(&found, || format!("{:.2} ms for a search over {RUNS} runs\n", found.milliseconds));
    }
    let log = ingested(&args.source, global)?.log;
    let log = global.as_of.map_or_else(|| log.clone(), |day| log.as_of(day));
    if let Some(threads) = args.search {
        return search(args, &log, threads.get(), global);
    }
    if let Some(path) = &args.frame_out {
        let (frame, weights) = examples(&log);
        write(path, to_csv(&frame, &weights))?;
    }
    let start = Instant::now();
    let figures = measure(&log, &|| start.elapsed().as_secs_f64() * 1000.0);
    let figures = figures.map_err(|error| Failure::Gate(error.to_string()))?;
    global.print(&figures, || figures.iter().map(|(name, value)| format!("{name}: {value}\n")).collect())
}

/// Timed searches, after one that warms up.
const SEARCHES: usize = 5;

/// Times the search. A measurement is as `cargo xtask bench` reads it.
fn search(args: &Args, log: &GameLog, threads: usize, global: &Global) -> Outcome {
    let provenance = Provenance { data_version: Digest::of_bytes(b""), source_kind: SourceKind::Simulated };
    let spec = search_spec(log);
    let settings: Vec<f64> = spec.search.space.settings().unwrap_or_default().iter().filter_map(strength).collect();
    let job = TrainJob::new(log, spec, provenance).map_err(|error| Failure::Gate(error.to_string()))?;
    if let Some(path) = &args.frame_out {
        write(path, folds_csv(&job, &settings))?;
    }
    let run = || {
        let mut job = job.clone();
        run_trials(&mut job, threads, &|| ());
        job.search().best().map_or(f64::NAN, |best| best.log_loss())
    };
    let log_loss = run();
    let start = Instant::now();
    let milliseconds = median(SEARCHES, &|| start.elapsed().as_secs_f64() * 1000.0, &mut || {
        std::hint::black_box(run());
    });
    let rows: usize = job.folds().iter().map(|fold| fold.validate.len()).sum();
    let found = serde_json::json!({
        "name": format!("native, {threads} threads"),
        "rows": rows,
        "columns": job.search().settings().first().map_or(0, |setting| setting.features.len()),
        "milliseconds": milliseconds,
        "runs": SEARCHES,
        "log_loss": log_loss,
        "settings": settings.len(),
        "folds": job.folds().len(),
    });
    global.print(&found, || format!("{found}\n"))
}

fn strength(setting: &Setting) -> Option<f64> {
    match setting.estimator {
        EstimatorSpec::LogisticRegression { c, .. } => Some(c),
        _ => None,
    }
}

/// The rows that the search is judged on: the searched features, the fold and the label; the strengths in the first line.
fn folds_csv(job: &TrainJob, strengths: &[f64]) -> String {
    let (frame, strengths) = (job.frame(), strengths.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
    let names = job.search().settings().first().map(|setting| setting.features.clone()).unwrap_or_default();
    let columns: Vec<usize> =
        names.iter().filter_map(|name| frame.features.iter().position(|feature| feature == name)).collect();
    let mut out = format!("# {strengths}\n{},fold,label\n", names.join(","));
    for (number, fold) in job.folds().iter().enumerate() {
        for row in &fold.validate {
            for column in &columns {
                let value = frame.x[[*row, *column]];
                let shown = if value.is_nan() { String::new() } else { value.to_string() };
                // Writing to a string cannot fail.
                let _ = write!(out, "{shown},");
            }
            let _ = writeln!(out, "{number},{}", frame.y[*row]);
        }
    }
    out
}

fn write(path: &Path, text: String) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::Environment(format!("{}: {error}", path.display())))
}

/// The frame as CSV, every number in full, a missing value as an empty field.
fn to_csv(frame: &TrainingFrame, weights: &[f64]) -> String {
    let mut out = format!("{},weight,label,strength\n", frame.features.join(","));
    for ((row, y), weight) in frame.x.rows().into_iter().zip(&frame.y).zip(weights) {
        for value in row {
            let shown = if value.is_nan() { String::new() } else { value.to_string() };
            // Writing to a string cannot fail.
            let _ = write!(out, "{shown},");
        }
        let _ = writeln!(out, "{weight},{y},{STRENGTH}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Date;

    #[test]
    fn a_missing_value_is_an_empty_field_and_a_number_keeps_every_digit() {
        let frame = TrainingFrame {
            features: vec!["elo".to_owned(), "rest".to_owned()],
            x: ndarray::array![[0.1 + 0.2, f64::NAN]],
            y: vec![1.0],
            ids: vec!["a".to_owned()],
            days: vec![Date::MIN],
            groups: vec![2020],
        };
        let text = to_csv(&frame, &[0.5]);
        assert_eq!(text, format!("elo,rest,weight,label,strength\n0.30000000000000004,,0.5,1,{STRENGTH}\n"));
    }
}
