//! Other people's forecasts of the same games, to hold a back-test against.
//!
//! The format is FiveThirtyEight's `nba_games.csv` of "checking our work": `date,team1,team2,prob1` among other columns,
//! where team 1 is at home, teams are nicknames and the probability is team 1's before the game. Columns are
//! found by name; those that are not needed are not read.

use std::collections::BTreeMap;

use crate::base::{Date, Locus};
use crate::league::{Game, TeamId};

/// Forecasts by day, home side and visitor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forecasts {
    by_game: BTreeMap<(Date, TeamId, TeamId), f64>,
}

/// Why a file of forecasts cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ForecastError {
    /// Not CSV, as far as it was read.
    #[error("{file}: {reason}")]
    Format {
        /// The file.
        file: String,
        /// What the parser said.
        reason: String,
    },
    /// A column is not there.
    #[error("{file}: the column {column} is missing: expected date, team1, team2 and prob1, found {found}")]
    Column {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A value that cannot be.
    #[error("{locus}: found {found}, expected {expected}")]
    Value {
        /// Where.
        locus: Locus,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

const COLUMNS: [&str; 4] = ["date", "team1", "team2", "prob1"];

impl Forecasts {
    /// Reads a CSV file; `file` is its name for messages.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, ForecastError> {
        let format = |error: csv::Error| ForecastError::Format { file: file.to_owned(), reason: error.to_string() };
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().map_err(format)?.clone();
        let mut at = [0; COLUMNS.len()];
        for (place, column) in at.iter_mut().zip(COLUMNS) {
            *place = header.iter().position(|name| name.trim() == column).ok_or_else(|| ForecastError::Column {
                file: file.to_owned(),
                column,
                found: header.iter().take(20).collect::<Vec<_>>().join(", "),
            })?;
        }
        let mut by_game = BTreeMap::new();
        for (index, record) in reader.records().enumerate() {
            let record = record.map_err(format)?;
            let row = Locus::file(file).at_row(index as u64 + 2);
            let field = |place: usize| record.get(at[place]).unwrap_or_default();
            let wrong = |place: usize, expected| ForecastError::Value {
                locus: row.at_column(COLUMNS[place]),
                found: format!("{:?}", field(place).chars().take(80).collect::<String>()),
                expected,
            };
            let day = field(0).parse::<Date>().map_err(|_| wrong(0, "a date such as 2021-01-31"))?;
            let team = |place| TeamId::by_nickname(field(place)).ok_or_else(|| wrong(place, "a team's nickname"));
            let key = (day, team(1)?, team(2)?);
            let p = field(3).parse::<f64>().ok().filter(|p| (0.0..=1.0).contains(p));
            if by_game.insert(key, p.ok_or_else(|| wrong(3, "a probability from 0 to 1"))?).is_some() {
                return Err(wrong(0, "each game once"));
            }
        }
        Ok(Self { by_game })
    }

    /// Number of games forecast.
    pub fn len(&self) -> usize {
        self.by_game.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_game.is_empty()
    }

    /// The forecast that the game's home side wins. A file that lists the sides the other way round, as happens on
    /// neutral floors, is read from its other side.
    pub fn of(&self, game: &Game) -> Option<f64> {
        let given = self.by_game.get(&(game.date, game.home, game.visitor)).copied();
        given.or_else(|| self.by_game.get(&(game.date, game.visitor, game.home)).map(|p| 1.0 - p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_by_its_columns_names() {
        let text = "prob1,date,team2,team1\n0.25,2021-01-31,Trail Blazers,76ers\n";
        let forecasts = Forecasts::parse("f.csv", text.as_bytes()).expect("a good file");
        assert_eq!(forecasts.len(), 1);
        assert!(!forecasts.is_empty());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let error = |text: &str| Forecasts::parse("f.csv", text.as_bytes()).expect_err("a bad file").to_string();
        let header = "date,team1,team2,prob1\n";
        assert_eq!(
            error("date,team1,prob1\n"),
            "f.csv: the column team2 is missing: expected date, team1, team2 and prob1, found date, team1, prob1"
        );
        assert_eq!(
            error(&format!("{header}2021-01-31,Heat,Bulls,2\n")),
            "f.csv, row 2, column prob1: found \"2\", expected a probability from 0 to 1"
        );
        assert!(error(&format!("{header}2021-01-31,Heat,Sonics,.5\n")).contains("row 2, column team2"));
        assert!(error(&format!("{header}31.1.2021,Heat,Bulls,.5\n")).contains("row 2, column date"));
        assert!(error(&format!("{header}2021-01-31,Heat,Bulls,NaN\n")).contains("prob1"));
        assert!(
            error(&format!("{header}2021-01-31,Heat,Bulls,.5\n2021-01-31,Heat,Bulls,.5\n")).contains("each game once")
        );
        assert!(error(&format!("{header}2021-01-31,Heat\n")).starts_with("f.csv: "));
    }
}
