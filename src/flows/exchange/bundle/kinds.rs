//! The kinds of documents that a bundle holds, each by its type.

use super::BundleError;
use crate::data::Manifest as DataManifest;
use crate::flows::documents::{Record, document, read};
use crate::ports::{Document, StoreError};
use crate::registry::{ModelVersion, RegistryEvent};
use crate::tracking::{Blob, Run};

/// A document read as its type and written again, so that one of an older schema becomes ours.
type Normal = fn(Document) -> Result<Document, StoreError>;

/// A kind with the schema that we write and its way through the type. Files of runs travel as they are, and are not here.
pub(super) struct Kind {
    pub(super) name: &'static str,
    schema: u32,
    normal: Normal,
}

/// Every kind, in the order of the names.
pub(super) static KINDS: [Kind; 4] =
    [kind::<RegistryEvent>(), kind::<DataManifest>(), kind::<Run>(), kind::<ModelVersion>()];

const fn kind<T: Record>() -> Kind {
    Kind { name: T::KIND, schema: T::SCHEMA, normal: |there| document(&read::<T>(there)?) }
}

/// The kind with this name.
pub(super) fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// A document in the form that we write, if it is one of a kind that a bundle holds.
///
/// # Errors
/// If a later version wrote it, its body is not what its kind promises, or it lies under another key than its own.
pub(super) fn normal(there: Document) -> Result<Document, BundleError> {
    let key = there.key.clone();
    let damaged = |reason: String| StoreError::Damaged { key: key.clone(), reason };
    let (schema, normal) = match named(&there.kind) {
        Some(kind) => (kind.schema, kind.normal),
        None if there.kind == Blob::KIND => (Blob::SCHEMA, kind::<Blob>().normal),
        None => return Err(damaged(format!("the kind {} is not of the registry", there.kind)).into()),
    };
    if there.schema > schema {
        let (found, known) = (there.schema.into(), schema.into());
        return Err(BundleError::Newer { what: there.key, name: "schema", found, known });
    }
    let ours = normal(there)?;
    if ours.key == key { Ok(ours) } else { Err(damaged(format!("its content is that of {}", ours.key)).into()) }
}
