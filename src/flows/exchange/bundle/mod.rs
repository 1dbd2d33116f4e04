//! The whole registry as one signed file: versions, events, runs with their files, and the manifests that they name.
//!
//! It is a zip whose entries are stored as they are, in this order:
//!
//! | entry | what |
//! |---|---|
//! | `manifest.json` | [`Manifest`] in canonical JSON |
//! | `manifest.sig` | Ed25519 signature of its bytes, in base64 |
//! | `artifacts/<digest, hexadecimal>` | a file of one or more runs |
//! | `documents/<kind>.jsonl` | the documents of a kind, one a line, in the order of their keys |
//!
//! The same documents, key, name and time give the same bytes. A reader takes nothing else: [`open`] checks the signature,
//! every part's size and digest, and that writing the parts again gives the file byte for byte, so that no byte is free.
//! Nothing is compressed, so nothing can grow as it is read.

mod kinds;
mod merge;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::base::{Digest, Instant};
use crate::ports::{Document, StoreError};

pub use merge::{Imported, import};
pub use read::{is_bundle, open};
pub use write::{Signer, export, fingerprint_of};

/// Version of the file's form.
pub const FORMAT: u32 = 1;
/// Most bytes that a bundle may have.
pub const MOST_BYTES: usize = 1 << 30;
/// Most entries that a bundle may have.
pub const MOST_ENTRIES: usize = 200_000;
/// Most bytes that its manifest may have.
const MOST_MANIFEST_BYTES: u64 = 64 << 20;

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";
const ARTIFACTS: &str = "artifacts/";
const DOCUMENTS: &str = "documents/";

/// What a bundle says of itself; its signature is over this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the file's form.
    pub format: u32,
    /// When it was made.
    pub exported_at: Instant,
    /// The profile name of whoever made it.
    pub exported_by: String,
    /// The public key that the signature is checked with, in base64.
    pub key: String,
    /// How many documents there are of each kind.
    pub counts: BTreeMap<String, u64>,
    /// Every other entry, in the order of the paths.
    pub parts: Vec<Part>,
}

/// An entry of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its path.
    pub path: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// How many it has.
    pub bytes: u64,
}

/// A bundle that was checked from the first byte to the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Fingerprint of the key that signed it: the SHA-256 of its 32 bytes.
    pub fingerprint: Digest,
    /// What it holds, in the order of the keys.
    pub documents: Vec<Document>,
}

/// Why a bundle is not written, or not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BundleError {
    /// It is no zip, or not one that a bundle is.
    #[error("the file is no bundle: {0}")]
    NoBundle(String),
    /// It is beyond what is read.
    #[error("the bundle has {found} {what}: expected at most {most}")]
    TooLarge {
        /// Bytes or entries.
        what: &'static str,
        /// How many.
        found: u64,
        /// How many may be.
        most: u64,
    },
    /// A later version wrote it.
    #[error("{what} has {name} {found}, and this version knows up to {known}: use a newer version")]
    Newer {
        /// Which part.
        what: String,
        /// Format or schema.
        name: &'static str,
        /// Its number.
        found: u64,
        /// Ours.
        known: u64,
    },
    /// The signature is not of these bytes by that key.
    #[error("the signature does not match {MANIFEST}: the bundle was changed after it was signed, or damaged")]
    Signature,
    /// Somebody else signed it.
    #[error("the bundle is signed with the key {found}: expected {expected}")]
    Key {
        /// Fingerprint of its key.
        found: Digest,
        /// Fingerprint that was asked for.
        expected: Digest,
    },
    /// An entry that the manifest does not list.
    #[error("the entry {0:?} is not listed in {MANIFEST}")]
    Unexpected(String),
    /// An entry that the manifest lists and that is not there.
    #[error("the entry {0:?} is listed in {MANIFEST} and is not in the file")]
    Missing(String),
    /// An entry whose bytes are not those that the manifest promises.
    #[error("the entry {path:?} does not match {MANIFEST}: expected {expected}, found {found}")]
    Part {
        /// Its path.
        path: String,
        /// What is promised.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Bytes that belong to no entry are not those that a bundle has.
    #[error("byte {at} of the bundle is not as it was written: it lies between the entries, and the file was changed")]
    Between {
        /// The first such byte, from 0.
        at: usize,
    },
    /// A document that cannot be.
    #[error("{path}, line {line}: {reason}")]
    Document {
        /// The part.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Documents that are there already, and are something else.
    #[error("nothing is imported, as the store has other content under {}", .0.join(", "))]
    Conflict(Vec<String>),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The fingerprint of a public key.
fn fingerprint(key: &VerifyingKey) -> Digest {
    Digest::of_bytes(key.as_bytes())
}
