//! `predict --as-of DATE`: the day's games with each version's probability.

use serde::Serialize;

use super::operation::{registry, store_there};
use super::source::{SourceSpec, ingested};
use super::{Failure, Global, Outcome, tell};
use crate::adapters::data_dir::DataDir;
use crate::base::Date;
use crate::flows::predict::predict_day;
use crate::flows::present::day::reason_lines;
use crate::flows::reasons::{Reasons, reasons};
use crate::league::{GameLog, TeamId};
use crate::registry::{ModelVersion, Stage};
use crate::serving::Prediction;

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the games come from: demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR; the folder of --data if not given
    #[arg(long, value_name = "SPEC")]
    source: Option<SourceSpec>,
    /// Say what moved each number, by the version in Production, else in Staging
    #[arg(long)]
    why: bool,
}

/// One game with a version's probability.
#[derive(Debug, Serialize)]
struct Line {
    home: TeamId,
    visitor: TeamId,
    #[serde(flatten)]
    prediction: Prediction,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    day: Date,
    predictions: Vec<Line>,
    /// What moved each number of the first version, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reasons>,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let (as_of, log) = games(args, global)?;
    let day = global.as_of.unwrap_or(as_of);
    let outside = |error: &dyn std::fmt::Display| Failure::Environment(error.to_string());
    let registry = registry(&store_there(global)?)?;
    let production = registry.production_at(day).map(|version| (version, Stage::Production));
    let staging = registry.staging_at(day).map(|version| (version, Stage::Staging));
    let versions: Vec<(&ModelVersion, Stage)> = production.into_iter().chain(staging).collect();
    if versions.is_empty() {
        return Err(Failure::Environment(format!(
            "{}: no version was in Production or Staging on {day}: train one with `linelogic train --as-of {day}`",
            global.store.display()
        )));
    }
    for (version, _) in versions.iter().filter(|(version, _)| version.trained_through >= day) {
        let through = version.trained_through;
        tell(&format!("version {} has seen results up to {through}: on {day} it is no forecast", version.version));
    }
    let predictions = predict_day(&log, day, &versions).map_err(|error| outside(&error))?;
    let line = |prediction: Prediction| {
        let game = log.on(day).iter().find(|game| game.id == prediction.game_id)?;
        Some(Line { home: game.home, visitor: game.visitor, prediction })
    };
    let reasons = match versions.first().filter(|_| args.why) {
        Some((version, _)) => version.model.open().and_then(|model| reasons(&log, day, &model)),
        None => Ok(Vec::new()),
    };
    let reasons = reasons.map_err(|error| outside(&error))?;
    let report = Report { day, predictions: predictions.into_iter().filter_map(line).collect(), reasons };
    global.print(&report, || text(&report))
}

/// The morning that the data speaks of, and the games.
fn games(args: &Args, global: &Global) -> Result<(Date, GameLog), Failure> {
    if let Some(source) = &args.source {
        return ingested(source, global).map(|data| (data.as_of, data.log));
    }
    let (index, log) = DataDir::new(&global.data).load()?;
    Ok((index.as_of, log))
}

fn text(report: &Report) -> String {
    if report.predictions.is_empty() {
        return format!("no games on {}\n", report.day);
    }
    let mut out = format!("{}\n", report.day);
    for Line { home, visitor, prediction } in &report.predictions {
        let (p, stage, version) = (100.0 * prediction.prob_home, prediction.stage, &prediction.version);
        out.push_str(&format!("{home} {p:5.1} %  {visitor} {:5.1} %  {version} {stage}", 100.0 - p));
        if prediction.missing > 0.0 {
            out.push_str(&format!("  {:.0} % of the features missing", 100.0 * prediction.missing));
        }
        if let Some(since) = prediction.stale_since {
            out.push_str(&format!("  stale: results since {since} are missing"));
        }
        out.push('\n');
    }
    for of_game in &report.reasons {
        let sides = report.predictions.iter().find(|line| line.prediction.game_id == of_game.game_id);
        if let Some(Line { home, visitor, .. }) = sides {
            let lines = reason_lines(of_game, home.abbreviation(), visitor.abbreviation());
            out.push_str(&format!("\n{visitor} at {home}\n  {}\n", lines.join("\n  ")));
        }
    }
    out
}
