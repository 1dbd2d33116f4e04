//! The pace: a token bucket for bursts, and a bound that holds for every window.
//!
//! A bucket alone is not enough. One of five tokens that is refilled five times a minute lets nine requests into its
//! first minute, and the provider counts five. So each request also takes one of as many places as the minute has
//! requests, in turn, and a place is free again a window after it was taken.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::settings::Rate;

/// The window that a place is taken for. It is longer than a minute because requests do not all take equally long to
/// reach the server.
pub(super) const WINDOW: Duration = Duration::from_secs(61);

type Limiter = RateLimiter<NotKeyed, InMemoryState, Hand, NoOpMiddleware<Duration>>;

/// A clock that is set by hand before each question.
#[derive(Debug, Clone, Default)]
struct Hand(Rc<Cell<Duration>>);

impl Clock for Hand {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}

/// Says when the next request may go.
pub(super) struct Pace {
    hand: Hand,
    bucket: Limiter,
    places: Vec<Limiter>,
    next: usize,
    /// When this run began.
    begun: Duration,
    /// Whether the next request has its token already and waits for its place only.
    has_token: bool,
}

impl Pace {
    /// A pace from now on, which knows how long ago requests of earlier runs went, the oldest first.
    pub(super) fn new(rate: Rate, ages: &[Duration], now: Duration) -> Self {
        let hand = Hand::default();
        let bucket = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
        // Only a period of nothing is no quota.
        let place = Quota::with_period(WINDOW).unwrap_or(bucket);
        let limiter = |quota| RateLimiter::direct_with_clock(quota, hand.clone());
        let places = (0..rate.per_minute.get()).map(|_| limiter(place)).collect();
        let mut pace =
            Self { bucket: limiter(bucket), places, next: 0, begun: now, has_token: false, hand: hand.clone() };
        // If another rate let more of them go, the latest are those that count.
        let counted = ages.len().min(pace.places.len());
        for age in ages[ages.len() - counted..].iter().filter(|age| **age < WINDOW) {
            hand.0.set(WINDOW - *age);
            let _ = pace.bucket.check();
            if pace.places[pace.next].check().is_ok() {
                pace.next = (pace.next + 1) % pace.places.len();
            }
        }
        pace
    }

    /// Takes the next request's token and place, or says how long to wait before the next question.
    pub(super) fn ask(&mut self, now: Duration) -> Result<(), Duration> {
        // The axis starts a window before this run, so that earlier requests have a time on it.
        let now = WINDOW + now.saturating_sub(self.begun);
        self.hand.0.set(now);
        if !self.has_token {
            self.bucket.check().map_err(|not_until| not_until.wait_time_from(now))?;
            self.has_token = true;
        }
        self.places[self.next].check().map_err(|not_until| not_until.wait_time_from(now))?;
        self.next = (self.next + 1) % self.places.len();
        self.has_token = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    /// When each of so many requests goes.
    fn times(mut pace: Pace, requests: usize) -> Vec<f64> {
        let mut now = Duration::ZERO;
        let mut times = Vec::new();
        while times.len() < requests {
            match pace.ask(now) {
                Ok(()) => times.push(now.as_secs_f64()),
                Err(wait) => {
                    assert!(wait > Duration::ZERO);
                    now += wait;
                }
            }
        }
        times
    }

    fn rate(per_minute: u32, burst: u32) -> Rate {
        Rate { per_minute: NonZeroU32::new(per_minute).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
    }

    fn most_in_a_minute(times: &[f64]) -> usize {
        times.iter().map(|from| times.iter().filter(|at| (*from..from + 60.0).contains(*at)).count()).max().unwrap()
    }

    #[test]
    fn a_burst_goes_at_once_and_no_minute_has_more_than_its_share() {
        let times = times(Pace::new(rate(5, 5), &[], Duration::ZERO), 12);
        assert_eq!(times[..6], [0.0, 0.0, 0.0, 0.0, 0.0, 61.0]);
        assert_eq!(most_in_a_minute(&times), 5);
    }

    #[test]
    fn without_a_burst_requests_go_evenly() {
        let times = times(Pace::new(rate(5, 1), &[], Duration::ZERO), 8);
        assert_eq!(times[..5], [0.0, 12.0, 24.0, 36.0, 48.0]);
        assert_eq!(most_in_a_minute(&times), 5);
    }

    #[test]
    fn requests_of_an_earlier_run_count() {
        let ages = [300, 30, 20, 10, 0].map(Duration::from_secs);
        let times = times(Pace::new(rate(5, 5), &ages, Duration::ZERO), 7);
        // One of the five places is free; the others a window after they were taken.
        assert_eq!(times[..2], [0.0, 31.0]);
        let both: Vec<f64> = [-30.0, -20.0, -10.0, 0.0].into_iter().chain(times).collect();
        assert_eq!(most_in_a_minute(&both), 5);
    }

    #[test]
    fn more_earlier_requests_than_the_rate_allows_do_no_harm() {
        let ages: Vec<Duration> = (0..40).rev().map(Duration::from_secs).collect();
        assert_eq!(times(Pace::new(rate(2, 1), &ages, Duration::ZERO), 2), [60.0, 61.0]);
    }
}
