//! Documents become a bundle.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer as _, SigningKey};

use super::kinds::{KINDS, normal};
use super::{ARTIFACTS, BundleError, DOCUMENTS, FORMAT, MANIFEST, Manifest, Part, SIGNATURE, fingerprint};
use crate::base::{Digest, Instant, canonical_json, json};
use crate::data::Manifest as DataManifest;
use crate::flows::documents::{Record, read};
use crate::flows::exchange::archive::stored;
use crate::ports::{Document, StoreError};
use crate::registry::ModelVersion;
use crate::tracking::{Blob, Run};

/// Who signs a bundle, and when.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The 32 secret bytes of an Ed25519 key.
    pub key: &'a [u8; 32],
    /// A profile name.
    pub name: &'a str,
    /// The clock's time.
    pub at: Instant,
}

/// The fingerprint of the public key that belongs to a secret one.
pub fn fingerprint_of(key: &[u8; 32]) -> Digest {
    fingerprint(&SigningKey::from_bytes(key).verifying_key())
}

/// The bundle of what a store holds; documents that are not the registry's are left out.
///
/// Of the manifests those are taken that a run or a version names, and of the runs' files those that the store has.
///
/// # Errors
/// If a document is damaged, or was written by a later version.
pub fn export(documents: &[Document], signer: &Signer<'_>) -> Result<Vec<u8>, BundleError> {
    let taken = taken(documents)?;
    let mut parts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for document in &taken {
        *counts.entry(document.kind.clone()).or_insert(0) += 1;
        if document.kind == Blob::KIND {
            let blob: Blob = read(document.clone())?;
            let bytes = blob.bytes().map_err(|reason| StoreError::Damaged { key: document.key.clone(), reason })?;
            parts.insert(format!("{ARTIFACTS}{}", blob.digest.hex()), bytes);
        } else {
            let part = parts.entry(format!("{DOCUMENTS}{}.jsonl", document.kind)).or_default();
            // A model's JSON stays as it was written: the canonical form would make 1.0 a 1.
            part.extend(line(document)?);
            part.push(b'\n');
        }
    }
    let key = SigningKey::from_bytes(signer.key);
    let listed = |(path, bytes): (&String, &Vec<u8>)| Part {
        path: path.clone(),
        digest: Digest::of_bytes(bytes),
        bytes: bytes.len() as u64,
    };
    let manifest = canonical(&Manifest {
        format: FORMAT,
        exported_at: signer.at,
        exported_by: signer.name.to_owned(),
        key: BASE64.encode(key.verifying_key().as_bytes()),
        counts,
        parts: parts.iter().map(listed).collect(),
    })?;
    let signature = BASE64.encode(key.sign(&manifest).to_bytes());
    packed(&manifest, signature.as_bytes(), &parts)
}

/// What of a store belongs to its registry, in our form and in the order of the keys.
fn taken(documents: &[Document]) -> Result<Vec<Document>, BundleError> {
    let of_registry = |document: &&Document| KINDS.iter().any(|kind| kind.name == document.kind);
    let mut taken = documents.iter().filter(of_registry).cloned().map(normal).collect::<Result<Vec<_>, _>>()?;
    let mut named: BTreeSet<Digest> = BTreeSet::new();
    for document in &taken {
        match document.kind.as_str() {
            Run::KIND => {
                let run: Run = read(document.clone())?;
                named.extend(run.data_version);
                named.extend(run.artifacts.iter().map(|artifact| artifact.digest));
            }
            ModelVersion::KIND => {
                named.insert(read::<ModelVersion>(document.clone())?.data_version);
            }
            _ => {}
        }
    }
    let keys = |kind: &str| named.iter().map(|digest| format!("{kind}/{}", digest.hex())).collect::<BTreeSet<_>>();
    let (manifests, blobs) = (keys(DataManifest::KIND), keys(Blob::KIND));
    taken.retain(|document| document.kind != DataManifest::KIND || manifests.contains(&document.key));
    for document in documents.iter().filter(|document| blobs.contains(&document.key)) {
        taken.push(normal(document.clone())?);
    }
    taken.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(taken)
}

fn line(document: &Document) -> Result<Vec<u8>, BundleError> {
    let damaged =
        |error: serde_json::Error| StoreError::Damaged { key: document.key.clone(), reason: error.to_string() };
    Ok(json::to_vec(document).map_err(damaged)?)
}

fn canonical<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, BundleError> {
    let damaged = |error: serde_json::Error| StoreError::Damaged { key: MANIFEST.into(), reason: error.to_string() };
    Ok(canonical_json(value).map_err(damaged)?)
}

/// The file: nothing compressed, every entry dated 1980.
pub(super) fn packed(
    manifest: &[u8],
    signature: &[u8],
    parts: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<u8>, BundleError> {
    let first = [(MANIFEST, manifest), (SIGNATURE, signature)];
    let others = parts.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    stored(first.into_iter().chain(others)).map_err(|error| BundleError::NoBundle(error.to_string()))
}
