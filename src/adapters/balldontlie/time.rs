//! Time and sleep behind a trait, so that tests need not wait for minutes.

use std::time::Duration;

use crate::adapters::SystemClock;
use crate::base::Instant;
use crate::ports::Clock;

/// What a download needs of time.
pub trait Time {
    /// The wall clock: a server may name a date, and a later run asks how old the kept pages are.
    fn now(&self) -> Instant;
    /// Time since any fixed point; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&self, span: Duration);
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemTime {
    begun: std::time::Instant,
}

impl Default for SystemTime {
    fn default() -> Self {
        Self { begun: std::time::Instant::now() }
    }
}

impl Time for SystemTime {
    fn now(&self) -> Instant {
        SystemClock.now()
    }

    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn sleep(&self, span: Duration) {
        std::thread::sleep(span);
    }
}
