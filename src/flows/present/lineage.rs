//! How a version came to be and what it did: from the bytes of the data to the predictions.

use super::{bytes, count, date_medium, instant_text, plural, source_word};
use crate::data::Manifest;
use crate::registry::ModelVersion;
use crate::serving::DayLog;
use crate::tracking::Run;

/// What stands at one place of a lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The bytes that were read.
    Source,
    /// The record of the ingest.
    Manifest,
    /// The features.
    Features,
    /// The training.
    Run,
    /// The version.
    Version,
    /// What it predicted.
    Predictions,
}

impl Place {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Place::Source => "Source",
            Place::Manifest => "Manifest",
            Place::Features => "Features",
            Place::Run => "Run",
            Place::Version => "Version",
            Place::Predictions => "Predictions",
        }
    }
}

/// One box of a lineage; the boxes of one step stand side by side, and every box of a step leads to each of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// What is known of it, a line each.
    pub lines: Vec<String>,
    /// Whether it is at hand here.
    pub known: bool,
}

impl Node {
    fn new(place: Place, name: impl Into<String>, lines: Vec<String>) -> Self {
        Self { place, name: name.into(), lines, known: true }
    }

    fn unknown(place: Place, name: impl Into<String>, why: &str) -> Self {
        Self { place, name: name.into(), lines: vec![why.to_owned()], known: false }
    }
}

/// The lineage of a version, step by step. `manifests` are those at hand; `run` is none where it is not.
pub fn lineage(version: &ModelVersion, run: Option<&Run>, manifests: &[&Manifest], days: &[DayLog]) -> Vec<Vec<Node>> {
    let manifest = manifests.iter().find(|manifest| manifest.digest == version.data_version);
    let digest = version.data_version.short().to_string();
    let (sources, manifest) = match manifest {
        Some(manifest) => (sources(manifest), manifest_node(manifest)),
        None => {
            let why = "Not among the manifests of this site and this browser.";
            (vec![Node::unknown(Place::Source, "unknown", why)], Node::unknown(Place::Manifest, digest, why))
        }
    };
    vec![
        sources,
        vec![manifest],
        vec![features(version)],
        vec![run_node(version, run)],
        vec![version_node(version)],
        vec![predictions(version, days)],
    ]
}

fn sources(manifest: &Manifest) -> Vec<Node> {
    if manifest.inputs.is_empty() {
        let lines = vec![format!("{} results", source_word(manifest.source_kind))];
        return vec![Node::new(Place::Source, manifest.source.clone(), lines)];
    }
    let node = |input: &crate::data::InputRef| {
        let lines =
            vec![format!("{}, {}", bytes(input.bytes), plural(input.rows, "row")), input.digest.short().to_string()];
        Node::new(Place::Source, input.name.clone(), lines)
    };
    manifest.inputs.iter().map(node).collect()
}

fn manifest_node(manifest: &Manifest) -> Node {
    let mut lines = vec![
        format!("{} of {} let in", plural(manifest.accepted, "row"), count(manifest.rows_in)),
        format!("read by {}", manifest.parser),
    ];
    lines.extend(manifest.contracts.iter().map(|contract| format!("contract {} {}", contract.id, contract.version)));
    Node::new(Place::Manifest, manifest.digest.short().to_string(), lines)
}

fn features(version: &ModelVersion) -> Node {
    let name = format!("version {}", version.model.feature_version());
    match version.model.open() {
        Ok(model) => {
            let mut lines: Vec<String> = model.features.iter().take(SHOWN).cloned().collect();
            let more = model.features.len().saturating_sub(SHOWN);
            lines.extend((more > 0).then(|| format!("and {more} more")));
            Node::new(Place::Features, name, lines)
        }
        Err(why) => Node::unknown(Place::Features, name, &why),
    }
}

/// How many features a box names.
const SHOWN: usize = 4;

fn run_node(version: &ModelVersion, run: Option<&Run>) -> Node {
    let name = version.run_id.get(..8).unwrap_or(&version.run_id).to_owned();
    let Some(run) = run else { return Node::unknown(Place::Run, name, "Not in this browser.") };
    let mut lines = vec![run.name.clone(), instant_text(run.ended_at)];
    lines.extend(run.tags.get("code_version").map(|code| format!("code {code}")));
    lines.extend(run.params.get("trials").map(|trials| format!("best of {trials} settings")));
    Node::new(Place::Run, name, lines)
}

fn version_node(version: &ModelVersion) -> Node {
    let lines = vec![
        format!("trained through {}", date_medium(version.trained_through)),
        format!("model {}", version.model.digest().short()),
    ];
    Node::new(Place::Version, format!("{} {}", version.name, version.version), lines)
}

fn predictions(version: &ModelVersion, days: &[DayLog]) -> Node {
    let (mut games, mut first, mut last) = (0_u64, None, None);
    for day in days {
        let of_it = day.predictions.iter().filter(|prediction| prediction.version == version.version).count() as u64;
        if of_it > 0 {
            games += of_it;
            first = first.or(Some(day.day));
            last = Some(day.day);
        }
    }
    match (first, last) {
        (Some(first), Some(last)) => {
            let lines = vec![format!("{} to {}", date_medium(first), date_medium(last))];
            Node::new(Place::Predictions, plural(games, "game"), lines)
        }
        _ => Node::unknown(Place::Predictions, "none yet", "It has not served."),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::{Digest, morning};
    use crate::data::SourceKind;
    use crate::learn::{Linear, Model};
    use crate::registry::Stage;
    use crate::serving::Prediction;

    fn version() -> ModelVersion {
        ModelVersion {
            name: "home-win".into(),
            version: "1.1.0".into(),
            run_id: "0123456789abcdef".into(),
            model: Model::linear("2.0.0", vec!["edge".into()], Linear::unscaled(vec![1.0], 0.0)).into(),
            trained_through: "2026-01-14".parse().expect("a date"),
            source_kind: SourceKind::Simulated,
            data_version: Digest::of_bytes(b"games"),
            metrics: BTreeMap::new(),
            registered_at: morning("2026-01-15".parse().expect("a date")),
        }
    }

    #[test]
    fn what_is_not_at_hand_is_said_and_the_rest_stands() {
        let steps = lineage(&version(), None, &[], &[]);
        let places: Vec<Place> = steps.iter().map(|nodes| nodes[0].place).collect();
        let all = [Place::Source, Place::Manifest, Place::Features, Place::Run, Place::Version, Place::Predictions];
        assert_eq!(places, all);
        let known: Vec<bool> = steps.iter().map(|nodes| nodes[0].known).collect();
        assert_eq!(known, [false, false, true, false, true, false]);
    }

    #[test]
    fn only_games_that_this_version_predicted_are_counted() {
        let prediction = |version: &str| Prediction {
            game_id: "g".into(),
            version: version.into(),
            stage: Stage::Production,
            prob_home: 0.5,
            missing: 0.0,
            stale_since: None,
        };
        let log = |day: &str, versions: &[&str]| DayLog {
            day: day.parse().expect("a day"),
            made_at: morning(day.parse().expect("a day")),
            predictions: versions.iter().map(|version| prediction(version)).collect(),
            settled: vec![],
        };
        let days =
            [log("2026-01-01", &["1.0.0"]), log("2026-01-02", &["1.1.0", "1.0.0"]), log("2026-01-04", &["1.1.0"])];
        let node = predictions(&version(), &days);
        assert_eq!((node.name.as_str(), node.lines[0].as_str()), ("2 games", "2 Jan 2026 to 4 Jan 2026"));
    }
}
