//! Two datasets compared, as tables.

use serde_json::Value;

use super::super::{count, plural};
use super::dataset_name;
use crate::data::{KeyedRow, Manifest, ManifestDiff};

/// How many rows of each kind of change are listed.
pub const LISTED: usize = 50;

/// A game that only one side has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameRow {
    /// Its id.
    pub id: String,
    /// Its day.
    pub day: String,
    /// Who played where: `LAL at DEN`.
    pub teams: String,
    /// The score, visitor first; a dash while it is to come.
    pub score: String,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedField {
    /// The game's id.
    pub id: String,
    /// The field's path.
    pub field: String,
    /// Before; a dash where there was nothing.
    pub before: String,
    /// After; a dash where there is nothing.
    pub after: String,
}

/// What a dataset is called where it is picked among others.
pub fn choice_label(manifest: &Manifest, published: bool) -> String {
    let revision = match manifest.revision {
        0 => String::new(),
        revision => format!(", revision {revision}"),
    };
    format!("{}{revision} ({})", dataset_name(manifest, published), manifest.digest.short())
}

/// What changed, as a sentence.
pub fn diff_words(diff: &ManifestDiff) -> String {
    if diff.is_empty() {
        return format!("No difference: both sides have the same {}.", plural(diff.unchanged, "game"));
    }
    format!(
        "{} added, {} removed, {} changed; {} are the same.",
        plural(diff.added, "game"),
        count(diff.removed),
        count(diff.changed),
        count(diff.unchanged)
    )
}

/// Games that only one side has, as rows.
pub fn game_rows(rows: &[KeyedRow]) -> Vec<GameRow> {
    rows.iter().map(game_row).collect()
}

fn game_row(row: &KeyedRow) -> GameRow {
    let text = |path: &str| {
        let value = path.split('.').try_fold(&row.row, |value, step| value.get(step));
        shown(value)
    };
    let score = match row.row.get("score") {
        Some(Value::Object(_)) => format!("{}–{}", text("score.visitor"), text("score.home")),
        _ => "–".to_owned(),
    };
    GameRow { id: row.key.clone(), day: text("date"), teams: format!("{} at {}", text("visitor"), text("home")), score }
}

/// The fields that differ in the games that both sides have, game by game.
pub fn changed_fields(diff: &ManifestDiff) -> Vec<ChangedField> {
    let of_a_row = diff.first_changed.iter().flat_map(|row| row.fields.iter().map(move |field| (row, field)));
    let fields = of_a_row.map(|(row, field)| ChangedField {
        id: row.key.clone(),
        field: field.field.clone(),
        before: shown(field.before.as_ref()),
        after: shown(field.after.as_ref()),
    });
    fields.collect()
}

/// The words for what a list leaves out; none where it has all.
pub fn rest_words(all: u64, listed: usize) -> Option<String> {
    let rest = all.saturating_sub(listed as u64);
    (rest > 0).then(|| format!("and {} more", count(rest)))
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::manifest;
    use super::*;
    use crate::data::{Rows, diff};
    use serde_json::json;

    fn rows(list: &[(&str, Value)]) -> Rows {
        list.iter().map(|(key, row)| ((*key).to_owned(), row.clone())).collect()
    }

    fn found() -> ManifestDiff {
        let game = |home: u16| json!({ "date": "2023-10-24", "home": "DEN", "visitor": "LAL", "score": { "home": home, "visitor": 107 } });
        let to_come = json!({ "date": "2023-10-25", "home": "BOS", "visitor": "NYK" });
        diff(&rows(&[("1", game(119)), ("2", game(100))]), &rows(&[("1", game(120)), ("3", to_come)]), LISTED)
    }

    #[test]
    fn a_difference_is_told_by_kind() {
        assert_eq!(diff_words(&found()), "1 game added, 1 removed, 1 changed; 0 are the same.");
        let same = rows(&[("1", json!(1))]);
        assert_eq!(diff_words(&diff(&same, &same, 1)), "No difference: both sides have the same 1 game.");
    }

    #[test]
    fn games_are_told_by_day_teams_and_score() {
        let found = found();
        let expected =
            GameRow { id: "2".into(), day: "2023-10-24".into(), teams: "LAL at DEN".into(), score: "107–100".into() };
        assert_eq!(game_rows(&found.first_removed), [expected]);
        assert_eq!(game_rows(&found.first_added)[0].score, "–");
    }

    #[test]
    fn a_change_has_both_values() {
        let expected =
            ChangedField { id: "1".into(), field: "score.home".into(), before: "119".into(), after: "120".into() };
        assert_eq!(changed_fields(&found()), [expected]);
        assert_eq!(rest_words(1_060, LISTED).as_deref(), Some("and 1,010 more"));
        assert_eq!(rest_words(50, LISTED), None);
    }

    #[test]
    fn revisions_of_a_source_are_told_apart() {
        let label = choice_label(&Manifest { revision: 2, ..manifest() }, false);
        assert!(label.starts_with("games.csv, revision 2 (") && label.contains(&manifest().digest.short()), "{label}");
        assert!(choice_label(&Manifest { revision: 0, ..manifest() }, true).starts_with("Published with this site ("));
    }
}
