//! What the operating commands share: the data, the journal, and events as lines.

use super::{Failure, Global, tell};
use crate::adapters::JournalStore;
use crate::adapters::data_dir::DataDir;
use crate::flows::documents::{Record, load_all};
use crate::flows::pipelines::{Dataset, PipelineError};
use crate::flows::registry as registry_flow;
use crate::flows::registry::RegistryFlowError;
use crate::ports::{Event, Events, StoreError};
use crate::registry::Registry;

/// The data of `--data`, every file verified.
pub(super) fn dataset(global: &Global) -> Result<Dataset, Failure> {
    let (index, log) = DataDir::new(&global.data).load()?;
    Ok(Dataset { log, manifest: index.manifest, as_of: index.as_of })
}

/// The journal of `--store`, made if it is missing.
pub(super) fn store(global: &Global) -> Result<JournalStore, Failure> {
    let store = JournalStore::open(&global.store)?;
    if let Some(repaired) = store.repaired() {
        tell(&format!("{}: {repaired}", store.path().display()));
    }
    Ok(store)
}

/// The journal of `--store` for a command that only reads: a missing one is not made.
pub(super) fn store_there(global: &Global) -> Result<JournalStore, Failure> {
    if !global.store.exists() {
        return Err(Failure::Environment(format!(
            "{}: no store is there; `linelogic train` or `linelogic pipeline` makes one, and --store names another",
            global.store.display()
        )));
    }
    store(global)
}

/// The registry of a journal.
pub(super) fn registry(store: &JournalStore) -> Result<Registry, Failure> {
    Ok(pollster::block_on(registry_flow::state(store))?.1)
}

/// Every record of a type.
pub(super) fn all<T: Record>(store: &JournalStore) -> Result<Vec<T>, Failure> {
    Ok(pollster::block_on(load_all::<T, _>(store))?.1)
}

/// Events as lines on standard error; progress is left to the caller's bar.
pub(super) struct Lines;

impl Events for Lines {
    fn emit(&self, event: Event) {
        match event {
            Event::Step { name, outcome, detail } => tell(&format!("{name:<12} {outcome:<8} {detail}")),
            Event::Notice(text) => tell(&text),
            Event::Alert(alert) => tell(&format!("alert: {}: {}", alert.rule, alert.message)),
            Event::Progress { .. } => {}
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Environment(error.to_string())
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Beyond { .. } => Failure::Usage(error.to_string()),
            PipelineError::Invalid { .. } => Failure::Gate(error.to_string()),
            PipelineError::Train(_) => Failure::Gate(error.to_string()),
            _ => Failure::Environment(error.to_string()),
        }
    }
}

impl From<RegistryFlowError> for Failure {
    fn from(error: RegistryFlowError) -> Self {
        match error {
            RegistryFlowError::Refused(_) | RegistryFlowError::Run { .. } => Failure::Usage(error.to_string()),
            RegistryFlowError::Store(error) => error.into(),
        }
    }
}
