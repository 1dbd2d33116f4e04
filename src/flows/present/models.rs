//! The lab's registry page: versions, their figures and their trail.

use super::{date_medium, decimal, instant_text, share, source_word};
use crate::registry::{GateCheck, GateReport, ModelVersion, RegistryAction, RegistryEvent, Stage};

/// A metric of a version by its name, as text.
pub fn metric(version: &ModelVersion, name: &str) -> String {
    match version.metrics.get(name) {
        None => "–".to_owned(),
        Some(value) if name == "accuracy" => share(*value),
        Some(value) => decimal(*value, 4),
    }
}

/// The metrics that a row shows: key in the record, label.
pub const METRICS: [(&str, &str); 5] =
    [("log_loss", "Log loss"), ("brier", "Brier"), ("accuracy", "Accuracy"), ("auc", "AUC"), ("ece", "ECE")];

/// What a version learned from, in a line.
pub fn learned_from(version: &ModelVersion) -> String {
    format!("{} results through {}", source_word(version.source_kind), date_medium(version.trained_through))
}

/// What a stage means to a visitor.
pub fn stage_meaning(stage: Stage) -> &'static str {
    match stage {
        Stage::None => "registered, not in use",
        Stage::Staging => "challenger: shown to a tenth of visitors",
        Stage::Production => "champion: shown to most visitors",
        Stage::Archived => "kept for the record",
    }
}

/// The move that a stage offers as its main action: target and label.
pub fn main_move(stage: Stage) -> Option<(Stage, &'static str)> {
    match stage {
        Stage::Staging | Stage::None => Some((Stage::Production, "Promote")),
        Stage::Archived => Some((Stage::Production, "Bring back")),
        Stage::Production => None,
    }
}

/// Whether a version can be archived: Production is only replaced, never taken away.
pub fn can_archive(stage: Stage) -> bool {
    matches!(stage, Stage::Staging | Stage::None)
}

/// What is asked before a version is deleted.
pub fn deletion_question(version: &str, aliases: &[String], local: bool) -> String {
    let names: Vec<String> = aliases.iter().map(|alias| format!("@{alias}")).collect();
    let with = match names.as_slice() {
        [] => String::new(),
        [one] => format!(" with its alias {one}"),
        all => format!(" with its aliases {}", all.join(", ")),
    };
    let here = if local { "" } else { " It came with the site, and is deleted in this browser alone." };
    format!(
        "Delete {version}{with}? It can be restored, to Archived and without aliases; its number is not given again.{here}"
    )
}

/// One line of the audit trail.
pub fn event_line(event: &RegistryEvent) -> (String, String) {
    let what = match &event.action {
        RegistryAction::Registered => "Registered, entered Staging".to_owned(),
        action => {
            let words = action.to_string();
            let mut rest = words.chars();
            rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
        }
    };
    let mut line = format!("{what}, by {}", event.actor);
    if !event.reason.is_empty() {
        line.push_str(": ");
        line.push_str(&event.reason);
    }
    (instant_text(event.at), line)
}

/// A candidate against the version in Production, metric by metric.
#[derive(Debug, Clone, PartialEq)]
pub struct GateRow {
    /// Name of the metric.
    pub label: &'static str,
    /// The candidate's value.
    pub candidate: String,
    /// Production's value.
    pub champion: String,
    /// Whether the candidate is better; none if they are equal or one is missing.
    pub better: Option<bool>,
}

/// Compares the figures that the two versions carry.
pub fn gate_rows(candidate: &ModelVersion, champion: &ModelVersion) -> Vec<GateRow> {
    METRICS
        .iter()
        .map(|(key, label)| GateRow {
            label,
            candidate: metric(candidate, key),
            champion: metric(champion, key),
            better: better(key, candidate, champion),
        })
        .collect()
}

fn better(key: &str, candidate: &ModelVersion, champion: &ModelVersion) -> Option<bool> {
    let (a, b) = (candidate.metrics.get(key)?, champion.metrics.get(key)?);
    if a == b {
        return None;
    }
    let more_is_better = matches!(key, "accuracy" | "auc");
    Some((a > b) == more_is_better)
}

/// A question of the gate as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// The question.
    pub question: &'static str,
    /// `yes`, `no` or `does not apply`.
    pub answer: &'static str,
    /// `good`, `bad` or `none`.
    pub tone: &'static str,
    /// The answer in a sentence, with its figures.
    pub detail: String,
}

/// The questions of the gate with their answers.
pub fn check_rows(report: &GateReport) -> Vec<CheckRow> {
    let row = |check: &GateCheck| {
        let question = match check.name.as_str() {
            "accuracy" => "Better than a lucky coin",
            "log_loss" => "Not worse than Production",
            "calibration" => "Calibrated",
            "staging" => "A week in Staging",
            "alerts" => "No open alert",
            "features" => "Features known",
            "data" => "Data known",
            _ => "Another question",
        };
        let (answer, tone) = match check.passed {
            Some(true) => ("yes", "good"),
            Some(false) => ("no", "bad"),
            None => ("does not apply", "none"),
        };
        CheckRow { question, answer, tone, detail: check.detail.clone() }
    };
    report.checks.iter().map(row).collect()
}

/// A reason to start from, which the person may rewrite.
pub fn draft_reason(candidate: &ModelVersion, champion: Option<&ModelVersion>) -> String {
    let own = metric(candidate, "log_loss");
    match champion {
        Some(champion) => {
            format!("Hold-out log loss {own}; Production {} has {}.", champion.version, metric(champion, "log_loss"))
        }
        None => format!("Hold-out log loss {own}; no version is in Production."),
    }
}

/// What must be said before a version is promoted; empty if the comparison is fair.
pub fn cautions(candidate: &ModelVersion, champion: Option<&ModelVersion>) -> Vec<String> {
    let mut cautions = Vec::new();
    let Some(champion) = champion else { return cautions };
    if candidate.source_kind != champion.source_kind {
        cautions.push(format!(
            "This version learned from {} results and Production from {} ones: their figures cannot be compared.",
            source_word(candidate.source_kind).to_lowercase(),
            source_word(champion.source_kind).to_lowercase()
        ));
    } else if candidate.data_version != champion.data_version {
        cautions.push("The two were measured on different data, so compare their figures with care.".to_owned());
    }
    if better("log_loss", candidate, champion) == Some(false) {
        cautions.push("Its log loss is higher than Production's.".to_owned());
    }
    cautions
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::{Digest, morning};
    use crate::data::SourceKind;
    use crate::learn::{Linear, Model};

    fn version(name: &str, log_loss: f64, auc: f64, data: &[u8]) -> ModelVersion {
        ModelVersion {
            name: "win".into(),
            version: name.into(),
            run_id: "r".into(),
            model: Model::linear("1", vec![], Linear::unscaled(vec![], 0.0)).into(),
            trained_through: "2026-01-14".parse().expect("a date"),
            source_kind: SourceKind::Simulated,
            data_version: Digest::of_bytes(data),
            metrics: BTreeMap::from([("log_loss".into(), log_loss), ("auc".into(), auc)]),
            registered_at: morning("2026-01-15".parse().expect("a date")),
        }
    }

    #[test]
    fn a_lower_loss_and_a_higher_auc_are_better() {
        let rows = gate_rows(&version("2", 0.61, 0.70, b"a"), &version("1", 0.62, 0.69, b"a"));
        assert_eq!(rows[0].better, Some(true));
        assert_eq!(rows[3].better, Some(true));
        assert_eq!(rows[1].better, None, "Brier is missing");
        assert_eq!(rows[1].candidate, "–");
    }

    #[test]
    fn unfair_comparisons_are_said_before_the_button() {
        let champion = version("1", 0.60, 0.7, b"a");
        assert!(cautions(&version("2", 0.59, 0.7, b"a"), Some(&champion)).is_empty());
        assert_eq!(cautions(&version("2", 0.61, 0.7, b"b"), Some(&champion)).len(), 2);
        let mut real = version("2", 0.59, 0.7, b"b");
        real.source_kind = SourceKind::Real;
        assert!(cautions(&real, Some(&champion))[0].contains("cannot be compared"));
        assert!(cautions(&real, None).is_empty());
    }

    #[test]
    fn production_is_replaced_and_never_taken_away() {
        assert_eq!(main_move(Stage::Production), None);
        assert!(!can_archive(Stage::Production));
        assert_eq!(main_move(Stage::Staging).map(|m| m.0), Some(Stage::Production));
    }

    #[test]
    fn who_deletes_a_version_is_told_what_goes_with_it_and_what_comes_back() {
        let aliases = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let own = deletion_question("1.1.0", &aliases(&["best", "challenger"]), true);
        assert!(own.starts_with("Delete 1.1.0 with its aliases @best, @challenger? It can be restored"), "{own}");
        assert!(own.ends_with("its number is not given again."), "{own}");
        let published = deletion_question("1.0.0", &aliases(&["best"]), false);
        assert!(published.starts_with("Delete 1.0.0 with its alias @best?"), "{published}");
        assert!(published.ends_with("deleted in this browser alone."), "{published}");
        assert!(deletion_question("1.0.0", &[], true).starts_with("Delete 1.0.0? "));
    }

    #[test]
    fn the_trail_tells_who_moved_what_and_why() {
        let event = RegistryEvent {
            sequence: 2,
            name: "win".into(),
            version: "1.1.0".into(),
            action: RegistryAction::Transitioned { from: Stage::Staging, to: Stage::Production },
            at: morning("2026-01-15".parse().expect("a date")),
            recorded_at: morning("2026-01-15".parse().expect("a date")),
            actor: "weekly pipeline".into(),
            reason: "better".into(),
            gate: None,
        };
        let (at, line) = event_line(&event);
        assert_eq!(at, "15 Jan 2026, 00:00 UTC");
        assert_eq!(line, "Staging → Production, by weekly pipeline: better");
    }
}
