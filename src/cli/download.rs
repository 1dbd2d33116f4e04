//! `--source balldontlie[:FROM..TO]`: the download, its settings from the environment, and what is done where it cannot
//! be had.
//!
//! At a limit or an outage the last good snapshot stays in use. That is said on standard error, told as an event, and
//! recorded in the journal as an alert, so that the site says it too.

use std::env;
use std::num::NonZeroU32;

use chrono::Datelike;

use super::operation::{Lines, store};
use super::{Failure, Global};
use crate::adapters::balldontlie::{Download, DownloadError, Downloaded, Key, Progress, Rate, Settings};
use crate::adapters::data_dir::DataDir;
use crate::base::{Date, Instant};
use crate::data::DataIndex;
use crate::flows::documents;
use crate::monitoring::{Alert, source_unavailable};
use crate::ports::{Batch, Event, Events, Store};

/// The provider's id, as a manifest names it.
const PROVIDER: &str = "balldontlie";
/// Variables of the environment.
const KEY: &str = "BALLDONTLIE_API_KEY";
const URL: &str = "BALLDONTLIE_URL";
const PACE: &str = "BALLDONTLIE_REQUESTS_PER_MINUTE";

/// Why a download gave nothing.
pub(super) enum Missed {
    /// The provider cannot be had for now: the last good snapshot does.
    ForNow(String),
    /// It will not be better the next time.
    Failed(Failure),
}

impl From<DownloadError> for Missed {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Limit { .. } | DownloadError::Outage { .. } => Self::ForNow(error.to_string()),
            DownloadError::Settings(reason) => Self::Failed(Failure::Usage(reason)),
            _ => Self::Failed(Failure::Environment(error.to_string())),
        }
    }
}

/// The seasons of a spec; without any, the one that a day is in. A season starts in its year and ends before the next July.
pub(super) fn seasons(spec: Option<(u16, u16)>, today: Date) -> (u16, u16) {
    let year = u16::try_from(today.year()).unwrap_or_default();
    let current = if today.month() < 7 { year.saturating_sub(1) } else { year };
    spec.unwrap_or((current, current))
}

/// Fetches the seasons, or goes on where an earlier download of them was.
pub(super) fn download((from, to): (u16, u16), global: &Global) -> Result<Downloaded, Missed> {
    let usage = |message: String| Missed::Failed(Failure::Usage(message));
    let key = env::var(KEY).ok().filter(|key| !key.trim().is_empty());
    let key = key.ok_or_else(|| {
        usage(format!("the source {PROVIDER} needs a key: set {KEY} to the one from https://app.balldontlie.io"))
    })?;
    let mut settings = Settings::new(Key::new(&key), from, to, global.store.join("download"));
    if let Some(base) = env::var(URL).ok().filter(|base| !base.is_empty()) {
        settings.base = base;
    }
    if let Some(pace) = env::var(PACE).ok().filter(|pace| !pace.is_empty()) {
        let requests: NonZeroU32 = pace
            .parse()
            .map_err(|_| usage(format!("{PACE}: expected a whole number of at least 1, found `{pace}`")))?;
        settings.rate = Rate::per_minute(requests);
    }
    let bar = global.progress("requests", 0);
    let done = Download::new(settings)?.run(&mut |progress| match progress {
        Progress::Page { season, number, requests, .. } => {
            bar.set_position(requests);
            bar.set_message(format!("season {season}, page {number}: requests"));
        }
        Progress::Waiting { span, why, .. } => {
            bar.set_message(format!("waiting {} s: {why}; requests", span.as_secs()))
        }
    });
    bar.finish_and_clear();
    Ok(done?)
}

/// The last good snapshot of the provider in a folder, verified, after the download was missed: it is told and recorded
/// that it is in use.
///
/// # Errors
/// With exit code 3, where the folder has none.
pub(super) fn snapshot(folder: &DataDir, reason: &str, now: Instant, global: &Global) -> Result<DataIndex, Failure> {
    let index = folder.index().ok().filter(|index| index.manifest.provider == PROVIDER);
    let Some(index) = index else {
        let place = folder.root().display();
        return Err(Failure::Environment(format!("{reason}; {place} has no snapshot of {PROVIDER} to go on with")));
    };
    folder.load()?;
    let hours = (now - index.manifest.ingested_at).num_minutes() as f64 / 60.0;
    let alert = source_unavailable(&index.manifest.source, reason, hours, now.date_naive());
    Lines.emit(Event::Alert(alert.clone()));
    record(&alert, global)?;
    Ok(index)
}

/// Writes an alert into the journal; the latest of a day stands.
fn record(alert: &Alert, global: &Global) -> Result<(), Failure> {
    let store = store(global)?;
    pollster::block_on(async {
        let (base, _) = store.scan("alert/").await?;
        let mut batch = Batch { base, ..Batch::default() };
        documents::put(&mut batch, alert)?;
        documents::commit(&store, batch).await
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_range_the_season_of_the_day_is_meant() {
        let on = |day: &str| seasons(None, day.parse().expect("a day"));
        assert_eq!((on("2026-01-15"), on("2026-06-30"), on("2026-07-01")), ((2025, 2025), (2025, 2025), (2026, 2026)));
        assert_eq!(seasons(Some((2015, 2017)), "2026-01-15".parse().expect("a day")), (2015, 2017));
    }
}
