//! Versions, as a list and one by one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ListArgs, Outcome, Place, lines};
use crate::base::{Date, Instant, morning};
use crate::data::SourceKind;
use crate::flows::registry::names;
use crate::learn::Model;
use crate::registry::{ModelVersion, RegistryEvent, Stage, State};

/// A version as a table shows it.
#[derive(Serialize)]
struct Row<'a> {
    version: &'a str,
    stage: Stage,
    aliases: Vec<&'a str>,
    run_id: &'a str,
    feature_version: &'a str,
    trained_through: Date,
    source_kind: SourceKind,
    metrics: &'a BTreeMap<String, f64>,
    registered_at: Instant,
}

impl<'a> Row<'a> {
    fn of(version: &'a ModelVersion, stage: Stage, state: &State<'a>) -> Self {
        Self {
            version: &version.version,
            stage,
            aliases: state.aliases_of(&version.version),
            run_id: &version.run_id,
            feature_version: version.model.feature_version(),
            trained_through: version.trained_through,
            source_kind: version.source_kind,
            metrics: &version.metrics,
            registered_at: version.registered_at,
        }
    }

    fn line(&self) -> String {
        let metric = |name: &str| self.metrics.get(name).map_or("     -".to_owned(), |value| format!("{value:.4}"));
        let line = format!(
            "{:<14} {:<10} {:>8} {:>8}  {:<10}  {:<8}  {}",
            self.version,
            self.stage.to_string(),
            metric("log_loss"),
            metric("accuracy"),
            self.trained_through,
            self.run_id.get(..8).unwrap_or(self.run_id),
            self.aliases.join(", ")
        );
        line.trim_end().to_owned()
    }
}

/// A version with everything that is known of it.
#[derive(Serialize)]
struct Shown<'a> {
    stage: Stage,
    aliases: Vec<&'a str>,
    tags: BTreeMap<&'a str, &'a str>,
    description: &'a str,
    #[serde(flatten)]
    version: &'a ModelVersion,
    events: Vec<&'a RegistryEvent>,
}

impl Place<'_> {
    fn state(&self) -> State<'_> {
        self.global.as_of.map_or_else(|| self.registry.state(), |day| self.registry.state_at(morning(day)))
    }

    pub(super) fn models(&self) -> Outcome {
        let names = pollster::block_on(names(&self.store))?;
        self.global.print(&names, || {
            let all: Vec<&str> = names.iter().map(String::as_str).collect();
            if all.is_empty() { "no model is registered yet".to_owned() } else { all.join("\n") }
        })
    }

    pub(super) fn list(&self, args: &ListArgs) -> Outcome {
        let state = self.state();
        let all = self.registry.versions().iter().chain(self.registry.deleted());
        let stage = |version: &ModelVersion| match args.deleted {
            true => state.deleted.contains(version.version.as_str()).then_some(Stage::None),
            false => state.stages.get(version.version.as_str()).copied(),
        };
        let rows: Vec<Row<'_>> = all.filter_map(|version| Some(Row::of(version, stage(version)?, &state))).collect();
        self.global.print(&rows, || {
            if rows.is_empty() {
                return if args.deleted { "no version is deleted" } else { "no version yet" }.to_owned();
            }
            let head = format!(
                "{:<14} {:<10} {:>8} {:>8}  {:<10}  {:<8}  aliases",
                "version", "stage", "log loss", "accuracy", "trained to", "run"
            );
            std::iter::once(head).chain(rows.iter().map(Row::line)).collect::<Vec<_>>().join("\n")
        })
    }

    pub(super) fn show(&self, named: &str) -> Outcome {
        let version = self.registry.find(named, self.global.as_of.map(morning))?;
        let state = self.state();
        let name = version.version.as_str();
        let shown = Shown {
            stage: state.stages.get(name).copied().unwrap_or(Stage::None),
            aliases: state.aliases_of(name),
            tags: state.tags_of(name),
            description: state.description_of(name),
            version,
            events: self.registry.events().iter().filter(|event| event.version == name).collect(),
        };
        self.global.print(&shown, || text(&shown))
    }
}

fn text(shown: &Shown<'_>) -> String {
    let version = shown.version;
    let model = version.model.open().ok();
    let metrics: Vec<String> = version.metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
    let aliases = if shown.aliases.is_empty() { String::new() } else { format!(" ({})", shown.aliases.join(", ")) };
    let mut text = vec![format!("{} {} at {}{aliases}", version.name, version.version, shown.stage)];
    text.extend(Some(shown.description.to_owned()).filter(|words| !words.is_empty()));
    text.extend(shown.tags.iter().map(|(key, value)| format!("tag {key}: {value}")));
    text.push(format!("run {}", version.run_id));
    text.push(format!(
        "{} on features {}, trained through {}",
        model.as_ref().map_or_else(|| "a model that cannot be read".to_owned(), Model::summary),
        version.model.feature_version(),
        version.trained_through
    ));
    text.push(format!("hold-out: {}", metrics.join(", ")));
    text.extend(model.as_ref().map(learned).filter(|words| !words.is_empty()));
    text.push(lines(shown.events.iter().copied(), ""));
    text.join("\n")
}

/// What a model has learned, as far as it is a table.
fn learned(model: &Model) -> String {
    let Some(linear) = model.as_linear() else { return String::new() };
    let weights = model.features.iter().zip(&linear.coefficients);
    let weights: Vec<String> = weights.map(|(name, weight)| format!("  {name:<26} {weight:>9.4}")).collect();
    format!("intercept {:.4}, scaled coefficients\n{}", linear.intercept, weights.join("\n"))
}
