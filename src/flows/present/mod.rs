//! What pages say: data turned into display rows and sentences. Pure, so that every word is tested natively;
//! components only lay it out.

pub mod address;
pub mod chart;
pub mod compare;
pub mod data;
pub mod day;
pub mod evaluation;
pub mod exchange;
pub mod features;
pub mod lineage;
pub mod models;
pub mod monitoring;
pub mod runs;
pub mod storage;
mod ticks;
pub mod training;
pub mod training_form;
mod words;

pub use ticks::{Tick, linear_ticks};
pub use words::{
    bytes, count, date_long, date_medium, date_short, decimal, instant_text, ordinal_share, p_value, percent,
    percent_pair, plural, season_label, share, signed, source_notice, source_word, span_text,
};
