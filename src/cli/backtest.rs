//! `backtest --source SPEC --seasons A..B [--out P.csv] [--against FORECASTS.csv]`: walk forward by season start.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::source::{SourceSpec, ingested};
use super::train::{Searched, tag};
use super::{Failure, Global, Outcome, person, replace, tell};
use crate::adapters::data_dir::read_bounded;
use crate::adapters::{JournalStore, SystemClock};
use crate::base::{Digest, Instant};
use crate::flows::backtest::{Backtest, BacktestError, backtest, to_csv};
use crate::flows::forecasts::Forecasts;
use crate::flows::judging::{BEST_OF_MARKETS, Comparison};
use crate::flows::record::{BacktestSpec, keep_recorded, record_backtest};
use crate::flows::slices::{Slice, slices};
use crate::league::GameLog;
use crate::learn::SearchSpec;
use crate::ports::Clock;
use crate::stats::{BrierParts, Paired, Scores};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the games come from: demo[:SEED], csv:PATH, balldontlie[:FROM..TO] or dir:DIR
    #[arg(long, value_name = "SPEC", default_value = "demo")]
    source: SourceSpec,
    /// Seasons to predict by the years in which they start, such as 2018..2021 (both are included)
    #[arg(long, value_name = "A..B", value_parser = seasons)]
    seasons: (u16, u16),
    /// Write every game's prediction to this CSV file
    #[arg(long, value_name = "P.csv")]
    out: Option<PathBuf>,
    /// Other forecasts of the same games: a CSV with the columns date, team1 (home), team2 and prob1
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Score the model by month, phase, favourite, rest and team, too
    #[arg(long)]
    slices: bool,
    #[command(flatten)]
    search: Searched,
    /// A tag of the run, such as ticket_id=FC-12; may be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Who does it, for the run; without it the environment's user name
    #[arg(long, value_name = "NAME", value_parser = person::name)]
    actor: Option<String>,
}

/// Parses seasons as `2018..2021`, or one as `2018`.
pub(super) fn seasons(text: &str) -> Result<(u16, u16), String> {
    let year = |text: &str| text.parse::<u16>().ok().filter(|year| (1900..3000).contains(year));
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    match (year(first), year(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        (Some(_), Some(_)) => Err("the first season is after the last".to_owned()),
        _ => Err("expected the years in which the first and the last season start, such as 2018..2021".to_owned()),
    }
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let against = args.against.as_deref().map(forecasts).transpose()?;
    let started = SystemClock.now();
    let data = ingested(&args.source, global)?;
    let log = global.as_of.map_or_else(|| data.log.clone(), |day| data.log.as_of(day));
    let search = args.search.spec()?;
    let bar = global.progress("seasons", u64::from(args.seasons.1 - args.seasons.0) + 1);
    let found = backtest(&log, args.seasons, &search, against.as_ref(), &mut |season| {
        bar.set_position(u64::from(season - args.seasons.0));
        bar.set_message(format!("season {season}"));
    });
    bar.finish_and_clear();
    let mut found = found.map_err(|error| match error {
        BacktestError::NoSeason { .. } | BacktestError::NothingBefore { .. } => Failure::Usage(error.to_string()),
        _ => Failure::Gate(error.to_string()),
    })?;
    if args.slices {
        found.slices = slices(&log, &found.games).map_err(|error| Failure::Gate(error.to_string()))?;
    }
    for season in found.seasons.iter().filter(|season| season.too_good) {
        let (year, loss) = (season.season, season.scores.model.log_loss);
        tell(&format!(
            "season {year}: a log loss of {loss:.4} is below {BEST_OF_MARKETS}, better than any betting market has been: look for what leaks"
        ));
    }
    if let Some(out) = &args.out {
        replace(out, to_csv(&found.games).as_bytes())?;
        tell(&format!("{}: {} games", out.display(), found.games.len()));
    }
    keep(args, global, &found, search, &log, data.manifest.digest, started)?;
    global.print(&found, || table(&found))
}

/// Keeps the back-test as a run.
fn keep(
    args: &Args,
    global: &Global,
    found: &Backtest,
    search: SearchSpec,
    log: &GameLog,
    data_version: Digest,
    started: Instant,
) -> Outcome {
    let outside = |error: &dyn std::fmt::Display| Failure::Environment(error.to_string());
    let spec = BacktestSpec { seasons: args.seasons, search, as_of: global.as_of };
    let times = (started, SystemClock.now());
    let mut recorded = record_backtest(found, &spec, log, data_version, env!("CARGO_PKG_VERSION"), times)
        .map_err(|error| outside(&error))?;
    recorded.run.tags.extend(args.tags.iter().cloned());
    let recorded = recorded.by(person::user(args.actor.as_deref()).as_deref());
    let store = JournalStore::open(&global.store).map_err(|error| outside(&error))?;
    pollster::block_on(keep_recorded(&store, &recorded)).map_err(|error| outside(&error))?;
    tell(&format!("run {}", recorded.run.id));
    Ok(())
}

fn forecasts(path: &Path) -> Result<Forecasts, Failure> {
    let name = path.display().to_string();
    let bytes =
        read_bounded(path)?.map_err(|size| Failure::Environment(format!("{name}: {size} bytes are too many")))?;
    Forecasts::parse(&name, &bytes).map_err(|error| Failure::Environment(error.to_string()))
}

/// The table for people: the model's scores, then the log loss of the others on the same games.
fn table(found: &Backtest) -> String {
    let with_against = found.pooled.against.is_some();
    let mut out = String::from("Walk forward, regular season; log loss of the others on the same games.\n\n");
    out.push_str("season  games  log loss   Brier  accuracy     AUC     ECE | home rate     Elo");
    out.push_str(if with_against { "  against  matched\n" } else { "\n" });
    for season in &found.seasons {
        line(&mut out, &season.season.to_string(), &season.scores);
    }
    line(&mut out, "pooled", &found.pooled);
    out.push_str("\nSetting that the seasons before chose:\n");
    for season in &found.seasons {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}  {}", season.season, season.setting.summary());
    }
    out.push_str("\nLog loss of the model less that of another on the same games, all seasons: mean, 95 % interval, p-value.\n\n");
    let against = found.pooled.against.as_ref().and_then(|against| against.difference);
    for (name, difference) in
        [("home rate", found.pooled.less_home_rate), ("Elo", found.pooled.less_elo), ("against", against)]
    {
        let Some(Paired { mean, interval: (low, high), p_value, .. }) = difference else { continue };
        let p =
            p_value.map_or_else(|| "-".to_owned(), |p| if p < 1e-4 { "<.0001".to_owned() } else { format!("{p:.4}") });
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{name:<10} {mean:+.4}  {low:+.4} to {high:+.4}  {p}");
    }
    let BrierParts { reliability, resolution, uncertainty } = found.brier_parts;
    let _ = writeln!(
        out,
        "\nBrier {:.4} = reliability {reliability:.4} − resolution {resolution:.4} + uncertainty {uncertainty:.4}",
        found.pooled.model.brier
    );
    out + &cuts(&found.slices)
}

/// The slices for people; nothing where there are none.
fn cuts(slices: &[Slice]) -> String {
    let mut out = String::new();
    let mut by = "";
    for slice in slices {
        if slice.by != by {
            by = &slice.by;
            let _ = writeln!(out, "\nby {by:<26} games  log loss   Brier  accuracy  forecast  observed");
        }
        let Scores { n, log_loss, brier, accuracy, .. } = slice.scores;
        let (forecast, observed) = (slice.mean_forecast, slice.observed);
        let name = &slice.name;
        let _ = writeln!(
            out,
            "{name:<28} {n:>6}    {log_loss:.4}  {brier:.4}    {accuracy:.4}    {forecast:.4}    {observed:.4}"
        );
    }
    out
}

fn line(out: &mut String, season: &str, scores: &Comparison) {
    let Scores { n, log_loss, brier, accuracy, auc, ece } = scores.model;
    let auc = auc.map_or_else(|| "-".to_owned(), |auc| format!("{auc:.4}"));
    let (rate, elo) = (scores.home_rate.log_loss, scores.elo.log_loss);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{season:<6} {n:>6}    {log_loss:.4}  {brier:.4}    {accuracy:.4}  {auc:>6}  {ece:.4} |    {rate:.4}  {elo:.4}"
    );
    if let Some(against) = &scores.against {
        let theirs = against.theirs.map_or_else(|| "-".to_owned(), |theirs| format!("{:.4}", theirs.log_loss));
        let _ = write!(out, "   {theirs:>6}  {}/{}", against.matched, against.matched + against.unmatched);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::seasons;

    #[test]
    fn seasons_are_one_year_or_a_range() {
        assert_eq!(seasons("2018..2021"), Ok((2018, 2021)));
        assert_eq!(seasons("2018"), Ok((2018, 2018)));
        for wrong in ["", "2021..2018", "2018-2021", "18..21", "2018..", "2018...2021"] {
            assert!(seasons(wrong).is_err(), "{wrong}");
        }
    }
}
