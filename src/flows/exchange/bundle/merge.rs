//! A checked bundle goes into a store: all of it in one commit, or nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::kinds::normal;
use super::{Bundle, BundleError};
use crate::flows::documents::{RETRIES, commit};
use crate::ports::{Batch, Document, Store, StoreError};

/// What an import came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Documents that were added, by kind.
    pub added: BTreeMap<String, usize>,
    /// Documents that were there already.
    pub present: usize,
}

/// Adds what a bundle holds to a store. What is there already with the same content stays, so a second import changes
/// nothing.
///
/// # Errors
/// If the store has other content under a key of the bundle, named one by one; then nothing is written.
pub async fn import<S: Store>(store: &S, bundle: &Bundle) -> Result<Imported, BundleError> {
    for _ in 0..RETRIES {
        let (base, there) = store.scan("").await?;
        let (puts, imported) = missing(&bundle.documents, there)?;
        if puts.is_empty() {
            return Ok(imported);
        }
        match commit(store, Batch { base, puts, deletes: Vec::new() }).await {
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(imported),
        }
    }
    Err(StoreError::Unavailable("somebody else keeps writing to the store: try again".to_owned()).into())
}

/// The documents that a store does not have.
fn missing(documents: &[Document], there: Vec<Document>) -> Result<(Vec<Document>, Imported), BundleError> {
    let there: BTreeMap<String, Document> =
        there.into_iter().map(|document| (document.key.clone(), document)).collect();
    let (mut puts, mut others, mut imported) = (Vec::new(), Vec::new(), Imported::default());
    for document in documents {
        match there.get(&document.key) {
            None => {
                *imported.added.entry(document.kind.clone()).or_default() += 1;
                puts.push(document.clone());
            }
            // Ours may be of an older schema, which says the same in another form.
            Some(ours) if ours == document || normal(ours.clone()).as_ref() == Ok(document) => imported.present += 1,
            Some(_) => others.push(document.key.clone()),
        }
    }
    if others.is_empty() { Ok((puts, imported)) } else { Err(BundleError::Conflict(others)) }
}
