//! A bundle becomes documents, once everything about it was checked.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use zip::{CompressionMethod, ZipArchive};

use super::kinds::{named, normal};
use super::write::packed;
use super::{
    ARTIFACTS, Bundle, BundleError, DOCUMENTS, FORMAT, MANIFEST, MOST_BYTES, MOST_ENTRIES, MOST_MANIFEST_BYTES,
    Manifest, Part, SIGNATURE, fingerprint,
};
use crate::base::{Digest, json};
use crate::flows::documents::{Record, document, read};
use crate::ports::Document;
use crate::tracking::{Blob, Run};

type Zip<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Whether bytes begin as a bundle does: a zip whose first entry is the manifest. Whether it is sound only [`open`] says.
pub fn is_bundle(bytes: &[u8]) -> bool {
    // The local header of the first entry ends after 30 bytes with its name.
    bytes.starts_with(b"PK\x03\x04") && bytes.get(30..).is_some_and(|rest| rest.starts_with(MANIFEST.as_bytes()))
}

/// Reads and checks a whole bundle. With an expected fingerprint only that key's signature counts.
///
/// # Errors
/// At the first thing that is wrong: nothing of a bundle is used before all of it was checked.
pub fn open(bytes: &[u8], expected: Option<Digest>) -> Result<Bundle, BundleError> {
    bounded("bytes", bytes.len() as u64, MOST_BYTES as u64)?;
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(no_bundle)?;
    bounded("entries", zip.len() as u64, MOST_ENTRIES as u64)?;
    let head = entry(&mut zip, MANIFEST, MOST_MANIFEST_BYTES)?;
    let signature = entry(&mut zip, SIGNATURE, 200)?;
    let (manifest, key) = verified(&head, &signature)?;
    let found = fingerprint(&key);
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        return Err(BundleError::Key { found, expected });
    }
    let parts = parts(&mut zip, &manifest)?;
    let again = packed(&head, &signature, &parts)?;
    if again != bytes {
        let at = again.iter().zip(bytes).position(|(ours, theirs)| ours != theirs);
        return Err(BundleError::Between { at: at.unwrap_or(again.len().min(bytes.len())) });
    }
    let documents = documents(&parts)?;
    let mut counts = BTreeMap::new();
    documents.iter().for_each(|document| *counts.entry(document.kind.clone()).or_insert(0) += 1);
    if counts != manifest.counts {
        let (expected, found) = (format!("{:?}", manifest.counts), format!("{counts:?}"));
        return Err(BundleError::Part { path: DOCUMENTS.to_owned(), expected, found });
    }
    Ok(Bundle { manifest, fingerprint: found, documents })
}

fn no_bundle(error: impl std::fmt::Display) -> BundleError {
    BundleError::NoBundle(error.to_string())
}

fn bounded(what: &'static str, found: u64, most: u64) -> Result<(), BundleError> {
    if found <= most { Ok(()) } else { Err(BundleError::TooLarge { what, found, most }) }
}

/// The bytes of an entry, never more than `most` whatever its header says.
fn entry(zip: &mut Zip<'_>, path: &str, most: u64) -> Result<Vec<u8>, BundleError> {
    let mut file = match zip.by_name(path) {
        Ok(file) => file,
        Err(zip::result::ZipError::FileNotFound) => return Err(BundleError::NoBundle(format!("it has no {path}"))),
        Err(error) => return Err(no_bundle(error)),
    };
    if file.compression() != CompressionMethod::Stored || file.size() != file.compressed_size() {
        return Err(BundleError::NoBundle(format!("{path} is compressed: expected it to be stored as it is")));
    }
    bounded("bytes in an entry", file.size(), most)?;
    let mut bytes = Vec::new();
    file.by_ref().take(most + 1).read_to_end(&mut bytes).map_err(no_bundle)?;
    bounded("bytes in an entry", bytes.len() as u64, most)?;
    Ok(bytes)
}

/// The manifest, if the signature is of these bytes by the key that it names.
fn verified(head: &[u8], signature: &[u8]) -> Result<(Manifest, VerifyingKey), BundleError> {
    let wrong = |reason: String| BundleError::NoBundle(format!("{MANIFEST}: {reason}"));
    let value: serde_json::Value = serde_json::from_slice(head).map_err(|error| wrong(error.to_string()))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or_default();
    if format > FORMAT.into() {
        let known = FORMAT.into();
        return Err(BundleError::Newer { what: "the bundle".to_owned(), name: "format", found: format, known });
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
    let bytes = |text: &[u8]| BASE64.decode(text).ok();
    let key: Option<[u8; 32]> = bytes(manifest.key.as_bytes()).and_then(|key| key.try_into().ok());
    let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok());
    let key = key.ok_or_else(|| wrong("`key` is no Ed25519 public key".to_owned()))?;
    let signature: Option<[u8; 64]> = bytes(signature).and_then(|signature| signature.try_into().ok());
    let signature = Signature::from_bytes(&signature.ok_or(BundleError::Signature)?);
    key.verify_strict(head, &signature).map_err(|_| BundleError::Signature)?;
    Ok((manifest, key))
}

/// Every part with the size and the digest that the manifest promises, and no other entry.
fn parts(zip: &mut Zip<'_>, manifest: &Manifest) -> Result<BTreeMap<String, Vec<u8>>, BundleError> {
    let listed: BTreeSet<&str> = manifest.parts.iter().map(|part| part.path.as_str()).collect();
    for name in zip.file_names() {
        let name = name.map_err(no_bundle)?;
        if name != MANIFEST && name != SIGNATURE && !listed.contains(name.as_ref()) {
            return Err(BundleError::Unexpected(name.into_owned()));
        }
    }
    let mut parts = BTreeMap::new();
    for part in &manifest.parts {
        if !proper(&part.path) || parts.contains_key(&part.path) {
            return Err(BundleError::Unexpected(part.path.clone()));
        }
        if zip.index_for_name(&part.path).is_none() {
            return Err(BundleError::Missing(part.path.clone()));
        }
        let bytes = entry(zip, &part.path, MOST_BYTES as u64)?;
        let found = Part { path: part.path.clone(), digest: Digest::of_bytes(&bytes), bytes: bytes.len() as u64 };
        if found != *part {
            let words = |part: &Part| format!("{} bytes with {}", part.bytes, part.digest);
            let (expected, found) = (words(part), words(&found));
            return Err(BundleError::Part { path: part.path.clone(), expected, found });
        }
        parts.insert(part.path.clone(), bytes);
    }
    Ok(parts)
}

/// Whether a part may have this path. Nothing else is a part, so no path leads anywhere.
fn proper(path: &str) -> bool {
    let hexadecimal =
        |digest: &str| digest.len() == 64 && digest.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let kind = path.strip_prefix(DOCUMENTS).and_then(|rest| rest.strip_suffix(".jsonl"));
    path.strip_prefix(ARTIFACTS).is_some_and(hexadecimal) || kind.is_some_and(|kind| named(kind).is_some())
}

/// The documents of all parts, each read as its type, in the order of the keys.
fn documents(parts: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Document>, BundleError> {
    let mut all = Vec::new();
    let mut named: BTreeSet<Digest> = BTreeSet::new();
    for (path, bytes) in parts.iter().filter(|(path, _)| path.starts_with(DOCUMENTS)) {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        for (number, line) in lines.enumerate() {
            let found = line_of(path, number + 1, line)?;
            if all.last().is_some_and(|last: &Document| last.kind == found.kind && last.key >= found.key) {
                let reason = format!("{} is not in the order of the keys", found.key);
                return Err(BundleError::Document { path: path.clone(), line: number + 1, reason });
            }
            if found.kind == Run::KIND {
                named.extend(read::<Run>(found.clone())?.artifacts.iter().map(|artifact| artifact.digest));
            }
            all.push(found);
        }
    }
    for (path, bytes) in parts.iter().filter(|(path, _)| path.starts_with(ARTIFACTS)) {
        let blob = Blob::of(bytes);
        if path.strip_prefix(ARTIFACTS) != Some(blob.digest.hex().as_str()) || !named.contains(&blob.digest) {
            return Err(BundleError::Unexpected(path.clone()));
        }
        all.push(document(&blob)?);
    }
    all.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(all)
}

fn line_of(path: &str, line: usize, bytes: &[u8]) -> Result<Document, BundleError> {
    let wrong = |reason: String| BundleError::Document { path: path.to_owned(), line, reason };
    let document: Document = json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    if path != format!("{DOCUMENTS}{}.jsonl", document.kind) {
        return Err(wrong(format!("found a document of the kind {}", document.kind)));
    }
    match normal(document) {
        Err(BundleError::Store(error)) => Err(wrong(error.to_string())),
        other => other,
    }
}
