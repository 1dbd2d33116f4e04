//! What is said of files that came in from other browsers and other tools.

use super::{bytes, plural};
use crate::flows::exchange::bundle::{self, Bundle};
use crate::flows::exchange::import;

/// What a bundle has brought.
pub fn bundle_words(name: &str, bundle: &Bundle, imported: &bundle::Imported) -> String {
    let added: Vec<String> = imported.added.iter().map(|(kind, count)| counted(kind, *count as u64)).collect();
    let added = if added.is_empty() { "nothing new".to_owned() } else { added.join(", ") };
    format!(
        "{name}, made by “{}” and signed with the key {}: {added}; {} were here already.",
        bundle.manifest.exported_by,
        bundle.fingerprint.short(),
        plural(imported.present as u64, "document")
    )
}

/// With a capital at its start.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

fn counted(kind: &str, count: u64) -> String {
    let noun = match kind {
        "artifact" => "file",
        "event" => "entry of the history",
        other => other,
    };
    match (noun, count) {
        ("entry of the history", n) if n != 1 => format!("{n} entries of the history"),
        (noun, n) => plural(n, noun),
    }
}

/// What a store of MLflow has brought.
pub fn mlruns_words(name: &str, imported: &import::Imported) -> String {
    let mut words = vec![format!(
        "{name}: {} of {}, {} here already; {}, {}, {} of {}.",
        plural(imported.runs as u64, "new run"),
        plural(imported.experiments as u64, "experiment"),
        imported.known,
        plural(imported.params as u64, "parameter"),
        plural(imported.points as u64, "metric point"),
        plural(imported.artifacts as u64, "file"),
        bytes(imported.artifact_bytes)
    )];
    if imported.versions + imported.known_versions > 0 {
        words.push(format!(
            "{} at stage None, {} here already.",
            plural(imported.versions as u64, "new version"),
            imported.known_versions
        ));
    }
    words.extend(imported.notes.iter().map(|note| format!("{}.", capital(note))));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_in_words() {
        assert_eq!(counted("run", 1), "1 run");
        assert_eq!(counted("artifact", 3), "3 files");
        assert_eq!(counted("event", 2), "2 entries of the history");
        assert_eq!(counted("event", 1), "1 entry of the history");
        assert_eq!(capital("not kept: one"), "Not kept: one");
    }
}
