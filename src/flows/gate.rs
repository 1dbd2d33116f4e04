//! The gate before Production over a store: what it looks at is gathered here and asked of [`crate::registry::gate`].

use std::collections::BTreeSet;

use super::rival::{forecasts, judged_rows};
use crate::base::{Date, Digest, Instant, days_between, morning};
use crate::data::{ChainEntry, Manifest};
use crate::features::{Definitions, TrainingFrame};
use crate::flows::alerts::open;
use crate::flows::documents;
use crate::flows::features::applied;
use crate::league::features::FEATURE_VERSION;
use crate::monitoring::Alert;
use crate::ports::{Document, Store, StoreError};
use crate::registry::{Figures, GateReport, ModelVersion, Registry, Rival, Stage, Waited, gate};
use crate::stats::score;
use crate::tracking::Run;

/// What a store knows that the gate asks after.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// Every alert that was raised.
    pub alerts: Vec<Alert>,
    /// Digests of the manifests in the store, its datasets' and its chain's among them, and of the data at hand.
    pub manifests: BTreeSet<Digest>,
    /// The definitions that were applied last.
    pub applied: Definitions,
}

impl Evidence {
    /// Reads it. `at_hand` are the manifests of data that is not in the store.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn load<S: Store>(store: &S, at_hand: impl IntoIterator<Item = Digest>) -> Result<Self, StoreError> {
        let (_, alerts) = documents::load_all::<Alert, S>(store).await?;
        let (_, applied) = applied(store).await?;
        let manifests = manifests(store).await?.iter().map(|manifest| manifest.digest).chain(at_hand).collect();
        Ok(Self { alerts, manifests, applied: applied.definitions })
    }

    /// How a version's features are known, or what is not known of them.
    fn features(&self, version: &ModelVersion) -> Result<String, String> {
        let wanted = version.model.feature_version();
        if wanted == FEATURE_VERSION {
            return Ok(format!("features {wanted} are those of this build"));
        }
        if self.applied.services.iter().any(|service| service.version == wanted) {
            return Ok(format!("features {wanted} are applied in the feature store"));
        }
        Err(format!(
            "features {wanted} are neither those of this build ({FEATURE_VERSION}) nor applied in the feature store"
        ))
    }

    /// How the manifest of a version's data is known, or that it is not.
    fn data(&self, version: &ModelVersion) -> Result<String, String> {
        let short = version.data_version.short();
        if self.manifests.contains(&version.data_version) {
            Ok(format!("data manifest {short} is known"))
        } else {
            let there = self.manifests.len();
            Err(format!("data manifest {short} is not among the {there} that are known"))
        }
    }
}

/// Every manifest that a store knows: those that pipelines took note of, and those of its chain of imports.
///
/// # Errors
/// Those of the store.
pub async fn manifests<S: Store>(store: &S) -> Result<Vec<Manifest>, StoreError> {
    let (_, mut manifests) = documents::load_all::<Manifest, S>(store).await?;
    let (_, chain) = store.scan("chain/").await?;
    let entry = |document: Document| serde_json::from_value::<ChainEntry>(document.body).ok();
    manifests.extend(chain.into_iter().filter_map(entry).map(|entry| entry.manifest));
    Ok(manifests)
}

/// Asks the gate about a version as it was on a morning. The frame holds the games of its hold-out with their results.
pub fn judge(
    registry: &Registry,
    version: &ModelVersion,
    run: Option<&Run>,
    frame: &TrainingFrame,
    evidence: &Evidence,
    day: Date,
) -> GateReport {
    let rival = match (other_in_production(registry, version, morning(day)), run) {
        (None, _) => no_rival(),
        (Some(rival), Some(run)) => rival_on_holdout(frame, rival, run),
        (Some(_), None) => Rival::NotComparable("its run is not in the store".to_owned()),
    };
    verdict(registry, version, run, &rival, evidence, day)
}

/// The version that this one would replace.
pub fn other_in_production<'r>(
    registry: &'r Registry,
    version: &ModelVersion,
    at: Instant,
) -> Option<&'r ModelVersion> {
    registry.in_stage_at(Stage::Production, at).filter(|other| other.version != version.version)
}

/// The rival where nothing else is in Production.
pub fn no_rival() -> Rival {
    Rival::NotComparable("no other version is in Production".to_owned())
}

/// How long a version has been in Staging at an instant.
pub fn waited(registry: &Registry, version: &ModelVersion, at: Instant) -> Waited {
    if registry.in_stage_at(Stage::Production, at).is_none() {
        return Waited::NothingServes;
    }
    registry.last_in_staging(&version.version, at).map_or(Waited::Never, |stay| Waited::Days(stay.days(at)))
}

/// Asks the gate about a version once its rival has been scored.
pub fn verdict(
    registry: &Registry,
    version: &ModelVersion,
    run: Option<&Run>,
    rival: &Rival,
    evidence: &Evidence,
    day: Date,
) -> GateReport {
    let metric = |name: &str| version.metrics.get(name).copied();
    let words = |alert: &Alert| match days_between(alert.day, day) {
        0 => format!("{} of this morning", alert.rule),
        _ => format!("{} of {}", alert.rule, alert.day),
    };
    gate(&Figures {
        version: version.version.clone(),
        accuracy: metric("accuracy"),
        log_loss: metric("log_loss"),
        rival: rival.clone(),
        ece: metric("ece"),
        holdout_games: run.and_then(|run| run.params.get("holdout_games")?.parse().ok()),
        waited: waited(registry, version, morning(day)),
        alerts: open(&evidence.alerts, day).into_iter().map(words).collect(),
        features: evidence.features(version),
        data: evidence.data(version),
    })
}

/// Production's log loss on the hold-out of a run, where it says anything.
pub fn rival_on_holdout(frame: &TrainingFrame, rival: &ModelVersion, run: &Run) -> Rival {
    let not = |why: String| Rival::NotComparable(why);
    let day = |name: &str| run.params.get(name).and_then(|text| text.parse::<Date>().ok());
    let number = |name: &str| run.params.get(name).and_then(|text| text.parse::<usize>().ok());
    let (Some(first), Some(last), Some(games)) = (day("holdout_from"), day("holdout_to"), number("holdout_games"))
    else {
        return not("the run does not say which games it held out".to_owned());
    };
    let rows = judged_rows(frame, (first, last));
    let p = match forecasts(frame, rival, &rows, first) {
        Ok(p) => p,
        Err(why) => return not(why),
    };
    if rows.len() != games {
        return not(format!("the hold-out had {games} games, and {} of them are at hand", rows.len()));
    }
    let y: Vec<f64> = rows.iter().map(|row| frame.y[*row]).collect();
    match score(&y, &p) {
        Ok(scores) => Rival::Scored { version: rival.version.clone(), log_loss: scores.log_loss, games: scores.n },
        Err(error) => not(error.to_string()),
    }
}
