//! The audit trail as a file for others.

use crate::base::{json, rfc3339};
use crate::registry::{GateReport, RegistryEvent};

/// The columns of the trail as a table.
const COLUMNS: [&str; 13] = [
    "sequence",
    "at",
    "recorded_at",
    "actor",
    "name",
    "version",
    "action",
    "subject",
    "before",
    "after",
    "gate_passed",
    "reason",
    "gate",
];

/// The trail as a table, one row an entry. `subject` is the alias or the tag; what there is none of is empty.
pub fn csv<'e>(events: impl Iterator<Item = &'e RegistryEvent>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = writer.write_record(COLUMNS);
    for event in events {
        let gate = event.gate.as_ref();
        let _ = writer.write_record([
            event.sequence.to_string(),
            rfc3339(event.at),
            rfc3339(event.recorded_at),
            event.actor.clone(),
            event.name.clone(),
            event.version.clone(),
            event.action.name().to_owned(),
            event.action.subject().unwrap_or_default().to_owned(),
            event.action.before().unwrap_or_default(),
            event.action.after().unwrap_or_default(),
            gate.map(|gate| gate.passed.to_string()).unwrap_or_default(),
            event.reason.clone(),
            gate.map(GateReport::summary).unwrap_or_default(),
        ]);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The trail as JSON Lines, one entry a line, as the store holds them.
///
/// # Errors
/// Where an entry is no JSON.
pub fn json_lines<'e>(events: impl Iterator<Item = &'e RegistryEvent>) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for event in events {
        text.push_str(&json::to_string(event)?);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::morning;
    use crate::registry::RegistryAction;

    #[test]
    fn the_trail_is_a_table_and_comes_back_from_its_lines() {
        let at = morning("2026-01-15".parse().expect("a day"));
        let event = RegistryEvent {
            sequence: 4,
            name: "home-win".into(),
            version: "1.1.0".into(),
            action: RegistryAction::AliasSet { alias: "candidate".into(), from: Some("1.0.0".into()) },
            at,
            recorded_at: at,
            actor: "Ann, \"the\" analyst".into(),
            reason: "a\nb".into(),
            gate: None,
        };
        let table = csv([&event].into_iter());
        let row = "4,2026-01-15T00:00:00Z,2026-01-15T00:00:00Z,\"Ann, \"\"the\"\" analyst\",home-win,1.1.0,alias_set,\
                   candidate,1.0.0,,,\"a\nb\",\n";
        assert_eq!(table.split_once('\n').expect("a head").1, row);
        let lines = json_lines([&event].into_iter()).expect("JSON");
        assert_eq!(serde_json::from_str::<RegistryEvent>(lines.trim_end()).expect("its own JSON"), event);
    }
}
