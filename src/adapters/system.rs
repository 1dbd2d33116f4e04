//! The machine's clock.

use crate::base::Instant;
use crate::ports::Clock;

/// The machine's wall clock, cut to whole seconds: the records need no more.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // The one place where native code asks for the time.
    fn now(&self) -> Instant {
        let seconds =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        i64::try_from(seconds).ok().and_then(|seconds| Instant::from_timestamp(seconds, 0)).unwrap_or_default()
    }
}

/// A clock that counts milliseconds from now on, to time work with.
pub fn milliseconds() -> impl Fn() -> f64 {
    let start = std::time::Instant::now();
    move || start.elapsed().as_secs_f64() * 1e3
}
