//! A run by itself: its facts, its figures and its files.

use super::{duration_text, metric_text, milliseconds, status_word};
use crate::data::Manifest;
use crate::flows::present::{bytes, count, instant_text, plural, source_word};
use crate::tracking::{Artifact, NOTE, Run, USER};

/// Most lines of a table file that are shown.
pub const LINES: usize = 200;

/// Most characters of a text file that are shown.
pub const CHARACTERS: usize = 100_000;

/// What is true of a run.
pub fn facts(run: &Run, manifest: Option<&Manifest>, published: bool) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Run", run.id.clone()),
        ("Experiment", run.experiment.clone()),
        ("Status", status_word(run.status).to_owned()),
        ("Started", instant_text(run.started_at)),
    ];
    // A replay's clock stands still.
    if run.ended_at != run.started_at {
        facts.push(("Took", duration_text(milliseconds(run.started_at, run.ended_at))));
    }
    facts.extend(run.tags.get(USER).map(|user| ("By", user.clone())));
    if let Some(digest) = run.data_version {
        facts.push(("Data", digest.to_string()));
        facts.push((
            "Games",
            manifest.map_or_else(|| "their manifest is not in this browser".to_owned(), manifest_words),
        ));
    }
    facts.extend(run.feature_version.as_ref().map(|version| ("Features", format!("version {version}"))));
    facts.extend(run.model_digest.map(|digest| ("Model", digest.to_string())));
    facts.extend(run.deleted_at.map(|at| ("In the trash", format!("since {}", instant_text(at)))));
    facts.push(("Kept", if published { "came with the site" } else { "in this browser" }.to_owned()));
    facts
}

fn manifest_words(manifest: &Manifest) -> String {
    let (source, rows) = (&manifest.source, plural(manifest.records, "row"));
    format!("{source}, {rows}, {} results", source_word(manifest.source_kind).to_lowercase())
}

/// A metric as a row: name, last value, and how many points it has.
pub fn metric_rows(run: &Run) -> Vec<(String, String, String)> {
    let row = |name: &String| {
        let value = run.metric(name).map_or_else(|| "–".to_owned(), metric_text);
        let points = run.metrics.get(name).map_or(0, Vec::len);
        (name.clone(), value, if points > 1 { count(points as u64) } else { String::new() })
    };
    run.metrics.keys().map(row).collect()
}

/// Its note; empty without one.
pub fn note(run: &Run) -> String {
    run.tags.get(NOTE).cloned().unwrap_or_default()
}

/// Tags that a person can change: not those that other tools keep for themselves.
pub fn tag_rows(run: &Run) -> Vec<(String, String)> {
    let own = run.tags.iter().filter(|(key, _)| *key != NOTE);
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// How a file is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Preview {
    /// As a picture; the bytes never become part of the page.
    Picture(&'static str),
    /// As rows of cells, the first one the head, and how many rows there are without it.
    Table(Vec<Vec<String>>, usize),
    /// As text, and whether that is all of it.
    Text(String, bool),
    /// Not at all: it can only be saved.
    None,
}

/// How a file is looked at, by its path and its bytes.
pub fn preview(path: &str, content: &[u8]) -> Preview {
    let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "svg" => return Preview::Picture("image/svg+xml"),
        "png" => return Preview::Picture("image/png"),
        "jpg" | "jpeg" => return Preview::Picture("image/jpeg"),
        _ => {}
    }
    let Ok(text) = str::from_utf8(content) else { return Preview::None };
    match ending.as_str() {
        "csv" => table(text).unwrap_or_else(|| as_text(text)),
        "json" => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => as_text(&serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned())),
            Err(_) => as_text(text),
        },
        _ => as_text(text),
    }
}

fn as_text(text: &str) -> Preview {
    match text.char_indices().nth(CHARACTERS) {
        None => Preview::Text(text.to_owned(), true),
        Some((end, _)) => Preview::Text(text[..end].to_owned(), false),
    }
}

fn table(text: &str) -> Option<Preview> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut rows, mut all) = (Vec::new(), 0);
    for record in reader.records() {
        let record = record.ok()?;
        if all <= LINES {
            rows.push(record.iter().map(str::to_owned).collect());
        }
        all += 1;
    }
    (all > 0).then(|| Preview::Table(rows, all - 1))
}

/// What a file is, in a line.
pub fn artifact_words(artifact: &Artifact) -> String {
    bytes(artifact.bytes)
}

/// What is said under a table of which only the first rows are shown.
pub fn rest_words(all: usize) -> Option<String> {
    (all > LINES).then(|| format!("The first {LINES} of {} rows; the file has them all.", count(all as u64)))
}

/// Its trials, or that it has none.
pub fn trials_words(trials: usize) -> String {
    plural(trials as u64, "trial")
}

#[cfg(test)]
mod tests {
    use super::super::sample::run;
    use super::*;

    #[test]
    fn a_file_is_shown_as_what_it_is_and_markup_stays_text() {
        let markup = "<script>alert(1)</script>";
        assert_eq!(preview("a/b.SVG", b"<svg/>"), Preview::Picture("image/svg+xml"));
        assert_eq!(preview("page.html", markup.as_bytes()), Preview::Text(markup.into(), true));
        assert_eq!(preview("m.json", br#"{"a":1}"#), Preview::Text("{\n  \"a\": 1\n}".into(), true));
        assert_eq!(preview("m.json", b"{"), Preview::Text("{".into(), true));
        assert_eq!(preview("weights.bin", &[0xff, 0xfe]), Preview::None);
        let Preview::Text(text, false) = preview("long.txt", "é".repeat(CHARACTERS + 1).as_bytes()) else {
            panic!("only the start")
        };
        assert_eq!(text.chars().count(), CHARACTERS);
    }

    #[test]
    fn a_table_shows_its_first_rows_and_says_how_many_there_are() {
        let text = format!("game,prob\n{}", "1,\"0,5\"\n".repeat(300));
        let Preview::Table(rows, all) = preview("predictions.csv", text.as_bytes()) else { panic!("a table") };
        assert_eq!((rows.len(), all), (LINES + 1, 300));
        assert_eq!(rows[1], ["1", "0,5"]);
        assert_eq!(rest_words(all).as_deref(), Some("The first 200 of 300 rows; the file has them all."));
        assert_eq!(rest_words(200), None);
    }

    #[test]
    fn the_facts_say_where_a_run_is_and_what_it_learned_from() {
        let run = run("a", None, "1", Some(0.61));
        let facts = facts(&run, None, true);
        let said = |label: &str| facts.iter().find(|(name, _)| *name == label).map(|(_, value)| value.as_str());
        assert_eq!(said("Kept"), Some("came with the site"));
        assert_eq!(said("Took"), Some("1.0 s"));
        let replayed = Run { ended_at: run.started_at, ..run.clone() };
        assert!(super::facts(&replayed, None, true).iter().all(|(name, _)| *name != "Took"));
        assert_eq!(said("Data"), None, "a run of another tool names none");
        assert_eq!(metric_rows(&run), [("log_loss".to_owned(), "0.6100".to_owned(), String::new())]);
        assert_eq!(tag_rows(&run), [("seed".to_owned(), "7".to_owned())]);
        assert_eq!(note(&run), "");
    }
}
