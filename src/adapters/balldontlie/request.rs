//! One request and its answer: bytes, or why there are none.

use std::time::Duration;

use ureq::config::{AutoHeaderValue, RedirectAuthHeaders};
use ureq::http::header::{ACCEPT, AUTHORIZATION, DATE, HeaderName, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderValue, StatusCode};
use ureq::{Agent, Timeout};

use super::settings::{Settings, Timeouts};
use crate::base::Instant;

/// Why a request brought no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It may go better the next time.
    Passing {
        /// What went wrong.
        reason: String,
        /// How long the server asks to wait.
        after: Option<Duration>,
        /// Whether there were too many requests.
        limited: bool,
    },
    /// The key is not taken.
    Key(u16),
    /// It will not go better.
    Lasting(String),
    /// The answer is none that there should be.
    Protocol(String),
}

impl Fault {
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self::Passing { reason: reason.into(), after: None, limited: false }
    }
}

/// Asks the server.
pub(super) struct Client {
    agent: Agent,
    base: String,
    key: HeaderValue,
    body: u64,
    timeouts: Timeouts,
}

impl Client {
    /// A client for settings that have been checked.
    pub(super) fn new(settings: &Settings) -> Result<Self, String> {
        let mut key = HeaderValue::from_str(settings.key.reveal())
            .map_err(|_| "expected a key that a header can carry".to_owned())?;
        key.set_sensitive(true);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(AutoHeaderValue::from(concat!("linelogic/", env!("CARGO_PKG_VERSION"))))
            .timeout_connect(Some(settings.timeouts.connect))
            .timeout_global(Some(settings.timeouts.whole))
            .timeout_per_read(Some(settings.timeouts.stall))
            .timeout_per_write(Some(settings.timeouts.stall))
            .max_redirects(5)
            // To another host, or without TLS, a redirect is followed without the key.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            // What a lying answer leaves in a connection must not be taken for the next one's beginning.
            .max_idle_connections(0)
            .max_idle_connections_per_host(0);
        if settings.is_local() {
            config = config.proxy(None);
        }
        let base = settings.base.trim_end_matches('/').to_owned();
        let (body, timeouts) = (settings.bounds.body, settings.timeouts);
        Ok(Self { agent: Agent::new_with_config(config.build()), base, key, body, timeouts })
    }

    /// The body under a path, decompressed.
    pub(super) fn get(&self, path: &str, now: Instant) -> Result<Vec<u8>, Fault> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = request.header(AUTHORIZATION, self.key.clone()).header(ACCEPT, "application/json");
        let mut response = request.call().map_err(|error| self.fault(error))?;
        judge(response.status(), response.headers(), now)?;
        let body = response.body_mut();
        if body.content_length().is_some_and(|length| length > self.body) {
            return Err(self.too_large());
        }
        body.with_config().limit(self.body).read_to_vec().map_err(|error| self.fault(error))
    }

    fn too_large(&self) -> Fault {
        Fault::Protocol(format!("expected at most {} bytes, found more", self.body))
    }

    fn fault(&self, error: ureq::Error) -> Fault {
        use ureq::Error as E;
        let Timeouts { connect, whole, stall } = self.timeouts;
        match error {
            E::BodyExceedsLimit(_) => self.too_large(),
            E::Timeout(Timeout::PerRead | Timeout::PerWrite) => {
                Fault::passing(format!("not a byte came for {stall:?}"))
            }
            E::Timeout(Timeout::Connect | Timeout::Resolve) => {
                Fault::passing(format!("no connection was made within {connect:?}"))
            }
            E::Timeout(_) => Fault::passing(format!("the answer was not whole within {whole:?}")),
            E::Decompress(..) => Fault::passing("the compressed body is damaged or breaks off"),
            E::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Fault::passing("the connection was closed before the answer was whole")
            }
            // What TLS has to say about a certificate or about bytes that are no TLS.
            E::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                Fault::Lasting(format!("no secure connection: {error}"))
            }
            E::TooManyRedirects | E::RedirectFailed => Fault::Lasting("it is redirected without end".to_owned()),
            E::BadUri(_) => Fault::Lasting("it is redirected to what is no http address".to_owned()),
            E::HostNotFound => Fault::passing("the host was not found"),
            other => Fault::passing(other.to_string()),
        }
    }
}

/// What a status means for the request.
fn judge(status: StatusCode, headers: &HeaderMap, now: Instant) -> Result<(), Fault> {
    let named = format!("the server answers {status}");
    match status.as_u16() {
        200 => Ok(()),
        code @ (401 | 403) => Err(Fault::Key(code)),
        code @ (408 | 425 | 429 | 500..=599) => {
            let after = text(headers, &RETRY_AFTER).and_then(|text| retry_after(text, seconds(headers, now)));
            Err(Fault::Passing { reason: named, after, limited: code == 429 })
        }
        404 => Err(Fault::Lasting(format!("{named}; is the address right?"))),
        _ => Err(Fault::Lasting(named)),
    }
}

/// How long a `Retry-After` asks to wait: it gives seconds or a date. Nothing if it is neither.
fn retry_after(text: &str, now: Duration) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than a number holds are as good as never.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    date(text).map(|then| then.saturating_sub(now))
}

/// The time by the clock that the server's dates are from: its own where it says it, else ours.
fn seconds(headers: &HeaderMap, now: Instant) -> Duration {
    let ours = Duration::from_secs(u64::try_from(now.timestamp()).unwrap_or_default());
    text(headers, &DATE).and_then(date).unwrap_or(ours)
}

/// A date of HTTP since 1970.
fn date(text: &str) -> Option<Duration> {
    httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = Duration::from_secs(1_445_412_440);
        let read = |text| retry_after(text, now).map(|span| span.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(40));
        assert_eq!(read("Wednesday, 21-Oct-15 07:28:00 GMT"), Some(40));
        assert_eq!(read("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        for neither in ["", "-1", "soon", "1.5", "Wed, 99 Oct 2015 07:28:00 GMT"] {
            assert_eq!(read(neither), None, "{neither}");
        }
    }

    #[test]
    fn a_date_is_held_against_the_clock_that_it_is_from() {
        let ours = Instant::from_timestamp(1_000_000_000, 0).unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(seconds(&headers, ours).as_secs(), 1_000_000_000);
        headers.insert(DATE, HeaderValue::from_static("Wed, 21 Oct 2015 07:27:20 GMT"));
        headers.insert(RETRY_AFTER, HeaderValue::from_static(" Wed, 21 Oct 2015 07:28:00 GMT "));
        let Err(Fault::Passing { after, .. }) = judge(StatusCode::TOO_MANY_REQUESTS, &headers, ours) else { panic!() };
        assert_eq!(after, Some(Duration::from_secs(40)));
    }

    #[test]
    fn a_status_says_whether_to_try_again() {
        let now = Instant::default();
        let judged = |code: u16| judge(StatusCode::from_u16(code).unwrap(), &HeaderMap::new(), now);
        assert_eq!(judged(200), Ok(()));
        for code in [401, 403] {
            assert_eq!(judged(code), Err(Fault::Key(code)));
        }
        for code in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert!(matches!(judged(code), Err(Fault::Passing { limited, .. }) if limited == (code == 429)), "{code}");
        }
        for code in [201, 204, 304, 400, 404, 410, 422] {
            assert!(matches!(judged(code), Err(Fault::Lasting(_))), "{code}");
        }
    }
}
