//! The lab's data page: manifests and what was found as facts and rows.

mod compared;
mod contracts;
mod findings;
mod history;
mod profile;
mod repair;
mod stages;

pub use compared::{ChangedField, GameRow, LISTED, changed_fields, choice_label, diff_words, game_rows, rest_words};
pub use contracts::{ContractDoc, FieldRow, RuleRow, contract_docs, form_rule_rows};
pub use findings::{Example, RuleGroup, rule_groups, skipped_text};
pub use history::{Ingest, published_timeline, published_words, timeline, verified_words};
pub use profile::{Bars, ColumnHead, FIGURES, NumberRow, ProfileTables, ValueRow, profile_tables};
pub use repair::{
    RepairField, edits, game_words, page_of, problems_of, raw_values, rechecked_words, repair_fields, row_title,
    violation_words,
};
pub use stages::{StageRow, duration, stage_rows};

use super::{count, date_medium, instant_text, plural, season_label, source_word, span_text};
use crate::base::Date;
use crate::data::Manifest;
use crate::flows::datasets::{ImportChange, LeftOut};
use crate::league::providers::{About, PROVIDERS};

/// The files that can be read, in the order in which they are recognised.
pub fn formats() -> Vec<About> {
    PROVIDERS.iter().map(|provider| provider.about()).collect()
}

/// A label with its value.
pub type Fact = (&'static str, String);

/// What a dataset is called on pages.
pub fn dataset_name(manifest: &Manifest, published: bool) -> String {
    if published {
        return "Published with this site".to_owned();
    }
    manifest.source.split_once(':').map_or(manifest.source.as_str(), |(_, name)| name).to_owned()
}

/// What is said of an imported dataset that is not shown.
pub fn left_out_words(left: &LeftOut) -> String {
    if left.is_newer() {
        let name = &left.name;
        format!(
            "{name} was written by a newer version of this site: it is left as it is, and nothing is imported beside it. Reload the page to get that version."
        )
    } else {
        format!(
            "{} cannot be shown: {}. It is left as it is; a back-up under Storage takes it along.",
            left.name, left.why
        )
    }
}

/// Which content of its source a dataset is: `revision 2`; none where that is not known.
pub fn revision_words(manifest: &Manifest) -> Option<String> {
    (manifest.revision > 0).then(|| format!("revision {}", manifest.revision))
}

/// Datasets by their source, each a manifest and whether it was published: for every source the places of its
/// revisions, the newest first. Sources stay in the order of their first dataset.
pub fn by_source(datasets: &[(&Manifest, bool)]) -> Vec<Vec<usize>> {
    let mut sources: Vec<Vec<usize>> = Vec::new();
    for (at, (manifest, published)) in datasets.iter().enumerate() {
        // What was published is a source of its own, whatever its name.
        let same = |group: &&mut Vec<usize>| {
            group.first().is_some_and(|first| {
                let (other, other_published) = datasets[*first];
                other.source == manifest.source && other_published == *published
            })
        };
        match sources.iter_mut().find(same) {
            Some(group) => group.push(at),
            None => sources.push(vec![at]),
        }
    }
    for group in &mut sources {
        group.sort_by_key(|at| std::cmp::Reverse(datasets[*at].0.revision));
    }
    sources
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

/// The counts of a manifest, as the page's large numerals; released rows where there are any.
pub fn counts(manifest: &Manifest) -> Vec<Fact> {
    let mut counts = vec![
        ("rows read", count(manifest.rows_in)),
        ("games", count(manifest.records)),
        ("rows refused", count(manifest.quarantined)),
        ("rows passed over", count(manifest.skipped)),
    ];
    if manifest.released > 0 {
        counts.push(("rows released", count(manifest.released)));
    }
    counts
}

/// What the page says when an import is done.
pub fn imported_words(manifest: &Manifest, seasons: &[u16], change: ImportChange) -> String {
    let name = dataset_name(manifest, false);
    if let ImportChange::Same(revision) = change {
        return format!("{name} has the same content: nothing changed (revision {revision}).");
    }
    let what = match change {
        ImportChange::Revision(revision) => format!("Imported {name} as revision {revision}"),
        _ => format!("Imported {name}"),
    };
    let games = plural(manifest.records, "game");
    let mut words = format!("{what}: {games}, {}. Every page now shows it.", seasons_text(seasons));
    if manifest.quarantined > 0 {
        words.push_str(&format!(" {} refused; see the findings below.", plural(manifest.quarantined, "row")));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Digest, morning};
    use crate::data::{ContractRef, SourceKind};
    use crate::ports::StoreError;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_dataset_that_is_not_shown_says_why_and_what_to_do() {
        let left = |why| LeftOut { name: "new.csv".into(), why };
        let newer = left_out_words(&left(StoreError::ReadOnly("dataset/x was written …".into())));
        assert!(
            newer.starts_with("new.csv was written by a newer version of this site: it is left as it is"),
            "{newer}"
        );
        let damaged = left_out_words(&left(StoreError::Damaged { key: "dataset/x".into(), reason: "no games".into() }));
        assert!(damaged.starts_with("new.csv cannot be shown: ") && damaged.contains("no games"), "{damaged}");
    }

    pub(super) fn manifest() -> Manifest {
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
    fn released_rows_are_counted_where_there_are_any() {
        assert_eq!(counts(&manifest()).len(), 4);
        let released = counts(&Manifest { released: 2, ..manifest() });
        assert_eq!(released.last(), Some(&("rows released", "2".to_owned())));
    }

    #[test]
    fn revisions_stand_under_their_source_the_newest_first() {
        let of = |source: &str, revision| Manifest { source: source.into(), revision, ..manifest() };
        let (published, a1, b1, a2) = (of("csv:a.csv", 1), of("csv:a.csv", 1), of("csv:b.csv", 1), of("csv:a.csv", 2));
        let list = [(&published, true), (&a1, false), (&b1, false), (&a2, false)];
        assert_eq!(by_source(&list), [vec![0], vec![3, 1], vec![2]]);
        assert_eq!(by_source(&[]), [[0; 0]; 0]);
        assert_eq!(revision_words(&a2).as_deref(), Some("revision 2"));
        assert_eq!(revision_words(&of("csv:a.csv", 0)), None);
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
    fn every_provider_is_told_in_words() {
        let formats = formats();
        assert_eq!(formats.len(), PROVIDERS.len());
        assert!(formats.iter().all(|about| !about.title.is_empty() && !about.known_by.is_empty()));
    }

    #[test]
    fn the_end_of_an_import_counts_games_and_refusals() {
        let words = imported_words(&manifest(), &[2022], ImportChange::New);
        assert!(words.contains("1,230 games") && words.contains("2 rows refused"), "{words}");
        let words = imported_words(&manifest(), &[2022], ImportChange::Revision(3));
        assert!(words.starts_with("Imported games.csv as revision 3: "), "{words}");
    }

    #[test]
    fn the_same_content_says_that_nothing_changed() {
        let words = imported_words(&manifest(), &[2022], ImportChange::Same(2));
        assert_eq!(words, "games.csv has the same content: nothing changed (revision 2).");
    }
}
