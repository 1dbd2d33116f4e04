//! Rows become training frames: feature views and the point-in-time join.
//!
//! The words and the join are Feast's, with one departure: `known_at` is mandatory, so a row that
//! was not known by the entity's time does not join (`docs/adr/0002-known-at.md`).

mod frame;
mod join;
mod view;

pub use frame::TrainingFrame;
pub use join::{EntityRows, Joined, point_in_time_join};
pub use view::{FeatureRows, FeatureView, Field};
