//! `bench [--source SPEC] [--frame-out PATH]`: how long the features and a fit take natively, and the frame for others
//! to fit. `cargo xtask bench` runs it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use super::source::{SourceSpec, ingested};
use super::{Failure, Global, Outcome};
use crate::features::TrainingFrame;
use crate::flows::bench::{STRENGTH, examples, join_curve, measure};

/// Feature rows of the curve.
const SIZES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

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
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    if args.join_curve {
        let start = Instant::now();
        let curve = join_curve(&SIZES, &|| start.elapsed().as_secs_f64() * 1000.0);
        return global.print(&curve, || curve.iter().map(|(rows, ms)| format!("{rows} rows: {ms:.2} ms\n")).collect());
    }
    let log = ingested(&args.source, global)?.log;
    let log = global.as_of.map_or_else(|| log.clone(), |day| log.as_of(day));
    if let Some(path) = &args.frame_out {
        let (frame, weights) = examples(&log);
        let failed = |error: std::io::Error| Failure::Environment(format!("{}: {error}", path.display()));
        std::fs::write(path, to_csv(&frame, &weights)).map_err(failed)?;
    }
    let start = Instant::now();
    let figures = measure(&log, &|| start.elapsed().as_secs_f64() * 1000.0);
    let figures = figures.map_err(|error| Failure::Gate(error.to_string()))?;
    global.print(&figures, || figures.iter().map(|(name, value)| format!("{name}: {value}\n")).collect())
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
