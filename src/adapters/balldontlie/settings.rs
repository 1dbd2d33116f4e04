//! What a download is asked to do, and its limits.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ureq::http::uri::{Scheme, Uri};

use crate::base::Digest;

/// The provider's address.
pub const BASE: &str = "https://api.balldontlie.io/v1";

/// The key that the provider knows the user by. It is shown nowhere, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A key, without the white space around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The key itself, for the one header that carries it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

/// How often the provider may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests in any minute.
    pub per_minute: NonZeroU32,
    /// How many of them may go one right after another; no more than `per_minute`.
    pub burst: NonZeroU32,
}

impl Rate {
    /// So many requests in any minute, all of them at once if need be.
    pub const fn per_minute(requests: NonZeroU32) -> Self {
        Self { per_minute: requests, burst: requests }
    }
}

/// How long one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection is made.
    pub connect: Duration,
    /// Until the whole answer is there, redirects included.
    pub whole: Duration,
    /// Without a single byte.
    pub stall: Duration,
}

/// How often and how long a request is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts for a page, the first one included.
    pub attempts: NonZeroU32,
    /// The first wait at most; each further one is at most twice the one before.
    pub first: Duration,
    /// No wait of our own is longer.
    pub longest: Duration,
    /// If the server asks for a longer wait than this, the download stops instead.
    pub asked: Duration,
}

/// Bounds on what a server may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a page, decompressed.
    pub body: u64,
    /// Bytes of all pages.
    pub total: u64,
    /// Pages of a season.
    pub pages: u32,
}

/// What a download is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The address that `/games` hangs under.
    pub base: String,
    /// The user's key.
    pub key: Key,
    /// The first season, by the year in which it starts.
    pub from: u16,
    /// The last season.
    pub to: u16,
    /// Games of a page.
    pub per_page: u32,
    /// How often to ask.
    pub rate: Rate,
    /// How long a request may take.
    pub timeouts: Timeouts,
    /// How failures are met.
    pub retries: Retries,
    /// What a server may send.
    pub bounds: Bounds,
    /// The folder in which pages are kept until [`Downloaded::finish`](super::Downloaded::finish).
    pub state: PathBuf,
    /// Pages of a download that began longer ago than this are not taken up again: results have come since.
    pub kept_for: Duration,
}

impl Settings {
    /// Seasons from the provider itself, at the rate of its free tier: five requests in any minute.
    pub fn new(key: Key, from: u16, to: u16, state: impl Into<PathBuf>) -> Self {
        const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
        const SIX: NonZeroU32 = NonZeroU32::new(6).unwrap();
        Self {
            base: BASE.to_owned(),
            key,
            from,
            to,
            per_page: 100,
            rate: Rate::per_minute(FIVE),
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                whole: Duration::from_secs(120),
                stall: Duration::from_secs(30),
            },
            // Waits of at most 2, 4, 8, 16 and 32 seconds: together a minute, after which a limit by the minute is over.
            retries: Retries {
                attempts: SIX,
                first: Duration::from_secs(2),
                longest: Duration::from_secs(60),
                asked: Duration::from_secs(120),
            },
            bounds: Bounds { body: 8 << 20, total: 256 << 20, pages: 60 },
            state: state.into(),
            kept_for: Duration::from_secs(24 * 60 * 60),
        }
    }

    /// Says what cannot work, before anything is asked. The key is not part of any message.
    pub(super) fn check(&self) -> Result<(), String> {
        address(&self.base)?;
        let plain = |c: char| c.is_ascii_graphic();
        if self.key.0.is_empty() || !self.key.0.chars().all(plain) {
            return Err("expected a key of printable ASCII characters without spaces".to_owned());
        }
        if self.from > self.to {
            return Err(format!("expected the first season before the last, found {}..{}", self.from, self.to));
        }
        if !(1..=1000).contains(&self.per_page) {
            return Err(format!("expected 1 to 1000 games a page, found {}", self.per_page));
        }
        if self.rate.per_minute.get() > 6000 || self.rate.burst > self.rate.per_minute {
            let Rate { per_minute, burst } = self.rate;
            return Err(format!(
                "expected at most 6000 requests a minute and a burst within them, found {per_minute} and {burst}"
            ));
        }
        let spans = [self.timeouts.connect, self.timeouts.whole, self.timeouts.stall];
        if spans.contains(&Duration::ZERO) {
            return Err("expected time-outs longer than nothing".to_owned());
        }
        Ok(())
    }

    /// The digest of what decides which pages there are. The key, the pace and the limits are no part of it.
    pub(super) fn fingerprint(&self) -> Result<Digest, serde_json::Error> {
        Digest::of_json(&(self.base.trim_end_matches('/'), self.from, self.to, self.per_page))
    }

    /// Whether the address is this machine's own, which no proxy has to be asked for.
    pub(super) fn is_local(&self) -> bool {
        let uri = address(&self.base).ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// An address that games may be asked from. A password in it would be shown in messages, so it is refused unshown.
fn address(base: &str) -> Result<Uri, String> {
    let wrong = |what: &str| format!("expected an address such as {BASE}, {what}");
    if base.contains('@') {
        return Err(wrong("found one with a user in it"));
    }
    if base.contains(['?', '#']) {
        return Err(wrong("found one with a query or a fragment"));
    }
    let uri: Uri = base.parse().map_err(|_| wrong(&format!("found {base:?}")))?;
    let known = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
    if known && uri.host().is_some_and(|host| !host.is_empty()) {
        Ok(uri)
    } else {
        Err(wrong(&format!("found {base:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::new(Key::new(" s3cret\n"), 2021, 2022, "state")
    }

    #[test]
    fn the_key_is_shown_by_nothing() {
        let shown = format!("{:?}", settings());
        assert!(shown.contains("Key(hidden)"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
        let refused = Settings { key: Key::new("s3cret key"), ..settings() }.check().unwrap_err();
        assert!(!refused.contains("s3cret"), "{refused}");
    }

    #[test]
    fn only_http_addresses_are_taken() {
        for base in [BASE, "http://127.0.0.1:8080", "http://[::1]:80/v1/", "https://mirror.example/a/b"] {
            assert_eq!(Settings { base: base.to_owned(), ..settings() }.check(), Ok(()), "{base}");
        }
        for base in ["", "ftp://a/b", "file:///etc/passwd", "api.balldontlie.io/v1", "https://", "/v1", "http://a?b=c"]
        {
            let refused = Settings { base: base.to_owned(), ..settings() }.check().unwrap_err();
            assert!(refused.starts_with("expected an address such as"), "{base}: {refused}");
        }
        let refused = Settings { base: "https://me:pass@a/v1".to_owned(), ..settings() }.check().unwrap_err();
        assert!(!refused.contains("pass"), "{refused}");
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let none = Duration::ZERO;
        let two = NonZeroU32::MIN.saturating_add(1);
        let wrong = [
            Settings { key: Key::new("  "), ..settings() },
            Settings { from: 2023, ..settings() },
            Settings { per_page: 0, ..settings() },
            Settings { rate: Rate { per_minute: NonZeroU32::MIN, burst: two }, ..settings() },
            Settings { timeouts: Timeouts { stall: none, ..settings().timeouts }, ..settings() },
        ];
        for settings in wrong {
            assert!(settings.check().unwrap_err().starts_with("expected"), "{settings:?}");
        }
    }

    #[test]
    fn the_fingerprint_is_that_of_the_pages() {
        let of = |settings: Settings| settings.fingerprint().unwrap();
        let same = Settings { key: Key::new("another"), kept_for: Duration::ZERO, ..settings() };
        assert_eq!(of(settings()), of(same));
        for other in [Settings { to: 2023, ..settings() }, Settings { base: "http://a".to_owned(), ..settings() }] {
            assert_ne!(of(settings()), of(other));
        }
    }

    #[test]
    fn this_machine_is_known() {
        for (base, local) in [("http://127.0.0.1:1/v1", true), ("http://[::1]:1", true), ("http://localhost", true)] {
            assert_eq!(Settings { base: base.to_owned(), ..settings() }.is_local(), local, "{base}");
        }
        assert!(!settings().is_local());
    }
}
