//! One call and its answer: JSON, or what the server says against it.

use std::cell::Cell;
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use ureq::config::{AutoHeaderValue, RedirectAuthHeaders};
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE};
use ureq::http::{HeaderValue, Response};
use ureq::{Agent, Body};

/// Largest answer that is read.
const ANSWER: u64 = 64 << 20;
/// How often a call is made that may be repeated.
const ATTEMPTS: u32 = 4;

/// How the server knows who asks.
#[derive(Clone)]
pub enum Auth {
    /// It does not ask.
    None,
    /// `MLFLOW_TRACKING_TOKEN`.
    Token(String),
    /// `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`.
    Basic(String, String),
}

/// Why publishing did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The address or a credential cannot be used. Nothing was asked.
    #[error("{0}")]
    Settings(String),
    /// A call brought no answer.
    #[error("{call}: no answer: {reason}; what was sent is there, and the same command completes it")]
    NoAnswer {
        /// Method and path.
        call: String,
        /// What went wrong.
        reason: String,
    },
    /// The server says no.
    #[error(
        "{call}: the server answers {status}: {message}; what was sent is there, and the same command completes it"
    )]
    Refused {
        /// Method and path.
        call: String,
        /// The status.
        status: u16,
        /// MLflow's code, such as `RESOURCE_DOES_NOT_EXIST`.
        code: String,
        /// What the server says.
        message: String,
    },
    /// The server answers something else than the interface says.
    #[error("{call}: expected {expected} in the answer, found none; is this an MLflow server?")]
    Answer {
        /// Method and path.
        call: String,
        /// What should be there.
        expected: String,
    },
    /// Something of ours does not fit.
    #[error("{0}")]
    Unfit(String),
}

impl PublishError {
    /// Whether what was asked for is not there.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::Refused { status: 404, code, .. } if code == "RESOURCE_DOES_NOT_EXIST")
    }
}

/// An MLflow server.
pub struct Server {
    agent: Agent,
    base: String,
    auth: Option<HeaderValue>,
    changes: Cell<usize>,
}

/// What a call does, and whether it may be made again if no answer came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only asks.
    Ask,
    /// It makes something that a second call would make again.
    Make,
    /// It sets something to what a second call would set it to.
    Set,
}

impl Server {
    /// A server by its address, such as `http://127.0.0.1:5000`. Nothing is asked yet.
    ///
    /// # Errors
    /// Where the address is none.
    pub fn new(address: &str, auth: &Auth) -> Result<Self, PublishError> {
        let settings = |reason: &str| PublishError::Settings(format!("{reason}, found {address:?}"));
        let base = address.trim_end_matches('/');
        let host = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://")).unwrap_or_default();
        if host.is_empty() || host.starts_with('/') || host.contains(['?', '#', ' ']) {
            return Err(settings("expected an address such as http://127.0.0.1:5000"));
        }
        if host.contains('@') {
            let reason = "expected an address without a password: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD carry it";
            return Err(PublishError::Settings(reason.to_owned()));
        }
        let auth = header(auth).map_err(PublishError::Settings)?;
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(AutoHeaderValue::from(concat!("linelogic/", env!("CARGO_PKG_VERSION"))))
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(300)))
            .max_redirects(5)
            // To another host, or without TLS, a redirect is followed without the credentials.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost);
        if ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| host.starts_with(local)) {
            config = config.proxy(None);
        }
        let agent = Agent::new_with_config(config.build());
        Ok(Self { agent, base: base.to_owned(), auth, changes: Cell::new(0) })
    }

    /// How many calls changed something.
    pub(super) fn changes(&self) -> usize {
        self.changes.get()
    }

    /// Asks, with the query's names and values.
    pub(super) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, PublishError> {
        let call = format!("GET {path}");
        self.answer(&call, Kind::Ask, || {
            let mut request = self.agent.get(format!("{}/api/2.0/mlflow/{path}", self.base));
            if let Some(auth) = &self.auth {
                request = request.header(AUTHORIZATION, auth.clone());
            }
            request.query_pairs(query.iter().copied()).call()
        })
    }

    /// Sends JSON.
    pub(super) fn post(&self, kind: Kind, path: &str, body: &Value) -> Result<Value, PublishError> {
        self.send(kind, "POST", path, body)
    }

    /// Sends JSON by the method that MLflow has for changes of the registry's descriptions.
    pub(super) fn patch(&self, path: &str, body: &Value) -> Result<Value, PublishError> {
        self.send(Kind::Set, "PATCH", path, body)
    }

    /// Deletes what JSON names.
    pub(super) fn delete(&self, path: &str, body: &Value) -> Result<Value, PublishError> {
        self.send(Kind::Set, "DELETE", path, body)
    }

    fn send(&self, kind: Kind, method: &str, path: &str, body: &Value) -> Result<Value, PublishError> {
        let bytes = body.to_string().into_bytes();
        let address = format!("{}/api/2.0/mlflow/{path}", self.base);
        let done = self.answer(&format!("{method} {path}"), kind, || {
            let request = match method {
                "PATCH" => self.agent.patch(&address),
                "DELETE" => self.agent.delete(&address).force_send_body(),
                _ => self.agent.post(&address),
            };
            let request = request.header(CONTENT_TYPE, "application/json");
            match &self.auth {
                Some(auth) => request.header(AUTHORIZATION, auth.clone()).send(&bytes[..]),
                None => request.send(&bytes[..]),
            }
        })?;
        if kind != Kind::Ask {
            self.changes.set(self.changes.get() + 1);
        }
        Ok(done)
    }

    /// Sends a file through the server's artifact proxy.
    pub(super) fn put_artifact(&self, path: &str, bytes: &[u8]) -> Result<(), PublishError> {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/{}", escaped(path));
        let address = format!("{}{path}", self.base);
        self.answer(&format!("PUT {path}"), Kind::Set, || {
            let request = self.agent.put(&address).header(CONTENT_TYPE, "application/octet-stream");
            match &self.auth {
                Some(auth) => request.header(AUTHORIZATION, auth.clone()).send(bytes),
                None => request.send(bytes),
            }
        })?;
        self.changes.set(self.changes.get() + 1);
        Ok(())
    }

    /// Makes a call until it is answered, where it may be repeated.
    fn answer(
        &self,
        call: &str,
        kind: Kind,
        make: impl Fn() -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Value, PublishError> {
        let mut attempt = 1;
        loop {
            let outcome = make().map_err(|error| error.to_string()).and_then(read);
            let failed = match outcome {
                Ok((status, text)) if (200..300).contains(&status) => return parsed(call, &text),
                Ok((status, text)) => (refused(call, status, &text), matches!(status, 408 | 425 | 429 | 500..=599)),
                Err(reason) => (PublishError::NoAnswer { call: call.to_owned(), reason }, true),
            };
            let (error, passing) = failed;
            // What would be made twice is not: the next run of the command finds it, if it was made.
            if !passing || kind == Kind::Make || attempt == ATTEMPTS {
                return Err(error);
            }
            sleep(Duration::from_millis(200 << attempt));
            attempt += 1;
        }
    }
}

fn header(auth: &Auth) -> Result<Option<HeaderValue>, String> {
    let text = match auth {
        Auth::None => return Ok(None),
        Auth::Token(token) => format!("Bearer {token}"),
        Auth::Basic(user, password) => format!("Basic {}", BASE64.encode(format!("{user}:{password}"))),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| "expected a token that a header can carry".to_owned())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn read(mut response: Response<Body>) -> Result<(u16, String), String> {
    let status = response.status().as_u16();
    let bytes = response.body_mut().with_config().limit(ANSWER).read_to_vec().map_err(|error| error.to_string())?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

fn parsed(call: &str, text: &str) -> Result<Value, PublishError> {
    // Some calls answer nothing.
    if text.trim().is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_str(text).map_err(|_| PublishError::Answer { call: call.to_owned(), expected: "JSON".to_owned() })
}

fn refused(call: &str, status: u16, text: &str) -> PublishError {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let field = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let plain: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    PublishError::Refused {
        call: call.to_owned(),
        status,
        code: field("error_code").unwrap_or_default(),
        message: field("message").map_or(plain, |message| message.chars().take(1000).collect()),
    }
}

/// A path with everything but plain characters and slashes in per cent.
fn escaped(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A text within an answer.
pub(super) fn text<'a>(answer: &'a Value, call: &str, path: &[&str]) -> Result<&'a str, PublishError> {
    let found = path.iter().try_fold(answer, |value, name| value.get(name)).and_then(Value::as_str);
    found.ok_or_else(|| PublishError::Answer { call: call.to_owned(), expected: format!("`{}`", path.join(".")) })
}

/// A list within an answer; MLflow leaves empty ones out.
pub(super) fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Keys and values of a list of `{key, value}`.
pub(super) fn pairs(list: &[Value]) -> std::collections::BTreeMap<String, String> {
    let text = |pair: &Value, name: &str| pair.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    list.iter().map(|pair| (text(pair, "key"), text(pair, "value"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_http_and_carries_no_password() {
        for good in ["http://127.0.0.1:5000", "https://example.org/mlflow/"] {
            assert!(Server::new(good, &Auth::None).is_ok(), "{good}");
        }
        for bad in ["", "mlflow", "file:///x", "http://", "http:///x", "http://a b", "http://u:p@host"] {
            let error = Server::new(bad, &Auth::None).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("expected an address"), "{bad}: {error}");
        }
        assert!(Server::new("http://x", &Auth::Token("a\nb".into())).is_err());
    }

    #[test]
    fn what_a_server_says_is_told_with_the_call_and_the_status() {
        let error = refused("POST runs/create", 400, r#"{"error_code":"INVALID","message":"no such run"}"#);
        assert!(error.to_string().starts_with("POST runs/create: the server answers 400: no such run;"), "{error}");
        assert!(refused("GET x", 502, "<html>\nbad").to_string().contains("<html>bad"));
        assert!(!refused("GET x", 404, "not here").is_absence());
        assert!(refused("GET x", 404, r#"{"error_code":"RESOURCE_DOES_NOT_EXIST"}"#).is_absence());
    }

    #[test]
    fn a_path_of_a_file_is_escaped() {
        assert_eq!(escaped("a b/ü?.svg"), "a%20b/%C3%BC%3F.svg");
    }
}
