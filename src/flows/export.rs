//! A dataset, or what was found in it, as a file for others.

use serde::{Deserialize, Serialize};

use crate::base::json;
use crate::data::{Findings, Manifest, failure_cases};
use crate::flows::ingest::name_of;
use crate::league::{BoxTotals, Game, games_contract};

/// What is exported of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Export {
    /// Everything, as a journal that an import reads again.
    Backup,
    /// The games as a table, one row a game, that an import reads again.
    Games,
    /// The violations as a table: Pandera's failure cases.
    FailureCases,
    /// The refused rows, one JSON object a line.
    Quarantine,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// What to call it.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Its content.
    pub text: String,
}

impl Export {
    /// Names a file of this kind after the dataset that it is of.
    pub fn file(self, manifest: &Manifest, text: String) -> Exported {
        let (what, ending, media_type) = match self {
            Self::Backup => ("backup", "jsonl", "application/jsonl"),
            Self::Games => ("games", "csv", "text/csv"),
            Self::FailureCases => ("failure-cases", "csv", "text/csv"),
            Self::Quarantine => ("quarantine", "jsonl", "application/jsonl"),
        };
        let name = name_of(&manifest.source);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        // What a file system may not like in a name is a dash.
        let stem: String =
            stem.chars().take(60).map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
        let file_name = format!("{stem}-{what}-{}.{ending}", manifest.digest.short());
        Exported { file_name, media_type: media_type.to_owned(), text }
    }
}

/// The columns of a table of games: those of the provider `nba_games`.
const COLUMNS: [&str; 17] = [
    "game_id",
    "date",
    "season",
    "phase",
    "neutral",
    "home",
    "visitor",
    "home_score",
    "visitor_score",
    "home_fga",
    "home_fta",
    "home_oreb",
    "home_tov",
    "visitor_fga",
    "visitor_fta",
    "visitor_oreb",
    "visitor_tov",
];

/// Games as a table, one row a game; what is not known is empty.
///
/// # Errors
/// Where a game is no JSON.
pub fn games_csv(games: &[Game]) -> Result<String, serde_json::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = writer.write_record(COLUMNS);
    for game in games {
        let phase = serde_json::to_value(game.phase)?;
        let mut row = vec![
            game.id.clone(),
            game.date.to_string(),
            game.season.to_string(),
            phase.as_str().unwrap_or_default().to_owned(),
            u8::from(game.neutral).to_string(),
            game.home.to_string(),
            game.visitor.to_string(),
        ];
        row.extend([game.score.map(|score| score.home), game.score.map(|score| score.visitor)].map(cell));
        for side in [game.home_box, game.visitor_box] {
            let of = |total: fn(BoxTotals) -> u16| cell(side.map(total));
            row.extend([of(|side| side.fga), of(|side| side.fta), of(|side| side.oreb), of(|side| side.tov)]);
        }
        let _ = writer.write_record(row);
    }
    Ok(writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}

fn cell(number: Option<u16>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

/// The violations of a check of games as a table of failure cases.
pub fn failure_cases(findings: &Findings) -> String {
    failure_cases::csv(games_contract(), findings)
}

/// The refused rows, one JSON object a line.
///
/// # Errors
/// Where a row is no JSON.
pub fn quarantine(findings: &Findings) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for row in &findings.quarantined {
        text.push_str(&json::to_string(row)?);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
