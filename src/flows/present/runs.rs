//! The lab's runs page: what its address says, its columns and its lines.

mod columns;
mod found;
mod lines;
mod offers;
pub mod open;
mod trash;
mod view;

pub use columns::{Column, default_columns, deleted_text, duration_text, lower_is_better, metric_text, started_text};
pub use found::{all_columns, called, cell, found_words, milliseconds, mode, parent_rows, search, status_word, width};
pub use lines::{Line, lines};
pub use offers::{Offer, error_parts, offers};
pub use trash::{deleted_words, picked_words, purge_question, purged_words, restored_words};
pub use view::{CompareView, Order, RunsView, Shown};

#[cfg(test)]
pub(super) mod sample;
