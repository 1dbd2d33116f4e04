//! Rows become training frames: feature views, the point-in-time join, and the online store.
//!
//! The words and the join are Feast's, with one departure: `known_at` is mandatory, so a row that
//! was not known by the entity's time does not join (`docs/adr/0002-known-at.md`).

mod definitions;
mod explain;
mod frame;
mod freshness;
mod join;
mod online;
mod plan;
#[cfg(test)]
mod testing;
mod view;

pub use definitions::{DefinitionError, Definitions, Entity, FeatureRef, FeatureService, columns, did_you_mean};
pub use explain::{Candidate, Verdict, explain};
pub use frame::TrainingFrame;
pub use freshness::{Freshness, age_words};
pub use join::{Cutoff, EntityRows, Joined, Timeline, join_rows, point_in_time_join};
pub use online::{MaterializeError, Materialized, OnlineRow, OnlineValue, OnlineView, Status, get_online};
pub use plan::{Action, Change, FeaturePlan, Object, plan};
pub use view::{FeatureRows, FeatureView, Field, ValueType};
