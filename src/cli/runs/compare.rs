//! `linelogic runs compare`.

use serde::Serialize;

use super::super::{Failure, Global, Outcome};
use super::named;
use crate::adapters::JournalStore;
use crate::flows::documents::load_one;
use crate::tracking::compare::{
    Comparison, HoldoutPrediction, PREDICTIONS, SameGames, compare, holdout_predictions, same_games,
};
use crate::tracking::{Blob, Run};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The runs' ids, or as many of their first digits as name them alone; the first is what the others are held against
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<String>,
}

#[derive(Serialize)]
struct Compared {
    #[serde(flatten)]
    values: Comparison,
    /// Of every run but the first, its hold-out forecasts against the first one's; none where one of both has none.
    same_games: Vec<Option<SameGames>>,
}

/// Runs it.
pub fn run(args: &Args, runs: &[Run], store: &JournalStore, global: &Global) -> Outcome {
    let runs: Vec<&Run> = args.runs.iter().map(|id| named(runs, id)).collect::<Result<_, _>>()?;
    let predictions: Vec<Option<Vec<HoldoutPrediction>>> =
        runs.iter().map(|run| predictions_of(run, store)).collect::<Result<_, _>>()?;
    let against = |other: &Option<Vec<HoldoutPrediction>>| match (&predictions[0], other) {
        (Some(first), Some(other)) => same_games(other, first).map(Some).map_err(Failure::Environment),
        _ => Ok(None),
    };
    let same_games = predictions[1..].iter().map(against).collect::<Result<_, _>>()?;
    let compared = Compared { values: compare(&runs), same_games };
    global.print(&compared, || text(&compared, &runs))
}

fn predictions_of(run: &Run, store: &JournalStore) -> Result<Option<Vec<HoldoutPrediction>>, Failure> {
    let Some(artifact) = run.artifact(PREDICTIONS) else { return Ok(None) };
    let (_, blob) = pollster::block_on(load_one::<Blob, _>(store, &artifact.digest.hex()))?;
    let failed = |message: String| Failure::Environment(format!("run {}: {message}", short(run)));
    let blob = blob.ok_or_else(|| failed(format!("the bytes of {PREDICTIONS} are not in the store")))?;
    let bytes = blob.bytes().map_err(&failed)?;
    holdout_predictions(&bytes).map(Some).map_err(failed)
}

fn short(run: &Run) -> &str {
    run.id.get(..8).unwrap_or(&run.id)
}

fn text(compared: &Compared, runs: &[&Run]) -> String {
    let mut lines = vec![row("run", runs.iter().map(|run| short(run).to_owned()))];
    lines.push(row("name", runs.iter().map(|run| run.name.clone())));
    for (title, texts) in [("parameters", &compared.values.params), ("tags", &compared.values.tags)] {
        lines.push(title.to_owned());
        for text in texts {
            let mark = if text.differs { "≠ " } else { "  " };
            let values = text.values.iter().map(|value| value.clone().unwrap_or_else(|| "-".to_owned()));
            lines.push(row(&format!("{mark}{}", text.key), values));
        }
    }
    lines.push("metrics".to_owned());
    for metric in &compared.values.metrics {
        let mark = if metric.differs { "≠ " } else { "  " };
        let values = metric.values.iter().map(|value| value.map_or("-".to_owned(), |value| format!("{value:.6}")));
        lines.push(row(&format!("{mark}{}", metric.key), values));
    }
    lines.push(format!("log loss on the same hold-out games, less that of {}", short(runs[0])));
    for (run, same) in runs[1..].iter().zip(&compared.same_games) {
        lines.push(format!("  {}  {}", short(run), difference(same.as_ref())));
    }
    lines.join("\n")
}

fn row(title: &str, values: impl Iterator<Item = String>) -> String {
    let cell = |value: String| format!(" {:>14}", value.chars().take(14).collect::<String>());
    format!("{title:<26}{}", values.map(cell).collect::<String>())
}

fn difference(same: Option<&SameGames>) -> String {
    let Some(same) = same else { return format!("no {PREDICTIONS} in both runs") };
    let Some(found) = &same.difference else { return "fewer than two games in common".to_owned() };
    let p = found.p_value.map_or(String::new(), |p| format!(", p = {p:.3}"));
    let (low, high) = found.interval;
    format!("{:+.5} (95 % {low:+.5} to {high:+.5}{p}) on {} games", found.mean, found.n)
}
