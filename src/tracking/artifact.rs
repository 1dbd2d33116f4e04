//! Files of runs, kept once by what they hold.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::base::Digest;

/// Folder beside a published journal that holds the files of its runs, each under the hexadecimal digits of its digest.
pub const ARTIFACTS: &str = "artifacts";

/// A file of a run. Its bytes are kept apart, by their digest, so that equal files are kept once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its path within the run's artifacts, with `/` between folders and none at its start.
    pub path: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub bytes: u64,
}

/// The bytes of an artifact as they are kept: text as it is, anything else in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// UTF-8.
    Text(String),
    /// Standard base64 with padding.
    Base64(String),
}

/// Bytes by their digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Digest of the bytes.
    pub digest: Digest,
    /// The bytes.
    pub content: Content,
}

impl Blob {
    /// Keeps bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let content = match str::from_utf8(bytes) {
            Ok(text) => Content::Text(text.to_owned()),
            Err(_) => Content::Base64(BASE64.encode(bytes)),
        };
        Self { digest: Digest::of_bytes(bytes), content }
    }

    /// The artifact that these bytes are at a path, and the bytes to keep.
    pub fn artifact(path: &str, bytes: &[u8]) -> (Artifact, Self) {
        let blob = Self::of(bytes);
        (Artifact { path: path.to_owned(), digest: blob.digest, bytes: bytes.len() as u64 }, blob)
    }

    /// The bytes, if they are those that the digest promises.
    ///
    /// # Errors
    /// Where they are not, in words.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        let bytes = match &self.content {
            Content::Text(text) => text.as_bytes().to_vec(),
            Content::Base64(text) => BASE64.decode(text).map_err(|error| format!("no base64: {error}"))?,
        };
        let found = Digest::of_bytes(&bytes);
        if found == self.digest {
            Ok(bytes)
        } else {
            Err(format!("the bytes do not match their digest: expected {}, found {found}", self.digest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_other_bytes_come_back_and_damage_is_found() {
        for bytes in [&b"a,b\n1,2\n"[..], &[0xff, 0x00, 0xfe], b""] {
            let blob = Blob::of(bytes);
            let json = serde_json::to_string(&blob).expect("JSON");
            assert_eq!(serde_json::from_str::<Blob>(&json).expect("its own JSON").bytes().as_deref(), Ok(bytes));
        }
        let mut blob = Blob::of(b"good");
        blob.content = Content::Text("evil".into());
        assert!(blob.bytes().expect_err("damaged").contains("do not match their digest"));
    }
}
