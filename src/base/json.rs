//! JSON by one way through serde: text to `Value` to type, and back.
//!
//! Every type that is read from text directly *and* from a `Value` is compiled twice, which in the site's module is a
//! third of the code. Documents come as a `Value` anyhow, so everything does.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Error, Value};

/// A value from JSON text.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_value(serde_json::from_slice::<Value>(bytes)?)
}

/// JSON text of a value, compact.
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&serde_json::to_value(value)?)
}

/// JSON text of a value, compact.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(&serde_json::to_value(value)?)
}
