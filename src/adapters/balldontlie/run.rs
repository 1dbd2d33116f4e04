//! The download itself: season by season, page by page, attempt by attempt.

use std::collections::VecDeque;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use super::paging::{Ids, Walk, Wrong};
use super::rate::Pace;
use super::request::{Client, Fault};
use super::settings::{Retries, Settings};
use super::state::{Failed, KeptPage, State};
use super::{Download, DownloadError, Downloaded, Kept, Page, Progress, Time, Wait};

/// Fetches every page that is not kept already.
pub(super) fn run(download: Download, progress: &mut dyn FnMut(Progress)) -> Result<Downloaded, DownloadError> {
    let Download { settings, client, fingerprint, time } = download;
    let state = State::open(&settings.state, fingerprint, time.now(), settings.kept_for).map_err(|failed| {
        let kept = Kept { pages: 0, folder: settings.state.clone(), requests: 0 };
        DownloadError::Io { path: failed.path, error: failed.error, kept }
    })?;
    let mut running = Running {
        pace: Pace::new(settings.rate, &state.ages(time.now()), time.elapsed()),
        kept: state.kept().into(),
        settings,
        client,
        time,
        state,
        progress,
        ids: Ids::new(),
        pages: Vec::new(),
        resumed: 0,
        waited: Duration::ZERO,
        bytes: 0,
    };
    for season in running.settings.from..=running.settings.to {
        let mut walk = Walk::new(season, running.settings.per_page, running.settings.bounds.pages);
        while let Some(path) = walk.path() {
            running.page(&mut walk, &path)?;
        }
    }
    running.state.keep(running.pages.len()).map_err(|failed| running.failed(failed))?;
    Ok(Downloaded {
        requests: running.state.requests(),
        pages: running.pages,
        resumed_pages: running.resumed,
        waited: running.waited,
        bytes: running.bytes,
        state: running.state,
    })
}

struct Running<'a> {
    settings: Settings,
    client: Client,
    time: Box<dyn Time>,
    state: State,
    pace: Pace,
    progress: &'a mut dyn FnMut(Progress),
    /// Pages of earlier runs that are still to be taken up.
    kept: VecDeque<KeptPage>,
    ids: Ids,
    pages: Vec<Page>,
    resumed: u64,
    waited: Duration,
    bytes: u64,
}

impl Running<'_> {
    /// The next page, kept or fetched.
    fn page(&mut self, walk: &mut Walk, path: &str) -> Result<(), DownloadError> {
        let (season, number) = (walk.season(), walk.number());
        let kept = self.kept.pop_front().filter(|kept| (kept.season, kept.number) == (season, number));
        let resumed = kept.and_then(|kept| Some((walk.take(&kept.page.bytes, &mut self.ids).ok()?, kept.page)));
        let is_resumed = resumed.is_some();
        let (games, page) = match resumed {
            Some(resumed) => resumed,
            None => {
                // From a page that is missing or damaged onwards nothing of earlier runs is taken.
                self.kept.clear();
                self.state.keep(self.pages.len()).map_err(|failed| self.failed(failed))?;
                let (games, bytes) = self.fetch(walk, path)?;
                let stored = self.state.store(season, number, bytes);
                (games, stored.map_err(|failed| self.failed(failed))?)
            }
        };
        self.bytes += page.bytes.len() as u64;
        self.resumed += u64::from(is_resumed);
        self.pages.push(page);
        (self.progress)(Progress::Page { season, number, games, resumed: is_resumed, requests: self.state.requests() });
        Ok(())
    }

    /// Asks for a page until it comes or there is no hope.
    fn fetch(&mut self, walk: &mut Walk, path: &str) -> Result<(usize, Vec<u8>), DownloadError> {
        let page = format!("{}-{}", walk.season(), walk.number());
        let mut waits = waits(self.settings.retries);
        let mut attempts = 0;
        loop {
            self.turn()?;
            attempts += 1;
            let fault = match self.attempt(walk, path) {
                Ok(taken) => return Ok(taken),
                Err(fault) => fault,
            };
            let kept = self.left();
            let (reason, after, limited) = match fault {
                Fault::Passing { reason, after, limited } => (reason, after, limited),
                Fault::Key(status) => return Err(DownloadError::Key { status, kept }),
                Fault::Lasting(reason) => return Err(DownloadError::Refused { page, reason, kept }),
                Fault::Protocol(reason) => return Err(DownloadError::Protocol { page, reason, kept }),
            };
            let too_long = after.is_some_and(|after| after > self.settings.retries.asked);
            let Some(step) = waits.next().filter(|_| !too_long) else {
                return Err(match after {
                    _ if limited => {
                        DownloadError::Limit { retry_after: after, requests: kept.requests, attempts, kept }
                    }
                    Some(after) if too_long => {
                        let reason = format!("{reason} and asks to wait for {} s", after.as_secs());
                        DownloadError::Outage { page, reason, attempts, kept }
                    }
                    _ => DownloadError::Outage { page, reason, attempts, kept },
                });
            };
            let span = match after {
                Some(after) => after.max(jittered(step)),
                // A limit is not over sooner for a lucky draw.
                None if limited => step,
                None => jittered(step),
            };
            self.pause(span, Wait::Retry { reason, attempts, asked: after.is_some() });
        }
    }

    /// One request and a look at what came.
    fn attempt(&mut self, walk: &mut Walk, path: &str) -> Result<(usize, Vec<u8>), Fault> {
        let bytes = self.client.get(path, self.time.now())?;
        let total = self.bytes + bytes.len() as u64;
        if total > self.settings.bounds.total {
            let most = self.settings.bounds.total;
            return Err(Fault::Protocol(format!("expected at most {most} bytes in all, found more")));
        }
        match walk.take(&bytes, &mut self.ids) {
            Ok(games) => Ok((games, bytes)),
            Err(Wrong::NotJson(reason)) => Err(Fault::passing(reason)),
            Err(Wrong::Protocol(reason)) => Err(Fault::Protocol(reason)),
        }
    }

    /// Waits until the rate allows a request, and counts it.
    fn turn(&mut self) -> Result<(), DownloadError> {
        while let Err(span) = self.pace.ask(self.time.elapsed()) {
            self.pause(span, Wait::Rate);
        }
        let now = self.time.now();
        self.state.note_request(now).map_err(|failed| self.failed(failed))
    }

    fn pause(&mut self, span: Duration, why: Wait) {
        (self.progress)(Progress::Waiting { span, why, requests: self.state.requests() });
        self.time.sleep(span);
        self.waited += span;
    }

    fn left(&self) -> Kept {
        Kept { pages: self.state.pages(), folder: self.state.folder().to_owned(), requests: self.state.requests() }
    }

    fn failed(&self, failed: Failed) -> DownloadError {
        DownloadError::Io { path: failed.path, error: failed.error, kept: self.left() }
    }
}

/// The longest waits between attempts: each twice the one before, one fewer than there are attempts.
fn waits(retries: Retries) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(retries.first)
        .with_max_delay(retries.longest)
        .with_max_times(retries.attempts.get() as usize - 1)
        .build()
}

/// Full jitter: any part of the wait, so that clients that failed together do not come back together. The jitter of
/// `backon` only makes a wait longer.
fn jittered(step: Duration) -> Duration {
    step.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::balldontlie::Key;

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_the_attempts() {
        let retries = Settings::new(Key::new("k"), 2022, 2022, "state").retries;
        let seconds = |retries: Retries| waits(retries).map(|wait| wait.as_secs()).collect::<Vec<_>>();
        assert_eq!(seconds(retries), [2, 4, 8, 16, 32]);
        assert_eq!(seconds(Retries { longest: Duration::from_secs(5), ..retries }), [2, 4, 5, 5, 5]);
        assert_eq!(seconds(Retries { attempts: std::num::NonZeroU32::MIN, ..retries }), [0; 0]);
    }

    #[test]
    fn jitter_never_makes_a_wait_longer() {
        let step = Duration::from_secs(8);
        let drawn: Vec<Duration> = (0..200).map(|_| jittered(step)).collect();
        assert!(drawn.iter().all(|wait| *wait <= step));
        // The chance that 200 draws all fall into one half is below 10⁻⁵⁹.
        assert!(drawn.iter().any(|wait| *wait < step / 2) && drawn.iter().any(|wait| *wait > step / 2));
    }
}
