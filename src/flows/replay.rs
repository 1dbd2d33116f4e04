//! A season as it would have gone: every pipeline on the day on which it would have run.
//!
//! The site's data build uses it. Each season's opening gets a version that was trained a week before it, so that it has been
//! in Staging for as long as the gate asks; in the replayed season a challenger is trained every four weeks, which may take
//! over when the next one is, and the daily pipeline runs on every day.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::base::Date;
use crate::flows::pipelines::{Context, PipelineError, Weekly, daily, weekly};
use crate::flows::train::TrainError;
use crate::league::GameLog;
use crate::pipeline::Outcome;
use crate::ports::{Event, Events, Store};
use crate::registry::STAGING_DAYS;

/// Days between two challengers: four weeks give them some two hundred games to be compared on.
pub const CHALLENGER_DAYS: i64 = 28;

/// What was replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// The season.
    pub season: u16,
    /// First and last day on which the daily pipeline ran.
    pub days: (Date, Date),
    /// Daily runs.
    pub daily_runs: usize,
    /// Weekly runs.
    pub weekly_runs: usize,
    /// Days whose predictions were logged by this replay.
    pub logged: usize,
    /// Versions registered by this replay.
    pub registered: Vec<String>,
    /// What could not be done, for people.
    pub notes: Vec<String>,
}

/// Why a season cannot be replayed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// It is not in the data.
    #[error("season {season} is not in the data, which has {there}")]
    NoSeason {
        /// The season asked for.
        season: u16,
        /// The seasons that are there.
        there: String,
    },
    /// The days asked for are none.
    #[error("there is no day to replay from {from} to {to}: the season opens on {opening} and the data ends on {end}")]
    NoDay {
        /// First day asked for.
        from: Date,
        /// Last day asked for.
        to: Date,
        /// The season's first day.
        opening: Date,
        /// The last morning that can be replayed.
        end: Date,
    },
    /// A pipeline stopped.
    #[error("on {day}: {error}")]
    Pipeline {
        /// The morning.
        day: Date,
        /// Why.
        error: PipelineError,
    },
}

/// What a season's calendar says.
struct Season {
    opening: Date,
    last: Date,
}

fn season(log: &GameLog, season: u16) -> Option<Season> {
    let mut days = log.games().iter().filter(|game| game.season == season).map(|game| game.date);
    let opening = days.next()?;
    Some(Season { opening, last: days.next_back().unwrap_or(opening) })
}

/// The mornings of a replay on which something is trained, with what becomes of it, in order: a week before each
/// season's opening from the second season on, then every four weeks of the replayed season.
fn trainings(log: &GameLog, year: u16, (from, to): (Date, Date)) -> Vec<(Date, Weekly)> {
    let openings = log.seasons().into_iter().skip(1).filter(|other| *other <= year);
    let mut trainings: Vec<(Date, Weekly)> = openings
        .filter_map(|other| season(log, other))
        .filter(|other| other.opening <= to)
        .map(|other| (other.opening - TimeDelta::days(STAGING_DAYS), Weekly::PromoteOn(other.opening)))
        .collect();
    if let Some(replayed) = season(log, year) {
        let mut day = replayed.opening + TimeDelta::days(CHALLENGER_DAYS);
        while day <= to.min(replayed.last) {
            if day >= from {
                trainings.push((day, Weekly::Bootstrap));
            }
            day += TimeDelta::days(CHALLENGER_DAYS);
        }
    }
    trainings
}

/// Replays a season into the context's store; `days` narrows the daily runs.
pub async fn replay<S: Store, E: Events>(
    context: &Context<'_, S, E>,
    year: u16,
    days: (Option<Date>, Option<Date>),
) -> Result<Replayed, ReplayError> {
    let log = &context.data.log;
    let Some(calendar) = season(log, year) else {
        let there: Vec<String> = log.seasons().iter().map(u16::to_string).collect();
        return Err(ReplayError::NoSeason { season: year, there: there.join(", ") });
    };
    // The morning after the last game settles it.
    let end = context.data.as_of.min(calendar.last + TimeDelta::days(1));
    let from = days.0.unwrap_or(calendar.opening).max(calendar.opening);
    let to = days.1.unwrap_or(end).min(end);
    if from > to {
        return Err(ReplayError::NoDay { from, to, opening: calendar.opening, end });
    }
    let mut replayed = Replayed {
        season: year,
        days: (from, to),
        daily_runs: 0,
        weekly_runs: 0,
        logged: 0,
        registered: Vec::new(),
        notes: Vec::new(),
    };
    let mut trainings = trainings(log, year, (from, to)).into_iter().peekable();
    let total = (to - from).num_days() as u64 + 1;
    for day in from.iter_days().take_while(|day| *day <= to) {
        while let Some((morning, promote)) = trainings.next_if(|(morning, _)| *morning <= day) {
            train(context, morning, promote, &mut replayed).await?;
        }
        let report = daily(context, day).await.map_err(|error| ReplayError::Pipeline { day, error })?;
        replayed.daily_runs += 1;
        let logged = report.steps.iter().any(|step| step.name == "log" && step.outcome == Outcome::Ran);
        replayed.logged += usize::from(logged);
        let done = replayed.daily_runs as u64;
        context.events.emit(Event::Progress { task: format!("replay of {year}"), done, total });
    }
    Ok(replayed)
}

/// Runs one training. Too little history is a note, not a failure: a league's first seasons have none.
async fn train<S: Store, E: Events>(
    context: &Context<'_, S, E>,
    day: Date,
    promote: Weekly,
    replayed: &mut Replayed,
) -> Result<(), ReplayError> {
    match weekly(context, day, promote).await {
        Ok(report) => {
            replayed.weekly_runs += 1;
            let registered = report.steps.iter().any(|step| step.name == "register" && step.outcome == Outcome::Ran);
            replayed.registered.extend(report.version.filter(|_| registered));
            Ok(())
        }
        Err(PipelineError::Train(error @ TrainError::TooFewGames { .. })) => {
            replayed.notes.push(format!("nothing was trained on {day}: {error}"));
            Ok(())
        }
        Err(error) => Err(ReplayError::Pipeline { day, error }),
    }
}
