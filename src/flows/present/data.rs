//! The lab's data page: manifests and findings as facts and rows.

use super::{count, date_medium, instant_text, plural, season_label, source_word, span_text};
use crate::base::Date;
use crate::data::{Findings, Manifest, Severity, Violation};

/// How many violations a page shows before it counts.
pub const SHOWN: usize = 100;

/// The CSV formats that are read, for the page: name and what it is known by.
pub const FORMATS: [(&str, &str); 2] = [
    (
        "One row a game",
        "columns game_id, date, season, phase, neutral, home, visitor, home_score, visitor_score, then fga, fta, oreb and tov of each side",
    ),
    (
        "LeagueGameFinder",
        "two rows a game, as the NBA statistics API prints it: SEASON_ID, TEAM_ABBREVIATION, GAME_ID, GAME_DATE, MATCHUP, WL, PTS, …",
    ),
];

/// A label with its value.
pub type Fact = (&'static str, String);

/// What a dataset is called on pages.
pub fn dataset_name(manifest: &Manifest, published: bool) -> String {
    if published {
        return "Published with this site".to_owned();
    }
    manifest.source.split_once(':').map_or(manifest.source.as_str(), |(_, name)| name).to_owned()
}

/// What a manifest records, in the order in which a reader asks.
pub fn facts(manifest: &Manifest, as_of: Date, seasons: &[u16]) -> Vec<Fact> {
    let mut facts = vec![
        ("Results", source_word(manifest.source_kind).to_owned()),
        ("Source", manifest.source.clone()),
        ("Seasons", seasons_text(seasons)),
    ];
    if let (Some(first), Some(last)) = (manifest.first_day, manifest.last_day) {
        facts.push(("Days", span_text((first, last))));
    }
    facts.push(("Speaks of the morning of", date_medium(as_of)));
    facts.push(("Contracts", contracts_text(manifest)));
    facts.push(("Read by", manifest.parser.clone()));
    facts.push(("Ingested", instant_text(manifest.ingested_at)));
    facts
}

fn contracts_text(manifest: &Manifest) -> String {
    let names: Vec<String> = manifest.contracts.iter().map(|c| format!("{} {}", c.id, c.version)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Seasons as a range where they follow one another: `2015–16 to 2023–24`.
pub fn seasons_text(seasons: &[u16]) -> String {
    match seasons {
        [] => "none".to_owned(),
        [one] => season_label(*one),
        [first, .., last] => format!("{} to {} ({})", season_label(*first), season_label(*last), seasons.len()),
    }
}

/// The four counts of a manifest, as the page's large numerals.
pub fn counts(manifest: &Manifest) -> [Fact; 4] {
    [
        ("rows read", count(manifest.rows_in)),
        ("games", count(manifest.records)),
        ("rows refused", count(manifest.quarantined)),
        ("rows passed over", count(manifest.skipped)),
    ]
}

/// A violation as a row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViolationRow {
    /// Row as an editor counts it, or a dash.
    pub row: String,
    /// Column, or a dash.
    pub column: String,
    /// What was found.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// The rule.
    pub rule: String,
    /// Whether it kept its row out.
    pub refused: bool,
}

/// The first [`SHOWN`] violations, and the words for the rest.
pub fn violation_rows(findings: &Findings) -> (Vec<ViolationRow>, Option<String>) {
    let rows: Vec<ViolationRow> = findings.violations.iter().take(SHOWN).map(violation_row).collect();
    let rest = findings.violation_count.saturating_sub(rows.len() as u64);
    (rows, (rest > 0).then(|| format!("and {} more", count(rest))))
}

fn violation_row(violation: &Violation) -> ViolationRow {
    let dash = || "–".to_owned();
    ViolationRow {
        row: violation.locus.row.map_or_else(dash, count),
        column: violation.locus.column.clone().unwrap_or_else(dash),
        found: violation.found(),
        expected: violation.msg.clone(),
        rule: violation.kind.clone(),
        refused: violation.severity == Severity::Error,
    }
}

/// What was passed over, as a sentence; none if nothing was.
pub fn skipped_text(findings: &Findings) -> Option<String> {
    if findings.skipped.is_empty() {
        return None;
    }
    let parts: Vec<String> = findings.skipped.iter().map(|(what, n)| format!("{what} ({})", count(*n))).collect();
    Some(format!("Rows passed over: {}.", parts.join(", ")))
}

/// What the page says when an import is done.
pub fn imported_words(manifest: &Manifest, seasons: &[u16]) -> String {
    let mut words = format!(
        "Imported {}: {}, {}. Every page now shows it.",
        dataset_name(manifest, false),
        plural(manifest.records, "game"),
        seasons_text(seasons)
    );
    if manifest.quarantined > 0 {
        words.push_str(&format!(" {} refused; see the findings below.", plural(manifest.quarantined, "row")));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Digest, Locus, morning};
    use crate::data::{ContractRef, SourceKind};

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn manifest() -> Manifest {
        Manifest {
            digest: Digest::of_bytes(b"x"),
            source: "csv:games.csv".into(),
            source_kind: SourceKind::Real,
            provider: "nba_games".into(),
            revision: 1,
            parser: "games-csv/1".into(),
            contracts: vec![ContractRef { id: "games".into(), version: "1.0.0".into() }],
            inputs: vec![],
            requests: 0,
            rows_in: 1235,
            accepted: 1230,
            records: 1230,
            quarantined: 2,
            released: 0,
            skipped: 3,
            first_day: Some(day("2022-10-18")),
            last_day: Some(day("2023-06-12")),
            ingested_at: morning(day("2026-01-01")),
            previous: None,
        }
    }

    #[test]
    fn an_import_is_called_by_its_file() {
        assert_eq!(dataset_name(&manifest(), false), "games.csv");
        assert_eq!(dataset_name(&manifest(), true), "Published with this site");
    }

    #[test]
    fn the_facts_name_source_days_and_contract() {
        let facts = facts(&manifest(), day("2023-06-13"), &[2022]);
        let value = |label: &str| facts.iter().find(|fact| fact.0 == label).map(|fact| fact.1.clone());
        assert_eq!(value("Results").as_deref(), Some("Real"));
        assert_eq!(value("Contracts").as_deref(), Some("games 1.0.0"));
        assert_eq!(value("Seasons").as_deref(), Some("2022–23"));
        assert_eq!(value("Speaks of the morning of").as_deref(), Some("13 Jun 2023"));
    }

    #[test]
    fn beyond_a_hundred_violations_are_counted() {
        let locus = Locus::file("games.csv").at_row(1_002).at_column("home_score");
        let one = Violation::error("int_parsing", locus, "abc".into(), "Input should be a whole number");
        let findings = Findings { violations: vec![one; 150], violation_count: 1_300, ..Findings::default() };
        let (rows, more) = violation_rows(&findings);
        assert_eq!(rows.len(), SHOWN);
        assert_eq!(more.as_deref(), Some("and 1,200 more"));
        assert_eq!((rows[0].row.as_str(), rows[0].column.as_str()), ("1,002", "home_score"));
        assert!(rows[0].refused);
    }

    #[test]
    fn nothing_more_is_said_when_all_are_shown() {
        assert_eq!(violation_rows(&Findings::default()), (vec![], None));
        assert_eq!(skipped_text(&Findings::default()), None);
    }

    #[test]
    fn the_end_of_an_import_counts_games_and_refusals() {
        let words = imported_words(&manifest(), &[2022]);
        assert!(words.contains("1,230 games") && words.contains("2 rows refused"), "{words}");
    }
}
