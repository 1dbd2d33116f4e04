//! MLflow's search over runs: its language answer for answer, and more.
//!
//! [`Mode::Strict`] is MLflow 3.17.2 over its SQLite store, error texts included. [`Mode::Extended`] answers every search that
//! succeeds there with the same rows, and reads what MLflow does not: `OR`, `NOT`, parentheses, lists of anything, parameters
//! as numbers, `IS NULL` of metrics, dates.

mod complete;
mod evaluate;
pub mod filter;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod golden_tests;
mod lexer;
mod order;
mod page;
mod parse;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod property_tests;
#[cfg(test)]
pub mod sample;
mod sql;
mod strict;

use std::ops::Range;

pub use complete::{Completion, CompletionKind, complete};
pub use filter::Condition;
pub use order::OrderBy;
pub use page::{MAX_RESULTS, MOST_RESULTS, SearchPage, SearchRequest, View, search};

use super::RunTable;

/// Which language is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// MLflow's, with its messages.
    Strict,
    /// MLflow's and more, with messages that say where.
    #[default]
    Extended,
}

/// Why a search cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// What is wrong; in strict mode in MLflow's words.
    pub message: String,
    /// The place in the text that was read, in bytes; none where it is no single place.
    pub at: Option<Range<usize>>,
}

impl FilterError {
    fn at(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), at: Some(at) }
    }

    fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None }
    }
}

/// A filter that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    condition: Condition,
}

impl Filter {
    /// Reads a filter; an empty one lets every run pass.
    ///
    /// # Errors
    /// In strict mode with MLflow's message, else with the place, what was found and what was expected.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, FilterError> {
        let strict = strict::filter(text).and_then(|filter| filter.checked());
        let condition = match (strict, mode) {
            (Ok(condition), _) => condition,
            (Err(error), Mode::Strict) => return Err(error),
            (Err(_), Mode::Extended) => parse::parse(text)?,
        };
        Ok(Self { condition })
    }

    /// What it says.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// Of every row of a table whether it passes.
    pub fn mask(&self, table: &RunTable) -> Vec<bool> {
        evaluate::mask(&self.condition, table)
    }

    /// The rows that pass, in the table's order.
    pub fn rows(&self, table: &RunTable) -> Vec<usize> {
        self.mask(table).iter().enumerate().filter(|(_, passes)| **passes).map(|(row, _)| row).collect()
    }
}
