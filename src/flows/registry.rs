//! The registry over a store: load, decide, commit at once; on a stale revision load and decide again.

use std::collections::{BTreeMap, BTreeSet};

use crate::flows::documents::{self, RETRIES, Record};
use crate::flows::record::Recorded;
use crate::flows::train::TrainOutcome;
use crate::ports::{Batch, Revision, Store, StoreError};
use crate::registry::{
    Candidate, Change, GateReport, ModelVersion, Registration, Registry, RegistryError, RegistryEvent, Stage,
    check_model_name,
};
use crate::stats::Scores;

/// Name under which every version is registered.
pub const MODEL: &str = "home-win";

/// Why a change of the registry did not happen.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RegistryFlowError {
    /// The registry says no.
    #[error(transparent)]
    Refused(#[from] RegistryError),
    /// A run that cannot become a version.
    #[error("run {run} cannot be registered: {why}")]
    Run {
        /// The run.
        run: String,
        /// Why, as a clause.
        why: String,
    },
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The registry of [`MODEL`] as it is stored, and the revision that it was read at.
pub async fn state<S: Store>(store: &S) -> Result<(Revision, Registry), StoreError> {
    state_of(store, MODEL).await
}

/// The registry of a registered model, empty where there is none of this name, and the revision that it was read at.
pub async fn state_of<S: Store>(store: &S, name: &str) -> Result<(Revision, Registry), StoreError> {
    // The events last: their revision is the one that a change is based on, and versions never change.
    let (first, versions) = documents::load_under::<ModelVersion, S>(store, &format!("{name}/")).await?;
    let (revision, events) = documents::load_under::<RegistryEvent, S>(store, &format!("{name}/")).await?;
    if first != revision {
        let (_, versions) = documents::load_under::<ModelVersion, S>(store, &format!("{name}/")).await?;
        return Ok((revision, Registry::new(name, versions, events)));
    }
    Ok((revision, Registry::new(name, versions, events)))
}

/// Names of the registered models, in their order.
pub async fn names<S: Store>(store: &S) -> Result<BTreeSet<String>, StoreError> {
    let (_, documents) = store.scan(&format!("{}/", RegistryEvent::KIND)).await?;
    // A name has no slash.
    let name = |key: &str| key.split('/').nth(1).map(str::to_owned);
    Ok(documents.iter().filter_map(|document| name(&document.key)).collect())
}

/// The metrics of a hold-out under the names that runs and versions use.
pub fn metrics_of(scores: &Scores) -> BTreeMap<String, f64> {
    scores.named().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a training registers.
pub fn candidate_of(outcome: &TrainOutcome, build: &str) -> Candidate {
    Candidate {
        run_id: outcome.run.id.clone(),
        model: (&outcome.model).into(),
        trained_through: outcome.trained_through,
        source_kind: outcome.provenance.source_kind,
        data_version: outcome.provenance.data_version,
        metrics: metrics_of(&outcome.holdout),
        build: build.to_owned(),
    }
}

/// Records a training with its trials and files, and registers its model at Staging, in one commit. `build` marks where it was made (`local.1`
/// for the first in a browser); empty for the site's own. The same run again changes nothing.
pub async fn record_training<S: Store>(
    store: &S,
    outcome: &TrainOutcome,
    recorded: &Recorded,
    build: &str,
    change: &Change,
) -> Result<ModelVersion, RegistryFlowError> {
    for _ in 0..RETRIES {
        let (base, registry) = state(store).await?;
        let Registration { version, events } = registry.register(candidate_of(outcome, build), change);
        if events.is_empty() {
            return Ok(version);
        }
        let mut batch = Batch { base, ..Batch::default() };
        recorded.put(&mut batch)?;
        documents::put(&mut batch, &version)?;
        put_events(&mut batch, &events)?;
        match documents::commit(store, batch).await {
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(version),
        }
    }
    Err(busy().into())
}

/// Moves a version of [`MODEL`] to a stage. Gives the entries that were added; none if it was there already.
pub async fn transition<S: Store>(
    store: &S,
    version: &str,
    to: Stage,
    change: &Change,
) -> Result<Vec<RegistryEvent>, RegistryFlowError> {
    decide(store, MODEL, |registry| registry.transition(version, to, change)).await
}

/// Moves a version of a registered model to Production with what the gate said of it.
pub async fn promote<S: Store>(
    store: &S,
    name: &str,
    version: &str,
    gate: Option<&GateReport>,
    change: &Change,
) -> Result<Vec<RegistryEvent>, RegistryFlowError> {
    decide(store, name, |registry| registry.promote(version, gate, change)).await
}

/// What the trail says of a move to Production, or why it does not happen. `gate` is the gate's report, or why it could
/// not be asked. A gate that did not say yes is overridden by a word and a reason, which is kept with its figures.
pub fn promotion_reason(
    reason: &str,
    gate: &Result<GateReport, String>,
    override_gate: bool,
) -> Result<String, String> {
    let (passed, says) = match gate {
        Ok(report) => (report.passed, report.summary()),
        Err(why) => (false, format!("gate not asked: {why}")),
    };
    let reason = reason.trim();
    match (passed, override_gate, reason.is_empty()) {
        (true, _, true) => Ok(says),
        (true, _, false) => Ok(format!("{reason}; {says}")),
        (false, false, _) => Err(says),
        (false, true, true) => Err(format!("{says}; say why it is overridden, for the trail")),
        (false, true, false) => Ok(format!("gate overridden: {reason}; {says}")),
    }
}

/// Puts the version back that was in Production before, or the given one that once was.
pub async fn rollback<S: Store>(
    store: &S,
    name: &str,
    to: Option<&str>,
    change: &Change,
) -> Result<Vec<RegistryEvent>, RegistryFlowError> {
    decide(store, name, |registry| registry.rollback(to, change)).await
}

/// Commits what a decision on a registered model adds, and decides again on what is there if somebody else was faster.
/// Gives the entries that were added.
///
/// # Errors
/// Where the name cannot be one, where the decision is a refusal, and those of the store.
pub async fn decide<S: Store>(
    store: &S,
    name: &str,
    decision: impl Fn(&Registry) -> Result<Vec<RegistryEvent>, RegistryError>,
) -> Result<Vec<RegistryEvent>, RegistryFlowError> {
    check_model_name(name)?;
    for _ in 0..RETRIES {
        let (base, registry) = state_of(store, name).await?;
        let events = decision(&registry)?;
        if events.is_empty() {
            return Ok(events);
        }
        let mut batch = Batch { base, ..Batch::default() };
        put_events(&mut batch, &events)?;
        match documents::commit(store, batch).await {
            Err(StoreError::Stale { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(events),
        }
    }
    Err(busy().into())
}

/// Adds entries of the trail to what a batch writes.
pub fn put_events(batch: &mut Batch, events: &[RegistryEvent]) -> Result<(), StoreError> {
    events.iter().try_for_each(|event| documents::put(batch, event))
}

/// Others committed each time in between.
pub fn busy() -> StoreError {
    StoreError::Unavailable(format!("others changed the store {RETRIES} times in a row: try again"))
}

#[cfg(test)]
mod tests {
    use super::promotion_reason;
    use crate::registry::{Figures, GateReport, Rival, Waited, gate};

    fn asked(rival: Rival) -> GateReport {
        gate(&Figures {
            version: "1.1.0".into(),
            accuracy: Some(0.65),
            log_loss: Some(0.64),
            rival,
            ece: Some(0.02),
            holdout_games: Some(300),
            waited: Waited::Days(8),
            alerts: vec![],
            features: Ok("its features are known".into()),
            data: Ok("its data is known".into()),
        })
    }

    #[test]
    fn a_gate_that_does_not_say_yes_is_overridden_by_a_word_and_a_reason_only() {
        let alone = Rival::NotComparable("no other version is in Production".into());
        let rival = Rival::Scored { version: "1.0.0".into(), log_loss: 0.61, games: 300 };
        let no = Ok(asked(rival));
        let unknown = Err("the games are gone".to_owned());
        for (gate, figures) in [(&no, "0.6400 is worse than Production's (1.0.0) 0.6100"), (&unknown, "games are gone")]
        {
            let refused = promotion_reason("better", gate, false).expect_err("the gate did not say yes");
            assert!(refused.contains(figures), "{refused}");
            assert!(promotion_reason(" \n", gate, true).expect_err("no reason").contains("say why"));
            let trail = promotion_reason(" a test ", gate, true).expect("overridden");
            assert!(trail.starts_with("gate overridden: a test; gate ") && trail.contains(figures), "{trail}");
        }
        let yes = Ok(asked(alone));
        let passed = promotion_reason("", &yes, false).expect("the gate said yes");
        assert!(passed.starts_with("gate passed: "), "{passed}");
        let trail = promotion_reason("better", &yes, true).expect("nothing to override");
        assert_eq!(trail, format!("better; {passed}"));
    }
}
